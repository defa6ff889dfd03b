//! 督办: giving, answering and closing supervision orders, and which are due.
//!
//! As with [`crate::cases`], pages, the JSON API and the command line call the same functions over
//! any [`Replica`]; writes only stage. The rules are [`tongban_protocol::order`].

mod due;
mod read;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use rand_core::Rng;
use serde::{Deserialize, Serialize};
use tongban_protocol::document::{
    Detail, DocumentId, DocumentKind, DocumentName, Edit, Event, EventKind, Role,
};
use tongban_protocol::journal::JournalId;
use tongban_protocol::order::{self, OrderFault};
use tongban_protocol::place::{Division, Home};
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

use crate::cases::instant;
use crate::replica::{Appended, Replica, ReplicaError};
use crate::service::Closed;
use crate::store::Store;

pub(crate) use due::answered;
pub use due::{DueCard, OrderDueDetail, due};
pub use read::{ORDERS_MAX, OrderDetail, OrderEvent, RoundDetail, list, pressing_first, show};

/// An order, as it is given.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// The centre that must answer.
    #[schema(value_type = String)]
    pub centre: Division,
    /// 督办文号.
    pub document: String,
    /// Why, and what is asked.
    pub reason: String,
    /// Working days for the answer.
    pub days: u16,
    /// The case that it is about, if any.
    #[serde(default)]
    pub case: Option<String>,
    /// The issued card of that case that it is about, if any.
    #[serde(default)]
    pub card: Option<String>,
    /// Who gives it: a name or a staff number.
    pub by: String,
    /// When; now where it is left out. RFC 3339, or milliseconds since 1970.
    #[serde(default, with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub happened_at: Option<Timestamp>,
}

/// What is done with an order that was given.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OrderAct {
    /// 回复: the centre answers.
    Reply,
    /// 退回: a further answer is due.
    Return,
    /// 销号.
    Close,
}

impl OrderAct {
    const fn kind(self) -> EventKind {
        match self {
            Self::Reply => EventKind::ReplyOrder,
            Self::Return => EventKind::ReturnOrder,
            Self::Close => EventKind::CloseOrder,
        }
    }
}

/// Something that happens to an order.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderStep {
    /// What is done.
    pub act: OrderAct,
    /// The answer, why it is not enough, or the closure note.
    pub text: String,
    /// Working days for the further answer, where it is sent back.
    #[serde(default)]
    pub days: Option<u16>,
    /// In which capacity a centre answers: `window` where it is left out, `partner`,
    /// `department`, `chief`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    /// Who: a name or a staff number.
    pub by: String,
    /// When; now where it is left out. RFC 3339, or milliseconds since 1970.
    #[serde(default, with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub happened_at: Option<Timestamp>,
}

/// Why an order was not given, or nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// No such order is held here.
    #[error("no order {0} is held here; `order list` shows those that are")]
    NotFound(String),
    /// The case that it is to be about is not held here, or has no such card.
    #[error("{case} is no case held here in which a card `{card}` was issued and stands")]
    NoSuchCard {
        /// The case.
        case: String,
        /// The card; empty where none was named.
        card: String,
    },
    /// The table of orders does not allow it.
    #[error("{fault} ({})", fault.zh())]
    NotAllowed {
        /// What is wrong.
        fault: OrderFault,
    },
    /// Somebody else recorded something since the page was opened.
    #[error(
        "something was recorded since this page was opened; look again, then repeat \
         (此页打开后本督办有了新记录；请看过再办)"
    )]
    Moved,
    /// Nobody answers for it.
    #[error("`by` is empty; an order needs the name of a person (督办须写明经办人)")]
    Nameless,
    /// The replica refused, or its store failed.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The service has stopped; whether it was saved is not known.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// Reads the name of an order: `510921103-01J…`, as `order list` prints it.
///
/// # Errors
///
/// [`OrderError::NotFound`] where it names nothing.
pub fn parse_id(text: &str) -> Result<DocumentId, OrderError> {
    let none = || OrderError::NotFound(text.chars().take(60).collect());
    let mut id = DocumentId::from_str(text).map_err(|_| none())?;
    id.name.kind = DocumentKind::Order;
    Ok(id)
}

/// Stages a new order in the home of the centre that must answer.
///
/// # Errors
///
/// [`OrderError`] says why nothing was staged.
pub fn issue<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    rng: &mut impl Rng,
    wish: NewOrder,
) -> Result<(DocumentId, Appended), OrderError> {
    let name = replica.name_document(now, DocumentKind::Order, rng);
    issue_named(replica, now, name.ulid, wish)
}

