//! What breaks, when, and how it is mended.

use std::collections::BTreeSet;

use tongban_node::store::{Fault as DiskFault, Store as _};
use tongban_protocol::journal::JournalId;

use super::dishonest::Mischief;
use super::{Event, Place, World};

/// Something that breaks, or is mended.
#[derive(Debug)]
pub(super) enum Fault {
    /// A link breaks.
    Cut,
    /// The way to a parent is down for so many milliseconds.
    Outage(Place, i64),
    /// Every way to a parent is down for so many milliseconds.
    Isolate(Place, i64),
    /// It is up again.
    Reopen(Place, Place),
    /// A machine loses power.
    Crash(Place),
    /// A disk is full for so many milliseconds.
    Full(Place, i64),
    /// There is room again.
    Free(Place),
    /// The next sync fails.
    Sync(Place),
    /// A store is set aside or a disk replaced.
    Lose(Place),
    /// A clock jumps by so many milliseconds.
    Jump(Place, i64),
    /// A machine does what it must not.
    Mischief(Mischief),
}

impl World {
    /// Decides what will break and when.
    pub(super) fn plan_faults(&mut self) {
        let plan = self.plan.clone();
        for _ in 0..plan.cuts {
            self.plan_fault(Fault::Cut);
        }
        for _ in 0..plan.outages {
            let (place, ms) = (self.any_place(), 5_000 + self.below(60_000));
            self.plan_fault(Fault::Outage(place, ms));
        }
        for _ in 0..plan.crashes {
            let place = self.any_place();
            self.plan_fault(Fault::Crash(place));
        }
        for _ in 0..plan.full_disks {
            let (place, ms) = (self.any_place(), 3_000 + self.below(40_000));
            self.plan_fault(Fault::Full(place, ms));
        }
        for _ in 0..plan.failed_syncs {
            let place = self.any_place();
            self.plan_fault(Fault::Sync(place));
        }
        for _ in 0..plan.lost_disks {
            let (place, at_ms) = (self.any_place(), self.below(self.plan.storm_ms));
            let alone_ms = self.below(40_000);
            self.at(at_ms, Event::Fault(Fault::Isolate(place, alone_ms * 2)));
            self.at(at_ms + alone_ms, Event::Fault(Fault::Lose(place)));
        }
        for _ in 0..plan.clock_jumps {
            let (place, ms) = (self.any_place(), self.below(1_200_000) - 600_000);
            self.plan_fault(Fault::Jump(place, ms));
        }
        self.plan_mischief();
    }

    fn plan_fault(&mut self, fault: Fault) {
        let at_ms = self.below(self.plan.storm_ms);
        self.at(at_ms, Event::Fault(fault));
    }

    fn any_place(&mut self) -> Place {
        let count = i64::try_from(self.offices.len()).unwrap();
        usize::try_from(self.below(count)).unwrap()
    }

    pub(super) fn strike(&mut self, fault: Fault) {
        if !self.is_storm && !matches!(fault, Fault::Mischief(Mischief::Last)) {
            return;
        }
        match fault {
            Fault::Cut => self.cut_any(),
            Fault::Outage(place, ms) => self.outage(place, ms),
            Fault::Isolate(place, ms) => self.isolate(place, ms),
            Fault::Reopen(lower, upper) => {
                self.routes.get_mut(&(lower, upper)).unwrap().is_down = false;
            }
            Fault::Crash(place) => self.power_cut(place),
            Fault::Full(place, ms) => {
                self.count("full disks");
                self.fill(place, true);
                self.after(ms, Event::Fault(Fault::Free(place)));
            }
            Fault::Free(place) => self.fill(place, false),
            Fault::Sync(place) => self.fail_sync(place),
            Fault::Lose(place) => self.lose_disk(place),
            Fault::Mischief(mischief) => self.commit_mischief(mischief),
            Fault::Jump(place, ms) => {
                self.count("clock jumps");
                self.offices[place].clock_ahead_ms += ms;
                self.offices[place].has_jumped = true;
            }
        }
    }

    fn cut_any(&mut self) {
        let ids: Vec<u64> = self.cables.keys().copied().collect();
        let at = self.below(i64::try_from(ids.len()).unwrap());
        if let Some(id) = ids.get(usize::try_from(at).unwrap()) {
            self.count("cuts");
            self.cut(*id);
        }
    }

