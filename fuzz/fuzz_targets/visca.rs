//! The bytes of a VISCA line.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ketang_board::ptz::fuzz::visca(data));
