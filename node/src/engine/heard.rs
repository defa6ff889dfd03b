//! Statements: what is heard from below.
//!
//! Of each machine the word that was said last is kept, and besides every earlier one that names
//! an end which the city is not known to hold and which no later word names. So nothing that was
//! ever announced is forgotten before it has arrived, and each piece of it is signed.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use tongban_protocol::hash::Sha;
use tongban_protocol::heartbeat::Statement;
use tongban_protocol::identity::{Credential, NodeId};
use tongban_protocol::limits::STATEMENTS_KEPT_MAX;
use tongban_protocol::place::Scope;
use tongban_protocol::time::Timestamp;

use super::Engine;
use crate::replica::{Place, Replica, ReplicaError};
use crate::store::Store;

/// The statements of one machine below, heard directly or through a county.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Who says it.
    pub credential: Credential,
    /// What it said last.
    pub last: Said,
    /// What it said before, in order, as far as the city still lacks what only this names.
    pub earlier: Vec<Said>,
}

/// One statement that was heard.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Said {
    /// As it was signed.
    pub sealed: Vec<u8>,
    /// What it says.
    pub statement: Statement,
    /// When it arrived here, by our clock.
    pub received_at: Timestamp,
    /// It came over the machine's own link, so that it was said just then.
    pub is_direct: bool,
    /// The machine said later that one of these journals is shorter, or another.
    pub is_contradicted: bool,
}

/// A statement as it rests in the store.
#[derive(Decode, Encode)]
struct SaidV1 {
    #[cbor(n(0), with = "minicbor::bytes")]
    sealed: Vec<u8>,
    #[n(1)]
    received_at: Timestamp,
    #[n(2)]
    is_direct: Option<bool>,
    #[n(3)]
    is_contradicted: Option<bool>,
}

impl Heard {
    /// Everything that is kept of the machine's words, in the order in which it said them.
    pub fn all(&self) -> impl Iterator<Item = &Said> {
        self.earlier.iter().chain([&self.last])
    }

    /// Puts a statement where it belongs; false if it says nothing new.
    fn take(&mut self, said: Said) -> bool {
        if let Some(known) =
            self.earlier.iter_mut().chain([&mut self.last]).find(|it| it.sealed == said.sealed)
        {
            if said.is_direct && !known.is_direct {
                (known.is_direct, known.received_at) = (true, said.received_at);
            }
            return false;
        }
        if said.statement.rank() > self.last.statement.rank() {
            self.earlier.push(std::mem::replace(&mut self.last, said));
        } else {
            let rank = said.statement.rank();
            let at = self.earlier.partition_point(|it| it.statement.rank() <= rank);
            self.earlier.insert(at, said);
        }
        true
    }

    /// Lets go of what later words repeat and of what has arrived.
    fn prune<S: Store>(&mut self, replica: &Replica<S>) -> Result<(), ReplicaError> {
        let node = self.credential.node();
        let earlier = std::mem::take(&mut self.earlier);
        for (at, said) in earlier.iter().enumerate() {
            let later: Vec<&Statement> =
                earlier[at + 1..].iter().chain([&self.last]).map(|it| &it.statement).collect();
            let mut said = said.clone();
            said.is_contradicted |= later.iter().any(|it| contradicts(it, &said.statement, node));
            for (journal, end) in &said.statement.ends {
                said.is_contradicted |=
                    journal.author.node == node && replica.is_disputed(*journal, *end)?;
            }
            let mut is_needed = false;
            for (journal, end) in &said.statement.ends {
                let is_repeated = !said.is_contradicted
                    && later
                        .iter()
                        .filter_map(|it| it.end_of(*journal))
                        .any(|it| it.number >= end.number);
                is_needed |= journal.home.scope == Scope::Office
                    && end.number > 0
                    && !is_repeated
                    && !replica.is_with_city(*journal, *end)?;
            }
            if is_needed && self.earlier.len() < STATEMENTS_KEPT_MAX {
                self.earlier.push(said);
            } else if is_needed {
                // The centre stays behind all the same: so many others still name what lacks.
                tracing::warn!(%node, "too much was announced and never came; one word is let go");
            }
        }
        Ok(())
    }
}

/// Whether a machine takes back what it said of the life in which it speaks: a store that was
/// rebuilt begins another, and may well know less of the one before for a while.
fn contradicts(later: &Statement, earlier: &Statement, node: NodeId) -> bool {
    earlier.ends.iter().any(|(journal, end)| {
        let life = journal.author.incarnation;
        journal.author.node == node
            && later.incarnation.is_none_or(|incarnation| incarnation == life)
            && later.end_of(*journal).is_some_and(|it| {
                it.number < end.number || (it.number == end.number && it.hash != end.hash)
            })
    })
}

impl Said {
    /// For when the word holds at most: it may have waited on its way, or its clock be ahead.
    #[must_use]
    pub fn as_of(&self) -> Timestamp {
        self.statement.at.min(self.received_at)
    }

