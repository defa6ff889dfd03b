//! 缺席默认: when staying away counts, and why it does not, in words.

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use crate::calendar::civil_day;
use crate::case::course::Course;
use crate::case::fault::Fault;
use crate::case::joint::Answer;
use crate::deadline::Pause;
use crate::document::Event;
use crate::time::Timestamp;

/// Why a meeting cannot be called so, or staying away from it does not count.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum AbsenceFault {
    /// They would have met before they were called.
    MeetsBefore {
        /// When they meet.
        meets_at: Timestamp,
        /// When they were called.
        called_at: Timestamp,
    },
    /// The authority had not signed for the notice of its part when they met.
    NotSigned {
        /// When they met.
        meets_at: Timestamp,
    },
    /// A special procedure or a supplement of the part was open when they met.
    Interrupted {
        /// When they met.
        meets_at: Timestamp,
    },
    /// The absence stands; the paper is owed, and it cannot be a refusal.
    Stands {
        /// Since when.
        on: Date,
    },
}

impl AbsenceFault {
    /// What is wrong, for the page.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::MeetsBefore { meets_at, called_at } => {
                format!("召开时间 {meets_at} 早于召集时间 {called_at}")
            }
            Self::NotSigned { meets_at } => {
                format!("{meets_at} 召开前未签收抄告，不能按缺席默认计")
            }
            Self::Interrupted { meets_at } => {
                format!("{meets_at} 召开时特别程序或补件尚未结束，不能按缺席默认计")
            }
            Self::Stands { on } => {
                format!("{on} 已按缺席默认计，只能补发文书，不能再不予")
            }
        }
    }
}

impl fmt::Display for AbsenceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MeetsBefore { meets_at, called_at } => {
                write!(f, "they cannot meet at {meets_at}, before they were called at {called_at}")
            }
            Self::NotSigned { meets_at } => write!(
                f,
                "its authority had not signed for the notice when they met at {meets_at}; its absence does not count"
            ),
            Self::Interrupted { meets_at } => write!(
                f,
                "a special procedure or a supplement was open when they met at {meets_at}; the absence does not count"
            ),
            Self::Stands { on } => write!(
                f,
                "absence counts as consent since {on}; the paper is owed and cannot be a refusal"
            ),
        }
    }
}

/// They meet once they were called, not before.
pub(super) fn check_call(event: &Event) -> Result<(), Fault> {
    let called_at = event.happened_at;
    match event.detail().meets_at {
        Some(meets_at) if civil_day(meets_at) < civil_day(called_at) => {
            Err(Fault::Absence(AbsenceFault::MeetsBefore { meets_at, called_at }))
        }
        Some(_) | None => Ok(()),
    }
}

/// Staying away counts as silence does: where the plan lets it, the authority had signed for the
/// notice before they met, and nothing stopped its clock then.
pub(super) fn check_part(course: &Course, event: &Event) -> Result<(), Fault> {
    let joint = &course.joint;
    if let Some(part) = joint.part.as_deref().filter(|part| !part.silence_consents) {
        let (part, answer) = (part.name.clone(), Answer::Absent);
        return Err(Fault::NotThatAnswer { part, answer });
    }
    let meets_at = joint.called.as_ref().ok_or(Fault::NotConvened)?.meets_at;
    if event.happened_at < meets_at {
        return Err(Fault::NotMet { meets_at });
    }
    if joint.signed_at.is_none_or(|signed_at| signed_at > meets_at) {
        return Err(Fault::Absence(AbsenceFault::NotSigned { meets_at }));
    }
    let met_on = civil_day(meets_at);
    let holds = |pause: &Pause| pause.from <= met_on && pause.to.is_none_or(|to| met_on <= to);
    match course.pauses().iter().any(holds) {
        true => Err(Fault::Absence(AbsenceFault::Interrupted { meets_at })),
        false => Ok(()),
    }
}
