//! The running node: one thread owns the engine, tasks carry frames to and from it.
//!
//! Whatever waits in the thread's inbox is handed to the engine together and made durable
//! together: while one write is on its way to the disk, the next group gathers. Nothing else
//! touches the engine, so nothing needs a lock.

mod dial;
mod heal;
mod inbox;
mod links;
mod outage;
mod stage;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tongban_protocol::limits::{CONTROL_FRAME_BYTES_MAX, JOURNAL_FRAME_BYTES_MAX};
use tongban_protocol::time::Timestamp;

use crate::engine::Engine;
use crate::entropy::{self, EntropyError};
use crate::link::{FrameLimits, JoinCall, LinkEndpoint, LinkError, LinkSettings, ParentSettings};
use crate::membership::MembershipError;
use crate::replica::ReplicaError;
use crate::store::{SledStore, StoreError, StoreSettings};
use crate::tasks::Tasks;

pub use heal::{begin_incarnation, open_replica};
pub use inbox::{Closed, Desk, WriteError};

/// How a service runs; the command line makes it of settings, the demo by hand.
#[derive(Clone, Debug)]
pub struct ServiceSettings {
    /// Where membership and store lie.
    pub data_dir: PathBuf,
    /// The UDP address for links; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Whom to dial instead of those the hub named, `host:port` in order of preference.
    pub parents: Option<Vec<String>>,
    /// How links behave.
    pub link: LinkSettings,
    /// How patient the node is with its parents.
    pub patience: ParentSettings,
    /// How the store behaves.
    pub store: StoreSettings,
}

/// Work beside the exchange that the engine's thread does, such as the city's witness.
pub trait Duty: Send {
    /// Looks at what became durable, after every flush.
    fn handle_flushed(&mut self, now: Timestamp, engine: &mut Engine<SledStore>);

    /// When [`Self::handle_timeout`] is due.
    fn poll_timeout(&self) -> Option<Timestamp>;

    /// Looks at the clock; what it stages is flushed at once.
    fn handle_timeout(&mut self, now: Timestamp, engine: &mut Engine<SledStore>);
}

/// Why a service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The machine is no member, or its papers are damaged.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// The credential is not the root's.
    #[error(transparent)]
    Credential(#[from] tongban_protocol::identity::CredentialError),
    /// The store does not open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the store holds cannot be understood.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The link's socket or certificates do not work.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// There is no randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The engine's thread cannot be started.
    #[error("the engine's thread cannot be started: {0}")]
    Thread(std::io::Error),
}

/// A running node or hub.
#[derive(Debug)]
pub struct Service {
    desk: Desk,
    endpoint: Arc<LinkEndpoint>,
    tasks: Tasks,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Service {
    /// Starts a member: store, engine, and links to its parents and children. Without another duty
    /// it notes its own outages.
    ///
    /// `joins` takes the calls of machines that want to join; without it they are refused. Must
    /// be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`StartError`] says what is missing, and what to do.
    pub fn start(
        settings: ServiceSettings,
        duty: Option<Box<dyn Duty>>,
        joins: Option<mpsc::Sender<JoinCall>>,
    ) -> Result<Self, StartError> {
        let (membership, replica) = heal::open_whole(&settings.data_dir, settings.store)?;
        let engine = Engine::new(replica, entropy::generator()?)?;
        let mut link = settings.link.clone();
        link.frame_bytes_max = frame_limits();
        let endpoint =
            Arc::new(LinkEndpoint::bind(settings.listen, Some(&membership.material()), link)?);
        let tasks = Tasks::new();
        let parents = settings.parents.unwrap_or(membership.welcome.parents);
        let noting = || Box::<outage::OutageDuty>::default() as Box<dyn Duty>;
        let duty = duty.or_else(|| (!parents.is_empty()).then(noting));
        let (desk, thread) = inbox::start(engine, duty).map_err(StartError::Thread)?;
        tasks.spawn("accept", links::accept(endpoint.clone(), desk.clone(), tasks.clone(), joins));
        if !parents.is_empty() {
            let dialling = dial::Dialling {
                endpoint: endpoint.clone(),
                desk: desk.clone(),
                parents,
                patience: settings.patience,
                tasks: tasks.clone(),
            };
            tasks.spawn("dial", dialling.run(entropy::generator()?));
        }
        Ok(Self { desk, endpoint, tasks, thread: Some(thread) })
    }

    /// Where commands and questions are handed in.
    #[must_use]
    pub const fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The address on which children and visitors are heard.
    ///
    /// # Errors
    ///
    /// [`LinkError::Bind`] if the system does not tell.
    pub fn link_address(&self) -> Result<SocketAddr, LinkError> {
        self.endpoint.local_address()
    }

    /// The tasks of this service, for faces that run beside it.
    #[must_use]
    pub const fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Stops: says goodbye, writes what is staged, and joins thread and tasks.
    pub async fn stop(mut self) {
        self.desk.stop("the service is shutting down").await;
        self.endpoint.shutdown(16, "the service is shutting down").await;
        let left = self.tasks.shutdown(Duration::from_secs(5)).await;
        if !left.is_empty() {
            tracing::warn!(?left, "tasks had to be aborted");
        }
        if let Some(thread) = self.thread.take() {
            drop(self.desk);
            if tokio::task::spawn_blocking(move || thread.join()).await.is_err() {
                tracing::error!("the engine's thread did not end well");
            }
        }
    }
}

/// The protocol's bounds, as the link enforces them.
fn frame_limits() -> FrameLimits {
    let bound = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
    FrameLimits {
        control: bound(CONTROL_FRAME_BYTES_MAX),
        journal: bound(JOURNAL_FRAME_BYTES_MAX),
        attachment: bound(JOURNAL_FRAME_BYTES_MAX),
    }
}
