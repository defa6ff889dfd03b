//! 督办: a centre above orders a centre to answer in writing, with a last day, and closes the order.
//!
//! An order is a document of its own in the office home of the centre that must answer. As with
//! a case, its state is never stored: one table and one check serve the counter and the fold, and
//! what is not allowed from the state reached is kept without effect.

mod fault;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use crate::calendar::{Almanac, Due, civil_day};
use crate::case::law::HAPPENED_AHEAD_MS_MAX;
use crate::case::{Need, Standing, counted_on};
use crate::document::{DocumentId, Event, EventId, EventKind, Role};
use crate::identity::Author;
use crate::time::Timestamp;

pub use fault::{OrderAnomaly, OrderFault};

/// Most working days that an order gives for an answer. No published rule gives any.
pub const ORDER_DAYS_MAX: u16 = 60;

/// Where an order stands.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderState {
    /// Nothing was ordered yet.
    #[default]
    Draft,
    /// 待回复.
    Due,
    /// 已回复: the supervisor closes it or sends it back.
    Replied,
    /// 已销号.
    Closed,
}

impl OrderState {
    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Draft => "未立项",
            Self::Due => "待回复",
            Self::Replied => "已回复",
            Self::Closed => "已销号",
        }
    }

    /// The word for scripts.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Due => "due",
            Self::Replied => "replied",
            Self::Closed => "closed",
        }
    }
}

/// What one event may do to an order.
#[derive(Clone, Copy, Debug)]
pub struct OrderRule {
    /// The event.
    pub event: EventKind,
    /// The states from which it is allowed.
    pub from: &'static [OrderState],
    /// Where it leads.
    pub to: OrderState,
    /// What it must say.
    pub needs: &'static [Need],
    /// Who may record it.
    pub roles: &'static [Role],
}

/// What may happen to an order, one row each.
pub const ORDER_RULES: [OrderRule; 4] = [
    OrderRule {
        event: EventKind::IssueOrder,
        from: &[OrderState::Draft],
        to: OrderState::Due,
        needs: &[Need::Reason, Need::Document, Need::Days],
        roles: &[Role::Supervisor],
    },
    OrderRule {
        event: EventKind::ReplyOrder,
        from: &[OrderState::Due],
        to: OrderState::Replied,
        needs: &[Need::Reason],
        roles: &[Role::Window, Role::Partner, Role::Department, Role::Chief],
    },
    OrderRule {
        event: EventKind::ReturnOrder,
        from: &[OrderState::Replied],
        to: OrderState::Due,
        needs: &[Need::Reason, Need::Days],
        roles: &[Role::Supervisor],
    },
    OrderRule {
        event: EventKind::CloseOrder,
        from: &[OrderState::Due, OrderState::Replied],
        to: OrderState::Closed,
        needs: &[Need::Reason],
        roles: &[Role::Supervisor],
    },
];

/// What an order has come through.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Order {
    /// Where it stands.
    pub state: OrderState,
    /// 文号.
    pub document: String,
    /// The case that it is about, if any.
    pub case: Option<DocumentId>,
    /// The card of that case that it is about, if any.
    pub card: Option<String>,
    /// Who ordered it: the machine.
    pub issued_by: Option<Author>,
    /// What was asked, and what was answered: the first round, and one for each time that it was
    /// sent back.
    pub rounds: Vec<Round>,
    /// When it was closed, and the closure note (销号意见).
    pub closed: Option<(Date, String)>,
}

/// One asking and its answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Round {
    /// When it was asked, which is not counted.
    pub asked_on: Date,
    /// Why.
    pub reason: String,
    /// The working days for the answer.
    pub days: u16,
    /// The answer.
    pub answer: Option<Answer>,
}

/// What a centre answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// When; the day of its record where it was recorded late.
    pub on: Date,
    /// Who.
    pub by: String,
    /// What.
    pub text: String,
}

impl Round {
    /// The last day for the answer.
    #[must_use]
    pub fn due(&self, almanac: &Almanac) -> Due {
        let count = |days| almanac.settle(self.asked_on, |it| Some(it.due(self.asked_on, days)));
        count(self.days)
            .map_or_else(|| almanac.latest().due(self.asked_on, self.days), |(due, _)| due)
    }
}

