//! The settings of a link, and what they become in QUIC.

use std::{sync::Arc, time::Duration};

use quinn::{
    IdleTimeout, TransportConfig, VarInt,
    congestion::{BbrConfig, ControllerFactory, CubicConfig, NewRenoConfig},
};

use super::{Lane, lane::LANES};

/// How the links of one endpoint behave; every value has a safe default.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkSettings {
    /// Who decides how fast to send.
    pub congestion: Congestion,
    /// The largest frame on each lane, in bytes; both ends should agree.
    pub frame_bytes_max: FrameLimits,
    /// How long a dial, a handshake on arrival or a join may take.
    pub handshake_timeout: Duration,
    /// How long a link may be silent before it counts as lost; the smaller value of both ends holds.
    pub idle_timeout: Duration,
    /// How often the dialling end speaks on an otherwise silent link, below what NAT forgets.
    pub keep_alive: Duration,
    /// Unread or unacknowledged bytes of one lane, in each direction.
    ///
    /// The product of rate and round trip bounds the throughput: 8 MiB at 300 ms carry 27 MB/s.
    pub lane_window_bytes: u32,
    /// The size of UDP payloads, 1200 at least; it is not probed for more, which saves 8 kB a link.
    pub mtu_bytes: u16,
    /// How many sessions the accepting end remembers for resumption, about 1 kB each.
    ///
    /// One is stored a link, so 8,192 serve the 4,000 townships of a province.
    pub sessions_max: usize,
}

impl Default for LinkSettings {
    fn default() -> Self {
        Self {
            congestion: Congestion::Bbr,
            frame_bytes_max: FrameLimits::default(),
            handshake_timeout: Duration::from_secs(20),
            idle_timeout: Duration::from_mins(1),
            keep_alive: Duration::from_secs(20),
            lane_window_bytes: 8 << 20,
            mtu_bytes: 1200,
            sessions_max: 8_192,
        }
    }
}

/// The congestion controller of a link.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Congestion {
    /// Measures the bottleneck and takes loss for weather; by far the best on bad links.
    #[default]
    Bbr,
    /// Takes loss for congestion, as most of the internet does.
    Cubic,
    /// The textbook controller, for comparison.
    NewReno,
}

/// The largest frame of each lane, in bytes without the length that precedes it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FrameLimits {
    /// Bound of the control lane.
    pub control: u32,
    /// Bound of the journal lane.
    pub journal: u32,
    /// Bound of the attachment lane.
    pub attachment: u32,
}

impl Default for FrameLimits {
    fn default() -> Self {
        Self { control: 64 << 10, journal: 1 << 20, attachment: 1 << 20 }
    }
}

impl FrameLimits {
    /// Returns the bound of one lane, in bytes.
    #[must_use]
    pub const fn of(self, lane: Lane) -> u32 {
        match lane {
            Lane::Control => self.control,
            Lane::Journal => self.journal,
            Lane::Attachment => self.attachment,
        }
    }
}

/// Which end of a link is configured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    Dial,
    Accept,
}

impl LinkSettings {
    pub(crate) fn transport(&self, end: End) -> Arc<TransportConfig> {
        let mut transport = TransportConfig::default();
        transport
            .congestion_controller_factory(self.congestion.factory())
            .datagram_receive_buffer_size(None)
            .initial_mtu(self.mtu_bytes)
            // Only the dialling end sits behind NAT, and one ping keeps both ends alive.
            .keep_alive_interval((end == End::Dial).then_some(self.keep_alive))
            .max_concurrent_bidi_streams(VarInt::from_u32(1)) // For a join.
            .max_concurrent_uni_streams(VarInt::from_u32(LANES_WIRE))
            .max_idle_timeout(Some(idle_timeout(self.idle_timeout)))
            .mtu_discovery_config(None)
            // What one full lane leaves of the connection's windows belongs to the others, so that
            // a blocked journal never blocks control.
            .receive_window(VarInt::from_u32(self.lane_window_bytes.saturating_add(SPARE_BYTES)))
            .send_window(u64::from(self.lane_window_bytes) + u64::from(SPARE_BYTES))
            .stream_receive_window(VarInt::from_u32(self.lane_window_bytes));
        Arc::new(transport)
    }
}

impl Congestion {
    fn factory(self) -> Arc<dyn ControllerFactory + Send + Sync> {
        match self {
            Self::Bbr => Arc::new(BbrConfig::default()),
            Self::Cubic => Arc::new(CubicConfig::default()),
            Self::NewReno => Arc::new(NewRenoConfig::default()),
        }
    }
}

/// Converts to QUIC's bound of 2^62 ms, beyond which nobody waits.
fn idle_timeout(wanted: Duration) -> IdleTimeout {
    let millis = u32::try_from(wanted.as_millis()).unwrap_or(u32::MAX);
    IdleTimeout::from(VarInt::from_u32(millis))
}

/// Streams that a peer may have open towards this end: one a lane.
const LANES_WIRE: u32 = 3;
const _: () = assert!(LANES_WIRE as usize == LANES);

/// What a full lane leaves to the others.
const SPARE_BYTES: u32 = 1 << 20;
