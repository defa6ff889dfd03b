//! Verdicts, drawn from small cities.

use proptest::prelude::*;
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use tongban_node::replica::{Counted, IncidentKind};
use tongban_protocol::document::{
    Detail, DocumentKind, DocumentName, Edit, Event, EventKind, Role,
};
use tongban_protocol::exchange::Want;
use tongban_protocol::heartbeat::Statement;
use tongban_protocol::identity::Author;
use tongban_protocol::journal::End;
use tongban_protocol::place::Home;
use tongban_protocol::sampling::Checklist;
use ulid::Ulid;

use super::*;
use crate::fixture::{self, CITY, COUNTY, Desk, NINE, TOWN, division};
use crate::settlement::Settlement;
use crate::words::Language;

const SILENT_AFTER_MS: i64 = 15 * 60_000;

/// What a hub holds and has heard.
struct Scene {
    hub: Desk,
    heard: Vec<Heard>,
    roster: Vec<EnrolledNode>,
    incidents: Vec<Incident>,
    linked: BTreeSet<Division>,
    behind_since: BTreeMap<Division, Timestamp>,
    settled: Settlements,
}

impl Scene {
    fn new() -> Self {
        Self {
            hub: fixture::city(),
            heard: Vec::new(),
            roster: Vec::new(),
            incidents: Vec::new(),
            linked: BTreeSet::new(),
            behind_since: BTreeMap::new(),
            settled: Settlements::new(),
        }
    }

    fn enrol(&mut self, desk: &Desk) {
        let member = desk.member();
        self.roster.push(EnrolledNode {
            node: member.credential.node(),
            centre: member.centre(),
            enrolled_at: NINE,
            revoked_at: None,
        });
    }

    fn assess(&self, now: Timestamp) -> Vec<Coverage> {
        let (tree, activity) = (fixture::tree(), BTreeMap::new());
        let question = Question {
            tree: &tree,
            roster: &self.roster,
            activity: &activity,
            settled: &self.settled,
            behind_since: &self.behind_since,
            silent_after_ms: SILENT_AFTER_MS,
            now,
        };
        let facts = Facts {
            question,
            own: division(CITY),
            heard: &self.heard.iter().collect::<Vec<_>>(),
            frontier: self.hub.frontier(),
            incidents: &self.incidents,
            linked: &self.linked,
            software: "tongban",
        };
        assess(&facts, |journal, number| {
            let entry = self.hub.entry(journal, number)?;
            let held = entry.map(|it| HeldEntry {
                hash: it.hash,
                time: it.entry.time,
                witnessed_at: None,
            });
            Ok::<_, ReplicaError>(held)
        })
        .unwrap()
    }

    fn town(&self, now: Timestamp) -> Coverage {
        let all = self.assess(now);
        all.into_iter().find(|it| it.centre == division(TOWN)).unwrap()
    }
}

fn later(minutes: i64) -> Timestamp {
    NINE.plus_ms(minutes * 60_000)
}

/// A hub that holds everything of a township which took one case.
fn scene_in_step() -> (Scene, Desk) {
    let (mut scene, mut town) = (Scene::new(), fixture::town());
    fixture::take_case(&mut town, NINE, 1);
    fixture::carry(&town, &mut scene.hub, NINE);
    scene.enrol(&town);
    scene.heard = vec![fixture::say(&town, later(1), later(1))];
    (scene, town)
}

#[test]
fn a_centre_is_complete_only_while_the_city_holds_everything_it_announced() {
    let (mut scene, mut town) = scene_in_step();
    let coverage = scene.town(later(2));
    assert_eq!((coverage.verdict, coverage.as_of), (Verdict::Complete, Some(later(1))));
    assert_eq!(
        coverage.reason_en,
        "As of 2026-11-02 09:01:00 the city holds all 2 entries announced, and the chains agree."
    );
    let id = fixture::take_case(&mut town, later(2), 2);
    fixture::record(&mut town, later(2), id, EventKind::Accept);
    scene.heard = vec![fixture::say(&town, later(3), later(3))];
    let coverage = scene.town(later(4));
    assert_eq!(coverage.verdict, Verdict::Behind { missing: 2, since: later(3) });
    assert_eq!((coverage.held, coverage.announced, coverage.missing), (2, 4, 2));
    assert_eq!(
        coverage.reason_zh,
        "截至 2026-11-02 09:03:00，声明 4 条，市中心持有其中 2 条，还有 2 条未到（至少自 2026-11-02 09:03:00 起）。"
    );
    scene.behind_since = behind_since(&[coverage]);
    scene.heard = vec![fixture::say(&town, later(9), later(9))];
    assert_eq!(scene.town(later(9)).verdict, Verdict::Behind { missing: 2, since: later(3) });
    fixture::carry(&town, &mut scene.hub, later(9));
    assert_eq!(scene.town(later(9)).verdict, Verdict::Complete);
}

