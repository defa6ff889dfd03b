//! Two sessions back to back, over links that only carry.

use std::collections::{BTreeMap, VecDeque};

use super::*;
use crate::hash::Sha;
use crate::identity::{Author, Credential, NodeId, SigningKey};
use crate::journal::{End, Frontier, JournalId};
use crate::place::{Division, Home, Path, Tier};
use crate::time::Timestamp;
use crate::wire::{Frame, Goodbye, Hello, Lane, RefusedJournal, Run};

fn division(code: &str) -> Division {
    code.parse().unwrap()
}

fn root() -> SigningKey {
    SigningKey::from_seed([1; 32])
}

fn sealed(key: &SigningKey, path: &[&str]) -> Vec<u8> {
    let steps: Vec<Division> = path.iter().map(|code| division(code)).collect();
    let path = Path::new(steps[0], &steps[1..]);
    Credential { key: key.public(), path, issued_at: Timestamp(0), tier: Tier::Township }
        .seal(&root())
}

/// A store that holds opaque entries, and one session over it.
struct Side {
    entries: BTreeMap<JournalId, Vec<Vec<u8>>>,
    session: Session,
    is_parent: bool,
    out: VecDeque<(Lane, Vec<u8>)>,
    bytes_out: usize,
    frames_out: usize,
    peer_holds: BTreeMap<JournalId, u64>,
    closed: Option<String>,
    refuse: Option<RefusedJournal>,
}

const NOW: Timestamp = Timestamp(1_000);

impl Side {
    fn pair(
        child: BTreeMap<JournalId, Vec<Vec<u8>>>,
        parent: BTreeMap<JournalId, Vec<Vec<u8>>>,
    ) -> (Self, Self) {
        let keys = [SigningKey::from_seed([2; 32]), SigningKey::from_seed([3; 32])];
        let credentials =
            [sealed(&keys[0], &["510921103", "510900"]), sealed(&keys[1], &["510900"])];
        let side = |me: usize, entries, is_parent| Self {
            entries,
            session: Session::new(
                NOW,
                Introduction {
                    credential: credentials[me].clone(),
                    software: "test".to_owned(),
                    root: root().public(),
                },
            ),
            is_parent,
            out: VecDeque::new(),
            bytes_out: 0,
            frames_out: 0,
            peer_holds: BTreeMap::new(),
            closed: None,
            refuse: None,
        };
        let (mut child, mut parent) = (side(0, child, false), side(1, parent, true));
        let frontier = child.frontier();
        child.session.share(&frontier).unwrap();
        child.session.handle_proved(keys[1].public());
        parent.session.handle_proved(keys[0].public());
        (child, parent)
    }

    fn frontier(&self) -> Frontier {
        self.entries.iter().map(|(journal, entries)| (*journal, end(entries))).collect()
    }

    fn append(&mut self, journal: JournalId, entry: &[u8]) {
        self.entries.entry(journal).or_default().push(entry.to_vec());
        self.session.handle_held(journal, end(&self.entries[&journal]));
    }

    fn pump(&mut self) {
        while let Some(effect) = self.session.poll_effect() {
            match effect {
                Effect::Send(lane, bytes) => {
                    self.bytes_out += bytes.len();
                    self.frames_out += 1;
                    self.out.push_back((lane, bytes));
                }
                Effect::Greeted(_) if self.is_parent => {
                    let frontier = self.frontier();
                    self.session.share(&frontier).unwrap();
                }
                Effect::Read(wants) => {
                    let runs: Vec<Run> = wants.iter().map(|want| self.read(*want)).collect();
                    self.session.handle_read(&runs);
                }
                Effect::Store(block, runs) => {
                    for run in runs {
                        if self.refuse.as_ref().is_some_and(|no| no.journal == run.journal) {
                            continue;
                        }
                        let held = self.entries.entry(run.journal).or_default();
                        for (at, entry) in (run.first..).zip(run.entries) {
                            if at == held.len() as u64 + 1 {
                                held.push(entry);
                            }
                        }
                        self.session.handle_held(run.journal, end(&self.entries[&run.journal]));
                    }
                    self.session.handle_stored(block, self.refuse.iter().cloned().collect());
                }
                Effect::PeerHolds(journal, number) => {
                    self.peer_holds.insert(journal, number);
                }
                Effect::Greeted(_) | Effect::Heard(_) | Effect::PeerRefuses(_) => {}
                Effect::Close(why) => self.closed = Some(why),
            }
        }
    }

