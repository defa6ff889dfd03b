//! Changes that pass the judge, who sees no document, and yet fit none.

use automerge::legacy::{Key, OpId, SortedVec};
use automerge::{ActorId, ChangeHash};

use super::*;

fn actor(of: &Writer) -> ActorId {
    ActorId::from(of.author.to_bytes().as_slice())
}

/// A township's case that the county has accepted, and the document at both.
fn case() -> (Paper, Writer, Writer) {
    let (township, county) = (Writer::township(), Writer::county());
    let mut paper = Paper::default();
    let mut times = clock();
    let taken = vec![Edit::Header(header()), field("f", "x"), event(EventKind::Receive)];
    paper.edit(township.author, taken, &mut times).unwrap();
    paper.edit(county.author, vec![event(EventKind::Accept)], &mut times).unwrap();
    (paper, township, county)
}

/// The township's next change to the case, honest but for `alter`.
fn next(
    paper: &Paper,
    by: &Writer,
    edits: Vec<Edit>,
    alter: impl FnOnce(&mut ExpandedChange),
) -> Vec<u8> {
    let mut times = clock();
    for _ in 0..9 {
        times();
    }
    let honest = paper.clone().edit(by.author, edits, times).unwrap().unwrap();
    bend(&honest, alter)
}

/// The document takes the change in, or refuses it, and can be saved and read either way.
#[track_caller]
fn check(paper: &Paper, bytes: &[u8], why: &str) {
    let mut tried = paper.clone();
    let done = tried.apply(bytes);
    if why.is_empty() {
        assert_eq!(done, Ok(()));
    } else {
        let refused = done.unwrap_err().to_string();
        assert!(refused.contains(why), "`{refused}` where `{why}` is due");
        assert_eq!(tried.save(), paper.save());
    }
    assert_eq!(Paper::load(&tried.save()).unwrap().view(), tried.view());
}

#[test]
fn what_is_not_bent_is_taken_in_once() {
    let (mut paper, township, _) = case();
    let change = next(&paper, &township, vec![field("f", "y"), field("f", "z")], |_| {});
    check(&paper, &change, "");
    paper.apply(&change).unwrap();
    let once = paper.save();
    paper.apply(&change).unwrap();
    assert_eq!(paper.save(), once);
}

#[test]
fn numbers_of_changes_and_operations_leave_no_gap_and_come_once() {
    let (paper, township, _) = case();
    let bent =
        |alter: fn(&mut ExpandedChange)| next(&paper, &township, vec![field("f", "y")], alter);
    check(&paper, &bent(|change| change.seq = 3), "number 3 of its author, where 2 is next");
    check(&paper, &bent(|change| change.seq = 1), "number 1 of its author, where 2 is next");
    let wrong = "does not follow what it builds on, up to 7";
    check(&paper, &bent(|change| change.start_op = 7.try_into().unwrap()), wrong);
    check(&paper, &bent(|change| change.start_op = u64::from(u32::MAX).try_into().unwrap()), wrong);
    check(&paper, &bent(|change| change.deps.clear()), "does not follow");
    check(&paper, &bent(|change| change.deps.push(change.deps[0])), "does not follow");
}

#[test]
fn a_township_cannot_erase_what_the_county_recorded_by_naming_it_elsewhere() {
    let (paper, township, county) = case();
    let accepted = OpId::new(7, &actor(&county));
    let edits = vec![field("f", "y"), event(EventKind::FinishStep)];
    let crafted = next(&paper, &township, edits, |change| {
        change.operations[0].pred = SortedVec::from(vec![accepted]);
    });
    let entry = township.entry(Home::office(township.home()), DocumentKind::Case, crafted.clone());
    assert_eq!(
        judge(&entry, &township.credential),
        Ok(Grasp::Whole),
        "the judge cannot know whose it is"
    );
    check(&paper, &crafted, "`f` does not replace what stood there");
}

#[test]
fn an_event_cannot_stand_twice_under_one_time_of_one_author() {
    let (paper, _, county) = case();
    let honest = vec![event(EventKind::FinishStep), event(EventKind::Decide)];
    let twice = next(&paper, &county, honest, |change| {
        change.operations[1].key = change.operations[0].key.clone();
    });
    check(&paper, &twice, "does not replace what stood there");
}

#[test]
fn a_second_header_never_takes_the_place_of_the_first() {
    let (paper, township, _) = case();
    let second = Edit::Header(Header { applicant: "李".to_owned(), ..header() });
    let alone = township.change(vec![second]);
    let after = |heads: Vec<ChangeHash>| {
        bend(&alone, |change| {
            change.seq = 2;
            change.start_op = 8.try_into().unwrap();
            change.deps = heads;
        })
    };
    let honest = next(&paper, &township, vec![field("f", "y")], |_| {});
    let heads = automerge::Change::from_bytes(honest).unwrap().deps().to_vec();
    check(&paper, &after(heads), "`header` does not replace what stood there");
}

