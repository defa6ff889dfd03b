//! What the city was told, kept apart from what the city makes of it.
//!
//! A verdict of complete is true if the city durably holds
//! - every end that was ever named, for the centre's home or by the centre's machine, in a
//!   statement with a valid signature which reached the city while it could save it, and what a
//!   county so named of the centre's home; and
//! - every entry of the centre's home that was saved for a clerk before the statement by whose
//!   time the verdict holds, unless the disk was replaced in between.
//!
//! A city that loses its own disk loses what it was told, and is told anew.

use std::collections::BTreeMap;

use tongban_hub::coverage::Coverage;
use tongban_protocol::heartbeat::Statement;
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::{Division, Scope};
use tongban_protocol::wire::{Frame, Lane};

use super::World;

/// The furthest end of each journal that the city was told of, by the centre that it speaks of.
#[derive(Debug, Default)]
pub(super) struct Truth {
    told: BTreeMap<(Division, JournalId), u64>,
    /// What it was told since its last sound commit.
    fresh: Vec<(Division, JournalId, u64)>,
}

impl Truth {
    /// A commit of the city succeeded.
    pub(super) fn settle(&mut self) {
        for (centre, journal, number) in self.fresh.drain(..) {
            let told = self.told.entry((centre, journal)).or_default();
            *told = number.max(*told);
        }
    }

    /// The city's machine lost power.
    pub(super) fn crash(&mut self) {
        self.fresh.clear();
    }

    /// The city's disk is gone.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

impl World {
    /// Takes note of a frame that the city is about to read.
    pub(super) fn overhear(&mut self, lane: Lane, bytes: &[u8]) {
        let Ok(Frame::Heartbeat(heartbeats)) = Frame::decode(lane, bytes) else { return };
        let root = self.offices[0].member.root;
        for sealed in heartbeats.statements {
            let Ok((statement, speaker)) = Statement::open(&sealed, &root) else { continue };
            let (node, centre) = (speaker.node(), speaker.path.centre());
            for (journal, end) in statement.ends {
                let home = journal.home;
                let is_own = home.division == centre || journal.author.node == node;
                if home.scope == Scope::Office {
                    let about = if is_own { centre } else { home.division };
                    self.hall.truth.fresh.push((about, journal, end.number));
                }
            }
        }
    }

    /// The city shows a centre as complete: is it?
    pub(super) fn check_complete(&mut self, coverage: &Coverage) {
        let Some(city) = &self.offices[0].engine else { return };
        let held = |journal: &JournalId| {
            city.replica().frontier().get(journal).map_or(0, |end| end.number)
        };
        let mut broken = Vec::new();
        let centre = coverage.centre;
        for ((_, journal), told) in self.hall.truth.told.iter().filter(|(it, _)| it.0 == centre) {
            if held(journal) < *told {
                broken.push(format!(
                    "{centre} is called complete, the city was told of {told} in {journal} and holds {}",
                    held(journal)
                ));
            }
        }
        for office in self.offices.iter().filter(|office| office.member.centre() == centre) {
            let stated = office.stated.iter().filter(|(at, _)| Some(*at) == coverage.as_of);
            let Some(promised) = stated.map(|(_, count)| *count).min() else { continue };
            let since = office.promised_before_loss.min(promised);
            for promise in &office.promises[since..promised] {
                let (journal, number) = (promise.appended.journal, promise.appended.number);
                if journal.home.division == centre && held(&journal) < number {
                    broken.push(format!(
                        "{centre} is called complete without entry {number} of {journal}"
                    ));
                }
            }
        }
        broken.into_iter().for_each(|what| self.violate(what));
    }
}
