//! Events: what happened to a case, never changed afterwards.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::identity::Author;
use crate::place::Tier;
use crate::time::{HybridTime, Timestamp};
use crate::value::Attribute;

/// Which event: when it was recorded, and by whom. Sorts as the fold reads.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EventId {
    /// Unique for its author.
    pub recorded: HybridTime,
    /// The author of the entry that brought it.
    pub author: Author,
}

/// What sort of thing happened.
#[derive(
    Clone, Copy, Debug, Decode, Deserialize, Encode, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// 收件: the application was handed in.
    #[n(0)]
    Receive,
    /// 补正告知: the applicant was told what is missing.
    #[n(1)]
    NoticeSupplement,
    /// 受理: the application was accepted; the clock runs.
    #[n(2)]
    Accept,
    /// 环节办结: a step of the procedure was done.
    #[n(3)]
    FinishStep,
    /// 决定: granted, refused or handed up.
    #[n(4)]
    Decide,
    /// 送达: the result was handed over.
    #[n(5)]
    Deliver,
    /// 撤回: the applicant withdrew.
    #[n(6)]
    Withdraw,
    /// 终止: the centre ended the case.
    #[n(7)]
    Terminate,
    /// 导入: taken over from another system's log as it was.
    #[n(8)]
    Import,
    /// 督办: supervision speaks. Only the centres above may.
    #[n(9)]
    Supervise,
    /// 入网: a node was enrolled. Roster only.
    #[n(10)]
    Enrol,
    /// 吊销: a node's key is worth nothing from `happened_at` on. Roster only.
    #[n(11)]
    Revoke,
    /// 了结: the office answers for what is wrong with a journal. Roster only.
    #[n(12)]
    Settle,
}

impl EventKind {
    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Receive => "收件",
            Self::NoticeSupplement => "补正告知",
            Self::Accept => "受理",
            Self::FinishStep => "环节办结",
            Self::Decide => "决定",
            Self::Deliver => "送达",
            Self::Withdraw => "撤回",
            Self::Terminate => "终止",
            Self::Import => "导入",
            Self::Supervise => "督办",
            Self::Enrol => "入网",
            Self::Revoke => "吊销",
            Self::Settle => "了结",
        }
    }

    /// Whether a centre may record this in a case that belongs to `own` (its own) or lies below.
    ///
    /// The centre's own counter may do all that a counter does; whoever stands above may besides
    /// supervise, but receives nothing and imports nothing in another's name.
    #[must_use]
    pub const fn may_record(self, tier: Tier, own: Ownership) -> bool {
        match (self, own) {
            (Self::Receive | Self::Import | Self::Withdraw, Ownership::Own) => true,
            (Self::Receive | Self::Import | Self::Withdraw, Ownership::Below) => false,
            (Self::Supervise, Ownership::Below) => true,
            (Self::Supervise, Ownership::Own) => !matches!(tier, Tier::Township),
            (
                Self::NoticeSupplement
                | Self::Accept
                | Self::FinishStep
                | Self::Decide
                | Self::Deliver
                | Self::Terminate,
                Ownership::Own | Ownership::Below,
            ) => true,
            (Self::Enrol | Self::Revoke | Self::Settle, Ownership::Own | Ownership::Below) => false,
        }
    }
}

/// Whose case it is, seen from the author's centre.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ownership {
    /// The author's own centre's.
    Own,
    /// A centre's below the author's.
    Below,
}

/// One thing that happened.
///
/// It rests in the document as one value, because it never changes: there is nothing in it to
/// merge.
#[derive(Clone, Debug, Decode, Encode, PartialEq)]
pub struct Event {
    /// What sort of thing.
    #[n(0)]
    pub kind: EventKind,
    /// When it happened, as the clerk says.
    #[n(1)]
    pub happened_at: Timestamp,
    /// Who did it: a name or a staff number.
    #[n(2)]
    pub by: String,
    /// What else there is to say; for a step its name, for a decision its outcome.
    #[n(3)]
    pub note: String,
    /// Attributes as another system gave them.
    #[n(4)]
    pub attributes: Vec<Attribute>,
}

impl Event {
    /// An event without attributes.
    #[must_use]
    pub fn new(kind: EventKind, happened_at: Timestamp, by: &str, note: &str) -> Self {
        Self { kind, happened_at, by: by.to_owned(), note: note.to_owned(), attributes: Vec::new() }
    }
}
