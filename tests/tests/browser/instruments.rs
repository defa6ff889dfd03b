//! What the other stories rely on: a fault is noticed, and hands reach what they are meant for.

use serde_json::json;
use tongban_tests::browser::Browser;
use tongban_tests::machine::wait_for;

use super::Town;

#[test]
fn a_page_that_asks_others_and_cannot_be_read_is_noticed() {
    let Some(browser) = Browser::open() else { return };
    let town = Town::start();
    browser.go(&format!("http://{}/", town.hub.http));
    let elsewhere = "http://127.0.0.2:9/picture.png";
    let script = "
        const picture = document.createElement('img');
        picture.src = arguments[0];
        document.querySelector('main').append(picture);
        document.querySelector('h1').style.color = '#eee';
    ";
    browser.run(script, &json!([elsewhere]));
    wait_for("the error of the page's policy", || {
        browser.console_errors().iter().any(|line| line.contains(elsewhere))
    });
    assert_eq!(browser.requests_beyond(&town.hub.http), [elsewhere]);
    let violations = browser.violations();
    if browser.has_axe() {
        let rules: Vec<&str> = violations.iter().filter_map(|it| it.split(' ').next()).collect();
        assert_eq!(rules, ["color-contrast", "image-alt"], "{violations:#?}");
    }
    assert_eq!(browser.print("instruments"), 1, "the city fits on a sheet");
}

#[test]
fn hands_reach_what_the_page_calls_by_these_words() {
    let Some(browser) = Browser::open() else { return };
    let town = Town::start();
    browser.go(&format!("http://{}/", town.hub.http));
    let form = "
        const add = (parent, name, traits) =>
            parent.appendChild(Object.assign(document.createElement(name), traits));
        const main = document.querySelector('main');
        main.replaceChildren();
        const form = add(main, 'form', { action: '/report' });
        const label = add(form, 'label', { textContent: '姓名 ' });
        add(label, 'input', { accessKey: 'n', required: true });
        const kinds = add(add(form, 'label', { textContent: '种类' }), 'select', { name: 'by' });
        for (const [value, textContent] of [['item', '按事项'], ['month', '按月']])
            add(kinds, 'option', { value, textContent });
        add(form, 'button', { textContent: '办理 (N)' });
    ";
    browser.run(form, &json!([]));
    browser.press("Alt+n");
    assert_eq!(browser.focused(), "姓名");
    browser.type_text("张三Zhang 3");
    assert_eq!(browser.labelled("姓名").value(), "张三Zhang 3");
    browser.press("Control+a");
    browser.press("Backspace");
    browser.labelled("办理").submit();
    assert_eq!(browser.count("input:invalid"), 1, "what must be filled in is not, and is not sent");
    browser.find("input").fill("李四");
    browser.labelled("种类").choose("按月");
    assert_eq!(browser.labelled("种类").value(), "month");
    browser.labelled("办理").click();
    browser.wait_for_text("指标说明");
    assert!(browser.url().ends_with("/report?by=month"), "{}", browser.url());
    assert_eq!(browser.find("select[name=by] option:checked").text(), "月份");
}
