//! What the law allows, what it does not, and what it lets stand with a mark.

use proptest::prelude::*;

use super::*;
use crate::case::State;
use crate::case::joint::{Answer, Answered, Gathering};
use crate::case::law::check;
use crate::case::{Anomaly, Fault};
use crate::document::{AppealGround, Ground, Outcome, Ruling};

const TAKEN: &str = "12-02 receive\n12-02 accept document=1";

#[test]
fn a_case_goes_its_lawful_way_from_receipt_to_delivery() {
    let story = "12-02 receive
        12-02 correct materials=申请表
        12-03 notice-supplement materials=身份证/申请表
        12-05 receive
        12-05 accept document=受2013-1
        12-06 finish-step note=初审
        12-09 start-procedure procedure=hearing document=听2013-1 days=10
        12-20 end-procedure
        12-23 extend role=chief days=10 reason=案情复杂 tier=county
        12-30 decide outcome=refused reason=不符合条件 remedy=行政复议
        12-31 deliver";
    assert_eq!(wrong(story), [""; 0]);
    assert_eq!(folded(story).course.state, State::Delivered);
    assert_eq!(folded(story).course.closed_on, Some(day("12-31")));
}

/// Tells a story whose last event is unlawful, and what is said of it.
#[track_caller]
fn refused(story: &str, why: &str) {
    let before: Vec<&str> = story.trim().lines().collect();
    let lawful = before[..before.len() - 1].join("\n");
    assert_eq!(wrong(&lawful), [""; 0], "the story before");
    let same = folded(&lawful).course;
    let after = folded(story);
    assert_eq!(after.course, same, "an unlawful event changes nothing");
    assert_eq!(wrong(story), [why]);
}

#[test]
fn an_event_that_the_law_does_not_allow_has_no_effect_and_names_the_article() {
    refused(
        "12-02 receive\n12-03 notice-supplement",
        "`notice-supplement` must say every material concerned (Administrative Licensing Law, article 32-4)",
    );
    refused(
        "12-02 receive\n12-02 reject ground=not-competent reason=非本局职权 document=1",
        "`reject` must say where the applicant may turn (Administrative Licensing Law, article 32-1, 32-2)",
    );
    refused(
        &format!("{TAKEN}\n12-04 start-procedure procedure=hearing document=1"),
        "`start-procedure` must say how many working days (Administrative Licensing Law, article 45)",
    );
    refused(
        &format!("{TAKEN}\n12-04 decide outcome=refused reason=不符合条件"),
        "`decide` must say where the applicant may turn (Administrative Licensing Law, article 38)",
    );
    refused(
        &format!("{TAKEN}\n12-04 decide outcome=refused remedy=行政复议"),
        "`decide` must say its reason (Administrative Licensing Law, article 38)",
    );
    refused(&format!("{TAKEN}\n12-04 terminate reason=其他"), "`terminate` must say its ground");
    refused(
        &format!("{TAKEN}\n12-04 notice-supplement materials=身份证"),
        "a case in state `accepted` takes no `notice-supplement` (Administrative Licensing Law, article 32-4)",
    );
}

#[test]
fn an_extension_is_the_chiefs_once_in_time_and_within_ten_days() {
    refused(
        &format!("{TAKEN}\n12-04 extend days=5 reason=复杂"),
        "a window may not record `extend`; it takes chief (Administrative Licensing Law, article 42)",
    );
    refused(
        &format!("{TAKEN}\n12-04 extend role=chief days=11 reason=复杂"),
        "11 working days are above the 10 that the law allows (Administrative Licensing Law, article 42)",
    );
    refused(
        &format!("{TAKEN}\n12-04 extend role=chief days=5 reason=复杂 tier=township"),
        "the County decides this case; the Township may not `extend` (Administrative Licensing Law, article 42)",
    );
    let once = format!("{TAKEN}\n12-04 extend role=chief days=5 reason=复杂");
    refused(
        &format!("{once}\n12-05 extend role=chief days=5 reason=复杂"),
        "the limit was extended once already (Administrative Licensing Law, article 42)",
    );
    // Accepted on 10-08, twenty working days end on 11-05 (no notice names October here).
    let old = "10-08 receive\n10-08 accept document=1";
    assert_eq!(wrong(&format!("{old}\n11-05 extend role=chief days=5 reason=复杂")), [""; 0]);
    refused(
        &format!("{old}\n11-06 extend role=chief days=5 reason=复杂"),
        "the legal limit ended on 2013-11-05; on 2013-11-06 it is too late to extend it (Administrative Licensing Law, article 42)",
    );
    // Said to have happened in time, recorded when it was over: what was recorded counts.
    let late = format!("{old}\n11-05 extend role=chief days=5 reason=复杂 recorded=11-12");
    assert!(wrong(&late)[0].starts_with("the legal limit ended on 2013-11-05; on 2013-11-12"));
}

