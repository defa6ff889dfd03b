//! What came of a file that was carried in.

use std::collections::BTreeMap;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use tongban_protocol::journal::JournalId;
use tongban_protocol::time::Timestamp;
use tongban_protocol::wire::Run;

use super::CarryReader;
use crate::replica::{Replica, ReplicaError};
use crate::store::Store;

/// What came of a file.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CarriedIn {
    /// The centre that wrote the file.
    pub centre: String,
    /// When, by its clock: RFC 3339.
    pub written_at: String,
    /// Entries in the file.
    pub entries: u64,
    /// What is new here.
    pub taken: Vec<TakenRun>,
    /// What was refused.
    pub refused: Vec<RefusedRun>,
    /// The writer's signed statement, for whoever keeps those.
    #[serde(skip)]
    pub statement: Vec<u8>,
}

/// Entries of one journal that are new here.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct TakenRun {
    /// The journal.
    pub journal: String,
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// A journal that was not taken to its end.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RefusedRun {
    /// The journal.
    pub journal: String,
    /// The first entry not taken.
    pub number: u64,
    /// Why.
    pub why: String,
}

/// A file on its way in.
#[derive(Debug)]
pub struct Intake {
    report: CarriedIn,
    before: BTreeMap<JournalId, u64>,
    refused: BTreeMap<JournalId, RefusedRun>,
}

impl Intake {
    /// Begins with the heading of a file.
    #[must_use]
    pub fn new<R: std::io::Read + std::io::Seek>(reader: &CarryReader<R>) -> Self {
        let heading = reader.heading();
        let report = CarriedIn {
            centre: heading.credential.path.centre().to_string(),
            written_at: heading.statement.at.to_string(),
            statement: heading.sealed.clone(),
            ..CarriedIn::default()
        };
        Self { report, before: BTreeMap::new(), refused: BTreeMap::new() }
    }

    /// Checks and stages one block.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn take<S: Store>(
        &mut self,
        replica: &mut Replica<S>,
        now: Timestamp,
        runs: Vec<Run>,
        rng: &mut impl CryptoRng,
    ) -> Result<(), ReplicaError> {
        for run in &runs {
            self.report.entries += run.entries.len() as u64;
            let held = replica.frontier().get(&run.journal).map_or(0, |end| end.number);
            self.before.entry(run.journal).or_insert(held);
        }
        // What stands behind an entry that was refused would only be refused again.
        let open = runs.into_iter().filter(|run| !self.refused.contains_key(&run.journal));
        for refused in replica.ingest(now, open.collect(), rng)? {
            let (number, why) = (refused.number, refused.why);
            let journal = refused.journal.to_string();
            let run = RefusedRun { journal, number, why };
            self.refused.entry(refused.journal).or_insert(run);
        }
        Ok(())
    }

    /// Takes note of what the receipts in the file say: the city holds our journals that far, so
    /// that the outbox need not keep them. To be called once the blocks are durable.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn settle<S: Store>(&self, replica: &mut Replica<S>) -> Result<(), ReplicaError> {
        if replica.member().credential.path.ancestors().is_empty() {
            return Ok(());
        }
        let confirmed: Vec<(JournalId, u64)> = replica
            .frontier()
            .keys()
            .filter_map(|journal| Some((*journal, replica.receipted(*journal)?.number)))
            .collect();
        for (journal, number) in confirmed {
            replica.parent_holds(journal, number)?;
        }
        Ok(())
    }

    /// What came of it, once everything is durable.
    #[must_use]
    pub fn finish<S: Store>(self, replica: &Replica<S>) -> CarriedIn {
        let mut report = self.report;
        for (journal, before) in self.before {
            let last = replica.frontier().get(&journal).map_or(0, |end| end.number);
            if last > before {
                let (journal, first) = (journal.to_string(), before + 1);
                report.taken.push(TakenRun { journal, first, last });
            }
        }
        report.refused = self.refused.into_values().collect();
        report
    }
}
