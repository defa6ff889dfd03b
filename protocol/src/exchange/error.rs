//! Why a session ends, for the one who must act.

use super::receiver::OutOfTurn;
use crate::identity::CredentialError;
use crate::limits::{HOMES_PER_SESSION_MAX, SESSION_SILENCE_MS_MAX};
use crate::place::Division;
use crate::wire::{self, BlockError, FrameError};

/// Why the session ended. No document has changed by what caused it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExchangeError {
    /// A frame was malformed.
    #[error("{0}")]
    Frame(#[from] FrameError),
    /// A block was malformed.
    #[error("{0}")]
    Block(#[from] BlockError),
    /// A frame came that has no place now.
    #[error("{0}")]
    OutOfTurn(String),
    /// The peer speaks another major version.
    #[error(
        "the peer ({software}) speaks version {theirs} of the protocol and this side {ours}; update {who}",
        ours = wire::MAJOR,
        who = if *theirs > wire::MAJOR { "this machine" } else { "the peer" }
    )]
    OtherMajor {
        /// Its version.
        theirs: u8,
        /// Its software.
        software: String,
    },
    /// The peer's credential is not the city's.
    #[error("the peer's {0}")]
    Credential(#[from] CredentialError),
    /// The credential is another node's than the one at the end of the link.
    #[error("the peer claims centre {centre} with a credential that is not its own")]
    Impersonation {
        /// The centre that it claims.
        centre: Division,
    },
    /// Nothing was heard for too long.
    #[error("nothing was heard from the peer for {ms} ms", ms = SESSION_SILENCE_MS_MAX)]
    Silent,
    /// The peer said goodbye.
    #[error("the peer closed: {0}")]
    Goodbye(String),
    /// The session would share more homes than a session may.
    #[error("{0} homes are over the limit of {HOMES_PER_SESSION_MAX} for one session")]
    TooManyHomes(usize),
}

impl From<OutOfTurn> for ExchangeError {
    fn from(error: OutOfTurn) -> Self {
        Self::OutOfTurn(error.to_string())
    }
}
