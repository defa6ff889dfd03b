//! The clocks, counted by hand. December 2013 begins on a Sunday; the 25th is off, Saturday the
//! 28th is worked.

use super::*;
use crate::calendar::DayEnd;
use crate::case::{ClockKind, Customs, Standing, State};

const TAKEN: &str = "12-02 receive\n12-03 accept document=1";

#[test]
fn before_acceptance_only_the_five_days_run() {
    assert_eq!(told("12-02 receive", "12-03"), "告知时限 12-09 1 还剩 4 个工作日\n");
    assert_eq!(told("12-02 receive", "12-09"), "告知时限 12-09 5 今天到期\n");
    assert!(
        told("12-02 receive", "12-11")
            .starts_with("告知时限 12-09 7 已超 2 个工作日\n法定时限 12-30")
    );
}

#[test]
fn law_and_promise_run_from_acceptance_and_stop_with_the_decision() {
    // Ten working days after the 3rd: 4 5 6 9 10 11 12 13 16 17. Ten more: 18 19 20 23 24 26 27
    // 28 30 31. Ten after the 18th: 19 20 23 24 26 27 28 30 31, and 2 January by estimate.
    let open = "法定时限 12-31 3 还剩 17 个工作日\n承诺时限 12-17 3 还剩 7 个工作日\n环节时限 12-06 3 今天到期\n";
    assert_eq!(told(TAKEN, "12-06"), open);
    let decided = format!("{TAKEN}\n12-18 decide outcome=granted");
    assert_eq!(
        told(&decided, "12-20"),
        "法定时限 12-31 11 按时\n承诺时限 12-17 11 超时 1 个工作日\n环节时限 12-06 11 超时 8 个工作日\n\
         环节时限 12-26 0 按时\n送达时限 01-02 2 还剩 8 个工作日\n"
    );
    assert_eq!(told(TAKEN, "12-19").lines().nth(1).unwrap(), "承诺时限 12-17 12 已超 2 个工作日");
}

#[test]
fn a_special_procedure_stops_law_and_promise_and_shifts_them_when_it_ends() {
    let paused = format!("{TAKEN}\n12-05 start-procedure procedure=hearing document=1 days=5");
    assert_eq!(
        told(&paused, "12-11"),
        "法定时限 - 2 特别程序中，不计时\n承诺时限 - 2 特别程序中，不计时\n环节时限 - 2 特别程序中，不计时\n听证时限 01-03 4 还剩 16 个工作日\n"
    );
    // 6 9 10 11 12 do not count: five working days.
    let ended = format!("{paused}\n12-12 end-procedure");
    assert_eq!(told(&ended, "12-12").lines().nth(1).unwrap(), "承诺时限 12-24 2 还剩 8 个工作日");
}

#[test]
fn an_extension_moves_law_and_promise_alike() {
    let extended = format!("{TAKEN}\n12-05 extend role=chief days=5 reason=复杂");
    assert_eq!(
        told(&extended, "12-05").lines().nth(1).unwrap(),
        "承诺时限 12-24 2 还剩 13 个工作日"
    );
}

#[test]
fn each_step_begins_when_the_one_before_is_done() {
    let story = format!("{TAKEN}\n12-09 finish-step note=初审");
    let steps: Vec<String> = told(&story, "12-10").lines().skip(2).map(str::to_owned).collect();
    assert_eq!(steps, ["环节时限 12-06 4 超时 1 个工作日", "环节时限 12-16 1 还剩 4 个工作日"]);
}

#[test]
fn a_case_that_ended_before_its_decision_has_no_clock_to_answer_for() {
    let gone = format!("{TAKEN}\n12-20 withdraw");
    let folded = folded(&gone);
    for clock in clocks_of(&folded.course, &almanac(), day("12-31")) {
        assert_eq!(clock.standing, Standing::Void, "{:?}", clock.kind);
    }
}

/// The legal clock of a case of such terms, accepted at a tier on 3 December, as of the 4th.
fn by_law(terms: Terms, accepted_at: Option<Tier>) -> Option<(Limit, Option<Date>)> {
    let mut events = events("12-02 receive\n12-03 accept document=1");
    let detail = |terms, tier| Some(Box::new(Detail { terms, tier, ..Detail::default() }));
    events[0].1.detail = detail(Some(Box::new(terms)), accepted_at);
    events[1].1.detail = detail(None, accepted_at);
    let clocks = clocks_of(&fold_events(&events, &almanac()).course, &almanac(), day("12-04"));
    let legal = clocks.into_iter().find(|clock| clock.kind == ClockKind::Legal);
    legal.map(|clock| (clock.limit, clock.due.map(|due| due.date)))
}

