//! The queue of a hall, over a store in memory.

use jiff::civil::{Date, date};

use super::*;
use crate::cases::fixture::{Counter, NINE, county, member, new_case, open, rng, send, town};
use crate::cases::take as take_case;
use crate::store::FaultyStore;
use tongban_protocol::place::Tier;

const DAY: Date = date(2026, 11, 2);

fn groups() -> Vec<QueueGroup> {
    ["A 综合 / General", "B 社保"].map(|group| group.parse().unwrap()).into()
}

fn at(minute: i64) -> Timestamp {
    NINE.plus_ms(minute * 60_000)
}

fn new(group: &str) -> NewTicket {
    NewTicket { group: group.to_owned(), by: "取号机".to_owned(), ..NewTicket::default() }
}

fn taken<S: Store>(counter: &mut Replica<S>, minute: i64, new: NewTicket) -> String {
    let (id, _) = take(counter, at(minute), &groups(), new).unwrap();
    counter.commit().unwrap();
    id.to_string()
}

fn calls(by: &str, window: &str) -> NewCall {
    NewCall { by: by.to_owned(), window: window.to_owned(), groups: Vec::new() }
}

fn called(counter: &mut Counter, minute: i64, by: &str) -> Result<String, QueueError> {
    let call = call(counter, at(minute), &groups(), &calls(by, &format!("窗口{by}")));
    call.map(|(id, _)| id.number.to_string())
}

fn stepped(
    counter: &mut Counter,
    minute: i64,
    number: &str,
    change: impl FnOnce(&mut TicketStep),
) -> Result<TicketId, QueueError> {
    let id = TicketId { day: DAY, number: number.parse().unwrap() };
    let mut wish = TicketStep::new(EventKind::ServeTicket, "李芳".to_owned());
    change(&mut wish);
    step(counter, at(minute), &groups(), id, wish).map(|(id, _)| id)
}

/// Calls and begins the next ticket.
fn served(counter: &mut Counter, minute: i64) -> String {
    let number = called(counter, minute, "李芳").unwrap();
    stepped(counter, minute, &number, |_| {}).unwrap();
    number
}

#[test]
fn numbers_go_on_through_a_restart_and_begin_anew_each_day_and_group() {
    let (disk, who) = (FaultyStore::default(), town().member().clone());
    let mut town = Replica::open(disk.clone(), who.clone(), 64).unwrap();
    assert_eq!(taken(&mut town, 0, new("综合")), "20261102-A001");
    assert_eq!(taken(&mut town, 0, new("a")), "20261102-A002");
    assert_eq!(taken(&mut town, 1, new("社保")), "20261102-B001");
    take(&mut town, at(2), &groups(), new("综合")).unwrap(); // Nobody was told of this one.
    disk.crash();
    let mut town = Replica::open(disk, who, 64).unwrap();
    assert_eq!(taken(&mut town, 2, new("General")), "20261102-A003");
    assert_eq!(taken(&mut town, 24 * 60, new("综合")), "20261103-A001");
    let unknown = take(&mut town, at(3), &groups(), new("房产")).unwrap_err();
    assert!(unknown.zh().contains("综合、社保") && unknown.to_string().contains("no business"));
}

#[test]
fn the_second_press_gives_the_same_ticket_and_the_next_person_another() {
    let mut town = town();
    let request = || NewTicket { request_id: Some("r-1".to_owned()), ..new("综合") };
    let press = |town: &mut Counter, ms: i64| {
        take(town, NINE.plus_ms(ms), &groups(), request()).unwrap().0.number.to_string()
    };
    assert_eq!([press(&mut town, 0), press(&mut town, 900)], ["A001", "A001"]);
    town.commit().unwrap();
    assert_eq!(press(&mut town, AGAIN_MS - 1), "A001");
    assert_eq!(press(&mut town, AGAIN_MS), "A002", "a page that was left open is no second press");
}

#[test]
fn two_clerks_who_call_at_once_never_get_the_same_ticket() {
    let mut town = town();
    for minute in 0..3 {
        taken(&mut town, minute, new("综合"));
    }
    // Nothing is durable between these: they come in one group.
    assert_eq!(called(&mut town, 9, "李芳").unwrap(), "A001");
    assert_eq!(called(&mut town, 9, "张伟").unwrap(), "A002");
    assert_eq!(called(&mut town, 9, "李芳").unwrap(), "A001", "a second press calls nobody else");
    town.commit().unwrap();
    stepped(&mut town, 10, "A001", |_| {}).unwrap();
    assert_eq!(called(&mut town, 10, "李芳").unwrap(), "A003");
    let none = called(&mut town, 10, "王强").unwrap_err();
    assert!(matches!(none, QueueError::NobodyWaits));
    let nowhere = call(&mut town, at(11), &groups(), &calls("王强", " ")).unwrap_err();
    assert!(matches!(nowhere, QueueError::Window { .. }));
}

