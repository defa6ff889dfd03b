//! The pages of the city's desk, asked for as a browser does, over the real binaries.
#![cfg(test)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tongban_config::city::City;
use tongban_hub::samples::announce;
use tongban_hub::service;
use tongban_node::cases::{self, NewCase, NewEvent, Said};
use tongban_node::samples::AnnounceWish;
use tongban_node::service::open_replica;
use tongban_node::{clock, entropy};
use tongban_protocol::calendar::civil_day;
use tongban_protocol::time::Timestamp;
use tongban_tests::machine::{Machine, binary, wait_for};
use tongban_tests::town::STORE;

const TOWN: &str = "510921103";

const PASSWORD: &str = "晴天与长江 42";

/// An answer: status, where it sends the browser, and what it makes it keep.
struct Answer {
    status: u16,
    location: String,
    cookie: String,
    body: String,
}

impl Answer {
    #[track_caller]
    fn says(&self, status: u16, words: &[&str]) -> &Self {
        assert_eq!(self.status, status, "{}", self.body);
        for word in words {
            assert!(self.body.contains(word), "no {word} in {}", self.body);
        }
        self
    }

    #[track_caller]
    fn goes(&self, path: &str) {
        assert_eq!((self.status, self.location.as_str()), (303, path), "{}", self.body);
    }

    /// The value of a hidden field.
    #[track_caller]
    fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        self.body.split(&mark).nth(1).unwrap().split('"').next().unwrap().to_owned()
    }
}

/// Somebody at a browser.
#[derive(Default)]
struct Person {
    http: String,
    cookie: String,
    form_key: String,
}

impl Person {
    fn get(&self, path: &str) -> Answer {
        let request = agent().get(format!("http://{}{path}", self.http));
        read(request.header("Cookie", &self.cookie).call().unwrap())
    }

    /// What a browser gets that shows a page.
    fn look(&self, path: &str) -> Answer {
        let request = agent().get(format!("http://{}{path}", self.http));
        let request = request.header("Accept", "text/html,*/*;q=0.8");
        read(request.header("Cookie", &self.cookie).call().unwrap())
    }

