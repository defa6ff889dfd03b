//! What one counter accepts beside cases (ratings, orders, service records, posts), every other tier
//! accepts on arrival.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tongban_protocol::document::{
    DocumentId, DocumentKind, EventId, EventKind, Outcome, Role, Satisfaction,
};
use tongban_protocol::service::{Answer, ServiceKind};
use tongban_protocol::{order, post, service};

use super::super::fixture::street::{self, CITY_AT, Street};
use super::super::fixture::{CITY, COUNTY, Counter, TOWN, event, rng};
use super::super::{NewEvent, Opinion, rate_away, record};
use crate::orders::{self, NewOrder, OrderAct, OrderStep};
use crate::posts::{self, PostWish};
use crate::records::{self, NewEntry, NewService};

const HOUR_MS: i64 = 3_600_000;
const PEOPLE: [&str; 3] = ["李芳", "张伟", "王强"];
const KINDS: [DocumentKind; 4] =
    [DocumentKind::Order, DocumentKind::ServiceRecord, DocumentKind::Post, DocumentKind::Rating];

/// Something that is done.
#[derive(Clone, Debug)]
enum Act {
    /// Somebody does something: who, with which kind of document, with which of them, in which words.
    Do(usize, usize, u8, u16),
    /// Somebody hears of another, or days go by.
    Other(street::Act),
}

fn act() -> impl Strategy<Value = Act> {
    let other = prop_oneof![
        2 => (0..3_usize, 0..3_usize).prop_map(|(from, to)| street::Act::Send(from, to)),
        1 => (1..4_u8).prop_map(street::Act::Wait),
    ];
    let done = (0..3_usize, 0..KINDS.len(), any::<u8>(), any::<u16>());
    prop_oneof![
        8 => done.prop_map(|(who, what, which, words)| Act::Do(who, what, which, words)),
        1 => other.prop_map(Act::Other),
    ]
}

type Held = BTreeMap<DocumentId, BTreeSet<EventId>>;

/// The events of each such document that a counter holds.
fn held(counter: &Counter) -> Held {
    let homes = counter.homes().into_iter();
    let all = homes.flat_map(|home| KINDS.map(|kind| (home, kind)));
    let all = all.flat_map(|(home, kind)| counter.documents(home, kind, None, 1_000).unwrap());
    all.map(|id| {
        let events = counter.paper(id).unwrap().unwrap().events();
        (id, events.into_iter().map(|(event, _)| event).collect())
    })
    .collect()
}

/// What a document comes to as a counter holds it, and its events without effect.
fn told(counter: &Counter, id: DocumentId) -> (String, BTreeSet<EventId>) {
    let events = counter.paper(id).unwrap().map(|paper| paper.events()).unwrap_or_default();
    match id.name.kind {
        DocumentKind::Order => {
            let folded = order::fold(&events, counter.almanac());
            (format!("{:?}", folded.order), folded.anomalies.into_keys().collect())
        }
        DocumentKind::ServiceRecord => {
            let mut folded = service::fold(&events);
            let void = std::mem::take(&mut folded.anomalies).into_keys().collect();
            (format!("{folded:?}"), void)
        }
        DocumentKind::Post => {
            let mut folded = post::fold(&events);
            let void = std::mem::take(&mut folded.anomalies).into_keys().collect();
            (format!("{folded:?}"), void)
        }
        _ => {
            let case = DocumentId::case(id.home.division, id.name.ulid);
            let mut ratings = counter.ratings(case).unwrap();
            // What the city was told behind the counter's back stays there.
            ratings.retain(|(event, _)| events.iter().any(|(it, _)| it == event));
            let counted: BTreeSet<EventId> = ratings.iter().map(|(event, _)| *event).collect();
            let is_of_city = id.home.division.to_string() == CITY;
            let void = events.iter().map(|(event, _)| *event);
            let void = void.filter(|event| !is_of_city && !counted.contains(event)).collect();
            (format!("{ratings:?}"), void)
        }
    }
}

/// What a counter accepted, and what stood before it in its document as held there.
struct Accepted {
    document: DocumentId,
    event: EventId,
    past: BTreeSet<EventId>,
}

/// A street with a decided case at the township and at the county.
struct Beside {
    street: Street,
    decided: Vec<DocumentId>,
    accepted: Vec<Accepted>,
    done: u8,
}

