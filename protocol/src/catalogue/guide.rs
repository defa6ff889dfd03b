//! The parts of a guide (办事指南): limits, steps, materials, fees, and what is practical.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::kind::{Level, Necessity, OnlineStep, Origin, Way};
use crate::deadline::Limit;
use crate::document::Procedure;

/// A limit as the guide states it.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct StatedLimit {
    /// How long.
    #[n(0)]
    pub limit: Limit,
    /// What is said of it besides.
    #[n(1)]
    pub note: Option<String>,
}

impl From<Limit> for StatedLimit {
    fn from(limit: Limit) -> Self {
        Self { limit, note: None }
    }
}

/// A part of the procedure that the guide keeps out of the limit.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    /// Its name, as the guide has it; the law knows eight.
    #[n(0)]
    pub name: String,
    /// How long it takes.
    #[n(1)]
    pub limit: Option<StatedLimit>,
    /// What it rests on.
    #[n(2)]
    pub basis: Option<String>,
    /// What it costs.
    #[n(3)]
    pub fee: Option<String>,
    /// True where the guide counts it in the legal limit after all.
    #[n(4)]
    pub is_counted: Option<bool>,
}

impl Excluded {
    /// Which of the eight special procedures it is, by its Chinese word or the one for scripts.
    #[must_use]
    pub fn procedure(&self) -> Option<Procedure> {
        self.name.trim().parse().ok()
    }
}

/// A step of the procedure.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct ItemStep {
    /// Its name.
    #[n(0)]
    pub name: String,
    /// Who acts.
    #[n(1)]
    pub actor: Option<Level>,
    /// How long it may take.
    #[n(2)]
    pub limit: Option<StatedLimit>,
    /// 审查标准.
    #[n(3)]
    pub standard: Option<String>,
    /// The paper that it ends with.
    #[n(4)]
    pub result: Option<String>,
    /// The step to which it may send the case back.
    #[n(5)]
    pub may_return_to: Option<String>,
}

/// 受理条件.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// What must hold.
    #[n(0)]
    pub text: String,
    /// For whom.
    #[n(1)]
    pub applies_to: Option<String>,
}

/// 申请材料.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Its name, under which the counter ticks it off.
    #[n(0)]
    pub name: String,
    /// Whether it must be there.
    #[n(1)]
    pub necessity: Option<Necessity>,
    /// Who makes it out.
    #[n(2)]
    pub origin: Option<Origin>,
    /// By name.
    #[n(3)]
    pub issued_by: Option<String>,
    /// How many originals.
    #[n(4)]
    pub originals: Option<u16>,
    /// How many copies.
    #[n(5)]
    pub copies: Option<u16>,
    /// True where an electronic one will do.
    #[n(6)]
    pub may_be_electronic: Option<bool>,
    /// 规格.
    #[n(7)]
    pub format: Option<String>,
    /// 审查要点.
    #[n(8)]
    pub review_points: Option<String>,
    /// Where a filled-in sample is.
    #[n(9)]
    pub sample: Option<String>,
    /// Where the blank form is.
    #[n(10)]
    pub blank_form: Option<String>,
    /// True where one that was handed in before will do.
    #[n(11)]
    pub may_be_reused: Option<bool>,
    /// True where a written promise will do instead (告知承诺).
    #[n(12)]
    pub may_be_promised: Option<bool>,
}

impl Requirement {
    /// A material of which only the name is known.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            necessity: None,
            origin: None,
            issued_by: None,
            originals: None,
            copies: None,
            may_be_electronic: None,
            format: None,
            review_points: None,
            sample: None,
            blank_form: None,
            may_be_reused: None,
            may_be_promised: None,
        }
    }
}

/// 收费.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// True where something is charged.
    #[n(0)]
    pub is_charged: bool,
    /// 收费项目和标准.
    #[n(1)]
    pub standard: Option<String>,
    /// 收费依据: the law or regulation that allows it.
    #[n(2)]
    pub basis: Option<String>,
    /// 减免 and its basis.
    #[n(3)]
    pub reduction: Option<String>,
    /// True where it can be paid online.
    #[n(4)]
    pub is_payable_online: Option<bool>,
}

/// 法律依据.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// The law, regulation or document.
    #[n(0)]
    pub law: String,
    /// The article.
    #[n(1)]
    pub article: Option<String>,
    /// Its text.
    #[n(2)]
    pub text: Option<String>,
}

/// 审批结果.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct ResultPaper {
    /// Its name.
    #[n(0)]
    pub name: String,
    /// 证照, 批文 or other.
    #[n(1)]
    pub sort: Option<String>,
    /// 有效期.
    #[n(2)]
    pub valid_for: Option<String>,
    /// 送达方式.
    #[n(3)]
    pub delivery: Option<String>,
}

/// 中介服务: what a firm of the applicant's choice must do first.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Intermediary {
    /// Its name.
    #[n(0)]
    pub name: String,
    /// What it rests on.
    #[n(1)]
    pub basis: Option<String>,
    /// How long it may take.
    #[n(2)]
    pub limit: Option<StatedLimit>,
    /// What the price rests on.
    #[n(3)]
    pub fee_basis: Option<String>,
}

/// Where, when and how one applies.
#[derive(Clone, Debug, Decode, Default, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Practical {
    /// 办理形式.
    #[n(0)]
    pub ways: Option<Vec<Way>>,
    /// 网办深度.
    #[n(1)]
    pub online: Option<Vec<OnlineStep>>,
    /// 到办事现场次数.
    #[n(2)]
    pub visits: Option<u16>,
    /// 必须到现场原因.
    #[n(3)]
    pub visit_reason: Option<String>,
    /// 办理地点和窗口.
    #[n(4)]
    pub place: Option<String>,
    /// 办理时间.
    #[n(5)]
    pub hours: Option<String>,
    /// 咨询电话.
    #[n(6)]
    pub phone: Option<String>,
    /// 投诉电话.
    #[n(7)]
    pub complaints: Option<String>,
    /// 是否进驻大厅.
    #[n(8)]
    pub is_in_hall: Option<bool>,
    /// 支持预约.
    #[n(9)]
    pub is_bookable: Option<bool>,
    /// 支持物流.
    #[n(10)]
    pub is_posted: Option<bool>,
    /// 通办范围.
    #[n(11)]
    pub anywhere_in: Option<Level>,
    /// 主题分类.
    #[n(12)]
    pub themes: Option<Vec<String>>,
    /// 数量限制.
    #[n(13)]
    pub quota: Option<String>,
    /// 年检年报.
    #[n(14)]
    pub yearly_report: Option<String>,
    /// 行政复议、行政诉讼途径.
    #[n(15)]
    pub remedies: Option<String>,
    /// 常见问题.
    #[n(16)]
    pub questions: Option<String>,
}
