//! Coverage: for each centre, what the city holds, as of when, and what is still out there.
//!
//! The verdicts come from evidence only: signed statements of the centres, entries held, and
//! incidents with their proofs. Nothing a centre announced may be missing where it says
//! "complete". Not here: any judgement of people, and any way to set a verdict by hand.

mod activity;
mod finding;
mod in_use;
mod said;
mod table;
#[cfg(test)]
mod tests;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tongban_config::tree::Tree;
use tongban_node::engine::{Engine, Heard};
use tongban_node::replica::{Incident, ReplicaError};
use tongban_node::store::Store;
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::NodeId;
use tongban_protocol::journal::{Frontier, JournalId, SignedEntry};
use tongban_protocol::place::{Division, Tier};
use tongban_protocol::time::{HybridTime, Timestamp};

use crate::settlement::Settlements;

pub use activity::{ACTIVITY_DAYS, Activity, ActivityCounter};
pub use table::{Audit, Summary};
pub use verdict::assess;

/// A machine as the roster knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EnrolledNode {
    /// The machine.
    pub node: NodeId,
    /// The centre for which it was enrolled.
    pub centre: Division,
    /// When.
    pub enrolled_at: Timestamp,
    /// From when on its key is worth nothing, if so.
    pub revoked_at: Option<Timestamp>,
}

/// What is asked, beside what the engine knows itself.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The centres that there are.
    pub tree: &'a Tree,
    /// The machines that were enrolled.
    pub roster: &'a [EnrolledNode],
    /// How much each centre did; a centre without it shows zeros.
    pub activity: &'a BTreeMap<Division, Activity>,
    /// What the office has settled.
    pub settled: &'a Settlements,
    /// Since when centres were behind at the last look; see [`behind_since`].
    pub behind_since: &'a BTreeMap<Division, Timestamp>,
    /// Time without a word after which a centre is silent, in milliseconds.
    pub silent_after_ms: i64,
    /// The hub's clock.
    pub now: Timestamp,
}

/// Everything from which verdicts are drawn, besides the entries held.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What is asked.
    pub question: Question<'a>,
    /// The city's own centre.
    pub own: Division,
    /// What was heard of each machine.
    pub heard: &'a [&'a Heard],
    /// How far the city durably holds each journal.
    pub frontier: &'a Frontier,
    /// What should not have come.
    pub incidents: &'a [Incident],
    /// Centres to which a link is up.
    pub linked: &'a BTreeSet<Division>,
    /// The hub's own software.
    pub software: &'a str,
}

/// An entry that the city holds, as far as verdicts need it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HeldEntry {
    /// Its hash.
    pub hash: Sha,
    /// When its author recorded it.
    pub time: HybridTime,
    /// By when the city had it, if it has said so.
    pub witnessed_at: Option<Timestamp>,
}

impl Facts<'_> {
    fn held(&self, journal: JournalId) -> u64 {
        self.frontier.get(&journal).map_or(0, |end| end.number)
    }

    fn settled_through(&self, journal: JournalId) -> u64 {
        self.question.settled.get(&journal).map_or(0, |settled| settled.through)
    }
}

/// What can be wrong with a centre's journals.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// Two entries with one number, or another hash than the city's at a number.
    Fork,
    /// A machine announces less of its own journal than it had sent: an old disk is back.
    Rollback,
    /// Entries without right.
    Refused,
    /// A chain, signature or credential that does not hold, and nothing better came since.
    Broken,
    /// The city's own store does not give back an entry that it should hold.
    Unreadable,
}

/// What the evidence says of a centre.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    /// No machine has joined for it, or all that had were revoked.
    NotEnrolled,
    /// No word of it for longer than the threshold.
    Silent {
        /// When it last spoke; when it was enrolled, if it never did.
        since: Timestamp,
    },
    /// It has announced entries that the city does not hold.
    Behind {
        /// How many.
        missing: u64,
        /// Since when at least.
        since: Timestamp,
    },
    /// Something is wrong that a person must look at.
    Incident {
        /// What.
        trouble: Trouble,
    },
    /// The city holds everything that its machines ever announced and that centres above say to
    /// hold of its journals, but for what the office settled by name.
    Complete,
}

