//! The chain and its proofs, tried by breaking them.

use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;

use super::*;
use crate::hash::Sha;
use crate::identity::{Author, Credential, SigningKey};
use crate::place::{Division, Home, Path, Tier};
use crate::time::{HybridTime, Timestamp};

fn division(code: &str) -> Division {
    code.parse().unwrap()
}

fn root() -> SigningKey {
    SigningKey::from_seed([1; 32])
}

/// A journal in the making.
struct Desk {
    key: SigningKey,
    path: Path,
    home: Home,
    end: End,
}

impl Desk {
    fn of(seed: u8, path: &[&str], home: &str) -> Self {
        let steps: Vec<Division> = path.iter().map(|code| division(code)).collect();
        let path = Path::new(steps[0], &steps[1..]);
        let home = Home::office(division(home));
        Self { key: SigningKey::from_seed([seed; 32]), path, home, end: End::default() }
    }

    fn township() -> Self {
        Self::of(2, &["510921103", "510921", "510900"], "510921103")
    }

    fn credential(&self, root: &SigningKey) -> Vec<u8> {
        let issued_at = Timestamp(1);
        Credential {
            key: self.key.public(),
            path: self.path.clone(),
            issued_at,
            tier: Tier::Township,
        }
        .seal(root)
    }

    fn open(&mut self, home_credential: Option<Vec<u8>>) -> SignedEntry {
        let credential = self.credential(&root());
        self.write(Body::Open(Opening { credential, home_credential }))
    }

    fn write(&mut self, body: Body) -> SignedEntry {
        let number = self.end.number + 1;
        let signed = self.draft(number, self.end.hash, number, body);
        self.end = End { number, hash: signed.hash };
        signed
    }

    fn draft(&self, number: u64, previous: Sha, time: u64, body: Body) -> SignedEntry {
        let node = Credential::open(&self.credential(&root()), &root().public()).unwrap().node();
        let journal = JournalId { home: self.home, author: Author { node, incarnation: 0 } };
        let time = HybridTime(time);
        let version = Entry::VERSION;
        Entry { version, previous, journal, number, time, body }.seal(&self.key).unwrap()
    }
}

fn empty() -> Body {
    Body::Changes(Vec::new())
}

#[test]
fn an_entry_is_the_same_after_its_journey() {
    let mut desk = Desk::township();
    let signed = desk.open(None);
    let (decoded, envelope) = SignedEntry::decode(signed.bytes.clone()).unwrap();
    assert_eq!(decoded, signed);
    envelope.verify(&desk.key.public()).unwrap();
}

#[test]
fn a_whole_journal_is_audited_with_the_root_alone() {
    let mut desk = Desk::township();
    let entries = [desk.open(None), desk.write(empty()), desk.write(empty())];
    let bytes = || entries.iter().map(|entry| entry.bytes.as_slice());
    let tail = proof::audit_journal(bytes(), &root().public()).unwrap().unwrap();
    assert_eq!(tail.end, desk.end);
    let other = SigningKey::from_seed([9; 32]).public();
    assert!(proof::audit_journal(bytes(), &other).is_err());
    let gap = proof::audit_journal(bytes().step_by(2), &root().public()).unwrap_err();
    assert!(gap.contains("entry 3 of") && gap.contains("leaves a gap: 2 comes next"), "{gap}");
}

#[test]
fn what_does_not_follow_is_refused_with_its_reason() {
    let mut desk = Desk::township();
    let root = root().public();
    let tail = Tail::open(&desk.open(None), &root).unwrap();
    let hash = desk.end.hash;
    let refusal = |entry: SignedEntry| tail.follow(&entry).unwrap_err();
    assert!(matches!(
        refusal(desk.draft(3, hash, 9, empty())),
        ChainError::Gap { expected: 2, .. }
    ));
    let wrong = desk.draft(2, Sha::of(b"else"), 9, empty());
    assert!(matches!(refusal(wrong), ChainError::WrongPrevious { number: 2, .. }));
    assert!(matches!(refusal(desk.draft(2, hash, 1, empty())), ChainError::BackInTime { .. }));
    assert!(matches!(refusal(tail_opening(&desk)), ChainError::Fork { number: 1, .. }));
}

fn tail_opening(desk: &Desk) -> SignedEntry {
    let credential = desk.credential(&root());
    let opening = Opening { credential, home_credential: None };
    desk.draft(1, Sha::default(), 7, Body::Open(opening))
}

#[test]
fn only_the_centre_and_those_above_it_open_a_journal_in_a_home() {
    let public = root().public();
    let home_credential = Desk::township().credential(&root());
    let mut county = Desk::of(3, &["510921", "510900"], "510921103");
    assert!(Tail::open(&county.open(Some(home_credential.clone())), &public).is_ok());
    let mut unproved = Desk::of(3, &["510921", "510900"], "510921103");
    let refused = Tail::open(&unproved.open(None), &public).unwrap_err();
    assert!(matches!(refused, ChainError::ForeignHome { .. }), "{refused}");
    let mut neighbour = Desk::of(4, &["510921104", "510921", "510900"], "510921103");
    let refused = Tail::open(&neighbour.open(Some(home_credential)), &public).unwrap_err();
    assert!(matches!(refused, ChainError::ForeignHome { .. }), "{refused}");
}

#[test]
fn a_credential_of_another_root_or_node_opens_nothing() {
    let desk = Desk::township();
    let stranger = desk.credential(&SigningKey::from_seed([9; 32]));
    let borrowed = Desk::of(5, &["510921103", "510921", "510900"], "510921103").credential(&root());
    for credential in [stranger, borrowed, Vec::new()] {
        let opening = Opening { credential, home_credential: None };
        let entry = desk.draft(1, Sha::default(), 1, Body::Open(opening));
        let refused = Tail::open(&entry, &root().public()).unwrap_err();
        assert!(matches!(refused, ChainError::Credential { .. }), "{refused}");
    }
}

#[test]
fn two_bodies_for_one_number_prove_a_fork_and_one_body_proves_nothing() {
    let desk = Desk::township();
    let credential = desk.credential(&root());
    let held = desk.draft(2, Sha::default(), 2, empty()).bytes;
    let second = desk.draft(2, Sha::default(), 3, empty()).bytes;
    let proof = ForkProof { credential, held: held.clone(), second };
    assert_eq!(proof.verify(&root().public()).unwrap().1, 2);
    let nothing = ForkProof { second: held, ..proof };
    assert_eq!(nothing.verify(&root().public()), Err(ProofError::NoContradiction));
}

#[test]
fn the_first_wrong_signature_of_a_batch_is_found() {
    let desk = Desk::township();
    let mut items: Vec<_> = (2..40)
        .map(|number| {
            let entry = desk.draft(number, Sha::default(), number, empty());
            (desk.key.public(), SignedEntry::decode(entry.bytes).unwrap().1)
        })
        .collect();
    let rng = || ChaCha12Rng::from_seed([3; 32]);
    assert_eq!(verify_signatures(&items, rng()), None);
    items[17].1.signature[40] ^= 1;
    items[30].1.signature[3] ^= 1;
    assert_eq!(verify_signatures(&items, rng()), Some(17));
}

#[test]
fn an_entry_of_a_newer_version_says_so() {
    let desk = Desk::township();
    let mut entry = desk.draft(2, Sha::default(), 2, empty()).entry;
    entry.version = 9;
    let sealed = entry.seal(&desk.key).unwrap();
    let refused = SignedEntry::decode(sealed.bytes).unwrap_err();
    assert_eq!(refused, EntryError::NewerVersion { found: 9 });
}