    /// When the machine was alive for certain, by our clock where that is known.
    #[must_use]
    pub fn spoke_at(&self) -> Timestamp {
        if self.is_direct { self.received_at } else { self.as_of() }
    }

    fn place(&self) -> Place {
        Place::Earlier(self.statement.rank().1, Sha::of(&self.sealed))
    }

    fn record(&self) -> Vec<u8> {
        let record = SaidV1 {
            sealed: self.sealed.clone(),
            received_at: self.received_at,
            is_direct: Some(self.is_direct),
            is_contradicted: Some(self.is_contradicted),
        };
        minicbor::to_vec(record).unwrap_or_default()
    }
}

impl<S: Store> Engine<S> {
    /// What was heard of each node below.
    pub fn heard(&self) -> impl Iterator<Item = &Heard> {
        self.heard.values()
    }

    pub(super) fn restore_heard(&mut self) -> Result<(), ReplicaError> {
        let root = self.replica.member().root;
        for record in self.replica.stored_statements()? {
            let Ok(record) = minicbor::decode::<SaidV1>(&record) else { continue };
            let Ok((statement, credential)) = Statement::open(&record.sealed, &root) else {
                continue;
            };
            let said = Said {
                sealed: record.sealed,
                statement,
                received_at: record.received_at,
                is_direct: record.is_direct.unwrap_or(false),
                is_contradicted: record.is_contradicted.unwrap_or(false),
            };
            self.keep(credential, said);
        }
        Ok(())
    }

    /// Takes note of sealed statements, whichever way they came: over the link of `speaker`, or on
    /// a stick. Those that do not open, that are not of a centre below, or that are older than
    /// what was heard are passed over. Durable with the next flush.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn hear(
        &mut self,
        now: Timestamp,
        speaker: Option<NodeId>,
        statements: Vec<Vec<u8>>,
    ) -> Result<(), ReplicaError> {
        let (root, centre) = (self.replica.member().root, self.replica.member().centre());
        let mut fresh = Vec::new();
        for sealed in statements {
            let (statement, credential) = match Statement::open(&sealed, &root) {
                Ok(opened) => opened,
                Err(error) => {
                    tracing::warn!(%error, "a heartbeat was passed over");
                    continue;
                }
            };
            if !credential.path.contains(centre) {
                continue;
            }
            let node = credential.node();
            let said = Said {
                sealed: sealed.clone(),
                statement,
                received_at: now,
                is_direct: speaker == Some(node),
                is_contradicted: false,
            };
            if self.keep(credential, said) {
                self.unsaved.insert(node);
                fresh.push((node, sealed));
            }
        }
        let nodes: BTreeSet<NodeId> = fresh.iter().map(|(node, _)| *node).collect();
        for node in nodes {
            self.prune(node)?;
        }
        // What was said before and is held long since need not be told.
        fresh.retain(|(node, sealed)| {
            self.heard.get(node).is_some_and(|it| it.all().any(|said| said.sealed == *sealed))
        });
        let fresh: Vec<Vec<u8>> = fresh.into_iter().map(|(_, sealed)| sealed).collect();
        self.tell_parents(&fresh);
        if !self.unsaved.is_empty() {
            self.stage_heard();
        }
        Ok(())
    }

    fn keep(&mut self, credential: Credential, said: Said) -> bool {
        match self.heard.get_mut(&credential.node()) {
            Some(heard) => heard.take(said),
            None => {
                let heard = Heard { credential, last: said, earlier: Vec::new() };
                self.heard.insert(heard.credential.node(), heard);
                true
            }
        }
    }

    fn prune(&mut self, node: NodeId) -> Result<(), ReplicaError> {
        let Some(heard) = self.heard.get_mut(&node) else { return Ok(()) };
        let before: BTreeSet<Place> = heard.earlier.iter().map(Said::place).collect();
        heard.prune(&self.replica)?;
        let after: BTreeSet<Place> = heard.earlier.iter().map(Said::place).collect();
        self.let_go.extend(before.difference(&after).map(|place| (node, *place)));
        Ok(())
    }

    /// Stages what was heard and is not durable yet: also what an earlier commit failed to save.
    fn stage_heard(&mut self) {
        for (node, place) in &self.let_go {
            self.replica.store_statement(*node, *place, None);
        }
        for heard in self.unsaved.iter().filter_map(|node| self.heard.get(node)) {
            let node = heard.credential.node();
            for said in &heard.earlier {
                self.replica.store_statement(node, said.place(), Some(said.record()));
            }
            self.replica.store_statement(node, Place::Last, Some(heard.last.record()));
        }
        self.is_heard_staged = true;
    }

    /// What was staged is durable now, or was not saved and is staged again with the next word.
    pub(super) fn settle_heard(&mut self, is_durable: bool) {
        if std::mem::take(&mut self.is_heard_staged) && is_durable {
            self.unsaved.clear();
            self.let_go.clear();
        }
    }
}
