//! Numbers: the examples of the trade, and the arithmetic as properties.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::check::{mod_11_10, mod_37_2};
use super::*;
use crate::identity::{Author, NodeId};
use crate::place::Division;

const TODAY: Date = date(2026, 11, 2);

fn author(node: u8, incarnation: u32) -> Author {
    Author { node: NodeId([node; 16]), incarnation }
}

fn number(centre: &str, last: u32) -> CaseNumber {
    let centre: Division = centre.parse().unwrap();
    CaseNumber::next(centre, TODAY, Allotment::of(author(1, 0)), last).unwrap()
}

/// One line for one applicant's number: what it is, and what is doubted.
fn says(typed: &str) -> String {
    let Ok(Reading { number, doubts }) = ApplicantNumber::read(typed, TODAY) else {
        return "no shape".to_owned();
    };
    let what = match &number {
        ApplicantNumber::Person(PersonNumber { birth, sex, .. }) => {
            format!("{} {sex:?}", birth.map_or_else(|| "?".to_owned(), |it| it.to_string()))
        }
        ApplicantNumber::Organisation(OrganisationNumber { kind, .. }) => format!("{kind:?}"),
    };
    let doubts: Vec<String> = doubts.iter().map(ToString::to_string).collect();
    format!("{} {what}: {}", number.as_str(), doubts.join("; "))
}

#[test]
fn check_characters_are_those_of_the_standards_own_examples() {
    assert_eq!(mod_37_2("G123489654321"), Some('Y'));
    assert_eq!(mod_37_2("G123498654321"), Some('H'));
    assert_eq!(mod_11_10("11010800000001"), Some('6'));
    assert_eq!(mod_11_10("0794"), Some('5'));
    assert_eq!((mod_37_2("a"), mod_37_2("12 3"), mod_11_10("1X")), (None, None, None));
}

#[test]
fn a_number_names_centre_day_machine_and_serial() {
    let one = number("510921103", 0);
    assert_eq!(one.to_string(), "510921103-20261102-NE3J-00001-6");
    assert_eq!((one.day(), one.serial(), one.allotment()), (TODAY, 1, Allotment::of(author(1, 0))));
    for (division, shown) in [
        ("510900", "510900000"),
        ("51", "510000000"),
        ("SNKFQ", "SNKFQ0000"),
        ("510921103201", "510921103"),
        ("GXQ510900ABC", "GXQ510900"),
    ] {
        let number = number(division, 41).to_string();
        assert_eq!(number.split('-').next(), Some(shown), "{division}");
        assert_eq!(number.parse::<CaseNumber>().unwrap().to_string(), number);
    }
}

#[test]
fn a_number_is_read_as_people_type_it() {
    let one = number("510921103", 0);
    let shown = one.to_string();
    let wide: String =
        shown.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
    for typed in [
        shown.clone(),
        shown.replace('-', ""),
        shown.to_lowercase(),
        format!(" {} ", shown.replace('-', " ")),
        shown.replace('-', "—"),
        wide,
    ] {
        assert_eq!(typed.parse(), Ok(one), "{typed}");
    }
}

