//! See `tongban_fuzz::change`.
#![no_main]

// The fuzzer aborts at every panic, also at those of automerge that the protocol catches.
libfuzzer_sys::fuzz_target!(
    init: std::panic::set_hook(Box::new(|_| {})),
    |bytes: &[u8]| tongban_fuzz::change(bytes)
);
