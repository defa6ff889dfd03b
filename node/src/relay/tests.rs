//! Relay cards at a counter, and what is read out of a paste.

use jiff::civil::date;

use super::*;
use crate::cases::fixture::{Counter, NINE, county, new_case, rng, send, town};
use crate::cases::take;
use crate::records::NewRelay;

const DAY_MS: i64 = 86_400_000;

fn card(number: &str, applicant: &str) -> NewEntry {
    let relay = NewRelay {
        system: "省社保系统".to_owned(),
        number: number.to_owned(),
        applicant: applicant.to_owned(),
        applicant_number: None,
        item: "参保登记".to_owned(),
    };
    NewEntry { relay: Some(relay), ..NewEntry::new(EventKind::Relay, "李芳".to_owned()) }
}

fn relayed(counter: &mut Counter, now: Timestamp, number: &str) -> DocumentId {
    let (id, _) = begin(counter, now, &mut rng(3), card(number, "王小明")).unwrap();
    counter.commit().unwrap();
    id
}

fn given(results: &[(&str, &str)]) -> Results {
    let result = |(number, result): &(&str, &str)| RelayResult {
        number: (*number).into(),
        result: (*result).into(),
    };
    Results { by: "李芳".to_owned(), results: results.iter().map(result).collect() }
}

#[test]
fn a_card_waits_is_late_after_a_week_and_is_closed_by_its_number() {
    let mut town = town();
    relayed(&mut town, NINE, "SB-2026-1");
    relayed(&mut town, NINE.plus_ms(5 * DAY_MS), "SB-2026-2");
    let open = open_cards(&mut town, NINE.plus_ms(8 * DAY_MS)).unwrap();
    assert_eq!((open.count, open.late), (2, 1));
    assert_eq!((open.cards[0].number.as_str(), open.cards[0].is_late), ("SB-2026-1", true));
    let pasted = given(&[("ｓｂ２０２６１", " 已办结 "), ("SB-9", "退回")]);
    let later = NINE.plus_ms(9 * DAY_MS);
    let (matched, appended) = match_results(&mut town, later, pasted.clone()).unwrap();
    assert!(appended.is_some());
    town.commit().unwrap();
    assert_eq!((matched.closed.len(), matched.still_open), (1, 1));
    assert_eq!(matched.closed[0].result.as_deref(), Some("已办结"));
    assert_eq!(matched.unmatched[0].number, "SB-9");
    // The same list again closes nothing, and says so.
    let (again, appended) = match_results(&mut town, later, pasted).unwrap();
    assert_eq!((again.closed.len(), again.unmatched.len(), appended.is_none()), (0, 2, true));
    let november = "2026-11".parse().unwrap();
    let counted = count(&town, &[Home::office(town.member().centre())], november).unwrap();
    let line = &counted[0];
    assert_eq!((line.relayed, line.matched, line.dropped, line.open), (2, 1, 0, 1));
}

#[test]
fn the_same_card_sent_twice_is_one_and_another_of_its_number_is_refused() {
    let mut town = town();
    let first = relayed(&mut town, NINE, "SB-1");
    let again = begin(&mut town, NINE, &mut rng(4), card("SB-1", "王小明")).unwrap();
    assert_eq!(again, (first, None));
    let other = begin(&mut town, NINE, &mut rng(4), card("sb1", "李秀英")).unwrap_err();
    assert!(other.to_string().contains("已有未办结的代办卡"), "{other}");
    let mut elsewhere = card("SB-1", "李秀英");
    elsewhere.relay.as_mut().unwrap().system = "公安".to_owned();
    let (third, _) = begin(&mut town, NINE, &mut rng(5), elsewhere).unwrap();
    assert_ne!(third, first, "another system may give the same number");
    // Once it has its result the number is free again.
    match_results(&mut town, NINE, given(&[("SB-1", "准")])).unwrap();
    town.commit().unwrap();
    let (second, _) = begin(&mut town, NINE, &mut rng(4), card("SB1", "李秀英")).unwrap();
    assert_ne!(second, first);
}

