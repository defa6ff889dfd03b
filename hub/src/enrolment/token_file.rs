//! A token as the hub remembers it: by the hash of its secret.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tongban_node::join::JoinRequest;
use tongban_node::membership::write_whole;
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::{PublicKey, Token};
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

use super::EnrolmentError;

/// The record on disk.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenFile {
    version: u8,
    secret_hash: String,
    centre: Division,
    expires_at: Timestamp,
    used: Option<Use>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Use {
    at: Timestamp,
    key_hash: String,
}

fn path_of(data_dir: &Path, hash: &str) -> PathBuf {
    data_dir.join("enrolment").join(format!("{}.json", &hash[..32]))
}

impl TokenFile {
    pub(super) fn new(token: &Token) -> Self {
        Self {
            version: 1,
            secret_hash: Sha::of(&token.secret).to_hex(),
            centre: token.centre,
            expires_at: token.expires_at,
            used: None,
        }
    }

    pub(super) fn find(data_dir: &Path, secret: &[u8; 16]) -> Result<Self, EnrolmentError> {
        let hash = Sha::of(secret).to_hex();
        let path = path_of(data_dir, &hash);
        let text = std::fs::read_to_string(&path).map_err(|_| EnrolmentError::UnknownToken)?;
        let file: Self = serde_json::from_str(&text)
            .map_err(|e| EnrolmentError::Malformed { path, why: e.to_string() })?;
        if file.secret_hash == hash { Ok(file) } else { Err(EnrolmentError::UnknownToken) }
    }

    pub(super) fn save(&self, data_dir: &Path) -> Result<(), EnrolmentError> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        Ok(write_whole(&path_of(data_dir, &self.secret_hash), text.as_bytes(), 0o600)?)
    }

    pub(super) const fn centre(&self) -> Division {
        self.centre
    }

    pub(super) fn check(
        &self,
        request: &JoinRequest,
        now: Timestamp,
    ) -> Result<(), EnrolmentError> {
        let centre = self.centre;
        if request.centre != centre {
            return Err(EnrolmentError::OtherCentre { token: centre, claimed: request.centre });
        }
        match &self.used {
            Some(used) if used.key_hash != request.key.fingerprint().to_hex() => {
                Err(EnrolmentError::Used { centre, used_at: used.at })
            }
            Some(_) => Ok(()), // The same machine once more: the answer was lost.
            None if now >= self.expires_at => {
                Err(EnrolmentError::Expired { centre, expired_at: self.expires_at })
            }
            None => Ok(()),
        }
    }

    pub(super) fn use_up(&mut self, key: &PublicKey, now: Timestamp) {
        let key_hash = key.fingerprint().to_hex();
        self.used.get_or_insert(Use { at: now, key_hash });
    }
}
