//! A UDP relay that mistreats a link: it loses, delays, slows down and cuts.
//!
//! It stands between the nodes of the demo city and in tests and benches. The weather may change
//! while it runs; the dice are seeded. Datagrams that are not delayed are passed on at once. One
//! task serves a relay, with one timer, so that a city of them fits beside the nodes.

mod queue;
mod runner;

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{net::UdpSocket, sync::watch};
use tongban_node::tasks::Tasks;

/// How a relay treats what passes, in each direction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weather {
    /// Nothing passes at all.
    pub cut: bool,
    /// The share of datagrams that are lost, from 0 to 100.
    pub loss_percent: f64,
    /// How long each datagram is on its way.
    pub one_way_delay: Duration,
    /// How much passes in a second; `None` for no bound. What would wait over a second is dropped.
    pub rate_bytes_per_second: Option<u64>,
}

/// A running relay; it ends when it is dropped.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    counters: Arc<RelayCounters>,
    _tasks: Tasks,
}

/// What a relay has seen, by direction.
#[derive(Debug, Default)]
pub struct RelayCounters {
    /// From those who dial towards the target.
    pub up: DirectionCounters,
    /// From the target to those who dialled.
    pub down: DirectionCounters,
}

/// What a relay has seen in one direction.
#[derive(Debug, Default)]
pub struct DirectionCounters {
    bytes: AtomicU64,
    datagrams: AtomicU64,
    dropped: AtomicU64,
}

impl Relay {
    /// Starts a relay on a free port of the loopback interface that passes on to `target`.
    ///
    /// # Errors
    ///
    /// If the system gives no socket.
    pub async fn start(
        target: SocketAddr,
        weather: watch::Receiver<Weather>,
        seed: u64,
    ) -> std::io::Result<Self> {
        let local = match target {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
        };
        let socket = UdpSocket::bind(local).await?;
        let address = socket.local_addr()?;
        let counters = Arc::new(RelayCounters::default());
        let tasks = Tasks::new();
        let runner = runner::Runner::new(socket, target, weather, Arc::clone(&counters), seed);
        tasks.spawn("relay", runner.run());
        Ok(Self { address, counters, _tasks: tasks })
    }

    /// Returns the address to dial instead of the target's.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns what has passed so far.
    #[must_use]
    pub fn counters(&self) -> &RelayCounters {
        &self.counters
    }
}

impl DirectionCounters {
    /// Returns the payload of all datagrams that came in, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Returns how many datagrams came in.
    #[must_use]
    pub fn datagrams(&self) -> u64 {
        self.datagrams.load(Relaxed)
    }

    /// Returns how many of them were not passed on, for whatever reason.
    ///
    /// What the system drops because a burst overruns a socket buffer is never seen, nor counted.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    fn count(&self, bytes: usize) {
        self.datagrams.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes as u64, Relaxed);
    }

    fn count_dropped(&self) {
        self.dropped.fetch_add(1, Relaxed);
    }
}

#[cfg(test)]
mod tests;
