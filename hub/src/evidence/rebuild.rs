//! The cases again, from the entries that have effect.

use std::collections::{BTreeMap, BTreeSet};

use tongban_protocol::calendar::Almanac;
use tongban_protocol::case::fold;
use tongban_protocol::document::{
    DocumentId, DocumentKind, DocumentName, EventKind, Paper, PaperError,
};
use tongban_protocol::identity::{Author, NodeId};
use tongban_protocol::journal::{Body, JournalId};
use tongban_protocol::place::{Home, Scope};
use tongban_protocol::time::{HybridTime, Timestamp};

use super::findings::{CaseFinding, EventFinding};
use super::inspect::Sound;
use super::{Brought, EvidenceError};

type Journals = BTreeMap<JournalId, Sound>;

/// A change of a document.
struct Effect<'a> {
    time: HybridTime,
    journal: JournalId,
    number: u64,
    bytes: &'a [u8],
    /// True if it only keeps its place, because its author had been revoked.
    is_void: bool,
}

impl Effect<'_> {
    fn apply(&self, paper: &mut Paper) -> Result<(), PaperError> {
        if self.is_void { paper.apply_void(self.bytes) } else { paper.apply(self.bytes) }
    }
}

/// Builds the wanted case, or all cases of the home.
pub(super) fn cases(
    sound: &Journals,
    home: Home,
    wanted: Option<DocumentName>,
) -> Result<Vec<CaseFinding>, EvidenceError> {
    let by_document = effects(sound, |journal, name| {
        journal.home == home
            && name.kind == DocumentKind::Case
            && wanted.is_none_or(|wanted| wanted == name)
    });
    if let Some(name) = wanted.filter(|name| !by_document.contains_key(name)) {
        let why = "no entry in the file has an effect on it".to_owned();
        let document = DocumentId { home, name }.to_string();
        return Err(EvidenceError::Document { document, why });
    }
    by_document
        .iter()
        .map(|(name, all)| case(sound, DocumentId { home, name: *name }, all))
        .collect()
}

/// Which machines the city revoked, and from when on, by the roster in the file.
pub(super) fn revocations(sound: &Journals) -> BTreeMap<NodeId, Timestamp> {
    let rosters = effects(sound, |journal, name| {
        journal.home.scope == Scope::Public && name.kind == DocumentKind::Roster
    });
    let mut revoked = BTreeMap::new();
    for effects in rosters.values() {
        let mut paper = Paper::default();
        for effect in effects {
            // What does not fit has no effect in any store either.
            let _ = effect.apply(&mut paper);
        }
        for (_, event) in paper.events() {
            if event.kind == EventKind::Revoke
                && let Ok(node) = event.note.parse::<NodeId>()
            {
                let from = revoked.entry(node).or_insert(event.happened_at);
                *from = event.happened_at.min(*from);
            }
        }
    }
    revoked
}

/// The changes that were not refused, by document, in the order in which they were recorded.
fn effects(
    sound: &Journals,
    is_wanted: impl Fn(JournalId, DocumentName) -> bool,
) -> BTreeMap<DocumentName, Vec<Effect<'_>>> {
    let mut by_document: BTreeMap<DocumentName, Vec<Effect<'_>>> = BTreeMap::new();
    for journal in sound.values() {
        for signed in &journal.entries {
            let (number, time) = (signed.entry.number, signed.entry.time);
            let Body::Changes(changes) = &signed.entry.body else { continue };
            if journal.refused.contains_key(&number) {
                continue;
            }
            let is_void = journal.void.contains_key(&number);
            for change in changes.iter().filter(|it| is_wanted(journal.journal, it.document)) {
                let effect = Effect {
                    time,
                    journal: journal.journal,
                    number,
                    bytes: &change.bytes,
                    is_void,
                };
                by_document.entry(change.document).or_default().push(effect);
            }
        }
    }
    for effects in by_document.values_mut() {
        effects.sort_by_key(|effect| (effect.time, effect.journal.author));
    }
    by_document
}

fn case(
    sound: &Journals,
    id: DocumentId,
    effects: &[Effect<'_>],
) -> Result<CaseFinding, EvidenceError> {
    let refuse = |why: String| EvidenceError::Document { document: id.to_string(), why };
    let mut paper = Paper::default();
    let mut brought: BTreeSet<Brought> = BTreeSet::new();
    let mut known = BTreeSet::new();
    let mut latest: BTreeMap<Author, &Effect<'_>> = BTreeMap::new();
    for effect in effects {
        if let Err(error) = effect.apply(&mut paper) {
            return Err(refuse(format!("entry {} of {}: {error}", effect.number, effect.journal)));
        }
        latest.insert(effect.journal.author, effect);
        for (event, _) in paper.events() {
            // An event that waited for another's change came with its own author's entry.
            if known.insert(event)
                && let Some(effect) = latest.get(&event.author)
            {
                let (journal, number) = (effect.journal, effect.number);
                brought.insert(Brought { id: event, journal, number });
            }
        }
    }
    if paper.is_waiting() {
        return Err(refuse("it builds on changes that are not in the file".to_owned()));
    }
    let view = paper.view();
    // The calendar is not in the file: days are counted by estimate.
    let folded = fold(&view.events, &Almanac::default());
    let mut events = Vec::with_capacity(view.events.len());
    for (event_id, event) in &view.events {
        let entry = brought.iter().find(|it| it.id == *event_id);
        let journal = entry.and_then(|entry| sound.get(&entry.journal));
        events.push(EventFinding {
            kind: event.kind,
            happened_at: event.happened_at,
            recorded_at: event_id.recorded.instant(),
            witnessed_at: entry
                .zip(journal)
                .and_then(|(entry, journal)| journal.witnessed(entry.number)),
            is_of_city: journal
                .is_some_and(|it| it.credential.path.centre() == it.credential.path.city()),
            by: event.by.clone(),
            note: event.note.clone(),
            centre: journal.map(|it| it.credential.path.centre()),
            author: event_id.author,
            anomaly: folded.anomalies.get(event_id).cloned(),
        });
    }
    Ok(CaseFinding { id, header: view.header, state: folded.course.state, events, form: view.form })
}
