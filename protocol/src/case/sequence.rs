//! 先后: an event cannot be said to have happened before the one whose effect it follows.
//!
//! Days are compared, not instants: machines that were cut off from each other record in another
//! order than people remember, by minutes.

use std::fmt;

use jiff::civil::{Date, date};
use serde::Serialize;

use super::course::Course;
use super::law::HAPPENED_AHEAD_MS_MAX;
use crate::calendar::civil_day;
use crate::document::{Event, EventKind};

/// Nothing was handed in at a government service before that day.
pub const FIRST_DAY: Date = date(1949, 10, 1);

/// Why something cannot have happened on the day it is said to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum Untimely {
    /// It would come before the event whose effect it follows.
    Before {
        /// What.
        event: EventKind,
        /// When, as it says.
        happened_on: Date,
        /// What it follows.
        cause: EventKind,
        /// When that happened, as it says.
        on: Date,
    },
    /// It is longer ago than there are such offices.
    LongAgo {
        /// When, as it says.
        happened_on: Date,
    },
}

impl Untimely {
    /// What is wrong, for the page.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Before { event, happened_on, cause, on } => {
                format!("“{}”的发生日期 {happened_on} 早于“{}”的日期 {on}", event.zh(), cause.zh())
            }
            Self::LongAgo { happened_on } => {
                format!("发生日期 {happened_on} 早于 {FIRST_DAY}，请核对年份")
            }
        }
    }
}

impl fmt::Display for Untimely {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before { event, happened_on, cause, on } => {
                let (event, cause) = (event.en(), cause.en());
                write!(f, "`{event}` on {happened_on} would come before `{cause}` on {on}")
            }
            Self::LongAgo { happened_on } => {
                write!(f, "{happened_on} is before {FIRST_DAY}; check the year")
            }
        }
    }
}

/// Decides whether an event comes on the day of what it follows, or later.
pub(super) fn check(course: &Course, event: &Event) -> Result<(), Untimely> {
    let happened_on = civil_day(event.happened_at);
    if happened_on < FIRST_DAY {
        return Err(Untimely::LongAgo { happened_on });
    }
    // Around midnight clocks differ by a day.
    let latest = || civil_day(event.happened_at.plus_ms(HAPPENED_AHEAD_MS_MAX));
    let dated = |cause: &EventKind| Some((*cause, *course.claimed.get(cause)?));
    let mut causes = follows(event.kind).iter().filter_map(dated);
    match causes.find(|(_, on)| happened_on < *on && latest() < *on) {
        Some((cause, on)) => Err(Untimely::Before { event: event.kind, happened_on, cause, on }),
        None => Ok(()),
    }
}

/// The events whose effect one follows, as far as they happened.
const fn follows(event: EventKind) -> &'static [EventKind] {
    use EventKind as E;
    match event {
        E::Receive => &[E::NoticeSupplement],
        E::Correct | E::NoticeSupplement | E::Reject | E::Accept => &[E::Receive],
        E::Acknowledge => &[E::Refer],
        E::FinishStep | E::HandUp | E::Extend | E::Refer => {
            &[E::Receive, E::Accept, E::Acknowledge]
        }
        // Two pauses do not overlap.
        E::StartProcedure | E::AskSupplement => {
            &[E::Receive, E::Accept, E::Acknowledge, E::EndProcedure, E::Supplement]
        }
        E::EndProcedure => &[E::StartProcedure],
        E::Supplement => &[E::AskSupplement],
        E::Decide => {
            &[E::Receive, E::Accept, E::Acknowledge, E::HandUp, E::EndProcedure, E::Supplement]
        }
        E::Deliver | E::Resolve => &[E::Decide],
        _ => &[],
    }
}
