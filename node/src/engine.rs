//! The engine: a replica and the sessions over it, without threads, sockets or a clock.
//!
//! Real links and the simulated world drive the same engine: they hand in frames, commands and
//! readings of the clock, call [`Engine::flush`], and carry out what [`Engine::poll_output`]
//! gives. Everything that arrived before a flush becomes durable in it together, and only what
//! is durable is acknowledged, sent on, or reported as saved.

mod heard;
mod link;
mod saving;
mod state;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand_chacha::ChaCha12Rng;
use tongban_protocol::exchange::{Introduction, Peer, Session};
use tongban_protocol::identity::{NodeId, PublicKey};
use tongban_protocol::journal::{End, JournalId};
use tongban_protocol::time::{HybridClock, HybridTime, Timestamp};
use tongban_protocol::wire::{Lane, RefusedJournal};

use crate::replica::{Appended, Place, Replica, ReplicaError};
use crate::store::{BATCH_BYTES_MAX, Store};

pub use heard::{Heard, Said};

/// Name and version of this software, as peers and pages see it.
pub const SOFTWARE: &str = concat!("tongban ", env!("CARGO_PKG_VERSION"));

/// One link's session, numbered by the driver.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SessionId(pub u64);

/// A command whose outcome somebody waits for, numbered by the driver.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Ticket(pub u64);

/// Where the peer of a session stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// Above: this machine dialled.
    Parent,
    /// Below: the peer dialled.
    Child,
}

/// What the driver must do.
#[derive(Debug)]
pub enum Output {
    /// Send a frame.
    Send {
        /// Over which session's link.
        session: SessionId,
        /// In which lane.
        lane: Lane,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// Close a link after what was sent.
    Close {
        /// Which session's link.
        session: SessionId,
        /// Why, for the person at the other end.
        why: String,
    },
    /// A command is durable, or failed.
    Saved {
        /// Which command.
        ticket: Ticket,
        /// Where it landed.
        outcome: Result<Appended, ReplicaError>,
    },
}

/// A link as the status page shows it.
#[derive(Clone, Debug)]
pub struct LinkStatus {
    /// Which session.
    pub session: SessionId,
    /// Where the peer stands.
    pub side: Side,
    /// Who it is, once it said hello.
    pub peer: Option<Peer>,
    /// Since when the link is up.
    pub since: Timestamp,
    /// True when both sides have compared everything and nothing is on its way.
    pub is_in_step: bool,
}

/// Why no centre above is linked: what was tried last, and what came of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NoParent {
    /// The address that was dialled.
    pub address: String,
    /// When it failed, or the link ended.
    pub at: Timestamp,
    /// Why, in words.
    pub why: String,
    /// What that means in Chinese, for whoever is at the machine.
    pub zh: &'static str,
}

/// That a centre above takes no more of a journal; all others go on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stop {
    /// The first entry that it did not take.
    pub number: u64,
    /// Why, in its words.
    pub why: String,
    /// When it said so last.
    pub at: Timestamp,
}

#[derive(Debug)]
struct Link {
    session: Session,
    side: Side,
    peer: Option<Peer>,
    since: Timestamp,
    /// When it is closed at the latest, for its machine was revoked.
    leaves_by: Option<Timestamp>,
}

/// A replica and the sessions over it.
#[derive(Debug)]
pub struct Engine<S> {
    replica: Replica<S>,
    rng: ChaCha12Rng,
    links: BTreeMap<SessionId, Link>,
    outputs: VecDeque<Output>,
    /// Blocks that wait for the next flush.
    stored: Vec<(SessionId, u64, Vec<RefusedJournal>)>,
    /// Commands that wait for the next flush.
    saves: Vec<(Ticket, Appended)>,
    /// What became durable since somebody asked.
    advanced: Vec<(JournalId, End)>,
    heard: BTreeMap<NodeId, Heard>,
    /// Machines of which something was heard that is not durable yet.
    unsaved: BTreeSet<NodeId>,
    /// Earlier statements that need no longer be kept.
    let_go: BTreeSet<(NodeId, Place)>,
    is_heard_staged: bool,
    statement_clock: HybridClock,
    /// Up to where the disk knows that statements may have been ordered.
    order_reserved: HybridTime,
    stated_at: Option<Timestamp>,
    has_news: bool,
    free_bytes: Option<u64>,
    no_parent: Option<NoParent>,
    /// Journals that a centre above does not take further, as was heard since the start.
    stopped: BTreeMap<JournalId, Stop>,
}

