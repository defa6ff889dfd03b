//! 拟稿: what somebody wishes to publish, until a second person publishes it or sends it back.
//!
//! A proposal is a file beside the store, with the text as it was proposed. It binds nobody until
//! it is published; what was published bears both names in the signed entry itself. What is **not**
//! here: what a text means, which is [`crate::publication`]'s and the node's.

pub(crate) mod page;
mod publish;
mod show;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tongban_node::membership::{MembershipError, write_whole};
use tongban_node::publication::{DraftError, PublishError};
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

pub use publish::{Effect, RulesDiffer, decide, foresee, propose};

/// The folder, below the data directory.
const FOLDER: &str = "proposals";

/// The form of a file. A later program reads this one's, and says so where it cannot.
const FORMAT: u8 = 1;

/// Of what something is proposed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Years of the calendar: a `calendar.csv`.
    Calendar,
    /// The rules of supervision: a `supervision.toml`.
    Rules,
    /// Office hours, the end of the last day, the threshold of the green channel: a `city.toml`.
    Customs,
    /// The templates of joint approval: a `joint.toml`.
    Templates,
    /// Items: a `.json` or `.csv` list.
    Items,
    /// Items that are applied for no more: a line `ID DAY` for each.
    Retirement,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Calendar,
        Self::Rules,
        Self::Customs,
        Self::Templates,
        Self::Items,
        Self::Retirement,
    ];

    /// How forms name it, in Chinese and in English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Calendar => {
                ("calendar", "工作日历（calendar.csv）", "the calendar (calendar.csv)")
            }
            Self::Rules => {
                ("rules", "监察规则（supervision.toml）", "rules of supervision (supervision.toml)")
            }
            Self::Customs => {
                ("customs", "办公时间与门槛（city.toml）", "office hours and threshold (city.toml)")
            }
            Self::Templates => {
                ("templates", "并联方案（joint.toml）", "templates of joint approval (joint.toml)")
            }
            Self::Items => ("items", "事项（.json 或 .csv）", "items (.json or .csv)"),
            Self::Retirement => (
                "retirement",
                "停用事项（每行：事项编码 日期）",
                "items to retire (a line each: ID DAY)",
            ),
        }
    }

    /// The subject that a form names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.words().0 == name)
    }
}

/// What became of a proposal.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// A second person published it.
    Published,
    /// A second person sent it back.
    SentBack,
    /// Whoever proposed it took it back.
    TakenBack,
}

impl Decision {
    /// In Chinese and in English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Published => ("已审核发布", "published"),
            Self::SentBack => ("已退回", "sent back"),
            Self::TakenBack => ("已撤回", "taken back"),
        }
    }
}

/// Who decided, when and why.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// What was decided.
    pub decision: Decision,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why; empty where it was published.
    pub note: String,
}

/// What somebody proposes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The form in which it was written, from 1.
    pub format: u8,
    /// Its name, which is the file's.
    #[serde(skip)]
    pub id: Ulid,
    /// Of what.
    pub subject: Subject,
    /// The name of the file from which the text came, for errors; its ending says how to read items.
    pub file: String,
    /// The text, as it was proposed.
    pub text: String,
    /// Why, in the words of whoever proposes it.
    pub note: String,
    /// Who proposes it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What became of it; nothing yet where it waits.
    pub outcome: Option<Outcome>,
}

