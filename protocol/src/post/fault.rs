//! Why something may not stand in a post, and why somebody may not accept, in words.

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use super::LEASE_DAYS_MAX;
use crate::document::EventKind;
use crate::time::Timestamp;

/// Why an event may not stand in a post.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum Fault {
    /// Nothing but posts stands there.
    NotOfPost {
        /// What was tried.
        event: EventKind,
    },
    /// It does not say whose post.
    Nameless,
    /// Nobody was appointed.
    NoPost,
    /// The post is ended.
    EndedAlready,
    /// Its owner is away already.
    AwayAlready,
    /// Its owner is not away.
    NotAway,
    /// There are cases to hand over, and nobody to take them.
    NoSuccessor,
    /// Nobody stands in for himself.
    OwnPartner {
        /// Who.
        name: String,
    },
    /// The lease is over before it begins.
    LeaseOver {
        /// Its last day.
        until: Date,
    },
    /// The lease is longer than a year.
    LeaseTooLong {
        /// Its last day.
        until: Date,
    },
    /// It says that it happened after it was recorded.
    NotYet {
        /// When, as it says.
        at: Timestamp,
    },
}

impl Fault {
    /// What is wrong and what to do, for the page.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::NotOfPost { event } => format!("岗位中不能“{}”", event.zh()),
            Self::Nameless => "须写明是谁的岗位".to_owned(),
            Self::NoPost => "没有此岗位，请先定岗".to_owned(),
            Self::EndedAlready => "该岗位已经撤销，请重新定岗".to_owned(),
            Self::AwayAlready => "已经登记离岗".to_owned(),
            Self::NotAway => "没有登记离岗".to_owned(),
            Self::NoSuccessor => "名下还有未办结的办件，须写明移交给谁".to_owned(),
            Self::OwnPartner { name } => format!("{name}不能做自己的 B 岗（同岗替代）"),
            Self::LeaseOver { until } => format!("任期 {until} 已经届满"),
            Self::LeaseTooLong { until } => {
                format!("任期至 {until}，超过 {LEASE_DAYS_MAX} 天，请按年续期")
            }
            Self::NotYet { at } => format!("所填时间 {} 还没有到", at.to_minute()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOfPost { event } => write!(f, "a post takes no `{}`", event.en()),
            Self::Nameless => f.write_str("it must say whose post it is"),
            Self::NoPost => f.write_str("there is no such post; appoint first"),
            Self::EndedAlready => f.write_str("the post is ended; appoint anew"),
            Self::AwayAlready => f.write_str("they are away already"),
            Self::NotAway => f.write_str("they are not away"),
            Self::NoSuccessor => {
                f.write_str("there are open cases; say who takes them over with `--to`")
            }
            Self::OwnPartner { name } => write!(f, "{name} cannot stand in for themselves"),
            Self::LeaseOver { until } => write!(f, "a lease until {until} is over already"),
            Self::LeaseTooLong { until } => {
                write!(
                    f,
                    "a lease until {until} is longer than {LEASE_DAYS_MAX} days; renew yearly"
                )
            }
            Self::NotYet { at } => write!(f, "{at} has not come yet"),
        }
    }
}

/// Why somebody has no post.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum Gap {
    /// There never was one.
    None,
    /// It was ended.
    Ended,
    /// Its lease is over.
    Expired {
        /// Its last day.
        until: Date,
    },
}

impl Gap {
    /// Why, for the page.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::None => "没有岗位".to_owned(),
            Self::Ended => "的岗位已撤销".to_owned(),
            Self::Expired { until } => format!("的任期已于 {until} 届满"),
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("has no post"),
            Self::Ended => f.write_str("has a post that is ended"),
            Self::Expired { until } => write!(f, "has a lease that ended on {until}"),
        }
    }
}

/// Why somebody may not accept.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum Vacancy {
    /// They have no post.
    Own {
        /// Who.
        name: String,
        /// Why not.
        gap: Gap,
    },
    /// Nobody stands in for them.
    NoPartner {
        /// For whom.
        name: String,
    },
    /// Whoever stands in for them has no post.
    Partner {
        /// For whom.
        name: String,
        /// Who stands in.
        partner: String,
        /// Why not.
        gap: Gap,
    },
}

impl Vacancy {
    /// What is missing, for the page.
    #[must_use]
    pub fn zh(&self) -> String {
        let said = match self {
            Self::Own { name, gap } => format!("{name}{}", gap.zh()),
            Self::NoPartner { name } => format!("{name}没有 B 岗"),
            Self::Partner { name, partner, gap } => {
                format!("{name}的 B 岗{partner}{}", gap.zh())
            }
        };
        format!("{said}，不能收件、受理（同岗替代：没有 B 岗的账号不得受理）")
    }
}

impl fmt::Display for Vacancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own { name, gap } => write!(f, "{name} {gap}")?,
            Self::NoPartner { name } => write!(f, "{name} has no partner")?,
            Self::Partner { name, partner, gap } => {
                write!(f, "{partner}, who stands in for {name}, {gap}")?;
            }
        }
        f.write_str("; an account without a partner cannot accept (同岗替代)")
    }
}