#[test]
fn a_card_names_a_case_of_this_centre_and_is_no_service() {
    let mut town = town();
    let case = take(&mut town, NINE, &mut rng(1), new_case("王小明")).unwrap();
    town.commit().unwrap();
    let with = |link: &str| NewEntry { link: Some(link.to_owned()), ..card("SB-1", "王小明") };
    let wrong = "510921103-01JD0000000000000000000000";
    assert!(begin(&mut town, NINE, &mut rng(4), with(wrong)).is_err());
    let (id, _) = begin(&mut town, NINE, &mut rng(4), with(&case.number)).unwrap();
    town.commit().unwrap();
    assert!(show(&town, id, NINE).unwrap().unwrap().link.is_some());
    let homes = [Home::office(town.member().centre())];
    assert!(crate::records::list(&town, &homes, 10).unwrap().is_empty());
    assert!(crate::records::count(&town, &homes, "2026".parse().unwrap()).unwrap().is_empty());
    // The county counts it from the same entries, and it is no open card of the county's own.
    let mut county = county();
    send(&mut town, &mut county, NINE);
    assert_eq!(count(&county, &homes, "2026-11".parse().unwrap()).unwrap()[0].open, 1);
    assert_eq!(open_cards(&mut county, NINE).unwrap().count, 0);
}

#[test]
fn a_command_that_failed_leaves_no_card_open() {
    let mut town = town();
    relayed(&mut town, NINE, "SB-1");
    let mark = town.mark();
    begin(&mut town, NINE, &mut rng(4), card("SB-2", "王小明")).unwrap();
    assert_eq!(open_cards(&mut town, NINE).unwrap().count, 2);
    town.undo_to(mark).unwrap();
    assert_eq!(open_cards(&mut town, NINE).unwrap().count, 1);
}

#[test]
fn a_pasted_page_is_recognised_with_and_without_labels() {
    let items = ["参保登记".to_owned(), "城乡居民基本养老保险参保登记".to_owned()];
    let read = |text: &str| recognise(text, &items, date(2026, 11, 2));
    let page = "四川省社会保险公共服务平台\r\n受理编号：SB5109-2026-000123　受理时间：2026-11-02\r\n\
        申请人姓名：王小明\t身份证号：11010519491231002X\r\n事项名称：城乡居民基本养老保险参保登记\r\n";
    let whole = Recognised {
        system: "四川省社会保险公共服务平台".to_owned(),
        number: "SB5109-2026-000123".to_owned(),
        applicant: "王小明".to_owned(),
        applicant_number: "11010519491231002X".to_owned(),
        item: "城乡居民基本养老保险参保登记".to_owned(),
    };
    assert_eq!(read(page), whole);
    // As a browser copies a table: each cell in a line of its own.
    let cells = "四川省社会保险公共服务平台\n受理编号\nSB5109-2026-000123\n姓名\n王小明\n证件号码\n\
        11010519491231002X\n办理事项\n城乡居民基本养老保险参保登记\n";
    assert_eq!(read(cells), whole);
    let bare =
        read("王小明 11010519491231002X 13800138000 2026-11-02 ＳＢ２０２６０００１２３ 参保登记");
    assert_eq!((&*bare.number, &*bare.applicant_number), ("SB2026000123", "11010519491231002X"));
    assert_eq!((&*bare.item, &*bare.applicant), ("参保登记", ""));
    let firm = read(
        "企业名称：遂宁市𠮷野家（䶮）有限公司\n统一社会信用代码：91350211M000100Y43\n流水号: 2026110200001",
    );
    assert_eq!((&*firm.applicant, &*firm.number), ("遂宁市𠮷野家（䶮）有限公司", "2026110200001"));
    assert_eq!(read(""), Recognised::default());
    assert_eq!(read("项目名称：大桥"), Recognised::default(), "another's name is no applicant");
}

#[test]
fn a_pasted_list_gives_numbers_and_results_line_by_line() {
    let read =
        results("编号\t结果\r\nSB-1\t已办结\r\n ＳＢ－２， 退回：材料不全\n\nSB3\n", "已办结");
    let pairs: Vec<(&str, &str)> =
        read.iter().map(|it| (it.number.as_str(), it.result.as_str())).collect();
    assert_eq!(pairs, [("SB-1", "已办结"), ("SB-2", "退回:材料不全"), ("SB3", "已办结")]);
    assert!(results("没有\n", "x").is_empty());
}
