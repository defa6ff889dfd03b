//! Building the city: keys, tokens, joins, services, and a relay before every link.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;
use tongban_config::city::City;
use tongban_config::tree::Centre;
use tongban_node::join::{JoinAnswer, JoinRequest, Question, Welcome};
use tongban_node::link::{Backoff, LinkEndpoint, LinkSettings, ParentSettings};
use tongban_node::membership::{self, Membership};
use tongban_node::service::{Service, ServiceSettings, StartError};
use tongban_node::store::StoreSettings;
use tongban_node::{clock, entropy};
use tongban_protocol::identity::{NodeId, SigningKey, Token};
use tongban_protocol::place::Tier;

use super::relay::Relay;
use super::site::{Site, Sites, Skies};
use super::{DemoError, Outages};
use crate::enrolment::Office;
use crate::service::{Hub, HubError, init};

/// What the builder needs to know.
#[derive(Debug)]
pub(super) struct Builder {
    pub(super) city: Arc<City>,
    pub(super) dir: PathBuf,
    pub(super) outages: Outages,
    pub(super) seed: u64,
    pub(super) sites: Sites,
    pub(super) skies: Arc<Skies>,
    pub(super) stop: watch::Receiver<bool>,
}

impl Builder {
    /// Builds counties and townships; each is among the sites as soon as it runs.
    ///
    /// Ends soon after `stop` becomes true or a centre fails, between two steps: nothing is left
    /// half started, so it must not be dropped half-way.
    pub(super) async fn build(&self, office: Office) -> Result<(), DemoError> {
        let office = Arc::new(office);
        for tier in [Tier::County, Tier::Township] {
            let mut centres = self.city.tree.iter().filter(|centre| centre.tier == tier);
            let mut starting = FuturesUnordered::new();
            let mut outcome = Ok(());
            loop {
                while outcome.is_ok() && starting.len() < JOINS_AT_ONCE {
                    let Some(centre) = centres.next() else { break };
                    starting.push(self.start_centre(&office, centre));
                }
                let Some(started) = starting.next().await else { break };
                outcome = outcome.and(started);
            }
            outcome?;
        }
        Ok(())
    }

    /// Sets the city up and starts its hub.
    pub(super) fn start_hub(&self) -> Result<Office, DemoError> {
        let centre = self.city.tree.root().clone();
        let settings = self.service(&centre, Vec::new());
        let office = init(&settings.data_dir, self.city.clone(), clock::now())?;
        let node = node_of(&centre, &settings.data_dir)?;
        let hub = Hub::start(settings, self.city.clone(), None, RECEIPT_PACE)?;
        self.sites.add(Site::new(centre, node, hub.service, Vec::new()));
        Ok(office)
    }

    async fn start_centre(&self, office: &Arc<Office>, centre: &Centre) -> Result<(), DemoError> {
        let city = self.city.tree.root().division;
        let above = [centre.parent, Some(city)].into_iter().flatten();
        let mut targets: Vec<SocketAddr> = Vec::new();
        for division in above {
            let running = self.sites.get(division).and_then(|site| site.link_address());
            targets.extend(running.filter(|address| !targets.contains(address)));
        }
        let mut relays = Vec::new();
        for (target, weather) in targets.into_iter().zip(self.skies.over(centre)) {
            let seed = self.seed ^ (place_number(centre) << 1 | relays.len() as u64);
            relays.push(Relay::start(target, weather, seed).await.map_err(DemoError::Relay)?);
        }
        let addresses: Vec<SocketAddr> = relays.iter().map(Relay::address).collect();
        let settings = self.service(centre, addresses.iter().map(ToString::to_string).collect());
        let to_hub = addresses.last().copied().ok_or(DemoError::Interrupted)?;
        let token = self.issue_token(office, centre, to_hub).await?;
        let mut stop = self.stop.clone();
        // Both may be dropped half-way: a join that was not answered has no effect here.
        tokio::select! {
            joined = join(&settings, centre, &token) => joined?,
            _ = stop.wait_for(|stop| *stop) => return Err(DemoError::Interrupted),
        }
        let (centre, sites) = (centre.clone(), self.sites.clone());
        blocking(move || {
            let node = node_of(&centre, &settings.data_dir)?;
            let service = Service::start(settings, None, None)
                .map_err(|source| DemoError::Start { centre: centre.division, source })?;
            sites.add(Site::new(centre, node, service, relays));
            Ok(())
        })
        .await
    }

