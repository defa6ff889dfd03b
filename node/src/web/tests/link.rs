//! The pages of the link, and what `/api/v1/link` says.

use tongban_protocol::document::Role;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_what_waits_since_when_and_why_in_both_languages() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    let case = browser.take("王小明", "r-1").await;
    let number = town.client.get("/api/v1/cases").await.json()["cases"][0]["number"].clone();
    let number = number.as_str().unwrap().to_owned();
    let page = browser.get("/link").await;
    page.says(200, &["等待上传和确认", "条尚未经市中心确认", &case, &number, "与上级没有连接"]);
    page.says(200, &["最近回执：还没有", "立即连接", "tongban-node carry out FILE", "中断日志"]);
    for forbidden in ["key complete", "step complete", "key incident", "%"] {
        assert!(!page.0.contains(forbidden), "{forbidden}: {}", page.0);
    }
    let english = browser.get("/link?lang=en").await;
    english
        .says(200, &["are not confirmed by the city", "no link to the centre above", "Dial now"]);
    let newest = browser.get("/link/waiting?order=newest&lang=en").await;
    newest.says(200, &["the oldest first", "receive", "page 1/1"]);
    let last = browser.get("/link/waiting?page=99").await;
    last.says(200, &["开始本日志", "定岗", "收件", "第 1/1 页"]);
    let dialled = browser.post("/link/dial", &[]).await;
    assert_eq!((dialled.status(), dialled.to().as_str()), (303, "/link?dialled=1"));
    browser.get("/link?dialled=1").await.says(200, &["已请求立即连接上级"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_read_what_waits_page_by_page() {
    let town = Town::open(0).await;
    let id = town.client.take("王小明").await;
    let link = town.client.get("/api/v1/link?order=newest&count=1").await.json();
    let waiting = &link["waiting"];
    assert_eq!(waiting["saved"], 2);
    assert_eq!((&waiting["count"], &waiting["pages"]), (&json!(2), &json!(2)));
    let record = &waiting["records"][0];
    assert_eq!((&record["number"], &record["stage"]), (&json!(2), &json!("here")));
    assert_eq!(record["things"][0]["case"], json!(id));
    assert_eq!(record["things"][0]["happened"]["en"], json!("receive"));
    assert!(record["why"]["en"].as_str().unwrap().starts_with("no link to the centre above"));
    assert_eq!(link["last_contact"], Value::Null);
    assert_eq!(link["outages"]["outages"], json!([]));
    let second = town.client.get("/api/v1/link?order=newest&count=1&page=2").await.json();
    assert_eq!(second["waiting"]["records"][0]["number"], 1);
    town.client.get("/api/v1/link?order=random").await.check(400, "order");
    assert_eq!(town.client.post("/api/v1/link/dial", "{}").await.status(), 202);
    town.service.stop().await;
}
