//! The files of proposals, whatever state they are in.

use super::*;

fn proposal(id: u128, at: i64) -> Proposal {
    Proposal {
        format: FORMAT,
        id: Ulid::from_parts(1, id),
        subject: Subject::Retirement,
        file: "retire.txt".to_owned(),
        text: "T01 2026-12-31\n".to_owned(),
        note: "并入 T02".to_owned(),
        by: "周敏".to_owned(),
        at: Timestamp(at),
        outcome: None,
    }
}

#[test]
fn a_damaged_file_is_told_and_hides_no_other() {
    let dir = tempfile::tempdir().unwrap();
    assert!(list(dir.path()).unwrap().0.is_empty(), "before the first there is no folder");
    for (id, at) in [(1, 10), (2, 20)] {
        save(dir.path(), &proposal(id, at)).unwrap();
    }
    fs::write(path_of(dir.path(), Ulid::from_parts(1, 3)), "{").unwrap();
    let later = serde_json::to_string(&Proposal { format: FORMAT + 1, ..proposal(4, 40) }).unwrap();
    fs::write(path_of(dir.path(), Ulid::from_parts(1, 4)), later).unwrap();

    let (proposals, unread) = list(dir.path()).unwrap();
    assert_eq!(proposals, [proposal(2, 20), proposal(1, 10)], "the newest first");
    let mut told: Vec<String> = unread.iter().map(ToString::to_string).collect();
    told.sort();
    assert!(told[0].contains("EOF") && told[1].contains("a later version wrote it"), "{told:?}");
    assert!(unread.iter().all(|error| error.zh().contains("其余拟稿不受影响")));
}

#[test]
fn a_proposal_is_found_by_its_name_alone() {
    let dir = tempfile::tempdir().unwrap();
    save(dir.path(), &proposal(1, 10)).unwrap();
    assert_eq!(find(dir.path(), Ulid::from_parts(1, 1)).unwrap(), proposal(1, 10));
    let unknown = find(dir.path(), Ulid::from_parts(1, 2)).unwrap_err();
    assert!(matches!(unknown, ProposalError::Unknown(_)), "{unknown}");
}

#[test]
fn every_subject_has_a_name_of_its_own_in_forms() {
    for subject in Subject::ALL {
        assert_eq!(Subject::named(subject.words().0), Some(subject));
    }
    assert_eq!(Subject::named("everything"), None);
}
