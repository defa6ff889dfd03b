//! The values that posts and unattended cases are sent as.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tongban_protocol::calendar::civil_day;
use tongban_protocol::place::Division;
use tongban_protocol::post::{Attention, Post, Roster, may_accept};
use tongban_protocol::time::Timestamp;

use crate::cases::{CaseSummary, instant};

/// A post.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct PostDetail {
    /// The code of its centre.
    pub centre: String,
    /// Whose.
    pub name: String,
    /// In which capacity, for scripts.
    pub role: String,
    /// The word for the page.
    pub role_zh: String,
    /// Who stands in.
    pub partner: Option<String>,
    /// The last day of the lease.
    pub until: String,
    /// Since when its owner is away.
    #[serde(with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub away_since: Option<Timestamp>,
    /// True once it was ended.
    pub is_ended: bool,
    /// True when its owner may accept today.
    pub may_accept: bool,
    /// Why not, in Chinese.
    pub why_zh: Option<String>,
    /// Why not, in English.
    pub why_en: Option<String>,
}

impl PostDetail {
    pub(super) fn of(
        centre: Division,
        (name, post): (&str, &Post),
        roster: &Roster,
        today: Date,
    ) -> Self {
        let appointment = post.appointment.as_ref();
        let role = appointment.map(|it| it.role).unwrap_or_default();
        let away = post.absences.last().filter(|absence| absence.to.is_none());
        let vacancy = may_accept(roster, name, today).err();
        Self {
            centre: centre.to_string(),
            name: name.to_owned(),
            role: role.en().to_owned(),
            role_zh: role.zh().to_owned(),
            partner: post.partner().map(str::to_owned),
            until: appointment.map(|it| civil_day(it.until).to_string()).unwrap_or_default(),
            away_since: away.map(|absence| absence.from),
            is_ended: post.is_ended,
            may_accept: vacancy.is_none(),
            why_zh: vacancy.as_ref().map(|vacancy| vacancy.zh()),
            why_en: vacancy.map(|vacancy| vacancy.to_string()),
        }
    }
}

/// Who has a case, where that is not whoever handled it last.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct AttentionNote {
    /// Who; none is the centre above.
    pub holder: Option<String>,
    /// Since when.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub since: Timestamp,
    /// True where nobody was there; false where it was handed over.
    pub is_unattended: bool,
    /// Why, in Chinese.
    pub zh: String,
    /// Why, in English.
    pub en: String,
}

impl From<Attention> for AttentionNote {
    fn from(attention: Attention) -> Self {
        Self {
            is_unattended: attention.is_unattended(),
            zh: attention.why.zh(),
            en: attention.why.to_string(),
            holder: attention.holder,
            since: attention.since,
        }
    }
}

/// The cases on which nobody works.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
pub struct Unattended {
    /// The cases, the longest waiting first.
    pub cases: Vec<CaseSummary>,
    /// False where a centre has more cases than were looked through; the newest were.
    pub is_whole: bool,
}