/// By which way a centre's word comes now.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "way")]
pub enum Via {
    /// It is the city's own centre.
    Own,
    /// Over a link of its own.
    Direct,
    /// Over the link of a centre above it.
    Through {
        /// Which.
        centre: Division,
    },
    /// No link is up on its way.
    Nothing,
}

/// The verdict on one centre, with the reason and the figures behind it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// The centre.
    pub centre: Division,
    /// Its Chinese name.
    pub name_zh: String,
    /// Its name in Latin letters.
    pub name_en: String,
    /// Its tier.
    pub tier: Tier,
    /// What the evidence says.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// For when the verdict holds: the time of the oldest last word of a machine in force, by the
    /// earlier of the speaker's and the hub's clock.
    pub as_of: Option<Timestamp>,
    /// One sentence for the page.
    pub reason_zh: String,
    /// The same in English.
    pub reason_en: String,
    /// Entries of its home that the city holds.
    pub held: u64,
    /// Entries that its machines announced.
    pub announced: u64,
    /// Announced entries that the city does not hold.
    pub missing: u64,
    /// Announced entries that never came and that the office has settled.
    pub given_up: u64,
    /// What the centre did.
    #[serde(flatten)]
    pub activity: Activity,
    /// By which way its word comes now.
    pub via: Via,
    /// Own entries that no other machine had acknowledged when it spoke.
    pub waiting: Option<u64>,
    /// Name and version of its software.
    pub software: Option<String>,
}

impl Trouble {
    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Fork => "分叉",
            Self::Rollback => "回退",
            Self::Refused => "无权记录",
            Self::Broken => "链断或签名不符",
            Self::Unreadable => "市库读不出",
        }
    }

    /// The word for scripts and English pages.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Rollback => "rollback",
            Self::Refused => "refused",
            Self::Broken => "broken",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Verdict {
    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NotEnrolled => "未入网",
            Self::Silent { .. } => "失联",
            Self::Behind { .. } => "未到齐",
            Self::Incident { .. } => "异常",
            Self::Complete => "到齐",
        }
    }

    /// The word for scripts and English pages.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::NotEnrolled => "not enrolled",
            Self::Silent { .. } => "silent",
            Self::Behind { .. } => "behind",
            Self::Incident { .. } => "incident",
            Self::Complete => "complete",
        }
    }
}

/// Draws the verdict on every centre of the tree from what a hub's engine knows.
///
/// Reads a few entries for each centre, none of its cases.
///
/// # Errors
///
/// The store's.
pub fn survey<S: Store>(
    engine: &Engine<S>,
    question: Question<'_>,
) -> Result<Vec<Coverage>, ReplicaError> {
    let replica = engine.replica();
    let links = engine.links();
    let peers = links.iter().filter_map(|link| link.peer.as_ref());
    let facts = Facts {
        question,
        own: replica.member().centre(),
        heard: &engine.heard().collect::<Vec<_>>(),
        frontier: replica.frontier(),
        incidents: &replica.incidents(usize::MAX)?,
        linked: &peers.map(|peer| peer.credential.path.centre()).collect(),
        software: tongban_node::engine::SOFTWARE,
    };
    assess(&facts, |journal: JournalId, number| {
        let entry = replica.entry(journal, number)?;
        let receipt = replica.receipted(journal).filter(|receipt| receipt.number >= number);
        let witnessed_at = receipt.map(|receipt| receipt.witnessed_at);
        let held = |signed: SignedEntry| HeldEntry {
            hash: signed.hash,
            time: signed.entry.time,
            witnessed_at,
        };
        Ok(entry.map(held))
    })
}

/// Since when each centre that is behind is so; to be asked with the next question.
#[must_use]
pub fn behind_since(coverage: &[Coverage]) -> BTreeMap<Division, Timestamp> {
    let since = |it: &Coverage| match it.verdict {
        Verdict::Behind { since, .. } => Some((it.centre, since)),
        Verdict::NotEnrolled
        | Verdict::Silent { .. }
        | Verdict::Incident { .. }
        | Verdict::Complete => None,
    };
    coverage.iter().filter_map(since).collect()
}
