//! A replica over a disk that crashes, and what it does with what others send.

pub(crate) mod office;
mod publication;
mod snapshot;
mod standing;

use tongban_protocol::document::{
    DocumentId, DocumentKind, DocumentName, Edit, Event, EventKind, Paper, Refusal,
};
use tongban_protocol::exchange::Want;
use tongban_protocol::hash::Sha;
use tongban_protocol::journal::{
    Body, Change, End, Entry, JournalId, Opening, Receipt, SignedEntry,
};
use tongban_protocol::place::Home;
use tongban_protocol::time::HybridTime;
use tongban_protocol::value::Value;
use tongban_protocol::wire::{RefusedJournal, Run};
use ulid::Ulid;

use self::office::*;
use super::*;
use crate::store::{Fault, FaultyStore, Unsent};

fn own(replica: &Replica<FaultyStore>, home: Home) -> JournalId {
    JournalId { home, author: replica.member().author() }
}

fn run(replica: &Replica<FaultyStore>, journal: JournalId) -> Run {
    let wants = [Want { journal, from: 1, to: u64::MAX }];
    replica.read_wants(&wants).unwrap().remove(0)
}

fn take(replica: &mut Replica<FaultyStore>, runs: Vec<Run>) -> Vec<RefusedJournal> {
    let refused = replica.ingest(NOW, runs, &mut rng(11)).unwrap();
    replica.commit().unwrap();
    refused
}

fn kinds(replica: &Replica<FaultyStore>) -> Vec<IncidentKind> {
    replica.incidents(99).unwrap().iter().map(|incident| incident.kind).collect()
}

/// A town with `cases` cases on its disk.
fn town(cases: usize) -> (FaultyStore, Replica<FaultyStore>, Vec<DocumentId>) {
    let store = FaultyStore::default();
    let mut town = open(&store, TOWN, 0);
    let mut rng = rng(12);
    let ids = (0..cases).map(|_| file(&mut town, NOW, &mut rng).unwrap().0).collect();
    town.commit().unwrap();
    (store, town, ids)
}

fn holder(path: &[&str]) -> Replica<FaultyStore> {
    open(&FaultyStore::default(), path, 0)
}

/// Puts another body under an entry of a town, signed with the town's key.
fn resigned(replica: &Replica<FaultyStore>, entry: Entry) -> Vec<u8> {
    entry.seal(&replica.member().key).unwrap().bytes
}

fn decoded(bytes: &[u8]) -> Entry {
    SignedEntry::decode_trusted(bytes.to_vec()).unwrap().entry
}

#[test]
fn what_was_committed_is_there_after_a_crash_and_what_was_not_is_not() {
    let (store, mut town, ids) = town(2);
    let frontier = town.frontier().clone();
    let (lost, _) = file(&mut town, NOW, &mut rng(8)).unwrap();
    drop(town);
    store.crash();
    let town = open(&store, TOWN, 0);
    assert_eq!(town.frontier(), &frontier);
    assert_eq!(town.documents(office(TOWN), DocumentKind::Case, None, 9).unwrap().len(), 2);
    assert_eq!(town.case(ids[0]).unwrap().unwrap().view.form.len(), 1);
    assert_eq!(town.case(lost).unwrap(), None);
}

#[test]
fn entries_that_come_twice_change_nothing() {
    let (_, town, ids) = town(3);
    let mut county = holder(COUNTY);
    let all = run(&town, own(&town, office(TOWN)));
    assert_eq!(take(&mut county, vec![all.clone(), all.clone()]), []);
    let frontier = county.frontier().clone();
    let bytes = county.store().bytes_on_disk().unwrap();
    assert_eq!(take(&mut county, vec![all]), []);
    assert_eq!((county.frontier(), county.store().bytes_on_disk().unwrap()), (&frontier, bytes));
    assert_eq!(county.case(ids[1]).unwrap(), town.case(ids[1]).unwrap());
    assert_eq!(kinds(&county), []);
}

