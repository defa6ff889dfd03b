//! What the demo came to, as JSON.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use tongban_protocol::metrics::Measured;

use super::DemoError;
use super::judged::CardCounts;
use crate::figures::Figures;

/// What the demo came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Centres of the city.
    pub centres: u64,
    /// Those that are complete.
    pub complete: u64,
    /// How long it took, from the start of the program's work, in seconds.
    pub seconds: f64,
    /// The most memory that was resident, in MiB.
    pub peak_rss_mb: u64,
    /// The entries of all centres below the city.
    pub entries: EntryCounts,
    /// Cases that were filed.
    pub cases: u64,
    /// What was found wrong, in words.
    pub incidents: Vec<String>,
    /// What the links suffered.
    pub links: LinkCounts,
    /// The figures of the logs that were replayed, from the city's store.
    pub logs: Vec<Figures>,
    /// The cards of all cases, as the city gives them.
    pub cards: CardCounts,
    /// Every metric over all centres, by its code, as the city's store reports it.
    pub metrics: BTreeMap<String, Measured>,
    /// True when every store says the same of every case that it holds (state, clocks and cards),
    /// and reports the same figures, and nothing was found wrong.
    pub agree: bool,
}

/// The entries of all centres below the city.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct EntryCounts {
    /// Signed.
    pub authored: u64,
    /// Of these, durable at the city.
    pub held_by_city: u64,
    /// Of these, with the city's receipt back at their author.
    pub receipted: u64,
}

/// What the links suffered, all together and both ways.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct LinkCounts {
    /// Outages of counties.
    pub outages: u64,
    /// Datagrams sent.
    pub datagrams: u64,
    /// Of these, not delivered.
    pub datagrams_dropped: u64,
    /// Bytes in datagrams sent.
    pub bytes: u64,
}

impl Report {
    /// Adds what was found wrong; whatever it is, not all is as it should be.
    pub(super) fn add_incidents(&mut self, words: impl IntoIterator<Item = String>) {
        self.incidents.extend(words);
        self.agree &= self.incidents.is_empty();
    }

    /// Writes the report.
    pub(super) fn save(&self, path: &Path) -> Result<(), DemoError> {
        let disk = |source| DemoError::Disk { path: path.to_owned(), source };
        let mut text = serde_json::to_string_pretty(self).map_err(|error| disk(error.into()))?;
        text.push('\n');
        std::fs::write(path, text).map_err(disk)
    }
}

/// The most memory that this process had resident, in MiB; zero where the system does not tell.
pub(super) fn peak_rss_mb() -> u64 {
    status_kb("VmHWM:") >> 10
}

/// The memory that this process has resident now, in MiB.
pub(super) fn rss_mb() -> u64 {
    status_kb("VmRSS:") >> 10
}

fn status_kb(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_among_which_an_incident_was_found_do_not_agree() {
        let mut report = Report { agree: true, ..Report::default() };
        report.add_incidents([]);
        assert!(report.agree);
        report.add_incidents(["fork".to_owned()]);
        assert!(!report.agree);
    }
}
