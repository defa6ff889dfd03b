//! What must hold for any bytes; one function for each fuzz target.
//!
//! The test `crashes` calls them too, with every input that once broke them.

mod change;

use tongban_protocol::cose::{self, Purpose};
use tongban_protocol::identity::{SigningKey, Token};
use tongban_protocol::journal::{SignedEntry, Tail};
use tongban_protocol::limits::{BLOCK_BYTES_TARGET, ENTRY_BYTES_MAX};
use tongban_protocol::wire::{Frame, Lane, block};

pub use change::change;

/// Bytes from a lane: the first byte chooses it. A frame that is read is written and read again.
pub fn frame(bytes: &[u8]) {
    let Some((lane, bytes)) = bytes.split_first() else { return };
    let lane = if lane % 2 == 0 { Lane::Control } else { Lane::Journal };
    if let Ok(frame) = Frame::decode(lane, bytes) {
        assert_eq!(Frame::decode(lane, &frame.encode()), Ok(frame));
    }
}

/// Bytes of a block, or, after an odd first byte, what a block holds once it is unpacked.
pub fn block(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let runs = if kind % 2 == 0 {
        block::unpack(bytes)
    } else {
        block::unpack(&zstd::bulk::compress(bytes, 1).expect("memory is enough"))
    };
    let Ok(runs) = runs else { return };
    let sizes = || runs.iter().flat_map(|run| &run.entries).map(Vec::len);
    assert!(sizes().all(|size| size <= ENTRY_BYTES_MAX));
    if sizes().sum::<usize>() <= BLOCK_BYTES_TARGET {
        assert_eq!(block::unpack(&block::pack(&runs)), Ok(runs));
    }
}

/// Bytes of an envelope, and the same bytes as what an envelope holds.
pub fn entry(bytes: &[u8]) {
    let key = SigningKey::from_seed([1; 32]);
    let sealed = cose::seal(Purpose::Entry, bytes.to_vec(), &key);
    for bytes in [bytes.to_vec(), sealed] {
        let Ok((signed, envelope)) = SignedEntry::decode(bytes.clone()) else { continue };
        assert_eq!(signed.bytes, bytes);
        let verified = envelope.verify(&key.public());
        let _ = Tail::open(&signed, &key.public());
        // Who cannot sign cannot alter: what verifies is what signing again gives.
        if let (Ok(payload), Ok(again)) = (verified, signed.entry.clone().seal(&key)) {
            let plain = cose::seal(Purpose::Entry, payload, &key);
            assert_eq!(plain, bytes);
            let (read, _) = SignedEntry::decode(again.bytes).expect("what is sealed is read");
            assert_eq!(read.entry, signed.entry);
        }
    }
}

/// A text that someone typed. A token that is read prints as something that reads the same.
pub fn token(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(token) = text.parse::<Token>() {
        assert_eq!(token.to_string().parse(), Ok(token));
    }
}
