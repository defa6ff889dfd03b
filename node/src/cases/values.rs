//! The values that lists and cases are sent as.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tongban_protocol::case::{Channel, State};
use tongban_protocol::document::EventKind;
use tongban_protocol::number::Doubt;
use tongban_protocol::time::Timestamp;

use super::instant;
use crate::posts::AttentionNote;
use crate::records::Words;
use crate::replica::ArrivalStage;

/// How far something has come.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Saved on this machine.
    Here,
    /// Saved at the centre above as well.
    Parent,
    /// The city has signed that it has it.
    City,
}

impl From<ArrivalStage> for Stage {
    fn from(stage: ArrivalStage) -> Self {
        match stage {
            ArrivalStage::Here => Self::Here,
            ArrivalStage::Parent => Self::Parent,
            ArrivalStage::City => Self::City,
        }
    }
}

impl Stage {
    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Here => "已存本机",
            Self::Parent => "上级已收",
            Self::City => "市中心已确认",
        }
    }

    /// The word for English pages.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Here => "saved here",
            Self::Parent => "held above",
            Self::City => "confirmed by the city",
        }
    }
}

/// A state, for scripts and for people.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct StateWord {
    /// The word for scripts, such as `in-review`.
    pub code: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// True when nothing more is owed to the applicant.
    pub is_closed: bool,
}

impl From<State> for StateWord {
    fn from(state: State) -> Self {
        let code = state.en().replace(' ', "-");
        let (zh, en) = (state.zh().to_owned(), state.en().to_owned());
        Self { code, zh, en, is_closed: state.is_closed() }
    }
}

/// What should be confirmed about an applicant's number.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct DoubtNote {
    /// The word for scripts: `check`, `no-birth-date`, …
    pub code: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl From<&Doubt> for DoubtNote {
    fn from(doubt: &Doubt) -> Self {
        Self { code: doubt.code().to_owned(), zh: doubt.zh(), en: doubt.to_string() }
    }
}

/// The green channel of a case.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct GreenNote {
    /// Its basis, for scripts.
    pub basis: String,
    /// The same for the page.
    pub zh: String,
    /// What is invested, in yuan.
    pub amount_yuan: Option<u64>,
    /// 代办员.
    pub agent: String,
    /// 委托书号.
    pub mandate: String,
    /// When it was opened.
    pub opened_on: String,
    /// When it was closed; none while it is open.
    pub closed_on: Option<String>,
}

impl From<&Channel> for GreenNote {
    fn from(channel: &Channel) -> Self {
        let green = &channel.green;
        Self {
            basis: green.basis.en().to_owned(),
            zh: green.basis.zh().to_owned(),
            amount_yuan: green.amount_yuan,
            agent: green.agent.clone(),
            mandate: green.mandate.clone(),
            opened_on: channel.opened_on.to_string(),
            closed_on: channel.closed_on.map(|on| on.to_string()),
        }
    }
}

/// A case in a list.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct CaseSummary {
    /// The name under which everything asks for it.
    pub id: String,
    /// 办件编号.
    pub number: String,
    /// The item's code.
    pub item: String,
    /// The item's name on that day.
    pub item_name: String,
    /// The applicant.
    pub applicant: String,
    /// 窗口, 网上, 自助, 上门 …
    pub channel: String,
    /// The code of the centre that took it.
    pub centre: String,
    /// When it was taken.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub taken_at: Timestamp,
    /// When the last event was recorded.
    #[serde(with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub changed_at: Option<Timestamp>,
    /// Where it stands.
    pub state: StateWord,
    /// How far all of it has come.
    pub stage: Stage,
    /// Fields with more than one value.
    pub conflicts: usize,
    /// Events without effect.
    pub anomalies: usize,
    /// Of them, decisions that contradict each other and wait for a ruling.
    #[serde(default)]
    pub contradictions: usize,
    /// Who has it, where that is not whoever handled it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention: Option<AttentionNote>,
    /// 绿色通道, where it was ever opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub green: Option<GreenNote>,
}

/// One page of a list.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
pub struct CaseList {
    /// The cases, the newest first.
    pub cases: Vec<CaseSummary>,
    /// What to give as `after` for the next page; none at the end.
    pub next: Option<String>,
}

/// What is wrong with an event, in words.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct AnomalyNote {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// An event with its three times.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct EventDetail {
    /// The word for scripts, such as `finish-step`.
    #[schema(value_type = String)]
    pub kind: EventKind,
    /// The word for the page.
    pub zh: String,
    /// When it happened, as the clerk says.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub happened_at: Timestamp,
    /// When it was recorded.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub recorded_at: Timestamp,
    /// When the city first signed that it held it; none before that, and for what the city wrote.
    #[serde(with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub witnessed_at: Option<Timestamp>,
    /// Who did it.
    pub by: String,
    /// What else there is to say.
    pub note: String,
    /// What it says besides: outcome, amount and basis, document, reason.
    #[serde(default)]
    pub besides: Words,
    /// The node that recorded it.
    pub author: String,
    /// The number of its entry in the journal of that node; none while it is not durable.
    pub entry: Option<u64>,
    /// How far it has come.
    pub stage: Stage,
    /// Why it has no effect, if so.
    pub anomaly: Option<AnomalyNote>,
    /// What was wrong with it, though it has its effect.
    #[serde(default)]
    pub breaches: Vec<AnomalyNote>,
}

/// A material.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct MaterialDetail {
    /// Its name.
    pub name: String,
    /// `missing`, `handed` or `may-follow`.
    pub state: String,
    /// The word for the page.
    pub zh: String,
}

/// A case in full.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct CaseDetail {
    /// What the list shows of it.
    #[serde(flatten)]
    pub summary: CaseSummary,
    /// The fields of the form; the last writer's value.
    pub form: BTreeMap<String, String>,
    /// Fields that were written in two places at once, with every value, the one shown first.
    pub conflict_values: BTreeMap<String, Vec<String>>,
    /// The materials.
    pub materials: Vec<MaterialDetail>,
    /// The events, in the order in which they count.
    pub events: Vec<EventDetail>,
    /// True while more of it is held here that builds on what has not arrived yet.
    pub is_waiting: bool,
    /// Of which joint case it is a part, where it is.
    #[serde(default)]
    pub part_of: Option<PartNote>,
    /// 评价, the one that counts first; the city alone is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ratings: Vec<RatingNote>,
}

/// How somebody rated a case.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct RatingNote {
    /// `very-satisfied` … `very-dissatisfied`.
    pub code: String,
    /// The word for the page.
    pub zh: String,
    /// When.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub happened_at: Timestamp,
    /// What was said besides.
    pub note: String,
    /// 背靠背: given away from the window, where the centre that handled the case does not see it.
    pub is_away: bool,
    /// True for the one that counts.
    pub counts: bool,
}

/// Of which joint case a case is a part.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct PartNote {
    /// The lead case.
    pub lead: String,
    /// The part's place in it, from 1.
    pub part: u32,
    /// True where the lead is held here; it lives with the centre that leads, and may come later.
    pub is_held: bool,
}
