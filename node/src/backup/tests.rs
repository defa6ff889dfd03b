//! Backups put back into throw-away directories.

use std::io::Cursor;

use tongban_protocol::document::DocumentId;

use super::*;
use crate::carry::{carry_in, carry_out};
use crate::cases::fixture::{Counter, NINE, city, event, new_case, rng, town};
use crate::cases::{record, show, take};
use crate::service::open_replica;

const SETTINGS: StoreSettings = StoreSettings { cache_bytes: 1 << 20, reserve_bytes: 0 };

fn membership(counter: &Counter) -> Membership {
    let member = counter.member();
    let welcome = Welcome {
        credential: member.sealed.clone(),
        certificate: vec![1],
        root_certificate: vec![2],
        root: member.root,
        parents: vec!["203.0.113.7:7443".to_owned()],
        name: "文井镇".to_owned(),
    };
    Membership { key: member.key.clone(), welcome, incarnation: member.incarnation }
}

fn taken(counter: &mut Counter, applicant: &str) -> DocumentId {
    let mut rng = rng(applicant.as_bytes()[0]);
    let taken = take(counter, NINE, &mut rng, new_case(applicant)).unwrap();
    counter.commit().unwrap();
    taken.id
}

fn backup(counter: &Counter, key: KeyChoice) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_backup(counter, &membership(counter), key, NINE, &mut bytes).unwrap();
    bytes
}

fn back(dir: &Path, bytes: &[u8], key: Option<SigningKey>) -> Result<Restored, RestoreError> {
    restore(dir, SETTINGS, Source { file: Cursor::new(bytes), key }, NINE, &mut rng(8))
}

#[test]
fn a_restored_machine_goes_on_as_a_new_incarnation_and_never_forks() {
    let (mut town, mut city) = (town(), city());
    let id = taken(&mut town, "王小明");
    let bytes = backup(&town, KeyChoice::Include);
    let lost = taken(&mut town, "备份之后"); // It reached the city before the disk broke.
    let mut stick = Vec::new();
    carry_out(&town, NINE, &Cargo::All, &mut stick).unwrap();
    carry_in(&mut city, NINE, &mut rng(1), Cursor::new(&stick)).unwrap();

    let dir = tempfile::tempdir().unwrap();
    let restored = back(&dir.path().join("data"), &bytes, None).unwrap();
    assert_eq!((restored.centre.as_str(), restored.name.as_str()), ("510921103", "文井镇"));
    assert_eq!((restored.entries, restored.written_at), (2, NINE));
    let (membership, mut node) = open_replica(&dir.path().join("data"), SETTINGS).unwrap();
    assert_eq!(membership.incarnation, restored.incarnation);
    assert!(membership.incarnation > town.member().incarnation);
    assert_eq!(show(&node, id).unwrap().unwrap().summary.applicant, "王小明");
    assert!(show(&node, lost).unwrap().is_none());

    record(&mut node, NINE.plus_ms(1), id, event("accept")).unwrap();
    node.commit().unwrap();
    let mut stick = Vec::new();
    carry_out(&node, NINE, &Cargo::Unconfirmed, &mut stick).unwrap();
    let report = carry_in(&mut city, NINE, &mut rng(1), Cursor::new(&stick)).unwrap();
    assert_eq!(report.refused, [], "the new incarnation has a journal of its own");
    assert_eq!(show(&city, id).unwrap().unwrap().summary.state.code, "accepted");
    assert!(show(&city, lost).unwrap().is_some());
}

#[test]
fn two_restorations_of_one_backup_are_two_incarnations() {
    assert_eq!(next_incarnation(0, Timestamp(0)), 1);
    let first = next_incarnation(0, NINE);
    assert!(next_incarnation(0, NINE.plus_ms(60_000)) > first);
    assert_eq!(next_incarnation(u32::MAX - 1, NINE), u32::MAX);
}

#[test]
fn a_backup_without_the_key_needs_it_from_elsewhere_and_takes_no_other() {
    let mut town = town();
    taken(&mut town, "王小明");
    let bytes = backup(&town, KeyChoice::LeaveOut);
    let seed = town.member().key.to_seed();
    assert!(!bytes.windows(32).any(|window| window == seed), "the key is not in the file");
    let dir = tempfile::tempdir().unwrap();
    let refused = back(dir.path(), &bytes, None).unwrap_err();
    assert!(matches!(refused, RestoreError::NoKey(_)), "{refused}");
    let refused = back(dir.path(), &bytes, Some(SigningKey::from_seed([9; 32]))).unwrap_err();
    assert!(matches!(refused, RestoreError::OtherKey { .. }), "{refused}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was written");
    back(dir.path(), &bytes, Some(town.member().key.clone())).unwrap();
    let key = crate::membership::read_key(dir.path()).unwrap().unwrap();
    assert_eq!(key.to_seed(), seed);
}

#[test]
fn nothing_is_written_over_and_nothing_but_a_whole_backup_is_put_back() {
    let mut town = town();
    taken(&mut town, "王小明");
    let bytes = backup(&town, KeyChoice::Include);
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("note.txt"), "x").unwrap();
    let refused = back(dir.path(), &bytes, None).unwrap_err();
    assert!(matches!(refused, RestoreError::NotEmpty(_)), "{refused}");

    let empty = dir.path().join("empty");
    let cut = back(&empty, &bytes[..bytes.len() - 1], None).unwrap_err();
    assert!(matches!(cut, RestoreError::Carry(CarryError::CutShort(_))), "{cut}");
    let mut carry = Vec::new();
    carry_out(&town, NINE, &Cargo::All, &mut carry).unwrap();
    let refused = back(&empty, &carry, None).unwrap_err();
    assert!(matches!(refused, RestoreError::NoBackup), "{refused}");
    assert!(!empty.exists());
}
