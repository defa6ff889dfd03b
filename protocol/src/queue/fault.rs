//! Why something cannot happen to a ticket, in words.

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use super::{CASES_MAX, Need, RECALLS_MAX, State, TRANSFERS_MAX};
use crate::document::EventKind;
use crate::service::Answer;

/// Why an event has no place in the queue. It is refused at the counter; arriving from elsewhere it
/// is kept without effect.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum Fault {
    /// No rule allows it from the state reached so far.
    NotAllowed {
        /// The state reached so far.
        from: State,
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
    /// It names no ticket.
    BadNumber {
        /// The start of what was given.
        number: String,
    },
    /// The ticket is of another day.
    OtherDay {
        /// Of which.
        day: Date,
    },
    /// It was called again, or came back, as often as may be.
    RecalledOut,
    /// It was transferred as often as may be.
    TransferredOut,
    /// It is in that group already.
    SameGroup {
        /// Which.
        group: String,
    },
    /// What was handled is a case, and who gave up has a coded reason.
    NoAnswer {
        /// What was given as the answer.
        answer: Answer,
    },
    /// What it ended in is no case.
    BadCase {
        /// The start of what was given.
        case: String,
    },
    /// It ended in more cases than may be.
    TooManyCases,
}

impl Fault {
    /// What is wrong and what to do, for the page.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::NotAllowed { from, event } => {
                format!("该号“{}”，不能“{}”；请刷新页面", from.zh(), event.zh())
            }
            Self::Missing { need, event } => format!("“{}”须写明{}", event.zh(), need.zh()),
            Self::BadNumber { number } => format!("“{number}”不是排号，应如 A001"),
            Self::OtherDay { day } => format!("该号是 {day} 的，只在当日有效；请重新取号"),
            Self::RecalledOut => {
                format!("已重叫、返回共 {RECALLS_MAX} 次；请按“过号”，该号失效，来人重新取号")
            }
            Self::TransferredOut => format!("已转号 {TRANSFERS_MAX} 次；请在本窗口办理或答复"),
            Self::SameGroup { group } => format!("该号已在“{group}”，请选另一业务组"),
            Self::NoAnswer { answer } => {
                format!("“{}”不是答复；办件请填编号，放弃请选原因", answer.zh())
            }
            Self::BadCase { case } => {
                format!("“{case}”不是办件编号，应如 510921103-20261102-MB7I-00001-O")
            }
            Self::TooManyCases => format!("一个号最多写 {CASES_MAX} 件"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed { from, event } => {
                write!(f, "a ticket that is `{}` takes no `{}`; reload", from.en(), event.en())
            }
            Self::Missing { need, event } => write!(f, "`{}` must say {}", event.en(), need.en()),
            Self::BadNumber { number } => write!(f, "`{number}` is no ticket, such as A001"),
            Self::OtherDay { day } => {
                write!(f, "the ticket is of {day} and good on that day only; take a new one")
            }
            Self::RecalledOut => write!(
                f,
                "it was called again or came back {RECALLS_MAX} times; skip it, and it expires: whoever comes takes a new one"
            ),
            Self::TransferredOut => {
                write!(f, "it was transferred {TRANSFERS_MAX} times; handle or answer it here")
            }
            Self::SameGroup { group } => write!(f, "it is in `{group}` already; choose another"),
            Self::NoAnswer { answer } => write!(
                f,
                "`{}` is no answer; name the case, or the reason why there is none",
                answer.en()
            ),
            Self::BadCase { case } => {
                write!(f, "`{case}` is no case, such as 510921103-20261102-MB7I-00001-O")
            }
            Self::TooManyCases => write!(f, "a ticket ends in at most {CASES_MAX} cases"),
        }
    }
}

impl Need {
    /// The words for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Group => "业务组",
            Self::Window => "窗口",
            Self::Ending => "办件编号、答复或未成件原因之一（“其他”须写明原因）",
        }
    }

    /// The words for scripts and English pages.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Group => "the business group",
            Self::Window => "the window",
            Self::Ending => {
                "one of its cases, an answer, or why there is no case (`other` with its reason)"
            }
        }
    }
}