impl Beside {
    fn open() -> Self {
        let mut street = Street::open();
        let mut decided = Vec::new();
        for who in 0..CITY_AT {
            let now = street.clock(who);
            let counter = &mut street.counters[who];
            let own = counter.member().centre();
            let is_plain = |id: &DocumentId| {
                let course = counter.case(*id).unwrap().unwrap().folded.course;
                let is_joint = course.joint.plan.is_some() || course.joint.part.is_some();
                id.home.division == own && !is_joint
            };
            let id = street::held(counter).into_keys().find(is_plain).unwrap();
            for kind in ["accept", "decide"] {
                let said = event(kind);
                let mut detail = said.detail;
                detail.document = Some("文1号".to_owned());
                detail.outcome = (kind == "decide").then_some(Outcome::Granted);
                record(counter, now, id, NewEvent { detail, ..said }).unwrap();
                counter.commit().unwrap();
            }
            decided.push(id);
        }
        street.tell_all();
        Self { street, decided, accepted: Vec::new(), done: 0 }
    }

    /// Does something; true if a counter accepted it.
    fn act(&mut self, act: &Act) -> bool {
        match act {
            Act::Other(act) => self.street.act(act),
            Act::Do(who, what, which, words) => {
                self.street.now = self.street.now.plus_ms(60_000);
                self.done = self.done.wrapping_add(1);
                let before = held(&self.street.counters[*who]);
                let is_done = match KINDS[*what] {
                    DocumentKind::Order => self.order(*who, *which, *words),
                    DocumentKind::ServiceRecord => self.record(*who, *which, *words),
                    DocumentKind::Post => self.post(*who, *which, *words),
                    _ => self.rate(*who, *which, *words),
                };
                self.settle(*who, &before);
                is_done
            }
        }
    }

    /// One of the documents of a kind that are held at a counter.
    fn some(&self, who: usize, kind: DocumentKind, which: u8) -> Option<DocumentId> {
        let all: Vec<DocumentId> = held(&self.street.counters[who])
            .into_keys()
            .filter(|id| id.name.kind == kind)
            .collect();
        // Few, so that two do something with the same one.
        all.get(usize::from(which) % all.len().clamp(1, 3)).copied()
    }

    fn order(&mut self, who: usize, which: u8, words: u16) -> bool {
        let (now, known) = (self.street.clock(who), self.some(who, DocumentKind::Order, which));
        let happened_at = Some(now.plus_ms(-back(words)));
        let counter = &mut self.street.counters[who];
        let days = 1 + words % 3;
        if let Some(id) = known.filter(|_| !words.is_multiple_of(4)) {
            let acts = [OrderAct::Reply, OrderAct::Return, OrderAct::Close];
            let (act, by) = (acts[usize::from(words / 4 % 3)], PEOPLE[usize::from(which % 3)]);
            let (days, role) = (Some(days), Some(Role::Department));
            let (text, by) = ("已整改".to_owned(), by.to_owned());
            let step = OrderStep { act, text, days, role, by, happened_at };
            return orders::record(counter, now, id, step).is_ok();
        }
        let wish = NewOrder {
            centre: [TOWN, COUNTY, CITY][usize::from(which % 3)].parse().unwrap(),
            document: "督1号".to_owned(),
            reason: "逾期".to_owned(),
            days,
            case: None,
            card: None,
            by: "督查科".to_owned(),
            happened_at,
        };
        orders::issue(counter, now, &mut rng(self.done), wish).is_ok()
    }

    fn record(&mut self, who: usize, which: u8, words: u16) -> bool {
        use EventKind as E;
        let now = self.street.clock(who);
        let known =
            self.some(who, DocumentKind::ServiceRecord, which).filter(|_| !words.is_multiple_of(4));
        let kinds = match known {
            Some(_) => [E::PassOn, E::Conclude],
            None => [E::Serve, E::FirstAsked],
        };
        let (start, end) = (now.plus_ms(-2 * HOUR_MS), now.plus_ms(-HOUR_MS));
        let [by, to] = [words / 8, words / 24].map(|it| PEOPLE[usize::from(it % 3)].to_owned());
        let serves = NewService {
            kind: ServiceKind::Visit,
            staff: vec![by.clone()],
            start,
            end,
            place: "文井镇".to_owned(),
        };
        let kind = kinds[usize::from(words / 4 % 2)];
        let entry = NewEntry {
            service: (kind == E::Serve).then_some(serves),
            happened_at: Some(now.plus_ms(-back(words))),
            reason: Some("行动不便".to_owned()),
            confirmed: (!words.is_multiple_of(3)).then(|| "王老汉 签字".to_owned()),
            to: Some(to),
            answer: Some(Answer::Answered),
            role: words.is_multiple_of(5).then_some(Role::Chief),
            ..NewEntry::new(kind, by)
        };
        let counter = &mut self.street.counters[who];
        records::enter(counter, now, &mut rng(self.done), known, entry).is_ok()
    }

    fn post(&mut self, who: usize, which: u8, words: u16) -> bool {
        use EventKind as E;
        let now = self.street.clock(who);
        let [name, partner] = [which, which / 3].map(|it| PEOPLE[usize::from(it % 3)].to_owned());
        let kind = [E::Appoint, E::Leave, E::Return, E::EndPost][usize::from(words % 4)];
        let wish = PostWish {
            kind,
            name,
            partner: Some(partner),
            role: None,
            until: Some(now.plus_ms(30 * 24 * HOUR_MS)),
            to: None,
            by: "周主任".to_owned(),
            happened_at: Some(now.plus_ms(-back(words / 4))),
        };
        posts::change(&mut self.street.counters[who], now, wish).is_ok()
    }

