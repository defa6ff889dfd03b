//! What the public pages read out of what comes to them.

use super::*;

#[test]
fn only_a_web_server_on_this_machine_is_believed_for_whom_it_asks() {
    let at = |text: &str| text.parse::<IpAddr>().unwrap();
    let (local, far) = (at("127.0.0.1"), at("203.0.113.7"));
    assert_eq!(from_whom(local, None), local);
    assert_eq!(from_whom(local, Some("198.51.100.1")), at("198.51.100.1"));
    assert_eq!(from_whom(local, Some("1.1.1.1, 198.51.100.1")), at("198.51.100.1"), "the last");
    assert_eq!(from_whom(local, Some("not an address")), local);
    assert_eq!(from_whom(far, Some("198.51.100.1")), far, "others say what they like");
    assert_eq!(from_whom(at("::ffff:127.0.0.1"), Some("2001:db8::1")), at("2001:db8::1"));
}

#[test]
fn what_is_wrong_with_number_and_code_is_said_beside_each_in_both_languages() {
    let typed = Fields::default().with("number", "510921103-20261102-MB7I-00001-X");
    let faults = Slip::read(&typed.with("code", "abc")).err().unwrap();
    for (language, number, code) in [
        (Language::Chinese, "校验码", "8 位"),
        (Language::English, "the check character", "has 8 digits"),
    ] {
        assert!(faults.of("number", language).unwrap().contains(number));
        assert!(faults.of("code", language).unwrap().contains(code));
    }
    let typed =
        Fields::default().with("number", "５１０９２１１０３２０２６１１０２ｍｂ７ｉ00001o");
    let slip = Slip::read(&typed.with("code", "7kq2 moxd")).ok().unwrap();
    assert_eq!(slip.number.to_string(), "510921103-20261102-MB7I-00001-O");
}

#[test]
fn a_guide_speaks_to_whoever_applies_and_not_to_those_who_keep_it() {
    let city = City::suining();
    let mut notes = 0;
    for guide in city.items.iter().map(|it| &it.item) {
        for language in [Language::Chinese, Language::English] {
            let page = html! { (item::facts(guide, language)) (item::sources(guide, language)) }
                .into_string();
            if language == Language::Chinese {
                assert!(guide.unknown().iter().all(|field| !page.contains(field)), "{page}");
            }
            let limits = [&guide.legal, &guide.promise];
            let of_limits = limits.into_iter().flatten().filter_map(|it| it.note.as_ref());
            for note in of_limits.chain(&guide.note).filter(|note| note.chars().count() > 4) {
                notes += 1;
                assert!(!page.contains(note.as_str()), "{note} in {page}");
            }
        }
    }
    assert!(notes > 20, "the shipped items have notes to keep out: {notes}");
}

#[test]
fn what_a_guide_does_not_state_is_a_sentence_in_the_language_of_who_reads() {
    let city = City::suining();
    let mut guide = city.items.iter().next().unwrap().item.clone();
    (guide.legal, guide.basis) = (None, Vec::new());
    let said = |language| item::unstated(&guide, language).unwrap();
    let (zh, en) = (said(Language::Chinese), said(Language::English));
    assert!(zh.starts_with("本指南还没有载明") && zh.contains("法定时限"), "{zh}");
    assert!(
        zh.contains("法律依据；需要了解的") && en.contains("the sources of law. "),
        "{zh} {en}"
    );
}
