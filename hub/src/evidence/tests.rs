//! Evidence, tried by altering it.

use minicbor::bytes::ByteVec;
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use tongban_node::engine::Heard;
use tongban_protocol::case::State;
use tongban_protocol::document::{DocumentKind, DocumentName, Edit, Event, EventKind};
use tongban_protocol::exchange::Want;
use tongban_protocol::journal::{Body, End, Receipt};
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

use super::file::{PayloadV1, open, seal};
use super::*;
use crate::fixture::{self, COUNTY, Desk, NINE, TOWN, division};
use crate::witness::Witness;
use crate::words::Language;

/// A case that a township took, its county accepted and decided, and the city witnessed.
struct Story {
    hub: Desk,
    county: Desk,
    town: Desk,
    case: DocumentId,
}

fn later(minutes: i64) -> Timestamp {
    NINE.plus_ms(minutes * 60_000)
}

fn witness(hub: &mut Desk, now: Timestamp) {
    let mut witness = Witness::new(0);
    witness.handle_flushed(now, hub, &[]);
    witness.handle_timeout(now, hub).unwrap();
    hub.commit().unwrap();
}

impl Story {
    fn told() -> Self {
        let (mut hub, mut county, mut town) = (fixture::city(), fixture::county(), fixture::town());
        let case = fixture::take_case(&mut town, NINE, 1);
        fixture::carry(&town, &mut county, later(1));
        fixture::record(&mut county, later(2), case, EventKind::Accept);
        fixture::carry(&county, &mut hub, later(3));
        witness(&mut hub, later(4));
        fixture::record(&mut county, later(5), case, EventKind::Decide);
        fixture::carry(&county, &mut hub, later(6));
        witness(&mut hub, later(7));
        fixture::carry(&hub, &mut town, later(8));
        Self { hub, county, town, case }
    }

    fn heard(&self) -> Vec<Heard> {
        vec![fixture::say(&self.town, later(9), later(9))]
    }

    fn case_file(&self) -> Vec<u8> {
        export_case(&self.hub, &self.heard(), later(10), self.case).unwrap()
    }

    fn centre_file(&self) -> Vec<u8> {
        export_centre(&self.hub, &self.heard(), later(10), division(TOWN)).unwrap()
    }

    /// The journal of the township's machine, in its own home.
    fn journal(&self) -> JournalId {
        JournalId { home: Home::office(division(TOWN)), author: self.town.member().author() }
    }

    /// The file as a dishonest city would make it.
    fn forged(&self, bytes: &[u8], change: impl FnOnce(&mut PayloadV1)) -> Vec<u8> {
        let mut payload = open(bytes).unwrap().payload;
        change(&mut payload);
        seal(&payload, self.hub.member())
    }
}

fn root() -> Sha {
    fixture::root().public().fingerprint()
}

fn refusal(bytes: &[u8]) -> String {
    verify(bytes, root()).unwrap_err().to_string()
}

fn entries_of(payload: &mut PayloadV1, journal: JournalId) -> &mut Vec<ByteVec> {
    &mut payload.journals.iter_mut().find(|it| it.journal == journal).unwrap().entries
}