#[test]
fn full_disk_saves_nothing_and_the_next_save_is_as_if_nothing_had_been_tried() {
    let (store, mut town, ids) = town(1);
    let frontier = town.frontier().clone();
    store.fail_commits(Some(Fault::Full));
    let journal = own(&town, office(TOWN));
    town.append(NOW, office(TOWN), vec![(ids[0].name, vec![field("lost")])]).unwrap();
    assert!(matches!(town.commit(), Err(ReplicaError::Store(StoreError::Full { .. }))));
    assert_eq!(town.frontier(), &frontier);
    store.fail_commits(None);
    let edits = vec![(ids[0].name, vec![event(EventKind::Accept, NOW)])];
    let saved = town.append(NOW, office(TOWN), edits).unwrap();
    assert_eq!((saved.journal, saved.number), (journal, 3));
    town.commit().unwrap();
    let case = town.case(ids[0]).unwrap().unwrap();
    assert_eq!(case.view.form["address"], Value::Text("遂宁".to_owned()));
    assert_eq!(take(&mut holder(COUNTY), vec![run(&town, journal)]), []);
}

#[test]
fn receipt_that_was_not_saved_is_not_shown() {
    let (store, mut town, _) = town(1);
    let mut city = holder(CITY);
    let journal = own(&town, office(TOWN));
    take(&mut city, vec![run(&town, journal)]);
    let hash = town.frontier()[&journal].hash;
    let receipt = Receipt { author: journal.author, number: 2, hash };
    city.append_receipts(NOW, office(TOWN), vec![receipt]).unwrap();
    city.commit().unwrap();
    store.fail_commits(Some(Fault::Full));
    let receipts = run(&city, own(&city, office(TOWN)));
    town.ingest(NOW, vec![receipts.clone()], &mut rng(13)).unwrap();
    town.parent_holds(journal, 2).unwrap();
    assert!(town.commit().is_err());
    assert_eq!(town.receipted(journal), None);
    assert_eq!(town.held_by_parent(journal), 2, "what a parent said stays true");
    store.fail_commits(None);
    take(&mut town, vec![receipts]);
    assert_eq!(town.receipted(journal).map(|it| it.number), Some(2));
    let entry = EntryRef { journal, number: 2 };
    assert_eq!(town.stage_of(entry), ArrivalStage::City);
}

#[test]
fn older_receipt_of_another_life_of_the_hub_takes_nothing_back() {
    let (_, mut town, _) = town(3);
    let journal = own(&town, office(TOWN));
    let disks = [FaultyStore::default(), FaultyStore::default()];
    for (disk, (incarnation, number)) in disks.iter().zip([(1, 4), (0, 2)]) {
        let mut city = open(disk, CITY, incarnation);
        take(&mut city, vec![run(&town, journal)]);
        let hash = town.entry(journal, number).unwrap().unwrap().hash;
        let receipt = Receipt { author: journal.author, number, hash };
        city.append_receipts(NOW, office(TOWN), vec![receipt]).unwrap();
        city.commit().unwrap();
        let receipts = run(&city, own(&city, office(TOWN)));
        take(&mut town, vec![receipts]);
    }
    assert_eq!(town.receipted(journal).map(|it| it.number), Some(4));
}

#[test]
fn wrong_signature_stops_its_journal_there_and_no_other() {
    let (_, town, _) = town(3);
    let mut county = holder(COUNTY);
    let mut bent = run(&town, own(&town, office(TOWN)));
    let last = bent.entries[2].len() - 1;
    bent.entries[2][last] ^= 1;
    let mut other = holder(OTHER_TOWN);
    file(&mut other, NOW, &mut rng(14)).unwrap();
    other.commit().unwrap();
    let good = run(&other, own(&other, office(OTHER_TOWN)));
    let refused = take(&mut county, vec![bent.clone(), good]);
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].journal, refused[0].number), (bent.journal, 3));
    insta::assert_snapshot!(refused[0].why, @"entry 3 of 510921103 by 232a6cb3.0 has a wrong signature");
    let held: Vec<u64> = county.frontier().values().map(|end| end.number).collect();
    assert_eq!(held, [2, 2]);
    assert_eq!(kinds(&county), [IncidentKind::Broken]);
}

