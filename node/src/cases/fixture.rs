//! A city, a county and a township over stores in memory, for tests of this crate.

pub(crate) mod street;

use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use tongban_protocol::document::{Detail, DocumentKind, DocumentName, Edit, Event, EventKind};
use tongban_protocol::exchange::Want;
use tongban_protocol::identity::{Credential, SigningKey};
use tongban_protocol::journal::Receipt;
use tongban_protocol::place::{Division, Home, Path, Tier};
use tongban_protocol::supervision::{Level, Mark, Rule, RuleSet, Trigger};
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

use super::{NewCase, NewEvent, Said, parse_kind};
use crate::replica::{Member, Replica};
use crate::store::MemoryStore;

pub(crate) type Counter = Replica<MemoryStore>;

/// 2026-11-02, nine in the morning in Suining.
pub(crate) const NINE: Timestamp = Timestamp(1_793_581_200_000);

pub(crate) const CITY: &str = "510900";
pub(crate) const COUNTY: &str = "510921";
pub(crate) const TOWN: &str = "510921103";

pub(crate) fn rng(seed: u8) -> ChaCha12Rng {
    ChaCha12Rng::from_seed([seed; 32])
}

pub(crate) fn member(seed: u8, path: &[&str], tier: Tier, root: u8) -> Member {
    let root = SigningKey::from_seed([root; 32]);
    let steps: Vec<Division> = path.iter().map(|code| code.parse().unwrap()).collect();
    let key = SigningKey::from_seed([seed; 32]);
    let path = Path::new(steps[0], &steps[1..]);
    let credential = Credential { key: key.public(), path, issued_at: Timestamp(1), tier };
    let sealed = credential.seal(&root);
    Member { key, sealed, credential, incarnation: 0, root: root.public() }
}

pub(crate) fn open(member: Member) -> Counter {
    Replica::open(MemoryStore::default(), member, 64).unwrap()
}

pub(crate) fn city() -> Counter {
    open(member(10, &[CITY], Tier::City, 1))
}

pub(crate) fn county() -> Counter {
    open(member(11, &[COUNTY, CITY], Tier::County, 1))
}

pub(crate) fn town() -> Counter {
    open(member(12, &[TOWN, COUNTY, CITY], Tier::Township, 1))
}

pub(crate) fn new_case(applicant: &str) -> NewCase {
    NewCase {
        item: "T01".to_owned(),
        item_name: "参保登记".to_owned(),
        applicant: applicant.to_owned(),
        applicant_number: None,
        channel: "窗口".to_owned(),
        form: [("address".to_owned(), "文井镇 3 组".to_owned())].into(),
        materials: vec!["身份证".to_owned()],
        by: "李芳".to_owned(),
        renews_until: None,
        happened_at: Some(NINE.plus_ms(-600_000)),
        authorities: [].into(),
        request_id: None,
    }
}

pub(crate) fn event(kind: &str) -> NewEvent {
    NewEvent {
        kind: parse_kind(kind).unwrap(),
        note: String::new(),
        by: "张伟".to_owned(),
        happened_at: None,
        detail: Said::default(),
    }
}

/// Has the city publish rules of supervision.
pub(crate) fn publish_rules(city: &mut Counter, rules: Vec<Rule>) {
    let rules = Some(Box::new(RuleSet::new(rules).unwrap()));
    let detail = Detail { rules, ..Detail::default() };
    let event = Event::new(EventKind::Publish, NINE, "周敏", "").with(detail);
    let name = DocumentName { kind: DocumentKind::Rules, ulid: Ulid::nil() };
    let home = Home::public(city.member().centre());
    city.append(NINE, home, vec![(name, vec![Edit::Event(event)])]).unwrap();
    city.commit().unwrap();
}

/// A rule that gives a red card for what an event shows.
pub(crate) fn red_rule(mark: Mark) -> Rule {
    Rule {
        id: "word".to_owned(),
        title: "属实".to_owned(),
        trigger: Trigger::Marked(mark),
        level: Level::Red,
        points: 10,
        answer_days: Some(5),
        title_en: None,
    }
}

/// Brings everything that `from` holds durably to `to`, which then is known to hold it.
pub(crate) fn send(from: &mut Counter, to: &mut Counter, now: Timestamp) {
    send_those(from, to, now, |_| true);
}

/// Brings what `from` holds durably of some homes to `to`.
pub(crate) fn send_those(
    from: &mut Counter,
    to: &mut Counter,
    now: Timestamp,
    shared: impl Fn(Home) -> bool,
) {
    for (journal, end) in from.frontier().clone().into_iter().filter(|(it, _)| shared(it.home)) {
        loop {
            let held = to.frontier().get(&journal).map_or(0, |end| end.number);
            if held >= end.number {
                break;
            }
            let runs = from.read_wants(&[Want { journal, from: held + 1, to: end.number }]);
            assert_eq!(to.ingest(now, runs.unwrap(), &mut rng(5)).unwrap(), [], "{journal}");
            to.commit().unwrap();
        }
        from.parent_holds(journal, end.number).unwrap();
    }
    from.commit().unwrap();
}

/// Has the city sign receipts for everything that it holds.
pub(crate) fn witness(city: &mut Counter, now: Timestamp) {
    let own = city.member().author();
    for (journal, end) in city.frontier().clone() {
        if journal.author != own {
            let receipt = Receipt { author: journal.author, number: end.number, hash: end.hash };
            city.append_receipts(now, journal.home, vec![receipt]).unwrap();
        }
    }
    city.commit().unwrap();
}
