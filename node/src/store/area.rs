//! The areas of a store: which kind of record a key belongs to.

/// Which kind of record a key belongs to; the first byte of the key on the disk.
///
/// The numbers are stored: a new area takes a new number, none is used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Area {
    /// What the store says about itself and its machine.
    Meta = 1,
    /// How far each journal reaches.
    Journal = 2,
    /// The signed entries, written once.
    Entry = 3,
    /// Which entries make up a document.
    Document = 4,
    /// Saved states of documents, so that they need not be folded from the first entry.
    Snapshot = 5,
    /// Proofs of gaps, forks and refused entries.
    Incident = 6,
    /// The last heartbeat of each machine.
    Heartbeat = 7,
    /// Lists and counters that can be computed anew.
    View = 8,
    /// Tokens and certificates.
    Enrolment = 9,
}

impl Area {
    /// Every area, ascending.
    pub const ALL: [Self; 9] = [
        Self::Meta,
        Self::Journal,
        Self::Entry,
        Self::Document,
        Self::Snapshot,
        Self::Incident,
        Self::Heartbeat,
        Self::View,
        Self::Enrolment,
    ];

    /// Returns the byte that stands for this area on the disk.
    #[must_use]
    pub fn byte(self) -> u8 {
        self as u8
    }

    /// Returns the area that follows this one.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|area| *area > self)
    }
}
