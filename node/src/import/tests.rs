//! Lists as short stories: what becomes of their rows, and what rests beside the store.

use tongban_protocol::calendar::civil_day;

use super::*;
use crate::cases::fixture::{Counter, NINE, town};
use crate::cases::show;
use crate::replica::PHONE;

const HEAD: &str = "流水号,事项,申请人,身份证号,电话,收件时间,办结时间";

fn sheet(rows: &str) -> Sheet {
    Sheet::read(format!("{HEAD}\n{rows}").as_bytes()).unwrap()
}

fn how(finished: Finished) -> How {
    How { by: "李芳".to_owned(), role: None, finished }
}

/// What a list comes to at a counter whose catalogue is empty.
fn checked(counter: &Counter, sheet: &Sheet, finished: Finished) -> Preview {
    check(counter, NINE, (sheet, &guess(&sheet.head)), &how(finished)).unwrap()
}

/// Takes a list at a counter.
fn import(counter: &mut Counter, sheet: &Sheet, finished: Finished) -> Imported {
    super::import(counter, NINE, (sheet, &guess(&sheet.head)), &how(finished)).unwrap()
}

#[test]
fn a_list_becomes_cases_and_the_same_list_none_again() {
    let mut town = town();
    let list = sheet(
        "SB-1,参保登记,王小明,11010519491231002X,１３８００１３８０００,2026-10-30,2026-11-01 15:00\n\
         SB-2,T01,\"李\n秀英\",,,2026/10/31 10:20,\nSB-3,没有的事项,𠮷野䶮👍,,,20261101,\n",
    );
    let found = checked(&town, &list, Finished::Handled);
    // Nothing is published here, so that every item is doubted.
    assert_eq!((found.rows, found.sound, found.doubtful, found.bad), (3, 0, 3, 0));
    assert!(found.doubts[2].why[0].zh.contains("没有的事项"), "{:?}", found.doubts);
    let first = import(&mut town, &list, Finished::Handled);
    assert_eq!((first.taken, first.before, first.bad.len()), (3, 0, 0), "{first:?}");
    assert_eq!(first.unfinished, [], "the decision went in");
    let again = import(&mut town, &list, Finished::Handled);
    assert_eq!((again.taken, again.before), (0, 3));
    // However it is spaced, and whatever else was corrected: the number is the same.
    let mended = sheet("sb 1,参保登记,王小明（更名）,,,2026-10-30,\n");
    assert_eq!(import(&mut town, &mended, Finished::Handled).before, 1);
    let homes = [tongban_protocol::place::Home::office(town.member().centre())];
    let listed = crate::cases::list(&town, &homes, None, 10).unwrap().cases;
    assert_eq!(listed.len(), 3);
    let wang = listed.iter().find(|case| case.applicant == "王小明").unwrap();
    assert_eq!((wang.state.code.as_str(), wang.item.as_str()), ("decided", "参保登记"));
    assert_eq!(civil_day(wang.taken_at).to_string(), "2026-10-30");
    let detail = show(&town, wang.id.parse().unwrap()).unwrap().unwrap();
    assert_eq!(detail.form[PHONE], "13800138000");
    assert_eq!(detail.form[ORIGINAL_NUMBER], "SB-1");
    assert_eq!(detail.events.len(), 3);
    assert!(detail.events.iter().all(|event| event.recorded_at >= NINE), "recorded now");
    assert!(listed.iter().any(|case| case.applicant == "李 秀英"), "a pasted break is a blank");
}

#[test]
fn rows_without_a_number_are_known_by_what_they_say() {
    let mut town = town();
    let two = "事项,申请人,收件时间\n参保登记,王小明,2026-10-30\n参保登记,王小明,2026-10-30\n参保登记,李秀英,2026-10-30\n";
    let two = Sheet::read(two.as_bytes()).unwrap();
    assert_eq!(checked(&town, &two, Finished::Kept).repeated, 1);
    let imported = import(&mut town, &two, Finished::Kept);
    assert_eq!((imported.taken, imported.before), (2, 1));
}

#[test]
fn bad_rows_say_why_and_come_back_as_a_file_that_can_be_mended() {
    let list = sheet(
        "1,参保登记,王小明,,,2026-10-30,2026-10-01\n2,,,,,昨天,\n3,参保登记,李秀英,,,2027-01-01,\n\
         4,参保登记,赵\"\"四,,,,\n5,参保登记,钱五,,,2026-10-30,,多\n6,参保登记,=孙六,,,2026-10-30,\n",
    );
    let found = checked(&town(), &list, Finished::Kept);
    assert_eq!((found.bad, found.doubtful), (5, 1));
    let said = |at: usize| found.faults[at].why.iter().map(|it| it.zh.clone()).collect::<Vec<_>>();
    assert_eq!(said(0), ["办结时间早于收件时间"]);
    assert_eq!(said(1).len(), 3, "everything that is wrong at once: {:?}", said(1));
    assert!(said(2)[0].contains("还没有到"));
    assert_eq!(said(3), ["没有收件时间"]);
    assert!(said(4)[0].contains("有 8 列，表头只有 7 列"));
    let file = bad_rows(&list, &found.faults, false);
    let back = Sheet::read(&file).unwrap();
    assert_eq!(back.head.last().map(String::as_str), Some("未导入原因"));
    assert_eq!(back.rows.len(), 5);
    assert_eq!(back.rows[0].fields[2], "王小明");
    assert_eq!(back.rows[0].fields[7], "办结时间早于收件时间");
    let english = String::from_utf8(bad_rows(&list, &found.faults, true)).unwrap();
    assert!(english.contains("it was decided before it was received"), "{english}");
    // The columns of the file are known again, its reasons are left out.
    assert_eq!(guess(&back.head)[..7], guess(&list.head)[..]);
    assert_eq!(guess(&back.head)[7], Field::Ignore);
}

