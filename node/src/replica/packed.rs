//! How an entry rests in the store and in the outbox: packed by itself, exact when unpacked.
//!
//! ```text
//! 0, envelope        where packing gains nothing
//! 1, zstd frame      with the dictionary of the journal
//! ```
//!
//! Half of an entry is hashes and a signature, which nothing compresses. The other half is what
//! all entries have in common, and what all of one journal have: hence the dictionary of a journal
//! is `entries-1.dict`, made once with `zstd --train` from the entries of a demo city, with the
//! journal's own id behind it. A stored entry needs nothing else to be read, not the one before
//! it and not the journal's first. Another dictionary is another tag; no file of this kind ever
//! changes.

use std::fmt;
use std::io;
use std::sync::{Mutex, PoisonError};

use tongban_protocol::journal::JournalId;
use tongban_protocol::limits::ENTRY_BYTES_MAX;
use zstd::bulk::{Compressor, Decompressor};

/// Packs and unpacks entries; it keeps what it needed for the journal used last.
#[derive(Default)]
pub(super) struct Packer {
    pack: Mutex<Option<(JournalId, Compressor<'static>)>>,
    unpack: Mutex<Option<(JournalId, Decompressor<'static>)>>,
}

impl Packer {
    /// Returns what to store for an envelope.
    pub(super) fn pack(&self, journal: JournalId, envelope: &[u8]) -> Vec<u8> {
        let mut stored = vec![PLAIN];
        match self.compress(journal, envelope) {
            Ok(frame) if frame.len() < envelope.len() => {
                stored = vec![PACKED];
                stored.extend_from_slice(&frame);
            }
            // What cannot be packed is stored all the same.
            Ok(_) | Err(_) => stored.extend_from_slice(envelope),
        }
        stored
    }

    /// Returns the envelope as it was signed; none where it was not stored by [`Self::pack`].
    pub(super) fn unpack(&self, journal: JournalId, stored: &[u8]) -> Option<Vec<u8>> {
        match stored.split_first()? {
            (&PLAIN, envelope) => Some(envelope.to_vec()),
            // Nothing at all is a frame to zstd, and no envelope to anybody.
            (&PACKED, frame) => self.decompress(journal, frame).ok().filter(|it| !it.is_empty()),
            _ => None,
        }
    }

    fn compress(&self, journal: JournalId, envelope: &[u8]) -> io::Result<Vec<u8>> {
        let mut kept = self.pack.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, compressor) = match kept.take() {
            Some(of_journal) if of_journal.0 == journal => kept.insert(of_journal),
            _ => {
                let mut compressor = Compressor::with_dictionary(LEVEL, &dictionary(journal))?;
                compressor.include_checksum(false)?;
                compressor.include_dictid(false)?;
                kept.insert((journal, compressor))
            }
        };
        compressor.compress(envelope)
    }

    fn decompress(&self, journal: JournalId, frame: &[u8]) -> io::Result<Vec<u8>> {
        let mut kept = self.unpack.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, decompressor) = match kept.take() {
            Some(of_journal) if of_journal.0 == journal => kept.insert(of_journal),
            _ => kept.insert((journal, Decompressor::with_dictionary(&dictionary(journal))?)),
        };
        decompressor.decompress(frame, ENTRY_BYTES_MAX)
    }
}

impl fmt::Debug for Packer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Packer").finish_non_exhaustive()
    }
}

/// The dictionary of a journal: what comes last is the cheapest to point at.
fn dictionary(journal: JournalId) -> Vec<u8> {
    let mut dictionary = DICTIONARY.to_vec();
    dictionary.extend_from_slice(&journal.author.to_bytes());
    dictionary.extend_from_slice(&minicbor::to_vec(journal).unwrap_or_default());
    dictionary
}

const PLAIN: u8 = 0;
const PACKED: u8 = 1;
const DICTIONARY: &[u8] = include_bytes!("entries-1.dict");
/// How hard entries are compressed: a higher level gains two per cent and takes thrice the time.
const LEVEL: i32 = 3;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tongban_protocol::identity::{Author, NodeId};
    use tongban_protocol::place::Home;

    use super::*;

    fn journal(node: u8) -> JournalId {
        let author = Author { node: NodeId([node; 16]), incarnation: 0 };
        JournalId { home: Home::office("510921103".parse().unwrap()), author }
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_back_exactly(
            envelopes in prop::collection::vec(
                (0u8..3, prop::collection::vec(any::<u8>(), 0..600)), 1..6),
        ) {
            let (packer, reader) = (Packer::default(), Packer::default());
            for (node, envelope) in envelopes {
                let stored = packer.pack(journal(node), &envelope);
                prop_assert!(stored.len() <= envelope.len() + 1);
                prop_assert_eq!(reader.unpack(journal(node), &stored), Some(envelope));
            }
        }

        #[test]
        fn bytes_that_were_never_packed_are_refused_without_harm(
            stored in prop::collection::vec(any::<u8>(), 0..600),
        ) {
            let unpacked = Packer::default().unpack(journal(1), &stored);
            prop_assert_eq!(unpacked.is_some(), stored.first() == Some(&PLAIN));
        }
    }

    #[test]
    fn a_packed_nothing_is_no_envelope() {
        assert_eq!(Packer::default().unpack(journal(1), &[PACKED]), None);
    }

    #[test]
    fn what_entries_have_in_common_takes_no_room() {
        let id = minicbor::to_vec(journal(7)).unwrap();
        let envelope = [&id[..], b"application/tongban-entry", &id[..]].concat();
        assert!(Packer::default().pack(journal(7), &envelope).len() < 30);
    }

    #[test]
    fn dictionary_never_changes() {
        let sum = tongban_protocol::hash::Sha::of(DICTIONARY).to_string();
        insta::assert_snapshot!(sum, @"de5790bb07beead7adcad7e0075f52e3de41b983a2d68d98552cd618ef6c6db4");
    }
}
