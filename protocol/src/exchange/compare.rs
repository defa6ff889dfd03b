//! Comparing frontiers: one digest a home, detail only where they differ.

use std::collections::{BTreeMap, BTreeSet};

use crate::identity::Author;
use crate::journal::{Digest, End, JournalId};
use crate::limits::JOURNALS_PER_FRAME_MAX;
use crate::place::Home;
use crate::wire::{FrontierPart, HomeDetail, HomeDigest};

/// Up to this many homes are told in detail at once: it saves the answer that a differing
/// digest would need, and costs less than 2 kB.
const HOMES_IN_DETAIL_MAX: usize = 8;

/// What the comparison of a home found for one journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Finding {
    /// The peer holds the journal up to this number, on our chain as far as one can tell.
    PeerHolds(JournalId, u64),
    /// Both hold this number with different hashes.
    Forked(JournalId, u64),
}

/// Which homes have been compared, and what is still to be told.
#[derive(Debug, Default)]
pub(super) struct Compare {
    mine: BTreeMap<Home, BTreeMap<Author, End>>,
    /// Homes of which the peer was told every journal.
    told: BTreeSet<Home>,
    /// Homes of which the peer told every journal, or whose digest was equal.
    heard: BTreeSet<Home>,
    /// Homes in which the peer held the same when it spoke.
    equal: BTreeSet<Home>,
    /// Homes that the peer mentioned in its first frontier.
    mentioned: BTreeSet<Home>,
    /// What our first frontier said: the peer's digest may answer that, and not what came since.
    opened: BTreeMap<Home, BTreeMap<Author, End>>,
    is_opened: bool,
    is_whole: bool,
}

impl Compare {
    /// Takes note of where a journal ends here.
    pub(super) fn hold(&mut self, journal: JournalId, end: End) {
        self.mine.entry(journal.home).or_default().insert(journal.author, end);
        if self.is_whole && !self.mentioned.contains(&journal.home) {
            self.heard.insert(journal.home); // A home that is new since: the peer has none of it.
        }
    }

    /// True once it is known how far the peer holds this home.
    pub(super) fn is_heard(&self, home: &Home) -> bool {
        self.heard.contains(home)
    }

    pub(super) fn held(&self, journal: &JournalId) -> End {
        let home = self.mine.get(&journal.home);
        home.and_then(|journals| journals.get(&journal.author)).copied().unwrap_or_default()
    }

    pub(super) fn homes(&self) -> usize {
        self.mine.len()
    }

    pub(super) const fn is_open(&self) -> bool {
        self.is_opened
    }

    /// True once every shared home has been compared in both directions.
    pub(super) fn is_done(&self) -> bool {
        self.is_opened && self.mine.keys().all(|home| self.heard.contains(home))
    }

    /// The first frontier: every home, in detail or as a digest.
    ///
    /// If the peer spoke first, a digest is all that is needed where it is equal, and where it
    /// differs only detail will do.
    pub(super) fn open(&mut self, peer_spoke: bool) -> Vec<FrontierPart> {
        let few = self.mine.len() <= HOMES_IN_DETAIL_MAX;
        let (mut digests, mut details) = (Vec::new(), Vec::new());
        for (home, journals) in &self.mine {
            let is_equal = self.equal.contains(home);
            if (peer_spoke && !is_equal) || (few && !peer_spoke) {
                details.push(detail(*home, journals));
                self.told.insert(*home);
            } else {
                digests.push(HomeDigest { home: *home, digest: digest(*home, journals) });
            }
        }
        self.is_opened = true;
        self.opened.clone_from(&self.mine);
        let mut parts = in_parts(digests, details);
        match parts.last_mut() {
            Some(last) => last.is_whole = true,
            None => parts.push(FrontierPart { is_whole: true, ..FrontierPart::default() }),
        }
        parts
    }

