//! The queue: the clerk's page, the pages of the hall, and what a browser of the hall may ask for.

use super::*;

/// The number of the only ticket on a page that gives slips.
fn number(answer: &Answer) -> String {
    let rest = answer.0.split("<p class=\"number\">").nth(1);
    rest.unwrap().split('<').next().unwrap().to_owned()
}

/// A hidden field of a page.
fn hidden(answer: &Answer, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    answer.0.split(&mark).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

impl Browser<'_> {
    /// Takes a ticket at the kiosk, which is open as a page of the clerk.
    async fn queue_up(&self, priority: &str, request: &str) -> String {
        let fields = [("group", "A"), ("priority", priority), ("request", request)];
        let answer = self.post("/queue/kiosk", &fields).await;
        assert_eq!(answer.status(), 303, "{}", answer.0);
        number(&self.get(&answer.to()).await)
    }

    async fn call(&self) -> Answer {
        self.post("/queue", &[("act", "call"), ("window", "3")]).await
    }

    /// Presses a button of the ticket that stands first on the page.
    async fn press(&self, kind: &str, more: &[(&str, &str)]) -> Answer {
        let page = self.get("/queue").await;
        let [id, seen] = ["id", "seen"].map(|name| hidden(&page, name));
        let fields = [("act", "step"), ("kind", kind), ("id", &id), ("seen", &seen)];
        self.post("/queue", &[&fields[..], &[("window", "3")], more].concat()).await
    }
}

