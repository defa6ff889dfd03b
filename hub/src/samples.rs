//! The city's part of a sample: the seeds, which lie in a file until they are shown.

use std::path::{Path, PathBuf};

use rand_core::Rng;
use serde::{Deserialize, Serialize};
use tongban_node::membership::{MembershipError, write_whole};
use tongban_node::replica::{Appended, Replica};
use tongban_node::samples::{self, AnnounceWish, SampleError};
use tongban_node::store::Store;
use tongban_protocol::hash::Sha;
use tongban_protocol::time::Timestamp;
use utoipa::ToSchema;

/// The seed of a draw is to be shown.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealWish {
    /// The seed; the one that lies in the data directory where it is left out.
    #[serde(default)]
    pub seed: Option<String>,
    /// Who shows it.
    pub by: String,
}

/// A draw that something was recorded of.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct DrawName {
    /// Its name.
    pub id: String,
}

/// Why a seed could not be kept, or something was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The seed was not written.
    #[error("the seed could not be kept: {0}")]
    Keep(#[from] MembershipError),
    /// There is no seed.
    #[error("no seed lies in {0} for this draw; give the one that was written down")]
    Lost(String),
    /// It was not recorded.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// The replica failed.
    #[error(transparent)]
    Replica(#[from] tongban_node::replica::ReplicaError),
    /// The service has stopped.
    #[error(transparent)]
    Closed(#[from] tongban_node::service::Closed),
}

/// Makes a seed, keeps it beside the store, and only then stages the announcement of its hash.
///
/// # Errors
///
/// [`SeedError`]: nothing was staged.
pub fn announce<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    rng: &mut impl Rng,
    (data_dir, wish): (&Path, AnnounceWish),
) -> Result<(DrawName, Appended), SeedError> {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    let seed = Sha(bytes).to_hex();
    let path = seed_path(data_dir, &Sha::of(seed.as_bytes()).to_hex());
    let (id, appended) = samples::announce(replica, now, rng, (wish, &seed))?;
    write_whole(&path, seed.as_bytes(), 0o600)?;
    Ok((DrawName { id }, appended))
}

/// Stages the seed of a draw: the one that was given, or the one that was kept.
///
/// # Errors
///
/// [`SeedError`]: nothing was staged.
pub fn reveal<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    (data_dir, id): (&Path, &str),
    wish: RevealWish,
) -> Result<(DrawName, Appended), SeedError> {
    let seed = match wish.seed {
        Some(seed) => seed.trim().to_owned(),
        None => {
            let draws = samples::list(replica)?;
            let draw = draws.iter().find(|draw| draw.id == id);
            let hash = draw.ok_or_else(|| SampleError::NotFound(id.to_owned()))?.seed_hash.clone();
            let path = seed_path(data_dir, &hash);
            std::fs::read_to_string(&path)
                .map_err(|_| SeedError::Lost(path.display().to_string()))?
        }
    };
    let ((), appended) = samples::reveal(replica, now, id, (seed, &wish.by))?;
    Ok((DrawName { id: id.to_owned() }, appended))
}

/// Where the seed with such a hash lies.
#[must_use]
pub fn seed_path(data_dir: &Path, hash: &str) -> PathBuf {
    data_dir.join("seeds").join(hash)
}
