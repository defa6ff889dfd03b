//! Engines of a township, its county and the city, over links that only carry.

mod green;
mod street;
mod words;

use proptest::prelude::*;
use tongban_protocol::case::State;
use tongban_protocol::document::{DocumentKind, DocumentName, Edit, Event, EventKind};
use tongban_protocol::limits::SESSION_SILENCE_MS_MAX;
use tongban_protocol::place::Home;
use tongban_protocol::wire::Lane;
use ulid::Ulid;

use self::street::Street;
use super::*;
use crate::replica::tests::office::*;
use crate::replica::{ArrivalStage, EntryRef, IncidentKind};
use crate::store::Fault;

fn place(appended: Appended) -> EntryRef {
    EntryRef { journal: appended.journal, number: appended.number }
}

#[test]
fn case_filed_without_a_link_travels_up_and_receipt_and_decision_travel_down() {
    let mut street = Street::new(&[TOWN, COUNTY, CITY]);
    let (case, filed) = street.file(TOWN);
    assert_eq!(street.replica(TOWN).stage_of(place(filed)), ArrivalStage::Here);
    street.link(TOWN, COUNTY);
    street.settle();
    assert_eq!(street.replica(TOWN).stage_of(place(filed)), ArrivalStage::Parent);
    assert_eq!(street.replica(CITY).case(case).unwrap(), None);
    street.link(COUNTY, CITY);
    street.settle();
    let everywhere = street.replica(TOWN).case(case).unwrap();
    assert_eq!(street.replica(CITY).case(case).unwrap(), everywhere);
    street.witness();
    street.settle();
    assert_eq!(street.replica(TOWN).stage_of(place(filed)), ArrivalStage::City);
    for kind in [EventKind::Accept, EventKind::Decide] {
        street.edit(COUNTY, case, vec![event(kind, NOW)]).unwrap();
    }
    street.settle();
    let decided = street.replica(TOWN).case(case).unwrap().unwrap();
    assert_eq!((decided.folded.course.state, decided.view.events.len()), (State::Decided, 3));
    street.check_agreement();
}

#[test]
fn town_reaches_the_city_past_a_dead_county_which_catches_up_later() {
    let mut street = Street::new(&[TOWN, COUNTY, CITY]);
    let (case, filed) = street.file(TOWN);
    street.link(TOWN, CITY);
    street.settle();
    street.witness();
    street.settle();
    assert_eq!(street.replica(TOWN).stage_of(place(filed)), ArrivalStage::City);
    street.edit(CITY, case, vec![event(EventKind::Accept, NOW)]).unwrap();
    street.settle();
    street.cut(TOWN, CITY);
    street.link(COUNTY, CITY);
    street.settle();
    assert!(street.replica(COUNTY).case(case).unwrap().is_some(), "the city knows its homes");
    street.link(TOWN, COUNTY);
    street.settle();
    street.check_agreement();
    assert_eq!(
        street.replica(TOWN).case(case).unwrap().unwrap().folded.course.state,
        State::Accepted
    );
}

#[test]
fn emptied_town_is_rebuilt_from_its_parent_and_its_outbox_under_a_new_incarnation() {
    let mut street = Street::new(&[TOWN, COUNTY, CITY]);
    street.link(COUNTY, CITY);
    street.link(TOWN, COUNTY);
    let (case, _) = street.file(TOWN);
    street.settle();
    street.cut(TOWN, COUNTY);
    let (unsent, _) = street.file(TOWN);
    street.disk(TOWN).set_aside();
    street.restart(TOWN, 1);
    street.link(TOWN, COUNTY);
    street.settle();
    for id in [case, unsent] {
        assert!(street.replica(TOWN).case(id).unwrap().is_some());
        assert!(street.replica(CITY).case(id).unwrap().is_some());
    }
    let (_, filed) = street.file(TOWN);
    assert_eq!((filed.journal.author.incarnation, filed.number), (1, 2));
    street.edit(TOWN, case, vec![event(EventKind::Accept, NOW)]).unwrap();
    street.settle();
    street.check_agreement();
}

