//! What an entry counts for: its author revoked, this version too old for it, its right exhausted.

use tongban_protocol::case::State;
use tongban_protocol::limits::AUTHORS_PER_HOME_MAX;

use super::*;
use crate::replica::papers::Effect;
use crate::store::Area;

#[test]
fn revocation_takes_the_effect_from_what_was_signed_after_it_and_says_so_once() {
    let (_, mut town, ids) = town(1);
    let later = NOW.plus_ms(60_000);
    let edits = vec![(ids[0].name, vec![event(EventKind::Accept, later)])];
    town.append(later, office(TOWN), edits).unwrap();
    town.commit().unwrap();
    let disk = FaultyStore::default();
    let mut city = open(&disk, CITY, 0);
    take(&mut city, vec![run(&town, own(&town, office(TOWN)))]);
    let node = town.member().author().node;
    let revoke = Event::new(EventKind::Revoke, NOW.plus_ms(30_000), "市", &node.to_string());
    let name = DocumentName { kind: DocumentKind::Roster, ulid: Ulid::from_parts(1, 1) };
    let home = Home::public(division(CITY[0]));
    city.append(later, home, vec![(name, vec![Edit::Event(revoke)])]).unwrap();
    for _ in 0..3 {
        city.commit().unwrap();
        city.refresh_roster(later).unwrap();
        city.commit().unwrap();
        assert_eq!(city.case(ids[0]).unwrap().unwrap().view.events.len(), 1);
        assert_eq!(kinds(&city), [IncidentKind::Revoked]);
        disk.crash();
        city = open(&disk, CITY, 0);
    }
    take(&mut town, vec![run(&city, own(&city, home))]);
    town.refresh_roster(later).unwrap();
    let refused = file(&mut town, later, &mut rng(16)).unwrap_err();
    insta::assert_snapshot!(refused, @"this machine was revoked from 2026-03-02T09:00:30+08:00 on and writes no more; ask the city");
}

#[test]
fn what_honest_centres_built_on_a_stolen_machines_entry_still_counts() {
    let (_, mut town, ids) = town(1);
    let stolen_at = NOW.plus_ms(60_000);
    let forged = vec![
        Edit::Field("address".to_owned(), Value::Text("forged".to_owned())),
        Edit::Event(Event::new(EventKind::NoticeSupplement, stolen_at, "贼", "")),
    ];
    town.append(stolen_at, office(TOWN), vec![(ids[0].name, forged)]).unwrap();
    town.commit().unwrap();
    let (mut county, mut city) = (holder(COUNTY), holder(CITY));
    take(&mut county, vec![run(&town, own(&town, office(TOWN)))]);
    let later = NOW.plus_ms(120_000);
    let accept = vec![(ids[0].name, vec![event(EventKind::Accept, later)])];
    county.append(later, office(TOWN), accept).unwrap();
    county.commit().unwrap();
    let all =
        || vec![run(&county, own(&town, office(TOWN))), run(&county, own(&county, office(TOWN)))];
    take(&mut city, all());
    let shown = |city: &Replica<_>| {
        let case = city.case(ids[0]).unwrap().unwrap();
        let kinds: Vec<_> = case.view.events.iter().map(|(_, event)| event.kind).collect();
        (case.view.form["address"].clone(), kinds, case.folded.course.state)
    };
    let node = town.member().author().node;
    let revoke = Event::new(EventKind::Revoke, NOW.plus_ms(30_000), "市", &node.to_string());
    let name = DocumentName { kind: DocumentKind::Roster, ulid: Ulid::from_parts(1, 1) };
    let home = Home::public(division(CITY[0]));
    city.append(later, home, vec![(name, vec![Edit::Event(revoke)])]).unwrap();
    city.commit().unwrap();
    city.refresh_roster(later).unwrap();
    let kinds = vec![EventKind::Receive, EventKind::Accept];
    let due = (Value::Text("遂宁".to_owned()), kinds, State::Accepted);
    assert_eq!(shown(&city), due);
    let mut late = holder(CITY);
    take(&mut late, vec![run(&city, own(&city, home))]);
    late.refresh_roster(later).unwrap();
    take(&mut late, all());
    assert_eq!(shown(&late), due, "whoever knew of it before shows the same");
}

/// Takes an entry as an earlier version did, which did not understand all of it.
fn take_unjudged(city: &mut Replica<FaultyStore>, signed: &SignedEntry) {
    let tail = city.next_tail(signed).unwrap();
    city.judge_later(signed.entry.journal, signed.entry.number);
    city.stage(signed, tail, Effect::Full).unwrap();
    city.commit().unwrap();
}

