//! Opening what a member holds, and healing it in the open when it is damaged.
//!
//! What is damaged is set aside and never deleted; what the centres above hold comes back over
//! the link, and what only this machine had comes back from the outbox.

use std::path::Path;

use super::StartError;
use crate::membership::Membership;
use crate::replica::{Replica, ReplicaError};
use crate::store::{Area, Batch, Cursor, SledStore, Store, StoreError, StoreSettings};

/// Documents that a node keeps in memory: from 50 kB each to 300 kB for one with fifty events, so
/// the store's cache, which says how much memory the machine has, says how many.
const PAPERS: std::ops::RangeInclusive<u64> = 16..=128;
const CACHE_BYTES_PER_PAPER: u64 = 128 << 10;

/// Opens the store of a member and its replica; a store that was set aside begins a new
/// incarnation, so that no number is given twice.
///
/// # Errors
///
/// [`StartError`].
pub fn open_replica(
    data_dir: &Path,
    settings: StoreSettings,
) -> Result<(Membership, Replica<SledStore>), StartError> {
    let mut membership = Membership::load(data_dir)?;
    let opened = SledStore::open(&data_dir.join("store"), settings)?;
    for aside in &opened.set_aside {
        tracing::error!(path = %aside.path.display(), reason = aside.reason, "a part of the store was set aside; what the city has comes back from there");
    }
    begin_incarnation(&opened.store, &mut membership, data_dir)?;
    let papers = settings.cache_bytes / CACHE_BYTES_PER_PAPER;
    let papers = papers.clamp(*PAPERS.start(), *PAPERS.end());
    let papers_max = usize::try_from(papers).unwrap_or(usize::MAX);
    let replica = Replica::open(opened.store, membership.member()?, papers_max)?;
    Ok((membership, replica))
}

/// Sees to it that a store which came in the place of a lost one never gives a number again.
///
/// A store names the incarnation that writes it. One that names none, beside a database that was
/// set aside, begins the next; so a crash between the two steps loses nothing.
///
/// # Errors
///
/// [`StartError`]; a full disk is none, the next opening tries again.
pub fn begin_incarnation(
    store: &SledStore,
    membership: &mut Membership,
    data_dir: &Path,
) -> Result<(), StartError> {
    let named = store.read(Area::Meta, INCARNATION_KEY)?;
    let named = named.and_then(|value| value.try_into().ok()).map(u32::from_be_bytes);
    if named == Some(membership.incarnation) {
        return Ok(());
    }
    if named.is_some() || store.has_set_aside() {
        let last = membership.incarnation.max(named.unwrap_or(0));
        membership.incarnation = last.saturating_add(1);
        membership.save(data_dir)?;
    }
    let mut batch = Batch::default();
    batch.put(Area::Meta, INCARNATION_KEY, membership.incarnation.to_be_bytes());
    match store.commit(&batch) {
        Err(StoreError::Full { .. }) => Ok(()),
        outcome => Ok(outcome?),
    }
}

/// The record with the incarnation that writes the store.
const INCARNATION_KEY: &[u8] = b"incarnation";

/// Opens as [`open_replica`] does, and sets a database aside that proves to be damaged.
///
/// Every record is read, up to [`RECORDS_CHECKED_MAX`]: a clerk shall not be the one who finds out.
///
/// # Errors
///
/// [`StartError`].
pub(super) fn open_whole(
    data_dir: &Path,
    settings: StoreSettings,
) -> Result<(Membership, Replica<SledStore>), StartError> {
    let reason = match open_replica(data_dir, settings) {
        Ok((membership, replica)) => match first_damage(replica.store())? {
            None => return Ok((membership, replica)),
            Some(damage) => damage.to_string(),
        },
        Err(
            StartError::Store(error @ StoreError::Damaged { .. })
            | StartError::Replica(ReplicaError::Store(error @ StoreError::Damaged { .. })),
        ) => error.to_string(),
        Err(StartError::Replica(error @ ReplicaError::Corrupt(_))) => error.to_string(),
        Err(error) => return Err(error),
    };
    let aside = SledStore::set_aside(&data_dir.join("store"), &reason)?;
    tracing::error!(path = %aside.path.display(), reason, "the store was set aside; what the city has comes back from there");
    open_replica(data_dir, settings)
}

fn first_damage(store: &SledStore) -> Result<Option<StoreError>, StoreError> {
    let (mut cursor, mut count) = (Some(Cursor::start()), 0);
    while let Some(from) = cursor
        && count < RECORDS_CHECKED_MAX
    {
        let checked = store.check(&from, RECORDS_PER_STEP)?;
        if let Some(damage) = checked.damage.into_iter().next() {
            return Ok(Some(damage));
        }
        count += checked.count;
        cursor = checked.next;
    }
    Ok(None)
}

/// Records that are read before a service starts: what a disk gives within a second or two, and
/// all that a county has in some years. `check` reads all.
const RECORDS_CHECKED_MAX: usize = 500_000;
const RECORDS_PER_STEP: usize = 4_096;