#[test]
fn a_centre_that_falls_silent_while_it_is_behind_says_both() {
    let (mut scene, mut town) = scene_in_step();
    fixture::take_case(&mut town, later(2), 2);
    scene.heard = vec![fixture::say(&town, later(3), later(3))];
    let coverage = scene.town(later(63));
    assert_eq!((coverage.verdict, coverage.missing), (Verdict::Silent { since: later(3) }, 1));
    assert_eq!(
        coverage.reason_en,
        "No word since 2026-11-02 09:03:00, 60 minutes ago; at least 1 entry is still out there."
    );
    let exactly = later(3).plus_ms(SILENT_AFTER_MS);
    assert!(matches!(scene.town(exactly).verdict, Verdict::Behind { .. }));
    assert!(matches!(scene.town(exactly.plus_ms(1)).verdict, Verdict::Silent { .. }));
}

#[test]
fn an_old_word_that_a_county_passes_on_late_does_not_make_a_dead_centre_live() {
    let (mut scene, town) = scene_in_step();
    scene.heard = vec![fixture::say(&town, later(1), later(180))];
    let coverage = scene.town(later(181));
    assert_eq!(coverage.verdict, Verdict::Silent { since: later(1) });
    assert!(coverage.reason_en.contains("came only at 2026-11-02 12:00:00"), "{coverage:?}");
    // A clock that runs ahead does not keep a centre alive either.
    scene.heard = vec![fixture::say(&town, later(9_999), later(1))];
    assert_eq!(scene.town(later(30)).verdict, Verdict::Silent { since: later(1) });
}

#[test]
fn a_centre_without_a_machine_is_not_enrolled_and_one_that_never_spoke_is_silent() {
    let mut scene = Scene::new();
    assert_eq!(scene.town(later(1)).verdict, Verdict::NotEnrolled);
    scene.enrol(&fixture::town());
    let coverage = scene.town(later(1));
    assert_eq!((coverage.verdict, coverage.as_of), (Verdict::Silent { since: NINE }, None));
    scene.roster[0].revoked_at = Some(later(5));
    let coverage = scene.town(later(6));
    assert_eq!(coverage.verdict, Verdict::NotEnrolled);
    assert_eq!(coverage.reason_en, "Its last machine was revoked from 2026-11-02 09:05:00 on.");
}

#[test]
fn another_hash_at_a_number_that_is_held_is_a_fork() {
    let (mut scene, town) = scene_in_step();
    let mut statement = scene.heard[0].last.statement.clone();
    statement.ends[0].1.hash = Sha::of(b"another past");
    scene.heard = vec![fixture::heard(town.member(), statement, later(1))];
    let coverage = scene.town(later(2));
    assert_eq!(coverage.verdict, Verdict::Incident { trouble: Trouble::Fork });
    assert!(coverage.reason_zh.contains("第 2 条与市中心所持不同"), "{}", coverage.reason_zh);
}

#[test]
fn a_machine_that_announces_less_than_it_once_sent_was_rolled_back_unless_it_was_a_race() {
    let (mut scene, mut town) = scene_in_step();
    let before = town.frontier().clone();
    fixture::take_case(&mut town, later(2), 2);
    fixture::carry(&town, &mut scene.hub, later(2));
    let announce = |at| {
        let mut statement = fixture::say(&town, at, at).last.statement;
        statement.ends = before.iter().map(|(journal, end)| (*journal, *end)).collect();
        vec![fixture::heard(town.member(), statement, at)]
    };
    scene.heard = announce(later(3));
    assert_eq!(scene.town(later(3)).verdict, Verdict::Complete, "it was on its way");
    scene.heard = announce(later(3).plus_ms(1));
    let coverage = scene.town(later(4));
    assert_eq!(coverage.verdict, Verdict::Incident { trouble: Trouble::Rollback });
    assert!(coverage.reason_en.contains("only up to entry 2 while the city holds 3"));
}

