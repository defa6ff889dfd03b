//! What the link costs in good and bad weather.

use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tongban_hub::demo::relay::{Relay, Weather};
use tongban_node::clock::{self, steady_ms};
use tongban_node::engine::LinkStatus;
use tongban_node::service::{Service, open_replica};
use tongban_protocol::document::{DocumentKind, Edit, EventKind};
use tongban_protocol::identity::Author;
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::Home;
use tongban_tests::town::{self, STORE, Town};

use super::disk::processor_seconds;
use super::{Row, row};

const CENTRE: &str = "510921103";

fn weather(one_way_ms: u64, loss_percent: f64) -> Weather {
    Weather { loss_percent, one_way_delay: Duration::from_millis(one_way_ms), ..Weather::default() }
}

/// A township, its store and its link to the hub through a relay.
struct Line {
    town: Town,
    dir: std::path::PathBuf,
    journal: JournalId,
    weather: watch::Sender<Weather>,
    relay: Relay,
}

impl Line {
    async fn new(weather: Weather) -> Self {
        let town = Town::start();
        let dir = town.enrol(CENTRE).await;
        let member = tongban_node::membership::Membership::load(&dir).unwrap().member().unwrap();
        let author: Author = member.author();
        let journal = JournalId { home: Home::office(CENTRE.parse().unwrap()), author };
        let (weather, rx) = watch::channel(weather);
        let relay = Relay::start(town.hub.service.link_address().unwrap(), rx, 11).await.unwrap();
        Self { town, dir, journal, weather, relay }
    }

    fn dial(&self) -> Service {
        town::node(&self.dir, vec![self.relay.address().to_string()])
    }

    fn bytes(&self) -> u64 {
        let counters = self.relay.counters();
        counters.up.bytes() + counters.down.bytes()
    }

    /// Waits until the hub durably holds the township's journal up to `number`.
    async fn held(&self, number: u64) {
        let mut pause = tokio::time::interval(Duration::from_millis(2));
        loop {
            let end = self.town.frontier().await.get(&self.journal).map_or(0, |end| end.number);
            if end >= number {
                return;
            }
            pause.tick().await;
        }
    }

    async fn stop(self, service: Service) {
        service.stop().await;
        self.town.hub.service.stop().await;
    }
}

/// Waits until the node's link has compared everything and nothing is on its way; returns the
/// milliseconds since the first datagram of its handshake.
async fn in_step(service: &Service) -> f64 {
    let mut pause = tokio::time::interval(Duration::from_millis(1));
    let since =
        |links: Vec<LinkStatus>| links.into_iter().find(|it| it.is_in_step).map(|it| it.since);
    loop {
        if let Some(since) = service.desk().ask(move |engine| since(engine.links())).await.unwrap()
        {
            return f64::from(i32::try_from(clock::now().ms_since(since)).unwrap_or(i32::MAX));
        }
        pause.tick().await;
    }
}

fn ms_since(start: u64) -> f64 {
    f64::from(u32::try_from(steady_ms() - start).unwrap_or(u32::MAX))
}

pub(super) fn transfer(runtime: &Runtime) -> Vec<Row> {
    let mut rows = Vec::new();
    for (what, one_way, loss, bound) in [
        ("loopback", 0, 0.0, "3 s"),
        ("300 ms", 150, 0.0, "6 s"),
        ("300 ms and 10 % loss", 150, 10.0, "10 s"),
    ] {
        runtime.block_on(async {
            let line = Line::new(weather(one_way, loss)).await;
            let dir = line.dir.clone();
            tokio::task::spawn_blocking(move || town::file_cases(&dir, CENTRE, 10_000, 1))
                .await
                .unwrap();
            let start = steady_ms();
            let service = line.dial();
            line.held(10_001).await;
            let taken = ms_since(start) / 1e3;
            rows.push(row(
                format!("10,000 cases of one entry, node to empty hub, {what}"),
                format!("{taken:.2} s"),
                bound,
            ));
            if loss == 0.0 {
                let mb = f64::from(u32::try_from(line.bytes()).unwrap_or(u32::MAX)) / 1e6;
                rows.push(row(
                    format!("the same: bytes on the wire, both ways ({what})"),
                    format!("{mb:.2} MB"),
                    "2.5 MB",
                ));
            }
            line.stop(service).await;
        });
    }
    rows
}

pub(super) fn reconnect(runtime: &Runtime) -> Vec<Row> {
    runtime.block_on(async {
        let line = Line::new(weather(100, 0.0)).await;
        let dir = line.dir.clone();
        tokio::task::spawn_blocking(move || town::file_cases(&dir, CENTRE, 10_000, 1))
            .await
            .unwrap();
        let service = line.dial();
        line.held(10_001).await;
        settle(&line).await;
        service.stop().await;
        settle(&line).await;
        let before = line.bytes();
        let service = line.dial();
        let cold_trips = in_step(&service).await / 200.0;
        settle_short().await;
        let cold = line.bytes() - before;
        // The link is lost and comes back: the session ticket of the first one is there.
        line.weather.send_modify(|weather| weather.cut = true);
        gone(&service).await;
        settle_short().await;
        line.weather.send_modify(|weather| weather.cut = false);
        let before = line.bytes();
        let resumed_trips = in_step(&service).await / 200.0;
        settle_short().await;
        let resumed = line.bytes() - before;
        service.stop().await;
        settle(&line).await;
        add_events(&line.dir, 100);
        let before = line.bytes();
        let service = line.dial();
        line.held(10_101).await;
        settle_short().await;
        let events = line.bytes() - before;
        let rows = vec![
            row(
                "reconnect, nothing changed: UDP payload both ways, TLS included",
                format!("{cold} B"),
                "8 kB",
            ),
            row("the same with resumption", format!("{resumed} B"), "4 kB"),
            row(
                "the same: round trips until the node knows, first time / resumed",
                format!("{cold_trips:.1} / {resumed_trips:.1}"),
                "2",
            ),
            row(
                "100 cases with one new event each: bytes beyond a reconnect",
                format!("{} B", events.saturating_sub(cold)),
                "40 kB",
            ),
        ];
        line.stop(service).await;
        rows
    })
}

