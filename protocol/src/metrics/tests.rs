//! Figures by hand: eight cases of one December, and what every metric makes of them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::case::tests::{almanac, day, events};
use crate::case::{CaseType, fold};
use crate::catalogue::guide::Practical;
use crate::catalogue::kind::OnlineStep;
use crate::catalogue::{Item, ItemId};
use crate::deadline::Limit;
use crate::document::{EventKind, Header, View};
use crate::place::Division;
use crate::time::Timestamp;

const A: &str =
    "12-02 receive\n12-02 accept document=1\n12-06 decide outcome=granted\n12-09 deliver";
const B: &str = "12-02 receive\n12-02 accept document=1\n12-20 decide outcome=granted by=王";
const C: &str = "12-02 receive\n12-02 accept document=1
    12-04 start-procedure procedure=hearing document=2 days=3
    12-09 end-procedure\n12-17 decide outcome=granted";
const WITHDRAWN: &str = "12-03 receive\n12-04 withdraw recorded=12-10";
const OVERDUE: &str = "12-02 receive\n12-02 accept document=1
    12-18 issue-card role=supervisor card=x reason=超时 points=2";
const OPEN: &str = "12-20 receive\n12-20 accept document=1";
const ONLINE: &str = "12-05 receive\n12-05 accept document=1
    12-05 decide outcome=granted\n12-06 deliver channel=网上";
const REFUSED: &str =
    "12-05 receive\n12-05 accept document=1\n12-05 decide outcome=refused reason=无 remedy=复议";

fn town() -> Division {
    "510921103".parse().unwrap()
}

/// The facts of a story, told with other terms.
fn facts_of(story: &str, channel: &str, rating: Option<u8>, case_type: Option<CaseType>) -> Facts {
    let mut events = events(story);
    for (_, event) in events.iter_mut().filter(|(_, event)| event.kind == EventKind::Receive) {
        let detail = event.detail.as_mut().unwrap();
        match (case_type, detail.terms.as_mut()) {
            (Some(CaseType::Immediate), Some(terms)) => {
                (terms.case_type, terms.legal, terms.promise) = (CaseType::Immediate, None, None);
            }
            (None, _) => detail.terms = None,
            (Some(_), _) => {}
        }
    }
    let header = Header {
        number: "1".to_owned(),
        item: "C01".to_owned(),
        item_name: "许可".to_owned(),
        applicant: "某".to_owned(),
        channel: channel.to_owned(),
        taken_by: town(),
        taken_at: Timestamp(0),
        part_of: None,
    };
    let folded = fold(&events, &almanac());
    assert_eq!(folded.anomalies.len(), 0, "{story}");
    let view = View { header: Some(header), events, ..View::default() };
    Facts::of(town(), &view, &folded, rating, &almanac()).unwrap()
}

fn promised(story: &str, rating: Option<u8>) -> Facts {
    facts_of(story, "窗口", rating, Some(CaseType::Promised))
}

fn december() -> Vec<Facts> {
    vec![
        promised(A, Some(5)),
        promised(B, Some(2)),
        promised(C, Some(3)),
        promised(WITHDRAWN, None),
        promised(OVERDUE, None),
        promised(OPEN, None),
        facts_of(ONLINE, "网上", None, Some(CaseType::Immediate)),
        facts_of(REFUSED, "窗口", None, None),
    ]
}

fn ledger(facts: &[Facts]) -> Ledger {
    let mut ledger = Ledger::default();
    facts.iter().for_each(|facts| ledger.put(facts));
    ledger
}

