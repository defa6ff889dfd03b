//! Opening a store, whatever state its files are in.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};

use super::{
    SetAside, SetAsidePart, SledStore, StoreError,
    database::{Database, guarded},
    outbox::Outbox,
    set_aside::{Drawer, sync_dir, write_synced},
    stored::cut,
};

/// How a store uses its machine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StoreSettings {
    /// How much memory sled may keep pages in, in bytes; it takes about 1.5 MB beside that.
    pub cache_bytes: u64,
    /// How much of the disk the store leaves free, in bytes, so that sled never meets a full one.
    pub reserve_bytes: u64,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { cache_bytes: 16 * 1024 * 1024, reserve_bytes: 32 * 1024 * 1024 }
    }
}

/// A store that was opened, and what had to be done for it.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: SledStore,
    /// Whether the store has just been made and has no records.
    ///
    /// If it is so on a machine that has worked before, the store must be rebuilt: from another
    /// machine, and with [`super::Store::unsent`]. A crash before that is done leaves an empty
    /// store for which this is false, so the caller must leave a record when it is done.
    pub is_new: bool,
    /// What was damaged and lies elsewhere now.
    pub set_aside: Vec<SetAside>,
}

/// The files of an open store.
pub(super) struct Files {
    pub(super) database: Database,
    pub(super) log: File,
    pub(super) outbox: Outbox,
    pub(super) lock: File,
    pub(super) is_new: bool,
    pub(super) set_aside: Vec<SetAside>,
}

/// Opens the store of a directory, making it if there is none.
pub(super) fn open(dir: &Path, settings: StoreSettings) -> Result<Files, StoreError> {
    make_dir(dir)?;
    check_format(dir)?; // Before the lock, so that a newer program's directory stays as it is.
    let lock = lock(dir)?;
    let is_known = check_format(dir)?;
    let mut drawer = Drawer::new(dir);
    let mut set_aside = Vec::new();
    let (outbox, tail) = open_outbox(dir, &mut drawer)?;
    sync_dir(dir)?; // The outbox may be new.
    set_aside.extend(tail);
    let path = dir.join(SLED_DIR);
    let mut is_new = !path.exists();
    let tree = match open_sled(&path, settings, is_known && !is_new) {
        Ok(tree) => tree,
        Err(Failure::Environment(error)) => return Err(error),
        Err(Failure::Damage(first)) => {
            let healed = open_without_snapshots(&path, settings, &mut drawer)?;
            if let Some((tree, path)) = healed {
                set_aside.push(SetAside { part: SetAsidePart::Snapshots, path, reason: first });
                tree
            } else {
                let path_aside = drawer.put(&path)?;
                let (part, path_aside) = (SetAsidePart::Database, path_aside);
                set_aside.push(SetAside { part, path: path_aside, reason: first });
                is_new = true;
                open_sled(&path, settings, false).map_err(|failure| failure.into_error(&path))?
            }
        }
    };
    let log_path = path.join(SLED_LOG);
    let log = File::open(&log_path).map_err(|e| StoreError::from_io("open", &log_path, &e))?;
    if is_new || !is_known {
        make_durable(dir, &path, &tree, &log)?;
    }
    let database = Database::new(tree, &path);
    Ok(Files { database, log, outbox, lock, is_new, set_aside })
}

/// Renames the database of a store that nobody has open; the next opening makes a new one.
pub(super) fn set_aside(dir: &Path, reason: &str) -> Result<SetAside, StoreError> {
    check_format(dir)?;
    let _lock = lock(dir)?;
    let path = Drawer::new(dir).put(&dir.join(SLED_DIR))?;
    Ok(SetAside { part: SetAsidePart::Database, path, reason: reason.to_owned() })
}

fn make_dir(dir: &Path) -> Result<(), StoreError> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir).map_err(|error| StoreError::from_io("create", dir, &error))?;
    match dir.parent() {
        Some(parent) if parent != Path::new("") => sync_dir(parent),
        _ => Ok(()),
    }
}

fn lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| StoreError::from_io("open", &path, &error))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(StoreError::InUse { path: dir.to_owned() }),
        Err(error) => Err(StoreError::from_errno("lock", &path, error)),
    }
}

/// Answers whether the directory was once a store, or refuses one that this program cannot read.
fn check_format(dir: &Path) -> Result<bool, StoreError> {
    let path = dir.join(FORMAT_FILE);
    let content = match fs::read(&path) {
        Ok(content) => content,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(StoreError::from_io("read", &path, &error)),
    };
    let number = std::str::from_utf8(&content).ok().and_then(|text| text.strip_prefix(FORMAT_NAME));
    match number.and_then(|number| number.trim_end().parse::<u32>().ok()) {
        Some(FORMAT) => Ok(true),
        Some(found) if found > FORMAT => {
            Err(StoreError::NewerFormat { path: dir.to_owned(), found, supported: FORMAT })
        }
        Some(_) | None => Err(StoreError::UnknownFormat { path }),
    }
}

fn open_outbox(
    dir: &Path,
    drawer: &mut Drawer<'_>,
) -> Result<(Outbox, Option<SetAside>), StoreError> {
    let (mut outbox, tail) = Outbox::open(&dir.join("outbox.log"))?;
    let Some(tail) = tail else { return Ok((outbox, None)) };
    // The copy is safe before the original goes.
    let path = drawer.write("outbox.tail", &tail)?;
    outbox.compact()?;
    let reason = format!("the last {} bytes of the outbox are no whole record", tail.len());
    Ok((outbox, Some(SetAside { part: SetAsidePart::OutboxTail, path, reason })))
}

