//! Sending: exactly what the peer lacks, homes in turns, within the window.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::journal::JournalId;
use crate::limits::BLOCKS_IN_FLIGHT_MAX;
use crate::wire::Run;

/// Entries that the driver should read from the store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Want {
    /// The journal.
    pub journal: JournalId,
    /// The first entry.
    pub from: u64,
    /// The last entry.
    pub to: u64,
}

/// What the peer has, what is on its way, and whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Sender {
    /// Up to where each journal was sent or is known to be at the peer.
    sent: BTreeMap<JournalId, u64>,
    /// Up to where each journal is held here, where that is further.
    hungry: BTreeMap<JournalId, u64>,
    /// Single entries that the peer wants to see, or must.
    to_show: BTreeSet<(JournalId, u64)>,
    /// Those that it was shown; nothing is shown twice in a session.
    shown: BTreeSet<(JournalId, u64)>,
    /// Journals that the peer does not take.
    stopped: BTreeSet<JournalId>,
    /// Up to where journals hold work of the green channel.
    green: BTreeMap<JournalId, u64>,
    /// The last block began with the green channel, so the next one does not.
    was_green: bool,
    /// The journal that was served last.
    cursor: Option<JournalId>,
    in_flight: BTreeMap<u64, Vec<(JournalId, u64)>>,
    last_block: u64,
    is_reading: bool,
}

impl Sender {
    /// The peer holds `journal` up to `theirs`; we hold it up to `mine`.
    pub(super) fn peer_holds(&mut self, journal: JournalId, theirs: u64, mine: u64) {
        let sent = self.sent.entry(journal).or_default();
        *sent = theirs.max(*sent);
        self.hold(journal, mine);
    }

    /// We hold `journal` up to `mine`. Nothing happens before the peer's end is known.
    pub(super) fn hold(&mut self, journal: JournalId, mine: u64) {
        let is_behind = self.sent.get(&journal).is_some_and(|sent| *sent < mine);
        if is_behind && !self.stopped.contains(&journal) {
            self.hungry.insert(journal, mine);
        } else {
            self.hungry.remove(&journal);
        }
    }

    /// Work of the green channel is in `journal` up to `number`: while that is not sent, every
    /// second block begins with the journal.
    pub(super) fn prefer(&mut self, journal: JournalId, number: u64) {
        let known = self.green.entry(journal).or_default();
        *known = number.max(*known);
    }

    /// The hungry journals whose turn comes first, if it is the green channel's.
    fn first(&mut self) -> Vec<JournalId> {
        let (sent, hungry) = (&self.sent, &self.hungry);
        self.green.retain(|journal, to| sent.get(journal).is_none_or(|sent| sent < to));
        let waiting = self.green.keys().filter(|journal| hungry.contains_key(journal));
        let waiting: Vec<JournalId> = waiting.copied().collect();
        self.was_green = !self.was_green && !waiting.is_empty();
        if self.was_green { waiting } else { Vec::new() }
    }

    /// Sends one entry once, whatever the peer holds: two bodies for one number prove a fork.
    pub(super) fn show(&mut self, journal: JournalId, number: u64) {
        if self.shown.insert((journal, number)) {
            self.to_show.insert((journal, number));
        }
    }

    /// The peer takes no more of this journal in this session.
    pub(super) fn stop(&mut self, journal: JournalId) {
        self.stopped.insert(journal);
        self.hungry.remove(&journal);
    }

    pub(super) fn is_known(&self, journal: &JournalId) -> bool {
        self.sent.contains_key(journal)
    }

    /// Up to where the journal was sent or is known to be at the peer.
    pub(super) fn sent_to(&self, journal: &JournalId) -> u64 {
        self.sent.get(journal).copied().unwrap_or(0)
    }