#[test]
fn a_button_pressed_twice_records_once_and_an_old_page_says_so() {
    let mut town = town();
    taken(&mut town, 0, new("综合"));
    called(&mut town, 1, "李芳").unwrap();
    let skip = |step: &mut TicketStep| {
        step.kind = EventKind::SkipTicket;
        step.seen = Some(2);
    };
    for _ in 0..2 {
        stepped(&mut town, 2, "A001", skip).unwrap();
    }
    let board = Board::read(&town, DAY).unwrap();
    assert_eq!(board.line.tickets.values().next().unwrap().events, 3);
    let old = stepped(&mut town, 3, "A001", |step| step.seen = Some(2)).unwrap_err();
    assert!(matches!(old, QueueError::Moved(_)) && old.zh().contains("A001"));
    let call = |step: &mut TicketStep| step.kind = EventKind::CallTicket;
    let by_name = stepped(&mut town, 3, "A001", call).unwrap_err();
    assert!(matches!(by_name, QueueError::NoStep(_)), "nobody is called out of turn");
}

#[test]
fn a_ticket_ends_in_a_case_that_is_there() {
    let mut town = town();
    let case = take_case(&mut town, NINE, &mut rng(1), new_case("王小明")).unwrap();
    take_case(&mut town, NINE, &mut rng(2), new_case("没取号")).unwrap();
    town.commit().unwrap();
    taken(&mut town, 0, new("综合"));
    served(&mut town, 1);
    let end = |case: &str| {
        let cases = vec![case.to_owned()];
        move |step: &mut TicketStep| (step.kind, step.cases) = (EventKind::EndTicket, cases)
    };
    let missing = "510921103-20261102-NE3J-00001-6";
    let refused = stepped(&mut town, 2, "A001", end(missing)).unwrap_err();
    assert!(matches!(&refused, QueueError::NoSuchCase(case) if case == missing));
    stepped(&mut town, 2, "A001", end(&case.number)).unwrap();
    town.commit().unwrap();
    let held = reconcile(&town, own_office(&town), DAY).unwrap();
    assert_eq!((held.named, held.unknown.len(), held.counter_cases), (1, 0, 2));
    assert_eq!(held.unticketed.len(), 1);
    assert!(held.is_whole && held.unticketed[0] != case.number);
}

/// Records that a ticket ended in a case, as a machine would that asks nobody.
fn end_unasked(town: &mut Counter, number: &str, case: &str) {
    let id = TicketId { day: DAY, number: number.parse().unwrap() };
    let ticket = Some(Box::new(Said::of(id.number)));
    let detail = Detail { ticket, cases: Some(vec![case.to_owned()]), ..Detail::default() };
    let event = Event::new(EventKind::EndTicket, at(5), "李芳", "").with(detail);
    append(town, at(5), id, event).unwrap();
    town.commit().unwrap();
}

#[test]
fn a_case_that_is_not_there_is_named_at_every_tier() {
    let (mut town, mut county) = (town(), county());
    taken(&mut town, 0, new("综合"));
    served(&mut town, 1);
    let missing = "510921103-20261102-NE3J-00001-6";
    end_unasked(&mut town, "A001", missing);
    send(&mut town, &mut county, NINE);
    for counter in [&town, &county] {
        let held = reconcile(counter, own_office(&town), DAY).unwrap();
        let unknown = TicketCase { ticket: "A001".to_owned(), case: missing.to_owned() };
        assert_eq!((held.named, held.unknown), (1, vec![unknown]));
    }
}

#[test]
fn two_machines_of_one_centre_call_their_own_and_count_together() {
    let mut one = town();
    let path = ["510921103", "510921", "510900"];
    let mut other = open(member(13, &path, Tier::Township, 1));
    let mut county = county();
    taken(&mut one, 0, new("综合"));
    send(&mut one, &mut other, at(1));
    assert_eq!(taken(&mut other, 1, new("综合")), "20261102-A002", "it knows of the first");
    assert!(matches!(stepped(&mut other, 2, "A001", |_| {}), Err(QueueError::NotFound(_))));
    assert_eq!(called(&mut other, 2, "张伟").unwrap(), "A002", "each calls those that it gave");
    other.commit().unwrap();
    send(&mut other, &mut one, at(3));
    assert_eq!(called(&mut one, 3, "李芳").unwrap(), "A001");
    one.commit().unwrap();
    send(&mut one, &mut county, at(4));
    send(&mut other, &mut county, at(4));
    let days = days(&county, &[own_office(&one)], (DAY, DAY), at(5)).unwrap();
    assert_eq!((days.len(), days[0].taken, days[0].called, days[0].anomalies), (1, 2, 2, 0));
}

