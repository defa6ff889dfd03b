//! What the course of a case alone can say of supervision's events.

use jiff::civil::Date;

use super::APPEAL_DAYS;
use crate::calendar::Almanac;
use crate::case::course::Course;
use crate::case::fault::Fault;
use crate::document::{Event, EventKind};

/// An appeal comes within three days and once, and is ruled on outside the handler's chain.
pub(super) fn check_card(
    course: &Course,
    event: &Event,
    on: Date,
    almanac: &Almanac,
) -> Result<(), Fault> {
    let name = event.detail().card.clone().unwrap_or_default();
    let issued = course.issued.get(&name).filter(|issued| issued.withdrawn.is_none());
    let Some(issued) = issued else { return Err(Fault::NoSuchCard { name }) };
    match (event.kind, &issued.appeal, issued.ruling) {
        (EventKind::Appeal, Some(_), _) => Err(Fault::AppealedTwice),
        (EventKind::Appeal, None, _) => {
            let due = almanac.settle(issued.on, |it| Some(it.due(issued.on, APPEAL_DAYS)));
            match due {
                Some((due, _)) if on > due.date => Err(Fault::AppealTooLate { due: due.date, on }),
                Some(_) | None => Ok(()),
            }
        }
        (EventKind::RuleAppeal, None, _) | (EventKind::RuleAppeal, Some(_), Some(_)) => {
            Err(Fault::NothingToRule)
        }
        (EventKind::RuleAppeal, Some(_), None) | (EventKind::WithdrawCard, ..) => {
            course.check_ruler(event)
        }
        _ => Ok(()),
    }
}

/// A case is looked at once for each draw, by somebody without a hand in it.
pub(super) fn check_sample(course: &Course, event: &Event) -> Result<(), Fault> {
    if course.has_handled(&event.by) {
        return Err(Fault::OwnSample { by: event.by.clone() });
    }
    match event.detail().sample {
        Some(draw) if course.samples.contains_key(&draw) => Err(Fault::SampledTwice),
        _ => Ok(()),
    }
}