#[test]
fn without_a_legal_limit_the_promise_is_the_one_to_be_extended_in_time() {
    let extended = |on: &str| {
        let mut events = events(&format!("{TAKEN}\n{on} extend role=chief days=5 reason=复杂"));
        let terms = Terms { legal: None, ..terms() };
        events[0].1.detail =
            Some(Box::new(Detail { terms: Some(Box::new(terms)), ..events[0].1.detail().clone() }));
        fold_events(&events, &almanac()).course.extended()
    };
    assert_eq!((extended("12-16"), extended("12-17")), (5, 0));
}

#[test]
fn an_extension_that_was_asked_for_when_the_promise_was_over_lengthens_the_law_alone() {
    let clocks =
        |on: &str| told(&format!("{TAKEN}\n{on} extend role=chief days=5 reason=复杂"), "12-19");
    let two = |on: &str| clocks(on).lines().take(2).collect::<Vec<_>>().join("; ");
    // The promise ends on the 16th, the law on the 30th; five days more are the 23rd and 7 January.
    assert_eq!(
        two("12-16"),
        "法定时限 01-07 13 还剩 12 个工作日; 承诺时限 12-23 13 还剩 2 个工作日"
    );
    assert_eq!(
        two("12-17"),
        "法定时限 01-07 13 还剩 12 个工作日; 承诺时限 12-16 13 已超 3 个工作日"
    );
}

#[test]
fn once_a_case_was_handed_up_nobody_below_stops_its_clock_or_terminates_it() {
    let hearing = "start-procedure procedure=hearing document=1 days=3";
    let terminate = "terminate ground=other reason=无";
    assert_eq!(wrong(&format!("{TAKEN}\n12-04 {hearing} tier=township")), [""; 0]);
    let up = format!("{TAKEN}\n12-04 hand-up tier=township");
    refused(
        &format!("{up}\n12-05 {hearing} tier=township"),
        "the County decides this case; the Township may not `start-procedure` (Administrative Licensing Law, article 45)",
    );
    refused(
        &format!("{up}\n12-05 {hearing} tier=county\n12-06 end-procedure tier=township"),
        "the County decides this case; the Township may not `end-procedure` (Administrative Licensing Law, article 45)",
    );
    refused(
        &format!("{up}\n12-05 {terminate}"),
        "the County decides this case; the Township may not `terminate`",
    );
    for event in [
        format!("{hearing} tier=county"),
        format!("{terminate} tier=county"),
        "withdraw".to_owned(),
    ] {
        assert_eq!(wrong(&format!("{up}\n12-05 {event}")), [""; 0]);
    }
}

#[test]
fn whoever_stands_below_the_authority_does_not_decide_nor_does_one_that_does_not_say_where_it_stands()
 {
    let no = "the County decides this case; the Township may not `decide`";
    refused(&format!("{TAKEN}\n12-04 decide outcome=granted tier=township"), no);
    assert_eq!(wrong(&format!("{TAKEN}\n12-04 decide outcome=granted tier=city")), [""; 0]);
    let mut events = events(&format!("{TAKEN}\n12-04 decide outcome=granted"));
    let (id, event) = events.last_mut().unwrap();
    let silent = Detail { tier: None, ..event.detail().clone() };
    (event.detail, event.note) = (Some(Box::new(silent)), String::new());
    let id = *id;
    let fault =
        Fault::WrongTier { event: EventKind::Decide, tier: Tier::Township, decides: Tier::County };
    let anomalies = fold_events(&events, &almanac()).anomalies;
    assert_eq!(anomalies, [(id, Anomaly::Unlawful(fault))].into());
}

