//! What is wrong with an event that has its effect, and on which day it counts as done.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::breach::Breach;
use super::course::Course;
use super::law::LATE_DAYS;
use crate::calendar::{Almanac, civil_day};
use crate::document::{Event, EventKind};
use crate::time::Timestamp;

impl Course {
    /// What is wrong with a lawful event, or would be once it is recorded.
    #[must_use]
    pub fn breaches_of(
        &self,
        event: &Event,
        recorded_at: Timestamp,
        almanac: &Almanac,
    ) -> Vec<Breach> {
        let (happened, recorded) = (civil_day(event.happened_at), civil_day(recorded_at));
        let detail = event.detail();
        let mut breaches = Vec::new();
        if let Some(days) = late_days(happened, recorded, almanac)
            && event.kind != EventKind::Import
        {
            breaches.push(Breach::LateEntry { days });
        }
        match event.kind {
            EventKind::NoticeSupplement | EventKind::AskSupplement => {
                let asked = detail.materials.as_deref().unwrap_or_default();
                breaches.extend(self.asked_wrongly(asked, detail.reason.is_some()));
            }
            EventKind::Accept | EventKind::Reject if detail.document.is_none() => {
                breaches.push(Breach::NoDocument);
            }
            EventKind::StartProcedure => {
                // A guide that names none has mostly been silent on them.
                let is_listed = self.terms.as_ref().is_none_or(|terms| {
                    let listed = &terms.procedures;
                    listed.is_empty() || detail.procedure.is_some_and(|it| listed.contains(&it))
                });
                breaches.extend((!is_listed).then_some(Breach::UnlistedProcedure));
            }
            EventKind::Charge if detail.basis.is_none() => {
                breaches.push(Breach::NoFeeBasis { fee: detail.fee.unwrap_or_default() });
            }
            EventKind::Complain => {
                let reason = detail.reason.clone().unwrap_or_default();
                breaches.push(Breach::Complaint { reason });
            }
            EventKind::FinishStep | EventKind::Minute => {
                breaches.extend(self.done_wrongly(event));
            }
            EventKind::Deliver => {
                let acted = self.acted_on(event, recorded_at, almanac);
                let due = self.delivery_due(almanac).map(|(due, _)| due.date);
                breaches
                    .extend(due.filter(|due| acted > *due).map(|due| Breach::LateDelivery { due }));
            }
            _ => {}
        }
        breaches
    }

    /// A site check by one person, and a step that the guide does not have.
    fn done_wrongly(&self, event: &Event) -> Option<Breach> {
        let (step, staff) = (event.note.as_str(), event.detail().staff.as_deref());
        if went_alone(step, staff) {
            return Some(Breach::WentAlone);
        }
        let listed = self.terms.as_ref().map(|terms| terms.steps.as_slice()).unwrap_or_default();
        let is_known = listed.is_empty() || listed.iter().any(|it| it.name == step);
        // Guides name what is done in the office; whoever goes to a site says so besides.
        let is_told = is_known || event.kind != EventKind::FinishStep || is_inspection(step);
        (!is_told).then(|| Breach::UnlistedStep { step: step.to_owned() })
    }

    /// A second notice for what was on the list all along, and materials that no list knows.
    fn asked_wrongly(&self, asked: &[String], is_explained: bool) -> Vec<Breach> {
        let Some(terms) = self.terms.as_ref() else { return Vec::new() };
        let (listed, unlisted): (Vec<String>, Vec<String>) =
            asked.iter().cloned().partition(|material| terms.materials.contains(material));
        let told: Vec<&String> = self.notices.iter().flatten().collect();
        let again: Vec<String> =
            listed.into_iter().filter(|material| !told.contains(&material)).collect();
        let mut breaches = Vec::new();
        if !self.notices.is_empty() && !again.is_empty() {
            breaches.push(Breach::SecondNotice { materials: again });
        }
        if !is_explained && !unlisted.is_empty() {
            breaches.push(Breach::UnlistedMaterial { materials: unlisted });
        }
        breaches
    }
}

/// 现场核查: fewer than two went to a site, of an event that names who went, or a step that is an
/// inspection by its name.
fn went_alone(step: &str, staff: Option<&[String]>) -> bool {
    match staff {
        Some(staff) => distinct(staff) < 2,
        None => is_inspection(step),
    }
}

/// True for a step that is done at a site, by its name: two go there (行政许可法 34), and a guide need
/// not name it.
#[must_use]
pub fn is_inspection(step: &str) -> bool {
    let names = |words: &[&str]| words.iter().any(|word| step.contains(word));
    names(&["踏勘", "勘验", "勘查", "勘察"])
        || (names(&["现场", "实地"]) && names(&["查", "核", "验"]))
}

/// How many people are named.
fn distinct(names: &[String]) -> usize {
    names
        .iter()
        .map(|name| name.trim())
        .filter(|name| !name.is_empty())
        .collect::<BTreeSet<_>>()
        .len()
}

/// The day on which an event counts as done; see [`Course::acted_on`].
pub(crate) fn counted_on(event: &Event, recorded_at: Timestamp, almanac: &Almanac) -> Date {
    let (happened, recorded) = (civil_day(event.happened_at), civil_day(recorded_at));
    match (late_days(happened, recorded, almanac), event.kind) {
        (_, EventKind::Import) => happened,
        (Some(_), _) => recorded,
        // What begins a limit counts on its day: later would be longer.
        (None, EventKind::Receive | EventKind::Correct | EventKind::Accept) => happened,
        (None, _) => almanac.act_day(event.happened_at),
    }
}

/// The working days between an event and its record, where they are more than [`LATE_DAYS`].
fn late_days(happened: Date, recorded: Date, almanac: &Almanac) -> Option<u32> {
    if recorded <= happened {
        return None;
    }
    let days = almanac.latest().working_days(happened, recorded);
    (days > LATE_DAYS).then_some(days)
}
