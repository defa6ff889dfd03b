//! Who may write what: tables through one helper.

use super::*;
use crate::case::joint::PartOf;
use crate::case::{CaseType, STEPS_MAX, StepTerms, Terms};
use crate::deadline::{LIMIT_MAX, Limit};
use crate::hash::Sha;
use crate::journal::Receipt;
use crate::limits::{EVENT_BEFORE_ENTRY_MS_MAX, TEXT_BYTES_MAX};
use crate::queue::{Said, Strip};
use crate::value::Attribute;

const OK: &str = "";

/// Lets `writer` make `edits` in one document, and compares what the judge says.
#[track_caller]
fn check(writer: &Writer, home: Home, kind: DocumentKind, edits: Vec<Edit>, says: &str) {
    let what = format!("{kind:?} {edits:?}");
    let entry = writer.entry(home, kind, writer.change(edits));
    let said = judge(&entry, &writer.credential)
        .map_or_else(|refusal| refusal.to_string(), |_| String::new());
    if says == OK {
        assert_eq!(said, OK, "{what}");
    } else {
        assert!(said.contains(says), "{what}: `{said}` where `{says}` is due");
    }
}

/// The same for a case in `home`.
#[track_caller]
fn check_case(writer: &Writer, home: &Writer, edit: Edit, says: &str) {
    check(writer, Home::office(home.home()), DocumentKind::Case, vec![edit], says);
}

const MAY_NOT: &str = "this centre may not record";
const NOT_YOURS: &str = "may be written by the centre that took the case only";

#[test]
fn a_township_writes_everything_of_its_own_cases_but_supervises_nobody() {
    use EventKind as E;
    let own = Writer::township();
    check_case(&own, &own, Edit::Header(header()), OK);
    check_case(&own, &own, material(), OK);
    for value in [
        Value::Text("中".to_owned()),
        Value::Instant(NOW, 480),
        Value::Integer(-1),
        Value::Number(0.5),
        Value::Flag(true),
        Value::Id("x".to_owned()),
        Value::List(vec![Attribute::new("k", Value::List(Vec::new()))]),
    ] {
        check_case(&own, &own, Edit::Field("f".to_owned(), value), OK);
    }
    for kind in [
        E::Receive,
        E::NoticeSupplement,
        E::Accept,
        E::FinishStep,
        E::Decide,
        E::Deliver,
        E::Withdraw,
        E::Terminate,
        E::Import,
    ] {
        check_case(&own, &own, event(kind), OK);
    }
    for kind in [E::Supervise, E::Enrol, E::Revoke, E::Settle] {
        check_case(&own, &own, event(kind), MAY_NOT);
    }
}

#[test]
fn a_centre_above_decides_and_supervises_but_takes_and_fills_in_nothing() {
    use EventKind as E;
    let below = Writer::township();
    for above in [Writer::county(), Writer::city()] {
        for kind in [
            E::NoticeSupplement,
            E::Accept,
            E::FinishStep,
            E::Decide,
            E::Deliver,
            E::Terminate,
            E::Supervise,
        ] {
            check_case(&above, &below, event(kind), OK);
        }
        for kind in [E::Receive, E::Import, E::Withdraw, E::Enrol, E::Revoke, E::Settle] {
            check_case(&above, &below, event(kind), MAY_NOT);
        }
        check_case(&above, &below, Edit::Header(header()), NOT_YOURS);
        check_case(&above, &below, material(), NOT_YOURS);
        check_case(&above, &below, field("f", "x"), NOT_YOURS);
    }
}

#[test]
fn a_county_takes_cases_of_its_own_counter_and_supervises_those_below() {
    let county = Writer::county();
    check_case(&county, &county, Edit::Header(header()), OK);
    check_case(&county, &county, event(EventKind::Receive), OK);
    check_case(&county, &county, event(EventKind::Supervise), MAY_NOT);
    check_case(&county, &Writer::township(), event(EventKind::Supervise), OK);
}