#[test]
fn no_field_of_a_bad_row_runs_in_a_spreadsheet() {
    let list = sheet("1,,=HYPERLINK(1),,,,\n");
    let file =
        String::from_utf8(bad_rows(&list, &checked(&town(), &list, Finished::Kept).faults, true))
            .unwrap();
    assert!(file.contains("'=HYPERLINK(1)"), "{file}");
}

#[test]
fn a_mapping_that_lacks_what_a_case_needs_is_refused_by_name() {
    let list = sheet("1,参保登记,王小明,,,2026-10-30,\n");
    let mut mapping = guess(&list.head);
    mapping[1] = Field::Ignore;
    let error = check_mapping(&mapping, &list.head).unwrap_err().to_string();
    assert!(error.contains("没有指定哪一列是“事项") && error.contains("no column is"), "{error}");
    mapping[1] = Field::Applicant;
    mapping[0] = Field::Item;
    let error = check_mapping(&mapping, &list.head).unwrap_err().to_string();
    assert!(error.contains("“申请人”指定了 2 列"), "{error}");
    assert!(check_mapping(&mapping[..2].to_vec(), &list.head).is_err());
}

#[test]
fn lists_and_mappings_rest_beside_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let imports = Imports::of(folder.path());
    let bytes = format!("{HEAD}\n1,参保登记,王小明,,,2026-10-30,\n").into_bytes();
    let name = imports.keep(&bytes).unwrap();
    assert_eq!(imports.keep(&bytes).unwrap(), name, "the same list has one name");
    let list = imports.sheet(&name).unwrap();
    assert_eq!(imports.remembered(&list.head), None);
    let mut mapping = guess(&list.head);
    mapping[0] = Field::Keep;
    imports.remember(&list.head, &mapping).unwrap();
    assert_eq!(Imports::of(folder.path()).remembered(&list.head), Some(mapping));
    assert!(imports.outcome(&name).is_none());
    imports.keep_outcome(&name, &Imported { rows: 1, taken: 1, ..Imported::default() }).unwrap();
    assert_eq!(imports.outcome(&name).unwrap().taken, 1);
    for at in 0..30 {
        imports.keep(format!("a,b\n{at},2\n").as_bytes()).unwrap();
    }
    let files = std::fs::read_dir(folder.path().join("imports")).unwrap().count();
    assert!(files <= 22, "the oldest gave way: {files}");
    for bad in ["", "..", "../../etc/passwd", "0123"] {
        assert!(bad.parse::<Name>().is_err(), "{bad}");
    }
    assert!(imports.keep(b"").is_err(), "what is no list is not kept");
}

#[test]
fn whoever_may_take_no_cases_takes_none() {
    let mut town = town();
    let list = sheet("1,参保登记,王小明,,,2026-10-30,\n");
    crate::posts::change(
        &mut town,
        NINE,
        crate::posts::PostWish {
            kind: tongban_protocol::document::EventKind::Appoint,
            name: "李芳".to_owned(),
            partner: None,
            role: Some(Role::Window),
            until: Some(NINE.plus_ms(86_400_000)),
            to: None,
            by: "周敏".to_owned(),
            happened_at: None,
        },
    )
    .unwrap();
    town.commit().unwrap();
    let list = (&list, &guess(&list.head));
    let error = super::import(&mut town, NINE, list, &how(Finished::Kept)).unwrap_err();
    assert!(matches!(error, ImportError::Case(CaseError::Vacant(_))), "{error}");
}

#[test]
fn a_day_that_cannot_be_is_found_by_the_check_as_by_the_import_and_says_why() {
    for finished in Finished::ALL {
        let mut town = town();
        let list = sheet(
            "1,参保登记,王小明,,,1900-01-01,\n2,参保登记,李秀英,,,2026-10-30,1949-09-30\n3,参保登记,赵四,,,2026-10-30,\n",
        );
        let found = checked(&town, &list, finished);
        assert_eq!((found.bad, found.sound + found.doubtful), (2, 1), "{found:?}");
        let imported = import(&mut town, &list, finished);
        assert_eq!((imported.taken, imported.bad.clone()), (1, found.faults), "the same faults");
        let file = String::from_utf8(bad_rows(&list, &imported.bad, false)).unwrap();
        assert!(file.contains("1900-01-01,,收件时间“1900-01-01”早于 1949-10-01"), "{file}");
    }
}

