//! 证件号: the applicant's number, checked at the counter and never a reason to refuse.

use jiff::civil::Date;
use tongban_protocol::number::{ApplicantNumber, Doubt, NoShape};

use super::NewCase;
use super::values::DoubtNote;

/// The field of the form in which the applicant's number rests: there it can be corrected, while a
/// header is set once.
pub const APPLICANT_NUMBER: &str = "applicant_number";

/// Fewest digits of a telephone that reaches somebody: a short number of the city's.
const PHONE_DIGITS_MIN: usize = 5;

/// Moves the applicant's number into the form as it is written, and says what is doubted about it.
///
/// A number of no known shape (a passport, say) stays as it was typed.
pub(super) fn check(case: &mut NewCase, today: Date) -> Vec<DoubtNote> {
    let in_form = || case.form.get(APPLICANT_NUMBER).cloned();
    let given = case.applicant_number.take().or_else(in_form);
    let Some(typed) = given.filter(|typed| !typed.trim().is_empty()) else { return Vec::new() };
    let (number, doubts) = read(&typed, today);
    case.form.insert(APPLICANT_NUMBER.to_owned(), number);
    doubts
}

fn read(typed: &str, today: Date) -> (String, Vec<DoubtNote>) {
    let (number, doubts) = match ApplicantNumber::read(typed, today) {
        Ok(reading) => (reading.number.as_str().to_owned(), reading.doubts),
        Err(NoShape(_)) => (typed.trim().to_owned(), vec![Doubt::NoShape]),
    };
    (number, doubts.iter().map(DoubtNote::from).collect())
}

/// What is doubted about an applicant's number.
#[must_use]
pub fn number_doubts(number: &str, today: Date) -> Vec<DoubtNote> {
    read(number, today).1
}

/// What is doubted about a telephone: fewer than five digits reach nobody, and letters none.
#[must_use]
pub fn phone_doubt(phone: &str) -> Option<DoubtNote> {
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let is_plain = |char: char| char.is_ascii_digit() || " +-()（）转".contains(char);
    (digits < PHONE_DIGITS_MIN || !phone.chars().all(is_plain)).then(|| DoubtNote {
        code: "telephone".to_owned(),
        zh: "不像电话号码，请与申请人核对".to_owned(),
        en: "this does not look like a telephone number; confirm it with the applicant".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_that_can_reach_nobody_is_doubted() {
        for fine in
            ["13800138000", "0825-2222222", "+86 138 0013 8000", "(0825)2222222转801", "12345"]
        {
            assert_eq!(phone_doubt(fine), None, "{fine}");
        }
        for odd in ["abc", "", "1234", "1380013800o", "<b>1</b>"] {
            assert!(phone_doubt(odd).is_some(), "{odd}");
        }
    }
}