#[test]
fn whoever_leads_from_above_heads_the_cases_of_its_parts_and_no_others() {
    let (below, city) = (Writer::township(), Writer::city());
    let of = |lead: Division, taken_by: Division| {
        let part_of = PartOf { lead: DocumentId::case(lead, Ulid::nil()), place: 0 };
        Edit::Header(Header { part_of: Some(part_of), taken_by, ..header() })
    };
    let (own, other) = (city.home(), Writer::county().home());
    check_case(&city, &below, of(own, own), OK);
    check_case(&city, &below, of(other, own), NOT_YOURS);
    check_case(&city, &below, of(own, other), NOT_YOURS);
    check_case(&Writer::county(), &below, of(own, own), NOT_YOURS);
}

#[test]
fn one_forbidden_edit_among_others_refuses_the_whole_entry() {
    let (county, below) = (Writer::county(), Home::office(Writer::township().home()));
    let edits = vec![event(EventKind::Accept), field("f", "x"), event(EventKind::Decide)];
    check(&county, below, DocumentKind::Case, edits, NOT_YOURS);
    let mut entry =
        county.entry(below, DocumentKind::Case, county.change(vec![event(EventKind::Accept)]));
    let Body::Changes(changes) = &mut entry.body else { unreachable!() };
    changes.push(Change { bytes: Vec::new(), ..changes[0].clone() });
    assert!(matches!(judge(&entry, &county.credential), Err(Refusal::Unreadable(_))));
}

#[test]
fn nodes_are_enrolled_and_revoked_in_a_roster_by_its_own_centre_only() {
    let (county, city) = (Writer::county(), Writer::city());
    let roster = DocumentKind::Roster;
    let public = Home::public(city.home());
    for kind in [EventKind::Enrol, EventKind::Revoke, EventKind::Settle] {
        check(&city, public, roster, vec![event(kind)], OK);
        check(&county, public, roster, vec![event(kind)], MAY_NOT);
        check(&city, Home::public(county.home()), roster, vec![event(kind)], MAY_NOT);
        check(&city, public, DocumentKind::Rules, vec![event(kind)], MAY_NOT);
    }
    check(&city, public, roster, vec![event(EventKind::Accept)], MAY_NOT);
}

#[test]
fn each_kind_of_document_has_its_scope() {
    use DocumentKind as D;
    let city = Writer::city();
    let (office, public) = (Home::office(city.home()), Home::public(city.home()));
    for kind in [D::Case, D::ServiceRecord, D::Rating, D::Order, D::Post, D::Outages] {
        check(&city, office, kind, vec![field("f", "x")], OK);
        check(&city, public, kind, vec![field("f", "x")], "does not belong into this home");
    }
    for kind in [D::Item, D::Roster, D::Calendar, D::Rules] {
        check(&city, public, kind, vec![field("f", "x")], OK);
        check(&city, office, kind, vec![field("f", "x")], "does not belong into this home");
    }
}

#[test]
fn only_the_city_gives_receipts() {
    for (writer, may) in
        [(Writer::township(), false), (Writer::county(), false), (Writer::city(), true)]
    {
        let home = Home::office(division("510921103"));
        let mut entry = writer.entry(home, DocumentKind::Case, Vec::new());
        let receipt = Receipt { author: writer.author, number: 1, hash: Sha::default() };
        entry.body = Body::Receipts(vec![receipt]);
        let verdict = judge(&entry, &writer.credential);
        assert_eq!(verdict, if may { Ok(Grasp::Whole) } else { Err(Refusal::ReceiptNotFromCity) });
    }
}

#[test]
fn nobody_writes_in_the_name_of_another() {
    let (township, county) = (Writer::township(), Writer::county());
    let home = Home::office(township.home());
    let mut again = county.clone();
    again.author.incarnation = 1;
    for other in [&township, &again] {
        let borrowed = other.change(vec![event(EventKind::Accept)]);
        let entry = county.entry(home, DocumentKind::Case, borrowed);
        assert_eq!(judge(&entry, &county.credential), Err(Refusal::OtherAuthor));
    }
}

