//! What makes a machine a member of the city, on disk beside the store.
//!
//! It lies outside the store because it must survive the store: a machine whose store was set
//! aside still knows who it is, and that it begins a new incarnation.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use tongban_protocol::identity::{Credential, CredentialError, PublicKey, SigningKey};

use crate::join::Welcome;
use crate::link::{CertificateDer, LinkMaterial};
use crate::replica::Member;

/// A member's papers and key.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The key; it never leaves the machine.
    pub key: SigningKey,
    /// What the hub answered when the machine joined.
    pub welcome: Welcome,
    /// How often the machine has been restored.
    pub incarnation: u32,
}

/// Why a membership cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum MembershipError {
    /// The machine has not joined.
    #[error(
        "this machine has not joined a city: {0} is not there; run `join` with a token from the city"
    )]
    NotJoined(PathBuf),
    /// The machine has joined before.
    #[error(
        "this machine is a member already: {0} exists; if it does not find the hub any more, `renew --address HOST:PORT` with the hub's address; to join another time, give another data_dir"
    )]
    AlreadyJoined(PathBuf),
    /// A file is not what was written.
    #[error("{path} cannot be understood: {why}; restore it from a backup or join again")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The disk does not let us.
    #[error("{path}: {source}; {remedy}", remedy = remedy(source))]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The credential is not the root's.
    #[error("{0}")]
    Credential(#[from] CredentialError),
}

/// The record on disk; the key rests in a file of its own.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct MembershipV1 {
    version: u8,
    incarnation: u32,
    name: String,
    parents: Vec<String>,
    credential: String,
    certificate: String,
    root_certificate: String,
    root_key: String,
}

fn record_path(data_dir: &Path) -> PathBuf {
    data_dir.join("membership.json")
}

fn key_path(data_dir: &Path) -> PathBuf {
    data_dir.join("node.key")
}

impl Membership {
    /// Reads the membership of a data directory.
    ///
    /// # Errors
    ///
    /// [`MembershipError`] says which file is missing or wrong.
    pub fn load(data_dir: &Path) -> Result<Self, MembershipError> {
        let path = record_path(data_dir);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(MembershipError::NotJoined(path));
            }
            other => {
                other.map_err(|source| MembershipError::Disk { path: path.clone(), source })?
            }
        };
        let malformed = |why: String| MembershipError::Malformed { path: path.clone(), why };
        let record: MembershipV1 =
            serde_json::from_str(&text).map_err(|e| malformed(e.to_string()))?;
        let hex = |field: &str, text: &str| {
            HEXLOWER.decode(text.as_bytes()).map_err(|e| malformed(format!("{field}: {e}")))
        };
        let root: [u8; 32] = hex("root_key", &record.root_key)?
            .try_into()
            .map_err(|_| malformed("root_key has not 32 bytes".to_owned()))?;
        let welcome = Welcome {
            credential: hex("credential", &record.credential)?,
            certificate: hex("certificate", &record.certificate)?,
            root_certificate: hex("root_certificate", &record.root_certificate)?,
            root: PublicKey(root),
            parents: record.parents,
            name: record.name,
        };
        let key = read_key(data_dir)?.ok_or_else(|| {
            let why = format!("its key {} is missing", key_path(data_dir).display());
            malformed(why)
        })?;
        Ok(Self { key, welcome, incarnation: record.incarnation })
    }

    /// Writes the membership, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`MembershipError::Disk`].
    pub fn save(&self, data_dir: &Path) -> Result<(), MembershipError> {
        let record = MembershipV1 {
            version: 1,
            incarnation: self.incarnation,
            name: self.welcome.name.clone(),
            parents: self.welcome.parents.clone(),
            credential: HEXLOWER.encode(&self.welcome.credential),
            certificate: HEXLOWER.encode(&self.welcome.certificate),
            root_certificate: HEXLOWER.encode(&self.welcome.root_certificate),
            root_key: HEXLOWER.encode(&self.welcome.root.0),
        };
        let text = serde_json::to_string_pretty(&record).unwrap_or_default();
        write_whole(&record_path(data_dir), text.as_bytes(), 0o644)
    }

    /// Who this machine is, for the replica.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] if the credential is not the root's.
    pub fn member(&self) -> Result<Member, CredentialError> {
        let credential = Credential::open(&self.welcome.credential, &self.welcome.root)?;
        Ok(Member {
            key: self.key.clone(),
            sealed: self.welcome.credential.clone(),
            credential,
            incarnation: self.incarnation,
            root: self.welcome.root,
        })
    }

    /// Key and certificates, for links.
    #[must_use]
    pub fn material(&self) -> LinkMaterial {
        LinkMaterial {
            chain: vec![CertificateDer::from(self.welcome.certificate.clone())],
            key: self.key.to_seed(),
            root: CertificateDer::from(self.welcome.root_certificate.clone()),
        }
    }
}

/// Reads the key of a data directory, if there is one.
///
/// # Errors
///
/// [`MembershipError`] when the file cannot be read or is no key.
pub fn read_key(data_dir: &Path) -> Result<Option<SigningKey>, MembershipError> {
    let path = key_path(data_dir);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|source| MembershipError::Disk { path: path.clone(), source })?,
    };
    let seed = HEXLOWER.decode(text.trim().as_bytes()).ok().and_then(|seed| seed.try_into().ok());
    let why = "it is no 64 hexadecimal digits".to_owned();
    seed.map(|seed| Some(SigningKey::from_seed(seed)))
        .ok_or(MembershipError::Malformed { path, why })
}

/// Writes the key of a data directory, readable by its owner alone.
///
/// # Errors
///
/// [`MembershipError::Disk`].
pub fn write_key(data_dir: &Path, key: &SigningKey) -> Result<(), MembershipError> {
    write_whole(&key_path(data_dir), HEXLOWER.encode(&key.to_seed()).as_bytes(), 0o600)
}

/// Refuses a directory whose machine is a member already.
///
/// # Errors
///
/// [`MembershipError::AlreadyJoined`].
pub fn refuse_joined(data_dir: &Path) -> Result<(), MembershipError> {
    let path = record_path(data_dir);
    if path.exists() { Err(MembershipError::AlreadyJoined(path)) } else { Ok(()) }
}

/// What a person can do when the system does not let us at a file.
#[must_use]
pub fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "check the name, and that its folder is there",
        io::ErrorKind::PermissionDenied => {
            "give this user the right to it, or choose another place"
        }
        io::ErrorKind::ReadOnlyFilesystem => "mount the disk for writing, or choose another place",
        io::ErrorKind::StorageFull => "make room on the disk",
        io::ErrorKind::IsADirectory => "this is a folder; name a file in it",
        io::ErrorKind::NotADirectory => "a part of the path is a file; choose another name",
        _ => "see whether the disk is in order",
    }
}

/// Writes a file so that a crash leaves the old one or the new one, and never half of either.
///
/// # Errors
///
/// [`MembershipError::Disk`].
pub fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> Result<(), MembershipError> {
    let write = || {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."), // A bare name lies where the command was given.
        };
        fs::create_dir_all(folder)?;
        let new = path.with_extension("new");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|source| MembershipError::Disk { path: path.to_owned(), source })
}
