//! The pages of a machine at a counter.

use tongban_tests::browser::Browser;
use tongban_tests::machine::{Machine, wait_for};

use super::{Town, check, check_both};

/// Nobody would guess it.
pub(super) const PASSWORD: &str = "晴天与长江 42";

/// Waits until the catalogue of the city has come down.
pub(super) fn await_catalogue(machine: &Machine) {
    wait_for("the catalogue below", || machine.ok(&["item", "list"]).contains("T10"));
}

/// Makes the first administrator, with a partner, from the link that the service printed.
pub(super) fn begin(browser: &Browser, machine: &Machine, [name, partner]: [&str; 2]) {
    let welcome = machine.welcome.as_deref().unwrap();
    browser.go(&format!("{welcome}?lang=zh"));
    browser.labelled("您的姓名").fill(name);
    browser.labelled("设一个密码").fill(PASSWORD);
    browser.labelled("再输一遍").fill(PASSWORD);
    browser.labelled("搭档（B 岗）姓名").fill(partner);
    browser.labelled("开始使用").click();
    browser.wait_for_text("可以收件了");
}

/// Sets the city's machine up and goes on as a supervisor whom its administrator appointed.
pub(super) fn sign_in_supervisor(browser: &Browser, hub: &Machine) {
    begin(browser, hub, ["吴刚", "陈平"]);
    browser.go(&format!("http://{}/staff", hub.http));
    browser.labelled("姓名").fill("监察一科");
    browser.labelled("岗位").choose("监察");
    browser.labelled("搭档（B 岗）姓名").fill("吴刚");
    browser.labelled("定岗并发链接").click();
    browser.wait_for_text("请把此链接交给");
    let link = browser.find("input.link").value();
    browser.labelled("退出").click();
    browser.wait_for("#password");
    browser.go(&link);
    browser.labelled("设一个密码").fill(PASSWORD);
    browser.labelled("再输一遍").fill(PASSWORD);
    browser.labelled("开始使用").click();
}

/// Opens the board of supervision once it has cards to issue.
pub(super) fn await_cards(browser: &Browser, hub: &Machine) {
    wait_for("cards to issue", || {
        browser.go(&format!("http://{}/watch?lang=zh", hub.http));
        browser.count("input[name=pick]") > 0
    });
}

#[test]
fn a_clerk_gets_from_an_empty_machine_to_a_printed_receipt_with_the_cable_out() {
    let Some(browser) = Browser::open() else { return };
    let mut town = Town::start();
    town.township.start();
    await_catalogue(&town.township);
    town.hub.kill(); // The cable is out.
    let welcome = town.township.welcome.clone().unwrap();
    for language in ["zh", "en"] {
        browser.go(&format!("{welcome}?lang={language}"));
        check(&browser, &town.township, &format!("welcome-{language}"));
    }
    begin(&browser, &town.township, ["周敏", "李秀英"]);
    check(&browser, &town.township, "ready");

    // From here on with the keyboard alone.
    browser.press("Enter");
    browser.wait_for("#item:focus");
    browser.type_text("lsjz");
    browser.press("Enter");
    browser.wait_for("#number:focus");
    browser.type_text("11010519491231002X");
    browser.wait_for_text("1949-12-31");
    browser.press("Tab");
    browser.type_text("王小明");
    browser.press("Tab");
    browser.type_text("13800138000");
    browser.press("Enter");
    browser.wait_for_text("还缺"); // Nothing was ticked, and nothing that was typed is lost.
    assert_eq!(browser.labelled("申请人").value(), "王小明");
    assert_eq!(browser.console_errors().len(), 1, "that the form was refused, and no more");
    check(&browser, &town.township, "take-incomplete");
    browser.tab_to("材料不齐：收件并一次性告知");
    browser.press("Enter");
    browser.wait_for_text("已保存在本机，断电不丢");
    assert_eq!(browser.count(".key.complete"), 0, "nothing is green before the city confirmed");
    check(&browser, &town.township, "case-offline");
    browser.labelled("补正告知书").click();
    browser.wait_for_text("一次告知");
    check(&browser, &town.township, "notice");
    assert_eq!(browser.print("notice"), 1);
    browser.press("Alt+b");
    browser.labelled("收件凭证").click();
    browser.wait_for_text("1101**********002X");
    assert_eq!(browser.print("receipt"), 1);

    for (path, name) in [
        ("/desk", "desk"),
        ("/take", "picker"),
        ("/take?item=T10", "take"),
        ("/services", "services"),
        ("/relay", "relay"),
        ("/import", "import"),
        ("/link/waiting", "waiting"),
        ("/watch", "watch"),
        ("/link", "link"),
        ("/staff", "staff"),
        ("/report", "node-report"),
    ] {
        check_both(&browser, &town.township, path, name);
    }

    town.hub.start(); // The cable is back.
    browser.go(&format!("http://{}/desk?lang=zh", town.township.http));
    let confirmed = || {
        browser.reload();
        browser.count("table.desk .key.complete") == 1
    };
    wait_for("the city's tick", confirmed);
    check(&browser, &town.township, "desk-confirmed");
    browser.labelled("退出").click();
    browser.wait_for("#password");
    check_both(&browser, &town.township, "/sign-in", "sign-in");
}

#[test]
fn supervision_issues_a_card_at_the_city_and_the_counter_sees_it() {
    let Some(browser) = Browser::open() else { return };
    let mut town = Town::start();
    town.township.start();
    await_catalogue(&town.township);
    // Taken on paper long ago, entered now: the promise is over by every rule.
    let late = ["case", "new", "--item", "T10", "--applicant", "王小明", "--by", "李秀英"];
    let id = town.township.ok(&[&late[..], &["--at", "2026-06-01T09:00:00+08:00"]].concat());
    wait_for("the case at the city", || town.hub.run(&["case", "show", &id]).is_ok());

    sign_in_supervisor(&browser, &town.hub);
    await_cards(&browser, &town.hub);
    check_both(&browser, &town.hub, "/watch", "watch-city");
    browser.go(&format!("http://{}/watch?lang=zh", town.hub.http));
    browser.labelled("发牌").click();
    browser.wait_for_text("已保存在本机");
    check(&browser, &town.hub, "watch-issued");
    wait_for("the card at the counter", || {
        town.township.ok(&["case", "cards", &id]).contains("issued on")
    });
}
