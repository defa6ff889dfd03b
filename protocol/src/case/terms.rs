//! 承诺: what was owed to the applicant on the day when the application was handed in.
//!
//! The terms are frozen into the case with its receipt, so that every tier counts by the same
//! ones, whether or not it holds that version of the catalogue yet.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::deadline::Limit;
use crate::document::Procedure;
use crate::place::Tier;

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
}

impl Terms {
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
