//! 上级系统代办 as the counter handles it: a card for what was typed into an upper system, found
//! again by the number there, so that nobody keeps a list of their own.
//!
//! A card is a service record ([`crate::records`] enters it, corrects it and ends it); what may
//! follow what is [`tongban_protocol::service`]. What is **not** here: asking the upper system,
//! which has no way to be asked: its page is pasted.

mod paste;
#[cfg(test)]
mod tests;
mod values;

use tongban_protocol::document::{
    Detail, DocumentId, DocumentKind, DocumentName, Edit, Event, EventKind,
};
use tongban_protocol::place::Home;
use tongban_protocol::service::{MatchedUp, Relay, check, match_up, tally_relays, upstream_key};
use tongban_protocol::time::Timestamp;

use crate::records::{NewEntry, Period, RecordError, enter, read_record};
use crate::replica::{Appended, RECORDS_MAX, Replica, ReplicaError};
use crate::service::Desk;
use crate::store::Store;

pub use paste::{RESULTS_MAX, Recognised, recognise, results};
pub use values::{Matched, OpenRelays, RelayCount, RelayDetail, RelayResult, Results};

/// How long a card may wait for its result before the desk says so, in milliseconds: a week.
pub const RELAY_WAIT_MS_MAX: i64 = 7 * 24 * 3_600_000;

/// Cards that one list shows.
pub const RELAYS_SHOWN_MAX: usize = 200;

/// Records that are read at a time while others wait for the engine.
const RECORDS_AT_ONCE: usize = 200;

/// Cards whose results go into one entry.
const RESULTS_PER_ENTRY: usize = 64;

/// Stages a new card, or gives the open one that says the same.
///
/// # Errors
///
/// [`RecordError::Twice`] where an open card has that number of the same system and says something
/// else; those of
/// [`enter`].
pub fn begin<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    rng: &mut impl rand_core::Rng,
    entry: NewEntry,
) -> Result<Begun, RecordError> {
    let said = entry.relay.clone().map(Relay::from);
    let key = said.as_ref().and_then(|relay| upstream_key(&relay.number));
    while !replica.read_relays(RECORDS_AT_ONCE)? {}
    let same = replica.open_relays().filter(|(_, open)| Some(&open.key) == key.as_ref());
    let same: Vec<DocumentId> = same.map(|(id, _)| id).collect();
    for id in same {
        let card = read_record(replica, id)?.and_then(|record| record.relayed);
        let (Some(before), Some(said)) = (card.map(|card| card.relay), &said) else { continue };
        if before == *said {
            return Ok((id, None));
        }
        // Two systems may give the same number.
        if before.system == said.system {
            return Err(RecordError::Twice { id, number: before.number });
        }
    }
    let (appended, id) = enter(replica, now, rng, None, entry)?;
    Ok((id, Some(appended)))
}

/// A card, and where it landed; nowhere, where it was there before.
pub type Begun = (DocumentId, Option<Appended>);

/// The same at the desk of a running service, which waits until it is durable.
///
/// # Errors
///
/// As [`begin`].
pub async fn begin_at(
    desk: &Desk,
    now: Timestamp,
    entry: NewEntry,
) -> Result<DocumentId, RecordError> {
    ready(desk).await?;
    let begun = desk.stage_any(move |replica, rng| begin(replica, now, rng, entry));
    begun.await.map(|(id, _)| id)
}

/// Reads which cards are open, in turns with what else the engine does.
async fn ready(desk: &Desk) -> Result<(), RecordError> {
    while !desk.ask(|engine| engine.replica_mut().read_relays(RECORDS_AT_ONCE)).await?? {}
    Ok(())
}

/// The cards of this centre whose result is to come, the oldest first, at most
/// [`RELAYS_SHOWN_MAX`], and how many there are.
///
/// # Errors
///
/// The store's.
pub fn open_cards<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
) -> Result<OpenRelays, ReplicaError> {
    while !replica.read_relays(RECORDS_AT_ONCE)? {}
    let mut open: Vec<(Timestamp, DocumentId)> =
        replica.open_relays().map(|(id, open)| (open.at, id)).collect();
    open.sort_unstable();
    let late = open.iter().filter(|(at, _)| is_late(*at, now)).count();
    let shown = open.iter().take(RELAYS_SHOWN_MAX);
    let cards = shown.map(|(_, id)| show(replica, *id, now)).filter_map(Result::transpose);
    Ok(OpenRelays { count: open.len(), late, cards: cards.collect::<Result<_, _>>()? })
}