#[test]
fn an_incident_stands_until_a_good_entry_came_or_the_machine_was_revoked() {
    let (mut scene, mut town) = scene_in_step();
    let home = Home::office(division(TOWN));
    let journal = JournalId { home, author: town.member().author() };
    let why = "entry 3 has a wrong signature";
    let mut incident = Incident::new(IncidentKind::Broken, (journal, 3), why, later(1));
    scene.incidents = vec![incident.clone()];
    assert_eq!(scene.town(later(2)).verdict, Verdict::Incident { trouble: Trouble::Broken });
    fixture::take_case(&mut town, later(2), 2);
    fixture::carry(&town, &mut scene.hub, later(2));
    assert_eq!(scene.town(later(2)).verdict, Verdict::Complete);
    incident.kind = IncidentKind::Refused;
    scene.incidents = vec![incident];
    assert_eq!(scene.town(later(2)).verdict, Verdict::Incident { trouble: Trouble::Refused });
    scene.roster[0].revoked_at = Some(later(3));
    assert_eq!(scene.town(later(4)).verdict, Verdict::NotEnrolled);
}

#[test]
fn a_revoked_machine_can_no_longer_make_its_centre_look_behind() {
    let (mut scene, mut town) = scene_in_step();
    fixture::take_case(&mut town, later(5), 2);
    let successor = fixture::open(fixture::member(13, &[TOWN, COUNTY, CITY], Tier::Township));
    scene.enrol(&successor);
    let fresh = fixture::say(&successor, later(6), later(6));
    scene.heard = vec![fixture::say(&town, later(5), later(5)), fresh];
    assert_eq!(scene.town(later(6)).missing, 1, "the old machine had announced it");
    scene.roster[0].revoked_at = Some(later(4));
    assert_eq!(scene.town(later(6)).verdict, Verdict::Complete);
    scene.roster[0].revoked_at = Some(later(6));
    assert_eq!(scene.town(later(6)).missing, 1, "it was still trusted when it said so");
}

#[test]
fn a_fork_that_came_over_a_link_is_an_incident_with_its_proof() {
    let (mut scene, town) = scene_in_step();
    let mut twin = fixture::town();
    fixture::take_case(&mut twin, NINE.plus_ms(1), 7);
    let journal = JournalId { home: Home::office(division(TOWN)), author: town.member().author() };
    let runs = twin.read_wants(&[Want { journal, from: 1, to: 2 }]).unwrap();
    let refused = scene.hub.ingest(later(1), runs, &mut ChaCha12Rng::from_seed([1; 32])).unwrap();
    assert_eq!(refused.len(), 1);
    scene.hub.commit().unwrap();
    scene.incidents = scene.hub.incidents(10).unwrap();
    assert!(scene.incidents[0].proof.is_some());
    assert_eq!(scene.town(later(2)).verdict, Verdict::Incident { trouble: Trouble::Fork });
}

#[test]
fn the_survey_of_an_engine_names_the_way_and_counts_use() {
    let (mut scene, town) = scene_in_step();
    scene.linked = [division(COUNTY)].into();
    assert_eq!(scene.town(NINE).via, Via::Through { centre: division(COUNTY) });
    let activity = |now| {
        let mut found = ActivityCounter::default().count(&scene.hub, now).unwrap();
        found.remove(&division(TOWN)).unwrap()
    };
    let used = activity(later(9));
    assert_eq!(
        used,
        Activity { cases: 1, opened_30_days: 1, handled_30_days: 1, ..Activity::default() }
    );
    let month = NINE.plus_ms(31 * 86_400_000);
    let unused = Activity { cases: 1, ..Activity::default() };
    assert_eq!(activity(month), unused);

    let engine = Engine::new(scene.hub, ChaCha12Rng::from_seed([3; 32])).unwrap();
    let question = Question {
        tree: &fixture::tree(),
        roster: &scene.roster,
        activity: &[(division(TOWN), used)].into(),
        settled: &Settlements::new(),
        behind_since: &BTreeMap::new(),
        silent_after_ms: SILENT_AFTER_MS,
        now: later(2),
    };
    let audit = Audit::of(later(2), survey(&engine, question).unwrap());
    let words: Vec<_> = audit.centres.iter().map(|it| it.verdict.zh()).collect();
    assert_eq!(words, ["到齐", "未入网", "失联", "未入网"]);
    assert_eq!((audit.summary.cases, audit.summary.in_use_30_days), (1, 1));
    drop(town);
}

