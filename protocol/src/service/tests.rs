//! Records as short stories: what they come to, what is refused, and what counts.

use jiff::civil::date;

use super::*;
use crate::document::{Detail, EventId};
use crate::identity::{Author, NodeId};
use crate::time::HybridTime;

/// 2026-11-02, nine in the morning in Suining.
const NINE: Timestamp = Timestamp(1_793_581_200_000);
const HOUR_MS: i64 = 3_600_000;

fn id(number: u16) -> EventId {
    let author = Author { node: NodeId([1; 16]), incarnation: 0 };
    EventId { recorded: HybridTime::first_of(NINE.plus_ms(i64::from(number) * HOUR_MS)), author }
}

/// A visit from `from` to `to` hours after nine, entered at eleven.
fn visit(from: i64, to: i64, link: Option<&str>) -> Event {
    let (start, end) = (NINE.plus_ms(from * HOUR_MS), NINE.plus_ms(to * HOUR_MS));
    let service = Service {
        kind: ServiceKind::Visit,
        staff: vec!["李芳".to_owned()],
        start,
        end,
        place: "文井镇 3 组".to_owned(),
    };
    Event::new(EventKind::Serve, end, "李芳", "").with(Detail {
        service: Some(Box::new(service)),
        link: link.map(str::to_owned),
        reason: Some("行动不便".to_owned()),
        ..Detail::default()
    })
}

fn said(kind: EventKind, by: &str, detail: Detail) -> Event {
    Event::new(kind, NINE, by, "").with(detail)
}

fn because(to: Option<&str>) -> Detail {
    let (to, reason) = (to.map(str::to_owned), Some("问低保".to_owned()));
    Detail { to, reason, ..Detail::default() }
}

fn answered() -> Detail {
    Detail { answer: Some(Answer::Answered), ..Detail::default() }
}

/// The record that events come to, the first at nine, each an hour after the one before.
fn told(events: &[Event]) -> Record {
    let numbered = events.iter().enumerate();
    let events: Vec<(EventId, Event)> =
        numbered.map(|(at, event)| (id(u16::try_from(at).unwrap() + 2), event.clone())).collect();
    fold(&events)
}

/// Why an event is refused from where `before` led, in both languages.
#[track_caller]
fn check_refused(before: &[Event], event: Event, says: [&str; 2]) {
    let fault = check(&told(before), &event, NINE.plus_ms(2 * HOUR_MS)).unwrap_err();
    let said = [fault.zh(), fault.to_string()];
    assert!(said[0].contains(says[0]) && said[1].contains(says[1]), "{said:?}");
    let all = [before, &[event]].concat();
    let record = told(&all);
    assert_eq!(record.anomalies.len(), 1, "on arrival it is kept without effect");
    assert_eq!(record.state, told(before).state);
}

#[test]
fn a_service_is_given_and_confirmed_later() {
    let record = told(&[visit(0, 1, Some("b017"))]);
    assert_eq!((record.state, record.link), (State::Given, Some(Link::Ticket("B017".to_owned()))));
    let confirmed = Detail { confirmed: Some("王老汉 签字".to_owned()), ..Detail::default() };
    let later = said(EventKind::Conclude, "李芳", confirmed.clone());
    assert_eq!(told(&[visit(0, 1, None), later]).state, State::Confirmed);
    let mut at_once = visit(0, 1, None);
    at_once.detail.as_mut().unwrap().confirmed = confirmed.confirmed;
    assert_eq!(told(&[at_once]).state, State::Confirmed);
}

#[test]
fn a_span_that_cannot_be_is_refused_with_a_sentence() {
    check_refused(&[], visit(1, 0, None), ["早于开始时间", "before it begins"]);
    check_refused(&[], visit(-30, 0, None), ["超过 24 小时", "longer than 24 hours"]);
    check_refused(&[], visit(0, 5, None), ["还没有到", "has not come yet"]);
}

