//! Documents in memory: loaded on demand, bounded, staged changes included.

use std::collections::{BTreeMap, BTreeSet};

use tongban_protocol::case::{Folded, fold};
use tongban_protocol::document::{DocumentId, Edit, Event, EventId, Paper, PaperError, View};
use tongban_protocol::identity::Author;
use tongban_protocol::time::HybridTime;

use super::{Replica, ReplicaError, layout};
use crate::store::{Area, Batch, Store};

/// A case as a person reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseFile {
    /// Its name.
    pub id: DocumentId,
    /// What it says.
    pub view: View,
    /// Where it stands.
    pub folded: Folded,
    /// True while something in it builds on what has not arrived here.
    pub is_waiting: bool,
}

/// What an entry does to its documents.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Effect {
    /// What it says; made here, so a document in memory has it already.
    Own,
    /// What it says.
    Full,
    /// Its author was revoked before: it keeps its place in the documents, and says nothing.
    Void,
    /// It was refused: it is kept in its journal alone.
    Refused,
}

/// A bounded set of loaded documents, the ones used last.
///
/// Documents with staged changes stay until these are durable, for the store does not know them
/// yet.
#[derive(Debug)]
pub struct Papers {
    loaded: BTreeMap<DocumentId, (u64, Paper)>,
    staged: BTreeMap<DocumentId, Vec<(Vec<u8>, Effect)>>,
    dirty: BTreeSet<DocumentId>,
    uses: u64,
    count_max: usize,
}

impl Papers {
    /// A set that keeps `count_max` documents, at about 50 kB each.
    #[must_use]
    pub const fn new(count_max: usize) -> Self {
        Self {
            loaded: BTreeMap::new(),
            staged: BTreeMap::new(),
            dirty: BTreeSet::new(),
            uses: 0,
            count_max,
        }
    }

    pub(super) fn clear(&mut self) {
        self.loaded.clear();
        self.staged.clear();
        self.dirty.clear();
    }

    /// What was staged is durable now.
    pub(super) fn settle(&mut self) {
        self.staged.clear();
        self.dirty.clear();
        self.evict();
    }

    pub(super) fn forget(&mut self, id: DocumentId) {
        self.loaded.remove(&id);
    }

    fn evict(&mut self) {
        if self.loaded.len() <= self.count_max {
            return;
        }
        let mut by_use: Vec<(u64, DocumentId)> = self
            .loaded
            .iter()
            .filter(|(id, _)| !self.dirty.contains(id))
            .map(|(id, (used, _))| (*used, *id))
            .collect();
        by_use.sort_unstable();
        let surplus = self.loaded.len() - self.count_max * 3 / 4; // In strides, not one by one.
        for (_, id) in by_use.into_iter().take(surplus) {
            self.loaded.remove(&id);
        }
    }

    pub(super) fn edit(
        &mut self,
        id: DocumentId,
        author: Author,
        edits: Vec<Edit>,
        times: impl FnMut() -> HybridTime,
    ) -> Result<Option<Vec<u8>>, PaperError> {
        self.paper(id).edit(author, edits, times)
    }

    /// The last event of a loaded document, if one recorded at `time` would not stand after it.
    pub(super) fn event_not_before(&self, id: DocumentId, time: HybridTime) -> Option<EventId> {
        self.loaded.get(&id).and_then(|(_, paper)| paper.event_not_before(time))
    }

    /// Takes a change that is staged.
    pub(super) fn stage(&mut self, id: DocumentId, bytes: &[u8], effect: Effect) {
        self.staged.entry(id).or_default().push((bytes.to_vec(), effect));
        self.dirty.insert(id);
        if effect != Effect::Own
            && let Some((_, paper)) = self.loaded.get_mut(&id)
        {
            apply(paper, id, bytes, effect);
        }
    }

    fn paper(&mut self, id: DocumentId) -> &mut Paper {
        self.uses += 1;
        let (used, paper) = self.loaded.entry(id).or_default();
        *used = self.uses;
        paper
    }
}