#[test]
fn a_centre_that_only_answers_questions_is_in_use() {
    let (mut hub, mut town) = (fixture::city(), fixture::town());
    fixture::serve_ticket(&mut town, later(1));
    fixture::carry(&town, &mut hub, later(1));
    let activity = |now| ActivityCounter::default().count(&hub, now).unwrap()[&division(TOWN)];
    let used = activity(later(2));
    assert_eq!((used.handled_30_days, used.tickets_30_days), (0, 1));
    assert_eq!(used.use_words(Language::Zh), "在用");
    let month = NINE.plus_ms(31 * 86_400_000);
    assert_eq!(activity(month).use_words(Language::Zh), "未用");
}

#[test]
fn what_the_city_found_in_drawn_cases_stands_beside_use() {
    let (mut hub, mut town) = (fixture::city(), fixture::town());
    let cases = [1, 2, 3].map(|number| fixture::take_case(&mut town, later(1), number));
    fixture::carry(&town, &mut hub, later(1));
    let mut counter = ActivityCounter::default();
    let mut counted = |hub: &Desk| {
        let activity = counter.count(hub, later(2)).unwrap();
        let anew = ActivityCounter::default().count(hub, later(2)).unwrap();
        assert_eq!(activity, anew, "counted on, and from the beginning");
        let town = activity[&division(TOWN)];
        (town.sample_words(), town.use_words(Language::Zh), town.use_words(Language::En))
    };
    let words =
        |sample: &str, zh: &str, en: &str| (sample.to_owned(), zh.to_owned(), en.to_owned());
    assert_eq!(counted(&hub), words("—", "在用", "in use"));
    let [late, untrue] = ["次日才录入", "查无此人"].map(str::to_owned);
    for (case, checklist) in cases.into_iter().zip([
        Checklist { not_timely: Some(late), ..Checklist::default() },
        Checklist { not_truthful: Some(untrue), ..Checklist::default() },
        Checklist::default(),
    ]) {
        let is_first = checklist.not_timely.is_some();
        let detail = Detail {
            role: Some(Role::Supervisor),
            checklist: Some(Box::new(checklist)),
            sample: Some(DocumentName { kind: DocumentKind::Rules, ulid: Ulid::nil() }),
            ..Detail::default()
        };
        let event = Event::new(EventKind::CheckSample, later(1), "监察", "").with(detail);
        fixture::write(&mut hub, later(1), case, vec![Edit::Event(event)]);
        if is_first {
            assert_eq!(counted(&hub), words("1/1", "在用", "in use"), "late is not untrue");
        }
    }
    let (zh, en) = ("在用存疑（不真实 1/3）", "in use with doubt (not truthful 1/3)");
    assert_eq!(counted(&hub), words("2/3", zh, en));
}

#[test]
fn the_share_of_late_entries_stands_beside_use() {
    let mut hub = fixture::city();
    let case = fixture::take_case(&mut hub, later(1), 1);
    let friday = NINE.plus_ms(4 * 86_400_000);
    let late = Event::new(EventKind::Supervise, later(2), "李芳", "");
    fixture::write(&mut hub, friday, case, vec![Edit::Event(late)]);
    let told = |hub: &Desk| {
        let activity = ActivityCounter::default().count(hub, friday).unwrap();
        activity[&division(CITY)].late_words()
    };
    assert_eq!(told(&hub), "—", "nothing is counted yet");
    while hub.count_facts(256).unwrap() == Counted::Part {}
    assert_eq!(told(&hub), "1/2");
}

