//! The pages of the counter, asked for as a browser does.

mod queue;
mod services;
mod staff;
mod steps;
mod take;

use tongban_protocol::document::{EventKind, Role};

use super::*;
use crate::accounts::Scope;
use crate::posts::{PostWish, change_at};

/// A browser that is signed in as 周敏, who has a post with a partner.
pub(super) struct Browser<'a> {
    pub(super) town: &'a Town,
    pub(super) cookie: String,
    pub(super) form_key: String,
}

impl Town {
    pub(super) async fn appoint(&self, role: Role) {
        for (name, partner) in [("周敏", "王强"), ("王强", "周敏")] {
            let until = Timestamp(crate::clock::now().0 + 30 * 86_400_000);
            let wish = PostWish {
                kind: EventKind::Appoint,
                name: name.to_owned(),
                partner: Some(partner.to_owned()),
                role: Some(role),
                until: Some(until),
                to: None,
                by: "周敏".to_owned(),
                happened_at: None,
            };
            change_at(self.service.desk(), crate::clock::now(), wish).await.unwrap();
        }
    }

    pub(super) fn sign_in(&self) -> Browser<'_> {
        let mut rng = ChaCha12Rng::from_seed([11; 32]);
        let now = crate::clock::now();
        let token = self.accounts.sign_in(now, &mut rng, "周敏", PASSWORD).unwrap();
        let form_key = self.accounts.session(now, &token).unwrap().form_key;
        Browser { town: self, cookie: format!("Cookie: tongban_{CENTRE}={token}\r\n"), form_key }
    }

    async fn send(&self, shows: &str, method: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let length = body.len();
        let content = match method {
            "POST" => format!(
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n"
            ),
            _ => String::new(),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{shows}{content}\r\n{body}"
        );
        self.client.raw(request, "").await
    }
}

impl Browser<'_> {
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.town.send(&self.cookie, "GET", path, &[]).await
    }

    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let key = [("form_key", self.form_key.as_str())];
        self.town.send(&self.cookie, "POST", path, &[&key, fields].concat()).await
    }

    /// Takes a case and returns the path of its page.
    pub(super) async fn take(&self, applicant: &str, request: &str) -> String {
        let fields = [("item", "T01"), ("applicant", applicant), ("request_id", request)];
        let answer = self.post("/take", &[&fields[..], &[("then", "receive")]].concat()).await;
        assert_eq!(answer.status(), 303, "{}", answer.0);
        answer.to().split('?').next().unwrap().to_owned()
    }
}

impl Answer {
    /// Where it sends the browser.
    pub(super) fn to(&self) -> String {
        let line = self.0.lines().find(|line| line.to_lowercase().starts_with("location:"));
        line.unwrap().split_once(':').unwrap().1.trim().to_owned()
    }

