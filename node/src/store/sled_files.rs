//! Opening sled over files in any state.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::io::Errno;

use super::{
    StoreError, StoreSettings,
    database::{COMMITS_KEY, guarded},
    set_aside::{Drawer, sync_dir},
};

/// A database that opened and is all there at first sight.
pub(super) struct OpenSled {
    pub(super) tree: sled::Db,
    /// How many commits it has; none if it was never a store's.
    pub(super) commits: Option<u64>,
}

/// Why sled did not open.
pub(super) enum Failure {
    /// The machine is to blame, trying again later may help.
    Environment(StoreError),
    /// The files are to blame.
    Damage(String),
}

impl Failure {
    pub(super) fn into_error(self, path: &Path) -> StoreError {
        match self {
            Self::Environment(error) => error,
            Self::Damage(reason) => {
                StoreError::Io { action: "open", path: path.to_owned(), reason }
            }
        }
    }
}

/// Opens sled and looks whether it has the commits that it must have.
///
/// After some power cuts sled opens without complaint and is empty, or lacks its last batch.
pub(super) fn open(
    path: &Path,
    settings: StoreSettings,
    commits_min: Option<u64>,
) -> Result<OpenSled, Failure> {
    let tree = open_unlocked(path, settings)?;
    let looked = guarded(|| -> sled::Result<Option<sled::IVec>> {
        tree.last()?;
        tree.get(COMMITS_KEY)
    });
    let found = looked
        .ok_or_else(|| Failure::Damage("sled panicked at its first record".to_owned()))?
        .map_err(|error| sort(path, error))?;
    let commits = found.map(|bytes| bytes.as_ref().try_into().map(u64::from_le_bytes));
    let commits = commits
        .transpose()
        .map_err(|_| Failure::Damage("the count of commits in sled is no number".to_owned()))?;
    if commits < commits_min {
        let (found, wanted) = (commits.unwrap_or(0), commits_min.unwrap_or(0));
        let reason = format!("sled came back with {found} commits, it had {wanted} or more");
        return Err(Failure::Damage(reason));
    }
    Ok(OpenSled { tree, commits })
}

/// Tries again without the files that sled can make anew; gives up with none.
pub(super) fn open_without_snapshots(
    path: &Path,
    settings: StoreSettings,
    commits_min: Option<u64>,
    drawer: &mut Drawer<'_>,
) -> Result<Option<(OpenSled, PathBuf)>, StoreError> {
    let failed = |error: io::Error| StoreError::from_io("read", path, &error);
    let mut place = None;
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if name == SLED_CONF || name.to_string_lossy().starts_with("snap.") {
            place = drawer.put(&entry.path())?.parent().map(Path::to_owned);
        }
    }
    let Some(place) = place else { return Ok(None) };
    match open(path, settings, commits_min) {
        Ok(sled) => {
            sync_names(path)?;
            Ok(Some((sled, place)))
        }
        Err(Failure::Environment(error)) => Err(error),
        Err(Failure::Damage(_)) => Ok(None),
    }
}

/// Returns how long the snapshot is that sled wrote when it opened; zero if there is none.
pub(super) fn snapshot_bytes(path: &Path) -> u64 {
    let files = fs::read_dir(path).into_iter().flatten().flatten();
    let snapshots = files.filter(|file| file.file_name().to_string_lossy().starts_with("snap."));
    snapshots.filter_map(|file| file.metadata().ok()).map(|file| file.len()).max().unwrap_or(0)
}

/// Takes away the snapshot that sled could not write to its end just now, over which it would
/// stumble; what it was made of is all in the log.
pub(super) fn drop_unfinished(path: &Path) -> Result<(), StoreError> {
    let failed = |error: io::Error| StoreError::from_io("read", path, &error);
    for entry in fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file.extension().is_some_and(|ending| ending == "generating") {
            fs::remove_file(&file).map_err(|error| StoreError::from_io("remove", &file, &error))?;
        }
    }
    sync_dir(path)
}

/// Opens sled's log file by a handle of our own, for syncing.
pub(super) fn open_log(path: &Path) -> Result<File, StoreError> {
    let path = path.join("db");
    File::open(&path).map_err(|error| StoreError::from_io("open", &path, &error))
}

/// Makes sled's settings durable, and the names of its files, which sled never does.
pub(super) fn sync_names(path: &Path) -> Result<(), StoreError> {
    let conf = path.join(SLED_CONF);
    File::open(&conf)
        .and_then(|file| file.sync_all())
        .map_err(|error| StoreError::from_io("sync", &conf, &error))?;
    sync_dir(path)
}

/// Waits for threads of an earlier use in this process to let go of the files.
///
/// Only this process can hold sled's own lock, since the store's lock is ours.
fn open_unlocked(path: &Path, settings: StoreSettings) -> Result<sled::Db, Failure> {
    for _ in 0..LOCK_TRIES_MAX {
        // Its `mode` is left alone: version 0.34.7 reads it nowhere.
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(settings.cache_bytes)
            .flush_every_ms(None);
        match guarded(|| config.open()) {
            None => return Err(Failure::Damage("sled panicked while opening".to_owned())),
            Some(Ok(tree)) => return Ok(tree),
            Some(Err(sled::Error::Io(error))) if is_lock(&error) => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "sled gives no sign when it is done"
                )]
                std::thread::sleep(LOCK_PAUSE);
            }
            Some(Err(error)) => return Err(sort(path, error)),
        }
    }
    Err(Failure::Environment(StoreError::InUse { path: path.to_owned() }))
}

fn sort(path: &Path, error: sled::Error) -> Failure {
    match error {
        sled::Error::Io(error) if is_environment(&error) => {
            Failure::Environment(StoreError::from_io("open", path, &error))
        }
        other => Failure::Damage(other.to_string()),
    }
}

/// Answers whether an error says something about the machine and nothing about the file.
fn is_environment(error: &io::Error) -> bool {
    match error.raw_os_error() {
        Some(code) => ENVIRONMENT.contains(&Errno::from_raw_os_error(code)),
        None => matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::StorageFull),
    }
}

/// sled tells that its file is locked only in words.
fn is_lock(error: &io::Error) -> bool {
    error.kind() == ErrorKind::Other && error.to_string().contains("could not acquire lock")
}

const ENVIRONMENT: [Errno; 11] = [
    Errno::ACCESS,
    Errno::AGAIN,
    Errno::DQUOT,
    Errno::INTR,
    Errno::IO,
    Errno::MFILE,
    Errno::NFILE,
    Errno::NOMEM,
    Errno::NOSPC,
    Errno::PERM,
    Errno::ROFS,
];
/// Where sled keeps its own settings.
const SLED_CONF: &str = "conf";
/// Threads of sled end within a second when they have nothing to do.
const LOCK_TRIES_MAX: u32 = 250;
const LOCK_PAUSE: Duration = Duration::from_millis(20);
