//! One document in memory: automerge, and nothing of automerge showing.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValue};
use minicbor::{Decode, Encode};

use super::event::{Event, EventId};
use crate::hash::Sha;
use crate::identity::Author;
use crate::place::Division;
use crate::time::{HybridTime, Timestamp};
use crate::value::Value;

/// The key of the header at the root of a document.
pub(super) const HEADER: &str = "header";

/// The first change of every document: three empty maps under fixed operation ids.
///
/// It is the same everywhere and never travels. Two centres that start writing to a document at
/// once therefore write into the same maps, and a change can be judged by its operations alone.
static GENESIS: LazyLock<Automerge> = LazyLock::new(|| {
    let mut document = Automerge::new().with_actor(ActorId::from([0_u8].as_slice()));
    let mut transaction = document.transaction();
    for part in Part::ALL {
        let made = transaction.put_object(ROOT, part.key(), ObjType::Map);
        debug_assert!(made.is_ok(), "a map can be put into an empty document");
    }
    transaction.commit_with(CommitOptions::default().with_time(0));
    document
});

/// The three maps of a document, in the order of their operation ids.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part {
    Form,
    Materials,
    Events,
}

impl Part {
    pub(super) const ALL: [Self; 3] = [Self::Form, Self::Materials, Self::Events];

    const fn key(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Materials => "materials",
            Self::Events => "events",
        }
    }

    /// The counter of the operation of the genesis change that made the map.
    pub(super) const fn counter(self) -> u64 {
        match self {
            Self::Form => 1,
            Self::Materials => 2,
            Self::Events => 3,
        }
    }

    fn object(self) -> ObjId {
        ObjId::Id(self.counter(), ActorId::from([0_u8].as_slice()), 0)
    }
}

/// What is set once, when the case is taken.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Header {
    /// 办件编号.
    #[n(0)]
    pub number: String,
    /// The item's code.
    #[n(1)]
    pub item: String,
    /// The item's name on that day.
    #[n(2)]
    pub item_name: String,
    /// The applicant.
    #[n(3)]
    pub applicant: String,
    /// 窗口, 网上, 自助, 上门 …
    #[n(4)]
    pub channel: String,
    /// The centre that took it.
    #[n(5)]
    pub taken_by: Division,
    /// When it was taken.
    #[n(6)]
    pub taken_at: Timestamp,
}

/// How far a material is.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(index_only)]
pub enum MaterialState {
    /// 缺.
    #[n(0)]
    Missing,
    /// 已交.
    #[n(1)]
    Handed,
    /// 容缺: may follow later.
    #[n(2)]
    MayFollow,
}

/// A material of the case.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Material {
    /// How far it is.
    #[n(0)]
    pub state: MaterialState,
    /// The hash of its content; the content itself travels in the attachment lane.
    #[n(1)]
    pub content: Option<Sha>,
}

/// A command that changes a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Sets the header; once.
    Header(Header),
    /// Sets a field of the form.
    Field(String, Value),
    /// Sets a material.
    Material(String, Material),
    /// Adds an event.
    Event(Event),
}

/// Why a document could not be changed or read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PaperError {
    /// The header is there already.
    #[error("the header is set already and never changes")]
    HeaderTwice,
    /// The change does not fit the document, or is no change.
    #[error("change: {0}")]
    Change(String),
}

/// What a document says, in plain values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// The header, once it is there.
    pub header: Option<Header>,
    /// The value of each field; the last writer's.
    pub form: BTreeMap<String, Value>,
    /// Fields that were written at the same time in different places, with every value, the one
    /// shown in `form` first. A person settles them by writing the field again.
    pub conflicts: BTreeMap<String, Vec<Value>>,
    /// The materials.
    pub materials: BTreeMap<String, Material>,
    /// The events, in the order in which the fold reads them.
    pub events: Vec<(EventId, Event)>,
}

/// One document in memory.
#[derive(Clone, Debug)]
pub struct Paper(Automerge);

impl Default for Paper {
    fn default() -> Self {
        Self(GENESIS.clone())
    }
}

impl Paper {
    /// Reads what [`Self::save`] wrote.
    ///
    /// # Errors
    ///
    /// [`PaperError::Change`] when the bytes are not a whole document.
    pub fn load(bytes: &[u8]) -> Result<Self, PaperError> {
        Automerge::load(bytes).map(Self).map_err(|e| PaperError::Change(e.to_string()))
    }