    /// Sends a form with a file, as browsers do.
    fn upload(&self, path: &str, fields: &[(&str, &str)], (name, file): (&str, &[u8])) -> Answer {
        let mut body = Vec::new();
        let key = [("form_key", self.form_key.as_str())];
        for (name, value) in key.iter().chain(fields) {
            let head = "--q\r\nContent-Disposition: form-data; name=";
            body.extend(format!("{head}\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
        }
        let head = "--q\r\nContent-Disposition: form-data; name=\"choose\"; filename=";
        body.extend(format!("{head}\"{name}\"\r\n\r\n").into_bytes());
        body.extend(file);
        body.extend(b"\r\n--q--\r\n");
        let request = agent().post(format!("http://{}{path}", self.http));
        let request = request.header("Content-Type", "multipart/form-data; boundary=q");
        read(request.header("Cookie", &self.cookie).send(&body[..]).unwrap())
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = agent().post(format!("http://{}{path}", self.http));
        let key = [("form_key", self.form_key.as_str())];
        let fields = [&key[..], fields].concat();
        read(request.header("Cookie", &self.cookie).send_form(fields).unwrap())
    }

    /// Opens a link for whoever is new, and is signed in.
    fn begin(http: &str, path: &str, who: &[(&str, &str)]) -> Self {
        let nobody = Self { http: http.to_owned(), ..Self::default() };
        let password = [("password", PASSWORD), ("again", PASSWORD)];
        let begun = nobody.post(path, &[who, &password[..]].concat());
        let cookie = begun.cookie.split(';').next().unwrap().to_owned();
        let signed_in = Self { cookie, ..nobody };
        let form_key = signed_in.get("/watch").says(200, &[]).hidden("form_key");
        Self { form_key, ..signed_in }
    }
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
    let (location, cookie) = (header("location"), header("set-cookie"));
    let bytes = answer.body_mut().read_to_vec().unwrap();
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Answer { status: answer.status().as_u16(), location, cookie, body }
}

/// The administrator of a hub, and a supervisor whom they appoint.
fn people(hub: &Machine) -> [Person; 2] {
    let welcome = hub.welcome.as_deref().unwrap();
    let path = welcome.split_once(&hub.http).unwrap().1;
    let who = [("name", "吴刚"), ("partner", "陈平")];
    let first = Person::begin(&hub.http, path, &who);
    let appoint = [("act", "appoint"), ("name", "监察一科"), ("role", "supervisor")];
    let until = civil_day(clock::now().plus_ms(60 * 86_400_000)).to_string();
    let rest = [("partner", "吴刚"), ("until", until.as_str())];
    let given = first.post("/staff", &[&appoint[..], &rest].concat());
    let given = given.says(200, &["请把此链接交给"]);
    let link = given.body.split(&*hub.http).nth(1).and_then(|rest| rest.split('"').next());
    let supervisor = Person::begin(&hub.http, link.unwrap(), &[]);
    [first, supervisor]
}

fn start(dir: &Path, is_new: bool) -> Machine {
    let mut hub = Machine::new(&binary("tongban-hub"), dir, "hub");
    hub.sets.push("link.listen=127.0.0.1:0".to_owned());
    if is_new {
        hub.ok(&["init"]);
    }
    hub.start();
    hub
}

fn township(dir: &Path, hub: &Machine) -> Machine {
    let mut node = Machine::new(&binary("tongban-node"), dir, "node");
    node.ok(&["join", &hub.ok(&["enrol", TOWN, "--address", &hub.link])]);
    node.start();
    node
}

#[test]
fn a_card_an_appeal_and_an_order_go_their_way_on_the_pages_of_the_city() {
    let dir = tempfile::tempdir().unwrap();
    let hub = start(dir.path(), true);
    let node = township(dir.path(), &hub);
    wait_for("the catalogue below", || node.ok(&["item", "list"]).contains("T02"));
    // Two months ago on paper, entered now: the promise of three working days is long over.
    let at = clock::now().plus_ms(-60 * 86_400_000).to_string();
    let new = ["case", "new", "--item", "T02", "--applicant", "王小明", "--by", "李秀英"];
    let id = node.ok(&[new.as_slice(), &["--at", &at]].concat());
    node.ok(&["case", "event", &id, "accept", "--by", "李秀英", "--at", &at]);
    let [first, supervisor] = people(&hub);
    let card = "promise-far-over/promise";
    let pick = format!("{id}|{card}");
    wait_for("the card on the board", || supervisor.get("/watch").body.contains(&pick));
    supervisor.get("/watch?level=red&under=510921&rule=promise-far-over").says(200, &[&pick]);
    let other = supervisor.get("/watch?under=510904");
    assert!(!other.body.contains(&pick), "{}", other.body);
    let seen_by_first = first.get("/watch");
    assert!(!seen_by_first.body.contains("name=\"pick\""), "no ticks without the post");
    first.post("/watch/issue", &[("pick", &pick)]).says(403, &["只有监察岗"]);

    let issued = supervisor.post("/watch/issue", &[("pick", &pick), ("sight", "due")]);
    issued.goes("/watch?sight=due&issued=1");
    supervisor.get(&issued.location).says(200, &["已保存在本机：", "发牌 1 张"]);
    supervisor.post("/watch/issue", &[("pick", &pick)]).says(422, &["一牌只发一次"]);
    supervisor.get("/watch?sight=standing").says(200, &["promise-far-over%2Fpromise", "督办"]);

    wait_for("the card below", || node.ok(&["case", "cards", &id]).contains("issued on"));
    let appeal = ["case", "event", &id, "appeal", "--card", card, "--by", "李秀英"];
    node.ok(&[&appeal[..], &["--appeal", "outage", "--reason", "断网三日"]].concat());
    let board = "/watch?sight=appealed";
    wait_for("the appeal above", || supervisor.get(board).body.contains("断网三日"));
    let page = supervisor.get(board);
    page.says(200, &["李秀英", "系统或网络故障", "裁定理由", "申诉裁定期限"]);
    first.get(board).says(200, &["由监察岗裁定"]);
    let seen = page.hidden("seen");
    let ruling = [("kind", "rule-appeal"), ("card", card), ("ruling", "upheld"), ("back", "watch")];
    let ruling = [&ruling[..], &[("seen", &seen), ("reason", "链路记录不符")]].concat();
    let ruled = supervisor.post(&format!("/cases/{id}/events"), &ruling);
    ruled.goes("/watch?sight=appealed&saved=ruling");
    supervisor.get("/watch?sight=ruled").says(200, &["维持", "链路记录不符"]);

    withdraw_one(&supervisor, &id);
    let form = supervisor.get(&format!("/orders?centre={TOWN}&case={id}&card={card}"));
    form.says(200, &["下达督办", card]);
    let name = form.hidden("name");
    let order = [("name", name.as_str()), ("centre", TOWN), ("document", "遂监督〔2026〕3号")];
    let bare = supervisor.post("/orders", &[&order[..], &[("days", "0")]].concat());
    bare.says(422, &["请填 1 至 60 的整数", "遂监督〔2026〕3号"]);
    let rest = [("days", "3"), ("reason", "说明为何断网"), ("case", &id), ("card", card)];
    let given = [&order[..], &rest].concat();
    let first_press = supervisor.post("/orders", &given);
    assert_eq!(first_press.status, 303, "{}", first_press.body);
    supervisor.post("/orders", &given).goes(&first_press.location);
    let path = first_press.location.split('?').next().unwrap().to_owned();
    let order_id = path.rsplit('/').next().unwrap().to_owned();
    let listed = supervisor.get("/orders");
    listed.says(200, &["遂监督〔2026〕3号", "待回复", "还剩 3 天"]);
    assert_eq!(listed.body.matches(&path).count(), 1, "pressed twice, given once");
    supervisor.get(&path).says(200, &["等该中心答复", "说明为何断网"]);

    wait_for("the order below", || node.ok(&["order", "list"]).contains(&order_id));
    node.ok(&["order", "reply", &order_id, "--text", "光缆被挖断", "--by", "李秀英"]);
    wait_for("the answer above", || supervisor.get(&path).body.contains("光缆被挖断"));
    supervisor.get("/watch?sight=standing").says(200, &["光缆被挖断"]);
    let seen = supervisor.get(&path).hidden("seen");
    let close = [("act", "close"), ("seen", &seen), ("text", "属实")];
    first.post(&path, &close).says(422, &["只有监察岗"]);
    for _ in 0..2 {
        supervisor.post(&path, &close).goes(&format!("{path}?saved=step"));
    }
    supervisor.get("/orders?all=true").says(200, &["已销号"]);
    let open = supervisor.get("/orders");
    assert!(!open.body.contains("遂监督〔2026〕3号"), "{}", open.body);
}

/// Issues a second card, and takes it back as one of many that a wrong setting gave.
fn withdraw_one(supervisor: &Person, id: &str) {
    let pick = format!("{id}|late-entry/");
    let board = supervisor.get("/watch");
    let late = board.body.split("name=\"pick\" value=\"").find(|rest| rest.starts_with(&pick));
    let late = late.unwrap().split('"').next().unwrap();
    supervisor.post("/watch/issue", &[("pick", late)]).goes("/watch?sight=due&issued=1");
    let today = civil_day(clock::now()).to_string();
    let wish = [("rule", "late-entry"), ("from", &today), ("to", &today), ("reason", "规则设错")];
    let wish = [&wish[..], &[("ground", "wrong-setting")]].concat();
    let look = supervisor.post("/watch/withdraw", &[&wish[..], &[("act", "look")]].concat());
    look.says(200, &["将撤销 1 张牌", "撤销这些牌", id]);
    let board = supervisor.get("/watch?sight=ruled");
    assert!(!board.body.contains("规则设错"), "a look withdraws nothing");
    let done = supervisor.post("/watch/withdraw", &[&wish[..], &[("act", "withdraw")]].concat());
    done.goes("/watch?sight=ruled&saved=withdrawal");
    supervisor.get(&done.location).says(200, &["规则设错", "（批量）", "已保存在本机：撤牌"]);
}

#[test]
fn figures_coverage_and_settlements_are_pages_in_both_languages() {
    let dir = tempfile::tempdir().unwrap();
    let hub = start(dir.path(), true);
    let node = township(dir.path(), &hub);
    let id = node.ok(&["case", "new", "--item", "T01", "--applicant", "张三", "--by", "李秀英"]);
    wait_for("the case above", || hub.run(&["case", "show", &id]).is_ok());
    let [first, supervisor] = people(&hub);

    let all = supervisor.get("/office/indicators");
    all.says(200, &["按时办结率", "蓬溪县", "网上预审率（开通，按事项）", "合计"]);
    supervisor.get("/office/indicators?lang=en").says(200, &["on time", "Pengxi"]);
    let one = supervisor.get("/office/indicators/received?lang=zh");
    one.says(200, &["<svg class=\"chart\" role=\"img\"", "<title>收件数：各区县</title>", "各月"]);
    assert!(!one.body.contains("style="), "a style within the page is not allowed to be one");
    let below = supervisor.get("/office/indicators/received?county=510921");
    below.says(200, &[&format!("href=\"/centres/{TOWN}\"")]);
    assert!(!below.body.contains("href=\"/centres/510904"), "{}", below.body);
    supervisor.get("/office/indicators/promised-speed-up").says(200, &["目录"]);
    supervisor.get("/office/indicators/nothing").says(404, &["未能完成"]);
    supervisor.get("/office/indicators?from=soon").says(400, &["soon"]);

    let nobody = Person { http: hub.http.clone(), ..Person::default() };
    nobody.get("/office/indicators").goes("/sign-in?next=%2Foffice%2Findicators");
    let table = nobody.get("/centres?verdict=not-enrolled&county=510921&sort=name&lang=en");
    table.says(200, &["centres, as of", "not enrolled", "href=\"/centres/510921"]);
    assert!(!table.body.contains("/office/"), "a stranger gets no menu");
    let evidence = format!("/api/v1/evidence/centre/{TOWN}");
    supervisor.get(&format!("/centres/{TOWN}")).says(200, &[&evidence]);
    assert_eq!(supervisor.get(&evidence).status, 200);
    assert_eq!(nobody.get(&evidence).status, 401);

    let incidents = supervisor.get("/office/incidents");
    incidents.says(200, &["没有异常", "了结一个缺口"]);
    first.get("/office/incidents").says(200, &["了结由监察岗具名办理"]);
    let wrong = [("journal", "510921103 by 00000000.7"), ("note", "永远收不到")];
    first.post("/office/incidents", &wrong).says(403, &["只有监察岗"]);
    supervisor.post("/office/incidents", &wrong).says(422, &["没有此日志", "永远收不到"]);
    let machines: Value = serde_json::from_str(&hub.ok(&["machines", "--json"])).unwrap();
    let all = machines.as_array().unwrap();
    let name = all.iter().find(|it| it["centre"] == TOWN).unwrap()["node"].as_str().unwrap();
    let journal = format!("{TOWN} by {name}.0");
    let right = [("journal", journal.as_str()), ("note", "重复登记"), ("through", "1")];
    supervisor.post("/office/incidents", &right).goes("/office/incidents?saved=true");
    supervisor.get("/office/incidents?saved=true").says(200, &["已保存在本机"]);
    for sight in ["/green", "/watch/withdraw", "/orders/due", "/office/samples"] {
        supervisor.get(&format!("{sight}?lang=en")).says(200, &["lang=\"en\"", "/office/samples"]);
    }
}

/// Takes a case at the city's counter and closes it.
fn closed_case(dir: &Path, now: Timestamp) -> String {
    let (_, mut replica) = open_replica(dir, STORE).unwrap();
    let mut rng = entropy::generator().unwrap();
    let case = NewCase {
        item: "T01".to_owned(),
        applicant: "王小明".to_owned(),
        by: "李秀英".to_owned(),
        ..NewCase::default()
    };
    let id = cases::take(&mut replica, now, &mut rng, case).unwrap().id;
    let withdraw = NewEvent {
        kind: cases::parse_kind("withdraw").unwrap(),
        note: String::new(),
        by: "李秀英".to_owned(),
        happened_at: None,
        detail: Said::default(),
    };
    cases::record(&mut replica, now, id, withdraw).unwrap();
    replica.commit().unwrap();
    id.to_string()
}

#[test]
fn a_draw_is_announced_shown_on_its_day_and_what_was_found_stands_beside_the_use() {
    let dir = tempfile::tempdir().unwrap();
    let hub_dir = dir.path().join("hub");
    let day = |days: i64| clock::now().plus_ms(days * 86_400_000);
    // A city that began two months ago, with a draw whose seed is due now.
    service::init(&hub_dir, Arc::new(City::suining()), day(-60)).unwrap();
    let drawn = {
        let (_, mut replica) = open_replica(&hub_dir, STORE).unwrap();
        let mut rng = entropy::generator().unwrap();
        let wish = AnnounceWish {
            from: civil_day(day(-58)),
            to: civil_day(day(-30)),
            per_centre: 3,
            drawn_on: civil_day(day(-10)),
            by: "督查科".to_owned(),
        };
        let (draw, _) = announce(&mut replica, day(-59), &mut rng, (&hub_dir, wish)).unwrap();
        replica.commit().unwrap();
        draw.id
    };
    let case = closed_case(&hub_dir, day(-50));
    let hub = start(dir.path(), false);
    let [first, supervisor] = people(&hub);
    let path = format!("/office/samples/{drawn}");
    supervisor.get("/office/samples").says(200, &[&path, "未揭示", "公告一次抽查"]);
    first.get(&path).says(200, &["种子由监察岗揭示"]);
    first.post(&path, &[]).says(403, &["只有监察岗"]);
    supervisor.get(&path).says(200, &["揭示种子"]);
    supervisor.post(&path, &[("seed", &"不对".repeat(20))]).says(422, &["不是同一个种子"]);
    supervisor.post(&path, &[]).goes(&format!("{path}?saved=seed"));
    let shown = supervisor.get(&format!("{path}?county=510900&centre=510900"));
    shown.says(200, &["使用结论", &case, "真实", "实时", "完整", "准确"]);
    assert!(!shown.body.contains(" checked"), "nothing is answered beforehand");

    let check = format!("{path}/check");
    let answers = [("truthful", "yes"), ("timely", "no"), ("complete", "yes"), ("accurate", "yes")];
    let found = [&answers[..], &[("case", &case)]].concat();
    supervisor.post(&check, &found).says(422, &["选“否”须写理由", "checked"]);
    let found = [&found[..], &[("timely-why", "晚录了五天")]].concat();
    let done = supervisor.post(&check, &found);
    done.goes(&format!("{path}?saved=finding&county=510900&centre=510900"));
    supervisor.get(&done.location).says(200, &["晚录了五天", "监察一科"]);
    supervisor.post(&check, &found).says(422, &["未保存"]);

    // A draw of the future keeps its seed shut.
    let year = civil_day(clock::now()).year() + 2;
    let of = |month_day: &str| format!("{year}-{month_day}");
    let (from, to, due) = (of("01-01"), of("01-31"), of("02-10"));
    let wish = [("from", from.as_str()), ("to", &to), ("drawn_on", &due)];
    let many = [&wish[..], &[("per_centre", "51")]].concat();
    supervisor.post("/office/samples", &many).says(422, &["请填 1 至 50 的整数", &from]);
    let three = [&wish[..], &[("per_centre", "3")]].concat();
    supervisor.post("/office/samples", &three).goes("/office/samples?saved=draw");
    supervisor.post("/office/samples", &three).says(422, &["已经公告"]);
    let listed = supervisor.get("/office/samples");
    let newest = listed.body.split("href=\"/office/samples/").nth(1).unwrap();
    let newest = format!("/office/samples/{}", newest.split('"').next().unwrap());
    supervisor.get(&newest).says(200, &["种子封存中", &due]);
    supervisor.post(&newest, &[]).says(422, &[&due]);
}

/// What a proposal of a retired item says in its form.
fn proposal<'a>(id: &'a str, text: &'a str) -> [(&'a str, &'a str); 4] {
    [("act", "propose"), ("id", id), ("subject", "retirement"), ("text", text)]
}

#[test]
fn what_one_person_proposes_only_another_publishes_and_only_once() {
    let dir = tempfile::tempdir().unwrap();
    let hub = start(dir.path(), true);
    let [first, supervisor] = people(&hub);
    wait_for("the catalogue", || hub.ok(&["item", "list"]).contains("T02"));
    let page = "/office/publish";
    let id = first.get(page).says(200, &["没有待审核的拟稿"]).hidden("id");

    first.post(page, &proposal(&id, "T02\n")).says(422, &["第 1 行应为", "T02\n"]);
    first.post(page, &proposal(&id, "T99 2026-12-31")).says(422, &["T99 2026-12-31"]);
    let text = "T02 2099-12-31";
    let path = format!("{page}/{id}");
    first.post(page, &proposal(&id, text)).goes(&path);
    first.post(page, &proposal(&id, text)).goes(&path); // The second press.
    first.post(page, &proposal(&id, "T03 2099-12-31")).says(422, &["已提交过另一份拟稿"]);
    let listed = first.get(page);
    assert_eq!(listed.body.matches(&path).count(), 1, "{}", listed.body);

    first.get(&path).says(200, &["须由另一人审核发布", "T02 停用自 2099-12-31"]);
    first.post(&path, &[("act", "published")]).says(422, &["四眼原则"]);
    supervisor.post(&path, &[("act", "taken-back")]).says(422, &["只有本人能撤回"]);
    supervisor.post(&path, &[("act", "sent-back"), ("reason", " ")]).says(422, &["退回须写明理由"]);
    assert!(!hub.ok(&["item", "list"]).contains("2099-12-31"), "nothing is published yet");
    supervisor.post(&path, &[("act", "published")]).goes(&path);
    supervisor.get(&path).says(200, &["已审核发布", "监察一科"]);
    supervisor.post(&path, &[("act", "sent-back"), ("reason", "晚了")]).says(422, &["已审核发布"]);
    assert!(hub.ok(&["item", "list"]).contains("2099-12-31"), "both names stand for it now");

    let folder = hub.dir.join("proposals");
    std::fs::write(folder.join("01ARZ3NDEKTSV4RRFFQ69G5FAV.json"), "{").unwrap();
    first.get(page).says(200, &["其余拟稿不受影响", "已审核发布"]);
    first.get(&format!("{page}/..%2f..%2froot")).says(404, &["没有拟稿"]);
}

#[test]
fn only_an_administrator_enrols_and_what_is_wrong_stands_beside_its_field() {
    let dir = tempfile::tempdir().unwrap();
    let hub = start(dir.path(), true);
    let [first, supervisor] = people(&hub);
    let page = "/office/enrol";
    supervisor.get(page).says(403, &["只有市中心的管理员"]);
    let wish = [("act", "issue"), ("centre", TOWN), ("address", "hub:7443"), ("days", "7")];
    supervisor.post(page, &wish).says(403, &["只有市中心的管理员"]);
    let wrong = [("act", "issue"), ("centre", TOWN), ("address", "hub"), ("days", "0")];
    first.post(page, &wrong).says(422, &["地址应形如", "请填 1 到 90 天"]);
    first.post(page, &[("act", "revoke"), ("node", "nobody")]).says(422, &["没有此机器"]);
    first.post(page, &[("act", "take-back"), ("token", "../root")]).says(422, &["没有发放过令牌"]);
    let everywhere =
        [("act", "issue"), ("centre", TOWN), ("address", "0.0.0.0:7443"), ("days", "7")];
    first.post(page, &everywhere).says(422, &["别的机器无法连接"]);

    // Pressed twice, and the page that shows it looked at again: one token, shown once.
    let form = first.get(page).hidden("form");
    let wish = [&wish[..], &[("form", form.as_str())]].concat();
    let shown = format!("{page}?given={form}");
    first.post(page, &wish).goes(&shown);
    first.post(page, &wish).goes(&shown);
    let other = supervisor.get(&shown);
    assert!(!other.body.contains("TB1-"), "it is for whoever issued it");
    first.get(&shown).says(200, &["只显示这一次", "TB1-", "<svg", "吴刚"]);
    first.post(page, &wish).goes(&shown);
    for later in [first.get(&shown), first.get(page)] {
        assert!(!later.body.contains("TB1-"), "its secret is shown once and kept nowhere");
        assert_eq!(later.body.matches("value=\"take-back\"").count(), 1, "one was issued");
    }
}

#[test]
fn a_file_in_the_encoding_of_old_systems_is_published_as_it_was_meant_and_a_spoilt_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let hub = start(dir.path(), true);
    let [first, _] = people(&hub);
    wait_for("the catalogue", || hub.ok(&["item", "list"]).contains("T02"));
    let page = "/office/publish";
    let id = first.get(page).hidden("id");
    let year: String =
        (1..=12).map(|day| format!("2027-02-{day:02},holiday,春节（䶮）\n")).collect();
    let text = format!("date,kind,name\n{year}");
    let (bytes, _, is_lossy) = encoding_rs::GB18030.encode(&text);
    assert!(!is_lossy);
    let wish = |act| [("act", act), ("id", id.as_str()), ("subject", "calendar"), ("text", "")];
    let file = ("日历.csv", &bytes[..]);
    first
        .upload(page, &wish("preview"), file)
        .says(200, &["春节（䶮）", "value=\"日历.csv\"", "2027"]);
    first
        .upload(page, &wish("preview"), ("a.csv", b"\xff\xff"))
        .says(422, &["不是 UTF-8 或 GB18030"]);
    let spoilt = text.replace('节', "\u{fffd}");
    let refused = first.upload(page, &wish("propose"), ("a.csv", spoilt.as_bytes()));
    refused.says(422, &["第 2 行有在另存或复制时损坏的字符"]);
    let pasted = [("act", "propose"), ("id", &id), ("subject", "calendar"), ("text", &spoilt)];
    first.post(page, &pasted).says(422, &["第 2 行有在另存或复制时损坏的字符"]);
    let stranger = Person { http: first.http.clone(), ..Person::default() };
    stranger.upload(page, &wish("propose"), file).says(401, &["%E6%98%A5%E8%8A%82"]); // Kept.
    first.upload(page, &wish("propose"), file).goes(&format!("{page}/{id}"));
    first.get(&format!("{page}/{id}")).says(200, &["春节（䶮）", "日历.csv"]);

