//! The figures of the centre's own report, from a catalogue that has its counts, in every form.

use super::*;
use crate::web::report::main;

/// 190 items, 117 of them done on the spot; the other 73 have 932 days by law and promise 190.
fn catalogue() -> Vec<(DocumentName, Vec<Edit>)> {
    let item = |number: usize| {
        let mut item = Item::named(format!("T{number:03}").parse().unwrap(), "事项");
        let is_immediate = number < 117;
        item.case_type = Some(if is_immediate { CaseType::Immediate } else { CaseType::Promised });
        let days = |days: u16| Some(Limit::WorkingDays(days).into());
        if !is_immediate {
            item.legal = days(if number == 117 { 68 } else { 12 });
            item.promise = days(if number < 117 + 44 { 3 } else { 2 });
        }
        let detail = Detail { item: Some(Box::new(item.clone())), ..Detail::default() };
        publication(document_name(&item.id), detail)
    };
    (0..190).map(item).collect()
}

#[test]
fn text_csv_and_page_print_117_of_190_as_61_6_and_190_for_932_days_as_79_6_percent() {
    let mut city = open(city_member());
    for some in catalogue().chunks(50) {
        city.append(NINE, Home::public(CITY.parse().unwrap()), some.to_vec()).unwrap();
    }
    city.commit().unwrap();
    let wish = Wish { satisfied_from: Some(4), ..Wish::default() };
    let made = report(&city, &wish, &centres_held(&city), NINE).unwrap();
    let text = made.to_form(Form::Text, Language::Chinese);
    assert!(text.contains("即办件比例（按事项） 117/190 = 61.6 %"), "{text}");
    assert!(text.contains("承诺提速 742/932 = 79.6 %（未计 117）"), "{text}");
    assert!(text.contains("提前按承诺时限计，满意不含基本满意"), "{text}");
    let csv = made.to_form(Form::Csv, Language::Chinese);
    let line = |metric: &str| {
        csv.lines().skip(1).find(|line| line.contains(&format!(",{metric},"))).unwrap().to_owned()
    };
    assert!(line("immediate-items").contains(",117,190,0,61.6,percent,"), "{csv}");
    assert!(line("promised-speed-up").contains(",742,932,117,79.6,percent,"), "{csv}");
    assert!(line("early").contains(",promise,4,0,,"), "the parameters and freshness: {csv}");
    let page = main(&made, Language::Chinese).into_string();
    assert!(page.contains("117/190 = 61.6 %") && page.contains("742/932 = 79.6 %"), "{page}");
    assert!(page.contains("<option value=\"4\" selected>不含基本满意"), "asked again: {page}");
}
