//! The running hub's faces: the city's pages, and what the office asks over `/api/v1`.

mod facts;
mod office;
mod samples;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tongban_config::city::City;
use tongban_config::groups::QueueGroup;
use tongban_node::accounts::Accounts;
use tongban_node::clock;
use tongban_node::replica::{Incident, ReplicaError};
use tongban_node::service::Desk;
use tongban_node::tasks::Tasks;
use tongban_node::web::gate::gated;
use tongban_node::web::guard::Hosts;
use tongban_node::web::{self, Face, serve_router};
use tongban_protocol::time::Timestamp;

use crate::city_desk::{self, CityDesk, DOORS};
use crate::coverage::{Coverage, Verdict, Via};
use crate::page::{
    self, CityPicture, CountyRow, Detail, Drawing, IncidentLine, Note, Pages, PictureSource, Tile,
    Unavailable, VerdictWord,
};
use crate::public::{self, Public};
use crate::survey::{CityLookout, Surveyor};
use crate::words::Language;
use crate::{enrolment, proposals};

/// Incidents that the city's page lists.
const INCIDENTS_SHOWN: usize = 50;

/// What the faces of a hub draw from.
#[derive(Debug)]
pub struct Faces {
    desk: Desk,
    surveyor: Arc<Mutex<Surveyor>>,
    note: Option<Note>,
    data_dir: PathBuf,
    accounts: Arc<Accounts>,
    address: String,
    is_public: bool,
    groups: Vec<QueueGroup>,
}

/// What everybody may see: no page of these names a person.
const OPEN: [&str; 7] =
    ["/", "/centres", "/centres/", "/events", "/report", "/api/v1/coverage", "/api/v1/metrics"];

/// The same where the pages for everybody are turned on.
const OPEN_WITH_PUBLIC: [&str; 9] =
    [OPEN[0], OPEN[1], OPEN[2], OPEN[3], OPEN[4], OPEN[5], OPEN[6], "/public", "/public/"];

impl Faces {
    /// The faces of a running hub, whose desk this is and whose store lies in `data_dir`.
    #[must_use]
    pub fn new(
        desk: Desk,
        data_dir: PathBuf,
        accounts: Arc<Accounts>,
        city: Arc<City>,
        silent_after: Duration,
    ) -> Self {
        let surveyor = Arc::new(Mutex::new(Surveyor::new(city, silent_after)));
        let (address, groups) = (String::new(), vec![QueueGroup::general()]);
        let (note, is_public) = (None, false);
        Self { desk, surveyor, note, data_dir, accounts, address, is_public, groups }
    }

    /// The same with the address, `host:port`, under which machines reach the hub.
    #[must_use]
    pub fn with_address(self, address: String) -> Self {
        Self { address, ..self }
    }

    /// The same with a line that stands on the city's page.
    #[must_use]
    pub fn with_note(self, note: Note) -> Self {
        Self { note: Some(note), ..self }
    }

    /// The same with other business groups in the hall.
    #[must_use]
    pub fn with_groups(self, groups: Vec<QueueGroup>) -> Self {
        Self { groups, ..self }
    }

    /// The same with the pages for everybody.
    #[must_use]
    pub fn with_public(self) -> Self {
        Self { is_public: true, ..self }
    }

    async fn draw(&self) -> Result<CityPicture, Unavailable> {
        let surveyor = self.surveyor.clone();
        let note = self.note.clone();
        let drawn = self.desk.ask(move |engine| -> Result<CityPicture, ReplicaError> {
            let now = clock::now();
            let mut surveyor = lock(&surveyor);
            let coverage = surveyor.look(engine, now)?;
            let incidents = engine.replica().incidents(usize::MAX)?;
            Ok(picture(&surveyor, &coverage, &incidents, now, note))
        });
        let drawn = drawn.await.map_err(|e| Unavailable(e.to_string()))?;
        drawn.map_err(|e| Unavailable(e.to_string()))
    }
}

impl PictureSource for Faces {
    fn picture(&self) -> Drawing<'_> {
        Box::pin(self.draw())
    }
}

fn lock(surveyor: &Mutex<Surveyor>) -> MutexGuard<'_, Surveyor> {
    surveyor.lock().unwrap_or_else(PoisonError::into_inner)
}

fn picture(
    surveyor: &Surveyor,
    coverage: &[Coverage],
    incidents: &[Incident],
    as_of: Timestamp,
    note: Option<Note>,
) -> CityPicture {
    let city = surveyor.city();
    let tree = &city.tree;
    let root = tree.root().division;
    let of = |division| coverage.iter().find(|centre| centre.centre == division).map(tile);
    let counties = tree
        .children(root)
        .filter_map(|county| {
            let townships =
                tree.children(county.division).filter_map(|it| of(it.division)).collect();
            Some(CountyRow { centre: of(county.division)?, townships })
        })
        .collect();
    CityPicture {
        name_zh: city.name_zh.clone(),
        name_en: city.name_en.clone(),
        as_of,
        city: of(root).unwrap_or_else(|| empty_tile(tree.root())),
        counties,
        entries_held: coverage.iter().map(|centre| centre.held).sum(),
        cases: coverage.iter().map(|centre| centre.activity.cases).sum(),
        incident_count: incidents.len() as u64,
        incidents: incidents.iter().rev().take(INCIDENTS_SHOWN).map(incident_line).collect(),
        note,
    }
}

