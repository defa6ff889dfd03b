//! What a paper promised on the day on which it was made out, whatever was published since.

use jiff::civil::Date;
use tongban_protocol::calendar::{Almanac, Due};
use tongban_protocol::case::{Clock, ClockKind, Course, clocks as clocks_of, fold};
use tongban_protocol::deadline::Limit;
use tongban_protocol::time::Timestamp;

use crate::replica::{CaseFile, Replica, ReplicaError};
use crate::store::Store;

/// What is recorded that soon after an event, in milliseconds, is on the paper that goes with it: a
/// receipt and the acceptance that one button gave.
const AT_ONCE_MS: i64 = 60_000;

/// A case as a paper tells it.
#[derive(Clone, Debug)]
pub struct Promised {
    /// True where the case was accepted by then.
    pub is_accepted: bool,
    /// False where 行政许可法 does not hold: the item says that it is no permit.
    pub is_of_licensing_law: bool,
    /// 承诺时限 and 法定时限, as far as there are any.
    pub owed: Vec<Owed>,
}

/// A limit as a paper tells it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Owed {
    /// Which.
    pub kind: ClockKind,
    /// How long it may take.
    pub limit: Limit,
    /// The last day as the calendar had it then; none before acceptance.
    pub due: Option<Date>,
    /// True where a year had no notice then, so that the day could still move.
    pub is_provisional: bool,
    /// The last day as the calendar has it now, where that is another.
    pub moved_to: Option<Date>,
}

/// What was promised with a paper that was made out for an event recorded at `at`: by the events and
/// by the calendar of that time.
///
/// # Errors
///
/// The store's.
pub fn promised<S: Store>(
    replica: &Replica<S>,
    file: &CaseFile,
    at: Timestamp,
) -> Result<Promised, ReplicaError> {
    let by = at.plus_ms(AT_ONCE_MS);
    let events = file.view.events.iter().filter(|(id, _)| id.recorded.instant() <= by);
    let events: Vec<_> = events.cloned().collect();
    let read = |almanac: &Almanac| {
        let today = almanac.act_day(at);
        let course = fold(&events, almanac).on(today, almanac).course;
        let clocks = clocks_of(&course, almanac, today);
        (course, clocks)
    };
    let ((course, then), (_, now)) = (read(&replica.almanac_at(by)?), read(replica.almanac()));
    let kinds = [ClockKind::Promise, ClockKind::Legal];
    Ok(Promised {
        is_accepted: course.accepted_on.is_some(),
        is_of_licensing_law: course.is_of_licensing_law(),
        owed: kinds.into_iter().filter_map(|kind| owed(kind, &course, (&then, &now))).collect(),
    })
}

fn owed(kind: ClockKind, course: &Course, (then, now): (&[Clock], &[Clock])) -> Option<Owed> {
    let due =
        |clocks: &[Clock]| -> Option<Due> { clocks.iter().find(|clock| clock.kind == kind)?.due };
    let terms = course.terms.as_deref()?;
    let stated = match kind {
        ClockKind::Promise => terms.promise,
        _ => course.legal_limit(),
    };
    let limit = then.iter().find(|clock| clock.kind == kind).map(|clock| clock.limit);
    let (due, since) = (due(then), due(now));
    Some(Owed {
        kind,
        limit: limit.or(stated)?,
        due: due.map(|due| due.date),
        is_provisional: due.is_some_and(|due| due.provisional),
        moved_to: since.map(|due| due.date).filter(|on| due.is_some_and(|due| due.date != *on)),
    })
}
