//! What the law costs: the fold, the clocks and the cards of cases.

use std::hint::black_box;

use tokio::runtime::Runtime;
use tongban_config::city::City;
use tongban_node::clock::steady_ms;
use tongban_protocol::calendar::{Almanac, Exception, YearNotice, civil_day};
use tongban_protocol::case::{CaseType, StepTerms, Terms, fold};
use tongban_protocol::deadline::Limit;
use tongban_protocol::document::{Detail, Event, EventId, EventKind, Procedure};
use tongban_protocol::identity::{Author, NodeId};
use tongban_protocol::place::Tier;
use tongban_protocol::supervision::{RuleSet, cards};
use tongban_protocol::time::{HybridTime, Timestamp};

use super::{Row, row};

const CASES: usize = 100_000;
const DAY_MS: i64 = 86_400_000;
/// 2026-03-02, nine in the morning in Suining.
const MONDAY: Timestamp = Timestamp(1_772_413_200_000);

pub(super) fn law(_: &Runtime) -> Vec<Row> {
    let city = City::suining();
    let rules = city.supervision.as_ref().unwrap().rules();
    let mut almanac = Almanac::default();
    for notice in city.calendar.notices() {
        almanac.take(Timestamp(0), notice.clone());
    }
    let whole = case(13);
    let one = each(CASES, |_| examine(&whole, rules, &almanac, MONDAY.plus_ms(49 * DAY_MS)));
    // Open cases, taken on different days; a notice moves a day of the year.
    let open: Vec<_> = (0..100).map(|days| shifted(&case(9), days)).collect();
    let mut changed = almanac.clone();
    let holiday = [(civil_day(MONDAY.plus_ms(112 * DAY_MS)), Exception::Holiday, "节".to_owned())];
    let before = city.calendar.notices().last().unwrap();
    let days = before.days().map(|(day, exception, name)| (day, exception, name.to_owned()));
    let notice = YearNotice::new(2026, days.chain(holiday)).unwrap();
    changed.take(MONDAY.plus_ms(30 * DAY_MS), notice);
    let all = each(CASES, |at| {
        examine(&open[at % open.len()], rules, &changed, MONDAY.plus_ms(116 * DAY_MS));
    });
    vec![
        row("one case of 13 events: fold, clocks and all rules", format!("{one:.1} µs"), "20 µs"),
        row(
            format!("all cards of {CASES} open cases after a change of the calendar"),
            format!("{:.1} s", all * CASES as f64 / 1e6),
            "5 s",
        ),
    ]
}

/// Microseconds for each of `count` runs.
fn each(count: usize, mut run: impl FnMut(usize)) -> f64 {
    let start = steady_ms();
    (0..count).for_each(&mut run);
    f64::from(u32::try_from(steady_ms() - start).unwrap()) * 1e3 / count as f64
}

fn examine(events: &[(EventId, Event)], rules: &RuleSet, almanac: &Almanac, now: Timestamp) {
    let today = civil_day(now);
    let folded = fold(events, almanac).on(today, almanac);
    black_box(cards(events, &folded, rules, (almanac, today)));
}

/// The first `count` events of a case that goes its way with a special procedure between.
fn case(count: usize) -> Vec<(EventId, Event)> {
    use EventKind as E;
    let kinds = [
        E::Receive,
        E::NoticeSupplement,
        E::Receive,
        E::Accept,
        E::FinishStep,
        E::StartProcedure,
        E::EndProcedure,
        E::FinishStep,
        E::HandUp,
        E::FinishStep,
        E::Decide,
        E::Charge,
        E::Deliver,
    ];
    let author = Author { node: NodeId([7; 16]), incarnation: 0 };
    let event = |(at, kind): (i64, E)| {
        let on = MONDAY.plus_ms(at * 2 * DAY_MS);
        let detail = Detail {
            terms: (kind == E::Receive).then(|| Box::new(terms())),
            materials: Some(vec!["申请表".to_owned()]),
            document: Some("受〔2026〕1 号".to_owned()),
            procedure: Some(Procedure::ExpertReview),
            days: Some(5),
            fee: Some(2_000),
            basis: Some("条例".to_owned()),
            ..Detail::default()
        };
        let id = EventId { recorded: HybridTime::first_of(on), author };
        (id, Event::new(kind, on, "李秀英", "初审").with(detail))
    };
    (0..).zip(kinds).take(count).map(event).collect()
}

fn shifted(events: &[(EventId, Event)], days: i64) -> Vec<(EventId, Event)> {
    let shift = |(id, event): &(EventId, Event)| {
        let on = event.happened_at.plus_ms(days * DAY_MS);
        let id = EventId { recorded: HybridTime::first_of(on), ..*id };
        (id, Event { happened_at: on, ..event.clone() })
    };
    events.iter().map(shift).collect()
}

fn terms() -> Terms {
    let step = |name: &str, days| StepTerms {
        name: name.to_owned(),
        limit: Some(Limit::WorkingDays(days)),
    };
    Terms {
        item: "C01".to_owned(),
        version: 1,
        case_type: CaseType::HandedUp,
        legal: Some(Limit::WorkingDays(20)),
        promise: Some(Limit::WorkingDays(15)),
        steps: vec![step("初审", 3), step("复核", 5)],
        materials: vec!["身份证".to_owned(), "申请表".to_owned()],
        procedures: vec![Procedure::ExpertReview],
        decide_at: Tier::County,
        is_joint: false,
        publisher: None,
        is_permit: None,
    }
}
