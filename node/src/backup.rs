//! Backups: everything a machine holds and what makes it a member, in one file.
//!
//! A backup is a carry file of everything, with the membership's papers behind the heading. It is
//! consistent while the service runs, for journals only grow. The node's key is left out unless
//! it is asked for: whoever has it can write in the centre's name, so a backup with the key
//! belongs into a safe, and one without it can lie on any disk.
//!
//! A restored machine begins a new incarnation, so that it never gives a number twice, whatever
//! it signed after the backup. What it wrote since then and any other machine holds comes back
//! over the first link.

#[cfg(test)]
mod tests;

use std::fs;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use tongban_protocol::identity::{Credential, CredentialError, NodeId, SigningKey};
use tongban_protocol::time::Timestamp;

use crate::carry::{
    Cargo, CarriedOut, CarryError, CarryReader, CarryWriter, Intake, Load, Part, RefusedRun,
    peek_papers,
};
use crate::join::Welcome;
use crate::membership::{Membership, MembershipError, write_key};
use crate::replica::Replica;
use crate::service::Desk;
use crate::store::{SledStore, Store, StoreError, StoreSettings};

/// Documents in memory while a backup is put back.
const PAPERS_MAX: usize = 16;

/// Whether the node's key is in the backup.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyChoice {
    /// The file may lie anywhere; `restore` then needs the key from elsewhere.
    LeaveOut,
    /// The file is as secret as the machine.
    Include,
}

/// Why a backup cannot be put back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Something is there already.
    #[error("{0} is not empty; give an empty data_dir, nothing is ever written over")]
    NotEmpty(PathBuf),
    /// The file is a carry file, and no backup.
    #[error("the file holds entries, but no membership: it is no backup; use `carry in` for it")]
    NoBackup,
    /// The file does not hold the key, and none was given.
    #[error(
        "the backup does not hold the key of node {0}; give the file with it as `--key`, or join \
         again with a new token, and what the city holds comes back over the link"
    )]
    NoKey(NodeId),
    /// The key is another node's.
    #[error("the key is that of node {found}, and the backup is of node {expected}")]
    OtherKey {
        /// Whose backup it is.
        expected: NodeId,
        /// Whose key it is.
        found: NodeId,
    },
    /// An entry of the backup does not hold.
    #[error("the backup is refused at entry {number} of {journal}: {why}")]
    Refused {
        /// The journal.
        journal: String,
        /// The entry.
        number: u64,
        /// Why.
        why: String,
    },
    /// The file does not hold together.
    #[error(transparent)]
    Carry(#[from] CarryError),
    /// The credential is not the root's.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The membership cannot be written.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// The store cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The directory cannot be read.
    #[error("{0}: {1}")]
    Disk(PathBuf, std::io::Error),
}

/// What makes a machine a member, as it rests in a backup.
#[derive(Debug, Decode, Encode)]
struct PapersV1 {
    #[n(0)]
    version: u8,
    #[n(1)]
    incarnation: u32,
    #[n(2)]
    welcome: Welcome,
    /// The seed of the key, if it was wanted.
    #[cbor(n(3), with = "minicbor::bytes")]
    key: Option<[u8; 32]>,
}

/// What was put back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Restored {
    /// The centre.
    pub centre: String,
    /// What it is called.
    pub name: String,
    /// The incarnation that begins.
    pub incarnation: u32,
    /// Entries put back.
    pub entries: u64,
    /// When the backup was made.
    pub written_at: Timestamp,
}

/// Writes a backup.
///
/// # Errors
///
/// [`CarryError`]; what was written so far is no whole file and will be refused.
pub fn write_backup<S: Store>(
    replica: &Replica<S>,
    membership: &Membership,
    key: KeyChoice,
    now: Timestamp,
    into: impl Write,
) -> Result<CarriedOut, CarryError> {
    let mut load = Load::new(replica, now, &Cargo::All)?;
    let mut writer = CarryWriter::new(into, &load)?;
    writer.papers(&papers(membership, key))?;
    while let Some(runs) = load.next_runs(replica)? {
        writer.block(&runs)?;
    }
    writer.finish()
}

/// Makes a backup without the key, while the service runs; the key never leaves over HTTP.
///
/// # Errors
///
/// [`CarryError`].
pub async fn backup_at(
    desk: &Desk,
    membership: &Membership,
    now: Timestamp,
) -> Result<Vec<u8>, CarryError> {
    let papers = papers(membership, KeyChoice::LeaveOut);
    crate::carry::write_at(desk, now, Cargo::All, Some(&papers)).await
}

