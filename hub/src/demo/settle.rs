//! The end of the demo: is everything everywhere, do the stores agree, and what came of it.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tongban_node::clock;

use super::judged::{Judged, judged};
use super::report::{EntryCounts, LinkCounts, Report, peak_rss_mb};
use super::run::{Demo, Outcome};
use super::survey::Picture;
use super::{DemoError, End, Work, compare};
use crate::report::report;

impl Demo {
    /// Waits until all is at the city, and compares the stores.
    pub(super) async fn settle(&self) -> Result<Outcome, DemoError> {
        let mut stall = Stall::new(self.progress.elapsed());
        let mut differing = Vec::new();
        let picture = loop {
            let picture = self.pictures.borrow().clone();
            if picture.is_complete() {
                differing = compare::frontiers(&self.city.tree, &self.sites).await?;
                if differing.is_empty() {
                    break picture;
                }
            }
            if stall.is_stalled(self.progress.elapsed(), &picture) {
                return self.report(Ending::Stalled(differing)).await;
            }
            self.next_picture().await?;
        };
        let seconds = self.progress.elapsed().as_secs_f64();
        self.progress.say(&format!(
            "all entries are everywhere after {seconds:.1} s; documents are compared"
        ));
        let cases = self.cases.load(Relaxed);
        let found =
            compare::documents(&self.city.tree, &self.sites, DOCUMENTS_COMPARED_MAX, cases).await?;
        self.progress.say(&format!(
            "{} of {cases} cases compared between their centre and the city: {} differ",
            found.documents,
            found.differences.len(),
        ));
        let judged = judged(&self.city.tree, &self.sites, clock::now()).await?;
        self.progress.say(&format!(
            "{} cases judged by every store that holds them: {} differ; {} cards are due, {} were \
             issued, {} appealed against, {} withdrawn",
            judged.cases,
            judged.differences.len(),
            judged.cards.due.values().sum::<u64>(),
            judged.cards.issued,
            judged.cards.appealed,
            judged.cards.withdrawn,
        ));
        self.report(Ending::Settled(picture, found.differences, Box::new(judged))).await
    }

    async fn report(&self, ending: Ending) -> Result<Outcome, DemoError> {
        let root = self.city.tree.root().division;
        let hub = self.sites.get(root).ok_or(DemoError::Interrupted)?;
        let mut outcome = self.outcome(ending);
        if let Work::Replay(_) = &self.settings.work {
            let figures = hub.desk.ask(|engine| report(engine.replica())).await;
            outcome.report.logs =
                figures.map_err(DemoError::closed(root))?.map_err(DemoError::centre(root))?;
        }
        let found = hub.desk.ask(|engine| engine.replica().incidents(INCIDENTS_MAX)).await;
        let found = found.map_err(DemoError::closed(root))?.map_err(DemoError::centre(root))?;
        let words = found.iter().map(|incident| {
            let (journal, number) = (incident.journal, incident.number);
            format!("{} in {journal} at {number}: {}", incident.kind.en(), incident.why)
        });
        outcome.report.add_incidents(words);
        outcome.report.seconds = self.progress.elapsed().as_secs_f64();
        outcome.report.peak_rss_mb = peak_rss_mb();
        if let Some(path) = &self.settings.report {
            outcome.report.save(path)?;
        }
        Ok(outcome)
    }

    pub(super) fn outcome(&self, ending: Ending) -> Outcome {
        let mut said = Judged::default();
        let (picture, incidents, holds) = match ending {
            Ending::Settled(picture, mut incidents, judged) => {
                incidents.extend(judged.differences.iter().cloned());
                said = *judged;
                let holds = incidents.is_empty();
                (picture, incidents, holds)
            }
            Ending::Stalled(differing) => {
                let picture = self.pictures.borrow().clone();
                let wanting = picture.wanting.iter().cloned().chain(differing).collect();
                (picture, wanting, false)
            }
            Ending::Interrupted => {
                let picture = self.pictures.borrow().clone();
                (picture, Vec::new(), self.settings.end == End::Interrupted)
            }
        };
        let links = LinkCounts { outages: self.outages.total(), ..self.sites.count_links() };
        let report = Report {
            centres: self.city.tree.iter().len() as u64,
            complete: picture.summary.complete,
            seconds: self.progress.elapsed().as_secs_f64(),
            peak_rss_mb: peak_rss_mb(),
            entries: picture.entries,
            cases: self.cases.load(Relaxed),
            incidents,
            links,
            logs: Vec::new(),
            agree: holds && said.cases > 0,
            cards: said.cards,
            metrics: said.metrics,
        };
        Outcome { report, holds }
    }

    pub(super) fn interrupted(&self) -> Outcome {
        let outcome = self.outcome(Ending::Interrupted);
        if let Some(path) = &self.settings.report
            && let Err(error) = outcome.report.save(path)
        {
            tracing::error!(%error, "the report is lost");
        }
        outcome
    }
}

/// How it came to an end.
pub(super) enum Ending {
    /// The city was complete in this picture; then everything was compared and judged, and this
    /// differs.
    Settled(Arc<Picture>, Vec<String>, Box<Judged>),
    /// Nothing moved any more; the frontiers of these pairs differ.
    Stalled(Vec<String>),
    /// Somebody ended it.
    Interrupted,
}

/// Notices that nothing moves any more.
struct Stall {
    since: Duration,
    last: Option<(EntryCounts, u64)>,
}

impl Stall {
    const fn new(now: Duration) -> Self {
        Self { since: now, last: None }
    }

    fn is_stalled(&mut self, now: Duration, picture: &Picture) -> bool {
        let seen = Some((picture.entries, picture.summary.complete));
        if seen != self.last {
            self.last = seen;
            self.since = now;
        }
        now.saturating_sub(self.since) >= STALLED_AFTER
    }
}

/// Incidents that a report lists.
const INCIDENTS_MAX: usize = 1_000;

/// Up to this many cases, every one is compared.
const DOCUMENTS_COMPARED_MAX: u64 = 20_000;

/// Longer than any pause between two tries of a link.
const STALLED_AFTER: Duration = Duration::from_secs(120);
