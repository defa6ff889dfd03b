//! The law of a case as a table: which event from where, to what, by whom, and what it must say.
//!
//! The same check decides at the counter and on arrival, so what one tier's counter takes every
//! other tier takes. Articles are those of 行政许可法 unless another law is named.

mod cards;

use jiff::civil::Date;

use cards::{check_card, check_sample};

use super::course::Course;
use super::fault::Fault;
use super::green;
use super::joint;
use super::need::Need;
use super::sequence;
use super::state::State;
use crate::calendar::{Almanac, civil_day};
use crate::deadline::Limit;
use crate::document::{Detail, Event, EventKind, Outcome, Role};
use crate::place::Tier;
use crate::time::Timestamp;

/// What one event may do.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The event.
    pub event: EventKind,
    /// The states from which it is allowed.
    pub from: &'static [State],
    /// Where it leads; `None` where the case stays as it is.
    pub to: Option<State>,
    /// The article.
    pub article: &'static str,
    /// What it must say.
    pub needs: &'static [Need],
    /// Who may record it.
    pub roles: &'static [Role],
}

/// 受理后五日: within that many working days the applicant is told what is missing (32-4).
pub const NOTICE_DAYS: u16 = 5;
/// The result is handed over within that many working days of a decision to grant (44).
pub const DELIVERY_DAYS: u16 = 10;
/// A permit is decided within that many working days where no law says another limit (42-1).
pub const DECISION_DAYS: u16 = 20;
/// The same where authorities decide together (42-2).
pub const JOINT_DECISION_DAYS: u16 = 45;
/// A lower authority reviews within that many working days of its own acceptance (43).
pub const REVIEW_DAYS: u16 = 20;
/// An authority holds a hearing within that many working days of being asked for it (47, 48).
pub const HEARING_DAYS: u16 = 20;
/// A renewal is applied for that many days before the permit ends (50).
pub const RENEWAL_DAYS: i32 = 30;
/// The most that one extension may add (42-1), in working days.
pub const EXTENSION_DAYS_MAX: u16 = 10;
/// The same where authorities decide together (42-2).
pub const JOINT_EXTENSION_DAYS_MAX: u16 = 15;
/// The longest that a special procedure may be announced for, in working days: more than a year.
pub const PROCEDURE_DAYS_MAX: u16 = 366;
/// How much later than its entry an event may say it happened, in milliseconds: clocks differ.
pub const HAPPENED_AHEAD_MS_MAX: i64 = 10 * 60_000;
/// Working days within which a card may be appealed against. No published rule gives any.
pub const APPEAL_DAYS: u16 = 3;
/// Working days within which an appeal is to be ruled on. No published rule gives any.
pub const RULING_DAYS: u16 = 5;
/// How many working days after it happened an event may be recorded without being late.
pub const LATE_DAYS: u32 = 1;

const COUNTER: &[Role] = &[Role::Window, Role::Partner, Role::Department, Role::Chief];
const OPEN: &[State] = &[State::Deemed, State::Accepted, State::InReview];

