//! Power cuts: what the system held in memory for the disk is gone.

use super::clerks::{acknowledged, at_work, find_all, work_for};
use super::mount::Disk;
use super::{Town, next};

#[test]
fn what_was_saved_is_there_after_the_power_was_cut() {
    let within = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::ext4(within.path()) else { return };
    let mut town = Town::alone();
    town.move_to(&disk.place);
    let (mut taken, mut seed) = (Vec::new(), 0x2545_f491_4f6c_dd1d);
    for _ in 0..4 {
        town.township.start();
        let clerks = at_work(&town.township, 4);
        work_for(100 + next(&mut seed) % 700);
        disk.cut_power();
        // What is acknowledged from here on would be a lie, and is looked for as well.
        taken.extend(acknowledged(clerks));
        town.township.kill();
        disk.mount_again();
        find_all(&mut town.township, &taken);
    }
    assert!(taken.len() > 50, "only {} cases were taken", taken.len());
    assert!(!town.township.dir.join("store/damaged-1").exists(), "nothing had to be set aside");
}