#[test]
fn a_record_says_who_where_and_why_and_links_to_something_that_can_be() {
    let without = |change: fn(&mut Service)| {
        let mut event = visit(0, 1, None);
        change(event.detail.as_mut().unwrap().service.as_mut().unwrap());
        event
    };
    let blank = without(|it| it.staff = vec![" ".to_owned()]);
    check_refused(&[], without(|it| it.staff.clear()), ["服务人员", "who gave it"]);
    check_refused(&[], blank, ["服务人员", "who gave it"]);
    check_refused(&[], without(|it| it.place.clear()), ["地点", "where"]);
    check_refused(
        &[],
        said(EventKind::Serve, "李芳", because(None)),
        ["服务种类", "which service"],
    );
    let bad = "510921103-20261102-NE3J-00001-0";
    check_refused(&[], visit(0, 1, Some(bad)), ["既不是办件编号", "neither the number"]);
    let two = [visit(0, 1, None)];
    check_refused(&two, visit(0, 1, None), ["不能“服务”", "takes no `serve`"]);
    let accept = said(EventKind::Accept, "李芳", Detail::default());
    check_refused(&two, accept, ["不能“受理”", "takes no `accept`"]);
}

#[test]
fn whoever_was_asked_first_answers_until_it_is_handed_on() {
    let asked = said(EventKind::FirstAsked, "李芳", because(None));
    let on = said(EventKind::PassOn, "李芳", because(Some("王强")));
    let record = told(&[asked.clone(), on.clone()]);
    assert_eq!((record.holder(), record.state), (Some("王强"), State::Asked));
    assert_eq!((&*record.chain[0].from, &*record.chain[0].to), ("李芳", "王强"));

    let both = [asked.clone(), on];
    let by_li = said(EventKind::Conclude, "李芳", answered());
    check_refused(&both, by_li, ["现由王强负责", "王强 answers for this question"]);
    let to_himself = said(EventKind::PassOn, "王强", because(Some("王强")));
    check_refused(&both, to_himself, ["转给自己", "has it already"]);
    let silent = said(EventKind::Conclude, "王强", Detail::default());
    check_refused(&both, silent, ["办理结果", "what became of it"]);

    let chief = Detail { role: Some(Role::Chief), ..because(Some("赵敏")) };
    let moved = said(EventKind::PassOn, "周主任", chief);
    let done = said(EventKind::Conclude, "赵敏", answered());
    let record = told(&[&both[..], &[moved, done]].concat());
    assert_eq!((record.state, record.holder()), (State::Concluded, None));
    assert_eq!(record.chain[1].from, "王强", "from whom it was taken, not who took it");
    assert_eq!(record.answer.map(|(answer, _)| answer), Some(Answer::Answered));
}

#[test]
fn an_event_of_a_later_version_is_kept_and_moves_nothing() {
    let later = said(EventKind::Unknown(999), "李芳", Detail::default());
    let record = told(&[visit(0, 1, None), later]);
    assert_eq!(record.state, State::Given);
    let anomalies: Vec<_> = record.anomalies.into_values().collect();
    assert_eq!(anomalies, [Anomaly::NotUnderstood { code: 999 }]);
}

#[test]
fn only_what_names_a_case_or_a_ticket_counts_and_the_same_once_a_day() {
    let records: Vec<Record> = [
        visit(0, 1, Some("B017")),
        visit(0, 1, None),
        visit(1, 2, Some("b017")),
        visit(1, 2, Some("B018")),
    ]
    .map(|event| told(&[event]))
    .into();
    let november = (date(2026, 11, 1), date(2026, 11, 30));
    let counted = tally(&records, november);
    assert_eq!(counted.counted, [(ServiceKind::Visit, 2)].into());
    let why = |why| (ServiceKind::Visit, why);
    let uncounted = [(why(Uncounted::NoLink), 1), (why(Uncounted::Repeated), 1)];
    assert_eq!(counted.uncounted, uncounted.into());
    assert_eq!(records[1].uncounted(), Some(Uncounted::NoLink));
    assert_eq!(tally(&records, (date(2026, 12, 1), date(2026, 12, 31))), Tally::default());
}