async fn gone(service: &Service) {
    let mut pause = tokio::time::interval(Duration::from_millis(50));
    while !service.desk().ask(|engine| engine.links().is_empty()).await.unwrap() {
        pause.tick().await;
    }
}

/// Waits until nothing has passed the relay for a while.
async fn settle(line: &Line) {
    let mut pause = tokio::time::interval(Duration::from_millis(700));
    let mut last = u64::MAX;
    while last != line.bytes() {
        last = line.bytes();
        pause.tick().await;
    }
}

async fn settle_short() {
    let _ = tokio::time::timeout(Duration::from_millis(900), std::future::pending::<()>()).await;
}

fn add_events(dir: &std::path::Path, count: usize) {
    let (_, mut replica) = open_replica(dir, STORE).unwrap();
    let home = Home::office(CENTRE.parse().unwrap());
    for id in replica.documents(home, DocumentKind::Case, None, count).unwrap() {
        let now = clock::now();
        let event = town::step(EventKind::Accept, now, 2);
        replica.append(now, home, vec![(id.name, vec![Edit::Event(event)])]).unwrap();
    }
    replica.commit().unwrap();
}

pub(super) fn first_copy(runtime: &Runtime) -> Vec<Row> {
    runtime.block_on(async {
        let line = Line::new(Weather::default()).await;
        let dir = line.dir.clone();
        tokio::task::spawn_blocking(move || town::file_cases(&dir, CENTRE, 1_000, 13))
            .await
            .unwrap();
        let before = processor_seconds();
        let service = line.dial();
        line.held(13_001).await;
        settle(&line).await;
        let processor = processor_seconds() - before;
        let mb = f64::from(u32::try_from(line.bytes()).unwrap_or(u32::MAX)) / 1e6;
        line.stop(service).await;
        vec![
            row(
                "first copy of 1,000 cases of 13 entries: bytes, both ways",
                format!("{mb:.2} MB"),
                "1.9 MB",
            ),
            row("the same: processor of both sides together", format!("{processor:.2} s"), "1.5 s"),
        ]
    })
}

pub(super) fn black_out(runtime: &Runtime) -> Vec<Row> {
    runtime.block_on(async {
        let line = Line::new(weather(150, 10.0)).await;
        let dir = line.dir.clone();
        tokio::task::spawn_blocking(move || town::file_cases(&dir, CENTRE, 50, 1)).await.unwrap();
        let service = line.dial();
        line.held(51).await;
        line.weather.send_modify(|weather| weather.cut = true);
        let home = Home::office(CENTRE.parse().unwrap());
        let written = service
            .desk()
            .write(move |replica, rng| {
                let now = clock::now();
                let name = replica.name_document(now, DocumentKind::Case, rng);
                let event = town::step(EventKind::Receive, now, 0);
                replica.append(now, home, vec![(name, vec![Edit::Event(event)])])
            })
            .await
            .unwrap();
        let _ = tokio::time::timeout(Duration::from_secs(60), std::future::pending::<()>()).await;
        line.weather.send_modify(|weather| weather.cut = false);
        let start = steady_ms();
        line.held(written.number).await;
        let taken = ms_since(start) / 1e3;
        line.stop(service).await;
        vec![row(
            "black-out of 60 s at 300 ms and 10 %: from healed to converged",
            format!("{taken:.1} s"),
            "5 s beyond link up",
        )]
    })
}

pub(super) fn fairness(runtime: &Runtime) -> Vec<Row> {
    runtime.block_on(async {
        let town = Town::start();
        let (_weather, rx) = watch::channel(weather(150, 2.0));
        let codes: Vec<String> = town
            .city
            .tree
            .iter()
            .filter(|centre| centre.division != town.city.tree.root().division)
            .map(|centre| centre.division.to_string())
            .collect();
        let mut children = Vec::new();
        for code in &codes {
            let dir = town.enrol(code).await;
            let (path, centre) = (dir.clone(), code.clone());
            tokio::task::spawn_blocking(move || town::file_cases(&path, &centre, 200, 1))
                .await
                .unwrap();
            let target = town.hub.service.link_address().unwrap();
            let seed = children.len() as u64;
            children.push((dir, Relay::start(target, rx.clone(), seed).await.unwrap()));
        }
        let start = steady_ms();
        let services: Vec<Service> = children
            .iter()
            .map(|(dir, relay)| town::node(dir, vec![relay.address().to_string()]))
            .collect();
        let mut done: Vec<f64> = Vec::new();
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        while done.len() < codes.len() {
            pause.tick().await;
            let frontier = town.frontier().await;
            let complete = frontier.values().filter(|end| end.number >= 201).count();
            done.resize(complete.max(done.len()), ms_since(start) / 1e3);
        }
        let (median, last) = (done[done.len() / 2], done[done.len() - 1]);
        let mut closing = JoinSet::new(); // A goodbye takes a second on such a link.
        for service in services {
            closing.spawn(service.stop());
        }
        closing.join_all().await;
        town.hub.service.stop().await;
        vec![row(
            format!("{} children with 200 cases each at once, 300 ms and 2 %: last done against median done", codes.len()),
            format!("{:.2} × ({last:.1} s / {median:.1} s)", last / median),
            "2 ×",
        )]
    })
}