impl Order {
    /// How the clock of the last round stands as of `today`; `None` before it was issued.
    ///
    /// An order that is closed unanswered has a void clock.
    #[must_use]
    pub fn clock(&self, almanac: &Almanac, today: Date) -> Option<(Due, Standing)> {
        let round = self.rounds.last()?;
        let due = round.due(almanac);
        let calendar = almanac.latest();
        let standing = match &round.answer {
            Some(answer) if answer.on <= due.date => Standing::Kept,
            Some(answer) => Standing::Broken { days: calendar.working_days(due.date, answer.on) },
            None if self.state == OrderState::Closed => Standing::Void,
            None if today > due.date => {
                Standing::Overdue { days: calendar.working_days(due.date, today) }
            }
            None => Standing::Runs { left: calendar.working_days(today, due.date) },
        };
        Some((due, standing))
    }

    /// Who gave the last answer.
    fn answered_by(&self) -> Option<&str> {
        self.rounds.last()?.answer.as_ref().map(|answer| answer.by.trim())
    }

    fn take(&mut self, id: EventId, event: &Event, state: OrderState, on: Date) {
        let detail = event.detail();
        let text = detail.reason.clone().unwrap_or_default();
        match event.kind {
            EventKind::IssueOrder | EventKind::ReturnOrder => {
                let days = detail.days.unwrap_or_default();
                self.rounds.push(Round { asked_on: on, reason: text, days, answer: None });
            }
            EventKind::ReplyOrder => {
                if let Some(round) = self.rounds.last_mut() {
                    round.answer = Some(Answer { on, by: event.by.clone(), text });
                }
            }
            EventKind::CloseOrder => self.closed = Some((on, text)),
            _ => {}
        }
        if event.kind == EventKind::IssueOrder {
            self.document = detail.document.clone().unwrap_or_default();
            (self.case, self.card) = (detail.case, detail.card.clone());
            self.issued_by = Some(id.author);
        }
        self.state = state;
    }
}

/// Decides whether an event is allowed from where an order has come to, and where it leads.
///
/// # Errors
///
/// The first [`OrderFault`] found.
pub fn check(
    order: &Order,
    event: &Event,
    recorded_at: Timestamp,
) -> Result<OrderState, OrderFault> {
    let (from, kind, detail) = (order.state, event.kind, event.detail());
    let rule = ORDER_RULES.iter().find(|rule| rule.event == kind && rule.from.contains(&from));
    let Some(rule) = rule else { return Err(OrderFault::NotAllowed { from, event: kind }) };
    let role = detail.role.unwrap_or_default();
    if !rule.roles.contains(&role) {
        return Err(OrderFault::WrongRole { role, event: kind });
    }
    if let Some(need) = rule.needs.iter().find(|need| !need.is_met(detail)) {
        return Err(OrderFault::Missing { need: *need, event: kind });
    }
    if event.happened_at.ms_since(recorded_at) > HAPPENED_AHEAD_MS_MAX {
        return Err(OrderFault::NotYet { happened_at: event.happened_at });
    }
    let happened_on = civil_day(event.happened_at);
    if let Some(asked_on) = order.rounds.last().map(|round| round.asked_on)
        && happened_on < asked_on
    {
        return Err(OrderFault::BeforeAsked { asked_on, happened_on });
    }
    if let Some(days) = detail.days.filter(|days| *days > ORDER_DAYS_MAX) {
        return Err(OrderFault::TooManyDays { days });
    }
    if detail.card.is_some() && detail.case.is_none() {
        return Err(OrderFault::CardOfNoCase);
    }
    let is_judged = matches!(kind, EventKind::ReturnOrder | EventKind::CloseOrder);
    if is_judged && order.answered_by() == Some(event.by.trim()) {
        return Err(OrderFault::OwnCause { by: event.by.clone() });
    }
    Ok(rule.to)
}

/// What an order comes to, and what of it had no effect.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FoldedOrder {
    /// What it has come through.
    pub order: Order,
    /// What had no effect, and why.
    pub anomalies: BTreeMap<EventId, OrderAnomaly>,
}

/// Folds events, which must come in the order of their ids, into what the order comes to.
#[must_use]
pub fn fold<'a>(
    events: impl IntoIterator<Item = &'a (EventId, Event)>,
    almanac: &Almanac,
) -> FoldedOrder {
    let mut folded = FoldedOrder::default();
    for (id, event) in events {
        let recorded_at = id.recorded.instant();
        let anomaly = match check(&folded.order, event, recorded_at) {
            Ok(state) => {
                let on = counted_on(event, recorded_at, almanac);
                folded.order.take(*id, event, state, on);
                continue;
            }
            Err(_) if matches!(event.kind, EventKind::Unknown(_)) => {
                OrderAnomaly::NotUnderstood { code: event.kind.code() }
            }
            Err(fault) => OrderAnomaly::NotAllowed(fault),
        };
        folded.anomalies.insert(*id, anomaly);
    }
    folded
}