    /// For a city or county: every way into it; for a township: the one to its county.
    fn outage(&mut self, place: Place, ms: i64) {
        self.count("outages");
        let into: Vec<(Place, Place)> =
            self.routes.keys().filter(|(_, upper)| *upper == place).copied().collect();
        let own = self.offices[place].parents.first().map(|upper| (place, *upper));
        let closed = if into.is_empty() { own.into_iter().collect() } else { into };
        closed.into_iter().for_each(|route| self.close_route(route, ms));
    }

    fn isolate(&mut self, place: Place, ms: i64) {
        self.count("offices cut off");
        for upper in self.offices[place].parents.clone() {
            self.close_route((place, upper), ms);
        }
    }

    fn close_route(&mut self, (lower, upper): (Place, Place), ms: i64) {
        self.routes.get_mut(&(lower, upper)).unwrap().is_down = true;
        self.after(ms, Event::Fault(Fault::Reopen(lower, upper)));
        let cables: Vec<u64> = self
            .cables
            .iter()
            .filter(|(_, cable)| (cable.lower, cable.upper) == (lower, upper))
            .map(|(id, _)| *id)
            .collect();
        cables.into_iter().for_each(|id| self.cut(id));
    }

    fn power_cut(&mut self, place: Place) {
        if self.offices[place].engine.is_none() {
            return;
        }
        if self.one_in(2) {
            self.offices[place].is_to_crash_after_commit = true;
            return;
        }
        self.crash(place);
        let pause_ms = 500 + self.below(30_000);
        self.after(pause_ms, Event::Start(place));
    }

    /// The driver sees a failed sync and starts anew, as the store demands.
    fn fail_sync(&mut self, place: Place) {
        if self.offices[place].engine.is_none() {
            return;
        }
        self.count("failed syncs");
        let fault = if self.one_in(2) { DiskFault::IoBefore } else { DiskFault::IoAfter };
        self.offices[place].disk.fail_next_commit(fault);
        self.offices[place].is_doomed = true;
        let pause_ms = 1_000 + self.below(10_000);
        self.after(pause_ms, Event::Fault(Fault::Crash(place)));
    }

    /// Takes an office's store away, but never the only copy of anything: against that no design
    /// has a remedy.
    fn lose_disk(&mut self, place: Place) {
        let keeps_outbox = self.one_in(2);
        let is_honest = self.offices[place].fate.is_honest();
        if !is_honest
            || self.offices[place].engine.is_none()
            || !self.is_held_elsewhere(place, keeps_outbox)
        {
            return self.count("disks spared");
        }
        self.crash(place);
        let office = &mut self.offices[place];
        if keeps_outbox {
            office.disk.set_aside();
        } else {
            office.disk.replace_disk();
            if self.plan.disks_lie {
                office.disk.lie_about_sync();
            }
        }
        office.member.incarnation += 1;
        office.has_lost_disk = true;
        office.is_emptied = true;
        office.durable.clear();
        office.promised_before_loss = office.promises.len();
        office.stated.clear();
        if place == 0 {
            self.hall.truth.forget();
        }
        self.count(if keeps_outbox { "stores set aside" } else { "disks replaced" });
        let pause_ms = 500 + self.below(20_000);
        self.after(pause_ms, Event::Start(place));
    }

    fn is_held_elsewhere(&self, place: Place, keeps_outbox: bool) -> bool {
        let office = &self.offices[place];
        let entries = office.disk.unsent().unwrap().into_iter();
        let unsent: BTreeSet<(JournalId, u64)> = entries
            .map(|unsent| (minicbor::decode(&unsent.journal).unwrap(), unsent.number))
            .collect();
        let others = self.offices.iter().enumerate().filter(|(other, it)| {
            let is_above = office.parents.contains(other);
            is_above || it.parents.contains(&place)
        });
        let others: Vec<_> = others.map(|(_, other)| &other.durable).collect();
        let held = |journal: &JournalId| {
            let ends = others.iter().filter_map(|frontier| frontier.get(journal));
            ends.map(|end| end.number).max().unwrap_or(0)
        };
        let is_outbox_safe = || unsent.iter().all(|(journal, number)| *number <= held(journal));
        let is_covered =
            |journal: &JournalId, number| keeps_outbox && unsent.contains(&(*journal, number));
        (keeps_outbox || is_outbox_safe())
            && office.durable.iter().all(|(journal, end)| {
                (held(journal) + 1..=end.number).all(|number| is_covered(journal, number))
            })
    }
}