impl<S: Store> Engine<S> {
    /// Starts over an open replica. The generator must be seeded with true randomness, but in a
    /// simulated world.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn new(replica: Replica<S>, rng: ChaCha12Rng) -> Result<Self, ReplicaError> {
        let order_reserved = replica.statement_order()?;
        let mut engine = Self {
            replica,
            rng,
            links: BTreeMap::new(),
            outputs: VecDeque::new(),
            stored: Vec::new(),
            saves: Vec::new(),
            advanced: Vec::new(),
            heard: BTreeMap::new(),
            unsaved: BTreeSet::new(),
            let_go: BTreeSet::new(),
            is_heard_staged: false,
            statement_clock: HybridClock::after(order_reserved),
            order_reserved,
            stated_at: None,
            has_news: true,
            free_bytes: None,
            no_parent: None,
            stopped: BTreeMap::new(),
        };
        engine.restore_heard()?;
        Ok(engine)
    }

    /// The replica, to read.
    pub const fn replica(&self) -> &Replica<S> {
        &self.replica
    }

    /// The replica, to stage what the next flush makes durable.
    pub const fn replica_mut(&mut self) -> &mut Replica<S> {
        &mut self.replica
    }

    /// The generator of this machine.
    pub const fn rng(&mut self) -> &mut ChaCha12Rng {
        &mut self.rng
    }

    /// Takes note of the free space on the store's disk, in bytes.
    pub const fn note_free_bytes(&mut self, free: Option<u64>) {
        self.free_bytes = free;
    }

    /// Takes note of why a parent could not be reached, or let go of its link.
    pub fn note_no_parent(&mut self, no_parent: NoParent) {
        self.no_parent = Some(no_parent);
    }

    /// Why no centre above is linked; none while one is, or before one was tried.
    #[must_use]
    pub fn no_parent(&self) -> Option<&NoParent> {
        let is_linked = |link: &Link| link.side == Side::Parent && link.peer.is_some();
        self.no_parent.as_ref().filter(|_| !self.links.values().any(is_linked))
    }

    /// The journals that a centre above does not take further, as it said since the start.
    pub const fn stopped(&self) -> &BTreeMap<JournalId, Stop> {
        &self.stopped
    }

    /// A link is up, and TLS has shown `peer_key` to be the peer's.
    pub fn handle_connected(
        &mut self,
        now: Timestamp,
        id: SessionId,
        side: Side,
        peer_key: PublicKey,
    ) {
        self.handle_dialling(now, id, side);
        self.handle_proved(id, peer_key);
    }

    /// A link is being set up: what this side says first comes out at once, so that it can
    /// travel with the handshake. [`Self::handle_proved`] must follow before any frame.
    pub fn handle_dialling(&mut self, now: Timestamp, id: SessionId, side: Side) {
        let member = self.replica.member();
        let introduction = Introduction {
            credential: member.sealed.clone(),
            software: SOFTWARE.to_owned(),
            root: member.root,
        };
        let mut session = Session::new(now, introduction);
        // What waited for the link goes in this order too, up and down.
        for (journal, number) in self.replica.green_ends() {
            session.prefer(*journal, *number);
        }
        let shared = match side {
            Side::Parent => session.share(&self.replica.shared_frontier(&member.credential.path)),
            Side::Child => Ok(()),
        };
        if let Err(error) = shared {
            session.close(&error.to_string());
        }
        self.links.insert(id, Link { session, side, peer: None, since: now, leaves_by: None });
        self.pump(now, id);
    }

    /// TLS has shown `peer_key` to be the peer's.
    pub fn handle_proved(&mut self, id: SessionId, peer_key: PublicKey) {
        if let Some(link) = self.links.get_mut(&id) {
            link.session.handle_proved(peer_key);
        }
    }

    /// A frame came over a link.
    pub fn handle_frame(&mut self, now: Timestamp, id: SessionId, lane: Lane, bytes: &[u8]) {
        let Some(link) = self.links.get_mut(&id) else { return };
        if let Err(error) = link.session.handle_frame(now, lane, bytes) {
            tracing::warn!(session = id.0, %error, "a session ended");
            link.session.close(&error.to_string());
        }
        self.pump(now, id);
    }

    /// A link is gone.
    pub fn handle_disconnected(&mut self, id: SessionId) {
        self.links.remove(&id);
        self.stored.retain(|(session, _, _)| *session != id);
    }

    /// Makes everything that was handed in durable, and then acknowledges it.
    pub fn flush(&mut self, now: Timestamp) {
        if self.stated_at.is_some_and(|at| at > now) {
            self.stated_at = None; // The clock was set back; nobody shall wait for it.
        }
        let committed = self.replica.commit();
        self.settle(committed);
        // Only what is durable is in the roster's list, so it is read after the commit.
        let heeded = self.replica.refresh_roster(now).and_then(|()| self.replica.commit());
        if let Err(error) = heeded {
            self.fail_waiting(error);
        }
        self.pump_all(now);
        self.close_revoked(now);
        self.pump_all(now);
    }

    /// True when so much waits that no more frames should be handed in before a flush: one batch
    /// takes 16 MiB, and a hundred links can bring more than that at once.
    pub fn is_flush_due(&self) -> bool {
        self.replica.staged_bytes() >= BATCH_BYTES_MAX / 4
    }

    /// When [`Self::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let sessions = self.links.values().filter_map(|link| link.session.poll_timeout()).min();
        let leaving = self.links.values().filter_map(|link| link.leaves_by).min();
        let statement = self.statement_due();
        [sessions, statement, leaving].into_iter().flatten().min()
    }

    /// Looks at the clock.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        if self.statement_due().is_some_and(|due| now >= due) {
            self.state(now);
        }
        for link in self.links.values_mut() {
            if let Err(error) = link.session.handle_timeout(now) {
                link.session.close(&error.to_string());
            }
        }
        self.pump_all(now);
    }

    /// What the driver must do next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What became durable since the last call.
    pub fn take_advanced(&mut self) -> Vec<(JournalId, End)> {
        std::mem::take(&mut self.advanced)
    }

    /// The links that are up.
    #[must_use]
    pub fn links(&self) -> Vec<LinkStatus> {
        self.links
            .iter()
            .map(|(id, link)| LinkStatus {
                session: *id,
                side: link.side,
                peer: link.peer.clone(),
                since: link.since,
                is_in_step: link.session.is_in_step(),
            })
            .collect()
    }

    /// Ends every session with a goodbye.
    pub fn close(&mut self, now: Timestamp, why: &str) {
        for link in self.links.values_mut() {
            link.session.close(why);
        }
        self.pump_all(now);
    }
}
