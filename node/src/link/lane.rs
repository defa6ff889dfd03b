//! The lanes of a link and the names they have on the wire.

use std::fmt;

/// One of the ordered streams of a link; an earlier lane pre-empts a later one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Lane {
    /// Small frames that steer the exchange: hello, frontier, acknowledgement, heartbeat.
    Control,
    /// Blocks of journal entries.
    Journal,
    /// Blocks of attachments; reserved, and not opened before its first frame.
    Attachment,
}

impl Lane {
    /// All lanes, most urgent first.
    pub const ALL: [Self; LANES] = [Self::Control, Self::Journal, Self::Attachment];

    /// The first byte of the lane's stream.
    pub(crate) const fn tag(self) -> u8 {
        match self {
            Self::Control => 1,
            Self::Journal => 2,
            Self::Attachment => 3,
        }
    }

    pub(crate) fn of_tag(tag: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.tag() == tag)
    }

    /// The QUIC priority of the lane's stream; higher goes first.
    pub(crate) fn priority(self) -> i32 {
        -i32::from(self.tag())
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Control => "control",
            Self::Journal => "journal",
            Self::Attachment => "attachment",
        })
    }
}

/// How many lanes a link has, in each direction.
pub(crate) const LANES: usize = 3;

/// Bytes of the length that precedes each frame, big endian.
pub(crate) const LENGTH_BYTES: usize = 4;
