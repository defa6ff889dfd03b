//! What one case contributes to every figure.

use jiff::civil::Date;
use minicbor::{Decode, Encode};

use super::month::Month;
use crate::calendar::Almanac;
use crate::case::{Breach, CaseType, Course, Folded, State};
use crate::deadline::{Limit, used_days};
use crate::document::{EventKind, Outcome, View};
use crate::place::Division;

/// Parts into which a working day is divided for sums that must be exact: seven calendar days are
/// five working days, and 24 hours are one, so 168 = 7 · 24 leaves no rest.
pub(super) const PARTS_PER_DAY: i64 = 168;

/// What one case contributes. Nothing in it depends on the day on which it is computed.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(map)]
pub struct Facts {
    /// The centre that took it.
    #[n(0)]
    pub centre: Division,
    /// The item's code.
    #[n(1)]
    pub item: String,
    /// 办件类型, where the terms say it.
    #[n(2)]
    pub case_type: Option<CaseType>,
    /// When it was received.
    #[n(3)]
    pub received: Month,
    /// 办结: how it was decided; `None` while it is not.
    #[n(4)]
    pub finished: Option<Finished>,
    /// How it ended without a decision.
    #[n(5)]
    pub ended: Option<Ended>,
    /// While it is open, the last day after which it is overdue, as days since 1970: the promised
    /// one, and for a case on which nobody has spoken no earlier than that of the notice. `None`
    /// where nothing was promised, and while it waits for the applicant or a special procedure.
    #[n(6)]
    pub due: Option<i32>,
    /// 网上: applied for online.
    #[n(7)]
    pub is_online: bool,
    /// Events.
    #[n(8)]
    pub events: u32,
    /// 补录: those of them that were recorded late.
    #[n(9)]
    pub late_events: u32,
    /// Points of the cards that stand.
    #[n(10)]
    pub points: u32,
    /// 评价: from 5 (非常满意) to 1; `None` where nobody gave one.
    #[n(11)]
    pub rating: Option<u8>,
    /// 受理: when it was accepted, as days since 1970.
    #[n(12)]
    pub accepted: Option<i32>,
}

/// How a case was decided.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(map)]
pub struct Finished {
    /// When.
    #[n(0)]
    pub month: Month,
    /// 准予, 不予 or 转报.
    #[n(1)]
    pub outcome: Outcome,
    /// Working days used, special procedures left out.
    #[n(2)]
    pub used: u32,
    /// Working days in which a special procedure lasted.
    #[n(3)]
    pub paused: u32,
    /// 法定时限 in 1/168 working days, extensions not added.
    #[n(4)]
    pub legal: Option<u32>,
    /// True when it was decided by the last promised day, extensions added; `None` where nothing
    /// was promised. What is done on the spot promises the same day.
    #[n(5)]
    pub is_on_time: Option<bool>,
    /// True when it used less than was promised, for what is promised days.
    #[n(6)]
    pub is_before_promise: Option<bool>,
    /// True when it used less than the law gives, for what is promised days.
    #[n(7)]
    pub is_before_legal: Option<bool>,
    /// 现场办结: decided on the day of receipt, handed in at the counter.
    #[n(8)]
    pub is_on_the_spot: bool,
    /// 全程网办: applied for, corrected and delivered online only.
    #[n(9)]
    pub is_wholly_online: bool,
    /// Who decided.
    #[n(10)]
    pub by: String,
}

/// A case that ended without a decision.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Ended {
    /// When.
    #[n(0)]
    pub month: Month,
    /// True for 不予受理, false for 撤回 and 终止.
    #[n(1)]
    pub is_rejected: bool,
}

impl Facts {
    /// The facts of a case as its fold tells them; `None` for what was never handed in here:
    /// drafts, what came out of another system's log, and the parts of a joint case, which is one
    /// application and counts once, at the centre that leads.
    ///
    /// The fold must not be brought up to a day: [`Folded::on`] is not for this.
    #[must_use]
    pub fn of(
        centre: Division,
        view: &View,
        folded: &Folded,
        rating: Option<u8>,
        almanac: &Almanac,
    ) -> Option<Self> {
        let course = &folded.course;
        let header = view.header.as_ref()?;
        if course.state == State::Imported || header.part_of.is_some() {
            return None;
        }
        let received = Month::of(course.received_on?);
        let is_online = is_online(&header.channel);
        let breaches = course.breaches.values().flatten();
        let late = breaches.filter(|it| matches!(it, Breach::LateEntry { .. })).count();
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let ended = match (course.state, course.closed_on) {
            (State::Withdrawn | State::Terminated | State::Rejected, Some(on)) => {
                Some(Ended { month: Month::of(on), is_rejected: course.state == State::Rejected })
            }
            _ => None,
        };
        let finished = finished(view, course, is_online, almanac).filter(|_| ended.is_none());
        let is_open = finished.is_none() && ended.is_none();
        Some(Self {
            centre,
            item: header.item.clone(),
            case_type: course.terms.as_ref().map(|terms| terms.case_type),
            received,
            due: if is_open { due(course, almanac) } else { None },
            finished,
            ended,
            is_online,
            events: count(view.events.len()),
            late_events: count(late),
            points: course.points(),
            rating,
            accepted: course.accepted_on.and_then(day_number),
        })
    }
}

