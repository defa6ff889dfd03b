//! The counter, over stores in memory.

mod away;
mod beside;
mod green;
mod joint;
mod numbers;
mod outages;
mod owed;
mod request;
mod rulings;
mod supervision;
mod tiers;
mod watch;

use tongban_protocol::case::{CaseType, Fault};
use tongban_protocol::catalogue::guide::Requirement;
use tongban_protocol::catalogue::{Item, document_name};
use tongban_protocol::deadline::Limit;
use tongban_protocol::document::{DocumentId, Satisfaction};
use tongban_protocol::exchange::Peer;
use tongban_protocol::place::{Home, Tier};

use super::fixture::{
    CITY, COUNTY, Counter, NINE, city, county, event, new_case, rng, send, town, witness,
};
use ulid::Ulid;

use super::*;
use crate::engine::{LinkStatus, SessionId, Side};
use crate::replica::{Counted, ReplicaError};

fn taken(counter: &mut Counter, at: Timestamp, applicant: &str) -> DocumentId {
    let seed = u8::try_from(at.0 % 251).unwrap();
    let taken = take(counter, at, &mut rng(seed), new_case(applicant)).unwrap();
    counter.commit().unwrap();
    taken.id
}

fn recorded(counter: &mut Counter, at: Timestamp, id: DocumentId, kind: &str) {
    record(counter, at, id, event(kind)).unwrap();
    counter.commit().unwrap();
}

/// Counts everything, so that lists know it.
fn count_all(counter: &mut Counter) {
    while counter.count_facts(64).unwrap() == Counted::Part {}
}

#[test]
fn a_case_is_one_entry_with_header_form_materials_and_receipt() {
    let mut town = town();
    let Taken { id, number, appended, .. } =
        take(&mut town, NINE, &mut rng(1), new_case("𠮷田")).unwrap();
    town.commit().unwrap();
    assert_eq!(appended.number, 2, "the opening is entry 1");
    assert_eq!(town.entries_of(id).unwrap().len(), 1);
    let shown = show(&town, id).unwrap().unwrap();
    assert_eq!(number, "510921103-20261102-MB7I-00001-O");
    assert_eq!(shown.summary.number, number);
    assert_eq!(shown.summary.applicant, "𠮷田");
    assert_eq!(shown.summary.state.code, "received");
    assert_eq!(shown.form["address"], "文井镇 3 组");
    assert_eq!(shown.materials[0].zh, "已交");
    let receive = &shown.events[0];
    assert_eq!((receive.happened_at, receive.recorded_at), (NINE.plus_ms(-600_000), NINE));
    assert_eq!((receive.entry, receive.stage, receive.witnessed_at), (Some(2), Stage::Here, None));
    let json = serde_json::to_value(&shown).unwrap();
    assert_eq!(json["events"][0]["happened_at"], "2026-11-02T08:50:00+08:00");
    let read: CaseDetail = serde_json::from_value(json).unwrap();
    assert_eq!(read.events[0].happened_at, NINE.plus_ms(-600_000));
}

#[test]
fn a_case_is_bound_to_the_items_version_of_its_day_and_an_unknown_item_is_taken_with_a_word() {
    let mut city = city();
    let mut item = Item::named("T01".parse().unwrap(), "社会保障卡注销");
    item.valid_from = Some(jiff::civil::date(2026, 1, 1));
    item.materials = ["身份证", "社会保障卡"].map(Requirement::named).to_vec();
    (item.case_type, item.decide_at) = (Some(CaseType::Promised), Some(Tier::County));
    item.promise = Some(Limit::WorkingDays(1).into());
    let untold = Item { id: "T02".parse().unwrap(), case_type: None, ..item.clone() };
    let publish = |item: Item| {
        let name = document_name(&item.id);
        let detail = Detail { item: Some(Box::new(item)), ..Detail::default() };
        (name, vec![Edit::Event(Event::new(EventKind::Publish, NINE, "市", "").with(detail))])
    };
    let home = Home::public(city.member().centre());
    city.append(NINE, home, vec![publish(item), publish(untold)]).unwrap();
    city.commit().unwrap();
    let mut town = town();
    send(&mut city, &mut town, NINE);
    let mut dice = rng(9);
    let mut take_at = |item: &str, days: i64| {
        let at = NINE.plus_ms(days * 86_400_000);
        let case =
            NewCase { item: item.to_owned(), happened_at: Some(at), ..new_case("王小明") };
        let id = take(&mut town, NINE, &mut dice, case).unwrap().id;
        town.commit().unwrap();
        town.case(id).unwrap().unwrap().view
    };
    let known = take_at("T01", 0);
    assert_eq!(known.header.unwrap().item_name, "社会保障卡注销");
    let states = known.materials.iter().map(|(name, it)| (name.as_str(), it.state));
    let due = [("社会保障卡", MaterialState::Missing), ("身份证", MaterialState::Handed)];
    assert_eq!(states.collect::<Vec<_>>(), due);
    let terms = known.events[0].1.detail().terms.clone().unwrap();
    assert_eq!((terms.version, terms.promise), (1, Some(Limit::WorkingDays(1))));
    let untold = take_at("T02", 0).events[0].1.clone();
    assert_eq!(untold.detail().terms, None);
    assert!(untold.note.contains("does not tell sort"), "{}", untold.note);
    for (item, days) in [("T01", -400), ("T09", 0), ("没有", 0)] {
        let view = take_at(item, days);
        assert_eq!(view.header.unwrap().item_name, "参保登记");
        assert!(view.events[0].1.note.contains("has no such item"), "{item}");
    }
}

