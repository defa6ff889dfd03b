//! Outages at rest: the marks by which a machine knows that it ran, what it records of the times in
//! which it did not or had no link, and what of such records counts.

use jiff::ToSpan;
use jiff::civil::Date;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::document::{Detail, DocumentId, Edit, Event, EventId, EventKind};
use tongban_protocol::journal::{Body, JournalId};
use tongban_protocol::outage::{
    Evidence, Outage, OutageCause, OutageReport, document_name, evidence,
};
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;

use super::witnessed::RECEIPTS_MAX;
use super::{Appended, Replica, ReplicaError, layout};
use crate::store::{Area, Store};

/// Most months before the last whose records are read for one question.
const MONTHS_MAX: i32 = 24;

/// By which a machine that starts knows since when it had not run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AliveMark {
    /// When it ran.
    pub at: Timestamp,
    /// Since when it had no link upwards then.
    pub down_since: Option<Timestamp>,
}

impl<S: Store> Replica<S> {
    /// The mark that was made last.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn alive_mark(&self) -> Result<Option<AliveMark>, ReplicaError> {
        let value = self.store.read(Area::Meta, &layout::alive_key())?.unwrap_or_default();
        let ms = |at: usize| {
            let bytes = value.get(at..at + 8)?.try_into().ok()?;
            Some(Timestamp(i64::from_be_bytes(bytes)))
        };
        Ok(ms(0).map(|at| AliveMark { at, down_since: ms(8) }))
    }

    /// Stages a mark that the machine runs.
    pub fn mark_alive(&mut self, mark: AliveMark) {
        let mut value = mark.at.0.to_be_bytes().to_vec();
        value.extend(mark.down_since.iter().flat_map(|since| since.0.to_be_bytes()));
        self.staged.put(Area::Meta, layout::alive_key(), value);
    }

    /// Stages the record of outages that are over, in this centre's document of the month.
    ///
    /// # Errors
    ///
    /// As [`Self::append`].
    pub fn record_outages(
        &mut self,
        now: Timestamp,
        report: OutageReport,
    ) -> Result<Appended, ReplicaError> {
        let name = document_name(civil_day(now));
        let detail = Detail { outages: Some(Box::new(report)), ..Detail::default() };
        let event = Event::new(EventKind::Outage, now, "node", "").with(detail);
        let home = Home::office(self.member.centre());
        self.append(now, home, vec![(name, vec![Edit::Event(event)])])
    }

    /// The outages that the machines of a home recorded in the months from a day to another, as far
    /// as they count, in order.
    ///
    /// Nothing of a time counts in which the city is proved to have had something that the machine
    /// wrote within the outage, or, of a machine that says it did not run, in which it wrote. The
    /// proofs are entries, so every store that holds the same gives the same.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn outages(
        &self,
        home: Home,
        (from, to): (Date, Date),
    ) -> Result<Vec<Evidence>, ReplicaError> {
        let earliest = to.saturating_sub(MONTHS_MAX.months()).last_of_month();
        let first = from.max(earliest).first_of_month();
        let months =
            std::iter::successors(Some(first), |month| month.last_of_month().tomorrow().ok());
        let mut events = Vec::new();
        for month in months.take_while(|month| *month <= to) {
            let id = DocumentId { home, name: document_name(month) };
            events.extend(self.paper(id)?.map(|paper| paper.events()).unwrap_or_default());
        }
        evidence(&events, |id, outage| self.disproved(home, id, outage))
    }

    /// Until when something held here speaks against an outage.
    fn disproved(
        &self,
        home: Home,
        id: EventId,
        outage: &Outage,
    ) -> Result<Option<Timestamp>, ReplicaError> {
        let own = JournalId { home, author: id.author };
        match outage.cause {
            OutageCause::Machine => {
                let end = self.first_at(own, outage.to)?;
                let last = self.entry(own, end.saturating_sub(1))?;
                let at = last.map(|signed| signed.entry.time.instant());
                Ok(at.filter(|at| *at > outage.from))
            }
            OutageCause::Link => self.witnessed_within(own, outage),
        }
    }

    /// When the city last said within an outage that it held what was written within it.
    fn witnessed_within(
        &self,
        own: JournalId,
        outage: &Outage,
    ) -> Result<Option<Timestamp>, ReplicaError> {
        let written = self.first_at(own, outage.from)?;
        let mut last = None;
        for city in self.journals_of_city(own.home) {
            let begin = self.first_at(city, outage.from)?;
            let end = self.frontier.get(&city).map_or(0, |end| end.number);
            for number in begin..=end.min(begin.saturating_add(RECEIPTS_MAX)) {
                let Some(signed) = self.entry(city, number)? else { break };
                let at = signed.entry.time.instant();
                if at >= outage.to {
                    break;
                }
                let Body::Receipts(receipts) = &signed.entry.body else { continue };
                let is_new =
                    receipts.iter().any(|it| it.author == own.author && it.number >= written);
                if is_new {
                    last = last.max(Some(at));
                }
            }
        }
        Ok(last)
    }
}