#[test]
fn what_the_law_alone_refuses_is_found_by_the_check_too() {
    let mut town = town();
    // Decided before its acceptance, on a joint or unknown item alike: the role may not.
    let list = sheet("1,参保登记,王小明,,,2026-11-01,2026-11-01\n");
    let mapping = guess(&list.head);
    let how = How { role: Some(Role::Supervisor), ..how(Finished::Handled) };
    let found = check(&town, NINE, (&list, &mapping), &how).unwrap();
    let imported = super::import(&mut town, NINE, (&list, &mapping), &how).unwrap();
    assert_eq!((found.sound, found.doubtful, imported.taken), (0, 1, 1));
    let said = &imported.unfinished[0].why[0].zh;
    assert!(!said.is_empty() && found.doubts[0].why.iter().any(|why| why.zh.contains(said)));
}

/// Cases of a list, decided weeks ago.
const OVER: &str = "编号,事项,申请人,收件时间,决定时间,送达日期\n\
    1,参保登记,王小明,2026-10-12 10:00,2026-10-12 11:00,2026-10-12\n\
    2,参保登记,李秀英,2026-10-12 10:00,2026-10-12 11:00,2026-10-13\n\
    3,参保登记,赵四,2026-10-12 10:00,2026-10-12 11:00,\n\
    4,参保登记,钱五,2026-11-02 08:00,,\n";

/// A township whose city gives cards for late entries.
fn ruled_town() -> Counter {
    use crate::cases::fixture::{city, county, publish_rules, red_rule, send};
    let (mut city, mut county, mut town) = (city(), county(), town());
    publish_rules(&mut city, vec![red_rule(tongban_protocol::supervision::Mark::LateEntry)]);
    send(&mut city, &mut county, NINE);
    send(&mut county, &mut town, NINE);
    town
}

#[test]
fn what_another_system_finished_is_kept_and_neither_waits_nor_has_cards() {
    let mut town = ruled_town();
    let list = Sheet::read(OVER.replace("2026-10-12\n", "2026-10-12 12:00\n").as_bytes()).unwrap();
    let found = checked(&town, &list, Finished::Kept);
    assert_eq!((found.finished, found.kept, found.waiting, found.open), (3, 3, 0, 1));
    assert_eq!((found.looked, found.cards.as_slice()), (4, &[][..]));
    let imported = import(&mut town, &list, Finished::Kept);
    assert_eq!((imported.taken, imported.unfinished.len()), (4, 0), "{imported:?}");
    town.commit().unwrap();
    while town.is_uncounted() {
        town.count_facts(64).unwrap();
    }
    let open = crate::cases::desk(&town, &crate::cases::Sought::default(), NINE).unwrap();
    let names: Vec<&str> = open.lines.iter().map(|line| line.case.applicant.as_str()).collect();
    assert_eq!((open.count, names.as_slice()), (1, &["钱五"][..]));
    let homes = [tongban_protocol::place::Home::office(town.member().centre())];
    for case in crate::cases::list(&town, &homes, None, 10).unwrap().cases {
        let detail = show(&town, case.id.parse().unwrap()).unwrap().unwrap();
        assert_eq!(detail.materials.len(), 0, "the list says nothing of them: {detail:?}");
        let is_open = case.applicant == "钱五";
        assert_eq!(case.state.code == "imported", !is_open, "{case:?}");
        let cards = crate::cases::cards(&town, case.id.parse().unwrap(), NINE).unwrap().unwrap();
        assert_eq!(cards.cards.len(), 0, "{cards:?}");
    }
    assert_eq!(import(&mut town, &list, Finished::Handled).before, 4, "and are not taken again");
}

#[test]
fn the_check_tells_what_waits_and_which_cards_follow_and_so_it_comes() {
    let mut town = ruled_town();
    let list = Sheet::read(OVER.replace("2026-10-12\n", "2026-10-12 12:00\n").as_bytes()).unwrap();
    let found = checked(&town, &list, Finished::Handled);
    assert_eq!((found.finished, found.kept, found.waiting, found.open), (3, 0, 1, 1));
    let foretold: usize = found.cards.iter().map(|count| count.cards).sum();
    assert_eq!(found.cards[0].rule, "word");
    let imported = import(&mut town, &list, Finished::Handled);
    assert_eq!((imported.taken, imported.unfinished.len()), (4, 0), "{imported:?}");
    town.commit().unwrap();
    let homes = [tongban_protocol::place::Home::office(town.member().centre())];
    let listed = crate::cases::list(&town, &homes, None, 10).unwrap().cases;
    let cards = |case: &crate::cases::CaseSummary| {
        crate::cases::cards(&town, case.id.parse().unwrap(), NINE).unwrap().unwrap().cards.len()
    };
    let given: usize = listed.iter().map(cards).sum();
    assert_eq!((foretold, foretold > 0), (given, true), "{:?}", found.cards);
    let states: Vec<&str> = listed.iter().map(|case| case.state.code.as_str()).collect();
    assert_eq!(states.iter().filter(|state| **state == "delivered").count(), 2, "{states:?}");
    assert_eq!(states.iter().filter(|state| **state == "decided").count(), 1, "{states:?}");
}
