//! Entries that do not belong, carried to the city on a stick: the same checks as on a link, and
//! a person reads the answer.

use std::fs::File;

use tongban_node::carry::{Cargo, CarryWriter, Load};
use tongban_node::clock;
use tongban_node::membership::Membership;
use tongban_node::replica::Replica;
use tongban_node::service::open_replica;
use tongban_node::store::SledStore;
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::{Author, NodeId, SigningKey};
use tongban_protocol::journal::{Body, Entry, JournalId, Opening, SignedEntry};
use tongban_protocol::place::Home;
use tongban_protocol::time::HybridTime;
use tongban_protocol::wire::Run;
use tongban_tests::town::STORE;

use super::*;

const TOWN: &str = "510921103";
const OTHER: &str = "510921104";

/// A machine whose disk somebody has got hold of.
struct Forger {
    membership: Membership,
    journal: JournalId,
    /// The honest entries of its journal.
    honest: Vec<SignedEntry>,
    /// Open for the whole story: the lock of a store is shared with whatever is forked meanwhile.
    replica: Replica<SledStore>,
}

impl Forger {
    fn of(machine: &Machine) -> Self {
        let (membership, replica) = open_replica(&machine.dir, STORE).unwrap();
        let author = Author { node: NodeId::of(&membership.key.public()), incarnation: 0 };
        let journal = JournalId { home: Home::office(TOWN.parse().unwrap()), author };
        let last = replica.frontier()[&journal].number;
        let entry = |number| replica.entry(journal, number).unwrap().unwrap();
        let honest = (1..=last).map(entry).collect();
        Self { membership, journal, honest, replica }
    }

    /// An entry behind the honest ones, as this machine would sign it.
    fn draft(&self, number: u64, previous: Sha) -> Entry {
        let time = HybridTime(clock::now().0.unsigned_abs() << 16);
        let body = Body::Changes(Vec::new());
        Entry { version: Entry::VERSION, previous, journal: self.journal, number, time, body }
    }

    fn sign(&self, entry: Entry) -> SignedEntry {
        entry.seal(&self.membership.key).unwrap()
    }

    /// Writes a whole stick file with this entry in it, and carries it in at the city.
    fn carry(&self, office: &Office, entry: &SignedEntry) -> Result<String, String> {
        let path = office.dir.path().join("盘 一.tbc");
        let load = Load::new(&self.replica, clock::now(), &Cargo::Unconfirmed).unwrap();
        let mut writer = CarryWriter::new(File::create(&path).unwrap(), &load).unwrap();
        let (journal, first) = (entry.entry.journal, entry.entry.number);
        writer.block(&[Run { journal, first, entries: vec![entry.bytes.clone()] }]).unwrap();
        writer.finish().unwrap();
        office.hub.run(&["carry", "in", text(&path)])
    }
}

/// A city, stopped, that holds three entries of a township.
fn story() -> (Office, Forger) {
    let mut office = Office::running();
    let machine = office.joined(TOWN);
    office.hub.kill();
    let id = take_case(&machine);
    machine.ok(&["case", "event", &id, "accept", "--by", "李秀英"]);
    let stick = office.dir.path().join("首次.tbc");
    machine.ok(&["carry", "out", text(&stick)]);
    let said = office.hub.ok(&["carry", "in", text(&stick)]);
    assert!(said.contains("entries 1 to 3"), "{said}");
    let forger = Forger::of(&machine);
    (office, forger)
}

fn verdict(office: &Office) -> (String, u64) {
    let audit: serde_json::Value =
        serde_json::from_str(&office.hub.ok(&["audit", "--json"])).unwrap();
    let centres = audit["centres"].as_array().unwrap();
    let town = centres.iter().find(|centre| centre["centre"] == TOWN).unwrap();
    (town["verdict"].as_str().unwrap().to_owned(), town["held"].as_u64().unwrap())
}

#[test]
fn entries_that_do_not_belong_are_refused_by_name_and_the_honest_one_is_taken() {
    let (office, forger) = story();
    assert_eq!(verdict(&office), ("complete".to_owned(), 3), "the stick's statement was heard");
    let end = forger.honest.last().unwrap().hash;
    let stranger = SigningKey::from_seed([9; 32]);
    let remedy = format!("let centre {TOWN} write its file anew");
    let stories = [
        (forger.draft(4, end).seal(&stranger).unwrap(), "entry 4", "has a wrong signature"),
        (forger.sign(forger.draft(6, end)), "entry 6", "leaves a gap: 4 comes next"),
        (
            forger.sign(forger.draft(4, Sha::of(b"elsewhere"))),
            "entry 4",
            "names another previous entry than the one held",
        ),
    ];
    for (entry, place, why) in stories {
        let refused = forger.carry(&office, &entry);
        check_refused(&refused, &["refused", TOWN, place, why, &remedy]);
        assert_eq!(verdict(&office).1, 3, "{why}: nothing has changed");
    }
    let refused = forger.carry(&office, &foreign(&forger));
    check_refused(&refused, &[OTHER, &format!("centre {TOWN} has no right to write in home")]);

    let honest = forger.sign(forger.draft(4, end));
    let said = forger.carry(&office, &honest).unwrap();
    assert!(said.contains("entries 4 to 4"), "{said}");
    assert_eq!(verdict(&office).1, 4);
    let again = forger.carry(&office, &honest).unwrap();
    assert!(again.contains("nothing new"), "{again}");
}

/// A journal that opens in the home of a centre where its author has no right.
fn foreign(forger: &Forger) -> SignedEntry {
    let credential = forger.membership.welcome.credential.clone();
    let body = Body::Open(Opening { credential, home_credential: None });
    let home = Home::office(OTHER.parse().unwrap());
    let journal = JournalId { home, ..forger.journal };
    let entry = Entry { journal, body, ..forger.draft(1, Sha::default()) };
    forger.sign(entry)
}

#[test]
fn a_second_body_for_a_number_is_an_incident_with_its_proof_and_costs_nobody_else_anything() {
    let (mut office, forger) = story();
    let before = forger.honest[1].hash;
    let second = forger.sign(forger.draft(3, before));
    let refused = forger.carry(&office, &second);
    check_refused(&refused, &["entry 3", "second body for a number already held", "tell the city"]);
    assert_eq!(verdict(&office), ("incident".to_owned(), 3), "the first body stays");
    let file = office.dir.path().join("fork.evidence");
    office.hub.ok(&["evidence", "export", "--centre", TOWN, "--out", text(&file)]);

    // Through the running hub it is the same, and another township goes on.
    office.hub.start();
    let other = office.joined(OTHER);
    take_case(&other);
    let stick = office.dir.path().join("别的.tbc");
    other.ok(&["carry", "out", text(&stick)]);
    let said = office.hub.ok(&["carry", "in", text(&stick)]);
    assert!(said.contains("entries 1 to 2"), "{said}");
    let answer = office.dir.path().join("回执.tbc");
    // The witness gathers for a moment before it writes receipts.
    tongban_tests::machine::wait_for("the receipt on the answer's stick", || {
        let _ = std::fs::remove_file(&answer);
        office.hub.ok(&["carry", "out", text(&answer), "--answer", text(&stick)]);
        other.ok(&["carry", "in", text(&answer)]);
        other.ok(&["case", "list"]).contains("confirmed by the city")
    });
    let shorn = office.dir.path().join("断.tbc");
    std::fs::write(&shorn, &std::fs::read(&stick).unwrap()[..99]).unwrap();
    let refused = office.hub.run(&["carry", "in", text(&shorn)]);
    check_refused(&refused, &["断.tbc", "cut short", "copy or write it again"]);
}
