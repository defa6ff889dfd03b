//! The page of the staff: nothing of what is refused may stay behind.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_no_account_can_have_appoints_nobody() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    let browser = town.sign_in();
    let until = ("until", "2027-01-31");
    for chars in [61, 5_000] {
        let long = "长".repeat(chars);
        for named in
            [[("name", &*long), ("partner", "王强")], [("name", "赵敏"), ("partner", &*long)]]
        {
            let fields = [&[("act", "appoint"), ("role", "window"), until][..], &named].concat();
            browser.post("/staff", &fields).await.says(422, &["未保存", "1 至 60 字"]);
        }
        let staff = browser.get("/staff").await;
        staff.says(200, &["王强"]);
        assert!(!staff.0.contains("长长") && !staff.0.contains("赵敏"), "{}", staff.0);
    }
    let odd = [("act", "appoint"), ("name", "赵敏"), ("role", "皇帝"), until];
    browser.post("/staff", &odd).await.says(422, &["没有此岗位"]);
    assert_eq!(town.accounts.list(crate::clock::now()).len(), 1, "the administrator's own");
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_the_whole_address_under_which_the_browser_came() {
    let town = Town::open(0).await;
    let browser = town.sign_in();
    let (port, key) = (town.client.address.port(), &browser.form_key);
    for (origin, address) in [
        ("", format!("http://127.0.0.1:{port}/welcome/")),
        ("Origin: https://127.0.0.1:PORT\r\n", format!("https://127.0.0.1:{port}/welcome/")),
    ] {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("act", "invite"), ("name", "王强"), ("form_key", key)])
            .finish();
        let request = format!(
            "POST /staff HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{}{}Connection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            browser.cookie,
            origin.replace("PORT", &port.to_string()),
            body.len(),
        );
        town.client.raw(request, "").await.says(200, &["readonly", &address]);
    }
    town.service.stop().await;
}
