//! Blocks, tried with real entries and with bytes that no sender packed.

use proptest::collection::vec;
use proptest::prelude::*;

use super::block::{BlockError, Run, pack, unpack};
use crate::document::{DocumentKind, DocumentName};
use crate::hash::Sha;
use crate::identity::{Author, Credential, SigningKey};
use crate::journal::{Body, Change, Entry, JournalId, Opening, SignedEntry};
use crate::limits::{BLOCK_BYTES_MAX, BLOCK_BYTES_TARGET, ENTRY_BYTES_MAX};
use crate::place::{Home, Path, Tier};
use crate::time::{HybridTime, Timestamp};

/// A journal with these changes in one entry each, behind its opening.
fn journal(seed: u8, changes: &[Vec<u8>]) -> Run {
    let key = SigningKey::from_seed([seed; 32]);
    let division = "510921103".parse().unwrap();
    let path = Path::new(division, &["510900".parse().unwrap()]);
    let issued_at = Timestamp(1);
    let credential = Credential { key: key.public(), path, issued_at, tier: Tier::Township };
    let author = Author { node: credential.node(), incarnation: 0 };
    let journal = JournalId { home: Home::office(division), author };
    let opening = Opening { credential: credential.seal(&key), home_credential: None };
    let document = DocumentName { kind: DocumentKind::Case, ulid: ulid::Ulid::from_bytes([1; 16]) };
    let bodies =
        changes.iter().map(|bytes| Body::Changes(vec![Change { document, bytes: bytes.clone() }]));
    let mut run = Run { journal, first: 1, entries: Vec::new() };
    let mut previous = Sha::default();
    for (body, number) in std::iter::once(Body::Open(opening)).chain(bodies).zip(1..) {
        let time = HybridTime(number);
        let entry = Entry { version: Entry::VERSION, previous, journal, number, time, body };
        let signed = entry.seal(&key).unwrap();
        previous = signed.hash;
        run.entries.push(signed.bytes);
    }
    run
}

/// A block as someone else might write it: runs of (cut, head, rest).
fn foreign(entries: &[(u8, &[u8], &[u8])]) -> Vec<u8> {
    let journal = journal(1, &[]).journal;
    let mut raw = Vec::new();
    let mut encoder = minicbor::Encoder::new(&mut raw);
    encoder.array(1).unwrap().array(3).unwrap().encode(journal).unwrap().u64(1).unwrap();
    encoder.array(entries.len() as u64).unwrap();
    for (cut, head, rest) in entries {
        encoder.array(3).unwrap().u8(*cut).unwrap().bytes(head).unwrap().bytes(rest).unwrap();
    }
    zstd::bulk::compress(&raw, 1).unwrap()
}

#[test]
fn previous_hashes_do_not_travel_and_come_back_exactly() {
    let run = journal(1, &vec![b"x".to_vec(); 40]);
    let packed = pack(std::slice::from_ref(&run));
    assert_eq!(unpack(&packed).unwrap(), std::slice::from_ref(&run));
    let raw = zstd::bulk::decompress(&packed, BLOCK_BYTES_MAX).unwrap();
    for (at, pair) in run.entries.windows(2).enumerate() {
        let hash = Sha::of(&pair[0]).0;
        assert!(!raw.windows(32).any(|window| window == hash), "behind entry {}", at + 1);
    }
    for bytes in &unpack(&packed).unwrap()[0].entries {
        SignedEntry::decode(bytes.clone()).unwrap();
    }
}

#[test]
fn a_run_from_the_middle_keeps_its_first_hash() {
    let mut run = journal(1, &vec![b"x".to_vec(); 5]);
    run.entries.drain(..2);
    run.first = 3;
    assert_eq!(unpack(&pack(std::slice::from_ref(&run))), Ok(vec![run]));
}