/// The same under a name that a page gave out: sent twice, it makes one order.
///
/// # Errors
///
/// As [`issue`].
pub fn issue_named<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    ulid: Ulid,
    wish: NewOrder,
) -> Result<(DocumentId, Appended), OrderError> {
    let NewOrder { centre, document, reason, days, case, card, by, happened_at } = wish;
    let name = DocumentName { kind: DocumentKind::Order, ulid };
    let id = DocumentId { home: Home::office(centre), name };
    if replica.paper(id)?.is_some() {
        return Ok((id, already(replica, id.home)));
    }
    let case = case.map(|case| held(replica, &case, card.as_deref())).transpose()?;
    let detail = Detail {
        role: Some(Role::Supervisor),
        document: Some(document),
        reason: Some(reason),
        days: Some(days),
        case,
        card,
        ..Detail::default()
    };
    let at = happened_at.unwrap_or(now);
    let event = Event::new(EventKind::IssueOrder, at, by.trim(), "").with(detail);
    stage(replica, now, id, event)
}

/// Stages what happens to an order.
///
/// # Errors
///
/// [`OrderError`] says why nothing was staged.
pub fn record<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    id: DocumentId,
    step: OrderStep,
) -> Result<(DocumentId, Appended), OrderError> {
    if replica.paper(id)?.is_none() {
        return Err(OrderError::NotFound(id.to_string()));
    }
    let OrderStep { act, text, days, role, by, happened_at } = step;
    let kind = act.kind();
    let role = if act == OrderAct::Reply { role } else { Some(Role::Supervisor) };
    let detail = Detail { role, reason: Some(text), days, ..Detail::default() };
    let event = Event::new(kind, happened_at.unwrap_or(now), by.trim(), "").with(detail);
    stage(replica, now, id, event)
}

/// Stages what happens to an order from a page that showed `seen` events of it. The same again,
/// from a second press of a button, gives what was recorded.
///
/// # Errors
///
/// [`OrderError::Moved`] where anything else came in between; as [`record`].
pub fn record_seen<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    (id, seen): (DocumentId, usize),
    step: OrderStep,
) -> Result<(DocumentId, Appended), OrderError> {
    let events = replica.paper(id)?.map(|paper| paper.events()).unwrap_or_default();
    if events.len() == seen {
        return record(replica, now, id, step);
    }
    let again = events.get(seen).is_some_and(|(_, said)| {
        said.kind == step.act.kind()
            && said.by == step.by.trim()
            && said.detail().reason.as_ref() == Some(&step.text)
    });
    if again && events.len() == seen + 1 {
        return Ok((id, already(replica, id.home)));
    }
    Err(OrderError::Moved)
}

/// Where this machine's journal of a home ends: what it staged there is durable with what is staged
/// next.
fn already<S: Store>(replica: &Replica<S>, home: Home) -> Appended {
    let journal = JournalId { home, author: replica.member().author() };
    let number = replica.frontier().get(&journal).map_or(1, |end| end.number);
    Appended { journal, number }
}

/// Stages an event, as far as every tier will take it: the same check decides on arrival.
fn stage<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    id: DocumentId,
    event: Event,
) -> Result<(DocumentId, Appended), OrderError> {
    if event.by.is_empty() {
        return Err(OrderError::Nameless);
    }
    let events = replica.paper(id)?.map(|paper| paper.events()).unwrap_or_default();
    let order = order::fold(&events, replica.almanac()).order;
    order::check(&order, &event, replica.recording_time(now).instant())
        .map_err(|fault| OrderError::NotAllowed { fault })?;
    let appended = replica.append(now, id.home, vec![(id.name, vec![Edit::Event(event)])])?;
    Ok((id, appended))
}

/// The case that an order is to be about.
fn held<S: Store>(
    replica: &Replica<S>,
    text: &str,
    card: Option<&str>,
) -> Result<DocumentId, OrderError> {
    let none = || OrderError::NoSuchCard {
        case: text.chars().take(60).collect(),
        card: card.unwrap_or_default().to_owned(),
    };
    let id: DocumentId = text.parse().map_err(|_| none())?;
    let file = replica.case(id)?.ok_or_else(none)?;
    let stands = |card| {
        let issued = file.folded.course.issued.get(card);
        issued.is_some_and(|issued| issued.withdrawn.is_none())
    };
    if card.is_none_or(stands) { Ok(id) } else { Err(none()) }
}
