//! The frames: one closed list.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::identity::Author;
use crate::journal::{Digest, End, JournalId};
use crate::limits::{CONTROL_FRAME_BYTES_MAX, JOURNAL_FRAME_BYTES_MAX};
use crate::place::Home;
use crate::time::Timestamp;

/// A lane of a link; an earlier one pre-empts a later one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Lane {
    /// Small frames that steer the exchange: hello, frontier, acknowledgement, heartbeat.
    Control,
    /// Blocks of entries.
    Journal,
    /// Reserved for attachments, which follow behind the journal; not opened before its first
    /// frame.
    Attachment,
}

impl Lane {
    /// All lanes, most urgent first.
    pub const ALL: [Self; 3] = [Self::Control, Self::Journal, Self::Attachment];

    /// The first byte of the lane's stream.
    #[must_use]
    pub const fn tag(self) -> u8 {
        match self {
            Self::Control => 1,
            Self::Journal => 2,
            Self::Attachment => 3,
        }
    }

    /// The lane whose streams begin with this byte.
    #[must_use]
    pub fn of_tag(tag: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.tag() == tag)
    }

    /// The largest frame of this lane, in bytes.
    #[must_use]
    pub const fn frame_bytes_max(self) -> usize {
        match self {
            Self::Control => CONTROL_FRAME_BYTES_MAX,
            Self::Journal | Self::Attachment => JOURNAL_FRAME_BYTES_MAX,
        }
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

/// One message of the exchange.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// Who speaks; the first frame of each side.
    Hello(Hello),
    /// How far the speaker holds what both share.
    Frontier(FrontierPart),
    /// Entries that the other side lacks.
    Entries(Block),
    /// A block is durable here.
    Ack(Ack),
    /// Signed statements about the ends of journals.
    Heartbeat(Heartbeats),
    /// The speaker closes, and says why.
    Goodbye(Goodbye),
}

/// Who speaks.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Hello {
    /// The speaker's [`super::MAJOR`].
    #[n(0)]
    pub major: u8,
    /// The speaker's [`super::MINOR`].
    #[n(1)]
    pub minor: u8,
    /// Name and version of the software, for people.
    #[n(2)]
    pub software: String,
    /// The speaker's sealed credential.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub credential: Vec<u8>,
    /// The speaker's clock.
    #[n(4)]
    pub now: Timestamp,
}

/// How far the speaker holds some of the homes that both share.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, PartialEq)]
pub struct FrontierPart {
    /// Homes in one digest each.
    #[n(0)]
    pub digests: Vec<HomeDigest>,
    /// Homes journal by journal; journals that are not named are empty at the speaker.
    #[n(1)]
    pub details: Vec<HomeDetail>,
    /// True on the last part of the first frontier: homes that were not mentioned in any part
    /// are empty at the speaker.
    #[n(2)]
    pub is_whole: bool,
}

/// A home in one digest.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct HomeDigest {
    /// The home.
    #[n(0)]
    pub home: Home,
    /// Equal where the stores are.
    #[n(1)]
    pub digest: Digest,
}

/// A home journal by journal.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct HomeDetail {
    /// The home.
    #[n(0)]
    pub home: Home,
    /// Its journals.
    #[n(1)]
    pub journals: Vec<(Author, End)>,
}

/// Entries that the other side lacks.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Block {
    /// Counts the blocks of this side in this session, from 1.
    #[n(0)]
    pub number: u64,
    /// The runs, packed; see [`super::block`].
    #[cbor(n(1), with = "minicbor::bytes")]
    pub packed: Vec<u8>,
}

/// A block is durable here.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Ack {
    /// The block.
    #[n(0)]
    pub block: u64,
    /// Journals of the block that were not taken, or not to their end. The others were.
    #[n(1)]
    pub refused: Vec<RefusedJournal>,
}

/// A journal that the speaker does not take further in this session.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct RefusedJournal {
    /// The journal.
    #[n(0)]
    pub journal: JournalId,
    /// The first entry not taken.
    #[n(1)]
    pub number: u64,
    /// Why, in words.
    #[n(2)]
    pub why: String,
    /// The speaker asks to be shown this entry, to compare it with its own.
    #[n(3)]
    pub show: Option<u64>,
}

