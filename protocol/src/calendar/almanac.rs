//! The calendars of a city, one edition after the other.
//!
//! Notices change after they were published (2015, 2019 and 2020 saw it), and the next year's is
//! unknown until about November. What an open case was promised only ever moves later, and every
//! move is told.

use jiff::civil::Date;

use super::{Calendar, DayEnd, Due, OfficeHours, YearNotice, civil_day};
use crate::case::Customs;
use crate::document::{Event, EventId, EventKind};
use crate::hash::Sha;
use crate::time::Timestamp;

/// Every edition of a city's calendar, with the day from which it was in force.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Almanac {
    /// The first holds nothing but estimates.
    editions: Vec<(Date, Calendar)>,
    /// From which day on a last day ends when these hours do; at 24:00 where there are none.
    closings: Vec<(Date, Option<OfficeHours>)>,
}

impl Default for Almanac {
    /// Nothing is published.
    fn default() -> Self {
        Self { editions: vec![(Date::MIN, Calendar::default())], closings: Vec::new() }
    }
}

/// A last day that another edition moved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moved {
    /// When the edition came.
    pub published_on: Date,
    /// The last day before.
    pub from: Date,
    /// The last day since.
    pub to: Date,
}

impl Almanac {
    /// Folds the events of a city's calendar and of its rules, which may come in any order.
    ///
    /// A notice is in force from the day on which it was published, as its event says; one that
    /// was recorded after a later one is in force with that.
    #[must_use]
    pub fn fold(mut events: Vec<(EventId, Event)>) -> Self {
        events.sort_by_key(|(id, _)| *id);
        let mut almanac = Self::default();
        for (_, event) in events.iter().filter(|(_, event)| event.kind == EventKind::Publish) {
            if let Some(notice) = &event.detail().notice {
                almanac.take(event.happened_at, notice.clone());
            }
            if let Some(customs) = event.detail().customs {
                almanac.set(event.happened_at, customs);
            }
        }
        almanac
    }

    /// Takes a notice in; notices must come in the order in which they were recorded.
    pub fn take(&mut self, published_at: Timestamp, notice: YearNotice) {
        let published_on = civil_day(published_at);
        let (last, calendar) = match self.editions.last_mut() {
            Some((on, calendar)) if *on >= published_on => return calendar.take(notice),
            Some((on, calendar)) => (*on, calendar.clone()),
            None => (Date::MIN, Calendar::default()),
        };
        debug_assert!(last < published_on, "editions are in the order of their days");
        let mut next = calendar;
        next.take(notice);
        self.editions.push((published_on, next));
    }

    /// Takes in what the city sets besides, in force from that day on.
    pub fn set(&mut self, published_at: Timestamp, customs: Customs) {
        let hours = (customs.last_day == DayEnd::Closing).then_some(customs.hours);
        self.closings.push((civil_day(published_at), hours));
    }

    /// The day on which it counts what an authority does at an instant: that day, or the next
    /// working day where the offices had closed and a last day ends with them.
    #[must_use]
    pub fn act_day(&self, at: Timestamp) -> Date {
        let day = civil_day(at);
        let mut closings = self.closings.iter().rev();
        let hours = closings.find(|(from, _)| *from <= day).and_then(|(_, hours)| *hours);
        match hours {
            Some(hours) if hours.are_over(at) => self.latest().due(day, 1).date,
            Some(_) | None => day,
        }
    }

    /// The calendar in force.
    #[must_use]
    pub fn latest(&self) -> &Calendar {
        static NOTHING: Calendar = Calendar { years: Vec::new() };
        self.editions.last().map_or(&NOTHING, |(_, calendar)| calendar)
    }

    /// Names everything that it says: two almanacs with one fingerprint count alike.
    #[must_use]
    pub fn fingerprint(&self) -> Sha {
        let mut said = Vec::new();
        for (from, calendar) in &self.editions {
            let notices: Vec<&YearNotice> = calendar.notices().collect();
            said.extend_from_slice(from.to_string().as_bytes());
            said.extend(minicbor::to_vec(notices).unwrap_or_default());
        }
        for (from, hours) in &self.closings {
            said.extend_from_slice(from.to_string().as_bytes());
            said.extend(minicbor::to_vec(hours).unwrap_or_default());
        }
        Sha::of(&said)
    }

    /// Counts to a last day by the edition in force on `began` and by each later one.
    ///
    /// A day that was certain stays, unless a later edition moves it later; one that was
    /// provisional is what the later edition says.
    pub fn settle(
        &self,
        began: Date,
        count: impl Fn(&Calendar) -> Option<Due>,
    ) -> Option<(Due, Vec<Moved>)> {
        let first = self.editions.iter().rposition(|(on, _)| *on <= began).unwrap_or(0);
        let mut editions = self.editions.iter().skip(first);
        let mut due = count(&editions.next()?.1)?;
        let mut moved = Vec::new();
        for (published_on, calendar) in editions {
            let next = count(calendar)?;
            if next.date > due.date || due.provisional {
                if next.date != due.date {
                    moved.push(Moved {
                        published_on: *published_on,
                        from: due.date,
                        to: next.date,
                    });
                }
                due = next;
            }
        }
        Some((due, moved))
    }
}
