//! A city, a county and two townships over stores in memory, for the tests of this crate.

use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use tongban_config::groups::QueueGroup;
use tongban_config::tree::Tree;
use tongban_node::engine::{Heard, Said};
use tongban_node::queue::{self, NewCall, NewTicket, TicketStep};
use tongban_node::replica::{Appended, Member, Replica};
use tongban_node::store::MemoryStore;
use tongban_protocol::document::{
    DocumentId, DocumentKind, DocumentName, Edit, Event, EventKind, Header,
};
use tongban_protocol::exchange::Want;
use tongban_protocol::heartbeat::Statement;
use tongban_protocol::identity::{Credential, SigningKey};
use tongban_protocol::place::{Division, Home, Path, Tier};
use tongban_protocol::service::Answer;
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

pub(crate) type Desk = Replica<MemoryStore>;

/// 2026-11-02, nine in the morning in Suining.
pub(crate) const NINE: Timestamp = Timestamp(1_793_581_200_000);

pub(crate) const CITY: &str = "510900";
pub(crate) const COUNTY: &str = "510921";
pub(crate) const TOWN: &str = "510921103";

pub(crate) fn division(code: &str) -> Division {
    code.parse().unwrap()
}

pub(crate) fn root() -> SigningKey {
    SigningKey::from_seed([1; 32])
}

pub(crate) fn member(seed: u8, path: &[&str], tier: Tier) -> Member {
    let steps: Vec<Division> = path.iter().map(|code| division(code)).collect();
    let key = SigningKey::from_seed([seed; 32]);
    let path = Path::new(steps[0], &steps[1..]);
    let credential = Credential { key: key.public(), path, issued_at: Timestamp(1), tier };
    let sealed = credential.seal(&root());
    Member { key, sealed, credential, incarnation: 0, root: root().public() }
}

pub(crate) fn open(member: Member) -> Desk {
    Replica::open(MemoryStore::default(), member, 64).unwrap()
}

pub(crate) fn city() -> Desk {
    open(member(10, &[CITY], Tier::City))
}

pub(crate) fn county() -> Desk {
    open(member(11, &[COUNTY, CITY], Tier::County))
}

pub(crate) fn town() -> Desk {
    open(member(12, &[TOWN, COUNTY, CITY], Tier::Township))
}

/// Brings everything that `from` holds durably to `to`.
pub(crate) fn carry(from: &Desk, to: &mut Desk, now: Timestamp) {
    let mut rng = ChaCha12Rng::from_seed([5; 32]);
    for (journal, end) in from.frontier() {
        loop {
            let held = to.frontier().get(journal).map_or(0, |end| end.number);
            if held >= end.number {
                break;
            }
            let want = Want { journal: *journal, from: held + 1, to: end.number };
            let runs = from.read_wants(&[want]).unwrap();
            assert_eq!(to.ingest(now, runs, &mut rng).unwrap(), [], "{journal}");
            to.commit().unwrap();
        }
    }
}

/// Takes a case at a centre's counter.
pub(crate) fn take_case(desk: &mut Desk, now: Timestamp, number: u64) -> DocumentId {
    let centre = desk.member().centre();
    let ms = u64::try_from(now.0).unwrap();
    let name =
        DocumentName { kind: DocumentKind::Case, ulid: Ulid::from_parts(ms, u128::from(number)) };
    let id = DocumentId { home: Home::office(centre), name };
    let header = Header {
        number: format!("{centre}-{number}"),
        item: "A01".to_owned(),
        item_name: "生育登记".to_owned(),
        applicant: "王小明".to_owned(),
        channel: "窗口".to_owned(),
        taken_by: centre,
        taken_at: now,
        part_of: None,
    };
    let receive = Event::new(EventKind::Receive, now.plus_ms(-60_000), "李芳", "");
    write(desk, now, id, vec![Edit::Header(header), Edit::Event(receive)]);
    id
}

/// Gives a ticket in the hall of a centre, calls it and answers a question.
pub(crate) fn serve_ticket(desk: &mut Desk, now: Timestamp) {
    let by = "李芳".to_owned();
    let groups = [QueueGroup::general()];
    let new = NewTicket { group: "综合".to_owned(), by: by.clone(), ..NewTicket::default() };
    queue::take(desk, now, &groups, new).unwrap();
    let call = NewCall { window: "1号".to_owned(), by: by.clone(), groups: Vec::new() };
    let (id, _) = queue::call(desk, now, &groups, &call).unwrap();
    for kind in [EventKind::ServeTicket, EventKind::EndTicket] {
        let mut step = TicketStep::new(kind, by.clone());
        step.answer = (kind == EventKind::EndTicket).then_some(Answer::Answered);
        queue::step(desk, now, &groups, id, step).unwrap();
    }
    desk.commit().unwrap();
}

/// Records an event of a case.
pub(crate) fn record(desk: &mut Desk, now: Timestamp, id: DocumentId, kind: EventKind) -> Appended {
    write(desk, now, id, vec![Edit::Event(Event::new(kind, now, "张伟", "好"))])
}

pub(crate) fn write(desk: &mut Desk, now: Timestamp, id: DocumentId, edits: Vec<Edit>) -> Appended {
    let appended = desk.append(now, id.home, vec![(id.name, edits)]).unwrap();
    desk.commit().unwrap();
    appended
}

/// What a machine says of itself at `at`, as the hub hears it at `received_at`.
pub(crate) fn say(desk: &Desk, at: Timestamp, received_at: Timestamp) -> Heard {
    let member = desk.member();
    let home = Home::office(member.centre());
    let ends = desk.frontier().iter().filter(|(journal, _)| journal.home == home);
    let statement = Statement {
        credential: member.sealed.clone(),
        at,
        ends: ends.map(|(journal, end)| (*journal, *end)).collect(),
        waiting: desk.waiting(),
        software: "tongban 0.1.0".to_owned(),
        free_bytes: None,
        order: None,
        incarnation: Some(member.incarnation),
    };
    heard(desk.member(), statement, received_at)
}

pub(crate) fn heard(member: &Member, statement: Statement, received_at: Timestamp) -> Heard {
    let sealed = statement.seal(&member.key);
    let (is_direct, is_contradicted) = (false, false);
    let last = Said { sealed, statement, received_at, is_direct, is_contradicted };
    Heard { credential: member.credential.clone(), last, earlier: Vec::new() }
}

/// A city with one county and two townships.
pub(crate) fn tree() -> Tree {
    let text = "code,tier,parent,name_zh,name_en\n\
                510900,city,,遂宁市,Suining\n\
                510921,county,510900,蓬溪县,Pengxi County\n\
                510921103,township,510921,文井镇,Wenjing\n\
                510921104,township,510921,明月镇,Mingyue\n";
    Tree::parse("divisions.csv", text).unwrap()
}
