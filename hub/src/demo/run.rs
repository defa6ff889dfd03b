//! The demo from start to end: build, work, wait until all agree, report, and stop.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tongban_config::city::City;
use tongban_node::entropy;
use tongban_node::tasks::Tasks;
use tongban_protocol::place::Tier;

use super::build::{Builder, SILENT_AFTER, blocking};
use super::counters;
use super::folder::Folder;
use super::invent::Stage;
use super::outages::{self, OutageCount};
use super::progress::{Progress, Standing};
use super::replay::Script;
use super::report::{Report, rss_mb};
use super::settle::Ending;
use super::signals::stop_signals;
use super::site::{Sites, Skies};
use super::survey::{self, Picture};
use super::{DemoError, DemoSettings, End, Outages, Work, open_files};
use crate::faces::{self, Faces};
use crate::page::Note;

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
pub(super) struct Demo {
    pub(super) settings: DemoSettings,
    pub(super) city: Arc<City>,
    pub(super) sites: Sites,
    pub(super) skies: Arc<Skies>,
    pub(super) tasks: Tasks,
    pub(super) progress: Arc<Progress>,
    pub(super) pictures: watch::Sender<Arc<Picture>>,
    /// Becomes true when a person or the system ends the demo.
    pub(super) stop: watch::Receiver<bool>,
    /// Becomes true when there shall be no more outages.
    pub(super) calm: watch::Sender<bool>,
    pub(super) outages: Arc<OutageCount>,
    pub(super) filed: Arc<AtomicU64>,
    pub(super) work: Arc<AtomicU64>,
    pub(super) cases: AtomicU64,
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
    let tasks = Tasks::new();
    let stop = stop_signals(&tasks)?;
    run_city(settings, City::suining(), tasks, stop).await
}

/// Runs the demo of any city until `stop` becomes true; `tasks` end with it.
pub(super) async fn run_city(
    settings: DemoSettings,
    city: City,
    tasks: Tasks,
    stop: watch::Receiver<bool>,
) -> Result<Outcome, DemoError> {
    let address = settings.http;
    let page = |source| DemoError::Page { address, source };
    let listener = TcpListener::bind(address).await.map_err(page)?;
    let progress = Arc::new(Progress::new(settings.voice));
    let url = listener.local_addr().map_err(page)?;
    progress.announce(&format!("the city's page: http://{url}/"));
    let dir = Folder::open(settings.dir.as_deref())?;
    let demo = Demo {
        skies: Arc::new(Skies::new(&city.tree, settings.weather)),
        settings,
        city: Arc::new(city),
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
            Err(DemoError::Interrupted) => return Ok(self.outcome(Ending::Interrupted)),
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
        if script.is_none() {
            self.progress.say(&self.offer());
        }
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
        let password = demo_password()?;
        let page = serve_page(self, dir, listener, &password)?;
        let (built, script) = tokio::join!(builder.build(office), reading);
        built?;
        let script = script?;
        let below = self.sites.all().len() as u64 - 1;
        self.await_picture(|picture| picture.linked == below).await?;
        if script.is_none() {
            self.open_counters(dir, page, &password).await?;
        }
        Ok(script)
    }

    /// Opens the counters of one township, its county and the city, and says who signs in there.
    async fn open_counters(
        &self,
        dir: &Path,
        page: Option<SocketAddr>,
        password: &str,
    ) -> Result<(), DemoError> {
        let seed = self.settings.seed;
        let tree = &self.city.tree;
        let city = tree.root().division;
        let county = tree.children(city).next().map(|it| it.division);
        let township = county.and_then(|county| tree.children(county).next());
        let sites = [township.map(|it| it.division), county, Some(city)];
        for (above, division) in sites.into_iter().enumerate() {
            let Some(site) = division.and_then(|division| self.sites.get(division)) else {
                continue;
            };
            counters::appoint(&site, seed).await?;
            let clerks =
                counters::who_signs_in(&site, seed).into_iter().enumerate().map(|(at, name)| {
                    format!("{name}（{}）", counters::role(site.centre.tier, at).zh())
                });
            let clerks = clerks.collect::<Vec<_>>().join(" / ");
            let address = match (site.centre.tier, page) {
                (Tier::City, Some(page)) => page,
                (Tier::City, None) => continue,
                (Tier::Township | Tier::County, _) => {
                    let accounts = counters::accounts(&site, dir, (seed, password))?;
                    let listen = beside(self.settings.http, above);
                    counters::open(&site, dir, accounts, (listen, &self.tasks)).await?
                }
            };
            let name = &site.centre.name_zh;
            self.progress.announce(&format!("{name}: http://{address}/desk  {clerks}  {password}"));
        }
        Ok(())
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

    pub(super) async fn next_picture(&self) -> Result<(), DemoError> {
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
                    linked: picture.linked + 1,
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

    /// What may be applied for in this city, and what not.
    fn offer(&self) -> String {
        let (count, faulty) = (self.city.items.sound().count(), self.city.items.iter());
        let faulty = faulty.filter(|it| !it.faults.is_empty()).map(|it| it.item.id.to_string());
        let faulty: Vec<String> = faulty.collect();
        format!(
            "{count} real items are offered; {} stay out for faults in their sources: {}",
            faulty.len(),
            faulty.join(" "),
        )
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

/// A password that nobody knows before the demo says it.
fn demo_password() -> Result<String, DemoError> {
    let seed = entropy::seed().map_err(|error| DemoError::Relay(std::io::Error::other(error)))?;
    Ok(format!("demo-{}", data_encoding::HEXLOWER.encode(&seed[..4])))
}

/// The next ports behind the page's; any where that was left to the system.
fn beside(page: SocketAddr, place: usize) -> SocketAddr {
    let ports = u16::try_from(place + 1).unwrap_or(1);
    let port = if page.port() == 0 { 0 } else { page.port().saturating_add(ports) };
    SocketAddr::new(page.ip(), port)
}

/// Serves the city's page until the demo ends, and says where.
fn serve_page(
    demo: &Demo,
    dir: &Path,
    listener: TcpListener,
    password: &str,
) -> Result<Option<SocketAddr>, DemoError> {
    let Some(hub) = demo.sites.get(demo.city.tree.root().division) else { return Ok(None) };
    let data_dir = dir.join(hub.centre.division.as_str());
    let accounts = counters::accounts(&hub, dir, (demo.settings.seed, password))?;
    let (desk, city) = (hub.desk.clone(), demo.city.clone());
    let address = listener.local_addr().ok();
    let faces = Faces::new(desk, data_dir, accounts, city, SILENT_AFTER)
        .with_note(demo.note())
        .with_public();
    let tasks = demo.tasks.clone();
    demo.spawn("page", async move { faces::serve(listener, Arc::new(faces), &tasks).await });
    Ok(address)
}

/// 124 stores with 4 files each, as many sockets, and 241 relays with one socket for each side.
const OPEN_FILES: u64 = 2_048;
