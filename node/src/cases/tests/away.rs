//! Query codes.

use super::*;

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