#[test]
fn a_day_counts_the_same_at_the_township_and_above() {
    let (mut town, mut county) = (town(), county());
    for minute in 0..3 {
        taken(&mut town, minute, new("综合"));
    }
    served(&mut town, 10);
    stepped(&mut town, 12, "A001", |step| {
        (step.kind, step.answer) = (EventKind::EndTicket, Some(Answer::Answered));
    })
    .unwrap();
    served(&mut town, 20);
    stepped(&mut town, 21, "A002", |step| {
        (step.kind, step.no_case) = (EventKind::EndTicket, Some(NoCase::Materials));
    })
    .unwrap();
    town.commit().unwrap();
    send(&mut town, &mut county, NINE);
    let home = own_office(&town);
    let count = |counter: &Counter, day: i64| {
        days(counter, &[home], (date(2026, 10, 1), date(2026, 11, 30)), at(day * 1_440)).unwrap()
    };
    let counted = count(&town, 0);
    assert_eq!(counted, count(&county, 0));
    let [day] = counted.as_slice() else { panic!("{counted:?}") };
    assert_eq!((day.taken, day.called, day.served, day.handled, day.pending), (3, 2, 2, 2, 1));
    assert_eq!((day.wait_median_minutes, day.wait_p90_minutes), (Some(10), Some(19)));
    assert_eq!(
        (day.answers[0].code.as_str(), day.reasons[0].code.as_str()),
        ("answered", "materials")
    );
    let tomorrow = count(&county, 1);
    assert_eq!((tomorrow[0].pending, tomorrow[0].expired), (0, 1));
    let long = days(&town, &[home], (date(2026, 1, 1), DAY), NINE).unwrap_err();
    assert!(matches!(long, QueueError::Span { .. }));
    let backward = days(&town, &[home], (DAY, date(2026, 11, 1)), NINE).unwrap_err();
    assert!(matches!(backward, QueueError::Span { .. }));
}

#[test]
fn tickets_stand_in_no_list_of_service_records() {
    let mut town = town();
    taken(&mut town, 0, new("综合"));
    let home = own_office(&town);
    assert!(crate::records::list(&town, &[home], 50).unwrap().is_empty());
    let period = "2026".parse().unwrap();
    assert!(crate::records::count(&town, &[home], period).unwrap().is_empty());
}

#[test]
fn the_board_shows_who_waits_who_was_called_and_the_window_of_a_clerk() {
    let mut town = town();
    let elderly = NewTicket { priority: Some(Priority::Elderly), ..new("综合") };
    taken(&mut town, 0, new("综合"));
    taken(&mut town, 1, elderly);
    taken(&mut town, 2, new("社保"));
    assert_eq!(called(&mut town, 5, "李芳").unwrap(), "A002");
    town.commit().unwrap();
    let view = show(&town, &groups(), at(6)).unwrap();
    let waiting: Vec<usize> = view.groups.iter().map(|group| group.waiting.len()).collect();
    assert_eq!(waiting, [1, 1]);
    assert_eq!((view.called[0].number.as_str(), view.called[0].state.as_str()), ("A002", "called"));
    assert_eq!(window_of(&town, at(6), "李芳").unwrap().as_deref(), Some("窗口李芳"));
    assert_eq!(window_of(&town, at(26 * 60), "李芳").unwrap().as_deref(), Some("窗口李芳"));
    assert_eq!(window_of(&town, at(6), "王强").unwrap(), None);
    // A group that the settings name no more keeps its people.
    let only = [QueueGroup::general()];
    let view = show(&town, &only, at(6)).unwrap();
    assert_eq!(view.groups[1].waiting[0].number, "B001");
}

#[test]
fn the_last_number_of_a_day_is_told_with_what_to_do() {
    let mut town = town();
    let give = |town: &mut Counter, serial: u16| {
        let id = TicketId { day: DAY, number: TicketNumber::new('A', serial).unwrap() };
        let said = Said { group: Some("综合".to_owned()), ..Said::of(id.number) };
        let detail = Detail { ticket: Some(Box::new(said)), ..Detail::default() };
        let event = Event::new(EventKind::TakeTicket, NINE, "取号机", "").with(detail);
        append(town, NINE, id, event).unwrap();
    };
    give(&mut town, 99);
    assert_eq!(taken(&mut town, 1, new("综合")), "20261102-A100", "the next strip");
    give(&mut town, SERIAL_MAX);
    let full = take(&mut town, at(1), &groups(), new("综合")).unwrap_err();
    assert!(full.zh().contains("已发完") && full.to_string().contains("queue.groups"));
    assert_eq!(taken(&mut town, 1, new("社保")), "20261102-B001");
    assert_eq!(called(&mut town, 2, "李芳").unwrap(), "A099");
    assert_eq!(called(&mut town, 2, "张伟").unwrap(), "A100");
}
