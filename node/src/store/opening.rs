//! Opening a store, whatever state its files are in.

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::Path,
};

use super::{
    SetAside, SetAsidePart, SledStore, StoreError, ballast,
    database::{COMMITS_KEY, Database, guarded},
    outbox::Outbox,
    set_aside::{Drawer, sync_dir, write_synced},
    sled_files::{self, Failure, OpenSled},
    tip::Tip,
};

/// How a store uses its machine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StoreSettings {
    /// How much memory sled may keep pages in, in bytes; it takes about 1.5 MB beside that.
    pub cache_bytes: u64,
    /// How much of the disk the store leaves free, in bytes, so that sled never meets a full one;
    /// at least 4 MiB are left in any case.
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
    pub(super) tip: Tip,
    pub(super) commits: u64,
    pub(super) is_new: bool,
    pub(super) set_aside: Vec<SetAside>,
}

/// Opens the store of a directory, making it if there is none.
pub(super) fn open(dir: &Path, settings: StoreSettings) -> Result<Files, StoreError> {
    make_dir(dir)?;
    check_format(dir)?; // Before the lock, so that a newer program's directory stays as it is.
    let tip = Tip::lock(dir)?;
    let is_known = check_format(dir)?;
    let mut drawer = Drawer::new(dir);
    let mut set_aside = Vec::new();
    let (outbox, tail) = open_outbox(dir, &mut drawer)?;
    set_aside.extend(tail);
    sync_dir(dir)?; // The outbox and the tip may be new.

    let path = dir.join(SLED_DIR);
    let commits_min = (is_known && path.exists()).then(|| tip.commits());
    let mut opened = sled_files::open(&path, settings, commits_min);
    if matches!(opened, Err(Failure::Environment(StoreError::Full { .. })))
        && ballast::drop_from(dir)
    {
        sled_files::drop_unfinished(&path)?;
        opened = sled_files::open(&path, settings, commits_min);
    }
    let sled = match opened {
        Ok(sled) => sled,
        Err(Failure::Environment(error)) => return Err(error),
        Err(Failure::Damage(reason)) => {
            let (sled, aside) = heal(&path, settings, commits_min, &mut drawer, &tip)?;
            set_aside.push(SetAside { reason, ..aside });
            sled
        }
    };
    let OpenSled { tree, commits } = sled;
    let log = sled_files::open_log(&path)?;
    if commits.is_none() {
        start(&path, &tree, &log, &tip)?;
    }
    if commits.is_none() || !is_known {
        name_format(dir)?;
    }
    ballast::take(dir, sled_files::snapshot_bytes(&path));
    let (database, is_new) = (Database::new(tree, &path), commits.is_none());
    Ok(Files { database, log, outbox, tip, commits: commits.unwrap_or(0), is_new, set_aside })
}

/// Renames the database of a store that nobody has open; the next opening makes a new one.
pub(super) fn set_aside(dir: &Path, reason: &str) -> Result<SetAside, StoreError> {
    check_format(dir)?;
    let tip = Tip::lock(dir)?;
    set_database_aside(&dir.join(SLED_DIR), &mut Drawer::new(dir), &tip)
        .map(|aside| SetAside { reason: reason.to_owned(), ..aside })
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
        Some(found @ 1..FORMAT) => Err(StoreError::OlderFormat { path: dir.to_owned(), found }),
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

/// Opens sled without its snapshots, or failing that, without anything.
fn heal(
    path: &Path,
    settings: StoreSettings,
    commits_min: Option<u64>,
    drawer: &mut Drawer<'_>,
    tip: &Tip,
) -> Result<(OpenSled, SetAside), StoreError> {
    if let Some((sled, place)) =
        sled_files::open_without_snapshots(path, settings, commits_min, drawer)?
    {
        let (part, reason) = (SetAsidePart::Snapshots, String::new());
        return Ok((sled, SetAside { part, path: place, reason }));
    }
    let aside = set_database_aside(path, drawer, tip)?;
    let sled =
        sled_files::open(path, settings, None).map_err(|failure| failure.into_error(path))?;
    Ok((sled, aside))
}

fn set_database_aside(
    path: &Path,
    drawer: &mut Drawer<'_>,
    tip: &Tip,
) -> Result<SetAside, StoreError> {
    let path = drawer.put(path)?;
    tip.note(0);
    Ok(SetAside { part: SetAsidePart::Database, path, reason: String::new() })
}

/// Makes a new database durable, with its count of commits as its first record.
fn start(path: &Path, tree: &sled::Db, log: &File, tip: &Tip) -> Result<(), StoreError> {
    tip.note(0);
    guarded(|| tree.insert(COMMITS_KEY, &0u64.to_le_bytes()).and_then(|_| tree.flush()))
        .ok_or_else(|| StoreError::from_panic("write", path))?
        .map_err(|error| StoreError::from_sled("write", path, error))?;
    log.sync_all().map_err(|error| StoreError::from_io("sync", path, &error))?;
    sled_files::sync_names(path)
}

/// Says, as the last step of making it, that the directory is a store.
fn name_format(dir: &Path) -> Result<(), StoreError> {
    sync_dir(dir)?;
    let (new, format) = (dir.join("format.new"), dir.join(FORMAT_FILE));
    write_synced(&new, format!("{FORMAT_NAME}{FORMAT}\n").as_bytes())?;
    fs::rename(&new, &format).map_err(|error| StoreError::from_io("write", &format, &error))?;
    sync_dir(dir)
}

/// The newest format that this program reads, and the only one that it writes.
///
/// It covers every byte below the store's directory. What rests where is written down beside the
/// code: the files here, records in `stored`, the outbox in `outbox`, the tip in `tip`, and what
/// the records mean in `replica::layout`, `replica::index` and `replica::packed`. A store of
/// format 2 is kept as a test in `tests/golden`; a new format keeps reading it, or says how the
/// entries are taken over.
///
/// 1 was never released: entries rested as they were signed, and a document had a key for each.
const FORMAT: u32 = 2;
const FORMAT_FILE: &str = "format";
const FORMAT_NAME: &str = "tongban-store ";
/// The directory of the database within a store.
pub(super) const SLED_DIR: &str = "sled";
