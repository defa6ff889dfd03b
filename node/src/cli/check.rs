//! `check`: every record of the store and every journal, from its first entry.

use std::process::ExitCode;

use tongban_config::settings::NodeSettings;
use tongban_protocol::exchange::Want;
use tongban_protocol::journal::{JournalId, SignedEntry, Tail};

use super::settings::store_settings;
use super::{CliError, out};
use crate::membership::Membership;
use crate::replica::{Replica, ReplicaError};
use crate::service::begin_incarnation;
use crate::store::{Cursor, SledStore, Store, StoreError};

/// Records that one step of the check looks at.
const RECORDS_PER_STEP: usize = 1_024;

/// What a check found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Audit {
    /// Records of the store that were read.
    pub records: usize,
    /// Journals that were followed from their opening.
    pub journals: usize,
    /// Entries whose chain and signature hold.
    pub entries: u64,
    /// What is wrong, in words.
    pub faults: Vec<String>,
}

pub(super) fn run(settings: &NodeSettings, set_aside: bool) -> Result<ExitCode, CliError> {
    let mut membership = Membership::load(&settings.data_dir)?;
    let dir = settings.data_dir.join("store");
    if set_aside {
        let aside = SledStore::set_aside(&dir, "the operator asked for it").map_err(in_use)?;
        let opened = SledStore::open(&dir, store_settings(&settings.store))?;
        begin_incarnation(&opened.store, &mut membership, &settings.data_dir)?;
        out::line(format!("set aside as {}", aside.path.display()))?;
        out::line("start the service: it rebuilds the store from the centres above")?;
        return Ok(ExitCode::SUCCESS);
    }
    let opened = SledStore::open(&dir, store_settings(&settings.store)).map_err(in_use)?;
    let mut audit = Audit::default();
    for aside in &opened.set_aside {
        audit.faults.push(format!("set aside as {}: {}", aside.path.display(), aside.reason));
    }
    begin_incarnation(&opened.store, &mut membership, &settings.data_dir)?;
    scrub(&opened.store, &mut audit)?;
    match Replica::open(opened.store, membership.member()?, PAPERS_MAX) {
        Ok(replica) => audit_journals(&replica, &mut audit)?,
        Err(error) => audit.faults.push(error.to_string()),
    }
    report(&audit)
}

fn in_use(error: StoreError) -> CliError {
    match error {
        StoreError::InUse { .. } => CliError::Runs("check"),
        other => other.into(),
    }
}

/// Verifies every record of the store below, and chain and signatures of every journal.
///
/// # Errors
///
/// [`StoreError`] if the disk does not answer. Damage is no error, it is the result.
pub fn audit<S: Store>(replica: &Replica<S>) -> Result<Audit, StoreError> {
    let mut audit = Audit::default();
    scrub(replica.store(), &mut audit)?;
    audit_journals(replica, &mut audit)?;
    Ok(audit)
}

fn scrub(store: &impl Store, audit: &mut Audit) -> Result<(), StoreError> {
    let mut cursor = Some(Cursor::start());
    while let Some(from) = cursor {
        let checked = store.check(&from, RECORDS_PER_STEP)?;
        audit.records += checked.count;
        audit.faults.extend(checked.damage.iter().map(ToString::to_string));
        cursor = checked.next;
    }
    Ok(())
}

fn audit_journals<S: Store>(replica: &Replica<S>, audit: &mut Audit) -> Result<(), StoreError> {
    for (journal, end) in replica.frontier() {
        audit.journals += 1;
        match follow(replica, *journal, end.number, &mut audit.entries) {
            Ok(()) => {}
            Err(Broken::Store(error @ StoreError::Io { .. })) => return Err(error),
            Err(Broken::Store(error)) => audit.faults.push(format!("{journal}: {error}")),
            Err(Broken::Journal(why)) => audit.faults.push(why),
        }
    }
    Ok(())
}

/// Why a journal cannot be followed to its end.
enum Broken {
    Store(StoreError),
    Journal(String),
}

impl From<ReplicaError> for Broken {
    fn from(error: ReplicaError) -> Self {
        match error {
            ReplicaError::Store(error) => Self::Store(error),
            other => Self::Journal(other.to_string()),
        }
    }
}

fn follow<S: Store>(
    replica: &Replica<S>,
    journal: JournalId,
    last: u64,
    count: &mut u64,
) -> Result<(), Broken> {
    let root = &replica.member().root;
    let mut tail: Option<Tail> = None;
    let mut want = Want { journal, from: 1, to: last };
    while want.from <= last {
        let runs = replica.read_wants(&[want])?;
        let missing = || Broken::Journal(format!("entry {} of {journal} is missing", want.from));
        let run = runs.into_iter().next().ok_or_else(missing)?;
        want.from = run.last() + 1;
        for bytes in run.entries {
            let broken = |why: String| Broken::Journal(format!("{journal}: {why}"));
            let (signed, envelope) =
                SignedEntry::decode(bytes).map_err(|e| broken(e.to_string()))?;
            let next = match &tail {
                None => Tail::open(&signed, root),
                Some(tail) => tail.follow(&signed),
            };
            let next = next.map_err(|e| Broken::Journal(e.to_string()))?;
            envelope
                .verify(&next.credential.key)
                .map_err(|e| broken(format!("entry {}: {e}", signed.entry.number)))?;
            tail = Some(next);
            *count += 1;
        }
    }
    Ok(())
}

fn report(audit: &Audit) -> Result<ExitCode, CliError> {
    out::line(format!(
        "{} records read, {} entries in {} journals verified",
        audit.records, audit.entries, audit.journals
    ))?;
    if audit.faults.is_empty() {
        out::line("nothing is wrong")?;
        return Ok(ExitCode::SUCCESS);
    }
    for fault in &audit.faults {
        out::line(format!("wrong: {fault}"))?;
    }
    out::line(
        "run `check --set-aside`, then the service: what the city has comes back over the link, \
         and what it has not comes back from the outbox; keep the files that were set aside",
    )?;
    Ok(ExitCode::FAILURE)
}

/// Documents in memory; a check reads none.
const PAPERS_MAX: usize = 1;
