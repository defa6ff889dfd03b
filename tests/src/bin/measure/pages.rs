//! What pages cost a machine at a counter: time of the server, bytes of a first visit, and saving
//! while many work at once.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tongban_config::groups::QueueGroup;
use tongban_node::accounts::{Accounts, Scope};
use tongban_node::posts::{PostWish, change_at};
use tongban_node::report::Alone;
use tongban_node::service::Service;
use tongban_node::web::guard::Hosts;
use tongban_node::web::{self, Face};
use tongban_node::{clock, entropy};
use tongban_protocol::document::{EventKind, Role};
use tongban_tests::town::{self, Town};
use ureq::Agent;

use super::disk::seconds;
use super::{Row, row};

const CENTRE: &str = "510921103";
const CLERK: &str = "周敏";
const PARTNER: &str = "李秀英";

/// Questions for each page.
const VISITS: usize = 40;
const CLERKS: usize = 50;
/// Events that each clerk saves.
const SAVES: usize = 20;

/// A page with a place for a case that is there.
const PAGES: [&str; 16] = [
    "/desk",
    "/desk?q=王",
    "/desk?q=510921103-2013",
    "/take",
    "/take?item=T10",
    "/cases/CASE",
    "/services",
    "/relay",
    "/import",
    "/queue",
    "/orders",
    "/green",
    "/watch",
    "/link",
    "/report",
    "/staff",
];

/// What a browser fetches besides, at its first visit.
const ASSETS: [&str; 4] =
    ["/assets/tongban.css", "/assets/counter.css", "/assets/counter.js", "/assets/icon.svg"];

/// A running counter, and who is signed in there.
struct Counter {
    service: Service,
    http: String,
    cookie: String,
    token: String,
}

pub(super) fn pages(runtime: &Runtime) -> Vec<Row> {
    let (town, dir) = runtime.block_on(async {
        let town = Town::start();
        let dir = town.enrol(CENTRE).await;
        (town, dir)
    });
    town::file_cases(&dir, CENTRE, 10_000, 13);
    let parents = vec![town.hub.service.link_address().unwrap().to_string()];
    let mut counter = runtime.block_on(Counter::open(&dir, parents.clone()));
    let agent = agent();
    let id = counter.await_ready(&agent);
    let mut times: Vec<f64> = Vec::new();
    let (mut slowest, mut largest) = ((0.0, ""), (0, ""));
    for page in PAGES {
        let path = page.replace("CASE", &id);
        let mut own: Vec<f64> = (0..VISITS).map(|_| counter.get(&agent, &path).0).collect();
        let bytes = counter.get(&agent, &path).1;
        let worst = percentile(&mut own, 95);
        slowest = if worst > slowest.0 { (worst, page) } else { slowest };
        largest = if bytes > largest.0 { (bytes, page) } else { largest };
        times.extend(own);
    }
    let assets: usize = ASSETS.iter().map(|path| counter.get(&agent, path).1).sum();
    let mut cold: Vec<(f64, &str)> = Vec::new();
    for page in PAGES {
        let keys = (counter.cookie.clone(), counter.token.clone());
        runtime.block_on(counter.service.stop());
        counter = runtime.block_on(Counter::start(&dir, parents.clone(), keys));
        counter.await_counted(runtime);
        cold.push((counter.get(&agent, &page.replace("CASE", &id)).0, page));
    }
    cold.sort_by(|one, other| one.0.total_cmp(&other.0));
    let coldest = cold[cold.len() - 1];
    let hurried = counter.save(Duration::ZERO);
    let steady = counter.save(Duration::from_secs(1));
    runtime.block_on(async {
        counter.service.stop().await;
        town.hub.service.stop().await;
    });
    let of = |times: &mut Vec<f64>, share| format!("{:.0} ms", percentile(times, share));
    let (mut hurried, mut steady) = (hurried, steady);
    vec![
        row(
            "any page, 10,000 cases of 13 entries in the store: p95 of all",
            of(&mut times, 95),
            "50 ms",
        ),
        row(
            format!("the same, of the slowest (`{}`)", slowest.1),
            format!("{:.0} ms", slowest.0),
            "50 ms",
        ),
        row(
            format!("the same, each asked once after a start: the slowest (`{}`)", coldest.1),
            format!("{:.0} ms", coldest.0),
            "50 ms",
        ),
        row(
            format!("bytes of a first visit, of the largest (`{}`)", largest.1),
            format!("{} kB", (largest.0 + assets).div_ceil(1_000)),
            "100 kB",
        ),
        row(
            format!("{CLERKS} clerks, one event a second each: p99 of saving it, durable"),
            of(&mut steady, 99),
            "100 ms",
        ),
        row("the same without any pause between", of(&mut hurried, 99), "–"),
    ]
}

fn agent() -> Agent {
    let config = Agent::config_builder().proxy(None).timeout_global(Some(Duration::from_secs(60)));
    config.max_idle_connections_per_host(1).build().into()
}

