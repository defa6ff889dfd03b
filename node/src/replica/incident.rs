//! Incidents: what was refused, with the proof.

use minicbor::{Decode, Encode};
use tongban_protocol::journal::{ForkProof, JournalId};
use tongban_protocol::time::Timestamp;

use super::{Replica, ReplicaError, layout};
use crate::store::{Area, Record, Store};

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
    /// When it was first found here.
    #[n(4)]
    pub found_at: Timestamp,
    /// For a fork, the two entries; they prove it to anyone.
    #[n(5)]
    pub proof: Option<ForkProof>,
    /// That it came again: a peer that was refused tries anew at each reconnect.
    #[n(6)]
    pub seen_again: Option<SeenAgain>,
}

/// How often the same incident was found, and when last.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct SeenAgain {
    /// How often in all.
    #[n(0)]
    pub times: u64,
    /// When last.
    #[n(1)]
    pub last_at: Timestamp,
}

impl Incident {
    /// An incident that was found now, for the first time as far as it knows.
    #[must_use]
    pub fn new(
        kind: IncidentKind,
        (journal, number): (JournalId, u64),
        why: impl ToString,
        found_at: Timestamp,
    ) -> Self {
        let why = why.to_string();
        Self { kind, journal, number, why, found_at, proof: None, seen_again: None }
    }
}

/// What is remembered of an incident while the replica is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sighting {
    seen: SeenAgain,
    /// When the disk last learnt of it.
    stored_at: Timestamp,
}

/// Incidents kept at most; a peer that sends nothing else fills no disk.
const INCIDENTS_MAX: usize = 10_000;

/// Pause between two writes about one incident that comes again and again, in milliseconds; a
/// crash forgets the sightings since the last.
const SIGHTING_MS_MIN: i64 = 60_000;

impl<S: Store> Replica<S> {
    /// Stages an incident, once: one that is known already is only seen again.
    pub(super) fn report(&mut self, incident: &Incident) {
        let key = layout::incident_key(incident.kind as u8, incident.journal, incident.number);
        let now = incident.found_at;
        if let Some(known) = self.sightings.get_mut(&key) {
            known.seen.times = known.seen.times.saturating_add(1);
            known.seen.last_at = now;
            if now.ms_since(known.stored_at).abs() >= SIGHTING_MS_MIN {
                known.stored_at = now;
                let record = minicbor::to_vec(known.seen).unwrap_or_default();
                self.staged.put(Area::Incident, layout::sighting_key(&key), record);
            }
            return;
        }
        tracing::warn!(
            journal = %incident.journal, number = incident.number, kind = incident.kind.en(),
            why = incident.why, "an entry was refused"
        );
        if self.sightings.len() >= INCIDENTS_MAX {
            return;
        }
        let record = minicbor::to_vec(incident).unwrap_or_default();
        self.staged.put(Area::Incident, key.clone(), record);
        let seen = SeenAgain { times: 1, last_at: now };
        self.sightings.insert(key, Sighting { seen, stored_at: now });
    }

    /// Reads how often each incident was seen.
    pub(super) fn read_sightings(&mut self) -> Result<(), ReplicaError> {
        self.sightings.clear();
        for record in self.store.scan(Area::Incident, &[], &[u8::MAX; 40], usize::MAX)? {
            let key = record.key;
            let seen = match layout::incident_of_sighting(&key) {
                Some(incident) => minicbor::decode(&record.value).ok().map(|seen| (incident, seen)),
                None => minicbor::decode::<Incident>(&record.value).ok().map(|incident| {
                    (key.clone(), SeenAgain { times: 1, last_at: incident.found_at })
                }),
            };
            if let Some((key, seen)) = seen {
                // The key of a sighting follows that of its incident.
                self.sightings.insert(key, Sighting { seen, stored_at: seen.last_at });
            }
        }
        Ok(())
    }

    /// The incidents found here, those found first before the others, at most `count_max`.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn incidents(&self, count_max: usize) -> Result<Vec<Incident>, ReplicaError> {
        let records = self.store.scan(Area::Incident, &[], &[u8::MAX; 40], usize::MAX)?;
        let incident = |record: &Record| {
            let mut incident: Incident = minicbor::decode(&record.value).ok()?;
            let seen = self.sightings.get(&record.key).map(|it| it.seen);
            incident.seen_again = seen.filter(|seen| seen.times > 1);
            Some(incident)
        };
        let records = records.iter().filter(|it| layout::incident_of_sighting(&it.key).is_none());
        let mut incidents: Vec<Incident> = records.filter_map(incident).collect();
        incidents.sort_by_key(|it| (it.found_at, it.journal, it.number, it.kind));
        incidents.truncate(count_max);
        Ok(incidents)
    }
}