#[test]
fn a_wrong_number_says_which_part_is_wrong() {
    let cases = [
        "",
        "510921103-20261102-NE3J-0001-6",
        "510921103-20261102-NE*J-00001-6",
        "510921103-20261302-NE3J-00001-6",
        "510921103-2O261102-NE3J-00001-6",
        "510921103-20261102-NE3J-00000-6",
        "510921103-20261102-NE3J-0000I-6",
        "510921103-20261102-NE3J-00002-6",
    ];
    let said = cases.map(|typed| {
        let error = typed.parse::<CaseNumber>().unwrap_err();
        format!("{error} | {}", error.zh())
    });
    insta::assert_snapshot!(said.join("\n"), @"
    a case number has 27 characters besides its dashes, this one has 0 | 办件编号除短横外应为 27 位，现为 0 位
    a case number has 27 characters besides its dashes, this one has 26 | 办件编号除短横外应为 27 位，现为 26 位
    `*` in place 20 is neither a digit nor a letter | 第 20 位“*”既不是数字也不是字母
    the second part, `20261302`, is no day; year, month and day are needed, as in 20261102 | 第二段“20261302”不是日期，应为年月日，如 20261102
    the second part, `2O261102`, is no day; year, month and day are needed, as in 20261102 | 第二段“2O261102”不是日期，应为年月日，如 20261102
    the fourth part, `00000`, is no serial; 00001 to 99999 are needed | 第四段“00000”不是流水号，应为 00001 至 99999
    the fourth part, `0000I`, is no serial; 00001 to 99999 are needed | 第四段“0000I”不是流水号，应为 00001 至 99999
    the check character `6` at the end does not fit: one character is wrong, or two have changed places; compare it with the receipt | 末位校验码“6”不符：有一位写错或相邻两位写反；请核对收件凭证
    ");
}

#[test]
fn serials_run_to_the_last_and_then_stop() {
    let (centre, allotment) = ("510900".parse().unwrap(), Allotment::of(author(1, 0)));
    let (mut last, mut given) = (0, 0);
    while let Ok(number) = CaseNumber::next(centre, TODAY, allotment, last) {
        assert!(number.serial() > last && number.serial() - last <= 2);
        last = number.serial();
        given += 1;
    }
    assert!(last >= SERIAL_MAX - 1);
    assert_eq!(given, 97_298);
    for last in [SERIAL_MAX, u32::MAX] {
        let spent = CaseNumber::next(centre, TODAY, allotment, last).unwrap_err();
        assert_eq!(spent, NoNumberLeft::Spent(TODAY));
    }
    let before = CaseNumber::next(centre, date(-1, 1, 1), allotment, 0).unwrap_err();
    assert_eq!(before, NoNumberLeft::Day(date(-1, 1, 1)));
}

#[test]
fn no_two_lives_of_a_machine_share_an_allotment() {
    for node in 0..=255 {
        let lives = (0..40).chain(1_679_000..1_679_616);
        let seen: BTreeSet<_> = lives.map(|life| Allotment::of(author(node, life))).collect();
        assert_eq!(seen.len(), 656);
    }
    let machines: BTreeSet<_> = (0..=255).map(|node| Allotment::of(author(node, 0))).collect();
    assert_eq!(machines.len(), 256);
}

#[test]
fn numbers_of_applicants_are_read_with_their_doubts() {
    let typed = [
        // People.
        "11010519491231002X",
        "34052419800101001X",
        "440524188001010014",
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２ｘ",
        "110105 19491231 002X",
        "110105194912310021",
        "110105194913310029",
        "11010520491231002X",
        "130503670401001",
        "110105491231002",
        "110105101231998",
        // Organisations.
        "91350100M000100Y43",
        "91110000101623741K",
        "911101066976941872",
        "91350100m000100y43",
        "91350100M000100Y4A",
        "91350211M0000XUF46",
        "9135O100M000100Y43",
        "91350100M000100I43",
        "110108000000016",
        "110108000000017",
        "D2143569-X",
        "D21435690",
        "D2I43569-5",
        // Neither.
        "",
        "E1234567",
        "张三",
        "11010519491231002XX",
        "1101054912310021",
        "91350100*000100Y43",
    ];
    let said = typed.map(says);
    insta::assert_snapshot!(said.join("\n"), @"
    11010519491231002X 1949-12-31 Female: 
    34052419800101001X 1980-01-01 Male: 
    440524188001010014 1880-01-01 Male: 
    11010519491231002X 1949-12-31 Female: 
    11010519491231002X 1949-12-31 Female: 
    11010519491231002X 1949-12-31 Female: 
    110105194912310021 1949-12-31 Female: the check character is `1` where the rule gives `X`; compare it with the paper
    110105194913310029 ? Female: the birth date `19491331` is no day; compare it with the paper; the check character is `9` where the rule gives `1`; compare it with the paper
    11010520491231002X 2049-12-31 Female: the birth date 2049-12-31 is still to come; compare it with the paper; the check character is `X` where the rule gives `6`; compare it with the paper
    130503670401001 1967-04-01 Male: 
    110105491231002 1949-12-31 Female: 15 digits can be an old identity number or a registration number; confirm which
    110105101231998 1810-12-31 Female: 
    91350100M000100Y43 UnifiedCode: 
    91110000101623741K UnifiedCode: 
    911101066976941872 UnifiedCode: 
    91350100M000100Y43 UnifiedCode: 
    91350100M000100Y4A UnifiedCode: the check character is `A` where the rule gives `3`; compare it with the paper
    91350211M0000XUF46 UnifiedCode: the check character is `6` where the rule gives `R`; compare it with the paper
    9135O100M000100Y43 UnifiedCode: `O` in place 5 is not used in such a number; compare it with the paper
    91350100M000100I43 UnifiedCode: `I` in place 16 is not used in such a number; compare it with the paper
    110108000000016 RegistrationNumber: 
    110108000000017 RegistrationNumber: the check character is `7` where the rule gives `6`; compare it with the paper; 15 digits can be an old identity number or a registration number; confirm which
    D2143569X OrganisationCode: 
    D21435690 OrganisationCode: the check character is `0` where the rule gives `X`; compare it with the paper
    D2I435695 OrganisationCode: the check character is `5` where the rule gives `0`; compare it with the paper
    no shape
    no shape
    no shape
    no shape
    no shape
    no shape
    ");
}

#[test]
fn fifteen_digits_that_can_be_either_are_asked_about() {
    // A registration number of which the serial happens to begin with a day.
    let start = "51092149123100";
    let text = format!("{start}{}", mod_11_10(start).unwrap());
    let Reading { number, doubts } = ApplicantNumber::read(&text, TODAY).unwrap();
    assert!(matches!(number, ApplicantNumber::Person(_)));
    assert_eq!(doubts, [Doubt::EitherKind]);
}

#[test]
fn every_doubt_says_itself_in_both_languages() {
    let doubts = [
        Doubt::Check { expected: '0', found: 'X' },
        Doubt::Character { place: 3, found: 'O' },
        Doubt::NoBirthDate("19491331".to_owned()),
        Doubt::BornLater(TODAY),
        Doubt::EitherKind,
        Doubt::NoShape,
    ];
    for doubt in doubts {
        assert!(doubt.zh().contains(['请']), "{}", doubt.zh());
        assert!(doubt.to_string().contains("paper") || doubt.to_string().contains("confirm"));
        assert!(doubt.code().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
    }
}

const UNIFIED: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

fn person(text: &str) -> Option<(PersonNumber, Vec<Doubt>)> {
    PersonNumber::read(text, TODAY)
}

/// The check characters that leave no doubt of the check.
fn fitting(
    start: &str,
    alphabet: &str,
    doubts: impl Fn(&str) -> Option<Vec<Doubt>>,
) -> Vec<String> {
    let fits = |text: &String| {
        doubts(text).is_some_and(|all| !all.iter().any(|it| matches!(it, Doubt::Check { .. })))
    };
    alphabet.chars().map(|check| format!("{start}{check}")).filter(fits).collect()
}

proptest! {
    #[test]
    fn the_check_catches_every_wrong_character_and_every_swap_of_neighbours(
        centre in "[0-9A-Z]{2,12}",
        days in 0_i32..60_000,
        node in any::<[u8; 16]>(),
        last in 0..SERIAL_MAX - 2,
    ) {
        let day = date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        let allotment = Allotment::of(Author { node: NodeId(node), incarnation: 7 });
        let number = CaseNumber::next(centre.parse().unwrap(), day, allotment, last).unwrap();
        let text = plain(&number.to_string());
        prop_assert_eq!(text.parse::<CaseNumber>(), Ok(number));
        let good = |text: &str| mod_37_2(&text[..26]) == text[26..].chars().next();
        for place in 0..text.len() {
            for wrong in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".chars() {
                let mut bad = text.clone();
                bad.replace_range(place..=place, wrong.encode_utf8(&mut [0; 4]));
                prop_assert!(bad == text || !good(&bad), "{} for {}", bad, text);
                prop_assert!(bad == text || bad.parse::<CaseNumber>().is_err());
            }
            let mut bad: Vec<char> = text.chars().collect();
            if place + 1 < bad.len() && bad[place] != bad[place + 1] {
                bad.swap(place, place + 1);
                let bad: String = bad.into_iter().collect();
                prop_assert!(!good(&bad) && bad.parse::<CaseNumber>().is_err(), "{}", bad);
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused_without_a_panic(text in "\\PC{0,40}", wide in "[0-9X-]{9,20}") {
        for text in [text, wide] {
            let _ = text.parse::<CaseNumber>();
            let _ = ApplicantNumber::read(&text, TODAY);
        }
    }

    #[test]
    fn an_identity_number_has_exactly_one_check_character_and_shows_each_wrong_digit(
        region in 100_000_u32..820_000,
        days in 0_i32..40_000,
        order in 0_u32..1_000,
        place in 0_usize..17,
        wrong in 0_u8..10,
    ) {
        let born = date(1900, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        let digits = format!("{:04}{:02}{:02}", born.year(), born.month(), born.day());
        let start = format!("{region}{digits}{order:03}");
        let doubts = |text: &str| person(text).map(|(_, doubts)| doubts);
        let fits = fitting(&start, "0123456789X", doubts);
        prop_assert_eq!(fits.len(), 1);
        let (read, doubts) = person(&fits[0]).unwrap();
        prop_assert_eq!(read.birth, Some(born));
        prop_assert_eq!(read.sex == Sex::Male, order % 2 == 1);
        prop_assert_eq!(doubts.is_empty(), born <= TODAY);
        let mut bad = fits[0].clone();
        bad.replace_range(place..=place, &wrong.to_string());
        prop_assert!(bad == fits[0] || !person(&bad).unwrap().1.is_empty());
    }

    #[test]
    fn codes_of_organisations_have_exactly_one_check_character(
        kind in "[159Y][1239]",
        division in 100_000_u32..660_000,
        code in "[0-9A-HJ-NP-RTUW-Y]{9}",
        old in "[0-9A-Z]{8}",
        registration in "[0-9]{14}",
    ) {
        let unified = format!("{kind}{division}{code}");
        let starts = [(unified, UNIFIED), (old, "0123456789X"), (registration, "0123456789")];
        for (start, alphabet) in starts {
            let doubts = |text: &str| OrganisationNumber::read(text).map(|(_, doubts)| doubts);
            prop_assert_eq!(fitting(&start, alphabet, doubts).len(), 1, "{}", start);
        }
    }
}