fn papers(membership: &Membership, key: KeyChoice) -> Vec<u8> {
    let papers = PapersV1 {
        version: 1,
        incarnation: membership.incarnation,
        welcome: membership.welcome.clone(),
        key: match key {
            KeyChoice::LeaveOut => None,
            KeyChoice::Include => Some(membership.key.to_seed()),
        },
    };
    minicbor::to_vec(papers).unwrap_or_default()
}

/// What is to be put back.
#[derive(Debug)]
pub struct Source<R> {
    /// The backup.
    pub file: R,
    /// The node's key, where the backup does not hold it; it wins where both are there.
    pub key: Option<SigningKey>,
}

/// Puts a backup back into an empty data directory, as a new incarnation of the same node.
///
/// Every entry is checked again on its way in. The papers are written last: a directory in which
/// this failed half-way is no member's.
///
/// # Errors
///
/// [`RestoreError`] says what is in the way.
pub fn restore<R: Read + Seek>(
    data_dir: &Path,
    settings: StoreSettings,
    source: Source<R>,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<Restored, RestoreError> {
    refuse_filled(data_dir)?;
    let Source { mut file, key } = source;
    let papers = read_papers(&mut file)?;
    let mut reader = CarryReader::open(&mut file, &papers.welcome.root)?;
    let credential = Credential::open(&papers.welcome.credential, &papers.welcome.root)?;
    let key = key.or_else(|| papers.key.map(SigningKey::from_seed));
    let key = key.ok_or_else(|| RestoreError::NoKey(credential.node()))?;
    if key.public() != credential.key {
        let (expected, found) = (credential.node(), NodeId::of(&key.public()));
        return Err(RestoreError::OtherKey { expected, found });
    }
    let incarnation = next_incarnation(papers.incarnation, now);
    let membership = Membership { key, welcome: papers.welcome, incarnation };
    let entries = put_back(data_dir, settings, &membership, &mut reader, (now, rng))?;
    write_key(data_dir, &membership.key)?;
    membership.save(data_dir)?;
    Ok(Restored {
        centre: credential.path.centre().to_string(),
        name: membership.welcome.name,
        incarnation,
        entries,
        written_at: reader.heading().statement.at,
    })
}

/// The incarnation after `last`, and one that no earlier restoration from the same backup took:
/// the minute of the restoration, counted from 2020.
fn next_incarnation(last: u32, now: Timestamp) -> u32 {
    let minutes = now.ms_since(YEAR_2020).max(0) / 60_000;
    last.saturating_add(1).max(u32::try_from(minutes).unwrap_or(u32::MAX))
}

const YEAR_2020: Timestamp = Timestamp(1_577_836_800_000);

fn refuse_filled(data_dir: &Path) -> Result<(), RestoreError> {
    let count = match fs::read_dir(data_dir) {
        Ok(entries) => entries.count(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
        Err(error) => return Err(RestoreError::Disk(data_dir.to_owned(), error)),
    };
    if count > 0 { Err(RestoreError::NotEmpty(data_dir.to_owned())) } else { Ok(()) }
}

fn read_papers(file: &mut (impl Read + Seek)) -> Result<PapersV1, RestoreError> {
    let bytes = peek_papers(file)?.ok_or(RestoreError::NoBackup)?;
    let malformed = |why: String| CarryError::Damaged(format!("its papers: {why}"));
    let papers: PapersV1 = minicbor::decode(&bytes).map_err(|e| malformed(e.to_string()))?;
    if papers.version > 1 {
        return Err(CarryError::NewerVersion(papers.version).into());
    }
    Ok(papers)
}

/// Puts the entries back into a new store and returns how many there were.
fn put_back<R: Read + Seek>(
    data_dir: &Path,
    settings: StoreSettings,
    membership: &Membership,
    reader: &mut CarryReader<R>,
    (now, rng): (Timestamp, &mut impl CryptoRng),
) -> Result<u64, RestoreError> {
    let store = SledStore::open(&data_dir.join("store"), settings)?.store;
    let replica = Replica::open(store, membership.member()?, PAPERS_MAX);
    let mut replica = replica.map_err(CarryError::from)?;
    let mut intake = Intake::new(reader);
    while let Some(part) = reader.next_part()? {
        let Part::Block(runs) = part else { continue };
        intake.take(&mut replica, now, runs, rng).map_err(CarryError::from)?;
        replica.commit().map_err(CarryError::from)?;
    }
    let report = intake.finish(&replica);
    match report.refused.into_iter().next() {
        None => Ok(report.entries),
        Some(refused) => {
            let RefusedRun { journal, number, why } = refused;
            Err(RestoreError::Refused { journal, number, why })
        }
    }
}
