//! A small city in full: real stores, real links, bad weather.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tongban_config::city::City;
use tongban_node::clock;
use tongban_node::publication::write;
use tongban_node::tasks::Tasks;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::document::{DocumentName, Edit, Event, EventKind};
use tongban_protocol::place::Home;

use super::build::Builder;
use super::relay::Weather;
use super::run::run_city;
use super::site::{Outage, Sites, Skies};
use super::*;
use crate::figures::{CaseRecord, Tally};
use crate::publication::{FactsWish, prepare_facts};
use crate::xes::LogReader;

const PATIENCE: Duration = Duration::from_secs(120);

/// One hub, one county, two townships.
fn small_city() -> City {
    City::parse(|name| {
        let text = match name {
            "city.toml" => {
                "name_zh = \"遂宁市\"\nname_en = \"Suining\"\nroot = \"510900\"\n\
                 divisions = \"divisions.csv\"\ncalendar = \"calendar.csv\"\n\
                 items = \"items.json\"\njoint = \"joint.toml\"\nsupervision = \"supervision.toml\"\n"
            }
            "divisions.csv" => {
                "code,tier,parent,name_zh,name_en\n510900,city,,遂宁市,Suining City\n\
                 510921,county,510900,蓬溪县,Pengxi County\n\
                 510921103,township,510921,文井镇,Wenjing Town\n\
                 510921104,township,510921,明月镇,Mingyue Town\n"
            }
            "items.json" => include_str!("../../../config/suining/items.json"),
            "joint.toml" => include_str!("../../../config/suining/joint.toml"),
            "supervision.toml" => include_str!("../../../config/suining/supervision.toml"),
            _ => include_str!("../../../config/suining/calendar.csv"),
        };
        Ok(Cow::Borrowed(text))
    })
    .unwrap()
}

fn settings(work: Work, outages: Outages) -> DemoSettings {
    let weather = Weather {
        loss_percent: 5.0,
        one_way_delay: Duration::from_millis(5),
        ..Weather::default()
    };
    DemoSettings {
        http: ([127, 0, 0, 1], 0).into(),
        weather,
        outages,
        work,
        seed: 7,
        end: End::Complete,
        report: None,
        dir: None,
        voice: Voice::Quiet,
    }
}

