//! The chain: what may follow what, and how far a store holds each journal.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::entry::{Body, JournalId, SignedEntry};
use crate::hash::Sha;
use crate::identity::{Credential, CredentialError, NodeId, PublicKey};
use crate::place::{Division, Home, Path, Scope};
use crate::time::HybridTime;

/// Where a journal ends: its last number and the hash there.
#[derive(Clone, Copy, Debug, Decode, Default, Encode, Eq, PartialEq)]
pub struct End {
    /// The last number; 0 for an empty journal.
    #[n(0)]
    pub number: u64,
    /// The hash of that entry; zeros for an empty journal.
    #[n(1)]
    pub hash: Sha,
}

/// How far a store holds each journal.
pub type Frontier = BTreeMap<JournalId, End>;

/// Sixteen bytes that are equal when two stores hold the same of a home.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(transparent)]
pub struct Digest(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

impl Digest {
    /// Digests the journals of one home, which must come in order of their authors.
    pub fn of<'a>(journals: impl IntoIterator<Item = (&'a JournalId, &'a End)>) -> Self {
        let mut sha = Sha256::new();
        for (journal, end) in journals {
            sha.update(journal.author.to_bytes());
            sha.update(end.number.to_be_bytes());
            sha.update(end.hash.0);
        }
        let mut digest = [0; 16];
        digest.copy_from_slice(&sha.finalize()[..16]);
        Self(digest)
    }
}

/// What a store must remember of a journal to judge the next entry.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Tail {
    /// The last entry.
    #[n(0)]
    pub end: End,
    /// Its time.
    #[n(1)]
    pub time: HybridTime,
    /// The author's key and centre, from the entry that opened the journal.
    #[n(2)]
    pub credential: Credential,
}

/// Why an entry does not belong at the end of a journal.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChainError {
    /// A number is missing in between.
    #[error("entry {found} of {journal} leaves a gap: {expected} comes next")]
    Gap {
        /// The journal.
        journal: JournalId,
        /// The number that should have come.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// The entry does not continue the one held.
    #[error("entry {number} of {journal} names another previous entry than the one held")]
    WrongPrevious {
        /// The journal.
        journal: JournalId,
        /// The entry that came.
        number: u64,
    },
    /// The number is held already, with other content: two bodies for one number.
    #[error("entry {number} of {journal} is a second body for a number already held")]
    Fork {
        /// The journal.
        journal: JournalId,
        /// The number.
        number: u64,
    },
    /// The time does not advance.
    #[error("entry {number} of {journal} is recorded before the entry that it follows")]
    BackInTime {
        /// The journal.
        journal: JournalId,
        /// The entry that came.
        number: u64,
    },
    /// The opening credential is not the city's, or not this author's.
    #[error("{journal} does not open with its author's credential: {why}")]
    Credential {
        /// The journal.
        journal: JournalId,
        /// What is wrong.
        why: String,
    },
    /// The author's centre has no right in this home.
    #[error("{journal}: centre {centre} has no right to write in home {home}", home = journal.home)]
    ForeignHome {
        /// The journal.
        journal: JournalId,
        /// The author's centre.
        centre: Division,
    },
    /// The signature is not the author's.
    #[error("entry {number} of {journal} has a wrong signature")]
    WrongSignature {
        /// The journal.
        journal: JournalId,
        /// The entry that came.
        number: u64,
    },
}

impl Tail {
    /// Opens a journal with its first entry, whose signature is still to be checked with the
    /// key of the credential.
    ///
    /// # Errors
    ///
    /// [`ChainError::Gap`] when it is not number 1, [`ChainError::Credential`] when the root did
    /// not vouch for the author, [`ChainError::WrongPrevious`] when it claims a predecessor.
    pub fn open(first: &SignedEntry, root: &PublicKey) -> Result<Self, ChainError> {
        let entry = &first.entry;
        let journal = entry.journal;
        let Body::Open(opening) = &entry.body else {
            return Err(ChainError::Gap { journal, expected: 1, found: entry.number });
        };
        if entry.previous != Sha::default() {
            return Err(ChainError::WrongPrevious { journal, number: 1 });
        }
        let refuse = |why: String| ChainError::Credential { journal, why };
        let open = |sealed: &[u8]| {
            Credential::open(sealed, root).map_err(|e: CredentialError| refuse(e.to_string()))
        };
        let credential = open(&opening.credential)?;
        if credential.node() != journal.author.node {
            return Err(refuse(format!("it is that of node {}", NodeId::of(&credential.key))));
        }
        let home = opening.home_credential.as_deref().map(open).transpose()?;
        if !may_write(journal.home, home.as_ref().map(|home| &home.path), &credential) {
            return Err(ChainError::ForeignHome { journal, centre: credential.path.centre() });
        }
        Ok(Self { end: End { number: 1, hash: first.hash }, time: entry.time, credential })
    }

    /// Returns the tail with `next` behind it. Does not look at the signature.
    ///
    /// # Errors
    ///
    /// The [`ChainError`] that says why `next` does not follow.
    pub fn follow(&self, next: &SignedEntry) -> Result<Self, ChainError> {
        let entry = &next.entry;
        let (journal, number) = (entry.journal, entry.number);
        if number <= self.end.number {
            return Err(ChainError::Fork { journal, number });
        }
        if number != self.end.number + 1 {
            let expected = self.end.number + 1;
            return Err(ChainError::Gap { journal, expected, found: number });
        }
        if entry.previous != self.end.hash {
            return Err(ChainError::WrongPrevious { journal, number });
        }
        if entry.time <= self.time {
            return Err(ChainError::BackInTime { journal, number });
        }
        let end = End { number, hash: next.hash };
        Ok(Self { end, time: entry.time, credential: self.credential.clone() })
    }
}

/// Says whether a centre may write in a home.
///
/// In a public home, the centre itself; in an office home also those above it, as `home_path`,
/// the path of the home's own centre, shows.
fn may_write(home: Home, home_path: Option<&Path>, writer: &Credential) -> bool {
    let centre = writer.path.centre();
    let above = home_path
        .is_some_and(|path| path.centre() == home.division && path.ancestors().contains(&centre));
    centre == home.division || (home.scope == Scope::Office && above)
}
