//! 事项: what may be applied for, as a guide (办事指南) and the catalogue tell it.
//!
//! A field that the sources leave out is `None`, never a guess. What another system calls the
//! item is an attribute; the item's own id is given here and means nothing outside.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::guide::{
    Basis, Condition, Excluded, Fee, Intermediary, ItemStep, Practical, Requirement, ResultPaper,
    StatedLimit,
};
use super::kind::{Audience, Class, Kind, Status};
use crate::case::{CaseType, StepTerms, Terms};
use crate::place::Tier;

/// Longest id of an item, in characters.
pub const ITEM_ID_CHARS_MAX: usize = 40;

/// The own id of an item: letters, digits and `-` between them, such as `T01`.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ItemId(String);

/// Why a text is no id of an item.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{0}` is no id of an item: 1 to {ITEM_ID_CHARS_MAX} letters and digits of ASCII are needed, \
     with `-` between them"
)]
pub struct ItemIdError(pub String);

impl ItemId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ItemId {
    type Err = ItemIdError;

    fn from_str(text: &str) -> Result<Self, ItemIdError> {
        let plain =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
        if text.len() > ITEM_ID_CHARS_MAX || !text.split('-').all(plain) {
            return Err(ItemIdError(text.chars().take(60).collect()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ItemId {
    type Error = ItemIdError;

    fn try_from(text: String) -> Result<Self, ItemIdError> {
        text.parse()
    }
}

impl From<ItemId> for String {
    fn from(id: ItemId) -> Self {
        id.0
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<C> Encode<C> for ItemId {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for ItemId {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.str()?.parse().map_err(|e: ItemIdError| minicbor::decode::Error::message(e.to_string()))
    }
}

/// One version of an item.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its own id.
    #[n(0)]
    pub id: ItemId,
    /// 版本, from 1.
    #[n(1)]
    pub version: u32,
    /// 事项名称.
    #[n(2)]
    pub name: String,
    /// 状态.
    #[n(3)]
    pub status: Status,
    /// The first day on which this version is applied for; always so far where it is left out.
    #[n(4)]
    #[cbor(with = "day", has_nil)]
    pub valid_from: Option<Date>,
    /// The last such day.
    #[n(5)]
    #[cbor(with = "day", has_nil)]
    pub valid_to: Option<Date>,
    /// 事项类型.
    #[n(6)]
    pub kind: Option<Kind>,
    /// 办件类型.
    #[n(7)]
    pub case_type: Option<CaseType>,
    /// 实施主体, by name.
    #[n(8)]
    pub authority: Option<String>,
    /// 委托部门, where the authority acts for another.
    #[n(9)]
    pub delegated_by: Option<String>,
    /// 行使层级.
    #[n(10)]
    pub tier: Option<Tier>,
    /// 受理层级.
    #[n(11)]
    pub accept_at: Option<Tier>,
    /// 初审层级, where there is a first review.
    #[n(12)]
    pub review_at: Option<Tier>,
    /// 决定层级.
    #[n(13)]
    pub decide_at: Option<Tier>,
    /// True where several authorities decide together (并联审批).
    #[n(14)]
    pub is_joint: Option<bool>,
    /// 服务对象.
    #[n(15)]
    pub audience: Option<Vec<Audience>>,
    /// 法定办结时限.
    #[n(16)]
    pub legal: Option<StatedLimit>,
    /// 承诺办结时限.
    #[n(17)]
    pub promise: Option<StatedLimit>,
    /// 特殊环节.
    #[n(18)]
    #[cbor(default)]
    #[serde(default)]
    pub excluded: Vec<Excluded>,
    /// 办理流程.
    #[n(19)]
    #[cbor(default)]
    #[serde(default)]
    pub steps: Vec<ItemStep>,
    /// 受理条件.
    #[n(20)]
    #[cbor(default)]
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// 申请材料.
    #[n(21)]
    #[cbor(default)]
    #[serde(default)]
    pub materials: Vec<Requirement>,
    /// 收费.
    #[n(22)]
    pub fee: Option<Fee>,
    /// 法律依据.
    #[n(23)]
    #[cbor(default)]
    #[serde(default)]
    pub basis: Vec<Basis>,
    /// 审批结果.
    #[n(24)]
    pub result: Option<ResultPaper>,
    /// 中介服务.
    #[n(25)]
    #[cbor(default)]
    #[serde(default)]
    pub intermediaries: Vec<Intermediary>,
    /// Where, when and how one applies.
    #[n(26)]
    pub practical: Option<Practical>,
    /// What other systems call it: attributes, never keys.
    #[n(27)]
    #[cbor(default)]
    #[serde(default)]
    pub foreign_codes: Vec<ForeignCode>,
    /// What else there is to say.
    #[n(28)]
    pub note: Option<String>,
    /// How the centre counts it.
    #[n(29)]
    pub class: Option<Class>,
    /// 主项: the item of which this is a part, by name.
    #[n(30)]
    pub part_of: Option<String>,
}

/// What another system calls an item.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct ForeignCode {
    /// Which system, and which of its codes.
    #[n(0)]
    pub system: String,
    /// The code, as it stands there.
    #[n(1)]
    pub code: String,
}

impl Item {
    /// An item of which nothing is known but its name.
    #[must_use]
    pub fn named(id: ItemId, name: &str) -> Self {
        Self {
            id,
            version: 1,
            name: name.to_owned(),
            status: Status::Current,
            valid_from: None,
            valid_to: None,
            kind: None,
            case_type: None,
            authority: None,
            delegated_by: None,
            tier: None,
            accept_at: None,
            review_at: None,
            decide_at: None,
            is_joint: None,
            audience: None,
            legal: None,
            promise: None,
            excluded: Vec::new(),
            steps: Vec::new(),
            conditions: Vec::new(),
            materials: Vec::new(),
            fee: None,
            basis: Vec::new(),
            result: None,
            intermediaries: Vec::new(),
            practical: None,
            foreign_codes: Vec::new(),
            note: None,
            class: None,
            part_of: None,
        }
    }

    /// What an applicant is owed by this version; `None` while it is not known what sort of case
    /// it makes, or which tier decides.
    ///
    /// A special procedure that is none of the eight of 行政许可法 45 is left out.
    #[must_use]
    pub fn terms(&self) -> Option<Terms> {
        let step = |step: &ItemStep| StepTerms {
            name: step.name.clone(),
            limit: step.limit.as_ref().map(|stated| stated.limit),
        };
        Some(Terms {
            item: self.id.to_string(),
            version: self.version,
            case_type: self.case_type?,
            legal: self.legal.as_ref().map(|stated| stated.limit),
            promise: self.promise.as_ref().map(|stated| stated.limit),
            steps: self.steps.iter().map(step).collect(),
            materials: self.materials.iter().map(|it| it.name.clone()).collect(),
            procedures: self.excluded.iter().filter_map(Excluded::procedure).collect(),
            decide_at: self.decide_at?,
            is_joint: self.is_joint.unwrap_or(false),
            publisher: None,
            is_permit: self.kind.map(|kind| kind == Kind::Permit),
        })
    }

    /// The fields that an applicant or the clock wants and that nobody stated.
    #[must_use]
    pub fn unknown(&self) -> Vec<&'static str> {
        let known = [
            ("kind", self.kind.is_some()),
            ("case_type", self.case_type.is_some()),
            ("authority", self.authority.is_some()),
            ("accept_at", self.accept_at.is_some()),
            ("decide_at", self.decide_at.is_some()),
            ("legal", self.legal.is_some()),
            ("promise", self.promise.is_some()),
            ("materials", !self.materials.is_empty()),
            ("fee", self.fee.is_some()),
            ("basis", !self.basis.is_empty()),
        ];
        known.into_iter().filter(|(_, known)| !known).map(|(field, _)| field).collect()
    }

    /// True on the days on which this version may be applied for.
    #[must_use]
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// A day as `2013-10-01`.
pub(crate) mod day {
    use jiff::civil::Date;
    use minicbor::{Decoder, Encoder};

    pub(crate) fn encode<C, W: minicbor::encode::Write>(
        day: &Option<Date>,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match day {
            Some(day) => e.str(&day.to_string())?.ok(),
            None => e.null()?.ok(),
        }
    }

    pub(crate) fn decode<C>(
        d: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<Option<Date>, minicbor::decode::Error> {
        let parsed = d.str()?.parse();
        parsed.map(Some).map_err(|e: jiff::Error| minicbor::decode::Error::message(e.to_string()))
    }

    pub(crate) const fn is_nil(day: &Option<Date>) -> bool {
        day.is_none()
    }

    #[expect(clippy::unnecessary_wraps, reason = "the shape that the derive calls")]
    pub(crate) const fn nil() -> Option<Option<Date>> {
        Some(None)
    }
}
