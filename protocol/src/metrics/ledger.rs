//! Sums of facts that can be taken out again.

use std::collections::BTreeMap;

use super::facts::{Facts, PARTS_PER_DAY};
use super::month::Month;
use crate::case::CaseType;
use crate::document::Outcome;
use crate::place::Division;

/// What is summed up. Counts of cases, unless it says otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sum {
    /// 收件, in the month of receipt.
    Received,
    /// Those of them that were applied for online.
    Online,
    /// Those of them that are open today.
    Open,
    /// Their events.
    Events,
    /// Those of the events that were recorded late.
    LateEvents,
    /// Points of their cards that stand.
    Points,
    /// 办结, in the month of the decision.
    Finished,
    /// Finished, 不予.
    Refused,
    /// Finished, of a known 办件类型.
    Typed,
    /// Finished, 即办件.
    Immediate,
    /// Finished, something was promised.
    Promised,
    /// Finished by the last promised day.
    OnTime,
    /// Finished 承诺件 with a promise.
    DaysPromised,
    /// Those of them that used less.
    BeforePromise,
    /// Finished 承诺件 with a legal limit.
    DaysLegal,
    /// Those of them that used less.
    BeforeLegal,
    /// Finished, the law gives a length.
    Lawful,
    /// The lengths that the law gives these, in 1/168 working days.
    LegalParts,
    /// What these used, in 1/168 working days.
    LawfulUsedParts,
    /// Working days used by the finished.
    Used,
    /// Working days in which a special procedure of a finished case lasted.
    Paused,
    /// Finished on the day of receipt, at the counter.
    OnTheSpot,
    /// Finished wholly online.
    WhollyOnline,
    /// 撤回, 终止 and 不予受理, in the month of their end.
    Ended,
    /// Finished and rated.
    Rated,
    /// Those of them rated 非常满意 or 满意.
    Satisfied,
    /// Those of them rated 基本满意.
    BasicallySatisfied,
}

/// How many sums there are.
const SUMS: usize = Sum::BasicallySatisfied as usize + 1;

/// The sums over some cases.
///
/// Cells merge in any order, and what was added is taken out without a rest.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Cell {
    sums: [i64; SUMS],
    /// Open cases by their last day, as days since 1970.
    due: BTreeMap<i32, i64>,
}

impl Cell {
    /// One sum.
    #[must_use]
    pub const fn sum(&self, sum: Sum) -> i64 {
        self.sums[sum as usize]
    }

    /// Open cases whose last day was before `day`, in days since 1970.
    #[must_use]
    pub fn overdue(&self, day: i32) -> i64 {
        self.due.range(..day).map(|(_, count)| count).sum()
    }

    /// Adds another cell.
    pub fn merge(&mut self, other: &Self) {
        for (sum, more) in self.sums.iter_mut().zip(other.sums) {
            *sum += more;
        }
        for (day, count) in &other.due {
            add(&mut self.due, *day, *count);
        }
    }

    fn is_empty(&self) -> bool {
        self.due.is_empty() && self.sums.iter().all(|sum| *sum == 0)
    }
}