    /// The whole document as bytes. Changes that wait for others are not in it: look at
    /// [`Self::is_waiting`] first.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        self.0.save()
    }

    /// True while a change waits for one that it builds on.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.0.get_missing_deps(&[]).is_empty()
    }

    /// The document's bytes, whatever the order in which its changes arrived: equal in every
    /// store that holds the same changes.
    ///
    /// # Errors
    ///
    /// [`PaperError::Change`] if automerge cannot read its own changes.
    pub fn canonical(&self) -> Result<Vec<u8>, PaperError> {
        let mut changes = self.0.get_changes(&GENESIS.get_heads());
        changes.sort_by(|a, b| (a.actor_id(), a.seq()).cmp(&(b.actor_id(), b.seq())));
        let mut document = GENESIS.clone();
        document.apply_changes(changes).map_err(|e| PaperError::Change(e.to_string()))?;
        Ok(document.save())
    }

    /// A hash that is equal where the documents are.
    #[must_use]
    pub fn fingerprint(&self) -> Sha {
        let mut heads = self.0.get_heads();
        heads.sort();
        let bytes: Vec<u8> = heads.iter().flat_map(|head| head.0).collect();
        Sha::of(&bytes)
    }

    /// Takes in a change made elsewhere. One that builds on changes not yet here waits for them;
    /// one that is here already does nothing.
    ///
    /// # Errors
    ///
    /// [`PaperError::Change`] when the bytes are no change or contradict one held.
    pub fn apply(&mut self, bytes: &[u8]) -> Result<(), PaperError> {
        let change = automerge::Change::from_bytes(bytes.to_vec())
            .map_err(|e| PaperError::Change(e.to_string()))?;
        self.0.apply_changes([change]).map_err(|e| PaperError::Change(e.to_string()))
    }

    /// Makes one change of all `edits` and returns its bytes; `None` when there are no edits.
    ///
    /// `times` gives each event its own recorded time, in order.
    ///
    /// # Errors
    ///
    /// [`PaperError`]; the document is as it was.
    pub fn edit(
        &mut self,
        author: Author,
        edits: Vec<Edit>,
        mut times: impl FnMut() -> HybridTime,
    ) -> Result<Option<Vec<u8>>, PaperError> {
        if edits.is_empty() {
            return Ok(None);
        }
        if edits.iter().any(|edit| matches!(edit, Edit::Header(_)))
            && self.0.get(ROOT, HEADER).is_ok_and(|found| found.is_some())
        {
            return Err(PaperError::HeaderTwice);
        }
        self.0.set_actor(ActorId::from(author.to_bytes().as_slice()));
        let mut transaction = self.0.transaction();
        for edit in edits {
            let done = match edit {
                Edit::Header(header) => transaction.put(ROOT, HEADER, cbor(&header)),
                Edit::Field(name, value) => {
                    transaction.put(Part::Form.object(), name, field_scalar(value))
                }
                Edit::Material(name, material) => {
                    transaction.put(Part::Materials.object(), name, cbor(&material))
                }
                Edit::Event(event) => {
                    transaction.put(Part::Events.object(), event_key(times()), cbor(&event))
                }
            };
            done.map_err(|e| PaperError::Change(e.to_string()))?;
        }
        transaction.commit_with(CommitOptions::default().with_time(0));
        let change = self.0.get_last_local_change();
        Ok(change.map(|change| change.raw_bytes().to_vec()))
    }

    /// Reads the document into plain values.
    #[must_use]
    pub fn view(&self) -> View {
        let mut view = View { header: self.header(), ..View::default() };
        for (key, mut values) in self.all(Part::Form) {
            values.reverse(); // The last is the one that counts.
            let values: Vec<Value> =
                values.iter().filter_map(|(scalar, _)| read_field(scalar)).collect();
            if let Some(first) = values.first() {
                view.form.insert(key.clone(), first.clone());
            }
            if values.len() > 1 {
                view.conflicts.insert(key, values);
            }
        }
        for (key, values) in self.all(Part::Materials) {
            if let Some(material) = values.last().and_then(|(scalar, _)| read_cbor(scalar)) {
                view.materials.insert(key, material);
            }
        }
        view.events = self.events();
        view
    }

    /// The header, once it is there.
    #[must_use]
    pub fn header(&self) -> Option<Header> {
        let (value, _) = self.0.get(ROOT, HEADER).ok()??;
        read_cbor(value.as_scalar()?)
    }

    /// The events, in the order in which the fold reads them.
    #[must_use]
    pub fn events(&self) -> Vec<(EventId, Event)> {
        let mut events = Vec::new();
        for (key, values) in self.all(Part::Events) {
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

    fn all(&self, part: Part) -> Vec<(String, Vec<(ScalarValue, Option<Author>)>)> {
        let object = part.object();
        let keys: Vec<String> = self.0.keys(&object).collect();
        keys.into_iter()
            .map(|key| {
                let found = self.0.get_all(&object, key.as_str()).unwrap_or_default();
                let values = found.iter().filter_map(|(value, id)| {
                    let author = match id {
                        ObjId::Id(_, actor, _) => Author::from_bytes(actor.to_bytes()),
                        ObjId::Root => None,
                    };
                    value.as_scalar().map(|scalar| (scalar.clone(), author))
                });
                let values = values.collect();
                (key, values)
            })
            .collect()
    }
}

fn cbor(value: &impl Encode<()>) -> ScalarValue {
    ScalarValue::Bytes(minicbor::to_vec(value).unwrap_or_default())
}

pub(super) fn read_cbor<T: for<'b> Decode<'b, ()>>(scalar: &ScalarValue) -> Option<T> {
    match scalar {
        ScalarValue::Bytes(bytes) => minicbor::decode(bytes).ok(),
        _ => None,
    }
}

/// Text rests as text, so that any automerge tool can read a form; the rest as CBOR.
fn field_scalar(value: Value) -> ScalarValue {
    match value {
        Value::Text(text) => ScalarValue::Str(text.into()),
        other => cbor(&other),
    }
}

pub(super) fn read_field(scalar: &ScalarValue) -> Option<Value> {
    match scalar {
        ScalarValue::Str(text) => Some(Value::Text(text.to_string())),
        other => read_cbor(other),
    }
}

fn event_key(recorded: HybridTime) -> String {
    data_encoding::BASE32HEX_NOPAD.encode(&recorded.0.to_be_bytes())
}

pub(super) fn read_event_key(key: &str) -> Option<HybridTime> {
    let bytes = data_encoding::BASE32HEX_NOPAD.decode(key.as_bytes()).ok()?;
    Some(HybridTime(u64::from_be_bytes(bytes.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::super::event::EventKind;
    use super::*;
    use crate::identity::NodeId;

    fn author(byte: u8) -> Author {
        Author { node: NodeId([byte; 16]), incarnation: 0 }
    }

    fn clock(start: u64) -> impl FnMut() -> HybridTime {
        let mut last = start;
        move || {
            last += 1;
            HybridTime(last)
        }
    }

    fn event(kind: EventKind) -> Edit {
        Edit::Event(Event::new(kind, Timestamp(1), "李", ""))
    }

    fn text(value: &str) -> Value {
        Value::Text(value.to_owned())
    }

    #[test]
    fn the_first_change_of_every_document_never_changes() {
        assert_eq!(
            Paper::default().fingerprint().to_hex(),
            "68e44c0c15d73011d7ea1f1c5e91042a650f027f8f655e3239ac57491ed54a67"
        );
    }

    #[test]
    fn two_centres_that_write_at_once_come_to_one_document_and_show_the_conflict() {
        let mut here = Paper::default();
        let mut there = Paper::default();
        let first = Edit::Field("address".to_owned(), text("a"));
        let second = Edit::Field("address".to_owned(), text("b"));
        let a = here.edit(author(1), vec![first, event(EventKind::Receive)], clock(10));
        let b = there.edit(author(2), vec![second, event(EventKind::Accept)], clock(10));
        here.apply(&b.unwrap().unwrap()).unwrap();
        there.apply(&a.unwrap().unwrap()).unwrap();
        assert_eq!(here.view(), there.view());
        assert_eq!(here.canonical(), there.canonical());
        let view = here.view();
        assert_eq!(view.conflicts["address"].len(), 2);
        assert_eq!(view.conflicts["address"][0], view.form["address"]);
        assert_eq!(view.events.len(), 2, "one time, two authors, two events");
    }

    #[test]
    fn a_change_that_came_too_early_waits_and_is_not_lost() {
        let mut here = Paper::default();
        let first = here.edit(author(1), vec![event(EventKind::Receive)], clock(1)).unwrap();
        let second = here.edit(author(1), vec![event(EventKind::Accept)], clock(9)).unwrap();
        let mut there = Paper::default();
        there.apply(&second.unwrap()).unwrap();
        assert!(there.is_waiting());
        assert!(there.events().is_empty());
        there.apply(&first.unwrap()).unwrap();
        assert!(!there.is_waiting());
        assert_eq!(there.view(), here.view());
    }

    #[test]
    fn a_header_is_set_once() {
        let header = Header {
            number: "1".to_owned(),
            item: "T01".to_owned(),
            item_name: "参保登记".to_owned(),
            applicant: "𠮷田".to_owned(),
            channel: "窗口".to_owned(),
            taken_by: "510921103".parse().unwrap(),
            taken_at: Timestamp(5),
        };
        let mut paper = Paper::default();
        paper.edit(author(1), vec![Edit::Header(header.clone())], clock(1)).unwrap();
        let again = paper.edit(author(1), vec![Edit::Header(header.clone())], clock(2));
        assert_eq!(again, Err(PaperError::HeaderTwice));
        assert_eq!(Paper::load(&paper.save()).unwrap().header(), Some(header));
    }
}
