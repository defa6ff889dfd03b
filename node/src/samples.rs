//! 抽查: the city's draws, what they give at each centre, and what was found.
//!
//! The rules are [`tongban_protocol::sampling`]. Everybody who holds the cases of a centre draws the
//! same of them; only the city announces, shows a seed, and says what a case was like.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::civil::Date;
use rand_core::Rng;
use serde::{Deserialize, Serialize};
use tongban_protocol::calendar::civil_day;
use tongban_protocol::case::{Fault, Sampled, State, law};
use tongban_protocol::document::{
    Detail, DocumentId, DocumentKind, DocumentName, Edit, Event, EventId, EventKind, Role,
};
use tongban_protocol::hash::Sha;
use tongban_protocol::place::{Home, Scope};
use tongban_protocol::sampling::{
    Checklist, Draw, DrawFault, FoldedDraw, SEED_BYTES, draw as draw_of, fold,
};
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

use crate::cases::AnomalyNote;
use crate::replica::{Appended, Replica, ReplicaError};
use crate::service::Closed;
use crate::store::Store;

/// Most documents of rules and draws that are read: decades of a draw each week.
const DRAWS_MAX: usize = 4_096;

/// What is to be drawn.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnounceWish {
    /// The first day of the period within which a case is closed, such as 2013-12-01.
    #[schema(value_type = String)]
    pub from: Date,
    /// The last day.
    #[schema(value_type = String)]
    pub to: Date,
    /// How many cases of each centre.
    pub per_centre: u16,
    /// The first day on which the seed may be shown.
    #[schema(value_type = String)]
    pub drawn_on: Date,
    /// Who announces it.
    pub by: String,
}

/// What somebody found who looked at a case.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckWish {
    /// The case.
    pub case: String,
    /// The four answers: the reason of each no, nothing for a yes.
    #[schema(value_type = Object)]
    pub checklist: Checklist,
    /// Who looked.
    pub by: String,
}

/// A draw, as far as it has come.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct DrawDetail {
    /// Its name.
    pub id: String,
    /// The SHA-256 of the seed.
    pub seed_hash: String,
    /// The first day of the period.
    #[schema(value_type = String)]
    pub from: Date,
    /// The last day of the period.
    #[schema(value_type = String)]
    pub to: Date,
    /// How many cases of each centre.
    pub per_centre: u16,
    /// The first day on which the seed may be shown.
    #[schema(value_type = String)]
    pub drawn_on: Date,
    /// The seed, once it was shown.
    pub seed: Option<String>,
    /// What was recorded without effect, such as another seed.
    pub anomalies: Vec<AnomalyNote>,
}

/// A case that was drawn.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct DrawnCase {
    /// The case.
    pub case: String,
    /// Its number.
    pub number: String,
    /// The item's name.
    pub item_name: String,
    /// When it was closed.
    pub closed_on: String,
    /// What was found; none while nobody has looked.
    pub found: Option<FoundDetail>,
}

/// What was found.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FoundDetail {
    /// When.
    pub on: String,
    /// Who looked.
    pub by: String,
    /// What was wrong, with its reason; empty where nothing was.
    pub faults_zh: Vec<String>,
    /// The same in English.
    pub faults_en: Vec<String>,
}

/// Why something was not recorded, or nothing can be drawn.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// There is no such draw.
    #[error("no draw `{0}` was announced; `sample list` shows those that were (没有此抽查)")]
    NotFound(String),
    /// Its seed is not known yet.
    #[error("the seed of this draw is not shown yet; it may be on {0} (种子尚未揭示)")]
    NotShown(Date),
    /// The draw's own rules do not allow it.
    #[error("{fault} ({})", fault.zh())]
    NotAllowed {
        /// What is wrong.
        fault: DrawFault,
    },
    /// The seed is too short or too long.
    #[error("a seed has {min} to {max} bytes (种子长度不符)", min = SEED_BYTES.start(), max = SEED_BYTES.end())]
    Seed,
    /// The case was not drawn.
    #[error("case {0} is none of those that were drawn (本件未被抽中)")]
    NotDrawn(String),
    /// The law of a case does not allow it.
    #[error("{fault} ({})", fault.zh())]
    Unlawful {
        /// What is wrong.
        fault: Fault,
    },
    /// Nobody answers for it.
    #[error("`by` is empty; a sample needs the name of a person (须写明经办人)")]
    Nameless,
    /// The replica refused, or its store failed.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The service has stopped; whether it was saved is not known.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// Lists the draws that the city announced, the newest first.
