//! Changes that no editing made: the judge refuses them, and nothing panics.

use std::panic::catch_unwind;
use std::sync::Arc;

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType, SortedVec};
use automerge::{ActorId, ObjType, ScalarValue};
use proptest::prelude::*;

use super::*;

fn genesis() -> ActorId {
    ActorId::from([0_u8].as_slice())
}

/// What the judge says about these bytes, written by the township into a case of its own.
fn verdict(bytes: Vec<u8>) -> Result<Grasp, Refusal> {
    let own = Writer::township();
    let entry = own.entry(Home::office(own.home()), DocumentKind::Case, bytes);
    judge(&entry, &own.credential)
}

/// What the judge says once the only operation of an honest change is bent.
fn bent(edit: Edit, alter: impl FnOnce(&mut Op)) -> Result<Grasp, Refusal> {
    let honest = Writer::township().change(vec![edit]);
    verdict(bend(&honest, |change| alter(&mut change.operations[0])))
}

fn nowhere(place: &str) -> Result<Grasp, Refusal> {
    Err(Refusal::NoSuchPlace(place.to_owned()))
}

#[test]
fn what_is_not_bent_passes() {
    assert_eq!(bent(field("f", "x"), |_| {}), Ok(Grasp::Whole));
}

#[test]
fn there_is_nothing_to_write_but_a_value_in_one_of_the_known_places() {
    let here = || field("f", "x");
    for action in [
        OpType::Increment(1),
        OpType::Make(ObjType::Map),
        OpType::Make(ObjType::List),
        OpType::Make(ObjType::Text),
        OpType::MarkEnd(true),
    ] {
        assert_eq!(bent(here(), |op| op.action = action), nowhere("f"));
    }
    assert_eq!(bent(here(), |op| op.insert = true), nowhere("f"));
    assert_eq!(bent(here(), |op| op.key = Key::head()), nowhere("a list"));
    assert_eq!(bent(here(), |op| op.obj = ObjectId::Root), nowhere("f"));
    let form = |counter, actor| ObjectId::Id(OpId::new(counter, &actor));
    assert_eq!(bent(here(), |op| op.obj = form(4, genesis())), nowhere("f"));
    assert_eq!(bent(here(), |op| op.obj = form(1, ActorId::from([1].as_slice()))), nowhere("f"));
}

#[test]
fn a_value_of_another_sort_has_no_place() {
    let place = |edit: Edit| match edit {
        Edit::Header(_) => "the header",
        Edit::Field(..) => "the form",
        Edit::Material(..) => "the list of materials",
        Edit::Event(_) => "the list of events",
    };
    let edits = [Edit::Header(header()), field("f", "x"), material(), event(EventKind::Accept)];
    for edit in edits {
        for scalar in [
            ScalarValue::Null,
            ScalarValue::Boolean(true),
            ScalarValue::Int(1),
            ScalarValue::counter(1),
            ScalarValue::F64(0.5),
            ScalarValue::Timestamp(1),
            ScalarValue::Bytes(Vec::new()),
            ScalarValue::Bytes(vec![0x9f, 0xff]),
        ] {
            let found = bent(edit.clone(), |op| op.action = OpType::Put(scalar.clone()));
            let due = format!("{} (with such a value)", place(edit.clone()));
            assert_eq!(found, nowhere(&due), "{scalar:?}");
        }
    }
}

#[test]
fn what_is_written_once_is_never_written_over() {
    let over = |op: &mut Op| op.pred = SortedVec::from(vec![OpId::new(4, &genesis())]);
    assert_eq!(bent(Edit::Header(header()), over), Err(Refusal::Rewritten("the header")));
    assert_eq!(bent(event(EventKind::Accept), over), Err(Refusal::Rewritten("an event")));
    assert_eq!(bent(field("f", "x"), over), Ok(Grasp::Whole), "a field may be written over");
    let delete = |op: &mut Op| op.action = OpType::Delete;
    assert_eq!(bent(Edit::Header(header()), delete), Err(Refusal::Rewritten("the header")));
    assert_eq!(bent(event(EventKind::Accept), delete), Err(Refusal::Rewritten("an event")));
    assert_eq!(bent(field("f", "x"), delete), Ok(Grasp::Whole), "so a conflict is settled");
}

#[test]
fn an_event_stands_under_the_time_at_which_it_was_recorded() {
    for key in ["", "now", "0000000000000", "00000000000001", "zzzzzzzzzzzzz"] {
        let found = bent(event(EventKind::Accept), |op| op.key = Key::Map(key.into()));
        assert!(
            found == nowhere(key) || matches!(found, Err(Refusal::BackDated(_))),
            "{key}: {found:?}"
        );
    }
}

#[test]
fn values_that_lie_in_each_other_without_end_are_refused_and_exhaust_nothing() {
    let level = [0x83, 0x60, 0x82, 0x00, 0x81, 0x60, 0x81]; // {"": "" and one attribute more}
    let mut bytes = vec![0x85, 0x00, 0x00, 0x60, 0x60, 0x81];
    bytes.extend(level.repeat(15_000));
    let scalar = ScalarValue::Bytes(bytes);
    let found = bent(event(EventKind::Accept), |op| op.action = OpType::Put(scalar));
    assert_eq!(found, nowhere("the list of events (with such a value)"));
}

#[test]
fn a_change_says_nothing_besides_its_operations() {
    let honest = Writer::township().change(vec![field("f", "x")]);
    for bytes in [
        bend(&honest, |change| change.operations.clear()),
        bend(&honest, |change| change.message = Some("x".to_owned())),
        bend(&honest, |change| change.extra_bytes = vec![1, 1, 9]),
        bend(&honest, |change| change.time = 1),
    ] {
        assert!(matches!(verdict(bytes), Err(Refusal::Unreadable(_))));
    }
}

#[test]
fn a_compressed_change_is_refused_before_it_unfolds() {
    let honest = Writer::township().change(vec![field("f", &"0".repeat(16_000))]);
    let mut change = automerge::Change::from_bytes(honest).unwrap();
    let compressed = change.bytes().into_owned();
    assert!(compressed.len() < 400, "{}", compressed.len());
    let Err(Refusal::Unreadable(why)) = verdict(compressed) else { panic!("it passed") };
    assert!(why.contains("a compressed one could be of any size"), "{why}");
}

/// automerge panics on some bent changes; this also tells when the guard is no longer needed.
#[test]
fn no_bent_byte_passes_for_what_was_signed_and_none_panics() {
    let honest = Writer::township().change(vec![field("f", "x"), event(EventKind::Receive)]);
    assert_eq!(verdict(honest.clone()), Ok(Grasp::Whole));
    let mut panics = 0;
    for at in 0..honest.len() {
        for bit in 0..8 {
            let mut bytes = honest.clone();
            bytes[at] ^= 1 << bit;
            let raw = Arc::new(bytes.clone());
            let read = move || automerge::Change::from_bytes(raw.to_vec()).map(|it| it.decode());
            panics += usize::from(catch_unwind(read).is_err());
            assert!(at > 8 || verdict(bytes).is_err(), "byte {at} of the head"); // Below: no panic.
        }
    }
    assert!(panics > 0, "automerge panics no more: `document::change::read` needs no guard");
}

proptest! {
    #[test]
    fn random_bytes_are_no_change(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(matches!(verdict(bytes), Err(Refusal::Unreadable(_))));
    }
}
