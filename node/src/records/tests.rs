//! Service records at a counter, over a store in memory.

use super::*;
use crate::cases::fixture::{Counter, NINE, county, new_case, rng, send, town};
use crate::cases::take;

fn visit(link: Option<&str>) -> NewEntry {
    let service = NewService {
        kind: ServiceKind::Visit,
        staff: vec!["李芳".to_owned()],
        start: NINE.plus_ms(-7_200_000),
        end: NINE.plus_ms(-3_600_000),
        place: "文井镇 3 组".to_owned(),
    };
    NewEntry {
        service: Some(service),
        reason: Some("行动不便".to_owned()),
        link: link.map(str::to_owned),
        ..NewEntry::new(EventKind::Serve, "李芳".to_owned())
    }
}

fn entered(counter: &mut Counter, seed: u8, entry: NewEntry) -> DocumentId {
    let (_, id) = enter(counter, NINE, &mut rng(seed), None, entry).unwrap();
    counter.commit().unwrap();
    id
}

#[test]
fn a_service_without_a_case_or_ticket_is_kept_and_shown_and_counts_at_no_tier() {
    let (mut town, mut county) = (town(), county());
    let case = take(&mut town, NINE, &mut rng(1), new_case("王老汉")).unwrap();
    town.commit().unwrap();
    entered(&mut town, 2, visit(Some(&case.number)));
    let bare = entered(&mut town, 3, visit(None));
    let shown = show(&town, bare).unwrap().unwrap();
    assert_eq!(shown.uncounted.unwrap().zh, "没有关联办件或排号，不计数");

    send(&mut town, &mut county, NINE);
    let home = [own_office(&town)];
    let lines = |counter| count(counter, &home, "2026-11".parse().unwrap()).unwrap();
    let [line] = &lines(&town)[..] else { unreachable!() };
    assert_eq!((&*line.kind, line.counted, line.unlinked, line.repeated), ("visit", 1, 1, 0));
    assert_eq!(lines(&county), lines(&town), "every tier counts the same");
    assert_eq!(list(&county, &home, 10).unwrap().len(), 2);
    assert_eq!(count(&town, &home, "2025".parse().unwrap()).unwrap(), []);
    assert!("2026-13".parse::<Period>().unwrap_err().contains("2026-11"));
}

#[test]
fn a_link_to_a_case_that_this_centre_does_not_have_is_refused() {
    let mut town = town();
    let case = take(&mut town, NINE, &mut rng(1), new_case("王老汉")).unwrap();
    let (mut staged, mut rng) = (visit(Some(&case.number)), rng(2));
    let none = enter(&mut town, NINE, &mut rng, None, staged.clone()).unwrap_err();
    assert!(matches!(none, RecordError::NoSuchCase(_)), "{none}");
    staged.by = " ".to_owned();
    let nameless = enter(&mut town, NINE, &mut rng, None, staged).unwrap_err();
    assert!(matches!(nameless, RecordError::Nameless), "{nameless}");
    town.commit().unwrap();
    enter(&mut town, NINE, &mut rng, None, visit(Some(&case.number))).unwrap();
}

#[test]
fn a_question_goes_from_hand_to_hand_and_only_whoever_has_it_ends_it() {
    let mut town = town();
    let asked = NewEntry {
        reason: Some("问低保".to_owned()),
        ..NewEntry::new(EventKind::FirstAsked, "李芳".to_owned())
    };
    let id = entered(&mut town, 1, asked);
    let on = NewEntry {
        to: Some("王强".to_owned()),
        reason: Some("民政窗口".to_owned()),
        ..NewEntry::new(EventKind::PassOn, "李芳".to_owned())
    };
    enter(&mut town, NINE, &mut rng(1), Some(id), on.clone()).unwrap();
    let again = enter(&mut town, NINE, &mut rng(1), Some(id), on).unwrap_err().to_string();
    assert!(again.contains("王强 answers") && again.contains("首问负责制"), "{again}");
    let ends = NewEntry {
        answer: Some(Answer::Handled),
        ..NewEntry::new(EventKind::Conclude, "王强".to_owned())
    };
    enter(&mut town, NINE, &mut rng(1), Some(id), ends).unwrap();
    let shown = show(&town, id).unwrap().unwrap();
    assert_eq!((shown.holder, &*shown.state.code), (None, "concluded"));
    assert_eq!((&*shown.chain[0].from, &*shown.chain[0].to), ("李芳", "王强"));
}
