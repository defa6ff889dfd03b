//! A store in memory, for tests and for tools that need no disk.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{
    Area, Batch, Checked, Cursor, Record, Store, StoreError, Unsent, Wanted,
    state::{State, record},
};

/// A [`Store`] whose records live as long as the value does.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: RwLock<State>,
}

impl MemoryStore {
    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn read(&self, area: Area, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().read(area, key))
    }

    fn scan(
        &self,
        area: Area,
        from: &[u8],
        to: &[u8],
        count_max: usize,
    ) -> Result<Vec<Record>, StoreError> {
        Ok(self.state().range(area, from, to).take(count_max).map(record).collect())
    }

    fn scan_back(
        &self,
        area: Area,
        from: &[u8],
        to: &[u8],
        count_max: usize,
    ) -> Result<Vec<Record>, StoreError> {
        Ok(self.state().range(area, from, to).rev().take(count_max).map(record).collect())
    }

    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.check_limits()?;
        self.state_mut().apply(batch);
        Ok(())
    }

    fn unsent_if(&self, is_wanted: Wanted<'_>) -> Result<Vec<Unsent>, StoreError> {
        Ok(self.state().unsent_if(is_wanted))
    }

    fn release(&self, journal: &[u8], number: u64) -> Result<(), StoreError> {
        self.state_mut().release(journal, number);
        Ok(())
    }

    fn check(&self, from: &Cursor, count_max: usize) -> Result<Checked, StoreError> {
        Ok(self.state().check(from, count_max, |_| false))
    }

    fn bytes_on_disk(&self) -> Result<u64, StoreError> {
        Ok(self.state().byte_size())
    }
}
