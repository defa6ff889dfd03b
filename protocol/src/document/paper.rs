//! One document in memory: automerge, and nothing of automerge showing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ChangeHash, ObjId, ObjType, ROOT, ReadDoc};
use minicbor::{Decode, Encode};

use super::change::{self, AuthorEnd, Parsed};
use super::event::Event;
use super::scalar::{cbor, event_key, field_scalar};
use crate::case::joint::PartOf;
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

    pub(super) fn object(self) -> ObjId {
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
    /// Of which joint case it is a part, where it is.
    #[n(7)]
    pub part_of: Option<PartOf>,
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

/// One document in memory.
#[derive(Clone, Debug)]
pub struct Paper {
    pub(super) document: Automerge,
    /// Where each author's changes end.
    ends: BTreeMap<ActorId, AuthorEnd>,
    /// Changes that build on others which are not here yet.
    waiting: Vec<Parsed>,
    /// Changes that do not count.
    pub(super) void: BTreeSet<ChangeHash>,
}

impl Default for Paper {
    fn default() -> Self {
        Self {
            document: GENESIS.clone(),
            ends: BTreeMap::new(),
            waiting: Vec::new(),
            void: BTreeSet::new(),
        }
    }
}

impl Paper {
    /// Reads what [`Self::save`] wrote.
    ///
    /// # Errors
    ///
    /// [`PaperError::Change`] when the bytes are not a whole document.
    pub fn load(bytes: &[u8]) -> Result<Self, PaperError> {
        let document = Automerge::load(bytes).map_err(|e| PaperError::Change(e.to_string()))?;
        let mut ends: BTreeMap<ActorId, AuthorEnd> = BTreeMap::new();
        for meta in document.get_changes_meta(&GENESIS.get_heads()) {
            let end = ends.entry(meta.actor.into_owned()).or_default();
            end.changes = end.changes.max(meta.seq);
            end.operation = end.operation.max(meta.max_op);
        }
        Ok(Self { document, ends, ..Self::default() })
    }

    /// The whole document as bytes, without the changes that wait for others and without which
    /// ones are void: look at [`Self::is_plain`] first.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        self.document.save()
    }

    /// True while a change waits for one that it builds on.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// True where nothing in it waits or is void, so that [`Self::save`] says all of it.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.waiting.is_empty() && self.void.is_empty()
    }

    /// The document's bytes, whatever the order in which its changes arrived: equal in every
    /// store that holds the same changes.
    ///
    /// # Errors
    ///
    /// [`PaperError::Change`] if automerge cannot read its own changes.
    pub fn canonical(&self) -> Result<Vec<u8>, PaperError> {
        let mut changes = self.document.get_changes(&GENESIS.get_heads());
        changes.sort_by(|a, b| (a.actor_id(), a.seq()).cmp(&(b.actor_id(), b.seq())));
        let mut document = GENESIS.clone();
        document.apply_changes(changes).map_err(|e| PaperError::Change(e.to_string()))?;
        Ok(document.save())
    }

    /// A hash that is equal where the documents are.
    #[must_use]
    pub fn fingerprint(&self) -> Sha {
        let mut heads = self.document.get_heads();
        heads.sort();
        let bytes: Vec<u8> = heads.iter().flat_map(|head| head.0).collect();
        Sha::of(&bytes)
    }

    /// Takes in a change made elsewhere. One that builds on changes not yet here waits for them;
    /// one that is here already does nothing.
    ///
    /// # Errors
    ///
    /// [`PaperError::Change`] when the bytes are no change, or one that editing could not have
    /// made where it claims to have been made; the document is as it was. A change that waited
    /// and then turns out to be such a one is dropped.
    pub fn apply(&mut self, bytes: &[u8]) -> Result<(), PaperError> {
        self.apply_parsed(change::read(bytes).map_err(PaperError::Change)?)
    }

    fn apply_parsed(&mut self, parsed: Parsed) -> Result<(), PaperError> {
        let hash = parsed.change.hash();
        if self.holds(&hash) || self.waiting.iter().any(|it| it.change.hash() == hash) {
            return Ok(());
        }
        if !self.is_ready(&parsed, &self.waiting) {
            self.waiting.push(parsed);
            return Ok(());
        }
        self.take(parsed)?;
        let next = |it: &Self| {
            let mut waiting = it.waiting.iter().enumerate();
            waiting.position(|(at, parsed)| it.is_ready(parsed, &it.waiting[..at]))
        };
        while let Some(at) = next(self) {
            let next = self.waiting.remove(at);
            drop(self.take(next)); // Its author's fault, and not that of the change at hand.
        }
        Ok(())
    }

    /// Takes in a change whose author had been revoked: nothing that it wrote is shown. It keeps
    /// its place, so that what others built on it in good faith still counts.
    ///
    /// # Errors
    ///
    /// Those of [`Self::apply`].
    pub fn apply_void(&mut self, bytes: &[u8]) -> Result<(), PaperError> {
        let parsed = change::read(bytes).map_err(PaperError::Change)?;
        self.void.insert(parsed.change.hash());
        self.apply_parsed(parsed)
    }

    fn holds(&self, hash: &ChangeHash) -> bool {
        self.document.get_change_meta_by_hash(hash).is_some()
    }

    /// True once all that a change builds on is here, and no change of its author waits that was
    /// `earlier` and has its number or a lower one: two changes with one number come to the same
    /// wherever their journal is read in order.
    fn is_ready(&self, parsed: &Parsed, earlier: &[Parsed]) -> bool {
        let change = &parsed.change;
        let behind = |it: &Parsed| {
            it.change.actor_id() == change.actor_id() && it.change.seq() <= change.seq()
        };
        !earlier.iter().any(behind) && change.deps().iter().all(|dep| self.holds(dep))
    }

    fn take(&mut self, Parsed { change, expanded }: Parsed) -> Result<(), PaperError> {
        let end = self.ends.get(&expanded.actor_id).copied().unwrap_or_default();
        change::fits(&self.document, end, &expanded).map_err(PaperError::Change)?;
        let end = AuthorEnd { changes: change.seq(), operation: change.max_op() };
        self.document.apply_changes([change]).map_err(|e| PaperError::Change(e.to_string()))?;
        self.ends.insert(expanded.actor_id, end);
        Ok(())
    }

    /// Makes one change of all `edits` and returns its bytes; `None` when they change nothing.
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
            && self.document.get(ROOT, HEADER).is_ok_and(|found| found.is_some())
        {
            return Err(PaperError::HeaderTwice);
        }
        self.document.set_actor(ActorId::from(author.to_bytes().as_slice()));
        let mut transaction = self.document.transaction();
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
        let (made, _) = transaction.commit_with(CommitOptions::default().with_time(0));
        if made.is_none() {
            return Ok(None); // Everything stood there already.
        }
        let Some(change) = self.document.get_last_local_change() else { return Ok(None) };
        let end = AuthorEnd { changes: change.seq(), operation: change.max_op() };
        self.ends.insert(change.actor_id().clone(), end);
        Ok(Some(change.raw_bytes().to_vec()))
    }
}
