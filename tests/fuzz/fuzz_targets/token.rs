//! See `tongban_fuzz::token`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tongban_fuzz::token(bytes));
