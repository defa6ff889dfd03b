//! What a snapshot spares, and that nobody can tell whether one was there.

use proptest::prelude::*;
use tongban_protocol::calendar::{Exception, YearNotice};
use tongban_protocol::case::Breach;
use tongban_protocol::document::Detail;
use tongban_protocol::identity::NodeId;

use super::*;
use crate::replica::{Counted, layout};
use crate::store::{Area, Batch};

fn count(replica: &mut Replica<FaultyStore>) {
    while replica.count_facts(64).unwrap() == Counted::Part {}
}

fn write(replica: &mut Replica<FaultyStore>, id: DocumentId, edit: Edit) {
    replica.append(NOW, id.home, vec![(id.name, vec![edit])]).unwrap();
    replica.commit().unwrap();
}

/// Brings everything that `from` holds in the home of the town to `to`.
fn bring(from: &Replica<FaultyStore>, to: &mut Replica<FaultyStore>) {
    let journals = from.frontier().keys().filter(|journal| journal.home == office(TOWN));
    take(to, journals.map(|journal| run(from, *journal)).collect());
}

/// A case as a store shows it that never had a snapshot.
fn replayed(replica: &Replica<FaultyStore>, id: DocumentId) -> (Option<CaseFile>, Vec<u8>) {
    let mut fresh = holder(CITY);
    bring(replica, &mut fresh);
    shown(&fresh, id)
}

fn shown(replica: &Replica<FaultyStore>, id: DocumentId) -> (Option<CaseFile>, Vec<u8>) {
    let paper = replica.paper(id).unwrap().unwrap_or_default();
    (replica.case(id).unwrap(), paper.canonical().unwrap())
}

/// A city with a case of a town of 1 + `events` entries, and its disk.
fn counted(events: usize) -> (FaultyStore, Replica<FaultyStore>, Replica<FaultyStore>, DocumentId) {
    let (_, mut town, ids) = town(1);
    for _ in 0..events {
        write(&mut town, ids[0], event(EventKind::Accept, NOW));
    }
    let disk = FaultyStore::default();
    let mut city = open(&disk, CITY, 0);
    bring(&town, &mut city);
    count(&mut city);
    (disk, city, town, ids[0])
}

fn spared(replica: &Replica<FaultyStore>, id: DocumentId) -> usize {
    replica.resting(id).unwrap().spared()
}

#[test]
fn case_is_read_from_its_snapshot_and_what_came_since() {
    let (disk, city, mut town, case) = counted(12);
    assert_eq!(spared(&city, case), 13);
    disk.crash();
    let mut city = open(&disk, CITY, 0);
    assert_eq!(shown(&city, case), replayed(&town, case));
    write(&mut town, case, field("蓬溪"));
    bring(&town, &mut city);
    count(&mut city);
    assert_eq!(spared(&city, case), 13, "one entry is not worth another snapshot");
    assert_eq!(shown(&city, case), replayed(&town, case));
    for _ in 0..3 {
        write(&mut town, case, event(EventKind::Accept, NOW));
    }
    bring(&town, &mut city);
    count(&mut city);
    assert_eq!(spared(&city, case), 17);
    assert_eq!(shown(&city, case), replayed(&town, case));
}

#[test]
fn snapshots_of_a_long_document_become_rarer() {
    let (_, mut city, mut town, case) = counted(79);
    assert_eq!(spared(&city, case), 80);
    let due: Vec<usize> = (0..22)
        .map(|_| {
            write(&mut town, case, event(EventKind::Accept, NOW));
            bring(&town, &mut city);
            count(&mut city);
            spared(&city, case)
        })
        .collect();
    assert_eq!(due, [[80; 19].as_slice(), &[100; 3]].concat());
}

#[test]
fn damaged_snapshot_costs_nothing_but_time() {
    let (disk, mut city, town, case) = counted(8);
    let key = layout::snapshot_key(case);
    let kept = city.store().read(Area::Document, &key).unwrap().unwrap();
    let mut spoilt = kept.clone();
    let last = spoilt.len() - 1;
    spoilt[last] ^= 0xff; // A snapshot as it should be, of a document that is none.
    for bytes in [Vec::new(), vec![0xff; 9], kept[..kept.len() / 2].to_vec(), spoilt] {
        let mut batch = Batch::default();
        batch.put(Area::Document, key.clone(), bytes);
        city.store.commit(&batch).unwrap();
        city = open(&disk, CITY, 0);
        assert_eq!(shown(&city, case), replayed(&town, case));
    }
}

#[test]
fn snapshot_with_what_lost_its_effect_later_is_passed_over() {
    let (disk, mut city, town, case) = counted(8);
    let alias = city.journals[&own(&town, office(TOWN))].alias;
    city.unname_entry(case, alias, 10).unwrap();
    city.commit().unwrap();
    assert_eq!(spared(&city, case), 0);
    assert_eq!(city.case(case).unwrap().unwrap().view.events.len(), 8);
    city = open(&disk, CITY, 0);
    assert_eq!(city.case(case).unwrap().unwrap().view.events.len(), 8);
}