/// Asks as of a day of December, or of January where it says so.
fn ask(ledger: &Ledger, today: &str, change: impl FnOnce(&mut Question<'_>)) -> Metrics {
    let mut question = Question {
        today: today.parse().unwrap_or_else(|_| day(today)),
        from: None,
        to: None,
        by: None,
        against: Against::Promise,
        satisfied_from: 3,
        centres: &BTreeMap::new(),
        items: &[],
        known: &[],
    };
    change(&mut question);
    measure(ledger, &question)
}

/// The figures of a row that come to anything, one a line.
fn told(row: &Row) -> String {
    let line = |it: &Measured| {
        let value = it.value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        format!("{} {}/{} = {value}, {}\n", it.metric, it.numerator, it.denominator, it.left_out)
    };
    row.figures.iter().map(line).collect()
}

fn line(metrics: &Metrics, row: &str, metric: &str) -> String {
    let row = metrics.rows.iter().find(|it| it.key == row).unwrap();
    let all = told(row);
    let found = all.lines().find(|line| line.starts_with(&format!("{metric} "))).unwrap();
    found.to_owned()
}

#[test]
fn eight_cases_of_a_december_come_to_the_figures_computed_by_hand() {
    // Used: A 4, B 14, C 8 besides 3 paused, the last two none. Legal 20 and promise 10 of A, B, C.
    let told = told(&ask(&ledger(&december()), "12-31", |_| {}).rows[0]);
    insta::assert_snapshot!(told, @"
    received 8/0 = 8, 0
    open 2/8 = 2, 0
    finished 5/0 = 5, 0
    ended 1/0 = 1, 0
    immediate-items 0/0 = -, 0
    immediate-cases 1/4 = 25, 1
    promised-speed-up 0/0 = -, 0
    actual-speed-up 34/60 = 56.7, 2
    early 2/3 = 66.7, 2
    on-time 3/5 = 60, 1
    overtime 2/5 = 2, 1
    mean-days 26/5 = 5.2, 0
    paused-share 3/29 = 10.3, 0
    on-the-spot 1/5 = 20, 0
    online-review-items 0/0 = -, 0
    online-cases 1/8 = 12.5, 0
    online-finish-items 0/0 = -, 0
    online-finished 1/5 = 20, 0
    satisfaction 2/3 = 66.7, 2
    rated 3/5 = 60, 0
    cases-per-clerk 5/2 = 2.5, 0
    late-entries 1/26 = 3.8, 0
    points 2/8 = 2, 0
    ");
}

#[test]
fn early_against_the_law_is_another_figure_than_early_against_the_promise() {
    let ledger = ledger(&december());
    let promise = ask(&ledger, "12-31", |_| {});
    let legal = ask(&ledger, "12-31", |question| question.against = Against::Legal);
    assert_eq!(line(&promise, "", "early"), "early 2/3 = 66.7, 2");
    assert_eq!(line(&legal, "", "early"), "early 3/3 = 100, 2");
}

#[test]
fn basically_satisfied_counts_as_satisfied_unless_set_otherwise_and_no_rating_is_none() {
    let ledger = ledger(&december());
    let strict = ask(&ledger, "12-31", |question| question.satisfied_from = 4);
    assert_eq!(line(&strict, "", "satisfaction"), "satisfaction 1/3 = 33.3, 2");
    let unrated = [promised(A, None)];
    let none = ask(&self::ledger(&unrated), "12-31", |_| {});
    assert_eq!(line(&none, "", "satisfaction"), "satisfaction 0/0 = -, 1");
    assert_eq!(line(&none, "", "rated"), "rated 0/1 = 0, 0");
}

#[test]
fn what_nine_ratings_come_to_is_withheld_from_everybody_and_ten_are_told() {
    let rated = |count: usize| ledger(&vec![promised(A, Some(5)); count]);
    let told = |count| {
        let metrics = ask(&rated(count), "12-31", |_| {}).for_everybody();
        let of = |code: &str| {
            let it = metrics.rows[0].figures.iter().find(|it| it.metric == code).unwrap();
            (it.is_withheld, it.value, it.numerator)
        };
        (of("satisfaction"), of("rated").1)
    };
    assert_eq!(told(9), ((true, None, 0.0), Some(100.0)));
    assert_eq!(told(10), ((false, Some(100.0), 10.0), Some(100.0)));
    assert_eq!(told(0).0, (false, None, 0.0), "nothing is no few");
}

#[test]
fn what_a_centre_offers_is_what_it_accepted_since_a_day() {
    let mut ledger = ledger(&december());
    let since = |ledger: &Ledger, on: &str| {
        let from = day_number(day(on)).unwrap();
        ledger.accepted(from).map(|(at, item, n)| format!("{at} {item} {n}")).collect::<Vec<_>>()
    };
    assert_eq!(since(&ledger, "12-01"), ["510921103 C01 7"], "one was withdrawn before");
    assert_eq!(since(&ledger, "12-20"), ["510921103 C01 1"]);
    assert_eq!(since(&ledger, "12-21"), [""; 0]);
    december().iter().for_each(|facts| ledger.take(facts));
    assert_eq!(ledger, Ledger::default());
}

#[test]
fn an_open_case_is_overdue_after_its_last_day_and_in_the_month_of_that_day() {
    let ledger = ledger(&december());
    let on = |today: &str| line(&ask(&ledger, today, |_| {}), "", "overtime");
    // The overdue one was due on the 16th, the open one on 6 January.
    assert_eq!(on("12-16"), "overtime 1/4 = 1, 1");
    assert_eq!(on("12-17"), "overtime 2/5 = 2, 1");
    assert_eq!(on("2014-01-07"), "overtime 3/6 = 3, 1");
    let months = ask(&ledger, "2014-01-07", |question| question.by = Some(By::Month));
    assert_eq!(line(&months, "2013-12", "overtime"), "overtime 2/5 = 2, 1");
    assert_eq!(line(&months, "2014-01", "overtime"), "overtime 1/1 = 1, 0");
    let january = "2014-01".parse().ok();
    let later = ask(&ledger, "2014-01-07", |question| question.from = january);
    assert_eq!(line(&later, "", "on-time"), "on-time 0/1 = 0, 0");
    assert_eq!(line(&later, "", "received"), "received 0/0 = 0, 0");
}

#[test]
fn a_case_on_which_nobody_spoke_is_overdue_once_it_is_deemed_accepted_and_its_promise_is_over() {
    // Received on the 2nd, ten days promised: the notice was due on the 9th, the promise on the 16th.
    let silent = ledger(&[promised("12-02 receive", None)]);
    let on = |today: &str| line(&ask(&silent, today, |_| {}), "", "overtime");
    assert_eq!(
        (on("12-16"), on("12-17")),
        ("overtime 0/0 = 0, 0".into(), "overtime 1/1 = 1, 0".into())
    );
    // Done on the spot: it is accepted on the 10th only, since the 2nd.
    let spot = facts_of("12-02 receive", "窗口", None, Some(CaseType::Immediate));
    let on = |today: &str| {
        line(&ask(&ledger(std::slice::from_ref(&spot)), today, |_| {}), "", "overtime")
    };
    assert_eq!(
        (on("12-09"), on("12-10")),
        ("overtime 0/0 = 0, 0".into(), "overtime 1/1 = 1, 0".into())
    );
    // Waiting for the applicant, or in a special procedure, it is never overdue.
    let waits = promised("12-02 receive\n12-03 notice-supplement materials=申请表", None);
    let paused = "12-02 receive\n12-02 accept document=1\n12-04 start-procedure procedure=hearing document=2 days=3";
    assert_eq!((waits.due, promised(paused, None).due), (None, None));
}

fn offering(id: &str, authority: Option<&str>, online: Option<Vec<OnlineStep>>) -> Item {
    let mut item = Item::named(id.parse::<ItemId>().unwrap(), "许可");
    item.authority = authority.map(str::to_owned);
    item.practical =
        online.map(|online| Practical { online: Some(online), ..Practical::default() });
    item
}

#[test]
fn what_is_offered_stands_beside_what_is_used() {
    let items = [
        offering("C01", Some("公安局"), Some(vec![OnlineStep::PreReview, OnlineStep::Decision])),
        offering("C02", Some("民政局"), Some(vec![OnlineStep::PreReview])),
        offering("C03", None, None),
    ];
    let items: Vec<&Item> = items.iter().collect();
    let ledger = ledger(&december());
    let report = |by| {
        let question = Question {
            today: day("12-31"),
            from: None,
            to: None,
            by,
            against: Against::Promise,
            satisfied_from: 3,
            centres: &BTreeMap::new(),
            items: &items,
            known: &items,
        };
        measure(&ledger, &question)
    };
    let all = report(None);
    assert_eq!(line(&all, "", "online-review-items"), "online-review-items 2/2 = 100, 1");
    assert_eq!(line(&all, "", "online-cases"), "online-cases 1/8 = 12.5, 0");
    assert_eq!(line(&all, "", "online-finish-items"), "online-finish-items 1/2 = 50, 1");
    assert_eq!(line(&all, "", "online-finished"), "online-finished 1/5 = 20, 0");
    let by = report(Some(By::Department));
    assert_eq!(line(&by, "公安局", "online-finish-items"), "online-finish-items 1/1 = 100, 0");
    assert_eq!(line(&by, "公安局", "received"), "received 8/0 = 8, 0");
    let by = report(Some(By::Item));
    assert_eq!(
        by.rows.iter().map(|row| row.name.zh.as_str()).collect::<Vec<_>>(),
        ["合计", "许可", "许可", "许可"]
    );
    assert_eq!(line(&by, "C02", "online-review-items"), "online-review-items 1/1 = 100, 0");
    assert_eq!(line(&by, "C02", "online-cases"), "online-cases 0/0 = -, 0", "offered, never used");
    assert_eq!(line(&by, "C01", "cases-per-clerk"), "cases-per-clerk 5/2 = 2.5, 0");
    let by = report(Some(By::Department));
    assert_eq!(line(&by, "民政局", "online-finish-items"), "online-finish-items 0/1 = 0, 0");
    assert_eq!(line(&by, "公安局", "cases-per-clerk"), "cases-per-clerk 5/2 = 2.5, 0");
    // A month offers nothing of its own: the catalogue's offer stands in the first row alone.
    let by = report(Some(By::Month));
    let offered = |row: &Row| row.figures.iter().any(|it| it.metric.ends_with("-items"));
    assert_eq!(by.rows.iter().map(offered).collect::<Vec<_>>(), [true, false, false]);
    for metric in METRICS {
        let beside = metric.beside.map(|code| METRICS.iter().find(|it| it.code == code).unwrap());
        assert!(beside.is_none_or(|it| it.beside == Some(metric.code)), "{}", metric.code);
    }
}

#[test]
fn what_the_catalogue_promises_is_counted_by_item_and_by_hand() {
    let item = |id: &str, case_type, legal: u16, promise: Option<u16>| {
        let mut item = offering(id, None, None);
        item.case_type = case_type;
        item.legal = Some(Limit::WorkingDays(legal).into());
        item.promise = promise.map(|days| Limit::WorkingDays(days).into());
        item
    };
    let items = [
        item("C01", Some(CaseType::Immediate), 10, None),
        item("C02", Some(CaseType::Promised), 20, Some(5)),
        item("C03", Some(CaseType::HandedUp), 30, Some(20)),
        item("C04", None, 40, None),
    ];
    let items: Vec<&Item> = items.iter().collect();
    let question = Question {
        today: day("12-31"),
        from: None,
        to: None,
        by: None,
        against: Against::Promise,
        satisfied_from: 3,
        centres: &BTreeMap::new(),
        items: &items,
        known: &[],
    };
    let all = measure(&Ledger::default(), &question);
    // One of the three whose type is known; (10 − 0) + (20 − 5) + (30 − 20) of 60 days.
    assert_eq!(line(&all, "", "immediate-items"), "immediate-items 1/3 = 33.3, 1");
    assert_eq!(line(&all, "", "promised-speed-up"), "promised-speed-up 35/60 = 58.3, 1");
}

#[test]
fn counties_add_their_townships_up_and_a_centre_without_a_case_has_its_row() {
    let named = |text: &str| Named { zh: text.to_owned(), en: text.to_owned() };
    let county: Division = "510921".parse().unwrap();
    let centres = [(county, (named("蓬溪县"), county)), (town(), (named("文井镇"), county))].into();
    let ledger = ledger(&december());
    let ask = |by| {
        let mut question = Question {
            today: day("12-31"),
            from: None,
            to: None,
            by: Some(by),
            against: Against::Promise,
            satisfied_from: 3,
            centres: &centres,
            items: &[],
            known: &[],
        };
        question.by = Some(by);
        measure(&ledger, &question)
    };
    let by_county = ask(By::County);
    assert_eq!(line(&by_county, "510921", "cases-per-clerk"), "cases-per-clerk 5/2 = 2.5, 0");
    assert_eq!(by_county.rows.len(), 2);
    let by_centre = ask(By::Centre);
    assert_eq!(line(&by_centre, "510921", "received"), "received 0/0 = 0, 0");
    assert_eq!(line(&by_centre, "510921103", "received"), "received 8/0 = 8, 0");
}

#[test]
fn facts_keep_their_bytes_and_nothing_of_them_is_lost() {
    for facts in december() {
        let bytes = minicbor::to_vec(&facts).unwrap();
        assert_eq!(minicbor::decode::<Facts>(&bytes).unwrap(), facts);
        assert!(bytes.len() < 90, "{} bytes", bytes.len());
    }
}

proptest! {
    /// Cases change, that is, are taken out and put in again, in any order.
    #[test]
    fn a_report_is_the_same_whatever_the_order_and_the_detours(
        order in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle(),
        before in prop::collection::vec(0..8_usize, 8),
    ) {
        let facts = december();
        let mut wandered = Ledger::default();
        for place in &order {
            wandered.put(&facts[before[*place]]); // As it was before.
        }
        for place in order.iter().rev() {
            wandered.take(&facts[before[*place]]);
            wandered.put(&facts[*place]);
        }
        prop_assert_eq!(&wandered, &ledger(&facts));
        let report = |ledger: &Ledger| {
            format!("{:?}", ask(ledger, "12-31", |it| it.by = Some(By::Month)))
        };
        prop_assert_eq!(report(&wandered), report(&ledger(&facts)));
        for facts in &facts {
            wandered.take(facts);
        }
        prop_assert_eq!(wandered, Ledger::default());
    }
}
