//! Joint cases: the lead, its parts, their silence and their contradictions.

use super::*;
use crate::case::joint::{Answer, Answered, Part, PartOf, Plan, Template};
use crate::case::{Anomaly, State};
use crate::document::{DocumentId, Outcome};
use crate::place::Division;
use crate::supervision::{Level, RuleSet, Trigger, cards};

/// Three authorities; the third waits for the first, and the second may not be silent.
fn template() -> Template {
    let part = |name: &str, department: &str, after: &[u16], silence_consents| Part {
        name: name.to_owned(),
        department: department.to_owned(),
        tier: Tier::County,
        centre: None,
        item: None,
        limit: Limit::WorkingDays(5),
        materials: vec!["申请表".to_owned(), format!("{department}材料")],
        after: after.to_vec(),
        silence_consents,
        legal: None,
    };
    let parts = vec![
        part("选址意见书", "规划局", &[], true),
        part("消防意见", "消防大队", &[], false),
        part("用地规划许可", "规划局", &[0], true),
    ];
    Template {
        plan: Plan {
            template: "investment".to_owned(),
            version: 1,
            title: "投资建设项目".to_owned(),
            lead: "发展和改革局".to_owned(),
            parts,
        },
        legal: Limit::WorkingDays(45),
        promise: Limit::WorkingDays(20),
        valid_from: None,
        valid_to: None,
    }
}

pub(super) fn lead(detail: &mut Detail) {
    detail.terms = Some(Box::new(template().terms(Tier::County)));
    detail.plan = Some(Box::new(template().plan));
}

pub(super) fn part(place: u16) -> Option<Box<Part>> {
    template().plan.part(place).cloned().map(Box::new)
}

pub(super) fn answered(text: &str) -> Answered {
    let (place, answer) = text.split_once(':').unwrap();
    Answered { place: place.parse().unwrap(), answer: answer.parse().unwrap() }
}

const LEAD: &str = "12-02 receive plan=1
    12-02 accept document=1
    12-03 refer parts=0/1";
const PART: &str = "12-03 refer part=0
    12-03 acknowledge tier=county";

#[test]
fn the_lead_closes_when_all_have_answered_and_says_on_which_answers_it_rests() {
    let all = format!("{LEAD}\n12-10 refer parts=2");
    let early = format!("{all}\n12-12 decide outcome=granted answers=0:agreed/1:agreed");
    assert_eq!(wrong(&early), ["not answered yet: 用地规划许可"]);
    let never_referred =
        format!("{LEAD}\n12-12 decide outcome=granted answers=0:agreed/1:agreed/2:agreed");
    assert_eq!(wrong(&never_referred), ["not answered yet: 用地规划许可"]);
    let whole = format!("{all}\n12-12 decide outcome=granted answers=0:agreed/1:agreed/2:silent");
    assert_eq!(wrong(&whole), [""; 0]);
    let course = folded(&whole).course;
    assert_eq!(course.state, State::Decided);
    assert_eq!(course.joint.answers[2], Answered { place: 2, answer: Answer::Silent });
}

#[test]
fn silence_and_absence_count_only_where_the_plan_and_the_minutes_say_so() {
    let all = format!("{LEAD}\n12-10 refer parts=2");
    let silent = format!("{all}\n12-12 decide outcome=granted answers=0:agreed/1:silent/2:agreed");
    assert_eq!(wrong(&silent), ["nothing in this case lets `消防意见` count as silent"]);
    let decide = "12-12 decide outcome=granted answers=0:absent/1:agreed/2:agreed";
    let absent = format!("{all}\n{decide}");
    assert_eq!(wrong(&absent), ["nothing in this case lets `选址意见书` count as absent"]);
    let early = format!("{all}\n12-11 minute parts=0 reason=一致同意");
    assert_eq!(wrong(&early), ["nobody was called to a survey or meeting"]);
    let called = format!("{all}\n12-10 convene gathering=survey parts=0/1 meets=12-10");
    let early = format!("{all}\n12-10 convene gathering=survey parts=0/1 meets=12-12");
    let early = format!("{early}\n12-11 minute parts=0 reason=一致同意 staff=李/王");
    assert_eq!(wrong(&early), ["they meet at 2013-12-12T09:00:00+08:00, not before"]);
    let other = format!("{called}\n12-11 minute parts=2 reason=一致同意 staff=李/王");
    assert_eq!(wrong(&other), ["`用地规划许可` was not called"]);
    let met = format!("{called}\n12-11 minute parts=0 reason=一致同意 staff=李/王\n{decide}");
    assert_eq!(wrong(&met), [""; 0]);
    let listed = format!("{called}\n12-11 minute parts=1 reason=一致同意 staff=李/王");
    assert_eq!(wrong(&listed), ["nothing in this case lets `消防意见` count as absent"]);
    let before = format!("{all}\n12-10 convene gathering=survey parts=0/1 meets=12-09");
    assert_eq!(
        wrong(&before),
        [
            "they cannot meet at 2013-12-09T09:00:00+08:00, before they were called at 2013-12-10T09:00:00+08:00"
        ]
    );
}

