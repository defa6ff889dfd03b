//! Query codes, and ratings that are given away from the window.

use tongban_protocol::metrics::Sum;

use super::*;

/// What the cases held here are rated, by their centre: satisfied of rated.
fn rated(counter: &mut Counter) -> (i64, i64) {
    while counter.is_uncounted() {
        counter.count_facts(64).unwrap();
    }
    let cells = counter.ledger().cells();
    cells.fold((0, 0), |(satisfied, rated), (_, _, _, cell)| {
        (satisfied + cell.sum(Sum::Satisfied), rated + cell.sum(Sum::Rated))
    })
}

fn decided(town: &mut Counter) -> DocumentId {
    let id = taken(town, NINE, "王小明");
    recorded(town, NINE.plus_ms(1_000), id, "accept");
    recorded(town, NINE.plus_ms(2_000), id, "decide");
    id
}

fn opinion(level: Satisfaction) -> Opinion {
    Opinion { level, words: "等了两次".to_owned() }
}

fn at_counter(counter: &mut Counter, at: Timestamp, id: DocumentId, level: Satisfaction) {
    let mut said = event("rate");
    said.detail.rating = Some(level);
    record(counter, at, id, said).unwrap();
    counter.commit().unwrap();
}

#[test]
fn the_machine_that_took_a_case_tells_its_code_again_and_any_other_only_recognises_it() {
    let (mut town, mut county) = (town(), county());
    let ask = || NewCase { request_id: Some("a".to_owned()), ..new_case("王小明") };
    let Taken { id, code, .. } = take(&mut town, NINE, &mut rng(1), ask()).unwrap();
    town.commit().unwrap();
    let code = code.unwrap();
    assert_eq!(take(&mut town, NINE, &mut rng(2), ask()).unwrap().code, Some(code.clone()));
    send(&mut town, &mut county, NINE);
    let held = |counter: &Counter| counter.case(id).unwrap().unwrap();
    assert_eq!(query_code(town.member(), &held(&town)), Some(code.clone()));
    assert_eq!(query_code(county.member(), &held(&county)), None);
    assert!(code.opens(&held(&county)));
    let other: QueryCode = "7KQ2-M0XD".parse().unwrap();
    assert!(!other.opens(&held(&county)));
    assert!(!show(&county, id).unwrap().unwrap().form.contains_key(QUERY_CODE));
}

#[test]
fn nobody_can_give_a_case_a_code_of_their_own() {
    let mut town = town();
    let mut case = new_case("王小明");
    case.form.insert(QUERY_CODE.to_owned(), "00000000".to_owned());
    let Taken { id, code, .. } = take(&mut town, NINE, &mut rng(1), case).unwrap();
    town.commit().unwrap();
    assert!(code.unwrap().opens(&town.case(id).unwrap().unwrap()));
}

#[test]
fn a_rating_given_away_from_the_window_counts_in_the_city_and_does_not_come_down() {
    let (mut town, mut city) = (town(), city());
    let id = decided(&mut town);
    send(&mut town, &mut city, NINE.plus_ms(3_000));
    assert_eq!(rated(&mut city), (0, 0));
    let now = NINE.plus_ms(60_000);
    let appended = rate_away(&mut city, now, id, opinion(Satisfaction::Satisfied)).unwrap();
    city.commit().unwrap();
    assert_eq!(appended.journal.home, Home::office(CITY.parse().unwrap()), "its own");
    assert_eq!(rated(&mut city), (1, 1));
    let again = rate_away(&mut city, now, id, opinion(Satisfaction::Satisfied)).unwrap_err();
    assert!(matches!(again, CaseError::Rating(RatingFault::Already)), "{again}");
    // A rating is none of the township's homes, and the township could not write it there.
    let refused = rate_away(&mut town, now, id, opinion(Satisfaction::Satisfied)).unwrap_err();
    assert!(matches!(refused, CaseError::Replica(ReplicaError::ForeignHome { .. })), "{refused}");
    assert_eq!(rated(&mut town), (0, 0));
}

#[test]
fn of_a_rating_at_the_window_and_one_away_from_it_the_first_counts_and_both_are_shown() {
    let (mut town, mut city) = (town(), city());
    let id = decided(&mut town);
    let at = |seconds: i64| NINE.plus_ms(seconds * 1_000);
    at_counter(&mut town, at(10), id, Satisfaction::VerySatisfied);
    send(&mut town, &mut city, at(20));
    rate_away(&mut city, at(30), id, opinion(Satisfaction::VeryDissatisfied)).unwrap();
    city.commit().unwrap();
    assert_eq!(rated(&mut city), (1, 1));
    let shown = show(&city, id).unwrap().unwrap().ratings;
    let told: Vec<_> = shown.iter().map(|it| (it.code.as_str(), it.is_away, it.counts)).collect();
    assert_eq!(told, [("very-satisfied", false, true), ("very-dissatisfied", true, false)]);
    assert_eq!(shown[1].note, "等了两次");
    assert!(show(&town, id).unwrap().unwrap().ratings.is_empty(), "only the city is told");
}

#[test]
fn an_undecided_case_and_too_many_words_are_not_rated() {
    let (mut town, mut city) = (town(), city());
    let id = taken(&mut town, NINE, "王小明");
    send(&mut town, &mut city, NINE);
    let mut rate = |words: String| {
        rate_away(&mut city, NINE, id, Opinion { level: Satisfaction::Satisfied, words })
    };
    let early = rate(String::new()).unwrap_err();
    assert!(matches!(early, CaseError::Rating(RatingFault::NotFinished)), "{early}");
    let long = rate("长".repeat(OPINION_CHARS_MAX + 1)).unwrap_err();
    assert!(matches!(long, CaseError::Rating(RatingFault::TooLong(501))), "{long}");
}

#[test]
fn a_sealed_rating_of_one_case_says_nothing_of_another_of_the_same_name() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    let id = decided(&mut town);
    let twin = DocumentId::case(COUNTY.parse().unwrap(), id.name.ulid);
    let header = town.case(id).unwrap().unwrap().view.header.unwrap();
    let header = Header { taken_by: twin.home.division, ..header };
    let receive = Event::new(EventKind::Receive, NINE, "李芳", "");
    let edits = vec![Edit::Header(header), Edit::Event(receive)];
    county.append(NINE, twin.home, vec![(twin.name, edits)]).unwrap();
    county.commit().unwrap();
    send(&mut town, &mut city, NINE);
    send(&mut county, &mut city, NINE);
    rate_away(&mut city, NINE.plus_ms(9_000), id, opinion(Satisfaction::Satisfied)).unwrap();
    city.commit().unwrap();
    let count = |id| city.ratings(id).unwrap().len();
    assert_eq!((count(id), count(twin)), (1, 0));
}
