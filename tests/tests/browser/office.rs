//! What the city's office does in the browser: publishing by two people, and tokens for centres.

use tongban_tests::browser::Browser;
use tongban_tests::machine::{Machine, wait_for};

use super::machine::{PASSWORD, await_catalogue, begin};
use super::{Town, check, check_both};

/// The notice of a year that the shipped calendar does not have.
const NEXT_YEAR: &str = "date,kind,name
2027-01-01,holiday,元旦
2027-02-08,holiday,春节
2027-02-09,holiday,春节
2027-02-10,holiday,春节
2027-02-11,holiday,春节
2027-02-12,holiday,春节
2027-05-03,holiday,劳动节
2027-10-01,holiday,国庆节
";

/// Gives somebody a post in this role at a machine, and signs in as them.
pub(super) fn enter(browser: &Browser, machine: &Machine, [name, role, partner]: [&str; 3]) {
    browser.go(&format!("http://{}/staff?lang=zh", machine.http));
    browser.labelled("姓名").fill(name);
    browser.labelled("岗位").choose(role);
    browser.labelled("搭档（B 岗）姓名").fill(partner);
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

#[test]
fn one_person_proposes_a_year_of_the_calendar_and_another_publishes_it() {
    let Some(browser) = Browser::open() else { return };
    let mut town = Town::start();
    town.township.start();
    await_catalogue(&town.township);
    let take = ["case", "new", "--item", "T10", "--applicant", "王小明", "--by", "李秀英"];
    let id = town.township.ok(&take);
    wait_for("the case at the city", || town.hub.run(&["case", "show", &id]).is_ok());

    begin(&browser, &town.hub, ["吴刚", "陈平"]);
    let publish = format!("http://{}/office/publish", town.hub.http);
    browser.go(&format!("{publish}?lang=zh"));
    browser.find("#text").fill("date,kind,name\n2027-13-01,holiday,元旦\n");
    browser.labelled("预演对在办件的影响").click();
    browser.wait_for_text("日历有误");
    assert!(browser.find("#text").value().contains("2027-13-01"), "what was pasted is kept");
    assert_eq!(browser.console_errors().len(), 1, "that it was refused, and no more");
    check(&browser, &town.hub, "publish-refused");
    browser.find("#text").fill(NEXT_YEAR);
    browser.labelled("预演对在办件的影响").click();
    browser.wait_for_text("新的或有变化的年份：2027");
    browser.wait_for_text("在办件 1");
    check(&browser, &town.hub, "publish-preview");
    browser.labelled("说明").fill("国办发明电〔2026〕7号");
    browser.labelled("提交他人审核").click();
    browser.wait_for_text("须由另一人审核发布");
    assert_eq!(browser.count("button[value=published]"), 0, "nobody approves their own");
    let proposal = browser.url();
    check(&browser, &town.hub, "proposal-own");

    enter(&browser, &town.hub, ["监察一科", "监察", "吴刚"]);
    check_both(&browser, &town.hub, "/office/publish", "publish");
    let path = proposal.split_once("/office").unwrap().1;
    check_both(&browser, &town.hub, &format!("/office{path}"), "proposal");
    browser.go(&format!("{proposal}?lang=zh"));
    browser.labelled("退回").click();
    browser.wait_for_text("退回须写明理由");
    assert_eq!(browser.console_errors().len(), 1, "that it was refused, and no more");
    browser.labelled("审核通过并发布").click();
    browser.wait_for_text("已审核发布");
    check(&browser, &town.hub, "proposal-published");
    browser.go(&format!("{publish}?lang=zh"));
    browser.wait_for_text("2026 2027");
}

#[test]
fn a_machine_joins_with_the_token_that_the_page_gave_and_a_token_taken_back_is_worthless() {
    let Some(browser) = Browser::open() else { return };
    let town = Town::start();
    begin(&browser, &town.hub, ["吴刚", "陈平"]);
    check_both(&browser, &town.hub, "/office/enrol", "enrol");
    let issue = |centre: &str| {
        browser.go(&format!("http://{}/office/enrol?lang=zh", town.hub.http));
        browser.labelled("中心").choose(centre);
        browser.labelled("发令牌").click();
        browser.wait_for_text("只显示这一次");
        browser.find("#token").text()
    };
    let token = issue("510921104 常乐镇");
    assert_eq!(browser.count("figure.code svg"), 1);
    check(&browser, &town.hub, "token");
    let machine = town.neighbour("neighbour");
    machine.ok(&["join", &token]);
    assert!(town.hub.ok(&["machines"]).contains("510921104"));

    let lost = issue("510921105 天福镇");
    browser.go(&format!("http://{}/office/enrol?lang=zh", town.hub.http));
    browser.labelled("收回").click();
    browser.wait_for_text("已收回");
    let refused = town.neighbour("stranger").run(&["join", &lost]).unwrap_err();
    assert!(refused.contains("was taken back"), "{refused}");
    check_both(&browser, &town.hub, "/office/enrol", "enrolled");
}
