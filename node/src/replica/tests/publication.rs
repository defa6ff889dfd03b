//! The catalogue and the calendar, as a township reads them of its replica.

use tongban_protocol::calendar::{Exception, YearNotice};
use tongban_protocol::case::CaseType;
use tongban_protocol::catalogue::{Item, document_name};
use tongban_protocol::document::Detail;
use tongban_protocol::place::Tier;

use super::*;

fn publication(detail: Detail) -> Vec<Edit> {
    vec![Edit::Event(Event::new(EventKind::Publish, NOW, "周敏", "").with(detail))]
}

fn edit(id: &str, version: u32) -> (DocumentName, Vec<Edit>) {
    let mut item = Item::named(id.parse().unwrap(), "社会保障卡注销");
    (item.version, item.case_type, item.decide_at) =
        (version, Some(CaseType::Promised), Some(Tier::County));
    let name = document_name(&item.id);
    (name, publication(Detail { item: Some(Box::new(item)), ..Detail::default() }))
}

#[test]
fn what_the_city_publishes_is_read_below_once_it_is_durable_and_anew_when_it_changed() {
    let (mut city, mut town) = (holder(CITY), holder(TOWN));
    let home = Home::public(division(CITY[0]));
    let day = jiff::civil::date(2026, 10, 1);
    assert_eq!(town.catalogue().unwrap().on(day).count(), 0);
    assert!(!town.almanac().latest().is_published(day));
    city.append(NOW, home, vec![edit("T01", 1), edit("T02", 1)]).unwrap();
    assert_eq!(city.catalogue().unwrap().versions().count(), 0, "nothing is durable yet");
    city.commit().unwrap();
    assert_eq!(city.catalogue().unwrap().versions().count(), 2);
    let journal = own(&city, home);
    take(&mut town, vec![run(&city, journal)]);
    assert_eq!(town.catalogue().unwrap(), city.catalogue().unwrap());
    let notice = YearNotice::new(2026, [(day, Exception::Holiday, "国庆".to_owned())]).unwrap();
    let name = DocumentName { kind: DocumentKind::Calendar, ulid: Ulid::from_parts(2, 1) };
    let detail = Detail { notice: Some(notice), ..Detail::default() };
    city.append(NOW, home, vec![edit("T01", 2), (name, publication(detail))]).unwrap();
    city.commit().unwrap();
    take(&mut town, vec![run(&city, journal)]);
    let catalogue = town.catalogue().unwrap();
    let version = catalogue.version_on(&"T01".parse().unwrap(), day).unwrap();
    assert_eq!((version.item.version, catalogue.on(day).count()), (2, 2));
    let almanac = town.almanac();
    assert_eq!(almanac.latest().festival(day), Some("国庆"));
    assert_eq!(almanac, city.almanac());
}

#[test]
fn a_township_publishes_nothing_in_the_citys_name() {
    let mut town = holder(TOWN);
    let home = Home::public(division(CITY[0]));
    let refused = town.append(NOW, home, vec![edit("T01", 1)]).unwrap_err();
    assert!(matches!(refused, ReplicaError::ForeignHome { .. }));
}