async fn run_small(settings: DemoSettings) -> Outcome {
    let (_keep, stop) = watch::channel(false);
    let demo = run_city(settings, small_city(), Tasks::new(), stop);
    tokio::time::timeout(PATIENCE, demo).await.expect("it comes to an end").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn invented_cases_go_through_all_tiers_over_lossy_links_until_all_stores_agree() {
    let outcome = run_small(settings(Work::Invent(48), Outages::On)).await;
    assert!(outcome.holds && outcome.report.agree, "{:?}", outcome.report);
    let Report { centres, complete, entries, incidents, links, cards, metrics, .. } =
        outcome.report;
    // Some of them are joint cases, whose parts are in no figure of their own.
    assert_eq!(metrics["received"].numerator, 48.0, "{metrics:?}");
    assert!(metrics["on-time"].denominator > 5.0 && metrics["open"].numerator > 0.0, "{metrics:?}");
    assert_eq!(cards.due.values().sum::<u64>(), cards.due_by_rule.values().sum::<u64>());
    assert!(cards.issued > 0 && cards.due_by_rule.len() > 1, "{cards:?}");
    assert!(cards.appealed > 0 && cards.ruled > 0, "somebody appeals and is heard: {cards:?}");
    for used in ["rated", "satisfaction", "online-cases", "online-finished"] {
        assert!(metrics[used].numerator > 0.0, "{used}: {metrics:?}");
    }
    assert_eq!((centres, complete, incidents), (4, 4, vec![]));
    assert!(entries.authored >= 48 * 2, "{entries:?}");
    assert_eq!(entries.held_by_city, entries.authored);
    assert_eq!(entries.receipted, entries.authored);
    assert!(links.datagrams_dropped > 0 && links.datagrams > links.datagrams_dropped, "{links:?}");
}

const LOG: &str = r#"<log xes.version="1.0">
  <trace><string key="concept:name" value="one"/><string key="applicant" value="王"/>
    <event><string key="concept:name" value="late"/><date key="time:timestamp" value="2013-12-13T00:00:00+08:00"/></event>
    <event><string key="concept:name" value="early"/><date key="time:timestamp" value="2013-12-12T00:00:00+08:00"/></event>
    <event><string key="concept:name" value="tie"/><date key="time:timestamp" value="2013-12-13T00:00:00+08:00"/><int key="n" value="3"><string key="in" value="it"/></int></event>
  </trace>
  <trace><string key="concept:name" value="two"/><date key="startdate" value="2013-12-01T00:00:00+08:00"/></trace>
  <trace><string key="concept:name" value="three"/>
    <event><string key="concept:name" value="middle"/><date key="time:timestamp" value="2013-12-12T12:00:00+08:00"/></event>
  </trace>
</log>"#;

fn write_log(dir: &Path) -> PathBuf {
    let path = dir.join("office.xes");
    std::fs::write(&path, LOG).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_log_has_the_figures_of_its_file_in_the_citys_store() {
    let dir = tempfile::tempdir().unwrap();
    let log = write_log(dir.path());
    let report = dir.path().join("report.json");
    let mut settings = settings(Work::Replay(vec![log.clone()]), Outages::Off);
    settings.report = Some(report.clone());
    settings.dir = Some(dir.path().join("city"));
    let outcome = run_small(settings).await;
    assert!(outcome.holds, "{:?}", outcome.report);
    let mut tally = Tally::new("office");
    for trace in LogReader::open(&log).unwrap() {
        tally.add(&CaseRecord::of_trace(&trace.unwrap()));
    }
    assert_eq!(outcome.report.logs, [tally.finish()]);
    assert_eq!(outcome.report.cases, 3);
    let text = std::fs::read_to_string(report).unwrap();
    let keys: Vec<usize> = ["centres", "complete", "seconds", "peak_rss_mb", "entries", "cases"]
        .iter()
        .map(|key| text.find(&format!("\n  \"{key}\": ")).expect(key))
        .collect();
    assert!(keys.is_sorted(), "{text}");
    assert!(dir.path().join("city/510921103/store").is_dir(), "a given directory is kept");
}

#[test]
fn a_script_runs_by_the_instants_of_all_logs_and_keeps_the_order_of_ties() {
    let dir = tempfile::tempdir().unwrap();
    let log = write_log(dir.path());
    let (_keep, stop) = watch::channel(false);
    let script = replay::Script::read(&[log], &small_city(), &stop).unwrap();
    assert_eq!((script.cases, script.entries()), (3, 5));
    assert_eq!(script.notes(), ["", "early", "middle", "late", "tie"]);
}

#[test]
fn a_log_that_is_none_stops_the_demo_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bad.xes");
    std::fs::write(&path, "<log>\n<trace><event>\n").unwrap();
    let (_keep, stop) = watch::channel(false);
    let refused = replay::Script::read(&[path], &small_city(), &stop).unwrap_err();
    assert!(refused.to_string().contains("bad.xes"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_is_interrupted_while_it_is_built_leaves_nothing_running() {
    let dir = tempfile::tempdir().unwrap();
    let (stop_it, stop) = watch::channel(false);
    let mut settings = settings(Work::Invent(5), Outages::Off);
    settings.dir = Some(dir.path().join("city"));
    // Nothing comes through, so the joins hang until the interruption.
    settings.weather.loss_percent = 100.0;
    let tasks = Tasks::new();
    let demo = run_city(settings, small_city(), tasks.clone(), stop);
    let interrupt = async {
        tokio::task::yield_now().await;
        stop_it.send_replace(true);
    };
    let (outcome, ()) =
        tokio::time::timeout(PATIENCE, async { tokio::join!(demo, interrupt) }).await.unwrap();
    assert!(!outcome.unwrap().holds, "it was to run until all is complete");
    assert_eq!(tasks.running().len(), 0, "{:?}", tasks.running());
    let store = dir.path().join("city/510900/store");
    let opened = tongban_node::store::SledStore::open(&store, Default::default());
    assert!(opened.is_ok(), "the hub has let go of its store: {opened:?}");
}

/// The small city, built and linked, without work.
async fn built(dir: &Path) -> (Arc<City>, Arc<Skies>, Sites) {
    let city = Arc::new(small_city());
    let (_keep, stop) = watch::channel(false);
    let skies = Arc::new(Skies::new(&city.tree, Weather::default()));
    let sites = Sites::default();
    let builder = Builder {
        city: city.clone(),
        dir: dir.to_owned(),
        outages: Outages::Off,
        seed: 1,
        sites: sites.clone(),
        skies: skies.clone(),
        stop,
    };
    let office = builder.start_hub().unwrap();
    builder.build(office).await.unwrap();
    (city, skies, sites)
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_that_differ_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let (city, skies, sites) = built(dir.path()).await;
    let [county, township] = ["510921", "510921103"].map(|code| code.parse().unwrap());
    skies.cut(county, Outage::All);
    let site = sites.get(township).unwrap();
    let write = site.desk.write(move |replica, rng| {
        let name: DocumentName = replica.name_document(
            clock::now(),
            tongban_protocol::document::DocumentKind::Case,
            rng,
        );
        let event = Event::new(EventKind::Receive, clock::now(), "李", "");
        replica.append(clock::now(), Home::office(township), vec![(name, vec![Edit::Event(event)])])
    });
    write.await.unwrap();
    let differing = compare::frontiers(&city.tree, &sites).await.unwrap();
    assert!(differing.iter().any(|pair| pair.starts_with("510921103 and 510900")), "{differing:?}");
    let found = compare::documents(&city.tree, &sites, 100, 1).await.unwrap();
    let expected = ["510921103 lists 1 cases of its own, 510900 lists 0"];
    assert_eq!(found.differences[..1], expected, "{found:?}");
    assert_eq!(found.differences.len(), 2, "{found:?}");
    let judged = judged::judged(&city.tree, &sites, clock::now()).await.unwrap();
    let expected = [
        "store 510921103 holds 1 cases of home 510921103 and the city holds 0",
        "store 510921103 reports centre 510921103 and the city does not",
    ];
    assert_eq!(judged.differences, expected);
    drop(site);
    sites.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_counts_by_another_calendar_is_named_with_its_first_case() {
    let dir = tempfile::tempdir().unwrap();
    let (city, skies, sites) = built(dir.path()).await;
    let pictures: watch::Sender<Arc<survey::Picture>> = watch::Sender::default();
    let look = survey::look(city.clone(), sites.clone(), pictures.clone());
    let story = async {
        let (pictures, filed) = (pictures.subscribe(), Arc::default());
        let stage = invent::Stage { city: city.clone(), sites: sites.clone(), pictures, filed };
        stage.file(16, 5).await.unwrap();
        let (mut pictures, at) = (stage.pictures.clone(), clock::now());
        loop {
            let judged = judged::judged(&city.tree, &sites, at).await.unwrap();
            if judged.differences.is_empty() {
                assert_eq!(judged.metrics["received"].numerator, 16.0);
                break;
            }
            pictures.changed().await.unwrap();
        }
        // The city gives its people the rest of the year off, and nobody below hears of it.
        skies.cut("510921".parse().unwrap(), Outage::All);
        let year = civil_day(at).year();
        let days = (1..=12).flat_map(|month| (1..=28).map(move |day| (month, day)));
        let row = |(month, day)| format!("{year}-{month:02}-{day:02},holiday,停\n");
        let off: String = days.map(row).collect();
        let wish = FactsWish {
            by: "周敏".to_owned(),
            proposed_by: "吴刚".to_owned(),
            calendar: Some(format!("date,kind,name\n{off}")),
            ..FactsWish::default()
        };
        let hub = sites.get(city.tree.root().division).unwrap();
        let written = hub.desk.write(move |replica, _| {
            let (_, mut sheets) = prepare_facts(replica, at, wish).unwrap();
            write(replica, at, sheets.remove(0))
        });
        written.await.unwrap();
        let found = judged::judged(&city.tree, &sites, at).await.unwrap();
        for store in ["510921", "510921103", "510921104"] {
            let start = format!("store {store} judges case {store}-");
            assert!(found.differences.iter().any(|it| it.starts_with(&start)), "{found:?}");
        }
    };
    tokio::select! {
        () = look => {}
        told = tokio::time::timeout(PATIENCE, story) => told.expect("it comes to an end"),
    }
    sites.stop().await;
}
