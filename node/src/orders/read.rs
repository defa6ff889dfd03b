//! Orders as lists and pages show them.

use serde::{Deserialize, Serialize};
use tongban_protocol::calendar::Almanac;
use tongban_protocol::case::Standing;
use tongban_protocol::document::{DocumentId, DocumentKind, EventId, EventKind};
use tongban_protocol::order::{FoldedOrder, OrderState, Round, fold};
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;

use crate::cases::{AnomalyNote, instant};
use crate::replica::{Replica, ReplicaError};
use crate::store::Store;

/// Most orders of one home that are read, and most in one list.
pub const ORDERS_MAX: usize = 1_000;

/// An order as of a day.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct OrderDetail {
    /// Its name.
    pub id: String,
    /// The centre that must answer.
    pub centre: String,
    /// 督办文号.
    pub document: String,
    /// `due`, `replied` or `closed`.
    pub state: String,
    /// The word for the page.
    pub zh: String,
    /// The case that it is about, if any.
    pub case: Option<String>,
    /// The card of that case that it is about, if any.
    pub card: Option<String>,
    /// The last day for the last answer.
    pub due: Option<String>,
    /// How that clock stands.
    pub standing: Option<String>,
    /// The same in English.
    #[serde(default)]
    pub standing_en: Option<String>,
    /// True when that last day went by without an answer, or the answer came after it.
    pub is_late: bool,
    /// What was asked and answered.
    pub rounds: Vec<RoundDetail>,
    /// When it was closed, and the closure note.
    pub closed: Option<[String; 2]>,
    /// What was recorded in it.
    pub events: Vec<OrderEvent>,
}

/// One asking and its answer.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct RoundDetail {
    /// When it was asked.
    pub asked_on: String,
    /// Why.
    pub reason: String,
    /// Working days for the answer.
    pub days: u16,
    /// The last day for the answer.
    pub due: String,
    /// When it was answered, by whom, and what.
    pub answer: Option<[String; 3]>,
}

/// What was recorded in an order.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct OrderEvent {
    /// The word for scripts, such as `reply-order`.
    #[schema(value_type = String)]
    pub kind: EventKind,
    /// The word for the page.
    pub zh: String,
    /// When it happened, as it says.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub happened_at: Timestamp,
    /// When it was recorded.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub recorded_at: Timestamp,
    /// Who did it.
    pub by: String,
    /// The machine that recorded it.
    pub author: String,
    /// Why it has no effect, if so.
    pub anomaly: Option<AnomalyNote>,
}

/// Reads an order as of `now`; `None` if no such order is held here.
///
/// # Errors
///
/// The store's.
pub fn show<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    now: Timestamp,
) -> Result<Option<OrderDetail>, ReplicaError> {
    let Some(paper) = replica.paper(id)? else { return Ok(None) };
    let (events, almanac, today) = (paper.events(), replica.almanac(), replica.today(now));
    let folded = fold(&events, almanac);
    let clock = folded.order.clock(almanac, today);
    let FoldedOrder { order, anomalies } = folded;
    let event = |(id, event): &(EventId, _)| {
        let event: &tongban_protocol::document::Event = event;
        OrderEvent {
            kind: event.kind,
            zh: event.kind.zh().to_owned(),
            happened_at: event.happened_at,
            recorded_at: id.recorded.instant(),
            by: event.by.clone(),
            author: id.author.to_string(),
            anomaly: anomalies
                .get(id)
                .map(|anomaly| AnomalyNote { zh: anomaly.zh(), en: anomaly.to_string() }),
        }
    };
    Ok(Some(OrderDetail {
        id: id.to_string(),
        centre: id.home.division.to_string(),
        document: order.document,
        state: order.state.en().to_owned(),
        zh: order.state.zh().to_owned(),
        case: order.case.map(|case| case.to_string()),
        card: order.card,
        due: clock.map(|(due, _)| due.date.to_string()),
        standing: clock.map(|(_, standing)| standing.zh()),
        standing_en: clock.map(|(_, standing)| standing.en()),
        is_late: clock.is_some_and(|(_, standing): (_, Standing)| standing.is_late()),
        rounds: order.rounds.iter().map(|it| round(it, almanac)).collect(),
        closed: order.closed.map(|(on, note)| [on.to_string(), note]),
        events: events.iter().map(event).collect(),
    }))
}

fn round(round: &Round, almanac: &Almanac) -> RoundDetail {
    RoundDetail {
        asked_on: round.asked_on.to_string(),
        reason: round.reason.clone(),
        days: round.days,
        due: round.due(almanac).date.to_string(),
        answer: answer_of(round),
    }
}

/// When a round was answered, by whom, and what.
pub(super) fn answer_of(round: &Round) -> Option<[String; 3]> {
    let answer = round.answer.as_ref()?;
    Some([answer.on.to_string(), answer.by.clone(), answer.text.clone()])
}

/// Lists the orders of some homes, by last day, those that are closed last and only if asked for;
/// at most [`ORDERS_MAX`].
///
/// # Errors
///
/// The store's.
pub fn list<S: Store>(
    replica: &Replica<S>,
    homes: &[Home],
    now: Timestamp,
    with_closed: bool,
) -> Result<Vec<OrderDetail>, ReplicaError> {
    let mut orders = Vec::new();
    for home in homes {
        for id in replica.documents(*home, DocumentKind::Order, None, ORDERS_MAX)? {
            orders.extend(show(replica, id, now)?);
        }
    }
    let is_closed = |order: &OrderDetail| order.state == OrderState::Closed.en();
    orders.retain(|order| with_closed || !is_closed(order));
    orders.sort_by(|a, b| (is_closed(a), &a.due, &a.id).cmp(&(is_closed(b), &b.due, &b.id)));
    orders.truncate(ORDERS_MAX);
    Ok(orders)
}

/// Orders as whoever supervises goes through them: those that are overdue, those whose answer is to
/// be judged, those that are due, and those that are closed, each by last day.
pub fn pressing_first(orders: &mut [OrderDetail]) {
    let rank = |order: &OrderDetail| match (order.state.as_str(), order.is_late) {
        ("due", true) => 0,
        ("replied", _) => 1,
        ("closed", _) => 3,
        _ => 2,
    };
    orders.sort_by(|a, b| (rank(a), &a.due, &a.id).cmp(&(rank(b), &b.due, &b.id)));
}
