//! The pages of a machine at a counter.

use tongban_tests::browser::Browser;

use super::{Town, check_both};

#[test]
fn a_townships_own_page_can_be_read_by_everybody() {
    let Some(browser) = Browser::open() else { return };
    let mut town = Town::start();
    town.township.start();
    let new = ["case", "new", "--item", "T02", "--applicant", "王小明", "--by", "李秀英"];
    town.township.ok(&new);
    check_both(&browser, &town.township, "/", "node");
    check_both(&browser, &town.township, "/report", "node-report");
}