#[test]
fn gap_is_refused_from_the_first_entry_that_is_missing() {
    let (_, town, _) = town(5);
    let mut county = holder(COUNTY);
    let all = run(&town, own(&town, office(TOWN)));
    let part = |from: usize, to: usize| Run {
        journal: all.journal,
        first: from as u64,
        entries: all.entries[from - 1..to].to_vec(),
    };
    let refused = take(&mut county, vec![part(3, 5)]);
    assert_eq!(refused[0].number, 1, "the sender must not think that 1 and 2 are held");
    take(&mut county, vec![part(1, 2)]);
    let refused = take(&mut county, vec![part(5, 6)]);
    assert_eq!((refused[0].number, county.frontier()[&all.journal].number), (3, 2));
    assert_eq!(take(&mut county, vec![part(3, 6)]), []);
}

#[test]
fn entry_that_continues_another_past_is_refused_and_the_past_is_asked_for() {
    let (_, town, _) = town(3);
    let mut county = holder(COUNTY);
    let mut bent = run(&town, own(&town, office(TOWN)));
    let mut entry = decoded(&bent.entries[3]);
    entry.previous = Sha::of(b"another past");
    bent.entries[3] = resigned(&town, entry);
    let refused = take(&mut county, vec![bent]);
    assert_eq!((refused[0].number, refused[0].show), (4, Some(3)));
    insta::assert_snapshot!(refused[0].why, @"entry 4 of 510921103 by 232a6cb3.0 names another previous entry than the one held");
}

#[test]
fn entry_recorded_before_the_one_it_follows_is_refused() {
    let (_, town, _) = town(2);
    let mut bent = run(&town, own(&town, office(TOWN)));
    let mut entry = decoded(&bent.entries[2]);
    entry.time = HybridTime(1);
    bent.entries[2] = resigned(&town, entry);
    let refused = take(&mut holder(COUNTY), vec![bent]);
    insta::assert_snapshot!(refused[0].why, @"entry 3 of 510921103 by 232a6cb3.0 is recorded before the entry that it follows");
}

#[test]
fn cloned_disk_is_proved_and_frozen_and_stays_so() {
    let (store, mut town, _) = town(1);
    let clone = FaultyStore::default();
    clone.restore(store.image());
    let mut twin = open(&clone, TOWN, 0);
    for (replica, seed) in [(&mut town, 1), (&mut twin, 2)] {
        file(replica, NOW, &mut rng(seed)).unwrap();
        replica.commit().unwrap();
    }
    let disk = FaultyStore::default();
    let mut county = open(&disk, COUNTY, 0);
    let journal = own(&town, office(TOWN));
    take(&mut county, vec![run(&town, journal)]);
    let refused = take(&mut county, vec![run(&twin, journal)]);
    assert_eq!(refused[0].number, 3);
    let incident = county.incidents(9).unwrap().remove(0);
    assert_eq!(incident.kind, IncidentKind::Fork);
    assert_eq!(incident.proof.unwrap().verify(&root().public()), Ok((journal, 3)));
    file(&mut town, NOW, &mut rng(15)).unwrap();
    town.commit().unwrap();
    disk.crash();
    let mut county = open(&disk, COUNTY, 0);
    assert_eq!(take(&mut county, vec![run(&town, journal)]).len(), 1, "it stays frozen");
    assert_eq!(county.frontier()[&journal].number, 3);
}

#[test]
fn incident_that_comes_again_is_kept_once_with_its_count() {
    let (_, town, _) = town(1);
    let mut bent = run(&town, own(&town, office(TOWN)));
    let last = bent.entries[1].len() - 1;
    bent.entries[1][last] ^= 1;
    let disk = FaultyStore::default();
    let mut county = open(&disk, COUNTY, 0);
    for minute in 0..3 {
        let now = NOW.plus_ms(minute * 60_000);
        for _ in 0..2 {
            county.ingest(now, vec![bent.clone()], &mut rng(40)).unwrap();
            county.commit().unwrap();
        }
    }
    let seen = |county: &Replica<FaultyStore>| {
        let incidents = county.incidents(9).unwrap();
        assert_eq!((incidents.len(), incidents[0].found_at), (1, NOW));
        incidents[0].seen_again.map(|again| (again.times, again.last_at))
    };
    assert_eq!(seen(&county), Some((6, NOW.plus_ms(120_000))));
    disk.crash();
    let county = open(&disk, COUNTY, 0);
    assert_eq!(seen(&county), Some((5, NOW.plus_ms(120_000))), "the last minute may be forgotten");
}