#[test]
fn a_renewal_on_which_nobody_decided_before_the_permit_ended_is_granted_by_law() {
    // Thirty days after 8 October are 7 November.
    let taken = "10-08 receive ends=11-07\n10-08 accept document=1";
    let on = |story: &str, last: &str| folded(story).on(day(last), &almanac()).course.state;
    assert_eq!(on(taken, "11-07"), State::Accepted);
    assert_eq!(on(taken, "11-08"), State::Renewed);
    let heard = format!("{taken}\n10-10 start-procedure procedure=hearing document=1 days=30");
    assert_eq!(on(&heard, "11-08"), State::Renewed);
    let late = "10-09 receive ends=11-07\n10-09 accept document=1";
    assert_eq!(on(late, "11-08"), State::Accepted, "applied for too late");
    assert_eq!(on("10-08 receive\n10-08 accept document=1", "11-08"), State::Accepted);
    let decided = format!("{taken}\n10-18 decide outcome=refused reason=不符 remedy=复议");
    assert_eq!(on(&decided, "11-08"), State::Decided);
    let no = format!("{taken}\n11-11 decide outcome=refused reason=不符 remedy=复议");
    assert_eq!(
        wrong(&no),
        [
            "the permit is renewed by law and cannot be refused any more (Administrative Licensing Law, article 50)"
        ]
    );
    let paper = format!("{taken}\n11-11 decide outcome=granted\n11-12 deliver");
    assert_eq!((wrong(&paper), on(&paper, "11-12")), (vec![], State::Delivered));
}

#[test]
fn a_receipt_that_was_recorded_late_renews_no_permit_by_the_day_it_claims() {
    let on = |story: &str| folded(story).on(day("11-08"), &almanac()).course.state;
    let next_day = "10-08 receive ends=11-08 recorded=10-09\n10-09 accept document=1";
    assert_eq!(folded(next_day).on(day("11-09"), &almanac()).course.state, State::Renewed);
    let claimed = "10-08 receive ends=11-07 recorded=11-05\n11-05 accept document=1";
    let course = folded(claimed).course;
    assert_eq!(on(claimed), State::Accepted, "nobody could decide on what nobody had recorded");
    assert_eq!(course.received_on, Some(day("10-08")), "the office's other days run from then");
}

#[test]
fn only_a_permit_is_renewed_and_a_joint_application_is_none() {
    refused(
        "12-02 receive plan=1 ends=12-31",
        "only a permit can be renewed (Administrative Licensing Law, article 50)",
    );
    let service = "12-02 receive item=service ends=12-31";
    refused(service, "only a permit can be renewed (Administrative Licensing Law, article 50)");
    assert_eq!(folded(service).course.state, State::Draft, "on arrival it is void too");
    // Earlier versions do not say of what kind the item is.
    for told in ["12-02 receive item=permit ends=12-31", "12-02 receive ends=12-31"] {
        assert_eq!(wrong(told), [""; 0]);
    }
}

#[test]
fn nothing_is_said_to_have_happened_before_what_it_follows() {
    let hearing = "start-procedure procedure=hearing document=1 days=3";
    let heard = format!("{TAKEN}\n12-05 {hearing}\n12-10 end-procedure");
    refused(
        &format!("{heard}\n12-09 {hearing} recorded=12-10"),
        "`start-procedure` on 2013-12-09 would come before `end-procedure` on 2013-12-10",
    );
    refused(
        &format!("{TAKEN}\n12-05 {hearing}\n12-04 end-procedure recorded=12-05"),
        "`end-procedure` on 2013-12-04 would come before `start-procedure` on 2013-12-05",
    );
    let accepted = "12-02 receive\n12-04 accept document=1";
    refused(
        &format!("{accepted}\n12-03 decide outcome=granted recorded=12-04"),
        "`decide` on 2013-12-03 would come before `accept` on 2013-12-04",
    );
    refused(
        &format!("{TAKEN}\n12-05 decide outcome=granted\n12-04 deliver recorded=12-05"),
        "`deliver` on 2013-12-04 would come before `decide` on 2013-12-05",
    );
    refused(
        "12-02 receive\n12-04 notice-supplement materials=身份证\n12-03 receive recorded=12-04",
        "`receive` on 2013-12-03 would come before `notice-supplement` on 2013-12-04",
    );
    assert_eq!(wrong(&format!("{heard}\n12-10 {hearing}")), [""; 0], "on the same day");
}

