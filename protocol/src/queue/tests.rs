//! Tickets as short stories: what they come to, what is refused, whose turn it is, what counts.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::document::{DocumentKind, DocumentName, Edit, EventId, Paper};
use crate::identity::{Author, NodeId};
use crate::time::HybridTime;

const DAY: Date = date(2026, 11, 2);

/// Nine in the morning of that day in Suining.
const NINE: Timestamp = Timestamp(1_793_581_200_000);

fn minute(at: i64) -> Timestamp {
    NINE.plus_ms(at * 60_000)
}

fn id(at: i64) -> EventId {
    let author = Author { node: NodeId([1; 16]), incarnation: 0 };
    EventId { recorded: HybridTime::first_of(minute(at)), author }
}

fn number(text: &str) -> TicketNumber {
    text.parse().unwrap()
}

/// An event of a ticket: `take A001 综合`, `call A001 3`, `transfer A001 社保`, `end A001 left` …
fn said(text: &str) -> Event {
    let words: Vec<&str> = text.split(' ').collect();
    let rest = words.get(2).map(|word| (*word).to_owned());
    let mut said = Said { number: words[1].to_owned(), ..Said::default() };
    let mut detail = Detail::default();
    let kind = match words[0] {
        "take" => {
            (said.group, said.priority) = (rest, words.get(3).map(|word| word.parse().unwrap()));
            EventKind::TakeTicket
        }
        "call" | "recall" => {
            said.window = rest;
            if words[0] == "call" { EventKind::CallTicket } else { EventKind::RecallTicket }
        }
        "skip" => EventKind::SkipTicket,
        "rejoin" => EventKind::RejoinTicket,
        "serve" => EventKind::ServeTicket,
        "transfer" => {
            said.group = rest;
            EventKind::TransferTicket
        }
        "end" => {
            said.no_case = rest.as_deref().and_then(|word| word.parse().ok());
            detail.answer = rest.as_deref().and_then(|word| word.parse().ok());
            if said.no_case.is_none() && detail.answer.is_none() {
                detail.cases = rest.map(|case| vec![case]);
            }
            detail.reason = words.get(3).map(|word| (*word).to_owned());
            EventKind::EndTicket
        }
        other => panic!("{other}"),
    };
    detail.ticket = Some(Box::new(said));
    Event::new(kind, NINE, "李芳", "").with(detail)
}

/// Events a minute apart, from nine on.
fn events(texts: &[&str]) -> Vec<(EventId, Event)> {
    (0..).zip(texts).map(|(at, text)| (id(at), said(text))).collect()
}

fn told(texts: &[&str]) -> Line {
    fold(DAY, &events(texts))
}

fn state(texts: &[&str]) -> State {
    let line = told(texts);
    assert!(line.anomalies.is_empty(), "{:?}", line.anomalies);
    line.tickets[&number("A001")].state
}

/// Why the last of some events is refused, in both languages; it has no effect on arrival.
#[track_caller]
fn check_refused(texts: &[&str], says: [&str; 2]) {
    let (line, before) = (told(texts), told(&texts[..texts.len() - 1]));
    assert_eq!(line.tickets, before.tickets);
    let why: Vec<_> = line.anomalies.into_values().collect();
    let [Anomaly::Unlawful(fault)] = why.as_slice() else { panic!("{why:?}") };
    let words = [fault.zh(), fault.to_string()];
    assert!(words[0].contains(says[0]) && words[1].contains(says[1]), "{words:?}");
}

const TAKEN: &str = "take A001 综合";
const CALLED: [&str; 2] = [TAKEN, "call A001 3"];
const SERVED: [&str; 3] = [TAKEN, "call A001 3", "serve A001"];
const CASE: &str = "510921103-20261102-NE3J-00001-6";

#[test]
fn a_ticket_goes_from_the_kiosk_to_its_end() {
    assert_eq!(state(&[TAKEN]), State::Waiting);
    assert_eq!(state(&CALLED), State::Called);
    assert_eq!(state(&SERVED), State::Serving);
    let [first, second, third] = SERVED;
    let ended = |how: &str| {
        let end = format!("end A001 {how}");
        let line = told(&[first, second, third, &end]);
        assert!(line.anomalies.is_empty(), "{:?}", line.anomalies);
        line.tickets[&number("A001")].ended.clone().unwrap().0
    };
    assert_eq!(ended(CASE), Ending::Cases(vec![CASE.to_owned()]));
    assert_eq!(ended("answered"), Ending::Answer(Answer::Answered));
    assert_eq!(ended("left"), Ending::NoCase(NoCase::Left, String::new()));
    assert_eq!(ended("other 停电"), Ending::NoCase(NoCase::Other, "停电".to_owned()));
}