    /// Expects a page with these words.
    pub(super) fn says(&self, status: u16, words: &[&str]) {
        assert_eq!(self.status(), status, "{}", self.0);
        for word in words {
            assert!(self.0.contains(word), "no {word} in {}", self.0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_is_sent_twice_is_taken_once_and_stands_on_the_desk() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    let [first, second] =
        [browser.take("张三丰", "r-1").await, browser.take("张三丰", "r-1").await];
    assert_eq!(first, second);
    browser.get("/desk").await.says(200, &["张三丰", "待办 1 件", "须受理或告知"]);
    browser.get("/desk?q=三丰").await.says(200, &["张三丰", "找到 1 件"]);
    browser.get("/desk?q=李四").await.says(200, &["找到 0 件", "没有找到"]);
    browser
        .get(&format!("{first}/papers/receipt"))
        .await
        .says(200, &["收件凭证", "查询码", "专用印章"]);
    browser.get(&format!("{first}/papers/acceptance")).await.says(404, &["受理"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_are_taken_as_they_are_and_shown_harmless() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    let page = browser.take("𠮷野\r\n 䶮 👍 <script>alert(1)</script>", "r-1").await;
    let shown = browser.get(&page).await;
    shown.says(200, &["𠮷野 䶮 👍", "&lt;script&gt;"]);
    assert!(!shown.0.contains("<script>alert"), "{}", shown.0);
    let long = "长".repeat(101);
    let fields = [("item", "T01"), ("applicant", long.as_str()), ("then", "receive")];
    // Nothing is published here; what was typed comes back all the same.
    browser.post("/take", &fields).await.says(422, &["最长 100 字", &long]);
    browser.get("/desk").await.says(200, &["待办 1 件"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_the_key_of_its_sign_in_changes_nothing_and_can_go_on() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    let fields = [("item", "T01"), ("applicant", "冒名"), ("then", "receive"), ("form_key", "x")];
    let answer = town.send(&browser.cookie, "POST", "/take", &fields).await;
    answer.says(403, &["继续", "冒名", "action=\"/take\""]);
    browser.get("/desk").await.says(200, &["待办 0 件"]);
    let foreign = format!("{}Sec-Fetch-Site: cross-site\r\n", browser.cookie);
    town.send(&foreign, "POST", "/take", &fields).await.says(403, &["别的网站"]);
    let other = format!("{}Origin: http://evil.example\r\n", browser.cookie);
    town.send(&other, "POST", "/take", &fields).await.says(403, &["evil.example"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_outlives_the_sign_in_under_which_it_was_typed() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let typed =
        [("item", "T01"), ("applicant", "王\"小明"), ("then", "receive"), ("form_key", "gone")];
    let asked = town.send("", "POST", "/take", &typed).await;
    asked.says(401, &["您填的内容已保留", "name=\"kept\"", "value=\"/take\""]);
    let kept = "item=T01&applicant=%E7%8E%8B%22%E5%B0%8F%E6%98%8E&then=receive";
    let fields =
        [("name", "周敏"), ("password", "不对不对不对"), ("next", "/take"), ("kept", kept)];
    let again = town.send("", "POST", "/sign-in", &fields).await;
    again.says(422, &["姓名或密码不对", "name=\"kept\""]);
    let right = [fields[0], ("password", PASSWORD), fields[2], fields[3]];
    let on = town.send("", "POST", "/sign-in", &right).await;
    on.says(200, &["王&quot;小明", "name=\"form_key\"", "set-cookie: tongban_"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_that_is_pressed_twice_records_once_and_an_old_page_says_so() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    let page = browser.take("王小明", "r-1").await;
    let events = format!("{page}/events");
    let accept = [("kind", "accept"), ("seen", "1")];
    for _ in 0..2 {
        assert_eq!(browser.post(&events, &accept).await.status(), 303);
    }
    let old = [
        ("kind", "terminate"),
        ("seen", "1"),
        ("ground", "other"),
        ("reason", "写好的理由"),
        ("sure", "yes"),
    ];
    browser.post(&events, &old).await.says(422, &["有了新环节", "写好的理由"]);
    let unlawful = [("kind", "deliver"), ("seen", "2")];
    browser.post(&events, &unlawful).await.says(422, &["未保存", "送达"]);
    let shown = browser.get(&page).await;
    assert_eq!(shown.0.matches("<td>受理</td>").count(), 1, "{}", shown.0);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_offered_what_a_window_may_and_a_chief_more() {
    for (role, may_extend) in [(Role::Window, false), (Role::Chief, true)] {
        let town = Town::open(0).await;
        town.appoint(role).await;
        let browser = town.sign_in();
        let page = browser.take("王小明", "r-1").await;
        browser.post(&format!("{page}/events"), &[("kind", "accept"), ("seen", "1")]).await;
        let shown = browser.get(&page).await;
        assert_eq!(shown.0.contains("value=\"extend\""), may_extend, "{role:?}");
        assert!(shown.0.contains("value=\"decide\"") && !shown.0.contains("value=\"accept\""));
        town.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_post_looks_and_does_not_handle() {
    let town = Town::open(0).await;
    let id = town.client.take("王小明").await;
    let browser = town.sign_in();
    let page = format!("/cases/{id}");
    browser.get(&page).await.says(200, &["您没有岗位，只能查看"]);
    let accept = [("kind", "accept"), ("seen", "1")];
    browser.post(&format!("{page}/events"), &accept).await.says(422, &["没有岗位"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_show_a_token_that_is_worth_its_scope() {
    let town = Town::open(0).await;
    let now = crate::clock::now();
    let mut rng = ChaCha12Rng::from_seed([12; 32]);
    let until = Timestamp(now.0 + 60_000);
    let given = (Scope::Read, until);
    let token = town.accounts.issue_token(now, &mut rng, ("医保", "周敏"), given).unwrap();
    let shows = format!("Authorization: Bearer {token}\r\n");
    town.send("", "GET", "/api/v1/cases", &[]).await.check(401, "Authorization");
    town.send(&shows, "GET", "/api/v1/cases", &[]).await.says(200, &["cases"]);
    town.send(&shows, "GET", "/api/v1/backup", &[]).await.check(403, "office");
    let body = r#"{"item":"T01","applicant":"王","by":"李"}"#;
    let head = format!("POST /api/v1/cases HTTP/1.1\r\nHost: localhost\r\n{shows}");
    let content = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    let request = format!("{head}{content}Connection: close\r\n\r\n{body}");
    town.client.raw(request, "").await.check(403, "cases");
    let browser = town.sign_in();
    browser.get("/api/v1/cases").await.says(200, &["cases"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_appoints_and_gives_a_link_that_works_once() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    let appoint = [
        ("act", "appoint"),
        ("name", "李秀英"),
        ("role", "window"),
        ("partner", "王强"),
        ("until", "2027-01-31"),
    ];
    let given = browser.post("/staff", &appoint).await;
    given.says(200, &["请把此链接交给", "李秀英", "2027-01-31", "只能在本机打开"]);
    let link = given.0.split("value=\"http://localhost").nth(1).unwrap();
    let link = link.split('"').next().unwrap().to_owned();
    let password = [("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(town.send("", "POST", &link, &password).await.to(), "/");
    town.send("", "POST", &link, &password).await.says(404, &["此链接无效"]);
    let bad = [("act", "appoint"), ("name", "赵"), ("role", "window"), ("until", "哪天")];
    browser.post("/staff", &bad).await.says(422, &["请填日期", "赵"]);
    let last = [("act", "close"), ("name", "周敏")];
    browser.post("/staff", &last).await.says(422, &["最后一位能登录的管理员"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_township_sees_supervision_and_orders_and_gives_none() {
    let town = Town::open(0).await;
    town.appoint(Role::Supervisor).await;
    let browser = town.sign_in();
    browser.take("王小明", "r-1").await;
    for sight in ["due", "explained", "standing", "appealed", "unanswered", "ruled", "nothing"] {
        let page = browser.get(&format!("/watch?sight={sight}&level=red&under=510921")).await;
        page.says(200, &["待发的牌", "没有。"]);
    }
    browser.post("/watch/issue", &[]).await.says(422, &["没有勾选任何牌"]);
    let bad = [("pick", "510921103-01JD0000000000000000000000|over/promise")];
    browser.post("/watch/issue", &bad).await.says(422, &["没有发出", "over/promise"]);
    let empty = [("rule", ""), ("from", "哪天"), ("reason", "设错了")];
    browser.post("/watch/withdraw", &empty).await.says(422, &["请填日期", "设错了"]);
    let wish = [
        ("rule", "promise-over"),
        ("from", "2026-01-01"),
        ("to", "2026-12-31"),
        ("ground", "wrong-setting"),
        ("reason", "设错了"),
    ];
    browser.post("/watch/withdraw", &wish).await.says(422, &["没有符合条件的已发牌", "设错了"]);
    let orders = browser.get("/orders?all=true&lang=en").await;
    orders.says(200, &["None.", "closed ones too"]);
    assert!(!orders.0.contains("Give an order"), "{}", orders.0);
    browser.get("/orders/510921103-01JD0000000000000000000000").await.says(404, &["order"]);
    browser.get("/orders/due").await.says(200, &["应督办"]);
    browser.get("/green").await.says(200, &["没有在办的绿色通道件"]);
    let give = [("centre", "510921103"), ("document", "一号"), ("reason", "试"), ("days", "3")];
    let name = ("name", "01JD0000000000000000000000");
    let refused = browser.post("/orders", &[&give[..], &[name]].concat()).await;
    refused.says(422, &["本中心不能在此登记“督办立项”"]);
    browser.post("/orders", &give).await.says(422, &["此页已旧"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn supervision_is_refused_to_another_post_and_says_which_it_takes() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    for path in ["/watch/issue", "/watch/withdraw", "/orders"] {
        browser.post(path, &[("pick", "x")]).await.says(403, &["只有监察岗可以办理"]);
    }
    browser.get("/watch/withdraw").await.says(403, &["只有监察岗可以办理"]);
    let english = browser.get("/watch/withdraw?lang=en").await;
    english.says(403, &["this takes the post of a supervisor"]);
    assert!(!english.0.contains("监察岗"), "{}", english.0);
    browser.get("/watch").await.says(200, &["发牌由监察岗办理"]);
    town.service.stop().await;
}
