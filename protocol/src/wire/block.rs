//! Blocks: runs of entries, compressed as one stream.
//!
//! Signatures and hashes do not compress, so a run leaves out the previous hash of every entry
//! but its first: whoever holds the entry before can put it back, and the signed bytes come out
//! exactly as they went in.

use minicbor::{Decode, Encode};

use crate::hash::Sha;
use crate::journal::JournalId;
use crate::limits::{BLOCK_BYTES_MAX, ENTRY_BYTES_MAX};

/// How hard blocks are compressed: three is where zstd's curve bends.
const LEVEL: i32 = 3;

/// Where in an envelope the previous hash may begin: behind the headers of COSE and record.
const HASH_WITHIN: usize = 96;

/// Entries of one journal, in order and without gaps.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Run {
    /// The journal.
    pub journal: JournalId,
    /// The number of the first entry.
    pub first: u64,
    /// The envelopes.
    pub entries: Vec<Vec<u8>>,
}

impl Run {
    /// The number of the last entry; one before the first for an empty run.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.first.saturating_add(self.entries.len() as u64).saturating_sub(1)
    }
}

/// Why a block was refused. The peer is to blame.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BlockError {
    /// The compression is broken or the block is over its bound.
    #[error("a block does not decompress within {BLOCK_BYTES_MAX} bytes: {0}")]
    Packed(String),
    /// The runs in it do not decode.
    #[error("a block is malformed: {0}")]
    Malformed(String),
    /// An entry is over its bound.
    #[error("a block has an entry of {0} bytes, above the limit of {ENTRY_BYTES_MAX}")]
    EntryTooLong(usize),
}

#[derive(Decode, Encode)]
struct WireRun<'b> {
    #[n(0)]
    journal: JournalId,
    #[n(1)]
    first: u64,
    #[b(2)]
    entries: Vec<WireEntry<'b>>,
}

/// The envelope without the hash that was cut out at `cut`; nothing is cut out at 0.
#[derive(Decode, Encode)]
struct WireEntry<'b> {
    #[n(0)]
    cut: u8,
    #[cbor(b(1), with = "minicbor::bytes")]
    head: &'b [u8],
    #[cbor(b(2), with = "minicbor::bytes")]
    rest: &'b [u8],
}

/// Packs runs for the wire.
#[must_use]
pub fn pack(runs: &[Run]) -> Vec<u8> {
    let wire: Vec<WireRun<'_>> = runs
        .iter()
        .map(|run| WireRun {
            journal: run.journal,
            first: run.first,
            entries: run
                .entries
                .iter()
                .enumerate()
                .map(|(at, entry)| cut(entry, at.checked_sub(1).map(|before| &run.entries[before])))
                .collect(),
        })
        .collect();
    let raw = minicbor::to_vec(&wire).unwrap_or_default();
    debug_assert!(raw.len() <= BLOCK_BYTES_MAX, "{} bytes", raw.len());
    zstd::bulk::compress(&raw, LEVEL).unwrap_or_default()
}

fn cut<'a>(entry: &'a [u8], before: Option<&Vec<u8>>) -> WireEntry<'a> {
    let found = before.and_then(|before| {
        let hash = Sha::of(before);
        let window = &entry[..entry.len().min(HASH_WITHIN + 32)];
        window.windows(32).position(|bytes| bytes == hash.0)
    });
    match found.and_then(|at| u8::try_from(at).ok()) {
        Some(at) if at > 0 => {
            let start = usize::from(at);
            WireEntry { cut: at, head: &entry[..start], rest: &entry[start + 32..] }
        }
        _ => WireEntry { cut: 0, head: &[], rest: entry },
    }
}

/// Unpacks what [`pack`] made.
///
/// # Errors
///
/// [`BlockError`]; nothing of the block is used then.
pub fn unpack(packed: &[u8]) -> Result<Vec<Run>, BlockError> {
    let raw = zstd::bulk::decompress(packed, BLOCK_BYTES_MAX)
        .map_err(|e| BlockError::Packed(e.to_string()))?;
    let wire: Vec<WireRun<'_>> =
        minicbor::decode(&raw).map_err(|e| BlockError::Malformed(e.to_string()))?;
    wire.into_iter()
        .map(|run| {
            let mut entries: Vec<Vec<u8>> = Vec::with_capacity(run.entries.len());
            for wire in run.entries {
                let entry = whole(&wire, entries.last())?;
                entries.push(entry);
            }
            Ok(Run { journal: run.journal, first: run.first, entries })
        })
        .collect()
}

fn whole(wire: &WireEntry<'_>, before: Option<&Vec<u8>>) -> Result<Vec<u8>, BlockError> {
    let mut entry = Vec::with_capacity(wire.head.len() + wire.rest.len() + 32);
    entry.extend_from_slice(wire.head);
    if wire.cut > 0 {
        let before = before.ok_or_else(|| {
            BlockError::Malformed("the first entry of a run lacks its previous hash".to_owned())
        })?;
        entry.extend_from_slice(&Sha::of(before).0);
    }
    entry.extend_from_slice(wire.rest);
    if entry.len() > ENTRY_BYTES_MAX {
        return Err(BlockError::EntryTooLong(entry.len()));
    }
    Ok(entry)
}