impl Counter {
    /// A counter with a clerk and her partner, started for the first time.
    async fn open(dir: &Path, parents: Vec<String>) -> Self {
        let mut rng = entropy::generator().unwrap();
        let accounts = Accounts::open(dir, &mut rng).unwrap();
        let (code, now, password) = (accounts.first_code().unwrap(), clock::now(), "measured-42");
        accounts.set_up(now, &mut rng, &code, (CLERK, password)).unwrap();
        let cookie = accounts.sign_in(now, &mut rng, CLERK, password).unwrap();
        let until = now.plus_ms(86_400_000);
        let token = accounts.issue_token(now, &mut rng, ("measure", CLERK), (Scope::Office, until));
        drop(accounts);
        let keys = (format!("tongban_{CENTRE}={cookie}"), token.unwrap());
        let counter = Self::start(dir, parents, keys).await;
        for (name, partner) in [(CLERK, PARTNER), (PARTNER, CLERK)] {
            let wish = PostWish {
                kind: EventKind::Appoint,
                name: name.to_owned(),
                partner: Some(partner.to_owned()),
                role: Some(Role::Window),
                until: Some(now.plus_ms(365 * 86_400_000)),
                to: None,
                by: name.to_owned(),
                happened_at: None,
            };
            change_at(counter.service.desk(), now, wish).await.unwrap();
        }
        counter
    }

    async fn start(dir: &Path, parents: Vec<String>, (cookie, token): (String, String)) -> Self {
        let service = town::node(dir, parents);
        let accounts = Accounts::open(dir, &mut entropy::generator().unwrap()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let face = Face {
            desk: service.desk().clone(),
            name: "明月镇".to_owned(),
            centre: CENTRE.parse().unwrap(),
            accounts: Arc::new(accounts),
            open: &[],
            data_dir: dir.to_owned(),
            description: web::openapi,
            lookout: Arc::new(Alone),
            groups: vec![QueueGroup::general()],
            more: &[],
        };
        let tasks = service.tasks().clone();
        service.tasks().spawn("measured", async move {
            web::serve(listener, face, Hosts::new(address, []), &tasks).await;
        });
        Self { service, http: format!("http://{address}"), cookie, token }
    }

    /// Waits until the facts of all cases are in memory, which is done while nobody asks for
    /// anything; no case is read for that.
    fn await_counted(&self, runtime: &Runtime) {
        let is_left = || self.service.desk().ask(|engine| engine.replica().is_uncounted());
        while runtime.block_on(is_left()).unwrap() {
            rest(Duration::from_millis(50));
        }
    }

    /// The time that a page took, in milliseconds, and its bytes.
    fn get(&self, agent: &Agent, path: &str) -> (f64, usize) {
        let path = path.replace('王', "%E7%8E%8B");
        let (took, body) = seconds(|| {
            let request = agent.get(format!("{}{path}", self.http)).header("Cookie", &self.cookie);
            request.call().unwrap().body_mut().read_to_vec().unwrap()
        });
        (took * 1e3, body.len())
    }

    /// Waits until the catalogue has come down, the city has confirmed every entry and every case
    /// is counted, so that nothing else goes on; names a case.
    fn await_ready(&self, agent: &Agent) -> String {
        loop {
            let read = |path: &str| {
                let request = agent.get(format!("{}{path}", self.http));
                let request = request.header("Authorization", format!("Bearer {}", self.token));
                json_of(request.call().unwrap())
            };
            let has_items = read("/api/v1/items").as_array().is_some_and(|it| !it.is_empty());
            let desk = agent.get(format!("{}/desk?lang=zh", self.http));
            let desk = desk.header("Cookie", &self.cookie).call().unwrap();
            let desk = desk.into_body().read_to_string().unwrap();
            let own = &read("/api/v1/status")["own_entries"];
            let is_still = own["saved"] == own["confirmed"];
            if has_items && is_still && !desk.contains("清单正在整理") {
                return read("/api/v1/cases")["cases"][0]["id"].as_str().unwrap().to_owned();
            }
        }
    }

    fn post(&self, agent: &Agent, path: &str, body: &serde_json::Value) -> serde_json::Value {
        let request = agent.post(format!("{}/api/v1/{path}", self.http));
        let request = request.header("Authorization", format!("Bearer {}", self.token));
        let request = request.content_type("application/json");
        json_of(request.send(body.to_string()).unwrap())
    }

    /// How long each event took that the clerks saved at once, in milliseconds.
    fn save(&self, pause: Duration) -> Vec<f64> {
        let clerk = |at: usize| {
            let agent = agent();
            let case = json!({"item": "T14", "applicant": format!("王{at}"), "by": CLERK});
            let taken = self.post(&agent, "cases", &case);
            let path = format!("cases/{}/events", taken["id"].as_str().unwrap());
            self.post(&agent, &path, &json!({"kind": "accept", "by": CLERK}));
            let save = |number: usize| {
                rest(pause);
                let event =
                    json!({"kind": "finish-step", "note": format!("审查{number}"), "by": CLERK});
                seconds(|| self.post(&agent, &path, &event)).0 * 1e3
            };
            (0..SAVES).map(save).collect::<Vec<f64>>()
        };
        std::thread::scope(|scope| {
            let clerks: Vec<_> = (0..CLERKS).map(|at| scope.spawn(move || clerk(at))).collect();
            clerks.into_iter().flat_map(|it| it.join().unwrap()).collect()
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "a clerk looks up, and nothing waits for it")]
fn rest(pause: Duration) {
    std::thread::sleep(pause);
}

fn json_of(mut answer: ureq::http::Response<ureq::Body>) -> serde_json::Value {
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

fn percentile(values: &mut [f64], share: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * share / 100).min(values.len() - 1)]
}
