//! 证件号: the applicant's number, checked at the counter and never a reason to refuse.

use jiff::civil::Date;
use tongban_protocol::number::{ApplicantNumber, Doubt, NoShape};

use super::NewCase;
use super::values::DoubtNote;

/// The field of the form in which the applicant's number rests: there it can be corrected, while a
/// header is set once.
pub const APPLICANT_NUMBER: &str = "applicant_number";

/// Moves the applicant's number into the form as it is written, and says what is doubted about it.
///
/// A number of no known shape (a passport, say) stays as it was typed.
pub(super) fn check(case: &mut NewCase, today: Date) -> Vec<DoubtNote> {
    let in_form = || case.form.get(APPLICANT_NUMBER).cloned();
    let given = case.applicant_number.take().or_else(in_form);
    let Some(typed) = given.filter(|typed| !typed.trim().is_empty()) else { return Vec::new() };
    let (number, doubts) = match ApplicantNumber::read(&typed, today) {
        Ok(reading) => (reading.number.as_str().to_owned(), reading.doubts),
        Err(NoShape(_)) => (typed.trim().to_owned(), vec![Doubt::NoShape]),
    };
    case.form.insert(APPLICANT_NUMBER.to_owned(), number);
    doubts.iter().map(DoubtNote::from).collect()
}