/// Why nothing was proposed or decided.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// There is none of this name.
    #[error("there is no proposal {0}; the list names those there are")]
    Unknown(Ulid),
    /// Its file cannot be understood.
    #[error("{}: {why}; mend the file or move it away, the others are not touched", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// It was decided already.
    #[error("{} decided it at {}: {}", .0.by, .0.at, .0.decision.words().1)]
    Decided(Outcome),
    /// Only whoever proposed it takes it back.
    #[error("{0} proposed it, and nobody else takes it back; send it back with a reason instead")]
    NotYours(String),
    /// Something else was proposed from the same page before.
    #[error(
        "something else was proposed from this page already; open the page anew and propose again"
    )]
    Another,
    /// It says nothing that is not published already.
    #[error("all of it is published already, in the same words")]
    Nothing,
    /// It was sent back without a word.
    #[error("say why it is sent back")]
    NoReason,
    /// A line of the items to retire says no item or no day.
    #[error("line {line} is no item and day, such as `T01 2026-12-31`: {text}")]
    Retirement {
        /// The line, from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// The list of items is none.
    #[error(transparent)]
    List(#[from] DraftError),
    /// Nothing can be published of it.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The disk's.
    #[error(transparent)]
    Disk(#[from] MembershipError),
}

impl ProposalError {
    /// What is wrong and what to do, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Unknown(_) => "没有此拟稿；请从列表进入".to_owned(),
            Self::Malformed { path, .. } => {
                format!("拟稿文件 {} 无法读取，请修复或移走；其余拟稿不受影响", path.display())
            }
            Self::Decided(outcome) => {
                format!("{} 已于 {} 处理：{}", outcome.by, outcome.at, outcome.decision.words().0)
            }
            Self::NotYours(by) => format!("此稿由 {by} 拟，只有本人能撤回；请写明理由退回"),
            Self::Another => "此页面已提交过另一份拟稿，请重新打开页面再提交".to_owned(),
            Self::Nothing => "内容与已发布的完全相同，无须再发布".to_owned(),
            Self::NoReason => "退回须写明理由".to_owned(),
            Self::Retirement { line, text } => {
                format!("第 {line} 行应为“事项编码 日期”，如 T01 2026-12-31：{text}")
            }
            Self::List(DraftError::Text(error)) => error.zh(),
            Self::List(error) => format!("事项清单有误：{error}"),
            Self::Publish(error) => match error.zh() {
                zh if zh.is_empty() => error.to_string(),
                zh => zh,
            },
            Self::Disk(error) => format!("磁盘写入失败：{error}"),
        }
    }
}

/// Every proposal of a data directory, the newest first, and the files that cannot be understood.
///
/// # Errors
///
/// The disk's.
pub fn list(data_dir: &Path) -> Result<(Vec<Proposal>, Vec<ProposalError>), ProposalError> {
    let folder = data_dir.join(FOLDER);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
        Err(source) => return Err(MembershipError::Disk { path: folder, source }.into()),
    };
    let (mut proposals, mut unread) = (Vec::new(), Vec::new());
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        match read(&path) {
            Ok(proposal) => proposals.push(proposal),
            Err(error) => unread.push(error),
        }
    }
    proposals.sort_by_key(|it| Reverse((it.at, it.id)));
    Ok((proposals, unread))
}

/// One proposal.
///
/// # Errors
///
/// [`ProposalError::Unknown`] or [`ProposalError::Malformed`].
pub fn find(data_dir: &Path, id: Ulid) -> Result<Proposal, ProposalError> {
    let path = path_of(data_dir, id);
    match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ProposalError::Unknown(id)),
        _ => read(&path),
    }
}

fn path_of(data_dir: &Path, id: Ulid) -> PathBuf {
    data_dir.join(FOLDER).join(format!("{id}.json"))
}

fn read(path: &Path) -> Result<Proposal, ProposalError> {
    let malformed = |why: String| ProposalError::Malformed { path: path.to_owned(), why };
    let text = fs::read_to_string(path).map_err(|error| malformed(error.to_string()))?;
    let read: Proposal =
        serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?;
    if read.format > FORMAT {
        return Err(malformed(format!("a later version wrote it (format {})", read.format)));
    }
    let name = path.file_stem().and_then(|it| it.to_str()).and_then(|it| it.parse().ok());
    let id = name.ok_or_else(|| malformed("its name is no proposal's".to_owned()))?;
    Ok(Proposal { id, ..read })
}

fn save(data_dir: &Path, proposal: &Proposal) -> Result<(), ProposalError> {
    let path = path_of(data_dir, proposal.id);
    let text = serde_json::to_string_pretty(proposal)
        .map_err(|error| ProposalError::Malformed { path: path.clone(), why: error.to_string() })?;
    Ok(write_whole(&path, text.as_bytes(), 0o600)?)
}
