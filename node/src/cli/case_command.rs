//! The flags of `case …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use tongban_protocol::document::AppealGround;
use tongban_protocol::document::name::CaseNameError;
use tongban_protocol::document::{DocumentId, EventKind};
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

use super::said::SaidArgs;
use crate::cases::{parse_instant, parse_kind};
use crate::import::{Field, Finished, Mapping};

/// What is done with cases.
#[derive(Debug, Subcommand)]
pub enum CaseCommand {
    /// Takes a case (收件).
    New(Box<NewArgs>),
    /// Takes the rows of a list as cases (导入); a row that was taken before is taken no more.
    Import(Box<ImportArgs>),
    /// Records an event of a case (环节).
    Event(Box<EventArgs>),
    /// Shows one case as JSON.
    Show {
        /// The case, as `case list` prints it, or its number (办件编号).
        case: String,
    },
    /// Lists cases, the newest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=200))]
        limit: u16,
        /// Only those for which a green channel was ever opened (绿色通道).
        #[arg(long, conflicts_with = "after")]
        green: bool,
        /// Those after this one.
        #[arg(long, value_name = "ID", value_parser = parse_case)]
        after: Option<DocumentId>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Tells the clocks of a case as of today (时限).
    Clocks {
        /// The case, as `case list` prints it, or its number (办件编号).
        case: String,
        /// With each day, and why it counts or does not.
        #[arg(long)]
        days: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Tells the cards that the rules give a case today, and what became of those issued (牌).
    Cards {
        /// The case, as `case list` prints it, or its number (办件编号).
        case: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Tells the parts of a joint case as of today, and the answer of each (并联审批).
    Parts {
        /// The case, as `case list` prints it, or its number (办件编号).
        case: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the open cases on which nobody works: their handler is away, or gone.
    Unattended {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Tells the owner what was done, what comes next, and both last days (进度).
    Progress {
        /// The case, as `case list` prints it, or its number (办件编号).
        case: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Withdraws every issued card that a wrong setting gave, for one cause (批量撤牌).
    WithdrawCards(Box<WithdrawArgs>),
    /// Says in one sentence where a case is on its way to the city.
    Why {
        /// The case, as `case list` prints it, or its number (办件编号).
        case: String,
    },
}

/// Which list, and how it is read.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// A CSV file in UTF-8 or GB18030, whose first row names the columns.
    pub(super) file: PathBuf,
    /// Who takes the cases: somebody with a post and a partner, where there are posts.
    #[arg(long)]
    pub(super) by: String,
    /// The field of each column, separated by commas: ignore, item, applicant, applicant-number,
    /// phone, received-at, decided-at, delivered-at, number, channel, keep; as the last time, or guessed by the
    /// names of the columns, where it is left out.
    #[arg(long, value_parser = parse_mapping)]
    pub(super) mapping: Option<Mapping>,
    /// What becomes of rows that are decided or delivered: kept, as history of another system
    /// without limits, cards and figures; handled, as cases of this centre.
    #[arg(long, default_value = "kept", value_parser = parse_finished)]
    pub(super) finished: Finished,
    /// Says what the list comes to, and takes nothing.
    #[arg(long)]
    pub(super) check: bool,
    /// Where the rows that were not taken are written, with why.
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    pub(super) bad: Option<PathBuf>,
}

fn parse_finished(code: &str) -> Result<Finished, String> {
    let known = || Finished::ALL.map(Finished::code).join(", ");
    Finished::of_code(code).ok_or_else(|| format!("`{code}` is none of {}", known()))
}

fn parse_mapping(text: &str) -> Result<Mapping, String> {
    let field = |code: &str| {
        let known = Field::ALL.map(Field::code).join(", ");
        Field::of_code(code.trim()).ok_or_else(|| format!("`{code}` is none of {known}"))
    };
    text.split(',').map(field).collect()
}

/// What is handed in.
#[derive(Args, Debug)]
pub struct NewArgs {
    /// The item's code.
    #[arg(long)]
    pub(super) item: String,
    /// The item's name; the code where it is left out.
    #[arg(long, default_value = "")]
    pub(super) item_name: String,
    /// The applicant.
    #[arg(long)]
    pub(super) applicant: String,
    /// The number of their identity card, or the code of their organisation (证件号).
    #[arg(long, value_name = "NUMBER")]
    pub(super) applicant_number: Option<String>,
    /// 窗口, 网上, 自助, 上门 …
    #[arg(long, default_value = "窗口")]
    pub(super) channel: String,
    /// A field of the form, such as `address=文井镇`.
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = parse_field)]
    pub(super) fields: Vec<(String, String)>,
    /// A material that was handed in.
    #[arg(long = "material", value_name = "NAME")]
    pub(super) materials: Vec<String>,
    /// Who took it.
    #[arg(long)]
    pub(super) by: String,
    /// When, such as 2013-12-13T09:30; now where it is left out.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) at: Option<Timestamp>,
    /// Of a renewal (延续), the last day of the permit, such as 2026-12-31.
    #[arg(long, value_name = "DAY", value_parser = parse_time)]
    pub(super) renews_until: Option<Timestamp>,
    /// Of a joint case, the centre that decides a part, such as `2=510921`; the one of its tier
    /// above this centre where it is left out.
    #[arg(long = "authority", value_name = "PART=CENTRE", value_parser = parse_authority)]
    pub(super) authorities: Vec<(u16, Division)>,
    /// A name for this request: given twice within 24 hours, it makes one case.
    #[arg(long, value_name = "NAME")]
    pub(super) request_id: Option<String>,
}

/// What happened.
#[derive(Args, Debug)]
pub struct EventArgs {
    /// The case, as `case list` prints it, or its number (办件编号).
    pub(super) case: String,
    /// `notice-supplement`, `accept`, `finish-step`, `decide`, `deliver`, `withdraw`, …
    #[arg(value_parser = parse_kind)]
    pub(super) kind: EventKind,
    /// For a step its name, for a decision its outcome.
    #[arg(long, default_value = "")]
    pub(super) note: String,
    /// Who did it.
    #[arg(long)]
    pub(super) by: String,
    /// When, such as 2013-12-13T09:30; now where it is left out.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) at: Option<Timestamp>,
    #[command(flatten)]
    pub(super) said: SaidArgs,
}

/// Which cards, and why.
#[derive(Args, Debug)]
pub struct WithdrawArgs {
    /// The rule that gave them, such as promise-over.
    #[arg(long, value_name = "NAME")]
    pub(super) rule: String,
    /// Issued on this day or later, such as 2013-12-02.
    #[arg(long, value_name = "DATE")]
    pub(super) from: Date,
    /// Issued on this day or earlier.
    #[arg(long, value_name = "DATE")]
    pub(super) to: Date,
    /// Of cases of this item only.
    #[arg(long, value_name = "CODE")]
    pub(super) item: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    /// The coded ground: wrong-setting, outage, calendar-change, …
    #[arg(long, default_value = "wrong-setting", value_parser = str::parse::<AppealGround>)]
    pub(super) ground: AppealGround,
    /// Who withdraws them.
    #[arg(long, value_name = "NAME")]
    pub(super) by: String,
    /// Lists them and saves nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
}

fn parse_case(text: &str) -> Result<DocumentId, CaseNameError> {
    text.parse()
}

pub(super) fn parse_time(text: &str) -> Result<Timestamp, String> {
    parse_instant(text).map_err(|e| e.to_string())
}

fn parse_authority(text: &str) -> Result<(u16, Division), String> {
    let read = || {
        let (part, centre) = text.split_once('=')?;
        Some((part.parse().ok()?, centre.parse().ok()?))
    };
    read().ok_or_else(|| {
        format!("`{text}` names no part and centre; write PART=CENTRE, such as 2=510921")
    })
}

fn parse_field(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| format!("`{text}` is no field; write NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}
