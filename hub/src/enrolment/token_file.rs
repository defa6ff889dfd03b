//! A token as the hub remembers it: by the hash of its secret.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tongban_node::join::JoinRequest;
use tongban_node::membership::{MembershipError, write_whole};
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::{PublicKey, Token};
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

use super::{EnrolmentError, Issuer};

/// The record on disk.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenFile {
    version: u8,
    secret_hash: String,
    centre: Division,
    expires_at: Timestamp,
    used: Option<Use>,
    #[serde(default)]
    issued: Option<Act>,
    #[serde(default)]
    taken_back: Option<Act>,
}

/// Who did something, and when.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Act {
    at: Timestamp,
    by: String,
}

/// A token as the office sees it, which never sees its secret again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenLine {
    /// The name by which it is taken back.
    pub name: String,
    /// The centre.
    pub centre: Division,
    /// The token is worthless from then on.
    pub expires_at: Timestamp,
    /// Who issued it and when, where a page did.
    pub issued: Option<(String, Timestamp)>,
    /// When a machine used it.
    pub used_at: Option<Timestamp>,
    /// Who took it back and when.
    pub taken_back: Option<(String, Timestamp)>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Use {
    at: Timestamp,
    key_hash: String,
}

/// The folder, below the data directory.
const FOLDER: &str = "enrolment";

/// Digits of the hash by which a token is named.
const NAME_DIGITS: usize = 32;

fn path_of(data_dir: &Path, name: &str) -> PathBuf {
    data_dir.join(FOLDER).join(format!("{name}.json"))
}

fn read(path: PathBuf) -> Result<TokenFile, EnrolmentError> {
    let text = std::fs::read_to_string(&path)
        .map_err(|source| MembershipError::Disk { path: path.clone(), source })?;
    serde_json::from_str(&text).map_err(|e| EnrolmentError::Malformed { path, why: e.to_string() })
}

impl TokenFile {
    pub(super) fn new(token: &Token, by: Issuer<'_>) -> Self {
        Self {
            version: 1,
            secret_hash: Sha::of(&token.secret).to_hex(),
            centre: token.centre,
            expires_at: token.expires_at,
            used: None,
            issued: by.map(|(by, at)| Act { at, by: by.to_owned() }),
            taken_back: None,
        }
    }

    pub(super) fn list(
        data_dir: &Path,
    ) -> Result<(Vec<TokenLine>, Vec<EnrolmentError>), EnrolmentError> {
        let folder = data_dir.join(FOLDER);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Default::default()),
            Err(source) => return Err(MembershipError::Disk { path: folder, source }.into()),
        };
        let (mut lines, mut unread) = (Vec::new(), Vec::new());
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        for path in paths.filter(|path| path.extension().is_some_and(|it| it == "json")) {
            match read(path) {
                Ok(file) => lines.push(file.line()),
                Err(error) => unread.push(error),
            }
        }
        lines.sort_by(|a, b| (b.expires_at, &b.name).cmp(&(a.expires_at, &a.name)));
        Ok((lines, unread))
    }

    fn line(self) -> TokenLine {
        let act = |act: Option<Act>| act.map(|Act { at, by }| (by, at));
        TokenLine {
            name: self.name().to_owned(),
            centre: self.centre,
            expires_at: self.expires_at,
            issued: act(self.issued),
            used_at: self.used.map(|it| it.at),
            taken_back: act(self.taken_back),
        }
    }

    fn name(&self) -> &str {
        self.secret_hash.get(..NAME_DIGITS).unwrap_or(&self.secret_hash)
    }

    /// The token that the office names.
    pub(super) fn named(data_dir: &Path, name: &str) -> Result<Self, EnrolmentError> {
        let path = path_of(data_dir, name);
        let is_name = name.bytes().all(|byte| byte.is_ascii_hexdigit()); // And so no path.
        if !is_name || name.len() != NAME_DIGITS || !path.is_file() {
            return Err(EnrolmentError::NoSuchToken(name.chars().take(NAME_DIGITS).collect()));
        }
        read(path)
    }

    /// Makes it worthless; a second time changes nothing.
    pub(super) fn cancel(&mut self, now: Timestamp, by: &str) -> Result<(), EnrolmentError> {
        if let Some(used) = &self.used {
            return Err(EnrolmentError::Used { centre: self.centre, used_at: used.at });
        }
        self.taken_back.get_or_insert_with(|| Act { at: now, by: by.to_owned() });
        Ok(())
    }

    pub(super) fn find(data_dir: &Path, secret: &[u8; 16]) -> Result<Self, EnrolmentError> {
        let hash = Sha::of(secret).to_hex();
        let file = match read(path_of(data_dir, &hash[..NAME_DIGITS])) {
            Err(EnrolmentError::Membership(_)) => return Err(EnrolmentError::UnknownToken),
            read => read?,
        };
        if file.secret_hash == hash { Ok(file) } else { Err(EnrolmentError::UnknownToken) }
    }

    pub(super) fn save(&self, data_dir: &Path) -> Result<(), EnrolmentError> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        Ok(write_whole(&path_of(data_dir, self.name()), text.as_bytes(), 0o600)?)
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
        if let Some(Act { at, .. }) = &self.taken_back {
            return Err(EnrolmentError::TakenBack { centre, at: *at });
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
