//! Writing: a clerk's command becomes a signed entry.

use rand_core::Rng;
use tongban_protocol::document::{
    DocumentId, DocumentKind, DocumentName, Edit, EventId, judge_noting,
};
use tongban_protocol::hash::Sha;
use tongban_protocol::journal::{
    Body, ChainError, Change, Entry, JournalId, Opening, Receipt, SignedEntry, Tail,
};
use tongban_protocol::place::{Home, Scope};
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

use super::papers::Effect;
use super::{Incident, IncidentKind, JournalState, Receipted, Replica, ReplicaError, layout};
use crate::store::{Area, Store, Unsent};

/// Where a command landed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Appended {
    /// The journal.
    pub journal: JournalId,
    /// The entry's number.
    pub number: u64,
}

impl<S: Store> Replica<S> {
    /// A name for a new document of this centre.
    pub fn name_document(
        &self,
        now: Timestamp,
        kind: DocumentKind,
        rng: &mut impl Rng,
    ) -> DocumentName {
        let ms = u64::try_from(now.0).unwrap_or(0);
        let random = u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64());
        DocumentName { kind, ulid: Ulid::from_parts(ms, random) }
    }

    /// Stages one entry that makes all `edits`; durable with the next [`Self::commit`].
    ///
    /// # Errors
    ///
    /// [`ReplicaError`] says why nothing was staged.
    pub fn append(
        &mut self,
        now: Timestamp,
        home: Home,
        edits: Vec<(DocumentName, Vec<Edit>)>,
    ) -> Result<Appended, ReplicaError> {
        self.check_may_write(home)?;
        let author = self.member.author();
        self.ensure_open(now, home)?;
        let mut changes = Vec::with_capacity(edits.len());
        let names: Vec<DocumentName> = edits.iter().map(|(name, _)| *name).collect();
        let outcome = edits.into_iter().try_for_each(|(name, edits)| {
            let id = DocumentId { home, name };
            self.load_paper(id)?;
            self.tick(now);
            if edits.iter().any(|edit| matches!(edit, Edit::Event(_)))
                && let Some(last) = self.papers.event_not_before(id, self.clock.peek(now))
            {
                self.check_follows(home, last, now)?;
            }
            let clock = &mut self.clock;
            let made = self.papers.edit(id, author, edits, || clock.tick(now))?;
            changes.extend(made.map(|bytes| Change { document: name, bytes }));
            Ok(())
        });
        let done = outcome.and_then(|()| self.sign(now, home, Body::Changes(changes)));
        if done.is_err() {
            for name in names {
                self.papers.forget(DocumentId { home, name });
            }
        }
        done
    }

    /// Stages receipts for other authors' journals of a home; the city's hub alone may.
    ///
    /// # Errors
    ///
    /// [`ReplicaError`] says why nothing was staged.
    pub fn append_receipts(
        &mut self,
        now: Timestamp,
        home: Home,
        receipts: Vec<Receipt>,
    ) -> Result<Appended, ReplicaError> {
        self.ensure_open(now, home)?;
        self.sign(now, home, Body::Receipts(receipts))
    }

    fn check_may_write(&self, home: Home) -> Result<(), ReplicaError> {
        if let Some(from) = self.revoked.get(&self.node()) {
            return Err(ReplicaError::Revoked(*from));
        }
        let centre = self.member.centre();
        let may = match home.scope {
            Scope::Public => home.division == centre,
            Scope::Office => self.path_of(home.division).is_some_and(|path| path.contains(centre)),
        };
        if may { Ok(()) } else { Err(ReplicaError::ForeignHome { home, centre }) }
    }

    /// Refuses to record after `last`, the last event of a document of `home`, what would stand
    /// before it: events are read in the order in which they were recorded, and would come to
    /// nothing where another machine's clock has run ahead further than is followed.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::ClocksDiffer`].
    pub(crate) fn check_follows(
        &self,
        home: Home,
        last: EventId,
        now: Timestamp,
    ) -> Result<(), ReplicaError> {
        if self.recording_time(now) > last.recorded {
            return Ok(());
        }
        cov_mark::hit!(event_would_stand_before_another);
        let journal = JournalId { home, author: last.author };
        Err(ReplicaError::ClocksDiffer {
            node: last.author.node,
            centre: self.author_centre(journal).unwrap_or(home.division),
            until: last.recorded.instant(),
            here: now,
        })
    }

    fn ensure_open(&mut self, now: Timestamp, home: Home) -> Result<(), ReplicaError> {
        let journal = JournalId { home, author: self.member.author() };
        self.place_orphans()?;
        if self.orphans.range((journal, 0)..=(journal, u64::MAX)).next().is_some() {
            return Err(ReplicaError::Incomplete(journal));
        }
        if self.journals.contains_key(&journal) {
            return Ok(());
        }
        let centre = self.member.centre();
        let home_credential = match self.centres.get(&home.division) {
            _ if home.division == centre => None,
            Some((_, sealed)) => Some(sealed.clone()),
            None => return Err(ReplicaError::ForeignHome { home, centre }),
        };
        let opening = Opening { credential: self.member.sealed.clone(), home_credential };
        self.sign(now, home, Body::Open(opening))?;
        Ok(())
    }

    fn sign(&mut self, now: Timestamp, home: Home, body: Body) -> Result<Appended, ReplicaError> {
        let journal = JournalId { home, author: self.member.author() };
        let end = self.journals.get(&journal).map(|state| state.tail.end);
        let number = end.map_or(1, |end| end.number + 1);
        let time = self.tick(now);
        let previous = end.map_or_else(Sha::default, |end| end.hash);
        let version = Entry::VERSION;
        let entry = Entry { version, previous, journal, number, time, body };
        let (_, noted) = judge_noting(&entry, &self.member.credential)?;
        let signed = entry.seal(&self.member.key)?;
        let tail = self.next_tail(&signed).map_err(|e| ReplicaError::Corrupt(e.to_string()))?;
        let entry = self.packer.pack(journal, &signed.bytes);
        self.stage_packed(&signed, entry.clone(), tail, Effect::Own)?;
        self.index_noted(journal, number, &noted);
        self.staged.unsent(Unsent { journal: layout::outbox_key(journal), number, entry });
        Ok(Appended { journal, number })
    }

    /// The tail of a journal once `signed` stands at its end.
    pub(super) fn next_tail(&self, signed: &SignedEntry) -> Result<Tail, ChainError> {
        match self.journals.get(&signed.entry.journal) {
            Some(state) => state.tail.follow(signed),
            None => Tail::open(signed, &self.member.root),
        }
    }

    /// Stages an entry that was judged and follows.
    pub(super) fn stage(
        &mut self,
        signed: &SignedEntry,
        tail: Tail,
        effect: Effect,
    ) -> Result<(), ReplicaError> {
        let packed = self.packer.pack(signed.entry.journal, &signed.bytes);
        self.stage_packed(signed, packed, tail, effect)
    }

    fn stage_packed(
        &mut self,
        signed: &SignedEntry,
        packed: Vec<u8>,
        tail: Tail,
        effect: Effect,
    ) -> Result<(), ReplicaError> {
        let journal = signed.entry.journal;
        let (number, end) = (signed.entry.number, tail.end);
        let alias = match self.journals.get_mut(&journal) {
            Some(state) => {
                state.tail = tail;
                state.alias
            }
            None => self.add_journal(journal, tail, signed)?,
        };
        self.staged.put(Area::Entry, layout::entry_key(alias, number), packed);
        self.take_effect(signed, alias, effect)?;
        self.touched(journal, end);
        Ok(())
    }

    fn add_journal(
        &mut self,
        journal: JournalId,
        tail: Tail,
        first: &SignedEntry,
    ) -> Result<u32, ReplicaError> {
        let alias = u32::try_from(self.aliases.len())
            .map_err(|_| ReplicaError::Corrupt("too many journals".to_owned()))?;
        self.aliases.push(journal);
        let record = minicbor::to_vec(journal).unwrap_or_default();
        self.staged.put(Area::Journal, layout::journal_key(alias), record);
        self.journals.insert(journal, JournalState { alias, tail, frozen: None });
        self.note_opening(first);
        Ok(alias)
    }

    fn take_effect(
        &mut self,
        signed: &SignedEntry,
        alias: u32,
        effect: Effect,
    ) -> Result<(), ReplicaError> {
        let entry = &signed.entry;
        let home = entry.journal.home;
        match &entry.body {
            _ if effect == Effect::Refused => {}
            Body::Open(_) => {}
            Body::Changes(changes) => {
                for change in changes {
                    let id = DocumentId { home, name: change.document };
                    self.name_entry(id, alias, entry.number)?;
                    self.papers.stage(id, &change.bytes, effect);
                    self.touch_green(id, entry.journal, entry.number);
                    self.touch_relay(id);
                    self.is_roster_stale |= id.name.kind == DocumentKind::Roster;
                    self.publications.stage(id.name.kind);
                }
            }
            Body::Receipts(_) if effect == Effect::Void => {}
            Body::Receipts(receipts) => {
                for receipt in receipts {
                    self.take_receipt(home, *receipt, entry.time.instant())?;
                }
            }
        }
        Ok(())
    }

    /// Takes the city's word on a journal, unless this machine holds something else there.
    fn take_receipt(
        &mut self,
        home: Home,
        receipt: Receipt,
        witnessed_at: Timestamp,
    ) -> Result<(), ReplicaError> {
        let Receipt { author, number, hash } = receipt;
        let journal = JournalId { home, author };
        if self.receipted(journal).is_some_and(|known| known.number >= number) {
            return Ok(()); // An older receipt that took a longer way.
        }
        let held = match self.journals.get(&journal).map(|state| state.tail.end) {
            Some(end) if end.number == number => Some(end.hash),
            _ => self.entry_bytes(journal, number)?.map(|bytes| Sha::of(&bytes)),
        };
        if held.is_some_and(|held| held != hash) {
            let why =
                format!("the city's receipt is for another entry {number} than the one held here");
            let place = (journal, number);
            self.report(&Incident::new(IncidentKind::Broken, place, why, witnessed_at));
            return Ok(());
        }
        let mut value = number.to_be_bytes().to_vec();
        value.extend_from_slice(&witnessed_at.0.to_be_bytes());
        self.staged.put(Area::Meta, layout::receipt_key(journal), value);
        self.receipted.insert(journal, Receipted { number, witnessed_at });
        Ok(())
    }
}
