//! What centres really offer: what they accepted of late, never what they declare.

use std::collections::BTreeMap;

use jiff::civil::Date;
use tongban_node::replica::Replica;
use tongban_node::store::Store;
use tongban_protocol::metrics::{Month, RATINGS_TOLD_MIN, Sum, day_number};
use tongban_protocol::place::Division;

/// Days of the shorter and of the longer look back.
pub(super) const LOOKS_BACK: [i32; 2] = [30, 365];

/// Cases that were accepted within the shorter and within the longer look back.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Accepted {
    pub(super) month: i64,
    pub(super) year: i64,
}

/// What was accepted of late, by centre and item, as far as it was counted; what `wanted` leaves out
/// is not among it.
pub(super) fn accepted<S: Store>(
    replica: &Replica<S>,
    today: Date,
    wanted: impl Fn(Division, &str) -> bool,
) -> BTreeMap<(Division, String), Accepted> {
    let mut found = BTreeMap::<_, Accepted>::new();
    let today = day_number(today).unwrap_or_default();
    let [month, year] = LOOKS_BACK.map(|days| today - days);
    for (centre, item, count) in replica.ledger().accepted(year) {
        if wanted(centre, item) {
            found.entry((centre, item.to_owned())).or_default().year = count;
        }
    }
    for (centre, item, count) in replica.ledger().accepted(month) {
        if wanted(centre, item) {
            found.entry((centre, item.to_owned())).or_default().month = count;
        }
    }
    found
}

/// How satisfied people were with the cases that a centre decided within the last twelve months.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Satisfaction {
    satisfied: i64,
    rated: i64,
}

impl Satisfaction {
    pub(super) fn of<S: Store>(replica: &Replica<S>, centre: Division, today: Date) -> Self {
        let from = today.checked_sub(jiff::Span::new().months(11)).map_or(today, |day| day);
        let from = Month::of(from);
        let cells = replica.ledger().cells();
        let cells = cells.filter(|(at, _, month, _)| **at == centre && *month >= from);
        cells.fold(Self::default(), |sum, (_, _, _, cell)| Self {
            satisfied: sum.satisfied + cell.sum(Sum::Satisfied) + cell.sum(Sum::BasicallySatisfied),
            rated: sum.rated + cell.sum(Sum::Rated),
        })
    }

    /// Those who were satisfied and those who rated; none where these are so few that the centre
    /// would know who said what.
    pub(super) fn told(self) -> Option<(i64, i64)> {
        (self.rated >= i64::from(RATINGS_TOLD_MIN)).then_some((self.satisfied, self.rated))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn satisfaction_is_told_from_ten_ratings_on() {
        let told = |satisfied, rated| Satisfaction { satisfied, rated }.told();
        assert_eq!((told(0, 0), told(9, 9), told(9, 10)), (None, None, Some((9, 10))));
    }
}
