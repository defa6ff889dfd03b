//! Why an event has no effect, in words.

mod en;

use jiff::civil::Date;
use serde::Serialize;

use super::hand::{is_ruling, tier_zh};
use super::joint::{AbsenceFault, Answer};
use super::law::RULES;
use super::need::Need;
use super::sequence::Untimely;
use super::state::State;
use crate::document::{EventKind, Role};
use crate::place::Tier;
use crate::time::Timestamp;

/// Why an event is not lawful. It is refused at the counter; arriving from elsewhere it is kept
/// without effect.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum Fault {
    /// No rule allows it from the state reached so far.
    NotAllowed {
        /// The state reached so far.
        from: State,
        /// What was tried.
        event: EventKind,
    },
    /// Something must be said with it.
    Missing {
        /// What.
        need: Need,
        /// Of which event.
        event: EventKind,
        /// By which article.
        article: &'static str,
    },
    /// Somebody else must record it.
    WrongRole {
        /// Who tried.
        role: Role,
        /// What.
        event: EventKind,
        /// By which article.
        article: &'static str,
    },
    /// Only the authority that decides may do so, and only a centre above rules on its cards.
    WrongTier {
        /// What.
        event: EventKind,
        /// Who tried.
        tier: Tier,
        /// Who decides, or handled the case.
        decides: Tier,
    },
    /// It says that it happened after it was recorded.
    NotYet {
        /// When, as it says.
        happened_at: Timestamp,
    },
    /// When it is said to have happened cannot be.
    Untimely(Untimely),
    /// It would last longer than anything that can be announced.
    TooManyDays {
        /// What.
        event: EventKind,
        /// What was tried, in working days.
        days: u16,
        /// What is taken.
        days_max: u16,
    },
    /// Only a permit can be renewed.
    NoPermit,
    /// It says that it happened before the application was received.
    BeforeReceipt {
        /// When that was.
        received_on: Date,
        /// When this was, as it says.
        happened_on: Date,
    },
    /// The limit was over already (延期须在期满前).
    ExtensionAfterExpiry {
        /// The last day of the legal limit.
        due: Date,
        /// When the extension was recorded.
        on: Date,
    },
    /// The extension is longer than the law allows.
    ExtensionTooLong {
        /// What was tried, in working days.
        days: u16,
        /// What is allowed.
        days_max: u16,
    },
    /// A limit is extended once.
    ExtendedTwice,
    /// No such card was issued, or it was withdrawn.
    NoSuchCard {
        /// What was named.
        name: String,
    },
    /// The time for an appeal is over.
    AppealTooLate {
        /// The last day.
        due: Date,
        /// When it was recorded.
        on: Date,
    },
    /// A card is appealed against once.
    AppealedTwice,
    /// There is no appeal, or it was ruled on.
    NothingToRule,
    /// Whoever looks at a case that was drawn has had a hand in it.
    OwnSample {
        /// Who.
        by: String,
    },
    /// What the sample showed was said already.
    SampledTwice,
    /// Whoever rules has had a hand in the case.
    OwnCause {
        /// Who.
        by: String,
    },
    /// Only a joint case, or a part of one, has such events.
    NotJoint {
        /// What was tried.
        event: EventKind,
    },
    /// The plan has no such part.
    NoSuchPart {
        /// The place that was named, from 0.
        place: u16,
    },
    /// Another tier decides this part.
    NotYourPart {
        /// Which.
        decides: Tier,
    },
    /// 并联部门尚未答复: parts have not answered, or were never referred.
    Unanswered {
        /// Their names.
        parts: Vec<String>,
    },
    /// Nothing in the case lets the part count so.
    NotThatAnswer {
        /// The part.
        part: String,
        /// What was named.
        answer: Answer,
    },
    /// Nobody was called together.
    NotConvened,
    /// They have not met yet.
    NotMet {
        /// When they meet.
        meets_at: Timestamp,
    },
    /// The part was not called.
    NotInvited {
        /// Its name.
        part: String,
    },
    /// 超时默许: the silence stands; the paper is owed, and it cannot be a refusal.
    SilenceStands {
        /// The last day of the limit that went by.
        due: Date,
    },
    /// 缺席默认 cannot count, or stands.
    Absence(AbsenceFault),
    /// 视为准予延续: the permit was renewed by law when nobody decided before it ended.
    RenewalStands,
    /// No two decisions contradict each other here, or it was settled.
    NothingToResolve,
    /// The investment is not above what the green channel asks for.
    BelowThreshold {
        /// What is invested, in yuan.
        amount_yuan: u64,
        /// What had to be exceeded, in yuan.
        threshold_yuan: u64,
    },
    /// The green channel is open already.
    GreenTwice,
    /// There is no green channel to close.
    NotGreen,
}