    fn read(&self, want: Want) -> Run {
        let held = self.entries.get(&want.journal).map_or(&[][..], Vec::as_slice);
        let from = usize::try_from(want.from).unwrap() - 1;
        let count = usize::try_from(want.to - want.from).unwrap() + 1;
        let entries = held.iter().skip(from).take(count.min(100)).cloned().collect();
        Run { journal: want.journal, first: want.from, entries }
    }
}

fn end(entries: &[Vec<u8>]) -> End {
    let hash = entries.last().map(|entry| Sha::of(entry)).unwrap_or_default();
    End { number: entries.len() as u64, hash }
}

fn journal(home: &str, author: u8) -> JournalId {
    let author = Author { node: NodeId([author; 16]), incarnation: 0 };
    JournalId { home: Home::office(division(home)), author }
}

fn entries(tag: &str, count: usize) -> Vec<Vec<u8>> {
    (1..=count).map(|number| format!("{tag} {number}").into_bytes()).collect()
}

/// Carries frames until nobody has anything to say; returns how many times each side spoke.
fn talk(a: &mut Side, b: &mut Side) -> usize {
    let mut turns = 0;
    loop {
        a.pump();
        b.pump();
        if a.out.is_empty() && b.out.is_empty() {
            return turns;
        }
        turns += 1;
        assert!(turns < 200, "the two never come to an end");
        let (from_a, from_b) = (std::mem::take(&mut a.out), std::mem::take(&mut b.out));
        for (lane, bytes) in from_a {
            b.session.handle_frame(NOW, lane, &bytes).unwrap();
            b.pump();
        }
        for (lane, bytes) in from_b {
            a.session.handle_frame(NOW, lane, &bytes).unwrap();
            a.pump();
        }
    }
}

#[test]
fn both_sides_end_with_everything_that_either_had() {
    let (t, c) = (journal("510921103", 1), journal("510921103", 2));
    let (mut child, mut parent) = Side::pair(
        BTreeMap::from([(t, entries("t", 250)), (c, entries("c", 3))]),
        BTreeMap::from([(t, entries("t", 7)), (c, entries("c", 205))]),
    );
    talk(&mut child, &mut parent);
    assert_eq!(child.entries, parent.entries);
    assert_eq!((child.entries[&t].len(), child.entries[&c].len()), (250, 205));
    assert_eq!(child.peer_holds[&t], 250);
    assert!(child.session.is_in_step() && parent.session.is_in_step());
}

#[test]
fn nothing_changed_costs_two_small_frames_a_side() {
    for homes in [1, 40] {
        let all: BTreeMap<_, _> = (0..homes)
            .map(|n| (journal(&format!("5109211{n:02}"), 1), entries("t", 100)))
            .collect();
        let (mut child, mut parent) = Side::pair(all.clone(), all);
        let turns = talk(&mut child, &mut parent);
        assert_eq!((child.frames_out, parent.frames_out), (2, 2), "{homes} homes");
        assert!(turns <= 2, "{turns} turns");
        let bytes = child.bytes_out + parent.bytes_out;
        assert!(bytes < 1_000 + 80 * homes, "{bytes} bytes for {homes} homes");
        assert!(child.session.is_in_step() && parent.session.is_in_step());
    }
}

#[test]
fn one_home_of_many_that_differs_is_found_and_mended() {
    let all: BTreeMap<_, _> =
        (0..40).map(|n| (journal(&format!("5109211{n:02}"), 1), entries("t", 10))).collect();
    let mut more = all.clone();
    more.get_mut(&journal("510921117", 1)).unwrap().push(b"new".to_vec());
    more.insert(journal("510921999", 1), entries("x", 2));
    let (mut child, mut parent) = Side::pair(more.clone(), all.clone());
    talk(&mut child, &mut parent);
    assert_eq!(parent.entries, more);
    let (mut child, mut parent) = Side::pair(all, more.clone());
    talk(&mut child, &mut parent);
    assert_eq!(child.entries, more);
}

#[test]
fn a_new_entry_is_pushed_at_once_even_while_frontiers_cross() {
    let t = journal("510921103", 1);
    let (mut child, mut parent) =
        Side::pair(BTreeMap::from([(t, entries("t", 1))]), BTreeMap::from([(t, entries("t", 1))]));
    child.append(t, b"while the frontier is on its way");
    talk(&mut child, &mut parent);
    child.append(t, b"later");
    child.append(journal("510921104", 9), b"a home that is new");
    parent.append(journal("510921103", 7), b"from above");
    talk(&mut child, &mut parent);
    assert_eq!(child.entries, parent.entries);
    assert_eq!(parent.entries.len(), 3);
}