#[test]
fn centre_without_right_cannot_open_a_journal_in_a_home() {
    let other = member(OTHER_TOWN, 0);
    let mut county = holder(COUNTY);
    let (_, town, _) = town(1);
    for home_credential in [None, Some(town.member().sealed.clone())] {
        let journal = JournalId { home: office(TOWN), author: other.author() };
        let opening = Opening { credential: other.sealed.clone(), home_credential };
        let (previous, time) = (Sha::default(), HybridTime::first_of(NOW));
        let body = Body::Open(opening);
        let entry = Entry { version: Entry::VERSION, previous, journal, number: 1, time, body };
        let entries = vec![entry.seal(&other.key).unwrap().bytes];
        let good = run(&town, own(&town, office(TOWN)));
        let refused = take(&mut county, vec![Run { journal, first: 1, entries }, good]);
        assert_eq!(refused.len(), 1);
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused[0].why.replace(&journal.to_string(), "J"), @"J: centre 510921104 has no right to write in home 510921103");
        }
    }
    assert_eq!(county.frontier().len(), 1);
}

#[test]
fn county_that_writes_a_form_is_kept_as_evidence_and_has_no_effect() {
    let (_, town, ids) = town(1);
    let mut county = holder(COUNTY);
    take(&mut county, vec![run(&town, own(&town, office(TOWN)))]);
    let tried = county.append(NOW, office(TOWN), vec![(ids[0].name, vec![field("bent")])]);
    assert!(
        matches!(tried, Err(ReplicaError::Refused(Refusal::NotYours("the form")))),
        "{tried:?}"
    );
    let edits = vec![(ids[0].name, vec![event(EventKind::Accept, NOW)])];
    county.append(NOW, office(TOWN), edits).unwrap();
    county.commit().unwrap();
    let mut journal = run(&county, own(&county, office(TOWN)));
    let mut bent = Paper::default();
    let bytes = bent.edit(journal.journal.author, vec![field("bent")], || HybridTime(1)).unwrap();
    let before = SignedEntry::decode_trusted(journal.entries[1].clone()).unwrap();
    let entry = Entry {
        previous: before.hash,
        number: 3,
        time: HybridTime(before.entry.time.0 + 1),
        body: Body::Changes(vec![Change { document: ids[0].name, bytes: bytes.unwrap() }]),
        ..before.entry
    };
    journal.entries.push(resigned(&county, entry));
    let mut city = holder(CITY);
    let refused = take(&mut city, vec![run(&town, own(&town, office(TOWN))), journal.clone()]);
    assert_eq!(refused, [], "it is kept");
    assert_eq!(city.frontier()[&journal.journal].number, 3);
    assert_eq!(kinds(&city), [IncidentKind::Refused]);
    let case = city.case(ids[0]).unwrap().unwrap();
    assert_eq!(case.view.form["address"], Value::Text("遂宁".to_owned()));
    assert_eq!(case.view.events.len(), 2);
}

#[test]
fn emptied_store_gives_no_number_twice_before_its_own_entries_are_back() {
    let (_, town, _) = town(3);
    let journal = own(&town, office(TOWN));
    let all = run(&town, journal);
    let store = FaultyStore::default();
    let mut outbox = Batch::default();
    for (number, entry) in (1_u64..).zip(&all.entries).skip(2) {
        let entry = town.packer.pack(journal, entry);
        outbox.unsent(Unsent { journal: layout::outbox_key(journal), number, entry });
    }
    store.commit(&outbox).unwrap();
    let mut town = open(&store, TOWN, 0);
    assert!(town.frontier().is_empty(), "3 and 4 do not follow yet");
    let announced = town.ends_in(office(TOWN));
    assert_eq!(announced, [(journal, End { number: 4, hash: Sha::of(&all.entries[3]) })]);
    assert_eq!(town.waiting(), 2);
    let refused = file(&mut town, NOW, &mut rng(30)).unwrap_err();
    assert!(matches!(refused, ReplicaError::Incomplete(_)), "{refused}");
    let entries = all.entries[..2].to_vec();
    take(&mut town, vec![Run { entries, ..all }]);
    assert_eq!(town.frontier()[&journal].number, 4);
    assert_eq!(file(&mut town, NOW, &mut rng(31)).unwrap().1.number, 5);
}

