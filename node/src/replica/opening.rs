//! Opening: what is read from the store at start, and what the outbox gives back.

use std::collections::{BTreeMap, BTreeSet};

use tongban_protocol::document::judge_noting;
use tongban_protocol::identity::Credential;
use tongban_protocol::journal::{Body, End, Frontier, JournalId, SignedEntry, Tail};
use tongban_protocol::time::{HybridClock, HybridTime, Timestamp};

use super::packed::Packer;
use super::papers::Effect;
use super::publication::Publications;
use super::relays::Relays;
use super::tally::Tally;
use super::{JournalState, Member, Papers, Receipted, Replica, ReplicaError, layout};
use crate::store::{Area, BATCH_BYTES_MAX, Batch, Store, StoreError};

/// Journals that one store may hold: every author of every home of a province.
const JOURNALS_MAX: usize = 1 << 20;

impl<S: Store> Replica<S> {
    /// Reads the frontier from the store and puts back what only the outbox has.
    ///
    /// # Errors
    ///
    /// The store's, or [`ReplicaError::Corrupt`] where it holds what was never written.
    pub fn open(store: S, member: Member, papers_max: usize) -> Result<Self, ReplicaError> {
        let mut replica = Self {
            store,
            member,
            clock: HybridClock::default(),
            journals: BTreeMap::new(),
            aliases: Vec::new(),
            frontier: Frontier::new(),
            centres: BTreeMap::new(),
            receipted: BTreeMap::new(),
            parent_holds: BTreeMap::new(),
            revoked: BTreeMap::new(),
            sightings: BTreeMap::new(),
            reported: BTreeMap::new(),
            papers: Papers::new(papers_max),
            packer: Packer::default(),
            staged: Batch::default(),
            staged_ends: BTreeMap::new(),
            staged_names: BTreeMap::new(),
            staged_serials: BTreeMap::new(),
            green: BTreeSet::new(),
            green_ends: BTreeMap::new(),
            orphans: BTreeMap::new(),
            is_roster_stale: true,
            publications: Publications::default(),
            tally: Tally::default(),
            relays: Relays::default(),
            is_clock_stale: true,
        };
        replica.reload()?;
        replica.adopt_outbox()?;
        Ok(replica)
    }

    /// Forgets everything staged and reads the durable state again.
    pub(super) fn reload(&mut self) -> Result<(), ReplicaError> {
        self.staged = Batch::default();
        self.staged_ends.clear();
        self.staged_names.clear();
        self.staged_serials.clear();
        self.journals.clear();
        self.aliases.clear();
        self.frontier.clear();
        self.receipted.clear();
        self.reported.clear();
        self.papers.clear();
        self.publications.forget();
        self.relays = Relays::default(); // What was read may have been staged only.
        self.is_roster_stale = true;
        let mut last = HybridTime::default();
        for record in self.store.scan(Area::Journal, &[], &[u8::MAX; 8], JOURNALS_MAX)? {
            let corrupt = || ReplicaError::Corrupt("a journal's record".to_owned());
            let alias = u32::try_from(self.aliases.len()).map_err(|_| corrupt())?;
            let journal: JournalId = minicbor::decode(&record.value).map_err(|_| corrupt())?;
            if record.key != layout::journal_key(alias) {
                return Err(corrupt());
            }
            self.aliases.push(journal);
            let tail = self.read_tail(alias, journal)?;
            if journal.author.node == self.node() {
                last = last.max(tail.time);
            }
            self.frontier.insert(journal, tail.end);
            let frozen = self.store.read(Area::Meta, &layout::frozen_key(journal))?;
            let frozen = frozen.map(|why| String::from_utf8_lossy(&why).into_owned());
            self.journals.insert(journal, JournalState { alias, tail, frozen });
            self.read_meta(journal)?;
        }
        self.read_sightings()?;
        self.read_green()?;
        self.clock = HybridClock::after(last);
        self.is_clock_stale = true;
        self.revoked = self.read_revocations()?;
        self.find_orphans()
    }

    fn read_meta(&mut self, journal: JournalId) -> Result<(), ReplicaError> {
        if let Some(value) = self.store.read(Area::Meta, &layout::parent_key(journal))? {
            let number = value.try_into().map(u64::from_be_bytes).unwrap_or_default();
            let known = self.parent_holds.entry(journal).or_default();
            *known = number.max(*known); // A parent has said it, whatever our disk can take.
        }
        let value = self.store.read(Area::Meta, &layout::receipt_key(journal))?;
        if let Some((number, at)) = value.as_ref().and_then(|value| value.split_at_checked(8)) {
            let number = number.try_into().map(u64::from_be_bytes).unwrap_or_default();
            let at = at.try_into().map(i64::from_be_bytes).unwrap_or_default();
            let receipted = Receipted { number, witnessed_at: Timestamp(at) };
            self.receipted.insert(journal, receipted);
        }
        Ok(())
    }