#[test]
fn the_counter_refuses_what_the_state_does_not_take_and_names_both() {
    let mut town = town();
    let id = taken(&mut town, NINE, "王小明");
    let refused = record(&mut town, NINE, id, event("deliver")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a case in state `received` takes no `deliver` (Administrative Licensing Law, article 44); \
         it takes `notice-supplement` (补正告知), `accept` (受理), `withdraw` (撤回), `terminate` \
         (终止), `reject` (不予受理), `correct` (当场更正), `charge` (收费), `appeal` (申诉) \
         (办件处于“收件”，不能“送达”（行政许可法第 44 条）)"
    );
    assert!(refused.is_callers());
    assert!(!town.is_staged());
    for kind in ["accept", "finish-step", "decide", "deliver"] {
        recorded(&mut town, NINE.plus_ms(60_000), id, kind);
    }
    let shown = show(&town, id).unwrap().unwrap();
    assert!(shown.summary.state.is_closed);
    assert_eq!(shown.events.len(), 5);
    assert!(record(&mut town, NINE, id, event("withdraw")).is_err());
}

#[test]
fn a_township_records_no_supervision_and_nothing_in_a_case_that_it_does_not_hold() {
    let mut town = town();
    let id = taken(&mut town, NINE, "王小明");
    let refused = record(&mut town, NINE, id, event("supervise")).unwrap_err();
    assert!(matches!(refused, CaseError::Replica(ReplicaError::Refused(_))), "{refused}");
    let unknown = DocumentId::case("510921103".parse().unwrap(), Ulid::from_parts(1, 1));
    let refused = record(&mut town, NINE, unknown, event("accept")).unwrap_err();
    assert!(matches!(refused, CaseError::NotFound(_)), "{refused}");
    assert!(show(&town, unknown).unwrap().is_none());
}

#[test]
fn what_every_case_needs_may_not_be_empty() {
    let mut town = town();
    for (field, case) in [
        ("item", NewCase { item: " ".to_owned(), ..new_case("王") }),
        ("applicant", new_case("")),
        ("by", NewCase { by: String::new(), ..new_case("王") }),
    ] {
        let refused = take(&mut town, NINE, &mut rng(1), case).unwrap_err();
        assert!(matches!(refused, CaseError::Empty(found) if found == field), "{refused}");
    }
    let nobody = NewEvent { by: String::new(), ..event("accept") };
    let id = taken(&mut town, NINE, "王小明");
    assert!(matches!(record(&mut town, NINE, id, nobody), Err(CaseError::Empty("by"))));
    let long = NewCase { form: [("x".to_owned(), "长".repeat(9_000))].into(), ..new_case("王") };
    let refused = take(&mut town, NINE, &mut rng(2), long).unwrap_err();
    assert!(refused.is_callers(), "{refused}");
}