/// The same at the desk of a running service.
///
/// # Errors
///
/// [`RecordError::Closed`], or the store's.
pub async fn open_at(desk: &Desk, now: Timestamp) -> Result<OpenRelays, RecordError> {
    ready(desk).await?;
    Ok(desk.ask(move |engine| open_cards(engine.replica_mut(), now)).await??)
}

/// How many cards of this centre wait, and how many of them for too long.
///
/// # Errors
///
/// [`RecordError::Closed`], or the store's.
pub async fn waiting_at(desk: &Desk, now: Timestamp) -> Result<(usize, usize), RecordError> {
    ready(desk).await?;
    let counted = desk.ask(move |engine| {
        let open = engine.replica().open_relays();
        open.fold((0, 0), |(all, late), (_, open)| {
            (all + 1, late + usize::from(is_late(open.at, now)))
        })
    });
    Ok(counted.await?)
}

const fn is_late(at: Timestamp, now: Timestamp) -> bool {
    now.ms_since(at) > RELAY_WAIT_MS_MAX
}

/// Reads one card; `None` if there is none of that name here.
///
/// # Errors
///
/// The store's.
pub fn show<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    now: Timestamp,
) -> Result<Option<RelayDetail>, ReplicaError> {
    let record = read_record(replica, id)?;
    Ok(record.and_then(|record| RelayDetail::of(id, record, now)))
}

/// Stages the results that an upper system gave, by its numbers: each open card of that number gets
/// its result; what has no card is listed.
///
/// # Errors
///
/// [`RecordError`]: nothing was staged.
pub fn match_results<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    said: Results,
) -> Result<(Matched, Option<Appended>), RecordError> {
    let by = said.by.trim();
    if by.is_empty() {
        return Err(RecordError::Nameless);
    }
    if said.results.len() > RESULTS_MAX {
        return Err(RecordError::TooMany { found: said.results.len(), most: RESULTS_MAX });
    }
    while !replica.read_relays(RECORDS_AT_ONCE)? {}
    let open: Vec<(String, DocumentId)> =
        replica.open_relays().map(|(id, open)| (open.key.clone(), id)).collect();
    let given: Vec<(String, String)> =
        said.results.into_iter().map(|it| (it.number, it.result)).collect();
    let MatchedUp { found, others } = match_up(&open, &given);
    let recorded_at = replica.recording_time(now).instant();
    let mut sheets: Vec<(DocumentName, Vec<Edit>)> = Vec::new();
    for (id, result) in &found {
        let result = Some(result.trim().to_owned());
        let detail = Detail { result, ..Detail::default() };
        let event = Event::new(EventKind::RelayResult, now, by, "").with(detail);
        let record = read_record(replica, *id)?.ok_or(RecordError::NotFound(*id))?;
        check(&record, &event, recorded_at).map_err(RecordError::Unlawful)?;
        sheets.push((id.name, vec![Edit::Event(event)]));
    }
    let home = Home::office(replica.member().centre());
    let mut last = None;
    for some in sheets.chunks(RESULTS_PER_ENTRY) {
        last = Some(replica.append(now, home, some.to_vec())?);
    }
    let mut closed = Vec::new();
    for (id, _) in &found {
        closed.extend(show(replica, *id, now)?);
    }
    let unmatched = others.into_iter().map(|(number, result)| RelayResult { number, result });
    let matched =
        Matched { still_open: open.len() - found.len(), closed, unmatched: unmatched.collect() };
    Ok((matched, last))
}

/// The same at the desk of a running service, which waits until it is durable.
///
/// # Errors
///
/// As [`match_results`].
pub async fn match_at(desk: &Desk, now: Timestamp, said: Results) -> Result<Matched, RecordError> {
    ready(desk).await?;
    let matched = desk.stage_any(move |replica, _| match_results(replica, now, said));
    matched.await.map(|(matched, _)| matched)
}

/// Counts the cards of some homes that were begun in a period; a home without any is left out.
///
/// # Errors
///
/// The store's.
pub fn count<S: Store>(
    replica: &Replica<S>,
    homes: &[Home],
    period: Period,
) -> Result<Vec<RelayCount>, ReplicaError> {
    let mut lines = Vec::new();
    for home in homes {
        let mut records = Vec::new();
        for id in replica.documents(*home, DocumentKind::ServiceRecord, None, RECORDS_MAX)? {
            records.extend(read_record(replica, id)?.filter(|record| record.relayed.is_some()));
        }
        let tally = tally_relays(&records, period.days());
        if tally.relayed > 0 {
            lines.push(RelayCount::of(home.division, tally));
        }
    }
    Ok(lines)
}
