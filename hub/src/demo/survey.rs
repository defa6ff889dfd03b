//! Looking at the whole city, twice a second: what each centre holds, and what the audit says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tongban_config::city::City;
use tongban_node::clock;
use tongban_node::engine::{Engine, Side};
use tongban_node::replica::EntryRef;
use tongban_node::store::SledStore;
use tongban_protocol::journal::Frontier;
use tongban_protocol::place::{Division, Scope, Tier};

use super::build::SILENT_AFTER;
use super::report::EntryCounts;
use super::site::{Site, Sites};
use crate::coverage::{Coverage, Summary, Verdict};
use crate::survey::Surveyor;

/// What a centre says of itself.
#[derive(Clone, Debug)]
struct Sight {
    frontier: Frontier,
    is_linked: bool,
    receipted: u64,
}

/// The city at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    sights: BTreeMap<Division, Sight>,
    pub(super) entries: EntryCounts,
    /// Centres with a link up.
    pub(super) linked: u64,
    /// Counts of verdicts.
    pub(super) summary: Summary,
    /// Centres that are not complete, with the reason.
    pub(super) wanting: Vec<String>,
}

impl Picture {
    /// True when a centre durably holds an entry.
    pub(super) fn holds(&self, centre: Division, entry: EntryRef) -> bool {
        let sight = self.sights.get(&centre);
        let end = sight.and_then(|sight| sight.frontier.get(&entry.journal));
        end.is_some_and(|end| end.number >= entry.number)
    }

    /// True when everything written is at the city, with receipts, and the audit says so.
    pub(super) fn is_complete(&self) -> bool {
        let entries = self.entries;
        entries.held_by_city == entries.authored
            && entries.receipted == entries.authored
            && self.summary.centres > 0
            && self.summary.complete == self.summary.centres
    }
}

/// Looks at all sites again and again, until the task that runs it ends.
pub(super) async fn look(city: Arc<City>, sites: Sites, pictures: watch::Sender<Arc<Picture>>) {
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let root = city.tree.root().division;
    let surveyor = Arc::new(Mutex::new(Surveyor::new(city, SILENT_AFTER)));
    let mut coverage = Vec::new();
    for round in 0_u64.. {
        pace.tick().await;
        if round % ROUNDS_PER_AUDIT == 0
            && let Some(hub) = sites.get(root)
        {
            coverage = audit(&hub, &surveyor).await.unwrap_or(coverage);
        }
        pictures.send_replace(Arc::new(take_picture(&sites, &coverage).await));
    }
}

async fn take_picture(sites: &Sites, coverage: &[Coverage]) -> Picture {
    let sites = sites.all();
    let seen = join_all(sites.iter().map(|site| site.desk.ask(sight))).await;
    let mut picture = Picture { summary: Summary::of(coverage), ..Picture::default() };
    for (site, sight) in sites.iter().zip(seen) {
        if let Ok(sight) = sight {
            picture.linked += u64::from(sight.is_linked);
            picture.sights.insert(site.centre.division, sight);
        }
    }
    picture.entries = count(&sites, &picture.sights);
    for centre in coverage {
        if centre.verdict != Verdict::Complete {
            picture.wanting.push(format!("{} {}", centre.centre, centre.reason_en));
        }
    }
    picture
}

fn sight(engine: &mut Engine<SledStore>) -> Sight {
    let is_linked =
        engine.links().iter().any(|link| link.side == Side::Parent && link.peer.is_some());
    let replica = engine.replica();
    let own = replica.member().credential.node();
    let ours = replica
        .frontier()
        .iter()
        .filter(|(journal, _)| journal.author.node == own && journal.home.scope == Scope::Office);
    let receipted = ours
        .map(|(journal, end)| {
            replica.receipted(*journal).map_or(0, |receipted| receipted.number.min(end.number))
        })
        .sum();
    Sight { frontier: replica.frontier().clone(), is_linked, receipted }
}

/// Counts the entries of all centres below the city.
fn count(sites: &[Arc<Site>], sights: &BTreeMap<Division, Sight>) -> EntryCounts {
    let mut counts = EntryCounts::default();
    let hub = sites.iter().find(|site| site.centre.tier == Tier::City);
    let hub = hub.and_then(|site| sights.get(&site.centre.division));
    for site in sites.iter().filter(|site| site.centre.tier != Tier::City) {
        let Some(sight) = sights.get(&site.centre.division) else { continue };
        counts.receipted += sight.receipted;
        for (journal, end) in &sight.frontier {
            if journal.author.node == site.node && journal.home.scope == Scope::Office {
                counts.authored += end.number;
                let held = hub.and_then(|hub| hub.frontier.get(journal));
                counts.held_by_city += held.map_or(0, |held| held.number.min(end.number));
            }
        }
    }
    counts
}

/// Asks the hub for its verdict on every centre; `None` if it cannot answer.
async fn audit(hub: &Site, surveyor: &Arc<Mutex<Surveyor>>) -> Option<Vec<Coverage>> {
    let surveyor = surveyor.clone();
    let question = move |engine: &mut Engine<SledStore>| {
        // Sound after a panic as well: a surveyor only remembers.
        let mut surveyor = surveyor.lock().unwrap_or_else(PoisonError::into_inner);
        surveyor.look(engine, clock::now())
    };
    match hub.desk.ask(question).await {
        Ok(Ok(coverage)) => Some(coverage),
        Ok(Err(error)) => {
            tracing::error!(%error, "the city cannot be audited");
            None
        }
        Err(_) => None, // The hub is stopping.
    }
}

const PACE: Duration = Duration::from_millis(500);

const ROUNDS_PER_AUDIT: u64 = 4;