fn is_online(channel: &str) -> bool {
    matches!(channel.trim(), "网上" | "online")
}

/// What was promised: for what is done on the spot that day, where the item says nothing.
fn promise(course: &Course) -> Option<Limit> {
    let terms = course.terms.as_deref()?;
    let same_day = (terms.case_type == CaseType::Immediate).then_some(Limit::WorkingDays(0));
    terms.promise.or(same_day)
}

/// Days since 1970 of the last day after which an open case is overdue.
fn due(course: &Course, almanac: &Almanac) -> Option<i32> {
    let mut course = course.clone();
    let noticed_by = course.deem(Date::MAX, almanac);
    let limit = promise(&course)?.plus(course.promise_extended());
    let (due, _) = course.due(limit, almanac)?;
    day_number(noticed_by.map_or(due.date, |day| day.max(due.date)))
}

/// Days since 1970.
#[must_use]
pub fn day_number(day: Date) -> Option<i32> {
    let epoch = Date::constant(1970, 1, 1);
    epoch.until(day).ok().map(|span| span.get_days())
}

fn finished(view: &View, course: &Course, is_online: bool, almanac: &Almanac) -> Option<Finished> {
    let (accepted, (decided, outcome)) = (course.accepted_on?, course.decided?);
    let (calendar, pauses) = (almanac.latest(), course.pauses());
    let days = |limit| used_days(calendar, (accepted, decided), limit, &pauses);
    let used = days(Limit::WorkingDays(0));
    let is_before = |limit: Limit| match limit {
        Limit::WorkingDays(count) => used < u32::from(count),
        Limit::Days(count) => days(limit) < u32::from(count),
        Limit::Hours(count) => used.saturating_mul(24) < u32::from(count),
        Limit::By(_) => course.due(limit, almanac).is_some_and(|(due, _)| decided < due.date),
    };
    let in_time = |limit: Limit| {
        let limit = limit.plus(course.promise_extended());
        course.due(limit, almanac).is_none_or(|(due, _)| decided <= due.date)
    };
    let terms = course.terms.as_deref();
    let of_days = terms.filter(|terms| terms.case_type == CaseType::Promised);
    let deciding = view.events.iter().filter(|(_, event)| event.kind == EventKind::Decide);
    let is_same_day = course.received_on == Some(decided);
    Some(Finished {
        month: Month::of(decided),
        outcome,
        used,
        paused: calendar.working_days(accepted, decided).saturating_sub(used),
        legal: terms.and_then(|terms| terms.legal).and_then(parts),
        is_on_time: promise(course).map(in_time),
        is_before_promise: of_days.and_then(|terms| terms.promise).map(is_before),
        is_before_legal: of_days.and_then(|terms| terms.legal).map(is_before),
        is_on_the_spot: is_same_day && !is_online,
        is_wholly_online: is_online && course.delivered_on.is_some() && stayed_online(view),
        by: deciding.map(|(_, event)| event.by.clone()).next().unwrap_or_default(),
    })
}

/// True when the applicant did not have to come for what happened after the application.
fn stayed_online(view: &View) -> bool {
    let present =
        |kind| matches!(kind, EventKind::Receive | EventKind::Correct | EventKind::Deliver);
    let later = view.events.iter().map(|(_, event)| event).filter(|event| present(event.kind));
    let mut later = later.skip(1); // The first is the application, of which the header speaks.
    later.all(|event| event.detail().channel.as_deref().is_some_and(is_online))
}

/// A limit in 1/168 working days; `None` for a day of the year, which has no length.
fn parts(limit: Limit) -> Option<u32> {
    match limit {
        Limit::WorkingDays(count) => Some(u32::from(count) * 168),
        Limit::Days(count) => Some(u32::from(count) * 120),
        Limit::Hours(count) => Some(u32::from(count) * 7),
        Limit::By(_) => None,
    }
}
