//! Which cards each published set of rules gives, over the same few cases.
#![cfg(test)]

use std::fmt::Write;

use tongban_config::supervision::Supervision;
use tongban_protocol::calendar::{Almanac, Exception, YearNotice, civil_day};
use tongban_protocol::case::{CaseType, StepTerms, Terms, fold};
use tongban_protocol::deadline::Limit;
use tongban_protocol::document::{Detail, Event, EventId, EventKind, Ground, Outcome};
use tongban_protocol::identity::{Author, NodeId};
use tongban_protocol::place::Tier;
use tongban_protocol::supervision::{Card, cards};
use tongban_protocol::time::Timestamp;

const SHIPPED: &str = include_str!("../../config/suining/supervision.toml");

/// December 2013, of which only Wednesday the 25th is off. The 2nd is a Monday.
fn almanac() -> Almanac {
    let mut almanac = Almanac::default();
    let days = [("2013-12-25".parse().unwrap(), Exception::Holiday, "节".to_owned())];
    almanac.take(Timestamp(0), YearNotice::new(2013, days).unwrap());
    almanac
}

/// Ten days are promised, twenty are the law's, and the one step has three.
fn terms(case_type: CaseType) -> Terms {
    let step = StepTerms { name: "初审".to_owned(), limit: Some(Limit::WorkingDays(3)) };
    Terms {
        item: "C01".to_owned(),
        version: 1,
        case_type,
        legal: Some(Limit::WorkingDays(20)),
        promise: Some(Limit::WorkingDays(10)),
        steps: vec![step],
        materials: Vec::new(),
        procedures: Vec::new(),
        decide_at: Tier::County,
        is_joint: false,
        publisher: None,
        is_permit: None,
    }
}

/// Ten in the morning of a day of December; the 33rd is 2 January.
const fn morning(day: i64) -> Timestamp {
    Timestamp(1_385_863_200_000 + (day - 1) * 86_400_000)
}

/// A story: each thing on a day of December.
#[derive(Clone, Default)]
struct Story(Vec<(EventId, Event)>);

impl Story {
    fn taken(case_type: CaseType) -> Self {
        let terms = Some(Box::new(terms(case_type)));
        Self::default().on(2, EventKind::Receive, Detail { terms, ..Detail::default() }).on(
            2,
            EventKind::Accept,
            Detail { document: said("1"), ..Detail::default() },
        )
    }

    fn on(mut self, day: i64, kind: EventKind, detail: Detail) -> Self {
        let at = morning(day);
        let author = Author { node: NodeId([1; 16]), incarnation: 0 };
        let last = self.0.last().map(|(id, _)| id.recorded).unwrap_or_default();
        let mut event = Event::new(kind, at, "李", "").with(detail);
        if kind == EventKind::FinishStep {
            event.note = "初审".to_owned();
        }
        self.0.push((EventId { recorded: last.next(at), author }, event));
        self
    }

    fn step(self, day: i64) -> Self {
        self.on(day, EventKind::FinishStep, Detail::default())
    }
}

fn said(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// The cases: what each is about, its story, and the day on which it is looked at.
fn cases() -> Vec<(&'static str, Story, i64)> {
    let taken = || Story::taken(CaseType::Promised);
    let in_time = || taken().step(4);
    let ground = Some(Ground::NotRequired);
    let refusal = Detail { ground, remedy: said("复议"), ..Detail::default() };
    let terms = Some(Box::new(terms(CaseType::Promised)));
    let bare = Story::default()
        .on(2, EventKind::Receive, Detail { terms, ..Detail::default() })
        .on(3, EventKind::Reject, refusal);
    let (tier, outcome) = (Some(Tier::County), Some(Outcome::Granted));
    let kept = in_time().on(5, EventKind::Decide, Detail { tier, outcome, ..Detail::default() });
    let charge = Detail { fee: Some(2_000), ..Detail::default() };
    vec![
        ("all in time", kept.on(6, EventKind::Deliver, Detail::default()), 31),
        ("8 of 10 days", in_time(), 12),
        ("9 of 10 days", in_time(), 13),
        ("a day over", in_time(), 17),
        ("five days over", in_time(), 23),
        ("over the law", in_time(), 33),
        ("a step late", taken().step(9), 9),
        ("never sent up", Story::taken(CaseType::HandedUp).step(4), 33),
        ("refused without reason", bare, 3),
        ("charged without basis", in_time().on(4, EventKind::Charge, charge), 4),
    ]
}

fn told(card: &Card) -> String {
    format!("{} {} {}", card.level.zh(), card.rule, card.points)
}

/// The cards of each case that gets any, set by set.
fn table() -> String {
    let read = Supervision::parse("supervision.toml", SHIPPED).unwrap();
    let almanac = almanac();
    let mut table = String::new();
    for (name, set) in &read.sets {
        writeln!(table, "{name}").unwrap();
        for (about, Story(events), day) in cases() {
            let today = civil_day(morning(day));
            let folded = fold(&events, &almanac).on(today, &almanac);
            let is_unlawful = about == "refused without reason";
            assert_eq!(folded.anomalies.len(), usize::from(is_unlawful), "{about}");
            let given = cards(&events, &folded, &set.rules, (&almanac, today));
            let given: Vec<String> = given.iter().map(told).collect();
            if !given.is_empty() {
                writeln!(table, "  {about}: {}", given.join(", ")).unwrap();
            }
        }
    }
    table
}

#[test]
fn each_published_set_gives_the_cards_that_its_source_says() {
    insta::assert_snapshot!(table(), @"
    chengdu
      9 of 10 days: 黄牌 promise-left 0
      a day over: 红牌 promise-over 0
      five days over: 红牌 promise-over 0
      over the law: 红牌 legal-over 0, 红牌 promise-over 0
      never sent up: 红牌 legal-over 0, 红牌 promise-over 0
      refused without reason: 红牌 refused-without-reason 0
    eight-triggers
      a day over: 黄牌 promise-over 0
      five days over: 黄牌 promise-over 0
      over the law: 黄牌 promise-over 0
      a step late: 黄牌 step-over 0
      never sent up: 黄牌 promise-over 0, 黄牌 review-over 0
      refused without reason: 红牌 refused-without-reason 0
      charged without basis: 红牌 no-fee-basis 0
    one-day-before
      9 of 10 days: 预警 promise-left 0
      a day over: 黄牌 promise-over 0
      five days over: 黄牌 promise-over 0
      over the law: 黄牌 promise-over 0
      never sent up: 黄牌 promise-over 0
    points
      9 of 10 days: 预警 promise-left 0
      a day over: 黄牌 promise-over 5
      five days over: 黄牌 promise-over 5
      over the law: 红牌 legal-over 10, 黄牌 promise-over 5
      never sent up: 红牌 legal-over 10, 黄牌 promise-over 5
    recommended
      9 of 10 days: 预警 promise-used 0
      a day over: 黄牌 promise-over 5
      five days over: 红牌 promise-far-over 10
      over the law: 红牌 legal-over 10, 红牌 promise-far-over 10
      a step late: 黄牌 step-over 5
      never sent up: 红牌 legal-over 10, 红牌 promise-far-over 10, 红牌 review-over 10
      refused without reason: 红牌 refused-without-reason 10
      charged without basis: 红牌 no-fee-basis 10
    yulin
      9 of 10 days: 黄牌 promise-used 0
      a day over: 红牌 promise-over 0
      five days over: 红牌 promise-over 0
      over the law: 红牌 promise-over 0
      never sent up: 红牌 promise-over 0
    ");
}
