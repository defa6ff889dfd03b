//! 并联审批: one application, several authorities, each with a decision of its own.
//!
//! 一窗受理、抄告相关、同步审查、限时办结. The lead case is taken at one window by a plan that names
//! every part; each part is referred to its authority as a case of its own, in the home of the
//! lower of the two centres, so that either can work while the other is out of reach. A part's
//! case carries what its authority must know, for it may never hold the lead. The lead's decision
//! names the answers on which it rests, so that every tier takes it alike, whatever has arrived.
//!
//! Silence past the limit, or absence from a meeting, is no permit (行政许可法 knows none but
//! renewals, 50). It unblocks the lead, and the authority owes the paper within a day.

mod absence;
mod check;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use minicbor::{Decode, Encode};

use crate::calendar::civil_day;
use crate::deadline::Pause;
use crate::document::words::words;
use crate::document::{Event, EventId, EventKind, Outcome};
use crate::time::Timestamp;

pub use absence::AbsenceFault;
pub(super) use check::{check, leads_to};
pub use plan::{PARTS_MAX, Part, PartOf, Plan, Template};

/// 转送、签收: within that many working days a part is referred, and its receipt is signed.
pub const HAND_OVER_DAYS: u16 = 1;

/// 补发文书: whoever was silent owes the paper within that many working days.
pub const PAPER_DAYS: u16 = 1;

/// 并联答复: what an authority said, as the lead's decision rests on it.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Answer {
    /// 同意.
    #[n(0)]
    Agreed,
    /// 不同意, with its reasons.
    #[n(1)]
    Disagreed,
    /// 同意但须转报.
    #[n(2)]
    Forwarded,
    /// 超时默许: silent past its limit.
    #[n(3)]
    Silent,
    /// 缺席默认: away from the joint meeting or survey without a good reason.
    #[n(4)]
    Absent,
}

words! { Answer, "answer of a part":
    Agreed "agreed" "同意",
    Disagreed "disagreed" "不同意",
    Forwarded "forwarded" "同意但须转报",
    Silent "silent" "超时默许",
    Absent "absent" "缺席默认",
}

impl Answer {
    /// The answer that an outcome is.
    #[must_use]
    pub const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Granted => Self::Agreed,
            Outcome::Refused => Self::Disagreed,
            Outcome::Forwarded => Self::Forwarded,
        }
    }
}

/// The answer of one part.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
pub struct Answered {
    /// Which part.
    #[n(0)]
    pub place: u16,
    /// What it said.
    #[n(1)]
    pub answer: Answer,
}

/// 联合踏勘 or 联审会.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Gathering {
    /// 联合踏勘.
    #[n(0)]
    Survey,
    /// 联审会.
    #[n(1)]
    Meeting,
}

words! { Gathering, "gathering":
    Survey "survey" "联合踏勘",
    Meeting "meeting" "联审会",
}

/// 召集: authorities were called together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Called {
    /// To what.
    pub gathering: Gathering,
    /// When they meet.
    pub meets_at: Timestamp,
    /// The parts that were called.
    pub parts: BTreeSet<u16>,
}

/// 并联经过: what a joint case, or a part of one, has come through besides.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct JointCourse {
    /// The plan, of a lead.
    pub plan: Option<Box<Plan>>,
    /// Which parts were referred, and when; of a lead.
    pub referred: BTreeMap<u16, Date>,
    /// Who was called together last, and when; of a part as far as it was called itself.
    pub called: Option<Called>,
    /// Who stayed away without a good reason; of a lead.
    pub absent: BTreeSet<u16>,
    /// The answers on which the decision rests; of a lead.
    pub answers: Vec<Answered>,
    /// What is to be decided; of a part.
    pub part: Option<Box<Part>>,
    /// When it was referred; of a part.
    pub referred_on: Option<Date>,
    /// The spans in which a supplement was awaited; of a part.
    pub supplements: Vec<Pause>,
    /// When its authority signed for it, as that one says; of a part.
    pub signed_at: Option<Timestamp>,
    /// The last day of the limit that went by in silence; of a part.
    pub silent_since: Option<Date>,
    /// When it was recorded that its authority had stayed away; of a part.
    pub absent_since: Option<Date>,
    /// Decisions that contradict the first, not resolved yet.
    pub contradicted: BTreeSet<EventId>,
}

impl JointCourse {
    /// Takes a lawful event in that counts on a day.
    pub(in crate::case) fn take(&mut self, event: &Event, on: Date) {
        let detail = event.detail();
        let parts = || detail.parts.iter().flatten().copied();
        match event.kind {
            EventKind::Receive if self.plan.is_none() => self.plan.clone_from(&detail.plan),
            EventKind::Refer if self.plan.is_some() => {
                for place in parts() {
                    self.referred.entry(place).or_insert(on);
                }
            }
            EventKind::Refer => {
                self.part.clone_from(&detail.part);
                self.referred_on = Some(on);
            }
            EventKind::AskSupplement => self.supplements.push(Pause { from: on, to: None }),
            EventKind::Supplement => {
                if let Some(pause) = self.supplements.last_mut() {
                    // What the applicant brought late counts from then on, recorded late or not.
                    pause.to = Some(civil_day(event.happened_at).max(pause.from));
                }
            }
            EventKind::Convene => {
                let meets_at = detail.meets_at.unwrap_or(event.happened_at);
                let gathering = detail.gathering.unwrap_or(Gathering::Meeting);
                self.called = Some(Called { gathering, meets_at, parts: parts().collect() });
            }
            EventKind::Minute if self.part.is_some() => self.absent_since = Some(on),
            EventKind::Minute => self.absent.extend(parts()),
            EventKind::Acknowledge => {
                self.signed_at.get_or_insert(event.happened_at);
            }
            EventKind::Decide => self.answers = detail.answers.clone().unwrap_or_default(),
            EventKind::Resolve => self.contradicted.clear(),
            _ => {}
        }
    }

    /// Since when its authority owes the paper, having been silent or away; of a part.
    #[must_use]
    pub fn owes_paper_since(&self) -> Option<Date> {
        self.silent_since.or(self.absent_since)
    }

    /// When the last of the parts that wait for no other was referred; `None` before.
    #[must_use]
    pub fn all_referred_on(&self) -> Option<Date> {
        let plan = self.plan.as_deref()?;
        let first = plan.places().filter(|it| plan.part(*it).is_some_and(|it| it.after.is_empty()));
        let days: Option<Vec<Date>> = first.map(|it| self.referred.get(&it).copied()).collect();
        days?.into_iter().max()
    }
}