/// Why sled did not open.
enum Failure {
    /// The machine is to blame, trying again later may help.
    Environment(StoreError),
    /// The files are to blame.
    Damage(String),
}

impl Failure {
    fn into_error(self, path: &Path) -> StoreError {
        match self {
            Self::Environment(error) => error,
            Self::Damage(reason) => {
                StoreError::Io { action: "open", path: path.to_owned(), reason }
            }
        }
    }
}

/// Opens sled and looks whether it is all there at first sight.
///
/// After some power cuts sled opens without complaint and is empty. Each store has a first record,
/// durable before the store is used, so its absence shows that.
fn open_sled(path: &Path, settings: StoreSettings, is_known: bool) -> Result<sled::Db, Failure> {
    let tree = open_unlocked(path, settings)?;
    let looked = guarded(|| -> sled::Result<bool> {
        tree.last()?;
        Ok(tree.get(MARK_KEY)?.is_some_and(|mark| mark == cut(MARK_KEY, MARK).head))
    });
    match looked {
        None => Err(Failure::Damage("sled panicked at its first record".to_owned())),
        Some(Err(error)) => Err(sort(path, error)),
        Some(Ok(false)) if is_known => {
            Err(Failure::Damage("sled came back without its first record".to_owned()))
        }
        Some(Ok(_)) => Ok(tree),
    }
}

/// Waits for threads of an earlier use in this process to let go of the files.
///
/// Only this process can hold sled's own lock, since the store's lock is ours.
fn open_unlocked(path: &Path, settings: StoreSettings) -> Result<sled::Db, Failure> {
    for _ in 0..LOCK_TRIES_MAX {
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

/// Tries again without the files that sled can make anew; gives up with none.
fn open_without_snapshots(
    path: &Path,
    settings: StoreSettings,
    drawer: &mut Drawer<'_>,
) -> Result<Option<(sled::Db, PathBuf)>, StoreError> {
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
    match open_sled(path, settings, true) {
        Ok(tree) => {
            let conf = path.join(SLED_CONF);
            let synced = File::open(&conf).and_then(|file| file.sync_all());
            synced.map_err(|error| StoreError::from_io("sync", &conf, &error))?;
            sync_dir(path)?;
            Ok(Some((tree, place)))
        }
        Err(Failure::Environment(error)) => Err(error),
        Err(Failure::Damage(_)) => Ok(None),
    }
}

/// Makes a new store durable: its files, their names, its first record, and last its format.
fn make_durable(dir: &Path, path: &Path, tree: &sled::Db, log: &File) -> Result<(), StoreError> {
    guarded(|| tree.insert(MARK_KEY, cut(MARK_KEY, MARK).head).and_then(|_| tree.flush()))
        .ok_or_else(|| StoreError::from_panic("write", path))?
        .map_err(|error| StoreError::from_sled("write", path, error))?;
    log.sync_all().map_err(|error| StoreError::from_io("sync", path, &error))?;
    let conf = path.join(SLED_CONF);
    let synced = File::open(&conf).and_then(|file| file.sync_all());
    synced.map_err(|error| StoreError::from_io("sync", &conf, &error))?;
    sync_dir(path)?;
    sync_dir(dir)?;
    let (new, format) = (dir.join("format.new"), dir.join(FORMAT_FILE));
    write_synced(&new, format!("{FORMAT_NAME}{FORMAT}\n").as_bytes())?;
    fs::rename(&new, &format).map_err(|error| StoreError::from_io("write", &format, &error))?;
    sync_dir(dir)
}

fn sort(path: &Path, error: sled::Error) -> Failure {
    match &error {
        sled::Error::Io(io) if is_environment(io) => {
            Failure::Environment(StoreError::from_sled("open", path, error))
        }
        other => Failure::Damage(other.to_string()),
    }
}

/// Answers whether an error says something about the machine and nothing about the file.
fn is_environment(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let Some(Ok(code)) =
        error.raw_os_error().map(|code| Ok::<_, ()>(Errno::from_raw_os_error(code)))
    else {
        return matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::StorageFull);
    };
    [
        Errno::ACCESS,
        Errno::PERM,
        Errno::ROFS,
        Errno::NOSPC,
        Errno::DQUOT,
        Errno::MFILE,
        Errno::NFILE,
        Errno::NOMEM,
        Errno::IO,
        Errno::INTR,
        Errno::AGAIN,
    ]
    .contains(&code)
}

/// sled tells that its file is locked only in words.
fn is_lock(error: &io::Error) -> bool {
    error.kind() == ErrorKind::Other && error.to_string().contains("could not acquire lock")
}

/// The newest format that this program reads, and the only one that it writes.
const FORMAT: u32 = 1;
const FORMAT_FILE: &str = "format";
const FORMAT_NAME: &str = "tongban-store ";
const SLED_DIR: &str = "sled";
const SLED_LOG: &str = "db";
const SLED_CONF: &str = "conf";
/// The first record of each store; no area has the number zero.
const MARK_KEY: &[u8] = b"\0store";
const MARK: &[u8] = b"tongban";
/// Threads of sled end within a second when they have nothing to do.
const LOCK_TRIES_MAX: u32 = 250;
const LOCK_PAUSE: Duration = Duration::from_millis(20);