const CALLED: &str = "12-04 convene gathering=meeting parts=0 meets=12-06";
const AWAY: &str = "12-06 minute parts=0 reason=无故缺席 staff=李/王";

#[test]
fn absence_from_a_meeting_for_which_the_part_was_signed_gets_a_red_card_and_owes_the_paper() {
    let away = format!("{PART}\n{CALLED}\n{AWAY}");
    assert_eq!(wrong(&away), [""; 0]);
    let folded = folded(&away);
    assert_eq!(folded.course.state, State::Absent);
    assert_eq!(folded.course.decided, None, "no permit follows from absence");
    assert_eq!(
        told(&away, "12-10"),
        "交接时限 12-04 0 按时\n补发文书时限 12-09 2 已超 1 个工作日\n承诺时限 12-10 5 今天到期\n"
    );
    let rules = vec![supervision::rule("away", Trigger::Absent, Level::Red)];
    let given =
        cards(&events(&away), &folded, &RuleSet::new(rules).unwrap(), (&almanac(), day("12-10")));
    let told: Vec<_> = given.iter().map(|card| (card.level, card.proof.len())).collect();
    assert_eq!(told, [(Level::Red, 3)]);
    assert_eq!(
        given[0].figures.zh,
        "规划局缺席 2013-12-06 的联合踏勘或联审会（“选址意见书”），2013-12-06 起按缺席默认计"
    );
    assert_eq!(wrong(&format!("{away}\n12-09 decide outcome=granted tier=county")), [""; 0]);
    let no = "12-09 decide outcome=refused reason=不符 remedy=复议 tier=county";
    assert_eq!(
        wrong(&format!("{away}\n{no}")),
        ["absence counts as consent since 2013-12-06; the paper is owed and cannot be a refusal"]
    );
}

#[test]
fn absence_does_not_count_unsigned_uncalled_not_on_the_list_or_while_time_stands_still() {
    let why = |story: &str| wrong(story).last().cloned().unwrap_or_default();
    let unsigned = format!("12-03 refer part=0\n{CALLED}\n{AWAY}");
    assert!(why(&unsigned).starts_with("a case in state `referred` takes no `minute`"));
    let late = format!(
        "12-03 refer part=0\n{CALLED}\n12-09 acknowledge tier=county\n12-09 minute parts=0 reason=缺席"
    );
    assert_eq!(
        why(&late),
        "its authority had not signed for the notice when they met at 2013-12-06T09:00:00+08:00; its absence does not count"
    );
    assert_eq!(why(&format!("{PART}\n{AWAY}")), "nobody was called to a survey or meeting");
    let other = PART.replace("part=0", "part=1");
    assert_eq!(
        why(&format!("{other}\n{CALLED}\n{AWAY}")),
        "nothing in this case lets `消防意见` count as absent"
    );
    let paused = format!(
        "{PART}\n{CALLED}\n12-05 start-procedure procedure=hearing document=1 days=3 tier=county
        12-09 end-procedure tier=county\n12-10 minute parts=0 reason=缺席"
    );
    assert_eq!(
        why(&paused),
        "a special procedure or a supplement was open when they met at 2013-12-06T09:00:00+08:00; the absence does not count"
    );
}

#[test]
fn a_part_is_called_by_its_lead_whatever_the_tier_and_before_it_signs() {
    let called = "12-03 refer part=0
        12-04 convene gathering=survey parts=0 meets=12-06 tier=township";
    assert_eq!(wrong(called), [""; 0]);
    let joint = folded(called).course.joint;
    assert_eq!(joint.called.map(|it| it.meets_at), Some(morning("12-06")));
    let when = format!("{LEAD}\n12-10 convene gathering=survey parts=0/1");
    assert_eq!(
        wrong(&when),
        ["`convene` must say when they meet (Administrative Licensing Law, article 26, 42-2)"]
    );
}

#[test]
fn a_reasoned_no_is_overruled_with_a_reason_only() {
    let all = format!("{LEAD}\n12-10 refer parts=2");
    let granted = "12-12 decide outcome=granted answers=0:agreed/1:disagreed/2:agreed";
    assert_eq!(wrong(&format!("{all}\n{granted}")), ["`decide` must say its reason"]);
    assert_eq!(wrong(&format!("{all}\n{granted} reason=已整改")), [""; 0]);
}

