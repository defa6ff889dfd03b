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