/// The law, one row for each thing that may happen.
pub const RULES: [Rule; 34] = [
    rule(EventKind::Receive, &[State::Draft, State::SupplementNoticed], State::Received, "29, 31"),
    Rule { needs: &[Need::Materials], ..stays(EventKind::Correct, &[State::Received], "32-3") },
    Rule {
        needs: &[Need::Materials],
        ..rule(EventKind::NoticeSupplement, &[State::Received], State::SupplementNoticed, "32-4")
    },
    Rule {
        needs: &[Need::Ground, Need::Reason, Need::Remedy],
        ..rule(EventKind::Reject, &[State::Received], State::Rejected, "32-1, 32-2")
    },
    rule(EventKind::Accept, &[State::Received, State::Deemed], State::Accepted, "32-5"),
    rule(EventKind::FinishStep, OPEN, State::InReview, "34"),
    rule(EventKind::HandUp, OPEN, State::InReview, "43"),
    Rule {
        needs: &[Need::Procedure, Need::Document, Need::Days],
        ..rule(EventKind::StartProcedure, OPEN, State::Paused, "45")
    },
    rule(EventKind::EndProcedure, &[State::Paused], State::InReview, "45"),
    Rule {
        needs: &[Need::Days, Need::Reason],
        roles: &[Role::Chief],
        ..stays(EventKind::Extend, OPEN, "42")
    },
    rule(EventKind::Decide, TO_DECIDE, State::Decided, "38, 42"),
    rule(EventKind::Deliver, &[State::Decided], State::Delivered, "44"),
    rule(EventKind::Withdraw, BEFORE_DECISION, State::Withdrawn, ""),
    Rule {
        needs: &[Need::Ground, Need::Reason],
        ..rule(EventKind::Terminate, BEFORE_DECISION, State::Terminated, "")
    },
    rule(EventKind::Import, &[State::Draft], State::Imported, ""),
    stays(EventKind::Import, &[State::Imported], ""),
    Rule { roles: Role::ALL, ..stays(EventKind::Supervise, &State::ALL, "") },
    Rule { needs: &[Need::Fee], ..stays(EventKind::Charge, &State::ALL, "58") },
    Rule {
        needs: &[Need::Reason],
        roles: &[Role::Supervisor],
        ..stays(EventKind::Complain, &State::ALL, "")
    },
    Rule {
        needs: &[Need::Card, Need::Reason],
        roles: &[Role::Supervisor],
        ..stays(EventKind::IssueCard, &State::ALL, "")
    },
    Rule {
        needs: &[Need::Card, Need::Appeal, Need::Reason],
        ..stays(EventKind::Appeal, &State::ALL, "")
    },
    Rule {
        needs: &[Need::Card, Need::Ruling, Need::Reason],
        roles: &[Role::Supervisor],
        ..stays(EventKind::RuleAppeal, &State::ALL, "")
    },
    Rule {
        needs: &[Need::Card, Need::Reason],
        roles: &[Role::Supervisor],
        ..stays(EventKind::WithdrawCard, &State::ALL, "")
    },
    Rule {
        needs: &[Need::Part],
        ..rule(EventKind::Refer, &[State::Draft], State::Referred, "26, 42-2")
    },
    Rule { needs: &[Need::Parts], ..stays(EventKind::Refer, OPEN, "26, 42-2") },
    rule(EventKind::Acknowledge, &[State::Referred], State::Accepted, "26, 42-2"),
    Rule {
        needs: &[Need::Materials, Need::Reason],
        ..rule(EventKind::AskSupplement, OPEN, State::Supplementing, "32-4")
    },
    rule(EventKind::Supplement, &[State::Supplementing], State::InReview, "32-5"),
    Rule {
        needs: &[Need::Gathering, Need::MeetsAt, Need::Parts],
        ..stays(EventKind::Convene, TO_CONVENE, "26, 42-2")
    },
    Rule { needs: &[Need::Reason], ..stays(EventKind::Minute, OPEN, "26, 42-2") },
    Rule {
        needs: &[Need::Outcome, Need::Reason],
        roles: &[Role::Supervisor],
        ..stays(EventKind::Resolve, &[State::Decided, State::Delivered], "")
    },
    Rule {
        needs: &[Need::Sample, Need::Checklist],
        roles: &[Role::Supervisor],
        ..stays(EventKind::CheckSample, &State::ALL, "")
    },
    Rule {
        needs: &[Need::GreenBasis, Need::Agent, Need::Mandate],
        ..stays(EventKind::OpenGreen, BEFORE_DELIVERY, "")
    },
    Rule { needs: &[Need::Reason], ..stays(EventKind::CloseGreen, BEFORE_DELIVERY, "") },
];

const TO_DECIDE: &[State] = &[
    State::Deemed,
    State::Accepted,
    State::InReview,
    State::Silent,
    State::Absent,
    State::Renewed,
];

/// A part is called before its authority has signed for it, too.
const TO_CONVENE: &[State] = &[
    State::Deemed,
    State::Accepted,
    State::InReview,
    State::Referred,
    State::Supplementing,
    State::Paused,
];

const BEFORE_DECISION: &[State] = &[
    State::Received,
    State::SupplementNoticed,
    State::Deemed,
    State::Accepted,
    State::InReview,
    State::Paused,
    State::Referred,
    State::Supplementing,
    State::Silent,
    State::Absent,
];

