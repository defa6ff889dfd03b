//! The city's signed word that a key belongs to a centre.

use minicbor::{Decode, Encode};

use super::key::{NodeId, PublicKey, SigningKey};
use crate::cose::{self, EnvelopeError, Purpose};
use crate::place::{Path, Tier};
use crate::time::Timestamp;

/// What the city's root key vouches for: this key speaks for this centre.
///
/// A journal opens with the credential of its author, so that it can be verified with nothing
/// but the root's fingerprint.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Credential {
    /// The node's key.
    #[n(0)]
    pub key: PublicKey,
    /// The centre and the centres above it.
    #[n(1)]
    pub path: Path,
    /// When the city signed.
    #[n(2)]
    pub issued_at: Timestamp,
    /// The tier at which the centre stands; not to be guessed from the length of its path.
    #[n(3)]
    pub tier: Tier,
}

/// Why a credential is worth nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CredentialError {
    /// The envelope does not open, or not with the root's key.
    #[error("credential: {0}")]
    Envelope(#[from] EnvelopeError),
    /// The payload is no credential.
    #[error("credential is malformed: {0}")]
    Malformed(String),
}

impl Credential {
    /// The node of this key.
    #[must_use]
    pub fn node(&self) -> NodeId {
        NodeId::of(&self.key)
    }

    /// Signs with the root's key.
    #[must_use]
    pub fn seal(&self, root: &SigningKey) -> Vec<u8> {
        let payload = minicbor::to_vec(self).unwrap_or_default();
        cose::seal(Purpose::Credential, payload, root)
    }

    /// Opens what [`Self::seal`] made.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when another key signed, or the content is malformed.
    pub fn open(bytes: &[u8], root: &PublicKey) -> Result<Self, CredentialError> {
        let payload = cose::open(Purpose::Credential, bytes)?.verify(root)?;
        let malformed = |why: String| CredentialError::Malformed(why);
        let credential: Self = minicbor::decode(&payload).map_err(|e| malformed(e.to_string()))?;
        if !credential.path.is_sound() {
            return Err(malformed("its path is empty, too long or goes in a circle".to_owned()));
        }
        Ok(credential)
    }
}
