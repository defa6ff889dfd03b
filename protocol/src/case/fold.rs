//! State is never stored: it is a fold over the events.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::document::{Event, EventId, EventKind};
use crate::identity::Author;

/// Where a case stands.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// 草稿: nothing has happened yet.
    Draft,
    /// 收件.
    Received,
    /// 补正告知.
    SupplementNoticed,
    /// 受理.
    Accepted,
    /// 审查: at least one step is done.
    InReview,
    /// 决定.
    Decided,
    /// 送达.
    Delivered,
    /// 撤回.
    Withdrawn,
    /// 终止.
    Terminated,
    /// 导入: another system's case, kept as it came.
    Imported,
}

impl State {
    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::Received => "收件",
            Self::SupplementNoticed => "补正告知",
            Self::Accepted => "受理",
            Self::InReview => "审查",
            Self::Decided => "决定",
            Self::Delivered => "送达",
            Self::Withdrawn => "撤回",
            Self::Terminated => "终止",
            Self::Imported => "导入",
        }
    }

    /// The word for scripts and English pages.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Received => "received",
            Self::SupplementNoticed => "supplement noticed",
            Self::Accepted => "accepted",
            Self::InReview => "in review",
            Self::Decided => "decided",
            Self::Delivered => "delivered",
            Self::Withdrawn => "withdrawn",
            Self::Terminated => "terminated",
            Self::Imported => "imported",
        }
    }

    /// True when nothing more is owed to the applicant.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Delivered | Self::Withdrawn | Self::Terminated)
    }

    /// The state after an event, or `None` when the event is not allowed from here.
    ///
    /// The states are those of DOMAIN 1.3; 行政许可法 articles 29 to 45 give the order.
    #[must_use]
    pub const fn after(self, event: EventKind) -> Option<Self> {
        use EventKind as E;
        match (self, event) {
            (Self::Draft | Self::SupplementNoticed, E::Receive) => Some(Self::Received),
            (Self::Received, E::NoticeSupplement) => Some(Self::SupplementNoticed),
            (Self::Received, E::Accept) => Some(Self::Accepted),
            (Self::Accepted | Self::InReview, E::FinishStep) => Some(Self::InReview),
            (Self::Accepted | Self::InReview, E::Decide) => Some(Self::Decided),
            (Self::Decided, E::Deliver) => Some(Self::Delivered),
            (Self::Draft | Self::Imported, E::Import) => Some(Self::Imported),
            (
                Self::Received | Self::SupplementNoticed | Self::Accepted | Self::InReview,
                E::Withdraw,
            ) => Some(Self::Withdrawn),
            (
                Self::Received | Self::SupplementNoticed | Self::Accepted | Self::InReview,
                E::Terminate,
            ) => Some(Self::Terminated),
            (state, E::Supervise) => Some(state), // Supervision speaks at any time.
            _ => None,
        }
    }
}

/// An event that has no effect, with the reason.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum Anomaly {
    /// The transition is not allowed from the state reached so far.
    NotAllowed {
        /// The state reached so far.
        from: State,
        /// What was tried.
        event: EventKind,
    },
    /// Only a later version knows what this event does.
    NotUnderstood {
        /// The kind's code.
        code: u32,
    },
    /// Two centres decided differently while cut off from each other: the first in order stands,
    /// and a supervisor must settle the second.
    Contradiction {
        /// What the first decided.
        stands: String,
        /// What the second decided.
        against: String,
    },
}

/// What a case comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Folded {
    /// Where it stands.
    pub state: State,
    /// What had no effect, and why.
    pub anomalies: BTreeMap<EventId, Anomaly>,
}

/// Folds events, which must come in the order of their ids, into the state of the case.
#[must_use]
pub fn fold<'a>(events: impl IntoIterator<Item = &'a (EventId, Event)>) -> Folded {
    let mut folded = Folded { state: State::Draft, anomalies: BTreeMap::new() };
    let mut decision: Option<(Author, &str)> = None;
    for (id, event) in events {
        if let Some(next) = folded.state.after(event.kind) {
            folded.state = next;
            if event.kind == EventKind::Decide {
                decision = Some((id.author, &event.note));
            }
            continue;
        }
        let anomaly = match (event.kind, decision) {
            (EventKind::Unknown(code), _) => Anomaly::NotUnderstood { code },
            (EventKind::Decide, Some((author, stands)))
                if author != id.author && stands != event.note =>
            {
                Anomaly::Contradiction { stands: stands.to_owned(), against: event.note.clone() }
            }
            (kind, _) => Anomaly::NotAllowed { from: folded.state, event: kind },
        };
        folded.anomalies.insert(*id, anomaly);
    }
    folded
}
