//! 排号 at the counter: giving tickets, calling, and ending them.
//!
//! As with cases, page, JSON service and tests call the same functions over any [`Replica`]; what may
//! follow what is [`tongban_protocol::queue`]. A machine calls the tickets that it gave itself: its
//! queue is that of its hall. So no two clerks are given the same ticket, whatever the links do.
//! Numbers go on from the highest of the letter and day that is held here, also after a restart; two
//! machines of one centre, which may be cut off from each other, take different letters.

mod board;
mod error;
mod report;
#[cfg(test)]
mod tests;
mod values;

use serde::{Deserialize, Serialize};
use tongban_config::groups::QueueGroup;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::document::{Detail, Edit, Event, EventKind};
use tongban_protocol::hash::Sha;
use tongban_protocol::place::Home;
use tongban_protocol::queue::{
    NoCase, Priority, SERIAL_MAX, Said, State, Strip, TicketId, TicketNumber, check, next,
};
use tongban_protocol::service::Answer;
use tongban_protocol::time::Timestamp;

use crate::cases::instant;
use crate::records::is_held;
use crate::replica::{Appended, Replica};
use crate::service::Desk;
use crate::store::Store;

pub use board::{Board, show, strips, window_of};
pub use error::QueueError;
pub use report::{DAYS_MAX, days, handled, reconcile};
pub use values::{
    GroupLine, QueueDay, QueueView, ReasonCount, Reconciliation, TicketCase, TicketLine,
};

/// For how long a request that is sent again gives the ticket of the first, in milliseconds: a
/// second press, and not the next person at a kiosk whose page was not drawn anew.
pub const AGAIN_MS: i64 = 30_000;

/// Longest name of a window, in characters.
const WINDOW_CHARS_MAX: usize = 20;

/// A ticket that is wished for.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTicket {
    /// 业务组: its letter or its name.
    pub group: String,
    /// 优先: `military`, `elderly`, `disabled`, `infant` or `other`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub priority: Option<Priority>,
    /// 预约: for when; the ticket goes first from then on.
    #[serde(default, with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub appointed_at: Option<Timestamp>,
    /// Who or which machine gives it; nobody who waits.
    pub by: String,
    /// By which a request that is sent twice within half a minute gives one ticket.
    #[serde(default)]
    pub request_id: Option<String>,
}

/// A call for whoever is next.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCall {
    /// Who calls.
    pub by: String,
    /// 窗口: where to.
    pub window: String,
    /// Of which groups, by letter or name; of all where none is named.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// What happens to a ticket that was called.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketStep {
    /// `recall-ticket`, `skip-ticket`, `rejoin-ticket`, `serve-ticket`, `transfer-ticket` or
    /// `end-ticket`.
    #[schema(value_type = String)]
    pub kind: EventKind,
    /// Who does it.
    pub by: String,
    /// 窗口, where it is called again.
    #[serde(default)]
    pub window: Option<String>,
    /// 转号: to which group, by letter or name.
    #[serde(default)]
    pub group: Option<String>,
    /// 办件: the numbers or names of the cases that it ended in.
    #[serde(default)]
    pub cases: Vec<String>,
    /// 咨询: `answered` or `referred`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub answer: Option<Answer>,
    /// Why there is no case: `materials`, `not-here`, `system-down`, `online`, `left`, `mistaken`, or
    /// `other` with a reason.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub no_case: Option<NoCase>,
    /// In words.
    #[serde(default)]
    pub reason: Option<String>,
    /// How many events the ticket had when it was looked at; what was recorded since by somebody
    /// else is not passed over.
    #[serde(default)]
    pub seen: Option<u32>,
}

impl TicketStep {
    /// A step that says nothing else.
    #[must_use]
    pub const fn new(kind: EventKind, by: String) -> Self {
        Self {
            kind,
            by,
            window: None,
            group: None,
            cases: Vec::new(),
            answer: None,
            no_case: None,
            reason: None,
            seen: None,
        }
    }
}

