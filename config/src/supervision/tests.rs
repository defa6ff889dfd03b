//! The shipped rules, and rules that are refused.

use super::*;

const SHIPPED: &str = include_str!("../../suining/supervision.toml");

fn refusal(change: impl Fn(&str) -> String) -> String {
    Supervision::parse("s.toml", &change(SHIPPED)).unwrap_err().to_string()
}

#[test]
fn the_shipped_rules_are_read_with_every_published_set() {
    let read = Supervision::parse("s.toml", SHIPPED).unwrap();
    let names: Vec<&str> = read.sets.keys().map(String::as_str).collect();
    let all = ["chengdu", "eight-triggers", "one-day-before", "points", "recommended", "yulin"];
    assert_eq!(names, all);
    assert_eq!(read.rules().rules().len(), 23);
    let over = read.rules().rule("promise-far-over").unwrap();
    assert_eq!(over.trigger, Trigger::Over(Watched::Promise, 3));
    assert_eq!((over.level, over.points, over.answer_days), (Level::Red, 10, Some(5)));
    let yulin = read.sets["yulin"].rules.rule("promise-used").unwrap();
    assert_eq!((yulin.trigger, yulin.level), (Trigger::Used(Watched::Promise, 90), Level::Yellow));
}

#[test]
fn rules_with_unknown_keys_or_contradictory_thresholds_are_refused() {
    let unknown = refusal(|text| text.replacen("points = 5", "point = 5", 1));
    assert_eq!(
        unknown,
        "s.toml: set `recommended`, rule `promise-over`: unknown key `point`; there are id, title, title_en, when, clock, percent, days, level, points, answer_days (没有“point”这一项，可写的有 id, title, title_en, when, clock, percent, days, level, points, answer_days)"
    );
    let level = refusal(|text| text.replacen("level = \"yellow\"", "level = \"orange\"", 1));
    assert!(
        level.ends_with("(规则“promise-over”的 level 没有“orange”，可写的有 warning (预警), yellow (黄牌), red (红牌))"),
        "{level}"
    );
    let clock = refusal(|text| text.replacen("clock = \"promise\"", "clock = \"promised\"", 1));
    assert!(
        clock.contains("`clock = \"promised\"` is not known; there are notice (告知时限)"),
        "{clock}"
    );
    assert!(clock.contains("hearing (听证时限)"), "{clock}");
    assert_eq!(
        refusal(|text| text.replacen("percent = 90", "days = 90", 1)),
        "s.toml: set `recommended`, rule `promise-used`: `when = \"used\"` needs `clock` and `percent`, and no `days` (规则“promise-used”的 when 为“used”，须写 clock 和 percent，不写 days)"
    );
    let when =
        refusal(|text| text.replacen("when = \"second-notice\"", "when = \"third-notice\"", 1));
    assert!(
        when.contains("`when = \"third-notice\"` is not known; there are used (已用)"),
        "{when}"
    );
    assert!(when.contains("二次补正") && when.contains("可写的有"), "{when}");
    assert_eq!(
        refusal(|text| text.replacen(
            "clock = \"promise\", days = 0, level = \"yellow\"",
            "clock = \"promise\", days = 9, level = \"yellow\"",
            1
        )),
        "s.toml: set `recommended`: rule `promise-far-over` gives its card after 3 days, before `promise-over` after 9 days: the graver must not come first (规则“promise-far-over”超过 3 天后发牌，早于较轻的“promise-over”（超过 9 天后）；较重的牌不能先发)"
    );
    assert_eq!(
        refusal(|text| text.replacen("use = \"recommended\"", "use = \"mine\"", 1)),
        "s.toml: `use = \"mine\"` names no set; there are chengdu, eight-triggers, one-day-before, points, recommended, yulin (没有规则集“mine”，可用的见前)"
    );
}
