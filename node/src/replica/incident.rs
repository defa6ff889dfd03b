//! Incidents: what was refused, with the proof.

use minicbor::{Decode, Encode};
use tongban_protocol::journal::{ForkProof, JournalId};
use tongban_protocol::time::Timestamp;

use super::{Replica, ReplicaError, layout};
use crate::store::{Area, Store};

/// What sort of wrong.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum IncidentKind {
    /// Two entries with one number.
    #[n(0)]
    Fork,
    /// An entry without right, kept as evidence and without effect.
    #[n(1)]
    Refused,
    /// A signature, credential or chain that does not hold; the entry was not taken.
    #[n(2)]
    Broken,
    /// An entry of a revoked machine.
    #[n(3)]
    Revoked,
}

impl IncidentKind {
    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Fork => "分叉",
            Self::Refused => "无权记录",
            Self::Broken => "链断或签名不符",
            Self::Revoked => "已吊销",
        }
    }

    /// The word for scripts.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Refused => "refused",
            Self::Broken => "broken",
            Self::Revoked => "revoked",
        }
    }
}

/// Something that should not have come.
#[derive(Clone, Debug, Decode, Encode, PartialEq)]
pub struct Incident {
    /// What sort of wrong.
    #[n(0)]
    pub kind: IncidentKind,
    /// In which journal.
    #[n(1)]
    pub journal: JournalId,
    /// At which entry.
    #[n(2)]
    pub number: u64,
    /// Why, in words.
    #[n(3)]
    pub why: String,
    /// When it was found here.
    #[n(4)]
    pub found_at: Timestamp,
    /// For a fork, the two entries; they prove it to anyone.
    #[n(5)]
    pub proof: Option<ForkProof>,
}

/// Incidents kept at most; a peer that sends nothing else fills no disk.
const INCIDENTS_MAX: u64 = 10_000;

impl<S: Store> Replica<S> {
    pub(super) fn report(&mut self, incident: &Incident) {
        tracing::warn!(
            journal = %incident.journal, number = incident.number, kind = incident.kind.en(),
            why = incident.why, "an entry was refused"
        );
        if self.incident_count >= INCIDENTS_MAX {
            return;
        }
        let key = layout::incident_key(self.clock.tick(incident.found_at), self.incident_count);
        self.incident_count += 1;
        self.staged.put(Area::Incident, key, minicbor::to_vec(incident).unwrap_or_default());
    }

    /// The incidents found here, oldest first, at most `count_max`.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn incidents(&self, count_max: usize) -> Result<Vec<Incident>, ReplicaError> {
        let records = self.store.scan(Area::Incident, &[], &[u8::MAX; 32], count_max)?;
        Ok(records.iter().filter_map(|record| minicbor::decode(&record.value).ok()).collect())
    }
}
