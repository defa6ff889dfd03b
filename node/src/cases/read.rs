//! Lists of cases and one case in full, as the API sends them.

use std::collections::BTreeMap;

use tongban_protocol::calendar::civil_day;
use tongban_protocol::case::{Anomaly, Breach};
use tongban_protocol::document::{
    DocumentId, DocumentKind, Event, EventId, EventKind, Header, MaterialState,
};
use tongban_protocol::identity::Author;
use tongban_protocol::journal::JournalId;
use tongban_protocol::number::{CaseNumber, CaseNumberError};
use tongban_protocol::place::Home;
use tongban_protocol::post::may_accept;
use tongban_protocol::time::{HybridTime, Timestamp};
use tongban_protocol::value::Value;

use super::besides::besides;
use super::values::{
    AnomalyNote, CaseDetail, CaseList, CaseSummary, EventDetail, GreenNote, MaterialDetail,
    PartNote, Stage,
};
use super::{CaseError, QUERY_CODE, rating};
use crate::posts::{self, PostEvents};
use crate::replica::{CaseFile, EntryRef, Replica, ReplicaError};
use crate::store::Store;

/// Most cases on one page of a list.
const CASES_PER_LIST_MAX: usize = 200;

/// Lists the cases of some homes, the newest first, at most 200.
///
/// `after` is the last case of the page before. The order is that of the names, which begin with
/// the time at which a case was taken.
///
/// # Errors
///
/// The store's.
pub fn list<S: Store>(
    replica: &Replica<S>,
    homes: &[Home],
    after: Option<DocumentId>,
    limit: usize,
) -> Result<CaseList, ReplicaError> {
    let limit = limit.clamp(1, CASES_PER_LIST_MAX);
    let key = |id: &DocumentId| (id.name.ulid, id.home);
    let mut ids = Vec::new();
    for home in homes {
        let before = after.as_ref().map(key);
        ids.extend(replica.newest(*home, DocumentKind::Case, before, limit + 1)?);
    }
    ids.sort_unstable_by_key(|id| std::cmp::Reverse(key(id)));
    let has_more = ids.len() > limit;
    ids.truncate(limit);
    let next = ids.last().filter(|_| has_more).map(ToString::to_string);
    let mut cases = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(file) = replica.case(id)? {
            cases.push(summary(replica, &file)?);
        }
    }
    Ok(CaseList { cases, next })
}

/// Finds the cases here with a number, as people type it; mostly one.
///
/// # Errors
///
/// [`CaseError::Number`] where there is none and the number is one of ours with something wrong in
/// it; the store's.
pub fn find<S: Store>(replica: &Replica<S>, number: &str) -> Result<CaseList, CaseError> {
    let mut cases = Vec::new();
    for id in replica.numbered(number)? {
        if let Some(file) = replica.case(id)?
            && file.view.header.is_some()
        {
            cases.push(summary(replica, &file)?);
        }
    }
    match number.parse::<CaseNumber>() {
        Err(error) if cases.is_empty() && !matches!(error, CaseNumberError::Length(_)) => {
            Err(CaseError::Number { typed: number.chars().take(40).collect(), error })
        }
        _ => Ok(CaseList { cases, next: None }),
    }
}

/// Lists the cases of some homes for which a green channel was ever opened, the newest first.
///
/// # Errors
///
/// The store's.
pub fn green<S: Store>(
    replica: &Replica<S>,
    homes: &[Home],
    limit: usize,
) -> Result<CaseList, ReplicaError> {
    let mut ids: Vec<_> = replica.green_cases().filter(|id| homes.contains(&id.home)).collect();
    ids.sort_unstable_by_key(|id| std::cmp::Reverse((id.name.ulid, id.home)));
    ids.truncate(limit.clamp(1, CASES_PER_LIST_MAX));
    let mut cases = Vec::with_capacity(ids.len());
    for id in ids {
        let file = replica.case(id)?.filter(|file| file.folded.course.green.is_some());
        cases.extend(file.map(|file| summary(replica, &file)).transpose()?);
    }
    Ok(CaseList { cases, next: None })
}

