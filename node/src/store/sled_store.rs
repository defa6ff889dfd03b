//! The store on a disk.

use std::{
    fmt,
    fs::File,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
};

use rustix::fs::{fdatasync, statvfs};
use rustix::io::Errno;

use super::{
    Area, Batch, Checked, Cursor, Opened, Record, SetAside, Store, StoreError, StoreSettings,
    Unsent, Wanted, ballast,
    database::{Database, Plan},
    group::{Queue, held},
    opening,
    outbox::Outbox,
    set_aside,
    tip::Tip,
};

/// A [`Store`] in a directory: a sled database and an outbox file.
///
/// Writers queue, and whoever comes to the disk takes all who wait along. A commit is durable when
/// sled has written it to its log **and** that file was synced by a handle of our own: sled's
/// `flush` alone loses acknowledged writes at a power cut.
pub struct SledStore {
    dir: PathBuf,
    reserve_bytes: u64,
    queue: Queue,
    database: Database,
    writer: Mutex<Writer>,
    /// Released last, when sled has closed.
    tip: Tip,
}

struct Writer {
    /// Our own handle on sled's log file.
    log: File,
    outbox: Outbox,
    /// How many commits the database has.
    commits: u64,
    /// What stopped the writing.
    stopped: Option<String>,
}

impl SledStore {
    /// Opens the store of a directory, making it if there is none.
    ///
    /// Damaged files never keep it from opening: see [`Opened::set_aside`] and [`Opened::is_new`].
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`], [`StoreError::ReadOnly`], [`StoreError::NewerFormat`],
    /// [`StoreError::UnknownFormat`], [`StoreError::Full`], or [`StoreError::Io`].
    pub fn open(dir: &Path, settings: StoreSettings) -> Result<Opened, StoreError> {
        let files = opening::open(dir, settings)?;
        let store = Self {
            dir: dir.to_owned(),
            reserve_bytes: settings.reserve_bytes.max(RESERVE_BYTES_MIN),
            queue: Queue::default(),
            database: files.database,
            writer: Mutex::new(Writer {
                log: files.log,
                outbox: files.outbox,
                commits: files.commits,
                stopped: None,
            }),
            tip: files.tip,
        };
        Ok(Opened { store, is_new: files.is_new, set_aside: files.set_aside })
    }

    /// Sets the database of a store aside that nobody has open, as after a check that found damage.
    ///
    /// The next opening makes a new database; the outbox stays.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] while the store is open, and as [`Self::open`].
    pub fn set_aside(dir: &Path, reason: &str) -> Result<SetAside, StoreError> {
        opening::set_aside(dir, reason)
    }

    /// Answers whether a database of this store was set aside and still lies there.
    #[must_use]
    pub fn has_set_aside(&self) -> bool {
        set_aside::has_database(&self.dir)
    }

    /// Refuses to write where it would leave less than the reserve.
    ///
    /// A batch takes about twice its size, since sled writes each page anew now and then.
    fn check_room(&self, batches: &[Batch]) -> Result<(), StoreError> {
        let space = statvfs(&self.dir)
            .map_err(|error| StoreError::from_errno("measure", &self.dir, error))?;
        let free_bytes = space.f_bavail.saturating_mul(space.f_frsize);
        let wanted: usize = batches.iter().map(Batch::byte_size).sum();
        if free_bytes < self.reserve_bytes.saturating_add(2 * wanted as u64) {
            let (path, reserve_bytes) = (self.dir.clone(), self.reserve_bytes);
            return Err(StoreError::Full { path, free_bytes, reserve_bytes });
        }
        Ok(())
    }

    fn write(&self, writer: &mut Writer, batches: &[Batch]) -> Result<(), StoreError> {
        if let Some(cause) = &writer.stopped {
            return Err(StoreError::Stopped { cause: cause.clone() });
        }
        self.check_room(batches)?;
        let plan = self.database.plan(batches, writer.commits + 1)?;
        let unsent: Vec<&Unsent> = batches.iter().flat_map(Batch::unsent_entries).collect();
        let appended = match writer.outbox.append(&unsent) {
            Ok(appended) => appended,
            Err(full @ StoreError::Full { .. }) => return Err(full),
            Err(error) => return Err(writer.stop(error)),
        };
        // Neither a failed write nor a failed sync may be tried again: the system may have dropped
        // the very pages, and sled holds the batch in memory. Only opening the files can tell.
        self.sync(writer, plan, !unsent.is_empty()).map_err(|error| writer.stop(error))?;
        writer.outbox.settle(appended);
        writer.commits += 1;
        self.tip.note(writer.commits);
        self.database.reveal();
        Ok(())
    }

    fn sync(&self, writer: &Writer, plan: Plan, has_unsent: bool) -> Result<(), StoreError> {
        let failed = |error| StoreError::from_errno("sync", &self.dir, error);
        let (log, outbox) = (&writer.log, writer.outbox.file());
        thread::scope(|scope| {
            // The disk takes both files in one go where it can, and neither waits for the other.
            let beside = has_unsent
                .then(|| thread::Builder::new().spawn_scoped(scope, || fdatasync(outbox)));
            self.database.apply(plan)?;
            fdatasync(log).map_err(failed)?;
            match beside {
                None => Ok(()),
                Some(Ok(beside)) => beside.join().unwrap_or(Err(Errno::IO)).map_err(failed),
                Some(Err(_)) => fdatasync(outbox).map_err(failed), // No thread to be had.
            }
        })
    }
}

impl Writer {
    fn stop(&mut self, error: StoreError) -> StoreError {
        self.stopped = Some(error.to_string());
        error
    }
}

impl Store for SledStore {
    fn read(&self, area: Area, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.database.read(area, key)
    }

    fn scan(
        &self,
        area: Area,
        from: &[u8],
        to: &[u8],
        count_max: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.database.scan(area, from, to, count_max)
    }

    fn scan_back(
        &self,
        area: Area,
        from: &[u8],
        to: &[u8],
        count_max: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.database.scan_back(area, from, to, count_max)
    }

    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.check_limits()?;
        if batch.is_empty() {
            return Ok(());
        }
        self.queue.commit(batch.clone(), |batches| self.write(&mut held(&self.writer), batches))
    }

    fn unsent_if(&self, is_wanted: Wanted<'_>) -> Result<Vec<Unsent>, StoreError> {
        held(&self.writer).outbox.entries(is_wanted)
    }

    fn release(&self, journal: &[u8], number: u64) -> Result<(), StoreError> {
        held(&self.writer).outbox.release(journal, number)
    }

    fn check(&self, from: &Cursor, count_max: usize) -> Result<Checked, StoreError> {
        self.database.check(from, count_max)
    }

    fn troubles(&self) -> Vec<String> {
        let stopped = held(&self.writer).stopped.clone().map(|cause| StoreError::Stopped { cause });
        let refused = stopped.or_else(|| self.check_room(&[]).err());
        let drawers = set_aside::drawers(&self.dir).into_iter().map(|drawer| {
            format!(
                "a damaged part of the store was set aside as {}; keep it until everything is back",
                drawer.display()
            )
        });
        refused.map(|error| error.to_string()).into_iter().chain(drawers).collect()
    }

    fn bytes_on_disk(&self) -> Result<u64, StoreError> {
        let outbox = held(&self.writer).outbox.bytes_on_disk() + ballast::bytes_on_disk(&self.dir);
        let failed = |error| StoreError::from_sled("measure", &self.dir, error);
        Ok(outbox + self.database.bytes_on_disk().map_err(failed)?)
    }
}

impl fmt::Debug for SledStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // sled's own Debug prints every record.
        formatter.debug_struct("SledStore").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// What is kept free whatever the settings say: sled grows in segments of 512 KiB and, once it has
/// met a full disk, cannot even read some of its pages until it is opened again.
const RESERVE_BYTES_MIN: u64 = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::{put, unsent};

    #[test]
    fn failed_sync_hides_the_batch_and_stops_writing_until_the_store_is_opened_again() {
        let settings = StoreSettings { cache_bytes: 1 << 20, reserve_bytes: 0 };
        for is_outbox in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let store = SledStore::open(dir.path(), settings).unwrap().store;
            store.commit(&put(b"k", b"old")).unwrap();
            if is_outbox {
                held(&store.writer).outbox.break_sync();
            } else {
                // A device that can be opened but not synced.
                held(&store.writer).log = File::open("/dev/null").unwrap();
            }
            let mut batch = put(b"k", b"new");
            batch.unsent(unsent(b"j", 1));
            let error = store.commit(&batch).unwrap_err();
            assert!(matches!(error, StoreError::Io { action: "sync", .. }), "{error}");
            let error = store.commit(&put(b"l", b"v")).unwrap_err();
            assert!(matches!(error, StoreError::Stopped { .. }), "{error}");
            assert_eq!(store.read(Area::Entry, b"k"), Ok(Some(b"old".to_vec())));
            assert_eq!(store.last(Area::Entry, b"", b"z").unwrap().unwrap().value, b"old");
            assert_eq!(store.unsent(), Ok(vec![]));

            drop(store);
            let store = SledStore::open(dir.path(), settings).unwrap().store;
            store.commit(&put(b"l", b"v")).unwrap();
            let value = store.read(Area::Entry, b"k").unwrap().unwrap();
            assert!(value == b"old" || value == b"new");
        }
    }
}
