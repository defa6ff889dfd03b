//! Disks that a test mounts, fills, and cuts the power of; only root may.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::pass_over;

/// A mounted disk; unmounted when dropped.
pub(crate) struct Disk {
    source: String,
    options: &'static [&'static str],
    pub(crate) place: PathBuf,
}

impl Disk {
    /// An ext4 filesystem in a file; none where that cannot be had, which is said.
    pub(crate) fn ext4(within: &Path) -> Option<Self> {
        let image = within.join("image");
        std::fs::File::create(&image).unwrap().set_len(256 << 20).unwrap();
        let image = image.to_str().unwrap().to_owned();
        run("mkfs.ext4", &["-q", "-F", &image]).map_err(|why| pass_over(&why)).ok()?;
        Self { source: image, options: &["-o", "loop"], place: within.join("disk") }.mounted()
    }

    /// A small disk in memory; none where that cannot be had, which is said.
    pub(crate) fn small(within: &Path) -> Option<Self> {
        let options = &["-t", "tmpfs", "-o", "size=24m"];
        Self { source: "tongban-test".to_owned(), options, place: within.join("disk") }.mounted()
    }

    fn mounted(self) -> Option<Self> {
        std::fs::create_dir_all(&self.place).unwrap();
        self.mount().map_err(|why| pass_over(&why)).ok()?;
        Some(self)
    }

    fn mount(&self) -> Result<(), String> {
        let place = self.place.to_str().unwrap();
        run("mount", &[self.options, &[self.source.as_str(), place]].concat())
    }

    /// Cuts the power: from this instant on nothing reaches the disk, and what the system holds
    /// for it in memory is gone.
    pub(crate) fn cut_power(&self) {
        // EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH.
        let cut = r#"my $how = pack("L", 2); open(my $disk, "<", $ARGV[0]) or die $!;
            ioctl($disk, 0x8004587D, $how) or die $!"#;
        run("perl", &["-e", cut, self.place.to_str().unwrap()]).unwrap();
    }

    /// Mounts it again, as after the power came back.
    pub(crate) fn mount_again(&self) {
        run("umount", &[self.place.to_str().unwrap()]).unwrap();
        self.mount().unwrap();
    }

    pub(crate) fn make_read_only(&self) {
        run("mount", &["-o", "remount,ro", self.place.to_str().unwrap()]).unwrap();
    }

    /// Fills the disk until `free_bytes` are left, and returns the file to remove.
    pub(crate) fn fill(&self, free_bytes: u64) -> PathBuf {
        let filler = self.place.join("others");
        let space = rustix::fs::statvfs(&self.place).unwrap();
        let bytes = (space.f_bavail * space.f_frsize).saturating_sub(free_bytes);
        std::fs::write(&filler, vec![7; usize::try_from(bytes).unwrap()]).unwrap();
        filler
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = run("umount", &["-l", self.place.to_str().unwrap()]);
    }
}

fn run(program: &str, args: &[&str]) -> Result<(), String> {
    let done = Command::new(program).args(args).output();
    let done = done.map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    if done.status.success() { Ok(()) } else { Err(format!("{program}: {said}")) }
}
