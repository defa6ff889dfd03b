//! What is seen of the demo on the way: bars on a terminal, lines elsewhere.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tongban_node::clock;

use super::Voice;

/// The figures that are shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Standing {
    pub(super) centres: u64,
    /// Centres with a link up, and the city.
    pub(super) linked: u64,
    /// What is to be filed, and how much of it was; cases, or events of logs.
    pub(super) work: u64,
    pub(super) filed: u64,
    pub(super) authored: u64,
    pub(super) held_by_city: u64,
    pub(super) receipted: u64,
    pub(super) complete: u64,
    pub(super) outages: u64,
    pub(super) rss_mb: u64,
}

/// Shows how the demo stands.
#[derive(Debug)]
pub(super) struct Progress {
    face: Face,
    started_ms: u64,
}

#[derive(Debug)]
enum Face {
    Bars(Bars),
    Lines(Mutex<Option<(u64, Standing)>>),
    Quiet,
}

#[derive(Debug)]
struct Bars {
    all: MultiProgress,
    linked: ProgressBar,
    filed: ProgressBar,
    held: ProgressBar,
    receipted: ProgressBar,
    complete: ProgressBar,
}

impl Progress {
    pub(super) fn new(voice: Voice) -> Self {
        let face = match voice {
            Voice::Quiet => Face::Quiet,
            Voice::Plain if io::stderr().is_terminal() => Face::Bars(Bars::new()),
            Voice::Plain => Face::Lines(Mutex::default()),
        };
        Self { face, started_ms: clock::steady_ms() }
    }

    /// How long the demo has run.
    pub(super) fn elapsed(&self) -> Duration {
        Duration::from_millis(clock::steady_ms().saturating_sub(self.started_ms))
    }

    /// Says something that everybody is to see, quiet or not.
    pub(super) fn announce(&self, text: &str) {
        let say = || {
            let mut out = io::stdout().lock();
            // Whoever listened may be gone; the demo goes on.
            let _ = writeln!(out, "{text}").and_then(|()| out.flush());
        };
        match &self.face {
            Face::Bars(bars) => bars.all.suspend(say),
            Face::Lines(_) | Face::Quiet => say(),
        }
    }

    /// Says something unless it is to be quiet.
    pub(super) fn say(&self, text: &str) {
        if !matches!(self.face, Face::Quiet) {
            self.announce(text);
        }
    }

    /// Shows the figures; as a line only when they changed, and not more often than every few seconds.
    pub(super) fn show(&self, standing: Standing) {
        match &self.face {
            Face::Bars(bars) => bars.show(standing),
            Face::Lines(last) => {
                let now = clock::steady_ms();
                let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let is_due = last.is_none_or(|(at, before)| {
                    now.saturating_sub(at) >= LINE_PAUSE_MS
                        && before.without_memory() != standing.without_memory()
                });
                if is_due {
                    *last = Some((now, standing));
                    drop(last);
                    self.announce(&line(standing, self.elapsed()));
                }
            }
            Face::Quiet => {}
        }
    }

    /// Takes the bars away.
    pub(super) fn finish(&self) {
        if let Face::Bars(bars) = &self.face {
            let _ = bars.all.clear(); // The terminal may be gone.
        }
    }
}

impl Standing {
    const fn without_memory(self) -> Self {
        Self { rss_mb: 0, ..self }
    }
}

fn line(standing: Standing, elapsed: Duration) -> String {
    let Standing { centres, linked, work, filed, authored, .. } = standing;
    format!(
        "{:4} s: {linked}/{centres} linked, {filed}/{work} filed, {}/{authored} entries at the city, \
         {} receipted, {}/{centres} complete, {} outages, {} MiB",
        elapsed.as_secs(),
        standing.held_by_city,
        standing.receipted,
        standing.complete,
        standing.outages,
        standing.rss_mb,
    )
}

impl Bars {
    fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(4));
        let style =
            ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = |name: &'static str| {
            let bar = ProgressBar::new(0).with_style(style.clone()).with_prefix(name);
            all.add(bar)
        };
        let (linked, filed) = (bar("centres linked"), bar("filed"));
        let (held, receipted) = (bar("entries at the city"), bar("receipts"));
        let complete = bar("centres complete");
        Self { linked, filed, held, receipted, complete, all }
    }

    fn show(&self, standing: Standing) {
        for (bar, done, of) in [
            (&self.linked, standing.linked, standing.centres),
            (&self.filed, standing.filed, standing.work),
            (&self.held, standing.held_by_city, standing.authored),
            (&self.receipted, standing.receipted, standing.authored),
            (&self.complete, standing.complete, standing.centres),
        ] {
            bar.set_length(of);
            bar.set_position(done);
        }
        let Standing { outages, rss_mb, .. } = standing;
        self.complete.set_message(format!("{outages} outages, {rss_mb} MiB"));
    }
}

const TEMPLATE: &str = "{prefix:>20} {bar:40} {pos:>7}/{len:<7} {msg}";

const LINE_PAUSE_MS: u64 = 5_000;
