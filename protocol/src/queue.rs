//! 排号: who waits in the hall, whose turn it is, and with what each ticket ended.
//!
//! A ticket is a number of the day and nothing personal: a business group, a coded priority, times,
//! the window, and who called. What may follow what is the table of [`RULES`]; the counter and every
//! store that a ticket comes to ask the same [`check`]. A ticket ends in cases, an answer, or a coded
//! reason; one that ended in none of them counts as such (see [`Tally`]), so that a centre is open
//! because it handles tickets and not because somebody signed in.
//!
//! What is **not** here: giving a number and choosing the groups, which the machine does.

mod fault;
mod fold;
mod number;
mod said;
mod tally;
#[cfg(test)]
mod tests;
mod turn;

use jiff::civil::Date;
use serde::Serialize;

pub use fault::Fault;
pub use fold::{Anomaly, Ending, Line, Pick, Ticket, Transfer, fold};
pub use number::{NoTicket, SERIAL_MAX, STRIPS_MAX, Strip, TicketId, TicketNumber};
pub use said::{NoCase, Priority, Said};
pub use tally::{Tally, tally};
pub use turn::next;

use crate::calendar::civil_day;
use crate::document::{Detail, Event, EventKind};
use crate::service::{Answer, Link};
use crate::time::Timestamp;

/// 重叫、返回: how often together whoever was called is called again or comes back, at most.
pub const RECALLS_MAX: u8 = 3;

/// 转号: how often a ticket goes to another group at most.
pub const TRANSFERS_MAX: usize = 5;

/// Most cases that one ticket ends in.
pub const CASES_MAX: usize = 20;

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// 未取号: nothing has happened yet.
    #[default]
    Blank,
    /// 等待.
    Waiting,
    /// 叫号: called, and not come yet.
    Called,
    /// 过号: called, and did not come.
    Skipped,
    /// 办理: at a window.
    Serving,
    /// 完成.
    Ended,
    /// 失效: called and called again, and never came.
    Expired,
}

impl State {
    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Blank => "未取号",
            Self::Waiting => "等待",
            Self::Called => "已叫号",
            Self::Skipped => "过号",
            Self::Serving => "办理中",
            Self::Ended => "已完成",
            Self::Expired => "已失效",
        }
    }

    /// The word for scripts and English pages.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Blank => "not taken",
            Self::Waiting => "waiting",
            Self::Called => "called",
            Self::Skipped => "skipped",
            Self::Serving => "serving",
            Self::Ended => "ended",
            Self::Expired => "expired",
        }
    }
}

/// What one event may do.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The event.
    pub event: EventKind,
    /// The state from which it is allowed.
    pub from: State,
    /// Where it leads.
    pub to: State,
    /// What it must say.
    pub needs: &'static [Need],
}

/// What an event must say.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// 业务组.
    Group,
    /// 窗口.
    Window,
    /// 结果: one of cases, an answer, and a coded reason; 其他 in words besides.
    Ending,
}

const fn rule(event: EventKind, from: State, to: State, needs: &'static [Need]) -> Rule {
    Rule { event, from, to, needs }
}

/// What may follow what, one row each. Who is passed over after the last of [`RECALLS_MAX`] is not
/// skipped but [`State::Expired`].
pub const RULES: [Rule; 10] = [
    rule(EventKind::TakeTicket, State::Blank, State::Waiting, &[Need::Group]),
    rule(EventKind::CallTicket, State::Waiting, State::Called, &[Need::Window]),
    rule(EventKind::RecallTicket, State::Called, State::Called, &[Need::Window]),
    rule(EventKind::RecallTicket, State::Skipped, State::Called, &[Need::Window]),
    rule(EventKind::SkipTicket, State::Called, State::Skipped, &[]),
    rule(EventKind::RejoinTicket, State::Skipped, State::Waiting, &[]),
    rule(EventKind::ServeTicket, State::Called, State::Serving, &[]),
    rule(EventKind::TransferTicket, State::Called, State::Waiting, &[Need::Group]),
    rule(EventKind::TransferTicket, State::Serving, State::Waiting, &[Need::Group]),
    rule(EventKind::EndTicket, State::Serving, State::Ended, &[Need::Ending]),
];