#[test]
fn a_permit_whose_item_states_no_legal_limit_has_that_of_the_law() {
    let unstated = Terms { legal: None, is_permit: Some(true), ..terms() };
    let county = Some(Tier::County);
    let twenty = Some((Limit::WorkingDays(20), Some(day("12-31"))));
    assert_eq!(by_law(unstated.clone(), county), twenty, "42-1, 25 December is off");
    let joint = Terms { is_joint: true, ..unstated.clone() };
    assert_eq!(by_law(joint, county).map(|(limit, _)| limit), Some(Limit::WorkingDays(45)), "42-2");
    let stated = Terms { legal: Some(Limit::WorkingDays(7)), ..unstated.clone() };
    assert_eq!(by_law(stated, county).map(|(limit, _)| limit), Some(Limit::WorkingDays(7)));
    // A lower authority reviews within the same days, and has a clock for it (43).
    assert_eq!(by_law(unstated.clone(), Some(Tier::Township)), None);
    let handed_up = Terms { case_type: CaseType::HandedUp, ..unstated.clone() };
    assert_eq!(by_law(handed_up, county), None);
    // Who promises more decides by another law, which the item does not state.
    let longer = Terms { promise: Some(Limit::WorkingDays(30)), ..unstated.clone() };
    assert_eq!(by_law(longer, county), None);
    for is_permit in [Some(false), None] {
        assert_eq!(by_law(Terms { is_permit, ..unstated.clone() }, county), None, "no such law");
    }
    assert_eq!(
        by_law(unstated, None),
        None,
        "an earlier version did not say where it was accepted"
    );
}

#[test]
fn silence_is_acceptance_at_the_counter_that_took_the_case() {
    let taken = fold_events(&events("12-02 receive tier=county item=permit"), &almanac());
    let course = taken.on(day("12-10"), &almanac()).course;
    assert_eq!((course.state, course.accepted_at), (State::Deemed, Some(Tier::County)));
}

#[test]
fn a_case_without_terms_has_no_law_and_no_promise() {
    let mut events = events(TAKEN);
    for (_, event) in &mut events {
        event.detail = None;
    }
    let folded = fold_events(&events, &almanac());
    assert_eq!(clocks_of(&folded.course, &almanac(), day("12-31")), []);
}

#[test]
fn a_lower_authority_answers_for_its_review() {
    let mut events = events(&format!("{TAKEN}\n12-05 hand-up"));
    let mut detail = events[0].1.detail().clone();
    let up = Terms { case_type: CaseType::HandedUp, ..terms() };
    detail.terms = Some(Box::new(up));
    events[0].1.detail = Some(Box::new(detail));
    let folded = fold_events(&events, &almanac());
    let clocks = clocks_of(&folded.course, &almanac(), day("12-31"));
    let review = clocks.iter().find(|clock| clock.kind == ClockKind::Review).unwrap();
    assert_eq!((review.standing, review.used), (Standing::Kept, 2));
}

#[test]
fn what_is_accepted_below_the_authority_that_decides_is_reviewed_there_within_twenty_days() {
    let review = |tier: &str| {
        let taken = format!("12-02 receive\n12-03 accept document=1 tier={tier}");
        told(&taken, "12-05").lines().find(|line| line.starts_with("上报")).map(str::to_owned)
    };
    assert_eq!(review("township").unwrap(), "上报时限 12-31 2 还剩 18 个工作日");
    assert_eq!((review("county"), review("city")), (None, None));
}

#[test]
fn a_new_edition_of_the_calendar_moves_what_is_open_and_says_so() {
    let mut almanac = almanac();
    let fewer = [(date(2013, 12, 16), Exception::Holiday, "节".to_owned())];
    almanac.take(morning("12-04"), YearNotice::new(2013, fewer).unwrap());
    let folded = fold_events(&events(TAKEN), &almanac);
    let clocks = clocks_of(&folded.course, &almanac, day("12-10"));
    let promise = clocks.iter().find(|clock| clock.kind == ClockKind::Promise).unwrap();
    assert_eq!(promise.due.unwrap().date, day("12-18"));
    let moved: Vec<_> = promise.moved.iter().map(|it| (it.published_on, it.from, it.to)).collect();
    assert_eq!(moved, [(day("12-04"), day("12-17"), day("12-18"))]);
}