///
/// # Errors
///
/// The store's.
pub fn list<S: Store>(replica: &Replica<S>) -> Result<Vec<DrawDetail>, ReplicaError> {
    let home = Home::public(replica.member().credential.path.city());
    let mut draws = Vec::new();
    for id in replica.documents(home, DocumentKind::Rules, None, DRAWS_MAX)? {
        let FoldedDraw { draw, seed, anomalies } = fold(&events(replica, id)?);
        let Some(draw) = draw else { continue };
        draws.push(DrawDetail {
            id: id.name.ulid.to_string(),
            seed_hash: draw.seed_hash.to_string(),
            from: draw.from,
            to: draw.to,
            per_centre: draw.per_centre,
            drawn_on: draw.drawn_on,
            seed,
            anomalies: anomalies
                .values()
                .map(|fault| AnomalyNote { zh: fault.zh(), en: fault.to_string() })
                .collect(),
        });
    }
    draws.reverse();
    Ok(draws)
}

/// The centres whose cases can be drawn here: this one, and those below of which anything is held.
pub fn homes<S: Store>(replica: &Replica<S>) -> BTreeSet<Home> {
    let mut homes = replica.homes();
    homes.retain(|home| home.scope == Scope::Office);
    homes.insert(Home::office(replica.member().centre()));
    homes
}

/// Draws of the cases of one centre.
///
/// # Errors
///
/// [`SampleError`] says why nothing can be drawn.
pub fn drawn<S: Store>(
    replica: &Replica<S>,
    id: &str,
    home: Home,
) -> Result<Vec<DrawnCase>, SampleError> {
    let (name, folded) = find(replica, id)?;
    let cases = drawn_of(replica, &folded, home)?;
    let mut told = Vec::new();
    for case in cases {
        let Some(file) = replica.case(case)? else { continue };
        let header = file.view.header.as_ref();
        let course = &file.folded.course;
        told.push(DrawnCase {
            case: case.to_string(),
            number: header.map(|header| header.number.clone()).unwrap_or_default(),
            item_name: header.map(|header| header.item_name.clone()).unwrap_or_default(),
            closed_on: course.closed_on.map(|on| on.to_string()).unwrap_or_default(),
            found: course.samples.get(&name).map(found),
        });
    }
    Ok(told)
}

/// Stages the announcement of a draw with the hash of `seed`.
///
/// # Errors
///
/// [`SampleError`] says why nothing was staged.
pub fn announce<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    rng: &mut impl Rng,
    (wish, seed): (AnnounceWish, &str),
) -> Result<(String, Appended), SampleError> {
    if !SEED_BYTES.contains(&seed.len()) {
        return Err(SampleError::Seed);
    }
    let AnnounceWish { from, to, per_centre, drawn_on, by } = wish;
    let seed_hash = Sha::of(seed.as_bytes());
    let draw = Some(Box::new(Draw { seed_hash, from, to, per_centre, drawn_on }));
    let name = replica.name_document(now, DocumentKind::Rules, rng);
    let detail = Detail { draw, ..Detail::default() };
    let event = Event::new(EventKind::AnnounceDraw, now, by.trim(), "").with(detail);
    let appended = stage(replica, now, name, event)?;
    Ok((name.ulid.to_string(), appended))
}

/// Stages the seed of a draw, for everybody to see.
///
/// # Errors
///
/// [`SampleError`] says why nothing was staged.
pub fn reveal<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    id: &str,
    (seed, by): (String, &str),
) -> Result<((), Appended), SampleError> {
    let (name, _) = find(replica, id)?;
    let detail = Detail { seed: Some(seed), ..Detail::default() };
    let event = Event::new(EventKind::RevealDraw, now, by.trim(), "").with(detail);
    Ok(((), stage(replica, now, name, event)?))
}

