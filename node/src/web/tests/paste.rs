//! Pages into which something is pasted: relay cards with their results, and lists of cases.

use tongban_protocol::document::Role;

use super::counter::Browser;
use super::*;

const PAGE: &str = "四川省社会保险公共服务平台\n受理编号：SB5109-2026-000123\n申请人姓名：王小明\n\
    身份证号：11010519491231002X\n事项名称：参保登记\n";

impl Browser<'_> {
    /// Sends a form with a file, as browsers do.
    async fn upload(&self, path: &str, key: &str, file: &str) -> Answer {
        let body = format!(
            "--q\r\nContent-Disposition: form-data; name=\"form_key\"\r\n\r\n{key}\r\n--q\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: \
             text/csv\r\n\r\n{file}\r\n--q--\r\n"
        );
        let (length, cookie) = (body.len(), &self.cookie);
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{cookie}Content-Type: \
             multipart/form-data; boundary=q\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.town.client.raw(request, "").await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_page_becomes_a_card_and_a_pasted_list_closes_it() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    browser.get("/relay").await.says(200, &["新的代办卡", "没有。"]);
    browser.get("/relay?lang=en").await.says(200, &["A new card", "Match and close"]);
    let read = browser.post("/relay", &[("act", "read"), ("text", PAGE)]).await;
    read.says(
        200,
        &["value=\"SB5109-2026-000123\"", "value=\"王小明\"", "value=\"11010519491231002X\""],
    );
    read.says(200, &["value=\"参保登记\"", "value=\"四川省社会保险公共服务平台\""]);
    // What she typed herself stands against what was recognised.
    let mine = [("act", "read"), ("text", PAGE), ("applicant", "王晓明")];
    browser.post("/relay", &mine).await.says(200, &["value=\"王晓明\""]);
    let card = [
        ("system", "省社保平台"),
        ("number", "SB5109-2026-000123"),
        ("applicant", "王小明"),
        ("item", "参保登记"),
    ];
    let empty =
        browser.post("/relay", &[("act", "save"), ("text", "<b>x"), ("item", "参保")]).await;
    empty.says(422, &["请填上级编号", "value=\"参保\"", "&lt;b&gt;x"]);
    for _ in 0..2 {
        let saved = browser.post("/relay", &[&card[..], &[("act", "save")]].concat()).await;
        assert_eq!(saved.status(), 303, "twice pressed, once saved: {}", saved.0);
    }
    browser.get("/relay").await.says(200, &["1 张，超过七天 0/1", "SB5109-2026-000123"]);
    let other =
        [&card[..2], &[("applicant", "别人"), ("item", "参保登记"), ("act", "save")]].concat();
    browser.post("/relay", &other).await.says(422, &["该上级编号已有未办结的代办卡", "别人"]);
    let wrong = [
        &card[..],
        &[("link", "510921103-01JD0000000000000000000000"), ("act", "save"), ("x", "")],
    ]
    .concat();
    let wrong: Vec<_> = wrong
        .into_iter()
        .map(|(name, text)| if name == "number" { (name, "SB-2") } else { (name, text) })
        .collect();
    browser.post("/relay", &wrong).await.says(422, &["本中心没有该办件"]);
    let nothing = browser.post("/relay", &[("act", "match"), ("results", "没有")]).await;
    nothing.says(422, &["没有认出编号"]);
    let pasted =
        [("act", "match"), ("results", "sb5109 2026 000123\nSB9 退回\n"), ("otherwise", "已办结")];
    let matched = browser.post("/relay", &pasted).await;
    matched.says(200, &["没有对应的代办卡", "SB9"]);
    let pasted = [
        ("act", "match"),
        ("results", "SB51092026000123\t准予登记\nSB9\t退回"),
        ("otherwise", "已办结"),
    ];
    let matched = browser.post("/relay", &pasted).await;
    matched.says(
        200,
        &["已匹配 1/2 条；仍有 0 张卡等待结果", "准予登记", "没有对应的代办卡", "没有。"],
    );
    let counted = town.client.get(&format!("/api/v1/relays/count?period={}", this_year())).await;
    counted.check(200, "\"relayed\":1,\"matched\":1,\"dropped\":0,\"open\":0");
    town.service.stop().await;
}

