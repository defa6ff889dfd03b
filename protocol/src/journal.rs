//! The journal: signed entries, chained and numbered without gaps per (home, author).

pub mod chain;
pub mod entry;
pub mod proof;
pub mod verify;

pub use chain::{ChainError, Digest, End, Frontier, Tail};
pub use entry::{Body, Change, Entry, EntryError, JournalId, Opening, Receipt, SignedEntry};
pub use proof::{ForkProof, ProofError};
pub use verify::verify_signatures;

#[cfg(test)]
mod tests;
