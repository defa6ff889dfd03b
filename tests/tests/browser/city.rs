//! The city's pages at the hub.

use serde_json::json;
use tongban_tests::browser::Browser;
use tongban_tests::machine::wait_for;

use super::machine::{await_cards, await_catalogue, sign_in_supervisor};
use super::{TOWNSHIP, Town, check, check_both};

/// Townships of the shipped city.
const TOWNSHIPS: u64 = 118;

/// Most that the first visit of the city's page may take over the wire: ten seconds at 64 kbit/s.
const FIRST_VISIT_BYTES_MAX: u64 = 80_000;

#[test]
fn the_city_page_shows_every_township_and_turns_green_while_it_is_open() {
    let Some(browser) = Browser::open() else { return };
    let mut town = Town::start();
    let home = format!("http://{}/", town.hub.http);
    browser.go(&home);
    assert_eq!(browser.count("[data-tier=township]"), TOWNSHIPS);
    let bytes = browser.bytes_received();
    assert!((1..FIRST_VISIT_BYTES_MAX).contains(&bytes), "{bytes} bytes at the first visit");
    check_both(&browser, &town.hub, "/", "city-begun");

    browser.go(&home);
    town.township.start();
    browser.wait_for(&format!("#d{TOWNSHIP}.complete"));
    check_both(&browser, &town.hub, "/", "city");
    assert_eq!(browser.count("[data-tier=township]"), TOWNSHIPS);
    check_both(&browser, &town.hub, &format!("/centres/{TOWNSHIP}"), "centre");
    check_both(&browser, &town.hub, "/report", "report");
    check_both(&browser, &town.hub, "/link", "hub");
}

#[test]
fn a_cloned_machine_is_shown_in_red_with_its_reason() {
    let Some(browser) = Browser::open() else { return };
    let mut town = Town::start();
    let mut clone = town.clone_township();
    browser.go(&format!("http://{}/", town.hub.http));
    let both = [(&mut town.township, "王小明", "complete"), (&mut clone, "王大明", "incident")];
    for (machine, applicant, verdict) in both {
        machine.ok(&["case", "new", "--item", "T02", "--applicant", applicant, "--by", "李秀英"]);
        machine.start();
        browser.wait_for(&format!("#d{TOWNSHIP}.{verdict}"));
        machine.kill();
    }
    check_both(&browser, &town.hub, "/", "incident-city");
    check_both(&browser, &town.hub, &format!("/centres/{TOWNSHIP}"), "incident-centre");
    check_both(&browser, &town.hub, "/link", "incident-hub");

    sign_in_supervisor(&browser, &town.hub);
    check_both(&browser, &town.hub, "/office/incidents", "incidents-open");
    browser.go(&format!("http://{}/office/incidents?lang=zh", town.hub.http));
    browser.find("td input[name=note]").fill("同一套数据装了两台机器");
    browser.find("td form button").click();
    browser.wait_for_text("已保存在本机：了结");
    browser.wait_for_text("监察一科");
    check(&browser, &town.hub, "incident-settled");
}

