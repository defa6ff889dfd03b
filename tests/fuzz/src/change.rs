//! Changes: raw bytes, and honest changes bent where a signer could bend them.

use std::sync::LazyLock;

use automerge::legacy::{Key, ObjectId, OpId, OpType, SortedVec};
use automerge::{ActorId, ExpandedChange, ScalarValue};
use tongban_protocol::calendar::{Almanac, civil_day};
use tongban_protocol::case::{clocks, fold};
use tongban_protocol::document::{
    DocumentKind, DocumentName, Edit, Event, EventKind, Paper, judge,
};
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::{Author, Credential, SigningKey};
use tongban_protocol::journal::{Body, Change, Entry, JournalId};
use tongban_protocol::place::{Home, Path, Tier};
use tongban_protocol::time::{HybridTime, Timestamp};
use tongban_protocol::value::Value;

const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// Raw bytes of a change, or, after an odd first byte, what to bend in an honest one. Nothing
/// panics, and a document that took the change in can be saved and read.
pub fn change(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let case = &*CASE;
    if kind % 2 == 0 {
        check(case, bytes);
        return;
    }
    let mut bytes = bytes.iter().copied();
    let mut honest = next(case);
    for _ in 0..4 {
        let Some(place) = bytes.next() else { break };
        bend(&mut honest, place, &mut || bytes.next().unwrap_or_default());
    }
    check(case, automerge::Change::from(honest).raw_bytes());
}

fn credential() -> Credential {
    let divisions = ["510921103", "510921"].map(|code| code.parse().expect("a division"));
    Credential {
        key: SigningKey::from_seed([2; 32]).public(),
        path: Path::new(divisions[0], &divisions[1..]),
        issued_at: NOW,
        tier: Tier::Township,
    }
}

fn author(incarnation: u32) -> Author {
    Author { node: credential().node(), incarnation }
}

fn edit(paper: &mut Paper, author: Author, edits: Vec<Edit>) -> Vec<u8> {
    let events = i64::try_from(paper.events().len()).unwrap_or_default();
    let mut last = HybridTime::first_of(NOW.plus_ms(events));
    let times = || {
        last = last.next(NOW);
        last
    };
    paper.edit(author, edits, times).expect("an honest edit").expect("that changes something")
}

fn field(name: &str, number: i64) -> Edit {
    Edit::Field(name.to_owned(), Value::Integer(number))
}

fn event(kind: EventKind) -> Edit {
    Edit::Event(Event::new(kind, NOW, "", ""))
}

/// Made once: a run should cost little more than what it tries.
static CASE: LazyLock<Paper> = LazyLock::new(case);

/// A case with a conflict in field `a`.
fn case() -> Paper {
    let mut case = Paper::default();
    let mut other = Paper::default();
    edit(&mut case, author(0), vec![field("a", 1), field("b", 1), event(EventKind::Receive)]);
    let apart = edit(&mut other, author(1), vec![field("a", 2), event(EventKind::Accept)]);
    case.apply(&apart).expect("an honest change");
    case
}

fn next(case: &Paper) -> ExpandedChange {
    let edits = vec![field("a", 3), field("b", 3), event(EventKind::Decide)];
    let bytes = edit(&mut case.clone(), author(0), edits);
    automerge::Change::from_bytes(bytes).expect("an honest change").decode()
}

fn actor(byte: u8) -> ActorId {
    match byte % 4 {
        0 => ActorId::from([0_u8].as_slice()),
        1 => ActorId::from(author(1).to_bytes().as_slice()),
        2 => ActorId::from([byte].as_slice()),
        _ => ActorId::from(author(0).to_bytes().as_slice()),
    }
}

fn bend(change: &mut ExpandedChange, place: u8, byte: &mut impl FnMut() -> u8) {
    let count = change.operations.len();
    let at = usize::from(byte()) % count.max(1);
    let Some(op) = change.operations.get_mut(at) else { return };
    match place % 13 {
        0 => change.seq = u64::from(byte()),
        1 => change.start_op = u64::from(byte()).try_into().unwrap_or(change.start_op),
        2 => drop(change.deps.pop()),
        3 => change.deps.extend(change.deps.first().copied()),
        4 => op.pred = SortedVec::from(vec![OpId::new(u64::from(byte()), &actor(byte()))]),
        5 => op.pred = SortedVec::new(),
        6 => op.obj = ObjectId::Id(OpId::new(u64::from(byte()), &actor(byte()))),
        7 => op.key = Key::Map(char::from(byte()).to_string().into()),
        8 => op.action = OpType::Delete,
        9 => op.action = OpType::Increment(i64::from(byte())),
        10 => op.action = OpType::Put(ScalarValue::Bytes(vec![byte(), byte(), byte()])),
        11 => op.insert = !op.insert,
        _ => {
            let again = op.clone();
            change.operations.push(again);
        }
    }
}

fn check(case: &Paper, bytes: &[u8]) {
    let credential = credential();
    let home = Home::office(credential.path.centre());
    let document = DocumentName {
        kind: DocumentKind::Case,
        ulid: "00000000000000000000000000".parse().expect("zero"),
    };
    let entry = Entry {
        version: Entry::VERSION,
        previous: Sha::default(),
        journal: JournalId { home, author: author(0) },
        number: 2,
        time: HybridTime::first_of(NOW.plus_ms(50)),
        body: Body::Changes(vec![Change { document, bytes: bytes.to_vec() }]),
    };
    let judged = judge(&entry, &credential);
    let (mut paper, before) = (case.clone(), case.view());
    if paper.apply(bytes).is_err() {
        assert_eq!(paper.view(), before);
    }
    if paper.is_waiting() {
        return;
    }
    let read = Paper::load(&paper.save()).expect("what is saved is read");
    assert_eq!(read.view(), paper.view());
    assert_eq!(read.canonical(), paper.canonical());
    if judged.is_ok() {
        let after = paper.view();
        assert!(before.events.iter().all(|event| after.events.contains(event)));
        let folded = fold(&after.events, &Almanac::default());
        let _ = clocks(&folded.course, &Almanac::default(), civil_day(Timestamp(i64::MAX)));
    }
}
