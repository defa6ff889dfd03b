//! Statements: what this node says of itself, and what it hears from below.

use minicbor::{Decode, Encode};
use tongban_protocol::heartbeat::Statement;
use tongban_protocol::identity::Credential;
use tongban_protocol::journal::{End, JournalId};
use tongban_protocol::limits::{ENDS_PER_STATEMENT_MAX, HEARTBEAT_MS, HEARTBEAT_MS_MIN};
use tongban_protocol::place::{Home, Scope};
use tongban_protocol::time::Timestamp;

use super::{Engine, SOFTWARE, Side};
use crate::replica::ReplicaError;
use crate::store::Store;

/// A statement that was heard from below, directly or through a county.
#[derive(Clone, Debug)]
pub struct Heard {
    /// As it was signed.
    pub sealed: Vec<u8>,
    /// What it says.
    pub statement: Statement,
    /// Who says it.
    pub credential: Credential,
    /// When it arrived here, by our clock.
    pub received_at: Timestamp,
}

/// A statement as it rests in the store.
#[derive(Decode, Encode)]
struct HeardV1 {
    #[cbor(n(0), with = "minicbor::bytes")]
    sealed: Vec<u8>,
    #[n(1)]
    received_at: Timestamp,
}

impl<S: Store> Engine<S> {
    /// The statement heard last of each node below.
    pub fn heard(&self) -> impl Iterator<Item = &Heard> {
        self.heard.values()
    }

    pub(super) fn restore_heard(&mut self) -> Result<(), ReplicaError> {
        let root = self.replica.member().root;
        for record in self.replica.stored_statements()? {
            let Ok(HeardV1 { sealed, received_at }) = minicbor::decode(&record) else { continue };
            if let Ok((statement, credential)) = Statement::open(&sealed, &root) {
                let heard = Heard { sealed, statement, credential, received_at };
                self.heard.insert(heard.credential.node(), heard);
            }
        }
        Ok(())
    }

    /// Takes note of sealed statements, whichever way they came: over a link or on a stick. Those
    /// that do not open, that are not of a centre below, or that are older than what was heard
    /// are passed over. Durable with the next flush.
    pub fn hear(&mut self, now: Timestamp, statements: Vec<Vec<u8>>) {
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
            let node = credential.node();
            let known = self.heard.get(&node).map(|heard| heard.statement.at);
            if !credential.path.contains(centre) || known.is_some_and(|at| at >= statement.at) {
                continue;
            }
            let record = HeardV1 { sealed: sealed.clone(), received_at: now };
            self.replica.store_statement(node, minicbor::to_vec(record).unwrap_or_default());
            fresh.push(sealed.clone());
            self.heard.insert(node, Heard { sealed, statement, credential, received_at: now });
        }
        self.tell_parents(&fresh);
    }

    pub(super) fn statement_due(&self) -> Option<Timestamp> {
        if !self.links.values().any(|link| link.side == Side::Parent && link.peer.is_some()) {
            return None;
        }
        let pause = if self.has_news { HEARTBEAT_MS_MIN } else { HEARTBEAT_MS };
        Some(self.stated_at.map_or(Timestamp(0), |at| at.plus_ms(pause)))
    }

    /// Says where this node's journals end, to every parent.
    pub(super) fn state(&mut self, now: Timestamp) {
        self.stated_at = Some(now);
        self.has_news = false;
        let member = self.replica.member();
        let home = Home::office(member.centre());
        let node = member.credential.node();
        let is_out = |journal: &JournalId, end: &End| {
            let held = self.replica.receipted(*journal).map_or(0, |it| it.number);
            journal.author.node == node && journal.home.scope == Scope::Office && held < end.number
        };
        // Its own home, and what it wrote elsewhere that the city has not confirmed.
        let mut ends: Vec<(JournalId, End)> = self
            .replica
            .frontier()
            .iter()
            .filter(|(journal, end)| journal.home == home || is_out(journal, end))
            .map(|(journal, end)| (*journal, *end))
            .collect();
        ends.sort_by_key(|(journal, _)| {
            (journal.author.node != node, std::cmp::Reverse(journal.author.incarnation))
        });
        ends.truncate(ENDS_PER_STATEMENT_MAX);
        let statement = Statement {
            credential: member.sealed.clone(),
            at: now,
            ends,
            waiting: self.replica.waiting(),
            software: SOFTWARE.to_owned(),
            free_bytes: self.free_bytes,
        };
        let sealed = statement.seal(&member.key);
        self.tell_parents(&[sealed]);
    }

    fn tell_parents(&mut self, statements: &[Vec<u8>]) {
        if statements.is_empty() {
            return;
        }
        for link in self.links.values_mut().filter(|link| link.side == Side::Parent) {
            link.session.announce(statements);
        }
    }
}
