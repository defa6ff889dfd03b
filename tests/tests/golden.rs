//! The bytes of the first version, kept for ever: what was written then is read today, and what
//! is written today is what was written then.

#![cfg(test)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use minicbor::bytes::ByteVec;
use tongban_protocol::calendar::Almanac;
use tongban_protocol::case::{State, fold};
use tongban_protocol::document::{
    DocumentId, DocumentKind, Edit, Event, EventKind, Grasp, Header, Material, MaterialState,
    Paper, judge,
};
use tongban_protocol::hash::Sha;
use tongban_protocol::heartbeat::Statement;
use tongban_protocol::identity::{Author, Credential, SigningKey, Token};
use tongban_protocol::journal::proof::audit_journal;
use tongban_protocol::journal::{
    Body, Change, Digest, End, Entry, ForkProof, JournalId, Opening, Receipt, SignedEntry,
};
use tongban_protocol::place::{Division, Home, Path, Tier};
use tongban_protocol::time::{HybridTime, Timestamp};
use tongban_protocol::value::{Attribute, Value};
use tongban_protocol::wire::{
    self, Ack, Block, Frame, FrontierPart, Goodbye, Heartbeats, Hello, HomeDetail, HomeDigest,
    RefusedJournal, Run, block,
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/v1").join(file)
}

fn read(file: &str) -> Vec<u8> {
    std::fs::read(path(file)).unwrap_or_default()
}

fn division(code: &str) -> Division {
    code.parse().unwrap()
}

fn root() -> SigningKey {
    SigningKey::from_seed([1; 32])
}

fn township() -> SigningKey {
    SigningKey::from_seed([2; 32])
}

fn credential() -> Credential {
    let path = Path::new(division("510921103"), &[division("510921"), division("510900")]);
    Credential { key: township().public(), path, issued_at: NOW, tier: Tier::Township }
}

fn city_credential() -> Credential {
    let path = Path::new(division("510900"), &[]);
    Credential { key: root().public(), path, issued_at: NOW, tier: Tier::City }
}

fn journal() -> JournalId {
    let author = Author { node: credential().node(), incarnation: 1 };
    JournalId { home: Home::office(division("510921103")), author }
}

fn city_journal() -> JournalId {
    let author = Author { node: city_credential().node(), incarnation: 0 };
    JournalId { author, ..journal() }
}

fn time(ms: i64) -> HybridTime {
    HybridTime::first_of(NOW.plus_ms(ms))
}

/// A change with one of everything that a township may write.
fn change() -> Vec<u8> {
    let header = Header {
        number: "51092110320260000001".to_owned(),
        item: "T01".to_owned(),
        item_name: "城乡居民基本养老保险参保登记".to_owned(),
        applicant: "王芳".to_owned(),
        channel: "窗口".to_owned(),
        taken_by: division("510921103"),
        taken_at: NOW,
        part_of: None,
    };
    let nested = Attribute { key: "a".to_owned(), value: Value::Flag(true), nested: Vec::new() };
    let values = [
        Value::Text("遂宁市蓬溪县".to_owned()),
        Value::Instant(NOW, 480),
        Value::Integer(-7),
        Value::Number(0.5),
        Value::Flag(false),
        Value::Id("0f8b".to_owned()),
        Value::List(vec![Attribute {
            nested: vec![nested],
            ..Attribute::new("b", Value::Integer(1))
        }]),
    ];
    let states = [MaterialState::Missing, MaterialState::Handed, MaterialState::MayFollow];
    let kinds = [
        EventKind::Receive,
        EventKind::NoticeSupplement,
        EventKind::Receive,
        EventKind::Accept,
        EventKind::FinishStep,
        EventKind::Decide,
        EventKind::Deliver,
        EventKind::Withdraw,
        EventKind::Terminate,
        EventKind::Import,
    ];
    let mut edits = vec![Edit::Header(header)];
    edits.extend((0..).zip(values).map(|(at, value)| Edit::Field(format!("field {at}"), value)));
    edits.extend((0..).zip(states).map(|(at, state)| {
        let content = (state == MaterialState::Handed).then(|| Sha::of(b"scan"));
        Edit::Material(format!("material {at}"), Material { state, content })
    }));
    edits.extend(kinds.map(|kind| {
        let attributes = vec![Attribute::new("org:resource", Value::Id("7".to_owned()))];
        Edit::Event(Event { attributes, ..Event::new(kind, NOW, "李", "齐全") })
    }));
    let mut last = time(0);
    let times = || {
        last = last.next(NOW);
        last
    };
    Paper::default().edit(journal().author, edits, times).unwrap().unwrap()
}

