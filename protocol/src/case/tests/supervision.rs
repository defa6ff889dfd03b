//! Cards: what the rules give, and what becomes of them.

use super::*;
use crate::outage::{Evidence, OutageCause};
use crate::supervision::{Level, Mark, Rule, RuleSet, Trigger, Watched, cards, explain};

pub(super) fn rule(id: &str, trigger: Trigger, level: Level) -> Rule {
    let points = match level {
        Level::Warning => 0,
        Level::Yellow => 5,
        Level::Red => 10,
    };
    let (id, title) = (id.to_owned(), id.to_owned());
    Rule { id, title, trigger, level, points, answer_days: None, title_en: None }
}

fn rules() -> RuleSet {
    let rules = [
        rule("near", Trigger::Used(Watched::Promise, 90), Level::Warning),
        rule("last", Trigger::Left(Watched::Legal, 1), Level::Warning),
        rule("over", Trigger::Over(Watched::Promise, 0), Level::Yellow),
        rule("far", Trigger::Over(Watched::Promise, 3), Level::Red),
        rule("law", Trigger::Over(Watched::Legal, 0), Level::Red),
        rule("step", Trigger::Over(Watched::Step, 0), Level::Yellow),
        rule("pause", Trigger::PauseOver, Level::Yellow),
        rule("twice", Trigger::Marked(Mark::SecondNotice), Level::Yellow),
        rule("bare", Trigger::Marked(Mark::RefusedWithoutReason), Level::Red),
        rule("late", Trigger::Marked(Mark::LateExtension), Level::Red),
        rule("money", Trigger::Marked(Mark::NoFeeBasis), Level::Red),
        rule("word", Trigger::Marked(Mark::Complaint), Level::Yellow),
        rule("entry", Trigger::Marked(Mark::LateEntry), Level::Warning),
    ];
    RuleSet::new(rules.into()).unwrap()
}

/// The cards of a story as of a day: name without what names the event, and grade.
fn given(story: &str, today: &str) -> Vec<String> {
    let (events, today) = (events(story), day(today));
    let folded = fold_events(&events, &almanac()).on(today, &almanac());
    let cards = cards(&events, &folded, &rules(), (&almanac(), today));
    let told = cards.iter().map(|card| {
        assert!(!card.proof.is_empty(), "a card without proof: {card:?}");
        let name = card.name();
        let name = name.split_once("/0").map_or(name.as_str(), |(rule, _)| rule).to_owned();
        format!("{name} {}", card.level.zh())
    });
    told.collect()
}

/// Accepted on 3 December: the first step ends on the 6th, the promise on the 17th, the law on the
/// 31st.
const TAKEN: &str = "12-02 receive\n12-03 accept document=1\n12-06 finish-step note=初审
    12-09 finish-step note=复核";

#[test]
fn a_promise_in_danger_warns_and_a_broken_one_gets_its_card() {
    assert_eq!(given(TAKEN, "12-13"), [""; 0], "8 of 10 days");
    assert_eq!(given(TAKEN, "12-16"), ["near/promise 预警"], "9 of 10 days");
    assert_eq!(given(TAKEN, "12-17"), ["near/promise 预警"], "the last day");
    assert_eq!(given(TAKEN, "12-18"), ["over/promise 黄牌"]);
    assert_eq!(given(TAKEN, "12-20"), ["over/promise 黄牌"], "3 days over");
    assert_eq!(given(TAKEN, "12-23"), ["far/promise 红牌"], "the graver takes its place");
    let late = format!("{TAKEN}\n12-18 decide outcome=granted\n12-19 deliver");
    assert_eq!(given(&late, "12-31"), ["over/promise 黄牌"], "it stays after the decision");
    let kept = format!("{TAKEN}\n12-17 decide outcome=granted\n12-18 deliver");
    assert_eq!(given(&kept, "12-31"), [""; 0]);
}