    let path = dir.path().join("calendar.csv");
    let path_text = path.to_str().unwrap();
    std::fs::write(&path, &spoilt).unwrap();
    let refused = hub.run(&["calendar", "preview", path_text]).unwrap_err();
    assert!(refused.contains("line 2 has a character that was lost"), "{refused}");
    std::fs::write(&path, &bytes).unwrap();
    hub.ok(&["calendar", "publish", path_text, "--by", "周敏", "--proposed-by", "吴刚"]);
}

#[test]
fn a_person_who_asks_for_what_cannot_be_gets_a_page_in_their_language() {
    let dir = tempfile::tempdir().unwrap();
    let hub = start(dir.path(), true);
    let [first, _] = people(&hub);
    first.look("/desk?skip=99999999999999999999").says(200, &["<html"]);
    first.look("/watch?skip=-1").says(200, &["<html"]);
    let back = "href=\"/\"";
    for (path, status, words) in [
        ("/cases/%FF", 400, "请从首页重新进入"),
        ("/nope", 404, "没有这个页面"),
        ("/public/nope", 404, "没有这个页面"),
        ("/report?from=2026-99", 400, "“2026-99”不是月份"),
        ("/report?from=2026-11&to=2026-10", 400, "起月 2026-11 在止月 2026-10 之后"),
        ("/report?by=nonsense", 400, "请从首页重新进入"),
    ] {
        let page = first.look(path);
        page.says(status, &["<html lang=\"zh-CN\"", words]);
        assert!(page.body.contains(back) || path.starts_with("/public/"), "{}", page.body);
    }
    first.look("/nope?lang=en").says(404, &["There is no such page".to_lowercase().as_str()]);
    let indicators = first.look("/office/indicators?from=2026-99");
    indicators.says(400, &["“2026-99”不是月份", "class=\"menu\""]);
    assert!(!indicators.body.contains("openapi"), "{}", indicators.body);
    first.get("/report?from=2026-99").says(400, &["error_zh"]); // A program gets what it got.
    let figures = first.look("/report");
    figures.says(
        200,
        &["/assets/counter.css", "href=\"/report\" accesskey=\"r\" aria-current=\"page\""],
    );
    first.look("/office/enrol").says(200, &["href=\"/office/enrol\" aria-current=\"page\""]);
    first.look("/centres").says(200, &["href=\"/centres\" aria-current=\"page\""]);
}