#[test]
fn of_two_headers_written_apart_the_first_in_order_stands_everywhere() {
    let township = Writer::township();
    let mut other = township.clone();
    other.author.incarnation = 1;
    let late = Header { applicant: "赵".to_owned(), ..header() };
    let (mut here, mut there) = (Paper::default(), Paper::default());
    let before = there.edit(other.author, vec![field("f", "w")], clock()).unwrap().unwrap();
    let second = there.edit(other.author, vec![Edit::Header(late)], clock()).unwrap().unwrap();
    let first = here.edit(township.author, vec![Edit::Header(header())], clock()).unwrap().unwrap();
    there.apply(&first).unwrap();
    here.apply(&before).unwrap();
    here.apply(&second).unwrap();
    assert_eq!(here.header(), Some(header()));
    assert_eq!(there.header(), Some(header()));
}

#[test]
fn a_conflict_settled_for_the_value_shown_is_settled_everywhere() {
    let township = Writer::township();
    let mut other = township.clone();
    other.author.incarnation = 1;
    let (mut here, mut there) = (Paper::default(), Paper::default());
    let first = here.edit(township.author, vec![field("f", "x")], clock()).unwrap().unwrap();
    let second = there.edit(other.author, vec![field("f", "y")], clock()).unwrap().unwrap();
    here.apply(&second).unwrap();
    there.apply(&first).unwrap();
    let shown = here.view().conflicts["f"][0].clone();
    let settle = vec![Edit::Field("f".to_owned(), shown), field("f", "z")];
    for edits in [&settle[..1], &settle] {
        let settled = here.clone().edit(township.author, edits.to_vec(), clock()).unwrap().unwrap();
        let home = Home::office(township.home());
        let entry = township.entry(home, DocumentKind::Case, settled.clone());
        assert_eq!(judge(&entry, &township.credential), Ok(Grasp::Whole));
        let mut there = there.clone();
        there.apply(&settled).unwrap();
        assert!(there.view().conflicts.is_empty());
    }
}

#[test]
fn a_field_that_nobody_disputes_is_never_removed() {
    let (paper, township, _) = case();
    let removed = next(&paper, &township, vec![field("f", "y")], |change| {
        change.operations[0].action = automerge::legacy::OpType::Delete;
    });
    check(&paper, &removed, "`f` is neither set nor settled");
}

#[test]
fn an_edit_that_changes_nothing_makes_no_change() {
    let (mut paper, township, _) = case();
    let before = paper.save();
    assert_eq!(paper.edit(township.author, vec![field("f", "x")], clock()), Ok(None));
    assert_eq!(paper.save(), before);
}

#[test]
fn a_change_that_waited_and_does_not_fit_is_dropped_alone() {
    let (township, county) = (Writer::township(), Writer::county());
    let mut here = Paper::default();
    let mut times = clock();
    let first = here.edit(township.author, vec![field("f", "x")], &mut times).unwrap().unwrap();
    let mut there = here.clone();
    let accept = there.edit(county.author, vec![event(EventKind::Accept)], &mut times);
    let accept = accept.unwrap().unwrap();
    let wrong = next(&here, &township, vec![field("f", "y")], |change| change.seq = 9);
    let mut paper = Paper::default();
    paper.apply(&wrong).unwrap();
    paper.apply(&accept).unwrap();
    assert!(paper.is_waiting());
    paper.apply(&first).unwrap();
    assert!(!paper.is_waiting());
    assert_eq!(paper.canonical(), there.canonical());
}

#[test]
fn two_changes_with_one_number_come_to_the_same_whatever_came_between() {
    let (township, county) = (Writer::township(), Writer::county());
    let mut paper = Paper::default();
    let accept = paper.edit(county.author, vec![event(EventKind::Accept)], clock());
    let accept = accept.unwrap().unwrap();
    let after = paper.edit(township.author, vec![field("f", "after")], clock()).unwrap().unwrap();
    let apart = township.change(vec![field("f", "apart")]);
    let mut county_first = Paper::default();
    county_first.apply(&accept).unwrap();
    county_first.apply(&after).unwrap();
    assert!(county_first.apply(&apart).is_err());
    let mut township_first = Paper::default();
    for change in [&after, &apart, &accept] {
        township_first.apply(change).unwrap();
    }
    assert_eq!(township_first.canonical(), county_first.canonical());
    assert!(!township_first.is_waiting());
}

#[test]
fn a_place_that_a_document_does_not_have_is_refused_even_without_a_judge() {
    let (paper, township, _) = case();
    for (place, why) in [(None, "an operation on a list"), (Some(9), "`f`")] {
        let bytes = next(&paper, &township, vec![field("f", "y")], |change| {
            let op = &mut change.operations[0];
            match place {
                None => op.key = Key::head(),
                Some(counter) => {
                    op.obj = automerge::legacy::ObjectId::Id(OpId::new(counter, &actor(&township)));
                }
            }
        });
        check(&paper, &bytes, why);
    }
}
