//! What supervision looks for, and what it gives.

use minicbor::{Decode, Decoder, Encode, Encoder};
use serde::{Deserialize, Serialize};

use crate::case::ClockKind;

/// 等次: how grave a card is.
#[derive(
    Clone, Copy, Debug, Decode, Deserialize, Encode, Eq, Ord, PartialEq, PartialOrd, Serialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// 预警: nothing is broken yet.
    #[n(0)]
    Warning,
    /// 黄牌.
    #[n(1)]
    Yellow,
    /// 红牌.
    #[n(2)]
    Red,
}

impl Level {
    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Warning => "预警",
            Self::Yellow => "黄牌",
            Self::Red => "红牌",
        }
    }
}

/// A clock that a rule watches; every step's at once.
#[derive(
    Clone, Copy, Debug, Decode, Deserialize, Encode, Eq, Ord, PartialEq, PartialOrd, Serialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum Watched {
    /// 告知时限.
    #[n(0)]
    Notice,
    /// 法定时限.
    #[n(1)]
    Legal,
    /// 承诺时限.
    #[n(2)]
    Promise,
    /// 环节时限.
    #[n(3)]
    Step,
    /// 上报时限.
    #[n(4)]
    Review,
    /// 送达时限.
    #[n(5)]
    Delivery,
    /// 交接时限, of joint cases.
    #[n(6)]
    HandOver,
    /// 补发文书时限, of joint cases.
    #[n(7)]
    Paper,
    /// 听证时限.
    #[n(8)]
    Hearing,
}

impl Watched {
    pub(super) const fn of(kind: ClockKind) -> Self {
        match kind {
            ClockKind::Notice => Self::Notice,
            ClockKind::Legal => Self::Legal,
            ClockKind::Promise => Self::Promise,
            ClockKind::Step(_) => Self::Step,
            ClockKind::Review => Self::Review,
            ClockKind::Delivery => Self::Delivery,
            ClockKind::HandOver => Self::HandOver,
            ClockKind::Paper => Self::Paper,
            ClockKind::Hearing => Self::Hearing,
        }
    }
}

/// Something wrong that an event shows.
#[derive(
    Clone, Copy, Debug, Decode, Deserialize, Encode, Eq, Ord, PartialEq, PartialOrd, Serialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// 视为受理: nobody spoke within five days.
    #[n(0)]
    DeemedAcceptance,
    /// 二次补正.
    #[n(1)]
    SecondNotice,
    /// 要求清单以外的材料.
    #[n(2)]
    UnlistedMaterial,
    /// 未出具文书.
    #[n(3)]
    NoDocument,
    /// 指南未列的特别程序.
    #[n(4)]
    UnlistedProcedure,
    /// 现场核查少于两人.
    #[n(5)]
    WentAlone,
    /// 补录.
    #[n(6)]
    LateEntry,
    /// 无理由拒绝: refused without its reason or remedy.
    #[n(7)]
    RefusedWithoutReason,
    /// 无依据收费.
    #[n(8)]
    NoFeeBasis,
    /// 投诉属实.
    #[n(9)]
    Complaint,
    /// 逾期才申请延期.
    #[n(10)]
    LateExtension,
    /// 承诺与目录不符: the receipt says other terms than the version that it names.
    #[n(90)]
    TermsDiffer,
}

/// When a rule applies.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub enum Trigger {
    /// A clock runs, and so much of its limit is used, in percent.
    #[n(0)]
    Used(#[n(0)] Watched, #[n(1)] u8),
    /// A clock runs, and at most so many days of it are left.
    #[n(1)]
    Left(#[n(0)] Watched, #[n(1)] u16),
    /// The last day of a clock went by more than so many working days ago; 0 is any.
    #[n(2)]
    Over(#[n(0)] Watched, #[n(1)] u16),
    /// A special procedure lasts longer than the applicant was told.
    #[n(3)]
    PauseOver,
    /// An event shows something wrong.
    #[n(4)]
    Marked(#[n(0)] Mark),
    /// 超时默许: an authority was silent past the limit of its part.
    #[n(5)]
    Silent,
    /// 缺席默认: an authority stayed away from the meeting on its part.
    #[n(20)]
    Absent,
}

/// One rule.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Rule {
    /// Its name in the set, such as `promise-over`.
    #[n(0)]
    pub id: String,
    /// What a card says for it.
    #[n(1)]
    pub title: String,
    /// When it applies.
    #[n(2)]
    pub trigger: Trigger,
    /// What it gives.
    #[n(3)]
    pub level: Level,
    /// Points off the month's score.
    #[n(4)]
    pub points: u16,
    /// Working days within which the centre must answer in writing; `None` where it need not.
    #[n(5)]
    pub answer_days: Option<u16>,
}

/// The rules in force.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RuleSet {
    rules: Vec<Rule>,
}

/// Why rules were refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RulesError {
    /// Two rules have one name.
    #[error("two rules have the name `{0}`; rename one")]
    Twice(String),
    /// A share is none.
    #[error("rule `{id}`: {percent} % is no share of a limit; write 1 to 100")]
    Percent {
        /// The rule.
        id: String,
        /// What it says.
        percent: u8,
    },
    /// A red card is for what is broken.
    #[error("rule `{0}` gives a red card before anything is broken; give `warning` or `yellow`")]
    TooGrave(String),
    /// A graver card comes sooner than a lighter one for the same clock.
    #[error(
        "rule `{graver}` gives its card {}, before `{lighter}` {}: the graver must not come first",
        sooner.moment(),
        later.moment()
    )]
    Contradiction {
        /// The graver rule.
        graver: String,
        /// When it applies.
        sooner: Trigger,
        /// The lighter rule.
        lighter: String,
        /// When it applies.
        later: Trigger,
    },
}

