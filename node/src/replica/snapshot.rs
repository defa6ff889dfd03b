//! Snapshots: documents as they stood, so that to read one is not to replay all of its entries.
//!
//! A snapshot says up to which entry of each journal it goes, and how many entries these are. It is
//! used only where the index still names as many up to there and none of their authors was revoked
//! since; in all other cases, damage included, the document is replayed from its entries. So a
//! snapshot never has to be taken back, and one that is missing costs time alone.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use tongban_protocol::document::{DocumentId, Paper};
use tongban_protocol::journal::Body;

use super::papers::apply;
use super::{Replica, ReplicaError, layout};
use crate::store::{Area, Batch, Store};

/// Entries since the last snapshot from which on a new one is worth its bytes, unless the last has
/// more than four times as many; so all that a document ever had come to some five times the last.
const ENTRIES_MIN: usize = 4;

/// Entries that one document may have: a case that is written to hourly for a year.
const ENTRIES_MAX: usize = 10_000;

/// A document as it stood.
#[derive(Decode, Encode)]
struct Snapshot {
    /// Alias of each journal, and its last entry that is in it.
    #[n(0)]
    ends: Vec<(u32, u64)>,
    /// How many entries are in it.
    #[n(1)]
    count: usize,
    /// The document, as [`Paper::save`] gives it.
    #[n(2)]
    bytes: ByteVec,
}

impl Snapshot {
    fn has(&self, (alias, number): (u32, u64)) -> bool {
        self.ends.iter().any(|(of, last)| *of == alias && number <= *last)
    }
}

/// What rests of a document.
pub(super) struct Resting {
    id: DocumentId,
    /// Alias and number of the entries that changed it, each journal in its own order.
    entries: Vec<(u32, u64)>,
    snapshot: Option<Snapshot>,
}

impl Resting {
    pub(super) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries need not be read, because a snapshot has them.
    pub(super) fn spared(&self) -> usize {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.count)
    }

    fn is_due(&self) -> bool {
        let spared = self.spared();
        let since = self.entries.len() - spared;
        since >= ENTRIES_MIN.max(spared / 4) && self.entries.len() < ENTRIES_MAX
    }
}

impl<S: Store> Replica<S> {
    /// Finds what rests of a document.
    pub(super) fn resting(&self, id: DocumentId) -> Result<Resting, ReplicaError> {
        let mut entries = self.named(id)?;
        entries.truncate(ENTRIES_MAX);
        // One entry is as quickly read as a snapshot is looked for.
        let snapshot = if entries.len() > 1 { self.snapshot(id, &entries) } else { None };
        Ok(Resting { id, entries, snapshot })
    }

    /// Reads a document from what rests of it.
    pub(super) fn replay(&self, resting: &Resting) -> Result<Paper, ReplicaError> {
        let id = resting.id;
        let load = |snapshot: &Snapshot| {
            Paper::load(&snapshot.bytes).inspect_err(|error| passed_over(id, error)).ok()
        };
        let mut known = resting.snapshot.as_ref();
        let loaded = known.and_then(load);
        known = known.filter(|_| loaded.is_some());
        let mut paper = loaded.unwrap_or_default();
        for (alias, number) in &resting.entries {
            if known.is_some_and(|snapshot| snapshot.has((*alias, *number))) {
                continue;
            }
            let Some(journal) = self.aliases.get(*alias as usize).copied() else { continue };
            let Some(signed) = self.entry(journal, *number)? else { continue };
            let effect = self.standing(journal.author.node, signed.entry.time);
            let Body::Changes(changes) = signed.entry.body else { continue };
            for change in changes.iter().filter(|change| change.document == id.name) {
                apply(&mut paper, id, &change.bytes, effect);
            }
        }
        Ok(paper)
    }

    /// Puts a snapshot of a document into `batch` where one is due; nothing of it may be staged.
    pub(super) fn rest_snapshot(
        &self,
        id: DocumentId,
        batch: &mut Batch,
    ) -> Result<(), ReplicaError> {
        if self.resting(id)?.is_due() {
            self.paper_at_rest(id, batch)?;
        }
        Ok(())
    }

    /// Puts `paper`, which was read from `resting`, into `batch` as a snapshot where one is due.
    pub(super) fn put_snapshot(&self, resting: &Resting, paper: &Paper, batch: &mut Batch) {
        if !resting.is_due() || !paper.is_plain() || self.is_by_revoked(&resting.entries) {
            return;
        }
        let mut ends: Vec<(u32, u64)> = Vec::new();
        for (alias, number) in &resting.entries {
            match ends.last_mut().filter(|(of, _)| of == alias) {
                Some((_, last)) => *last = *number,
                None => ends.push((*alias, *number)),
            }
        }
        let snapshot = Snapshot { ends, count: resting.entries.len(), bytes: paper.save().into() };
        let key = layout::snapshot_key(resting.id);
        batch.put(Area::Document, key, minicbor::to_vec(&snapshot).unwrap_or_default());
    }

    /// The snapshot of a document, where it still says what its entries do.
    fn snapshot(&self, id: DocumentId, entries: &[(u32, u64)]) -> Option<Snapshot> {
        let stored = self.store.read(Area::Document, &layout::snapshot_key(id));
        let stored = stored.inspect_err(|error| passed_over(id, error)).ok()??;
        let snapshot = minicbor::decode::<Snapshot>(&stored);
        let snapshot = snapshot.inspect_err(|error| passed_over(id, error)).ok()?;
        let had: Vec<_> = entries.iter().copied().filter(|it| snapshot.has(*it)).collect();
        (had.len() == snapshot.count && !self.is_by_revoked(&had)).then_some(snapshot)
    }

    /// True if a node signed one of these entries that was revoked, from whatever time on.
    fn is_by_revoked(&self, entries: &[(u32, u64)]) -> bool {
        let is_revoked = |alias: u32| {
            let journal = self.aliases.get(alias as usize);
            journal.is_none_or(|journal| self.revoked.contains_key(&journal.author.node))
        };
        !self.revoked.is_empty() && entries.iter().any(|(alias, _)| is_revoked(*alias))
    }
}

fn passed_over(id: DocumentId, error: &dyn std::fmt::Display) {
    tracing::warn!(document = %id, %error, "its snapshot cannot be read; it is replayed");
}
