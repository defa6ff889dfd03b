//! Files between stores in memory.

use std::io::Cursor;

use tongban_protocol::document::DocumentId;
use tongban_protocol::place::Tier;

use super::*;
use crate::cases::fixture::{
    CITY, Counter, NINE, TOWN, city, event, member, new_case, open, rng, town, witness,
};
use crate::cases::{Stage, record, show, take};
use crate::store::Store as _;

fn taken(counter: &mut Counter, applicant: &str) -> DocumentId {
    let id = take(counter, NINE, &mut rng(7), new_case(applicant)).unwrap().id;
    counter.commit().unwrap();
    record(counter, NINE.plus_ms(1), id, event("accept")).unwrap();
    counter.commit().unwrap();
    id
}

fn out(counter: &Counter, cargo: &Cargo) -> Vec<u8> {
    let mut bytes = Vec::new();
    let done = carry_out(counter, NINE, cargo, &mut bytes).unwrap();
    assert_eq!(done.bytes, bytes.len() as u64);
    bytes
}

fn into(counter: &mut Counter, bytes: &[u8]) -> Result<CarriedIn, CarryError> {
    carry_in(counter, NINE.plus_ms(60_000), &mut rng(3), Cursor::new(bytes))
}

fn answer(counter: &Counter, to: &[u8]) -> Vec<u8> {
    let reader = CarryReader::open(Cursor::new(to), &counter.member().root).unwrap();
    out(counter, &Cargo::Answer(Box::new(reader.heading().clone())))
}

#[test]
fn a_stick_brings_entries_to_the_city_and_its_receipts_back() {
    let (mut town, mut city) = (town(), city());
    let id = taken(&mut town, "王小明");
    assert_eq!(town.waiting(), 3);
    let first = out(&town, &Cargo::Unconfirmed);
    let report = into(&mut city, &first).unwrap();
    assert_eq!((report.centre.as_str(), report.entries, report.refused.len()), (TOWN, 3, 0));
    assert_eq!((report.taken[0].first, report.taken[0].last), (1, 3));
    assert!(Statement::open(&report.statement, &city.member().root).is_ok());
    assert_eq!(show(&city, id).unwrap().unwrap().summary.state.code, "accepted");

    witness(&mut city, NINE.plus_ms(120_000));
    let back = answer(&city, &first);
    let report = into(&mut town, &back).unwrap();
    assert_eq!((report.centre.as_str(), report.taken.len()), (CITY, 1), "{report:?}");
    assert_eq!(show(&town, id).unwrap().unwrap().summary.stage, Stage::City);
    assert_eq!(town.waiting(), 0);
    assert_eq!(town.store().unsent().unwrap(), []);

    let second = out(&town, &Cargo::Unconfirmed);
    assert_eq!(into(&mut city, &second).unwrap().entries, 0, "everything is confirmed");
    record(&mut town, NINE.plus_ms(9), id, event("finish-step")).unwrap();
    town.commit().unwrap();
    let third = out(&town, &Cargo::Unconfirmed);
    assert_eq!(into(&mut city, &third).unwrap().entries, 1, "only what the city lacks");
}

#[test]
fn a_file_taken_in_twice_changes_nothing() {
    let (mut town, mut city) = (town(), city());
    taken(&mut town, "王小明");
    let file = out(&town, &Cargo::Unconfirmed);
    into(&mut city, &file).unwrap();
    let before = city.frontier().clone();
    let again = into(&mut city, &file).unwrap();
    assert_eq!((again.entries, again.taken.len(), again.refused.len()), (3, 0, 0));
    assert_eq!(*city.frontier(), before);
    assert_eq!(city.incidents(9).unwrap(), []);
}

#[test]
fn a_file_that_was_cut_or_changed_anywhere_is_refused_whole() {
    let (mut town, mut city) = (town(), city());
    taken(&mut town, "王小明");
    let file = out(&town, &Cargo::All);
    for at in 0..file.len() {
        let cut = into(&mut city, &file[..at]).unwrap_err();
        let fits = if at < 8 {
            matches!(cut, CarryError::NotCarry)
        } else {
            matches!(cut, CarryError::CutShort(_))
        };
        assert!(fits, "cut at {at}: {cut}");
        let mut bent = file.clone();
        bent[at] ^= 0x21;
        into(&mut city, &bent).unwrap_err();
    }
    let mut longer = file;
    longer.push(0);
    assert!(matches!(into(&mut city, &longer), Err(CarryError::Damaged(_))));
    assert!(city.frontier().is_empty(), "nothing of any of them was used");
    let foreign = into(&mut city, b"\x89PNG\r\n\x1a\n and so on").unwrap_err();
    assert!(foreign.to_string().contains("no carry file"), "{foreign}");
}

#[test]
fn a_file_of_another_city_is_refused_by_its_root() {
    let mut stranger = open(member(12, &[TOWN, "510921", CITY], Tier::Township, 2));
    taken(&mut stranger, "王小明");
    let refused = into(&mut city(), &out(&stranger, &Cargo::All)).unwrap_err();
    assert!(matches!(refused, CarryError::Foreign { .. }), "{refused}");
}

#[test]
fn a_journal_that_does_not_follow_is_refused_with_its_reason_and_the_others_are_taken() {
    let (mut town, mut twin, mut city) = (town(), town(), city());
    let mut other = open(member(13, &["510921104", "510921", CITY], Tier::Township, 1));
    taken(&mut town, "王小明");
    taken(&mut twin, "另一个人");
    let id = taken(&mut other, "陈美玲");
    into(&mut city, &out(&town, &Cargo::All)).unwrap();
    let report = into(&mut city, &out(&twin, &Cargo::All)).unwrap();
    assert_eq!((report.taken.len(), report.refused.len()), (0, 1));
    assert_eq!(report.refused[0].number, 2);
    assert!(report.refused[0].why.contains("a number already held"), "{}", report.refused[0].why);
    assert_eq!(into(&mut city, &out(&other, &Cargo::All)).unwrap().refused, []);
    assert!(show(&city, id).unwrap().is_some());
}

#[test]
fn an_answer_holds_nothing_of_other_townships() {
    let (mut town, mut city) = (town(), city());
    let mut other = open(member(13, &["510921104", "510921", CITY], Tier::Township, 1));
    taken(&mut town, "王小明");
    taken(&mut other, "陈美玲");
    let file = out(&town, &Cargo::Unconfirmed);
    into(&mut city, &file).unwrap();
    into(&mut city, &out(&other, &Cargo::Unconfirmed)).unwrap();
    witness(&mut city, NINE.plus_ms(120_000));
    let report = into(&mut town, &answer(&city, &file)).unwrap();
    assert_eq!(report.taken.len(), 1, "{report:?}");
    assert!(report.taken[0].journal.starts_with(TOWN), "{report:?}");
}

#[test]
fn a_long_journal_goes_through_many_blocks() {
    let (mut town, mut city) = (town(), city());
    for seed in 0..60 {
        let mut case = new_case("王小明");
        case.form.insert("note".to_owned(), "长".repeat(5_000));
        take(&mut town, NINE, &mut rng(seed), case).unwrap();
    }
    town.commit().unwrap();
    let end = town.frontier().values().next().unwrap().number;
    let report = into(&mut city, &out(&town, &Cargo::Unconfirmed)).unwrap();
    assert_eq!(report.entries, end);
    assert_eq!(*city.frontier(), *town.frontier());
}