#[test]
fn full_disk_opens_and_keeps_what_only_the_outbox_has_until_there_is_room() {
    cov_mark::check!(outbox_waits_for_room);
    let (store, before, ids) = town(3);
    let (frontier, journal) = (before.frontier().clone(), own(&before, office(TOWN)));
    drop(before);
    store.set_aside();
    store.fail_commits(Some(Fault::Full));
    let mut town = open(&store, TOWN, 0);
    assert!(town.frontier().is_empty());
    assert_eq!(town.waiting(), 4, "they are counted and announced");
    assert_eq!(town.ends_in(office(TOWN)), [(journal, frontier[&journal])]);
    file(&mut town, NOW, &mut rng(40)).unwrap();
    let full = town.commit().unwrap_err();
    assert!(matches!(full, ReplicaError::Store(StoreError::Full { .. })), "{full}");
    store.fail_commits(None);
    assert_eq!(file(&mut town, NOW, &mut rng(41)).unwrap().1.number, 5);
    town.commit().unwrap();
    assert!(town.case(ids[2]).unwrap().is_some());
}

#[test]
fn document_with_many_entries_keeps_them_all_in_order() {
    let (store, mut town, ids) = town(1);
    for round in 0..80_u64 {
        town.append(NOW, office(TOWN), vec![(ids[0].name, vec![event(EventKind::Accept, NOW)])])
            .unwrap();
        if round % 7 == 0 {
            town.commit().unwrap();
        }
    }
    town.commit().unwrap();
    let numbers = |town: &Replica<FaultyStore>| -> Vec<u64> {
        town.entries_of(ids[0]).unwrap().iter().map(|entry| entry.number).collect()
    };
    assert_eq!(numbers(&town), (2..=82).collect::<Vec<u64>>());
    let case = town.case(ids[0]).unwrap();
    store.crash();
    let mut town = open(&store, TOWN, 0);
    assert_eq!(town.case(ids[0]).unwrap(), case);
    for number in [10, 40, 82] {
        town.unname_entry(ids[0], 0, number).unwrap();
    }
    town.commit().unwrap();
    assert_eq!(numbers(&town).len(), 78);
    assert!(!numbers(&town).contains(&40));
    assert_eq!(town.documents(office(TOWN), DocumentKind::Case, None, 9).unwrap(), ids);
}

#[test]
fn foreign_clock_far_ahead_is_not_followed_after_a_restart_either() {
    let (_, town, _) = town(1);
    let far = NOW.plus_ms(400 * 86_400_000);
    let mut ahead = holder(OTHER_TOWN);
    file(&mut ahead, far, &mut rng(20)).unwrap();
    ahead.commit().unwrap();
    let disk = FaultyStore::default();
    let mut county = open(&disk, COUNTY, 0);
    take(
        &mut county,
        vec![run(&ahead, own(&ahead, office(OTHER_TOWN))), run(&town, own(&town, office(TOWN)))],
    );
    disk.crash();
    let mut county = open(&disk, COUNTY, 0);
    let (_, appended) = file(&mut county, NOW, &mut rng(21)).unwrap();
    county.commit().unwrap();
    let entry = county.entry(appended.journal, appended.number).unwrap().unwrap().entry;
    assert!(entry.time.instant() <= NOW.plus_ms(1), "{:?}", entry.time);
}

proptest::proptest! {
    #[test]
    fn random_runs_never_panic_and_never_stay(
        first in proptest::prelude::prop_oneof![0_u64..5, u64::MAX - 2..=u64::MAX],
        entries in proptest::collection::vec(
            proptest::collection::vec(proptest::num::u8::ANY, 0..200), 0..4),
    ) {
        let mut county = holder(COUNTY);
        let journal = JournalId { home: office(TOWN), author: member(TOWN, 0).author() };
        let any = !entries.is_empty();
        let refused = take(&mut county, vec![Run { journal, first, entries }]);
        assert_eq!(refused.len(), usize::from(any));
        assert!(county.frontier().is_empty());
    }
}