impl RulesError {
    /// What is wrong and what to do, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Twice(id) => format!("有两条规则都叫“{id}”，请改名"),
            Self::Percent { id, percent } => {
                format!("规则“{id}”的 {percent}% 不是时限的比例，请写 1 至 100")
            }
            Self::TooGrave(id) => {
                format!("规则“{id}”在尚未违规时就发红牌，请改为预警或黄牌")
            }
            Self::Contradiction { graver, sooner, lighter, later } => format!(
                "规则“{graver}”{}发牌，早于较轻的“{lighter}”（{}）；较重的牌不能先发",
                sooner.moment_zh(),
                later.moment_zh()
            ),
        }
    }
}

impl Trigger {
    /// True where it applies to a clock before the other applies to the same one, whatever the
    /// length of the limit. A share of the limit and days that are left do not compare.
    fn comes_before(self, other: Self) -> bool {
        match (self, other) {
            (Self::Used(clock, sooner), Self::Used(same, later)) => clock == same && sooner < later,
            (Self::Left(clock, sooner), Self::Left(same, later)) => clock == same && sooner > later,
            (Self::Over(clock, sooner), Self::Over(same, later)) => clock == same && sooner < later,
            (Self::Used(clock, _) | Self::Left(clock, _), Self::Over(same, _)) => clock == same,
            _ => false,
        }
    }

    /// When a rule on a clock applies, in words.
    fn moment(self) -> String {
        match self {
            Self::Used(_, percent) => format!("at {percent} % of the limit"),
            Self::Left(_, days) => format!("with {days} days left"),
            Self::Over(_, days) => format!("after {days} days"),
            Self::PauseOver | Self::Marked(_) | Self::Silent | Self::Absent => String::new(),
        }
    }

    fn moment_zh(self) -> String {
        match self {
            Self::Used(_, percent) => format!("用去时限 {percent}% 时"),
            Self::Left(_, days) => format!("还剩 {days} 天时"),
            Self::Over(_, days) => format!("超过 {days} 天后"),
            Self::PauseOver | Self::Marked(_) | Self::Silent | Self::Absent => String::new(),
        }
    }
}

impl RuleSet {
    /// Takes rules that do not contradict each other.
    ///
    /// # Errors
    ///
    /// The first [`RulesError`].
    pub fn new(rules: Vec<Rule>) -> Result<Self, RulesError> {
        for (at, rule) in rules.iter().enumerate() {
            if rules[..at].iter().any(|earlier| earlier.id == rule.id) {
                return Err(RulesError::Twice(rule.id.clone()));
            }
            match rule.trigger {
                Trigger::Used(_, percent) if !(1..=100).contains(&percent) => {
                    return Err(RulesError::Percent { id: rule.id.clone(), percent });
                }
                Trigger::Used(..) | Trigger::Left(..) if rule.level == Level::Red => {
                    return Err(RulesError::TooGrave(rule.id.clone()));
                }
                _ => {}
            }
            for other in &rules {
                if rule.level > other.level && rule.trigger.comes_before(other.trigger) {
                    return Err(RulesError::Contradiction {
                        graver: rule.id.clone(),
                        sooner: rule.trigger,
                        lighter: other.id.clone(),
                        later: other.trigger,
                    });
                }
            }
        }
        Ok(Self { rules })
    }

    /// The rules, in their order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of a name.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

impl<C> Encode<C> for RuleSet {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        self.rules.encode(encoder, context)
    }
}

impl<'b, C> Decode<'b, C> for RuleSet {
    fn decode(decoder: &mut Decoder<'b>, context: &mut C) -> Result<Self, minicbor::decode::Error> {
        let rules = Vec::decode(decoder, context)?;
        Self::new(rules).map_err(|error| minicbor::decode::Error::message(error.to_string()))
    }
}
