//! The ballast: room that the store holds on its disk, to open even when others have filled it.
//!
//! sled writes a new snapshot whenever it opens, so on a full disk it would not open, and what is
//! held could not even be read. The ballast is given up then, and taken back when there is room.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use super::set_aside::sync_dir;

/// Gives the room back to the disk; true if there was any.
pub(super) fn drop_from(dir: &Path) -> bool {
    fs::remove_file(dir.join(NAME)).is_ok() && sync_dir(dir).is_ok()
}

/// Takes room for the next opening, unless it is there already. On a full disk there is none.
pub(super) fn take(dir: &Path, snapshot_bytes: u64) {
    let path = dir.join(NAME);
    let wanted = BYTES_MIN.max(snapshot_bytes.saturating_mul(2));
    if fs::metadata(&path).is_ok_and(|file| file.len() >= wanted.min(BYTES_MAX)) {
        return;
    }
    // Written and not just claimed, for not every filesystem keeps what is claimed.
    let block = [0xba; 64 * 1024];
    let mut left = wanted.next_multiple_of(block.len() as u64).min(BYTES_MAX);
    let filled = File::create(&path).and_then(|mut file| {
        while left > 0 {
            file.write_all(&block)?;
            left -= block.len() as u64;
        }
        file.sync_all()
    });
    if filled.is_err() {
        drop_from(dir); // Half a ballast helps nobody.
    }
}

/// Returns how much room the ballast takes.
pub(super) fn bytes_on_disk(dir: &Path) -> u64 {
    fs::metadata(dir.join(NAME)).map_or(0, |file| file.len())
}

const NAME: &str = "ballast";
/// Room for the snapshot of a store with some ten thousand entries.
const BYTES_MIN: u64 = 256 * 1024;
/// Room for the snapshot of a hub with ten million.
const BYTES_MAX: u64 = 64 * 1024 * 1024;
