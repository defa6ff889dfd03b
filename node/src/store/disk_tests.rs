//! What only a store on a disk can meet.

use std::{fs, os::unix::fs::FileExt, path::Path, sync::Barrier};

use proptest::prelude::*;
use tempfile::TempDir;

use super::{
    contract::{check_contract, put, unsent},
    *,
};

const SETTINGS: StoreSettings = StoreSettings { cache_bytes: 1 << 20, reserve_bytes: 1 << 20 };

fn open(dir: &Path) -> Opened {
    SledStore::open(dir, SETTINGS).unwrap()
}

/// A closed store with 300 records, among them long ones, and two unsent entries.
fn filled() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    for round in 0u16..30 {
        let mut batch = Batch::default();
        for number in 0u16..10 {
            let length = if number == 9 { 10_000 } else { 300 };
            batch.put(Area::Entry, (round * 10 + number).to_be_bytes(), vec![byte(round); length]);
        }
        store.commit(&batch).unwrap();
    }
    for number in [1, 2] {
        let mut batch = put(b"own", b"v");
        batch.unsent(unsent(b"j", number));
        store.commit(&batch).unwrap();
    }
    dir
}

fn byte(number: u16) -> u8 {
    u8::try_from(number).unwrap()
}

fn entries(store: &SledStore) -> usize {
    store.scan(Area::Entry, b"", b"\xff\xff", 1000).unwrap().len()
}

#[test]
fn sled_store_keeps_the_contract() {
    check_contract(|| {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path()).store;
        (store, move |store| {
            drop(store);
            let opened = open(dir.path());
            assert!(!opened.is_new);
            assert_eq!(opened.set_aside, []);
            opened.store
        })
    });
}

#[test]
fn long_values_never_go_to_files_that_sled_does_not_sync() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    for number in 0u16..300 {
        let mut key = [7; KEY_BYTES_MAX];
        key[..2].copy_from_slice(&number.to_be_bytes());
        key[KEY_BYTES_MAX - 2..].copy_from_slice(&number.to_be_bytes());
        store.commit(&put(&key, &[1; 20_000])).unwrap();
    }
    drop(store);
    assert_eq!(fs::read_dir(dir.path().join("sled/blobs")).unwrap().count(), 0);
}

#[test]
fn second_opener_is_told_that_the_store_is_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path()).store;
    let in_use = StoreError::InUse { path: dir.path().to_owned() };
    assert_eq!(SledStore::open(dir.path(), SETTINGS).unwrap_err(), in_use);
    assert_eq!(SledStore::set_aside(dir.path(), "check").unwrap_err(), in_use);
    drop(first);
    open(dir.path());
}

#[test]
fn newer_format_is_refused_and_left_as_it_is() {
    let dir = filled();
    fs::write(dir.path().join("format"), "tongban-store 3\n").unwrap();
    let before = listing(dir.path());
    let error = SledStore::open(dir.path(), SETTINGS).unwrap_err();
    let path = dir.path().to_owned();
    assert_eq!(error, StoreError::NewerFormat { path, found: 3, supported: 2 });
    assert_eq!(listing(dir.path()), before);
    fs::write(dir.path().join("format"), "tongban-store 1\n").unwrap();
    let error = SledStore::open(dir.path(), SETTINGS).unwrap_err();
    assert_eq!(error, StoreError::OlderFormat { path: dir.path().to_owned(), found: 1 });
    for content in ["", "tongban-store", "tongban-store 0\n", "tongban-store x\n", "my notes\n"] {
        fs::write(dir.path().join("format"), content).unwrap();
        let error = SledStore::open(dir.path(), SETTINGS).unwrap_err();
        assert!(matches!(error, StoreError::UnknownFormat { .. }), "{content:?}: {error}");
    }
}

