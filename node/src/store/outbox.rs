//! The outbox: an append-only file with the own entries that no other machine is known to hold.
//!
//! It is the second copy of what exists nowhere else, read when the database is lost.
//!
//! ```text
//! record: length of the payload (4), checksum of the payload (4), payload
//! payload: length of the journal (2), journal, number (8), entry
//! ```
//!
//! A journal of no bytes is that of the record before, which is the usual case. Numbers are little
//! endian. The file is filled with zeros ahead of time, so that syncing a record
//! need not change the file's size; a length of zero ends the records.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{StoreError, Unsent, Wanted, set_aside::sync_dir};

/// The open outbox file of a store.
#[derive(Debug)]
pub(super) struct Outbox {
    path: PathBuf,
    file: File,
    /// The entries not released, by order of arrival.
    slots: Vec<Slot>,
    /// The journal of the last record in the file.
    last_journal: Journal,
    /// Where the next record goes.
    end: u64,
    /// How far the file is filled with zeros.
    filled: u64,
    released_bytes: u64,
}

/// The name of a journal; slots share it.
type Journal = Arc<[u8]>;

/// Where an entry is in the file.
#[derive(Clone, Debug)]
struct Slot {
    journal: Journal,
    number: u64,
    offset: u64,
    bytes: usize,
}

/// Records that are written but count only once they are synced.
#[derive(Debug)]
#[must_use]
pub(super) struct Appended {
    slots: Vec<Slot>,
    end: u64,
}

impl Outbox {
    /// Opens the file, or makes it, and returns what does not belong there: a damaged tail.
    pub(super) fn open(path: &Path) -> Result<(Self, Option<Vec<u8>>), StoreError> {
        let failed = |error| StoreError::from_io("open", path, &error);
        let content = match fs::read(path) {
            Ok(content) => content,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed(error)),
        };
        let (slots, end) = parse(&content);
        let last_journal = slots.last().map(|slot| Arc::clone(&slot.journal)).unwrap_or_default();
        let tail = content.get(end..).unwrap_or_default();
        let tail = tail.iter().any(|byte| *byte != 0).then(|| tail.to_vec());
        let options = OpenOptions::new().read(true).write(true).create(true).clone();
        let file = options.open(path).map_err(failed)?;
        let (end, filled) = (end as u64, content.len() as u64);
        let path = path.to_owned();
        Ok((Self { path, file, slots, last_journal, end, filled, released_bytes: 0 }, tail))
    }

    /// Writes entries behind the others, without syncing.
    ///
    /// Fails with [`StoreError::Full`] only before anything but zeros is written.
    pub(super) fn append(&mut self, entries: &[&Unsent]) -> Result<Appended, StoreError> {
        let (mut slots, mut bytes) = (Vec::new(), Vec::new());
        let mut journal = Arc::clone(&self.last_journal);
        for entry in entries {
            let from = bytes.len();
            encode(entry, &mut journal, &mut bytes);
            slots.push(Slot {
                journal: Arc::clone(&journal),
                number: entry.number,
                offset: self.end + from as u64,
                bytes: bytes.len() - from,
            });
        }
        let end = self.end + bytes.len() as u64;
        let failed = |error| StoreError::from_io("append to", &self.path, &error);
        if end > self.filled {
            let zeros = end.next_multiple_of(FILL_BYTES) - self.filled;
            let zeros = vec![0; usize::try_from(zeros).unwrap_or(usize::MAX)];
            self.file.write_all_at(&zeros, self.filled).map_err(failed)?;
            self.filled += zeros.len() as u64;
        }
        self.file.write_all_at(&bytes, self.end).map_err(|error| not_full(failed(error)))?;
        Ok(Appended { slots, end })
    }

    /// Returns the file, to be synced.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Returns the length of the file.
    pub(super) fn bytes_on_disk(&self) -> u64 {
        self.filled
    }

    /// Puts a device in place of the file that can be written but not synced.
    #[cfg(test)]
    pub(super) fn break_sync(&mut self) {
        self.file = OpenOptions::new().write(true).open("/dev/null").unwrap();
    }

    /// Counts records that were synced.
    pub(super) fn settle(&mut self, mut appended: Appended) {
        if let Some(last) = appended.slots.last() {
            self.last_journal = Arc::clone(&last.journal);
        }
        self.slots.append(&mut appended.slots);
        self.end = appended.end;
    }

    /// Reads the entries that were not released and are wanted.
    pub(super) fn entries(&self, is_wanted: Wanted<'_>) -> Result<Vec<Unsent>, StoreError> {
        let failed = |error: io::Error| StoreError::from_io("read", &self.path, &error);
        let wanted = self.slots.iter().filter(|slot| is_wanted(&slot.journal, slot.number));
        wanted.map(|slot| self.read(slot).map_err(failed)).collect()
    }

    /// Forgets entries of a journal, and rewrites the file when it is mostly forgotten entries.
    pub(super) fn release(&mut self, journal: &[u8], number: u64) -> Result<(), StoreError> {
        let released =
            self.slots.extract_if(.., |slot| *slot.journal == *journal && slot.number <= number);
        self.released_bytes += released.map(|slot| slot.bytes as u64).sum::<u64>();
        if self.released_bytes > COMPACT_BYTES_MIN && self.released_bytes * 2 > self.end {
            self.compact()?;
        }
        Ok(())
    }

    /// Writes the entries that count to a new file and puts it in place of this one.
    pub(super) fn compact(&mut self) -> Result<(), StoreError> {
        let new_path = self.path.with_extension("new");
        let failed = |error: io::Error| StoreError::from_io("rewrite", &self.path, &error);
        let (mut bytes, mut slots) = (Vec::new(), Vec::with_capacity(self.slots.len()));
        let mut last_journal = Journal::default();
        for slot in &self.slots {
            let from = bytes.len();
            encode(&self.read(slot).map_err(failed)?, &mut last_journal, &mut bytes);
            let journal = Arc::clone(&last_journal);
            let (offset, bytes) = (from as u64, bytes.len() - from);
            slots.push(Slot { journal, number: slot.number, offset, bytes });
        }
        let end = bytes.len() as u64;
        let filled = end.next_multiple_of(FILL_BYTES);
        bytes.resize(usize::try_from(filled).unwrap_or(usize::MAX), 0);
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(true).clone();
        let file = options.open(&new_path).map_err(failed)?;
        file.write_all_at(&bytes, 0).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&new_path, &self.path).map_err(failed)?;
        let path = self.path.clone();
        *self = Self { path, file, slots, last_journal, end, filled, released_bytes: 0 };
        self.path.parent().map_or(Ok(()), sync_dir)
    }

    fn read(&self, slot: &Slot) -> io::Result<Unsent> {
        let mut bytes = vec![0; slot.bytes];
        self.file.read_exact_at(&mut bytes, slot.offset)?;
        let Record { number, entry, .. } = decode(&bytes).ok_or_else(|| {
            io::Error::new(ErrorKind::InvalidData, "a record has changed since it was written")
        })?;
        Ok(Unsent { journal: slot.journal.to_vec(), number, entry: entry.to_vec() })
    }
}