#[test]
fn what_an_earlier_version_did_not_understand_is_judged_again() {
    let (_, town, ids) = town(2);
    let journal = own(&town, office(TOWN));
    let right = town.entry(journal, 3).unwrap().unwrap();
    let mut paper = Paper::default();
    let wrong = vec![event(EventKind::Supervise, NOW)];
    let bytes = paper.edit(journal.author, wrong, || right.entry.time).unwrap().unwrap();
    let number = 4;
    let body = Body::Changes(vec![Change { document: ids[0].name, bytes }]);
    let time = right.entry.time.next(NOW);
    let entry = Entry { number, previous: right.hash, time, body, ..right.entry.clone() };
    let wrong = entry.seal(&town.member().key).unwrap();
    let disk = FaultyStore::default();
    let mut city = open(&disk, CITY, 0);
    take(
        &mut city,
        vec![Run { entries: run(&town, journal).entries[..2].to_vec(), journal, first: 1 }],
    );
    take_unjudged(&mut city, &right);
    take_unjudged(&mut city, &wrong);
    assert_eq!(city.entries_of(ids[0]).unwrap().len(), 2);
    city = open(&disk, CITY, 0);
    city.refresh_roster(NOW).unwrap();
    city.commit().unwrap();
    assert_eq!(city.entries_of(ids[0]).unwrap().len(), 1, "a township supervises nobody");
    assert_eq!(city.entries_of(ids[1]).unwrap().len(), 1, "this one had the right");
    assert_eq!(kinds(&city), [IncidentKind::Refused]);
    let left = city.store().scan(Area::Meta, b"u", b"v", 10).unwrap();
    assert!(left.is_empty(), "what is understood is not noted any longer");
}

#[test]
fn a_receipt_for_another_past_is_no_receipt() {
    let (_, mut town, _) = town(1);
    let (journal, mut city) = (own(&town, office(TOWN)), holder(CITY));
    take(&mut city, vec![run(&town, journal)]);
    let receipt = |number, hash| Receipt { author: journal.author, number, hash };
    let wrong = receipt(2, Sha::of(b"another past"));
    city.append_receipts(NOW, office(TOWN), vec![wrong]).unwrap();
    city.commit().unwrap();
    take(&mut town, vec![run(&city, own(&city, office(TOWN)))]);
    assert_eq!(town.receipted(journal), None);
    assert_eq!(kinds(&town), [IncidentKind::Broken]);
    let right = receipt(2, town.frontier()[&journal].hash);
    city.append_receipts(NOW, office(TOWN), vec![right]).unwrap();
    city.commit().unwrap();
    take(&mut town, vec![run(&city, own(&city, office(TOWN)))]);
    assert_eq!(town.receipted(journal).map(|it| it.number), Some(2));
}

#[test]
fn a_home_takes_so_many_authors_and_no_more() {
    let mut city = holder(CITY);
    let runs: Vec<Run> = (0..=u32::try_from(AUTHORS_PER_HOME_MAX).unwrap())
        .map(|incarnation| {
            let mut town = open(&FaultyStore::default(), TOWN, incarnation);
            file(&mut town, NOW, &mut rng(40)).unwrap();
            town.commit().unwrap();
            run(&town, own(&town, office(TOWN)))
        })
        .collect();
    let last = runs[AUTHORS_PER_HOME_MAX].clone();
    let refused = take(&mut city, runs);
    assert_eq!(refused.len(), 1);
    assert!(refused[0].why.contains("512 authors already"), "{}", refused[0].why);
    assert_eq!(take(&mut city, vec![last]).len(), 1, "nor later");
    assert_eq!(city.frontier().len(), AUTHORS_PER_HOME_MAX);
}

#[test]
fn a_case_says_that_it_waits_for_what_it_builds_on() {
    let (_, town, ids) = town(1);
    let (mut county, mut city) = (holder(COUNTY), holder(CITY));
    take(&mut county, vec![run(&town, own(&town, office(TOWN)))]);
    let accept = vec![(ids[0].name, vec![event(EventKind::Accept, NOW)])];
    county.append(NOW, office(TOWN), accept).unwrap();
    county.commit().unwrap();
    take(&mut city, vec![run(&county, own(&county, office(TOWN)))]);
    let case = city.case(ids[0]).unwrap().unwrap();
    assert!(case.is_waiting && case.view.events.is_empty());
    take(&mut city, vec![run(&county, own(&town, office(TOWN)))]);
    let case = city.case(ids[0]).unwrap().unwrap();
    assert!(!case.is_waiting);
    assert_eq!(case.folded.course.state, State::Accepted);
}
