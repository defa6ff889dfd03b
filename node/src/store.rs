//! The durable key-value layer below the journal.
//!
//! It knows bytes, keys and areas, and nothing of what they mean. Three stores keep the same
//! contract: [`SledStore`] on a disk, [`MemoryStore`] for tests and tools, and [`FaultyStore`], the
//! twin in memory that a simulated world crashes, fills and damages.
//!
//! The promises, in the order in which they matter:
//!
//! 1. A [`Store::commit`] that returned `Ok` survives a crash and a power cut, whole.
//! 2. A read shows durable records only: never a batch whose commit has failed or is under way.
//!    A node that acted on such a batch could sign a second entry under the same number later.
//! 3. A damaged record is an error, never a wrong value.
//! 4. A store that cannot be opened is set aside under a new name, never deleted, and what no other
//!    machine was known to hold comes back from a second file, the outbox.
//!
//! What is **not** here: any word of the protocol, a clock, randomness, and rebuilding a store from
//! another machine; this module says that it must be rebuilt.

use std::fmt;

mod area;
mod ballast;
mod batch;
mod check;
mod database;
mod error;
mod faulty;
mod group;
mod memory;
mod opening;
mod outbox;
mod set_aside;
mod sled_files;
mod sled_store;
mod state;
mod stored;
mod tip;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod disk_tests;

pub use area::Area;
pub use batch::{BATCH_BYTES_MAX, Batch, BatchMark, KEY_BYTES_MAX, Unsent, VALUE_BYTES_MAX};
pub use check::{Checked, Cursor};
pub use error::StoreError;
pub use faulty::{DiskImage, Fault, FaultyStore};
pub use memory::MemoryStore;
pub use opening::{Opened, StoreSettings};
pub use set_aside::{SetAside, SetAsidePart};
pub use sled_store::SledStore;

/// One record of an area, as [`Store::scan`] and [`Store::last`] give it.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
pub struct Record {
    /// The key within its area.
    pub key: Vec<u8>,
    /// The value, checked against its checksum.
    pub value: Vec<u8>,
}

impl fmt::Debug for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = data_encoding::HEXLOWER.encode(&self.key);
        write!(formatter, "Record({key}, {} bytes)", self.value.len())
    }
}

/// Answers whether an entry of the outbox is wanted, by its journal and number.
pub type Wanted<'a> = &'a dyn Fn(&[u8], u64) -> bool;

/// A durable, ordered map from (area, key) to bytes, with an outbox beside it.
///
/// Calls block on the disk: async code calls them on a thread that may block.
pub trait Store: fmt::Debug + Send + Sync {
    /// Reads one value.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] if the record fails its checksum, [`StoreError::Io`] if the disk
    /// does not answer.
    fn read(&self, area: Area, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Reads the records with keys in `[from, to)`, ascending, at most `count_max` of them.
    ///
    /// # Errors
    ///
    /// As [`Store::read`]; one damaged record within the range fails the whole scan and is named.
    fn scan(
        &self,
        area: Area,
        from: &[u8],
        to: &[u8],
        count_max: usize,
    ) -> Result<Vec<Record>, StoreError>;

    /// Reads the records with keys in `[from, to)`, descending, at most `count_max` of them.
    ///
    /// # Errors
    ///
    /// As [`Store::scan`].
    fn scan_back(
        &self,
        area: Area,
        from: &[u8],
        to: &[u8],
        count_max: usize,
    ) -> Result<Vec<Record>, StoreError>;

    /// Reads the last record with a key in `[from, to)`.
    ///
    /// # Errors
    ///
    /// As [`Store::read`].
    fn last(&self, area: Area, from: &[u8], to: &[u8]) -> Result<Option<Record>, StoreError> {
        Ok(self.scan_back(area, from, to, 1)?.pop())
    }

    /// Writes a batch; it is durable when this returns `Ok`, and all or nothing of it is kept.
    ///
    /// Writers that wait at the same moment share one write to the disk.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLong`] and [`StoreError::Full`] change nothing, and the next commit may
    /// succeed. After any other error nobody knows whether the batch is on the disk: reads go on
    /// without it, every further commit is [`StoreError::Stopped`], and opening the store again
    /// settles which it was.
    fn commit(&self, batch: &Batch) -> Result<(), StoreError>;

    /// Reads the entries that were given as unsent and not released since, in order of arrival.
    ///
    /// # Errors
    ///
    /// As [`Store::unsent_if`].
    fn unsent(&self) -> Result<Vec<Unsent>, StoreError> {
        self.unsent_if(&|_, _| true)
    }

    /// Reads those of the unsent entries whose journal and number are wanted.
    ///
    /// An entry that was released shortly before a crash may come back; releasing it again is
    /// harmless. An entry whose commit failed may come back too: it has been signed. So whoever opens
    /// a store puts back every entry of this list that the store lacks, before it signs a new one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] if the outbox cannot be read.
    fn unsent_if(&self, is_wanted: Wanted<'_>) -> Result<Vec<Unsent>, StoreError>;

    /// Forgets unsent entries: another machine durably holds `journal` up to and with `number`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] or [`StoreError::Full`] if the outbox could not be rewritten in less
    /// space. The entries are released all the same.
    fn release(&self, journal: &[u8], number: u64) -> Result<(), StoreError>;

    /// Reads up to `count_max` records from `from` on and verifies them.
    ///
    /// Called again and again with the cursor it returns, with pauses, it is the scrub of the whole
    /// store; [`Cursor::start`] begins one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] if the disk does not answer. Damage is no error here, it is the result.
    fn check(&self, from: &Cursor, count_max: usize) -> Result<Checked, StoreError>;

    /// Says what a person must see to before the store can do all that it should: a full disk, a
    /// write that failed, parts that were set aside. Nothing is changed.
    fn troubles(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns how many bytes the store takes, with its outbox, without what was set aside.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] if the directory cannot be read.
    fn bytes_on_disk(&self) -> Result<u64, StoreError>;
}
