//! One story for each clock and each mark that supervision knows, and the card that it comes to.

use std::collections::BTreeSet;

use super::supervision::rule;
use super::*;
use crate::case::{Breach, TermsPart};
use crate::supervision::{Level, Mark, RuleSet, Trigger, Watched, cards};

/// One rule for each clock and each mark, under its own name.
fn rules() -> RuleSet {
    let clocks =
        Watched::ALL.iter().map(|clock| rule(clock.en(), Trigger::Over(*clock, 0), Level::Yellow));
    let marks = Mark::ALL.iter().map(|mark| rule(mark.en(), Trigger::Marked(*mark), Level::Yellow));
    RuleSet::new(clocks.chain(marks).collect()).unwrap()
}

/// What each is about, the story, and the day on which it is looked at.
const STORIES: [(&str, &str, &str); 21] = [
    ("terms-differ", "12-02 receive", "12-02"),
    ("notice", "12-02 receive", "12-12"),
    ("legal", "11-04 receive\n11-04 accept document=1", "12-31"),
    ("promise", "12-02 receive\n12-02 accept document=1", "12-18"),
    ("step", "12-02 receive\n12-02 accept document=1", "12-06"),
    ("review", "11-04 receive tier=review\n11-04 accept document=1", "12-31"),
    ("delivery", "12-02 receive\n12-02 accept document=1\n12-03 decide outcome=granted", "12-31"),
    ("hand-over", "12-02 receive plan=1\n12-02 accept document=1", "12-31"),
    ("paper", "11-04 refer part=0\n11-04 acknowledge tier=county", "12-31"),
    (
        "hearing",
        "11-04 receive\n11-04 accept document=1
        11-05 start-procedure procedure=hearing document=2 days=60",
        "12-31",
    ),
    ("deemed-acceptance", "12-02 receive\n12-12 accept document=1", "12-12"),
    (
        "second-notice",
        "12-02 receive\n12-02 notice-supplement materials=身份证\n12-03 receive
        12-03 notice-supplement materials=申请表",
        "12-03",
    ),
    ("unlisted-material", "12-02 receive\n12-02 notice-supplement materials=证明", "12-03"),
    ("no-document", "12-02 receive\n12-02 accept", "12-02"),
    (
        "unlisted-procedure",
        "12-02 receive\n12-02 accept document=1
        12-02 start-procedure procedure=auction document=2 days=3",
        "12-02",
    ),
    (
        "went-alone",
        "12-02 receive\n12-02 accept document=1\n12-02 finish-step note=初审 staff=李",
        "12-02",
    ),
    ("late-entry", "12-02 receive recorded=12-06", "12-06"),
    (
        "refused-without-reason",
        "12-02 receive\n12-02 reject ground=not-required remedy=复议",
        "12-02",
    ),
    ("no-fee-basis", "12-02 receive\n12-02 charge fee=100", "12-02"),
    ("complaint", "12-02 receive\n12-02 complain role=supervisor reason=态度", "12-02"),
    (
        "late-extension",
        "10-08 receive\n10-08 accept document=1\n11-28 extend role=chief days=5 reason=难",
        "11-28",
    ),
];

/// The rules whose cards a story comes to.
fn given(story: &str, today: &str) -> BTreeSet<String> {
    let (mut events, today) = (events(&story.replace(" tier=review", "")), day(today));
    if story.contains("tier=review") {
        let detail = events[0].1.detail.as_mut().unwrap();
        detail.terms.as_mut().unwrap().case_type = CaseType::HandedUp;
    }
    let mut folded = fold_events(&events, &almanac()).on(today, &almanac());
    // What the catalogue says to the terms of a receipt; it is held against them elsewhere.
    let differs = Breach::TermsDiffer { parts: vec![TermsPart::Promise] };
    folded.course.breaches.entry(events[0].0).or_default().push(differs);
    cards(&events, &folded, &rules(), (&almanac(), today)).into_iter().map(|it| it.rule).collect()
}

#[test]
fn each_clock_and_each_mark_comes_to_its_card() {
    for (wanted, story, today) in STORIES {
        let given = given(story, today);
        assert!(given.contains(wanted), "{wanted} is not among {given:?}");
    }
    let tried: BTreeSet<&str> = STORIES.iter().map(|(wanted, _, _)| *wanted).collect();
    let rules = rules();
    let untried = rules.rules().iter().find(|rule| !tried.contains(rule.id.as_str()));
    assert_eq!(untried, None);
}