#[test]
fn who_does_not_come_is_called_three_times_more_and_then_the_ticket_expires() {
    let mut story = vec![TAKEN, "call A001 3", "skip A001"];
    assert_eq!(state(&story), State::Skipped);
    for _ in 0..RECALLS_MAX {
        story.push("recall A001 4");
        assert_eq!(state(&story), State::Called);
    }
    assert_eq!(told(&story).tickets[&number("A001")].window.clone().unwrap().0, "4");
    check_refused(&[&story[..], &["recall A001 4"]].concat(), ["共 3 次", "3 times"]);
    story.push("skip A001");
    assert_eq!(state(&story), State::Expired);
    check_refused(&[&story[..], &["rejoin A001"]].concat(), ["已失效", "`expired`"]);
}

#[test]
fn who_comes_back_waits_again_from_then_on() {
    let mut story = vec![TAKEN, "call A001 3", "skip A001", "take A002 综合", "rejoin A001"];
    let line = told(&story);
    let ticket = &line.tickets[&number("A001")];
    assert_eq!((ticket.state, ticket.since), (State::Waiting, minute(4)));
    assert_eq!(next(&line, &[], minute(9)), Some(number("A002")));
    for _ in 1..RECALLS_MAX {
        story.extend(["call A001 3", "skip A001", "rejoin A001"]);
    }
    story.extend(["call A001 3", "skip A001"]);
    assert_eq!(state(&story), State::Expired, "nobody comes back for ever");
}

#[test]
fn what_the_table_does_not_allow_is_refused_with_a_sentence() {
    check_refused(&[TAKEN, TAKEN], ["不能“取号”", "takes no `take-ticket`"]);
    check_refused(&["call A001 3"], ["未取号", "not taken"]);
    check_refused(&[TAKEN, "call A001"], ["须写明窗口", "must say the window"]);
    check_refused(&["take A001"], ["须写明业务组", "the business group"]);
    check_refused(&["take A1 综合"], ["不是排号", "is no ticket"]);
    check_refused(&[TAKEN, "serve A001"], ["“等待”，不能", "`waiting` takes no"]);
    let end = |how: &'static str| [&SERVED[..], &[how]].concat();
    check_refused(&end("end A001"), ["办件编号、答复", "one of its cases"]);
    check_refused(&end("end A001 other"), ["“其他”须写明原因", "`other` with its reason"]);
    check_refused(&end("end A001 B017"), ["不是办件编号", "is no case"]);
    check_refused(&end("end A001 given-up"), ["不是答复", "is no answer"]);
    check_refused(&end("transfer A001 综合"), ["已在“综合”", "in `综合` already"]);
    let two = [&SERVED[..], &["end A001 left", "end A001 left"]].concat();
    check_refused(&two, ["已完成", "`ended`"]);
}

#[test]
fn an_ending_is_one_thing_and_not_two() {
    let mut both = said("end A001 answered");
    both.detail.as_mut().unwrap().cases = Some(vec![CASE.to_owned()]);
    let line = told(&SERVED);
    let fault = check(DAY, &line.tickets[&number("A001")], &both, minute(9)).unwrap_err();
    assert_eq!(fault, Fault::Missing { need: Need::Ending, event: EventKind::EndTicket });
}

#[test]
fn a_ticket_is_good_on_its_day_and_only_its_end_may_come_later() {
    let line = told(&SERVED);
    let tomorrow = NINE.plus_ms(24 * 3_600_000);
    let try_it =
        |line: &Line, text: &str| check(DAY, &line.tickets[&number("A001")], &said(text), tomorrow);
    assert_eq!(try_it(&told(&[TAKEN]), "call A001 3"), Err(Fault::OtherDay { day: DAY }));
    assert_eq!(try_it(&line, "transfer A001 社保"), Err(Fault::OtherDay { day: DAY }));
    assert_eq!(try_it(&line, "end A001 left"), Ok(State::Ended));
    let before = NINE.plus_ms(-24 * 3_600_000);
    let early = check(DAY, &Ticket::default(), &said(TAKEN), before);
    assert_eq!(early, Err(Fault::OtherDay { day: DAY }));
}