#[test]
fn a_journal_that_begins_while_frontiers_cross_is_not_overlooked() {
    let t = journal("510921103", 1);
    for late in [journal("510921103", 2), journal("510921104", 2)] {
        let all = BTreeMap::from([(t, entries("t", 3))]);
        let (mut child, mut parent) = Side::pair(all.clone(), all);
        child.pump();
        child.append(late, b"the first entry of another author");
        talk(&mut child, &mut parent);
        assert_eq!(parent.entries.get(&late).map(Vec::len), Some(1), "{late}");
        assert_eq!(child.peer_holds[&late], 1);
        assert!(child.session.is_in_step() && parent.session.is_in_step());
    }
}

#[test]
fn what_comes_from_a_peer_is_known_to_be_held_there() {
    let t = journal("510921103", 1);
    let all = BTreeMap::from([(t, entries("t", 3))]);
    let (mut child, mut parent) = Side::pair(BTreeMap::new(), all);
    talk(&mut child, &mut parent);
    assert_eq!(child.peer_holds.get(&t), Some(&3));
}

#[test]
fn a_block_that_overtakes_the_hello_is_kept_and_no_more_than_a_window_of_them() {
    let t = journal("510921103", 1);
    let all = BTreeMap::from([(t, entries("t", 3))]);
    let (mut child, mut parent) = Side::pair(BTreeMap::new(), all);
    child.pump();
    parent.pump();
    for (lane, bytes) in std::mem::take(&mut child.out) {
        parent.session.handle_frame(NOW, lane, &bytes).unwrap();
        parent.pump();
    }
    let mut frames: Vec<_> = std::mem::take(&mut parent.out).into();
    frames.sort_by_key(|(lane, _)| *lane != Lane::Journal);
    assert_eq!(frames[0].0, Lane::Journal);
    let block = frames[0].1.clone();
    for (lane, bytes) in frames {
        child.session.handle_frame(NOW, lane, &bytes).unwrap();
    }
    child.pump();
    assert_eq!(child.entries[&t].len(), 3);
    let (mut flooded, _) = Side::pair(BTreeMap::new(), BTreeMap::new());
    for _ in 0..crate::limits::BLOCKS_IN_FLIGHT_MAX {
        flooded.session.handle_frame(NOW, Lane::Journal, &block).unwrap();
    }
    assert!(flooded.session.handle_frame(NOW, Lane::Journal, &block).is_err());
}

#[test]
fn an_empty_side_is_filled_from_the_other() {
    let all: BTreeMap<_, _> =
        (0..20).map(|n| (journal(&format!("5109211{n:02}"), 1), entries("t", 10))).collect();
    let (mut child, mut parent) = Side::pair(BTreeMap::new(), all.clone());
    talk(&mut child, &mut parent);
    assert_eq!(child.entries, all);
}

#[test]
fn a_fork_at_the_same_number_makes_both_sides_show_theirs() {
    let t = journal("510921103", 1);
    let (mut child, mut parent) = Side::pair(
        BTreeMap::from([(t, entries("one", 3))]),
        BTreeMap::from([(t, entries("two", 3))]),
    );
    child.pump();
    let frames = std::mem::take(&mut child.out);
    for (lane, bytes) in frames {
        parent.session.handle_frame(NOW, lane, &bytes).unwrap();
        parent.pump();
    }
    let shown = parent.out.iter().any(|(lane, _)| *lane == Lane::Journal);
    assert!(shown, "the parent shows its entry 3");
}

#[test]
fn of_a_journal_with_another_past_the_peer_is_told_to_hold_nothing() {
    let t = journal("510921103", 1);
    for (mine, theirs) in [(5, 3), (3, 5), (4, 4), (1, 1)] {
        let (mut child, mut parent) = Side::pair(
            BTreeMap::from([(t, entries("mine", mine))]),
            BTreeMap::from([(t, entries("theirs", theirs))]),
        );
        let common = mine.min(theirs) as u64;
        let why = "another past".to_owned();
        let refused = RefusedJournal { journal: t, number: common + 1, why, show: Some(common) };
        (child.refuse, parent.refuse) = (Some(refused.clone()), Some(refused));
        talk(&mut child, &mut parent);
        assert_eq!(child.peer_holds.get(&t), None, "{mine} against {theirs}");
        assert_eq!(parent.peer_holds.get(&t), None, "{mine} against {theirs}");
    }
}

#[test]
fn a_refused_journal_stops_alone_and_is_shown_when_asked() {
    let (t, c) = (journal("510921103", 1), journal("510921103", 2));
    let all = BTreeMap::from([(t, entries("t", 5)), (c, entries("c", 5))]);
    let (mut child, mut parent) = Side::pair(all, BTreeMap::new());
    let why = "a wrong previous hash".to_owned();
    parent.refuse = Some(RefusedJournal { journal: t, number: 3, why, show: Some(2) });
    talk(&mut child, &mut parent);
    assert_eq!(parent.entries.get(&c).map(Vec::len), Some(5), "the other journal is not held up");
    assert_eq!(child.peer_holds.get(&t), None, "what it holds is of another past");
    child.append(t, b"more");
    talk(&mut child, &mut parent);
    assert!(!parent.entries.contains_key(&t));
}

