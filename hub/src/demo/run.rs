//! The demo from start to end: build, work, wait until all agree, report, and stop.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tongban_config::city::City;
use tongban_node::tasks::Tasks;

use super::build::{Builder, SILENT_AFTER, blocking};
use super::invent::Stage;
use super::outages::{self, OutageCount};
use super::progress::{Progress, Standing};
use super::replay::Script;
use super::report::{LinkCounts, Report, peak_rss_mb, rss_mb};
use super::site::{Sites, Skies};
use super::survey::{self, Picture};
use super::{DemoError, DemoSettings, End, Outages, Work, compare, open_files};
use crate::faces::{self, Faces};
use crate::page::Note;
use crate::report::report;

/// How the demo ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What it came to.
    pub report: Report,
    /// True when the demo did what it was asked for: every centre was complete and all stores
    /// agreed, or it went on until a person or the system ended it.
    pub holds: bool,
}

/// A demo under way.
struct Demo {
    settings: DemoSettings,
    city: Arc<City>,
    sites: Sites,
    skies: Arc<Skies>,
    tasks: Tasks,
    progress: Arc<Progress>,
    pictures: watch::Sender<Arc<Picture>>,
    /// Becomes true when a person or the system ends the demo.
    stop: watch::Receiver<bool>,
    /// Becomes true when there shall be no more outages.
    calm: watch::Sender<bool>,
    outages: Arc<OutageCount>,
    filed: Arc<AtomicU64>,
    work: Arc<AtomicU64>,
    cases: AtomicU64,
}

/// Builds the city, lets it work, and stops it; must be called within a tokio runtime.
///
/// Ends by itself only with [`End::Complete`]; else, and at any time, by Ctrl-C or `SIGTERM`. All
/// services are stopped when it returns, and a temporary directory is gone.
///
/// # Errors
///
/// [`DemoError`] says what kept the city from being built or working.
pub async fn run(settings: DemoSettings) -> Result<Outcome, DemoError> {
    open_files::allow(OPEN_FILES)?;
    let address = settings.http;
    let page = |source| DemoError::Page { address, source };
    let listener = TcpListener::bind(address).await.map_err(page)?;
    let progress = Arc::new(Progress::new(settings.voice));
    let url = listener.local_addr().map_err(page)?;
    progress.announce(&format!("the city's page: http://{url}/"));
    let dir = Folder::open(settings.dir.as_deref())?;
    let city = Arc::new(City::suining());
    let tasks = Tasks::new();
    let stop = stop_signals(&tasks)?;
    let demo = Demo {
        skies: Arc::new(Skies::new(&city.tree, settings.weather)),
        settings,
        city,
        sites: Sites::default(),
        tasks,
        progress,
        pictures: watch::Sender::default(),
        stop,
        calm: watch::Sender::new(false),
        outages: Arc::default(),
        filed: Arc::default(),
        work: Arc::default(),
        cases: AtomicU64::new(0),
    };
    let outcome = demo.run(dir.path(), listener).await;
    demo.tasks.shutdown(Duration::from_secs(5)).await;
    demo.progress.finish();
    demo.sites.stop().await;
    // Thousands of files are removed; nothing waits for that but the end.
    blocking(move || {
        drop(dir);
        Ok(())
    })
    .await?;
    outcome
}

impl Demo {
    async fn run(&self, dir: &Path, listener: TcpListener) -> Result<Outcome, DemoError> {
        let looking = survey::look(self.city.clone(), self.sites.clone(), self.pictures.clone());
        self.spawn("survey", looking);
        self.spawn("progress", self.shown());
        let script = match self.prepare(dir, listener).await {
            Err(DemoError::Interrupted) => return Ok(self.outcome(Vec::new(), Ending::Interrupted)),
            prepared => prepared?,
        };
        self.progress.say(&format!(
            "ready in {:.1} s: {} centres, {} MiB",
            self.progress.elapsed().as_secs_f64(),
            self.city.tree.iter().len(),
            rss_mb(),
        ));
        let outages = match self.settings.outages {
            Outages::On => Some(outages::run(
                self.skies.clone(),
                self.settings.seed,
                self.outages.clone(),
                self.calm.subscribe(),
            )),
            Outages::Off => None,
        };
        if let Some(outages) = outages {
            self.spawn("outages", outages);
        }
        let mut stop = self.stop.clone();
        // Dropping the work half-way leaves nothing behind but commands that the engines finish.
        tokio::select! {
            outcome = self.work(script) => outcome,
            _ = stop.wait_for(|stop| *stop) => Ok(self.interrupted()),
        }
    }