#[test]
fn a_broken_law_gets_a_red_card() {
    assert_eq!(given(TAKEN, "12-30"), ["last/legal 预警", "far/promise 红牌"]);
    // 2014 has no notice here: 1 January is taken as off, the 2nd as worked.
    let events = events(TAKEN);
    let folded = fold_events(&events, &almanac());
    let today = date(2014, 1, 2);
    let cards = cards(&events, &folded, &rules(), (&almanac(), today));
    assert_eq!(cards[0].name(), "law/legal");
    assert_eq!(
        cards[0].figures.zh,
        "法定时限 20 个工作日，2013-12-03 起，最迟 2013-12-31 办结，已用 21 个工作日，已超 1 个工作日"
    );
    assert_eq!(
        cards[0].figures.en,
        "legal 20 working days, from 2013-12-03, to be done by 2013-12-31, 21 working days used, \
         over by 1 working day"
    );
}

#[test]
fn a_step_may_be_late_though_the_whole_is_in_time() {
    let story = "12-02 receive\n12-03 accept document=1\n12-09 finish-step note=初审
        12-10 finish-step note=复核\n12-11 decide outcome=granted\n12-11 deliver";
    assert_eq!(given(story, "12-31"), ["step/step-0 黄牌"]);
}

#[test]
fn what_an_event_shows_gets_its_card() {
    let second = "12-02 receive\n12-03 notice-supplement materials=身份证\n12-04 receive
        12-05 notice-supplement materials=申请表";
    assert_eq!(given(second, "12-06"), ["twice 黄牌"]);
    let bare = "12-02 receive\n12-02 reject ground=not-required remedy=行政复议";
    assert_eq!(given(bare, "12-02"), ["bare 红牌"]);
    let late = "10-08 receive\n10-08 accept document=1\n10-10 finish-step note=初审
        10-11 finish-step note=复核\n11-06 extend role=chief days=5 reason=复杂";
    assert!(given(late, "11-06").contains(&"late 红牌".to_owned()));
    assert_eq!(given("12-02 receive\n12-02 charge fee=2000", "12-02"), ["money 红牌"]);
    assert_eq!(given("12-02 receive\n12-02 charge fee=2000 basis=条例", "12-02"), [""; 0]);
    let told = "12-02 receive\n12-03 complain role=supervisor reason=态度";
    assert_eq!(given(told, "12-03"), ["word 黄牌"]);
    let entered = "12-02 receive\n12-02 accept document=1 recorded=12-05";
    assert_eq!(given(entered, "12-05"), ["entry 预警"]);
}

#[test]
fn a_special_procedure_that_lasts_longer_than_told_gets_its_card() {
    let story = format!("{TAKEN}\n12-10 start-procedure procedure=hearing document=1 days=3");
    assert_eq!(given(&story, "12-13"), [""; 0]);
    assert_eq!(given(&story, "12-16"), ["pause/procedure-0 黄牌"]);
}

#[test]
fn one_event_gets_a_card_for_each_thing_that_is_wrong_with_it() {
    let both = "12-02 receive\n12-02 charge fee=2000 recorded=12-05";
    assert_eq!(given(both, "12-05"), ["entry 预警", "money 红牌"]);
}

#[test]
fn a_procedure_that_lasted_too_long_is_proved_by_its_own_events() {
    let story = format!(
        "{TAKEN}\n12-10 start-procedure procedure=hearing document=1 days=3
        12-11 end-procedure\n12-12 start-procedure procedure=hearing document=2 days=1
        12-16 end-procedure"
    );
    let (events, today) = (events(&story), day("12-17"));
    let folded = fold_events(&events, &almanac());
    let cards = cards(&events, &folded, &rules(), (&almanac(), today));
    let card = cards.iter().find(|card| card.name() == "pause/procedure-1").unwrap();
    assert_eq!(card.proof, [events[6].0, events[7].0]);
}

#[test]
fn a_card_is_issued_appealed_against_and_withdrawn_and_never_goes_away() {
    let issued = format!(
        "{TAKEN}\n12-18 issue-card card=over/promise points=5 role=supervisor reason=超承诺 by=监察"
    );
    assert_eq!(folded(&issued).course.points(), 5);
    let appealed = format!("{issued}\n12-20 appeal card=over/promise appeal=outage reason=断网");
    let withdrawn = format!(
        "{appealed}\n12-23 rule-appeal card=over/promise ruling=withdrawn role=supervisor reason=属实 by=王"
    );
    assert_eq!(wrong(&withdrawn), [""; 0]);
    let course = folded(&withdrawn).course;
    assert_eq!(course.points(), 0, "the score is restored");
    let card = &course.issued["over/promise"];
    assert_eq!((card.on, card.withdrawn), (day("12-18"), Some(day("12-23"))));
    assert_eq!(given(&withdrawn, "12-23"), ["far/promise 红牌"], "what is computed is as it was");
}

