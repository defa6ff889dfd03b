//! The one place that seeds randomness.

use rand::TryRng;
use rand::rngs::SysRng;
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;

/// The operating system gave no randomness; nothing may be signed or enrolled then.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no randomness: {0}; nothing can be signed without it")]
pub struct EntropyError(String);

/// Draws 32 bytes of true randomness.
///
/// # Errors
///
/// [`EntropyError`] when the operating system gives none.
pub fn seed() -> Result<[u8; 32], EntropyError> {
    let mut seed = [0; 32];
    SysRng.try_fill_bytes(&mut seed).map_err(|e| EntropyError(e.to_string()))?;
    Ok(seed)
}

/// A generator with a seed of its own.
///
/// # Errors
///
/// [`EntropyError`] when the operating system gives no randomness.
pub fn generator() -> Result<ChaCha12Rng, EntropyError> {
    Ok(ChaCha12Rng::from_seed(seed()?))
}
