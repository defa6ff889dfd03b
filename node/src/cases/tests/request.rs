//! Requests that come again, with the same words or with others.

use super::*;

fn ask(change: impl FnOnce(&mut NewCase)) -> NewCase {
    let mut case = NewCase {
        request_id: Some("a".to_owned()),
        applicant_number: Some("11010519491231002x".to_owned()),
        ..new_case("张三")
    };
    change(&mut case);
    case
}

#[test]
fn a_request_that_comes_again_with_other_words_is_not_called_taken() {
    let mut town = town();
    let first = take(&mut town, NINE, &mut rng(1), ask(|_| {})).unwrap();
    let hour = NINE.plus_ms(3_600_000);
    type Change = fn(&mut NewCase);
    let changes: [(Change, &str, &str, &str); 6] = [
        (|it| it.applicant = "李四".to_owned(), "申请人", "张三", "李四"),
        (|it| it.item = "T02".to_owned(), "事项", "T01", "T02"),
        (|it| it.channel = "电话".to_owned(), "渠道", "窗口", "电话"),
        (|it| it.applicant_number = None, "证件号", "11010519491231002X", ""),
        (|it| it.materials.push("户口簿".to_owned()), "收到的材料", "身份证", "户口簿、身份证"),
        (|it| it.form.clear(), "address", "文井镇 3 组", ""),
    ];
    // Staged only, and durable.
    for _ in 0..2 {
        for (change, zh, before, after) in changes {
            let refused = take(&mut town, hour, &mut rng(2), ask(change)).unwrap_err();
            assert!(refused.is_callers() && refused.to_string().contains(&first.number));
            let CaseError::Reused { id, number, differs } = refused else { panic!("{refused}") };
            assert_eq!((id, &number), (first.id, &first.number));
            let differs = differs.iter().map(|it| (&*it.zh, &*it.saved, &*it.said));
            let expected = (zh, before, after);
            assert!(differs.clone().any(|it| it == expected), "{expected:?}");
            assert_eq!(differs.count(), 1, "{zh} alone");
        }
        town.commit().unwrap();
    }
    assert_eq!(list(&town, &[first.id.home], None, 9).unwrap().cases.len(), 1);
}

#[test]
fn what_came_to_a_case_later_is_no_other_word_of_its_request() {
    let mut town = town();
    let first = take(&mut town, NINE, &mut rng(1), ask(|_| {})).unwrap();
    town.commit().unwrap();
    for kind in ["notice-supplement", "receive"] {
        let mut event = event(kind);
        event.detail.materials = vec!["户口簿".to_owned()];
        record(&mut town, NINE.plus_ms(60_000), first.id, event).unwrap();
        town.commit().unwrap();
    }
    let materials = town.case(first.id).unwrap().unwrap().view.materials;
    assert_eq!(materials.len(), 2, "both are there now");
    let again = take(&mut town, NINE.plus_ms(120_000), &mut rng(2), ask(|_| {})).unwrap();
    assert_eq!(again.id, first.id);
    // A time that is left out was not said otherwise.
    take(&mut town, NINE.plus_ms(120_000), &mut rng(2), ask(|it| it.happened_at = None)).unwrap();
}
