//! The file in which accounts, sign-ins and tokens rest.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tongban_protocol::time::Timestamp;

use super::error::AccountsError;
use super::{DEVICE_MS, Device, SESSION_MS, Scope};
use crate::membership::write_whole;

/// The record on disk.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountsV1 {
    version: u8,
    pub(super) accounts: BTreeMap<String, AccountRecord>,
    /// Who is signed in, the longest first.
    pub(super) sessions: Vec<SessionRecord>,
    /// By the name of the program.
    pub(super) tokens: BTreeMap<String, TokenRecord>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountRecord {
    /// As a PHC string; none until the owner has set one.
    pub(super) password: Option<String>,
    pub(super) administers: bool,
    pub(super) invitation: Option<Invitation>,
    /// Wrong passwords in a row.
    pub(super) failures: u32,
    pub(super) locked_until: Option<Timestamp>,
    pub(super) is_closed: bool,
}

/// A one-time link.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Invitation {
    /// The hash of its code.
    pub(super) code: String,
    pub(super) until: Timestamp,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionRecord {
    /// The hash of what the browser keeps.
    pub(super) token: String,
    pub(super) name: String,
    pub(super) since: Timestamp,
    /// Whose it is not: a browser in the hall, which that name opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) device: Option<Device>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenRecord {
    /// The hash of the token.
    pub(super) token: String,
    pub(super) scope: Scope,
    pub(super) until: Timestamp,
}

impl AccountRecord {
    pub(super) fn is_invited(&self, now: Timestamp, hash: &str) -> bool {
        self.invitation.as_ref().is_some_and(|it| it.code == hash && now < it.until)
    }
}

impl SessionRecord {
    /// False after a shift, of a browser in the hall after [`DEVICE_MS`], and for a clock that was
    /// set back.
    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        let lasts_ms = if self.device.is_some() { DEVICE_MS } else { SESSION_MS };
        (0..lasts_ms).contains(&now.ms_since(self.since))
    }
}

impl AccountsV1 {
    const VERSION: u8 = 1;

    /// Reads the file; there is none before the first account.
    pub(super) fn read(path: &Path) -> Result<Self, AccountsError> {
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::empty()),
            other => {
                other.map_err(|source| AccountsError::Disk { path: path.to_owned(), source })?
            }
        };
        let malformed = |why: String| AccountsError::Malformed { path: path.to_owned(), why };
        let read: Self = serde_json::from_str(&text).map_err(|e| malformed(e.to_string()))?;
        match read.version {
            Self::VERSION => Ok(read),
            version => Err(malformed(format!("it is of version {version}, this program of 1"))),
        }
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), AccountsError> {
        let text = serde_json::to_string(self).unwrap_or_default();
        Ok(write_whole(path, text.as_bytes(), 0o600)?)
    }

    const fn empty() -> Self {
        Self {
            version: Self::VERSION,
            accounts: BTreeMap::new(),
            sessions: Vec::new(),
            tokens: BTreeMap::new(),
        }
    }
}
