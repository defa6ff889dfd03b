//! The queue: from the kiosk over the screen of the hall and the window to a case.

use tongban_tests::browser::Browser;
use tongban_tests::machine::Machine;

use super::machine::{PASSWORD, await_catalogue, begin};
use super::{Town, check, check_both};

const CLERK: &str = "周敏";

/// Signs in and comes to the queue.
fn sign_in(browser: &Browser, machine: &Machine) {
    browser.go(&format!("http://{}/sign-in?next=/queue&lang=zh", machine.http));
    browser.labelled("姓名").fill(CLERK);
    browser.labelled("密码").fill(PASSWORD);
    browser.find("main button[type=submit]").click();
    browser.wait_for_text("叫下一位");
}

/// Gives the sign-in of a browser away for a page of the hall.
fn make(browser: &Browser, words: &str) {
    browser.labelled("大厅的屏幕和取号机").click();
    browser.labelled(words).click();
}

#[test]
fn a_number_goes_from_the_kiosk_over_the_screen_and_the_window_to_its_case() {
    let Some(desk) = Browser::open() else { return };
    let Some(hall) = Browser::open() else { return };
    let mut town = Town::start();
    town.township.start();
    await_catalogue(&town.township);
    begin(&desk, &town.township, [CLERK, "李秀英"]);
    sign_in(&hall, &town.township);
    make(&hall, "本浏览器改作叫号屏");
    hall.wait_for_text("请取号等候");
    check_both(&hall, &town.township, "/queue/hall", "hall-empty");
    hall.go(&format!("http://{}/queue?lang=zh", town.township.http));
    hall.wait_for("#password"); // Nothing else is to be had there.
    hall.go(&format!("http://{}/queue/hall?lang=zh", town.township.http));

    sign_in(&desk, &town.township);
    check_both(&desk, &town.township, "/queue", "queue-empty");
    desk.go(&format!("http://{}/queue?lang=zh", town.township.http));
    make(&desk, "本浏览器改作取号机");
    desk.wait_for("button.group");
    check_both(&desk, &town.township, "/queue/kiosk", "kiosk");
    desk.go(&format!("http://{}/queue/kiosk?lang=zh", town.township.http));
    desk.labelled("老年人").click();
    desk.find("button.group").click();
    desk.wait_for(".slip");
    desk.wait_for_text("A001");

    sign_in(&desk, &town.township);
    desk.labelled("我的窗口").fill("3");
    desk.labelled("叫下一位").click();
    desk.wait_for_text("A001 · 综合");
    check_both(&desk, &town.township, "/queue", "queue-called");
    desk.go(&format!("http://{}/queue?lang=zh", town.township.http));
    hall.wait_for_text("A001"); // By itself.
    assert!(hall.text().contains('3') && !hall.text().contains(CLERK), "{}", hall.text());
    check(&hall, &town.township, "hall-called");
    desk.labelled("开始办理").click();
    desk.wait_for_text("为此号收件");
    check_both(&desk, &town.township, "/queue", "queue-serving");
    desk.go(&format!("http://{}/queue?lang=zh", town.township.http));
    desk.labelled("为此号收件").click();
    desk.wait_for("#item");
    desk.labelled("办什么事").fill("T10");
    desk.labelled("选定").click();
    desk.wait_for("#applicant");
    desk.labelled("申请人").fill("王小明");
    desk.labelled("只收件").click();
    desk.wait_for_text("已保存在本机");
    desk.go(&format!("http://{}/queue?lang=zh", town.township.http));
    desk.wait_for_text("成件 1");
    hall.wait_for_text("请取号等候"); // And by itself again.
    check_both(&desk, &town.township, "/queue/days", "queue-days");
    desk.go(&format!("http://{}/queue/days?lang=zh", town.township.http));
    desk.wait_for_text("没有号的 0");
}
