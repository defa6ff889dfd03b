//! Entries: what is signed, how it is encoded, what it may contain.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::cose::{self, EnvelopeError, Purpose, Unverified};
use crate::document::DocumentName;
use crate::hash::Sha;
use crate::identity::{Author, SigningKey};
use crate::limits::{CHANGES_PER_ENTRY_MAX, ENTRY_BYTES_MAX, RECEIPTS_PER_ENTRY_MAX};
use crate::place::Home;
use crate::time::HybridTime;

/// Which journal: whose entries about the documents of which home.
#[derive(Clone, Copy, Decode, Encode, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct JournalId {
    /// The home of the documents.
    #[n(0)]
    pub home: Home,
    /// Who signs.
    #[n(1)]
    pub author: Author,
}

impl fmt::Display for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.home, self.author)
    }
}

impl fmt::Debug for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JournalId({self})")
    }
}

/// One signed, chained unit of replication.
#[derive(Clone, Debug, Decode, Encode, PartialEq)]
#[cbor(array)]
pub struct Entry {
    /// Version of this record; [`Entry::VERSION`].
    #[n(0)]
    pub version: u8,
    /// Hash of the entry before, all zeros for number 1. It stands first among what differs, so
    /// that the wire can leave it out where the receiver knows it.
    #[n(1)]
    pub previous: Sha,
    /// Whose documents, and who writes.
    #[n(2)]
    pub journal: JournalId,
    /// 1, 2, 3 … without gaps.
    #[n(3)]
    pub number: u64,
    /// When it was recorded; later than that of the entry before.
    #[n(4)]
    pub time: HybridTime,
    /// What it says.
    #[n(5)]
    pub body: Body,
}

/// What an entry says.
#[derive(Clone, Debug, Decode, Encode, PartialEq)]
pub enum Body {
    /// Number 1 of every journal.
    #[n(0)]
    Open(#[n(0)] Opening),
    /// Changes to documents of the home, committed together.
    #[n(1)]
    Changes(#[n(0)] Vec<Change>),
    /// The city's word that it durably holds other journals of this home up to an entry.
    #[n(2)]
    Receipts(#[n(0)] Vec<Receipt>),
}

/// By what right the author writes here; whoever holds the journal can check it.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Opening {
    /// The author's credential, sealed by the city's root.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub credential: Vec<u8>,
    /// Where the author's centre is not the home's: a credential of the home's own centre,
    /// whose path shows that the author stands above it.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub home_credential: Option<Vec<u8>>,
}

/// An automerge change to one document.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Change {
    /// Which document of the entry's home.
    #[n(0)]
    pub document: DocumentName,
    /// The change as automerge encodes it, uncompressed: streams compress better than records.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// The city's signed word that it held a journal up to an entry when it signed.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Receipt {
    /// Whose journal in the entry's home.
    #[n(0)]
    pub author: Author,
    /// The last entry held.
    #[n(1)]
    pub number: u64,
    /// Its hash.
    #[n(2)]
    pub hash: Sha,
}

/// Why bytes are no entry.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EntryError {
    /// The envelope does not open.
    #[error("entry: {0}")]
    Envelope(#[from] EnvelopeError),
    /// The payload is not the record of an entry.
    #[error("entry is malformed: {0}")]
    Malformed(String),
    /// The record is of a version that this software does not know.
    #[error("entry is of version {found}, and this software knows up to {known}; update it", known = Entry::VERSION)]
    NewerVersion {
        /// The version found.
        found: u8,
    },
    /// The entry is over a bound.
    #[error("entry has {found} {what}, above the limit of {limit}")]
    TooMuch {
        /// What is counted.
        what: &'static str,
        /// How much there is.
        found: usize,
        /// How much there may be.
        limit: usize,
    },
    /// A number of zero, an opening that is not number 1, or a number 1 that is no opening.
    #[error(
        "entry {number} opens the journal or should have: number 1, and only it, holds the credential"
    )]
    Opening {
        /// Its number.
        number: u64,
    },
}

impl Entry {
    /// The version that this software writes.
    pub const VERSION: u8 = 1;

    /// Signs the entry.
    ///
    /// # Errors
    ///
    /// [`EntryError::TooMuch`] or [`EntryError::Opening`] if it breaks a bound; nothing is
    /// signed then.
    pub fn seal(self, key: &SigningKey) -> Result<SignedEntry, EntryError> {
        self.check_bounds()?;
        let payload = minicbor::to_vec(&self).map_err(|e| EntryError::Malformed(e.to_string()))?;
        let bytes = cose::seal(Purpose::Entry, payload, key);
        check("bytes", bytes.len(), ENTRY_BYTES_MAX)?;
        Ok(SignedEntry { hash: Sha::of(&bytes), entry: self, bytes })
    }

    fn check_bounds(&self) -> Result<(), EntryError> {
        match &self.body {
            Body::Open(_) => {}
            Body::Changes(changes) => check("changes", changes.len(), CHANGES_PER_ENTRY_MAX)?,
            Body::Receipts(all) => check("receipts", all.len(), RECEIPTS_PER_ENTRY_MAX)?,
        }
        if matches!(self.body, Body::Open(_)) != (self.number == 1) || self.number == 0 {
            return Err(EntryError::Opening { number: self.number });
        }
        Ok(())
    }
}

fn check(what: &'static str, found: usize, limit: usize) -> Result<(), EntryError> {
    if found > limit {
        return Err(EntryError::TooMuch { what, found, limit });
    }
    Ok(())
}

/// An entry with the exact bytes that travel and rest on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedEntry {
    /// The decoded content.
    pub entry: Entry,
    /// The whole `COSE_Sign1` envelope.
    pub bytes: Vec<u8>,
    /// SHA-256 of `bytes`.
    pub hash: Sha,
}

impl SignedEntry {
    /// Decodes an entry whose signature was checked before, as those in the store were.
    ///
    /// # Errors
    ///
    /// [`EntryError`] when the bytes are no entry.
    pub fn decode_trusted(bytes: Vec<u8>) -> Result<Self, EntryError> {
        Ok(Self::decode(bytes)?.0)
    }

    /// Decodes an entry and hands out what is needed to check its signature.
    ///
    /// # Errors
    ///
    /// [`EntryError`] when the bytes are no entry or break a bound.
    pub fn decode(bytes: Vec<u8>) -> Result<(Self, Unverified), EntryError> {
        check("bytes", bytes.len(), ENTRY_BYTES_MAX)?;
        let envelope = cose::open(Purpose::Entry, &bytes)?;
        let malformed = |e: minicbor::decode::Error| EntryError::Malformed(e.to_string());
        let mut decoder = minicbor::Decoder::new(&envelope.payload);
        decoder.array().map_err(malformed)?;
        let found = decoder.u8().map_err(malformed)?;
        if found > Entry::VERSION {
            return Err(EntryError::NewerVersion { found });
        }
        let entry: Entry = minicbor::decode(&envelope.payload).map_err(malformed)?;
        entry.check_bounds()?;
        Ok((Self { hash: Sha::of(&bytes), entry, bytes }, envelope))
    }
}