#[test]
fn the_lead_has_45_and_15_working_days_and_refers_within_one() {
    let told = told(LEAD, "12-04");
    assert_eq!(
        told,
        "交接时限 12-03 1 按时\n法定时限 02-04 2 还剩 43 个工作日\n承诺时限 12-30 2 还剩 18 个工作日\n"
    );
    let extended = format!("{LEAD}\n12-04 extend role=chief days=15 reason=复杂");
    assert_eq!(wrong(&extended), [""; 0]);
}

#[test]
fn a_part_counts_from_its_signed_receipt_and_stands_still_while_a_supplement_is_awaited() {
    assert_eq!(told("12-03 refer part=0", "12-05"), "交接时限 12-04 2 已超 1 个工作日\n");
    let paused = format!(
        "{PART}\n12-05 ask-supplement materials=申请表 reason=缺盖章 tier=county
        12-11 supplement tier=county"
    );
    assert_eq!(wrong(&paused), [""; 0]);
    assert_eq!(
        told(&paused, "12-12"),
        "交接时限 12-04 0 按时\n承诺时限 12-16 3 还剩 2 个工作日\n",
        "the 4th, 5th and 12th count; the 6th to the 11th do not"
    );
}

#[test]
fn a_supplement_that_is_recorded_late_gains_no_day_and_a_second_one_is_a_breach() {
    let asked = format!("{PART}\n12-05 ask-supplement materials=申请表 reason=缺盖章 tier=county");
    let pause = |brought: &str| folded(&format!("{asked}\n{brought}")).course.joint.supplements;
    let late = pause("12-06 supplement tier=county recorded=12-16");
    assert_eq!(late, pause("12-06 supplement tier=county"));
    let again = format!(
        "{asked}\n12-06 supplement tier=county
        12-09 ask-supplement materials=规划局材料 reason=缺 tier=county"
    );
    assert_eq!(wrong(&again).len(), 1, "{:?}", wrong(&again));
}

#[test]
fn silence_past_the_limit_unblocks_and_owes_the_paper_within_a_day() {
    let today = day("12-11");
    let silent = folded(PART).on(today, &almanac()).course;
    assert_eq!((silent.state, silent.joint.silent_since), (State::Silent, Some(day("12-10"))));
    assert_eq!(silent.decided, None, "no permit follows from silence");
    assert_eq!(folded(PART).on(day("12-10"), &almanac()).course.state, State::Accepted);
    let late = format!("{PART}\n12-12 decide outcome=granted tier=county");
    assert_eq!(wrong(&late), [""; 0]);
    assert_eq!(
        told(&late, "12-12"),
        "交接时限 12-04 0 按时\n补发文书时限 12-11 2 超时 1 个工作日\n承诺时限 12-10 7 超时 2 个工作日\n送达时限 12-27 0 还剩 10 个工作日\n"
    );
    let no = format!("{PART}\n12-12 decide outcome=refused reason=不符 remedy=复议 tier=county");
    let why =
        "silence past 2013-12-10 counts as consent; the paper is owed and cannot be a refusal";
    assert_eq!(wrong(&no), [why]);
}

#[test]
fn whoever_may_not_be_silent_or_never_signed_or_waits_for_a_supplement_is_not_taken_to_consent() {
    let state = |story: &str| folded(story).on(day("12-30"), &almanac()).course.state;
    let other = PART.replace("part=0", "part=1");
    assert_eq!(state(&other), State::Accepted);
    assert_eq!(state("12-03 refer part=0"), State::Referred);
    let waits = format!("{PART}\n12-05 ask-supplement materials=申请表 reason=缺 tier=county");
    assert_eq!(state(&waits), State::Supplementing);
    let paused =
        format!("{PART}\n12-05 start-procedure procedure=hearing document=1 days=3 tier=county");
    assert_eq!(state(&paused), State::Paused);
}

#[test]
fn a_part_is_decided_by_its_tier_or_one_above_and_by_nobody_else() {
    let below = format!("{PART}\n12-04 decide outcome=granted tier=township");
    assert_eq!(wrong(&below), ["the County decides this part"]);
    let above = format!("{PART}\n12-04 decide outcome=granted tier=city");
    assert_eq!(wrong(&above), [""; 0]);
    let unsigned = "12-03 refer part=0\n12-04 decide outcome=granted tier=county";
    assert_eq!(
        wrong(unsigned),
        [
            "a case in state `referred` takes no `decide` (Administrative Licensing Law, article 38, 42)"
        ]
    );
    let plain = "12-02 receive\n12-02 accept document=1\n12-03 refer parts=0";
    assert_eq!(wrong(plain), ["only a joint case or a part of one takes `refer`"]);
}