#[test]
fn clocks_that_differ_by_minutes_around_midnight_make_nothing_unlawful() {
    let mut events = events(&format!("{TAKEN}\n12-05 decide outcome=granted\n12-05 deliver"));
    let midnight = morning("12-05").plus_ms(-9 * 3_600_000);
    let told = |minutes_before: i64, events: &mut Vec<(EventId, Event)>| {
        events[2].1.happened_at = midnight.plus_ms(60_000);
        events[3].1.happened_at = midnight.plus_ms(-minutes_before * 60_000);
        fold_events(&*events, &almanac()).anomalies.len()
    };
    assert_eq!((told(5, &mut events), told(30, &mut events)), (0, 1));
}

#[test]
fn a_receipt_of_a_day_before_there_were_such_offices_is_refused() {
    let mut events = events("12-02 receive");
    events[0].1.happened_at = Timestamp(-639_100_800_000); // 1949-10-01, eight in the morning.
    assert_eq!(fold_events(&events, &almanac()).anomalies.len(), 0);
    events[0].1.happened_at = Timestamp(-639_100_800_000 - 9 * 3_600_000);
    let folded = fold_events(&events, &almanac());
    let told: Vec<String> = folded.anomalies.values().map(|it| format!("{it:?}")).collect();
    assert!(told[0].contains("LongAgo { happened_on: 1949-09-30 }"), "{told:?}");
    assert_eq!(folded.course.state, State::Draft);
}

#[test]
fn a_procedure_is_announced_for_a_year_at_most_and_an_empty_name_is_no_material() {
    refused(
        &format!("{TAKEN}\n12-04 start-procedure procedure=hearing document=1 days=367"),
        "`start-procedure` cannot say 367 working days; up to 366 are taken (Administrative Licensing Law, article 45)",
    );
    refused(
        "12-02 receive\n12-03 notice-supplement materials=",
        "`notice-supplement` must say every material concerned (Administrative Licensing Law, article 32-4)",
    );
}

#[test]
fn an_inspection_by_its_name_that_does_not_say_who_went_is_marked() {
    for step in ["踏勘", "现场核查", "实地查看"] {
        let story = format!("{TAKEN}\n12-04 finish-step note={step}");
        assert_eq!(wrong(&story), ["fewer than two went to the site"], "{step}");
        assert_eq!(wrong(&format!("{story} staff=李/王")), [""; 0]);
    }
    assert_eq!(wrong(&format!("{TAKEN}\n12-04 finish-step note=初审")), [""; 0]);
}

#[test]
fn a_step_that_the_guide_does_not_have_is_marked_and_ends_no_limit() {
    let why = "the guide has no step `初申`; no limit of a step ends with it";
    assert_eq!(wrong(&format!("{TAKEN}\n12-04 finish-step note=初申")), [why]);
}

#[test]
fn what_no_article_says_names_the_rule_of_cases() {
    let decided = format!("{TAKEN}\n12-04 decide outcome=granted");
    refused(
        &format!("{decided}\n12-05 withdraw"),
        "a case in state `decided` takes no `withdraw` (rule of cases: only from received, supplement noticed, deemed accepted, accepted, in review, paused, referred, supplementing, silent, absent)",
    );
    refused(
        "12-02 receive\n12-03 import",
        "a case in state `received` takes no `import` (rule of cases: only from draft, imported)",
    );
}

#[test]
fn an_event_that_says_it_is_of_a_later_day_brings_the_case_no_further_than_its_record() {
    refused(
        "12-02 receive\n12-30 finish-step recorded=12-03",
        "a case in state `received` takes no `finish-step` (Administrative Licensing Law, article 34)",
    );
    refused(
        "12-03 refer part=0\n12-03 acknowledge tier=county\n12-30 finish-step recorded=12-04",
        "2013-12-30T09:00:00+08:00 has not come yet",
    );
}

