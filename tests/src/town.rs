//! A hub and nodes in one process over real links, in throw-away directories.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tongban_config::city::City;
use tongban_hub::demo::generator::{Generator, Offer, Place};
use tongban_hub::enrolment::Office;
use tongban_hub::service::{self, Hub};
use tongban_node::cli::join_city;
use tongban_node::link::{LinkSettings, ParentSettings};
use tongban_node::service::{Service, ServiceSettings, open_replica};
use tongban_node::store::StoreSettings;
use tongban_node::{clock, entropy};
use tongban_protocol::document::{
    DocumentKind, Edit, Event, EventKind, Header, Material, MaterialState,
};
use tongban_protocol::identity::SigningKey;
use tongban_protocol::journal::Frontier;
use tongban_protocol::place::{Division, Home, Tier};
use tongban_protocol::time::Timestamp;

/// How the stores of a town are opened.
pub const STORE: StoreSettings = StoreSettings { cache_bytes: 16 << 20, reserve_bytes: 1 << 20 };

/// A city whose hub runs here.
#[derive(Debug)]
pub struct Town {
    /// Where everything lies; removed when the town is dropped.
    pub dir: TempDir,
    /// The centres.
    pub city: Arc<City>,
    /// The root.
    pub office: Office,
    /// The running hub.
    pub hub: Hub,
}

impl Town {
    /// Sets a city up and starts its hub on loopback.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let city = Arc::new(City::suining());
        let office = service::init(&dir.path().join("hub"), city.clone(), clock::now()).unwrap();
        let settings = settings(&dir.path().join("hub"), None);
        let hub = Hub::start(settings, city.clone(), None, Duration::from_millis(200)).unwrap();
        Self { dir, city, office, hub }
    }

    /// Enrols a machine with a real token and returns its data directory.
    pub async fn enrol(&self, code: &str) -> PathBuf {
        let centre: Division = code.parse().unwrap();
        let address = self.hub.service.link_address().unwrap();
        let until = clock::now().plus_ms(600_000);
        let mut rng = entropy::generator().unwrap();
        let token =
            self.office.issue_token(centre, &address.to_string(), (until, None), &mut rng).unwrap();
        let dir = self.dir.path().join(code);
        let key = SigningKey::from_seed(entropy::seed().unwrap());
        join_city(&dir, &token, key, None, clock::now()).await.unwrap();
        dir
    }

    /// How far the hub holds what everybody wrote.
    pub async fn frontier(&self) -> Frontier {
        let desk = self.hub.service.desk();
        desk.ask(|engine| engine.replica().frontier().clone()).await.unwrap()
    }
}

/// Settings of a machine on loopback.
pub fn settings(dir: &Path, parents: Option<Vec<String>>) -> ServiceSettings {
    ServiceSettings {
        data_dir: dir.to_owned(),
        listen: ([127, 0, 0, 1], 0).into(),
        parents,
        link: LinkSettings::default(),
        patience: ParentSettings::default(),
        store: STORE,
    }
}

/// Starts a node that dials `parents`.
pub fn node(dir: &Path, parents: Vec<String>) -> Service {
    Service::start(settings(dir, Some(parents)), None, None).unwrap()
}

/// Writes real-shaped cases straight into a node's store: `events` entries each.
pub fn file_cases(dir: &Path, centre: &str, cases: usize, events: usize) {
    let (_, mut replica) = open_replica(dir, STORE).unwrap();
    let mut rng = entropy::generator().unwrap();
    let division: Division = centre.parse().unwrap();
    let county: Division = centre.get(..6).unwrap_or(centre).parse().unwrap();
    let place =
        Place {
            county, county_name: "蓬溪县", division, name: "明月镇", tier: Tier::Township
        };
    let mut generator = Generator::new(7, Arc::new(Offer::of(&City::suining())));
    let home = Home::office(division);
    for count in 0..cases {
        let now = clock::now();
        let case = generator.next_case(&place, now).unwrap();
        let name = replica.name_document(now, DocumentKind::Case, &mut rng);
        let header = Header {
            number: format!("{centre}-20131213-{count:06}"),
            item: case.item.id.to_string(),
            item_name: case.item.name.clone(),
            applicant: case.applicant.clone(),
            channel: "窗口".to_owned(),
            taken_by: division,
            taken_at: now,
            part_of: None,
        };
        let material = Material { state: MaterialState::Handed, content: None };
        let mut edits = vec![Edit::Header(header)];
        edits.extend(case.form.into_iter().map(|(name, value)| Edit::Field(name, value)));
        edits
            .extend(case.item.materials.iter().map(|it| Edit::Material(it.name.clone(), material)));
        edits.push(Edit::Event(step(EventKind::Receive, now, 0)));
        replica.append(now, home, vec![(name, edits)]).unwrap();
        for number in 1..events {
            let edits = vec![Edit::Event(step(EventKind::FinishStep, clock::now(), number))];
            replica.append(clock::now(), home, vec![(name, edits)]).unwrap();
        }
        if count % 64 == 63 {
            replica.commit().unwrap();
        }
    }
    replica.commit().unwrap();
}

/// An event as a clerk records it.
#[must_use]
pub fn step(kind: EventKind, now: Timestamp, number: usize) -> Event {
    let clerks = ["李秀英", "王建国", "张丽", "陈小军"];
    let notes = ["材料齐全,已核对原件", "转县级部门审核", "现场核查完成", "复核通过"];
    Event::new(kind, now, clerks[number % clerks.len()], notes[number % notes.len()])
}