/// Reads one case in full; `None` if no such case is held here.
///
/// # Errors
///
/// The store's.
pub fn show<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
) -> Result<Option<CaseDetail>, ReplicaError> {
    let Some(file) = replica.case(id)? else { return Ok(None) };
    let places = places(replica, id)?;
    let posts = posts::events(replica, id.home)?;
    let events = file.view.events.iter().map(|(event_id, event)| {
        let entry = place(&places, *event_id);
        let stage = entry.map_or(Stage::Here, |entry| replica.stage_of(entry).into());
        let witnessed_at = entry.map(|entry| replica.witnessed_at(entry)).transpose()?.flatten();
        Ok::<_, ReplicaError>(EventDetail {
            kind: event.kind,
            zh: event.kind.zh().to_owned(),
            happened_at: event.happened_at,
            recorded_at: event_id.recorded.instant(),
            witnessed_at,
            by: event.by.clone(),
            note: event.note.clone(),
            besides: besides(event),
            author: event_id.author.to_string(),
            entry: entry.map(|entry| entry.number),
            stage,
            anomaly: file.folded.anomalies.get(event_id).map(note),
            breaches: file
                .folded
                .course
                .breaches
                .get(event_id)
                .map_or_else(Vec::new, |it| marks(it))
                .into_iter()
                .chain(vacancy(replica, id.home, &posts, (*event_id, event)))
                .collect(),
        })
    });
    let events = events.collect::<Result<_, _>>()?;
    let part_of = match file.view.header.as_ref().and_then(|header| header.part_of) {
        Some(of) => {
            let is_held = replica.case(of.lead)?.is_some();
            Some(PartNote { lead: of.lead.to_string(), part: u32::from(of.place) + 1, is_held })
        }
        None => None,
    };
    let text = |values: &Vec<Value>| values.iter().map(Value::to_string).collect();
    Ok(Some(CaseDetail {
        summary: summary(replica, &file)?,
        form: file
            .view
            .form
            .iter()
            .filter(|(field, _)| *field != QUERY_CODE)
            .map(|(field, value)| (field.clone(), value.to_string()))
            .collect(),
        conflict_values: file
            .view
            .conflicts
            .iter()
            .map(|(f, all)| (f.clone(), text(all)))
            .collect(),
        materials: file.view.materials.iter().map(|(name, it)| material(name, it.state)).collect(),
        events,
        is_waiting: file.is_waiting,
        part_of,
        ratings: rating::notes(replica, id)?,
    }))
}

pub(crate) fn summary<S: Store>(
    replica: &Replica<S>,
    file: &CaseFile,
) -> Result<CaseSummary, ReplicaError> {
    let id = file.id;
    let header = file.view.header.clone().unwrap_or_else(|| headless(id));
    let entries = replica.entries_of(id)?;
    let stage = entries.iter().map(|entry| replica.stage_of(*entry)).min();
    Ok(CaseSummary {
        id: id.to_string(),
        number: header.number,
        item: header.item,
        item_name: header.item_name,
        applicant: header.applicant,
        channel: header.channel,
        centre: header.taken_by.to_string(),
        taken_at: header.taken_at,
        changed_at: file.view.events.last().map(|(id, _)| id.recorded.instant()),
        state: file.folded.course.state.into(),
        stage: stage.map_or(Stage::Here, Stage::from),
        conflicts: file.view.conflicts.len(),
        anomalies: file.folded.anomalies.len(),
        contradictions: file.folded.anomalies.values().filter(|it| it.awaits_ruling()).count(),
        attention: None,
        green: file.folded.course.green.as_ref().map(GreenNote::from),
    })
}

/// What is shown while only later entries of a case have arrived.
fn headless(id: DocumentId) -> Header {
    let taken_at = i64::try_from(id.name.ulid.timestamp_ms()).unwrap_or(0);
    Header {
        number: String::new(),
        item: String::new(),
        item_name: String::new(),
        applicant: String::new(),
        channel: String::new(),
        taken_by: id.home.division,
        taken_at: Timestamp(taken_at),
        part_of: None,
    }
}

