//! What goes into a file.

use tongban_protocol::exchange::Want;
use tongban_protocol::heartbeat::Statement;
use tongban_protocol::identity::Credential;
use tongban_protocol::journal::{Body, End, JournalId};
use tongban_protocol::limits::ENDS_PER_STATEMENT_MAX;
use tongban_protocol::place::{Division, Home, Path, Scope};
use tongban_protocol::time::Timestamp;
use tongban_protocol::wire::Run;

use super::{ENDS_MAX, Heading, HeadingV1};
use crate::engine::SOFTWARE;
use crate::replica::{Replica, ReplicaError};
use crate::store::Store;

/// What to carry out.
#[derive(Clone, Debug)]
pub enum Cargo {
    /// For the city: the cases that it has not confirmed.
    Unconfirmed,
    /// Everything that is held here.
    All,
    /// For whoever wrote a file with this heading: what it lacks of what both sides share.
    Answer(Box<Heading>),
}

/// The plan of a file: its heading, and the entries that are still to be written.
///
/// The plan is made at one instant, and journals only grow, so that a file is consistent however
/// long it takes to write it.
#[derive(Debug)]
pub struct Load {
    heading: HeadingV1,
    wants: Vec<Want>,
    journals: u64,
}

impl Load {
    /// Plans a file.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn new<S: Store>(
        replica: &Replica<S>,
        now: Timestamp,
        cargo: &Cargo,
    ) -> Result<Self, ReplicaError> {
        let mut wants = Vec::new();
        for (journal, end) in replica.frontier() {
            let from = match cargo {
                Cargo::All => Some(1),
                Cargo::Unconfirmed => unconfirmed(replica, *journal)?,
                Cargo::Answer(heading) => lacking(replica, *journal, heading),
            };
            if let Some(from) = from.filter(|from| *from <= end.number) {
                wants.push(Want { journal: *journal, from, to: end.number });
            }
        }
        let journals = wants.len() as u64;
        Ok(Self { heading: heading(replica, now), wants, journals })
    }

    pub(super) const fn heading(&self) -> &HeadingV1 {
        &self.heading
    }

    pub(super) const fn journals(&self) -> u64 {
        self.journals
    }

    /// The entries that are to be written, to be read and handed to [`Self::note_read`].
    #[must_use]
    pub fn wants(&self) -> &[Want] {
        &self.wants
    }

    /// Takes note of entries that were read for [`Self::wants`].
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Corrupt`] if nothing was read although something is missing.
    pub fn note_read(&mut self, runs: &[Run]) -> Result<(), ReplicaError> {
        if runs.is_empty()
            && let Some(want) = self.wants.first()
        {
            let why = format!("entry {} of {} is missing", want.from, want.journal);
            return Err(ReplicaError::Corrupt(why));
        }
        for run in runs {
            if let Some(want) = self.wants.iter_mut().find(|want| want.journal == run.journal) {
                want.from = run.last() + 1;
            }
        }
        self.wants.retain(|want| want.from <= want.to);
        Ok(())
    }

    /// Reads the next block; `None` when everything was read.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn next_runs<S: Store>(
        &mut self,
        replica: &Replica<S>,
    ) -> Result<Option<Vec<Run>>, ReplicaError> {
        if self.wants.is_empty() {
            return Ok(None);
        }
        let runs = replica.read_wants(&self.wants)?;
        self.note_read(&runs)?;
        Ok(Some(runs))
    }
}

/// From which entry on the city may lack a journal; none for what the city wrote itself.
fn unconfirmed<S: Store>(
    replica: &Replica<S>,
    journal: JournalId,
) -> Result<Option<u64>, ReplicaError> {
    let city = replica.member().credential.path.city();
    let is_citys = author_centre(replica, journal)? == Some(city);
    if journal.home.scope == Scope::Public || is_citys {
        return Ok(None);
    }
    Ok(Some(replica.receipted(journal).map_or(0, |it| it.number) + 1))
}

/// From which entry on the writer of a heading lacks a journal; none for what is not shared.
fn lacking<S: Store>(replica: &Replica<S>, journal: JournalId, heading: &Heading) -> Option<u64> {
    if !replica.is_shared(journal.home, lower(replica, &heading.credential.path)) {
        return None;
    }
    let held = heading.ends.iter().find(|(theirs, _)| *theirs == journal);
    Some(held.map_or(0, |(_, end)| end.number) + 1)
}

/// The path of whichever of the two stands lower.
fn lower<'a, S: Store>(replica: &'a Replica<S>, theirs: &'a Path) -> &'a Path {
    let ours = &replica.member().credential.path;
    if theirs.contains(ours.centre()) { theirs } else { ours }
}

fn author_centre<S: Store>(
    replica: &Replica<S>,
    journal: JournalId,
) -> Result<Option<Division>, ReplicaError> {
    let Some(first) = replica.entry(journal, 1)? else { return Ok(None) };
    let Body::Open(opening) = first.entry.body else { return Ok(None) };
    let credential = Credential::open(&opening.credential, &replica.member().root).ok();
    Ok(credential.map(|credential| credential.path.centre()))
}

fn heading<S: Store>(replica: &Replica<S>, now: Timestamp) -> HeadingV1 {
    let member = replica.member();
    let path = &member.credential.path;
    let mut ends: Vec<(JournalId, End)> = replica.shared_frontier(path).into_iter().collect();
    if ends.len() > ENDS_MAX {
        ends.clear();
    }
    let statement = state(replica, now).seal(&member.key);
    HeadingV1 { version: 1, root: member.root.fingerprint(), statement, ends }
}

/// What this machine says of itself, as it does in a heartbeat.
fn state<S: Store>(replica: &Replica<S>, now: Timestamp) -> Statement {
    let member = replica.member();
    let home = Home::office(member.centre());
    let node = member.credential.node();
    let mut ends: Vec<(JournalId, End)> = replica
        .frontier()
        .iter()
        .filter(|(journal, _)| journal.home == home)
        .map(|(journal, end)| (*journal, *end))
        .collect();
    ends.sort_by_key(|(journal, _)| {
        (journal.author.node != node, std::cmp::Reverse(journal.author.incarnation))
    });
    ends.truncate(ENDS_PER_STATEMENT_MAX);
    Statement {
        credential: member.sealed.clone(),
        at: now,
        ends,
        waiting: replica.waiting(),
        software: SOFTWARE.to_owned(),
        free_bytes: None,
        order: None,
        incarnation: Some(member.incarnation),
    }
}
