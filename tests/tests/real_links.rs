//! Hub, county and township in one process, over real links.
#![cfg(test)]

use std::time::Duration;

use tongban_hub::enrolment::{read_roster, revoke_event, roster_name};
use tongban_node::cli::{HubAddress, renew_papers};
use tongban_node::clock;
use tongban_node::membership::Membership;
use tongban_node::replica::{ArrivalStage, EntryRef};
use tongban_protocol::document::{DocumentKind, Edit, Event, EventKind};
use tongban_protocol::place::Home;
use tongban_tests::town::{self, Town};

const COUNTY: &str = "510921";
const TOWNSHIP: &str = "510921103";

#[tokio::test(flavor = "multi_thread")]
async fn a_case_taken_at_a_township_reaches_the_city_through_its_county() {
    let town = Town::start();
    let hub = &town.hub;
    let address = hub.service.link_address().unwrap().to_string();
    let (county, township) = (town.enrol(COUNTY).await, town.enrol(TOWNSHIP).await);
    let county = town::node(&county, vec![address.clone()]);
    let above = vec![county.link_address().unwrap().to_string(), address];
    let township = town::node(&township, above);
    let home = Home::office(TOWNSHIP.parse().unwrap());
    let appended = township
        .desk()
        .write(move |replica, rng| {
            let now = clock::now();
            let name = replica.name_document(now, DocumentKind::Case, rng);
            let event = Event::new(EventKind::Receive, now, "李", "");
            replica.append(now, home, vec![(name, vec![Edit::Event(event)])])
        })
        .await
        .unwrap();
    let entry = EntryRef { journal: appended.journal, number: appended.number };
    let arrived = async {
        loop {
            let stage =
                township.desk().ask(move |engine| engine.replica().stage_of(entry)).await.unwrap();
            if stage == ArrivalStage::City {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived).await.expect("the city's receipt");
    let heard = hub.service.desk().ask(|engine| engine.heard().count()).await.unwrap();
    assert!(heard >= 1, "the hub heard where journals end");
    for service in [township, county, town.hub.service] {
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fresh_papers_name_the_county_that_said_later_where_it_is_and_a_revoked_machine_gets_none()
{
    let town = Town::start();
    let (county, township) = (town.enrol(COUNTY).await, town.enrol(TOWNSHIP).await);
    let before = Membership::load(&township).unwrap();
    assert_eq!(before.welcome.parents.len(), 1, "the hub alone is known");
    let of_papers = HubAddress::OfPapers(None);
    let county_address = "county.example:7443".to_owned();
    renew_papers(&county, Some(county_address.clone()), of_papers).await.unwrap();
    let fresh = renew_papers(&township, None, of_papers).await.unwrap();
    assert_eq!(fresh.welcome.parents[0], county_address);
    assert_eq!(fresh.welcome.parents[1..], before.welcome.parents);
    assert_eq!(fresh.welcome.credential, before.welcome.credential, "journals stay its own");
    assert_eq!(Membership::load(&township).unwrap().welcome, fresh.welcome);
    town::node(&township, fresh.welcome.parents.clone()).stop().await;

    let node = fresh.member().unwrap().credential.node();
    let home = Home::public(town.city.tree.root().division);
    let desk = town.hub.service.desk();
    let revoke = revoke_event(node, clock::now(), "市");
    desk.write(move |replica, _| {
        replica.append(clock::now(), home, vec![(roster_name(), vec![revoke])])
    })
    .await
    .unwrap();
    let refused =
        renew_papers(&township, Some("elsewhere:1".to_owned()), of_papers).await.unwrap_err();
    assert!(refused.to_string().contains("was revoked from"), "{refused}");
    let roster = desk.ask(|engine| read_roster(engine.replica())).await.unwrap().unwrap();
    assert!(roster[&node].revoked_from.is_some() && roster[&node].advertise.is_none());
    town.hub.service.stop().await;
}