#[test]
fn an_appeal_comes_in_time_and_is_ruled_on_by_somebody_else() {
    let issued = format!(
        "{TAKEN}\n12-18 issue-card card=over/promise role=supervisor reason=超承诺 by=监察"
    );
    let last = |story: &str| wrong(story).last().cloned().unwrap_or_default();
    let on = |day: &str| {
        last(&format!("{issued}\n{day} appeal card=over/promise appeal=outage reason=断网"))
    };
    assert_eq!(on("12-23"), "");
    assert_eq!(on("12-24"), "an appeal was due by 2013-12-23; on 2013-12-24 it is too late");
    let appealed = format!("{issued}\n12-19 appeal card=over/promise appeal=outage reason=断网");
    let ruled = |by: &str| {
        last(&format!(
            "{appealed}\n12-20 rule-appeal card=over/promise ruling=upheld role=supervisor reason=无据 by={by}"
        ))
    };
    assert_eq!(ruled("王"), "");
    assert_eq!(ruled("李"), "李 has had a hand in this case and may not rule on it");
    assert_eq!(ruled("_李"), " 李 has had a hand in this case and may not rule on it");
    let withdrawn = |by: &str| {
        last(&format!(
            "{issued}\n12-19 withdraw-card card=over/promise role=supervisor reason=误发 by={by}"
        ))
    };
    assert_eq!(withdrawn("监察"), "");
    assert_eq!(withdrawn("李"), "李 has had a hand in this case and may not rule on it");
    assert_eq!(withdrawn("李_"), "李  has had a hand in this case and may not rule on it");
    assert_eq!(
        last(&format!("{issued}\n12-19 withdraw-card card=other role=supervisor reason=误发")),
        "no card `other` was issued for this case, or it was withdrawn"
    );
    assert_eq!(
        last(&format!("{TAKEN}\n12-18 issue-card card=over/promise reason=超承诺")),
        "a window may not record `issue-card`; it takes supervisor"
    );
}

#[test]
fn rules_that_contradict_each_other_are_refused() {
    let refusal = |rules: &[Rule]| RuleSet::new(rules.to_vec()).unwrap_err().to_string();
    let over = |id, days, level| rule(id, Trigger::Over(Watched::Promise, days), level);
    assert_eq!(
        refusal(&[over("red", 0, Level::Red), over("yellow", 3, Level::Yellow)]),
        "rule `red` gives its card after 0 days, before `yellow` after 3 days: the graver must not come first"
    );
    assert_eq!(
        refusal(&[over("a", 0, Level::Red), over("a", 1, Level::Red)]),
        "two rules have the name `a`; rename one"
    );
    assert_eq!(
        refusal(&[rule("a", Trigger::Used(Watched::Legal, 0), Level::Warning)]),
        "rule `a`: 0 % is no share of a limit; write 1 to 100"
    );
    assert_eq!(
        refusal(&[rule("a", Trigger::Left(Watched::Legal, 1), Level::Red)]),
        "rule `a` gives a red card before anything is broken; give `warning` or `yellow`"
    );
}

#[test]
fn rules_travel_and_are_checked_on_arrival() {
    let bytes = minicbor::to_vec(rules()).unwrap();
    assert_eq!(minicbor::decode::<RuleSet>(&bytes).unwrap(), rules());
    let twice = vec![rules().rules()[0].clone(), rules().rules()[0].clone()];
    assert!(minicbor::decode::<RuleSet>(&minicbor::to_vec(twice).unwrap()).is_err());
}

