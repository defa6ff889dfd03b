//! What can go wrong in a store, told to the person who must act.

use std::{io, path::Path, path::PathBuf};

use data_encoding::HEXLOWER;
use rustix::io::Errno;

use super::Area;

/// Why a store could not be opened, read or written.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// Another process, or another part of this one, has the directory open.
    #[error("store {} is in use by another process; stop that one or choose another directory", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The operating system refuses to write there.
    #[error("store {} cannot be written; give this user the right to write there, or mount it for writing", path.display())]
    ReadOnly {
        /// The file or directory that was refused.
        path: PathBuf,
    },
    /// A newer version of the program wrote the directory. Nothing was changed.
    #[error("store {} has format {found}, this program reads up to format {supported}; install the newer program again", path.display())]
    NewerFormat {
        /// The directory.
        path: PathBuf,
        /// The format found there.
        found: u32,
        /// The newest format that this program reads.
        supported: u32,
    },
    /// A version of the program from before the first release wrote the directory. Nothing was
    /// changed.
    #[error("store {} has format {found}, which this program reads no more; make a backup with the program that wrote it, and restore that", path.display())]
    OlderFormat {
        /// The directory.
        path: PathBuf,
        /// The format found there.
        found: u32,
    },
    /// The directory has a format file that no version of the program writes. Nothing was changed.
    #[error("{} does not name a store format; choose another directory, or restore this file from a backup", path.display())]
    UnknownFormat {
        /// The format file.
        path: PathBuf,
    },
    /// The disk is full, or would be with less than the reserve left. Nothing was written.
    #[error("disk of {} has {free_bytes} bytes free, below the reserve of {reserve_bytes}; free some space, reads go on meanwhile", path.display())]
    Full {
        /// The directory of the store.
        path: PathBuf,
        /// What an ordinary user may still write there.
        free_bytes: u64,
        /// What the settings keep free.
        reserve_bytes: u64,
    },
    /// A record fails its checksum or cannot be read at all.
    #[error("record {area:?} {} is damaged; set the store aside and rebuild it", HEXLOWER.encode(key))]
    Damaged {
        /// The area of the record.
        area: Area,
        /// Its key, or the first key of the range that cannot be read.
        key: Vec<u8>,
    },
    /// A key, value or batch is over its limit. Nothing was written.
    #[error("{what} of {bytes} bytes is over the limit of {limit}")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// An earlier commit failed in a way that leaves open what is on the disk.
    #[error("writing has stopped since {cause}; open the store again once that is mended")]
    Stopped {
        /// What that commit met.
        cause: String,
    },
    /// The operating system or the database reported an error.
    #[error("could not {action} {}: {reason}; see to the disk", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl StoreError {
    /// Sorts an error of the operating system by what the operator can do about it.
    pub(super) fn from_io(action: &'static str, path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { path, free_bytes: 0, reserve_bytes: 1 }
            }
            _ => Self::Io { action, path, reason: error.to_string() },
        }
    }

    /// As [`Self::from_io`], for system calls.
    pub(super) fn from_errno(action: &'static str, path: &Path, error: Errno) -> Self {
        Self::from_io(action, path, &error.into())
    }

    /// As [`Self::from_io`], for the database.
    pub(super) fn from_sled(action: &'static str, path: &Path, error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => Self::from_io(action, path, &error),
            other => Self::Io { action, path: path.to_owned(), reason: other.to_string() },
        }
    }

    /// The error after a call into the database panicked.
    pub(super) fn from_panic(action: &'static str, path: &Path) -> Self {
        let reason = "the database panicked, its files are probably damaged".to_owned();
        Self::Io { action, path: path.to_owned(), reason }
    }
}
