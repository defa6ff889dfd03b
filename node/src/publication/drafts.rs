//! Drafts: items that were imported and wait to be checked and published.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tongban_config::facts::FactsError;
use tongban_config::items::{Imported, Quarantined, import, import_json};
use tongban_config::load::{LoadError, facts};
use tongban_config::text::{TextError, check_whole};
use tongban_protocol::catalogue::{Item, ItemId};

use crate::membership::{MembershipError, write_whole};

/// The file, below the data directory.
const FILE: &str = "drafts/items.json";

/// Items that wait, by id.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Drafts(BTreeMap<ItemId, Item>);

/// What a file gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Taken {
    /// The items.
    #[serde(skip)]
    pub items: Vec<Item>,
    /// The rows that were set aside.
    pub quarantined: Vec<Quarantined>,
    /// Columns that nothing was read of.
    pub columns_ignored: Vec<String>,
}

/// Why drafts cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The file cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Something of it was lost.
    #[error("{0} ({zh})", zh = .0.zh())]
    Text(#[from] TextError),
    /// What stands in it is no list of items.
    #[error("{0} ({zh})", zh = .0.zh())]
    Facts(#[from] FactsError),
    /// What stands in it is no list of items.
    #[error("{}: {why}; correct it there", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The ending of its name says neither how to read it.
    #[error("{0}: a list of items ends in .json or .csv")]
    Ending(PathBuf),
    /// The drafts cannot be written.
    #[error(transparent)]
    Write(#[from] MembershipError),
}

impl From<Imported> for Taken {
    fn from(imported: Imported) -> Self {
        let Imported { items, quarantined, columns_ignored } = imported;
        Self { items, quarantined, columns_ignored }
    }
}

/// Reads a list: a CSV of another system, a city's file of items, or items as drafts are kept.
///
/// # Errors
///
/// [`DraftError`] where nothing can be read of it.
pub fn read_list(path: &Path) -> Result<Taken, DraftError> {
    match path.extension().and_then(|it| it.to_str()) {
        Some("csv" | "json") => parse_list(path, &facts(path)?),
        Some(_) | None => Err(DraftError::Ending(path.to_owned())),
    }
}

/// The same of the text of a file, whose name says how to read it.
///
/// # Errors
///
/// As [`read_list`].
pub fn parse_list(path: &Path, text: &str) -> Result<Taken, DraftError> {
    check_whole(text)?;
    let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    match path.extension().and_then(|it| it.to_str()) {
        Some("csv") => Ok(import(&name, text)?.into()),
        Some("json") => Ok(import_json(&name, text)?.into()),
        Some(_) | None => Err(DraftError::Ending(path.to_owned())),
    }
}

fn parse(path: &Path, text: &str) -> Result<Vec<Item>, DraftError> {
    serde_json::from_str(text)
        .map_err(|e| DraftError::Malformed { path: path.to_owned(), why: e.to_string() })
}

impl Drafts {
    /// Reads the drafts of a data directory; none where there is no file.
    ///
    /// # Errors
    ///
    /// [`DraftError`] where the file was edited into something else.
    pub fn load(data_dir: &Path) -> Result<Self, DraftError> {
        let path = data_dir.join(FILE);
        if matches!(fs::metadata(&path), Err(e) if e.kind() == io::ErrorKind::NotFound) {
            return Ok(Self::default());
        }
        let mut drafts = Self::default();
        drafts.take(parse(&path, &facts(&path)?)?);
        Ok(drafts)
    }

    /// Takes items in; one with the id of a draft replaces it. Returns how many were replaced.
    pub fn take(&mut self, items: Vec<Item>) -> usize {
        let replaced = items.into_iter().map(|item| self.0.insert(item.id.clone(), item));
        replaced.flatten().count()
    }

    /// Writes them where [`Self::load`] reads them.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn save(&self, data_dir: &Path) -> Result<PathBuf, DraftError> {
        let path = data_dir.join(FILE);
        let items: Vec<&Item> = self.0.values().collect();
        let text = serde_json::to_string_pretty(&items)
            .map_err(|e| DraftError::Malformed { path: path.clone(), why: e.to_string() })?;
        write_whole(&path, text.as_bytes(), 0o644)?;
        Ok(path)
    }

    /// The drafts, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Item> {
        self.0.values()
    }

    /// One of them.
    #[must_use]
    pub fn find(&self, id: &ItemId) -> Option<&Item> {
        self.0.get(id)
    }
}
