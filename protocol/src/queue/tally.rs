//! What the tickets of a day count to.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Ending, NoCase, State, Ticket};
use crate::service::Answer;

/// The tickets of some days.
///
/// Of `taken`, each is exactly one of `cases`, `answers`, `reasons`, `expired`, `unended` and
/// `pending`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// 取号: taken.
    pub taken: u32,
    /// 叫号: called at least once. The waits are of these.
    pub called: u32,
    /// 已办理: begun at a window at least once.
    pub served: u32,
    /// Ended in cases.
    pub cases: u32,
    /// 咨询: ended in an answer, which.
    pub answers: BTreeMap<Answer, u32>,
    /// Ended without either, for which reason.
    pub reasons: BTreeMap<NoCase, u32>,
    /// 失效: passed over for good, or neither served nor called back before its day was over.
    pub expired: u32,
    /// 未办结: begun, and its day is over without an end.
    pub unended: u32,
    /// Still waiting, called or at a window on its day.
    pub pending: u32,
    /// 转号: transfers.
    pub transfers: u32,
    /// From taking to the first call, in milliseconds, in order.
    waits_ms: Vec<i64>,
}

impl Tally {
    /// Handled: ended in cases, an answer, or a coded reason.
    #[must_use]
    pub fn handled(&self) -> u32 {
        self.cases + self.answers.values().sum::<u32>() + self.reasons.values().sum::<u32>()
    }

    /// The wait that so many of a hundred tickets that were called did not exceed, in whole minutes,
    /// rounded up; none where none was called. By nearest rank.
    #[must_use]
    pub fn wait_minutes(&self, percent: u32) -> Option<i64> {
        let count = self.waits_ms.len();
        let rank = (count * percent as usize).div_ceil(100).clamp(1, count.max(1));
        self.waits_ms.get(rank - 1).map(|ms| (ms + 59_999) / 60_000)
    }

    /// The same with other tickets besides.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        let sums = [
            (&mut self.taken, other.taken),
            (&mut self.called, other.called),
            (&mut self.served, other.served),
            (&mut self.cases, other.cases),
            (&mut self.expired, other.expired),
            (&mut self.unended, other.unended),
            (&mut self.pending, other.pending),
            (&mut self.transfers, other.transfers),
        ];
        for (sum, more) in sums {
            *sum += more;
        }
        for (answer, more) in other.answers {
            *self.answers.entry(answer).or_default() += more;
        }
        for (reason, more) in other.reasons {
            *self.reasons.entry(reason).or_default() += more;
        }
        self.waits_ms.extend(other.waits_ms);
        self.waits_ms.sort_unstable();
        self
    }
}

/// Counts the tickets of a day, as they stand on `today`.
#[must_use]
pub fn tally<'a>(
    tickets: impl IntoIterator<Item = &'a Ticket>,
    (day, today): (Date, Date),
) -> Tally {
    let mut tally = Tally::default();
    for ticket in tickets {
        tally.taken += 1;
        tally.served += u32::from(ticket.begun_at.is_some());
        tally.transfers += u32::try_from(ticket.transfers.len()).unwrap_or(u32::MAX);
        if let Some(ms) = ticket.waited_ms() {
            tally.called += 1;
            tally.waits_ms.push(ms);
        }
        let is_over = day < today;
        *match (&ticket.ended, ticket.state) {
            (Some((Ending::Cases(_), ..)), _) => &mut tally.cases,
            (Some((Ending::Answer(answer), ..)), _) => tally.answers.entry(*answer).or_default(),
            (Some((Ending::NoCase(why, _), ..)), _) => tally.reasons.entry(*why).or_default(),
            (None, State::Expired) => &mut tally.expired,
            (None, State::Serving) if is_over => &mut tally.unended,
            (None, _) if is_over => &mut tally.expired,
            (None, _) => &mut tally.pending,
        } += 1;
    }
    tally.waits_ms.sort_unstable();
    tally
}
