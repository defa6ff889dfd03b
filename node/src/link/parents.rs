//! Which parent to dial next: the preferred one while it answers, the next while it does not.

use std::net::SocketAddr;

use rand_core::Rng;

use super::Backoff;

/// The parents of a node in order of preference, with what is known about each.
///
/// It is a value without clock or socket: `now` is in milliseconds of any clock that does not run
/// back, and the caller reports what became of each dial. At most one link is up; when a better
/// parent answers while a worse one serves, the caller moves over and closes the old link.
#[derive(Clone, Debug)]
pub struct Parents {
    settings: ParentSettings,
    parents: Vec<Parent>,
    serving: Option<Serving>,
}

/// How patient a node is with its parents.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ParentSettings {
    /// Pauses between two tries of the same parent.
    pub backoff: Backoff,
    /// How long a link must have been up, in milliseconds, for its loss not to count as a failure.
    pub settled_ms: u64,
    /// How long to be on a worse parent before a better one is tried, in milliseconds.
    pub probe_ms: u64,
}

impl Default for ParentSettings {
    fn default() -> Self {
        Self { backoff: Backoff::default(), settled_ms: 30_000, probe_ms: 300_000 }
    }
}

/// What to do about the link to a parent now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NextDial {
    /// Dial this address and report with [`Parents::handle_up`] or [`Parents::handle_failed`].
    Dial(SocketAddr),
    /// Nothing before this time, in milliseconds; ask again then, or after a report.
    WaitUntil(u64),
    /// Nothing: the best parent serves, or there is none.
    Rest,
}

#[derive(Clone, Copy, Debug)]
struct Parent {
    address: SocketAddr,
    failures: u32,
    retry_at_ms: u64,
}

#[derive(Clone, Copy, Debug)]
struct Serving {
    index: usize,
    since_ms: u64,
    probe_at_ms: u64,
}

impl Parents {
    /// Returns the state before the first dial; the most preferred address comes first.
    #[must_use]
    pub fn new(addresses: &[SocketAddr], settings: ParentSettings) -> Self {
        let unknown = |&address| Parent { address, failures: 0, retry_at_ms: 0 };
        Self { settings, parents: addresses.iter().map(unknown).collect(), serving: None }
    }

    /// Returns what to do now; asking changes nothing.
    #[must_use]
    pub fn next_dial(&self, now_ms: u64) -> NextDial {
        let (candidates, not_before_ms) = match self.serving {
            None => (&self.parents[..], 0),
            Some(serving) => (&self.parents[..serving.index], serving.probe_at_ms),
        };
        let due_ms = |parent: &Parent| parent.retry_at_ms.max(not_before_ms);
        if let Some(due) = candidates.iter().find(|parent| due_ms(parent) <= now_ms) {
            return NextDial::Dial(due.address);
        }
        candidates.iter().map(due_ms).min().map_or(NextDial::Rest, NextDial::WaitUntil)
    }

    /// Returns the parent whose link is up.
    #[must_use]
    pub fn serving(&self) -> Option<SocketAddr> {
        self.serving.map(|serving| self.parents[serving.index].address)
    }

    /// Takes note that the link to a parent is up; another link is no longer counted on.
    pub fn handle_up(&mut self, now_ms: u64, address: SocketAddr, rng: &mut impl Rng) {
        let Some(index) = self.find(address) else { return };
        let probe_at_ms = self.probe_at_ms(now_ms, rng);
        self.serving = Some(Serving { index, since_ms: now_ms, probe_at_ms });
    }

    /// Takes note that a dial failed; the parent is left alone for a growing while.
    pub fn handle_failed(&mut self, now_ms: u64, address: SocketAddr, rng: &mut impl Rng) {
        let Some(index) = self.find(address) else { return };
        self.postpone(now_ms, index, rng);
        let probe_at_ms = self.probe_at_ms(now_ms, rng);
        if let Some(serving) = &mut self.serving {
            serving.probe_at_ms = probe_at_ms;
        }
    }

