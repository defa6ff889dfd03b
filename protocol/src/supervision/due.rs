//! 应督办: which cards that stand call for a supervision order.
//!
//! No published rule gives these figures; they are this system's own proposal.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::rules::Level;
use crate::calendar::Almanac;
use crate::document::DocumentId;

/// Working days after which a red card that nobody answered calls for an order.
pub const RED_ANSWER_DAYS: u16 = 3;
/// How many yellow cards of one person or item call for an order.
pub const YELLOWS_MIN: usize = 3;
/// Within how many days, today included.
pub const YELLOW_SPAN_DAYS: i32 = 30;

/// A card that was issued and was not withdrawn, as far as this question needs it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct StandingCard {
    /// The case.
    pub case: DocumentId,
    /// Its name within the case.
    pub name: String,
    /// How grave.
    pub level: Level,
    /// When it was issued.
    pub issued_on: Date,
    /// True once the centre appealed against it, which is an answer.
    pub is_appealed: bool,
    /// The item of the case.
    pub item: String,
    /// Who last had a hand in the case before the card was issued.
    pub person: String,
}

/// A case and a card of it.
pub type CardName = (DocumentId, String);

/// Why an order is due.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum OrderGround {
    /// A red card that nobody answered in time.
    RedUnanswered,
    /// Yellow cards of one person's cases.
    YellowsOfPerson(String),
    /// Yellow cards of one item.
    YellowsOfItem(String),
}

/// An order that should be given.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct OrderDue {
    /// Why.
    pub ground: OrderGround,
    /// The cards that call for it, by date of issue.
    pub cards: Vec<StandingCard>,
}

/// Says which orders are due on `today` for one centre, whose standing cards these are.
///
/// A card about which there is an order, whatever became of it, calls for no other. The result
/// does not depend on the order of the cards.
#[must_use]
pub fn orders_due(
    cards: &[StandingCard],
    ordered: &BTreeSet<CardName>,
    (almanac, today): (&Almanac, Date),
) -> Vec<OrderDue> {
    let is_open = |card: &&StandingCard| !ordered.contains(&(card.case, card.name.clone()));
    let mut due = Vec::new();
    let calendar = almanac.latest();
    for card in cards.iter().filter(is_open) {
        let last_day = calendar.due(card.issued_on, RED_ANSWER_DAYS).date;
        if card.level == Level::Red && !card.is_appealed && today > last_day {
            due.push(OrderDue { ground: OrderGround::RedUnanswered, cards: vec![card.clone()] });
        }
    }
    let span: Span = (YELLOW_SPAN_DAYS - 1).days();
    let from = today.saturating_sub(span);
    let mut grouped: BTreeMap<OrderGround, Vec<StandingCard>> = BTreeMap::new();
    let of_late = |card: &&StandingCard| (from..=today).contains(&card.issued_on);
    let yellow = |card: &&StandingCard| card.level == Level::Yellow;
    for card in cards.iter().filter(is_open).filter(yellow).filter(of_late) {
        let person = OrderGround::YellowsOfPerson(card.person.clone());
        for ground in [person, OrderGround::YellowsOfItem(card.item.clone())] {
            grouped.entry(ground).or_default().push(card.clone());
        }
    }
    let many = grouped.into_iter().filter(|(_, cards)| cards.len() >= YELLOWS_MIN);
    due.extend(many.map(|(ground, cards)| OrderDue { ground, cards }));
    for it in &mut due {
        it.cards.sort_by(|a, b| (a.issued_on, a).cmp(&(b.issued_on, b)));
    }
    due.sort();
    due
}

impl OrderGround {
    /// Why, for the page.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::RedUnanswered => format!("红牌满 {RED_ANSWER_DAYS} 个工作日未回应"),
            Self::YellowsOfPerson(name) => {
                format!("{name} {YELLOW_SPAN_DAYS} 日内黄牌达 {YELLOWS_MIN} 张")
            }
            Self::YellowsOfItem(item) => {
                format!("事项 {item} {YELLOW_SPAN_DAYS} 日内黄牌达 {YELLOWS_MIN} 张")
            }
        }
    }

    /// The same in English.
    #[must_use]
    pub fn en(&self) -> String {
        match self {
            Self::RedUnanswered => {
                format!("a red card not answered within {RED_ANSWER_DAYS} working days")
            }
            Self::YellowsOfPerson(name) => format!(
                "{YELLOWS_MIN} or more yellow cards within {YELLOW_SPAN_DAYS} days of cases in the hands of {name}"
            ),
            Self::YellowsOfItem(item) => format!(
                "{YELLOWS_MIN} or more yellow cards within {YELLOW_SPAN_DAYS} days of item {item}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use ulid::Ulid;

    use super::*;
    use crate::calendar::{Exception, YearNotice};
    use crate::time::Timestamp;

    fn card(number: u128, level: Level, day: i8) -> StandingCard {
        StandingCard {
            case: DocumentId::case("510921103".parse().unwrap(), Ulid::from(number)),
            name: "over/promise".to_owned(),
            level,
            issued_on: date(2013, 12, day),
            is_appealed: false,
            item: "T01".to_owned(),
            person: format!("李{}", number % 2),
        }
    }

    /// The grounds on a day of December 2013, of which the 2nd is a Monday and only the 25th off.
    fn grounds(cards: &[StandingCard], ordered: &[&StandingCard], day: i8) -> Vec<OrderGround> {
        let mut almanac = Almanac::default();
        let off = [(date(2013, 12, 25), Exception::Holiday, "节".to_owned())];
        almanac.take(Timestamp(0), YearNotice::new(2013, off).unwrap());
        let ordered = ordered.iter().map(|card| (card.case, card.name.clone())).collect();
        let found =
            |cards: &[StandingCard]| orders_due(cards, &ordered, (&almanac, date(2013, 12, day)));
        let backwards: Vec<StandingCard> = cards.iter().rev().cloned().collect();
        assert_eq!(found(cards), found(&backwards), "the order of the cards does not matter");
        found(cards).into_iter().map(|due| due.ground).collect()
    }

    #[test]
    fn a_red_card_calls_for_an_order_on_the_fourth_working_day_unless_answered() {
        let red = card(1, Level::Red, 5); // A Thursday; the third working day is Tuesday the 10th.
        assert_eq!(grounds(std::slice::from_ref(&red), &[], 10), []);
        assert_eq!(grounds(std::slice::from_ref(&red), &[], 11), [OrderGround::RedUnanswered]);
        assert_eq!(
            grounds(std::slice::from_ref(&red), &[&red], 11),
            [],
            "there is an order already"
        );
        assert_eq!(grounds(&[StandingCard { is_appealed: true, ..red }], &[], 11), []);
        assert_eq!(grounds(&[card(1, Level::Yellow, 5)], &[], 11), []);
    }

    #[test]
    fn three_yellow_cards_within_thirty_days_call_for_an_order_by_person_and_by_item() {
        let cards = [2, 4, 6, 7].map(|number| card(number, Level::Yellow, 1));
        let (person, item) = ("李0".to_owned(), "T01".to_owned());
        let both = [OrderGround::YellowsOfPerson(person), OrderGround::YellowsOfItem(item)];
        assert_eq!(grounds(&cards, &[], 30), both, "the first of the thirty days");
        assert_eq!(grounds(&cards, &[], 31), []);
        assert_eq!(grounds(&cards[..2], &[], 30), []);
        assert_eq!(grounds(&cards, &[&cards[0]], 30), both[1..], "one of them has its order");
    }
}