#[test]
fn nothing_is_taken_or_rated_on_a_day_that_has_not_come() {
    let mut town = town();
    let next_week = Some(NINE.plus_ms(7 * 86_400_000));
    let case = NewCase { happened_at: next_week, ..new_case("王小明") };
    let refused = take(&mut town, NINE, &mut rng(1), case).unwrap_err();
    let is_early = |error: &CaseError| {
        matches!(error, CaseError::Unlawful { fault: Fault::NotYet { .. } }) && error.is_callers()
    };
    assert!(is_early(&refused) && !town.is_staged(), "{refused}");
    let id = taken(&mut town, NINE, "王小明");
    for kind in ["accept", "decide"] {
        recorded(&mut town, NINE, id, kind);
    }
    let detail = Said { rating: Some(Satisfaction::Satisfied), ..Said::default() };
    let early = NewEvent { happened_at: next_week, detail, ..event("rate") };
    let refused = record(&mut town, NINE, id, early).unwrap_err();
    assert!(is_early(&refused) && !town.is_staged(), "{refused}");
}

#[test]
fn what_would_stand_before_an_event_of_a_clock_far_ahead_is_refused_until_then() {
    cov_mark::check_count!(event_would_stand_before_another, 4);
    let (mut town, mut county) = (town(), county());
    let days = |days: i64| NINE.plus_ms(days * 86_400_000);
    let id = taken(&mut town, days(3), "王小明"); // The township's clock is three days ahead.
    send(&mut town, &mut county, NINE);
    for at in [NINE, days(3)] {
        let refused = record(&mut county, at, id, event("accept")).unwrap_err();
        assert!(refused.is_callers(), "{refused}");
        let supervise = Edit::Event(Event::new(EventKind::Supervise, at, "王", ""));
        let whatever = county.append(at, id.home, vec![(id.name, vec![supervise])]).unwrap_err();
        let said = refused.to_string();
        assert_eq!(whatever.to_string(), said, "the same for every document");
        for words in ["clock of machine", "at 510921103", "is of 2026-11-05T09:00:00", "时钟超前"]
        {
            assert!(said.contains(words), "{said}");
        }
    }
    recorded(&mut county, days(3).plus_ms(1), id, "supervise");
    assert_eq!(county.case(id).unwrap().unwrap().folded.anomalies.len(), 0);
    recorded(&mut town, NINE, id, "accept"); // Its own clock runs on, even when it is set back.
    send(&mut town, &mut county, NINE);
    assert_eq!(county.case(id).unwrap().unwrap().folded.anomalies.len(), 0);
}

#[test]
fn a_form_that_is_sent_twice_makes_one_case() {
    let mut town = town();
    let ask = |id: &str| NewCase { request_id: Some(id.to_owned()), ..new_case("王小明") };
    let Taken { id: first, number, appended, .. } =
        take(&mut town, NINE, &mut rng(1), ask("a")).unwrap();
    // Both clicks came before anything was durable.
    let early = take(&mut town, NINE.plus_ms(5), &mut rng(2), ask("a")).unwrap();
    town.commit().unwrap();
    assert_eq!((early.id, early.appended.journal), (first, appended.journal));
    assert_eq!(early.number, number);
    for later in [0, 600_000, REQUEST_MEMORY_MS - 600_000] {
        let again = take(&mut town, NINE.plus_ms(later), &mut rng(3), ask("a")).unwrap();
        assert_eq!((again.id, again.appended), (first, appended), "{later} ms later");
        assert_eq!(again.number, number);
        assert!(!town.is_staged());
    }
    let other = take(&mut town, NINE, &mut rng(1), ask("b")).unwrap();
    assert_ne!((other.id, &other.number), (first, &number));
    let after = NINE.plus_ms(REQUEST_MEMORY_MS * 2);
    let much_later = take(&mut town, after, &mut rng(1), ask("a")).unwrap();
    assert_ne!((much_later.id, &much_later.number), (first, &number));
    for bad in [String::new(), "x".repeat(REQUEST_ID_BYTES_MAX + 1)] {
        let refused = take(&mut town, NINE, &mut rng(1), ask(&bad)).unwrap_err();
        assert!(matches!(refused, CaseError::RequestId(_)), "{refused}");
    }
}

#[test]
fn a_list_gives_every_case_once_the_newest_first() {
    let mut town = town();
    let days = [0_i64, 0, 1, 9, 40, 400];
    let mut ids: Vec<DocumentId> = Vec::new();
    for (at, day) in days.iter().enumerate() {
        let at = i64::try_from(at).unwrap();
        ids.push(taken(&mut town, NINE.plus_ms(day * 86_400_000 + at), "王小明"));
    }
    ids.reverse();
    let homes = [Home::office("510921103".parse().unwrap())];
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = list(&town, &homes, after, 2).unwrap();
        seen.extend(page.cases.iter().map(|case| case.id.parse::<DocumentId>().unwrap()));
        match page.next {
            Some(next) => after = Some(next.parse().unwrap()),
            None => break,
        }
    }
    assert_eq!(seen, ids);
    assert_eq!(list(&town, &[], None, 10).unwrap().cases.len(), 0);
}