fn listing(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(listing(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn directory_without_write_permission_is_refused_by_name() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(dir.path().join("probe"), "").is_ok() {
        #[expect(clippy::print_stderr, reason = "a test that could not run must say so")]
        {
            eprintln!("skipped: this user may write everywhere, modes do not bind it");
        }
        return;
    }
    let error = SledStore::open(dir.path(), SETTINGS).unwrap_err();
    assert_eq!(error, StoreError::ReadOnly { path: dir.path().join("tip") });
}

#[test]
fn error_of_a_refused_write_is_read_only() {
    use rustix::io::Errno;
    let path = Path::new("store");
    for errno in [Errno::ACCESS, Errno::PERM, Errno::ROFS] {
        let error = StoreError::from_errno("open", path, errno);
        assert_eq!(error, StoreError::ReadOnly { path: path.to_owned() });
    }
}

#[test]
fn disk_below_its_reserve_refuses_writes_and_keeps_reading() {
    let dir = filled();
    let settings = StoreSettings { reserve_bytes: u64::MAX / 2, ..SETTINGS };
    let store = SledStore::open(dir.path(), settings).unwrap().store;
    let error = store.commit(&put(b"k", b"v")).unwrap_err();
    assert!(matches!(&error, StoreError::Full { path, .. } if path == dir.path()), "{error}");
    assert_eq!(store.read(Area::Entry, b"k"), Ok(None));
    assert_eq!(entries(&store), 301);
    let error = store.commit(&put(b"k", b"v")).unwrap_err();
    assert!(
        matches!(error, StoreError::Full { .. }),
        "a full disk stops nothing for good: {error}"
    );
}

#[test]
fn writers_at_the_same_time_all_find_their_records() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for writer in 0u8..4 {
            let (store, barrier) = (&store, &barrier);
            scope.spawn(move || {
                barrier.wait();
                for number in 0u8..25 {
                    let mut batch = put(&[writer, number], b"v");
                    batch.unsent(unsent(&[writer], number.into()));
                    store.commit(&batch).unwrap();
                    assert_eq!(store.read(Area::Entry, &[writer, number]), Ok(Some(b"v".to_vec())));
                }
            });
        }
    });
    drop(store);
    let store = open(dir.path()).store;
    assert_eq!(entries(&store), 100);
    assert_eq!(store.unsent().unwrap().len(), 100);
}

#[test]
fn damaged_snapshot_is_set_aside_and_no_record_is_lost() {
    for content in [&b""[..], b"short", &[0xa5; 500]] {
        let dir = filled();
        drop(open(dir.path())); // Opening writes the snapshot.
        for entry in fs::read_dir(dir.path().join("sled")).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("snap.") {
                fs::write(path, content).unwrap();
            }
        }
        let opened = open(dir.path());
        assert_eq!(opened.set_aside.len(), 1);
        assert_eq!(opened.set_aside[0].part, SetAsidePart::Snapshots);
        assert_eq!(opened.set_aside[0].path, dir.path().join("damaged-1"));
        assert!(!opened.is_new);
        assert_eq!(entries(&opened.store), 301);
    }
}

#[test]
fn unfinished_snapshot_does_not_keep_the_store_from_opening() {
    let dir = filled();
    fs::write(dir.path().join("sled/snap.00000000FFFFFFFF.generating"), b"torn").unwrap();
    let opened = open(dir.path());
    assert_eq!(opened.set_aside[0].part, SetAsidePart::Snapshots);
    assert_eq!(entries(&opened.store), 301);
}

#[test]
fn damaged_sled_settings_are_made_anew() {
    for content in
        ["", "segment_size: 1024\nuse_compression: true\nversion: 9.9\n    ", "xxxxxxxxxx"]
    {
        let dir = filled();
        fs::write(dir.path().join("sled/conf"), content).unwrap();
        let opened = open(dir.path());
        assert!(!opened.is_new);
        assert_eq!(entries(&opened.store), 301);
    }
}

#[test]
fn database_that_came_back_empty_is_set_aside_and_the_outbox_kept() {
    let dir = filled();
    drop(open(dir.path()));
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    fs::create_dir(dir.path().join("sled")).unwrap();
    let opened = open(dir.path());
    assert!(opened.is_new);
    assert_eq!(opened.set_aside[0].part, SetAsidePart::Database);
    assert_eq!(opened.set_aside[0].path, dir.path().join("damaged-1/sled"));
    assert_eq!(opened.store.unsent(), Ok(vec![unsent(b"j", 1), unsent(b"j", 2)]));
    opened.store.commit(&put(b"k", b"v")).unwrap();
    drop(opened);
    let opened = open(dir.path());
    assert!(!opened.is_new);
    assert_eq!(entries(&opened.store), 1);
}

