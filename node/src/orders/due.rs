//! 应督办: the orders that the cards held here call for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tongban_protocol::document::{DocumentId, DocumentKind, EventId};
use tongban_protocol::order::{Order, fold};
use tongban_protocol::place::Home;
use tongban_protocol::supervision::{
    CardName, Level, OrderDue, OrderGround, StandingCard, orders_due,
};
use tongban_protocol::time::Timestamp;

use super::ORDERS_MAX;
use super::read::answer_of;
use crate::replica::{CaseFile, Replica, ReplicaError};
use crate::store::Store;

/// An order that should be given.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct OrderDueDetail {
    /// The centre that would have to answer.
    pub centre: String,
    /// `red-unanswered`, `yellows-of-person` or `yellows-of-item`.
    pub ground: String,
    /// Why, for the page.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// The cards that call for it.
    pub cards: Vec<DueCard>,
}

/// A card that calls for an order.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct DueCard {
    /// The case.
    pub case: String,
    /// The card's name within the case.
    pub card: String,
    /// `warning`, `yellow` or `red`.
    #[schema(value_type = String)]
    pub level: Level,
    /// When it was issued.
    pub issued_on: String,
    /// Who last had a hand in the case before that.
    pub person: String,
    /// The item.
    pub item: String,
}

/// Says which orders the cards held here call for as of `now`, centre by centre.
///
/// # Errors
///
/// The store's.
pub fn due<S: Store>(
    replica: &Replica<S>,
    homes: &[Home],
    now: Timestamp,
) -> Result<Vec<OrderDueDetail>, ReplicaError> {
    let mut all = Vec::new();
    for home in homes {
        let mut cards = Vec::new();
        for id in replica.supervised(*home, None, usize::MAX)? {
            if let Some(file) = replica.case(id)? {
                cards.extend(standing_cards(&file));
            }
        }
        let ordered = ordered(replica, *home)?;
        let when = (replica.almanac(), replica.today(now));
        let due = orders_due(&cards, &ordered, when);
        all.extend(due.into_iter().map(|due| detail(*home, due)));
    }
    Ok(all)
}

/// The cards about which there is an order in a home.
fn ordered<S: Store>(replica: &Replica<S>, home: Home) -> Result<BTreeSet<CardName>, ReplicaError> {
    let orders = orders_of(replica, home)?;
    Ok(orders.into_iter().filter_map(|order| order.case.zip(order.card)).collect())
}

/// The cards of a case that its centre answered under an order, with the last answer.
pub(crate) fn answered<S: Store>(
    replica: &Replica<S>,
    case: DocumentId,
) -> Result<BTreeMap<String, [String; 3]>, ReplicaError> {
    let mut answered = BTreeMap::new();
    for order in orders_of(replica, case.home)?.into_iter().filter(|it| it.case == Some(case)) {
        let said = order.rounds.iter().rev().find_map(answer_of);
        answered.extend(order.card.zip(said));
    }
    Ok(answered)
}

fn orders_of<S: Store>(replica: &Replica<S>, home: Home) -> Result<Vec<Order>, ReplicaError> {
    let mut orders = Vec::new();
    for id in replica.documents(home, DocumentKind::Order, None, ORDERS_MAX)? {
        let Some(paper) = replica.paper(id)? else { continue };
        orders.push(fold(&paper.events(), replica.almanac()).order);
    }
    Ok(orders)
}

/// The cards of a case that were issued and not withdrawn.
pub(crate) fn standing_cards(file: &CaseFile) -> Vec<StandingCard> {
    let item = file.view.header.as_ref().map(|header| header.item.clone()).unwrap_or_default();
    let standing = file.folded.course.issued.iter().filter(|(_, it)| it.withdrawn.is_none());
    let card = |(name, issued): (&String, &tongban_protocol::case::Issued)| StandingCard {
        case: file.id,
        name: name.clone(),
        level: issued.level,
        issued_on: issued.on,
        is_appealed: issued.appeal.is_some(),
        item: item.clone(),
        person: last_hand(file, issued.event),
    };
    standing.map(card).collect()
}

/// Who recorded the last event with effect before another that is not supervision's.
fn last_hand(file: &CaseFile, before: EventId) -> String {
    let earlier = file.view.events.iter().rev().filter(|(id, _)| *id < before);
    let mut hands = earlier.filter(|(id, event)| {
        !event.kind.is_of_supervision() && !file.folded.anomalies.contains_key(id)
    });
    hands.next().map(|(_, event)| event.by.clone()).unwrap_or_default()
}

fn detail(home: Home, due: OrderDue) -> OrderDueDetail {
    let ground = match &due.ground {
        OrderGround::RedUnanswered => "red-unanswered",
        OrderGround::YellowsOfPerson(_) => "yellows-of-person",
        OrderGround::YellowsOfItem(_) => "yellows-of-item",
    };
    let card = |card: StandingCard| DueCard {
        case: card.case.to_string(),
        card: card.name,
        level: card.level,
        issued_on: card.issued_on.to_string(),
        person: card.person,
        item: card.item,
    };
    OrderDueDetail {
        centre: home.division.to_string(),
        ground: ground.to_owned(),
        zh: due.ground.zh(),
        en: due.ground.en(),
        cards: due.cards.into_iter().map(card).collect(),
    }
}
