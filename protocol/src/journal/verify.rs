//! Signatures of many entries at once.

use ed25519_zebra::batch;
use rand_core::CryptoRng;

use crate::cose::Unverified;
use crate::identity::PublicKey;

/// Returns the position of the first wrong signature, or `None` when all are right.
///
/// The batch equation and the single one accept the same signatures (ZIP 215), so that every
/// tier comes to the same verdict, however entries were grouped on their way. `rng` must not be
/// predictable by the signers.
pub fn verify_signatures(items: &[(PublicKey, Unverified)], rng: impl CryptoRng) -> Option<usize> {
    if items.len() > 1 {
        let mut verifier = batch::Verifier::new();
        for (key, envelope) in items {
            verifier.queue((key.to_batch_key(), envelope.signature.into(), &envelope.signed));
        }
        if verifier.verify(rng).is_ok() {
            return None;
        }
    }
    items.iter().position(|(key, envelope)| !key.verifies(&envelope.signature, &envelope.signed))
}
