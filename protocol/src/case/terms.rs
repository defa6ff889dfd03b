//! 承诺: what was owed to the applicant on the day when the application was handed in.
//!
//! The terms are frozen into the case with its receipt, so that every tier counts by the same
//! ones, whether or not it holds that version of the catalogue yet.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::law::{DECISION_DAYS, JOINT_DECISION_DAYS};
use crate::deadline::Limit;
use crate::document::Procedure;
use crate::place::{Division, Tier};

/// 办件类型.
#[derive(
    Clone, Copy, Debug, Decode, Deserialize, Encode, Eq, Ord, PartialEq, PartialOrd, Serialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum CaseType {
    /// 即办件: done on the spot.
    #[n(0)]
    Immediate,
    /// 承诺件: done within a promised limit.
    #[n(1)]
    Promised,
    /// 上报件: reviewed here, decided above.
    #[n(2)]
    HandedUp,
}

/// What was owed on the day of receipt.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
pub struct Terms {
    /// The item's own id in the catalogue; never another system's code.
    #[n(0)]
    pub item: String,
    /// The version of the item.
    #[n(1)]
    pub version: u32,
    /// What sort of case it makes.
    #[n(2)]
    pub case_type: CaseType,
    /// 法定时限; `None` where no law gives one.
    #[n(3)]
    pub legal: Option<Limit>,
    /// 承诺时限; `None` where none was promised.
    #[n(4)]
    pub promise: Option<Limit>,
    /// The steps of the procedure, in order.
    #[n(5)]
    #[cbor(default)]
    pub steps: Vec<StepTerms>,
    /// The materials that may be asked for.
    #[n(6)]
    #[cbor(default)]
    pub materials: Vec<String>,
    /// The special procedures of which the guide speaks.
    #[n(7)]
    #[cbor(default)]
    pub procedures: Vec<Procedure>,
    /// Which tier decides.
    #[n(8)]
    pub decide_at: Tier,
    /// True where several authorities decide together: 45 and 15 days (行政许可法 42-2).
    #[n(9)]
    #[cbor(default)]
    pub is_joint: bool,
    /// The centre that published the version, where that is not the city.
    #[n(20)]
    pub publisher: Option<Division>,
    /// True for 行政许可, false for any other kind; `None` where the item does not tell, or the
    /// machine that wrote it did not say yet.
    #[n(21)]
    pub is_permit: Option<bool>,
}

/// A part of the terms.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TermsPart {
    /// 办件类型.
    CaseType,
    /// 法定时限.
    Legal,
    /// 承诺时限.
    Promise,
    /// 环节.
    Steps,
    /// 材料.
    Materials,
    /// 特别程序.
    Procedures,
    /// 决定层级.
    DecideAt,
    /// 并联审批.
    Joint,
    /// 事项类型: a permit, or not.
    Permit,
}

impl TermsPart {
    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::CaseType => "办件类型",
            Self::Legal => "法定时限",
            Self::Promise => "承诺时限",
            Self::Steps => "环节",
            Self::Materials => "材料",
            Self::Procedures => "特别程序",
            Self::DecideAt => "决定层级",
            Self::Joint => "并联审批",
            Self::Permit => "事项类型",
        }
    }

    /// The word for scripts.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::CaseType => "sort of case",
            Self::Legal => "legal limit",
            Self::Promise => "promise",
            Self::Steps => "steps",
            Self::Materials => "materials",
            Self::Procedures => "special procedures",
            Self::DecideAt => "deciding tier",
            Self::Joint => "joint approval",
            Self::Permit => "kind of item",
        }
    }
}

impl Terms {
    /// The parts in which others say something else.
    #[must_use]
    pub fn differs_in(&self, other: &Self) -> Vec<TermsPart> {
        let parts = [
            (TermsPart::CaseType, self.case_type == other.case_type),
            (TermsPart::Legal, self.legal == other.legal),
            (TermsPart::Promise, self.promise == other.promise),
            (TermsPart::Steps, self.steps == other.steps),
            (TermsPart::Materials, self.materials == other.materials),
            (TermsPart::Procedures, self.procedures == other.procedures),
            (TermsPart::DecideAt, self.decide_at == other.decide_at),
            (TermsPart::Joint, self.is_joint == other.is_joint),
            // Earlier versions did not say.
            (
                TermsPart::Permit,
                self.is_permit.is_none_or(|said| other.is_permit.is_none_or(|it| said == it)),
            ),
        ];
        parts.into_iter().filter(|(_, is_same)| !is_same).map(|(part, _)| part).collect()
    }

    /// True where a lower authority reviews before another decides (行政许可法 43), of a case that
    /// was accepted at a tier, as far as that is known.
    #[must_use]
    pub fn are_reviewed(&self, accepted_at: Option<Tier>) -> bool {
        let is_above = accepted_at.is_some_and(|tier| tier < self.decide_at);
        self.case_type == CaseType::HandedUp || is_above
    }

    /// 法定时限, of a case that was accepted at a tier: what the item states, or of a permit of which
    /// it states none the days of 行政许可法 42.
    ///
    /// There is none of the latter where a lower authority reviews, whose limit is that of 43, and
    /// where more was promised: then another law gives the limit, which nobody stated.
    #[must_use]
    pub fn legal_limit(&self, accepted_at: Option<Tier>) -> Option<Limit> {
        let days = if self.is_joint { JOINT_DECISION_DAYS } else { DECISION_DAYS };
        let is_decided_here = accepted_at.is_some() && !self.are_reviewed(accepted_at);
        let by_law = Limit::WorkingDays(days);
        let is_longer = |promise: Limit| promise.in_working_days() > by_law.in_working_days();
        let is_by_law = self.is_permit == Some(true) && is_decided_here;
        let by_law = (is_by_law && !self.promise.is_some_and(is_longer)).then_some(by_law);
        self.legal.or(by_law)
    }

    /// False where 行政许可法 does not hold, for the item says that it is no permit. Of terms that do
    /// not say it is taken to hold, as it was when they were written.
    #[must_use]
    pub fn are_of_licensing_law(&self) -> bool {
        self.is_permit != Some(false)
    }

    /// True when counting by them takes no longer than for a guide that a person can read.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        let limits = self.steps.iter().map(|step| step.limit).chain([self.legal, self.promise]);
        self.steps.len() <= STEPS_MAX
            && self.materials.len() <= MATERIALS_MAX
            && limits.flatten().all(Limit::is_bounded)
    }
}

/// Steps of a procedure, at most.
pub const STEPS_MAX: usize = 64;
/// Materials of an item, at most.
pub const MATERIALS_MAX: usize = 256;

/// What was owed for one step.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
pub struct StepTerms {
    /// Its name.
    #[n(0)]
    pub name: String,
    /// How long it may take.
    #[n(1)]
    pub limit: Option<Limit>,
}
