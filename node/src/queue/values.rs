//! The values that queues are sent as.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tongban_protocol::place::Division;
use tongban_protocol::queue::{Ending, State, Tally, Ticket, TicketId, TicketNumber};
use tongban_protocol::time::Timestamp;

use crate::cases::instant;
use crate::records::Words;

/// A ticket.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct TicketLine {
    /// The name under which everything asks for it: its day and number.
    #[schema(example = "20261130-A001")]
    pub id: String,
    /// The number that is called.
    #[schema(example = "A001")]
    pub number: String,
    /// In which group it waits or was called.
    pub group: String,
    /// Where it stands, for scripts: `waiting`, `called`, `skipped`, `serving`, `ended`, `expired`.
    pub state: String,
    /// The same in words.
    pub state_words: Words,
    /// Why it goes first.
    pub priority: Option<Words>,
    /// 预约: for when.
    #[serde(with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub appointed_at: Option<Timestamp>,
    /// When it was taken.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub taken_at: Timestamp,
    /// Since when it waits.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub waits_since: Timestamp,
    /// At which window it was called last.
    pub window: Option<String>,
    /// By whom.
    pub by: Option<String>,
    /// When it was called or called again last.
    #[serde(with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub called_at: Option<Timestamp>,
    /// 重叫、返回: how often it was called again or came back.
    pub recalls: u8,
    /// 转号: how often.
    pub transfers: usize,
    /// With what it ended.
    pub ended: Option<Words>,
    /// The cases that it ended in.
    pub cases: Vec<String>,
    /// How many events it has had; a step says it as `seen`.
    pub events: u32,
}

impl TicketLine {
    pub(super) fn of(day: Date, number: TicketNumber, ticket: &Ticket) -> Self {
        let (window, by) = ticket.window.clone().unzip();
        let ending = ticket.ended.as_ref().map(|(ending, ..)| ending);
        let state = match ticket.state {
            State::Blank => "blank",
            other => other.en(),
        };
        Self {
            id: TicketId { day, number }.to_string(),
            number: number.to_string(),
            group: ticket.group.clone(),
            state: state.to_owned(),
            state_words: Words::new(ticket.state.zh(), ticket.state.en()),
            priority: ticket.priority.map(|it| Words::new(it.zh(), it.en())),
            appointed_at: ticket.appointed_at,
            taken_at: ticket.taken_at,
            waits_since: ticket.since,
            window,
            by,
            called_at: ticket.called_at,
            recalls: ticket.recalls,
            transfers: ticket.transfers.len(),
            ended: ending.map(ending_words),
            cases: match ending {
                Some(Ending::Cases(cases)) => cases.clone(),
                Some(Ending::Answer(_) | Ending::NoCase(..)) | None => Vec::new(),
            },
            events: ticket.events,
        }
    }
}

fn ending_words(ending: &Ending) -> Words {
    match ending {
        Ending::Cases(_) => Words::new("成件", "ended in a case"),
        Ending::Answer(answer) => Words::new(answer.zh(), answer.en()),
        Ending::NoCase(why, reason) if reason.is_empty() => Words::new(why.zh(), why.en()),
        Ending::NoCase(why, reason) => {
            Words::new(format!("{}：{reason}", why.zh()), format!("{}: {reason}", why.en()))
        }
    }
}

/// A business group and who waits in it.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct GroupLine {
    /// The letter of its tickets; empty where the settings name it no more.
    pub letter: String,
    /// Its name.
    pub zh: String,
    /// Its name on English pages.
    pub en: String,
    /// Who waits, the longest wait first; whose turn it is depends on priority too.
    pub waiting: Vec<TicketLine>,
}

/// The queue of a machine as it stands.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct QueueView {
    /// The day.
    pub day: String,
    /// The groups.
    pub groups: Vec<GroupLine>,
    /// Called and at the windows, the newest call first.
    pub called: Vec<TicketLine>,
    /// Passed over, and not expired.
    pub skipped: Vec<TicketLine>,
    /// What the day counts to so far.
    pub today: QueueDay,
}

/// How many tickets ended for a reason, or with an answer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ReasonCount {
    /// The reason or answer, for scripts.
    pub code: String,
    /// In words.
    #[serde(flatten)]
    pub words: Words,
    /// How many.
    pub count: u32,
}

/// The tickets of a centre and day, as figures. Each of `taken` is one of `cases`, `answers`,
/// `reasons`, `expired`, `unended` and `pending`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct QueueDay {
    /// The code of the centre.
    pub centre: String,
    /// The day.
    pub day: String,
    /// 取号.
    pub taken: u32,
    /// 叫号: called at least once; what the waits are of.
    pub called: u32,
    /// Begun at a window.
    pub served: u32,
    /// Ended in cases, an answer or a coded reason: by these a centre is open.
    pub handled: u32,
    /// Ended in cases.
    pub cases: u32,
    /// 咨询: ended in an answer.
    pub answers: Vec<ReasonCount>,
    /// Ended without either.
    pub reasons: Vec<ReasonCount>,
    /// 失效.
    pub expired: u32,
    /// Begun, and not ended when the day was over.
    pub unended: u32,
    /// Waiting, called or at a window still.
    pub pending: u32,
    /// 转号.
    pub transfers: u32,
    /// From taking to the first call, in minutes rounded up: half of `called` waited no longer.
    pub wait_median_minutes: Option<i64>,
    /// Nine in ten of `called` waited no longer.
    pub wait_p90_minutes: Option<i64>,
    /// Events that had no effect.
    pub anomalies: usize,
}

impl QueueDay {
    pub(super) fn of(centre: Division, day: Date, tally: &Tally, anomalies: usize) -> Self {
        let reasons = tally.reasons.iter().map(|(why, count)| ReasonCount {
            code: why.en().to_owned(),
            words: Words::new(why.zh(), why.en()),
            count: *count,
        });
        let answers = tally.answers.iter().map(|(answer, count)| ReasonCount {
            code: answer.en().to_owned(),
            words: Words::new(answer.zh(), answer.en()),
            count: *count,
        });
        Self {
            centre: centre.to_string(),
            day: day.to_string(),
            taken: tally.taken,
            called: tally.called,
            served: tally.served,
            handled: tally.handled(),
            cases: tally.cases,
            answers: answers.collect(),
            reasons: reasons.collect(),
            expired: tally.expired,
            unended: tally.unended,
            pending: tally.pending,
            transfers: tally.transfers,
            wait_median_minutes: tally.wait_minutes(50),
            wait_p90_minutes: tally.wait_minutes(90),
            anomalies,
        }
    }
}

/// A ticket and the case that it says it ended in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct TicketCase {
    /// The ticket.
    pub ticket: String,
    /// The case, as it was named.
    pub case: String,
}

/// 对账: tickets held against cases.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Reconciliation {
    /// The code of the centre.
    pub centre: String,
    /// The day.
    pub day: String,
    /// Cases that tickets of the day named.
    pub named: u32,
    /// Those of them that do not exist here, with their tickets.
    pub unknown: Vec<TicketCase>,
    /// Cases of the centre that were taken at the counter on the day.
    pub counter_cases: u32,
    /// The numbers of those that no ticket of the day named.
    pub unticketed: Vec<String>,
    /// False where there were more cases than are looked at.
    pub is_whole: bool,
}
