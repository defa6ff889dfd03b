//! 下一步: what somebody may record of a case from where it stands, and recording it from a page.

use tongban_protocol::case::law::RULES;
use tongban_protocol::case::{Breach, Channel, Course, Need};
use tongban_protocol::document::{DocumentId, Edit, EventKind, Ownership, Role};
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::Tier;
use tongban_protocol::time::Timestamp;

use super::{CaseError, NewEvent, lawful, record};
use crate::replica::{Appended, CaseFile, Replica};
use crate::store::Store;

/// Something that may be recorded next.
#[derive(Clone, Copy, Debug)]
pub struct NextStep {
    /// What.
    pub kind: EventKind,
    /// What it must say.
    pub needs: &'static [Need],
    /// The article of 行政许可法; empty where it holds no such, and of what is no permit.
    pub article: &'static str,
}

/// What somebody in a role may record of a case now, in the order of the law's table. The law is
/// asked again when it is recorded; what is left out here would be refused.
#[must_use]
pub fn next_steps<S: Store>(
    replica: &Replica<S>,
    file: &CaseFile,
    role: Role,
    now: Timestamp,
) -> Vec<NextStep> {
    let folded = file.folded.clone().on(replica.today(now), replica.almanac());
    let tier = replica.member().credential.tier;
    let is_own = file.id.home.division == replica.member().centre();
    let own = if is_own { Ownership::Own } else { Ownership::Below };
    let course = &folded.course;
    let allowed = RULES.iter().filter(|rule| {
        rule.from.contains(&course.state)
            && rule.roles.contains(&role)
            && rule.event.may_record(tier, own)
            && has_object(rule.event, course, tier)
    });
    let is_licensing = course.is_of_licensing_law();
    let article = |article| if is_licensing { article } else { "" };
    allowed
        .map(|rule| NextStep {
            kind: rule.event,
            needs: rule.needs,
            article: article(rule.article),
        })
        .collect()
}

/// False where there is nothing to which the event could be done.
fn has_object(kind: EventKind, course: &Course, tier: Tier) -> bool {
    let decides = course.terms.as_ref().map_or(tier, |terms| terms.decide_at);
    let standing = || course.issued.values().filter(|issued| issued.withdrawn.is_none());
    let is_green = course.green.as_ref().is_some_and(Channel::is_open);
    match kind {
        EventKind::Import | EventKind::Supervise | EventKind::CheckSample => false,
        EventKind::Decide => decides <= tier,
        EventKind::Extend => decides == tier && course.extension.is_none(),
        EventKind::HandUp => tier < decides && course.handed_up_on.is_none(),
        EventKind::Refer | EventKind::Convene | EventKind::Minute => {
            course.terms.as_ref().is_some_and(|terms| terms.is_joint)
        }
        EventKind::Resolve => !course.joint.contradicted.is_empty(),
        EventKind::Appeal => standing().any(|issued| issued.appeal.is_none()),
        EventKind::RuleAppeal => {
            standing().any(|issued| issued.appeal.is_some() && issued.ruling.is_none())
        }
        EventKind::WithdrawCard => standing().next().is_some(),
        EventKind::OpenGreen => !is_green,
        EventKind::CloseGreen => is_green,
        _ => true,
    }
}

/// Looks whether an event from a page that showed `seen` events of the case would be a breach that
/// whoever records it could still mend. Nothing is staged.
///
/// # Errors
///
/// [`CaseError::Foreseen`], and those of [`record`].
pub fn foresee<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    (id, seen): (DocumentId, usize),
    event: &NewEvent,
) -> Result<(), CaseError> {
    let file = replica.case(id)?.ok_or(CaseError::NotFound(id))?;
    // What came in between, or was pressed twice, is found out when it is recorded.
    if file.view.events.len() != seen || !may_be_mended(event.kind) {
        return Ok(());
    }
    let said = lawful(replica, now, file.clone(), event.clone())?;
    let recorded_at = replica.recording_time(now).instant();
    let mut course = file.folded.course;
    course.deem_by(&said, recorded_at, replica.almanac());
    let mut breaches = course.breaches_of(&said, recorded_at, replica.almanac());
    breaches.retain(|breach| !matches!(breach, Breach::LateEntry { .. }));
    if breaches.is_empty() { Ok(()) } else { Err(CaseError::Foreseen(breaches)) }
}

/// True for what is a breach, if it is one, by what was said or left out; a complaint that was found
/// true and a result that comes late cannot be said better.
const fn may_be_mended(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::NoticeSupplement
            | EventKind::AskSupplement
            | EventKind::StartProcedure
            | EventKind::Charge
            | EventKind::FinishStep
            | EventKind::Minute
    )
}

/// Stages an event from a page that showed `seen` events of the case. The same again, from a second
/// press of a button, gives what was recorded; anything else that came in between is an error.
///
/// # Errors
///
/// [`CaseError::Moved`], and those of [`record`].
pub fn record_seen<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    (id, seen): (DocumentId, usize),
    event: NewEvent,
) -> Result<Appended, CaseError> {
    let file = replica.case(id)?.ok_or(CaseError::NotFound(id))?;
    let events = &file.view.events;
    if events.len() == seen {
        return record(replica, now, id, event);
    }
    let again = events.get(seen).filter(|(_, said)| {
        said.kind == event.kind && said.by == event.by.trim() && said.note == event.note
    });
    match again {
        Some((at, _)) if events.len() == seen + 1 => {
            let journal = JournalId { home: id.home, author: at.author };
            // It may be staged still; then it is durable with what is staged next.
            let number = replica.frontier().get(&journal).map_or(1, |end| end.number);
            Ok(Appended { journal, number })
        }
        Some(_) | None => Err(CaseError::Moved),
    }
}

/// Stages one of the values that were written to a field in two places at once.
///
/// # Errors
///
/// [`CaseError::Moved`] where that is none of them any more.
pub fn settle_field<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    id: DocumentId,
    (field, value): (String, String),
) -> Result<Appended, CaseError> {
    let file = replica.case(id)?.ok_or(CaseError::NotFound(id))?;
    let values = file.view.conflicts.get(&field).ok_or(CaseError::Moved)?;
    let chosen = values.iter().find(|it| it.to_string() == value).ok_or(CaseError::Moved)?.clone();
    Ok(replica.append(now, id.home, vec![(id.name, vec![Edit::Field(field, chosen)])])?)
}
