//! Setting damaged files aside: they get a new name, and are never deleted.

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{StoreError, opening::SLED_DIR};

/// Something that was damaged and now lies in a directory of its own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SetAside {
    /// What it was.
    pub part: SetAsidePart,
    /// Where it is now.
    pub path: PathBuf,
    /// What was wrong with it, for the log and the operator.
    pub reason: String,
}

/// What was set aside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SetAsidePart {
    /// The database's snapshots, which it can do without: no record is lost.
    Snapshots,
    /// The whole database: the store is empty and must be rebuilt.
    Database,
    /// The end of the outbox, from the first damaged record on; often one unfinished write.
    OutboxTail,
}

/// The directory into which one opening of a store puts what is damaged, made when needed.
#[derive(Debug)]
pub(super) struct Drawer<'a> {
    store: &'a Path,
    chosen: Option<PathBuf>,
}

impl<'a> Drawer<'a> {
    pub(super) fn new(store: &'a Path) -> Self {
        Self { store, chosen: None }
    }

    /// Moves a file or directory of the store into the drawer and returns its new path.
    pub(super) fn put(&mut self, path: &Path) -> Result<PathBuf, StoreError> {
        let drawer = self.open()?;
        let new_path = drawer.join(path.file_name().unwrap_or_default());
        fs::rename(path, &new_path)
            .map_err(|error| StoreError::from_io("set aside", path, &error))?;
        sync_dir(&drawer)?;
        sync_dir(path.parent().unwrap_or(self.store))?;
        Ok(new_path)
    }

    /// Writes bytes into a new file of the drawer and returns its path.
    pub(super) fn write(&mut self, name: &str, bytes: &[u8]) -> Result<PathBuf, StoreError> {
        let drawer = self.open()?;
        let path = drawer.join(name);
        write_synced(&path, bytes)?;
        sync_dir(&drawer)?;
        Ok(path)
    }

    fn open(&mut self) -> Result<PathBuf, StoreError> {
        if let Some(chosen) = &self.chosen {
            return Ok(chosen.clone());
        }
        for number in 1..=DRAWERS_MAX {
            let path = self.store.join(format!("damaged-{number}"));
            match fs::create_dir(&path) {
                Ok(()) => {
                    sync_dir(self.store)?;
                    return Ok(self.chosen.insert(path).clone());
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(StoreError::from_io("create", &path, &error)),
            }
        }
        let (path, action) = (self.store.join(format!("damaged-{DRAWERS_MAX}")), "set aside in");
        let reason = "too many are there already, move them away".to_owned();
        Err(StoreError::Io { action, path, reason })
    }
}

/// Returns where damaged parts of a store lie, until a person takes them away.
pub(super) fn drawers(dir: &Path) -> Vec<PathBuf> {
    let names = (1..=DRAWERS_MAX).map(|number| dir.join(format!("damaged-{number}")));
    names.filter(|path| path.is_dir()).collect()
}

/// Answers whether a whole database was set aside and lies there still.
pub(super) fn has_database(dir: &Path) -> bool {
    drawers(dir).iter().any(|drawer| drawer.join(SLED_DIR).is_dir())
}

/// Writes a file and makes its content durable; its name needs [`sync_dir`].
pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    use std::io::Write;
    File::create(path)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(|error| StoreError::from_io("write", path, &error))
}

/// Makes the names in a directory durable.
pub(super) fn sync_dir(path: &Path) -> Result<(), StoreError> {
    File::open(path)
        .and_then(|dir| dir.sync_all())
        .map_err(|error| StoreError::from_io("sync", path, &error))
}

/// A store that was damaged this often has a disk to be replaced.
const DRAWERS_MAX: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_opening_gets_a_drawer_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        for number in 1..=3 {
            let file = dir.path().join("file");
            fs::write(&file, [number]).unwrap();
            let path = Drawer::new(dir.path()).put(&file).unwrap();
            assert_eq!(path, dir.path().join(format!("damaged-{number}/file")));
            assert!(!file.exists());
        }
        assert_eq!(fs::read(dir.path().join("damaged-2/file")).unwrap(), [2]);
    }
}