/// Stages a ticket with the next number of its group.
///
/// # Errors
///
/// [`QueueError`] says why nothing was staged.
pub fn take<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    groups: &[QueueGroup],
    new: NewTicket,
) -> Result<(TicketId, Appended), QueueError> {
    let by = named(&new.by)?;
    let group = group(groups, &new.group)?;
    let at = replica.recording_time(now).instant();
    let day = civil_day(at);
    let line = board::own_tickets(replica, day, group.letter)?;
    let request = new.request_id.as_deref().map(request_mark);
    let is_again = |taken_at: Timestamp| (0..AGAIN_MS).contains(&at.ms_since(taken_at));
    if let Some(request) = request
        && let Some((number, _)) =
            line.tickets.iter().find(|(_, it)| it.request == Some(request) && is_again(it.taken_at))
        && let Some(appended) = replica.own_end(own_office(replica))
    {
        return Ok((TicketId { day, number: *number }, appended));
    }
    let own = line.tickets.keys().next_back().map_or(0, |number| number.serial());
    let highest = own.max(board::highest_of_others(replica, day, group.letter)?);
    let number = TicketNumber::new(group.letter, highest.saturating_add(1));
    let number = number.ok_or(QueueError::Full { letter: group.letter, serial_max: SERIAL_MAX })?;
    let said = Said {
        group: Some(group.zh.clone()),
        priority: new.priority,
        appointed_at: new.appointed_at,
        request,
        ..Said::of(number)
    };
    let detail = Detail { ticket: Some(Box::new(said)), ..Detail::default() };
    let event = Event::new(EventKind::TakeTicket, now, &by, "").with(detail);
    let blank = tongban_protocol::queue::Ticket::default();
    check(day, &blank, &event, at).map_err(QueueError::Unlawful)?;
    append(replica, now, TicketId { day, number }, event)
}

/// Stages the call of whoever is next, by [`next`]. Where the same window has called somebody who
/// has not come yet, that ticket is given again and nothing is recorded.
///
/// # Errors
///
/// [`QueueError`] says why nothing was staged.
pub fn call<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    groups: &[QueueGroup],
    call: &NewCall,
) -> Result<(TicketId, Appended), QueueError> {
    let (by, window) = (named(&call.by)?, window(&call.window)?);
    let wanted = call.groups.iter().map(|text| group(groups, text).map(|it| it.zh.clone()));
    let wanted = wanted.collect::<Result<Vec<String>, _>>()?;
    let at = replica.recording_time(now).instant();
    let board = Board::read(replica, civil_day(at))?;
    let place = (window.clone(), by.clone());
    let mut called = board.line.tickets.iter().filter(|(_, it)| it.state == State::Called);
    if let Some((number, _)) = called.find(|(_, it)| it.window.as_ref() == Some(&place))
        && let Some(appended) = replica.own_end(own_office(replica))
    {
        return Ok((TicketId { day: board.day, number: *number }, appended));
    }
    let number = next(&board.line, &wanted, at).ok_or(QueueError::NobodyWaits)?;
    let said = Said { window: Some(window), ..Said::of(number) };
    let detail = Detail { ticket: Some(Box::new(said)), ..Detail::default() };
    let event = Event::new(EventKind::CallTicket, now, &by, "").with(detail);
    check(board.day, &board.line.tickets[&number], &event, at).map_err(QueueError::Unlawful)?;
    append(replica, now, TicketId { day: board.day, number }, event)
}

/// Stages what happens to a ticket that was called. The second press of a button gives what the
/// first recorded.
///
/// # Errors
///
/// [`QueueError`] says why nothing was staged.
pub fn step<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    groups: &[QueueGroup],
    id: TicketId,
    step: TicketStep,
) -> Result<(TicketId, Appended), QueueError> {
    let by = named(&step.by)?;
    let kind = step.kind;
    if !kind.is_of_queue() || matches!(kind, EventKind::TakeTicket | EventKind::CallTicket) {
        return Err(QueueError::NoStep(kind));
    }
    let strip = Strip::with(id, replica.member().credential.node());
    let line = board::read_strip(replica, own_office(replica), strip)?;
    let ticket = line.tickets.get(&id.number).ok_or(QueueError::NotFound(id))?;
    if let Some(seen) = step.seen.filter(|seen| *seen != ticket.events) {
        let is_again = seen + 1 == ticket.events && ticket.last == Some((kind, by));
        return match replica.own_end(own_office(replica)).filter(|_| is_again) {
            Some(appended) => Ok((id, appended)),
            None => Err(QueueError::Moved(id)),
        };
    }
    let to = step.group.as_deref().map(|text| group(groups, text).map(|it| it.zh.clone()));
    let window = step.window.as_deref().map(window).transpose()?;
    let said =
        Said { group: to.transpose()?, window, no_case: step.no_case, ..Said::of(id.number) };
    let detail = Detail {
        ticket: Some(Box::new(said)),
        cases: Some(step.cases).filter(|cases| !cases.is_empty()),
        answer: step.answer,
        reason: step.reason,
        ..Detail::default()
    };
    let event = Event::new(kind, now, &by, "").with(detail);
    let at = replica.recording_time(now).instant();
    check(id.day, ticket, &event, at).map_err(QueueError::Unlawful)?;
    let centre = replica.member().centre();
    for case in event.detail().cases.iter().flatten() {
        if !is_held(replica, centre, case)? {
            return Err(QueueError::NoSuchCase(case.chars().take(60).collect()));
        }
    }
    append(replica, now, id, event)
}

