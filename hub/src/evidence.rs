//! Evidence: one case or one centre as a file that anyone can check with a fingerprint alone.
//!
//! The file holds whole journals from their opening, so that every signature, number and chain
//! can be checked without this city's machines; the statements of the centre's machines, so that
//! what is missing shows; and the incidents with their proofs. Whoever made the file has signed
//! it as a whole besides. Not here: opening files, and any trust in what the file says of itself.

mod collect;
mod file;
mod findings;
mod inspect;
mod rebuild;
#[cfg(test)]
mod tests;

use tongban_protocol::document::{DocumentId, EventId};
use tongban_protocol::hash::Sha;
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::Division;

pub use collect::{export_case, export_centre};
pub use findings::{CaseFinding, EventFinding, Findings, JournalFinding, RefusedEntry, Saying};
pub use inspect::verify;

/// What a file is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Subject {
    /// One case.
    Case(DocumentId),
    /// Everything of one centre's home.
    Centre(Division),
}

/// Why no evidence could be collected.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The case is not held here.
    #[error("case {0} is not held here; check its name, or ask the centre that took it")]
    NoSuchCase(DocumentId),
    /// Nothing of the centre is held here.
    #[error("nothing of centre {0} is held here; `audit` shows what is held of which centre")]
    NoSuchCentre(Division),
    /// The store failed.
    #[error("evidence: {0}")]
    Replica(#[from] tongban_node::replica::ReplicaError),
}

/// Why a file proves nothing, and where it is wrong.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EvidenceError {
    /// The bytes are no evidence file, or end early.
    #[error("this is no whole evidence file: {0}; copy it again")]
    NotEvidence(String),
    /// A newer program wrote it.
    #[error("the file is of version {found}, and this program knows up to {known}; update it")]
    NewerVersion {
        /// The version found.
        found: u8,
        /// The version known.
        known: u8,
    },
    /// It belongs to another city.
    #[error("the file's root has the fingerprint {found}, not {expected}")]
    OtherRoot {
        /// What the file says.
        found: Sha,
        /// What was asked for.
        expected: Sha,
    },
    /// A journal does not hold.
    #[error("journal {journal}, entry {number}: {why}")]
    Journal {
        /// Which journal.
        journal: JournalId,
        /// The first entry at which it does not.
        number: u64,
        /// Why, in words.
        why: String,
    },
    /// The city's receipt speaks of another entry than the file has.
    #[error("journal {journal}: the city has witnessed another entry {number} than the file has")]
    OtherReceipt {
        /// Which journal.
        journal: JournalId,
        /// Which entry.
        number: u64,
    },
    /// Entries that must be there are not.
    #[error("journal {journal}: the file ends at entry {held}, but {who} speaks of entry {number}")]
    Lacks {
        /// Which journal.
        journal: JournalId,
        /// The last entry in the file.
        held: u64,
        /// The entry that should be there.
        number: u64,
        /// Who says so.
        who: &'static str,
    },
    /// A document builds on changes that are not in the file.
    #[error("document {document}: {why}")]
    Document {
        /// Which one.
        document: String,
        /// Why.
        why: String,
    },
    /// A statement in the file does not hold, or is not by a machine of the centre.
    #[error("statement {at}: {why}")]
    Statement {
        /// Which one, from 1.
        at: usize,
        /// Why.
        why: String,
    },
    /// The proof of an incident proves nothing.
    #[error("incident {at}: {why}")]
    Incident {
        /// Which one, from 1.
        at: usize,
        /// Why.
        why: String,
    },
    /// Something outside the entries was changed after the file was made.
    #[error("the file as a whole was changed after it was made: {0}")]
    Seal(String),
}

/// An event and the entry that brought it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Brought {
    id: EventId,
    journal: JournalId,
    number: u64,
}