#[test]
fn every_verdict_can_be_read_fresh_and_stale() {
    let Some(browser) = Browser::open() else { return };
    let mut town = Town::start();
    browser.go(&format!("http://{}/", town.hub.http));
    let script = "
        const verdicts = ['complete', 'behind', 'silent', 'not-enrolled', 'incident'];
        document.querySelectorAll('.tile').forEach((tile, at) => {
            tile.className = tile.className.replace(/\\S+$/, verdicts[at % verdicts.length]);
        });
        document.querySelectorAll('.count').forEach(count => count.classList.remove('zero'));
    ";
    browser.run(script, &json!([]));
    check(&browser, &town.hub, "verdicts");

    town.hub.kill();
    browser.wait_for("html.stale");
    browser.shoot("verdicts-stale");
    let violations = browser.violations();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn a_page_that_is_left_lets_go_of_its_connection() {
    let Some(browser) = Browser::open() else { return };
    let town = Town::start();
    for path in ["/", "/node"] {
        // A browser has six connections to a host; each page that stayed open would keep one.
        for visit in 0..8 {
            browser.go(&format!("http://{}{path}?visit={visit}", town.hub.http));
        }
    }
    browser.go(&format!("http://{}/", town.hub.http));
    browser.labelled("统计报表").click();
    browser.wait_for_text("指标说明");
    browser.back();
    let as_of = browser.find("#n-as-of");
    let shown = as_of.text();
    wait_for("news on a page to which somebody came back", || as_of.text() != shown);
}

#[test]
fn a_centre_is_found_and_the_report_is_asked_for_with_the_keyboard_alone() {
    let Some(browser) = Browser::open() else { return };
    let town = Town::start();
    browser.go(&format!("http://{}/?lang=en", town.hub.http));
    browser.tab_to("Nanjinlu Subdistrict");
    browser.press("Enter");
    browser.wait_for_text("This page was drawn at");

    browser.go(&format!("http://{}/?lang=en", town.hub.http));
    browser.tab_to("figures");
    browser.press("Enter");
    browser.tab_to("by");
    browser.press("Down");
    browser.press("Tab");
    browser.type_text("2026-01");
    browser.press("Enter");
    browser.wait_for("input[name=from][value='2026-01']");
    assert_eq!(browser.labelled("by").value(), "county");
}

#[test]
fn a_supervisor_issues_a_card_gives_an_order_and_looks_at_the_figures() {
    let Some(browser) = Browser::open() else { return };
    let mut town = Town::start();
    town.township.start();
    await_catalogue(&town.township);
    // Taken on paper long ago, entered now: the promise is over by every rule.
    let late = ["case", "new", "--item", "T10", "--applicant", "王小明", "--by", "李秀英"];
    town.township.ok(&[&late[..], &["--at", "2026-06-01T09:00:00+08:00"]].concat());
    sign_in_supervisor(&browser, &town.hub);
    await_cards(&browser, &town.hub);
    browser.find("input[name=pick]").click();
    browser.labelled("发出勾选的牌").click();
    browser.wait_for_text("发牌 1 张");
    check_both(&browser, &town.hub, "/watch?sight=standing", "watch-standing");

    browser.go(&format!("http://{}/watch?sight=standing&lang=zh", town.hub.http));
    browser.find("td a[href^='/orders?']").click();
    browser.wait_for("#document");
    browser.labelled("督办文号").fill("遂监督〔2026〕3号");
    browser.labelled("所督何事").fill("说明为何超期");
    browser.labelled("下达").click();
    browser.wait_for_text("等该中心答复");
    check(&browser, &town.hub, "order-given");
    wait_for("the order at the counter", || {
        town.township.ok(&["order", "list"]).contains("遂监督〔2026〕3号")
    });

    for (path, name) in [
        ("/orders", "orders"),
        ("/orders/due", "orders-due"),
        ("/watch/withdraw", "withdraw"),
        ("/green", "green"),
        ("/office/indicators", "indicators"),
        ("/office/indicators/received", "indicator"),
        ("/office/indicators/received?county=510921", "indicator-county"),
        ("/office/samples", "samples"),
        ("/office/incidents", "incidents"),
        ("/centres", "coverage-table"),
        ("/", "city-signed-in"),
        (&format!("/centres/{TOWNSHIP}"), "centre-signed-in"),
    ] {
        check_both(&browser, &town.hub, path, name);
    }
    // With the keyboard alone, from the figures of all counties to those of one.
    browser.go(&format!("http://{}/office/indicators?lang=en", town.hub.http));
    browser.tab_to("received");
    browser.press("Enter");
    browser.wait_for("svg.chart[role=img]");
    browser.tab_to("Pengxi County");
    browser.press("Enter");
    browser.wait_for_text("Wenjing");
}
