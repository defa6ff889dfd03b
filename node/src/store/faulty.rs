//! The store of the simulated world: a disk in memory that fails on request, the same every time.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
};

use super::{
    Area, Batch, Checked, Cursor, Record, Store, StoreError, Unsent, Wanted,
    group::held,
    state::{Key, State, Undo, damaged, record},
};

/// A [`Store`] that keeps the contract while it is crashed, filled and damaged.
///
/// Clones share one disk: the world keeps one, and gives another to each new run of a node. It
/// breaks the contract only after [`Self::lie_about_sync`], which exists to prove that a checker
/// notices.
#[derive(Clone, Debug, Default)]
pub struct FaultyStore {
    disk: Arc<Mutex<Disk>>,
}

/// What a commit meets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The disk is full: nothing is written, and a later commit may succeed.
    Full,
    /// The sync fails before the batch has reached the disk: a crash loses it.
    IoBefore,
    /// The sync fails after the batch has reached the disk: it is there after a crash.
    IoAfter,
}

/// The whole contents of a disk, to be put back later as an old backup or a clone.
#[derive(Clone, Debug)]
pub struct DiskImage {
    state: State,
    damage: BTreeSet<Key>,
}

#[derive(Clone, Debug, Default)]
struct Disk {
    /// What is read; what is also durable but for `unsynced` and `released`.
    seen: State,
    /// How to get from what is seen to what is on the disk, oldest first.
    unsynced: Vec<Undo>,
    /// A batch that is on the disk though its commit failed.
    unseen: Option<Batch>,
    /// Released from the outbox, but still in its file.
    released: BTreeMap<u64, Unsent>,
    damage: BTreeSet<Key>,
    next_fault: Option<Fault>,
    lasting_fault: Option<Fault>,
    is_stopped: bool,
    lies: bool,
}

impl FaultyStore {
    /// Cuts the power and opens the disk again: only what is durable is left.
    pub fn crash(&self) {
        self.disk().crash();
    }

    /// Lets the next commit meet a fault.
    pub fn fail_next_commit(&self, fault: Fault) {
        self.disk().next_fault = Some(fault);
    }

    /// Lets every commit meet a fault, or none any more.
    pub fn fail_commits(&self, fault: Option<Fault>) {
        self.disk().lasting_fault = fault;
    }

    /// Damages a record, so that reading it fails until it is written anew.
    pub fn damage(&self, area: Area, key: &[u8]) {
        self.disk().damage.insert((area, key.to_vec()));
    }

    /// From now on commits return `Ok` though a crash will lose them.
    ///
    /// Only to prove that a checker notices: a store that does this is broken.
    pub fn lie_about_sync(&self) {
        self.disk().lies = true;
    }

    /// Crashes and sets the records aside, as after a failed check; the outbox stays.
    pub fn set_aside(&self) {
        let mut disk = self.disk();
        disk.crash();
        disk.seen.clear_records();
        disk.damage.clear();
    }

    /// Replaces the disk by an empty one, outbox and all.
    pub fn replace_disk(&self) {
        *self.disk() = Disk::default();
    }

    /// Copies what a crash would leave.
    #[must_use]
    pub fn image(&self) -> DiskImage {
        let mut disk = self.disk().clone();
        disk.crash();
        DiskImage { state: disk.seen, damage: disk.damage }
    }

    /// Crashes and puts an image in place of the disk: an old backup, or another machine's clone.
    pub fn restore(&self, image: DiskImage) {
        *self.disk() = Disk { seen: image.state, damage: image.damage, ..Disk::default() };
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        held(&self.disk)
    }
}

impl Store for FaultyStore {
    fn read(&self, area: Area, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let disk = self.disk();
        let key = (area, key.to_vec());
        match disk.seen.read(area, &key.1) {
            Some(_) if disk.damage.contains(&key) => Err(damaged(&key)),
            found => Ok(found),
        }
    }

