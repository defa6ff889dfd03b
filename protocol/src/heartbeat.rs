//! Statements: a node's signed word about the ends of its journals.
//!
//! A county passes on what it hears from its townships. It can withhold a statement but not
//! alter it, so the city learns what it does not yet hold even where a county sits on it.

use minicbor::{Decode, Encode};

use crate::cose::{self, EnvelopeError, Purpose};
use crate::identity::{Credential, CredentialError, PublicKey, SigningKey};
use crate::journal::{End, JournalId};
use crate::limits::ENDS_PER_STATEMENT_MAX;
use crate::time::{HybridTime, Timestamp};

/// What a node says of itself.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Statement {
    /// The node's sealed credential.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub credential: Vec<u8>,
    /// The node's clock when it signed.
    #[n(1)]
    pub at: Timestamp,
    /// Where the journals of its centre's home end, as durably held by the node, and others that
    /// it holds and that the city has not confirmed.
    #[n(2)]
    pub ends: Vec<(JournalId, End)>,
    /// How many of its own entries no other machine has acknowledged.
    #[n(3)]
    pub waiting: u64,
    /// Name and version of its software.
    #[n(4)]
    pub software: String,
    /// Free space on the disk of its store, in bytes.
    #[n(5)]
    pub free_bytes: Option<u64>,
    /// Above that of every statement which the machine signed before in this life, whatever its
    /// clock did.
    #[n(6)]
    pub order: Option<HybridTime>,
    /// In which life the machine speaks: of that life's journals it knows all that it wrote.
    #[n(7)]
    pub incarnation: Option<u32>,
}

/// Why a statement is worth nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StatementError {
    /// The envelope does not open, or not with the key of the credential.
    #[error("heartbeat: {0}")]
    Envelope(#[from] EnvelopeError),
    /// The credential is not the city's.
    #[error("heartbeat: {0}")]
    Credential(#[from] CredentialError),
    /// The payload is no statement, or speaks of more journals than it may.
    #[error("heartbeat is malformed: {0}")]
    Malformed(String),
}

impl Statement {
    /// Signs the statement.
    #[must_use]
    pub fn seal(&self, key: &SigningKey) -> Vec<u8> {
        cose::seal(Purpose::Heartbeat, minicbor::to_vec(self).unwrap_or_default(), key)
    }

    /// What orders the statements of one machine: its life, and within it the order; the clock,
    /// for a statement that gives no order.
    #[must_use]
    pub fn rank(&self) -> (u32, HybridTime) {
        let order = self.order.unwrap_or_else(|| HybridTime::first_of(self.at));
        (self.incarnation.unwrap_or(0), order)
    }

    /// How far the statement says that a journal reaches; `None` if it does not speak of it.
    #[must_use]
    pub fn end_of(&self, journal: JournalId) -> Option<End> {
        self.ends.iter().find(|(named, _)| *named == journal).map(|(_, end)| *end)
    }

    /// Opens what [`Self::seal`] made and returns it with the credential of its speaker.
    ///
    /// # Errors
    ///
    /// [`StatementError`] says why it is worth nothing.
    pub fn open(bytes: &[u8], root: &PublicKey) -> Result<(Self, Credential), StatementError> {
        let malformed = |e: minicbor::decode::Error| StatementError::Malformed(e.to_string());
        let envelope = cose::open(Purpose::Heartbeat, bytes)?;
        let statement: Self = minicbor::decode(&envelope.payload).map_err(malformed)?;
        let credential = Credential::open(&statement.credential, root)?;
        envelope.verify(&credential.key)?;
        if statement.ends.len() > ENDS_PER_STATEMENT_MAX {
            let why = format!("{} journals, above {ENDS_PER_STATEMENT_MAX}", statement.ends.len());
            return Err(StatementError::Malformed(why));
        }
        Ok((statement, credential))
    }
}
