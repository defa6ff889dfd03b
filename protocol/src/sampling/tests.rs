//! Draws that can be checked by hand.

use std::convert::Infallible;

use jiff::civil::date;
use proptest::prelude::*;
use ulid::Ulid;

use super::*;
use crate::document::Detail;
use crate::identity::{Author, NodeId};
use crate::time::{HybridTime, Timestamp};

const SEED: &str = "4f1c8e0d9a3b57261f0e6c7d8a9b0c1d";

fn case(number: u128) -> DocumentId {
    DocumentId::case("510921103".parse().unwrap(), Ulid::from(number))
}

fn drawn(count: u16, cases: &[DocumentId]) -> Vec<DocumentId> {
    draw(SEED, count, cases.iter().copied(), |case| Ok::<_, Infallible>(case != self::case(2)))
        .unwrap()
}

#[test]
fn the_rank_of_a_case_is_what_sha256sum_says_of_seed_and_name() {
    // printf '%s' 4f1c8e0d9a3b57261f0e6c7d8a9b0c1d510921103-00000000000000000000000001 | sha256sum
    assert_eq!(rank(SEED, case(1)).to_string(), RANKS[0]);
    for (number, expected) in (1..).zip(RANKS) {
        assert_eq!(rank(SEED, case(number)).to_string(), expected);
    }
}

/// What `sha256sum` gave for cases 1 to 4.
const RANKS: [&str; 4] = [
    "79946f7c373a8e66d75cde40ee6846373ecc4b3d8216a52838b47504fdb07209",
    "c1a252d9ef75f817af9fbaa6ac74f90c8dd7f2f224e6eb9dbeb2e243bf28c739",
    "999db281ddd78dcedcebd2955861290805d6ddef5a62a61349bc38374371451d",
    "ca960ee3ca4e24ea670c49857a6861aecf48a5603a0b218c08f5da0cfe83e0a1",
];

#[test]
fn the_cases_with_the_lowest_ranks_are_drawn_of_those_closed_in_the_period() {
    let all = [1, 2, 3, 4].map(case);
    // Case 2 was not closed within the period.
    let mut expected: Vec<(&str, DocumentId)> =
        RANKS.into_iter().zip(all).filter(|(_, it)| *it != case(2)).collect();
    expected.sort_unstable();
    let expected: Vec<DocumentId> = expected.into_iter().map(|(_, case)| case).collect();
    assert_eq!(drawn(2, &all), expected[..2]);
    assert_eq!(drawn(9, &all), expected, "fewer were closed than are drawn");
}

proptest! {
    #[test]
    fn a_draw_does_not_depend_on_the_order_of_arrival(
        numbers in proptest::collection::vec(0..200_u128, 0..60), count in 0..20_u16,
    ) {
        let cases: Vec<DocumentId> = numbers.iter().copied().map(case).collect();
        let mut sorted = cases.clone();
        sorted.sort_unstable();
        sorted.dedup();
        prop_assert_eq!(drawn(count, &cases), drawn(count, &sorted));
    }

    #[test]
    fn a_case_more_moves_nobody_else_into_a_draw(
        numbers in proptest::collection::btree_set(0..200_u128, 1..60), count in 1..20_u16,
    ) {
        let cases: Vec<DocumentId> = numbers.iter().copied().map(case).collect();
        let (less, more) = (drawn(count, &cases[1..]), drawn(count, &cases));
        let came: Vec<&DocumentId> = more.iter().filter(|it| !less.contains(it)).collect();
        prop_assert!(came.iter().all(|it| **it == cases[0]));
    }
}

fn announced(draw: Draw) -> Event {
    let detail = Detail { draw: Some(Box::new(draw)), ..Detail::default() };
    Event::new(EventKind::AnnounceDraw, Timestamp(0), "监察", "").with(detail)
}

fn shown(seed: &str) -> Event {
    let detail = Detail { seed: Some(seed.to_owned()), ..Detail::default() };
    Event::new(EventKind::RevealDraw, Timestamp(0), "监察", "").with(detail)
}

fn plan() -> Draw {
    Draw {
        seed_hash: Sha::of(SEED.as_bytes()),
        from: date(2013, 12, 1),
        to: date(2013, 12, 31),
        per_centre: 3,
        drawn_on: date(2014, 1, 10),
    }
}

/// Folds events, each recorded at noon of its day.
fn folded(events: &[(Date, Event)]) -> FoldedDraw {
    let author = Author { node: NodeId([1; 16]), incarnation: 0 };
    let mut recorded = HybridTime::default();
    let mut all = Vec::new();
    for (day, event) in events {
        let days = date(1970, 1, 1).until(*day).unwrap().get_days();
        recorded = recorded.next(Timestamp(i64::from(days) * 86_400_000 + 4 * 3_600_000));
        all.push((EventId { recorded, author }, event.clone()));
    }
    fold(&all)
}

#[test]
fn the_seed_that_was_announced_opens_the_draw_and_no_other_does() {
    let begun = (date(2013, 12, 1), announced(plan()));
    let with = |day, seed: &str| {
        let found = folded(&[begun.clone(), (day, shown(seed))]);
        (found.seed, found.anomalies.into_values().next())
    };
    let due = date(2014, 1, 10);
    assert_eq!(with(due, SEED), (Some(SEED.to_owned()), None));
    assert_eq!(with(due, "other"), (None, Some(DrawFault::OtherSeed)));
    let early = date(2014, 1, 9);
    assert_eq!(with(early, SEED), (None, Some(DrawFault::TooSoon { drawn_on: due })));
    let again = folded(&[begun.clone(), (due, shown("x")), (due, shown(SEED)), (due, shown(SEED))]);
    assert_eq!(again.seed.as_deref(), Some(SEED), "a wrong seed closes nothing");
    assert_eq!(again.anomalies.into_values().last(), Some(DrawFault::Shown));
    assert_eq!(
        folded(&[(due, shown(SEED))]).anomalies.into_values().next(),
        Some(DrawFault::NotAnnounced)
    );
}

#[test]
fn a_draw_is_announced_before_its_period_and_shown_well_after_it() {
    let (ok, late) = (date(2013, 12, 1), date(2013, 12, 2));
    let fault = |on, draw| folded(&[(on, announced(draw))]).anomalies.into_values().next();
    assert_eq!(fault(ok, plan()), None);
    assert_eq!(fault(late, plan()), Some(DrawFault::TooLate { from: ok }));
    assert_eq!(fault(ok, Draw { to: date(2013, 11, 30), ..plan() }), Some(DrawFault::Period));
    assert_eq!(fault(ok, Draw { to: date(2014, 12, 2), ..plan() }), Some(DrawFault::Period));
    assert_eq!(fault(ok, Draw { per_centre: 0, ..plan() }), Some(DrawFault::Count(0)));
    assert_eq!(fault(ok, Draw { per_centre: 51, ..plan() }), Some(DrawFault::Count(51)));
    let soon = Draw { drawn_on: date(2014, 1, 9), ..plan() };
    assert_eq!(fault(ok, soon), Some(DrawFault::TooSoonAfter));
    let twice =
        folded(&[(ok, announced(plan())), (ok, announced(Draw { per_centre: 9, ..plan() }))]);
    assert_eq!(twice.draw, Some(plan()), "the first stands");
}