impl<S: Store> Replica<S> {
    /// Sees to it that a document is in memory; one that does not exist yet is an empty one.
    pub(super) fn load_paper(&mut self, id: DocumentId) -> Result<(), ReplicaError> {
        if !self.papers.loaded.contains_key(&id) {
            let paper = self.read_paper(id)?;
            self.papers.evict();
            *self.papers.paper(id) = paper;
        }
        Ok(())
    }

    fn read_paper(&self, id: DocumentId) -> Result<Paper, ReplicaError> {
        let mut paper = self.replay(&self.resting(id)?)?;
        for (bytes, effect) in self.papers.staged.get(&id).into_iter().flatten() {
            apply(&mut paper, id, bytes, *effect);
        }
        Ok(paper)
    }

    /// Reads a document of which nothing is staged, and puts a snapshot of it into `batch` where
    /// one is due; none where it is not held here.
    pub(super) fn paper_at_rest(
        &self,
        id: DocumentId,
        batch: &mut Batch,
    ) -> Result<Option<Paper>, ReplicaError> {
        let resting = self.resting(id)?;
        let paper = match self.papers.loaded.get(&id) {
            Some((_, paper)) => paper.clone(),
            None if resting.is_empty() => return Ok(None),
            None => self.replay(&resting)?,
        };
        self.put_snapshot(&resting, &paper, batch);
        Ok(Some(paper))
    }

    /// Reads a document, without keeping it in memory.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn paper(&self, id: DocumentId) -> Result<Option<Paper>, ReplicaError> {
        if let Some((_, paper)) = self.papers.loaded.get(&id) {
            return Ok(Some(paper.clone()));
        }
        let exists = self.papers.staged.contains_key(&id)
            || self.store.read(Area::View, &layout::view_key(id))?.is_some();
        if exists { self.read_paper(id).map(Some) } else { Ok(None) }
    }

    /// The events of a document; none where it is not held here.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn events(&self, id: DocumentId) -> Result<Vec<(EventId, Event)>, ReplicaError> {
        if let Some((_, paper)) = self.papers.loaded.get(&id) {
            return Ok(paper.events());
        }
        Ok(self.paper(id)?.map(|paper| paper.events()).unwrap_or_default())
    }

    /// Reads a case; `None` if no such case is held here, or nothing in it counts.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn case(&self, id: DocumentId) -> Result<Option<CaseFile>, ReplicaError> {
        if self.papers.staged.contains_key(&id) {
            return self.paper(id)?.map_or(Ok(None), |paper| self.case_of(id, &paper));
        }
        let entries = self.named(id)?;
        if let Some(known) = self.publications.known_case(id, &entries) {
            return Ok(Some(known));
        }
        let Some(paper) = self.paper(id)? else { return Ok(None) };
        let file = self.case_of(id, &paper)?;
        if let Some(file) = &file {
            self.publications.keep_case(entries, file.clone());
        }
        Ok(file)
    }

    /// A document as a case.
    pub(super) fn case_of(
        &self,
        id: DocumentId,
        paper: &Paper,
    ) -> Result<Option<CaseFile>, ReplicaError> {
        let view = paper.view();
        if view == View::default() && !paper.is_waiting() {
            return Ok(None);
        }
        let mut folded = fold(&view.events, self.almanac());
        let city = self.member.credential.path.city();
        self.every_catalogue()?.hold_against(&mut folded, &view.events, city);
        Ok(Some(CaseFile { id, view, folded, is_waiting: paper.is_waiting() }))
    }
}

pub(super) fn apply(paper: &mut Paper, id: DocumentId, bytes: &[u8], effect: Effect) {
    let applied = match effect {
        Effect::Own | Effect::Full => paper.apply(bytes),
        Effect::Void => paper.apply_void(bytes),
        Effect::Refused => Ok(()),
    };
    if let Err(error) = applied {
        tracing::warn!(document = %id, %error, "a change has no effect");
    }
}