#[test]
fn an_audit_reads_the_same_as_json_as_csv_and_on_paper() {
    let (mut scene, mut town) = scene_in_step();
    fixture::take_case(&mut town, later(2), 2);
    let mut statement = fixture::say(&town, later(3), later(3)).last.statement;
    statement.software = "=evil(\"x\")".to_owned();
    scene.heard = vec![fixture::heard(town.member(), statement, later(3))];
    let audit = Audit::of(later(4), scene.assess(later(4)));
    let json: serde_json::Value = serde_json::from_str(&audit.to_json()).unwrap();
    assert_eq!(json["summary"]["behind"], 1);
    assert_eq!(json["centres"][2]["verdict"], "behind");
    assert_eq!(json["centres"][2]["missing"], 1);
    assert_eq!(json["centres"][2]["centre"], TOWN);
    let csv = audit.to_csv();
    let row = csv.lines().nth(3).unwrap();
    let start = "510921103,township,文井镇,Wenjing,behind,,2026-11-02T09:03:00+08:00,\
                 2026-11-02T09:03:00+08:00,2,3,1,0,0,0,0,none,3,\"'=evil(\"\"x\"\")\",";
    assert!(row.starts_with(start), "{row}");
    let text = audit.to_text(Language::Zh);
    insta::assert_snapshot!(text, @"
    区划       中心    结论    截至                 已持有  未到  办件  30天  使用  抽查  补录  链路    原因
    510900     遂宁市  到齐    2026-11-02 09:04:00  0       0     0     0     未用  —     —     本中心  市中心自己的库即为准：0 条记录。
    510921     蓬溪县  未入网  —                    0       0     0     0     未用  —     —     无      没有机器为该中心入网。
    510921103  文井镇  未到齐  2026-11-02 09:03:00  2       1     0     0     未用  —     —     无      截至 2026-11-02 09:03:00，声明 3 条，市中心持有其中 2 条，还有 1 条未到（至少自 2026-11-02 09:03:00 起）。
    510921104  明月镇  未入网  —                    0       0     0     0     未用  —     —     无      没有机器为该中心入网。

    4 个中心：到齐 1，未到齐 1，失联 0，异常 0，未入网 2；已声明未到市 1 条；近30天在用 0/4，其中存疑 0/0
    ");
    assert!(audit.to_text(Language::En).contains("4 centres: 1 complete, 1 behind"));
}

/// A township that took `cases` cases, of which the city holds the first.
fn scene_behind(cases: u64) -> (Scene, Desk) {
    let (scene, mut town) = scene_in_step();
    for number in 2..=cases {
        fixture::take_case(&mut town, later(1), number);
    }
    (scene, town)
}

/// What a machine says now, with what it said before still kept.
fn after(said: &Heard, now: Heard) -> Heard {
    Heard { earlier: vec![said.last.clone()], ..now }
}

#[test]
fn an_emptied_machine_does_not_make_its_centre_complete_while_what_it_announced_is_missing() {
    let (mut scene, town) = scene_behind(3);
    let before = fixture::say(&town, later(2), later(2));
    let mut member = fixture::town().member().clone();
    member.incarnation = 1;
    let empty = fixture::open(member);
    scene.heard = vec![after(&before, fixture::say(&empty, later(3), later(3)))];
    let coverage = scene.town(later(3));
    assert_eq!(coverage.verdict, Verdict::Behind { missing: 2, since: later(3) });
    assert_eq!((coverage.announced, coverage.held), (4, 2));
    fixture::carry(&town, &mut scene.hub, later(4));
    assert_eq!(scene.town(later(4)).verdict, Verdict::Complete);
}

#[test]
fn a_machine_that_announces_less_than_it_once_announced_was_rolled_back() {
    let (mut scene, town) = scene_behind(3);
    let before = fixture::say(&town, later(2), later(2));
    let mut old = fixture::town();
    fixture::take_case(&mut old, NINE, 1);
    scene.heard = vec![after(&before, fixture::say(&old, later(3), later(3)))];
    let coverage = scene.town(later(3));
    assert_eq!(coverage.verdict, Verdict::Incident { trouble: Trouble::Rollback });
    assert!(
        coverage.reason_en.contains("up to entry 4 and less later, now 2, while the city holds")
    );
    assert_eq!(coverage.missing, 2);
    // It writes on with numbers that it has given already, and the city gets these.
    for number in 7..9 {
        fixture::take_case(&mut old, later(3), number);
    }
    fixture::carry(&old, &mut scene.hub, later(4));
    scene.heard = vec![after(&before, fixture::say(&old, later(4), later(4)))];
    assert_eq!(scene.town(later(4)).verdict, Verdict::Incident { trouble: Trouble::Fork });
}

#[test]
fn what_a_county_says_that_it_holds_of_a_township_is_out_there() {
    let (mut scene, town) = scene_behind(3);
    let mut county = fixture::county();
    fixture::carry(&town, &mut county, later(1));
    let mut statement = fixture::say(&county, later(2), later(2)).last.statement;
    statement.ends = county.frontier().iter().map(|(journal, end)| (*journal, *end)).collect();
    scene.heard.push(fixture::heard(county.member(), statement, later(2)));
    assert_eq!(scene.town(later(3)).verdict, Verdict::Behind { missing: 2, since: later(1) });
    fixture::carry(&county, &mut scene.hub, later(3));
    assert_eq!(scene.town(later(3)).verdict, Verdict::Complete);
}

#[test]
fn a_silent_machine_is_not_covered_up_by_another_of_its_centre_until_it_is_revoked() {
    let (mut scene, _) = scene_in_step();
    let successor = fixture::open(fixture::member(13, &[TOWN, COUNTY, CITY], Tier::Township));
    scene.enrol(&successor);
    scene.heard.push(fixture::say(&successor, later(30), later(30)));
    let coverage = scene.town(later(31));
    assert_eq!(coverage.verdict, Verdict::Silent { since: later(1) });
    assert!(coverage.reason_en.starts_with("No word of machine "), "{}", coverage.reason_en);
    scene.roster[0].revoked_at = Some(later(29));
    let coverage = scene.town(later(31));
    assert_eq!((coverage.verdict, coverage.as_of), (Verdict::Complete, Some(later(30))));
}

#[test]
fn a_word_over_the_machines_own_link_counts_from_when_it_came_whatever_its_clock_says() {
    let (mut scene, town) = scene_in_step();
    let mut heard = fixture::say(&town, later(-60), later(30));
    scene.heard = vec![heard.clone()];
    assert!(matches!(scene.town(later(31)).verdict, Verdict::Silent { .. }), "by way of a county");
    heard.last.is_direct = true;
    scene.heard = vec![heard];
    let coverage = scene.town(later(31));
    assert_eq!((coverage.verdict, coverage.as_of), (Verdict::Complete, Some(later(-60))));
}

#[test]
fn what_the_office_settles_is_named_and_what_goes_wrong_beyond_it_is_seen() {
    let (mut scene, town) = scene_behind(3);
    scene.heard = vec![fixture::say(&town, later(2), later(2))];
    let journal = JournalId { home: Home::office(division(TOWN)), author: town.member().author() };
    let (by, note) = ("周敏".to_owned(), "硬盘损坏，两件已补录".to_owned());
    scene.settled.insert(journal, Settlement { through: 4, at: later(3), by, note });
    let coverage = scene.town(later(3));
    assert_eq!((coverage.verdict, coverage.given_up), (Verdict::Complete, 2));
    assert!(coverage.reason_zh.contains("周敏 于"), "{}", coverage.reason_zh);
    assert!(coverage.reason_en.contains("holds all 2 entries"), "{}", coverage.reason_en);
    let incident = Incident::new(IncidentKind::Refused, (journal, 4), "no right", later(1));
    scene.incidents = vec![incident.clone()];
    assert_eq!(scene.town(later(3)).verdict, Verdict::Complete);
    scene.incidents[0].number = 5;
    assert_eq!(scene.town(later(3)).verdict, Verdict::Incident { trouble: Trouble::Refused });
}

proptest! {
    #[test]
    fn no_centre_is_complete_while_anything_announced_is_missing(
        cases in 1..4_u64,
        claims in prop::collection::vec((0..3_u8, 0..8_u64, any::<bool>()), 0..4),
        minutes in 0..40_i64,
    ) {
        let (mut scene, mut town) = scene_in_step();
        for number in 2..=cases {
            fixture::take_case(&mut town, later(0), number);
        }
        fixture::carry(&town, &mut scene.hub, later(0));
        let home = Home::office(division(TOWN));
        let node = town.member().credential.node();
        let mut is_whole = true;
        let mut ends = Vec::new();
        for (incarnation, number, is_true) in claims {
            let journal = JournalId {
                home,
                author: Author { node, incarnation: u32::from(incarnation) },
            };
            let entry = scene.hub.entry_bytes(journal, number).unwrap();
            let hash = match &entry {
                Some(bytes) if is_true => Sha::of(bytes),
                _ => Sha::of(b"other"),
            };
            is_whole &= number == 0 || entry.is_some_and(|bytes| Sha::of(&bytes) == hash);
            ends.push((journal, End { number, hash }));
        }
        let statement = Statement {
            ends, ..fixture::say(&town, later(1), later(1)).last.statement
        };
        scene.heard = vec![fixture::heard(town.member(), statement, later(1))];
        let coverage = scene.town(later(1 + minutes));
        let is_complete = coverage.verdict == Verdict::Complete;
        prop_assert!(!is_complete || (is_whole && coverage.missing == 0 && minutes <= 15), "{coverage:?}");
    }
}