fn link(counter: &Counter, side: Side) -> LinkStatus {
    let credential = counter.member().credential.clone();
    let sealed = counter.member().sealed.clone();
    let software = "tongban 0.1.0".to_owned();
    let peer = Peer { credential, sealed, software, clock_ahead_ms: 0 };
    LinkStatus { session: SessionId(1), side, peer: Some(peer), since: NINE, is_in_step: false }
}

#[test]
fn one_sentence_says_where_a_case_is_and_what_it_waits_for() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    let id = taken(&mut town, NINE, "王小明");
    recorded(&mut town, NINE.plus_ms(1), id, "accept");
    let says = |counter: &Counter, links: &[LinkStatus]| {
        let why = why(counter, links, id).unwrap();
        format!("{:?}: {} | {}", why.stage, why.en, why.zh)
    };
    let mut story = vec![says(&county, &[]), says(&town, &[])];
    story.push(says(&town, &[LinkStatus { peer: None, ..link(&county, Side::Parent) }]));
    story.push(says(&town, &[link(&county, Side::Parent)]));
    send(&mut town, &mut county, NINE);
    story.push(says(&town, &[link(&county, Side::Parent)]));
    story.push(says(&county, &[link(&town, Side::Child)]));
    send(&mut county, &mut city, NINE);
    story.push(says(&county, &[]));
    story.push(says(&city, &[]));
    witness(&mut city, NINE.plus_ms(60_000));
    send(&mut city, &mut town, NINE.plus_ms(60_000));
    story.push(says(&town, &[]));
    recorded(&mut town, NINE.plus_ms(90_000), id, "finish-step");
    story.push(says(&town, &[]));
    send(&mut town, &mut county, NINE);
    story.push(says(&town, &[]));
    insta::assert_snapshot!(story.join("\n"));
    send(&mut county, &mut city, NINE);
    witness(&mut city, NINE.plus_ms(600_000));
    send(&mut city, &mut town, NINE.plus_ms(600_000));
    let witnessed = |of: &DocumentId| -> Vec<_> {
        let events = show(&town, *of).unwrap().unwrap().events;
        events.iter().map(|event| (event.stage, event.witnessed_at)).collect()
    };
    let at = |ms: i64| (Stage::City, Some(NINE.plus_ms(ms)));
    assert_eq!(
        witnessed(&id),
        [at(60_000), at(60_000), at(600_000)],
        "a later receipt is none of the first"
    );
    assert!(says(&town, &[]).contains("2026-11-02 09:10"));
}

#[test]
fn what_the_city_itself_wrote_waits_for_no_receipt_anywhere() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    let id = taken(&mut town, NINE, "王小明");
    send(&mut town, &mut county, NINE);
    send(&mut county, &mut city, NINE);
    witness(&mut city, NINE.plus_ms(60_000));
    recorded(&mut city, NINE.plus_ms(70_000), id, "supervise");
    send(&mut city, &mut county, NINE.plus_ms(80_000));
    send(&mut county, &mut town, NINE.plus_ms(80_000));
    for counter in [&town, &county, &city] {
        let why = why(counter, &[], id).unwrap();
        assert_eq!(why.stage, Some(Stage::City), "{}", why.en);
        let events = show(counter, id).unwrap().unwrap().events;
        let stages: Vec<Stage> = events.iter().map(|event| event.stage).collect();
        assert_eq!(stages, [Stage::City, Stage::City]);
    }
}

#[test]
fn a_case_whose_journal_forked_says_so() {
    let (mut town, mut twin, mut county) = (town(), town(), county());
    let id = taken(&mut town, NINE, "王小明");
    taken(&mut twin, NINE, "另一个人");
    send(&mut town, &mut county, NINE);
    let journal = id.home;
    let journal =
        *twin.frontier().keys().find(|it| it.home == journal).expect("the twin took a case");
    let want = tongban_protocol::exchange::Want { journal, from: 1, to: 2 };
    county.ingest(NINE, twin.read_wants(&[want]).unwrap(), &mut rng(1)).unwrap();
    county.commit().unwrap();
    let why = why(&county, &[], id).unwrap();
    assert!(why.en.contains("forked at entry 2"), "{}", why.en);
    assert!(why.zh.contains("分叉"), "{}", why.zh);
}