    fn rate(&mut self, who: usize, which: u8, words: u16) -> bool {
        let now = self.street.clock(who);
        let case = self.decided[usize::from(which) % self.decided.len()];
        let level = [Satisfaction::Satisfied, Satisfaction::Dissatisfied][usize::from(words % 2)];
        let counter = &mut self.street.counters[who];
        if who == CITY_AT && words.is_multiple_of(4) {
            return rate_away(counter, now, case, Opinion { level, words: String::new() }).is_ok();
        }
        let mut said = event("rate");
        said.detail.rating = Some(level);
        said.happened_at = Some(now.plus_ms(-back(words)));
        record(counter, now, case, said).is_ok()
    }

    /// What was accepted is durable, and has its effect where it was accepted.
    fn settle(&mut self, who: usize, before: &Held) {
        self.street.counters[who].commit().unwrap();
        let counter = &self.street.counters[who];
        for (document, events) in held(counter) {
            let known = before.get(&document).cloned().unwrap_or_default();
            let (_, void) = told(counter, document);
            for event in events.difference(&known).copied() {
                assert!(!void.contains(&event), "accepted without effect: {document}");
                let past = events.range(..event).copied().collect();
                self.accepted.push(Accepted { document, event, past });
            }
        }
    }
}

/// How long before its record something happened, in milliseconds.
fn back(words: u16) -> i64 {
    [0, 0, 0, 1, 26, 100][usize::from(words / 64 % 6)] * HOUR_MS
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// While everybody hears of everything at once, nothing is without effect anywhere.
    #[test]
    fn what_a_counter_accepts_beside_cases_has_its_effect_at_every_tier(acts in vec(act(), 1..24)) {
        let mut beside = Beside::open();
        for act in acts {
            if beside.act(&act) {
                beside.street.tell_all();
            }
        }
        for counter in &beside.street.counters {
            for document in held(counter).into_keys() {
                let (_, void) = told(counter, document);
                prop_assert_eq!(void, [].into(), "{}", document);
            }
        }
    }

    /// While they are cut off from each other, what a counter accepts has its effect there at
    /// once, and later everywhere, unless something that it could not know stands before it.
    #[test]
    fn only_what_a_counter_could_not_know_takes_the_effect_of_it_beside_cases(
        acts in vec(act(), 1..40),
    ) {
        let mut beside = Beside::open();
        acts.iter().for_each(|act| { beside.act(act); });
        beside.street.tell_all();
        let Beside { street, accepted, .. } = &beside;
        for counter in &street.counters {
            let held = held(counter);
            for accepted in accepted.iter().filter(|it| held.contains_key(&it.document)) {
                let all = &held[&accepted.document];
                prop_assert!(all.contains(&accepted.event));
                let before: BTreeSet<EventId> = all.range(..accepted.event).copied().collect();
                let (_, void) = told(counter, accepted.document);
                let is_told = before != accepted.past || !void.contains(&accepted.event);
                prop_assert!(is_told, "{}", accepted.document);
            }
        }
        let [town, county, city] = &street.counters;
        for (lower, upper) in [(town, county), (county, city)] {
            for document in held(lower).into_keys() {
                prop_assert_eq!(told(lower, document), told(upper, document));
            }
        }
    }
}

#[test]
fn the_stories_beside_cases_come_to_every_step_and_to_contradictions() {
    let (mut kinds, mut wrong) = (BTreeSet::new(), 0);
    let mut runner = TestRunner::deterministic();
    for _ in 0..8 {
        let mut beside = Beside::open();
        let acts = vec(act(), 120).new_tree(&mut runner).unwrap().current();
        for acts in acts.chunks(30) {
            acts.iter().for_each(|act| {
                beside.act(act);
            });
            beside.street.tell_all();
        }
        let city = &beside.street.counters[CITY_AT];
        for document in held(city).into_keys() {
            let events = city.paper(document).unwrap().unwrap().events();
            kinds.extend(events.iter().map(|(_, event)| event.kind.en()));
            wrong += told(city, document).1.len();
        }
    }
    assert!(wrong > 0, "nobody did what another's word forbids");
    let all = [
        "issue-order",
        "reply-order",
        "return-order",
        "close-order",
        "serve",
        "first-asked",
        "pass-on",
        "conclude",
        "appoint",
        "leave",
        "return",
        "end-post",
        "rate",
    ];
    for kind in all {
        assert!(kinds.contains(kind), "no story comes to `{kind}`: {kinds:?}");
    }
}