#[test]
fn an_event_is_recorded_with_its_entry_neither_after_it_nor_long_before() {
    let own = Writer::township();
    let verdict = |recorded: HybridTime| {
        let mut paper = Paper::default();
        let bytes = paper.edit(own.author, vec![event(EventKind::Receive)], || recorded);
        let entry =
            own.entry(Home::office(own.home()), DocumentKind::Case, bytes.unwrap().unwrap());
        (entry.time, judge(&entry, &own.credential))
    };
    let (time, _) = verdict(HybridTime::default());
    assert_eq!(verdict(time).1, Ok(Grasp::Whole));
    assert_eq!(verdict(HybridTime(time.0 + 1)).1, Err(Refusal::FromTheFuture));
    let ago = |ms: i64| HybridTime::first_of(time.instant().plus_ms(-ms));
    assert_eq!(verdict(ago(EVENT_BEFORE_ENTRY_MS_MAX)).1, Ok(Grasp::Whole));
    let much = EVENT_BEFORE_ENTRY_MS_MAX + 1;
    assert_eq!(verdict(ago(much)).1, Err(Refusal::BackDated(much)));
}

#[test]
fn a_text_at_the_limit_passes_and_one_byte_more_does_not() {
    let own = Writer::township();
    let long = |more: usize| "x".repeat(TEXT_BYTES_MAX + more);
    let edits: [fn(String) -> Edit; 6] = [
        |text| field("f", &text),
        |text| field(&text, "x"),
        |text| Edit::Material(text, Material { state: MaterialState::Missing, content: None }),
        |text| Edit::Header(Header { applicant: text, ..header() }),
        |text| Edit::Event(Event::new(EventKind::Receive, NOW, &text, "")),
        |text| Edit::Event(Event::new(EventKind::Receive, NOW, "", &text)),
    ];
    for edit in edits {
        check_case(&own, &own, edit(long(0)), OK);
        check_case(&own, &own, edit(long(1)), "a text of 16385 bytes is over the limit of 16384");
    }
}

#[test]
fn an_event_of_a_later_version_is_kept_for_that_version_to_judge() {
    let own = Writer::township();
    let home = Home::office(own.home());
    let verdict = |kind| {
        let change = own.change(vec![event(kind)]);
        judge(&own.entry(home, DocumentKind::Case, change), &own.credential)
    };
    assert_eq!(verdict(EventKind::Unknown(99)), Ok(Grasp::Partial));
    assert_eq!(verdict(EventKind::Accept), Ok(Grasp::Whole));
    assert_eq!(verdict(EventKind::Unknown(9)), verdict(EventKind::Supervise), "a code is a kind");
}

#[test]
fn each_kind_of_event_has_its_own_code_and_words_and_is_read_back() {
    let codes: Vec<u32> = EventKind::all().map(EventKind::code).collect();
    assert!(codes.is_sorted_by(|one, next| one < next), "a code is given once: {codes:?}");
    assert_eq!(codes[..34], (0..34).collect::<Vec<u32>>(), "codes that were given stay");
    assert_eq!((EventKind::Rate.code(), EventKind::IssueOrder.code()), (45, 48));
    assert_eq!((EventKind::CheckSample.code(), EventKind::CloseGreen.code()), (55, 67));
    for kind in EventKind::all() {
        let bytes = minicbor::to_vec(kind).unwrap();
        assert_eq!(minicbor::decode::<EventKind>(&bytes).unwrap(), kind);
        assert_eq!(kind.en().parse(), Ok(kind));
        assert_eq!(EventKind::all().filter(|other| other.zh() == kind.zh()).count(), 1);
    }
}