#[test]
fn another_major_version_is_told_who_must_update() {
    let (mut child, _) = Side::pair(BTreeMap::new(), BTreeMap::new());
    let hello = |major| {
        Frame::Hello(Hello {
            major,
            minor: 0,
            software: "tongban-hub 9".to_owned(),
            credential: Vec::new(),
            now: NOW,
        })
        .encode()
    };
    let newer = child.session.handle_frame(NOW, Lane::Control, &hello(9)).unwrap_err();
    insta::assert_snapshot!(newer, @"the peer (tongban-hub 9) speaks version 9 of the protocol and this side 1; update this machine");
    let older = child.session.handle_frame(NOW, Lane::Control, &hello(0)).unwrap_err();
    insta::assert_snapshot!(older, @"the peer (tongban-hub 9) speaks version 0 of the protocol and this side 1; update the peer");
}

#[test]
fn a_newer_minor_version_may_say_what_we_do_not_know() {
    let unknown = [200_u8, 1, 2, 3];
    for (minor, understood) in [(0, false), (7, true)] {
        let (mut child, mut parent) = Side::pair(BTreeMap::new(), BTreeMap::new());
        parent.pump();
        let (_, bytes) = parent.out.pop_front().unwrap();
        let Frame::Hello(mut hello) = Frame::decode(Lane::Control, &bytes).unwrap() else {
            panic!("a session opens with its hello")
        };
        hello.minor = minor;
        let hello = Frame::Hello(hello).encode();
        child.session.handle_frame(NOW, Lane::Control, &hello).unwrap();
        let answer = child.session.handle_frame(NOW, Lane::Control, &unknown);
        assert_eq!(answer.is_ok(), understood, "minor {minor}");
    }
}

#[test]
fn a_node_that_claims_another_centre_is_refused() {
    let (mut child, _) = Side::pair(BTreeMap::new(), BTreeMap::new());
    let stranger = sealed(&SigningKey::from_seed([9; 32]), &["510900"]);
    let hello =
        Hello { major: 1, minor: 0, software: String::new(), credential: stranger, now: NOW };
    let refused =
        child.session.handle_frame(NOW, Lane::Control, &Frame::Hello(hello).encode()).unwrap_err();
    insta::assert_snapshot!(refused, @"the peer claims centre 510900 with a credential that is not its own");
}

#[test]
fn frames_that_are_cut_short_or_bent_end_the_session_and_nothing_else() {
    let frames = [
        Frame::Goodbye(Goodbye { why: "x".to_owned() }),
        Frame::Ack(crate::wire::Ack { block: 1, refused: Vec::new() }),
        Frame::Frontier(crate::wire::FrontierPart::default()),
    ];
    for frame in frames {
        let bytes = frame.encode();
        for cut in 0..bytes.len() {
            assert!(Frame::decode(frame.lane(), &bytes[..cut]).is_err(), "{frame:?} at {cut}");
        }
    }
    let long = vec![1; Lane::Control.frame_bytes_max() + 1];
    let refused = Frame::decode(Lane::Control, &long).unwrap_err();
    insta::assert_snapshot!(refused, @"a frame of 131073 bytes is over the limit of 131072 in the Control lane");
}

proptest::proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        for lane in [Lane::Control, Lane::Journal] {
            let _ = Frame::decode(lane, &bytes);
        }
        let _ = crate::wire::block::unpack(&bytes);
        let _ = crate::journal::SignedEntry::decode(bytes);
    }

    #[test]
    fn any_two_holdings_become_one(
        here in proptest::collection::vec((0_u8..12, 0_usize..130), 0..30),
        there in proptest::collection::vec((0_u8..12, 0_usize..130), 0..30),
    ) {
        let holding = |lengths: Vec<(u8, usize)>| -> BTreeMap<JournalId, Vec<Vec<u8>>> {
            lengths
                .into_iter()
                .filter(|(_, length)| *length > 0)
                .map(|(n, length)| (journal(&format!("51{:02}", n / 2), n % 2), entries("e", length)))
                .collect()
        };
        let (mut child, mut parent) = Side::pair(holding(here), holding(there));
        talk(&mut child, &mut parent);
        assert_eq!(child.entries, parent.entries);
        assert!(child.session.is_in_step() && parent.session.is_in_step());
    }
}
