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
    // The file of a draw that is then refused does no harm: nothing asks for its hash.
    write_whole(&path, seed.as_bytes(), 0o600)?;
    let (id, appended) = samples::announce(replica, now, rng, (wish, &seed))?;
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rand_chacha::ChaCha12Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::fixture::{NINE, city};

    #[test]
    fn a_draw_whose_seed_cannot_be_kept_is_not_announced() {
        let mut city = city();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("seeds"), "in the way").unwrap();
        let wish = || AnnounceWish {
            from: date(2026, 12, 1),
            to: date(2026, 12, 31),
            per_centre: 3,
            drawn_on: date(2027, 1, 20),
            by: "督查科".to_owned(),
        };
        let mut rng = ChaCha12Rng::from_seed([1; 32]);
        let refused = announce(&mut city, NINE, &mut rng, (dir.path(), wish())).unwrap_err();
        assert!(matches!(refused, SeedError::Keep(_)), "{refused}");
        assert!(!city.is_staged());
        std::fs::remove_file(dir.path().join("seeds")).unwrap();
        let (draw, _) = announce(&mut city, NINE, &mut rng, (dir.path(), wish())).unwrap();
        city.commit().unwrap();
        let hash = samples::list(&city).unwrap().remove(0).seed_hash;
        let seed = std::fs::read_to_string(seed_path(dir.path(), &hash)).unwrap();
        assert_eq!(Sha::of(seed.as_bytes()).to_string(), hash, "{}", draw.id);
    }
}
