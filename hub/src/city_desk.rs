//! 市级工作台: the pages of the city's office that no other machine has.
//!
//! Figures county beside county, draws and what was found in them, and what is wrong with journals
//! and who answered for it. Supervision, orders and the green channel are pages of every machine,
//! and are the node's; what is published and who is enrolled has pages of its own.

mod chart;
mod incidents;
mod indicators;
mod samples;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use tongban_config::city::City;
use tongban_node::report::{Centres, Lookout};
use tongban_node::service::Desk;
use tongban_node::web::shell::{Door, Whose};
use tongban_protocol::document::Role;

use crate::page::Pages;
use crate::survey::centres_of;

/// What the menu of the city's machine has besides that of every machine.
pub const DOORS: [Door; 7] = [
    Door::new("/", ("覆盖总览", "coverage"), ""),
    Door::new("/centres", ("覆盖表", "coverage as a table"), ""),
    Door::new("/office/incidents", ("异常与了结", "incidents"), "").of(WATCHERS),
    Door::new("/office/samples", ("抽查", "samples"), "").of(WATCHERS),
    Door::new("/office/indicators", ("指标", "indicators"), "i"),
    Door::new("/office/publish", ("发布", "publishing"), "").of(WATCHERS),
    Door::new("/office/enrol", ("入网", "enrolment"), "").of(Whose::Administrators),
];

/// The posts that look after the city as a whole.
const WATCHERS: Whose = Whose::Posts(&[Role::Supervisor, Role::Chief]);

/// What these pages draw from.
#[derive(Debug)]
pub struct CityDesk {
    /// The running service.
    pub desk: Desk,
    /// Where the seeds of draws are kept.
    pub data_dir: PathBuf,
    /// The centres.
    pub city: Arc<City>,
    /// Knows how complete they are.
    pub lookout: Arc<dyn Lookout>,
    /// The city as it was drawn last.
    pub pages: Pages,
}

impl CityDesk {
    fn centres(&self) -> Centres {
        centres_of(&self.city)
    }
}

/// The pages, all under `/office/`.
pub fn router(desk: Arc<CityDesk>) -> Router {
    Router::new()
        .route("/office/indicators", get(indicators::show))
        .route("/office/indicators/{metric}", get(indicators::show_one))
        .route("/office/samples", get(samples::show).post(samples::announce))
        .route("/office/samples/{id}", get(samples::open).post(samples::reveal))
        .route("/office/samples/{id}/check", post(samples::check))
        .route("/office/incidents", get(incidents::show).post(incidents::settle))
        .with_state(desk)
}