    fn read_tail(&mut self, alias: u32, journal: JournalId) -> Result<Tail, ReplicaError> {
        let corrupt = |what: &str| ReplicaError::Corrupt(format!("{what} of {journal}"));
        let range = (layout::entry_key(alias, 0), layout::entry_key(alias, u64::MAX));
        let last =
            self.store.last(Area::Entry, &range.0, &range.1)?.ok_or_else(|| corrupt("no entry"))?;
        let last = SignedEntry::decode_trusted(self.unpacked(journal, &last.value)?)
            .map_err(|_| corrupt("the last entry"))?;
        let first = self
            .store
            .read(Area::Entry, &layout::entry_key(alias, 1))?
            .ok_or_else(|| corrupt("no opening"))?;
        let first = SignedEntry::decode_trusted(self.unpacked(journal, &first)?)
            .map_err(|_| corrupt("the opening"))?;
        let credential = self.note_opening(&first).ok_or_else(|| corrupt("the credential"))?;
        let end = End { number: last.entry.number, hash: last.hash };
        Ok(Tail { end, time: last.entry.time, credential })
    }

    /// Learns the paths of centres from a journal's opening; returns the author's credential.
    pub(super) fn note_opening(&mut self, first: &SignedEntry) -> Option<Credential> {
        let Body::Open(opening) = &first.entry.body else { return None };
        let author = Credential::open(&opening.credential, &self.member.root).ok()?;
        let home = opening.home_credential.as_ref().and_then(|sealed| {
            Some((Credential::open(sealed, &self.member.root).ok()?, sealed.clone()))
        });
        for (credential, sealed) in
            [Some((author.clone(), opening.credential.clone())), home].into_iter().flatten()
        {
            let centre = credential.path.centre();
            self.centres.entry(centre).or_insert_with(|| (credential.path, sealed));
        }
        Some(author)
    }

    /// Puts entries back that were signed here and that the store lacks.
    ///
    /// On a full disk they wait in the outbox, and so does every new entry until they are back.
    fn adopt_outbox(&mut self) -> Result<(), ReplicaError> {
        match self.place_orphans().and_then(|()| self.commit()) {
            Err(ReplicaError::Store(error @ StoreError::Full { .. })) => {
                cov_mark::hit!(outbox_waits_for_room);
                tracing::error!(%error, entries = self.orphans.len(), "entries of the outbox wait");
                Ok(())
            }
            outcome => outcome.map(drop),
        }
    }

    /// Finds entries that were signed here and that the store lacks.
    fn find_orphans(&mut self) -> Result<(), ReplicaError> {
        self.orphans.clear();
        let held = |journal: &[u8]| {
            let journal: JournalId = minicbor::decode(journal).ok()?;
            self.frontier.get(&journal).map(|end| end.number)
        };
        let is_orphan = |journal: &[u8], number| held(journal).is_none_or(|held| number > held);
        for unsent in self.store.unsent_if(&is_orphan)? {
            let journal = minicbor::decode(&unsent.journal).ok();
            let unpacked = |journal| self.packer.unpack(journal, &unsent.entry);
            let Some((journal, bytes)) = journal.and_then(|it| Some((it, unpacked(it)?))) else {
                tracing::error!(number = unsent.number, "an entry of the outbox cannot be read");
                continue;
            };
            self.orphans.insert((journal, unsent.number), bytes);
        }
        Ok(())
    }

    /// Stages those outbox entries whose predecessor has meanwhile come back from elsewhere, as
    /// many as one batch should take; [`Self::commit`] comes back for the others.
    pub(super) fn place_orphans(&mut self) -> Result<(), ReplicaError> {
        let journals: BTreeSet<JournalId> = self.orphans.keys().map(|(it, _)| *it).collect();
        for journal in journals {
            let held = self.journals.get(&journal).map_or(0, |state| state.tail.end.number);
            if self.orphans.range((journal, 0)..=(journal, held)).next().is_some() {
                // What has come back by itself.
                self.orphans.retain(|(it, number), _| *it != journal || *number > held);
            }
            let mut next = held.saturating_add(1);
            while self.staged.byte_size() < BATCH_BYTES_MAX / 4
                && let Some(bytes) = self.orphans.remove(&(journal, next))
            {
                let (signed, _) = SignedEntry::decode(bytes)?;
                match self.next_tail(&signed) {
                    Ok(tail) => {
                        // It was judged when it was signed; what is not understood has no header.
                        let judged = judge_noting(&signed.entry, &tail.credential);
                        self.stage(&signed, tail, Effect::Full)?;
                        let noted = judged.map(|(_, noted)| noted).unwrap_or_default();
                        self.index_noted(journal, next, &noted);
                    }
                    Err(error) => tracing::error!(%error, "an entry of the outbox does not follow"),
                }
                next += 1;
            }
        }
        Ok(())
    }
}
