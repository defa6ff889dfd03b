//! Ed25519 keys (RFC 8032) and the names derived from them.

use std::fmt;
use std::str::FromStr;

use ed25519_zebra::{VerificationKey, VerificationKeyBytes};
use minicbor::{Decode, Encode};

use crate::hash::Sha;

/// An Ed25519 signature.
pub type Signature = [u8; 64];

/// The public half of a node's key.
#[derive(Clone, Copy, Decode, Encode, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cbor(transparent)]
pub struct PublicKey(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl PublicKey {
    /// The fingerprint by which a person compares a root: SHA-256 of the 32 bytes.
    #[must_use]
    pub fn fingerprint(&self) -> Sha {
        Sha::of(&self.0)
    }

    /// True when `signature` over `bytes` was made with this key, after ZIP 215.
    #[must_use]
    pub fn verifies(&self, signature: &Signature, bytes: &[u8]) -> bool {
        VerificationKey::try_from(self.0)
            .is_ok_and(|key| key.verify(&(*signature).into(), bytes).is_ok())
    }

    pub(crate) fn to_batch_key(self) -> VerificationKeyBytes {
        self.0.into()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", NodeId::of(self))
    }
}

/// The secret half. It never leaves its machine and never prints.
#[derive(Clone)]
pub struct SigningKey(ed25519_zebra::SigningKey);

impl SigningKey {
    /// Makes the key of a 32-byte seed that came from a true source of randomness.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(seed.into())
    }

    /// The seed, for the key file.
    #[must_use]
    pub fn to_seed(&self) -> [u8; 32] {
        self.0.into()
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(VerificationKeyBytes::from(&self.0).into())
    }

    /// Signs `bytes`.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        self.0.sign(bytes).into()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", NodeId::of(&self.public()))
    }
}

/// A node's name: the first 16 bytes of its key's fingerprint.
#[derive(Clone, Copy, Decode, Encode, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cbor(transparent)]
pub struct NodeId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

impl NodeId {
    /// The name of the node with this key.
    #[must_use]
    pub fn of(key: &PublicKey) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&key.fingerprint().0[..16]);
        Self(id)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = data_encoding::HEXLOWER.encode(&self.0[..4]);
        write!(f, "NodeId({hex}…)")
    }
}

impl FromStr for NodeId {
    type Err = NodeIdError;

    fn from_str(text: &str) -> Result<Self, NodeIdError> {
        data_encoding::HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| NodeIdError(text.chars().take(40).collect()))
    }
}

/// Why a text names no node.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` names no node: 32 hexadecimal digits are needed, as `audit` prints them")]
pub struct NodeIdError(pub String);

/// The node that signed an entry, in one of its lives.
///
/// A restored machine starts the next incarnation, so that it never gives a number twice.
#[derive(Clone, Copy, Decode, Encode, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Author {
    /// The node.
    #[n(0)]
    pub node: NodeId,
    /// How often the node has been restored.
    #[n(1)]
    pub incarnation: u32,
}

impl Author {
    /// The author as the 20 bytes of an automerge actor: node, then incarnation, big-endian.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 20] {
        let mut bytes = [0; 20];
        bytes[..16].copy_from_slice(&self.node.0);
        bytes[16..].copy_from_slice(&self.incarnation.to_be_bytes());
        bytes
    }

    /// Reads the 20 bytes of [`Self::to_bytes`]; `None` for any other length.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (node, incarnation) = bytes.split_at_checked(16)?;
        Some(Self {
            node: NodeId(node.try_into().ok()?),
            incarnation: u32::from_be_bytes(incarnation.try_into().ok()?),
        })
    }
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = data_encoding::HEXLOWER.encode(&self.node.0[..4]);
        write!(f, "{hex}.{}", self.incarnation)
    }
}

impl fmt::Debug for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Author({self})")
    }
}