#[test]
fn a_transferred_ticket_keeps_its_number_and_the_time_of_its_taking() {
    let story = [TAKEN, "take B001 社保", "call A001 3", "transfer A001 社保"];
    let line = told(&story);
    assert_eq!(next(&line, &["社保".to_owned()], minute(9)), Some(number("A001")));
    assert_eq!(line.waiting_count("社保"), 2);
    assert_eq!(line.tickets[&number("A001")].transfers.len(), 1);
    let mut many = CALLED.to_vec();
    for _ in 0..TRANSFERS_MAX / 2 + 1 {
        many.extend(["transfer A001 社保", "call A001 3", "transfer A001 综合", "call A001 3"]);
    }
    many.truncate(2 + 2 * TRANSFERS_MAX + 1);
    check_refused(&many, ["已转号 5 次", "transferred 5 times"]);
}

/// Calls until nobody waits; whom, in order.
fn called_in_turn(texts: &[&str], groups: &[String], calls: usize) -> Vec<String> {
    let mut events = events(texts);
    let mut called = Vec::new();
    for at in 0..calls {
        let line = fold(DAY, &events);
        let now = minute(100 + i64::try_from(at).unwrap());
        let Some(number) = next(&line, groups, now) else { break };
        let text = format!("call {number} 1");
        events.push((id(100 + i64::try_from(at).unwrap()), said(&text)));
        called.push(number.to_string());
    }
    called
}

#[test]
fn priority_goes_first_and_at_most_every_second_time() {
    let taken = [
        "take A001 综合",
        "take A002 综合",
        "take A003 综合 elderly",
        "take A004 综合 military",
        "take A005 综合 disabled",
        "take A006 综合",
    ];
    let in_turn = called_in_turn(&taken, &[], 9);
    assert_eq!(in_turn, ["A003", "A001", "A004", "A002", "A005", "A006"]);
    let only_first = called_in_turn(&taken[2..5], &[], 9);
    assert_eq!(only_first, ["A003", "A004", "A005"], "nobody else waits for them");
}

#[test]
fn the_turn_of_one_group_does_not_ask_what_another_did() {
    let taken = ["take A001 综合 elderly", "take B001 社保", "take B002 社保 elderly"];
    let social = ["社保".to_owned()];
    assert_eq!(called_in_turn(&taken, &social, 9), ["B002", "B001"]);
    assert_eq!(called_in_turn(&taken, &[], 2), ["A001", "B001"]);
}

#[test]
fn an_appointment_goes_first_once_its_time_has_come() {
    let mut agreed = said("take A002 综合");
    agreed.detail.as_mut().unwrap().ticket.as_mut().unwrap().appointed_at = Some(minute(30));
    let line = fold(DAY, &[(id(0), said(TAKEN)), (id(1), agreed)]);
    assert_eq!(next(&line, &[], minute(29)), Some(number("A001")));
    assert_eq!(next(&line, &[], minute(30)), Some(number("A002")));
}

#[test]
fn each_ticket_counts_once_and_each_figure_has_its_denominator() {
    let line = told(&[
        "take A001 综合",
        "take A002 综合",
        "take A003 综合",
        "take A004 综合",
        "call A001 1",
        "serve A001",
        &format!("end A001 {CASE}"),
        "call A002 1",
        "serve A002",
        "end A002 answered",
        "call A003 1",
        "serve A003",
    ]);
    let on = |today| tally(line.tickets.values(), (DAY, today));
    let today = on(DAY);
    assert_eq!((today.taken, today.called, today.served), (4, 3, 3));
    assert_eq!((today.cases, today.handled(), today.pending), (1, 2, 2));
    assert_eq!(today.answers, [(Answer::Answered, 1)].into());
    // They waited 4, 6 and 8 minutes.
    assert_eq!(today.wait_minutes(50), Some(6));
    assert_eq!(today.wait_minutes(90), Some(8));
    let later = on(date(2026, 11, 3));
    assert_eq!((later.expired, later.unended, later.pending), (1, 1, 0));
    let both = today.clone().and(later);
    assert_eq!((both.taken, both.called, both.wait_minutes(50)), (8, 6, Some(6)));
    assert_eq!(Tally::default().wait_minutes(50), None);
}

#[test]
fn numbers_and_names_are_read_as_they_are_written() {
    for text in ["A001", "Z999"] {
        assert_eq!(number(text).to_string(), text);
    }
    assert_eq!(number(" b017 ").to_string(), "B017");
    for bad in ["", "A000", "A1", "A1000", "1A01", "AB01", "Ａ００１"] {
        assert!(bad.parse::<TicketNumber>().is_err(), "{bad}");
    }
    let id: TicketId = "20261102-a001".parse().unwrap();
    assert_eq!((id.day, id.to_string().as_str()), (DAY, "20261102-A001"));
    for bad in ["20261302-A001", "A001", "2026-11-02-A001", "20261102-"] {
        assert!(bad.parse::<TicketId>().is_err(), "{bad}");
    }
}

