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

fn relayed(number: &str) -> Event {
    let relay = Relay {
        system: "省社保系统".to_owned(),
        number: number.to_owned(),
        applicant: "王小明".to_owned(),
        applicant_number: None,
        item: "参保登记".to_owned(),
    };
    said(EventKind::Relay, "李芳", Detail { relay: Some(Box::new(relay)), ..Detail::default() })
}

fn result(text: &str) -> Event {
    said(
        EventKind::RelayResult,
        "李芳",
        Detail { result: Some(text.to_owned()), ..Detail::default() },
    )
}

#[test]
fn a_relay_card_is_corrected_and_gets_one_result() {
    let record = told(&[relayed("SB-1"), relayed("SB-2"), result("已办结")]);
    let card = record.relayed.as_ref().unwrap();
    assert_eq!((record.state, &*card.relay.number, &*card.by), (State::Matched, "SB-2", "李芳"));
    assert_eq!(card.recorded_at, id(2).recorded.instant(), "it stays the card of then");
    assert_eq!(record.result.as_ref().map(|it| &*it.0), Some("已办结"));
    assert_eq!((record.served.is_none(), record.uncounted()), (true, None), "it is no service");
    let ended = said(EventKind::EndRelay, "李芳", because(None));
    let dropped = told(&[relayed("SB-1"), ended.clone()]);
    assert_eq!((dropped.state, dropped.result.unwrap().0), (State::Dropped, "问低保".to_owned()));
    for (before, event, says) in [
        (&[][..], result("已办结"), ["不能“代办结果”", "takes no `relay-result`"]),
        (&[relayed("SB-1"), result("x")], relayed("SB-3"), ["不能“上级代办”", "takes no `relay`"]),
        (&[relayed("SB-1"), result("x")], ended, ["不能“代办终止”", "takes no `end-relay`"]),
        (&[relayed("SB-1")], result(" "), ["上级系统的结果", "what the upper system says"]),
        (&[], relayed(" - "), ["须有字母或数字", "has letters or digits"]),
        (&[], relayed(&"9".repeat(65)), ["最多 64 个字", "at most 64 characters"]),
        (&[visit(0, 1, None)], relayed("SB-1"), ["不能“上级代办”", "takes no `relay`"]),
    ] {
        check_refused(before, event, says);
    }
    let mut nameless = relayed("SB-1");
    nameless.detail.as_mut().unwrap().relay.as_mut().unwrap().applicant = " ".to_owned();
    check_refused(&[], nameless, ["上级系统、编号、申请人和事项", "the upper system, its number"]);
}

#[test]
fn a_number_is_found_however_it_is_written() {
    let keys = [" sb－２０２６ 0001", "SB-2026-0001", "ＳＢ2026０００１", "sb—20260001\n"]
        .map(upstream_key);
    assert_eq!(keys, [(); 4].map(|()| Some("SB20260001".to_owned())));
    assert_eq!(upstream_key("（川）社保〔2026〕1号"), Some("(川)社保〔2026〕1号".to_owned()));
    assert_eq!(["", " ", "——"].map(upstream_key), [None, None, None]);
}

#[test]
fn results_find_their_cards_and_those_without_are_listed() {
    let text = |it: &str| it.to_owned();
    let open = [(text("A1"), 1), (text("A2"), 2), (text("A2"), 3), (text("A4"), 4)];
    let results = [("a-1", "准"), ("A2", "否"), ("A3", "准"), ("A1", "第二次"), ("——", "?")]
        .map(|(n, r)| (text(n), text(r)));
    let MatchedUp { found, others } = match_up(&open, &results);
    assert_eq!(found, [(1, text("准")), (2, text("否")), (3, text("否"))]);
    assert_eq!(others, [(text("A3"), text("准")), (text("——"), text("?"))]);
}

#[test]
fn relay_cards_are_counted_by_the_day_they_were_begun_and_the_parts_make_the_whole() {
    let ended = said(EventKind::EndRelay, "李芳", because(None));
    let records = [
        told(&[relayed("1")]),
        told(&[relayed("2"), result("准")]),
        told(&[relayed("3"), relayed("4"), result("准")]),
        told(&[relayed("5"), ended]),
        told(&[visit(0, 1, None)]),
    ];
    let tally = tally_relays(&records, (date(2026, 11, 2), date(2026, 11, 2)));
    let RelayTally { relayed, matched, dropped, open } = tally;
    assert_eq!((relayed, matched, dropped, open), (4, 2, 1, 1));
    let later = (date(2026, 11, 3), date(2026, 11, 30));
    assert_eq!(tally_relays(&records, later), RelayTally::default());
}