/// An error within the space that is filled already is a broken disk, not a full one.
fn not_full(error: StoreError) -> StoreError {
    match error {
        StoreError::Full { path, .. } => StoreError::Io {
            action: "append to",
            path,
            reason: "no space within a file that has its space".to_owned(),
        },
        other => other,
    }
}

/// Finds the records of a file, up to the first that is damaged, and where they end.
fn parse(content: &[u8]) -> (Vec<Slot>, usize) {
    let (mut slots, mut at, mut last) = (Vec::new(), 0, Journal::default());
    while let Some(Record { journal, number, bytes, .. }) = content.get(at..).and_then(decode) {
        if !journal.is_empty() {
            last = journal.into();
        }
        slots.push(Slot { journal: Arc::clone(&last), number, offset: at as u64, bytes });
        at += bytes;
    }
    (slots, at)
}

/// Writes a record behind one of journal `last`, which becomes this one's.
fn encode(entry: &Unsent, last: &mut Journal, into: &mut Vec<u8>) {
    let journal = if **last == *entry.journal { &[] } else { entry.journal.as_slice() };
    if !journal.is_empty() {
        *last = journal.into();
    }
    let journal_bytes = u16::try_from(journal.len()).expect("batches limit the journal");
    let mut payload = Vec::with_capacity(2 + 8 + journal.len() + entry.entry.len());
    payload.extend_from_slice(&journal_bytes.to_le_bytes());
    payload.extend_from_slice(journal);
    payload.extend_from_slice(&entry.number.to_le_bytes());
    payload.extend_from_slice(&entry.entry);
    let payload_bytes = u32::try_from(payload.len()).expect("batches limit the entry");
    into.extend_from_slice(&payload_bytes.to_le_bytes());
    into.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
    into.extend_from_slice(&payload);
}

