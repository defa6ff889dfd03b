//! What was wrong with an event that has its effect nevertheless, in words.

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use super::law::DELIVERY_DAYS;
use super::terms::TermsPart;

/// What was wrong with an event that has its effect nevertheless. Supervision reads it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum Breach {
    /// 二次补正: a second notice asks for what could have been asked the first time (32-4).
    SecondNotice {
        /// What was asked too late.
        materials: Vec<String>,
    },
    /// A material was asked for that is not on the item's list, and no reason was given (31).
    UnlistedMaterial {
        /// What.
        materials: Vec<String>,
    },
    /// Nobody spoke within five days: the case counts as accepted since its receipt (32-4).
    DeemedAcceptance {
        /// The last day on which somebody could.
        due: Date,
    },
    /// No number of the paper that the applicant must be given (32, last paragraph).
    NoDocument,
    /// The guide does not speak of this special procedure (45).
    UnlistedProcedure,
    /// 环节不符: the guide has no step of that name, so that no step of it ends.
    UnlistedStep {
        /// The name that was given; empty where none was.
        step: String,
    },
    /// One person went to a site check where two must go (34).
    WentAlone,
    /// 补录: it was recorded more than a working day after it happened.
    LateEntry {
        /// Working days between.
        days: u32,
    },
    /// Money was taken without a law that says so (58).
    NoFeeBasis {
        /// How much, in 分.
        fee: u64,
    },
    /// A complaint was found true.
    Complaint {
        /// Of what.
        reason: String,
    },
    /// It was granted and handed over after ten days (44).
    LateDelivery {
        /// The last day.
        due: Date,
    },
    /// 承诺与目录不符: the receipt promised something else than the version that it names.
    TermsDiffer {
        /// In what.
        parts: Vec<TermsPart>,
    },
}

impl Breach {
    /// What is wrong, for the page.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::SecondNotice { materials } => {
                format!("二次补正：{}本应一次告知", materials.join("、"))
            }
            Self::UnlistedMaterial { materials } => {
                format!("要求清单以外的材料且未说明理由：{}", materials.join("、"))
            }
            Self::DeemedAcceptance { due } => {
                format!("至 {due} 未告知补正，自收到材料之日起视为受理")
            }
            Self::NoDocument => "未登记文书号".to_owned(),
            Self::UnlistedProcedure => "办事指南没有列明该特别程序".to_owned(),
            Self::UnlistedStep { step } => {
                format!("办事指南没有环节“{step}”，环节时限不因此停止")
            }
            Self::WentAlone => "现场核查少于两人".to_owned(),
            Self::LateEntry { days } => format!("补录：发生 {days} 个工作日后才录入"),
            Self::NoFeeBasis { fee } => {
                format!("收费 {}.{:02} 元，没有依据", fee / 100, fee % 100)
            }
            Self::Complaint { reason } => format!("投诉属实：{reason}"),
            Self::LateDelivery { due } => {
                format!("最迟应于 {due}（{DELIVERY_DAYS} 个工作日内）送达")
            }
            Self::TermsDiffer { parts } => {
                let parts: Vec<&str> = parts.iter().map(|part| part.zh()).collect();
                format!("收件时所载{}与所引事项版本不符", parts.join("、"))
            }
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecondNotice { materials } => {
                write!(f, "{} could have been asked for the first time", materials.join(", "))
            }
            Self::UnlistedMaterial { materials } => {
                write!(f, "not on the item's list, and without a reason: {}", materials.join(", "))
            }
            Self::DeemedAcceptance { due } => {
                write!(f, "nobody spoke by {due}; accepted since its receipt")
            }
            Self::NoDocument => f.write_str("no number of the paper given to the applicant"),
            Self::UnlistedProcedure => {
                f.write_str("the guide does not speak of this special procedure")
            }
            Self::UnlistedStep { step } => {
                write!(f, "the guide has no step `{step}`; no limit of a step ends with it")
            }
            Self::WentAlone => f.write_str("fewer than two went to the site"),
            Self::LateEntry { days } => {
                write!(f, "recorded {days} working days after it happened")
            }
            Self::NoFeeBasis { fee } => {
                write!(f, "{}.{:02} yuan were taken without a basis", fee / 100, fee % 100)
            }
            Self::Complaint { reason } => write!(f, "a complaint was found true: {reason}"),
            Self::LateDelivery { due } => write!(f, "was to be handed over by {due}"),
            Self::TermsDiffer { parts } => {
                let parts: Vec<&str> = parts.iter().map(|part| part.en()).collect();
                write!(f, "not what the version of the item says: {}", parts.join(", "))
            }
        }
    }
}
