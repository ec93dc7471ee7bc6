//! A datagram of VISCA over IP.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ketang_board::ptz::fuzz::visca_ip(data));
