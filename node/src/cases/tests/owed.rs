//! What a paper promised, what still waits for somebody, and how both are told later.

use jiff::civil::date;
use tongban_protocol::calendar::{Exception, YearNotice};
use tongban_protocol::case::ClockKind;
use tongban_protocol::document::{Detail, DocumentName, Outcome, Role};

use super::super::read::summary;
use super::supervision::publish_item_and_rule;
use super::*;
use crate::cases::{Said, next_steps, promised};

/// Has the city give a day off, three hours after a quarter past nine that morning.
fn publish_day_off(city: &mut Counter) {
    let off = [(date(2026, 11, 4), Exception::Holiday, "临时放假".to_owned())];
    let notice = YearNotice::new(2026, off).unwrap();
    let name = DocumentName { kind: DocumentKind::Calendar, ulid: Ulid::nil() };
    let detail = Detail { notice: Some(notice), ..Detail::default() };
    let at = NINE.plus_ms(3 * 3_600_000);
    let event = Event::new(EventKind::Publish, at, "市", "").with(detail);
    let home = Home::public(city.member().centre());
    city.append(at, home, vec![(name, vec![Edit::Event(event)])]).unwrap();
    city.commit().unwrap();
}

#[test]
fn a_paper_says_the_last_day_that_it_promised_and_to_which_it_moved() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    publish_item_and_rule(&mut city, [&mut county, &mut town]);
    let id = taken(&mut town, NINE, "王小明");
    let file = town.case(id).unwrap().unwrap();
    let at = file.view.events[0].0.recorded.instant();
    let before = promised(&town, &file, at).unwrap();
    assert!(!before.is_accepted && before.owed[0].due.is_none(), "{before:?}");
    recorded(&mut town, NINE.plus_ms(1_000), id, "accept");
    let told = |town: &Counter| {
        let file = town.case(id).unwrap().unwrap();
        let owed = promised(town, &file, at).unwrap().owed;
        assert_eq!((owed.len(), owed[0].kind), (1, ClockKind::Promise));
        (owed[0].due, owed[0].moved_to)
    };
    // Monday the 2nd, and three working days.
    let first = Some(date(2026, 11, 5));
    assert_eq!(told(&town), (first, None));
    publish_day_off(&mut city);
    send(&mut city, &mut town, NINE.plus_ms(4 * 3_600_000));
    assert!(town.almanac().latest().is_published(date(2026, 11, 4)));
    assert_eq!(told(&town), (first, Some(date(2026, 11, 6))));
    // What is accepted once the day is known promises the later one, and has not moved.
    let later = NINE.plus_ms(5 * 3_600_000);
    let second = taken(&mut town, later, "李四");
    recorded(&mut town, later, second, "accept");
    let file = town.case(second).unwrap().unwrap();
    let owed = promised(&town, &file, file.view.events[0].0.recorded.instant()).unwrap().owed;
    assert_eq!((owed[0].due, owed[0].moved_to), (Some(date(2026, 11, 6)), None));
}

/// Decides, as a counter does that has heard nothing of another.
fn decided(counter: &mut Counter, id: DocumentId, outcome: Outcome) {
    let said = Said { outcome: Some(outcome), ..Said::default() };
    let said = Said { reason: Some("不符".into()), remedy: Some("复议".into()), ..said };
    let event = NewEvent { note: outcome.zh().to_owned(), detail: said, ..event("decide") };
    record(counter, NINE.plus_ms(60_000), id, event).unwrap();
    counter.commit().unwrap();
}

#[test]
fn what_was_done_twice_waits_for_nobody_and_what_was_decided_twice_for_supervision() {
    for (second, waits) in [(Outcome::Granted, 0), (Outcome::Refused, 1)] {
        let (mut town, mut county, mut city) = (town(), county(), city());
        publish_item_and_rule(&mut city, [&mut county, &mut town]);
        let id = taken(&mut town, NINE, "王小明");
        recorded(&mut town, NINE.plus_ms(1_000), id, "accept");
        send(&mut town, &mut county, NINE.plus_ms(2_000));
        decided(&mut town, id, Outcome::Granted);
        decided(&mut county, id, second);
        send(&mut town, &mut county, NINE.plus_ms(120_000));
        let file = county.case(id).unwrap().unwrap();
        let shown = summary(&county, &file).unwrap();
        assert_eq!((shown.anomalies, shown.contradictions), (1, waits), "{second:?}");
        let steps = next_steps(&county, &file, Role::Supervisor, NINE.plus_ms(180_000));
        let may_rule = steps.iter().any(|step| step.kind == EventKind::Resolve);
        assert_eq!(may_rule, waits == 1, "the page offers what it counts");
    }
}