#[test]
fn a_full_block_with_an_entry_that_crossed_the_target_fits_the_bound() {
    let noise = |seed: u8| -> Vec<u8> {
        let hashes = (0..ENTRY_BYTES_MAX / 32 - 40)
            .flat_map(|at| Sha::of(&[seed, at.to_le_bytes()[0], at.to_le_bytes()[1]]).0);
        hashes.collect()
    };
    let runs: Vec<Run> = (1..=3).map(|seed| journal(seed, &[noise(seed)])).collect();
    let raw: usize = runs[..2].iter().flat_map(|run| &run.entries).map(Vec::len).sum();
    assert!(raw < BLOCK_BYTES_TARGET && raw > BLOCK_BYTES_TARGET - 2_000, "{raw}");
    assert_eq!(unpack(&pack(&runs)), Ok(runs));
}

#[test]
fn bombs_go_off_nowhere() {
    for (len, level) in [(BLOCK_BYTES_MAX + 1, 1), (64 << 20, 19)] {
        let bomb = zstd::bulk::compress(&vec![0; len], level).unwrap();
        assert!(bomb.len() < 8_000, "{}", bomb.len());
        assert!(matches!(unpack(&bomb), Err(BlockError::Packed(_))), "{len} bytes of zeros");
        let twice = [bomb.clone(), bomb].concat();
        assert!(matches!(unpack(&twice), Err(BlockError::Packed(_))), "two frames");
    }
    let zeros = zstd::bulk::compress(&vec![0; BLOCK_BYTES_MAX], 1).unwrap();
    assert!(matches!(unpack(&zeros), Err(BlockError::Malformed(_))));
}

#[test]
fn a_first_entry_without_its_previous_hash_is_refused() {
    let refused = unpack(&foreign(&[(1, b"a", b"b")])).unwrap_err();
    assert!(refused.to_string().contains("the first entry of a run lacks"), "{refused}");
    let whole = unpack(&foreign(&[(0, b"", b"a"), (1, b"b", b"c")])).unwrap();
    assert_eq!(whole[0].entries[1], [b"b", &Sha::of(b"a").0[..], b"c"].concat());
}

#[test]
fn an_entry_over_its_bound_is_refused_even_where_only_the_hash_makes_it_so() {
    let long = vec![0; ENTRY_BYTES_MAX - 31];
    let refused = unpack(&foreign(&[(0, b"", b"a"), (1, b"", &long)]));
    assert_eq!(refused, Err(BlockError::EntryTooLong(ENTRY_BYTES_MAX + 1)));
    assert!(unpack(&foreign(&[(0, b"", b"a"), (1, b"", &long[1..])])).is_ok());
}

#[test]
fn what_is_no_block_is_refused() {
    for bytes in [&b""[..], b"plain", &zstd::bulk::compress(b"no runs", 1).unwrap()] {
        assert!(unpack(bytes).is_err(), "{bytes:?}");
    }
    let packed = pack(&[journal(1, &[b"x".to_vec()])]);
    for end in 0..packed.len() {
        assert!(unpack(&packed[..end]).is_err(), "cut at {end}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_packed_is_unpacked_byte_by_byte(
        journals in vec((1..9_u8, vec(vec(any::<u8>(), 0..400), 0..6), 0..3_usize), 0..4),
    ) {
        let runs: Vec<Run> = journals
            .into_iter()
            .map(|(seed, changes, skip)| {
                let mut run = journal(seed, &changes);
                let skip = skip.min(run.entries.len());
                run.entries.drain(..skip);
                run.first += skip as u64;
                run
            })
            .collect();
        prop_assert_eq!(unpack(&pack(&runs)), Ok(runs));
    }

    #[test]
    fn bytes_that_are_no_entries_travel_as_well(entries in vec(vec(any::<u8>(), 0..200), 0..9)) {
        let run = Run { journal: journal(1, &[]).journal, first: 7, entries };
        prop_assert_eq!(unpack(&pack(std::slice::from_ref(&run))), Ok(vec![run]));
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..200), level in 1..4) {
        prop_assert!(unpack(&bytes).is_err());
        let raw = zstd::bulk::compress(&bytes, level).unwrap();
        drop(unpack(&raw));
    }
}
