//! What only the plan of a joint case, or the part, can say of an event.

use std::collections::BTreeSet;

use super::absence::{check_call, check_part};
use super::{AbsenceFault, Answer, Answered, Plan};
use crate::case::Need;
use crate::case::course::Course;
use crate::case::fault::Fault;
use crate::case::state::State;
use crate::document::{Detail, Event, EventKind, Outcome};

/// Decides whether an event fits the plan, or the part.
///
/// # Errors
///
/// The first [`Fault`] found.
pub(in crate::case) fn check(course: &Course, event: &Event) -> Result<(), Fault> {
    let (joint, kind, detail) = (&course.joint, event.kind, event.detail());
    match kind {
        EventKind::Resolve if joint.contradicted.is_empty() => return Err(Fault::NothingToResolve),
        EventKind::Resolve if course.has_handled(&event.by) => {
            return Err(Fault::OwnCause { by: event.by.clone() });
        }
        EventKind::Resolve => return Ok(()),
        _ => {}
    }
    if let Some(plan) = joint.plan.as_deref() {
        return check_lead(course, plan, event);
    }
    match (joint.part.as_deref(), kind) {
        (None, EventKind::Decide) => Ok(()),
        (None, EventKind::Refer) if course.state == State::Draft => Ok(()),
        // The invitation stands with each part, for its authority may not hold the lead's case.
        (Some(_), EventKind::Convene) => check_call(event),
        (Some(_), EventKind::Minute) => check_part(course, event),
        (None, _) | (Some(_), EventKind::Refer) => Err(Fault::NotJoint { event: kind }),
        // Whoever stands above may speak in its stead; whoever stands below may not.
        (Some(part), _) if detail.tier.is_none_or(|tier| tier < part.tier) => {
            Err(Fault::NotYourPart { decides: part.tier })
        }
        (Some(_), _) if detail.outcome == Some(Outcome::Refused) => {
            match (joint.silent_since, joint.absent_since) {
                (Some(due), _) => Err(Fault::SilenceStands { due }),
                (None, Some(on)) => Err(Fault::Absence(AbsenceFault::Stands { on })),
                (None, None) => Ok(()),
            }
        }
        (Some(_), _) => Ok(()),
    }
}

/// The state to which an event leads in a part alone; `None` where it leads where its rule says.
pub(in crate::case) fn leads_to(course: &Course, event: &Event) -> Option<State> {
    let is_away = event.kind == EventKind::Minute && course.joint.part.is_some();
    is_away.then_some(State::Absent)
}

fn check_lead(course: &Course, plan: &Plan, event: &Event) -> Result<(), Fault> {
    let (detail, kind) = (event.detail(), event.kind);
    let parts = detail.parts.as_deref().unwrap_or_default();
    if let Some(place) = parts.iter().copied().find(|place| plan.part(*place).is_none()) {
        return Err(Fault::NoSuchPart { place });
    }
    match kind {
        EventKind::Acknowledge | EventKind::AskSupplement => Err(Fault::NotJoint { event: kind }),
        EventKind::Convene => check_call(event),
        EventKind::Minute => {
            let called = course.joint.called.as_ref().ok_or(Fault::NotConvened)?;
            if event.happened_at < called.meets_at {
                return Err(Fault::NotMet { meets_at: called.meets_at });
            }
            if let Some(place) = parts.iter().find(|place| !called.parts.contains(place)) {
                return Err(Fault::NotInvited { part: name(plan, *place) });
            }
            let mut away = parts.iter().filter_map(|place| plan.part(*place));
            match away.find(|part| !part.silence_consents) {
                Some(part) => {
                    let (part, answer) = (part.name.clone(), Answer::Absent);
                    Err(Fault::NotThatAnswer { part, answer })
                }
                None => Ok(()),
            }
        }
        EventKind::Decide => check_answers(course, plan, detail),
        _ => Ok(()),
    }
}

/// The lead closes when all have answered, and says on which answers it rests.
fn check_answers(course: &Course, plan: &Plan, detail: &Detail) -> Result<(), Fault> {
    let answers = detail.answers.as_deref().unwrap_or_default();
    let mut said = BTreeSet::new();
    for Answered { place, answer } in answers {
        let part = plan.part(*place).ok_or(Fault::NoSuchPart { place: *place })?;
        let may = match answer {
            Answer::Silent => part.silence_consents,
            Answer::Absent => course.joint.absent.contains(place),
            Answer::Agreed | Answer::Disagreed | Answer::Forwarded => true,
        };
        if !may {
            return Err(Fault::NotThatAnswer { part: part.name.clone(), answer: *answer });
        }
        if course.joint.referred.contains_key(place) {
            said.insert(*place);
        }
    }
    let open: Vec<String> =
        plan.places().filter(|it| !said.contains(it)).map(|it| name(plan, it)).collect();
    if !open.is_empty() {
        return Err(Fault::Unanswered { parts: open });
    }
    let is_against = answers.iter().any(|it| it.answer == Answer::Disagreed);
    let is_explained = detail.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
    if is_against && detail.outcome == Some(Outcome::Granted) && !is_explained {
        let (need, event) = (Need::Reason, EventKind::Decide);
        return Err(Fault::Missing { need, event, article: "" });
    }
    Ok(())
}

fn name(plan: &Plan, place: u16) -> String {
    plan.part(place).map(|part| part.name.clone()).unwrap_or_default()
}