impl Fault {
    /// The article that is broken; empty where it is no article of the law.
    #[must_use]
    pub fn article(&self) -> &'static str {
        match self {
            Self::NotAllowed { event, .. } => {
                RULES.iter().find(|rule| rule.event == *event).map_or("", |rule| rule.article)
            }
            Self::Missing { article, .. } | Self::WrongRole { article, .. } => article,
            Self::RenewalStands | Self::NoPermit => "50",
            Self::TooManyDays { event, .. } => {
                RULES.iter().find(|rule| rule.event == *event).map_or("", |rule| rule.article)
            }
            Self::WrongTier { event: EventKind::Extend, .. }
            | Self::ExtensionAfterExpiry { .. }
            | Self::ExtensionTooLong { .. }
            | Self::ExtendedTwice => "42",
            Self::WrongTier {
                event: EventKind::StartProcedure | EventKind::EndProcedure, ..
            } => "45",
            Self::WrongTier { .. }
            | Self::NotYet { .. }
            | Self::Untimely(_)
            | Self::BeforeReceipt { .. }
            | Self::NoSuchCard { .. }
            | Self::AppealTooLate { .. }
            | Self::AppealedTwice
            | Self::NothingToRule
            | Self::OwnSample { .. }
            | Self::SampledTwice
            | Self::OwnCause { .. }
            | Self::NotJoint { .. }
            | Self::NoSuchPart { .. }
            | Self::NotYourPart { .. }
            | Self::Unanswered { .. }
            | Self::NotThatAnswer { .. }
            | Self::NotConvened
            | Self::NotMet { .. }
            | Self::NotInvited { .. }
            | Self::SilenceStands { .. }
            | Self::Absence(_)
            | Self::NothingToResolve
            | Self::BelowThreshold { .. }
            | Self::GreenTwice
            | Self::NotGreen => "",
        }
    }

    /// What is wrong and what to do, for the page.
    #[must_use]
    pub fn zh(&self) -> String {
        let said = match self {
            Self::NotAllowed { from, event } => self.not_allowed_zh(*from, *event),
            Self::Missing { need, event, .. } => {
                format!("“{}”须写明{}", event.zh(), need.zh())
            }
            Self::WrongRole { role, event, .. } => format!(
                "{}不能“{}”，须由{}办理",
                role.zh(),
                event.zh(),
                roles(*event).map(Role::zh).collect::<Vec<_>>().join("、")
            ),
            Self::WrongTier { event, decides, .. } if is_ruling(*event) => {
                format!("本件由{}办理，“{}”须由其上级作出", tier_zh(*decides), event.zh())
            }
            Self::WrongTier { event, tier, decides } => {
                format!("本件由{}决定，{}不能“{}”", tier_zh(*decides), tier_zh(*tier), event.zh())
            }
            Self::NotYet { happened_at } => {
                format!("发生时间 {} 还没有到", happened_at.to_minute())
            }
            Self::BeforeReceipt { received_on, happened_on } => {
                format!("发生日期 {happened_on} 早于收件日期 {received_on}")
            }
            Self::ExtensionAfterExpiry { due, on } => {
                format!("法定时限已于 {due} 届满，{on} 不能再延期")
            }
            Self::ExtensionTooLong { days, days_max } => {
                format!("延期 {days} 个工作日，超过法律允许的 {days_max} 个工作日")
            }
            Self::ExtendedTwice => "已经延期一次，不能再次延期".to_owned(),
            Self::NoSuchCard { name } => format!("本件没有发过“{name}”，或者已经撤销"),
            Self::AppealTooLate { due, on } => format!("申诉最迟应于 {due} 提出，{on} 已经逾期"),
            Self::AppealedTwice => "该牌已经申诉过一次".to_owned(),
            Self::NothingToRule => "该牌没有待裁定的申诉".to_owned(),
            Self::OwnSample { by } => format!("{by} 经办过本件，不能抽查本件"),
            Self::SampledTwice => "本次抽查已经登记过本件的结果".to_owned(),
            Self::OwnCause { by } => format!("{by} 经办过本件，不能作出裁定"),
            Self::NotJoint { event } => format!("本件不是并联办件，不能“{}”", event.zh()),
            Self::NoSuchPart { place } => {
                format!("联办方案中没有第 {} 个事项", u32::from(*place) + 1)
            }
            Self::NotYourPart { decides } => format!("本事项由{}决定", tier_zh(*decides)),
            Self::Unanswered { parts } => format!("尚未答复：{}", parts.join("、")),
            Self::NotThatAnswer { part, answer } => {
                format!("“{part}”不能按“{}”计", answer.zh())
            }
            Self::NotConvened => "没有召集过联合踏勘或联审会".to_owned(),
            Self::NotMet { meets_at } => format!("联合踏勘或联审会定于 {meets_at}，尚未召开"),
            Self::NotInvited { part } => format!("“{part}”没有被召集"),
            Self::SilenceStands { due } => {
                format!("{due} 届满未答复，已按超时默许计，只能补发文书，不能再不予")
            }
            Self::Absence(fault) => fault.zh(),
            Self::Untimely(fault) => fault.zh(),
            Self::TooManyDays { days, days_max, .. } => {
                format!("{days} 个工作日超过 {days_max} 个，不能按此告知")
            }
            Self::NoPermit => "只有行政许可事项可以申请延续".to_owned(),
            Self::RenewalStands => "原许可届满前未作决定，依法视为准予延续，不能再不予".to_owned(),
            Self::NothingToResolve => "本件没有待裁决的相互抵触的决定".to_owned(),
            Self::BelowThreshold { amount_yuan, threshold_yuan } => {
                format!("投资额 {amount_yuan} 元没有超过 {threshold_yuan} 元，不能以此开通绿色通道")
            }
            Self::GreenTwice => "绿色通道已经开通".to_owned(),
            Self::NotGreen => "本件没有开通绿色通道".to_owned(),
        };
        match self.article() {
            "" => said,
            article => format!("{said}（行政许可法第 {article} 条）"),
        }
    }

    fn not_allowed_zh(&self, from: State, event: EventKind) -> String {
        let said = format!("办件处于“{}”，不能“{}”", from.zh(), event.zh());
        match self.article() {
            "" => format!("{said}（办件规则：限于{}）", states(event, State::zh, "、")),
            _ => said,
        }
    }
}

/// The states from which an event is taken, for what no article says.
fn states(event: EventKind, word: fn(State) -> &'static str, between: &str) -> String {
    let rules = RULES.iter().filter(|rule| rule.event == event);
    let words: Vec<&str> = rules.flat_map(|rule| rule.from).map(|from| word(*from)).collect();
    words.join(between)
}

fn roles(event: EventKind) -> impl Iterator<Item = Role> {
    let rule = RULES.iter().find(move |rule| rule.event == event);
    rule.map_or(&[] as &[Role], |rule| rule.roles).iter().copied()
}
