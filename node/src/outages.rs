//! 中断登记: a machine notes when it had no link upwards and when it did not run, and records it in
//! its own home once it is over.
//!
//! Without thread and clock: it is told the time and whether a link is up. What **not** to record
//! is decided here, so that a bad line makes a few records a day and not a thousand: an outage
//! under a minute is counted only, and a machine that is switched off outside office hours is none.

#[cfg(test)]
mod tests;

use jiff::civil::Date;
use tongban_protocol::calendar::{Almanac, OfficeHours, civil_day};
use tongban_protocol::outage::{OUTAGE_MS_MIN, Outage, OutageCause, OutageReport, SPANS_MAX};
use tongban_protocol::time::Timestamp;

use crate::replica::AliveMark;

/// How often a running machine marks that it runs, in milliseconds.
pub const MARK_MS: i64 = 5 * 60_000;

/// Most records of one machine in one day; what comes later waits for the next.
pub const RECORDS_PER_DAY_MAX: u32 = 8;

/// How long short outages wait for a record, in milliseconds.
const SHORT_WAIT_MS: i64 = 24 * 3_600_000;

/// What a machine notes of its outages.
#[derive(Clone, Debug, Default)]
pub struct OutageWatch {
    down_since: Option<Timestamp>,
    pending: OutageReport,
    pending_since: Option<Timestamp>,
    marked: Option<AliveMark>,
    /// How many records were made on the last day that had any.
    written: Option<(Date, u32)>,
}

impl OutageWatch {
    /// Begins when a machine starts; `mark` was made when it last ran.
    ///
    /// It may have run up to [`MARK_MS`] longer than the mark says; that time is not claimed.
    #[must_use]
    pub fn start(now: Timestamp, mark: Option<AliveMark>, office: (&Almanac, OfficeHours)) -> Self {
        let mut watch = Self::default();
        let Some(mark) = mark.filter(|mark| mark.at < now) else { return watch };
        watch.down_since = mark.down_since.filter(|since| *since < now);
        let from = mark.at.plus_ms(MARK_MS);
        if now.ms_since(from) >= OUTAGE_MS_MIN && touches_office_hours(from, now, office) {
            watch.note(Outage { from, to: now, cause: OutageCause::Machine }, now);
        }
        watch
    }

    /// Looks whether a link upwards is up; gives what is to be recorded now.
    pub fn look(&mut self, now: Timestamp, is_linked: bool) -> Option<OutageReport> {
        match self.down_since {
            Some(from) if is_linked => {
                self.down_since = None;
                if from < now {
                    self.note(Outage { from, to: now, cause: OutageCause::Link }, now);
                }
            }
            None if !is_linked => self.down_since = Some(now),
            Some(from) if now < from => self.down_since = Some(now), // The clock was set back.
            Some(_) | None => {}
        }
        let since = self.pending_since?;
        let is_due = !self.pending.spans.is_empty() || now.ms_since(since) >= SHORT_WAIT_MS;
        let (today, count) = (civil_day(now), self.written);
        let today_count = count.filter(|(day, _)| *day == today).map_or(0, |(_, count)| count);
        if !is_due || today_count >= RECORDS_PER_DAY_MAX {
            return None;
        }
        self.written = Some((today, today_count + 1));
        self.pending_since = None;
        Some(std::mem::take(&mut self.pending))
    }

    /// Takes back what could not be recorded; it is tried again at the next look.
    pub fn put_back(&mut self, report: OutageReport, now: Timestamp) {
        self.pending.short_count = self.pending.short_count.saturating_add(report.short_count);
        self.pending.short_ms = self.pending.short_ms.saturating_add(report.short_ms);
        for outage in report.spans {
            self.note(outage, now);
        }
        self.pending_since.get_or_insert(now);
    }

    /// The mark that is to be made now, if one is due.
    pub fn mark(&mut self, now: Timestamp) -> Option<AliveMark> {
        let mark = AliveMark { at: now, down_since: self.down_since };
        let is_due = self.marked.is_none_or(|last| {
            last.down_since != mark.down_since || !(0..MARK_MS).contains(&now.ms_since(last.at))
        });
        is_due.then(|| *self.marked.insert(mark))
    }

    fn note(&mut self, outage: Outage, now: Timestamp) {
        let length = |it: &Outage| it.to.ms_since(it.from);
        self.pending_since.get_or_insert(now);
        self.pending.spans.push(outage);
        let is_short = |it: &Outage| length(it) < OUTAGE_MS_MIN;
        let shortest =
            (0..self.pending.spans.len()).min_by_key(|at| length(&self.pending.spans[*at]));
        let Some(shortest) = shortest else { return };
        if is_short(&self.pending.spans[shortest]) || self.pending.spans.len() > SPANS_MAX {
            let counted = self.pending.spans.remove(shortest);
            self.pending.short_count = self.pending.short_count.saturating_add(1);
            let ms = length(&counted).unsigned_abs();
            self.pending.short_ms = self.pending.short_ms.saturating_add(ms);
        }
    }
}

/// Whether a time has part in the office hours of a working day.
fn touches_office_hours(
    from: Timestamp,
    to: Timestamp,
    (almanac, hours): (&Almanac, OfficeHours),
) -> bool {
    let calendar = almanac.latest();
    let is_touched = |day: i64| {
        let (opens, closes) = hours.of(day);
        calendar.is_working(civil_day(opens)) && from < closes && opens < to
    };
    // A week off without a working day is a festival; of two there is always one.
    (from.shanghai_day()..=to.shanghai_day()).take(31).any(is_touched)
}
