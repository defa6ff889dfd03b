//! The clocks of a case: what the law gives, what was promised, and the lesser ones beside them.

use jiff::civil::Date;
use serde::Serialize;

use super::course::Course;
use super::joint::{HAND_OVER_DAYS, PAPER_DAYS};
use super::law::{DELIVERY_DAYS, HEARING_DAYS, NOTICE_DAYS, REVIEW_DAYS};
use super::state::State;
use crate::calendar::{Almanac, Due, Moved};
use crate::deadline::{Limit, Pause, last_day, used_days};
use crate::document::{Outcome, Procedure};

/// Which clock.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockKind {
    /// 告知时限: the applicant is told what is missing (行政许可法 32-4).
    Notice,
    /// 法定时限.
    Legal,
    /// 承诺时限.
    Promise,
    /// 环节时限: a step, by its place in the terms.
    Step(usize),
    /// 上报时限: a lower authority reviews (行政许可法 43).
    Review,
    /// 听证时限: a hearing that was asked for is held (行政许可法 47, 48).
    Hearing,
    /// 送达时限 (行政许可法 44).
    Delivery,
    /// 交接时限: of a joint case until its parts are referred, of a part until its authority has
    /// signed for it.
    HandOver,
    /// 补发文书时限: of whoever was silent past the limit, or away from the meeting.
    Paper,
}

impl ClockKind {
    /// The word for scripts.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Legal => "legal",
            Self::Promise => "promise",
            Self::Step(_) => "step",
            Self::Review => "review",
            Self::Hearing => "hearing",
            Self::Delivery => "delivery",
            Self::HandOver => "hand-over",
            Self::Paper => "paper",
        }
    }

    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Notice => "告知时限",
            Self::Legal => "法定时限",
            Self::Promise => "承诺时限",
            Self::Step(_) => "环节时限",
            Self::Review => "上报时限",
            Self::Hearing => "听证时限",
            Self::Delivery => "送达时限",
            Self::HandOver => "交接时限",
            Self::Paper => "补发文书时限",
        }
    }
}

/// One clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    /// Which.
    pub kind: ClockKind,
    /// How long it may take, extensions included.
    pub limit: Limit,
    /// The day of the event that started it, which is not counted.
    pub began: Date,
    /// The last day; `None` while a special procedure lasts that began before it.
    pub due: Option<Due>,
    /// How editions of the calendar moved it.
    pub moved: Vec<Moved>,
    /// Days used, of the limit's kind, up to today or to where it stopped.
    pub used: u32,
    /// When it stopped; `None` while it runs.
    pub stopped_on: Option<Date>,
    /// How it stands today.
    pub standing: Standing,
}

impl Clock {
    /// How it stands, for the page: what is left in the days that its limit counts.
    #[must_use]
    pub fn zh(&self) -> String {
        match self.standing {
            Standing::Runs { left: left @ 1.. } if self.is_in_working_days() => {
                format!("还剩 {left} 个工作日")
            }
            standing => standing.zh(),
        }
    }

    /// The same in English.
    #[must_use]
    pub fn en(&self) -> String {
        match self.standing {
            Standing::Runs { left: 1 } if self.is_in_working_days() => {
                "1 working day left".to_owned()
            }
            Standing::Runs { left: left @ 2.. } if self.is_in_working_days() => {
                format!("{left} working days left")
            }
            standing => standing.en(),
        }
    }

    const fn is_in_working_days(&self) -> bool {
        matches!(self.limit, Limit::WorkingDays(_) | Limit::Hours(_))
    }
}

/// How a clock stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It runs, with so many days of its kind left; 0 is the last day.
    Runs {
        /// Days left.
        left: u32,
    },
    /// A special procedure lasts.
    Paused,
    /// It runs, and its last day is over since so many working days.
    Overdue {
        /// Working days since.
        days: u32,
    },
    /// It stopped in time.
    Kept,
    /// It stopped so many working days after its last day.
    Broken {
        /// Working days after.
        days: u32,
    },
    /// The case ended before the clock could: withdrawn, terminated or not accepted.
    Void,
}

impl Standing {
    /// The words for the page.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::Runs { left: 0 } => "今天到期".to_owned(),
            Self::Runs { left } => format!("还剩 {left} 天"),
            Self::Paused => "特别程序中，不计时".to_owned(),
            Self::Overdue { days } => format!("已超 {days} 个工作日"),
            Self::Kept => "按时".to_owned(),
            Self::Broken { days } => format!("超时 {days} 个工作日"),
            Self::Void => "不再计时".to_owned(),
        }
    }

    /// The words for the page, in English.
    #[must_use]
    pub fn en(self) -> String {
        match self {
            Self::Runs { left: 0 } => "due today".to_owned(),
            Self::Runs { left: 1 } => "1 day left".to_owned(),
            Self::Runs { left } => format!("{left} days left"),
            Self::Paused => "stopped by a special procedure".to_owned(),
            Self::Overdue { days: 1 } => "over by 1 working day".to_owned(),
            Self::Overdue { days } => format!("over by {days} working days"),
            Self::Kept => "in time".to_owned(),
            Self::Broken { days: 1 } => "late by 1 working day".to_owned(),
            Self::Broken { days } => format!("late by {days} working days"),
            Self::Void => "not counted any more".to_owned(),
        }
    }

    /// True when the last day went by.
    #[must_use]
    pub const fn is_late(self) -> bool {
        matches!(self, Self::Overdue { .. } | Self::Broken { .. })
    }
}