    /// Takes note that the link to a parent is lost.
    ///
    /// A link that was up for long leaves a clean record; one that was not counts as a failed dial,
    /// so that a parent that accepts and drops at once is not dialled in a circle.
    pub fn handle_lost(&mut self, now_ms: u64, address: SocketAddr, rng: &mut impl Rng) {
        let Some(index) = self.find(address) else { return };
        let Some(serving) = self.serving.take_if(|serving| serving.index == index) else {
            return; // An old link that the caller closed after it had moved over.
        };
        if now_ms.saturating_sub(serving.since_ms) >= self.settings.settled_ms {
            self.parents[index].failures = 0;
        }
        self.postpone(now_ms, index, rng);
    }

    /// Lets every parent that does not serve be tried at once, for somebody asks for it.
    ///
    /// How often each failed stays known, so what is refused again waits as long as before.
    pub fn hurry(&mut self, now_ms: u64) {
        for parent in &mut self.parents {
            parent.retry_at_ms = parent.retry_at_ms.min(now_ms);
        }
        if let Some(serving) = &mut self.serving {
            serving.probe_at_ms = serving.probe_at_ms.min(now_ms);
        }
    }

    fn postpone(&mut self, now_ms: u64, index: usize, rng: &mut impl Rng) {
        let parent = &mut self.parents[index];
        parent.failures = parent.failures.saturating_add(1);
        let pause_ms = self.settings.backoff.pause_ms(parent.failures, rng);
        parent.retry_at_ms = now_ms.saturating_add(pause_ms);
    }

    /// Draws up to a quarter of jitter: a county that is back is not probed by all at once.
    fn probe_at_ms(&self, now_ms: u64, rng: &mut impl Rng) -> u64 {
        let jitter_ms = rng.next_u64() % (self.settings.probe_ms / 4).saturating_add(1);
        now_ms.saturating_add(self.settings.probe_ms).saturating_add(jitter_ms)
    }

    fn find(&self, address: SocketAddr) -> Option<usize> {
        self.parents.iter().position(|parent| parent.address == address)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng as _};

    use super::*;

    const SETTINGS: ParentSettings = ParentSettings {
        backoff: Backoff { pause_ms_min: 1_000, pause_ms_max: 60_000 },
        settled_ms: 30_000,
        probe_ms: 300_000,
    };

    fn county() -> SocketAddr {
        SocketAddr::from(([10, 0, 0, 1], 4433))
    }

    fn city() -> SocketAddr {
        SocketAddr::from(([10, 0, 0, 2], 4433))
    }

    fn township() -> (Parents, ChaCha8Rng) {
        (Parents::new(&[county(), city()], SETTINGS), ChaCha8Rng::seed_from_u64(3))
    }

    fn wait(parents: &Parents, now_ms: u64) -> u64 {
        match parents.next_dial(now_ms) {
            NextDial::WaitUntil(until_ms) => until_ms - now_ms,
            other => panic!("does not wait: {other:?}"),
        }
    }

    #[test]
    fn the_preferred_parent_is_dialled_first_and_nothing_is_dialled_while_it_serves() {
        let (mut parents, mut rng) = township();
        assert_eq!(parents.next_dial(0), NextDial::Dial(county()));
        parents.handle_up(50, county(), &mut rng);
        assert_eq!(parents.serving(), Some(county()));
        assert_eq!(parents.next_dial(u64::MAX), NextDial::Rest);
    }

    #[test]
    fn the_next_parent_is_dialled_at_once_when_the_preferred_one_fails() {
        let (mut parents, mut rng) = township();
        parents.handle_failed(0, county(), &mut rng);
        assert_eq!(parents.next_dial(0), NextDial::Dial(city()));
        parents.handle_failed(10, city(), &mut rng);
        assert!((990..=2_010).contains(&wait(&parents, 10)), "waits {} ms", wait(&parents, 10));
    }