#[test]
fn where_a_last_day_ends_with_the_office_hours_what_is_done_after_them_counts_on_the_next() {
    const HOUR_MS: i64 = 3_600_000;
    // The promise ends on Tuesday the 17th; from the 12th on, at 17:00.
    let standing = |last_day, decided: &str, hour: i64| {
        let mut almanac = almanac();
        almanac.set(morning("12-12"), Customs { last_day, ..Customs::default() });
        let mut events = events(&format!("{TAKEN}\n{decided} decide outcome=granted"));
        let (id, event) = events.last_mut().unwrap();
        event.happened_at = event.happened_at.plus_ms((hour - 9) * HOUR_MS);
        id.recorded = HybridTime::first_of(event.happened_at);
        let folded = fold_events(&events, &almanac);
        let clocks = clocks_of(&folded.course, &almanac, day("12-31"));
        let promise = clocks.iter().find(|clock| clock.kind == ClockKind::Promise).unwrap();
        (promise.stopped_on.unwrap(), promise.standing)
    };
    assert_eq!(standing(DayEnd::Midnight, "12-17", 23), (day("12-17"), Standing::Kept));
    assert_eq!(standing(DayEnd::Closing, "12-17", 16), (day("12-17"), Standing::Kept));
    let late = (day("12-18"), Standing::Broken { days: 1 });
    assert_eq!(standing(DayEnd::Closing, "12-17", 17), late);
    // The office's Friday evening is Monday; before the setting, the evening counted.
    assert_eq!(standing(DayEnd::Closing, "12-13", 20), (day("12-16"), Standing::Kept));
    assert_eq!(standing(DayEnd::Closing, "12-11", 20), (day("12-11"), Standing::Kept));
}

#[test]
fn a_clock_that_begins_on_the_next_day_has_no_more_days_left_than_its_limit() {
    let mut almanac = almanac();
    let last_day = DayEnd::Closing;
    almanac.set(morning("12-02"), Customs { last_day, ..Customs::default() });
    let mut events = events(&format!("{TAKEN}\n12-06 decide outcome=granted"));
    let (id, event) = events.last_mut().unwrap();
    event.happened_at = event.happened_at.plus_ms(11 * 3_600_000);
    id.recorded = HybridTime::first_of(event.happened_at);
    let folded = fold_events(&events, &almanac);
    for (today, left) in [("12-06", 10), ("12-09", 10), ("12-10", 9)] {
        let clocks = clocks_of(&folded.course, &almanac, day(today));
        assert_eq!(clocks.last().unwrap().standing, Standing::Runs { left }, "{today}");
    }
}

#[test]
fn a_hearing_that_was_asked_for_is_held_within_twenty_working_days() {
    let asked = format!("{TAKEN}\n12-05 start-procedure procedure=hearing document=1 days=5");
    let hearing = |story: &str, on: &str| {
        told(story, on).lines().find(|line| line.starts_with("听证")).map(str::to_owned)
    };
    // 6 9 10 11 12 13 16 17 18 19 20 23 24 26 27 28 30 31, and 2 and 3 January by estimate.
    assert_eq!(hearing(&asked, "12-11").unwrap(), "听证时限 01-03 4 还剩 16 个工作日");
    let held = format!("{asked}\n12-12 end-procedure");
    assert_eq!(hearing(&held, "12-31").unwrap(), "听证时限 01-03 5 按时");
    let other = asked.replace("hearing", "inspection");
    assert_eq!(hearing(&other, "12-11"), None);
}

#[test]
fn what_is_left_is_told_in_the_days_that_the_limit_counts() {
    let course = folded(TAKEN).on(day("12-06"), &almanac()).course;
    let mut clock = clocks_of(&course, &almanac(), day("12-06")).remove(0);
    assert_eq!(
        (clock.zh(), clock.en()),
        ("还剩 17 个工作日".into(), "17 working days left".into())
    );
    clock.limit = Limit::Days(20);
    assert_eq!((clock.zh(), clock.en()), ("还剩 17 天".into(), "17 days left".into()));
    clock.standing = Standing::Overdue { days: 1 };
    assert_eq!(clock.zh(), "已超 1 个工作日");
}