/// A browser in the hall, with what it keeps and the key of its forms.
async fn open_device(town: &Town, kind: &str) -> String {
    let browser = town.sign_in();
    let opened = browser.post("/queue/devices", &[("open", kind)]).await;
    assert_eq!(opened.status(), 303, "{}", opened.0);
    let line = opened.0.lines().find(|line| line.to_lowercase().starts_with("set-cookie:"));
    let cookie = line.unwrap().split_once(':').unwrap().1.split(';').next().unwrap().trim();
    // The clerk's own sign-in is over.
    let left = browser.get("/queue").await;
    assert_eq!(left.status(), 303, "{}", left.0);
    assert!(left.to().starts_with("/sign-in"));
    format!("Cookie: {cookie}\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_goes_from_the_kiosk_over_the_window_to_its_case() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    assert_eq!(browser.queue_up("", "r-1").await, "A001");
    assert_eq!(browser.queue_up("", "r-1").await, "A001", "a second press is no second ticket");
    assert_eq!(browser.queue_up("elderly", "r-2").await, "A002");
    browser.get("/desk").await.says(200, &["排队 2 人"]);
    browser.get("/queue").await.says(200, &["综合 2 人", "老年人", "叫下一位", "等了 0 分钟"]);

    browser.get("/queue/waiting").await.says(200, &["综合 2 人"]);
    for _ in 0..2 {
        assert_eq!(browser.call().await.status(), 303);
    }
    browser.get("/queue").await.says(200, &["A002 · 综合", "已叫号", "窗口 3", "综合 1 人"]);
    browser.get("/queue/hall").await.says(200, &["A002", "<b>3</b> 号窗口", "<b>1</b> 人等候"]);
    assert_eq!(browser.press("serve-ticket", &[]).await.status(), 303);
    let page = browser.get("/queue").await;
    page.says(200, &["办理中", "为此号收件", "以办件办结", "已答复", "材料未带齐"]);
    let ticket = hidden(&page, "id");
    let take = [
        ("item", "T01"),
        ("applicant", "王小明"),
        ("channel", "窗口"),
        ("then", "receive"),
        ("request_id", "c"),
    ];
    let taken = browser.post("/take", &[&take[..], &[("ticket", &ticket)]].concat()).await;
    assert_eq!(taken.status(), 303, "{}", taken.0);
    browser.get("/queue").await.says(200, &["成件 1", "1 / 2"]);
    browser.get("/queue/days").await.says(200, &["查无 0", "窗口收件 1，其中没有号的 0"]);
    let hall = browser.get("/queue/hall/now").await;
    assert!(!hall.0.contains("A002"), "{}", hall.0);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_ends_with_an_answer_or_a_reason_and_what_is_wrong_is_said_beside_the_field() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    browser.queue_up("", "r-1").await;
    browser.call().await;
    browser.press("serve-ticket", &[]).await;
    let end = |how: &'static str| [("how", how)];
    let without = browser.press("end-ticket", &end("other")).await;
    without.says(422, &["未保存", "“其他”须写明原因"]);
    let missing = [("how", "case"), ("case", "510921103-20261102-NE3J-00001-6")];
    browser.press("end-ticket", &missing).await.says(422, &["没有办件", "NE3J-00001-6"]);
    browser.press("end-ticket", &[("how", "case")]).await.says(422, &["请填办件编号"]);
    assert_eq!(browser.press("end-ticket", &end("answered")).await.status(), 303);
    browser.get("/queue").await.says(200, &["已答复 1", "已叫 1 个号"]);
    browser.call().await.says(422, &["现在没有人等候"]);
    browser.get("/queue/days").await.says(200, &["<b>1</b>", "1 / 1", "1 / 1 （1）"]);
    browser.get("/queue/days?days=200").await.says(422, &["一次最多 92 天"]);
    let english = browser.get("/queue?lang=en").await;
    english.says(200, &["Call the next", "Nobody.", "answered 1", "of 1 called"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_come_is_listed_and_may_wait_again() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    browser.queue_up("", "r-1").await;
    browser.call().await;
    browser.press("skip-ticket", &[]).await;
    browser.get("/queue").await.says(200, &["过号", "叫到我的窗口", "返回等候"]);
    browser.get("/queue/hall").await.says(200, &["过号：", "A001", "请取号等候"]);
    browser.press("recall-ticket", &[]).await;
    browser.get("/queue").await.says(200, &["已重叫 1/3"]);
    browser.press("skip-ticket", &[]).await;
    browser.press("rejoin-ticket", &[]).await;
    browser.get("/queue").await.says(200, &["综合 1 人"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_post_looks_at_the_queue_and_calls_nobody() {
    let town = Town::open(0).await;
    let browser = town.sign_in();
    browser.get("/queue").await.says(200, &["您没有岗位，只能查看"]);
    browser.call().await.says(422, &["没有岗位"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_gives_tickets_and_reaches_nothing_else() {
    let town = Town::open(0).await;
    let shows = open_device(&town, "kiosk").await;
    let page = town.send(&shows, "GET", "/queue/kiosk", &[]).await;
    page.says(200, &["综合", "老年人", "0 人等候"]);
    assert!(!page.0.contains("/desk"), "no menu leads away from it");
    let form_key = hidden(&page, "form_key");
    let request = hidden(&page, "request");
    let fields = [("group", "A"), ("request", &*request), ("form_key", &*form_key)];
    let given = town.send(&shows, "POST", "/queue/kiosk", &fields).await;
    let slip = town.send(&shows, "GET", &given.to(), &[]).await;
    slip.says(200, &["A001", "data-back=\"/queue/kiosk\"", "当日有效"]);
    let again = town.send(&shows, "POST", "/queue/kiosk", &fields).await;
    assert_eq!(again.to(), given.to());
    let foreign = [("group", "A"), ("form_key", "x")];
    let foreign = town.send(&shows, "POST", "/queue/kiosk", &foreign).await;
    assert_eq!((foreign.status(), foreign.to().as_str()), (303, "/queue/kiosk"));

    for path in
        ["/", "/desk", "/queue", "/queue/hall", "/queue/hall/now", "/take", "/staff", "/link"]
    {
        let answer = town.send(&shows, "GET", path, &[]).await;
        assert!(answer.status() == 303 && answer.to() != "/queue/kiosk", "{path}: {}", answer.0);
    }
    for path in ["/api/v1/queue", "/api/v1/cases", "/api/v1/status"] {
        town.send(&shows, "GET", path, &[]).await.check(401, "Authorization");
    }
    let call = [("act", "call"), ("window", "1"), ("form_key", &*form_key)];
    for path in ["/queue", "/queue/devices", "/staff", "/take", "/queue/hall"] {
        assert_eq!(town.send(&shows, "POST", path, &call).await.status(), 401, "{path}");
    }
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_shows_the_calls_until_somebody_closes_it() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let shows = open_device(&town, "screen").await;
    for path in ["/queue/hall", "/queue/hall/now"] {
        town.send(&shows, "GET", path, &[]).await.says(200, &["请取号等候"]);
    }
    for path in ["/queue/kiosk", "/queue/kiosk/slip?ticket=x", "/queue", "/desk"] {
        assert_eq!(town.send(&shows, "GET", path, &[]).await.status(), 303, "{path}");
    }
    let english = town.send(&shows, "GET", "/queue/hall?lang=en", &[]).await;
    english.says(200, &["Please take a number", "waiting"]);
    let browser = town.sign_in();
    let page = browser.get("/queue").await;
    page.says(200, &["叫号屏", "周敏"]);
    let id = page.0.split("name=\"close\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(browser.post("/queue/devices", &[("close", id)]).await.to(), "/queue");
    assert_eq!(town.send(&shows, "GET", "/queue/hall", &[]).await.status(), 303);
    browser.post("/queue/devices", &[("close", id)]).await.says(404, &["没有账号或令牌"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gives_calls_and_ends_with_a_token_for_cases() {
    let town = Town::open(0).await;
    let now = crate::clock::now();
    let mut rng = ChaCha12Rng::from_seed([12; 32]);
    let until = Timestamp(now.0 + 60_000);
    let shows = |accounts: &Accounts, name: &str, scope, rng: &mut ChaCha12Rng| {
        let token = accounts.issue_token(now, rng, (name, "周敏"), (scope, until)).unwrap();
        format!("Authorization: Bearer {token}\r\n")
    };
    let machine = Client {
        address: town.client.address,
        shows: shows(&town.accounts, "排队机", Scope::Cases, &mut rng),
    };
    let reader = Client {
        address: town.client.address,
        shows: shows(&town.accounts, "大屏", Scope::Read, &mut rng),
    };
    let take = json!({"group": "A", "by": "排队机"}).to_string();
    reader.post("/api/v1/queue/tickets", &take).await.check(403, "read");
    let given = machine.post("/api/v1/queue/tickets", &take).await;
    given.check(201, "A001");
    let id = given.json()["id"].as_str().unwrap().to_owned();
    let call = json!({"by": "李芳", "window": "3"}).to_string();
    machine.post("/api/v1/queue/call", &call).await.check(201, &id);
    let events = format!("/api/v1/queue/tickets/{id}/events");
    for (step, status) in [
        (json!({"kind": "end-ticket", "by": "李芳", "answer": "answered"}), 422),
        (json!({"kind": "serve-ticket", "by": "李芳"}), 201),
        (json!({"kind": "end-ticket", "by": "李芳", "answer": "answered"}), 201),
    ] {
        machine.post(&events, &step.to_string()).await.check(status, "");
    }
    machine.post("/api/v1/queue/call", &call).await.check(422, "nobody waits");
    machine.post("/api/v1/queue/tickets/A001/events", &call).await.check(400, "kind");
    let seen = reader.get("/api/v1/queue").await.json();
    assert_eq!((&seen["today"]["handled"], &seen["today"]["taken"]), (&json!(1), &json!(1)));
    let days = reader.get("/api/v1/queue/days").await.json();
    assert_eq!(days[0]["handled"], json!(1));
    reader.get("/api/v1/queue/days?from=gestern").await.check(400, "gestern");
    reader.get("/api/v1/queue/days?from=2026-01-01&to=2025-01-01").await.check(422, "");
    let held = reader.get("/api/v1/queue/reconciliation?centre=510921103").await.json();
    assert_eq!(held["named"], json!(0));
    town.service.stop().await;
}
