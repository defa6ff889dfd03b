//! Merge laws: whoever holds the same changes holds the same document, whatever came first.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::calendar::Almanac;
use crate::case::fold;

const AUTHORS: usize = 3;

/// What happens next in the history of one document.
#[derive(Clone, Debug)]
enum Step {
    Edit(usize, Vec<Edit>),
    /// The first hears everything that the second holds.
    Hear(usize, usize),
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-c一-三]{0,3}".prop_map(Value::Text),
        (0..3_i64).prop_map(Value::Integer),
        any::<bool>().prop_map(Value::Flag),
        (0..9_i64).prop_map(|ms| Value::Instant(Timestamp(ms), 480)),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    use EventKind as E;
    let kinds = [E::Receive, E::NoticeSupplement, E::Accept, E::FinishStep, E::Decide, E::Deliver];
    prop_oneof![
        ("[a-c]", value()).prop_map(|(name, value)| Edit::Field(name, value)),
        ("[ab]", 0..9_u8).prop_map(|(name, byte)| {
            let content = Some(crate::hash::Sha::of(&[byte]));
            Edit::Material(name, Material { state: MaterialState::Handed, content })
        }),
        (proptest::sample::select(kinds.to_vec()), "[ab]")
            .prop_map(|(kind, note)| Edit::Event(Event::new(kind, NOW, "李", &note))),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..AUTHORS, vec(edit(), 1..4)).prop_map(|(who, edits)| Step::Edit(who, edits)),
        1 => (0..AUTHORS, 0..AUTHORS).prop_map(|(who, whom)| Step::Hear(who, whom)),
    ]
}

/// Plays the history; returns every change, and for each author's paper what it then held.
fn play(steps: Vec<Step>) -> (Vec<Vec<u8>>, Vec<Paper>) {
    let writers = [Writer::township(), Writer::county(), Writer::city()];
    let mut desks: Vec<(Paper, Vec<Vec<u8>>)> = vec![(Paper::default(), Vec::new()); AUTHORS];
    let mut all = Vec::new();
    let mut times: Vec<_> = (0..AUTHORS).map(|_| clock()).collect();
    let taken = Step::Edit(0, vec![Edit::Header(header())]);
    for step in std::iter::once(taken).chain(steps) {
        match step {
            Step::Edit(who, edits) => {
                let (paper, held) = &mut desks[who];
                let made = paper.edit(writers[who].author, edits, &mut times[who]).unwrap();
                held.extend(made.clone());
                all.extend(made);
            }
            Step::Hear(who, whom) => {
                let heard = desks[whom].1.clone();
                let (paper, held) = &mut desks[who];
                for change in heard {
                    paper.apply(&change).unwrap();
                    held.push(change);
                }
            }
        }
    }
    (all, desks.into_iter().map(|(paper, _)| paper).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_order_of_the_same_changes_gives_the_same_document(
        steps in vec(step(), 1..14),
        orders in vec(vec(any::<u32>(), 80), 3),
    ) {
        let (changes, desks) = play(steps);
        let mut whole = Paper::default();
        changes.iter().for_each(|change| whole.apply(change).unwrap());
        let folded = fold(&whole.view().events, &Almanac::default());
        for order in orders {
            // Every change twice, in this order.
            let mut twice: Vec<(u32, &Vec<u8>)> =
                order.iter().copied().zip(changes.iter().chain(&changes)).collect();
            twice.sort_by_key(|(key, _)| *key);
            let mut paper = Paper::default();
            for (_, change) in twice {
                paper.apply(change).unwrap();
            }
            prop_assert!(!paper.is_waiting());
            prop_assert_eq!(paper.canonical(), whole.canonical());
            prop_assert_eq!(paper.fingerprint(), whole.fingerprint());
            prop_assert_eq!(paper.view(), whole.view());
            prop_assert_eq!(&fold(&paper.view().events, &Almanac::default()), &folded);
            let read = Paper::load(&paper.save()).unwrap();
            prop_assert_eq!(read.view(), whole.view());
            prop_assert_eq!(read.canonical(), whole.canonical());
        }
        for mut desk in desks {
            changes.iter().for_each(|change| desk.apply(change).unwrap());
            prop_assert_eq!(desk.canonical(), whole.canonical());
        }
    }

    #[test]
    fn a_document_read_back_half_way_goes_on_as_if_it_had_never_slept(
        steps in vec(step(), 2..12),
        at in 0_usize..12,
    ) {
        let (changes, _) = play(steps);
        let mut awake = Paper::default();
        let mut slept = Paper::default();
        for (number, change) in changes.iter().enumerate() {
            if number == at && !slept.is_waiting() {
                slept = Paper::load(&slept.save()).unwrap();
            }
            awake.apply(change).unwrap();
            slept.apply(change).unwrap();
        }
        prop_assert_eq!(slept.view(), awake.view());
        prop_assert_eq!(slept.canonical(), awake.canonical());
    }
}