fn seal(number: u64, previous: Sha, body: Body) -> SignedEntry {
    let version = Entry::VERSION;
    let ms = i64::try_from(number).unwrap();
    Entry { version, previous, journal: journal(), number, time: time(ms), body }
        .seal(&township())
        .unwrap()
}

fn entries() -> [SignedEntry; 3] {
    let opening = Opening { credential: credential().seal(&root()), home_credential: None };
    let open = seal(1, Sha::default(), Body::Open(opening));
    let name = |kind| {
        let case: DocumentId = "510921103-01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        tongban_protocol::document::DocumentName { kind, ..case.name }
    };
    let changes = vec![Change { document: name(DocumentKind::Case), bytes: change() }];
    let changes = seal(2, open.hash, Body::Changes(changes));
    let opening = Opening {
        credential: city_credential().seal(&root()),
        home_credential: Some(credential().seal(&root())),
    };
    let time = time(9);
    let city = |number, previous, body| {
        let entry = Entry {
            version: Entry::VERSION,
            previous,
            journal: city_journal(),
            number,
            time: HybridTime(time.0 + number),
            body,
        };
        entry.seal(&root()).unwrap()
    };
    let first = city(1, Sha::default(), Body::Open(opening));
    let receipt = Receipt { author: journal().author, number: 2, hash: changes.hash };
    let receipts = city(2, first.hash, Body::Receipts(vec![receipt]));
    [open, changes, receipts]
}

fn statement() -> Statement {
    let [_, changes, _] = entries();
    Statement {
        credential: credential().seal(&root()),
        at: NOW,
        ends: vec![(journal(), End { number: 2, hash: changes.hash })],
        waiting: 2,
        software: "tongban-node 0.1.0".to_owned(),
        free_bytes: Some(1 << 33),
        order: None,
        incarnation: None,
    }
}

/// The same with what was added to statements after the first ones were kept.
fn ordered_statement() -> Statement {
    let order = Some(HybridTime(HybridTime::first_of(NOW).0 + 3));
    Statement { order, incarnation: Some(1), ..statement() }
}

fn token() -> Token {
    Token {
        address: "203.0.113.7:7443".to_owned(),
        root: root().public().fingerprint(),
        centre: division("510921103"),
        expires_at: NOW,
        secret: [9; 16],
    }
}

fn run() -> Run {
    let [open, changes, _] = entries();
    Run { journal: journal(), first: 1, entries: vec![open.bytes, changes.bytes] }
}

fn fork_proof() -> ForkProof {
    let [open, changes, _] = entries();
    let second = seal(2, open.hash, Body::Changes(Vec::new()));
    ForkProof { credential: credential().seal(&root()), held: changes.bytes, second: second.bytes }
}