/// Stages what somebody found in a case that was drawn.
///
/// # Errors
///
/// [`SampleError`] says why nothing was staged.
pub fn check<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    id: &str,
    wish: CheckWish,
) -> Result<((), Appended), SampleError> {
    let CheckWish { case, checklist, by } = wish;
    if by.trim().is_empty() {
        return Err(SampleError::Nameless);
    }
    let (name, folded) = find(replica, id)?;
    let not_drawn = || SampleError::NotDrawn(case.chars().take(60).collect());
    let case_id: DocumentId = case.parse().map_err(|_| not_drawn())?;
    if !drawn_of(replica, &folded, case_id.home)?.contains(&case_id) {
        return Err(not_drawn());
    }
    let file = replica.case(case_id)?.ok_or_else(not_drawn)?;
    let detail = Detail {
        role: Some(Role::Supervisor),
        checklist: Some(Box::new(checklist)),
        sample: Some(name),
        ..Detail::default()
    };
    let event = Event::new(EventKind::CheckSample, now, by.trim(), "").with(detail);
    let recorded_at = replica.recording_time(now).instant();
    law::check(&file.folded.course, &event, recorded_at, replica.almanac())
        .map_err(|fault| SampleError::Unlawful { fault })?;
    let edits = vec![(case_id.name, vec![Edit::Event(event)])];
    Ok(((), replica.append(now, case_id.home, edits)?))
}

fn found(sampled: &Sampled) -> FoundDetail {
    let Sampled { on, by, checklist } = sampled;
    FoundDetail {
        on: on.to_string(),
        by: by.clone(),
        faults_zh: checklist.faults().map(|(zh, _, why)| format!("{zh}：{why}")).collect(),
        faults_en: checklist.faults().map(|(_, en, why)| format!("{en}: {why}")).collect(),
    }
}

/// Stages an event of a draw, as far as every tier will take it.
fn stage<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    name: DocumentName,
    event: Event,
) -> Result<Appended, SampleError> {
    if event.by.is_empty() {
        return Err(SampleError::Nameless);
    }
    let home = Home::public(replica.member().credential.path.city());
    let mut folded = fold(&events(replica, DocumentId { home, name })?);
    let on = civil_day(replica.recording_time(now).instant());
    folded.take(&event, on).map_err(|fault| SampleError::NotAllowed { fault })?;
    Ok(replica.append(now, home, vec![(name, vec![Edit::Event(event)])])?)
}

fn find<S: Store>(
    replica: &Replica<S>,
    id: &str,
) -> Result<(DocumentName, FoldedDraw), SampleError> {
    let none = || SampleError::NotFound(id.chars().take(60).collect());
    let ulid = Ulid::from_string(id.trim()).map_err(|_| none())?;
    let name = DocumentName { kind: DocumentKind::Rules, ulid };
    let home = Home::public(replica.member().credential.path.city());
    let folded = fold(&events(replica, DocumentId { home, name })?);
    if folded.draw.is_some() { Ok((name, folded)) } else { Err(none()) }
}

fn drawn_of<S: Store>(
    replica: &Replica<S>,
    folded: &FoldedDraw,
    home: Home,
) -> Result<Vec<DocumentId>, SampleError> {
    let Some(draw) = folded.draw else { return Ok(Vec::new()) };
    let seed = folded.seed.as_deref().ok_or(SampleError::NotShown(draw.drawn_on))?;
    let cases = replica.documents(home, DocumentKind::Case, None, usize::MAX)?;
    let period = draw.from..=draw.to;
    let drawn = draw_of(seed, draw.per_centre, cases, |case| {
        let course = replica.case(case)?.map(|file| file.folded.course);
        let handled = course.filter(|course| course.state != State::Imported);
        let closed_on = handled.and_then(|course| course.closed_on);
        Ok::<_, ReplicaError>(closed_on.is_some_and(|on| period.contains(&on)))
    });
    Ok(drawn?)
}

fn events<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
) -> Result<Vec<(EventId, Event)>, ReplicaError> {
    Ok(replica.paper(id)?.map(|paper| paper.events()).unwrap_or_default())
}
