//! The values that service records are sent as.

use serde::{Deserialize, Serialize};
use tongban_protocol::service::{Anomaly, State};
use tongban_protocol::time::Timestamp;

use crate::cases::instant;

/// A sentence or a word in both languages.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Words {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Words {
    /// Both at once.
    #[must_use]
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// Where a record stands.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct RecordState {
    /// The word for scripts: `given`, `confirmed`, `asked`, `concluded`.
    pub code: String,
    /// The word for people.
    #[serde(flatten)]
    pub words: Words,
}

impl From<State> for RecordState {
    fn from(state: State) -> Self {
        let code = match state {
            State::Blank => "blank",
            State::Given => "given",
            State::Confirmed => "confirmed",
            State::Asked => "asked",
            State::Concluded => "concluded",
            State::Relayed => "relayed",
            State::Matched => "matched",
            State::Dropped => "dropped",
        };
        Self { code: code.to_owned(), words: Words::new(state.zh(), state.en()) }
    }
}

/// A service record, or a question and who answers for it.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct RecordDetail {
    /// The name under which everything asks for it.
    pub id: String,
    /// The code of its centre.
    pub centre: String,
    /// Where it stands.
    pub state: RecordState,
    /// Which service, for scripts; none for a question.
    pub kind: Option<String>,
    /// The word for the page: 导办, 延时, 上门, 预约, 送服务, or 首问.
    pub zh: String,
    /// Who gave the service.
    pub staff: Vec<String>,
    /// From when; of a question when it was asked.
    #[serde(with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub start: Option<Timestamp>,
    /// Until when; of a question when it came to its end.
    #[serde(with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub end: Option<Timestamp>,
    /// Where.
    pub place: String,
    /// Why it was given; what was asked.
    pub reason: String,
    /// The case or ticket.
    pub link: Option<String>,
    /// Who confirmed it, and how.
    pub confirmed: Option<String>,
    /// When the service was recorded.
    #[serde(with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub recorded_at: Option<Timestamp>,
    /// Who entered the service.
    pub by: Option<String>,
    /// Why a service counts in no figure; none where it counts.
    pub uncounted: Option<Words>,
    /// 首问: who was asked first.
    pub first_asked: Option<String>,
    /// Who answers for the question now.
    pub holder: Option<String>,
    /// 转办: how it went from hand to hand.
    pub chain: Vec<HandOverLine>,
    /// What became of the question.
    pub answer: Option<Words>,
    /// What had no effect, and why.
    pub anomalies: Vec<Words>,
}

/// One hand-over.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct HandOverLine {
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// When.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// How many services of a kind a centre gave.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CountLine {
    /// The code of the centre.
    pub centre: String,
    /// Which service, for scripts.
    pub kind: String,
    /// The word for the page.
    pub zh: String,
    /// Those that count: linked to a case or ticket, and each once a day.
    pub counted: u32,
    /// Those without a case or ticket.
    pub unlinked: u32,
    /// Those that say the same as one that counts.
    pub repeated: u32,
}

pub(super) fn note(anomaly: &Anomaly) -> Words {
    match anomaly {
        Anomaly::Unlawful(fault) => {
            Words::new(format!("{}；此条不生效", fault.zh()), format!("{fault}; it has no effect"))
        }
        Anomaly::NotUnderstood { code } => Words::new(
            format!("种类 {code} 来自更高版本的软件，升级本机后才生效"),
            format!("an event of kind {code} needs a later version of this software"),
        ),
    }
}