#[test]
fn a_case_is_proven_with_its_three_times_by_the_fingerprint_alone() {
    let story = Story::told();
    let findings = verify(&story.case_file(), root()).unwrap();
    assert_eq!(findings.cases.len(), 1);
    let case = &findings.cases[0];
    assert_eq!((case.id, case.state), (story.case, State::Decided));
    let times: Vec<_> = case
        .events
        .iter()
        .map(|it| (it.kind, it.happened_at, it.recorded_at, it.witnessed_at, it.centre))
        .collect();
    let (town, county) = (Some(division(TOWN)), Some(division(COUNTY)));
    assert_eq!(
        times,
        [
            (EventKind::Receive, later(-1), NINE, Some(later(4)), town),
            (EventKind::Accept, later(2), later(2), Some(later(4)), county),
            (EventKind::Decide, later(5), later(5), Some(later(7)), county),
        ]
    );
    assert_eq!((findings.unwitnessed(), findings.refused.len()), (0, 0));
    insta::assert_snapshot!(findings.to_text(Language::Zh), @"
    证据有效：全部签名、编号与链均相符。
    根指纹：34750f98bd59fcfc946da45aaabe933be154a4b5094e1c4abf42866505f3c97e
    由 510900 于 2026-11-02 09:10:00 制作；3 本日志，8 条记录。
      510921103 by 506ef187.0：3 条，市自己的日志
      510921103 by ed23d853.0：2 条，市回执至第 2 条
      510921103 by fdf72a08.0：3 条，市回执至第 3 条

    办件 510921103-01M6CWACM00000000000000001  决定
    510921103-1  生育登记  王小明
    环节  发生                 记录                 市见证               中心       经办  说明
    收件  2026-11-02 08:59:00  2026-11-02 09:00:00  2026-11-02 09:04:00  510921103  李芳
    受理  2026-11-02 09:02:00  2026-11-02 09:02:00  2026-11-02 09:04:00  510921     张伟  好
    决定  2026-11-02 09:05:00  2026-11-02 09:05:00  2026-11-02 09:07:00  510921     张伟  好

    全部环节均有市回执。
    机器 ed23d853125a3acff2782dddf84e018e 于 2026-11-02 09:09:00 声明 8 条
    ");
    assert!(findings.to_text(Language::En).contains("The city has witnessed every event."));
}

#[test]
fn the_file_of_a_case_ends_where_the_case_does_and_that_of_a_centre_is_whole() {
    let mut story = Story::told();
    for number in 2..6 {
        fixture::take_case(&mut story.town, later(20), number);
    }
    fixture::carry(&story.town, &mut story.hub, later(21));
    let case = verify(&story.case_file(), root()).unwrap();
    let entries = |findings: &Findings| -> u64 {
        findings.journals.iter().find(|it| it.journal == story.journal()).unwrap().entries
    };
    assert_eq!((entries(&case), case.cases.len()), (2, 1));
    let centre = verify(&story.centre_file(), root()).unwrap();
    assert_eq!((entries(&centre), centre.cases.len()), (6, 5));
    assert_eq!(centre.unwitnessed(), 4);
    assert_eq!((centre.sayings[0].announced, centre.sayings[0].missing), (6 + 3 + 3, Some(0)));
}

#[test]
fn no_altered_byte_survives() {
    let bytes = Story::told().case_file();
    // Every third byte, for the time it takes, and another bit of each.
    for at in (0..bytes.len()).step_by(3) {
        let mut bent = bytes.clone();
        bent[at] ^= 1 << (at % 8);
        assert!(verify(&bent, root()).is_err(), "byte {at} of {}", bytes.len());
    }
}

#[test]
fn a_file_that_was_cut_short_or_grew_is_refused() {
    let bytes = Story::told().case_file();
    for length in (0..bytes.len()).step_by(11) {
        assert!(matches!(verify(&bytes[..length], root()), Err(EvidenceError::NotEvidence(_))));
    }
    let grown = [bytes.as_slice(), b"x"].concat();
    assert!(refusal(&grown).starts_with("this is no whole evidence file"));
    assert!(refusal(b"not at all").starts_with("this is no whole evidence file"));
}

#[test]
fn another_root_is_named_with_both_fingerprints() {
    let bytes = Story::told().case_file();
    let other = Sha::of(b"another city");
    let error = verify(&bytes, other).unwrap_err();
    assert_eq!(error, EvidenceError::OtherRoot { found: root(), expected: other });
    // A root of one's own in the file does not help.
    let story = Story::told();
    let stranger = fixture::member(99, &["510900"], tongban_protocol::place::Tier::City);
    let forged = story.forged(&bytes, |payload| payload.root = stranger.key.public());
    assert!(matches!(verify(&forged, root()), Err(EvidenceError::OtherRoot { .. })));
}

#[test]
fn a_dropped_an_altered_and_a_misplaced_entry_are_each_named_with_their_place() {
    let story = Story::told();
    let (bytes, journal) = (story.centre_file(), story.journal());
    let county = JournalId { author: story.county.member().author(), ..journal };
    let dropped = story.forged(&bytes, |it| drop(entries_of(it, county).remove(1)));
    let place = format!("journal {county}, entry 2:");
    assert!(refusal(&dropped).starts_with(&place), "{}", refusal(&dropped));
    let altered = story.forged(&bytes, |it| {
        let entry = &mut entries_of(it, county)[2];
        let last = entry.len() - 1;
        entry[last] ^= 1;
    });
    assert_eq!(
        refusal(&altered),
        format!("journal {county}, entry 3: entry 3 of {county}: the signature is wrong")
    );
    let swapped = story.forged(&bytes, |it| {
        let first = it.journals[0].journal;
        it.journals[0].journal = it.journals[1].journal;
        it.journals[1].journal = first;
    });
    assert!(refusal(&swapped).contains("it belongs to journal"), "{}", refusal(&swapped));
}

#[test]
fn an_end_that_was_cut_off_shows_by_the_receipt_or_by_the_statement() {
    let story = Story::told();
    let (bytes, journal) = (story.centre_file(), story.journal());
    let cut = |it: &mut PayloadV1| drop(entries_of(it, journal).pop());
    let who = "the city's receipt";
    let error = verify(&story.forged(&bytes, cut), root()).unwrap_err();
    assert_eq!(error, EvidenceError::Lacks { journal, held: 1, number: 2, who });
    // Without the receipts the statement still says so.
    let bare = story.forged(&bytes, |it| {
        cut(it);
        let hub = story.hub.member().author();
        it.journals.retain(|it| it.journal.author != hub);
    });
    // The county's decision builds on what was cut off.
    assert!(refusal(&bare).ends_with("it builds on changes that are not in the file"));
}

#[test]
fn a_case_without_receipts_is_shown_as_not_witnessed() {
    let story = Story::told();
    let hub = story.hub.member().author();
    let bare =
        story.forged(&story.case_file(), |it| it.journals.retain(|it| it.journal.author != hub));
    let findings = verify(&bare, root()).unwrap();
    assert_eq!(findings.unwitnessed(), 3);
    assert!(findings.cases[0].events.iter().all(|event| event.witnessed_at.is_none()));
    let text = findings.to_text(Language::Zh);
    assert!(text.contains("有 3 个环节没有市回执"), "{text}");
}

#[test]
fn a_receipt_for_another_past_is_refused() {
    let mut story = Story::told();
    let journal = story.journal();
    let receipt = Receipt { author: journal.author, number: 2, hash: Sha::of(b"another") };
    story.hub.append_receipts(later(9), journal.home, vec![receipt]).unwrap();
    story.hub.commit().unwrap();
    let error = verify(&story.centre_file(), root()).unwrap_err();
    assert_eq!(error, EvidenceError::OtherReceipt { journal, number: 2 });
}

#[test]
fn a_statement_about_more_than_the_city_holds_shows_what_is_missing() {
    let mut story = Story::told();
    fixture::take_case(&mut story.town, later(8), 2);
    let findings = verify(&story.centre_file(), root()).unwrap();
    assert_eq!(findings.sayings[0].missing, Some(1));
    let mut heard = story.heard();
    heard[0].last.statement.ends = vec![(story.journal(), End { number: 2, hash: Sha::of(b"x") })];
    heard = vec![fixture::heard(story.town.member(), heard[0].last.statement.clone(), later(9))];
    let bytes = export_centre(&story.hub, &heard, later(9), division(TOWN)).unwrap();
    assert!(refusal(&bytes).contains("has another entry 2 in the file"), "{}", refusal(&bytes));
}

#[test]
fn a_fork_is_proven_and_a_proof_that_proves_nothing_is_refused() {
    let mut story = Story::told();
    let mut twin = fixture::town();
    fixture::take_case(&mut twin, later(3), 7);
    let runs = twin.read_wants(&[Want { journal: story.journal(), from: 1, to: 2 }]).unwrap();
    story.hub.ingest(later(9), runs, &mut ChaCha12Rng::from_seed([1; 32])).unwrap();
    story.hub.commit().unwrap();
    let bytes = story.centre_file();
    assert_eq!(verify(&bytes, root()).unwrap().forks, [(story.journal(), 1)]);
    let empty = story.forged(&bytes, |it| {
        let proof = it.incidents[0].proof.as_mut().unwrap();
        proof.second = proof.held.clone();
    });
    assert_eq!(refusal(&empty), "incident 1: the two entries do not contradict each other");
    let bare = story.forged(&bytes, |it| it.incidents[0].proof = None);
    assert_eq!(refusal(&bare), "incident 1: a fork without its proof");
}

#[test]
fn what_a_revoked_machine_signed_later_has_no_effect() {
    let mut story = Story::told();
    let node = story.county.member().credential.node();
    let name = DocumentName { kind: DocumentKind::Roster, ulid: Ulid::from_parts(1, 1) };
    let home = Home::public(division("510900"));
    let revoke = Event::new(EventKind::Revoke, later(4), "王", &node.to_string());
    story.hub.append(later(9), home, vec![(name, vec![Edit::Event(revoke)])]).unwrap();
    story.hub.commit().unwrap();
    story.hub.refresh_roster(later(9)).unwrap();
    story.hub.commit().unwrap();
    let findings = verify(&story.centre_file(), root()).unwrap();
    assert_eq!(findings.cases[0].state, State::Accepted, "{findings:?}");
    assert_eq!(findings.refused.len(), 1);
    assert!(findings.refused[0].why.contains("signed after the machine was revoked"));
    let held = story.hub.case(story.case).unwrap().unwrap();
    assert_eq!(held.folded.course.state, findings.cases[0].state, "the store says the same");
}

#[test]
fn what_is_not_held_is_refused_with_its_name() {
    let story = Story::told();
    let other = DocumentId::case(division(TOWN), Ulid::from_parts(1, 2));
    let error = export_case(&story.hub, &[], later(9), other).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("case {other} is not held here; check its name, or ask the centre that took it")
    );
    let error = export_centre(&story.hub, &[], later(9), division("510999")).unwrap_err();
    assert!(matches!(error, CollectError::NoSuchCentre(_)));
}

#[test]
fn receipts_are_given_by_the_city_alone() {
    let story = Story::told();
    let findings = verify(&story.centre_file(), root()).unwrap();
    let of_city = findings.journals.iter().find(|it| it.receipted.is_none()).unwrap();
    assert_eq!(of_city.centre, division("510900"));
    let bodies = story.hub.entry(of_city.journal, 2).unwrap().unwrap().entry.body;
    assert!(matches!(bodies, Body::Receipts(_)));
}
