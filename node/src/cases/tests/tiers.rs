//! What one counter accepts, every other tier accepts on arrival.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tongban_protocol::document::EventId;

use super::super::fixture::street::{Street, act, anomalies, held};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// While everybody hears of everything at once, nothing is without effect anywhere.
    #[test]
    fn what_a_counter_accepts_has_its_effect_at_every_tier(acts in vec(act(), 1..24)) {
        let mut street = Street::open();
        for act in acts {
            if street.act(&act) {
                street.tell_all();
            }
            for counter in &street.counters {
                for case in held(counter).into_keys() {
                    prop_assert_eq!(anomalies(counter, case), [].into());
                }
            }
        }
    }

    /// While they are cut off from each other, what a counter accepts has its effect there at
    /// once, and later everywhere, unless something that it could not know stands before it.
    #[test]
    fn only_what_a_counter_could_not_know_takes_the_effect_of_what_it_accepted(
        acts in vec(act(), 1..40),
    ) {
        let mut street = Street::open();
        street.act_all(&acts);
        street.tell_all();
        for counter in &street.counters {
            let held = held(counter);
            for accepted in street.accepted.iter().filter(|it| held.contains_key(&it.case)) {
                let all = &held[&accepted.case];
                prop_assert!(all.contains(&accepted.event));
                let before: BTreeSet<EventId> = all.range(..accepted.event).copied().collect();
                let wrong = anomalies(counter, accepted.case);
                let is_told = before != accepted.past || !wrong.contains_key(&accepted.event);
                prop_assert!(is_told, "{:?}", wrong[&accepted.event]);
            }
        }
        let [town, county, city] = &street.counters;
        for (lower, upper) in [(town, county), (county, city)] {
            for case in held(lower).into_keys() {
                let [here, there] = [lower, upper].map(|it| it.case(case).unwrap());
                prop_assert_eq!(here.map(|it| it.folded), there.map(|it| it.folded));
            }
        }
    }
}

#[test]
fn the_stories_of_these_laws_come_to_every_step_and_to_contradictions() {
    let (mut kinds, mut wrong) = (BTreeSet::new(), 0);
    let mut runner = TestRunner::deterministic();
    for _ in 0..10 {
        let mut street = Street::open();
        let acts = vec(act(), 60).new_tree(&mut runner).unwrap().current();
        street.act_all(&acts);
        street.tell_all();
        for case in held(&street.counters[2]).into_keys() {
            let file = street.counters[2].case(case).unwrap().unwrap();
            kinds.extend(file.view.events.iter().map(|(_, event)| event.kind.en()));
            wrong += file.folded.anomalies.len();
        }
    }
    assert!(wrong > 0, "nobody decided against what another did not know");
    for kind in ["accept", "finish-step", "refer", "acknowledge", "decide", "deliver"] {
        assert!(kinds.contains(kind), "no story comes to `{kind}`: {kinds:?}");
    }
}
