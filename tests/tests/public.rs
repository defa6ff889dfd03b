//! The public pages: from a township's receipt to the progress of the case and a sealed rating.
#![cfg(test)]

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tongban_node::service::open_replica;
use tongban_node::store::StoreSettings;
use tongban_protocol::document::DocumentId;
use tongban_tests::machine::{Machine, binary, wait_for};

/// An answer: status, headers that matter, body.
struct Answer {
    status: u16,
    retry_after: Option<u64>,
    location: String,
    body: String,
}

/// Whoever sits at home with a browser.
struct Visitor<'a> {
    hub: &'a Machine,
    address: &'a str,
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None);
    let config = config.timeout_global(Some(Duration::from_secs(60)));
    config.max_redirects(0).max_redirects_will_error(false).build().into()
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> Answer {
    let header = |name: &str| {
        let value = answer.headers().get(name).and_then(|it| it.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (retry_after, location) = (header("retry-after").parse().ok(), header("location"));
    let body = answer.body_mut().read_to_string().unwrap();
    Answer { status: answer.status().as_u16(), retry_after, location, body }
}

impl Visitor<'_> {
    fn get(&self, path: &str) -> Answer {
        read(agent().get(format!("http://{}{path}", self.hub.http)).call().unwrap())
    }

    fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = agent().post(format!("http://{}{path}", self.hub.http));
        let request = request.header("X-Forwarded-For", self.address);
        read(request.send_form(fields.iter().copied()).unwrap())
    }
}

/// A hub with these settings and a township that runs and is linked to it.
fn city(dir: &Path, settings: &[&str]) -> (Machine, Machine) {
    let mut hub = Machine::new(&binary("tongban-hub"), dir, "hub");
    hub.sets.push("link.listen=127.0.0.1:0".to_owned());
    hub.sets.extend(settings.iter().map(|set| (*set).to_owned()));
    hub.ok(&["init"]);
    hub.start();
    let mut node = Machine::new(&binary("tongban-node"), dir, "node");
    node.ok(&["join", &hub.ok(&["enrol", "510921103", "--address", &hub.link])]);
    node.start();
    (hub, node)
}

/// Takes a case as a department's program does: its name, its number and its code.
fn take(node: &Machine, applicant: &str) -> [String; 3] {
    let request = agent().post(format!("http://{}/api/v1/cases", node.http));
    let request = request.header("Authorization", format!("Bearer {}", node.window().token));
    let case = json!({"item": "T01", "applicant": applicant, "by": "李芳"});
    let body = request.content_type("application/json").send(case.to_string()).unwrap();
    let taken: Value = serde_json::from_str(&read(body).body).unwrap();
    ["id", "number", "query_code"].map(|field| taken[field].as_str().unwrap().to_owned())
}

/// The satisfaction of all cases as somebody is told it.
fn satisfaction(report: &str) -> Value {
    let report: Value = serde_json::from_str(report).unwrap();
    let figures = report["rows"][0]["figures"].as_array().unwrap();
    figures.iter().find(|it| it["metric"] == "satisfaction").unwrap().clone()
}

