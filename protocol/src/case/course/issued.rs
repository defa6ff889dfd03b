//! The cards of a case that were issued, and what became of them.

use jiff::civil::Date;

use super::Course;
use crate::document::{AppealGround, Event, EventId, EventKind, Ruling};
use crate::supervision::{Level, Stated};

/// A card that was issued.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Issued {
    /// The event that issued it.
    pub event: EventId,
    /// When.
    pub on: Date,
    /// How grave.
    pub level: Level,
    /// Points off; none any more once it is withdrawn.
    pub points: u16,
    /// What it states; `None` where the version that issued it did not say.
    pub stated: Option<Box<Stated>>,
    /// When it was appealed against, and why.
    pub appeal: Option<(Date, AppealGround)>,
    /// How the appeal was ruled on.
    pub ruling: Option<Ruling>,
    /// When it was withdrawn.
    pub withdrawn: Option<Date>,
    /// The name that it has in common with those withdrawn for the same cause, if any.
    pub bulk: Option<String>,
}

impl Course {
    pub(super) fn take_card(&mut self, id: EventId, event: &Event, on: Date) {
        let detail = event.detail();
        let Some(name) = detail.card.as_ref() else { return };
        if event.kind == EventKind::IssueCard {
            let issued = Issued {
                event: id,
                on,
                level: detail.level.unwrap_or(Level::Warning),
                points: detail.points.unwrap_or_default(),
                stated: detail.stated.clone(),
                appeal: None,
                ruling: None,
                withdrawn: None,
                bulk: None,
            };
            self.issued.entry(name.clone()).or_insert(issued);
        }
        let Some(issued) = self.issued.get_mut(name) else { return };
        match event.kind {
            EventKind::Appeal => issued.appeal = detail.appeal.map(|ground| (on, ground)),
            EventKind::RuleAppeal => {
                issued.ruling = detail.ruling;
                issued.withdrawn = (detail.ruling == Some(Ruling::Withdrawn)).then_some(on);
            }
            EventKind::WithdrawCard => {
                issued.withdrawn = Some(on);
                issued.bulk.clone_from(&detail.bulk);
            }
            _ => {}
        }
    }
}