    /// Takes in a part of the peer's frontier. Returns what was found, and what to answer.
    pub(super) fn hear(&mut self, part: FrontierPart) -> (Vec<Finding>, Vec<FrontierPart>) {
        let mut findings = Vec::new();
        let mut tell = Vec::new();
        for theirs in part.digests {
            self.mentioned.insert(theirs.home);
            let Some(mine) = self.mine.get(&theirs.home) else {
                tell.push(theirs.home); // An empty home of ours: the peer should say it all.
                continue;
            };
            let same = [Some(mine), self.opened.get(&theirs.home)]
                .into_iter()
                .flatten()
                .find(|journals| digest(theirs.home, journals) == theirs.digest);
            if let Some(same) = same {
                self.heard.insert(theirs.home);
                self.equal.insert(theirs.home);
                findings.extend(same.iter().map(|(author, end)| {
                    let journal = JournalId { home: theirs.home, author: *author };
                    Finding::PeerHolds(journal, end.number)
                }));
                // Journals that began here since our first frontier: the peer has none of them.
                let new = mine.keys().filter(|author| !same.contains_key(author));
                findings.extend(new.map(|author| {
                    Finding::PeerHolds(JournalId { home: theirs.home, author: *author }, 0)
                }));
            } else {
                self.told.remove(&theirs.home);
                tell.push(theirs.home);
            }
        }
        for theirs in part.details {
            self.mentioned.insert(theirs.home);
            findings.extend(self.compare(&theirs));
            tell.push(theirs.home);
        }
        if part.is_whole {
            self.is_whole = true;
            let silent: Vec<Home> =
                self.mine.keys().filter(|home| !self.mentioned.contains(home)).copied().collect();
            for home in silent {
                findings.extend(self.compare(&HomeDetail { home, journals: Vec::new() }));
                tell.push(home);
            }
        }
        // Before our own first frontier nothing is answered: it will say the same.
        let answer = if self.is_opened { self.tell(tell) } else { Vec::new() };
        (findings, answer)
    }

    /// Every journal of the homes that differ and that the peer was not told yet.
    fn tell(&mut self, homes: Vec<Home>) -> Vec<FrontierPart> {
        let mut details = Vec::new();
        for home in homes {
            let mine = self.mine.entry(home).or_default();
            if self.told.insert(home) {
                details.push(detail(home, mine));
            }
        }
        in_parts(Vec::new(), details)
    }

    fn compare(&mut self, theirs: &HomeDetail) -> Vec<Finding> {
        self.heard.insert(theirs.home);
        let mine = self.mine.entry(theirs.home).or_default();
        let theirs_by_author: BTreeMap<Author, End> = theirs.journals.iter().copied().collect();
        if *mine == theirs_by_author {
            self.equal.insert(theirs.home);
        }
        mine.iter()
            .map(|(author, mine)| {
                let journal = JournalId { home: theirs.home, author: *author };
                match theirs_by_author.get(author) {
                    Some(end) if end.number == mine.number && end.hash != mine.hash => {
                        Finding::Forked(journal, end.number)
                    }
                    Some(end) => Finding::PeerHolds(journal, end.number),
                    None => Finding::PeerHolds(journal, 0),
                }
            })
            .chain(theirs_by_author.iter().filter(|(author, _)| !mine.contains_key(author)).map(
                |(author, end)| {
                    let journal = JournalId { home: theirs.home, author: *author };
                    Finding::PeerHolds(journal, end.number)
                },
            ))
            .collect()
    }
}

fn detail(home: Home, journals: &BTreeMap<Author, End>) -> HomeDetail {
    HomeDetail { home, journals: journals.iter().map(|(author, end)| (*author, *end)).collect() }
}

fn digest(home: Home, journals: &BTreeMap<Author, End>) -> Digest {
    let named: Vec<(JournalId, End)> =
        journals.iter().map(|(author, end)| (JournalId { home, author: *author }, *end)).collect();
    Digest::of(named.iter().map(|(journal, end)| (journal, end)))
}

/// Splits a frontier into frames within their bound.
fn in_parts(digests: Vec<HomeDigest>, details: Vec<HomeDetail>) -> Vec<FrontierPart> {
    let mut parts: Vec<FrontierPart> = digests
        .chunks(JOURNALS_PER_FRAME_MAX)
        .map(|chunk| FrontierPart { digests: chunk.to_vec(), ..FrontierPart::default() })
        .collect();
    let mut room = 0;
    for detail in details {
        let needs = detail.journals.len() + 1;
        if needs > room || parts.is_empty() {
            parts.push(FrontierPart::default());
            room = JOURNALS_PER_FRAME_MAX;
        }
        room = room.saturating_sub(needs);
        if let Some(part) = parts.last_mut() {
            part.details.push(detail);
        }
    }
    parts
}