/// A record as it lies in the file.
struct Record<'a> {
    /// Empty where it is that of the record before.
    journal: &'a [u8],
    number: u64,
    entry: &'a [u8],
    /// The length of the whole record.
    bytes: usize,
}

/// Reads the record at the front; none if it is damaged or no record at all.
fn decode(bytes: &[u8]) -> Option<Record<'_>> {
    let (payload_bytes, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, rest) = rest.split_first_chunk::<4>()?;
    let payload = rest.get(..usize::try_from(u32::from_le_bytes(*payload_bytes)).ok()?)?;
    if payload.is_empty() || crc32fast::hash(payload) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let (journal_bytes, rest) = payload.split_first_chunk::<2>()?;
    let (journal, rest) = rest.split_at_checked(u16::from_le_bytes(*journal_bytes).into())?;
    let (number, entry) = rest.split_first_chunk::<8>()?;
    let (number, bytes) = (u64::from_le_bytes(*number), 8 + payload.len());
    Some(Record { journal, number, entry, bytes })
}

/// The file grows by this much at a time.
const FILL_BYTES: u64 = 256 * 1024;
/// Fewer released bytes than this are not worth a new file.
const COMPACT_BYTES_MIN: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::unsent;

    fn written(path: &Path, entries: &[Unsent]) -> Outbox {
        let (mut outbox, tail) = Outbox::open(path).unwrap();
        assert_eq!(tail, None);
        for entry in entries {
            let appended = outbox.append(&[entry]).unwrap();
            outbox.settle(appended);
        }
        outbox
    }

    #[test]
    fn entries_come_back_in_order_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("outbox.log");
        let entries = [unsent(b"b", 1), unsent(b"a", 1), unsent(b"b", 2)];
        assert_eq!(written(&path, &entries).entries(&|_, _| true).unwrap(), entries);
        assert_eq!(written(&path, &[]).entries(&|_, _| true).unwrap(), entries);
    }

    #[test]
    fn entries_that_never_settled_are_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("outbox.log");
        let mut outbox = written(&path, &[unsent(b"j", 1)]);
        drop(outbox.append(&[&unsent(b"j", 2)]).unwrap());
        assert_eq!(outbox.entries(&|_, _| true).unwrap(), [unsent(b"j", 1)]);
        let appended = outbox.append(&[&unsent(b"j", 3)]).unwrap();
        outbox.settle(appended);
        assert_eq!(
            written(&path, &[]).entries(&|_, _| true).unwrap(),
            [unsent(b"j", 1), unsent(b"j", 3)]
        );
    }

    #[test]
    fn file_is_rewritten_when_most_of_it_is_released() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("outbox.log");
        let big = |number| Unsent { entry: vec![1; 700_000], ..unsent(b"j", number) };
        let mut outbox = written(&path, &[big(1), big(2), unsent(b"k", 7), big(3)]);
        outbox.release(b"j", 1).unwrap();
        assert!(fs::metadata(&path).unwrap().len() > 2_000_000);
        outbox.release(b"j", 2).unwrap();
        assert!(fs::metadata(&path).unwrap().len() < 1_100_000);
        let appended = outbox.append(&[&unsent(b"k", 8)]).unwrap();
        outbox.settle(appended);
        let left = [unsent(b"k", 7), big(3), unsent(b"k", 8)];
        assert_eq!(outbox.entries(&|_, _| true).unwrap(), left);
        assert_eq!(written(&path, &[]).entries(&|_, _| true).unwrap(), left);
    }

    #[test]
    fn every_truncation_and_every_flipped_byte_leaves_the_entries_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("outbox.log");
        let entries = [unsent(b"j", 1), unsent(b"j", 2), unsent(b"j", 3)];
        let outbox = written(&path, &entries);
        let end = usize::try_from(outbox.end).unwrap();
        let starts: Vec<usize> =
            outbox.slots.iter().map(|slot| usize::try_from(slot.offset).unwrap()).collect();
        let whole = fs::read(&path).unwrap();
        for at in 0..end {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x41;
            for content in [&whole[..at], &flipped[..]] {
                fs::write(&path, content).unwrap();
                let (outbox, tail) = Outbox::open(&path).unwrap();
                let left = starts.iter().skip(1).filter(|start| **start <= at).count();
                assert_eq!(outbox.entries(&|_, _| true).unwrap(), entries[..left]);
                let is_cut_between_records = content.len() == at && starts.contains(&at);
                assert_eq!(tail.is_none(), is_cut_between_records, "at {at}");
            }
        }
    }
}
