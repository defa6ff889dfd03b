//! Documents, tried by those who may not: what is refused, and what comes out the same everywhere.

mod apply;
mod crafted;
mod judge;
mod merge;
mod paper;

use automerge::ExpandedChange;
use ulid::Ulid;

use super::*;
use crate::identity::{Author, Credential, SigningKey};
use crate::journal::{Body, Change, Entry, JournalId};
use crate::place::{Division, Home, Path, Tier};
use crate::time::{HybridTime, Timestamp};
use crate::value::Value;

/// When every entry of these tests is recorded.
const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn division(code: &str) -> Division {
    code.parse().unwrap()
}

/// A centre that writes.
#[derive(Clone, Debug)]
struct Writer {
    credential: Credential,
    author: Author,
}

impl Writer {
    fn of(seed: u8, tier: Tier, path: &[&str]) -> Self {
        let steps: Vec<Division> = path.iter().map(|code| division(code)).collect();
        let key = SigningKey::from_seed([seed; 32]).public();
        let path = Path::new(steps[0], &steps[1..]);
        let credential = Credential { key, path, issued_at: NOW, tier };
        Self { author: Author { node: credential.node(), incarnation: 0 }, credential }
    }

    fn township() -> Self {
        Self::of(1, Tier::Township, &["510921103", "510921", "510900"])
    }

    fn county() -> Self {
        Self::of(2, Tier::County, &["510921", "510900"])
    }

    fn city() -> Self {
        Self::of(3, Tier::City, &["510900"])
    }

    fn home(&self) -> Division {
        self.credential.path.centre()
    }

    /// One change of `edits` to an empty document, every event recorded now.
    fn change(&self, edits: Vec<Edit>) -> Vec<u8> {
        Paper::default().edit(self.author, edits, clock()).unwrap().unwrap()
    }

    fn entry(&self, home: Home, kind: DocumentKind, bytes: Vec<u8>) -> Entry {
        let document = DocumentName { kind, ulid: Ulid::from_bytes([7; 16]) };
        Entry {
            version: Entry::VERSION,
            previous: crate::hash::Sha::default(),
            journal: JournalId { home, author: self.author },
            number: 2,
            time: HybridTime::first_of(NOW.plus_ms(1)),
            body: Body::Changes(vec![Change { document, bytes }]),
        }
    }
}

/// Times just after `NOW`, each once.
fn clock() -> impl FnMut() -> HybridTime {
    let mut last = HybridTime::first_of(NOW);
    move || {
        last = last.next(NOW);
        last
    }
}

fn event(kind: EventKind) -> Edit {
    Edit::Event(Event::new(kind, NOW, "李", ""))
}

fn field(name: &str, text: &str) -> Edit {
    Edit::Field(name.to_owned(), Value::Text(text.to_owned()))
}

fn header() -> Header {
    Header {
        number: "1".to_owned(),
        item: "T01".to_owned(),
        item_name: "参保登记".to_owned(),
        applicant: "王".to_owned(),
        channel: "窗口".to_owned(),
        taken_by: division("510921103"),
        taken_at: NOW,
        part_of: None,
    }
}

fn material() -> Edit {
    let content = Some(crate::hash::Sha::of(b"scan"));
    Edit::Material("身份证".to_owned(), Material { state: MaterialState::Handed, content })
}

/// Takes an honest change apart, lets `bend` alter it, and writes it again as automerge would.
fn bend(honest: &[u8], bend: impl FnOnce(&mut ExpandedChange)) -> Vec<u8> {
    let mut expanded = automerge::Change::from_bytes(honest.to_vec()).unwrap().decode();
    bend(&mut expanded);
    automerge::Change::from(expanded).raw_bytes().to_vec()
}
