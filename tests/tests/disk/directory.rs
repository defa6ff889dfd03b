//! Data directories that are in use, read-only, full, or of another format.

use super::clerks::{is_shown, take};
use super::mount::Disk;
use super::{Town, copy};

/// What the township says when it cannot start.
fn refused(town: &Town) -> String {
    town.township.run(&["run"]).unwrap_err()
}

#[test]
fn store_in_use_is_named_and_left_alone() {
    let mut town = Town::alone();
    town.township.start();
    let id = take(&town.township.window()).unwrap();
    town.township.sets.push("http.listen=127.0.0.1:0".to_owned());
    let said = refused(&town);
    let store = town.township.dir.join("store").display().to_string();
    assert!(said.contains(&store) && said.contains("is in use by another process; stop"), "{said}");
    assert!(is_shown(&town.township.window(), &id));
}

#[test]
fn store_of_a_newer_or_an_unknown_format_is_named_and_left_alone() {
    let mut town = Town::alone();
    town.township.start();
    let id = take(&town.township.window()).unwrap();
    town.township.kill();
    let format = town.township.dir.join("store/format");
    let ours = std::fs::read(&format).unwrap();
    for (theirs, what, remedy) in [
        ("tongban-store 99\n", "has format 99", "install the newer program again"),
        ("tongban-store 1\n", "has format 1", "make a backup with the program that wrote it"),
        ("my notes\n", "does not name a store format", "restore this file from a backup"),
    ] {
        std::fs::write(&format, theirs).unwrap();
        for command in ["run", "check", "status"] {
            let said = town.township.run(&[command]).unwrap_err();
            assert!(said.contains(what) && said.contains(remedy), "{command}: {said}");
            assert!(said.contains(town.township.dir.to_str().unwrap()), "{command}: {said}");
        }
        assert_eq!(std::fs::read(&format).unwrap(), theirs.as_bytes());
    }
    std::fs::write(&format, ours).unwrap();
    town.township.start();
    assert!(is_shown(&town.township.window(), &id));
}

#[test]
fn read_only_disk_is_named_and_works_again_once_it_can_be_written() {
    let within = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::small(within.path()) else { return };
    let mut town = Town::alone();
    town.township.start();
    let id = take(&town.township.window()).unwrap();
    town.township.kill();
    town.move_to(&disk.place);
    disk.make_read_only();
    for command in ["run", "check"] {
        let said = town.township.run(&[command]).unwrap_err();
        assert!(said.contains("cannot be written; give this user the right"), "{command}: {said}");
        assert!(said.contains(town.township.dir.to_str().unwrap()), "{command}: {said}");
    }
    let back = within.path().join("back");
    copy(&town.township.dir, &back);
    town.township.dir = back;
    town.township.start();
    assert!(is_shown(&town.township.window(), &id));
}

#[test]
fn full_disk_opens_reads_says_so_and_writes_again_once_there_is_room() {
    let within = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::small(within.path()) else { return };
    let mut town = Town::alone();
    town.township.start();
    let mut taken = vec![take(&town.township.window()).unwrap()];
    town.township.kill();
    town.move_to(&disk.place);
    town.township.start(); // Takes its ballast.
    taken.push(take(&town.township.window()).unwrap());
    town.township.kill();
    let filler = disk.fill(0);
    town.township.start();
    assert!(taken.iter().all(|id| is_shown(&town.township.window(), id)), "reads go on");
    let said = town.township.run(&[
        "case",
        "new",
        "--item",
        "T01",
        "--applicant",
        "张三",
        "--by",
        "李秀英",
    ]);
    let said = said.unwrap_err();
    assert!(said.contains("free some space"), "{said}");
    let status = town.township.ok(&["status"]);
    assert!(status.contains("troubles: disk of") && status.contains("free some space"), "{status}");
    std::fs::remove_file(filler).unwrap();
    taken.push(take(&town.township.window()).unwrap());
    let status = town.township.ok(&["status"]);
    assert!(!status.contains("troubles"), "{status}");
    town.township.kill();
    town.township.start();
    assert!(taken.iter().all(|id| is_shown(&town.township.window(), id)));
}

#[test]
fn what_the_outbox_must_give_back_waits_for_room_on_a_full_disk() {
    let within = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::small(within.path()) else { return };
    let mut town = Town::alone();
    town.move_to(&disk.place);
    town.township.start();
    let taken: Vec<String> = (0..3).map(|_| take(&town.township.window()).unwrap()).collect();
    town.township.kill();
    town.township.ok(&["check", "--set-aside"]);
    let filler = disk.fill(2 << 20);
    town.township.start();
    let status = town.township.ok(&["status"]);
    assert!(status.contains("troubles: disk of"), "{status}");
    assert!(take(&town.township.window()).is_none());
    std::fs::remove_file(filler).unwrap();
    assert!(take(&town.township.window()).is_some());
    assert!(taken.iter().all(|id| is_shown(&town.township.window(), id)));
}