const BEFORE_DELIVERY: &[State] = &[
    State::Received,
    State::SupplementNoticed,
    State::Deemed,
    State::Accepted,
    State::InReview,
    State::Paused,
    State::Referred,
    State::Supplementing,
    State::Silent,
    State::Absent,
    State::Renewed,
    State::Decided,
];

const fn rule(event: EventKind, from: &'static [State], to: State, article: &'static str) -> Rule {
    Rule { to: Some(to), ..stays(event, from, article) }
}

const fn stays(event: EventKind, from: &'static [State], article: &'static str) -> Rule {
    Rule { event, from, to: None, article, needs: &[], roles: COUNTER }
}

/// Decides whether an event is lawful from where a case has come to, and to what state it leads.
///
/// `recorded_at` is when it was recorded, at the counter now. The course must have been brought up
/// to that day: [`Course::deem`].
///
/// # Errors
///
/// The first [`Fault`] found, which names the article.
pub fn check(
    course: &Course,
    event: &Event,
    recorded_at: Timestamp,
    almanac: &Almanac,
) -> Result<State, Fault> {
    let from = course.state;
    let rule = RULES.iter().find(|rule| rule.event == event.kind && rule.from.contains(&from));
    let Some(rule) = rule else { return Err(Fault::NotAllowed { from, event: event.kind }) };
    if matches!(event.kind, EventKind::Import | EventKind::Supervise) {
        return Ok(rule.to.unwrap_or(from));
    }
    let detail = event.detail();
    let role = detail.role.unwrap_or_default();
    if !rule.roles.contains(&role) {
        return Err(Fault::WrongRole { role, event: event.kind, article: rule.article });
    }
    if let Some(need) = rule.needs.iter().find(|need| !need.is_met(detail)) {
        return Err(Fault::Missing { need: *need, event: event.kind, article: rule.article });
    }
    if event.happened_at.ms_since(recorded_at) > HAPPENED_AHEAD_MS_MAX {
        return Err(Fault::NotYet { happened_at: event.happened_at });
    }
    let happened_on = civil_day(event.happened_at);
    if let Some(received_on) = course.received_on.filter(|received| happened_on < *received) {
        return Err(Fault::BeforeReceipt { received_on, happened_on });
    }
    sequence::check(course, event).map_err(Fault::Untimely)?;
    check_case(course, event, recorded_at, almanac)?;
    Ok(joint::leads_to(course, event).or(rule.to).unwrap_or(from))
}

/// Decides what the case itself, not the table, says of an event.
fn check_case(
    course: &Course,
    event: &Event,
    recorded_at: Timestamp,
    almanac: &Almanac,
) -> Result<(), Fault> {
    let detail = event.detail();
    match event.kind {
        EventKind::Decide => {
            joint::check(course, event)?;
            check_decision(course, detail)?;
        }
        EventKind::OpenGreen | EventKind::CloseGreen => green::check(course, event)?,
        EventKind::StartProcedure => {
            check_authority(course, event.kind, detail)?;
            check_announced(event.kind, detail.days)?;
        }
        EventKind::EndProcedure | EventKind::Withdraw | EventKind::Terminate => {
            check_authority(course, event.kind, detail)?;
        }
        EventKind::Receive => check_renewal(detail)?,
        EventKind::Refer
        | EventKind::Acknowledge
        | EventKind::AskSupplement
        | EventKind::Convene
        | EventKind::Minute
        | EventKind::Resolve => joint::check(course, event)?,
        EventKind::Appeal | EventKind::RuleAppeal | EventKind::WithdrawCard => {
            let on = course.acted_on(event, recorded_at, almanac);
            check_card(course, event, on, almanac)?;
        }
        EventKind::CheckSample => check_sample(course, event)?,
        EventKind::Extend => {
            check_extension(course, detail, course.acted_on(event, recorded_at, almanac), almanac)?;
        }
        _ => {}
    }
    Ok(())
}

/// The tier of whoever records; one that does not say speaks for a township.
fn tier(detail: &Detail) -> Tier {
    detail.tier.unwrap_or(Tier::Township)
}

