//! What a lead tells its parts.

use tongban_protocol::case::joint::AbsenceFault;
use tongban_protocol::case::{Fault, State, law};
use tongban_protocol::document::{Detail, Edit, Event, EventKind, Ground};
use tongban_protocol::time::Timestamp;

use super::{Sheets, Standing, append_each, standings};
use crate::cases::CaseError;
use crate::replica::{CaseFile, Replica};
use crate::store::Store;

/// Tells the parts of a lead what concerns them: they are called together, they stayed away, or end with a lead that
/// ended before its decision, for nobody needs their answers any more.
///
/// # Errors
///
/// The replica's.
pub(in crate::cases) fn tell_parts<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    lead: &CaseFile,
    event: &Event,
) -> Result<(), CaseError> {
    let Some(plan) = lead.folded.course.joint.plan.clone() else { return Ok(()) };
    let told: fn(&Event, u16) -> Option<Event> = match event.kind {
        EventKind::Convene | EventKind::Minute => called,
        EventKind::Withdraw | EventKind::Terminate => ended,
        _ => return Ok(()),
    };
    let recorded_at = replica.recording_time(now).instant();
    let mut sheets = Sheets::new();
    for (place, Standing { id, case, .. }) in standings(replica, lead, &plan, replica.today(now))? {
        let Some(case) = case.filter(|case| case.folded.course.decided.is_none()) else { continue };
        let Some(told) = told(event, place) else { continue };
        // A part may have been referred after the applicant had turned away.
        let later = Event { happened_at: now, ..told.clone() };
        let course = &case.folded.course;
        let is_lawful =
            |told: &Event| law::check(course, told, recorded_at, replica.almanac()).is_ok();
        let Some(told) = [told, later].into_iter().find(is_lawful) else { continue };
        sheets.entry(id.home).or_default().push((id.name, vec![Edit::Event(told)]));
    }
    append_each(replica, now, sheets)
}

/// Decides whether every part that stayed away lets its absence count, as far as it did not answer.
///
/// # Errors
///
/// [`CaseError::Unlawful`] names the first that does not.
pub(in crate::cases) fn check_absent<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    lead: &CaseFile,
    event: &Event,
) -> Result<(), CaseError> {
    let joint = &lead.folded.course.joint;
    let (EventKind::Minute, Some(plan), Some(met)) = (event.kind, &joint.plan, &joint.called)
    else {
        return Ok(());
    };
    let today = replica.today(now);
    let recorded_at = replica.recording_time(now).instant();
    for (place, Standing { case, answer, .. }) in standings(replica, lead, plan, today)? {
        let Some(told) = called(event, place).filter(|_| answer.is_none()) else { continue };
        let unsigned = AbsenceFault::NotSigned { meets_at: met.meets_at };
        let fault = match case {
            Some(case) if case.folded.course.state != State::Referred => {
                law::check(&case.folded.course, &told, recorded_at, replica.almanac()).err()
            }
            Some(_) | None => Some(Fault::Absence(unsigned)),
        };
        if let Some(fault) = fault {
            return Err(CaseError::Unlawful { fault });
        }
    }
    Ok(())
}

/// The invitation, or the absence, as it stands with a part; none where it does not concern it.
fn called(event: &Event, place: u16) -> Option<Event> {
    let mut detail = event.detail().clone();
    detail.parts.as_mut()?.retain(|it| *it == place);
    detail.parts.as_ref().filter(|it| !it.is_empty())?;
    Some(event.clone().with(detail))
}

/// The end of a part whose lead has ended.
fn ended(event: &Event, place: u16) -> Option<Event> {
    let reason = Some(format!("牵头办件{}", event.kind.zh()));
    let (ground, parts) = (Some(Ground::Other), Some(vec![place]));
    let detail = Detail { ground, reason, parts, ..Detail::default() };
    Some(Event::new(EventKind::Terminate, event.happened_at, &event.by, "").with(detail))
}