/// The clocks of a case as of `today`, in a fixed order; none for an imported case, and only those
/// that have begun.
///
/// The course must be brought up to today: [`super::Folded::on`].
#[must_use]
pub fn clocks(course: &Course, almanac: &Almanac, today: Date) -> Vec<Clock> {
    if course.state == State::Imported {
        return Vec::new();
    }
    let gauge = Gauge { course, almanac, today, pauses: course.pauses() };
    let mut clocks = Vec::new();
    if let (State::Received | State::Deemed, Some(began)) = (course.state, course.handed_in_on) {
        let limit = Limit::WorkingDays(NOTICE_DAYS);
        clocks.push(gauge.clock(ClockKind::Notice, limit, (began, None), &[]));
    }
    let joint = &course.joint;
    let handed_over = match (joint.referred_on, joint.plan.is_some(), course.accepted_on) {
        (Some(referred), _, signed) => Some((referred, signed)),
        (None, true, Some(accepted)) => Some((accepted, joint.all_referred_on())),
        (None, ..) => None,
    };
    if let Some(span) = handed_over {
        let limit = Limit::WorkingDays(HAND_OVER_DAYS);
        clocks.push(gauge.clock(ClockKind::HandOver, limit, span, &[]));
    }
    let Some(accepted) = course.accepted_on else { return clocks };
    let decided = course.decided.map(|(on, _)| on);
    if let Some(since) = joint.owes_paper_since() {
        let limit = Limit::WorkingDays(PAPER_DAYS);
        clocks.push(gauge.clock(ClockKind::Paper, limit, (since, decided), &[]));
    }
    let terms = course.terms.as_deref();
    let owed = [
        (ClockKind::Legal, course.legal_limit(), course.extended()),
        // Lengthened with the law, for the applicant was told why; no rule says so.
        (ClockKind::Promise, terms.and_then(|terms| terms.promise), course.promise_extended()),
    ];
    for (kind, limit, extra) in owed {
        let Some(limit) = limit else { continue };
        clocks.push(gauge.clock(kind, limit.plus(extra), (accepted, decided), &gauge.pauses));
    }
    clocks.extend(gauge.steps());
    let is_reviewed = terms.is_some_and(|terms| terms.are_reviewed(course.accepted_at));
    if is_reviewed && course.joint.part.is_none() {
        let stopped = course.handed_up_on.or(decided);
        let limit = Limit::WorkingDays(REVIEW_DAYS);
        clocks.push(gauge.clock(ClockKind::Review, limit, (accepted, stopped), &gauge.pauses));
    }
    for special in course.procedures.iter().filter(|it| it.procedure == Procedure::Hearing) {
        let (limit, held) = (Limit::WorkingDays(HEARING_DAYS), special.pause.to.or(decided));
        clocks.push(gauge.clock(ClockKind::Hearing, limit, (special.pause.from, held), &[]));
    }
    if let Some((on, Outcome::Granted)) = course.decided {
        let limit = Limit::WorkingDays(DELIVERY_DAYS);
        clocks.push(gauge.clock(ClockKind::Delivery, limit, (on, course.delivered_on), &[]));
    }
    clocks
}

/// What every clock of a case is read against.
struct Gauge<'a> {
    course: &'a Course,
    almanac: &'a Almanac,
    today: Date,
    pauses: Vec<Pause>,
}

impl Gauge<'_> {
    fn clock(
        &self,
        kind: ClockKind,
        limit: Limit,
        (began, stopped_on): (Date, Option<Date>),
        pauses: &[Pause],
    ) -> Clock {
        let settled = self.almanac.settle(began, |it| last_day(it, began, limit, pauses));
        let (due, moved) = settled.map_or((None, Vec::new()), |(due, moved)| (Some(due), moved));
        let until = stopped_on.or(self.course.closed_on).unwrap_or(self.today);
        let calendar = self.almanac.latest();
        let used = used_days(calendar, (began, until), limit, pauses);
        let is_void = stopped_on.is_none() && self.course.closed_on.is_some();
        let standing = match (due, stopped_on) {
            _ if is_void => Standing::Void,
            (None, None) => Standing::Paused,
            (None, Some(_)) => Standing::Kept,
            (Some(due), Some(stopped)) if stopped <= due.date => Standing::Kept,
            (Some(due), Some(stopped)) => {
                Standing::Broken { days: calendar.working_days(due.date, stopped) }
            }
            (Some(due), None) if self.today > due.date => {
                Standing::Overdue { days: calendar.working_days(due.date, self.today) }
            }
            (Some(due), None) => {
                // What was done after closing time began on a day that has not come yet.
                let from = self.today.max(began);
                Standing::Runs { left: used_days(calendar, (from, due.date), limit, pauses) }
            }
        };
        Clock { kind, limit, began, due, moved, used, stopped_on, standing }
    }

    /// The steps that were begun, each when the one before was done.
    fn steps(&self) -> Vec<Clock> {
        let Some(terms) = self.course.terms.as_deref() else { return Vec::new() };
        let Some(accepted) = self.course.accepted_on else { return Vec::new() };
        let mut began = accepted;
        let mut clocks = Vec::new();
        for (place, step) in terms.steps.iter().enumerate() {
            let done = self.course.steps.iter().find(|(name, _)| *name == step.name);
            let decided = self.course.decided.map(|(on, _)| on);
            let stopped = done.map(|(_, on)| *on).or(decided);
            if let Some(limit) = step.limit {
                let span = (began, stopped);
                clocks.push(self.clock(ClockKind::Step(place), limit, span, &self.pauses));
            }
            match stopped {
                Some(on) => began = on,
                None => break, // The next begins when this one is done.
            }
        }
        clocks
    }
}
