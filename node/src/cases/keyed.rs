//! Cases out of a list: each known by a key for ever, and what one would come to beforehand.
//!
//! Nothing is claimed of their materials, for lists say nothing of them.

use tongban_protocol::calendar::civil_day;
use tongban_protocol::case::{Anomaly, Fault, Folded, fold};
use tongban_protocol::document::{
    DocumentId, DocumentKind, DocumentName, Edit, Event, EventId, View,
};
use tongban_protocol::place::Home;
use tongban_protocol::supervision::Card;
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

use super::offered::{Offered, offered};
use super::request::{first_entry, random, taken_before};
use super::{
    CaseError, DoubtNote, NewCase, NewEvent, Taken, admit, cards, edits, joint, receipt, take_as,
};
use crate::posts;
use crate::replica::{CaseFile, Replica};
use crate::store::Store;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// Stages a new case that is known by a key for ever, such as the row of a list: given again with
/// the same day of receipt, it is the case of before, and false.
///
/// `past` is what happened to it in another system, in order, where it is kept as it came
/// ([`tongban_protocol::case::State::Imported`]): no limit runs, no rule gives a card, and no
/// figure counts it. Where there is none, it is received here.
///
/// # Errors
///
/// As [`super::take`].
pub fn take_keyed<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    key: &str,
    (mut case, past): (NewCase, Vec<Event>),
) -> Result<(Taken, bool), CaseError> {
    let doubts = admit(&mut case, now)?;
    let centre = replica.member().centre();
    let received_at = case.happened_at.unwrap_or(now);
    let day = received_at.shanghai_day().saturating_mul(DAY_MS);
    let ulid =
        Ulid::from_parts(u64::try_from(day).unwrap_or(0), random(b"tongban-key\0", centre, key));
    let name = DocumentName { kind: DocumentKind::Case, ulid };
    let id = DocumentId { home: Home::office(centre), name };
    if replica.paper(id)?.is_some() {
        let appended = first_entry(replica, id)?;
        return Ok((taken_before(replica, id, appended, doubts)?, false));
    }
    let offered = unstated(replica, &case, received_at)?;
    let taken = if past.is_empty() {
        take_as(replica, now, name, (case, doubts), offered)
    } else {
        keep(replica, now, id, (case, doubts, past), offered)
    };
    taken.map(|taken| (taken, true))
}

/// What the catalogue says of an item, but for its materials.
fn unstated<S: Store>(
    replica: &Replica<S>,
    case: &NewCase,
    received_at: Timestamp,
) -> Result<Offered, CaseError> {
    let offered = offered(replica, &case.item, received_at)?;
    Ok(Offered { materials: Vec::new(), ..offered })
}

/// Stages a case that was finished elsewhere, as it came.
fn keep<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    id: DocumentId,
    (mut case, doubts, past): (NewCase, Vec<DoubtNote>, Vec<Event>),
    offered: Offered,
) -> Result<Taken, CaseError> {
    posts::check_acceptor(replica, now, &case.by)?.map_err(CaseError::Vacant)?;
    let taken_at = case.happened_at.unwrap_or(now);
    let number = replica.next_number(civil_day(taken_at))??;
    if case.channel.is_empty() {
        case.channel = "导入".to_owned();
    }
    let mut edits = edits(id, taken_at, number, case, offered);
    edits.extend(past.into_iter().map(Edit::Event));
    let appended = replica.append(now, id.home, vec![(id.name, edits)])?;
    Ok(Taken { id, number: number.to_string(), appended, doubts, code: None })
}

/// What a case would come to.
#[derive(Clone, Debug)]
pub struct Rehearsed {
    /// The cards that the rules would give it today.
    pub cards: Vec<Card>,
    /// Why something that follows its receipt would not be taken.
    pub fault: Option<Fault>,
}

/// Says what [`take_keyed`] and the events that follow it would come to; nothing is staged.
///
/// # Errors
///
/// Why the case would not be taken. Who may take it is not asked.
pub fn rehearse<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    case: &NewCase,
    after: Vec<NewEvent>,
) -> Result<Rehearsed, CaseError> {
    let taken_at = case.happened_at.unwrap_or(now);
    let (tier, author) = (replica.member().credential.tier, replica.member().author());
    let mut offered = unstated(replica, case, taken_at)?;
    if let Some(plan) = &mut offered.plan {
        joint::seat(replica, plan, &case.authorities, civil_day(taken_at))?;
    }
    let mut recorded = replica.recording_time(now);
    let receive = receipt((taken_at, tier), case, &mut offered);
    let mut events = vec![(EventId { recorded, author }, receive)];
    for NewEvent { kind, note, by, happened_at, detail } in after {
        recorded = recorded.next(now);
        let detail = detail.detail(kind, &note, "", tier);
        let event = Event::new(kind, happened_at.unwrap_or(now), &by, &note).with(detail);
        events.push((EventId { recorded, author }, event));
    }
    let folded = fold(&events, replica.almanac());
    let fault = first_fault(&folded, |id| *id == events[0].0);
    if let Some(fault) = fault {
        return Err(CaseError::Unlawful { fault });
    }
    let fault = first_fault(&folded, |_| true);
    let name = DocumentName { kind: DocumentKind::Case, ulid: Ulid::nil() };
    let id = DocumentId { home: Home::office(replica.member().centre()), name };
    let file = CaseFile { id, view: View { events, ..View::default() }, folded, is_waiting: false };
    let mut cards = cards::given(replica, &file, now)?;
    cards.retain(|card| !card.is_explained);
    Ok(Rehearsed { cards, fault })
}

fn first_fault(folded: &Folded, is_meant: impl Fn(&EventId) -> bool) -> Option<Fault> {
    folded.anomalies.iter().find_map(|(id, anomaly)| match anomaly {
        Anomaly::Unlawful(fault) if is_meant(id) => Some(fault.clone()),
        _ => None,
    })
}
