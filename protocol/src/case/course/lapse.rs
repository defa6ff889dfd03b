//! What a case comes to because a day went by and nobody spoke.

use jiff::ToSpan;
use jiff::civil::Date;

use super::Course;
use crate::calendar::Almanac;
use crate::case::law::RENEWAL_DAYS;
use crate::case::state::State;
use crate::document::Event;
use crate::time::Timestamp;

impl Course {
    /// Accepts a case on which nobody spoke in time, as of `on`: it counts as accepted since its
    /// material was handed in (行政许可法 32-4). Returns the day that was missed.
    ///
    /// What is no permit is counted in the same way, so that its promise runs, by policy alone: that
    /// nobody spoke is no breach there.
    pub fn deem(&mut self, on: Date, almanac: &Almanac) -> Option<Date> {
        self.fall_silent(on, almanac);
        let missed = self.deem_accepted(on, almanac);
        self.renew(on);
        missed
    }

    fn deem_accepted(&mut self, on: Date, almanac: &Almanac) -> Option<Date> {
        if self.state != State::Received {
            return None;
        }
        let (due, _) = self.notice_due(almanac)?;
        if on <= due.date {
            return None;
        }
        self.state = State::Deemed;
        self.accepted_on = self.handed_in_on;
        self.accepted_at = self.received_at;
        Some(due.date)
    }

    /// Brings a case up to the day on which an event counts; one that says it is of a later day than
    /// its record brings it no further than that. Returns what [`Self::deem`] does.
    pub fn deem_by(
        &mut self,
        event: &Event,
        recorded_at: Timestamp,
        almanac: &Almanac,
    ) -> Option<Date> {
        let acted_on = self.acted_on(event, recorded_at, almanac);
        self.deem(acted_on.min(almanac.act_day(recorded_at)), almanac)
    }

    /// 行政许可法 50: applied for thirty days before the permit ends, and not decided before, a
    /// renewal counts as granted. A receipt that was recorded late counts as of its record, for the
    /// earlier day would be to the public's cost: nobody could decide on what nobody had recorded.
    fn renew(&mut self, on: Date) {
        let (Some(ends), Some(applied)) = (self.permit_ends, self.applied_on) else { return };
        let is_timely = applied.checked_add(RENEWAL_DAYS.days()).is_ok_and(|last| last <= ends);
        let is_open =
            matches!(self.state, State::Deemed | State::Accepted | State::InReview | State::Paused);
        if is_timely && is_open && on > ends {
            self.state = State::Renewed;
        }
    }

    /// Unblocks a joint case whose authority signed for its part and let the limit go by without a
    /// word, where the plan says so (超时默许). No permit follows from it.
    fn fall_silent(&mut self, on: Date, almanac: &Almanac) {
        let consents = self.joint.part.as_ref().is_some_and(|part| part.silence_consents);
        if !consents || !matches!(self.state, State::Accepted | State::InReview) {
            return;
        }
        let limit = self.terms.as_ref().and_then(|terms| terms.promise);
        let limit = limit.map(|limit| limit.plus(self.promise_extended()));
        let due = limit.and_then(|limit| self.due(limit, almanac)).map(|(due, _)| due.date);
        if let Some(due) = due.filter(|due| on > *due) {
            self.state = State::Silent;
            self.joint.silent_since = Some(due);
        }
    }
}