    fn scan(
        &self,
        area: Area,
        from: &[u8],
        to: &[u8],
        count_max: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let disk = self.disk();
        disk.seen.range(area, from, to).take(count_max).map(|found| disk.sound(found)).collect()
    }

    fn scan_back(
        &self,
        area: Area,
        from: &[u8],
        to: &[u8],
        count_max: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let disk = self.disk();
        let found = disk.seen.range(area, from, to).rev().take(count_max);
        found.map(|found| disk.sound(found)).collect()
    }

    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.check_limits()?;
        self.disk().commit(batch)
    }

    fn unsent_if(&self, is_wanted: Wanted<'_>) -> Result<Vec<Unsent>, StoreError> {
        Ok(self.disk().seen.unsent_if(is_wanted))
    }

    fn release(&self, journal: &[u8], number: u64) -> Result<(), StoreError> {
        let mut disk = self.disk();
        let mut released = disk.seen.release(journal, number);
        disk.released.append(&mut released);
        if disk.released.len() > RELEASED_MAX {
            disk.released.clear();
        }
        Ok(())
    }

    fn check(&self, from: &Cursor, count_max: usize) -> Result<Checked, StoreError> {
        let disk = self.disk();
        Ok(disk.seen.check(from, count_max, |key| disk.damage.contains(key)))
    }

    fn bytes_on_disk(&self) -> Result<u64, StoreError> {
        Ok(self.disk().seen.byte_size())
    }
}

impl Disk {
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        if self.is_stopped {
            return Err(StoreError::Stopped { cause: SYNC_FAILED.to_owned() });
        }
        if batch.is_empty() {
            return Ok(());
        }
        match self.next_fault.take().or(self.lasting_fault) {
            None => {}
            Some(Fault::Full) => {
                let (path, free_bytes, reserve_bytes) = (PathBuf::from(PATH), 0, 1);
                return Err(StoreError::Full { path, free_bytes, reserve_bytes });
            }
            Some(fault @ (Fault::IoBefore | Fault::IoAfter)) => {
                self.is_stopped = true;
                self.unseen = (fault == Fault::IoAfter).then(|| batch.clone());
                let (path, reason) = (PathBuf::from(PATH), SYNC_FAILED.to_owned());
                return Err(StoreError::Io { action: "sync", path, reason });
            }
        }
        for write in batch.writes() {
            self.damage.remove(&(write.area, write.key.clone()));
        }
        let undo = self.seen.apply(batch);
        if self.lies {
            self.unsynced.push(undo);
        }
        Ok(())
    }

    fn crash(&mut self) {
        while let Some(undo) = self.unsynced.pop() {
            self.seen.undo(undo);
        }
        self.seen.take_back(mem::take(&mut self.released));
        if let Some(batch) = self.unseen.take() {
            self.seen.apply(&batch);
        }
        self.is_stopped = false;
        self.next_fault = None;
    }

    fn sound(&self, found: (&Key, &Vec<u8>)) -> Result<Record, StoreError> {
        if self.damage.contains(found.0) { Err(damaged(found.0)) } else { Ok(record(found)) }
    }
}