    #[test]
    fn the_preferred_parent_is_probed_while_a_worse_one_serves() {
        let (mut parents, mut rng) = township();
        parents.handle_failed(0, county(), &mut rng);
        parents.handle_up(0, city(), &mut rng);
        let first_ms = wait(&parents, 0);
        assert!((300_000..=375_000).contains(&first_ms));
        assert_eq!(parents.next_dial(first_ms), NextDial::Dial(county()));
        parents.handle_failed(first_ms, county(), &mut rng);
        assert_eq!(parents.serving(), Some(city()), "a failed probe leaves the link alone");
        let second_ms = first_ms + wait(&parents, first_ms);
        assert!(second_ms >= first_ms + 300_000);
        parents.handle_up(second_ms, county(), &mut rng);
        parents.handle_lost(second_ms, city(), &mut rng);
        assert_eq!(parents.serving(), Some(county()), "the old link was closed on purpose");
    }

    #[test]
    fn a_parent_that_accepts_and_drops_at_once_is_dialled_ever_more_seldom() {
        let (mut parents, mut rng) = (Parents::new(&[city()], SETTINGS), township().1);
        let mut now_ms = 0;
        for _ in 0..20 {
            parents.handle_up(now_ms, city(), &mut rng);
            parents.handle_lost(now_ms + 5, city(), &mut rng);
            now_ms += 5 + wait(&parents, now_ms + 5);
        }
        assert!(now_ms > 200_000, "20 dials took {now_ms} ms");
    }

    #[test]
    fn a_link_lost_after_long_service_is_dialled_again_soon() {
        let (mut parents, mut rng) = (Parents::new(&[city()], SETTINGS), township().1);
        for _ in 0..9 {
            parents.handle_failed(0, city(), &mut rng);
        }
        parents.handle_up(100_000, city(), &mut rng);
        parents.handle_lost(130_000, city(), &mut rng);
        assert!(wait(&parents, 130_000) <= 2_000);
    }

    #[test]
    fn losing_the_worse_parent_frees_the_better_one_from_its_probe() {
        let (mut parents, mut rng) = township();
        parents.handle_failed(0, county(), &mut rng);
        parents.handle_up(0, city(), &mut rng);
        parents.handle_lost(40_000, city(), &mut rng);
        assert_eq!(parents.next_dial(40_000), NextDial::Dial(county()));
    }

    #[test]
    fn whoever_asks_for_it_has_every_better_parent_tried_at_once() {
        let (mut parents, mut rng) = township();
        for _ in 0..9 {
            parents.handle_failed(0, county(), &mut rng);
            parents.handle_failed(0, city(), &mut rng);
        }
        assert!(wait(&parents, 0) > 0);
        parents.hurry(0);
        assert_eq!(parents.next_dial(0), NextDial::Dial(county()));
        parents.handle_failed(0, county(), &mut rng);
        assert_eq!(parents.next_dial(0), NextDial::Dial(city()));
        parents.handle_up(0, city(), &mut rng);
        parents.hurry(1);
        assert_eq!(parents.next_dial(1), NextDial::Dial(county()));
        parents.handle_up(1, county(), &mut rng);
        parents.hurry(2);
        assert_eq!(parents.next_dial(2), NextDial::Rest, "the best serves already");
    }

    #[test]
    fn reports_about_strangers_change_nothing() {
        let (mut parents, mut rng) = township();
        let stranger = SocketAddr::from(([10, 9, 9, 9], 1));
        parents.handle_up(0, stranger, &mut rng);
        parents.handle_failed(0, stranger, &mut rng);
        parents.handle_lost(0, stranger, &mut rng);
        assert_eq!(parents.next_dial(0), NextDial::Dial(county()));
        assert_eq!(Parents::new(&[], SETTINGS).next_dial(0), NextDial::Rest);
    }
}
