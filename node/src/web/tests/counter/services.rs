//! The page of services: what is sent twice, what is sent again with other words, and its bounds.

use super::*;

/// What the page's form of a service says, under a request id.
fn service<'a>(request: &'a str, staff: &'a str, start: &'a str) -> Vec<(&'a str, &'a str)> {
    let fields =
        [("act", "serve"), ("kind", "guided"), ("place", "大厅"), ("end", "2026-03-04T10:00")];
    [&fields[..], &[("request_id", request), ("staff", staff), ("start", start)]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_or_question_that_is_sent_twice_is_recorded_once() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    let page = browser.get("/services").await.0;
    let names: Vec<&str> = page.split("name=\"request_id\" value=\"").skip(1).collect();
    let [serve, ask] = [names[0], names[1]].map(|it| it.split('"').next().unwrap());
    assert_ne!(serve, ask, "two forms are two requests");
    let start = "2026-03-04T09:00";
    let asked = |text| [("act", "ask"), ("request_id", ask), ("asked", text)];
    for _ in 0..2 {
        assert_eq!(browser.post("/services", &service(serve, "周敏", start)).await.status(), 303);
        assert_eq!(browser.post("/services", &asked("低保怎么办")).await.status(), 303);
    }
    let list = async || town.client.get("/api/v1/services").await.json().as_array().unwrap().len();
    assert_eq!(list().await, 2);
    // Other words under the same name are no second press.
    let other = browser.post("/services", &service(serve, "王强", start)).await;
    other.says(422, &["先前已保存为一条记录", "没有另外保存", "王强"]);
    let again = browser.post("/services", &asked("医保怎么办")).await;
    again.says(422, &["先前已保存为一条记录", "医保怎么办", "value=\"周敏\""]);
    assert_eq!(list().await, 2);
    let fresh = other.0.split("name=\"request_id\" value=\"").nth(1).unwrap();
    let fresh = fresh.split('"').next().unwrap();
    assert_eq!(browser.post("/services", &service(fresh, "王强", start)).await.status(), 303);
    assert_eq!(list().await, 3);
    let english = browser.get("/services?lang=en").await;
    english.says(200, &["guided", "first asked"]);
    assert!(!english.0.contains("导办") && !english.0.contains("首问"), "{}", english.0);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_times_of_services_have_the_bounds_of_posts_and_cases() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    let (long, start) = ("长".repeat(5_000), "2026-03-04T09:00");
    let refused = browser.post("/services", &service("a", &long, start)).await;
    refused.says(422, &["1 至 60 字", "staff-fault"]);
    for (start, words) in
        [("1800-01-01T09:00", "“从”不能早于 1949-10-01"), ("昨天", "“从”：请填日期")]
    {
        browser
            .post("/services", &service("a", "周敏", start))
            .await
            .says(422, &[words, "大厅", &format!("value=\"{start}\"")]);
    }
    browser
        .post("/services", &[("act", "ask"), ("asked", " ")])
        .await
        .says(422, &["请填问的是什么"]);
    let body = r#"{"kind":"serve","by":"李芳","reason":"试","service":{"kind":"guided","staff":["李芳"],"start":"1800-01-01T09:00","end":"1800-01-01T09:30","place":"大厅"}}"#;
    town.client.post("/api/v1/services", body).await.check(422, "start");
    assert_eq!(town.client.get("/api/v1/services").await.json().as_array().unwrap().len(), 0);
    town.service.stop().await;
}