fn tile(centre: &Coverage) -> Tile {
    let (via_zh, via_en) = match centre.via {
        Via::Own => ("本中心".to_owned(), "the city itself".to_owned()),
        Via::Direct => ("直连".to_owned(), "a link of its own".to_owned()),
        Via::Through { centre } => (format!("经 {centre}"), format!("through {centre}")),
        Via::Nothing => ("无连接".to_owned(), "no link".to_owned()),
    };
    Tile {
        division: centre.centre,
        name_zh: centre.name_zh.clone(),
        name_en: centre.name_en.clone(),
        verdict: match centre.verdict {
            Verdict::NotEnrolled => VerdictWord::NotEnrolled,
            Verdict::Silent { .. } => VerdictWord::Silent,
            Verdict::Behind { .. } => VerdictWord::Behind,
            Verdict::Incident { .. } => VerdictWord::Incident,
            Verdict::Complete => VerdictWord::Complete,
        },
        number: (centre.missing > 0).then_some(centre.missing),
        reason_zh: centre.reason_zh.clone(),
        reason_en: centre.reason_en.clone(),
        as_of: centre.as_of,
        detail: Detail {
            held: centre.held,
            announced: centre.as_of.map(|_| centre.announced),
            last_contact: centre.as_of,
            via_zh,
            via_en,
            cases: centre.activity.cases,
            opened_30_days: centre.activity.opened_30_days,
            handled_30_days: centre.activity.handled_30_days,
            tickets_30_days: centre.activity.tickets_30_days,
            sampled: centre.activity.sampled,
            sample_faults: centre.activity.sample_faults,
            use_zh: centre.activity.use_words(Language::Zh),
            use_en: centre.activity.use_words(Language::En),
            late: centre.activity.late_words(),
            waiting: centre.waiting,
            software: centre.software.clone(),
        },
    }
}

fn empty_tile(centre: &tongban_config::tree::Centre) -> Tile {
    Tile {
        division: centre.division,
        name_zh: centre.name_zh.clone(),
        name_en: centre.name_en.clone(),
        verdict: VerdictWord::NotEnrolled,
        number: None,
        reason_zh: String::new(),
        reason_en: String::new(),
        as_of: None,
        detail: Detail::default(),
    }
}

fn incident_line(incident: &Incident) -> IncidentLine {
    IncidentLine {
        division: incident.journal.home.division,
        kind_zh: incident.kind.zh().to_owned(),
        kind_en: incident.kind.en().to_owned(),
        place: format!("{} #{}", incident.journal, incident.number),
        why: incident.why.clone(),
        found_at: incident.found_at,
        times: incident.seen_again.map_or(1, |again| again.times),
        last_seen_at: incident.seen_again.map_or(incident.found_at, |again| again.last_at),
    }
}

/// Serves the city's pages and the office's questions until the tasks are asked to stop.
pub async fn serve(listener: TcpListener, faces: Arc<Faces>, tasks: &Tasks) {
    let Ok(address) = listener.local_addr() else { return };
    let city = lock(&faces.surveyor).city().clone();
    let machine = Face {
        desk: faces.desk.clone(),
        name: city.name_zh.clone(),
        centre: city.tree.root().division,
        accounts: faces.accounts.clone(),
        open: if faces.is_public { &OPEN_WITH_PUBLIC } else { &OPEN },
        more: &DOORS,
        data_dir: faces.data_dir.clone(),
        description: office::openapi,
        lookout: Arc::new(CityLookout(faces.surveyor.clone())),
        groups: faces.groups.clone(),
    };
    let gate = machine.gate();
    let pages = Pages::new(faces.clone());
    let city_desk = Arc::new(CityDesk {
        desk: faces.desk.clone(),
        data_dir: faces.data_dir.clone(),
        city: city.clone(),
        lookout: machine.lookout.clone(),
        pages: pages.clone(),
    });
    let office = office::router(faces.clone()).merge(facts::router(faces.clone()));
    let office = office.merge(samples::router(faces.clone())).merge(city_desk::router(city_desk));
    let public = Arc::new(Public::new(faces.desk.clone(), city.clone()));
    let (desk, data_dir) = (faces.desk.clone(), faces.data_dir.clone());
    let office = office.merge(proposals::page::router(desk.clone(), data_dir.clone()));
    let reached = faces.address.clone();
    let office = office.merge(enrolment::page::router(desk, data_dir, city, reached));
    let public = if faces.is_public { public::router(public) } else { Router::new() };
    let office = office.merge(public);
    let router = page::router(pages).merge(office).merge(web::router(machine, tasks));
    serve_router(listener, gated(router, gate), Hosts::new(address, Vec::new()), tasks).await;
}
