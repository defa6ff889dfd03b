//! 绿色通道看板: the open cases with a green channel, the overdue first, and how long each is silent.

use jiff::civil::Date;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::case::{Channel, ClockKind, clocks as clocks_of};
use tongban_protocol::document::DocumentId;
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

use super::{CaseSummary, Due, Mood, is_under, summary};
use crate::replica::{Replica, ReplicaError};
use crate::store::Store;

/// Cases with a green channel that one look reads, the newest first; each takes a fraction of a
/// millisecond.
pub const GREEN_LOOKED_MAX: usize = 1_000;

/// An open case with a green channel.
#[derive(Clone, Debug)]
pub struct GreenLine {
    /// What lists show of it, with agent and mandate.
    pub case: CaseSummary,
    /// 承诺时限.
    pub promise: Option<Due>,
    /// 法定时限.
    pub legal: Option<Due>,
    /// The last event: when it happened, in Chinese, for scripts, and who.
    pub last: Option<(Timestamp, String, String, String)>,
    /// Days since the last event.
    pub silent_days: u32,
}

/// What there is.
#[derive(Clone, Debug, Default)]
pub struct GreenBoard {
    /// The cases, the overdue first, then by what presses next.
    pub lines: Vec<GreenLine>,
    /// How many of these are overdue.
    pub overdue: usize,
    /// False where there are older ones at which nobody looked.
    pub is_whole: bool,
}

/// The open cases with an open green channel, of a centre and those below it, as of `now`.
///
/// # Errors
///
/// The store's.
pub fn green_board<S: Store>(
    replica: &Replica<S>,
    under: Option<Division>,
    now: Timestamp,
) -> Result<GreenBoard, ReplicaError> {
    let mut ids: Vec<DocumentId> =
        replica.green_cases().filter(|id| is_under(replica, id.home, under)).collect();
    ids.sort_unstable_by_key(|id| std::cmp::Reverse((id.name.ulid, id.home)));
    let is_whole = ids.len() <= GREEN_LOOKED_MAX;
    let mut lines = Vec::new();
    for id in ids.into_iter().take(GREEN_LOOKED_MAX) {
        lines.extend(line(replica, id, now)?);
    }
    lines.sort_by_key(|line| (!line.is_overdue(), line.presses()));
    let overdue = lines.iter().filter(|line| line.is_overdue()).count();
    Ok(GreenBoard { lines, overdue, is_whole })
}

impl GreenLine {
    /// True where one of its limits went by.
    #[must_use]
    pub fn is_overdue(&self) -> bool {
        [&self.promise, &self.legal].into_iter().flatten().any(|due| due.mood == Mood::Over)
    }

    /// The last day that comes next; those without any come last.
    fn presses(&self) -> Date {
        let days = [&self.promise, &self.legal].into_iter().flatten().filter_map(|due| due.on);
        days.min().unwrap_or(Date::MAX)
    }
}

fn line<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    now: Timestamp,
) -> Result<Option<GreenLine>, ReplicaError> {
    let Some(file) = replica.case(id)? else { return Ok(None) };
    let (almanac, today) = (replica.almanac(), replica.today(now));
    let folded = file.folded.clone().on(today, almanac);
    let course = &folded.course;
    if course.state.is_closed() || !course.green.as_ref().is_some_and(Channel::is_open) {
        return Ok(None);
    }
    let clocks = clocks_of(course, almanac, today);
    let due = |kind| clocks.iter().find(|clock| clock.kind == kind).map(Due::of);
    let last = file.view.events.last().map(|(_, event)| {
        let (zh, en) = (event.kind.zh().to_owned(), event.kind.en().to_owned());
        (event.happened_at, zh, en, event.by.clone())
    });
    let since = last.as_ref().map(|(at, ..)| civil_day(*at)).and_then(|day| day.until(today).ok());
    let silent_days = since.map_or(0, |span| u32::try_from(span.get_days()).unwrap_or_default());
    let case = CaseSummary { state: course.state.into(), ..summary(replica, &file)? };
    let (promise, legal) = (due(ClockKind::Promise), due(ClockKind::Legal));
    Ok(Some(GreenLine { case, promise, legal, last, silent_days }))
}
