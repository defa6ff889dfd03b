//! The contract of a store, checked on each of the three.

use proptest::{collection::vec, prelude::*, test_runner::TestRunner};

use super::*;
use crate::store::state::State;

/// A batch with one record.
pub(super) fn put(key: &[u8], value: &[u8]) -> Batch {
    let mut batch = Batch::default();
    batch.put(Area::Entry, key, value);
    batch
}

/// An entry for the outbox.
pub(super) fn unsent(journal: &[u8], number: u64) -> Unsent {
    Unsent { journal: journal.to_vec(), number, entry: format!("entry {number}").into_bytes() }
}

/// Checks every promise; `make` gives a new store and how to close and open it again.
pub(super) fn check_contract<S: Store, R: FnMut(S) -> S>(make: impl Fn() -> (S, R)) {
    check_reads(&make().0);
    check_order(&make().0);
    check_limits(&make().0);
    check_outbox(make());
    check_steps(&make().0);
    check_model(make);
}

fn check_reads(store: &impl Store) {
    assert_eq!(store.read(Area::Entry, b"k"), Ok(None));
    assert_eq!(store.last(Area::Entry, b"", b"z"), Ok(None));
    store.commit(&Batch::default()).unwrap();
    let mut batch = put(b"k", b"first");
    batch.put(Area::Entry, *b"k", *b"second");
    batch.put(Area::Entry, *b"", *b"empty key");
    batch.put(Area::Entry, *b"gone", *b"x");
    batch.delete(Area::Entry, *b"gone");
    batch.delete(Area::Entry, *b"never there");
    batch.put(Area::View, *b"k", *b"");
    store.commit(&batch).unwrap();
    assert_eq!(store.read(Area::Entry, b"k"), Ok(Some(b"second".to_vec())));
    assert_eq!(store.read(Area::Entry, b""), Ok(Some(b"empty key".to_vec())));
    assert_eq!(store.read(Area::Entry, b"gone"), Ok(None));
    assert_eq!(store.read(Area::View, b"k"), Ok(Some(vec![])));
    assert_eq!(store.read(Area::Meta, b"k"), Ok(None));
}

fn check_order(store: &impl Store) {
    let mut batch = Batch::default();
    for key in [&b"b"[..], b"a", b"a\0", b"a\0\0", b"a\xff", b"", b"\xff\xff"] {
        batch.put(Area::Entry, key, vec![7; 9000]);
    }
    batch.put(Area::Document, *b"a", *b"");
    batch.put(Area::Journal, *b"a", *b"");
    store.commit(&batch).unwrap();
    let keys = |from: &[u8], to: &[u8], count_max| -> Vec<Vec<u8>> {
        let records = store.scan(Area::Entry, from, to, count_max).unwrap();
        assert!(records.iter().all(|record| record.value == [7; 9000]));
        records.into_iter().map(|record| record.key).collect()
    };
    assert_eq!(
        keys(b"", b"\xff\xff\xff", 9),
        [&b""[..], b"a", b"a\0", b"a\0\0", b"a\xff", b"b", b"\xff\xff"]
    );
    assert_eq!(keys(b"a", b"b", 9), [&b"a"[..], b"a\0", b"a\0\0", b"a\xff"]);
    assert_eq!(keys(b"a", b"b", 2), [&b"a"[..], b"a\0"]);
    assert_eq!(keys(b"a", b"b", 0), Vec::<Vec<u8>>::new());
    assert_eq!(keys(b"b", b"b", 9), Vec::<Vec<u8>>::new());
    assert_eq!(keys(b"b", b"a", 9), Vec::<Vec<u8>>::new());
    let last = |from: &[u8], to: &[u8]| store.last(Area::Entry, from, to).unwrap().map(|r| r.key);
    assert_eq!(last(b"", b"\xff\xff").unwrap(), b"b");
    assert_eq!(last(b"a", b"a\0").unwrap(), b"a");
    assert_eq!(last(b"c", b"d"), None);
    assert_eq!(last(b"d", b"c"), None);
}