#[test]
fn what_a_revoked_machine_wrote_is_in_no_snapshot() {
    let (_, mut city, town, case) = counted(8);
    assert_eq!(city.case(case).unwrap().unwrap().view.events.len(), 9);
    let revoke = |node: NodeId, from| {
        let event = Event::new(EventKind::Revoke, from, "市", &node.to_string());
        let name = DocumentName { kind: DocumentKind::Roster, ulid: Ulid::from_parts(1, 1) };
        (name, vec![Edit::Event(event)])
    };
    let home = Home::public(division(CITY[0]));
    city.append(NOW, home, vec![revoke(town.member().author().node, NOW.plus_ms(-1))]).unwrap();
    city.commit().unwrap();
    city.refresh_roster(NOW).unwrap();
    city.commit().unwrap();
    let events = |city: &Replica<_>| city.case(case).unwrap().map(|it| it.view.events.len());
    assert_eq!((spared(&city, case), events(&city)), (0, None));
    count(&mut city);
    assert_eq!((spared(&city, case), events(&city)), (0, None));
}

#[test]
fn case_read_before_is_read_by_the_calendar_that_was_published_since() {
    let (_, mut town, ids) = town(1);
    let late = NOW.plus_ms(9 * 86_400_000);
    town.append(late, office(TOWN), vec![(ids[0].name, vec![event(EventKind::Accept, late)])])
        .unwrap();
    town.commit().unwrap();
    let (mut city, mut county) = (holder(CITY), holder(COUNTY));
    bring(&town, &mut county);
    let is_deemed = |county: &Replica<_>| {
        let breaches = county.case(ids[0]).unwrap().unwrap().folded.course.breaches;
        breaches.values().flatten().any(|it| matches!(it, Breach::DeemedAcceptance { .. }))
    };
    assert!(is_deemed(&county), "nobody spoke within five working days");
    let off = (3..=6).map(|day| (jiff::civil::date(2026, 3, day), Exception::Holiday, "试".into()));
    let notice = Some(YearNotice::new(2026, off).unwrap());
    let publish = Event::new(EventKind::Publish, NOW, "周敏", "");
    let publish = publish.with(Detail { notice, ..Detail::default() });
    let name = DocumentName { kind: DocumentKind::Calendar, ulid: Ulid::from_parts(2, 1) };
    let home = Home::public(division(CITY[0]));
    city.append(NOW, home, vec![(name, vec![Edit::Event(publish)])]).unwrap();
    city.commit().unwrap();
    take(&mut county, vec![run(&city, own(&city, home))]);
    assert!(!is_deemed(&county), "four of these days were off");
}

#[test]
fn case_read_before_shows_what_is_staged_and_what_comes_to_nothing() {
    let (store, mut town, ids) = town(1);
    let address = |town: &Replica<FaultyStore>| {
        town.case(ids[0]).unwrap().unwrap().view.form["address"].clone()
    };
    assert_eq!(address(&town), Value::Text("遂宁".to_owned()));
    town.append(NOW, office(TOWN), vec![(ids[0].name, vec![field("蓬溪")])]).unwrap();
    assert_eq!(address(&town), Value::Text("蓬溪".to_owned()));
    store.fail_commits(Some(Fault::Full));
    town.commit().unwrap_err();
    assert_eq!(address(&town), Value::Text("遂宁".to_owned()));
    store.fail_commits(None);
    write(&mut town, ids[0], field("射洪"));
    assert_eq!(address(&town), Value::Text("射洪".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nobody_can_tell_whether_snapshots_were_taken(
        steps in prop::collection::vec((0_u8..9, "[a-z]{2}"), 1..60),
    ) {
        let (_, mut town, ids) = town(1);
        let case = ids[0];
        let disk = FaultyStore::default();
        let (mut county, mut city) = (holder(COUNTY), open(&disk, CITY, 0));
        bring(&town, &mut county);
        for (step, word) in steps {
            match step {
                0 => write(&mut town, case, event(EventKind::Accept, NOW)),
                1 => write(&mut county, case, event(EventKind::Accept, NOW)),
                2 => write(&mut town, case, field(&word)),
                3 => bring(&town, &mut county),
                4 => bring(&county, &mut town),
                5 => bring(&town, &mut city),
                6 => bring(&county, &mut city),
                7 => count(&mut city),
                _ => {
                    disk.crash();
                    city = open(&disk, CITY, 0);
                }
            }
        }
        bring(&town, &mut city);
        bring(&county, &mut city);
        bring(&town, &mut county);
        prop_assert_eq!(shown(&city, case), replayed(&county, case));
    }
}