/// Signed statements, the speaker's own and those heard from below.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Heartbeats {
    /// Sealed [`crate::heartbeat::Statement`]s.
    #[n(0)]
    pub statements: Vec<minicbor::bytes::ByteVec>,
}

/// The speaker closes.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Goodbye {
    /// Why, in words for the person at the other end.
    #[n(0)]
    pub why: String,
}

/// Why a frame was refused. The session is over; no document has changed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// There is nothing in it.
    #[error("an empty frame came")]
    Empty,
    /// The kind is not one of this version.
    #[error("a frame of unknown kind {0} came")]
    UnknownKind(u8),
    /// The record does not decode, because it was cut short or is no such record.
    #[error("a frame of kind {kind} is cut short or malformed: {why}")]
    Malformed {
        /// Its kind.
        kind: u8,
        /// What the decoder says.
        why: String,
    },
    /// The frame is over the bound of its lane.
    #[error("a frame of {found} bytes is over the limit of {limit} in the {lane:?} lane")]
    TooLong {
        /// The lane.
        lane: Lane,
        /// Its length in bytes.
        found: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A kind of frame came in a lane where it has no place.
    #[error("a frame of kind {kind} has no place in the {lane:?} lane")]
    WrongLane {
        /// Its kind.
        kind: u8,
        /// The lane.
        lane: Lane,
    },
}

impl Frame {
    const fn kind(&self) -> u8 {
        match self {
            Self::Hello(_) => 1,
            Self::Frontier(_) => 2,
            Self::Entries(_) => 3,
            Self::Ack(_) => 4,
            Self::Heartbeat(_) => 5,
            Self::Goodbye(_) => 6,
        }
    }

    /// The lane in which the frame travels.
    #[must_use]
    pub const fn lane(&self) -> Lane {
        match self {
            Self::Entries(_) => Lane::Journal,
            Self::Hello(_)
            | Self::Frontier(_)
            | Self::Ack(_)
            | Self::Heartbeat(_)
            | Self::Goodbye(_) => Lane::Control,
        }
    }

    /// The frame's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        fn put(bytes: &mut Vec<u8>, record: &impl Encode<()>) {
            let done = minicbor::encode(record, &mut *bytes);
            debug_assert!(done.is_ok(), "a vector takes every byte");
        }
        let mut bytes = vec![self.kind()];
        match self {
            Self::Hello(record) => put(&mut bytes, record),
            Self::Frontier(record) => put(&mut bytes, record),
            Self::Entries(record) => put(&mut bytes, record),
            Self::Ack(record) => put(&mut bytes, record),
            Self::Heartbeat(record) => put(&mut bytes, record),
            Self::Goodbye(record) => put(&mut bytes, record),
        }
        debug_assert!(bytes.len() <= self.lane().frame_bytes_max(), "{} bytes", bytes.len());
        bytes
    }

    /// Reads a frame that came in `lane`.
    ///
    /// # Errors
    ///
    /// [`FrameError`] says what is wrong with it. The peer is to blame.
    pub fn decode(lane: Lane, bytes: &[u8]) -> Result<Self, FrameError> {
        let limit = lane.frame_bytes_max();
        if bytes.len() > limit {
            return Err(FrameError::TooLong { lane, found: bytes.len(), limit });
        }
        let (&kind, body) = bytes.split_first().ok_or(FrameError::Empty)?;
        let malformed =
            |e: minicbor::decode::Error| FrameError::Malformed { kind, why: e.to_string() };
        let frame = match kind {
            1 => Self::Hello(minicbor::decode(body).map_err(malformed)?),
            2 => Self::Frontier(minicbor::decode(body).map_err(malformed)?),
            3 => Self::Entries(minicbor::decode(body).map_err(malformed)?),
            4 => Self::Ack(minicbor::decode(body).map_err(malformed)?),
            5 => Self::Heartbeat(minicbor::decode(body).map_err(malformed)?),
            6 => Self::Goodbye(minicbor::decode(body).map_err(malformed)?),
            _ => return Err(FrameError::UnknownKind(kind)),
        };
        if frame.lane() != lane {
            return Err(FrameError::WrongLane { kind, lane });
        }
        Ok(frame)
    }
}