fn check_limits(store: &impl Store) {
    let too_long = [
        put(&[0; KEY_BYTES_MAX + 1], b""),
        put(b"k", &vec![0; VALUE_BYTES_MAX + 1]),
        (0u8..3).fold(Batch::default(), |mut batch, key| {
            batch.put(Area::Entry, [key], vec![0; VALUE_BYTES_MAX]);
            batch
        }),
    ];
    for batch in too_long {
        assert!(matches!(store.commit(&batch), Err(StoreError::TooLong { .. })));
    }
    assert_eq!(store.scan(Area::Entry, b"", &[255; 9], 9), Ok(vec![]));
    let (key, value) = ([0xff; KEY_BYTES_MAX], vec![3; VALUE_BYTES_MAX]);
    store.commit(&put(&key, &value)).unwrap();
    assert_eq!(store.read(Area::Entry, &key), Ok(Some(value)));
    assert!(store.bytes_on_disk().unwrap() >= VALUE_BYTES_MAX as u64);
}

fn check_outbox<S: Store>((store, mut reopen): (S, impl FnMut(S) -> S)) {
    assert_eq!(store.unsent(), Ok(vec![]));
    for (journal, number) in [(b"b", 1), (b"a", 5), (b"b", 2), (b"b", 3)] {
        let mut batch = put(journal, b"v");
        batch.unsent(unsent(journal, number));
        store.commit(&batch).unwrap();
    }
    store.release(b"b", 2).unwrap();
    store.release(b"c", 9).unwrap();
    assert_eq!(store.unsent(), Ok(vec![unsent(b"a", 5), unsent(b"b", 3)]));
    let mut only_unsent = Batch::default();
    only_unsent.unsent(unsent(b"c", 1));
    store.commit(&only_unsent).unwrap();

    let store = reopen(store);
    store.release(b"b", 2).unwrap(); // May be back, is released again.
    assert_eq!(store.unsent(), Ok(vec![unsent(b"a", 5), unsent(b"b", 3), unsent(b"c", 1)]));
    assert_eq!(store.read(Area::Entry, b"a"), Ok(Some(b"v".to_vec())));
}

fn check_steps(store: &impl Store) {
    let mut batch = Batch::default();
    for key in 0u8..5 {
        batch.put(Area::Entry, [key], *b"v");
        batch.put(Area::Enrolment, [key], *b"v");
    }
    store.commit(&batch).unwrap();
    let (mut cursor, mut count, mut steps) = (Some(Cursor::start()), 0, 0);
    while let Some(from) = cursor {
        let checked = store.check(&from, 3).unwrap();
        assert!(checked.count <= 3);
        assert_eq!(checked.damage, []);
        count += checked.count;
        steps += 1;
        cursor = checked.next;
        assert!(steps < 100, "a check comes to an end");
    }
    assert_eq!(count, 10);
}

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<(Area, Vec<u8>, Option<Vec<u8>>)>),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let area = prop::sample::select(vec![Area::Entry, Area::Document]);
    let key = vec(prop::sample::select(vec![0u8, 1, 255]), 0..4);
    let length = prop_oneof![6 => 0usize..50, 1 => 4080usize..4110, 2 => 0usize..40_000];
    let value = (length, any::<u8>()).prop_map(|(length, byte)| vec![byte; length]);
    let write = (area, key, prop::option::weighted(0.7, value));
    let commit = vec(write, 0..12).prop_map(Step::Commit);
    vec(prop_oneof![9 => commit, 1 => Just(Step::Reopen)], 1..20)
}

/// Random batches give what a plain map gives, and give it again after opening the store anew.
fn check_model<S: Store, R: FnMut(S) -> S>(make: impl Fn() -> (S, R)) {
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() };
    TestRunner::new(config)
        .run(&steps(), |steps| {
            let (mut store, mut reopen) = make();
            let mut model = State::default();
            for step in steps {
                match step {
                    Step::Commit(writes) => {
                        let mut batch = Batch::default();
                        for (area, key, value) in writes {
                            match value {
                                Some(value) => batch.put(area, key, value),
                                None => batch.delete(area, key),
                            }
                        }
                        store.commit(&batch).unwrap();
                        model.apply(&batch);
                    }
                    Step::Reopen => store = reopen(store),
                }
                for area in [Area::Entry, Area::Document] {
                    let (from, to) = (&[0u8][..], &[255u8, 255, 255, 255][..]);
                    let expected: Vec<Record> =
                        model.range(area, from, to).map(state::record).collect();
                    prop_assert_eq!(store.last(area, from, to).unwrap(), expected.last().cloned());
                    let mut back = store.scan_back(area, from, to, 1000).unwrap();
                    back.reverse();
                    prop_assert_eq!(&back, &expected);
                    prop_assert_eq!(store.scan(area, from, to, 1000).unwrap(), expected);
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn memory_store_keeps_the_contract() {
    check_contract(|| (MemoryStore::default(), |store| store));
}
