//! What is pasted at a counter: a page of an upper system, its results, and a list of cases.

use tongban_tests::browser::Browser;

use super::machine::{await_catalogue, begin};
use super::{Town, check, check_both};

const PAGE: &str = "四川省社会保险公共服务平台\n受理编号：SB5109-2026-000123\n申请人姓名：王小明\n\
    身份证号：11010519491231002X\n";

const LIST: &str = "流水号;事项;申请人;收件时间\n1;T10;王小明;2026-06-01\n2;T10;;2026-06-01\n";

/// Puts a text of several lines into a field, as the clipboard does.
fn paste(browser: &Browser, id: &str, text: &str) {
    let script = "document.getElementById(arguments[0]).value = arguments[1]";
    browser.run(script, &serde_json::json!([id, text]));
}

#[test]
fn work_in_an_upper_system_and_a_list_are_pasted_and_nothing_is_typed_twice() {
    let Some(browser) = Browser::open() else { return };
    let mut town = Town::start();
    town.township.start();
    await_catalogue(&town.township);
    begin(&browser, &town.township, ["周敏", "李秀英"]);
    let http = town.township.http.clone();

    browser.go(&format!("http://{http}/relay?lang=zh"));
    paste(&browser, "text", PAGE);
    browser.labelled("识别").click();
    browser.wait_for("#number[value='SB5109-2026-000123']");
    assert_eq!(browser.labelled("申请人").value(), "王小明");
    assert_eq!(browser.labelled("证件号").value(), "11010519491231002X");
    browser.find("#system").fill("省社保平台");
    browser.find("#item").fill("参保登记");
    check(&browser, &town.township, "relay-read");
    browser.labelled("保存代办卡").click();
    browser.wait_for_text("1 张，超过七天 0/1");
    check_both(&browser, &town.township, "/relay", "relay-open");
    browser.go(&format!("http://{http}/relay?lang=zh"));
    paste(&browser, "results", "ＳＢ５１０９２０２６０００１２３ 准予登记\nSB9 退回");
    browser.labelled("匹配并办结").click();
    browser.wait_for_text("已匹配 1/2 条");
    browser.wait_for_text("没有对应的代办卡");
    check(&browser, &town.township, "relay-matched");

    browser.go(&format!("http://{http}/import?lang=zh"));
    paste(&browser, "text", LIST);
    check(&browser, &town.township, "import");
    browser.labelled("下一步：对应各列").click();
    browser.wait_for_text("原编号");
    browser.labelled("先检查").click();
    browser.wait_for_text("不能导入 1");
    check(&browser, &town.township, "import-checked");
    browser.find("button[value=import]").click();
    browser.wait_for_text("已导入 1，以前已导入 0，未导入 1");
    check(&browser, &town.township, "import-done");
    browser.find("button[value=import]").click();
    browser.wait_for_text("已导入 0，以前已导入 1，未导入 1");
    check_both(&browser, &town.township, "/import", "import-again");

    check_both(&browser, &town.township, "/link/waiting", "waiting");
    browser.go(&format!("http://{http}/link?lang=zh"));
    browser.labelled("立即连接").click();
    browser.wait_for_text("已请求立即连接上级");
    check(&browser, &town.township, "link-dialled");
}
