//! Posts as short stories: who may accept, and who has a case when nobody is there.

use jiff::civil::date;

use super::*;
use crate::calendar::{Calendar, OfficeHours};
use crate::document::Detail;
use crate::identity::{Author, NodeId};
use crate::time::HybridTime;

/// 2026-11-02, a Monday, nine in the morning in Suining.
const MONDAY: Timestamp = Timestamp(1_793_581_200_000);
const HOUR_MS: i64 = 3_600_000;

fn hours(after_nine: i64) -> Timestamp {
    MONDAY.plus_ms(after_nine * HOUR_MS)
}

fn day(of_november: i8) -> Timestamp {
    hours(i64::from(of_november - 2) * 24)
}

/// An event that is recorded when it happens.
fn at(when: Timestamp, kind: EventKind, detail: Detail) -> (EventId, Event) {
    let author = Author { node: NodeId([1; 16]), incarnation: 0 };
    let id = EventId { recorded: HybridTime::first_of(when), author };
    (id, Event::new(kind, when, "周主任", "").with(detail))
}

fn appointed(name: &str, partner: Option<&str>, until: Timestamp) -> Detail {
    let (name, partner) = (name.to_owned(), partner.map(str::to_owned));
    let appointment = Appointment { name, role: Role::Window, partner, until };
    Detail { post: Some(Box::new(appointment)), ..Detail::default() }
}

fn appoint(name: &str, partner: Option<&str>, until: Timestamp) -> (EventId, Event) {
    at(MONDAY, EventKind::Appoint, appointed(name, partner, until))
}

fn handed(to: &str, cases: &[&str]) -> Detail {
    let cases = cases.iter().map(|&case| case.to_owned()).collect();
    Detail { to: Some(to.to_owned()), cases: Some(cases), ..Detail::default() }
}

/// Li with Wang as partner, both until 30 November, and what else happened to each.
fn roster(li: &[(EventId, Event)], wang: &[(EventId, Event)]) -> Roster {
    let of = |name: &str, partner, more: &[(EventId, Event)]| {
        let events = [&[appoint(name, Some(partner), day(30))], more].concat();
        (name.to_owned(), fold(&events))
    };
    [of("李芳", "王强", li), of("王强", "李芳", wang)].into()
}

fn away(from: Timestamp) -> (EventId, Event) {
    at(from, EventKind::Leave, Detail::default())
}

/// Who has a case that Li handled at nine on Monday.
fn has(roster: &Roster, now: Timestamp) -> Attention {
    let last = Last { case: "C", by: "李芳", at: MONDAY };
    attention(last, roster, (&Calendar::default(), OfficeHours::default()), now)
}

#[track_caller]
fn check_has(roster: &Roster, now: Timestamp, holder: Option<&str>, since: Timestamp) {
    let found = has(roster, now);
    assert_eq!((found.holder.as_deref(), found.since), (holder, since), "{:?}", found.why);
}

#[test]
fn working_minutes_pass_over_nights_weekends_and_holidays() {
    let (calendar, office) = (Calendar::default(), OfficeHours::default());
    let reach = |from, minutes| office.reach(&calendar, from, minutes);
    assert_eq!(reach(MONDAY, 240), hours(4));
    assert_eq!(reach(hours(-3), 60), hours(1), "before the office opens nothing counts");
    assert_eq!(reach(hours(6), 240), hours(26), "two hours today, two tomorrow");
    assert_eq!(reach(day(6).plus_ms(7 * HOUR_MS), 120), day(9).plus_ms(HOUR_MS), "over a weekend");
    assert_eq!(reach(MONDAY, 0), MONDAY);
    assert_eq!(reach(MONDAY, u32::MAX), Timestamp(i64::MAX), "a walk ends");
    assert_eq!(OfficeHours::new(1020, 540), None);
}

#[test]
fn whoever_accepts_has_a_post_and_a_partner_and_neither_is_over() {
    let roster = roster(&[], &[]);
    let on = date(2026, 11, 30);
    assert_eq!(may_accept(&roster, " 李芳 ", on), Ok(()));
    let refused = |roster: &Roster, name: &str, on| {
        let vacancy = may_accept(roster, name, on).unwrap_err();
        assert!(vacancy.zh().contains("同岗替代") && vacancy.to_string().contains("同岗替代"));
        vacancy.to_string()
    };
    assert!(refused(&roster, "赵敏", on).starts_with("赵敏 has no post"));
    let later = date(2026, 12, 1);
    assert!(refused(&roster, "李芳", later).contains("lease that ended on 2026-11-30"));

    let mut lone = roster.clone();
    lone.insert("赵敏".to_owned(), fold(&[appoint("赵敏", None, day(30))]));
    assert!(refused(&lone, "赵敏", on).contains("has no partner"));
    lone.insert("赵敏".to_owned(), fold(&[appoint("赵敏", Some("孙丽"), day(30))]));
    assert!(refused(&lone, "赵敏", on).contains("孙丽, who stands in for 赵敏, has no post"));
    let over = at(hours(1), EventKind::EndPost, Detail::default());
    lone.insert("王强".to_owned(), fold(&[appoint("王强", Some("李芳"), day(30)), over]));
    assert!(
        refused(&lone, "李芳", on).contains("王强, who stands in for 李芳, has a post that is")
    );
}