#[test]
fn county_that_lost_its_disk_gets_everything_back_from_both_sides() {
    let mut street = Street::new(&[TOWN, COUNTY, CITY]);
    street.link(COUNTY, CITY);
    street.link(TOWN, COUNTY);
    let (case, _) = street.file(TOWN);
    street.settle();
    street.edit(COUNTY, case, vec![event(EventKind::Accept, NOW)]).unwrap();
    street.file(COUNTY);
    street.settle();
    let frontier = street.replica(COUNTY).frontier().clone();
    street.cut(TOWN, COUNTY);
    street.file(TOWN);
    street.disk(COUNTY).replace_disk();
    street.restart(COUNTY, 1);
    street.link(TOWN, COUNTY);
    street.link(COUNTY, CITY);
    street.settle();
    assert_eq!(street.replica(COUNTY).waiting(), 0, "what came back from above is held there");
    for (journal, end) in frontier {
        assert!(street.replica(COUNTY).frontier()[&journal].number >= end.number, "{journal}");
    }
    street.check_agreement();
}

#[test]
fn full_disk_fails_the_clerk_at_once_and_the_peer_until_there_is_room() {
    let mut street = Street::new(&[TOWN, COUNTY, CITY]);
    street.link(TOWN, COUNTY);
    street.settle();
    for path in [TOWN, COUNTY] {
        street.disk(path).fail_commits(Some(Fault::Full));
        let frontier = street.replica(path).frontier().clone();
        let refused = street.try_file(path).unwrap_err();
        assert!(refused.to_string().contains("free some space"), "{refused}");
        assert_eq!(street.replica(path).frontier(), &frontier);
        street.disk(path).fail_commits(None);
    }
    street.disk(COUNTY).fail_commits(Some(Fault::Full));
    let (case, filed) = street.file(TOWN);
    street.settle();
    assert_eq!(street.replica(TOWN).stage_of(place(filed)), ArrivalStage::Here);
    assert_eq!(street.closed(), ["the peer cannot store"]);
    street.disk(COUNTY).fail_commits(None);
    street.link(TOWN, COUNTY);
    street.settle();
    assert_eq!(street.replica(TOWN).stage_of(place(filed)), ArrivalStage::Parent);
    assert!(street.replica(COUNTY).case(case).unwrap().is_some());
}

#[test]
fn one_failed_sync_fails_every_command_that_waited_for_it() {
    let mut street = Street::new(&[TOWN]);
    street.disk(TOWN).fail_next_commit(Fault::Full);
    let outcomes = street.file_together(TOWN, 3);
    assert!(outcomes.iter().all(Result::is_err), "{outcomes:?}");
    assert!(street.file_together(TOWN, 3).iter().all(Result::is_ok));
    assert_eq!(street.replica(TOWN).frontier().values().next().unwrap().number, 4);
}

#[test]
fn what_a_failed_command_staged_never_becomes_durable_and_what_others_staged_does() {
    cov_mark::check_count!(failed_command_is_undone, 2);
    let mut street = Street::new(&[TOWN, COUNTY]);
    street.link(TOWN, COUNTY);
    for round in [0, 2] {
        let outcomes = street.file_around_a_failure(TOWN);
        let numbers: Vec<Option<u64>> =
            outcomes.iter().map(|it| it.as_ref().ok().map(|it| it.number)).collect();
        assert_eq!(numbers, [Some(round + 2), None, Some(round + 3)]);
        street.settle();
        let ends: Vec<u64> = street.replica(TOWN).frontier().values().map(|it| it.number).collect();
        assert_eq!(ends, [round + 3], "the opening, and two cases of each round");
    }
    street.check_agreement();
    let cases = |path: &[&'static str]| {
        let home = Home::office(division(TOWN[0]));
        street.replica(path).documents(home, DocumentKind::Case, None, 9).unwrap().len()
    };
    assert_eq!((cases(TOWN), cases(COUNTY)), (4, 4));
}

