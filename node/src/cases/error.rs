//! Why something was not taken or recorded, for the person who gets it.

use jiff::civil::Date;
use tongban_protocol::case::{Breach, Fault};
use tongban_protocol::document::{DocumentId, EventKind};
use tongban_protocol::number::{CaseNumberError, NoNumberLeft};
use tongban_protocol::place::Division;
use tongban_protocol::post::Vacancy;

use super::{CARDS_AT_ONCE_MAX, Difference, REQUEST_ID_BYTES_MAX, RatingFault, kinds};
use crate::replica::ReplicaError;
use crate::service::Closed;

/// Why something was not taken or recorded.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// No such case is held here.
    #[error("case {0} is not held here; `case list` shows those that are ({zh})", zh = self.zh())]
    NotFound(DocumentId),
    /// The case has no parts, or is not held here.
    #[error("{0} is no joint case that is held here; a case by a template has parts ({zh})", zh = self.zh())]
    NoParts(DocumentId),
    /// The law does not allow the event; where the state does not, the error names what it takes.
    #[error("{fault}{} ({})", instead(fault), fault.zh())]
    Unlawful {
        /// What is wrong, with its article.
        fault: Fault,
    },
    /// The rules give the case no such card.
    #[error("the rules give this case no card `{name}`; they give {} ({zh})", names(due), zh = self.zh())]
    NoSuchCard {
        /// What was to be issued.
        name: String,
        /// What the rules give.
        due: Vec<String>,
    },
    /// The card was issued; a second time has no effect.
    #[error("card `{name}` was issued on {on} already, and is issued once ({zh})", zh = self.zh())]
    IssuedTwice {
        /// The card.
        name: String,
        /// When it was issued.
        on: Date,
    },
    /// A part's centre stands neither above nor below the lead's, or is not enrolled.
    #[error(
        "`{part}`: no machine of {centre} is known here, above this centre or below it ({zh})",
        zh = self.zh()
    )]
    NotOnLine {
        /// The part.
        part: String,
        /// The centre.
        centre: Division,
    },
    /// Only the centre that leads refers parts.
    #[error("this case is led at {centre}; only that centre refers its parts ({zh})", zh = self.zh())]
    NotLeading {
        /// The centre that leads.
        centre: Division,
    },
    /// Every part whose turn has come was referred.
    #[error("no part waits to be referred now; `case parts` shows what each waits for ({zh})", zh = self.zh())]
    NothingToRefer,
    /// Whoever accepts has no post, or no partner.
    #[error("{0} ({zh})", zh = .0.zh())]
    Vacant(Vacancy),
    /// Whoever rules stands in for somebody who handled the case.
    #[error("{by} is the partner of {handler}, who handled this case, and may not rule on it ({zh})", zh = self.zh())]
    PartnersCause {
        /// Who tried.
        by: String,
        /// Whose partner they are.
        handler: String,
    },
    /// No card matches what is to be withdrawn.
    #[error("no issued card of rule `{0}` matches; nothing was withdrawn (没有符合条件的牌)")]
    NoMatch(String),
    /// More cards match than are withdrawn at once.
    #[error(
        "{0} cards match, above the limit of {CARDS_AT_ONCE_MAX}; take a shorter span of days or one item (符合条件的牌过多)"
    )]
    TooManyMatches(usize),
    /// The rating is not taken.
    #[error("{0} ({zh})", zh = .0.zh())]
    Rating(#[from] RatingFault),
    /// A field that every case needs is empty.
    #[error("`{0}` is empty; every case needs it ({zh})", zh = self.zh())]
    Empty(&'static str),
    /// The request id is empty or over its bound.
    #[error("a request id of {0} bytes is none: 1 to {REQUEST_ID_BYTES_MAX} are needed ({zh})", zh = self.zh())]
    RequestId(usize),
    /// The request id made a case already, and this request says something else.
    #[error("this request id made case {number} already, and what it says now differs ({}); give another id to take a new case ({zh})", in_words(differs, false), zh = self.zh())]
    Reused {
        /// The case.
        id: DocumentId,
        /// Its number.
        number: String,
        /// What is said otherwise.
        differs: Vec<Difference>,
    },
    /// This machine can give no number for that day.
    #[error("{0}")]
    NoNumber(#[from] NoNumberLeft),
    /// What was looked for is a case number with something wrong in it.
    #[error("`{typed}`: {error}")]
    Number {
        /// The start of what was typed.
        typed: String,
        /// Which part is wrong.
        error: CaseNumberError,
    },
    /// It would be recorded as a breach, and whoever records it could still mend it.
    #[error("this would be recorded as a breach: {} ({zh})", breaches(.0), zh = self.zh())]
    Foreseen(Vec<Breach>),
    /// Somebody else recorded something since the page was opened.
    #[error("something was recorded since this page was opened; look again, then repeat ({zh})", zh = self.zh())]
    Moved,
    /// The replica refused, or its store failed.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The service has stopped; whether it was saved is not known.
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl CaseError {
    /// What is wrong and what to do, in Chinese; never empty.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::NotFound(id) => format!("本机没有办件 {id}，请用 case list 查看"),
            Self::NoParts(id) => format!("{id} 不是本机存有的并联办件"),
            Self::NoSuchCard { name, due } if due.is_empty() => {
                format!("按规则本件没有应发的牌“{name}”，也没有其他应发的牌")
            }
            Self::NoSuchCard { name, due } => {
                format!("按规则本件没有应发的牌“{name}”，应发的是：{}", due.join("、"))
            }
            Self::IssuedTwice { name, on } => format!("“{name}”已于 {on} 发出，一牌只发一次"),
            Self::NotOnLine { part, centre } => {
                format!("“{part}”：{centre} 不在本中心的上下级之内，或尚无已知的机器")
            }
            Self::NotLeading { centre } => format!("本件由 {centre} 牵头，只有该中心可以抄告"),
            Self::PartnersCause { by, handler } => {
                format!("{by} 与 {handler} 互为 AB 岗，{handler} 经办过本件，{by} 不能作出裁定")
            }
            Self::NothingToRefer => "现在没有待抄告的事项，各事项所等见 case parts".to_owned(),
            Self::Empty(field) => format!("“{field}”未填写，每件都须填写"),
            Self::Foreseen(breaches) => {
                let words: Vec<String> = breaches.iter().map(Breach::zh).collect();
                format!("照此保存将记为违规：{}", words.join("；"))
            }
            Self::Moved => "此页打开后本件有了新环节；请看过再办".to_owned(),
            Self::RequestId(bytes) => {
                format!("请求编号长 {bytes} 字节，应为 1 至 {REQUEST_ID_BYTES_MAX} 字节")
            }
            Self::Reused { number, differs, .. } => {
                format!(
                    "此请求编号已收为办件 {number}，现在所填与其不同（{}）；另收一件须换请求编号",
                    in_words(differs, true)
                )
            }
            Self::Unlawful { fault } => fault.zh(),
            Self::Vacant(vacancy) => vacancy.zh(),
            Self::NoMatch(rule) => format!("规则“{rule}”没有符合条件的已发牌，未作撤销"),
            Self::TooManyMatches(cards) => {
                format!(
                    "符合条件的牌有 {cards} 张，超过上限 {CARDS_AT_ONCE_MAX}，请缩短日期或只选一个事项"
                )
            }
            Self::Rating(fault) => fault.zh(),
            Self::NoNumber(none) => none.zh(),
            Self::Number { typed, error } => format!("“{typed}”：{}", error.zh()),
            Self::Replica(error) => machine_zh(error),
            Self::Closed(_) => "服务正在停止，请待其恢复后重试".to_owned(),
        }
    }

    /// True when whoever asked can mend it, false when this machine is in trouble.
    #[must_use]
    pub const fn is_callers(&self) -> bool {
        match self {
            Self::NotFound(_)
            | Self::NoParts(_)
            | Self::Unlawful { .. }
            | Self::NoSuchCard { .. }
            | Self::IssuedTwice { .. }
            | Self::NotOnLine { .. }
            | Self::NotLeading { .. }
            | Self::NothingToRefer
            | Self::PartnersCause { .. }
            | Self::Vacant(_)
            | Self::NoMatch(_)
            | Self::TooManyMatches(_)
            | Self::Rating(_)
            | Self::Empty(_)
            | Self::RequestId(_)
            | Self::Reused { .. }
            | Self::NoNumber(_)
            | Self::Moved
            | Self::Foreseen(_)
            | Self::Number { .. } => true,
            Self::Replica(error) => match error {
                ReplicaError::Refused(_)
                | ReplicaError::Entry(_)
                | ReplicaError::Paper(_)
                | ReplicaError::ForeignHome { .. }
                | ReplicaError::ClocksDiffer { .. } => true,
                ReplicaError::Store(_)
                | ReplicaError::Corrupt(_)
                | ReplicaError::Incomplete(_)
                | ReplicaError::NotSaved(_)
                | ReplicaError::Revoked(_) => false,
            },
            Self::Closed(_) => false,
        }
    }
}

impl From<CaseError> for ReplicaError {
    /// Keeps the words, for callers that can only pass on the replica's own errors.
    fn from(error: CaseError) -> Self {
        match error {
            CaseError::Replica(error) => error,
            other => Self::NotSaved(other.to_string()),
        }
    }
}

fn breaches(breaches: &[Breach]) -> String {
    let words: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    words.join("; ")
}

/// What this machine's replica says, in Chinese, with its own words where it has no others.
fn machine_zh(error: &ReplicaError) -> String {
    match error {
        ReplicaError::Refused(refusal) => refusal.zh(),
        ReplicaError::Entry(_) | ReplicaError::Paper(_) => {
            format!("内容不合要求或超出长度，未保存（{error}）")
        }
        ReplicaError::ForeignHome { home, centre } => {
            format!("本机属于 {centre}，不保存 {home} 的文件")
        }
        ReplicaError::Store(_) => format!("本机存储出错，未保存（{error}）"),
        ReplicaError::Corrupt(_) => format!("本机存储内容有误，请运行 check（{error}）"),
        ReplicaError::NotSaved(why) => format!("未保存：{why}"),
        ReplicaError::Incomplete(journal) => {
            format!("{journal} 缺少本机以前签署的记录，请待其传回或恢复备份后再办")
        }
        ReplicaError::Revoked(at) => format!("本机已自 {} 起停用，请联系市级", at.to_minute()),
        ReplicaError::ClocksDiffer { node, centre, until, here } => format!(
            "{centre} 的机器 {node} 时钟超前：其记录的时间为 {}，本机现为 {}，未保存。请核对两台机器的时钟，或待该时刻之后再记录",
            until.to_minute(),
            here.to_minute(),
        ),
    }
}

fn names(due: &[String]) -> String {
    if due.is_empty() { "none".to_owned() } else { due.join(", ") }
}

/// What a counter may record instead from that state, for an error message.
pub(crate) fn instead(fault: &Fault) -> String {
    let Fault::NotAllowed { from, .. } = fault else { return String::new() };
    // What moves a case on; the green channel does not.
    let is_of_green =
        |kind: &EventKind| matches!(kind, EventKind::OpenGreen | EventKind::CloseGreen);
    let kinds = kinds().filter(|kind| from.after(*kind).is_some() && !kind.is_of_supervision());
    let kinds = kinds.filter(|kind| !is_of_green(kind));
    let words = kinds.map(|kind| format!("`{}` ({})", kind.en(), kind.zh()));
    format!("; it takes {}", words.collect::<Vec<_>>().join(", "))
}

fn in_words(differs: &[Difference], is_chinese: bool) -> String {
    let words = differs.iter().map(|it| if is_chinese { &*it.zh } else { &*it.en });
    words.collect::<Vec<_>>().join(if is_chinese { "、" } else { ", " })
}

#[cfg(test)]
mod tests {
    use tongban_protocol::document::Refusal;
    use tongban_protocol::journal::JournalId;
    use tongban_protocol::place::Home;
    use tongban_protocol::post::Gap;
    use tongban_protocol::time::Timestamp;

    use super::*;
    use crate::cases::fixture::town;
    use crate::store::StoreError;

    /// One of each, in the order in which they are declared.
    fn all() -> Vec<CaseError> {
        let town = town();
        let (centre, author) = (town.member().centre(), town.member().author());
        let home = Home::office(centre);
        let id = DocumentId { home, name: tongban_protocol::post::document_name("李芳") };
        let text = String::new;
        let replica = |error: ReplicaError| CaseError::Replica(error);
        vec![
            CaseError::NotFound(id),
            CaseError::NoParts(id),
            CaseError::Unlawful { fault: Fault::NoPermit },
            CaseError::NoSuchCard { name: text(), due: Vec::new() },
            CaseError::IssuedTwice { name: text(), on: Date::ZERO },
            CaseError::NotOnLine { part: text(), centre },
            CaseError::NotLeading { centre },
            CaseError::NothingToRefer,
            CaseError::Vacant(Vacancy::Own { name: text(), gap: Gap::None }),
            CaseError::PartnersCause { by: text(), handler: text() },
            CaseError::NoMatch(text()),
            CaseError::TooManyMatches(1),
            CaseError::Rating(RatingFault::Already),
            CaseError::Empty("by"),
            CaseError::RequestId(0),
            CaseError::NoNumber(NoNumberLeft::Day(Date::ZERO)),
            CaseError::Number {
                typed: text(),
                error: "x".parse::<tongban_protocol::number::CaseNumber>().unwrap_err(),
            },
            CaseError::Reused { id, number: text(), differs: Vec::new() },
            CaseError::Foreseen(Vec::new()),
            CaseError::Moved,
            CaseError::Closed(Closed),
            replica(StoreError::Stopped { cause: text() }.into()),
            replica(Refusal::TooLong(1).into()),
            replica(ReplicaError::Corrupt(text())),
            replica(ReplicaError::NotSaved(text())),
            replica(ReplicaError::ForeignHome { home, centre }),
            replica(ReplicaError::Incomplete(JournalId { home, author })),
            replica(ReplicaError::Revoked(Timestamp(0))),
            replica(ReplicaError::ClocksDiffer {
                node: author.node,
                centre,
                until: Timestamp(0),
                here: Timestamp(0),
            }),
        ]
    }

    #[test]
    fn every_error_says_in_chinese_what_is_wrong() {
        for error in all() {
            let zh = error.zh();
            let is_chinese = zh.chars().any(|char| ('一'..='龥').contains(&char));
            assert!(is_chinese, "{error:?}: `{zh}`");
            assert!(!zh.contains("+08:00"), "for people: `{zh}`");
        }
    }
}