/// The outbox is rewritten without what was released once that is more than this.
const RELEASED_MAX: usize = 256;
/// Stands for the directory in errors.
const PATH: &str = "simulated";
const SYNC_FAILED: &str = "the simulated disk failed to sync";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::{check_contract, put, unsent};

    #[test]
    fn faulty_store_keeps_the_contract_across_crashes() {
        check_contract(|| {
            let store = FaultyStore::default();
            let reopen = store.clone();
            (store, move |_| {
                reopen.crash();
                reopen.clone()
            })
        });
    }

    #[test]
    fn batch_whose_sync_failed_is_never_read_before_a_crash_decides() {
        for (fault, after) in [(Fault::IoBefore, None), (Fault::IoAfter, Some(b"new".to_vec()))] {
            let store = FaultyStore::default();
            store.fail_next_commit(fault);
            assert!(matches!(store.commit(&put(b"k", b"new")), Err(StoreError::Io { .. })));
            assert_eq!(store.read(Area::Entry, b"k"), Ok(None));
            assert!(matches!(store.commit(&put(b"l", b"x")), Err(StoreError::Stopped { .. })));
            store.crash();
            assert_eq!(store.read(Area::Entry, b"k"), Ok(after));
            store.commit(&put(b"l", b"x")).unwrap();
        }
    }

    #[test]
    fn full_disk_refuses_and_takes_the_next_commit() {
        let store = FaultyStore::default();
        store.fail_commits(Some(Fault::Full));
        assert!(matches!(store.commit(&put(b"k", b"v")), Err(StoreError::Full { .. })));
        assert_eq!(store.read(Area::Entry, b"k"), Ok(None));
        store.fail_commits(None);
        store.commit(&put(b"k", b"v")).unwrap();
        store.crash();
        assert_eq!(store.read(Area::Entry, b"k"), Ok(Some(b"v".to_vec())));
    }

    #[test]
    fn liar_loses_what_it_promised_and_nothing_older() {
        let store = FaultyStore::default();
        store.commit(&put(b"old", b"v")).unwrap();
        store.lie_about_sync();
        let mut batch = put(b"old", b"w");
        batch.put(Area::Entry, *b"new", *b"v");
        batch.unsent(unsent(b"j", 1));
        store.commit(&batch).unwrap();
        store.release(b"j", 1).unwrap();
        assert_eq!(store.read(Area::Entry, b"new"), Ok(Some(b"v".to_vec())));
        store.crash();
        assert_eq!(store.read(Area::Entry, b"new"), Ok(None));
        assert_eq!(store.read(Area::Entry, b"old"), Ok(Some(b"v".to_vec())));
        assert_eq!(store.unsent(), Ok(vec![]));
    }

    #[test]
    fn damaged_record_fails_every_read_until_it_is_written_anew() {
        let store = FaultyStore::default();
        store.commit(&put(b"k", b"v")).unwrap();
        store.damage(Area::Entry, b"k");
        let damage = StoreError::Damaged { area: Area::Entry, key: b"k".to_vec() };
        assert_eq!(store.read(Area::Entry, b"k"), Err(damage.clone()));
        assert_eq!(store.scan(Area::Entry, b"", b"z", 9), Err(damage.clone()));
        assert_eq!(store.last(Area::Entry, b"", b"z"), Err(damage.clone()));
        assert_eq!(store.check(&Cursor::start(), 9).unwrap().damage, [damage]);
        store.commit(&put(b"k", b"w")).unwrap();
        assert_eq!(store.read(Area::Entry, b"k"), Ok(Some(b"w".to_vec())));
    }

    #[test]
    fn released_entries_come_back_at_a_crash_and_outlive_setting_aside() {
        let store = FaultyStore::default();
        let mut batch = put(b"k", b"v");
        batch.unsent(unsent(b"j", 1));
        batch.unsent(unsent(b"j", 2));
        store.commit(&batch).unwrap();
        store.release(b"j", 1).unwrap();
        assert_eq!(store.unsent(), Ok(vec![unsent(b"j", 2)]));
        store.set_aside();
        assert_eq!(store.read(Area::Entry, b"k"), Ok(None));
        assert_eq!(store.unsent(), Ok(vec![unsent(b"j", 1), unsent(b"j", 2)]));
    }

    #[test]
    fn restored_image_is_the_disk_of_that_moment() {
        let store = FaultyStore::default();
        store.commit(&put(b"k", b"old")).unwrap();
        let image = store.image();
        store.commit(&put(b"k", b"new")).unwrap();
        store.restore(image);
        assert_eq!(store.read(Area::Entry, b"k"), Ok(Some(b"old".to_vec())));
        store.replace_disk();
        assert_eq!(store.read(Area::Entry, b"k"), Ok(None));
    }
}
