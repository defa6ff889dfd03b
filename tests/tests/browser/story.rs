//! One case through every face of the city: a clerk takes it with the cable out, the county
//! reviews it with the link dead in the middle, the city sees it and issues a card, and the
//! applicant follows and rates it. Each sits at a browser of their own.

use tongban_tests::browser::Browser;
use tongban_tests::machine::{Machine, binary, wait_for};

use super::machine::{await_catalogue, begin};
use super::office::enter;
use super::{LANGUAGES, TOWNSHIP, check, check_both};

/// The county above it.
const COUNTY: &str = "510921";

/// A city in which a township reaches its county alone.
struct Line {
    hub: Machine,
    county: Machine,
    township: Machine,
    _dir: tempfile::TempDir,
}

impl Line {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut hub = Machine::new(&binary("tongban-hub"), dir.path(), "hub");
        hub.sets.extend(["link.listen=127.0.0.1:0", "public.enabled=true"].map(str::to_owned));
        hub.ok(&["init"]);
        hub.start();
        let node = binary("tongban-node");
        let [mut county, mut township] =
            ["county", "township"].map(|name| Machine::new(&node, dir.path(), name));
        for (machine, division) in [(&mut county, COUNTY), (&mut township, TOWNSHIP)] {
            machine.sets.push("link.retry_max=500ms".to_owned());
            machine.ok(&["join", &hub.ok(&["enrol", division, "--address", &hub.link])]);
        }
        county.sets.push("link.listen=127.0.0.1:0".to_owned());
        county.start();
        township.sets.push(format!("link.parents={}", county.link));
        township.start();
        await_catalogue(&township);
        Self { hub, county, township, _dir: dir }
    }
}

/// Opens the one case of a machine from its desk.
fn open_case(browser: &Browser, machine: &Machine, applicant: &str) {
    browser.go(&format!("http://{}/desk?lang=zh&q={applicant}", machine.http));
    browser.find("table.desk a").click();
    browser.wait_for_text("下一步");
}

/// Takes the case at the counter while there is no link: its number and its query code.
fn take(browser: &Browser, township: &Machine) -> [String; 2] {
    browser.go(&format!("http://{}/take?item=T14&lang=zh", township.http));
    browser.labelled("申请人").fill("王小明");
    browser.labelled("证件号").fill("11010519491231002X");
    for at in 0..browser.count("#material input") {
        browser.find(&format!("#material-{at}")).click();
    }
    browser.labelled("收件并受理").click();
    browser.wait_for_text("已保存在本机，断电不丢");
    assert_eq!(browser.count(".key.complete"), 0, "nothing is green before the city confirmed");
    let number = browser.find(".case-head .number").text();
    // Money that nothing allows: asked about, then kept, marked, and a card for whoever supervises.
    browser.labelled("收费").click();
    browser.labelled("金额（元）").fill("20");
    browser.labelled("保存：收费").click();
    browser.wait_for_text("没有依据，照实记录");
    assert_eq!(browser.console_errors().len(), 1, "that it was asked about, and no more");
    check(browser, township, "story-asked");
    browser.labelled("没有依据，照实记录（将记为违规）").click();
    browser.labelled("保存：收费").click();
    browser.wait_for_text("已保存在本机，断电不丢");
    // And money that something does allow.
    browser.labelled("收费").click();
    browser.labelled("金额（元）").fill("5");
    browser.labelled("收费依据").fill("残疾人保障法第十四条");
    browser.labelled("保存：收费").click();
    browser.wait_for_text("已保存在本机，断电不丢");
    assert_eq!(browser.text().matches("元，没有依据").count(), 1, "of the first charge alone");
    assert!(
        browser.text().contains("5.00 元；依据：残疾人保障法第十四条"),
        "what was charged, and by what"
    );
    check(browser, township, "story-taken");
    browser.labelled("上报").click();
    browser.wait_for_text("已保存在本机，断电不丢");
    browser.labelled("收件凭证").click();
    browser.wait_for_text("查询码");
    let paper = browser.text();
    let code = paper.split("查询码").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert_eq!(browser.print("story-receipt"), 1);
    [number, code]
}

/// The township's tick of the last event that it shows.
fn await_tick(browser: &Browser, township: &Machine, what: &str) {
    open_case(browser, township, "王小明");
    wait_for(what, || {
        browser.reload();
        let rows = browser.count("section tbody tr");
        rows > 0 && browser.text().contains(what) && browser.count("tbody .key.complete") >= rows
    });
}

