//! The clocks of a case in words, and why each last day is the day it is.

use serde::{Deserialize, Serialize};
use tongban_protocol::calendar::{Almanac, Calendar, Moved};
use tongban_protocol::case::{Clock, ClockKind, Course, clocks as clocks_of};
use tongban_protocol::deadline::{DayCount, Limit, Step, walk};
use tongban_protocol::document::DocumentId;
use tongban_protocol::time::Timestamp;

use super::StateWord;
use crate::replica::{Replica, ReplicaError};
use crate::store::Store;

/// The clocks of a case as of a day.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct CaseClocks {
    /// The case.
    pub id: String,
    /// The day, such as 2013-12-13.
    pub today: String,
    /// Where the case stands on that day.
    pub state: StateWord,
    /// Its clocks; none where no limit is known.
    pub clocks: Vec<ClockDetail>,
}

/// One clock.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct ClockDetail {
    /// Which: `notice`, `legal`, `promise`, `step`, `review`, `delivery`, `hand-over`, `paper`.
    pub kind: String,
    /// The word for the page.
    pub zh: String,
    /// Which step, if it is one.
    pub step: Option<String>,
    /// How long it may take, extensions included.
    pub limit: String,
    /// The same in English.
    #[serde(default)]
    pub limit_en: String,
    /// The day of the event that started it, which is not counted.
    pub began: String,
    /// The last day; none while a special procedure lasts.
    pub due: Option<String>,
    /// True while the last day may still move, because a year has no notice yet.
    pub is_provisional: bool,
    /// Days used.
    pub used: u32,
    /// How it stands.
    pub standing: String,
    /// The same in English.
    #[serde(default)]
    pub standing_en: String,
    /// True when its last day went by.
    pub is_late: bool,
    /// How editions of the calendar moved its last day.
    pub moved: Vec<String>,
    /// The same in English.
    #[serde(default)]
    pub moved_en: Vec<String>,
    /// Why this day: each day from the first to the last.
    pub days: Vec<DayDetail>,
}

/// One day of a limit.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct DayDetail {
    /// The day.
    pub date: String,
    /// Which day of the limit it is; none where it does not count.
    pub number: Option<u16>,
    /// Why it counts, or does not.
    pub zh: String,
    /// The same in English.
    #[serde(default)]
    pub en: String,
}

/// Reads the clocks of a case as of `now`; `None` if no such case is held here.
///
/// # Errors
///
/// The store's.
pub fn clocks<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    now: Timestamp,
) -> Result<Option<CaseClocks>, ReplicaError> {
    let Some(file) = replica.case(id)? else { return Ok(None) };
    let (almanac, today) = (replica.almanac(), replica.today(now));
    let course = file.folded.on(today, almanac).course;
    let clocks = clocks_of(&course, almanac, today);
    let clocks = clocks.into_iter().map(|clock| detail(clock, &course, almanac)).collect();
    let (id, today) = (id.to_string(), today.to_string());
    Ok(Some(CaseClocks { id, today, state: course.state.into(), clocks }))
}

fn detail(clock: Clock, course: &Course, almanac: &Almanac) -> ClockDetail {
    let pauses = match clock.kind {
        ClockKind::Notice
        | ClockKind::Hearing
        | ClockKind::Delivery
        | ClockKind::HandOver
        | ClockKind::Paper => Vec::new(),
        ClockKind::Legal | ClockKind::Promise | ClockKind::Step(_) | ClockKind::Review => {
            course.pauses()
        }
    };
    let calendar = almanac.latest();
    let days = walk(calendar, clock.began, clock.limit, &pauses).map(|step| day(calendar, step));
    let moved = |say: fn(&Moved) -> String| clock.moved.iter().map(say).collect();
    ClockDetail {
        kind: clock.kind.en().to_owned(),
        zh: clock.kind.zh().to_owned(),
        step: step_name(clock.kind, course),
        limit: Limit::to_string(&clock.limit),
        limit_en: clock.limit.en(),
        began: clock.began.to_string(),
        due: clock.due.map(|due| due.date.to_string()),
        is_provisional: clock.due.is_some_and(|due| due.provisional),
        used: clock.used,
        standing: clock.zh(),
        standing_en: clock.en(),
        is_late: clock.standing.is_late(),
        moved: moved(|Moved { published_on, from, to }| {
            format!("{published_on} 日历变更：截止日由 {from} 改为 {to}")
        }),
        moved_en: moved(|Moved { published_on, from, to }| {
            format!(
                "the calendar changed on {published_on}: the last day moved from {from} to {to}"
            )
        }),
        days: days.collect(),
    }
}

fn day(calendar: &Calendar, step: Step) -> DayDetail {
    let festival = calendar.festival(step.date).unwrap_or_default();
    let (number, zh, en) = match step.count {
        DayCount::Counts(number) => (Some(number), "计入".to_owned(), "counts".to_owned()),
        DayCount::MakeUp(number) => (
            Some(number),
            format!("计入（{festival}调休上班）"),
            format!("counts (worked in exchange for {festival})"),
        ),
        DayCount::Weekend => (None, "周末".to_owned(), "weekend".to_owned()),
        DayCount::Holiday => (None, format!("放假（{festival}）"), format!("holiday ({festival})")),
        DayCount::Paused => {
            (None, "特别程序，不计时".to_owned(), "special procedure, not counted".to_owned())
        }
        DayCount::Rolled => (
            None,
            "休息日，顺延".to_owned(),
            "a day off: the limit ends on the next working day".to_owned(),
        ),
    };
    let (zh, en) = if step.provisional {
        let en = format!("{en}, provisional: that year's calendar is not published");
        (format!("{zh}，当年日历未公布，暂计"), en)
    } else {
        (zh, en)
    };
    DayDetail { date: step.date.to_string(), number, zh, en }
}

fn step_name(kind: ClockKind, course: &Course) -> Option<String> {
    let ClockKind::Step(place) = kind else { return None };
    course.terms.as_ref()?.steps.get(place).map(|step| step.name.clone())
}