#[test]
fn a_receipts_code_opens_the_progress_and_a_rating_stays_with_the_city() {
    let dir = tempfile::tempdir().unwrap();
    let (hub, mut node) = city(dir.path(), &["public.enabled=true"]);
    let [id, number, code] = take(&node, "王小明");
    for kind in ["accept", "decide"] {
        node.ok(&["case", "event", &id, kind, "--by", "李芳"]);
    }
    let home = Visitor { hub: &hub, address: "198.51.100.1" };
    let slip = [("number", number.as_str()), ("code", code.as_str())];
    wait_for("the decision in the city", || hub.ok(&["case", "why", &id]).contains("city"));
    wait_for("the decision on the page", || {
        hub.ok(&["case", "progress", &number]).contains("decide")
    });
    let told = home.send("/public/progress", &slip);
    assert_eq!(told.status, 200, "{}", told.body);
    assert!(told.body.contains("等待送达") && told.body.contains("评价本次服务"), "{}", told.body);
    assert!(!told.body.contains("王小明") && !told.body.contains("李芳"), "{}", told.body);

    // A wrong code and a number that nobody has are answered alike.
    let [_, other, _] = take(&node, "赵敏");
    let wrong = home.send("/public/progress", &[("number", &number), ("code", "7KQ2-M0XD")]);
    let strange = home.send("/public/progress", &[("number", &other), ("code", "7KQ2-M0XD")]);
    assert_eq!((wrong.status, strange.status), (422, 422));
    assert_eq!(wrong.body, strange.body.replace(&other, &number));
    assert!(wrong.body.contains(&number), "what was typed is kept");

    let untold = home.send("/public/rate", &[&slip[..], &[("words", "等了两次")]].concat());
    assert_eq!(untold.status, 422);
    assert!(untold.body.contains("没有默认选项") && untold.body.contains("等了两次"));
    assert!(!untold.body.contains(" checked"), "nothing is chosen for anybody");
    let said = [&slip[..], &[("rating", "dissatisfied"), ("words", "等了两次")]].concat();
    let rated = home.send("/public/rate", &said);
    assert_eq!((rated.status, rated.location.as_str()), (303, "/public/rate?done=yes"));
    let again = home.send("/public/rate", &said);
    assert!(again.status == 422 && again.body.contains("一事一评"), "{}", again.body);

    // The city counts it, everybody else is told nothing of so few.
    assert_eq!(satisfaction(&hub.ok(&["metrics", "--json"]))["denominator"], 1.0);
    let open = satisfaction(&home.get("/api/v1/metrics").body);
    assert_eq!((&open["is_withheld"], &open["value"]), (&json!(true), &Value::Null));
    assert!(home.get("/public/centres/510921103").body.contains("评价不足 10 件"));
    let shown: Value = serde_json::from_str(&hub.ok(&["case", "show", &id])).unwrap();
    assert_eq!(shown["ratings"][0]["note"], "等了两次");

    // What the city writes in the case comes down; the rating does not.
    hub.ok(&["case", "event", &id, "supervise", "--role", "supervisor", "--by", "周敏"]);
    wait_for("the city's word in the township", || {
        node.ok(&["case", "show", &id]).contains("周敏")
    });
    assert_eq!(satisfaction(&node.ok(&["metrics", "--json"]))["denominator"], 0.0);
    node.kill();
    let (_, store) = open_replica(&node.dir, StoreSettings::default()).unwrap();
    let case: DocumentId = id.parse().unwrap();
    assert!(store.case(case).unwrap().is_some());
    assert_eq!(store.ratings(case).unwrap(), []);
    assert!(store.frontier().keys().all(|it| it.home.to_string() != "510900"), "{store:?}");
}

#[test]
fn guides_show_who_really_takes_an_item_and_too_many_questions_are_held_back() {
    let dir = tempfile::tempdir().unwrap();
    let (hub, node) = city(dir.path(), &["public.enabled=true"]);
    let [id, number, _] = take(&node, "王小明");
    let home = Visitor { hub: &hub, address: "198.51.100.2" };
    let nobody = home.get("/public/items/T01");
    assert!(nobody.status == 200 && !nobody.body.contains("明月镇"), "taken is not accepted");
    node.ok(&["case", "event", &id, "accept", "--by", "李芳"]);
    wait_for("the acceptance on the page", || {
        home.get("/public/items/T01").body.contains("明月镇")
    });
    let name = shown_name(&home.get("/public/items/T01").body);
    assert!(home.get("/public/").body.contains(&name));
    assert!(home.get("/public/centres/510921103").body.contains(&name));
    assert_eq!(home.get("/public/items/none-such").status, 404);
    assert_eq!(home.get("/public/centres/999999").status, 404);
    assert!(home.get("/public/progress?lang=en").body.contains("Query code"));

    let ask = || home.send("/public/progress", &[("number", &number), ("code", "7KQ2-M0XD")]);
    let held = std::iter::repeat_with(ask).take(40).find(|it| it.status == 429).unwrap();
    assert!((1..=10).contains(&held.retry_after.unwrap()), "{:?}", held.retry_after);
    assert!(held.body.contains("秒后再试") && held.body.contains(&number));
    let other = Visitor { hub: &hub, address: "198.51.100.3" };
    assert_eq!(other.send("/public/progress", &[("number", &number)]).status, 422);

    // A form on another site is not sent here.
    let foreign = agent().post(format!("http://{}/public/rate", hub.http));
    let foreign = foreign.header("Origin", "http://evil.example").send_form([("a", "b")]);
    assert_eq!(read(foreign.unwrap()).status, 403);
}

/// The item's name, as the page's heading ends with it.
fn shown_name(page: &str) -> String {
    let heading = page.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap();
    heading.rsplit(" · ").next().unwrap().to_owned()
}

#[test]
fn a_hub_that_was_not_told_to_has_no_public_pages() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Machine::new(&binary("tongban-hub"), dir.path(), "hub");
    hub.sets.push("link.listen=127.0.0.1:0".to_owned());
    hub.ok(&["init"]);
    hub.start();
    let home = Visitor { hub: &hub, address: "198.51.100.4" };
    for path in ["/public/", "/public/progress", "/public/items/T01"] {
        let answer = home.get(path);
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
    let sent = home.send("/public/progress", &[("number", "1"), ("code", "1")]);
    assert_eq!(sent.status, 404, "{}", sent.body);
}
