//! Hub, county and township in one process, over real links.
#![cfg(test)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tongban_config::city::City;
use tongban_hub::service::{self, Hub};
use tongban_node::join::{JoinAnswer, JoinRequest};
use tongban_node::link::{LinkEndpoint, LinkSettings, ParentSettings};
use tongban_node::membership::{self, Membership};
use tongban_node::replica::{ArrivalStage, EntryRef};
use tongban_node::service::{Service, ServiceSettings};
use tongban_node::store::StoreSettings;
use tongban_node::{clock, entropy};
use tongban_protocol::document::{DocumentKind, Edit, Event, EventKind};
use tongban_protocol::identity::{SigningKey, Token};
use tongban_protocol::place::Home;

fn settings(dir: &Path, parents: Option<Vec<String>>) -> ServiceSettings {
    ServiceSettings {
        data_dir: dir.to_owned(),
        listen: ([127, 0, 0, 1], 0).into(),
        parents,
        link: LinkSettings::default(),
        patience: ParentSettings::default(),
        store: StoreSettings { cache_bytes: 1 << 20, reserve_bytes: 1 << 20 },
    }
}

async fn join(dir: &Path, token: &Token) {
    let key = SigningKey::from_seed(entropy::seed().unwrap());
    membership::write_key(dir, &key).unwrap();
    let endpoint =
        LinkEndpoint::bind(([127, 0, 0, 1], 0).into(), None, LinkSettings::default()).unwrap();
    let request = JoinRequest::new(token.secret, token.centre, &key, None);
    let request = minicbor::to_vec(&request).unwrap();
    let address = token.address.parse().unwrap();
    let answer = endpoint.join(address, token.root.0, &request).await.unwrap();
    let JoinAnswer::Welcome(welcome) = minicbor::decode(&answer).unwrap() else {
        panic!("{answer:?}")
    };
    Membership { key, welcome, incarnation: 0 }.save(dir).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_taken_at_a_township_reaches_the_city_through_its_county() {
    let dir = tempfile::tempdir().unwrap();
    let city = Arc::new(City::suining());
    let path = |name: &str| dir.path().join(name);
    let office = service::init(&path("hub"), city.clone(), clock::now()).unwrap();
    let hub =
        Hub::start(settings(&path("hub"), None), city.clone(), None, Duration::from_millis(50))
            .unwrap();
    let address = hub.service.link_address().unwrap().to_string();
    let mut rng = entropy::generator().unwrap();
    let until = clock::now().plus_ms(60_000);
    for (name, code) in [("county", "510921"), ("township", "510921103")] {
        let centre = code.parse().unwrap();
        let token = office.issue_token(centre, &address, until, &mut rng).unwrap();
        join(&path(name), &token).await;
    }
    let county = Service::start(settings(&path("county"), None), None, None).unwrap();
    let above = vec![county.link_address().unwrap().to_string(), address];
    let township = Service::start(settings(&path("township"), Some(above)), None, None).unwrap();
    let home = Home::office("510921103".parse().unwrap());
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
    for service in [township, county, hub.service] {
        service.stop().await;
    }
}
