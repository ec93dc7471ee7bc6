//! An ONVIF camera's reply.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ketang_board::ptz::fuzz::onvif(data));