fn frames() -> [(&'static str, Frame); 6] {
    let [_, changes, _] = entries();
    let end = End { number: 2, hash: changes.hash };
    let home = journal().home;
    let digest = Digest::of([(&journal(), &end)]);
    let hello = Hello {
        major: wire::MAJOR,
        minor: wire::MINOR,
        software: "tongban-node 0.1.0".to_owned(),
        credential: credential().seal(&root()),
        now: NOW,
    };
    let frontier = FrontierPart {
        digests: vec![HomeDigest { home: Home::public(division("510900")), digest }],
        details: vec![HomeDetail { home, journals: vec![(journal().author, end)] }],
        is_whole: true,
    };
    let refused = RefusedJournal {
        journal: journal(),
        number: 3,
        why: "entry 3 leaves a gap".to_owned(),
        show: Some(2),
    };
    let statements = vec![ByteVec::from(statement().seal(&township()))];
    [
        ("frame-hello", Frame::Hello(hello)),
        ("frame-frontier", Frame::Frontier(frontier)),
        // The packed bytes are those kept: another zstd may pack the same runs otherwise.
        ("frame-entries", Frame::Entries(Block { number: 1, packed: read("block") })),
        ("frame-ack", Frame::Ack(Ack { block: 1, refused: vec![refused] })),
        ("frame-heartbeat", Frame::Heartbeat(Heartbeats { statements })),
        ("frame-goodbye", Frame::Goodbye(Goodbye { why: "the node stops".to_owned() })),
    ]
}

/// Everything kept but the block, as this version writes it.
fn written() -> Vec<(&'static str, Vec<u8>)> {
    let [open, changes, receipts] = entries();
    let mut paper = Paper::default();
    paper.apply(&change()).unwrap();
    let mut all = vec![
        ("change", change()),
        ("credential", credential().seal(&root())),
        ("document", paper.canonical().unwrap()),
        ("entry-changes", changes.bytes),
        ("entry-open", open.bytes),
        ("entry-receipts", receipts.bytes),
        ("fork-proof", minicbor::to_vec(fork_proof()).unwrap()),
        ("statement", statement().seal(&township())),
        ("statement-ordered", ordered_statement().seal(&township())),
        ("token", token().to_string().into_bytes()),
    ];
    all.extend(frames().map(|(name, frame)| (name, frame.encode())));
    all
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_is_written_today_is_what_was_written_then() {
    let differing: Vec<String> = written()
        .into_iter()
        .filter(|(name, bytes)| read(name) != *bytes)
        .map(|(name, bytes)| format!("{name} {}", hex(&bytes)))
        .collect();
    let packed = block::pack(&[run()]);
    assert!(differing.is_empty(), "\n{}\nblock {}", differing.join("\n"), hex(&packed));
}

#[test]
fn nothing_is_kept_that_is_not_tried() {
    let kept: BTreeSet<String> = std::fs::read_dir(path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let tried = written().into_iter().map(|(name, _)| name.to_owned());
    assert_eq!(kept, tried.chain(["block".to_owned()]).collect());
}

#[test]
fn frames_of_then_are_read_and_give_the_same_bytes() {
    for (name, frame) in frames() {
        let bytes = read(name);
        let found = Frame::decode(frame.lane(), &bytes).unwrap();
        assert_eq!(found, frame, "{name}");
        assert_eq!(found.encode(), bytes, "{name}");
    }
}

#[test]
fn entries_of_then_are_read_judged_and_audited() {
    for (name, due) in ["entry-open", "entry-changes", "entry-receipts"].into_iter().zip(entries())
    {
        let (found, envelope) = SignedEntry::decode(read(name)).unwrap();
        assert_eq!(found, due, "{name}");
        let author = if name == "entry-receipts" { city_credential() } else { credential() };
        envelope.verify(&author.key).unwrap();
        assert_eq!(judge(&found.entry, &author), Ok(Grasp::Whole), "{name}");
    }
    let journal = [read("entry-open"), read("entry-changes")];
    let tail = audit_journal(journal.iter().map(Vec::as_slice), &root().public()).unwrap().unwrap();
    assert_eq!((tail.end.number, tail.credential), (2, credential()));
}

#[test]
fn papers_of_then_say_what_they_said() {
    let found = Credential::open(&read("credential"), &root().public()).unwrap();
    assert_eq!(found, credential());
    let (found, speaker) = Statement::open(&read("statement"), &root().public()).unwrap();
    assert_eq!((found, speaker), (statement(), credential()));
    let (found, _) = Statement::open(&read("statement-ordered"), &root().public()).unwrap();
    assert_eq!((found.rank(), found), (ordered_statement().rank(), ordered_statement()));
    let found: Token = String::from_utf8(read("token")).unwrap().parse().unwrap();
    assert_eq!(found, token());
    let found: ForkProof = minicbor::decode(&read("fork-proof")).unwrap();
    assert_eq!(found.verify(&root().public()), Ok((journal(), 2)));
    assert_eq!(block::unpack(&read("block")), Ok(vec![run()]));
}

#[test]
fn a_document_of_then_comes_to_the_same_case() {
    let document = Paper::load(&read("document")).unwrap();
    let mut replayed = Paper::default();
    replayed.apply(&read("change")).unwrap();
    assert_eq!(document.view(), replayed.view());
    assert_eq!(document.canonical().unwrap(), read("document"));
    let view = document.view();
    assert_eq!((view.form.len(), view.materials.len(), view.events.len()), (7, 3, 10));
    assert_eq!(fold(&view.events, &Almanac::default()).course.state, State::Delivered);
}
