//! Why an event has no place in a service record, in words.

use std::fmt;

use serde::Serialize;

use super::{Need, SERVICE_MS_MAX, State, UPSTREAM_CHARS_MAX};
use crate::document::EventKind;
use crate::time::Timestamp;

/// Why an event has no place in a record. It is refused at the counter; arriving from elsewhere it
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
    /// The service ended before it began.
    EndsBeforeStart {
        /// From when, as it says.
        start: Timestamp,
        /// Until when, as it says.
        end: Timestamp,
    },
    /// The service lasted longer than a day.
    TooLong {
        /// From when, as it says.
        start: Timestamp,
        /// Until when, as it says.
        end: Timestamp,
    },
    /// It says that it happened after it was recorded.
    NotYet {
        /// When, as it says.
        at: Timestamp,
    },
    /// What it is linked to is neither a case nor a ticket.
    BadLink {
        /// The start of what was given.
        link: String,
    },
    /// By the number of the upper system nothing can be found again.
    BadUpstream {
        /// The start of what was given.
        number: String,
    },
    /// Somebody else answers for the question.
    NotHolder {
        /// Who tried.
        by: String,
        /// Who answers for it.
        holder: String,
    },
    /// It is handed on to the one who has it.
    ToOneself {
        /// Who.
        by: String,
    },
}

/// The rule by which whoever was asked first answers for the question.
const FIRST_ASKED_ZH: &str = "（首问负责制）";
const FIRST_ASKED_EN: &str = " (rule of the first person asked)";

impl Fault {
    /// What is wrong and what to do, for the page.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::NotAllowed { from, event } => {
                format!("该记录为“{}”，不能“{}”", from.zh(), event.zh())
            }
            Self::Missing { need, event } => format!("“{}”须写明{}", event.zh(), need.zh()),
            Self::EndsBeforeStart { start, end } => {
                format!(
                    "服务结束时间 {} 早于开始时间 {}，请核对",
                    end.to_minute(),
                    start.to_minute()
                )
            }
            Self::TooLong { start, end } => format!(
                "服务自 {} 至 {}，超过 {} 小时，请分次登记",
                start.to_minute(),
                end.to_minute(),
                SERVICE_MS_MAX / 3_600_000
            ),
            Self::NotYet { at } => format!("所填时间 {} 还没有到", at.to_minute()),
            Self::BadLink { link } => format!(
                "“{link}”既不是办件编号或办件标识，也不是排号（一个字母加三位数字，如 B017）"
            ),
            Self::BadUpstream { number } => {
                format!("上级编号“{number}”不能用：须有字母或数字，最多 {UPSTREAM_CHARS_MAX} 个字")
            }
            Self::NotHolder { by, holder } => {
                format!("该事现由{holder}负责，{by}不能转办或办毕{FIRST_ASKED_ZH}")
            }
            Self::ToOneself { by } => format!("{by}不能转给自己{FIRST_ASKED_ZH}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed { from, event } => {
                write!(f, "a record that is `{}` takes no `{}`", from.en(), event.en())
            }
            Self::Missing { need, event } => write!(f, "`{}` must say {}", event.en(), need.en()),
            Self::EndsBeforeStart { start, end } => {
                write!(f, "the service ends at {end}, before it begins at {start}")
            }
            Self::TooLong { start, end } => write!(
                f,
                "the service lasts from {start} to {end}, longer than {} hours; record it in parts",
                SERVICE_MS_MAX / 3_600_000
            ),
            Self::NotYet { at } => write!(f, "{at} has not come yet"),
            Self::BadLink { link } => write!(
                f,
                "`{link}` is neither the number or name of a case nor a ticket (a letter and three digits, such as B017)"
            ),
            Self::BadUpstream { number } => write!(
                f,
                "the upper system's number `{number}` cannot be used: it has letters or digits, and at most {UPSTREAM_CHARS_MAX} characters"
            ),
            Self::NotHolder { by, holder } => {
                write!(f, "{holder} answers for this question, not {by}{FIRST_ASKED_EN}")
            }
            Self::ToOneself { by } => write!(f, "{by} has it already{FIRST_ASKED_EN}"),
        }
    }
}

impl Need {
    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Service => "服务种类和起止时间",
            Self::Staff => "服务人员",
            Self::Place => "地点",
            Self::Reason => "事由",
            Self::Confirmation => "申请人确认",
            Self::Successor => "转给谁",
            Self::Answer => "办理结果",
            Self::Relay => "上级系统、编号、申请人和事项",
            Self::Result => "上级系统的结果",
        }
    }

    /// The words for scripts.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Service => "which service, from when and until when",
            Self::Staff => "who gave it",
            Self::Place => "where",
            Self::Reason => "its reason",
            Self::Confirmation => "who confirmed it, and how",
            Self::Successor => "to whom",
            Self::Answer => "what became of it",
            Self::Relay => "the upper system, its number, the applicant and the item",
            Self::Result => "what the upper system says",
        }
    }
}