#[test]
fn what_happened_before_receipt_or_has_not_happened_yet_has_no_effect() {
    refused(
        "12-03 receive\n12-02 accept document=1 recorded=12-03",
        "2013-12-02 is before the day of receipt, 2013-12-03",
    );
    refused(
        "12-02 receive\n12-05 accept document=1 recorded=12-03",
        "2013-12-05T09:00:00+08:00 has not come yet",
    );
}

#[test]
fn what_nobody_spoke_of_within_five_days_is_accepted_since_its_receipt() {
    // The fifth working day after Monday is the next Monday.
    let in_time = "12-02 receive\n12-09 notice-supplement materials=身份证";
    assert_eq!(wrong(in_time), [""; 0]);
    let late = "12-02 receive\n12-10 notice-supplement materials=身份证";
    assert_eq!(
        wrong(late),
        [
            "a case in state `deemed accepted` takes no `notice-supplement` (Administrative Licensing Law, article 32-4)",
            "nobody spoke by 2013-12-09; accepted since its receipt",
        ]
    );
    let course = folded(late).course;
    assert_eq!((course.state, course.accepted_on), (State::Deemed, Some(day("12-02"))));
    // Nothing need happen for it: the day alone does it.
    let silent = folded("12-02 receive");
    assert_eq!(silent.clone().on(day("12-09"), &almanac()).course.state, State::Received);
    assert_eq!(silent.on(day("12-10"), &almanac()).course.state, State::Deemed);
    // A late acceptance confirms it, and gains no day.
    let confirmed = folded("12-02 receive\n12-12 accept document=1").course;
    assert_eq!(confirmed.accepted_on, Some(day("12-02")));
    assert_eq!(confirmed.state, State::Accepted);
    // So does one that is said to have come in time, and was recorded after it.
    let claimed = "12-02 receive\n12-09 notice-supplement materials=身份证 recorded=12-16";
    assert_eq!(folded(claimed).course.state, State::Deemed);
}

#[test]
fn the_five_days_are_law_for_permits_alone_and_begin_the_promise_of_all() {
    let breached = "nobody spoke by 2013-12-09; accepted since its receipt";
    for (item, told) in [("", breached), (" item=permit", breached), (" item=benefit", "")] {
        let story = format!("12-02 receive{item}\n12-12 accept document=1");
        assert_eq!(wrong(&story).concat(), told, "{item}");
        let course = folded(&story).course;
        assert_eq!(course.accepted_on, Some(day("12-02")), "{item}: nobody gains a day");
    }
}

#[test]
fn supplements_begin_the_five_days_anew() {
    let story = "12-02 receive
        12-03 notice-supplement materials=身份证
        12-16 receive";
    let course = folded(story).on(day("12-23"), &almanac()).course;
    assert_eq!((course.state, course.received_on), (State::Received, Some(day("12-02"))));
    let course = folded(story).on(day("12-24"), &almanac()).course;
    assert_eq!((course.state, course.accepted_on), (State::Deemed, Some(day("12-16"))));
}

#[test]
fn a_second_notice_for_what_could_be_asked_the_first_time_is_a_breach() {
    let first = "12-02 receive\n12-03 notice-supplement materials=身份证\n12-04 receive";
    let second =
        |materials: &str| format!("{first}\n12-05 notice-supplement materials={materials}");
    assert_eq!(wrong(&second("身份证")), [""; 0], "what was asked and did not come");
    assert_eq!(wrong(&second("申请表")), ["申请表 could have been asked for the first time"]);
    assert_eq!(
        wrong("12-02 receive\n12-03 notice-supplement materials=担保书"),
        ["not on the item's list, and without a reason: 担保书"]
    );
    assert_eq!(
        wrong("12-02 receive\n12-03 notice-supplement materials=担保书 reason=新规"),
        [""; 0]
    );
}