/// The same as [`take`] at the desk of a running service, which waits until it is durable.
///
/// # Errors
///
/// As [`take`]; [`QueueError::Closed`] when the service stops meanwhile.
pub async fn take_at(
    desk: &Desk,
    now: Timestamp,
    groups: Vec<QueueGroup>,
    new: NewTicket,
) -> Result<(TicketId, Appended), QueueError> {
    desk.stage(move |replica, _| take(replica, now, &groups, new)).await
}

/// The same as [`call`] at the desk of a running service, which waits until it is durable.
///
/// # Errors
///
/// As [`call`]; [`QueueError::Closed`] when the service stops meanwhile.
pub async fn call_at(
    desk: &Desk,
    now: Timestamp,
    groups: Vec<QueueGroup>,
    new: NewCall,
) -> Result<(TicketId, Appended), QueueError> {
    desk.stage(move |replica, _| call(replica, now, &groups, &new)).await
}

/// The same as [`step`] at the desk of a running service, which waits until it is durable.
///
/// # Errors
///
/// As [`step`]; [`QueueError::Closed`] when the service stops meanwhile.
pub async fn step_at(
    desk: &Desk,
    now: Timestamp,
    groups: Vec<QueueGroup>,
    id: TicketId,
    new: TicketStep,
) -> Result<(TicketId, Appended), QueueError> {
    desk.stage(move |replica, _| step(replica, now, &groups, id, new)).await
}

fn append<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    id: TicketId,
    event: Event,
) -> Result<(TicketId, Appended), QueueError> {
    let strip = Strip::with(id, replica.member().credential.node());
    let edits = vec![(strip.name(), vec![Edit::Event(event)])];
    Ok((id, replica.append(now, own_office(replica), edits)?))
}

fn own_office<S: Store>(replica: &Replica<S>) -> Home {
    Home::office(replica.member().centre())
}

fn named(by: &str) -> Result<String, QueueError> {
    Some(by.trim()).filter(|by| !by.is_empty()).map(str::to_owned).ok_or(QueueError::Nameless)
}

fn window(text: &str) -> Result<String, QueueError> {
    let text = text.trim();
    let fits = (1..=WINDOW_CHARS_MAX).contains(&text.chars().count());
    let is_plain = !text.chars().any(char::is_control);
    match fits && is_plain {
        true => Ok(text.to_owned()),
        false => Err(QueueError::Window { chars_max: WINDOW_CHARS_MAX }),
    }
}

/// The group of a letter or a name.
fn group<'a>(groups: &'a [QueueGroup], text: &str) -> Result<&'a QueueGroup, QueueError> {
    let text = text.trim();
    let is_it = |group: &&QueueGroup| {
        text.eq_ignore_ascii_case(&group.letter.to_string()) || text == group.zh || text == group.en
    };
    groups.iter().find(is_it).ok_or_else(|| QueueError::NoSuchGroup {
        group: text.chars().take(60).collect(),
        known: groups.iter().map(|it| it.zh.clone()).collect::<Vec<_>>().join("、"),
    })
}

/// By which a request is known again.
fn request_mark(request: &str) -> u64 {
    let hash = Sha::of(format!("ticket\0{request}").as_bytes());
    hash.0.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
