//! One link: who is at the other end, how it fares, how it ends.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use quinn::{Connection, ConnectionError, VarInt};

use super::{FrameLimits, LinkError, LinkReceiver, LinkSender, LinkSettings, send::LaneStreams};

/// A link between two nodes; take it apart to send and to receive in different tasks.
///
/// The link closes with code 0 and no reason when all its parts are dropped.
#[derive(Debug)]
pub struct Link {
    /// Tells about the link and closes it; may be cloned.
    pub handle: LinkHandle,
    /// Sends frames to the peer.
    pub sender: LinkSender,
    /// Receives frames from the peer.
    pub receiver: LinkReceiver,
}

impl Link {
    pub(crate) fn new(streams: LaneStreams, handle: LinkHandle) -> Self {
        let sender = LinkSender::new(streams, &handle);
        let receiver = LinkReceiver::new(handle.clone());
        Self { handle, sender, receiver }
    }
}

/// Tells about a link and closes it.
#[derive(Clone, Debug)]
pub struct LinkHandle {
    pub(crate) connection: Connection,
    about: Arc<About>,
}

#[derive(Debug)]
struct About {
    peer_key: [u8; 32],
    settings: LinkSettings,
    early_data: EarlyData,
    closed_here: OnceLock<String>,
}

/// Whether the peer took what was sent before the handshake was over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum EarlyData {
    Accepted,
    Unused,
}

/// What one link has moved so far, in UDP payload.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LinkStatistics {
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent, with everything that was sent again.
    pub bytes_out: u64,
    /// Datagrams received.
    pub datagrams_in: u64,
    /// Datagrams sent.
    pub datagrams_out: u64,
    /// Packets sent from here that were lost on the way.
    pub packets_lost: u64,
    /// The smoothed round trip time.
    pub round_trip: Duration,
}

impl LinkHandle {
    pub(crate) fn new(
        connection: Connection,
        settings: LinkSettings,
        peer_key: [u8; 32],
        early_data: EarlyData,
    ) -> Self {
        let about = About { peer_key, settings, early_data, closed_here: OnceLock::new() };
        Self { connection, about: Arc::new(about) }
    }

    /// Returns the Ed25519 public key that the peer has proved to hold.
    #[must_use]
    pub fn peer_key(&self) -> [u8; 32] {
        self.about.peer_key
    }

    /// Returns the peer's address, which may change while the link lives.
    #[must_use]
    pub fn remote_address(&self) -> SocketAddr {
        self.connection.remote_address()
    }

    /// Tells whether the peer resumed a session and took early data, if any was sent.
    ///
    /// Always `false` at the accepting end, which is not told.
    #[must_use]
    pub fn is_resumed_early(&self) -> bool {
        self.about.early_data == EarlyData::Accepted
    }

    /// Returns what the link has moved so far.
    #[must_use]
    pub fn statistics(&self) -> LinkStatistics {
        let statistics = self.connection.stats();
        LinkStatistics {
            bytes_in: statistics.udp_rx.bytes,
            bytes_out: statistics.udp_tx.bytes,
            datagrams_in: statistics.udp_rx.datagrams,
            datagrams_out: statistics.udp_tx.datagrams,
            packets_lost: statistics.path.lost_packets,
            round_trip: statistics.path.rtt,
        }
    }

    /// Closes the link at once; frames on their way, and unread ones at the peer, may be lost.
    ///
    /// `code` should be [`CLOSE_CODE_MIN`](super::CLOSE_CODE_MIN) or above and `reason` below 1 kB.
    /// Closing a closed link does nothing.
    pub fn close(&self, code: u32, reason: &str) {
        if self.connection.close_reason().is_none() {
            self.about.closed_here.get_or_init(|| reason.to_owned());
        }
        self.connection.close(VarInt::from_u32(code), reason.as_bytes());
    }

    /// Waits until the link has ended and tells who ended it, and why.
    pub async fn closed(&self) -> LinkError {
        let error = self.connection.closed().await;
        self.explain(error)
    }

    pub(crate) fn frame_limits(&self) -> FrameLimits {
        self.about.settings.frame_bytes_max
    }

    pub(crate) fn explain(&self, error: ConnectionError) -> LinkError {
        let remote = self.remote_address();
        match (error, self.about.closed_here.get()) {
            (ConnectionError::LocallyClosed, Some(reason)) => {
                LinkError::ClosedHere { remote, reason: reason.clone() }
            }
            (error, _) => LinkError::explain(error, remote, self.about.settings.idle_timeout),
        }
    }
}
