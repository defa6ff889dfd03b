//! Cases as short stories, told day by day.

mod clocks;
mod every_card;
mod fold;
mod green;
mod joint;
mod law;
mod replicas;
mod supervision;

use jiff::civil::{Date, date};

use super::{CaseType, Folded, StepTerms, Terms, clocks as clocks_of, fold as fold_events};
use crate::calendar::{Almanac, Exception, YearNotice, civil_day};
use crate::deadline::Limit;
use crate::document::{Detail, Event, EventId, EventKind, Procedure, Role};
use crate::identity::{Author, NodeId};
use crate::place::Tier;
use crate::time::{HybridTime, Timestamp};

/// 2013, of which only 25 December is off and Saturday the 28th made up. 2 December is a Monday.
pub(crate) fn almanac() -> Almanac {
    let days = [
        (date(2013, 12, 25), Exception::Holiday, "节".to_owned()),
        (date(2013, 12, 28), Exception::MakeUp, "节".to_owned()),
    ];
    let mut almanac = Almanac::default();
    almanac.take(Timestamp(0), YearNotice::new(2013, days).unwrap());
    almanac
}

pub(crate) fn day(text: &str) -> Date {
    format!("2013-{text}").parse().unwrap()
}

/// Nine in the morning of a day like `12-02`.
fn morning(text: &str) -> Timestamp {
    Timestamp(morning_ms(day(text)))
}

fn morning_ms(day: Date) -> i64 {
    let days = (date(1970, 1, 1).until(day)).unwrap().get_days();
    i64::from(days) * 86_400_000 + 3_600_000 // One at night in London is nine in Suining.
}

pub(crate) fn terms() -> Terms {
    let step = |name: &str, days| StepTerms {
        name: name.to_owned(),
        limit: Some(Limit::WorkingDays(days)),
    };
    Terms {
        item: "C01".to_owned(),
        version: 1,
        case_type: CaseType::Promised,
        legal: Some(Limit::WorkingDays(20)),
        promise: Some(Limit::WorkingDays(10)),
        steps: vec![step("初审", 3), step("复核", 5)],
        materials: vec!["身份证".to_owned(), "申请表".to_owned()],
        procedures: vec![Procedure::Hearing],
        decide_at: Tier::County,
        is_joint: false,
        publisher: None,
        is_permit: None,
    }
}

/// Reads `12-02 receive` or `12-05 decide outcome=refused reason=无 remedy=复议 recorded=12-20`;
/// `note=`, `role=`, `document=`, `materials=a/b`, `days=`, `procedure=`, `ground=`, `staff=a/b`,
/// `tier=`, `card=`, `item=`, `plan=`, `parts=0/1`, `answers=0:agreed` and the like set what they say, `by=` who recorded it, `_` for
/// a blank.
fn read(line: &str) -> (Timestamp, Event) {
    let mut words = line.split_whitespace();
    let happened_at = morning(words.next().unwrap());
    let kind: EventKind = words.next().unwrap().parse().unwrap();
    let (mut event, mut recorded_at) = (Event::new(kind, happened_at, "李", ""), happened_at);
    let mut detail = Detail::default();
    if kind == EventKind::Receive {
        detail.terms = Some(Box::new(terms()));
    }
    if matches!(kind, EventKind::Decide | EventKind::Extend) {
        detail.tier = Some(Tier::County); // The authority that decides.
    }
    if matches!(kind, EventKind::RuleAppeal | EventKind::WithdrawCard) {
        detail.tier = Some(Tier::City);
    }
    for word in words {
        let (name, value) = word.split_once('=').unwrap();
        let text = Some(value.to_owned());
        let list = Some(value.split('/').map(str::to_owned).collect());
        match name {
            "note" => value.clone_into(&mut event.note),
            "recorded" => recorded_at = morning(value),
            "role" => detail.role = Some(value.parse().unwrap()),
            "document" => detail.document = text,
            "reason" => detail.reason = text,
            "remedy" => detail.remedy = text,
            "materials" => detail.materials = list,
            "staff" => detail.staff = list,
            "days" => detail.days = Some(value.parse().unwrap()),
            "procedure" => detail.procedure = Some(value.parse().unwrap()),
            "outcome" => detail.outcome = Some(value.parse().unwrap()),
            "card" => detail.card = text,
            "points" => detail.points = Some(value.parse().unwrap()),
            "appeal" => detail.appeal = Some(value.parse().unwrap()),
            "ruling" => detail.ruling = Some(value.parse().unwrap()),
            "fee" => detail.fee = Some(value.parse().unwrap()),
            "basis" => detail.basis = text,
            "by" => event.by = value.replace('_', " "),
            "channel" => detail.channel = text,
            "ground" => detail.ground = Some(value.parse().unwrap()),
            "tier" if value == "city" => detail.tier = Some(Tier::City),
            "tier" if value == "county" => detail.tier = Some(Tier::County),
            "tier" => detail.tier = Some(Tier::Township),
            "plan" => joint::lead(&mut detail),
            "part" => detail.part = joint::part(value.parse().unwrap()),
            "parts" => {
                detail.parts = Some(value.split('/').map(|it| it.parse().unwrap()).collect());
            }
            "answers" => detail.answers = Some(value.split('/').map(joint::answered).collect()),
            "gathering" => detail.gathering = Some(value.parse().unwrap()),
            "ends" => detail.permit_ends = Some(morning(value)),
            // What the item says: `permit`, or the word of another kind.
            "item" => {
                let terms = detail.terms.take().map(|terms| *terms);
                let is_permit = Some(value == "permit");
                detail.terms = terms.map(|terms| Box::new(Terms { is_permit, ..terms }));
            }
            "meets" => detail.meets_at = Some(morning(value)),
            other => panic!("{other}"),
        }
    }
    (recorded_at, event.with(detail))
}

pub(crate) fn events(story: &str) -> Vec<(EventId, Event)> {
    let author = Author { node: NodeId([1; 16]), incarnation: 0 };
    let mut events: Vec<(EventId, Event)> = Vec::new();
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (recorded_at, event) = read(line);
        let first = HybridTime::first_of(recorded_at);
        let recorded = events.last().map_or(first, |(last, _)| last.recorded.next(recorded_at));
        events.push((EventId { recorded, author }, event));
    }
    events
}

fn folded(story: &str) -> Folded {
    fold_events(&events(story), &almanac())
}

/// What is wrong with a story: what has no effect, then what has and should not be.
fn wrong(story: &str) -> Vec<String> {
    let folded = folded(story);
    let anomalies = folded.anomalies.values().map(|anomaly| match anomaly {
        super::Anomaly::Unlawful(fault) => fault.to_string(),
        other => format!("{other:?}"),
    });
    let breaches = folded.course.breaches.values().flatten().map(ToString::to_string);
    anomalies.chain(breaches).collect()
}

/// The clocks of a story as of a day, one line each: name, last day, days used, standing.
fn told(story: &str, today: &str) -> String {
    let today = day(today);
    let folded = folded(story).on(today, &almanac());
    let told = clocks_of(&folded.course, &almanac(), today).into_iter().map(|clock| {
        let due =
            clock.due.map_or_else(|| "-".to_owned(), |due| due.date.strftime("%m-%d").to_string());
        format!("{} {due} {} {}\n", clock.kind.zh(), clock.used, clock.zh())
    });
    told.collect()
}

#[test]
fn the_mornings_of_these_stories_are_the_days_they_say() {
    assert_eq!(civil_day(morning("12-02")), day("12-02"));
    assert_eq!(Role::default(), Role::Window);
}
