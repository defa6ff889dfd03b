//! Statements: what was announced is remembered, and the newest word is the one that counts.

use minicbor::bytes::ByteVec;
use tongban_protocol::heartbeat::Statement;
use tongban_protocol::wire::{Frame, Heartbeats};

use super::*;

const HOUR_MS: i64 = 3_600_000;

/// What the city heard of a township.
fn of_town(street: &Street) -> Heard {
    let heard = street.engine(CITY).heard();
    heard.filter(|it| it.credential.path.centre() == division(TOWN[0])).last().unwrap().clone()
}

fn journal(street: &Street) -> JournalId {
    let author = street.replica(TOWN).member().author();
    JournalId { home: office(TOWN), author }
}

/// Hands a township's statement to the upper end of a link.
fn hand(street: &mut Street, (lower, upper): (&[&'static str], &[&'static str]), sealed: &[u8]) {
    let statements = vec![ByteVec::from(sealed.to_vec())];
    let frame = Frame::Heartbeat(Heartbeats { statements }).encode();
    street.inject(lower, upper, Lane::Control, &frame);
    street.settle();
}

/// A statement of the township that names other ends than it has.
fn claim(street: &Street, like: &Statement, end: End) -> Vec<u8> {
    let order = like.order.map(|order| HybridTime(order.0 + 1));
    let ends = vec![(journal(street), end)];
    Statement { ends, order, ..like.clone() }.seal(&street.replica(TOWN).member().key)
}

#[test]
fn what_was_announced_is_remembered_across_restarts_until_exactly_that_has_come() {
    let mut street = Street::new(&[TOWN, CITY]);
    street.link(TOWN, CITY);
    street.file(TOWN);
    street.settle();
    street.pass_ms(1_000);
    street.jam(TOWN, CITY);
    street.file(TOWN);
    let end = street.replica(TOWN).frontier()[&journal(&street)];
    let said = of_town(&street).last.statement;
    let sealed = claim(&street, &said, end);
    hand(&mut street, (TOWN, CITY), &sealed);
    let less = street.replica(CITY).frontier()[&journal(&street)];
    let sealed = claim(&street, &of_town(&street).last.statement, less);
    hand(&mut street, (TOWN, CITY), &sealed);
    for _ in 0..2 {
        let heard = of_town(&street);
        assert_eq!(heard.last.statement.end_of(journal(&street)), Some(less));
        assert_eq!(heard.earlier.len(), 1, "{heard:?}");
        assert_eq!(heard.earlier[0].statement.end_of(journal(&street)), Some(end));
        assert!(heard.earlier[0].is_contradicted);
        street.disk(CITY).crash();
        street.restart(CITY, 0);
    }
    street.link(TOWN, CITY);
    street.settle();
    street.pass_ms(20_000);
    assert_eq!(of_town(&street).earlier, [], "it has come");
    street.disk(CITY).crash();
    street.restart(CITY, 0);
    assert_eq!(of_town(&street).earlier, [], "and is let go on the disk too");
}

#[test]
fn county_passes_on_a_word_that_names_more_than_a_later_one() {
    let mut street = Street::new(&[TOWN, COUNTY, CITY]);
    street.link(TOWN, COUNTY);
    street.file(TOWN);
    street.settle();
    street.pass_ms(1_000);
    let county = street.engine(COUNTY).heard().next().unwrap().last.statement.clone();
    let more = End { number: 812, hash: Default::default() };
    let sealed = claim(&street, &county, more);
    hand(&mut street, (TOWN, COUNTY), &sealed);
    street.pass_ms(20_000);
    street.link(COUNTY, CITY);
    street.settle();
    let heard = of_town(&street);
    assert_eq!(heard.last.statement.end_of(journal(&street)).map(|end| end.number), Some(2));
    assert_eq!(heard.earlier[0].statement.end_of(journal(&street)), Some(more));
}

#[test]
fn county_says_what_it_holds_of_a_township_until_the_city_confirms_it() {
    let mut street = Street::new(&[TOWN, COUNTY, CITY]);
    street.link(TOWN, COUNTY);
    street.file(TOWN);
    street.settle();
    street.cut(TOWN, COUNTY);
    street.link(COUNTY, CITY);
    street.settle();
    street.pass_ms(1_000);
    let names = |street: &Street| {
        let of_county = |it: &&Heard| it.credential.path.centre() == division(COUNTY[0]);
        let heard = street.engine(CITY).heard().find(of_county).unwrap();
        heard.all().any(|said| said.statement.end_of(journal(street)).is_some())
    };
    assert!(names(&street));
    street.witness();
    street.settle();
    for _ in 0..3 {
        street.pass_ms(20_000);
    }
    assert!(!names(&street));
}

#[test]
fn newer_word_counts_though_the_clock_was_set_back_and_an_older_one_does_not_come_back() {
    let mut street = Street::new(&[TOWN, COUNTY, CITY]);
    street.pass_ms(HOUR_MS);
    street.link(COUNTY, CITY);
    street.link(TOWN, COUNTY);
    street.file(TOWN);
    street.settle();
    street.pass_ms(1_000);
    let old = of_town(&street).last;
    street.disk(TOWN).crash();
    street.restart(TOWN, 0);
    street.pass_ms(-HOUR_MS);
    street.link(TOWN, COUNTY);
    street.settle();
    street.pass_ms(1_000);
    street.file(TOWN);
    street.pass_ms(1_000);
    let new = of_town(&street).last;
    assert!(new.statement.at < old.statement.at);
    assert!(new.statement.rank() > old.statement.rank());
    assert_eq!(new.statement.end_of(journal(&street)).map(|end| end.number), Some(3));
    hand(&mut street, (COUNTY, CITY), &old.sealed);
    assert_eq!(of_town(&street).last, new);
    assert_eq!(of_town(&street).earlier, []);
}