#[test]
fn a_county_speaks_in_a_case_of_its_township_but_not_for_it() {
    let (mut town, mut county) = (town(), county());
    let id = taken(&mut town, NINE, "王小明");
    send(&mut town, &mut county, NINE);
    recorded(&mut county, NINE.plus_ms(9), id, "supervise");
    let refused = record(&mut county, NINE.plus_ms(9), id, event("withdraw")).unwrap_err();
    assert!(matches!(refused, CaseError::Replica(ReplicaError::Refused(_))), "{refused}");
    let shown = show(&county, id).unwrap().unwrap();
    assert_eq!(shown.summary.centre, "510921103");
    assert_eq!(shown.events[1].zh, "督办");
    assert!(shown.events[1].entry.is_some());
    assert_ne!(shown.events[0].author, shown.events[1].author);
    assert_eq!(county.member().centre().as_str(), COUNTY);
}

#[test]
fn instants_are_read_as_people_and_machines_write_them() {
    for text in [
        "2026-11-02T09:00:00+08:00",
        "2026-11-02T01:00:00Z",
        "2026-11-02T09:00",
        "2026-11-02 09:00",
    ] {
        assert_eq!(parse_instant(text), Ok(NINE), "{text}");
    }
    assert_eq!(parse_instant("2026-11-02"), Ok(NINE.plus_ms(-9 * 3_600_000)));
    for text in ["", "yesterday", "2026-13-02", "9:00"] {
        assert!(parse_instant(text).is_err(), "{text}");
    }
    let body = r#"{"kind":"accept","by":"李芳","happened_at":1793581200000}"#;
    assert_eq!(serde_json::from_str::<NewEvent>(body).unwrap().happened_at, Some(NINE));
    let body = r#"{"kind":"accpet","by":"李芳"}"#;
    assert!(serde_json::from_str::<NewEvent>(body).unwrap_err().to_string().contains("accept"));
    let body = r#"{"item":"T01","applicant":"王","by":"李","aplicant":"x"}"#;
    assert!(serde_json::from_str::<NewCase>(body).is_err(), "an unknown field is refused");
}

#[test]
fn what_is_wrong_with_an_event_is_told_once_it_is_saved() {
    let mut town = town();
    let id = taken(&mut town, NINE, "王小明");
    let site = NewEvent { note: "现场核查".to_owned(), ..event("finish-step") };
    recorded(&mut town, NINE, id, "accept");
    assert_eq!(told(&town, id, EventKind::Accept).unwrap().len(), 0);
    record(&mut town, NINE, id, site).unwrap();
    town.commit().unwrap();
    let said = told(&town, id, EventKind::FinishStep).unwrap();
    assert_eq!(said.iter().map(|it| it.zh.as_str()).collect::<Vec<_>>(), ["现场核查少于两人"]);
    assert_eq!(told(&town, id, EventKind::Rate).unwrap().len(), 0, "another's");
}

#[test]
fn only_what_the_catalogue_calls_a_permit_is_renewed_at_the_counter() {
    let mut city = city();
    let item = |id: &str, kind| {
        let mut item = Item::named(id.parse().unwrap(), "某事项");
        (item.case_type, item.decide_at) = (Some(CaseType::Promised), Some(Tier::County));
        item.kind = Some(kind);
        let detail = Detail { item: Some(Box::new(item)), ..Detail::default() };
        let publish = Event::new(EventKind::Publish, NINE, "市", "").with(detail);
        (document_name(&id.parse().unwrap()), vec![Edit::Event(publish)])
    };
    let home = Home::public(city.member().centre());
    let items = vec![item("T01", Kind::Permit), item("T02", Kind::Benefit)];
    city.append(NINE, home, items).unwrap();
    city.commit().unwrap();
    let mut town = town();
    send(&mut city, &mut town, NINE);
    let mut renew = |item: &str| {
        let renews_until = Some(NINE.plus_ms(60 * 86_400_000));
        let case = NewCase { item: item.to_owned(), renews_until, ..new_case("王小明") };
        take(&mut town, NINE, &mut rng(4), case).map(|_| ())
    };
    renew("T01").unwrap();
    let refused = renew("T02").unwrap_err().to_string();
    assert!(refused.contains("only a permit can be renewed"), "{refused}");
    assert!(refused.contains("只有行政许可事项可以申请延续"), "{refused}");
}