#[test]
fn database_that_came_back_without_its_last_commit_is_set_aside() {
    let dir = filled();
    let older = tempfile::tempdir().unwrap();
    copy(&dir.path().join("sled"), &older.path().join("sled"));
    open(dir.path()).store.commit(&put(b"k", b"v")).unwrap();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    copy(&older.path().join("sled"), &dir.path().join("sled"));
    let opened = open(dir.path());
    assert_eq!(opened.set_aside.last().unwrap().part, SetAsidePart::Database);
    assert_eq!(
        opened.set_aside.last().unwrap().reason,
        "sled came back with 32 commits, it had 33 or more"
    );
    assert!(opened.is_new);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn database_set_aside_by_the_caller_keeps_its_files() {
    let dir = filled();
    for number in 1..=2 {
        let aside = SledStore::set_aside(dir.path(), "the check found damage").unwrap();
        assert_eq!(aside.path, dir.path().join(format!("damaged-{number}/sled")));
        assert!(aside.path.join("db").exists());
        let opened = open(dir.path());
        assert!(opened.is_new);
        assert_eq!(entries(&opened.store), 0);
        assert_eq!(opened.store.unsent().unwrap().len(), 2);
    }
}

#[test]
fn damaged_outbox_keeps_what_comes_before_the_damage() {
    let dir = filled();
    let path = dir.path().join("outbox.log");
    let mut content = fs::read(&path).unwrap();
    content[40] ^= 1;
    fs::write(&path, content).unwrap();
    let opened = open(dir.path());
    assert_eq!(opened.set_aside[0].part, SetAsidePart::OutboxTail);
    assert_eq!(opened.set_aside[0].path, dir.path().join("damaged-1/outbox.tail"));
    assert_eq!(opened.store.unsent(), Ok(vec![unsent(b"j", 1)]));
    assert_eq!(entries(&opened.store), 301);
    drop(opened);
    assert_eq!(open(dir.path()).set_aside, []);
}

#[test]
fn check_names_the_record_that_was_changed_on_the_disk() {
    let dir = filled();
    // Changed in sled behind the store's back, as sled's own checksums would not notice.
    let tree = sled::open(dir.path().join("sled")).unwrap();
    let head = [&[Area::Entry.byte()][..], &[0, 5]].concat();
    let part = [&[Area::Entry.byte() | 0x80][..], &[0, 9, 0, 1]].concat();
    let mut value = tree.get(&head).unwrap().unwrap().to_vec();
    value[100] ^= 1;
    tree.insert(&head, value).unwrap();
    assert!(tree.remove(&part).unwrap().is_some());
    tree.flush().unwrap();
    drop(tree);

    let store = open(dir.path()).store;
    let damaged = |key: [u8; 2]| StoreError::Damaged { area: Area::Entry, key: key.to_vec() };
    let (mut found, mut cursor) = (Vec::new(), Some(Cursor::start()));
    while let Some(from) = cursor {
        let checked = store.check(&from, 7).unwrap();
        found.extend(checked.damage);
        cursor = checked.next;
    }
    assert_eq!(found, [damaged([0, 5]), damaged([0, 9])]);
    assert_eq!(store.read(Area::Entry, &[0, 5]), Err(damaged([0, 5])));
    assert_eq!(store.scan(Area::Entry, &[0, 8], &[1, 0], 99), Err(damaged([0, 9])));
    assert_eq!(store.last(Area::Entry, &[0, 8], &[0, 10]), Err(damaged([0, 9])));
}

/// Opens a store after damage and returns how many of the 301 records are there and right.
fn survivors(dir: &Path) -> Option<usize> {
    let opened = SledStore::open(dir, SETTINGS).unwrap();
    if opened.is_new {
        assert!(opened.set_aside.iter().any(|aside| aside.part == SetAsidePart::Database));
        opened.store.commit(&put(b"k", b"v")).unwrap();
        return None;
    }
    let mut right = 0;
    for number in 0u16..300 {
        let length = if number % 10 == 9 { 10_000 } else { 300 };
        match opened.store.read(Area::Entry, &number.to_be_bytes()) {
            Ok(Some(value)) => {
                assert_eq!(value, vec![byte(number / 10); length], "a value is right or an error");
                right += 1;
            }
            Ok(None) | Err(StoreError::Damaged { .. }) => {}
            Err(error) => panic!("unexpected: {error}"),
        }
    }
    let mut cursor = Some(Cursor::start());
    while let Some(from) = cursor {
        cursor = opened.store.check(&from, 50).unwrap().next;
    }
    Some(right)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn damage_anywhere_in_the_database_never_gives_a_wrong_value_nor_a_store_that_stays_shut(
        file in prop::sample::select(vec!["db", "db", "snap."]),
        at in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 1..200),
        is_cut in any::<bool>(),
    ) {
        let dir = filled();
        drop(open(dir.path()));
        let path = fs::read_dir(dir.path().join("sled")).unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.file_name().unwrap().to_string_lossy().starts_with(file))
            .unwrap();
        let handle = fs::OpenOptions::new().write(true).open(&path).unwrap();
        let at = at.index(usize::try_from(handle.metadata().unwrap().len()).unwrap()) as u64;
        if is_cut {
            handle.set_len(at).unwrap();
        } else {
            handle.write_all_at(&bytes, at).unwrap();
        }
        drop(handle);
        survivors(dir.path());
        let store = open(dir.path()).store;
        prop_assert_eq!(store.unsent().unwrap().len(), 2);
        store.commit(&put(b"k", b"v")).unwrap();
    }
}
