//! Events: what happened to a case, never changed afterwards.

use std::sync::LazyLock;

use minicbor::{Decode, Encode};

use super::detail::Detail;
use super::kind::EventKind;
use crate::identity::Author;
use crate::time::{HybridTime, Timestamp};
use crate::value::Attribute;

/// Which event: when it was recorded, and by whom. Sorts as the fold reads.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EventId {
    /// Unique for its author.
    #[n(0)]
    pub recorded: HybridTime,
    /// The author of the entry that brought it.
    #[n(1)]
    pub author: Author,
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
    /// What the law wants to be said of it.
    #[n(5)]
    pub detail: Option<Box<Detail>>,
}

impl Event {
    /// An event without attributes.
    #[must_use]
    pub fn new(kind: EventKind, happened_at: Timestamp, by: &str, note: &str) -> Self {
        let (by, note) = (by.to_owned(), note.to_owned());
        Self { kind, happened_at, by, note, attributes: Vec::new(), detail: None }
    }

    /// The same, with `detail`.
    #[must_use]
    pub fn with(self, detail: Detail) -> Self {
        let said = (detail != Detail::default()).then(|| Box::new(detail));
        Self { detail: said, ..self }
    }

    /// What is said of it besides; nothing, where it has no detail.
    #[must_use]
    pub fn detail(&self) -> &Detail {
        static NOTHING: LazyLock<Detail> = LazyLock::new(Detail::default);
        self.detail.as_deref().unwrap_or(&NOTHING)
    }
}
