//! Links: ordered within a lane, free between lanes, slow, lossy, and cut at any moment.

use tongban_node::engine::{LinkStatus, SessionId, Side};
use tongban_protocol::wire::Lane;

use super::office::Uplink;
use super::{Event, Place, World};

/// The way between two offices.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) is_down: bool,
    pub(super) delay_ms: i64,
    /// Frames that must be sent again, in percent.
    pub(super) loss_percent: i64,
}

/// One link while at least one end believes in it.
#[derive(Debug)]
pub(super) struct Cable {
    pub(super) lower: Place,
    pub(super) upper: Place,
    /// What is on its way never arrives.
    pub(super) is_cut: bool,
    /// When the last frame arrives, by direction and lane.
    busy_until_ms: [[i64; 3]; 2],
    /// Ends that know that it is gone.
    is_gone: [bool; 2],
}

impl World {
    pub(super) fn lay_routes(&mut self) {
        for lower in 0..self.offices.len() {
            for upper in self.offices[lower].parents.clone() {
                if self.routes.contains_key(&(lower, upper)) {
                    continue;
                }
                let delay_ms = 1 + self.below(self.plan.delay_ms_max);
                let loss_percent = self.below(self.plan.loss_percent_max + 1);
                self.routes
                    .insert((lower, upper), Route { is_down: false, delay_ms, loss_percent });
            }
        }
    }

    pub(super) fn queue_dial(&mut self, place: Place, pause_ms: i64) {
        if !self.offices[place].parents.is_empty()
            && !std::mem::replace(&mut self.offices[place].is_dialling, true)
        {
            let pause_ms = pause_ms + self.below(pause_ms);
            self.after(pause_ms, Event::Dial(place));
        }
    }

    /// Looks for the nearest parent that answers, and for a nearer one while there is another.
    pub(super) fn dial(&mut self, place: Place) {
        let office = &mut self.offices[place];
        office.is_dialling = false;
        let used = office.uplink;
        if office.engine.is_none() || used.is_some_and(|uplink| uplink.rank == 0) {
            return;
        }
        let parents = office.parents.clone();
        let nearer = parents.iter().take(used.map_or(usize::MAX, |uplink| uplink.rank));
        let found = nearer.enumerate().find(|(_, upper)| {
            let is_up = self.offices[**upper].engine.is_some();
            is_up && !self.routes[&(place, **upper)].is_down
        });
        if let Some((rank, upper)) = found {
            self.connect(place, *upper, rank);
            if let Some(old) = used {
                let pause_ms = self.below(5_000);
                self.after(pause_ms, Event::Leave { cable: old.cable });
            }
        }
        match self.offices[place].uplink {
            Some(uplink) if uplink.rank == 0 => {}
            Some(_) => self.queue_dial(place, 15_000),
            None => self.queue_dial(place, 1_500),
        }
    }

    fn connect(&mut self, lower: Place, upper: Place, rank: usize) {
        self.next += 1;
        let id = self.next;
        self.count(if rank == 0 { "links" } else { "links past a parent" });
        let peer_key = self.offices[upper].member.key.public();
        let accept_ms = self.now_ms + self.routes[&(lower, upper)].delay_ms;
        let busy_until_ms = [[accept_ms; 3]; 2];
        let is_gone = [false; 2];
        self.cables.insert(id, Cable { lower, upper, is_cut: false, busy_until_ms, is_gone });
        self.offices[lower].uplink = Some(Uplink { cable: id, rank });
        let session = Self::session(id, false);
        self.with_engine(lower, |engine, now| {
            engine.handle_connected(now, session, Side::Parent, peer_key);
        });
        self.at(accept_ms, Event::Accept { cable: id });
    }

    pub(super) fn accept(&mut self, id: u64) {
        let Some(cable) = self.cables.get(&id).filter(|cable| !cable.is_cut) else { return };
        let peer_key = self.offices[cable.lower].member.key.public();
        let (upper, session) = (cable.upper, Self::session(id, true));
        self.with_engine(upper, |engine, now| {
            engine.handle_connected(now, session, Side::Child, peer_key);
        });
    }