#[test]
fn nobody_below_the_authority_stops_the_clock_of_its_part_or_ends_it() {
    let hearing = "start-procedure procedure=hearing document=1 days=3";
    let started = format!("{PART}\n12-04 {hearing} tier=county");
    let ends = [
        format!("{PART}\n12-04 {hearing} tier=township"),
        format!("{PART}\n12-04 {hearing}"),
        format!("{started}\n12-05 end-procedure tier=township"),
        format!("{PART}\n12-04 withdraw tier=township"),
        format!("{PART}\n12-04 terminate ground=other reason=无 tier=township"),
    ];
    for story in ends {
        assert_eq!(wrong(&story), ["the County decides this part"], "{story}");
    }
    assert_eq!(wrong(&format!("{started}\n12-05 end-procedure tier=city")), [""; 0]);
    let by_lead = format!("{PART}\n12-04 terminate ground=other reason=牵头办件撤回 parts=0");
    assert_eq!(wrong(&by_lead), [""; 0], "the word of its lead");
}

#[test]
fn two_answers_given_while_cut_off_are_settled_by_somebody_without_a_hand_in_them() {
    let one = events(&format!("{PART}\n12-04 decide outcome=granted note=准予 tier=county by=县"));
    let [.., (last, _)] = one.as_slice() else { panic!() };
    let other = Author { node: NodeId([2; 16]), incarnation: 0 };
    let after = |minutes: i64, line: &str| {
        let (at, event) = read(line);
        let recorded = HybridTime::first_of(Timestamp(at.0 + minutes * 60_000)).max(last.recorded);
        (EventId { recorded: recorded.next(at), author: other }, event)
    };
    let no = "12-04 decide outcome=refused note=不予 reason=不符 remedy=复议 tier=city by=市";
    let resolve = "12-05 resolve role=supervisor outcome=refused reason=以市级为准 by=";
    let mut all = one.clone();
    all.push(after(5, no));
    let split = fold_events(&all, &almanac());
    assert_eq!(split.course.decided, Some((day("12-04"), Outcome::Granted)));
    assert_eq!(split.course.joint.contradicted.len(), 1);
    all.push(after(5, &format!("{resolve}市")));
    all.push(after(6, &format!("{resolve}监察")));
    all.push(after(7, &format!("{resolve}监察")));
    let settled = fold_events(&all, &almanac());
    assert_eq!(settled.course.decided, Some((day("12-04"), Outcome::Refused)));
    let told: Vec<String> = settled.anomalies.values().map(|it| format!("{it:?}")).collect();
    assert_eq!(told.len(), 3);
    assert!(told[0].contains("resolved: Some(Refused)"), "{}", told[0]);
    assert!(matches!(
        settled.anomalies.values().nth(1),
        Some(Anomaly::Unlawful(crate::case::Fault::OwnCause { by })) if by == "市"
    ));
    assert!(told[2].contains("NothingToResolve"), "{}", told[2]);
}

#[test]
fn a_part_has_one_name_whoever_refers_it_and_every_part_its_own() {
    let county: Division = "510921".parse().unwrap();
    let lead = DocumentId::case("510921103".parse().unwrap(), ulid::Ulid::from_parts(7, 9));
    let name = |place| PartOf { lead, place }.document(county);
    assert_eq!(name(0), name(0));
    assert_ne!(name(0), name(1));
    assert_eq!(name(0).name.ulid.timestamp_ms(), 7, "it is found beside its lead");
}

#[test]
fn a_part_whose_item_has_a_legal_limit_counts_by_it_too() {
    let mut events = events(PART);
    let part = events[0].1.detail().part.clone().unwrap();
    let part = Some(Box::new(Part { legal: Some(Limit::WorkingDays(20)), ..*part }));
    events[0].1.detail = Some(Box::new(Detail { part, ..events[0].1.detail().clone() }));
    let course = fold_events(&events, &almanac()).course;
    let clocks = clocks_of(&course, &almanac(), day("12-04"));
    let dues: Vec<String> = clocks
        .iter()
        .map(|clock| format!("{} {}", clock.kind.en(), clock.due.unwrap().date))
        .collect();
    assert_eq!(dues, ["hand-over 2013-12-04", "legal 2013-12-31", "promise 2013-12-10"]);
}

#[test]
fn a_plan_whose_part_waits_for_itself_or_a_later_one_is_not_sound() {
    let mut plan = template().plan;
    assert!(plan.is_sound());
    plan.parts[2].after = vec![2];
    assert!(!plan.is_sound());
    plan.parts.clear();
    assert!(!plan.is_sound());
}