/// The entries of a document, by author and time.
type Places = BTreeMap<(Author, HybridTime), EntryRef>;

fn places<S: Store>(replica: &Replica<S>, id: DocumentId) -> Result<Places, ReplicaError> {
    let mut places = Places::new();
    for entry in replica.entries_of(id)? {
        if let Some(signed) = replica.entry(entry.journal, entry.number)? {
            places.insert((entry.journal.author, signed.entry.time), entry);
        }
    }
    Ok(places)
}

/// The entry that brought an event: its author's next after the event was recorded.
fn place(places: &Places, id: EventId) -> Option<EntryRef> {
    let mut later = places.range((id.author, id.recorded)..);
    later.next().filter(|((author, _), _)| *author == id.author).map(|(_, entry)| *entry)
}

fn note(anomaly: &Anomaly) -> AnomalyNote {
    match anomaly {
        Anomaly::Unlawful(fault) => AnomalyNote {
            zh: format!("{}；此环节不生效", fault.zh()),
            en: format!("{fault}; it has no effect"),
        },
        Anomaly::NotUnderstood { code } => AnomalyNote {
            zh: format!("环节种类 {code} 来自更高版本的软件,升级本机后才生效"),
            en: format!(
                "an event of kind {code} needs a later version of this software; it has no effect here until then"
            ),
        },
        Anomaly::Contradiction { stands, against, resolved: Some(outcome) } => AnomalyNote {
            zh: format!("两处决定不一致:“{stands}”和“{against}”;裁决为{}", outcome.zh()),
            en: format!(
                "two centres decided differently: `{stands}` and `{against}`; resolved as {}",
                outcome.en()
            ),
        },
        Anomaly::Contradiction { stands, against, resolved: None } => AnomalyNote {
            zh: format!("两处决定不一致:“{stands}”有效,“{against}”待督办裁定"),
            en: format!(
                "two centres decided differently: `{stands}` stands, `{against}` waits for supervision"
            ),
        },
    }
}

/// What is wrong with the event of a case that this machine recorded last, and has its effect.
///
/// # Errors
///
/// The store's.
pub fn told<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    kind: EventKind,
) -> Result<Vec<AnomalyNote>, ReplicaError> {
    let own = replica.member().author();
    let Some(file) = replica.case(id)? else { return Ok(Vec::new()) };
    let last = file.view.events.iter().rev().find(|(id, _)| id.author == own);
    let last = last.filter(|(_, event)| event.kind == kind); // A rating is no event of the case.
    let breaches = last.and_then(|(id, _)| file.folded.course.breaches.get(id));
    Ok(marks(breaches.map(Vec::as_slice).unwrap_or_default()))
}

fn marks(breaches: &[Breach]) -> Vec<AnomalyNote> {
    let mark = |breach: &Breach| AnomalyNote { zh: breach.zh(), en: breach.to_string() };
    breaches.iter().map(mark).collect()
}

/// What was missing of whoever accepted for the centre on that day, as far as its posts are held.
fn vacancy<S: Store>(
    replica: &Replica<S>,
    home: Home,
    posts: &PostEvents,
    (id, event): (EventId, &Event),
) -> Option<AnomalyNote> {
    let is_acceptance = posts::is_acceptance(event.kind);
    let centre = replica.author_centre(JournalId { home, author: id.author });
    if !is_acceptance || centre != Some(home.division) {
        return None;
    }
    let roster = posts::roster_of(posts, |told| told.recorded <= id.recorded);
    let vacancy = may_accept(&roster, &event.by, civil_day(id.recorded.instant())).err();
    let vacancy = vacancy.filter(|_| !roster.is_empty())?;
    Some(AnomalyNote { zh: vacancy.zh(), en: vacancy.to_string() })
}

fn material(name: &str, state: MaterialState) -> MaterialDetail {
    let (state, zh) = match state {
        MaterialState::Missing => ("missing", "缺"),
        MaterialState::Handed => ("handed", "已交"),
        MaterialState::MayFollow => ("may-follow", "容缺"),
    };
    MaterialDetail { name: name.to_owned(), state: state.to_owned(), zh: zh.to_owned() }
}