/// The cards of a story as of a day, with how many outages concern each, and whether it is due.
fn explained(story: &str, today: &str, outages: &[(&str, &str, OutageCause)]) -> Vec<String> {
    let (events, today, almanac) = (events(story), day(today), almanac());
    let folded = fold_events(&events, &almanac).on(today, &almanac);
    let mut cards = cards(&events, &folded, &rules(), (&almanac, today));
    let event = EventId { recorded: HybridTime::default(), author: events[0].0.author };
    let outage = |(from, to, cause): &(&str, &str, OutageCause)| Evidence {
        from: morning(from),
        to: morning(to),
        cause: *cause,
        event,
    };
    let outages: Vec<Evidence> = outages.iter().map(outage).collect();
    explain(&mut cards, &events, &folded, (&almanac, today), &outages);
    let told = cards.iter().filter(|card| ["entry", "over"].contains(&&*card.rule)).map(|card| {
        let due = if card.is_explained { "explained" } else { "due" };
        format!("{} {} {due}", card.rule, card.outages.len())
    });
    told.collect()
}

#[test]
fn a_late_entry_is_explained_by_the_machine_that_did_not_run_and_by_no_broken_link() {
    // Happened on Monday the 2nd, recorded on Friday the 6th.
    let late = "12-02 receive\n12-02 accept document=1 recorded=12-06";
    let with = |from, to, cause| explained(late, "12-06", &[(from, to, cause)]);
    assert_eq!(explained(late, "12-06", &[]), ["entry 0 due"]);
    assert_eq!(with("12-03", "12-05", OutageCause::Machine), ["entry 1 explained"]);
    assert_eq!(with("12-03", "12-05", OutageCause::Link), ["entry 0 due"]);
    assert_eq!(with("12-04", "12-05", OutageCause::Machine), ["entry 0 due"], "the 3rd was free");
    assert_eq!(with("12-03", "12-04", OutageCause::Machine), ["entry 0 due"], "the 5th was free");
}

#[test]
fn the_card_of_a_clock_names_the_outages_of_its_last_days_and_stays_due() {
    // The promise ends on Tuesday the 17th; two working days before is Friday the 13th.
    let with = |from, to| explained(TAKEN, "12-18", &[(from, to, OutageCause::Link)]);
    assert_eq!(with("12-11", "12-12"), ["over 0 due"]);
    assert_eq!(with("12-11", "12-13"), ["over 1 due"]);
    assert_eq!(with("12-17", "12-18"), ["over 1 due"]);
    assert_eq!(with("12-18", "12-18"), ["over 0 due"]);
}

#[test]
fn a_graver_card_that_would_come_before_a_lighter_one_for_the_same_clock_is_refused() {
    use Watched::{Legal, Promise};
    let refused = |graver: Trigger, lighter: Trigger| {
        let rules = [rule("pale", lighter, Level::Warning), rule("bold", graver, Level::Yellow)];
        RuleSet::new(rules.into()).map_err(|error| error.to_string()).err()
    };
    let said = refused(Trigger::Used(Promise, 50), Trigger::Used(Promise, 90)).unwrap();
    assert_eq!(
        said,
        "rule `bold` gives its card at 50 % of the limit, before `pale` at 90 % of the limit: the graver must not come first"
    );
    let said = refused(Trigger::Left(Legal, 3), Trigger::Left(Legal, 1)).unwrap();
    assert!(said.contains("with 3 days left, before `pale` with 1 days left"), "{said}");
    let said = refused(Trigger::Over(Legal, 1), Trigger::Over(Legal, 3)).unwrap();
    assert!(said.contains("after 1 days, before `pale` after 3 days"), "{said}");
    assert!(refused(Trigger::Used(Legal, 90), Trigger::Over(Legal, 0)).is_some());
    let said = refused(Trigger::Used(Promise, 90), Trigger::Used(Promise, 90)).unwrap();
    assert!(said.contains("`bold` and `pale` apply at the same moment"), "{said}");
    for (graver, lighter) in [
        (Trigger::Used(Promise, 90), Trigger::Used(Promise, 50)),
        (Trigger::Used(Promise, 50), Trigger::Used(Legal, 90)),
        (Trigger::Left(Legal, 1), Trigger::Left(Legal, 3)),
        (Trigger::Left(Legal, 3), Trigger::Used(Legal, 90)),
        (Trigger::Over(Legal, 0), Trigger::Left(Legal, 3)),
    ] {
        assert_eq!(refused(graver, lighter), None, "{graver:?} {lighter:?}");
    }
}

