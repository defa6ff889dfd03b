//! One running centre of the demo city, and the skies above its links.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;
use tokio::sync::watch;
use tongban_config::tree::{Centre, Tree};
use tongban_node::service::{Desk, Service};
use tongban_protocol::identity::NodeId;
use tongban_protocol::place::{Division, Tier};

use super::relay::{Relay, Weather};
use super::report::LinkCounts;

/// A running centre: its service, and the relays through which it dials.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) centre: Centre,
    pub(super) node: NodeId,
    pub(super) desk: Desk,
    relays: Vec<Relay>,
    service: Mutex<Option<Service>>,
}

impl Site {
    pub(super) fn new(centre: Centre, node: NodeId, service: Service, relays: Vec<Relay>) -> Self {
        let desk = service.desk().clone();
        Self { centre, node, desk, relays, service: Mutex::new(Some(service)) }
    }

    /// Where those below dial, before the weather.
    pub(super) fn link_address(&self) -> Option<SocketAddr> {
        lock(&self.service).as_ref().and_then(|service| service.link_address().ok())
    }
}

/// The centres that run, whether the city is complete or still being built.
#[derive(Clone, Debug, Default)]
pub(super) struct Sites(Arc<Mutex<BTreeMap<Division, Arc<Site>>>>);

impl Sites {
    pub(super) fn add(&self, site: Site) {
        lock(&self.0).insert(site.centre.division, Arc::new(site));
    }

    /// All that run now, in the order of their divisions.
    pub(super) fn all(&self) -> Vec<Arc<Site>> {
        lock(&self.0).values().cloned().collect()
    }

    pub(super) fn get(&self, division: Division) -> Option<Arc<Site>> {
        lock(&self.0).get(&division).cloned()
    }

    /// What all relays have seen so far; outages are counted elsewhere.
    pub(super) fn count_links(&self) -> LinkCounts {
        let mut counts = LinkCounts::default();
        for site in self.all() {
            for relay in &site.relays {
                let counters = relay.counters();
                for way in [&counters.up, &counters.down] {
                    counts.datagrams += way.datagrams();
                    counts.datagrams_dropped += way.dropped();
                    counts.bytes += way.bytes();
                }
            }
        }
        counts
    }

    /// Stops every service: townships first, so that their last words may still go up.
    pub(super) async fn stop(&self) {
        for tier in [Tier::Township, Tier::County, Tier::City] {
            let sites = self.all();
            let of_tier = sites.iter().filter(|site| site.centre.tier == tier);
            let services: Vec<Service> =
                of_tier.filter_map(|site| lock(&site.service).take()).collect();
            join_all(services.into_iter().map(Service::stop)).await;
        }
        lock(&self.0).clear();
    }
}

/// The weather over every link, by county.
#[derive(Debug)]
pub(super) struct Skies {
    fair: Weather,
    counties: BTreeMap<Division, Sky>,
}

/// The weather over the links of one county.
#[derive(Debug)]
struct Sky {
    /// Between the county and the city.
    uplink: watch::Sender<Weather>,
    /// Between the townships and the county.
    inward: watch::Sender<Weather>,
    /// Between the townships and the city.
    direct: watch::Sender<Weather>,
}

/// What an outage takes from a county.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outage {
    /// Its uplink: the county gathers, and sends when the link is back.
    Uplink,
    /// Its uplink and its townships' links: they dial the city themselves.
    County,
    /// Every link: each centre is on its own.
    All,
}

impl Skies {
    pub(super) fn new(tree: &Tree, fair: Weather) -> Self {
        let sky = || Sky {
            uplink: watch::Sender::new(fair),
            inward: watch::Sender::new(fair),
            direct: watch::Sender::new(fair),
        };
        let counties = tree.iter().filter(|centre| centre.tier == Tier::County);
        Self { fair, counties: counties.map(|county| (county.division, sky())).collect() }
    }

    /// The weather over the links of a centre, one for each parent in order of preference.
    pub(super) fn over(&self, centre: &Centre) -> Vec<watch::Receiver<Weather>> {
        let sky = |division| self.counties.get(&division);
        match (sky(centre.division), centre.parent.and_then(sky)) {
            (Some(own), _) => vec![own.uplink.subscribe()],
            (None, Some(above)) => vec![above.inward.subscribe(), above.direct.subscribe()],
            (None, None) => Vec::new(),
        }
    }

    pub(super) fn counties(&self) -> Vec<Division> {
        self.counties.keys().copied().collect()
    }

    pub(super) fn cut(&self, county: Division, outage: Outage) {
        let Some(sky) = self.counties.get(&county) else { return };
        let cut = Weather { cut: true, ..self.fair };
        let fair_or = |is_cut: bool| if is_cut { cut } else { self.fair };
        sky.uplink.send_replace(cut);
        sky.inward.send_replace(fair_or(outage != Outage::Uplink));
        sky.direct.send_replace(fair_or(outage == Outage::All));
    }

    pub(super) fn restore(&self, county: Division) {
        let Some(sky) = self.counties.get(&county) else { return };
        for link in [&sky.uplink, &sky.inward, &sky.direct] {
            link.send_replace(self.fair);
        }
    }
}

/// Locks even if a holder panicked: what is kept here is valid after every single statement.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
