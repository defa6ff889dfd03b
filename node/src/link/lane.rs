//! The lanes of a link as QUIC streams.

use tongban_protocol::wire::Lane;

/// The QUIC priority of a lane's stream; higher goes first.
pub(crate) fn priority(lane: Lane) -> i32 {
    -i32::from(lane.tag())
}

/// The place of a lane among the lanes of a link.
pub(crate) const fn index(lane: Lane) -> usize {
    lane as usize
}

/// How many lanes a link has, in each direction.
pub(crate) const LANES: usize = Lane::ALL.len();

/// Bytes of the length that precedes each frame, big endian.
pub(crate) const LENGTH_BYTES: usize = 4;