    /// Builds the city and reads the logs, both at the same time; the page is there from the start.
    async fn prepare(
        &self,
        dir: &Path,
        listener: TcpListener,
    ) -> Result<Option<Script>, DemoError> {
        let builder = Builder {
            city: self.city.clone(),
            dir: dir.to_owned(),
            outages: self.settings.outages,
            seed: self.settings.seed,
            sites: self.sites.clone(),
            skies: self.skies.clone(),
            stop: self.stop.clone(),
        };
        let reading = async {
            match self.settings.work.clone() {
                Work::Invent(cases) => {
                    self.work.store(cases, Relaxed);
                    self.cases.store(cases, Relaxed);
                    Ok::<_, DemoError>(None)
                }
                Work::Replay(logs) => {
                    let (city, stop) = (self.city.clone(), self.stop.clone());
                    let script = blocking(move || Script::read(&logs, &city, &stop)).await?;
                    self.work.store(script.entries(), Relaxed);
                    self.cases.store(script.cases, Relaxed);
                    Ok(Some(script))
                }
            }
        };
        let office = builder.start_hub()?;
        serve_page(self, listener);
        let (built, script) = tokio::join!(builder.build(office), reading);
        built?;
        let script = script?;
        let below = self.sites.all().len() as u64 - 1;
        self.await_picture(|picture| picture.linked == below).await?;
        Ok(script)
    }

    async fn work(&self, script: Option<Script>) -> Result<Outcome, DemoError> {
        match (script, &self.settings.work) {
            (Some(script), _) => script.play(&self.sites, &self.filed).await?,
            (None, Work::Invent(cases)) => {
                let stage = Stage {
                    city: self.city.clone(),
                    sites: self.sites.clone(),
                    pictures: self.pictures.subscribe(),
                    filed: self.filed.clone(),
                };
                stage.file(*cases, self.settings.seed).await?;
            }
            (None, Work::Replay(_)) => {}
        }
        let seconds = self.progress.elapsed().as_secs_f64();
        if self.settings.end == End::Interrupted {
            self.progress
                .say(&format!("all work is filed after {seconds:.1} s; Ctrl-C ends the demo"));
            return std::future::pending().await;
        }
        self.calm.send_replace(true);
        self.progress.say(&format!(
            "all work is filed after {seconds:.1} s; outages end so that the city can be complete"
        ));
        self.settle().await
    }

    /// Waits until all is at the city, and compares the stores.
    async fn settle(&self) -> Result<Outcome, DemoError> {
        let mut stall = Stall::new(self.progress.elapsed());
        let mut differing = Vec::new();
        loop {
            let picture = self.pictures.borrow().clone();
            if picture.is_complete() {
                differing = compare::frontiers(&self.city.tree, &self.sites).await?;
                if differing.is_empty() {
                    break;
                }
            }
            if stall.is_stalled(self.progress.elapsed(), &picture) {
                return self.report(Ending::Stalled(differing)).await;
            }
            self.next_picture().await?;
        }
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
        self.report(Ending::Settled(found.differences)).await
    }

    async fn report(&self, ending: Ending) -> Result<Outcome, DemoError> {
        let hub = self.city.tree.root().division;
        let logs = match (&self.settings.work, self.sites.get(hub)) {
            (Work::Replay(_), Some(site)) => {
                let asked = site.desk.ask(|engine| report(engine.replica())).await;
                asked.map_err(DemoError::closed(hub))?.map_err(DemoError::centre(hub))?
            }
            (Work::Replay(_), None) | (Work::Invent(_), _) => Vec::new(),
        };
        let outcome = self.outcome(logs, ending);
        if let Some(path) = &self.settings.report {
            outcome.report.save(path)?;
        }
        Ok(outcome)
    }

