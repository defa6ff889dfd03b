//! Merge laws of what follows from a case: whoever holds the same changes tells the same state,
//! clocks and cards, whatever came first.

use std::collections::BTreeSet;
use std::convert::Infallible;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::supervision::rule;
use super::*;
use crate::document::{Edit, Paper};
use crate::outage::{Outage, OutageCause, OutageReport, evidence};
use crate::supervision::{Card, Level, Mark, RuleSet, Trigger, Watched, cards, explain};

const AUTHORS: usize = 3;

/// How a case begins, all at the first author: not yet accepted, accepted, a lead, a part.
const BEGINNINGS: [&str; 4] = [
    "12-02 receive",
    "12-02 receive\n12-03 accept document=1",
    "12-02 receive plan=1\n12-02 accept\n12-03 refer parts=0/1",
    "12-03 refer part=0\n12-03 acknowledge tier=county",
];

/// What may be said then, lawful or not; the day comes before it.
const SAID: [&str; 30] = [
    "receive",
    "notice-supplement materials=申请表",
    "notice-supplement materials=身份证/村委会证明",
    "correct materials=申请表",
    "reject ground=not-competent reason=无 remedy=县局",
    "accept",
    "finish-step note=初审",
    "finish-step note=复核 staff=李",
    "start-procedure procedure=hearing document=1 days=1",
    "start-procedure procedure=appraisal document=2 days=3",
    "end-procedure",
    "extend role=chief days=5 reason=复杂 tier=county",
    "hand-up",
    "decide outcome=granted note=准予 tier=county",
    "decide outcome=refused note=不予 reason=不符 remedy=复议 tier=city by=市",
    "decide outcome=refused note=不予",
    "deliver",
    "charge fee=100",
    "complain role=supervisor reason=属实 by=督",
    "issue-card role=supervisor card=over-promise/promise reason=超 points=5 by=督",
    "appeal card=over-promise/promise appeal=outage reason=断网",
    "rule-appeal role=supervisor card=over-promise/promise ruling=withdrawn reason=属实 by=王",
    "withdraw-card role=supervisor card=over-promise/promise reason=错 by=王",
    "withdraw-card role=supervisor card=over-promise/promise reason=错 by=_李 tier=county",
    "resolve role=supervisor outcome=refused reason=以市级为准 by=督",
    "ask-supplement materials=申请表 reason=缺 tier=county",
    "supplement tier=county",
    "convene gathering=survey parts=0/1",
    "withdraw",
    "terminate ground=other reason=无",
];

/// What happens next in the history of one case.
#[derive(Clone, Debug)]
enum Act {
    /// Somebody says something: who, so many days after the last, recorded so many days late.
    Say(usize, &'static str, u8, u8),
    /// The first hears everything that the second holds.
    Hear(usize, usize),
}

fn act() -> impl Strategy<Value = Act> {
    let say = (0..AUTHORS, select(SAID.to_vec()), 0..4_u8, prop_oneof![3 => Just(0), 1 => 1..5_u8]);
    prop_oneof![
        3 => say.prop_map(|(who, said, later, late)| Act::Say(who, said, later, late)),
        1 => (0..AUTHORS, 0..AUTHORS).prop_map(|(who, whom)| Act::Hear(who, whom)),
    ]
}

/// A counter: its paper, the changes that it holds, and its last time.
#[derive(Clone, Default)]
struct Desk {
    paper: Paper,
    held: Vec<Vec<u8>>,
    last: HybridTime,
}

impl Desk {
    fn say(&mut self, who: usize, line: &str) {
        let (recorded_at, event) = read(line);
        let author = Author { node: NodeId([u8::try_from(who).unwrap(); 16]), incarnation: 0 };
        let last = &mut self.last;
        let clock = || {
            *last = last.next(recorded_at);
            *last
        };
        self.held.extend(self.paper.edit(author, vec![Edit::Event(event)], clock).unwrap());
    }

