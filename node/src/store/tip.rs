//! The tip: a small file that keeps other processes out and counts the commits.
//!
//! When the end of its log is damaged, sled takes the last batch for one that was never finished
//! and opens without it and without a word. So each batch carries its number, and each commit notes
//! that number here too, unsynced, for it costs nothing: a power cut can only make the note too low,
//! and a note above what sled has is proof that sled lost something.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::FileExt,
    path::Path,
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

use super::StoreError;

/// The locked tip file of an open store.
#[derive(Debug)]
pub(super) struct Tip {
    file: File,
}

impl Tip {
    /// Takes the lock of a store.
    pub(super) fn lock(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join("tip");
        let options = OpenOptions::new().read(true).write(true).create(true).clone();
        let file =
            options.open(&path).map_err(|error| StoreError::from_io("open", &path, &error))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { file }),
            Err(Errno::WOULDBLOCK) => Err(StoreError::InUse { path: dir.to_owned() }),
            Err(error) => Err(StoreError::from_errno("lock", &path, error)),
        }
    }

    /// Returns how many commits the database must have; zero if the file does not say.
    pub(super) fn commits(&self) -> u64 {
        let mut bytes = [0; NOTE_BYTES];
        if self.file.read_exact_at(&mut bytes, 0).is_err() {
            return 0;
        }
        let commits = bytes.first_chunk::<8>().map_or(0, |number| u64::from_le_bytes(*number));
        if bytes == note(commits) { commits } else { 0 }
    }

    /// Notes how many durable commits the database has.
    pub(super) fn note(&self, commits: u64) {
        // Without a note the store is as safe as sled, so failing here fails nothing.
        self.file.write_all_at(&note(commits), 0).ok();
    }
}

fn note(commits: u64) -> [u8; NOTE_BYTES] {
    let number = commits.to_le_bytes();
    let mut bytes = [0; NOTE_BYTES];
    let (left, right) = bytes.split_at_mut(number.len());
    left.copy_from_slice(&number);
    right.copy_from_slice(&crc32fast::hash(&number).to_le_bytes());
    bytes
}

/// A number and its checksum.
const NOTE_BYTES: usize = 12;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn note_is_read_back_and_a_damaged_one_says_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let tip = Tip::lock(dir.path()).unwrap();
        assert_eq!(tip.commits(), 0);
        tip.note(812);
        drop(tip);
        assert_eq!(Tip::lock(dir.path()).unwrap().commits(), 812);
        let path = dir.path().join("tip");
        let mut bytes = fs::read(&path).unwrap();
        bytes[0] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(Tip::lock(dir.path()).unwrap().commits(), 0);
        fs::write(&path, &bytes[..5]).unwrap();
        assert_eq!(Tip::lock(dir.path()).unwrap().commits(), 0);
    }

    #[test]
    fn lock_is_held_by_one_and_free_when_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let tip = Tip::lock(dir.path()).unwrap();
        let in_use = StoreError::InUse { path: dir.path().to_owned() };
        assert_eq!(Tip::lock(dir.path()).unwrap_err(), in_use);
        drop(tip);
        Tip::lock(dir.path()).unwrap();
    }
}
