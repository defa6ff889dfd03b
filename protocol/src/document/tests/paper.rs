//! One document by itself.

use super::*;
use crate::identity::NodeId;

fn author(byte: u8) -> Author {
    Author { node: NodeId([byte; 16]), incarnation: 0 }
}

fn clock(start: u64) -> impl FnMut() -> HybridTime {
    let mut last = start;
    move || {
        last += 1;
        HybridTime(last)
    }
}

fn event(kind: EventKind) -> Edit {
    Edit::Event(Event::new(kind, Timestamp(1), "李", ""))
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

#[test]
fn the_first_change_of_every_document_never_changes() {
    assert_eq!(
        Paper::default().fingerprint().to_hex(),
        "68e44c0c15d73011d7ea1f1c5e91042a650f027f8f655e3239ac57491ed54a67"
    );
}

#[test]
fn two_centres_that_write_at_once_come_to_one_document_and_show_the_conflict() {
    let mut here = Paper::default();
    let mut there = Paper::default();
    let first = Edit::Field("address".to_owned(), text("a"));
    let second = Edit::Field("address".to_owned(), text("b"));
    let a = here.edit(author(1), vec![first, event(EventKind::Receive)], clock(10));
    let b = there.edit(author(2), vec![second, event(EventKind::Accept)], clock(10));
    here.apply(&b.unwrap().unwrap()).unwrap();
    there.apply(&a.unwrap().unwrap()).unwrap();
    assert_eq!(here.view(), there.view());
    assert_eq!(here.canonical(), there.canonical());
    let view = here.view();
    assert_eq!(view.conflicts["address"].len(), 2);
    assert_eq!(view.conflicts["address"][0], view.form["address"]);
    assert_eq!(view.events.len(), 2, "one time, two authors, two events");
}

#[test]
fn a_change_that_came_too_early_waits_and_is_not_lost() {
    let mut here = Paper::default();
    let first = here.edit(author(1), vec![event(EventKind::Receive)], clock(1)).unwrap();
    let second = here.edit(author(1), vec![event(EventKind::Accept)], clock(9)).unwrap();
    let mut there = Paper::default();
    there.apply(&second.unwrap()).unwrap();
    assert!(there.is_waiting());
    assert!(there.events().is_empty());
    there.apply(&first.unwrap()).unwrap();
    assert!(!there.is_waiting());
    assert_eq!(there.view(), here.view());
}

#[test]
fn a_header_is_set_once() {
    let header = Header {
        number: "1".to_owned(),
        item: "T01".to_owned(),
        item_name: "参保登记".to_owned(),
        applicant: "𠮷田".to_owned(),
        channel: "窗口".to_owned(),
        taken_by: "510921103".parse().unwrap(),
        taken_at: Timestamp(5),
        part_of: None,
    };
    let mut paper = Paper::default();
    paper.edit(author(1), vec![Edit::Header(header.clone())], clock(1)).unwrap();
    let again = paper.edit(author(1), vec![Edit::Header(header.clone())], clock(2));
    assert_eq!(again, Err(PaperError::HeaderTwice));
    assert_eq!(Paper::load(&paper.save()).unwrap().header(), Some(header));
}

#[test]
fn what_a_revoked_author_wrote_is_not_shown_and_what_others_built_on_it_is() {
    let (honest, stolen) = (author(1), author(2));
    let mut there = Paper::default();
    let old = vec![
        Edit::Field("address".to_owned(), text("old")),
        Edit::Field("phone".to_owned(), text("1")),
        event(EventKind::Receive),
    ];
    let first = there.edit(honest, old, clock(10)).unwrap().unwrap();
    let forged = vec![
        Edit::Field("address".to_owned(), text("forged")),
        Edit::Field("phone".to_owned(), text("forged")),
        Edit::Field("added".to_owned(), text("forged")),
        event(EventKind::Terminate),
    ];
    let forged = there.edit(stolen, forged, clock(20)).unwrap().unwrap();
    let good = vec![Edit::Field("phone".to_owned(), text("2")), event(EventKind::Accept)];
    let good = there.edit(honest, good, clock(30)).unwrap().unwrap();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let mut here = Paper::default();
        for at in order {
            match at {
                0 => here.apply(&first).unwrap(),
                1 => here.apply_void(&forged).unwrap(),
                _ => here.apply(&good).unwrap(),
            }
        }
        let view = here.view();
        assert_eq!(view.form["address"], text("old"), "what stood before shows again");
        assert_eq!(view.form["phone"], text("2"), "written in good faith over a forged value");
        assert!(!view.form.contains_key("added"));
        let kinds: Vec<EventKind> = view.events.iter().map(|(_, event)| event.kind).collect();
        assert_eq!(kinds, [EventKind::Receive, EventKind::Accept]);
        assert!(view.conflicts.is_empty());
        assert_eq!(here.canonical(), there.canonical(), "the bytes do not depend on what is void");
    }
}

#[test]
fn one_value_written_twice_at_once_is_no_conflict() {
    let (mut here, mut there) = (Paper::default(), Paper::default());
    let same = || vec![Edit::Field("address".to_owned(), text("a"))];
    here.edit(author(1), same(), clock(10)).unwrap();
    let other = there.edit(author(2), same(), clock(10)).unwrap().unwrap();
    here.apply(&other).unwrap();
    assert_eq!(here.view().form["address"], text("a"));
    assert!(here.view().conflicts.is_empty());
}
