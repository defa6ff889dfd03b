//! `service …`.

use clap::{Args, Subcommand};
use serde::Deserialize;
use tongban_config::settings::NodeSettings;
use tongban_protocol::document::{DocumentId, EventKind, Role};
use tongban_protocol::service::{Answer, ServiceKind};
use tongban_protocol::time::Timestamp;

use super::access::Access;
use super::case::offices;
use super::case_command::parse_time;
use super::{CliError, Language, out, relay};
use crate::records::{
    self, CountLine, NewEntry, NewService, Period, RecordDetail, RecordError, Words, parse_record,
};
use crate::{clock, entropy};

/// What is done with service records and questions.
#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Records a service: 导办, 延时, 上门, 预约, 送服务.
    Record(RecordArgs),
    /// Records who was asked first, who answers from then on (首问负责).
    FirstAsked {
        /// What was asked.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The case or ticket, if there is one.
        #[arg(long, value_name = "NUMBER")]
        link: Option<String>,
        /// Who was asked, and when.
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Hands a question on to somebody else (转办).
    HandOver {
        /// The record, as `service list` prints it.
        #[arg(value_parser = parse_record)]
        id: DocumentId,
        /// To whom.
        #[arg(long, value_name = "NAME")]
        to: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// `chief` to move what lies with somebody else.
        #[arg(long, value_parser = str::parse::<Role>)]
        role: Option<Role>,
        /// Who has it, and when it is handed on.
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Ends a question with its outcome, or takes the applicant's confirmation of a service (办毕).
    Conclude {
        /// The record, as `service list` prints it.
        #[arg(value_parser = parse_record)]
        id: DocumentId,
        /// What became of the question: handled, answered, referred, given-up.
        #[arg(long, value_parser = str::parse::<Answer>)]
        answer: Option<Answer>,
        /// Who confirmed the service, and how.
        #[arg(long, value_name = "TEXT")]
        confirmed: Option<String>,
        /// The case or ticket, where it was not known before.
        #[arg(long, value_name = "NUMBER")]
        link: Option<String>,
        /// `chief` to end what lies with somebody else.
        #[arg(long, value_parser = str::parse::<Role>)]
        role: Option<Role>,
        /// Who has it, and when it ended.
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Lists records, the newest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=200))]
        limit: u16,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows one record as JSON.
    Show {
        /// The record, as `service list` prints it.
        #[arg(value_parser = parse_record)]
        id: DocumentId,
    },
    /// Counts the services of a year or a month, by centre and kind.
    Count {
        /// A year such as 2026, or a month such as 2026-11.
        #[arg(value_parser = str::parse::<Period>)]
        period: Period,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Counts the relay cards that were begun in a year or a month, by centre (上级系统代办).
    Relays {
        /// A year such as 2026, or a month such as 2026-11.
        #[arg(value_parser = str::parse::<Period>)]
        period: Period,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Who and when.
#[derive(Args, Debug)]
pub struct WhoArgs {
    /// Who.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// When, such as 2013-12-13T09:30; now where it is left out.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
}

/// A service that was given.
#[derive(Args, Debug)]
pub struct RecordArgs {
    /// guided, extended-hours, visit, appointment or brought.
    #[arg(long, value_parser = str::parse::<ServiceKind>)]
    kind: ServiceKind,
    /// Who gave it; more than once for several.
    #[arg(long = "staff", value_name = "NAME", required = true)]
    staff: Vec<String>,
    /// From when, such as 2013-12-13T18:30.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    start: Timestamp,
    /// Until when.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    end: Timestamp,
    /// Where.
    #[arg(long, value_name = "TEXT")]
    place: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The case, by its number or name, or the ticket; without it the service does not count.
    #[arg(long, value_name = "NUMBER")]
    link: Option<String>,
    /// Who confirmed it, and how.
    #[arg(long, value_name = "TEXT")]
    confirmed: Option<String>,
    /// Who enters it.
    #[arg(long, value_name = "NAME")]
    by: String,
}

pub(super) fn run(
    settings: &NodeSettings,
    language: Language,
    command: ServiceCommand,
) -> Result<(), CliError> {
    match command {
        ServiceCommand::Record(args) => {
            let RecordArgs { kind, staff, start, end, place, reason, link, confirmed, by } = args;
            let service = Some(NewService { kind, staff, start, end, place });
            let new = NewEntry::new(EventKind::Serve, by);
            let entry = NewEntry { service, reason: Some(reason), link, confirmed, ..new };
            enter(settings, language, None, entry)
        }
        ServiceCommand::FirstAsked { reason, link, who } => {
            let entry = NewEntry { reason: Some(reason), link, ..who.entry(EventKind::FirstAsked) };
            enter(settings, language, None, entry)
        }
        ServiceCommand::HandOver { id, to, reason, role, who } => {
            let new = who.entry(EventKind::PassOn);
            let entry = NewEntry { to: Some(to), reason: Some(reason), role, ..new };
            enter(settings, language, Some(id), entry)
        }
        ServiceCommand::Conclude { id, answer, confirmed, link, role, who } => {
            let new = who.entry(EventKind::Conclude);
            let entry = NewEntry { answer, confirmed, link, role, ..new };
            enter(settings, language, Some(id), entry)
        }
        ServiceCommand::List { limit, json } => list(settings, language, limit.into(), json),
        ServiceCommand::Show { id } => out::json(&shown(&Access::open(settings)?, id)?),
        ServiceCommand::Count { period, json } => count(settings, language, period, json),
        ServiceCommand::Relays { period, json } => relay::count(settings, language, period, json),
    }
}

impl WhoArgs {
    fn entry(self, kind: EventKind) -> NewEntry {
        NewEntry { happened_at: self.at, ..NewEntry::new(kind, self.by) }
    }
}

#[derive(Deserialize)]
struct Told {
    id: String,
}

/// Enters, prints the record's name, and says beside it what keeps the record out of the count.
fn enter(
    settings: &NodeSettings,
    language: Language,
    id: Option<DocumentId>,
    entry: NewEntry,
) -> Result<(), CliError> {
    let mut access = Access::open(settings)?;
    let text = match &mut access {
        Access::Service(api) => {
            let path =
                id.map_or_else(|| "services".to_owned(), |id| format!("services/{id}/events"));
            api.send::<Told>(&path, &entry)?.id
        }
        Access::Store(_, replica) => {
            let rng = &mut entropy::generator()?;
            let (_, id) = records::enter(replica, clock::now(), rng, id, entry)?;
            replica.commit()?;
            id.to_string()
        }
    };
    out::line(&text)?;
    if let Ok(id) = parse_record(&text)
        && let Some(why) = shown(&access, id)?.uncounted
    {
        out::remark(in_language(language, &why));
    }
    Ok(())
}

fn shown(access: &Access, id: DocumentId) -> Result<RecordDetail, CliError> {
    Ok(match access {
        Access::Service(api) => api.read(&format!("services/{id}"))?,
        Access::Store(_, replica) => {
            records::show(replica, id)?.ok_or(RecordError::NotFound(id))?
        }
    })
}

fn in_language(language: Language, words: &Words) -> &str {
    match language {
        Language::Zh => &words.zh,
        Language::En => &words.en,
    }
}

fn list(
    settings: &NodeSettings,
    language: Language,
    limit: usize,
    json: bool,
) -> Result<(), CliError> {
    let listed: Vec<RecordDetail> = match Access::open(settings)? {
        Access::Service(api) => api.read(&format!("services?limit={limit}"))?,
        Access::Store(_, replica) => records::list(&replica, &offices(&replica), limit)?,
    };
    if json {
        return out::json(&listed);
    }
    for record in &listed {
        let start = record.start.map(|at| at.to_string()).unwrap_or_default();
        let who = match (&record.holder, &record.first_asked) {
            (Some(holder), _) | (None, Some(holder)) => holder.clone(),
            (None, None) => record.staff.join(" "),
        };
        let kind = match language {
            Language::Zh => &record.zh,
            Language::En => record.kind.as_deref().unwrap_or("first-asked"),
        };
        let state = in_language(language, &record.state.words);
        let uncounted = record.uncounted.as_ref().map(|why| in_language(language, why));
        let link = record.link.as_deref().or(uncounted).unwrap_or("—");
        out::line(format!(
            "{}  {start}  {kind}  {state}  {who}  {}  {link}",
            record.id, record.reason
        ))?;
    }
    Ok(())
}

fn count(
    settings: &NodeSettings,
    language: Language,
    period: Period,
    json: bool,
) -> Result<(), CliError> {
    let lines: Vec<CountLine> = match Access::open(settings)? {
        Access::Service(api) => api.read(&format!("services/count?period={period}"))?,
        Access::Store(_, replica) => records::count(&replica, &offices(&replica), period)?,
    };
    if json {
        return out::json(&lines);
    }
    for line in &lines {
        let CountLine { centre, kind, zh, counted, unlinked, repeated } = line;
        out::line(match language {
            Language::Zh => format!(
                "{centre}  {period}  {zh}  {counted}  （未关联 {unlinked}，重复 {repeated}，均不计数）"
            ),
            Language::En => format!(
                "{centre}  {period}  {kind}  {counted}  (not counted: {unlinked} without a link, {repeated} repeated)"
            ),
        })?;
    }
    Ok(())
}
