//! Changes as they come from elsewhere.
//!
//! automerge takes its own bytes on trust: it panics on operations whose actor or counter is out
//! of range, on numbers that leave a gap, and follows a predecessor into another field. Whoever
//! holds a key can sign such bytes. So a change is taken in only if it is what editing would have
//! written, byte by byte ([`read`]) and in its place in the document ([`fits`]).

use std::collections::BTreeMap;
use std::panic::catch_unwind;

use automerge::legacy::{Key, ObjectId, Op, OpType};
use automerge::{ActorId, Automerge, ExpandedChange, ObjId, ROOT, ReadDoc};

use crate::limits::CHANGE_BYTES_MAX;

/// A change that is written as editing writes it.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    pub(super) change: automerge::Change,
    pub(super) expanded: ExpandedChange,
}

/// Where an author's changes to a document end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AuthorEnd {
    /// How many changes there are.
    pub(super) changes: u64,
    /// The counter of the last operation.
    pub(super) operation: u64,
}

/// The byte that says what a chunk of automerge is, and its value for a plain change.
const CHUNK_KIND: (usize, u8) = (8, 1);

/// Takes a change apart. Its bytes must be the very ones that automerge writes, uncompressed.
pub(super) fn read(bytes: &[u8]) -> Result<Parsed, String> {
    if bytes.len() > CHANGE_BYTES_MAX {
        return Err(format!("{} bytes are over the limit of {CHANGE_BYTES_MAX}", bytes.len()));
    }
    if bytes.get(CHUNK_KIND.0) != Some(&CHUNK_KIND.1) {
        return Err("it is no plain change; a compressed one could be of any size".to_owned());
    }
    // The one guard against automerge's panics; nothing outlives it but the answer.
    let (parsed, again) = catch_unwind(|| {
        let change = automerge::Change::from_bytes(bytes.to_vec()).map_err(|e| e.to_string())?;
        let expanded = change.decode();
        let again = automerge::Change::from(expanded.clone());
        Ok::<_, String>((Parsed { change, expanded }, again))
    })
    .unwrap_or_else(|_| Err("an operation names what the change does not have".to_owned()))?;
    if again.raw_bytes() != bytes {
        return Err("its bytes are not those that automerge writes".to_owned());
    }
    let ExpandedChange { operations, message, extra_bytes, time, .. } = &parsed.expanded;
    if operations.is_empty() || message.is_some() || !extra_bytes.is_empty() || *time != 0 {
        return Err("it has no operations, or something besides".to_owned());
    }
    Ok(parsed)
}

/// Checks that editing the document as it was at the change's dependencies, all of which must be
/// there, could have made the change: numbers without gaps, and each operation replacing exactly
/// what stood in its own place.
pub(super) fn fits(
    document: &Automerge,
    end: AuthorEnd,
    change: &ExpandedChange,
) -> Result<(), String> {
    if change.seq != end.changes + 1 {
        let expected = end.changes + 1;
        return Err(format!("number {} of its author, where {expected} is next", change.seq));
    }
    let sorted = change.deps.is_sorted_by(|a, b| a < b);
    let metas = change.deps.iter().filter_map(|dep| document.get_change_meta_by_hash(dep));
    let last = metas.map(|meta| meta.max_op).max().unwrap_or_default();
    let start = change.start_op.get();
    if !sorted || last == 0 || start != last + 1 || start <= end.operation {
        return Err(format!("operation {start} does not follow what it builds on, up to {last}"));
    }
    let mut mine: BTreeMap<(ObjectKey<'_>, &str), OperationId> = BTreeMap::new();
    for (op, counter) in change.operations.iter().zip(start..) {
        let (Key::Map(key), false) = (&op.key, op.insert) else {
            return Err("an operation on a list".to_owned());
        };
        let place = (object(op), key.as_str());
        let mut stood = match mine.remove(&place) {
            Some(before) => vec![before],
            None => standing(document, change, &op.obj, key)?,
        };
        let stands = match &op.action {
            OpType::Put(_) => (counter, change.actor_id.clone()),
            // A conflict is settled in favour of the value that counts: the others go.
            OpType::Delete if stood.len() > 1 => stood.swap_remove(stood.len() - 1),
            _ => return Err(format!("`{key}` is neither set nor settled")),
        };
        let replaced = op.pred.iter().map(|id| (id.counter(), id.actor()));
        if !replaced.eq(stood.iter().map(|(counter, actor)| (*counter, actor))) {
            return Err(format!("`{key}` does not replace what stood there"));
        }
        mine.insert(place, stands);
    }
    Ok(())
}

/// The counter of an operation, and who made it.
type OperationId = (u64, ActorId);

/// The operation that made a map; none for the root.
type ObjectKey<'a> = Option<(u64, &'a ActorId)>;

fn object(op: &Op) -> ObjectKey<'_> {
    match &op.obj {
        ObjectId::Root => None,
        ObjectId::Id(id) => Some((id.counter(), id.actor())),
    }
}

/// The values that stood in a place at the dependencies of a change, by their operations.
fn standing(
    document: &Automerge,
    change: &ExpandedChange,
    object: &ObjectId,
    key: &str,
) -> Result<Vec<OperationId>, String> {
    let object = match object {
        ObjectId::Root => ROOT,
        ObjectId::Id(id) => ObjId::Id(id.counter(), id.actor().clone(), 0),
    };
    let found =
        document.get_all_at(&object, key, &change.deps).map_err(|e| format!("`{key}`: {e}"))?;
    let mut ids: Vec<OperationId> = found
        .into_iter()
        .filter_map(|(_, id)| match id {
            ObjId::Id(counter, actor, _) => Some((counter, actor)),
            ObjId::Root => None,
        })
        .collect();
    ids.sort();
    Ok(ids)
}
