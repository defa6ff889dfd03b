//! What rests beside the store: the lists that are worked on, and which column is which by the
//! names of the columns. The lists hold names and numbers of people, as the store does: nobody but
//! the service may read them, and the oldest give way.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use tongban_protocol::hash::Sha;

use super::{ImportError, Imported, Mapping, Sheet};
use crate::membership::write_whole;

/// Lists that are kept; the oldest gives way.
const LISTS_MAX: usize = 20;

/// Sets of columns that are remembered.
const MAPPINGS_MAX: usize = 200;

/// The name of a list: the hash of its bytes, 32 hexadecimal digits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Name(String);

impl Name {
    fn of(bytes: &[u8]) -> Self {
        Self(data_encoding::HEXLOWER.encode(&Sha::of(bytes).0[..16]))
    }

    /// As it stands in addresses.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = ImportError;

    fn from_str(text: &str) -> Result<Self, ImportError> {
        let is_name =
            text.len() == 32 && text.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
        if is_name { Ok(Self(text.to_owned())) } else { Err(ImportError::Gone) }
    }
}

/// The mappings, by the names of the columns; what was used last stands last.
#[derive(Debug, Default, Deserialize, Serialize)]
struct MappingsV1 {
    version: u8,
    used: u64,
    by_head: BTreeMap<String, (u64, Mapping)>,
}

/// The folder beside the store.
#[derive(Clone, Debug)]
pub struct Imports {
    folder: PathBuf,
}

impl Imports {
    /// In a data directory.
    #[must_use]
    pub fn of(data_dir: &Path) -> Self {
        Self { folder: data_dir.join("imports") }
    }

    /// Keeps a list that can be read, and gives its name.
    ///
    /// # Errors
    ///
    /// As [`Sheet::read`], and the disk's.
    pub fn keep(&self, bytes: &[u8]) -> Result<Name, ImportError> {
        Sheet::read(bytes)?;
        let name = Name::of(bytes);
        write_whole(&self.list(&name), bytes, 0o600)?;
        self.make_room();
        Ok(name)
    }

    /// Reads a list again.
    ///
    /// # Errors
    ///
    /// [`ImportError::Gone`] where it has given way.
    pub fn sheet(&self, name: &Name) -> Result<Sheet, ImportError> {
        let bytes = fs::read(self.list(name)).map_err(|_| ImportError::Gone)?;
        Sheet::read(&bytes)
    }

    /// Which column was which the last time that columns had these names.
    #[must_use]
    pub fn remembered(&self, head: &[String]) -> Option<Mapping> {
        let mapping = self.mappings().by_head.remove(&head_key(head))?.1;
        (mapping.len() == head.len()).then_some(mapping)
    }

    /// Remembers which column is which.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn remember(&self, head: &[String], mapping: &Mapping) -> Result<(), ImportError> {
        let mut known = self.mappings();
        known.version = 1;
        known.used += 1;
        known.by_head.insert(head_key(head), (known.used, mapping.clone()));
        while known.by_head.len() > MAPPINGS_MAX {
            let oldest = known.by_head.iter().min_by_key(|(_, (used, _))| *used);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else { break };
            known.by_head.remove(&oldest);
        }
        let text = serde_json::to_string(&known).unwrap_or_default();
        Ok(write_whole(&self.folder.join("mappings.json"), text.as_bytes(), 0o600)?)
    }

    /// Keeps what became of a list, so that the rows that were not taken can be fetched.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn keep_outcome(&self, name: &Name, imported: &Imported) -> Result<(), ImportError> {
        let text = serde_json::to_string(imported).unwrap_or_default();
        Ok(write_whole(&self.outcome_path(name), text.as_bytes(), 0o600)?)
    }

    /// What became of a list; none where it was not imported yet.
    #[must_use]
    pub fn outcome(&self, name: &Name) -> Option<Imported> {
        serde_json::from_slice(&fs::read(self.outcome_path(name)).ok()?).ok()
    }

    fn list(&self, name: &Name) -> PathBuf {
        self.folder.join(format!("{}.csv", name.0))
    }

    fn outcome_path(&self, name: &Name) -> PathBuf {
        self.folder.join(format!("{}.json", name.0))
    }

    /// A file that cannot be read remembers nothing: the columns are guessed again.
    fn mappings(&self) -> MappingsV1 {
        let read = fs::read(self.folder.join("mappings.json")).ok();
        read.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Removes the oldest lists; one that cannot be removed now is tried again the next time.
    fn make_room(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let lists = entries.flatten().map(|entry| entry.path());
        let mut lists: Vec<(SystemTime, PathBuf)> = lists
            .filter(|path| path.extension().is_some_and(|it| it == "csv"))
            .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
            .collect();
        lists.sort();
        let surplus = lists.len().saturating_sub(LISTS_MAX);
        for (_, path) in lists.into_iter().take(surplus) {
            let gone = fs::remove_file(&path).and_then(|()| {
                match fs::remove_file(path.with_extension("json")) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
                    _ => Ok(()),
                }
            });
            if let Err(error) = gone {
                tracing::warn!(path = %path.display(), %error, "an old list stays");
            }
        }
    }
}

fn head_key(head: &[String]) -> String {
    head.join("\u{1f}")
}
