//! The address of a camera that turns.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ketang_board::ptz::fuzz::address(data));
