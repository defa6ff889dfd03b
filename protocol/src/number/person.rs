//! 居民身份证号, GB 11643-1999: 18 characters, and the 15 digits of the first generation.

use jiff::civil::Date;

use super::Doubt;
use super::check::weighted;

/// Digits of a number of the first generation; archives of 2013 still have them.
pub(super) const OLD_DIGITS: usize = 15;

/// Characters of a number of today, the check character included.
const CHARACTERS: usize = 18;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// The check character by the remainder of the sum modulo 11.
const CHECKS: &str = "10X98765432";

/// The sex that a number states.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sex {
    /// 女.
    Female,
    /// 男.
    Male,
}

/// The number of an identity card, as it was given: of 18 or 15 characters.
///
/// The first six digits are the division of the first registration. People keep the code of a
/// county that is gone, so it is not compared with any list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PersonNumber {
    text: String,
    /// The birth date; none where the digits are no day.
    pub birth: Option<Date>,
    /// The sex.
    pub sex: Sex,
}

impl PersonNumber {
    /// Reads a plain text; `None` if it has not the shape.
    pub(super) fn read(text: &str, today: Date) -> Option<(Self, Vec<Doubt>)> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (born, order, check) = match text.len() {
            OLD_DIGITS if digits(text) => {
                let order = text.get(12..)?;
                // The last four orders were kept for those over a hundred.
                let century = if ("996"..="999").contains(&order) { "18" } else { "19" };
                (format!("{century}{}", text.get(6..12)?), order, None)
            }
            CHARACTERS if digits(text.get(..17)?) => {
                let found = text.chars().last().filter(|it| CHECKS.contains(*it))?;
                (text.get(6..14)?.to_owned(), text.get(14..17)?, Some(found))
            }
            _ => return None,
        };
        let birth = date(&born);
        let mut doubts = Vec::new();
        match birth {
            None => doubts.push(Doubt::NoBirthDate(born)),
            Some(birth) if birth > today => doubts.push(Doubt::BornLater(birth)),
            Some(_) => {}
        }
        if let Some(found) = check {
            let sum = weighted(text, &WEIGHTS, "0123456789").ok()?;
            let expected = CHECKS.chars().nth(usize::try_from(sum % 11).ok()?)?;
            if expected != found {
                doubts.push(Doubt::Check { expected, found });
            }
        }
        let is_odd = order.ends_with(['1', '3', '5', '7', '9']);
        let sex = if is_odd { Sex::Male } else { Sex::Female };
        Some((Self { text: text.to_owned(), birth, sex }, doubts))
    }

    /// The number as it was given, without spaces and with a capital X.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Reads eight digits as a day.
pub(super) fn date(digits: &str) -> Option<Date> {
    let part = |range| digits.get(range).filter(|it: &&str| it.bytes().all(|b| b.is_ascii_digit()));
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}
