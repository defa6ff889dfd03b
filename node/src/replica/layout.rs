//! Keys in the store. A journal has a short alias there, so that keys stay short.

use tongban_protocol::document::{DocumentId, DocumentKind};
use tongban_protocol::identity::NodeId;
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::{DIVISION_CHARS_MAX, Home, Scope};
use tongban_protocol::time::HybridTime;
use ulid::Ulid;

/// Area Journal: alias → the journal's id.
pub(super) fn journal_key(alias: u32) -> Vec<u8> {
    alias.to_be_bytes().to_vec()
}

/// Area Entry: alias, number → the envelope.
pub(super) fn entry_key(alias: u32, number: u64) -> Vec<u8> {
    let mut key = alias.to_be_bytes().to_vec();
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// Area Document: ulid, alias, number → nothing. Only entries that have effect stand here.
pub(super) fn change_key(ulid: Ulid, alias: u32, number: u64) -> Vec<u8> {
    let mut key = ulid.to_bytes().to_vec();
    key.extend_from_slice(&entry_key(alias, number));
    key
}

pub(super) fn read_change_key(key: &[u8]) -> Option<(u32, u64)> {
    let (alias, number) = key.get(16..)?.split_at_checked(4)?;
    Some((u32::from_be_bytes(alias.try_into().ok()?), u64::from_be_bytes(number.try_into().ok()?)))
}

/// Area View: home, kind, ulid → nothing. The list of a home's documents.
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

/// The name of a journal in the outbox.
pub(super) fn outbox_key(journal: JournalId) -> Vec<u8> {
    journal_bytes(b'o', journal)
}

/// Area Incident: when it was found, and a number within this machine.
pub(super) fn incident_key(found: HybridTime, count: u64) -> Vec<u8> {
    let mut key = found.0.to_be_bytes().to_vec();
    key.extend_from_slice(&count.to_be_bytes());
    key
}

/// Area Heartbeat: node → the sealed statement heard last.
pub(super) fn heartbeat_key(node: NodeId) -> Vec<u8> {
    node.0.to_vec()
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
