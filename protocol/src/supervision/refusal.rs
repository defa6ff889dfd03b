//! Why rules of supervision are refused, in words.

use super::rules::{ANSWER_DAYS_MAX, POINTS_MAX, Trigger};

/// Why rules were refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RulesError {
    /// Two rules have one name.
    #[error("two rules have the name `{0}`; rename one")]
    Twice(String),
    /// There is no rule at all.
    #[error("the set has no rules; write at least one")]
    Empty,
    /// A rule has no name, or one that cards cannot bear.
    #[error(
        "`{0}` is no name of a rule; write one without blanks and without `/`, such as `promise-over`"
    )]
    Id(String),
    /// A rule does not say what its cards say.
    #[error("rule `{0}` has no title; say what its cards say")]
    Untitled(String),
    /// More points than there are.
    #[error("rule `{id}` takes {points} points off, above the limit of {POINTS_MAX}")]
    Points {
        /// The rule.
        id: String,
        /// What it says.
        points: u16,
    },
    /// Days for an answer that are none, or too many.
    #[error(
        "rule `{id}` gives {days} working days for an answer; write 1 to {ANSWER_DAYS_MAX}, or leave `answer_days` out"
    )]
    AnswerDays {
        /// The rule.
        id: String,
        /// What it says.
        days: u16,
    },
    /// Two rules apply at the same moment and give different cards.
    #[error(
        "rules `{graver}` and `{lighter}` apply at the same moment, and `{lighter}` can never give its card; keep one, or move one"
    )]
    SameMoment {
        /// The graver rule.
        graver: String,
        /// The lighter rule.
        lighter: String,
    },
    /// A graver card takes fewer points off than a lighter one.
    #[error("rule `{}` takes {} points off, fewer than the lighter `{}` with {}", graver.0, graver.1, lighter.0, lighter.1)]
    FewerPoints {
        /// The graver rule, and its points.
        graver: (String, u16),
        /// The lighter rule, and its points.
        lighter: (String, u16),
    },
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
            Self::Empty => "规则集没有规则，请至少写一条".to_owned(),
            Self::Id(id) => format!("“{id}”不能作规则名，请写不含空格和“/”的名称，如 promise-over"),
            Self::Untitled(id) => format!("规则“{id}”没有标题，请写明牌面文字"),
            Self::Points { id, points } => {
                format!("规则“{id}”扣 {points} 分，超过上限 {POINTS_MAX} 分")
            }
            Self::AnswerDays { id, days } => format!(
                "规则“{id}”的书面答复期限为 {days} 个工作日，请写 1 至 {ANSWER_DAYS_MAX}，不需答复的不写 answer_days"
            ),
            Self::SameMoment { graver, lighter } => format!(
                "规则“{graver}”与“{lighter}”同时发牌，“{lighter}”永远不会生效，请只留一条或错开"
            ),
            Self::FewerPoints { graver, lighter } => format!(
                "规则“{}”扣 {} 分，少于较轻的“{}”（{} 分）",
                graver.0, graver.1, lighter.0, lighter.1
            ),
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