    /// What to read next: every hungry journal in turn, the one served last at the end; in every
    /// second block, those first that hold work of the green channel.
    pub(super) fn poll_wants(&mut self) -> Option<Vec<Want>> {
        let idle = self.hungry.is_empty() && self.to_show.is_empty();
        if self.is_reading || idle || self.in_flight.len() >= BLOCKS_IN_FLIGHT_MAX {
            return None;
        }
        self.is_reading = true;
        let to_show = std::mem::take(&mut self.to_show);
        let mut wants: Vec<Want> = to_show
            .into_iter()
            .map(|(journal, number)| Want { journal, from: number, to: number })
            .collect();
        let after = match self.cursor {
            Some(cursor) => (Bound::Excluded(cursor), Bound::Unbounded),
            None => (Bound::Unbounded, Bound::Unbounded),
        };
        let first = self.first();
        let green = first.iter().filter_map(|journal| self.hungry.get_key_value(journal));
        let rest = self.hungry.range(after);
        let begin = self.cursor.map(|cursor| self.hungry.range(..=cursor));
        let turns = rest.chain(begin.into_iter().flatten());
        let turns = turns.filter(|(journal, _)| !first.contains(journal));
        for (journal, mine) in green.chain(turns) {
            let from = self.sent.get(journal).copied().unwrap_or_default() + 1;
            wants.push(Want { journal: *journal, from, to: *mine });
        }
        Some(wants)
    }

    /// Takes what was read as the next block; `None` if nothing was.
    pub(super) fn handle_read(&mut self, runs: &[Run]) -> Option<u64> {
        self.is_reading = false;
        for run in runs.iter().filter(|run| !run.entries.is_empty()) {
            let sent = self.sent.entry(run.journal).or_default();
            *sent = run.last().max(*sent);
            if !self.was_green {
                self.cursor = Some(run.journal); // The others go on where they were.
            }
            if self.hungry.get(&run.journal).is_some_and(|mine| *mine <= *sent) {
                self.hungry.remove(&run.journal);
            }
        }
        let ends: Vec<(JournalId, u64)> = runs
            .iter()
            .filter(|run| !run.entries.is_empty())
            .map(|run| (run.journal, run.last()))
            .collect();
        if ends.is_empty() {
            self.hungry.clear(); // The store has less than was said; wait for it to say so again.
            return None;
        }
        self.last_block += 1;
        self.in_flight.insert(self.last_block, ends);
        Some(self.last_block)
    }

    /// The peer holds this block; returns which journals that brings how far, or `None` for a
    /// block that is not on its way.
    pub(super) fn handle_ack(&mut self, block: u64) -> Option<Vec<(JournalId, u64)>> {
        self.in_flight.remove(&block)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.is_empty() && self.hungry.is_empty() && self.to_show.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Author, NodeId};
    use crate::place::Home;

    /// The journal of a township by its last digit.
    fn journal(town: u8) -> JournalId {
        let home = Home::office(format!("51092110{town}").parse().unwrap());
        JournalId { home, author: Author { node: NodeId([town; 16]), incarnation: 0 } }
    }

    /// The towns in the order in which they are served, where a block holds one entry.
    fn served(sender: &mut Sender, blocks: usize) -> Vec<u8> {
        let mut order = Vec::new();
        for _ in 0..blocks {
            let Some(wants) = sender.poll_wants() else { break };
            let Want { journal, from, .. } = wants[0];
            let run = Run { journal, first: from, entries: vec![vec![0]] };
            let block = sender.handle_read(&[run]).unwrap();
            sender.handle_ack(block).unwrap();
            order.push(journal.author.node.0[0]);
        }
        order
    }

    fn sender() -> Sender {
        let mut sender = Sender::default();
        for town in 1..=3 {
            sender.peer_holds(journal(town), 0, 4);
        }
        sender
    }

    #[test]
    fn journals_are_served_in_turns() {
        assert_eq!(served(&mut sender(), 20), [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]);
    }

    #[test]
    fn the_green_channel_is_offered_first_in_every_second_block_and_starves_nobody() {
        let mut sender = sender();
        sender.prefer(journal(3), 3);
        // Town 3 until its third entry is sent, and between its blocks everybody in turns.
        assert_eq!(served(&mut sender, 20), [3, 1, 3, 2, 3, 3, 1, 2, 1, 2, 1, 2]);
        sender.prefer(journal(2), 9);
        assert_eq!(served(&mut sender, 20), [], "what is not held is not waited for");
    }
}
