//! Where the city's data lies.

use std::path::{Path, PathBuf};

use super::DemoError;

/// A directory that is kept, or one that is gone when this is dropped.
#[derive(Debug)]
pub(super) enum Folder {
    Given(PathBuf),
    Temporary(tempfile::TempDir),
}

impl Folder {
    pub(super) fn open(given: Option<&Path>) -> Result<Self, DemoError> {
        let Some(path) = given else {
            let dir = tempfile::Builder::new().prefix("tongban-demo-").tempdir();
            let path = std::env::temp_dir();
            return dir.map(Self::Temporary).map_err(|source| DemoError::Disk { path, source });
        };
        let disk = |source| DemoError::Disk { path: path.to_owned(), source };
        std::fs::create_dir_all(path).map_err(disk)?;
        if std::fs::read_dir(path).map_err(disk)?.next().is_some() {
            return Err(DemoError::NotEmpty(path.to_owned()));
        }
        Ok(Self::Given(path.to_owned()))
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(dir) => dir.path(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_with_anything_in_it_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let new = dir.path().join("a/b");
        assert_eq!(Folder::open(Some(&new)).unwrap().path(), new);
        std::fs::write(new.join("letter"), "dear").unwrap();
        let refused = Folder::open(Some(&new)).unwrap_err().to_string();
        assert!(refused.contains("is not empty; give a new directory"), "{refused}");
        assert_eq!(std::fs::read_to_string(new.join("letter")).unwrap(), "dear");
        let inside = Folder::open(Some(&new.join("letter"))).unwrap_err();
        assert!(matches!(inside, DemoError::Disk { .. }), "{inside}");
    }

    #[test]
    fn a_temporary_directory_is_gone_when_the_demo_is() {
        let folder = Folder::open(None).unwrap();
        let path = folder.path().to_owned();
        std::fs::write(path.join("x"), "x").unwrap();
        drop(folder);
        assert!(!path.exists());
    }
}