#[test]
fn no_centre_rules_on_a_card_for_its_own_handling() {
    // The county decided a township's case, two working days over the promise.
    let decided = format!("{TAKEN}\n12-19 decide outcome=granted\n12-19 deliver");
    let issued =
        format!("{decided}\n12-20 issue-card card=over/promise role=supervisor reason=超 by=监察");
    let appealed = format!("{issued}\n12-20 appeal card=over/promise appeal=outage reason=断网");
    for (story, said) in [
        (&appealed, "rule-appeal card=over/promise ruling=withdrawn"),
        (&issued, "withdraw-card card=over/promise"),
    ] {
        let of = |tier: &str| {
            let line = format!("12-23 {said} role=supervisor reason=属实 by=王 tier={tier}");
            wrong(&format!("{story}\n{line}")).first().cloned().unwrap_or_default()
        };
        let kind = said.split(' ').next().unwrap();
        let refused = format!("the County handled this case; `{kind}` takes a centre above it");
        assert_eq!(of("county"), refused);
        assert_eq!(of("township"), refused);
        assert_eq!(of("city"), "");
    }
    let below = TAKEN.replace("document=1", "document=1 tier=township");
    let ruled = format!(
        "{below}\n12-18 issue-card card=over/promise role=supervisor reason=超 by=监察
        12-19 withdraw-card card=over/promise role=supervisor reason=误 by=王 tier=county"
    );
    assert_eq!(wrong(&ruled), [""; 0], "the county stands above a township that handled it");
    // The city's own: somebody else there.
    let own = format!(
        "{TAKEN}\n12-19 decide outcome=granted tier=city by=市\n12-20 issue-card card=over/promise role=supervisor reason=超 by=监察"
    );
    let by = |by: &str| {
        let line = "12-23 withdraw-card card=over/promise role=supervisor reason=误";
        wrong(&format!("{own}\n{line} by={by}")).first().cloned().unwrap_or_default()
    };
    assert_eq!(by("王"), "");
    assert_eq!(by("市_"), "市  has had a hand in this case and may not rule on it");
}

#[test]
fn rules_that_say_nothing_or_too_much_are_refused_and_what_was_published_stays() {
    let good = rule("over", Trigger::Over(Watched::Promise, 0), Level::Yellow);
    let red = rule("law", Trigger::Over(Watched::Legal, 0), Level::Red);
    let changed = |change: fn(&mut Rule)| {
        let mut bad = good.clone();
        change(&mut bad);
        vec![bad, red.clone()]
    };
    for (rules, en, zh) in [
        (vec![], "has no rules", "没有规则"),
        (changed(|it| it.id.clear()), "`` is no name of a rule", "不能作规则名"),
        (changed(|it| it.id = "a/b".to_owned()), "`a/b` is no name", "“a/b”不能作规则名"),
        (changed(|it| it.title = " ".to_owned()), "`over` has no title", "没有标题"),
        (changed(|it| it.points = 101), "above the limit of 100", "超过上限 100 分"),
        (changed(|it| it.points = 11), "`law` takes 10 points off, fewer", "少于较轻的"),
        (changed(|it| it.answer_days = Some(0)), "gives 0 working days", "请写 1 至 60"),
        (changed(|it| it.answer_days = Some(61)), "gives 61 working days", "请写 1 至 60"),
        (
            changed(|it| it.trigger = Trigger::Over(Watched::Legal, 0)),
            "`law` and `over` apply at the same moment",
            "同时发牌",
        ),
    ] {
        let bytes = minicbor::to_vec(&rules).unwrap();
        let error = RuleSet::new(rules).unwrap_err();
        assert!(error.to_string().contains(en), "{error}");
        assert!(error.zh().contains(zh), "{}", error.zh());
        assert!(minicbor::decode::<RuleSet>(&bytes).is_ok(), "an earlier version took it: {error}");
    }
}
