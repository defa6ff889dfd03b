//! Inputs that fuzzing once found to break a promise, each under a name that says which.
//!
//! A file `crashes/TARGET-what-went-wrong` is given to the check of that target.

#![cfg(test)]

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "it is a library for the fuzz targets")]
mod fuzz;

use std::path::Path;

use proptest::prelude::*;

#[test]
fn what_broke_once_breaks_no_more() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crashes");
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&file).unwrap();
        match name.split_once('-') {
            Some(("block", _)) => fuzz::block(&bytes),
            Some(("change", _)) => fuzz::change(&bytes),
            Some(("entry", _)) => fuzz::entry(&bytes),
            Some(("frame", _)) => fuzz::frame(&bytes),
            Some(("token", _)) => fuzz::token(&bytes),
            _ => panic!("{name} names no fuzz target"),
        }
    }
}

proptest! {
    #[test]
    fn nothing_breaks_at_a_short_try(
        bytes in proptest::collection::vec(any::<u8>(), 0..40),
        with_kind in any::<bool>(),
    ) {
        fuzz::block(&bytes);
        fuzz::entry(&bytes);
        fuzz::frame(&bytes);
        fuzz::token(&bytes);
        // An odd first byte bends honest changes, which goes deeper than random ones.
        let bytes = if with_kind { [&[1], bytes.as_slice()].concat() } else { bytes };
        fuzz::change(&bytes);
    }
}
