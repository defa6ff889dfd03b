//! The running hub: a node with the city's duties.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tongban_config::city::City;
use tongban_node::clock;
use tongban_node::engine::Engine;
use tongban_node::publication::write;
use tongban_node::service::{Closed, Desk, Duty, Service, ServiceSettings, StartError};
use tongban_node::store::SledStore;
use tongban_protocol::hash::Sha;
use tongban_protocol::time::Timestamp;

use crate::enrolment::{EnrolmentError, Office};
use crate::joining::{CALLS_MAX, Joining};
use crate::publication::{differing, unpublished};
use crate::witness::Witness;

/// Why the hub cannot start.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// There is no city here, or its root cannot be read.
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
    /// The service below does not start.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// A running hub.
#[derive(Debug)]
pub struct Hub {
    /// The service below.
    pub service: Service,
    /// The city's centres.
    pub city: Arc<City>,
    /// The fingerprint of the city's root.
    pub fingerprint: Sha,
}

impl Hub {
    /// Starts the hub of a data directory; must be called within a tokio runtime.
    ///
    /// `address` is where children reach it, `host:port`; without one, the link's own address,
    /// unless it listens on all: then each child goes on with the address by which it came.
    ///
    /// # Errors
    ///
    /// [`HubError`] says what is missing, and what to do.
    pub fn start(
        settings: ServiceSettings,
        city: Arc<City>,
        address: Option<String>,
        pace: Duration,
    ) -> Result<Self, HubError> {
        let office = Office::load(&settings.data_dir, city.clone())?;
        office.renew_hub(clock::now())?;
        let fingerprint = office.fingerprint();
        let pace_ms = i64::try_from(pace.as_millis()).unwrap_or(i64::MAX);
        let duty = WitnessDuty { witness: Witness::new(pace_ms) };
        let (calls_tx, calls) = mpsc::channel(CALLS_MAX);
        let service = Service::start(settings, Some(Box::new(duty)), Some(calls_tx))?;
        let address = match address {
            Some(address) => Some(address),
            None => {
                let own = service.link_address().map_err(StartError::Link)?;
                (!own.ip().is_unspecified()).then(|| own.to_string())
            }
        };
        let joining = Joining {
            office,
            address,
            desk: service.desk().clone(),
            tasks: service.tasks().clone(),
        };
        let (desk, facts) = (service.desk().clone(), city.clone());
        service.tasks().spawn("publication", async move { publish(&desk, &facts).await });
        let stopped = service.tasks().stopped();
        service.tasks().spawn("joining", async move {
            tokio::select! {
                () = stopped => {}
                () = joining.run(calls) => {}
            }
        });
        Ok(Self { service, city, fingerprint })
    }
}

/// Publishes what the city's facts say and its public home does not say yet.
async fn publish(desk: &Desk, city: &Arc<City>) {
    let (now, facts) = (clock::now(), city.clone());
    let asked = desk.ask(move |engine| unpublished(engine.replica(), now, &facts)).await;
    let sheets = match asked {
        Ok(Ok(sheets)) => sheets,
        Ok(Err(error)) => return tracing::error!(%error, "what is published cannot be read"),
        Err(Closed) => return,
    };
    if sheets.is_empty() {
        let facts = city.clone();
        let differing = desk.ask(move |engine| differing(engine.replica(), &facts)).await;
        for what in differing.unwrap_or_default() {
            tracing::warn!(
                what,
                "the city's facts are not what is published; publish them by hand"
            );
        }
    }
    for sheet in sheets {
        if let Err(error) = desk.write(move |replica, _| write(replica, now, sheet)).await {
            tracing::error!(%error, "calendar and items were not all published; the next start will");
            return;
        }
    }
}

/// Sets a city up in an empty directory.
///
/// # Errors
///
/// [`EnrolmentError`], or that there is no randomness.
pub fn init(data_dir: &Path, city: Arc<City>, now: Timestamp) -> Result<Office, HubError> {
    let mut rng = tongban_node::entropy::generator().map_err(StartError::Entropy)?;
    Ok(Office::init(data_dir, city, now, &mut rng)?)
}

/// The witness, as the engine's thread runs it.
struct WitnessDuty {
    witness: Witness,
}

impl Duty for WitnessDuty {
    fn handle_flushed(&mut self, now: Timestamp, engine: &mut Engine<SledStore>) {
        let advanced = engine.take_advanced();
        self.witness.handle_flushed(now, engine.replica(), &advanced);
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        self.witness.poll_timeout()
    }

    fn handle_timeout(&mut self, now: Timestamp, engine: &mut Engine<SledStore>) {
        if let Err(error) = self.witness.handle_timeout(now, engine.replica_mut()) {
            tracing::error!(%error, "a home got no receipt");
        }
    }
}
