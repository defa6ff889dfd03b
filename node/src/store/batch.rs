//! Batches: writes that become durable together or not at all.

use std::fmt;

use super::{Area, StoreError};

/// An own entry which no other machine is known to hold yet.
#[derive(Clone, Eq, PartialEq)]
pub struct Unsent {
    /// The journal to which the entry belongs.
    pub journal: Vec<u8>,
    /// The entry's number in that journal.
    pub number: u64,
    /// The entry as it was signed.
    pub entry: Vec<u8>,
}

impl fmt::Debug for Unsent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let journal = data_encoding::HEXLOWER.encode(&self.journal);
        write!(formatter, "Unsent({journal} {}, {} bytes)", self.number, self.entry.len())
    }
}

/// Writes that become durable together or not at all.
///
/// A later write of the same key in the same batch wins.
#[derive(Clone, Default)]
pub struct Batch {
    writes: Vec<Write>,
    unsent: Vec<Unsent>,
    bytes: usize,
}

/// How far a batch had come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BatchMark {
    writes: usize,
    unsent: usize,
    bytes: usize,
}

/// One write of a batch: a new value, or none to delete the record.
#[derive(Clone)]
pub(super) struct Write {
    pub(super) area: Area,
    pub(super) key: Vec<u8>,
    pub(super) value: Option<Vec<u8>>,
}

impl Batch {
    /// Sets the value of a key.
    pub fn put(&mut self, area: Area, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.push(Write { area, key: key.into(), value: Some(value.into()) });
    }

    /// Removes a key, if it is there.
    pub fn delete(&mut self, area: Area, key: impl Into<Vec<u8>>) {
        self.push(Write { area, key: key.into(), value: None });
    }

    /// Adds an entry to the outbox.
    ///
    /// It must be put under its key in the same batch as well: the outbox is read only when the
    /// records cannot be.
    pub fn unsent(&mut self, unsent: Unsent) {
        self.bytes += unsent.journal.len() + unsent.entry.len() + RECORD_BYTES;
        self.unsent.push(unsent);
    }

    /// Answers whether there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.unsent.is_empty()
    }

    /// Returns about how many bytes the batch will write.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.bytes
    }

    /// How far the batch has come.
    #[must_use]
    pub const fn mark(&self) -> BatchMark {
        BatchMark { writes: self.writes.len(), unsent: self.unsent.len(), bytes: self.bytes }
    }

    /// Drops what was added since `mark`, which must be one of this batch.
    pub fn undo_to(&mut self, mark: BatchMark) {
        self.writes.truncate(mark.writes);
        self.unsent.truncate(mark.unsent);
        self.bytes = mark.bytes;
    }

    pub(super) fn writes(&self) -> &[Write] {
        &self.writes
    }

    pub(super) fn unsent_entries(&self) -> &[Unsent] {
        &self.unsent
    }

    /// Refuses what is over a limit, before anything is written.
    pub(super) fn check_limits(&self) -> Result<(), StoreError> {
        let keys = self.writes.iter().map(|write| write.key.len());
        let journals = self.unsent.iter().map(|unsent| unsent.journal.len());
        let values = self.writes.iter().filter_map(|write| write.value.as_ref().map(Vec::len));
        let entries = self.unsent.iter().map(|unsent| unsent.entry.len());
        limit("key", keys.chain(journals).max(), KEY_BYTES_MAX)?;
        limit("value", values.chain(entries).max(), VALUE_BYTES_MAX)?;
        limit("batch", Some(self.bytes), BATCH_BYTES_MAX)
    }

    fn push(&mut self, write: Write) {
        self.bytes += write.key.len() + write.value.as_ref().map_or(0, Vec::len) + RECORD_BYTES;
        self.writes.push(write);
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (writes, unsent) = (self.writes.len(), self.unsent.len());
        write!(formatter, "Batch({writes} writes, {unsent} unsent, {} bytes)", self.bytes)
    }
}

fn limit(what: &'static str, bytes: Option<usize>, limit: usize) -> Result<(), StoreError> {
    match bytes {
        Some(bytes) if bytes > limit => Err(StoreError::TooLong { what, bytes, limit }),
        _ => Ok(()),
    }
}

/// Longest key, in bytes.
///
/// A branch page of sled holds up to 256 keys and must stay below 128 KiB: what is longer goes to
/// files of its own, which sled never syncs. 256 × (256 + 1 + 2 + 16) = 69 KiB.
pub const KEY_BYTES_MAX: usize = 256;

/// Longest value, in bytes.
pub const VALUE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Most bytes in one batch; one value of full length must fit with the records about it.
pub const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What a record costs beside its key and value, roughly.
const RECORD_BYTES: usize = 24;

const _: () = assert!(BATCH_BYTES_MAX >= 2 * VALUE_BYTES_MAX, "a value and its outbox copy fit");