#[test]
fn the_counters_own_steps_are_everybodys_and_the_cards_are_for_those_above() {
    use EventKind as E;
    let (own, county, city) = (Writer::township(), Writer::county(), Writer::city());
    let counter = [
        E::Reject,
        E::Correct,
        E::StartProcedure,
        E::EndProcedure,
        E::Extend,
        E::HandUp,
        E::Charge,
        E::Complain,
        E::Appeal,
    ];
    for kind in counter {
        check_case(&own, &own, event(kind), OK);
        check_case(&county, &own, event(kind), OK);
    }
    for kind in [E::IssueCard, E::RuleAppeal, E::WithdrawCard] {
        check_case(&own, &own, event(kind), MAY_NOT);
        check_case(&county, &own, event(kind), OK);
        check_case(&county, &county, event(kind), MAY_NOT);
        check_case(&city, &city, event(kind), OK);
    }
    for kind in [E::Publish, E::Retire] {
        check_case(&county, &own, event(kind), MAY_NOT);
        check_case(&own, &own, event(kind), MAY_NOT);
    }
}

#[test]
fn catalogue_calendar_and_rules_are_published_in_a_centres_own_public_home_and_hold_nothing_else() {
    use EventKind as E;
    let city = Writer::city();
    let home = Home::public(city.home());
    for document in [DocumentKind::Item, DocumentKind::Calendar, DocumentKind::Rules] {
        for kind in [E::Publish, E::Retire] {
            check(&city, home, document, vec![event(kind)], OK);
        }
        for kind in [E::Accept, E::Supervise, E::Enrol, E::Revoke] {
            check(&city, home, document, vec![event(kind)], MAY_NOT);
        }
    }
    check(&city, home, DocumentKind::Roster, vec![event(E::Publish)], MAY_NOT);
}

#[test]
fn what_an_event_says_is_bounded_and_its_tier_is_its_authors() {
    let own = Writer::township();
    let said =
        |detail: Detail| Edit::Event(Event::new(EventKind::Receive, NOW, "李", "").with(detail));
    let tier = |tier| said(Detail { tier: Some(tier), ..Detail::default() });
    check_case(&own, &own, tier(Tier::Township), OK);
    check_case(&own, &own, tier(Tier::County), "at another tier than its author's");
    let long = Some("长".repeat(TEXT_BYTES_MAX));
    check_case(&own, &own, said(Detail { reason: long, ..Detail::default() }), "over the limit");
    let terms = |steps: usize, days: u16| {
        let step = StepTerms { name: "审".to_owned(), limit: None };
        let terms = Terms {
            item: "T01".to_owned(),
            version: 1,
            case_type: CaseType::Promised,
            legal: Some(Limit::WorkingDays(days)),
            promise: None,
            steps: vec![step; steps],
            materials: Vec::new(),
            procedures: Vec::new(),
            decide_at: Tier::County,
            is_joint: false,
            publisher: None,
            is_permit: None,
        };
        said(Detail { terms: Some(Box::new(terms)), ..Detail::default() })
    };
    check_case(&own, &own, terms(STEPS_MAX, LIMIT_MAX), OK);
    check_case(&own, &own, terms(STEPS_MAX + 1, 1), "more than 64 steps");
    check_case(&own, &own, terms(1, LIMIT_MAX + 1), "more than 3660 days");
}

#[test]
fn an_order_is_given_from_above_and_answered_by_its_own_centre_and_takes_nothing_else() {
    use EventKind as E;
    let (township, county, city) = (Writer::township(), Writer::county(), Writer::city());
    let order = DocumentKind::Order;
    let (below, office) = (Home::office(township.home()), Home::office(county.home()));
    for kind in [E::IssueOrder, E::ReturnOrder, E::CloseOrder] {
        check(&county, below, order, vec![event(kind)], OK);
        check(&city, below, order, vec![event(kind)], OK);
        check(&township, below, order, vec![event(kind)], MAY_NOT);
        check(&county, office, order, vec![event(kind)], MAY_NOT);
        check(&city, Home::office(city.home()), order, vec![event(kind)], OK);
    }
    check(&township, below, order, vec![event(E::ReplyOrder)], OK);
    check(&county, below, order, vec![event(E::ReplyOrder)], MAY_NOT);
    check(&county, below, order, vec![event(E::Accept)], MAY_NOT);
    for kind in [E::IssueOrder, E::ReplyOrder, E::CloseOrder] {
        check_case(&county, &township, event(kind), MAY_NOT);
        check_case(&township, &township, event(kind), MAY_NOT);
    }
    check(&township, below, DocumentKind::Rating, vec![event(E::Receive)], MAY_NOT);
}

