//! Reading a document: plain values, without what is void.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use automerge::{ActorId, ChangeHash, ObjId, ROOT, ReadDoc, ScalarValue};

use super::event::{Event, EventId};
use super::paper::{HEADER, Header, Material, Paper, Part};
use super::scalar::{read_cbor, read_event_key, read_field};
use crate::identity::Author;
use crate::time::HybridTime;
use crate::value::Value;

/// What a document says, in plain values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// The header, once it is there.
    pub header: Option<Header>,
    /// The value of each field; the last writer's.
    pub form: BTreeMap<String, Value>,
    /// Fields that got different values at the same time in different places, with every value,
    /// the one shown in `form` first. A person settles them by writing the field again.
    pub conflicts: BTreeMap<String, Vec<Value>>,
    /// The materials.
    pub materials: BTreeMap<String, Material>,
    /// The events, in the order in which the fold reads them.
    pub events: Vec<(EventId, Event)>,
}

/// A value as it rests, and who wrote it.
type Written = (ScalarValue, Option<Author>);

/// What does not count, as operations.
struct Void {
    /// Who made them, and the first and last counter of each change.
    operations: Vec<(ActorId, RangeInclusive<u64>)>,
    /// The ends of the document without the void changes and all that was built on them: what
    /// stood there is shown where a void value has replaced it.
    heads: Vec<ChangeHash>,
}

impl Void {
    fn of(paper: &Paper) -> Option<Self> {
        if paper.void.is_empty() {
            return None;
        }
        let operations = paper.void.iter().filter_map(|hash| {
            let meta = paper.document.get_change_meta_by_hash(hash)?;
            Some((meta.actor.into_owned(), meta.start_op..=meta.max_op))
        });
        let (mut touched, mut heads) = (BTreeSet::new(), BTreeSet::new());
        for meta in paper.document.get_changes_meta(&[]) {
            let is_void = paper.void.contains(&meta.hash);
            if is_void || meta.deps.iter().any(|dep| touched.contains(dep)) {
                touched.insert(meta.hash);
                continue;
            }
            for dep in meta.deps.iter() {
                heads.remove(dep);
            }
            heads.insert(meta.hash);
        }
        Some(Self { operations: operations.collect(), heads: heads.into_iter().collect() })
    }

    fn wrote(&self, id: &ObjId) -> bool {
        let ObjId::Id(counter, actor, _) = id else { return false };
        self.operations.iter().any(|(author, span)| author == actor && span.contains(counter))
    }
}

impl Paper {
    /// Reads the document into plain values.
    #[must_use]
    pub fn view(&self) -> View {
        let void = Void::of(self);
        let mut view = View { header: self.header(), ..View::default() };
        for (key, written) in self.all(Part::Form, void.as_ref()) {
            let mut values: Vec<Value> = Vec::with_capacity(1);
            for value in written.iter().rev().filter_map(|(scalar, _)| read_field(scalar)) {
                if !values.contains(&value) {
                    values.push(value); // The last is the one that counts.
                }
            }
            if let Some(first) = values.first() {
                view.form.insert(key.clone(), first.clone());
            }
            if values.len() > 1 {
                view.conflicts.insert(key, values);
            }
        }
        for (key, values) in self.all(Part::Materials, void.as_ref()) {
            if let Some(material) = values.last().and_then(|(scalar, _)| read_cbor(scalar)) {
                view.materials.insert(key, material);
            }
        }
        view.events = self.read_events(void.as_ref());
        view
    }

    /// The header, once it is there.
    #[must_use]
    pub fn header(&self) -> Option<Header> {
        let void = Void::of(self);
        let written = self.document.get_all(ROOT, HEADER).ok()?;
        // Set once: what was written besides does not count.
        let (first, _) =
            written.iter().find(|(_, id)| void.as_ref().is_none_or(|void| !void.wrote(id)))?;
        read_cbor(first.as_scalar()?)
    }

    /// The events, in the order in which the fold reads them.
    #[must_use]
    pub fn events(&self) -> Vec<(EventId, Event)> {
        self.read_events(Void::of(self).as_ref())
    }

    /// The last event that counts, if one recorded at `time` would not stand after it.
    #[must_use]
    pub fn event_not_before(&self, time: HybridTime) -> Option<EventId> {
        let mut keys = self.document.keys(Part::Events.object());
        if !keys.any(|key| read_event_key(&key).is_some_and(|recorded| recorded >= time)) {
            return None; // What nearly always is the case is found without reading the events.
        }
        self.events().last().map(|(id, _)| *id).filter(|id| id.recorded >= time)
    }

    fn read_events(&self, void: Option<&Void>) -> Vec<(EventId, Event)> {
        let mut events = Vec::new();
        for (key, values) in self.all(Part::Events, void) {
            let Some(recorded) = read_event_key(&key) else { continue };
            for (scalar, author) in values {
                if let (Some(event), Some(author)) = (read_cbor(&scalar), author) {
                    events.push((EventId { recorded, author }, event));
                }
            }
        }
        events.sort_by_key(|(id, _)| *id);
        events
    }

    /// Every value that counts in each place of a map; the last is the one to show.
    fn all(&self, part: Part, void: Option<&Void>) -> Vec<(String, Vec<Written>)> {
        let object = part.object();
        let counts = |id: &ObjId| void.is_none_or(|void| !void.wrote(id));
        let read = |key: &str| {
            let now = self.document.get_all(&object, key).unwrap_or_default();
            let sound: Vec<_> = now.into_iter().filter(|(_, id)| counts(id)).collect();
            let found = match void {
                Some(void) if sound.is_empty() => {
                    self.document.get_all_at(&object, key, &void.heads).unwrap_or_default()
                }
                _ => sound,
            };
            let written = found.iter().filter_map(|(value, id)| {
                let author = match id {
                    ObjId::Id(_, actor, _) => Author::from_bytes(actor.to_bytes()),
                    ObjId::Root => None,
                };
                value.as_scalar().map(|scalar| (scalar.clone(), author))
            });
            written.collect()
        };
        self.document
            .keys(&object)
            .map(|key| {
                let all = read(&key);
                (key, all)
            })
            .collect()
    }
}