    fn outcome(&self, logs: Vec<crate::figures::Figures>, ending: Ending) -> Outcome {
        let picture = self.pictures.borrow().clone();
        let mut incidents = Vec::new();
        let mut holds = false;
        match &ending {
            Ending::Settled(differences) => {
                holds = differences.is_empty();
                incidents.extend(differences.iter().cloned());
            }
            Ending::Stalled(differing) => {
                incidents.extend(picture.wanting.iter().chain(differing).cloned());
            }
            Ending::Interrupted => holds = self.settings.end == End::Interrupted,
        }
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
            logs,
        };
        Outcome { report, holds }
    }

    fn interrupted(&self) -> Outcome {
        let outcome = self.outcome(Vec::new(), Ending::Interrupted);
        if let Some(path) = &self.settings.report
            && let Err(error) = outcome.report.save(path)
        {
            tracing::error!(%error, "the report is lost");
        }
        outcome
    }

    async fn next_picture(&self) -> Result<(), DemoError> {
        let mut pictures = self.pictures.subscribe();
        pictures.changed().await.map_err(|_| DemoError::Interrupted)
    }

    /// Waits for a picture, unless the demo is interrupted before.
    async fn await_picture(&self, wanted: impl Fn(&Picture) -> bool) -> Result<(), DemoError> {
        let (mut stop, mut pictures) = (self.stop.clone(), self.pictures.subscribe());
        tokio::select! {
            _ = pictures.wait_for(|picture| wanted(picture)) => Ok(()),
            _ = stop.wait_for(|stop| *stop) => Err(DemoError::Interrupted),
        }
    }

    /// Shows the figures for as long as the demo runs.
    fn shown(&self) -> impl Future<Output = ()> + Send + 'static {
        let (progress, outages) = (self.progress.clone(), self.outages.clone());
        let (filed, work) = (self.filed.clone(), self.work.clone());
        let mut pictures = self.pictures.subscribe();
        let centres = self.city.tree.iter().len() as u64;
        async move {
            while pictures.changed().await.is_ok() {
                let picture = pictures.borrow_and_update().clone();
                progress.show(Standing {
                    centres,
                    ready: picture.linked + 1,
                    work: work.load(Relaxed),
                    filed: filed.load(Relaxed),
                    authored: picture.entries.authored,
                    held_by_city: picture.entries.held_by_city,
                    receipted: picture.entries.receipted,
                    complete: picture.summary.complete,
                    outages: outages.total(),
                    rss_mb: rss_mb(),
                });
            }
        }
    }

    /// What stands on the page: that this is weather made by hand.
    fn note(&self) -> Note {
        let weather = self.settings.weather;
        let (loss, ms) = (weather.loss_percent, weather.one_way_delay.as_millis());
        let (zh, en) = match self.settings.outages {
            Outages::On => ("，各县区轮流断线", ", counties cut off in turn"),
            Outages::Off => ("", ""),
        };
        Note {
            zh: format!("演示城市：链路丢包 {loss} %，单程时延 {ms} 毫秒{zh}"),
            en: format!("Demo city: links lose {loss} % and take {ms} ms one way{en}"),
        }
    }

    fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let stopped = self.tasks.stopped();
        self.tasks.spawn(name, async move {
            // Each may be dropped half-way: they only look and cut.
            tokio::select! {
                () = work => {}
                () = stopped => {}
            }
        });
    }
}

/// How it came to an end.
enum Ending {
    /// Everything was compared; this differs.
    Settled(Vec<String>),
    /// Nothing moved any more; the frontiers of these pairs differ.
    Stalled(Vec<String>),
    /// Somebody ended it.
    Interrupted,
}

/// Notices that nothing moves any more.
struct Stall {
    since: Duration,
    last: Option<(super::EntryCounts, u64)>,
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

/// Where the city's data lies.
enum Folder {
    Given(PathBuf),
    Temporary(tempfile::TempDir),
}

impl Folder {
    fn open(given: Option<&Path>) -> Result<Self, DemoError> {
        let Some(path) = given else {
            let dir = tempfile::Builder::new().prefix("tongban-demo-").tempdir();
            let path = std::env::temp_dir();
            return dir.map(Self::Temporary).map_err(|source| DemoError::Disk { path, source });
        };
        let disk = |source| DemoError::Disk { path: path.to_owned(), source };
        std::fs::create_dir_all(path).map_err(disk)?;
        if std::fs::read_dir(path).map_err(disk)?.next().is_some() {
            return Err(DemoError::NotEmpty(path.to_owned()));
        }
        Ok(Self::Given(path.to_owned()))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(dir) => dir.path(),
        }
    }
}

/// Serves the city's page until the demo ends.
fn serve_page(demo: &Demo, listener: TcpListener) {
    let Some(hub) = demo.sites.get(demo.city.tree.root().division) else { return };
    let faces =
        Faces::new(hub.desk.clone(), demo.city.clone(), SILENT_AFTER).with_note(demo.note());
    let tasks = demo.tasks.clone();
    demo.spawn("page", async move { faces::serve(listener, Arc::new(faces), &tasks).await });
}

/// Turns Ctrl-C and `SIGTERM` into a value that everybody can watch.
fn stop_signals(tasks: &Tasks) -> Result<watch::Receiver<bool>, DemoError> {
    let disk = |source| DemoError::Disk { path: PathBuf::from("signals"), source };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(disk)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(disk)?;
    let (stop, stopped) = watch::channel(false);
    let over = tasks.stopped();
    tasks.spawn("signals", async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = over => return,
        }
        stop.send_replace(true);
        over_for_good(stop).await;
    });
    Ok(stopped)
}

/// Keeps the sender, so that nobody takes the end of the task for something else.
async fn over_for_good(stop: watch::Sender<bool>) {
    stop.closed().await;
}

/// 124 stores with 4 files each, as many sockets, and 241 relays with one socket for each side.
const OPEN_FILES: u64 = 2_048;

/// Up to this many cases, every one is compared.
const DOCUMENTS_COMPARED_MAX: u64 = 20_000;

/// Longer than any pause between two tries of a link.
const STALLED_AFTER: Duration = Duration::from_secs(120);
