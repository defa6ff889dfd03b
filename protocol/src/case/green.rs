//! 绿色通道: who may have it, and who walks the case through.

use jiff::civil::Date;
use minicbor::{Decode, Encode};

use super::course::Course;
use super::fault::Fault;
use super::need::Need;
use crate::calendar::{DayEnd, OfficeHours};
use crate::document::words::words;
use crate::document::{Detail, Event, EventKind};

/// 依据: the five by the centre's own report of 2013.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum GreenBasis {
    /// 六大兴市计划内投资额超过标准的项目.
    #[n(0)]
    Investment,
    /// 台商、外商投资.
    #[n(1)]
    Foreign,
    /// 招商引资签约项目.
    #[n(2)]
    Signed,
    /// 来遂创业投资.
    #[n(3)]
    Venture,
    /// 市委、市政府确定的项目.
    #[n(4)]
    Designated,
}

words! { GreenBasis, "basis of the green channel":
    Investment "investment" "六大兴市计划内投资额超过标准",
    Foreign "foreign" "台商、外商投资",
    Signed "signed" "招商引资签约",
    Venture "venture" "来遂创业投资",
    Designated "designated" "市委、市政府确定",
}

/// The investment that must be exceeded where the city sets no other, in yuan.
pub const INVESTMENT_YUAN: u64 = 50_000_000;

/// What a city sets besides its rules of supervision, published with them.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(map)]
pub struct Customs {
    /// When its offices are open.
    #[n(0)]
    #[cbor(default)]
    pub hours: OfficeHours,
    /// The investment that the green channel asks to be exceeded, in yuan.
    #[n(1)]
    pub green_threshold_yuan: u64,
    /// When a last day ends.
    #[n(2)]
    #[cbor(default)]
    pub last_day: DayEnd,
}

impl Default for Customs {
    fn default() -> Self {
        Self {
            hours: OfficeHours::default(),
            green_threshold_yuan: INVESTMENT_YUAN,
            last_day: DayEnd::default(),
        }
    }
}

/// On what the green channel was opened, and who walks the case through.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Green {
    /// 依据.
    #[n(0)]
    pub basis: GreenBasis,
    /// 投资额, in yuan.
    #[n(1)]
    pub amount_yuan: Option<u64>,
    /// What had to be exceeded on that day, in yuan: every tier judges by it.
    #[n(2)]
    pub threshold_yuan: Option<u64>,
    /// 代办员.
    #[n(3)]
    pub agent: String,
    /// 委托书号: the owner's voluntary mandate in writing.
    #[n(4)]
    pub mandate: String,
    /// How the owner is reached.
    #[n(5)]
    pub contact: Option<String>,
}

impl Green {
    /// Its texts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &String> {
        [&self.agent, &self.mandate].into_iter().chain(&self.contact)
    }
}

/// A green channel of a case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Channel {
    /// On what it was opened.
    pub green: Green,
    /// When.
    pub opened_on: Date,
    /// When it was closed; `None` while it is open.
    pub closed_on: Option<Date>,
}

impl Channel {
    /// True while it is open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.closed_on.is_none()
    }
}

/// What opening and closing need besides the table.
pub(super) fn check(course: &Course, event: &Event) -> Result<(), Fault> {
    let is_open = course.green.as_ref().is_some_and(Channel::is_open);
    match (event.kind, event.detail().green.as_deref()) {
        (EventKind::OpenGreen, _) if is_open => Err(Fault::GreenTwice),
        (EventKind::OpenGreen, Some(green)) if green.basis == GreenBasis::Investment => {
            let (Some(amount_yuan), Some(threshold_yuan)) =
                (green.amount_yuan, green.threshold_yuan)
            else {
                let (need, event) = (Need::Amount, event.kind);
                return Err(Fault::Missing { need, event, article: "" });
            };
            let is_above = amount_yuan > threshold_yuan;
            is_above.then_some(()).ok_or(Fault::BelowThreshold { amount_yuan, threshold_yuan })
        }
        (EventKind::CloseGreen, _) if !is_open => Err(Fault::NotGreen),
        _ => Ok(()),
    }
}

impl Course {
    /// Opens or closes the green channel.
    pub(super) fn take_green(&mut self, kind: EventKind, detail: &Detail, on: Date) {
        match kind {
            EventKind::OpenGreen => {
                let green = detail.green.as_deref().cloned();
                self.green = green.map(|green| Channel { green, opened_on: on, closed_on: None });
            }
            EventKind::CloseGreen => {
                if let Some(channel) = &mut self.green {
                    channel.closed_on = Some(on);
                }
            }
            _ => {}
        }
    }
}