/// Nothing is announced for longer than a year.
fn check_announced(event: EventKind, days: Option<u16>) -> Result<(), Fault> {
    match days {
        Some(days) if days > PROCEDURE_DAYS_MAX => {
            Err(Fault::TooManyDays { event, days, days_max: PROCEDURE_DAYS_MAX })
        }
        Some(_) | None => Ok(()),
    }
}

/// Only a permit is renewed, and what several authorities decide together is no one permit.
fn check_renewal(detail: &Detail) -> Result<(), Fault> {
    let is_other = detail.terms.as_ref().is_some_and(|terms| terms.is_permit == Some(false));
    match detail.permit_ends.is_some() && (detail.plan.is_some() || is_other) {
        true => Err(Fault::NoPermit),
        false => Ok(()),
    }
}

/// Only the authority that decides stops the clock of its part, and of a case that was handed up to
/// it; nor does anybody below end them. The word of a part's lead, which ended, names the part.
fn check_authority(course: &Course, event: EventKind, detail: &Detail) -> Result<(), Fault> {
    let tier = tier(detail);
    if let Some(part) = course.joint.part.as_deref() {
        let is_an_end = matches!(event, EventKind::Withdraw | EventKind::Terminate);
        let is_of_lead = is_an_end && Need::Parts.is_met(detail);
        return match tier < part.tier && !is_of_lead {
            true => Err(Fault::NotYourPart { decides: part.tier }),
            false => Ok(()),
        };
    }
    let decides = course.terms.as_deref().map(|terms| terms.decide_at);
    match (event, course.handed_up_on, decides) {
        // The applicant takes back what is his, wherever it lies.
        (EventKind::Withdraw, ..) => Ok(()),
        (_, Some(_), Some(decides)) if tier < decides => {
            Err(Fault::WrongTier { event, tier, decides })
        }
        _ => Ok(()),
    }
}

/// Whoever stands below the authority that decides does not decide. A negative decision says why,
/// and where the applicant may turn (38).
fn check_decision(course: &Course, detail: &Detail) -> Result<(), Fault> {
    if course.state == State::Renewed && detail.outcome == Some(Outcome::Refused) {
        return Err(Fault::RenewalStands);
    }
    let decides = course.terms.as_deref().map(|terms| terms.decide_at);
    if let Some(decides) = decides.filter(|decides| tier(detail) < *decides) {
        return Err(Fault::WrongTier { event: EventKind::Decide, tier: tier(detail), decides });
    }
    if detail.outcome != Some(Outcome::Refused) {
        return Ok(());
    }
    let missing = [Need::Reason, Need::Remedy].into_iter().find(|need| !need.is_met(detail));
    missing.map_or(Ok(()), |need| {
        Err(Fault::Missing { need, event: EventKind::Decide, article: "38" })
    })
}

/// One extension, before the limit is over, of at most ten days, by the authority that decides.
fn check_extension(
    course: &Course,
    detail: &Detail,
    on: Date,
    almanac: &Almanac,
) -> Result<(), Fault> {
    let terms = course.terms.as_deref();
    let is_joint = terms.is_some_and(|terms| terms.is_joint);
    let days_max = if is_joint { JOINT_EXTENSION_DAYS_MAX } else { EXTENSION_DAYS_MAX };
    let days = detail.days.unwrap_or_default();
    if days > days_max {
        return Err(Fault::ExtensionTooLong { days, days_max });
    }
    if course.extension.is_some() {
        return Err(Fault::ExtendedTwice);
    }
    let tier = tier(detail);
    if let Some(decides) = terms.map(|terms| terms.decide_at).filter(|decides| tier != *decides) {
        return Err(Fault::WrongTier { event: EventKind::Extend, tier, decides });
    }
    let limit: Option<Limit> =
        course.legal_limit().or_else(|| terms.and_then(|terms| terms.promise));
    let due = limit.and_then(|limit| course.due(limit, almanac));
    match due {
        Some((due, _)) if on > due.date => Err(Fault::ExtensionAfterExpiry { due: due.date, on }),
        Some(_) | None => Ok(()),
    }
}
