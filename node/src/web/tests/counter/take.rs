//! The page on which a case is taken: before there is a catalogue, and when a form comes again.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_without_a_catalogue_says_where_it_comes_from_and_what_is_done_meanwhile() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    for path in ["/take", "/take?item=T01"] {
        let page = browser.get(path).await;
        page.says(200, &["还没有收到事项目录", "离线", "href=\"/link\"", "href=\"/services\""]);
        page.says(200, &["href=\"/relay\"", "tongban-node carry in FILE"]);
        assert!(!page.0.contains("没有这样的事项"), "{}", page.0);
    }
    let english = browser.get("/take?lang=en").await;
    english.says(200, &["No catalogue of items has arrived", "is no link to the centre above"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_comes_again_with_other_words_is_not_called_saved_and_can_be_taken_anew() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    let first = browser.take("张三", "r-1").await;
    let other =
        [("item", "T01"), ("applicant", "李四"), ("request_id", "r-1"), ("then", "receive")];
    let again = browser.post("/take", &other).await;
    again.says(409, &["先前已保存为办件", &first, "张三", "李四", "没有另外保存"]);
    browser.get("/desk").await.says(200, &["待办 1 件"]);
    let id = again.0.split("name=\"request_id\" value=\"").nth(1).unwrap();
    let id = id.split('"').next().unwrap();
    assert_ne!(id, "r-1");
    let second = browser.take("李四", id).await;
    assert_ne!(first, second);
    browser.get("/desk").await.says(200, &["待办 2 件", "张三", "李四"]);
    let body = r#"{"item":"T01","applicant":"王五","by":"李芳","request_id":"r-1"}"#;
    town.client.post("/api/v1/cases", body).await.check(409, "request_id");
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_is_entered_late_says_when_it_was_handed_in() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    let fields =
        [("item", "T01"), ("applicant", "王小明"), ("then", "receive"), ("request_id", "r-1")];
    let at = |at| [&fields[..], &[("happened_at", at)]].concat();
    let bad = browser.post("/take", &at("昨天上午")).await;
    bad.says(422, &["请填日期和时间", "value=\"昨天上午\"", "<details open"]);
    browser.post("/take", &at("1949-09-30T09:05")).await.says(422, &["1949-10-01"]);
    browser.post("/take", &at("2999-01-01T09:05")).await.says(422, &["晚于现在"]);
    let taken = browser.post("/take", &at("２０２４-０３-０４ ０９：０５")).await;
    let page = taken.to();
    browser.get(page.split('?').next().unwrap()).await.says(200, &["2024-03-04 09:05:00", "录入"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_is_refused_and_what_is_odd_is_doubted_where_it_stands() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    let fields = [("item", "T01"), ("applicant", "王小明"), ("request_id", "r-1")];
    let with = |more: &[(&'static str, &'static str)]| [&fields[..], more].concat();
    let long: &'static str = "9".repeat(3_000).leak();
    for field in ["number", "phone"] {
        let refused = browser.post("/take", &with(&[("then", "receive"), (field, long)])).await;
        refused.says(422, &["最长 40 字，现为 3000 字", &format!("{field}-fault")]);
    }
    let unknown = browser.post("/take", &with(&[("then", "zzz"), ("channel", "飞鸽")])).await;
    unknown.says(422, &["请按下面的一个按钮", "没有此渠道", "王小明"]);
    browser.get("/desk").await.says(200, &["待办 0 件"]);
    let odd = [("then", "receive"), ("number", "110105194912310021"), ("phone", "abc")];
    let taken = browser.post("/take", &with(&odd)).await;
    let page = browser.get(taken.to().split('?').next().unwrap()).await;
    page.says(200, &["校验码为“1”", "不像电话号码"]);
    let abroad = [("then", "receive"), ("number", "E1234567")];
    let fields = [("item", "T01"), ("applicant", "John"), ("request_id", "r-2")];
    let taken = browser.post("/take", &[&fields[..], &abroad].concat()).await;
    browser.get(taken.to().split('?').next().unwrap()).await.says(200, &["请核对证件种类"]);
    town.service.stop().await;
}
