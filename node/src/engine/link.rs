//! Carrying out what a session asks for.

use tongban_protocol::exchange::{Effect, Peer};
use tongban_protocol::identity::NodeId;
use tongban_protocol::journal::JournalId;
use tongban_protocol::time::Timestamp;

use super::{Engine, Heard, Link, Output, SessionId, Side, Stop};
use crate::replica::{Replica, ReplicaError};
use crate::store::Store;

/// How long a machine that was revoked may take to receive the word of it.
const FAREWELL_MS: i64 = 5_000;

impl Link {
    /// True when the peer is to hold this journal as well.
    pub(super) fn shares<S: Store>(&self, replica: &Replica<S>, journal: JournalId) -> bool {
        match (self.side, &self.peer) {
            (Side::Parent, _) => replica.is_shared(journal.home, &replica.member().credential.path),
            (Side::Child, Some(peer)) => replica.is_shared(journal.home, &peer.credential.path),
            (Side::Child, None) => false,
        }
    }
}

impl<S: Store> Engine<S> {
    /// Whoever is revoked while its link is up is sent away, once it has the roster that says so,
    /// so that its counter does not go on in vain; but soon.
    pub(super) fn close_revoked(&mut self, now: Timestamp) {
        for link in self.links.values_mut() {
            let Some(node) = link.peer.as_ref().map(|peer| peer.credential.node()) else {
                continue;
            };
            if let Some(from) = self.replica.revoked().get(&node) {
                let until = *link.leaves_by.get_or_insert_with(|| now.plus_ms(FAREWELL_MS));
                if now < until && !link.session.is_in_step() {
                    continue;
                }
                link.session.close(&farewell(node, *from));
            }
        }
    }

    /// Carries out every effect of every session.
    pub(super) fn pump_all(&mut self, now: Timestamp) {
        let ids: Vec<SessionId> = self.links.keys().copied().collect();
        for id in ids {
            self.pump(now, id);
        }
    }

    /// Carries out every effect of a session.
    pub(super) fn pump(&mut self, now: Timestamp, id: SessionId) {
        while let Some(effect) = self.links.get_mut(&id).and_then(|link| link.session.poll_effect())
        {
            if let Err(error) = self.carry_out(now, id, effect)
                && let Some(link) = self.links.get_mut(&id)
            {
                tracing::error!(session = id.0, %error, "a session ended");
                link.session.close(&error.to_string());
            }
        }
    }

    fn carry_out(
        &mut self,
        now: Timestamp,
        id: SessionId,
        effect: Effect,
    ) -> Result<(), ReplicaError> {
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        match effect {
            Effect::Send(lane, bytes) => {
                self.outputs.push_back(Output::Send { session: id, lane, bytes });
            }
            Effect::Greeted(peer) => self.greet(id, peer),
            Effect::Read(wants) => {
                let runs = self.replica.read_wants(&wants)?;
                link.session.handle_read(&runs);
            }
            Effect::Store(block, runs) => {
                let refused = self.replica.ingest(now, runs, &mut self.rng)?;
                self.stored.push((id, block, refused));
            }
            Effect::PeerHolds(journal, number) => {
                if link.side == Side::Parent {
                    self.replica.parent_holds(journal, number)?;
                    // What was refused and is held now was settled.
                    self.stopped.retain(|it, stop| *it != journal || stop.number > number);
                }
            }
            Effect::PeerRefuses(refused) => {
                if link.side == Side::Parent {
                    let stop = Stop { number: refused.number, why: refused.why, at: now };
                    self.stopped.insert(refused.journal, stop);
                }
            }
            Effect::Heard(statements) => {
                if link.side == Side::Child {
                    link.session.pulse();
                    let speaker = link.peer.as_ref().map(|peer| peer.credential.node());
                    self.hear(now, speaker, statements)?;
                }
            }
            Effect::Close(why) => {
                self.links.remove(&id);
                self.outputs.push_back(Output::Close { session: id, why });
            }
        }
        Ok(())
    }

    /// The peer is known: is it one that belongs at this end, and what is shared with it?
    fn greet(&mut self, id: SessionId, peer: Peer) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let me = &self.replica.member().credential;
        let (theirs, mine) = (&peer.credential.path, &me.path);
        let node = peer.credential.node();
        let belongs = match link.side {
            Side::Parent => mine.ancestors().contains(&theirs.centre()),
            Side::Child => theirs.ancestors().contains(&mine.centre()),
        };
        if let Some(from) = self.replica.revoked().get(&node) {
            link.session.close(&farewell(node, *from));
        } else if !belongs {
            let why = format!(
                "centre {} has no place at this end of a link of centre {}",
                theirs.centre(),
                mine.centre()
            );
            link.session.close(&why);
        } else if link.side == Side::Child {
            let shared = self.replica.shared_frontier(theirs);
            if let Err(error) = link.session.share(&shared) {
                link.session.close(&error.to_string());
            }
        } else {
            let words = self.heard.values().flat_map(Heard::all);
            let all: Vec<Vec<u8>> = words.map(|said| said.sealed.clone()).collect();
            link.session.announce(&all);
            self.stated_at = None; // Say at once where we stand.
        }
        if let Some(link) = self.links.get_mut(&id) {
            link.peer = Some(peer);
        }
    }
}

/// What a revoked node is told.
pub(super) fn farewell(node: NodeId, from: Timestamp) -> String {
    format!("node {node} was revoked from {from} on; ask the city")
}
