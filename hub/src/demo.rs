//! The demo city: a whole city in one process, with its bad weather.
//!
//! Each centre has its own key, store, engine and UDP socket, and joins with a real token. What a
//! link suffers is done to it by a [`relay`]. Not here: any shortcut from one centre to another;
//! the demo reads the centres' stores to compare them, and writes as their clerks do.

mod arguments;
mod build;
mod compare;
mod counters;
mod folder;
pub mod generator;
mod invent;
mod judged;
mod open_files;
mod outages;
mod progress;
pub mod relay;
mod replay;
mod report;
mod run;
mod settle;
mod signals;
mod site;
mod survey;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use tongban_node::service::{Closed, StartError, WriteError};
use tongban_protocol::place::Division;

pub use arguments::{DemoArgs, Outages, Rate};
pub use judged::CardCounts;
pub use report::{EntryCounts, LinkCounts, Report};
pub use run::{Outcome, run};

use crate::service::HubError;
use crate::xes::LogError;
use relay::Weather;

/// What the demo city is to do.
#[derive(Clone, Debug)]
pub struct DemoSettings {
    /// Where the city's page is served.
    pub http: SocketAddr,
    /// What every link suffers.
    pub weather: Weather,
    /// Whether counties are cut off now and then.
    pub outages: Outages,
    /// The work.
    pub work: Work,
    /// What chance begins with.
    pub seed: u64,
    /// When it ends by itself.
    pub end: End,
    /// Where the report goes.
    pub report: Option<PathBuf>,
    /// Where the city's data lies; a temporary directory otherwise.
    pub dir: Option<PathBuf>,
    /// What is shown on the way.
    pub voice: Voice,
}

/// Where the cases come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Work {
    /// So many are invented.
    Invent(u64),
    /// They are those of event logs, log by log to county by county.
    Replay(Vec<PathBuf>),
}

/// When the demo ends by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// Never: it goes on until it is interrupted.
    Interrupted,
    /// When all work is filed, every centre is complete, and all stores agree.
    Complete,
}

/// How much the demo says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Voice {
    /// Bars on a terminal, lines elsewhere.
    Plain,
    /// The page's address and the outcome.
    Quiet,
}

/// Why the demo city cannot be built or go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The system allows too few open files.
    #[error(
        "the demo city needs {needed} open files and this process may have {allowed}; raise the hard limit, such as with `ulimit -Hn {needed}`"
    )]
    OpenFiles {
        /// How many are needed.
        needed: u64,
        /// How many are allowed.
        allowed: u64,
    },
    /// The address of the page is taken or not ours.
    #[error("the page cannot be served at {address}: {source}; give another one with --http")]
    Page {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The given directory is in use.
    #[error("{0} is not empty; give a new directory with --dir")]
    NotEmpty(PathBuf),
    /// A file cannot be written.
    #[error("{path}: {source}")]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The hub does not start.
    #[error("the hub does not start: {0}")]
    Hub(#[from] HubError),
    /// A centre does not start.
    #[error("centre {centre} does not start: {source}")]
    Start {
        /// The centre.
        centre: Division,
        /// Why not.
        source: StartError,
    },
    /// A centre was not let in.
    #[error("centre {centre} did not join: {why}")]
    Join {
        /// The centre.
        centre: Division,
        /// Why not.
        why: String,
    },
    /// A relay got no socket.
    #[error("a link's relay gets no socket: {0}")]
    Relay(io::Error),
    /// A log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A centre refused to write, or to be read.
    #[error("centre {centre}: {why}")]
    Centre {
        /// The centre.
        centre: Division,
        /// Why.
        why: String,
    },
    /// The demo was interrupted; only said within.
    #[error("interrupted")]
    Interrupted,
}

impl DemoError {
    fn closed(centre: Division) -> impl Fn(Closed) -> Self {
        move |closed| Self::Centre { centre, why: closed.to_string() }
    }

    fn write(centre: Division) -> impl Fn(WriteError) -> Self {
        move |error| Self::Centre { centre, why: error.to_string() }
    }

    fn centre(centre: Division) -> impl Fn(tongban_node::replica::ReplicaError) -> Self {
        move |error| Self::Centre { centre, why: error.to_string() }
    }
}