fn this_year() -> String {
    crate::clock::now().to_string().chars().take(4).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_relay_match_and_are_told_what_is_wrong() {
    let town = Town::open(0).await;
    let card = json!({"system": "公安", "number": "G-1", "applicant": "王小明", "item": "户口迁移", "by": "李芳"});
    for _ in 0..2 {
        town.client
            .post("/api/v1/relays", &card.to_string())
            .await
            .check(201, "\"id\":\"510921103-");
    }
    let open = town.client.get("/api/v1/relays").await.json();
    assert_eq!((&open["count"], &open["late"]), (&json!(1), &json!(0)));
    let id = open["cards"][0]["id"].as_str().unwrap().to_owned();
    let bad =
        json!({"system": "公安", "number": "——", "applicant": "王", "item": "户口", "by": "李芳"});
    town.client.post("/api/v1/relays", &bad.to_string()).await.check(422, "须有字母或数字");
    let nameless = json!({"by": " ", "results": [{"number": "G-1", "result": "准"}]});
    town.client.post("/api/v1/relays/match", &nameless.to_string()).await.check(422, "by");
    let end = json!({"kind": "end-relay", "by": "李芳", "reason": "申请人放弃"});
    let path = format!("/api/v1/services/{id}/events");
    town.client.post(&path, &end.to_string()).await.check(201, "here");
    let results = json!({"by": "李芳", "results": [{"number": "G-1", "result": "准"}]});
    let matched = town.client.post("/api/v1/relays/match", &results.to_string()).await.json();
    assert_eq!(
        matched["unmatched"][0]["number"], "G-1",
        "a card that was given up is open no more"
    );
    town.client.get("/api/v1/relays/count?period=soon").await.check(400, "soon");
    town.service.stop().await;
}

const LIST: &str = "流水号,事项,申请人,收件时间\r\n1,参保登记,王小明,2026-10-30\r\n2,参保登记,,2026-10-30\r\n3,参保登记,李秀英,2026-10-31\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_list_is_checked_imported_once_and_its_bad_rows_come_back() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    browser.get("/import?lang=en").await.says(200, &["CSV file", "makes one case"]);
    let key = browser.form_key.clone();
    browser.upload("/import", "forged", LIST).await.says(403, &[]);
    // Where no file is asked for, one is passed over.
    assert_eq!(browser.upload("/take", &key, LIST).await.status(), 422);
    browser.upload("/import", &key, "").await.says(422, &["没有可导入的内容"]);
    let workbook = browser.upload("/import", &key, "PK\u{3}\u{4}").await;
    workbook.says(422, &["另存为", "CSV UTF-8"]);
    assert!(!workbook.0.contains("workbook"), "one language: {}", workbook.0);
    let brought = browser.upload("/import", &key, LIST).await;
    assert_eq!(brought.status(), 303, "{}", brought.0);
    let path = brought.to();
    let pasted = browser.post("/import", &[("text", &LIST.replace("\r\n", "\n"))]).await;
    assert_eq!(pasted.status(), 303, "{}", pasted.0);
    browser.get(&path).await.says(200, &["流水号", "原编号", "王小明", "导入 3 行"]);
    let columns = [("c0", "number"), ("c1", "item"), ("c2", "applicant"), ("c3", "received-at")];
    let act = |act: &'static str| [&columns[..], &[("act", act)]].concat();
    let wrong = [("c0", "number"), ("c1", "ignore"), ("c2", "applicant"), ("c3", "received-at")];
    browser.post(&path, &wrong).await.says(422, &["没有指定哪一列是“事项"]);
    let checked = browser.post(&path, &act("check")).await;
    checked.says(
        200,
        &[
            "共 3 行：可导入 0，可导入但请核对 2，不能导入 1",
            "没有申请人",
            "还没有导入",
            "在办 2",
            "试算 2 行",
        ],
    );
    let imported = browser.post(&path, &act("import")).await;
    imported.says(200, &["已导入 2，以前已导入 0，未导入 1", "bad.csv"]);
    let again = browser.post(&path, &act("import")).await;
    again.says(200, &["已导入 0，以前已导入 2，未导入 1"]);
    let bad = browser.get(&format!("{path}/bad.csv?lang=en")).await;
    bad.says(200, &["why it was not taken", "2,参保登记,,2026-10-30,it names no applicant"]);
    browser.get("/desk").await.says(200, &["王小明", "李秀英", "href=\"/import\""]);
    browser.get("/report").await.says(200, &["/assets/counter.css", "nav class=\"menu\""]);
    browser.get("/import/0123").await.says(404, &["未能完成"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_check_and_import_a_list() {
    let town = Town::open(0).await;
    let checked = town.client.post("/api/v1/cases/import/check", LIST).await.json();
    assert_eq!(
        (&checked["rows"], &checked["bad"], &checked["doubtful"]),
        (&json!(3), &json!(1), &json!(2))
    );
    town.client.post("/api/v1/cases/import", LIST).await.check(422, "by");
    let path = "/api/v1/cases/import?by=%E6%9D%8E%E8%8A%B3&mapping=";
    town.client.post(&format!("{path}nonsense"), LIST).await.check(400, "nonsense");
    town.client.post(&format!("{path}item"), LIST).await.check(422, "4 列");
    let columns = "number,item,applicant,received-at";
    let imported = town.client.post(&format!("{path}{columns}"), LIST).await.json();
    assert_eq!((&imported["taken"], &imported["before"]), (&json!(2), &json!(0)), "{imported}");
    assert_eq!(imported["bad"][0]["line"], 3);
    town.service.stop().await;
}
