//! Proofs of wrong-doing as values that anyone with the root's key can check.

use minicbor::{Decode, Encode};

use super::chain::Tail;
use super::entry::{EntryError, JournalId, SignedEntry};
use crate::identity::{Credential, CredentialError, PublicKey};

/// Two entries with one number, both signed by one author: a cloned disk or a rewritten past.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct ForkProof {
    /// The author's credential, sealed by the root.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub credential: Vec<u8>,
    /// The body that was held first.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub held: Vec<u8>,
    /// The body that came second.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub second: Vec<u8>,
}

/// Why a proof proves nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProofError {
    /// One of the two is no entry, or its signature is wrong.
    #[error("{0}")]
    Entry(#[from] EntryError),
    /// The credential is not the city's.
    #[error("{0}")]
    Credential(#[from] CredentialError),
    /// Both are the same, or of different journals, numbers or authors.
    #[error("the two entries do not contradict each other")]
    NoContradiction,
}

impl ForkProof {
    /// Checks the proof and returns which journal forked, and at which number.
    ///
    /// # Errors
    ///
    /// [`ProofError`] says why it proves nothing.
    pub fn verify(&self, root: &PublicKey) -> Result<(JournalId, u64), ProofError> {
        let credential = Credential::open(&self.credential, root)?;
        let (held, held_envelope) = SignedEntry::decode(self.held.clone())?;
        let (second, second_envelope) = SignedEntry::decode(self.second.clone())?;
        for envelope in [held_envelope, second_envelope] {
            envelope.verify(&credential.key).map_err(EntryError::from)?;
        }
        let same_place = held.entry.journal == second.entry.journal
            && held.entry.number == second.entry.number
            && held.entry.journal.author.node == credential.node();
        if !same_place || held.hash == second.hash {
            return Err(ProofError::NoContradiction);
        }
        Ok((held.entry.journal, held.entry.number))
    }
}

/// Walks a whole journal as an auditor would, from its opening, and returns its tail.
///
/// # Errors
///
/// The first thing that is wrong, in words.
pub fn audit_journal<'a>(
    entries: impl IntoIterator<Item = &'a [u8]>,
    root: &PublicKey,
) -> Result<Option<Tail>, String> {
    let mut tail: Option<Tail> = None;
    for bytes in entries {
        let (signed, envelope) = SignedEntry::decode(bytes.to_vec()).map_err(|e| e.to_string())?;
        let next = match &tail {
            None => Tail::open(&signed, root),
            Some(tail) => tail.follow(&signed),
        }
        .map_err(|e| e.to_string())?;
        envelope.verify(&next.credential.key).map_err(|e| {
            format!("entry {} of {}: {e}", signed.entry.number, signed.entry.journal)
        })?;
        tail = Some(next);
    }
    Ok(tail)
}
