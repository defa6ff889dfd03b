//! Why an event of an order has no effect, in words.

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use super::{ORDER_DAYS_MAX, ORDER_RULES, OrderState};
use crate::case::Need;
use crate::document::{EventKind, Role};
use crate::time::Timestamp;

/// Why an event of an order is not allowed. It is refused at the counter; arriving from elsewhere
/// it is kept without effect.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum OrderFault {
    /// No rule allows it from the state reached so far.
    NotAllowed {
        /// The state reached so far.
        from: OrderState,
        /// What was tried.
        event: EventKind,
    },
    /// Something must be said with it.
    Missing {
        /// What.
        need: Need,
        /// Of which event.
        event: EventKind,
    },
    /// Somebody else must record it.
    WrongRole {
        /// Who tried.
        role: Role,
        /// What.
        event: EventKind,
    },
    /// It says that it happened after it was recorded.
    NotYet {
        /// When, as it says.
        happened_at: Timestamp,
    },
    /// It says that it happened before it was asked.
    BeforeAsked {
        /// When that was.
        asked_on: Date,
        /// When this was, as it says.
        happened_on: Date,
    },
    /// The time for the answer is longer than any order gives.
    TooManyDays {
        /// What was tried, in working days.
        days: u16,
    },
    /// A card is named, and no case.
    CardOfNoCase,
    /// Whoever answered judges the answer.
    OwnCause {
        /// Who.
        by: String,
    },
}

/// An event of an order that has no effect, with the reason.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum OrderAnomaly {
    /// It is not allowed from where the order had come to.
    NotAllowed(OrderFault),
    /// Only a later version knows what it does.
    NotUnderstood {
        /// The kind's code.
        code: u32,
    },
}

impl OrderFault {
    /// What is wrong and what to do, for the page.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::NotAllowed { from, event } => {
                format!("督办件“{}”，不能“{}”", from.zh(), event.zh())
            }
            Self::Missing { need, event } => {
                format!("“{}”须写明{}", event.zh(), said(*need, *event).0)
            }
            Self::WrongRole { role, event } => {
                let roles: Vec<&str> = roles(*event).iter().copied().map(Role::zh).collect();
                format!("{}不能“{}”，须由{}办理", role.zh(), event.zh(), roles.join("、"))
            }
            Self::NotYet { happened_at } => {
                format!("发生时间 {} 晚于录入时间，请改正", happened_at.to_minute())
            }
            Self::BeforeAsked { asked_on, happened_on } => {
                format!("发生日期 {happened_on} 早于督办日期 {asked_on}，请改正")
            }
            Self::TooManyDays { days } => {
                format!("回复时限 {days} 个工作日，最长 {ORDER_DAYS_MAX} 个工作日")
            }
            Self::CardOfNoCase => "写明了牌，须同时写明办件".to_owned(),
            Self::OwnCause { by } => format!("{by} 是回复人，不能审定自己的回复"),
        }
    }
}

impl fmt::Display for OrderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed { from, event } => {
                write!(f, "an order that is {} takes no `{}`", from.en(), event.en())
            }
            Self::Missing { need, event } => {
                write!(f, "`{}` must say {}", event.en(), said(*need, *event).1)
            }
            Self::WrongRole { role, event } => {
                let roles: Vec<&str> = roles(*event).iter().copied().map(Role::en).collect();
                let roles = roles.join(", ");
                write!(f, "a {} may not record `{}`; it takes {roles}", role.en(), event.en())
            }
            Self::NotYet { happened_at } => {
                write!(f, "it says that it happened at {happened_at}, after it was recorded")
            }
            Self::BeforeAsked { asked_on, happened_on } => {
                write!(
                    f,
                    "it says that it happened on {happened_on}, before it was asked on {asked_on}"
                )
            }
            Self::TooManyDays { days } => {
                write!(f, "{days} working days for an answer are more than {ORDER_DAYS_MAX}")
            }
            Self::CardOfNoCase => f.write_str("a card is named; name its case too"),
            Self::OwnCause { by } => {
                write!(f, "{by} gave the answer and may not judge it")
            }
        }
    }
}

impl OrderAnomaly {
    /// Why it has no effect, for the page.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::NotAllowed(fault) => format!("{}；不生效", fault.zh()),
            Self::NotUnderstood { code } => {
                format!("种类 {code} 来自更高版本的软件，升级本机后才生效")
            }
        }
    }
}

impl fmt::Display for OrderAnomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed(fault) => write!(f, "{fault}; it has no effect"),
            Self::NotUnderstood { code } => {
                write!(f, "an event of kind {code} needs a later version of this software")
            }
        }
    }
}

fn roles(event: EventKind) -> &'static [Role] {
    ORDER_RULES.iter().find(|rule| rule.event == event).map_or(&[], |rule| rule.roles)
}

/// What an event of an order must say, in both languages.
const fn said(need: Need, event: EventKind) -> (&'static str, &'static str) {
    match (need, event) {
        (Need::Reason, EventKind::ReplyOrder) => ("回复内容", "the answer"),
        (Need::Reason, EventKind::CloseOrder) => ("销号意见", "the closure note"),
        (Need::Document, _) => ("督办文号", "its document number"),
        _ => (need.zh(), need.en()),
    }
}
