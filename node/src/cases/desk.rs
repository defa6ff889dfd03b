//! 工作台: today's work, the most pressing first, and the search over what is held.

use jiff::civil::Date;
use tongban_protocol::case::{Clock, ClockKind, Standing, clocks as clocks_of};
use tongban_protocol::document::DocumentId;
use tongban_protocol::place::{Division, Tier};
use tongban_protocol::time::Timestamp;

use super::{CaseSummary, summary};
use crate::posts;
use crate::replica::{Brief, Replica, ReplicaError};
use crate::store::Store;

/// Cases on one page: each is read and its clocks are counted.
pub const DESK_LINES_MAX: usize = 50;

/// Shortest text that is looked for, in characters: a surname is one.
const SOUGHT_CHARS_MIN: usize = 1;

/// One case of the desk.
#[derive(Clone, Debug)]
pub struct DeskLine {
    /// What lists show of it.
    pub case: CaseSummary,
    /// 承诺时限, where one runs or ran.
    pub promise: Option<Due>,
    /// 法定时限.
    pub legal: Option<Due>,
    /// Of a case on which nobody has spoken, by when somebody must.
    pub notice: Option<Due>,
}

/// A last day in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Due {
    /// The day; none while time does not count.
    pub on: Option<Date>,
    /// The words, in Chinese and English.
    pub words: (String, String),
    /// How it looks.
    pub mood: Mood,
}

/// How a last day looks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mood {
    /// There is time.
    Calm,
    /// It is today, or the next working day.
    Near,
    /// It went by.
    Over,
    /// It does not count, or not any more.
    Still,
}

/// What a desk shows.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// The cases.
    pub lines: Vec<DeskLine>,
    /// How many there are, those of other pages too.
    pub count: usize,
    /// False while cases are still counted for the first time.
    pub is_whole: bool,
}

/// Which cases.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    /// A text in number, name, item, or telephone; open and closed cases then.
    pub text: String,
    /// How many of them to pass over.
    pub skip: usize,
}

/// The work of this centre as of `now`: its own open cases, and those below that wait for its tier.
/// Where a text is sought, every case that is held and has it, the newest first.
///
/// # Errors
///
/// The store's.
pub fn desk<S: Store>(
    replica: &Replica<S>,
    sought: &Sought,
    now: Timestamp,
) -> Result<Desk, ReplicaError> {
    let text = sought.text.trim().to_lowercase();
    let mut found: Vec<(Option<i32>, DocumentId)> = if text.chars().count() >= SOUGHT_CHARS_MIN {
        let words: Vec<&str> = text.split_whitespace().collect();
        let has = |brief: &Brief| words.iter().all(|word| brief.text.contains(word));
        replica.briefs().filter(|(_, brief)| has(brief)).map(|(id, _)| (None, id)).collect()
    } else {
        let (centre, tier) = (replica.member().centre(), replica.member().credential.tier);
        let mine = replica.briefs().filter(|(id, brief)| is_work(*id, brief, centre, tier));
        mine.map(|(id, brief)| (brief.presses, id)).collect()
    };
    // What presses first; then what waits for somebody else, the newest first, as it was.
    found.sort_by_key(|(presses, _)| (presses.is_none(), *presses));
    let count = found.len();
    let page = found.into_iter().skip(sought.skip).take(DESK_LINES_MAX);
    let mut lines = Vec::new();
    for (_, id) in page {
        lines.extend(line(replica, id, now)?);
    }
    let cases = lines.iter_mut().map(|line| &mut line.case);
    posts::attend(replica, cases, now)?;
    Ok(Desk { lines, count, is_whole: !replica.is_uncounted() })
}

/// A case is the work of the centre that took it until it hands it up, and then of the tier that
/// decides.
fn is_work(id: DocumentId, brief: &Brief, centre: Division, tier: Tier) -> bool {
    let is_own = id.home.division == centre;
    let decides_here = brief.decide_at.is_none_or(|decides| decides <= tier);
    let is_ours = match (is_own, brief.is_handed_up) {
        (true, false) => true,
        (true, true) => decides_here,
        (false, is_handed_up) => is_handed_up && brief.decide_at == Some(tier),
    };
    !brief.is_closed && is_ours
}

fn line<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    now: Timestamp,
) -> Result<Option<DeskLine>, ReplicaError> {
    let Some(file) = replica.case(id)? else { return Ok(None) };
    let (almanac, today) = (replica.almanac(), replica.today(now));
    let mut case = summary(replica, &file)?;
    let folded = file.folded.on(today, almanac);
    case.state = folded.course.state.into();
    let clocks = clocks_of(&folded.course, almanac, today);
    let due = |kind| clocks.iter().find(|clock| clock.kind == kind).map(Due::of);
    let notice = due(ClockKind::Notice).filter(|due| due.mood != Mood::Still);
    let (promise, legal) = (due(ClockKind::Promise), due(ClockKind::Legal));
    Ok(Some(DeskLine { case, promise, legal, notice }))
}

impl Due {
    /// How a clock stands, in words such as “还剩 3 个工作日” and “超承诺 1 天”.
    #[must_use]
    pub fn of(clock: &Clock) -> Self {
        let what = match clock.kind {
            ClockKind::Promise => "超承诺",
            ClockKind::Legal => "超法定",
            _ => "超期",
        };
        let standing = clock.standing;
        let zh = match standing {
            Standing::Overdue { days } | Standing::Broken { days } => format!("{what} {days} 天"),
            Standing::Runs { .. } | Standing::Paused | Standing::Kept | Standing::Void => {
                clock.zh()
            }
        };
        let mood = match standing {
            Standing::Runs { left: 0 | 1 } => Mood::Near,
            Standing::Runs { .. } => Mood::Calm,
            Standing::Overdue { .. } | Standing::Broken { .. } => Mood::Over,
            Standing::Paused | Standing::Kept | Standing::Void => Mood::Still,
        };
        Self { on: clock.due.map(|due| due.date), words: (zh, clock.en()), mood }
    }
}