#[test]
fn revoked_town_is_sent_away_at_once_and_the_others_stay() {
    let mut street = Street::new(&[TOWN, OTHER_TOWN, COUNTY, CITY]);
    for (lower, upper) in [(TOWN, COUNTY), (OTHER_TOWN, COUNTY), (COUNTY, CITY)] {
        street.link(lower, upper);
    }
    let (case, _) = street.file(TOWN);
    street.settle();
    let node = street.replica(TOWN).member().author().node;
    let revoke = Event::new(EventKind::Revoke, NOW, "市", &node.to_string());
    let name = DocumentName { kind: DocumentKind::Roster, ulid: Ulid::from_parts(1, 1) };
    let edits = vec![(name, vec![Edit::Event(revoke)])];
    street.append(CITY, Home::public(division(CITY[0])), edits).unwrap();
    street.settle();
    assert_eq!(street.replica(COUNTY).revoked().len(), 1);
    assert_eq!(street.engine(COUNTY).links().len(), 2, "the city and the other town");
    for path in [COUNTY, CITY] {
        let kinds: Vec<_> =
            street.replica(path).incidents(9).unwrap().iter().map(|it| it.kind).collect();
        assert_eq!(kinds, [IncidentKind::Revoked]);
        assert_eq!(street.replica(path).case(case).unwrap(), None, "nothing in it counts");
    }
    assert!(street.try_file(TOWN).is_err());
    street.link(TOWN, COUNTY);
    street.settle();
    assert_eq!(street.engine(COUNTY).links().len(), 2, "it does not come in again");
    street.file(OTHER_TOWN);
    street.settle();
}

#[test]
fn centre_that_does_not_belong_below_is_sent_away() {
    let mut street = Street::new(&[TOWN, OTHER_TOWN]);
    street.file(TOWN);
    street.link(OTHER_TOWN, TOWN);
    street.settle();
    assert!(street.replica(OTHER_TOWN).frontier().is_empty());
    assert!(street.engine(TOWN).links().is_empty() && street.engine(OTHER_TOWN).links().is_empty());
}

#[test]
fn quiet_link_stays_up_and_a_silent_one_does_not() {
    let mut street = Street::new(&[TOWN, COUNTY, CITY]);
    street.link(TOWN, COUNTY);
    street.link(COUNTY, CITY);
    street.settle();
    for _ in 0..300 {
        street.pass_ms(1_000);
    }
    assert_eq!(street.closed(), [""; 0]);
    street.jam(TOWN, COUNTY);
    for _ in 0..=SESSION_SILENCE_MS_MAX / 1_000 {
        street.pass_ms(1_000);
    }
    assert!(street.engine(TOWN).links().is_empty());
    assert_eq!(street.engine(COUNTY).links().len(), 1);
}

#[test]
fn statement_of_a_town_reaches_the_city_through_the_county_and_outlives_a_restart() {
    let mut street = Street::new(&[TOWN, COUNTY, CITY]);
    street.link(COUNTY, CITY);
    street.link(TOWN, COUNTY);
    let (_, filed) = street.file(TOWN);
    street.settle();
    street.pass_ms(20_000);
    for incarnation in 0..2 {
        let heard: Vec<_> = street
            .engine(CITY)
            .heard()
            .map(|heard| (heard.credential.path.centre(), heard.last.statement.ends.clone()))
            .collect();
        assert_eq!(heard.len(), 2, "county and town");
        let town = heard.iter().find(|(centre, _)| *centre == division(TOWN[0])).unwrap();
        assert_eq!((town.1[0].0, town.1[0].1.number), (filed.journal, filed.number));
        street.disk(CITY).crash();
        street.restart(CITY, incarnation);
    }
}

#[test]
fn block_that_overtakes_the_hello_is_taken() {
    let mut street = Street::new(&[TOWN, COUNTY]);
    street.link(TOWN, COUNTY);
    street.file(TOWN);
    street.settle();
    street.cut(TOWN, COUNTY);
    street.disk(TOWN).replace_disk();
    street.restart(TOWN, 1);
    street.link(TOWN, COUNTY);
    street.settle_with_journal_lane_first();
    street.check_agreement();
    assert_eq!(street.closed(), [""; 0]);
}

proptest! {
    #[test]
    fn random_frames_never_panic_and_end_their_session_alone(
        frames in proptest::collection::vec(
            (proptest::bool::ANY, 0_u8..8, proptest::collection::vec(proptest::num::u8::ANY, 0..60)),
            1..12),
    ) {
        let mut street = Street::new(&[TOWN, OTHER_TOWN, COUNTY]);
        street.link(TOWN, COUNTY);
        street.link(OTHER_TOWN, COUNTY);
        street.settle();
        for (is_journal, kind, mut bytes) in frames {
            bytes.insert(0, kind);
            let lane = if is_journal { Lane::Journal } else { Lane::Control };
            street.inject(TOWN, COUNTY, lane, &bytes);
        }
        let (case, _) = street.file(OTHER_TOWN);
        street.settle();
        prop_assert!(street.replica(COUNTY).case(case).unwrap().is_some());
    }
}