#[test]
fn the_city_alone_says_what_a_sample_showed_and_draws_stand_with_the_rules() {
    let (township, county, city) = (Writer::township(), Writer::county(), Writer::city());
    check_case(&city, &township, event(EventKind::CheckSample), OK);
    check_case(&city, &city, event(EventKind::CheckSample), OK);
    check_case(&county, &township, event(EventKind::CheckSample), MAY_NOT);
    check_case(&township, &township, event(EventKind::CheckSample), MAY_NOT);
    let public = Home::public(city.home());
    for kind in [EventKind::AnnounceDraw, EventKind::RevealDraw] {
        check(&city, public, DocumentKind::Rules, vec![event(kind)], OK);
        check(&city, public, DocumentKind::Calendar, vec![event(kind)], MAY_NOT);
        check_case(&city, &township, event(kind), MAY_NOT);
    }
    let below = Home::office(township.home());
    let outage = vec![event(EventKind::Outage)];
    check(&township, below, DocumentKind::Outages, outage.clone(), OK);
    check(&township, below, DocumentKind::ServiceRecord, outage.clone(), MAY_NOT);
    check(&township, below, DocumentKind::Outages, vec![event(EventKind::Receive)], MAY_NOT);
    check(&county, below, DocumentKind::Outages, outage, MAY_NOT);
}

#[test]
fn service_records_and_posts_take_their_own_events_from_their_own_centre_only() {
    use DocumentKind as D;
    let (own, county) = (Writer::township(), Writer::county());
    let home = Home::office(own.home());
    for kind in EventKind::all() {
        let says = |fits| if fits { OK } else { MAY_NOT };
        check(&own, home, D::ServiceRecord, vec![event(kind)], says(kind.is_of_service()));
        check(&own, home, D::Post, vec![event(kind)], says(kind.is_of_post()));
        check(&county, home, D::ServiceRecord, vec![event(kind)], MAY_NOT);
        check(&county, home, D::Post, vec![event(kind)], MAY_NOT);
        if kind.is_of_service() || kind.is_of_post() {
            check_case(&own, &own, event(kind), MAY_NOT);
        }
    }
    let long = "x".repeat(TEXT_BYTES_MAX + 1);
    let detail = Detail { link: Some(long), ..Detail::default() };
    let linked = Edit::Event(Event::new(EventKind::Serve, NOW, "李", "").with(detail));
    check(&own, home, D::ServiceRecord, vec![linked], "over the limit");
}

#[test]
fn a_strip_of_tickets_takes_what_happens_to_tickets_from_its_own_centre_only() {
    let (own, county) = (Writer::township(), Writer::county());
    let home = Home::office(own.home());
    let day = jiff::civil::date(2023, 11, 15);
    let says = |writer: &Writer, edits: Vec<Edit>| {
        let mut entry = writer.entry(home, DocumentKind::ServiceRecord, writer.change(edits));
        let Body::Changes(changes) = &mut entry.body else { panic!() };
        changes[0].document = Strip::new(day, ('A', 0), own.author.node).name();
        judge(&entry, &writer.credential).map_err(|refusal| refusal.to_string())
    };
    for kind in EventKind::all() {
        assert_eq!(says(&own, vec![event(kind)]).is_ok(), kind.is_of_queue(), "{kind:?}");
        assert!(says(&county, vec![event(kind)]).is_err(), "{kind:?}");
        if kind.is_of_queue() {
            check(&own, home, DocumentKind::ServiceRecord, vec![event(kind)], MAY_NOT);
            check_case(&own, &own, event(kind), MAY_NOT);
        }
    }
    let window = Some("x".repeat(TEXT_BYTES_MAX + 1));
    let ticket = Some(Box::new(Said { window, ..Said::default() }));
    let detail = Detail { ticket, ..Detail::default() };
    let long = Edit::Event(Event::new(EventKind::CallTicket, NOW, "李", "").with(detail));
    assert!(says(&own, vec![long]).unwrap_err().contains("over the limit"));
}