    /// Sends a frame: every loss is a resending after a while.
    pub(super) fn send(&mut self, session: SessionId, lane: Lane, bytes: Vec<u8>) {
        let (id, is_up) = (session.0 / 2, session.0.is_multiple_of(2));
        let Some(cable) = self.cables.get(&id) else { return };
        let route = &self.routes[&(cable.lower, cable.upper)];
        let (delay_ms, loss_percent) = (route.delay_ms, route.loss_percent);
        let mut arrives_ms = self.now_ms + delay_ms + self.below(delay_ms / 4 + 2);
        let mut resend_ms = 50 + 2 * delay_ms;
        while self.below(100) < loss_percent {
            arrives_ms += resend_ms;
            resend_ms *= 2;
            self.count("frames sent again");
        }
        let Some(cable) = self.cables.get_mut(&id).filter(|cable| !cable.is_cut) else { return };
        let busy_until_ms = &mut cable.busy_until_ms[usize::from(is_up)][lane as usize];
        *busy_until_ms = arrives_ms.max(*busy_until_ms);
        let at_ms = *busy_until_ms;
        self.at(at_ms, Event::Frame { cable: id, is_up, lane, bytes });
    }

    pub(super) fn deliver(&mut self, id: u64, is_up: bool, lane: Lane, bytes: &[u8]) {
        let Some(cable) = self.cables.get(&id) else { return };
        if cable.is_cut {
            return self.count("frames lost");
        }
        let (lower, upper) = (cable.lower, cable.upper);
        let place = if is_up { upper } else { lower };
        let session = Self::session(id, is_up);
        let sieved = if is_up { self.withhold(lower, lane, bytes) } else { None };
        let bytes = sieved.as_deref().unwrap_or(bytes);
        let knows = |it: &LinkStatus| it.session == session && it.peer.is_some();
        if place == 0
            && self.offices[0].engine.as_ref().is_some_and(|it| it.links().iter().any(knows))
        {
            self.overhear(lane, bytes);
        }
        self.with_engine(place, |engine, now| engine.handle_frame(now, session, lane, bytes));
    }

    /// The link breaks: each end notices in its own time.
    pub(super) fn cut(&mut self, id: u64) {
        let Some(cable) = self.cables.get_mut(&id) else { return };
        if std::mem::replace(&mut cable.is_cut, true) {
            return;
        }
        let (lower_ms, upper_ms) = (self.below(3_000), self.below(30_000));
        self.after(lower_ms, Event::Gone { cable: id, is_upper: false });
        self.after(upper_ms, Event::Gone { cable: id, is_upper: true });
    }

    /// An engine has closed its session: the other end hears its last frames, and then nothing.
    pub(super) fn hang_up(&mut self, session: SessionId) {
        let (id, is_upper) = (session.0 / 2, !session.0.is_multiple_of(2));
        self.count("sessions closed");
        let Some(cable) = self.cables.get(&id) else { return };
        let sent = cable.busy_until_ms[usize::from(!is_upper)].iter().max();
        let at_ms = sent.copied().unwrap_or(0).max(self.now_ms) + 1;
        self.at(at_ms, Event::Gone { cable: id, is_upper: !is_upper });
        self.notice(id, is_upper);
    }

    pub(super) fn leave(&mut self, id: u64) {
        if self.cables.contains_key(&id) {
            self.notice(id, false);
            self.cut(id);
        }
    }

    /// One end knows that the link is gone.
    pub(super) fn notice(&mut self, id: u64, is_upper: bool) {
        let Some(cable) = self.cables.get_mut(&id) else { return };
        let place = if is_upper { cable.upper } else { cable.lower };
        let session = Self::session(id, is_upper);
        cable.is_gone[usize::from(is_upper)] = true;
        if cable.is_gone == [true; 2] {
            self.cables.remove(&id);
        }
        self.with_engine(place, |engine, _| engine.handle_disconnected(session));
        if !is_upper && self.offices[place].uplink.is_some_and(|uplink| uplink.cable == id) {
            self.offices[place].uplink = None;
            self.queue_dial(place, 1_000);
        }
    }
}