#[test]
fn a_case_goes_from_a_counter_without_a_link_to_its_applicants_rating() {
    let (Some(clerk), Some(officer)) = (Browser::open(), Browser::open()) else { return };
    let (Some(supervisor), Some(home)) = (Browser::open(), Browser::open()) else { return };
    let mut line = Line::start();
    begin(&clerk, &line.township, ["周敏", "李秀英"]);
    begin(&officer, &line.county, ["何涛", "谢芳"]);
    begin(&supervisor, &line.hub, ["吴刚", "陈平"]);
    enter(&supervisor, &line.hub, ["监察一科", "监察", "吴刚"]);

    line.county.kill(); // The cable is out.
    let [number, code] = take(&clerk, &line.township);

    line.county.start(); // The cable is back, and the county reviews.
    wait_for("the case at the county", || line.county.ok(&["case", "list"]).contains("王小明"));
    open_case(&officer, &line.county, "王小明");
    check(&officer, &line.county, "story-county");
    line.hub.kill(); // The link above is dead in the middle.
    officer.labelled("决定").click();
    officer.labelled("保存：决定").click();
    officer.wait_for_text("已保存在本机，断电不丢");
    check(&officer, &line.county, "story-decided");
    await_decision(&clerk, &line.township);
    line.hub.start();

    let watch = format!("http://{}/watch?lang=zh", line.hub.http);
    wait_for("the card at the city", || {
        supervisor.go(&watch);
        supervisor.count("input[name=pick]") > 0
    });
    assert!(!supervisor.console_errors().is_empty(), "the page that was open lost its hub");
    supervisor.labelled("发牌").click();
    supervisor.wait_for_text("已保存在本机");
    check(&supervisor, &line.hub, "story-card");
    await_tick(&clerk, &line.township, "发牌");
    check(&clerk, &line.township, "story-ticked");
    clerk.labelled("送达").click();
    clerk.wait_for_text("已保存在本机，断电不丢");

    track_and_rate(&home, &line.hub, [&number, &code]);
    let id = case_id(&line.hub, &number);
    assert!(line.hub.ok(&["case", "show", &id]).contains("satisfied"), "the city knows the rating");
    assert!(!line.township.ok(&["case", "show", &id]).contains("satisfied"), "and nobody else");
}

/// The decision that came down from the county, not yet confirmed by the city.
fn await_decision(browser: &Browser, township: &Machine) {
    open_case(browser, township, "王小明");
    wait_for("the decision at the counter", || {
        browser.reload();
        browser.text().contains("何涛")
    });
    check(browser, township, "story-undelivered");
}

/// The applicant, at home, in either language.
fn track_and_rate(browser: &Browser, hub: &Machine, [number, code]: [&str; 2]) {
    for (language, _) in LANGUAGES {
        wait_for("the end of the case at the city", || {
            browser.go(&format!("http://{}/public/progress?lang={language}", hub.http));
            browser.find("#number").fill(number);
            browser.find("#code").fill(code);
            browser.press("Enter");
            browser.wait_for("main ol, main table");
            browser.text().contains(if language == "zh" { "送达" } else { "deliver" })
        });
        assert!(!browser.text().contains("王小明"), "no name at a page for everybody");
        check(browser, hub, &format!("story-progress-{language}"));
    }
    for (path, name) in [
        ("/public/", "public"),
        ("/public/items/T14", "public-item"),
        ("/public/centres/", "public-centres"),
        ("/public/centres/510921103", "public-centre"),
        ("/public/progress", "public-progress"),
        ("/public/rate", "public-rate"),
    ] {
        check_both(browser, hub, path, name);
    }
    browser.go(&format!("http://{}/public/rate?lang=zh", hub.http));
    browser.find("#number").fill(number);
    browser.find("#code").fill(code);
    browser.find("input[value=satisfied]").click();
    browser.find("main form button").click();
    browser.wait_for_text("谢谢");
    check(browser, hub, "story-rated");
}

/// The name of a case by its number.
fn case_id(hub: &Machine, number: &str) -> String {
    let list = hub.ok(&["case", "list", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let found = list["cases"].as_array().unwrap().iter().find(|it| it["number"] == number);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}
