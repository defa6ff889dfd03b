//! Taking in: entries that others signed.

use std::collections::BTreeMap;

use rand_core::CryptoRng;
use tongban_protocol::cose::Unverified;
use tongban_protocol::document::{Grasp, Noted, judge_noting};
use tongban_protocol::identity::{Author, NodeId, PublicKey};
use tongban_protocol::journal::{
    Body, ChainError, ForkProof, JournalId, SignedEntry, Tail, verify_signatures,
};
use tongban_protocol::limits::AUTHORS_PER_HOME_MAX;
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;
use tongban_protocol::wire::{RefusedJournal, Run};

use super::papers::Effect;
use super::{Incident, IncidentKind, Replica, ReplicaError, layout};
use crate::store::{Area, Store};

/// An entry that follows and whose signature is still to be checked.
struct Candidate {
    signed: SignedEntry,
    tail: Tail,
}

/// What came of one call.
struct Intake {
    now: Timestamp,
    candidates: Vec<Candidate>,
    checks: Vec<(PublicKey, Unverified)>,
    /// Ends with the candidates behind them.
    tails: BTreeMap<JournalId, Tail>,
    refused: Vec<RefusedJournal>,
    /// Where journals break; what comes behind is refused with it.
    broken: BTreeMap<JournalId, RefusedJournal>,
}

impl Intake {
    /// Refuses a journal from `number` on, unless it breaks earlier.
    fn refuse(&mut self, journal: JournalId, number: u64, error: &impl ToString) {
        let refused = RefusedJournal { journal, number, why: error.to_string(), show: None };
        match self.broken.get_mut(&journal) {
            Some(known) if known.number <= number => {}
            Some(known) => *known = refused,
            None => drop(self.broken.insert(journal, refused)),
        }
    }
}

