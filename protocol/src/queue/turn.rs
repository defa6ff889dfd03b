//! Whose turn it is.

use super::{Line, State, Ticket, TicketNumber};
use crate::time::Timestamp;

/// The ticket to be called next of some groups; of all where none is named.
///
/// Those that go first ([`Ticket::is_first`]) do so, but not twice in a row while others wait: at
/// most every second call is one of theirs, so everybody's wait has an end. Of each kind the one
/// goes first that has waited longest. A ticket that was transferred has waited since it was taken;
/// one that was passed over and came back, since it came back.
#[must_use]
pub fn next(line: &Line, groups: &[String], now: Timestamp) -> Option<TicketNumber> {
    let is_asked = |group: &String| groups.is_empty() || groups.contains(group);
    let waiting = line.tickets.iter().filter(|(_, it)| it.state == State::Waiting);
    let waiting = waiting.filter(|(_, it)| is_asked(&it.group));
    let oldest = |is_first: bool| {
        let of_kind = waiting.clone().filter(|(_, it)| it.is_first(now) == is_first);
        of_kind.min_by_key(|(number, it)| (it.since, **number)).map(|(number, _)| *number)
    };
    let picks = line.tickets.values().filter_map(|it| it.pick.as_ref());
    let last = picks.filter(|pick| is_asked(&pick.group)).max_by_key(|pick| pick.at);
    let was_first = last.is_some_and(|pick| pick.is_first);
    match (oldest(true), oldest(false)) {
        (Some(_), Some(other)) if was_first => Some(other),
        (first, other) => first.or(other),
    }
}

impl Line {
    /// How many wait in a group.
    #[must_use]
    pub fn waiting_count(&self, group: &str) -> usize {
        self.waiting(group).len()
    }

    /// Who waits in a group, the longest wait first.
    #[must_use]
    pub fn waiting(&self, group: &str) -> Vec<(TicketNumber, &Ticket)> {
        let of_group =
            self.tickets.iter().filter(|(_, it)| it.state == State::Waiting && it.group == group);
        let mut waiting: Vec<_> = of_group.map(|(number, it)| (*number, it)).collect();
        waiting.sort_by_key(|(number, it)| (it.since, *number));
        waiting
    }
}
