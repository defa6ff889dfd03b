//! Keys in the store: what rests where. A journal has a short alias there, so that keys stay short.
//!
//! Whoever changes a key or a value changes the format: see `FORMAT` in `store::opening`.

use tongban_protocol::document::{DocumentId, DocumentKind, DocumentName};
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::NodeId;
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::{DIVISION_CHARS_MAX, Home, Scope};
use tongban_protocol::time::HybridTime;
use ulid::Ulid;

/// Area Journal: alias → the journal's id.
pub(super) fn journal_key(alias: u32) -> Vec<u8> {
    alias.to_be_bytes().to_vec()
}

/// Area Entry: alias, number → the envelope, packed: see `packed`.
pub(super) fn entry_key(alias: u32, number: u64) -> Vec<u8> {
    let mut key = alias.to_be_bytes().to_vec();
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// Area Document: home, kind, ulid, count → earlier entries of the document, see `index`.
pub(super) fn names_key(id: DocumentId, full: u32) -> Vec<u8> {
    let mut key = view_key(id);
    key.extend_from_slice(&full.to_be_bytes());
    key
}

/// Area Document: home, kind, ulid → the document as it stood, see `snapshot`. A store without them
/// is whole.
pub(super) fn snapshot_key(id: DocumentId) -> Vec<u8> {
    view_key(id)
}

/// Area View: home, kind, ulid → the last entries of the document, see `index`. The list of a
/// home's documents; only entries that have effect stand there.
pub(super) fn view_key(id: DocumentId) -> Vec<u8> {
    let mut key = view_prefix(id.home, id.name.kind);
    key.extend_from_slice(&id.name.ulid.to_bytes());
    key
}

pub(super) fn view_prefix(home: Home, kind: DocumentKind) -> Vec<u8> {
    let mut key = home_bytes(home).to_vec();
    key.push(kind as u8);
    key
}

/// Area View, before all lists, which begin with a digit or letter: home, number → empty. One record
/// for each case that has the number, so that one which is given twice shows.
pub(super) fn number_key(number: NumberKey<'_>, id: DocumentId) -> Vec<u8> {
    let mut key = number_prefix(number, id.home);
    key.push(0);
    key.extend_from_slice(&id.name.ulid.to_bytes());
    key
}

/// What the keys of a number in a home begin with; or of all numbers that begin so.
pub(super) fn number_prefix(number: NumberKey<'_>, home: Home) -> Vec<u8> {
    let (tag, text) = match number {
        NumberKey::Own(text) => (1, text),
        NumberKey::Foreign(text) => (2, text),
    };
    let mut key = vec![tag];
    key.extend_from_slice(&home_bytes(home));
    key.extend_from_slice(text.as_bytes());
    key
}

/// Area View, as numbers do: home, ulid → empty. One record for each case with a green channel.
pub(super) fn green_key(id: DocumentId) -> Vec<u8> {
    case_key(green_prefix(id.home), id)
}

pub(super) fn green_prefix(home: Home) -> Vec<u8> {
    home_key(3, home)
}

/// Area View, as numbers do: home, ulid → empty. One record for each case in which supervision
/// recorded something of its own.
pub(super) fn supervised_key(id: DocumentId) -> Vec<u8> {
    case_key(supervised_prefix(id.home), id)
}

pub(super) fn supervised_prefix(home: Home) -> Vec<u8> {
    home_key(4, home)
}

fn case_key(mut prefix: Vec<u8>, id: DocumentId) -> Vec<u8> {
    prefix.extend_from_slice(&id.name.ulid.to_bytes());
    prefix
}

fn home_key(tag: u8, home: Home) -> Vec<u8> {
    let mut key = vec![tag];
    key.extend_from_slice(&home_bytes(home));
    key
}

/// Area View, before all lists too: what reports are counted from, see `tally`.
pub(super) fn tally_key(what: TallyKey) -> Vec<u8> {
    match what {
        TallyKey::AllFacts => vec![5],
        TallyKey::Facts(id) => [&[5], view_key(id).as_slice()].concat(),
        TallyKey::AllCounted => vec![6],
        TallyKey::Counted(alias) => [&[6], alias.to_be_bytes().as_slice()].concat(),
        TallyKey::Basis => vec![7],
    }
}

/// Of which case facts rest under a key.
pub(super) fn facts_case(key: &[u8]) -> Option<DocumentId> {
    let (home, name) = key.get(1..)?.split_at_checked(DIVISION_CHARS_MAX + 1)?;
    let code = home[..DIVISION_CHARS_MAX].split(|byte| *byte == 0).next()?;
    let division = std::str::from_utf8(code).ok()?.parse().ok()?;
    let ulid = Ulid::from_bytes(name.get(1..)?.try_into().ok()?);
    let name = DocumentName { kind: DocumentKind::Case, ulid };
    Some(DocumentId { home: Home::office(division), name })
}

/// What reports are counted from.
#[derive(Clone, Copy, Debug)]
pub(super) enum TallyKey {
    /// What all keys of facts begin with.
    AllFacts,
    /// The facts of a case.
    Facts(DocumentId),
    /// What all keys of counted journals begin with.
    AllCounted,
    /// The last entry of a journal, by its alias, whose cases are counted.
    Counted(u32),
    /// What all facts depend on.
    Basis,
}

/// A number as it stands in a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum NumberKey<'a> {
    /// A case number of Tongban, without dashes.
    Own(&'a str),
    /// Another text, such as the number that an imported case had.
    Foreign(&'a str),
}

fn home_bytes(home: Home) -> [u8; DIVISION_CHARS_MAX + 1] {
    let mut bytes = [0; DIVISION_CHARS_MAX + 1];
    let code = home.division.as_str().as_bytes();
    bytes[..code.len()].copy_from_slice(code);
    bytes[DIVISION_CHARS_MAX] = match home.scope {
        Scope::Office => 1,
        Scope::Public => 2,
    };
    bytes
}

fn journal_bytes(tag: u8, journal: JournalId) -> Vec<u8> {
    let mut key = vec![tag];
    key.extend_from_slice(&home_bytes(journal.home));
    key.extend_from_slice(&journal.author.to_bytes());
    key
}

/// Area Meta: how far a parent holds a journal.
pub(super) fn parent_key(journal: JournalId) -> Vec<u8> {
    journal_bytes(b'p', journal)
}

/// Area Meta: what the city's last receipt said of a journal.
pub(super) fn receipt_key(journal: JournalId) -> Vec<u8> {
    journal_bytes(b'r', journal)
}

/// Area Meta: why a journal is frozen.
pub(super) fn frozen_key(journal: JournalId) -> Vec<u8> {
    journal_bytes(b'f', journal)
}

/// Area Meta: an entry that a later version must judge again.
pub(super) fn unjudged_key(journal: JournalId, number: u64) -> Vec<u8> {
    let mut key = unjudged_journal(journal);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

pub(super) fn unjudged_journal(journal: JournalId) -> Vec<u8> {
    journal_bytes(b'u', journal)
}

pub(super) fn unjudged_prefix() -> Vec<u8> {
    vec![b'u']
}

/// The name of a journal in the outbox; the entry there is packed as in the store.
pub(super) fn outbox_key(journal: JournalId) -> Vec<u8> {
    minicbor::to_vec(journal).unwrap_or_default()
}

/// Area Incident: journal, number, kind → the incident, so that it stands there once.
pub(super) fn incident_key(kind: u8, journal: JournalId, number: u64) -> Vec<u8> {
    let mut what = journal_bytes(kind, journal);
    what.extend_from_slice(&number.to_be_bytes());
    Sha::of(&what).0.to_vec()
}

/// Area Incident: the key of an incident, and a mark → how often it was seen.
pub(super) fn sighting_key(incident: &[u8]) -> Vec<u8> {
    [incident, b"s"].concat()
}

/// The incident that a key of a sighting belongs to.
pub(super) fn incident_of_sighting(key: &[u8]) -> Option<Vec<u8>> {
    let (mark, incident) = key.split_last()?;
    (*mark == b's' && incident.len() == Sha::default().0.len()).then(|| incident.to_vec())
}

/// Area Meta: up to where this node may have ordered its statements.
pub(super) fn statement_order_key() -> Vec<u8> {
    vec![b's']
}

/// Area Meta: when this machine last marked that it ran.
pub(super) fn alive_key() -> Vec<u8> {
    vec![b'a']
}

/// Area Heartbeat: node → the statement heard last.
pub(super) fn heartbeat_key(node: NodeId) -> Vec<u8> {
    node.0.to_vec()
}

/// Area Heartbeat: node, order, start of the hash → an earlier statement that is kept.
pub(super) fn earlier_key(node: NodeId, order: HybridTime, hash: Sha) -> Vec<u8> {
    let mut key = heartbeat_key(node);
    key.extend_from_slice(&order.0.to_be_bytes());
    key.extend_from_slice(&hash.0[..4]);
    key
}

/// The first key after all keys that begin with `prefix`.
pub(super) fn after(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.last_mut() {
        if *last < u8::MAX {
            *last += 1;
            return end;
        }
        end.pop();
    }
    vec![u8::MAX; 64]
}