impl<S: Store> Replica<S> {
    /// Checks and stages runs of entries; one bad journal does not hold up the others.
    ///
    /// Returns the journals that were not taken to their end. Entries that are held already are
    /// passed over. Everything else is durable with the next [`Self::commit`].
    ///
    /// # Errors
    ///
    /// Only the store's: nothing was staged then.
    pub fn ingest(
        &mut self,
        now: Timestamp,
        runs: Vec<Run>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<RefusedJournal>, ReplicaError> {
        let mut intake = Intake {
            now,
            candidates: Vec::new(),
            checks: Vec::new(),
            tails: BTreeMap::new(),
            refused: Vec::new(),
            broken: BTreeMap::new(),
        };
        for run in runs {
            self.chain_run(run, &mut intake)?;
        }
        let mut start = 0;
        while let Some(at) = verify_signatures(&intake.checks[start..], &mut *rng) {
            let entry = &intake.candidates[start + at].signed.entry;
            let (journal, number) = (entry.journal, entry.number);
            intake.refuse(journal, number, &ChainError::WrongSignature { journal, number });
            start += at + 1;
        }
        for refused in intake.broken.values() {
            let place = (refused.journal, refused.number);
            self.report(&Incident::new(IncidentKind::Broken, place, &refused.why, now));
        }
        for Candidate { signed, tail } in intake.candidates {
            let entry = &signed.entry;
            let broken = intake.broken.get(&entry.journal);
            if broken.is_none_or(|refused| entry.number < refused.number) {
                self.take(now, &signed, tail)?;
            }
        }
        intake.refused.extend(intake.broken.into_values());
        self.place_orphans()?;
        Ok(intake.refused)
    }

    /// Finds out which entries of a run follow what is held, and collects their signatures.
    fn chain_run(&mut self, run: Run, intake: &mut Intake) -> Result<(), ReplicaError> {
        let journal = run.journal;
        for (ahead, bytes) in (0_u64..).zip(run.entries) {
            let number = run.first.saturating_add(ahead);
            let (signed, envelope) = match SignedEntry::decode(bytes) {
                Ok(decoded) => decoded,
                Err(error) => {
                    intake.refuse(journal, number, &error);
                    return Ok(());
                }
            };
            if signed.entry.journal != journal || signed.entry.number != number {
                let why = format!(
                    "entry {} of {} came in the place of entry {number} of {journal}",
                    signed.entry.number, signed.entry.journal
                );
                intake.refuse(journal, number, &why);
                return Ok(());
            }
            if let Some(state) = self.journals.get(&journal)
                && let Some(why) = state.frozen.clone()
            {
                intake.refused.push(RefusedJournal { journal, number, why, show: None });
                return Ok(());
            }
            let staged = intake.tails.get(&journal);
            let held = self.journals.get(&journal).map(|state| &state.tail);
            let tail = staged.or(held).cloned();
            if let Some(tail) = &tail
                && number <= tail.end.number
            {
                if staged.is_none() && self.compare_held(&signed, envelope, tail, intake)? {
                    return Ok(());
                }
                continue;
            }
            if tail.is_none() && self.authors_of(journal.home, intake) >= AUTHORS_PER_HOME_MAX {
                let why = format!(
                    "home {} has {AUTHORS_PER_HOME_MAX} authors already, which is the limit; the city must look at who keeps beginning new journals there",
                    journal.home
                );
                intake.refuse(journal, number, &why);
                return Ok(());
            }
            let next = match &tail {
                Some(tail) => tail.follow(&signed),
                None => Tail::open(&signed, &self.member.root),
            };
            match next {
                Ok(next) => {
                    intake.checks.push((next.credential.key, envelope));
                    intake.tails.insert(journal, next.clone());
                    intake.candidates.push(Candidate { signed, tail: next });
                }
                Err(error) => {
                    let number = match error {
                        // What lies in the gap is not held either.
                        ChainError::Gap { expected, .. } => expected,
                        _ => number,
                    };
                    intake.refuse(journal, number, &error);
                    if let Some(refused) = intake.broken.get_mut(&journal) {
                        refused.show = matches!(error, ChainError::WrongPrevious { .. })
                            .then(|| number.saturating_sub(1));
                    }
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// How many authors have a journal in a home, those of this intake included.
    fn authors_of(&self, home: Home, intake: &Intake) -> usize {
        let lowest = JournalId { home, author: Author { node: NodeId([0; 16]), incarnation: 0 } };
        let held = self.journals.range(lowest..).take_while(|(journal, _)| journal.home == home);
        let is_new = |journal: &&JournalId| !self.journals.contains_key(journal);
        let new = intake.tails.keys().filter(|journal| journal.home == home).filter(is_new);
        held.count() + new.count()
    }

    /// Compares an entry with the one held under its number; true if the journal forked.
    fn compare_held(
        &mut self,
        signed: &SignedEntry,
        envelope: Unverified,
        tail: &Tail,
        intake: &mut Intake,
    ) -> Result<bool, ReplicaError> {
        let (journal, number) = (signed.entry.journal, signed.entry.number);
        let held = self.entry_bytes(journal, number)?;
        let Some(held) = held.filter(|held| *held != signed.bytes) else { return Ok(false) };
        if envelope.verify(&tail.credential.key).is_err() {
            let error = ChainError::WrongSignature { journal, number };
            intake.refuse(journal, number, &error);
            return Ok(true);
        }
        let opening = self.entry(journal, 1)?;
        let credential = match opening.map(|first| first.entry.body) {
            Some(Body::Open(opening)) => opening.credential,
            _ => return Err(ReplicaError::Corrupt(format!("no opening of {journal}"))),
        };
        let why = ChainError::Fork { journal, number }.to_string();
        let proof = Some(ForkProof { credential, held, second: signed.bytes.clone() });
        let fork = Incident::new(IncidentKind::Fork, (journal, number), &why, intake.now);
        self.report(&Incident { proof, ..fork });
        self.staged.put(Area::Meta, layout::frozen_key(journal), why.clone().into_bytes());
        if let Some(state) = self.journals.get_mut(&journal) {
            state.frozen = Some(why.clone());
        }
        intake.refused.push(RefusedJournal { journal, number, why, show: None });
        Ok(true)
    }

    fn take(
        &mut self,
        now: Timestamp,
        signed: &SignedEntry,
        tail: Tail,
    ) -> Result<(), ReplicaError> {
        let entry = &signed.entry;
        let (journal, number) = (entry.journal, entry.number);
        self.clock.see(entry.time, now);
        let standing = self.standing(journal.author.node, entry.time);
        let mut noted = Noted::default();
        let (effect, wrong) = match judge_noting(entry, &tail.credential) {
            Err(refusal) => (Effect::Refused, Some((IncidentKind::Refused, refusal.to_string()))),
            Ok(_) if standing == Effect::Void => {
                let why = "signed after the node was revoked".to_owned();
                (Effect::Void, Some((IncidentKind::Revoked, why)))
            }
            Ok((grasp, set)) => {
                noted = set;
                if grasp == Grasp::Partial {
                    self.judge_later(journal, number);
                }
                (Effect::Full, None)
            }
        };
        self.stage(signed, tail, effect)?;
        self.index_noted(journal, number, &noted);
        if let Some((kind, why)) = wrong {
            self.report(&Incident::new(kind, (journal, number), why, now));
        }
        Ok(())
    }
}