    async fn issue_token(
        &self,
        office: &Arc<Office>,
        centre: &Centre,
        address: SocketAddr,
    ) -> Result<Token, DemoError> {
        if *self.stop.borrow() {
            return Err(DemoError::Interrupted);
        }
        let (office, division) = (office.clone(), centre.division);
        blocking(move || {
            let mut rng =
                entropy::generator().map_err(StartError::Entropy).map_err(HubError::Start)?;
            let until = clock::now().plus_ms(TOKEN_LIFE_MS);
            let issued =
                office.issue_token(division, &address.to_string(), (until, None), &mut rng);
            Ok(issued.map_err(HubError::Enrolment)?)
        })
        .await
    }

    fn service(&self, centre: &Centre, parents: Vec<String>) -> ServiceSettings {
        // A city with outages finds out soon that a link is gone; one without has no reason to.
        let idle_timeout = match self.outages {
            Outages::On => Duration::from_secs(6),
            Outages::Off => Duration::from_secs(20),
        };
        ServiceSettings {
            data_dir: self.dir.join(centre.division.as_str()),
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            parents: Some(parents),
            link: LinkSettings {
                handshake_timeout: idle_timeout,
                idle_timeout,
                keep_alive: idle_timeout / 4,
                lane_window_bytes: 2 << 20,
                sessions_max: 512,
                ..LinkSettings::default()
            },
            patience: ParentSettings {
                backoff: Backoff { pause_ms_min: 250, pause_ms_max: 4_000 },
                settled_ms: 3_000,
                probe_ms: 5_000,
            },
            store: StoreSettings { cache_bytes: STORE_CACHE_BYTES, reserve_bytes: 8 << 20 },
        }
    }
}

/// Joins a centre with its token, asking again while the weather swallows the answer.
async fn join(settings: &ServiceSettings, centre: &Centre, token: &Token) -> Result<(), DemoError> {
    let refused = |why: String| DemoError::Join { centre: centre.division, why };
    let seed = entropy::seed().map_err(|error| refused(error.to_string()))?;
    let key = SigningKey::from_seed(seed);
    let remote: SocketAddr = token
        .address
        .parse()
        .map_err(|error: std::net::AddrParseError| refused(error.to_string()))?;
    let request = JoinRequest::new(token.secret, token.centre, &key, None);
    let request = Question::Join(request).encode();
    let endpoint = LinkEndpoint::bind(settings.listen, None, settings.link.clone())
        .map_err(|error| refused(error.to_string()))?;
    let mut tries = 0;
    let answer = loop {
        tries += 1;
        match endpoint.join(remote, token.root.0, &request).await {
            Ok(answer) => break answer,
            Err(error) if tries >= JOIN_TRIES_MAX => return Err(refused(error.to_string())),
            Err(error) => {
                tracing::info!(centre = %centre.division, %error, "a join is tried again");
            }
        }
    };
    let welcome = match minicbor::decode(&answer) {
        Ok(JoinAnswer::Welcome(welcome)) => welcome,
        Ok(JoinAnswer::Refused(why)) => return Err(refused(why)),
        Err(error) => return Err(refused(error.to_string())),
    };
    let data_dir = settings.data_dir.clone();
    let division = centre.division;
    blocking(move || {
        keep(&data_dir, key, welcome)
            .map_err(|why| DemoError::Join { centre: division, why: why.to_string() })
    })
    .await
}

fn keep(
    data_dir: &Path,
    key: SigningKey,
    welcome: Welcome,
) -> Result<(), membership::MembershipError> {
    membership::write_key(data_dir, &key)?;
    Membership { key, welcome, incarnation: 0 }.save(data_dir)
}

fn node_of(centre: &Centre, data_dir: &Path) -> Result<NodeId, DemoError> {
    let membership = Membership::load(data_dir).map_err(StartError::Membership);
    let membership =
        membership.map_err(|source| DemoError::Start { centre: centre.division, source })?;
    Ok(NodeId::of(&membership.key.public()))
}

/// A number of the centre's own, the same in every run.
fn place_number(centre: &Centre) -> u64 {
    centre.division.as_str().bytes().fold(0, |number, byte| number << 4 | u64::from(byte & 15))
}

/// Runs what waits for the disk where waiting is allowed.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DemoError> + Send + 'static,
) -> Result<T, DemoError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(DemoError::Interrupted))
}

/// Centres that join at the same time: enough to hide the delay, few enough for small windows.
const JOINS_AT_ONCE: usize = 24;

/// A join needs some ten datagrams: at 50 % loss this many tries fail less than once in a city.
const JOIN_TRIES_MAX: u32 = 20;

/// How long a token is good, in milliseconds.
const TOKEN_LIFE_MS: i64 = 3_600_000;

/// How long the city gathers before it gives receipts.
const RECEIPT_PACE: Duration = Duration::from_millis(500);

/// sled's cache of each store; 124 of them make 62 MiB.
const STORE_CACHE_BYTES: u64 = 512 << 10;

/// Four times the pause between two statements.
pub(super) const SILENT_AFTER: Duration = Duration::from_secs(60);