#[test]
fn what_has_its_effect_and_should_not_be_is_marked() {
    assert_eq!(
        wrong("12-02 receive\n12-02 accept"),
        ["no number of the paper given to the applicant"]
    );
    let marked = [
        ("12-04 finish-step note=踏勘 staff=李", "fewer than two went to the site"),
        (
            "12-04 start-procedure procedure=auction document=1 days=5",
            "the guide does not speak of this special procedure",
        ),
        ("12-04 finish-step note=初审 recorded=12-09", "recorded 3 working days after it happened"),
    ];
    for (event, why) in marked {
        assert_eq!(wrong(&format!("{TAKEN}\n{event}")), [why]);
    }
    assert_eq!(wrong(&format!("{TAKEN}\n12-04 finish-step note=踏勘 staff=李/王")), [""; 0]);
    assert_eq!(
        wrong(&format!("{TAKEN}\n12-04 finish-step note=初审 recorded=12-05")),
        [""; 0],
        "the next working day is in time"
    );
    assert_eq!(
        wrong(&format!("{TAKEN}\n12-04 decide outcome=granted\n12-19 deliver")),
        ["was to be handed over by 2013-12-18"]
    );
}

/// An event as any tier's counter might send it, lawful or not.
fn any_event() -> impl Strategy<Value = (EventKind, i64, i64, Detail)> {
    let kinds: Vec<EventKind> = EventKind::all().filter(|kind| kind.is_of_case()).collect();
    let some_text = proptest::option::of(Just("甲".to_owned()));
    let role = proptest::option::of(proptest::sample::select(Role::ALL));
    let outcome = proptest::option::of(proptest::sample::select(Outcome::ALL));
    let said = (some_text.clone(), some_text, role, outcome, proptest::option::of(0_u16..14));
    let detail = said.prop_map(|(reason, remedy, role, outcome, days)| Detail {
        card: reason.clone(),
        document: remedy.clone(),
        materials: remedy.clone().map(|it| vec![it]),
        procedure: days.map(|_| Procedure::Hearing),
        ground: days.map(|_| Ground::Other),
        appeal: days.map(|_| AppealGround::Outage),
        ruling: days.map(|_| Ruling::Withdrawn),
        parts: days.map(|days| vec![days % 4]),
        answers: days.map(|days| {
            let answer = if days % 3 == 0 { Answer::Silent } else { Answer::Agreed };
            (0..days.min(4)).map(|place| Answered { place, answer }).collect()
        }),
        gathering: days.map(|_| Gathering::Meeting),
        meets_at: days.map(|days| morning("12-03").plus_ms(i64::from(days) * 86_400_000)),
        tier: days.map(|days| if days == 1 { Tier::Township } else { Tier::County }),
        fee: days.map(u64::from),
        reason,
        remedy,
        role,
        outcome,
        days,
        ..Detail::default()
    });
    (proptest::sample::select(kinds), 0_i64..200, -1_i64..100, detail)
}

/// A case, a joint one, and a part of a joint one.
const STARTS: &[&str] = &[
    "12-02 receive",
    "12-02 receive plan=1\n12-02 accept document=1\n12-03 refer parts=0/1",
    "12-02 refer part=0\n12-02 acknowledge tier=county",
];

proptest! {
    #[test]
    fn what_one_counter_takes_every_store_takes_on_arrival(
        start in proptest::sample::select(STARTS),
        tried in proptest::collection::vec(any_event(), 1..40),
    ) {
        let (mut taken, mut now) = (events(start), morning("12-03"));
        for (kind, hours_later, hours_back, detail) in tried {
            now = now.plus_ms(hours_later * 3_600_000);
            let happened_at = now.plus_ms(-hours_back * 3_600_000);
            let event = Event::new(kind, happened_at, "李", "").with(detail);
            let mut course = fold_events(&taken, &almanac()).course;
            course.deem_by(&event, now, &almanac());
            if check(&course, &event, now, &almanac()).is_ok() {
                let (last, _) = taken.last().unwrap();
                let recorded = last.recorded.next(now);
                taken.push((EventId { recorded, author: last.author }, event));
            }
        }
        let arrived = fold_events(&taken, &almanac());
        prop_assert_eq!(arrived.anomalies, [].into(), "{:?}", taken);
    }
}
