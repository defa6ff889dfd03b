//! Coded words: what may be said of an event in one of a few ways only.

use minicbor::{Decode, Encode};

/// 岗位: in which capacity somebody acts.
#[derive(Clone, Copy, Debug, Decode, Default, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Role {
    /// 窗口.
    #[n(0)]
    #[default]
    Window,
    /// B 岗: stands in for the window.
    #[n(1)]
    Partner,
    /// 部门.
    #[n(2)]
    Department,
    /// 首席代表, and above him the head of the agency in whose name he signs.
    #[n(3)]
    Chief,
    /// 监察.
    #[n(4)]
    Supervisor,
}

/// 特别程序: what 行政许可法 45 keeps out of the limits. The list is closed.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Procedure {
    /// 听证.
    #[n(0)]
    Hearing,
    /// 招标.
    #[n(1)]
    Tender,
    /// 拍卖.
    #[n(2)]
    Auction,
    /// 检验.
    #[n(3)]
    Inspection,
    /// 检测.
    #[n(4)]
    Testing,
    /// 检疫.
    #[n(5)]
    Quarantine,
    /// 鉴定.
    #[n(6)]
    Appraisal,
    /// 专家评审.
    #[n(7)]
    ExpertReview,
}

/// 决定结果.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Outcome {
    /// 准予.
    #[n(0)]
    Granted,
    /// 不予.
    #[n(1)]
    Refused,
    /// 转报: handed to another authority, which decides.
    #[n(2)]
    Forwarded,
}

/// Why a case was not accepted, or ended before a decision.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Ground {
    /// 依法不需要许可 (32-1): 不受理.
    #[n(0)]
    NotRequired,
    /// 不属本机关职权 (32-2): 不予受理, and the right agency is named.
    #[n(1)]
    NotCompetent,
    /// 材料逾期未补.
    #[n(2)]
    NotSupplemented,
    /// 主体灭失: the applicant died or was dissolved.
    #[n(3)]
    ApplicantGone,
    /// 其他, with its reason.
    #[n(4)]
    Other,
}

/// 申诉理由: why a card should not stand.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum AppealGround {
    /// 系统或网络故障.
    #[n(0)]
    Outage,
    /// 日历变更.
    #[n(1)]
    CalendarChange,
    /// 配置错误: the item or a rule was set wrongly.
    #[n(2)]
    WrongSetting,
    /// 申请人原因: told to come, and did not.
    #[n(3)]
    Applicant,
    /// 特别程序漏记: a special procedure was not recorded, or wrongly.
    #[n(4)]
    PauseMisrecorded,
}

/// 裁定.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Ruling {
    /// 维持: the card stands.
    #[n(0)]
    Upheld,
    /// 撤销: the card is withdrawn.
    #[n(1)]
    Withdrawn,
}

/// 满意度, of the national scale of five.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Satisfaction {
    /// 非常不满意.
    #[n(1)]
    VeryDissatisfied,
    /// 不满意.
    #[n(2)]
    Dissatisfied,
    /// 基本满意.
    #[n(3)]
    BasicallySatisfied,
    /// 满意.
    #[n(4)]
    Satisfied,
    /// 非常满意.
    #[n(5)]
    VerySatisfied,
}

impl Satisfaction {
    /// From 5 for 非常满意 to 1.
    #[must_use]
    pub const fn level(self) -> u8 {
        match self {
            Self::VeryDissatisfied => 1,
            Self::Dissatisfied => 2,
            Self::BasicallySatisfied => 3,
            Self::Satisfied => 4,
            Self::VerySatisfied => 5,
        }
    }
}

/// Gives each variant of an enum its words, for the page and for scripts.
macro_rules! words {
    ($name:ident, $what:literal: $($variant:ident $code:literal $zh:literal,)+) => {
        impl $name {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for the page.
            #[must_use]
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$variant => $zh),+ }
            }

            /// The word for scripts.
            #[must_use]
            pub const fn en(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.en())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::document::UnknownWord;

            /// Reads the word for scripts, or the one for the page.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().find(|it| it.en() == text || it.zh() == text);
                found.copied().ok_or_else(|| $crate::document::UnknownWord {
                    word: text.chars().take(60).collect(),
                    what: $what,
                    known: Self::ALL.iter().map(|it| it.en()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

pub(crate) use words;

/// A word that stands for nothing here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{word}` is no {what}; there are {known}")]
pub struct UnknownWord {
    /// The word.
    pub word: String,
    /// What was looked for.
    pub what: &'static str,
    /// The words that there are.
    pub known: String,
}

words! { Role, "role":
    Window "window" "窗口",
    Partner "partner" "B 岗",
    Department "department" "部门",
    Chief "chief" "首席代表",
    Supervisor "supervisor" "监察",
}

words! { Procedure, "special procedure":
    Hearing "hearing" "听证",
    Tender "tender" "招标",
    Auction "auction" "拍卖",
    Inspection "inspection" "检验",
    Testing "testing" "检测",
    Quarantine "quarantine" "检疫",
    Appraisal "appraisal" "鉴定",
    ExpertReview "expert-review" "专家评审",
}

words! { Outcome, "outcome":
    Granted "granted" "准予",
    Refused "refused" "不予",
    Forwarded "forwarded" "转报",
}

words! { AppealGround, "ground of an appeal":
    Outage "outage" "系统或网络故障",
    CalendarChange "calendar-change" "日历变更",
    WrongSetting "wrong-setting" "配置错误",
    Applicant "applicant" "申请人原因",
    PauseMisrecorded "pause-misrecorded" "特别程序漏记",
}

words! { Ruling, "ruling":
    Upheld "upheld" "维持",
    Withdrawn "withdrawn" "撤销",
}

words! { Satisfaction, "rating":
    VeryDissatisfied "very-dissatisfied" "非常不满意",
    Dissatisfied "dissatisfied" "不满意",
    BasicallySatisfied "basically-satisfied" "基本满意",
    Satisfied "satisfied" "满意",
    VerySatisfied "very-satisfied" "非常满意",
}

words! { Ground, "ground":
    NotRequired "not-required" "依法不需要许可",
    NotCompetent "not-competent" "不属本机关职权",
    NotSupplemented "not-supplemented" "材料逾期未补",
    ApplicantGone "applicant-gone" "主体灭失",
    Other "other" "其他",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_it_is_written_and_an_unknown_one_names_those_there_are() {
        for role in Role::ALL {
            assert_eq!(role.en().parse(), Ok(*role));
        }
        for procedure in Procedure::ALL {
            assert_eq!(procedure.en().parse(), Ok(*procedure));
        }
        let refusal = "maybe".parse::<Outcome>().unwrap_err().to_string();
        assert_eq!(refusal, "`maybe` is no outcome; there are granted, refused, forwarded");
    }
}