impl Need {
    fn is_met(self, detail: &Detail) -> bool {
        let says = |text: &String| !text.trim().is_empty();
        let Some(said) = detail.ticket.as_deref() else { return false };
        match self {
            Self::Group => said.group.as_ref().is_some_and(says),
            Self::Window => said.window.as_ref().is_some_and(says),
            Self::Ending => {
                let cases = detail.cases.as_ref().is_some_and(|cases| !cases.is_empty());
                let is_told = match said.no_case {
                    Some(NoCase::Other) => detail.reason.as_ref().is_some_and(says),
                    Some(_) | None => true,
                };
                let ways = [cases, detail.answer.is_some(), said.no_case.is_some()];
                is_told && ways.into_iter().filter(|is_said| *is_said).count() == 1
            }
        }
    }
}

/// Decides whether an event may stand in the queue of a day, and to what state it leads a ticket.
///
/// `recorded_at` is when it was recorded, at the counter now. A ticket is good on its day; only what
/// was begun on that day may be ended later.
///
/// # Errors
///
/// The first [`Fault`] found.
pub fn check(
    day: Date,
    ticket: &Ticket,
    event: &Event,
    recorded_at: Timestamp,
) -> Result<State, Fault> {
    let (from, kind) = (ticket.state, event.kind);
    let rule = RULES.iter().find(|rule| rule.event == kind && rule.from == from);
    let Some(rule) = rule else { return Err(Fault::NotAllowed { from, event: kind }) };
    let detail = event.detail();
    if let Some(need) = rule.needs.iter().find(|need| !need.is_met(detail)) {
        return Err(Fault::Missing { need: *need, event: kind });
    }
    let recorded_on = civil_day(recorded_at);
    let is_late = recorded_on != day && kind != EventKind::EndTicket;
    if is_late || recorded_on < day {
        return Err(Fault::OtherDay { day });
    }
    match kind {
        EventKind::RecallTicket | EventKind::RejoinTicket if ticket.recalls >= RECALLS_MAX => {
            Err(Fault::RecalledOut)
        }
        EventKind::SkipTicket if ticket.recalls >= RECALLS_MAX => Ok(State::Expired),
        EventKind::TransferTicket if ticket.transfers.len() >= TRANSFERS_MAX => {
            Err(Fault::TransferredOut)
        }
        EventKind::TransferTicket => {
            let to = detail.ticket.as_ref().and_then(|said| said.group.as_deref());
            match to.map(str::trim) {
                Some(to) if to == ticket.group => Err(Fault::SameGroup { group: to.to_owned() }),
                Some(_) | None => Ok(rule.to),
            }
        }
        EventKind::EndTicket => check_ending(detail).map(|()| rule.to),
        _ => Ok(rule.to),
    }
}

fn check_ending(detail: &Detail) -> Result<(), Fault> {
    if let Some(answer) = detail.answer.filter(|answer| !is_given_at_a_window(*answer)) {
        return Err(Fault::NoAnswer { answer });
    }
    let cases = detail.cases.iter().flatten();
    if cases.clone().count() > CASES_MAX {
        return Err(Fault::TooManyCases);
    }
    let is_case = |case: &str| matches!(case.parse(), Ok(Link::Number(_) | Link::Case(_)));
    match cases.into_iter().find(|case| !is_case(case)) {
        Some(case) => Err(Fault::BadCase { case: case.chars().take(60).collect() }),
        None => Ok(()),
    }
}

/// 咨询: what was handled is a case, and who gave up has a coded reason.
#[must_use]
pub const fn is_given_at_a_window(answer: Answer) -> bool {
    match answer {
        Answer::Answered | Answer::Referred => true,
        Answer::Handled | Answer::GivenUp => false,
    }
}