/// Adds to a count; what comes to nothing is not kept.
fn add<K: Ord>(counts: &mut BTreeMap<K, i64>, key: K, count: i64) {
    use std::collections::btree_map::Entry;
    match counts.entry(key) {
        Entry::Vacant(entry) => {
            entry.insert(count);
        }
        Entry::Occupied(mut entry) => {
            *entry.get_mut() += count;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

/// The sums of all cases, by centre, item and month.
///
/// It is a function of the set of facts within, and of nothing else: not of the order in which they
/// were put in, nor of those that were taken out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ledger {
    cells: BTreeMap<(Division, String, Month), Cell>,
    /// Cases by whoever decided them.
    clerks: BTreeMap<(Division, String, Month, String), i64>,
    /// Accepted cases of an item at a centre, by day since 1970: what it really offers.
    accepted: BTreeMap<(Division, String), BTreeMap<i32, i64>>,
}

impl Ledger {
    /// Puts the facts of a case in.
    pub fn put(&mut self, facts: &Facts) {
        self.book(facts, 1);
    }

    /// Takes the facts of a case out that were put in before.
    pub fn take(&mut self, facts: &Facts) {
        self.book(facts, -1);
    }

    /// The cells, in order.
    pub fn cells(&self) -> impl Iterator<Item = (&Division, &str, Month, &Cell)> {
        self.cells.iter().map(|((centre, item, month), cell)| (centre, item.as_str(), *month, cell))
    }

    /// Who decided a case in which centre, of which item and in which month.
    pub fn clerks(&self) -> impl Iterator<Item = (&Division, &str, Month, &str)> {
        let keys = self.clerks.keys();
        keys.map(|(centre, item, month, clerk)| (centre, item.as_str(), *month, clerk.as_str()))
    }

    /// What was accepted from a day on, in days since 1970: centre, item, and how many cases;
    /// where there was none since, nothing is said.
    pub fn accepted(&self, from: i32) -> impl Iterator<Item = (Division, &str, i64)> {
        let counted = self.accepted.iter().map(move |((centre, item), days)| {
            (*centre, item.as_str(), days.range(from..).map(|(_, count)| count).sum())
        });
        counted.filter(|(_, _, count)| *count > 0)
    }

    fn book(&mut self, facts: &Facts, sign: i64) {
        let is_open = facts.finished.is_none() && facts.ended.is_none();
        self.change(facts, facts.received, |cell| {
            cell.count(Sum::Received, sign);
            cell.count_if(facts.is_online, Sum::Online, sign);
            cell.count_if(is_open, Sum::Open, sign);
            cell.count(Sum::Events, sign * i64::from(facts.events));
            cell.count(Sum::LateEvents, sign * i64::from(facts.late_events));
            cell.count(Sum::Points, sign * i64::from(facts.points));
        });
        if let Some(finished) = &facts.finished {
            self.change(facts, finished.month, |cell| cell.finish(facts, sign));
            let (item, clerk) = (facts.item.clone(), finished.by.clone());
            let clerk = (facts.centre, item, finished.month, clerk);
            add(&mut self.clerks, clerk, sign);
        }
        if let Some(ended) = facts.ended {
            self.change(facts, ended.month, |cell| cell.count(Sum::Ended, sign));
        }
        if let Some(day) = facts.accepted {
            let key = (facts.centre, facts.item.clone());
            let days = self.accepted.entry(key.clone()).or_default();
            add(days, day, sign);
            if days.is_empty() {
                self.accepted.remove(&key);
            }
        }
        if let Some((day, month)) = facts.due.and_then(|day| Some((day, month_of(day)?))) {
            self.change(facts, month, |cell| add(&mut cell.due, day, sign));
        }
    }

    fn change(&mut self, facts: &Facts, month: Month, change: impl FnOnce(&mut Cell)) {
        let key = (facts.centre, facts.item.clone(), month);
        let cell = self.cells.entry(key).or_default();
        change(cell);
        if cell.is_empty() {
            self.cells.remove(&(facts.centre, facts.item.clone(), month));
        }
    }
}

impl Cell {
    const fn count(&mut self, sum: Sum, count: i64) {
        self.sums[sum as usize] += count;
    }

    const fn count_if(&mut self, is_so: bool, sum: Sum, count: i64) {
        if is_so {
            self.count(sum, count);
        }
    }

    /// Counts a finished case.
    fn finish(&mut self, facts: &Facts, sign: i64) {
        let Some(finished) = &facts.finished else { return };
        let used = i64::from(finished.used);
        self.count(Sum::Finished, sign);
        self.count_if(finished.outcome == Outcome::Refused, Sum::Refused, sign);
        self.count_if(facts.case_type.is_some(), Sum::Typed, sign);
        self.count_if(facts.case_type == Some(CaseType::Immediate), Sum::Immediate, sign);
        let shares = [
            (finished.is_on_time, Sum::OnTime, Sum::Promised),
            (finished.is_before_promise, Sum::BeforePromise, Sum::DaysPromised),
            (finished.is_before_legal, Sum::BeforeLegal, Sum::DaysLegal),
        ];
        for (is_so, numerator, denominator) in shares {
            self.count_if(is_so == Some(true), numerator, sign);
            self.count_if(is_so.is_some(), denominator, sign);
        }
        if let Some(legal) = finished.legal {
            self.count(Sum::Lawful, sign);
            self.count(Sum::LegalParts, sign * i64::from(legal));
            self.count(Sum::LawfulUsedParts, sign * used * PARTS_PER_DAY);
        }
        self.count(Sum::Used, sign * used);
        self.count(Sum::Paused, sign * i64::from(finished.paused));
        self.count_if(finished.is_on_the_spot, Sum::OnTheSpot, sign);
        self.count_if(finished.is_wholly_online, Sum::WhollyOnline, sign);
        if let Some(level) = facts.rating {
            self.count(Sum::Rated, sign);
            self.count_if(level >= 4, Sum::Satisfied, sign);
            self.count_if(level == 3, Sum::BasicallySatisfied, sign);
        }
    }
}

/// The month of a day since 1970.
fn month_of(day: i32) -> Option<Month> {
    use jiff::ToSpan;
    let day = jiff::civil::date(1970, 1, 1).checked_add(day.days()).ok()?;
    Some(Month::of(day))
}
