//! The green channel goes first, up and down, after an outage and while the link is up.

use tongban_protocol::case::{Green, GreenBasis};
use tongban_protocol::document::{Detail, DocumentId};
use tongban_protocol::limits::BLOCKS_IN_FLIGHT_MAX;

use super::*;

/// A case of the township and one of the county, of which one has the green channel.
fn two_cases(is_towns: bool) -> (Street, DocumentId, DocumentId) {
    let mut street = Street::new(&[TOWN, COUNTY, CITY]);
    let (of_town, _) = street.file(TOWN);
    let (of_county, _) = street.file(COUNTY);
    let (green, plain, at) = match is_towns {
        true => (of_town, of_county, TOWN),
        false => (of_county, of_town, COUNTY),
    };
    let channel = Green {
        basis: GreenBasis::Signed,
        amount_yuan: None,
        threshold_yuan: None,
        agent: "陈代办".to_owned(),
        mandate: "代〔2026〕3号".to_owned(),
        contact: None,
    };
    let detail = Detail { green: Some(Box::new(channel)), ..Detail::default() };
    let opened = Event::new(EventKind::OpenGreen, NOW, "李", "").with(detail);
    street.edit(at, green, vec![Edit::Event(opened)]).unwrap();
    street.link(TOWN, COUNTY);
    street.settle();
    (street, green, plain)
}

fn step() -> Vec<Edit> {
    vec![event(EventKind::FinishStep, NOW)]
}

#[test]
fn after_an_outage_a_green_case_goes_up_first_whichever_journal_holds_it() {
    for is_towns in [true, false] {
        let (mut street, green, _) = two_cases(is_towns);
        street.blocks_of(COUNTY);
        street.link(COUNTY, CITY);
        street.settle();
        assert_eq!(street.blocks_of(COUNTY)[0][0], green.home, "{is_towns}");
        street.check_agreement();
    }
}

#[test]
fn after_an_outage_what_the_city_did_for_a_green_case_comes_down_first() {
    for is_towns in [true, false] {
        let (mut street, green, plain) = two_cases(is_towns);
        street.link(COUNTY, CITY);
        street.settle();
        street.cut(COUNTY, CITY);
        for case in [plain, green] {
            street.edit(CITY, case, step()).unwrap();
        }
        street.blocks_of(CITY);
        street.link(COUNTY, CITY);
        street.settle();
        assert_eq!(street.blocks_of(CITY)[0][0], green.home, "{is_towns}");
        street.check_agreement();
    }
}

#[test]
fn while_the_link_is_up_but_full_a_green_case_takes_every_second_turn() {
    for is_towns in [true, false] {
        let (mut street, green, plain) = two_cases(is_towns);
        street.link(COUNTY, CITY);
        street.settle();
        street.cut(TOWN, COUNTY);
        street.blocks_of(COUNTY);
        // As many blocks as may be unconfirmed, the last of them the green case's own turn.
        for _ in 1..BLOCKS_IN_FLIGHT_MAX {
            street.edit(COUNTY, plain, step()).unwrap();
        }
        for case in [green, plain, green] {
            street.edit(COUNTY, case, step()).unwrap();
        }
        street.settle();
        let up: Vec<Home> = street.blocks_of(COUNTY).iter().map(|homes| homes[0]).collect();
        assert_eq!(up[BLOCKS_IN_FLIGHT_MAX], green.home, "{is_towns}: {up:?}");
        street.check_agreement();
    }
}