#[test]
fn a_strip_is_known_by_its_name_and_a_service_record_is_none() {
    let machine = NodeId([7; 16]);
    let strip = Strip::new(DAY, ('C', 2), machine);
    assert_eq!(Strip::of(strip.name()), Some(strip));
    assert_eq!(Strip::with(TicketId { day: DAY, number: number("C217") }, machine), strip);
    assert!(strip.is_of(machine) && !strip.is_of(NodeId([8; 16])));
    let names = [
        Strip::new(DAY, ('D', 2), machine),
        Strip::new(date(2026, 11, 3), ('C', 2), machine),
        Strip::new(DAY, ('C', 3), machine),
        Strip::new(DAY, ('C', 2), NodeId([8; 16])),
    ];
    assert!(names.iter().all(|other| other.name() != strip.name()));
    let record = DocumentName { kind: DocumentKind::ServiceRecord, ulid: ulid::Ulid::from(7_u128) };
    assert_eq!(Strip::of(record), None);
    assert_eq!(Strip::of(DocumentName { kind: DocumentKind::Case, ..strip.name() }), None);
    let (before, to) = Strip::span((DAY, DAY));
    assert!(before < strip.name().ulid && strip.name().ulid <= to);
    assert!(names[1].name().ulid > to);
}

#[test]
fn an_event_of_a_later_version_moves_nothing() {
    let mut all = events(&CALLED);
    all.push((id(5), Event::new(EventKind::Unknown(999), NINE, "李芳", "")));
    let line = fold(DAY, &all);
    assert_eq!(line.tickets[&number("A001")].state, State::Called);
    let why: Vec<_> = line.anomalies.into_values().collect();
    assert_eq!(why, [Anomaly::NotUnderstood { code: 999 }]);
}

#[test]
fn the_bytes_of_a_ticket_stay_as_they_are() {
    let said = Said {
        group: Some("综合".to_owned()),
        priority: Some(Priority::Elderly),
        appointed_at: Some(Timestamp(1)),
        window: Some("3".to_owned()),
        no_case: Some(NoCase::Left),
        request: Some(7),
        ..Said::of(number("A001"))
    };
    let detail = Detail { ticket: Some(Box::new(said)), ..Detail::default() };
    let bytes = minicbor::to_vec(&detail).unwrap();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "a11864a70064413030310166e7bbbce590880201030104613305040607");
    assert_eq!(minicbor::decode::<Detail>(&bytes).unwrap(), detail);
}

const WORDS: [&str; 9] = [
    "take A001 综合",
    "take A002 综合 elderly",
    "call A001 1",
    "recall A001 2",
    "skip A001",
    "rejoin A001",
    "serve A001",
    "transfer A001 社保",
    "end A001 answered",
];

/// The changes by which a machine records events.
fn recorded(node: u8, told: &[(usize, i64)]) -> Vec<Vec<u8>> {
    let author = Author { node: NodeId([node; 16]), incarnation: 0 };
    let mut paper = Paper::default();
    let mut last = id(0).recorded;
    let mut record = |(word, at): &(usize, i64)| {
        last = last.next(minute(*at));
        let edits = vec![Edit::Event(said(WORDS[*word]))];
        paper.edit(author, edits, || last).unwrap().unwrap()
    };
    told.iter().map(&mut record).collect()
}

proptest! {
    /// Whatever two machines record at whatever times, in whichever order it arrives: one state,
    /// and each ticket counted once.
    #[test]
    fn any_order_of_arrival_comes_to_the_same(
        one in proptest::collection::vec((0_usize..9, 0_i64..500), 0..20),
        other in proptest::collection::vec((0_usize..9, 0_i64..500), 0..20),
        order in any::<u64>(),
    ) {
        let (one, other) = (recorded(1, &one), recorded(2, &other));
        let (mut straight, mut mixed) = (Paper::default(), Paper::default());
        for bytes in one.iter().chain(&other) {
            straight.apply(bytes).unwrap();
        }
        let mut shuffled: Vec<_> = one.iter().chain(&other).enumerate().collect();
        shuffled.sort_by_key(|(at, _)| (order ^ *at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for (_, bytes) in shuffled {
            mixed.apply(bytes).unwrap(); // What builds on another waits for it.
        }
        let line = fold(DAY, &straight.events());
        prop_assert_eq!(&fold(DAY, &mixed.events()), &line);
        for today in [DAY, date(2026, 11, 3)] {
            let counted = tally(line.tickets.values(), (DAY, today));
            let sum = counted.handled() + counted.expired + counted.unended + counted.pending;
            prop_assert_eq!(sum, counted.taken);
            prop_assert_eq!(counted.taken as usize, line.tickets.len());
        }
    }
}