#[test]
fn a_post_takes_what_fits_and_keeps_the_rest_without_effect() {
    let li = appoint("李芳", Some("王强"), day(30));
    let refused = |before: &[(EventId, Event)], event: (EventId, Event)| {
        let fault = check(&fold(before), &event.1, event.0.recorded.instant()).unwrap_err();
        let after = [before, &[event]].concat();
        assert_eq!(fold(&after).anomalies.len(), 1, "{fault}");
        assert!(!fault.zh().is_empty());
        fault.to_string()
    };
    let none = Detail::default;
    let begin = std::slice::from_ref(&li);
    assert!(refused(&[], away(hours(1))).contains("appoint first"));
    assert!(refused(begin, at(hours(1), EventKind::Return, none())).contains("not away"));
    assert!(refused(&[li.clone(), away(hours(1))], away(hours(2))).contains("away already"));
    assert!(refused(&[], at(MONDAY, EventKind::Appoint, none())).contains("whose post"));
    assert!(refused(&[], appoint("李", Some("李"), day(30))).contains("stand in for themselves"));
    assert!(refused(&[], appoint("李", None, hours(-24))).contains("over already"));
    assert!(refused(&[], appoint("李", None, hours(24 * 367))).contains("longer than 366 days"));
    assert!(refused(begin, at(MONDAY, EventKind::Accept, none())).contains("no `accept`"));
    let mut ahead = away(hours(1));
    ahead.1.happened_at = hours(2);
    assert!(refused(begin, ahead).contains("not come yet"));
    let over = at(hours(1), EventKind::EndPost, none());
    assert!(refused(&[li.clone(), over.clone()], away(hours(2))).contains("appoint anew"));
    let cases = Detail { cases: Some(vec!["C".to_owned()]), ..none() };
    assert!(refused(begin, at(hours(1), EventKind::EndPost, cases)).contains("--to"));
    let mut again = appoint("李芳", Some("王强"), day(30));
    again.0.recorded = HybridTime::first_of(hours(2));
    assert_eq!(fold(&[li, over, again]).gap(date(2026, 11, 3)), None, "appointed anew");
}

#[test]
fn work_stays_where_it_is_while_its_owner_is_there_or_has_just_left() {
    check_has(&roster(&[], &[]), hours(100), Some("李芳"), MONDAY);
    let left = roster(&[away(hours(1))], &[]);
    check_has(&left, hours(4), Some("李芳"), MONDAY);
    let back = at(hours(24), EventKind::Return, Detail::default());
    check_has(&roster(&[away(hours(1)), back], &[]), hours(100), Some("李芳"), MONDAY);
}

#[test]
fn work_of_somebody_who_is_away_goes_to_the_partner_after_four_hours_and_up_after_eight() {
    let left = roster(&[away(hours(1))], &[]);
    check_has(&left, hours(5), Some("王强"), hours(5));
    assert!(has(&left, hours(5)).why.to_string().contains("李芳 is away"));
    // Three hours are left on Monday after one in the afternoon; the fourth is on Tuesday.
    check_has(&left, hours(24), Some("王强"), hours(5));
    check_has(&left, hours(25), None, hours(25));
    assert!(has(&left, hours(25)).why.zh().contains("转上级中心"));
}

#[test]
fn work_goes_straight_up_when_the_partner_is_not_there_either() {
    let both = roster(&[away(hours(1))], &[away(hours(2))]);
    check_has(&both, hours(5), None, hours(5));
    let later = roster(&[away(hours(1))], &[away(hours(6))]);
    check_has(&later, hours(7), None, hours(6));
    let mut alone = roster(&[], &[]);
    alone.insert("李芳".to_owned(), fold(&[appoint("李芳", None, day(30)), away(hours(1))]));
    check_has(&alone, hours(5), None, hours(5));
}

#[test]
fn a_lease_that_ends_and_a_name_without_a_post_are_absences_too() {
    let roster = roster(&[], &[]);
    // 1 December is a Tuesday; Wang's lease is over too.
    let noon = day(31).plus_ms(4 * HOUR_MS);
    check_has(&roster, noon, None, noon);
    let last = Last { case: "C", by: "赵敏", at: MONDAY };
    let office = (&Calendar::default(), OfficeHours::default());
    let found = attention(last, &roster, office, hours(4));
    assert_eq!((found.holder, found.since), (None, hours(4)));
    assert!(found.why.to_string().contains("赵敏 has no post and has no partner"));
}

#[test]
fn an_ended_post_hands_its_cases_over_at_once_and_what_it_did_not_name_goes_by_the_hours() {
    let over = at(hours(1), EventKind::EndPost, handed("王强", &["C"]));
    let handed_over = roster(&[over], &[]);
    check_has(&handed_over, hours(1), Some("王强"), hours(1));
    assert_eq!(has(&handed_over, hours(1)).why, Why::HandedOver { from: "李芳".to_owned() });
    let other = at(hours(1), EventKind::EndPost, handed("王强", &["D"]));
    let unnamed = roster(&[other], &[]);
    check_has(&unnamed, hours(2), Some("李芳"), MONDAY);
    check_has(&unnamed, hours(5), Some("王强"), hours(5));
    // Two that hand over to each other come to an end.
    let there = at(hours(1), EventKind::EndPost, handed("王强", &["C"]));
    let back = at(hours(1), EventKind::EndPost, handed("李芳", &["C"]));
    assert!(has(&roster(&[there], &[back]), hours(2)).holder.is_some());
}
