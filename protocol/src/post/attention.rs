//! Who has a case: whoever handled it last, the partner when they are not there, then the centre
//! above.

use std::fmt;

use super::{Post, Roster};
use crate::calendar::{Calendar, OfficeHours, civil_day};
use crate::time::{SHANGHAI_OFFSET_MS, Timestamp};

/// Working minutes without an event after which the case of somebody who is not there moves on.
pub const UNATTENDED_MIN: u32 = 4 * 60;

/// Hand-overs that are followed, from an ended post to the next.
pub const HAND_OVERS_MAX: usize = 8;

/// What happened last to an open case at the counter of its own centre.
#[derive(Clone, Copy, Debug)]
pub struct Last<'a> {
    /// The case, by its name.
    pub case: &'a str,
    /// Who did it.
    pub by: &'a str,
    /// When it was recorded.
    pub at: Timestamp,
}

/// Who has a case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attention {
    /// Who; `None` is the centre above.
    pub holder: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub why: Why,
}

/// Why somebody has a case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Why {
    /// They handled it last.
    Handled,
    /// The post of whoever had it was ended, and its cases handed over.
    HandedOver {
        /// Who had it.
        from: String,
    },
    /// Whoever had it is not there, and nothing happened for four working hours.
    Unattended {
        /// Who had it.
        from: String,
        /// Why they are not there.
        missing: Missing,
    },
    /// Neither of the two did anything, or is there.
    NobodyThere {
        /// Who had it.
        from: String,
        /// Why they are not there.
        missing: Missing,
        /// Who stands in for them, if anybody.
        partner: Option<String>,
    },
}

/// Why somebody is not there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Missing {
    /// 离岗.
    Away,
    /// The lease is over.
    Expired,
    /// The post was ended.
    Ended,
    /// They never had a post.
    NoPost,
}

impl Attention {
    /// True when the case moved away from whoever handled it last because nobody was there.
    #[must_use]
    pub const fn is_unattended(&self) -> bool {
        matches!(self.why, Why::Unattended { .. } | Why::NobodyThere { .. })
    }
}

impl Post {
    /// Since when its owner has not been there, and why, as of `now`.
    fn missing(&self, now: Timestamp) -> Option<(Timestamp, Missing)> {
        let appointment = self.appointment.as_ref()?;
        let lease_end = (civil_day(appointment.until) < civil_day(now)).then(|| {
            let midnight = (appointment.until.shanghai_day() + 1) * 86_400_000;
            (Timestamp(midnight - SHANGHAI_OFFSET_MS), Missing::Expired)
        });
        let ended = self.ends.last().filter(|_| self.is_ended).map(|end| (end.at, Missing::Ended));
        let away = self.absences.last().filter(|absence| absence.to.is_none_or(|to| to > now));
        let away = away.filter(|absence| absence.from <= now);
        let away = away.map(|absence| (absence.from, Missing::Away));
        [lease_end, ended, away].into_iter().flatten().min_by_key(|(since, _)| *since)
    }
}

/// Says who has an open case as of `now`.
///
/// Nothing here depends on the machine: every tier that holds the same case, posts and calendar
/// says the same.
#[must_use]
pub fn attention(
    last: Last<'_>,
    roster: &Roster,
    (calendar, hours): (&Calendar, OfficeHours),
    now: Timestamp,
) -> Attention {
    let (mut holder, mut since) = (last.by.trim().to_owned(), last.at);
    let mut why = Why::Handled;
    for _ in 0..HAND_OVERS_MAX {
        let ends = roster.get(&holder).map_or(&[][..], |post| &post.ends);
        let mut later = ends.iter().filter(|end| end.at >= since && end.at <= now);
        let end = later.find(|end| end.cases.iter().any(|case| case == last.case));
        let Some((end, to)) = end.and_then(|end| Some((end, end.to.clone()?))) else { break };
        why = Why::HandedOver { from: std::mem::replace(&mut holder, to) };
        since = end.at;
    }
    let missing = match roster.get(&holder) {
        Some(post) => post.missing(now),
        None => Some((since, Missing::NoPost)),
    };
    let Some((gone, missing)) = missing else {
        return Attention { holder: Some(holder), since, why };
    };
    let idle = gone.max(since);
    let reach = |times| hours.reach(calendar, idle, UNATTENDED_MIN * times);
    let (to_partner, to_above) = (reach(1), reach(2));
    if now < to_partner {
        return Attention { holder: Some(holder), since, why };
    }
    let partner = roster.get(&holder).and_then(Post::partner).map(str::to_owned);
    let partner_gone = match partner.as_ref().map(|partner| roster.get(partner)) {
        Some(Some(post)) => post.missing(now).map(|(gone, _)| gone),
        Some(None) | None => Some(to_partner),
    };
    let went_up = partner_gone.map_or(to_above, |gone| gone.clamp(to_partner, to_above));
    match (partner, now < went_up) {
        (Some(partner), true) => {
            let why = Why::Unattended { from: holder, missing };
            Attention { holder: Some(partner), since: to_partner, why }
        }
        (partner, _) => {
            let why = Why::NobodyThere { from: holder, missing, partner };
            Attention { holder: None, since: went_up, why }
        }
    }
}

impl Missing {
    const fn zh(self) -> &'static str {
        match self {
            Self::Away => "离岗",
            Self::Expired => "任期届满",
            Self::Ended => "已撤岗",
            Self::NoPost => "没有岗位",
        }
    }

    const fn en(self) -> &'static str {
        match self {
            Self::Away => "is away",
            Self::Expired => "has a lease that is over",
            Self::Ended => "has a post that is ended",
            Self::NoPost => "has no post",
        }
    }
}

impl Why {
    /// Why, for the page.
    #[must_use]
    pub fn zh(&self) -> String {
        let hours = UNATTENDED_MIN / 60;
        match self {
            Self::Handled => "最近经办".to_owned(),
            Self::HandedOver { from } => format!("{from}撤岗移交"),
            Self::Unattended { from, missing } => {
                format!("{from}{}，{hours} 个工作小时无人办理，转 B 岗", missing.zh())
            }
            Self::NobodyThere { from, missing, partner: Some(partner) } => {
                format!("{from}{}，B 岗{partner}也未办理，转上级中心", missing.zh())
            }
            Self::NobodyThere { from, missing, partner: None } => {
                format!("{from}{}且没有 B 岗，{hours} 个工作小时无人办理，转上级中心", missing.zh())
            }
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = UNATTENDED_MIN / 60;
        match self {
            Self::Handled => f.write_str("handled it last"),
            Self::HandedOver { from } => write!(f, "handed over when the post of {from} was ended"),
            Self::Unattended { from, missing } => write!(
                f,
                "{from} {}, and nothing happened for {hours} working hours: it is the partner's",
                missing.en()
            ),
            Self::NobodyThere { from, missing, partner: Some(partner) } => write!(
                f,
                "{from} {}, and {partner} did nothing either: it is the centre's above",
                missing.en()
            ),
            Self::NobodyThere { from, missing, partner: None } => write!(
                f,
                "{from} {} and has no partner, and nothing happened for {hours} working hours: it is the centre's above",
                missing.en()
            ),
        }
    }
}
