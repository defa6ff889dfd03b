//! Every way that a case goes, over three stores in memory.

use std::collections::BTreeSet;

use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use tongban_node::cases::{Judgement, judge};
use tongban_node::publication;
use tongban_protocol::case::State;
use tongban_protocol::supervision::Level;

use super::*;
use crate::demo::generator::Story;
use crate::fixture::{self, CITY, COUNTY, Desk, NINE, TOWN, carry};

/// Township, county and city, the facts published; what one writes the others hold at once.
struct Office {
    desks: Vec<Desk>,
    rng: ChaCha12Rng,
}

impl Office {
    fn open(city: &City) -> Self {
        let mut hub = fixture::city();
        for sheet in unpublished(&hub, NINE, city).unwrap() {
            publication::write(&mut hub, NINE, sheet).unwrap();
        }
        let desks = vec![fixture::town(), fixture::county(), hub];
        let mut office = Self { desks, rng: ChaCha12Rng::from_seed([3; 32]) };
        office.share(2);
        office
    }

    fn share(&mut self, from: usize) {
        self.desks[from].commit().unwrap();
        let source = self.desks.remove(from);
        self.desks.iter_mut().for_each(|desk| carry(&source, desk, NINE));
        self.desks.insert(from, source);
    }

    /// Plays a case to its end; every command must be taken.
    fn play(&mut self, place: usize, mut case: GeneratedCase) -> DocumentId {
        let events = std::mem::take(&mut case.events);
        let story = case.story;
        let desk = &mut self.desks[place];
        let id = cases::take(desk, NINE, &mut self.rng, opening(case)).unwrap().id;
        self.share(place);
        let mut card = None;
        for (minute, PlannedEvent { by_tier, mut event, part, .. }) in (1..).zip(events) {
            let (now, by) = (NINE.plus_ms(minute * 60_000), by_tier as usize);
            if event.kind == EventKind::IssueCard {
                card = gravest(cases::cards(&self.desks[by], id, now).unwrap());
            }
            if !name_card(&mut event, card.as_ref()) {
                break;
            }
            let kind = event.kind;
            let id = match part {
                Some(part) => {
                    case_of(cases::parts(&self.desks[place], id, now).unwrap(), part).unwrap()
                }
                None => id,
            };
            if let Err(error) = cases::record(&mut self.desks[by], now, id, event) {
                panic!("{story:?} at {by}: {kind:?} is refused: {error}");
            }
            self.share(by);
        }
        id
    }
}

#[test]
fn every_way_is_taken_by_its_counter_and_every_store_judges_it_alike() {
    let city = City::suining();
    let offer = Arc::new(Offer::of(&city));
    let mut office = Office::open(&city);
    let (mut stories, mut rules, mut states) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut points = 0;
    for (place, code) in [TOWN, COUNTY, CITY].into_iter().enumerate() {
        let mut generator = Generator::new(place as u64, offer.clone());
        let centre = city.tree.centre(code.parse().unwrap()).unwrap();
        for _ in 0..80 {
            let case = generator.next_case(&place_of(&city, centre), NINE).unwrap();
            let story = case.story;
            let id = office.play(place, case);
            let judged: Vec<Judgement> = office.desks[place..]
                .iter()
                .map(|desk| (desk, desk.case(id).unwrap().unwrap()))
                .map(|(desk, file)| judge(desk, &file, NINE.plus_ms(9_000_000)).unwrap())
                .collect();
            assert!(judged.iter().all(|it| *it == judged[0]), "{story:?} {id}");
            let Judgement { folded, cards, .. } = &judged[0];
            assert!(folded.anomalies.is_empty(), "{story:?}: {folded:?}");
            if matches!(story, Story::Plain | Story::Supplement | Story::Pause | Story::Refuse) {
                assert!(folded.course.breaches.is_empty(), "{story:?}: {folded:?}");
                assert!(cards.iter().all(|card| card.level == Level::Warning), "{cards:?}");
            }
            assert!(folded.course.terms.is_some(), "{story:?}: no terms");
            stories.insert(story);
            rules.extend(cards.iter().map(|card| card.rule.clone()));
            states.insert(folded.course.state);
            points += folded.course.points();
        }
    }
    assert_eq!(stories.len(), 17, "{stories:?}");
    for rule in [
        "complaint",
        "deemed-acceptance",
        "late-entry",
        "legal-over",
        "no-fee-basis",
        "promise-far-over",
        "promise-over",
        "second-notice",
        "unlisted-material",
    ] {
        assert!(rules.contains(rule), "no card `{rule}` in {rules:?}");
    }
    for state in [State::Delivered, State::Withdrawn, State::Rejected, State::Terminated] {
        assert!(states.contains(&state), "{states:?}");
    }
    assert!(points > 0, "cards are issued");
}