    fn hear(&mut self, other: Self) {
        other.held.iter().for_each(|change| self.paper.apply(change).unwrap());
        self.held.extend(other.held);
        self.last = self.last.max(other.last);
    }
}

/// Every change of a history, and the last day on which something was recorded.
fn play(beginning: &str, acts: &[Act]) -> (Vec<Vec<u8>>, u8) {
    let mut desks = vec![Desk::default(); AUTHORS];
    beginning.lines().for_each(|line| desks[0].say(0, line.trim()));
    let (mut day, mut until) = (3, 3);
    let first = desks[0].clone();
    desks[1..].iter_mut().for_each(|desk| desk.hear(first.clone()));
    for act in acts {
        match act {
            Act::Say(who, said, later, late) => {
                day = (day + later).min(31);
                let recorded = (day + late).min(31);
                until = until.max(recorded);
                desks[*who].say(*who, &format!("12-{day:02} {said} recorded=12-{recorded:02}"));
            }
            Act::Hear(who, whom) => {
                let heard = desks[*whom].clone();
                desks[*who].hear(heard);
            }
        }
    }
    let mut all: Vec<Vec<u8>> = desks.into_iter().flat_map(|desk| desk.held).collect();
    all.sort();
    all.dedup();
    (all, until)
}

/// One rule of each trigger, for every clock and mark that there is.
fn rules() -> RuleSet {
    use Mark as M;
    let clocks = [
        ("notice", Watched::Notice),
        ("legal", Watched::Legal),
        ("promise", Watched::Promise),
        ("step", Watched::Step),
        ("review", Watched::Review),
        ("delivery", Watched::Delivery),
        ("hand-over", Watched::HandOver),
        ("paper", Watched::Paper),
        ("hearing", Watched::Hearing),
    ];
    let marks = [
        M::DeemedAcceptance,
        M::SecondNotice,
        M::UnlistedMaterial,
        M::NoDocument,
        M::UnlistedProcedure,
        M::WentAlone,
        M::LateEntry,
        M::RefusedWithoutReason,
        M::NoFeeBasis,
        M::Complaint,
        M::LateExtension,
        M::TermsDiffer,
    ];
    let of_clock = clocks.into_iter().flat_map(|(name, clock)| {
        let id = |word: &str| format!("{word}-{name}");
        [
            rule(&id("used"), Trigger::Used(clock, 50), Level::Warning),
            rule(&id("left"), Trigger::Left(clock, 1), Level::Warning),
            rule(&id("over"), Trigger::Over(clock, 0), Level::Yellow),
            rule(&id("far"), Trigger::Over(clock, 3), Level::Red),
        ]
    });
    let of_mark = marks.map(|mark| rule(&format!("{mark:?}"), Trigger::Marked(mark), Level::Red));
    let others = [
        rule("pause", Trigger::PauseOver, Level::Yellow),
        rule("silent", Trigger::Silent, Level::Red),
    ];
    RuleSet::new(of_clock.chain(of_mark).chain(others).collect()).unwrap()
}

/// The two editions of 2013 as the city published them, the second within the story.
fn published() -> Vec<(EventId, Event)> {
    let holiday = |on: Date| (on, Exception::Holiday, "节".to_owned());
    let first =
        vec![holiday(date(2013, 12, 25)), (date(2013, 12, 28), Exception::MakeUp, String::new())];
    let second = first.iter().cloned().chain([holiday(date(2013, 12, 11))]).collect();
    let author = Author { node: NodeId([9; 16]), incarnation: 0 };
    let publish = |(on, days): (&str, Vec<_>)| {
        let notice = Some(YearNotice::new(2013, days).unwrap());
        let event = Event::new(EventKind::Publish, morning(on), "市", "");
        let id = EventId { recorded: HybridTime::first_of(morning(on)), author };
        (id, event.with(Detail { notice, ..Detail::default() }))
    };
    [("01-02", first), ("12-05", second)].map(publish).into()
}

/// Everything that follows from the changes as they arrived: state, clocks and cards as bytes.
fn tell(
    arrived: &[&Vec<u8>],
    published: Vec<(EventId, Event)>,
    today: Date,
) -> (String, Vec<Card>) {
    let mut paper = Paper::default();
    arrived.iter().for_each(|change| paper.apply(change).unwrap());
    let almanac = Almanac::fold(published);
    let events = paper.view().events;
    let folded = fold_events(&events, &almanac).on(today, &almanac);
    let clocks = clocks_of(&folded.course, &almanac, today);
    let given = cards(&events, &folded, &rules(), (&almanac, today));
    (format!("{folded:?}\n{clocks:?}\n{given:?}"), given)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_order_of_the_same_changes_gives_the_same_state_clocks_and_cards(
        beginning in select(BEGINNINGS.to_vec()),
        acts in vec(act(), 1..16),
        orders in vec(vec(any::<u32>(), 48), 3),
        later in 0..9_u8,
    ) {
        let (changes, until) = play(beginning, &acts);
        let today = day(&format!("12-{:02}", (until + later).min(31)));
        let whole = tell(&changes.iter().collect::<Vec<_>>(), published(), today);
        for order in orders {
            // Every change twice, and the editions of the calendar, in this order.
            let mut twice: Vec<(u32, &Vec<u8>)> =
                order.iter().copied().zip(changes.iter().chain(&changes)).collect();
            twice.sort_by_key(|(key, _)| *key);
            let arrived: Vec<&Vec<u8>> = twice.into_iter().map(|(_, change)| change).collect();
            let mut editions = published();
            editions.rotate_left(order[0] as usize % 2);
            prop_assert_eq!(&tell(&arrived, editions, today), &whole);
        }
    }
}

/// What machines record of their own outages, as changes.
fn outage_records(spans: &[(usize, u8, u8)]) -> Vec<Vec<u8>> {
    let mut desks = vec![Desk::default(); AUTHORS];
    for (who, from, days) in spans {
        let (from, to) = (day(&format!("12-{from:02}")), day(&format!("12-{:02}", from + days)));
        let [from, to] = [from, to].map(|it| Timestamp(morning_ms(it)));
        let cause = if days % 2 == 0 { OutageCause::Link } else { OutageCause::Machine };
        let spans = vec![Outage { from, to, cause }];
        let report = OutageReport { spans, ..OutageReport::default() };
        let detail = Detail { outages: Some(Box::new(report)), ..Detail::default() };
        let event = Event::new(EventKind::Outage, to, "node", "").with(detail);
        let author = Author { node: NodeId([u8::try_from(*who).unwrap(); 16]), incarnation: 0 };
        let Desk { paper, held, last } = &mut desks[*who];
        let clock = || {
            *last = last.next(to);
            *last
        };
        held.extend(paper.edit(author, vec![Edit::Event(event)], clock).unwrap());
    }
    desks.into_iter().flat_map(|desk| desk.held).collect()
}

/// The cards of a story with the outages that concern them, whatever order their records came in.
fn explained(acts: &[Act], records: &[&Vec<u8>]) -> Vec<Card> {
    let (changes, until) = play(BEGINNINGS[1], acts);
    let (today, almanac) = (day(&format!("12-{until:02}")), almanac());
    let (mut case, mut outages) = (Paper::default(), Paper::default());
    changes.iter().for_each(|change| case.apply(change).unwrap());
    records.iter().for_each(|change| outages.apply(change).unwrap());
    let events = case.view().events;
    let folded = fold_events(&events, &almanac).on(today, &almanac);
    let mut given = cards(&events, &folded, &rules(), (&almanac, today));
    let counted = evidence(&outages.events(), |_, _| Ok::<_, Infallible>(None)).unwrap();
    explain(&mut given, &events, &folded, (&almanac, today), &counted);
    given
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_order_of_the_same_records_of_outages_explains_the_same_cards(
        acts in vec(act(), 1..12),
        spans in vec((0..AUTHORS, 2..20_u8, 1..6_u8), 1..6),
        order in vec(any::<u32>(), 12),
    ) {
        let records = outage_records(&spans);
        let whole = explained(&acts, &records.iter().collect::<Vec<_>>());
        let mut twice: Vec<(u32, &Vec<u8>)> =
            order.into_iter().zip(records.iter().chain(&records)).collect();
        twice.sort_by_key(|(key, _)| *key);
        let arrived: Vec<&Vec<u8>> = twice.into_iter().map(|(_, record)| record).collect();
        prop_assert_eq!(explained(&acts, &arrived), whole);
    }
}

#[test]
fn the_stories_of_this_law_come_to_cards_of_every_kind() {
    let mut given = BTreeSet::new();
    let mut runner = TestRunner::deterministic();
    for beginning in BEGINNINGS.into_iter().cycle().take(120) {
        let acts = vec(act(), 4..16).new_tree(&mut runner).unwrap().current();
        let (changes, until) = play(beginning, &acts);
        let today = day(&format!("12-{until:02}"));
        let (_, cards) = tell(&changes.iter().collect::<Vec<_>>(), published(), today);
        given.extend(cards.into_iter().map(|card| card.rule));
    }
    for rule in ["pause", "silent", "over-promise", "used-promise", "UnlistedMaterial", "LateEntry"]
    {
        assert!(given.contains(rule), "no story comes to `{rule}`: {given:?}");
    }
}
