//! 统一社会信用代码 (GB 32100-2015), and what organisations had before it.

use super::Doubt;
use super::check::{mod_11_10, weighted};

/// Digits and capital letters without I, O, S, V and Z, in the order of their values.
const UNIFIED: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const UNIFIED_WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// The places of the division in a unified code, counted from 1: digits only.
const DIVISION_PLACES: std::ops::RangeInclusive<usize> = 3..=8;

/// Digits and capital letters, in the order of their values.
const BASE_36: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const CODE_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// Which of its numbers an organisation gave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OrganisationKind {
    /// 统一社会信用代码, since 2015-10-01: 18 characters.
    UnifiedCode,
    /// 工商注册号 (GS 15-2006): 15 digits, the last after ISO 7064 MOD 11,10.
    RegistrationNumber,
    /// 组织机构代码 (GB 11714-1997): 9 characters.
    OrganisationCode,
}

/// The number of an organisation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrganisationNumber {
    text: String,
    /// Which one.
    pub kind: OrganisationKind,
}

impl OrganisationNumber {
    /// Reads a plain text; `None` if it has the shape of none.
    pub(super) fn read(text: &str) -> Option<(Self, Vec<Doubt>)> {
        if !text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
            return None;
        }
        let (kind, expected) = match text.len() {
            18 => (OrganisationKind::UnifiedCode, unified_check(text)),
            15 => (OrganisationKind::RegistrationNumber, Ok(mod_11_10(text.get(..14)?)?)),
            9 => (OrganisationKind::OrganisationCode, code_check(text)),
            _ => return None,
        };
        let found = text.chars().last()?;
        let is_shaped = match kind {
            OrganisationKind::UnifiedCode => true,
            OrganisationKind::RegistrationNumber => found.is_ascii_digit(),
            OrganisationKind::OrganisationCode => found.is_ascii_digit() || found == 'X',
        };
        let doubt = match expected {
            Err((place, found)) => Some(Doubt::Character { place, found }),
            Ok(expected) => (expected != found).then_some(Doubt::Check { expected, found }),
        };
        is_shaped.then(|| (Self { text: text.to_owned(), kind }, doubt.into_iter().collect()))
    }

    /// The number, without dashes and spaces and in capital letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The 18th character of a unified code, or the first that has no place in one.
fn unified_check(text: &str) -> Result<char, (usize, char)> {
    let letter =
        |(place, found): &(usize, char)| DIVISION_PLACES.contains(place) && !found.is_ascii_digit();
    let misplaced = (1..).zip(text.chars()).find(letter);
    let sum = weighted(text, &UNIFIED_WEIGHTS, UNIFIED)?;
    let place = (31 - sum % 31) % 31; // The remainder 0 gives 0, which some programs forget.
    let expected = usize::try_from(place).ok().and_then(|place| UNIFIED.chars().nth(place));
    match misplaced {
        Some(wrong) => Err(wrong),
        None => Ok(expected.unwrap_or('0')),
    }
}

/// The ninth character of an organisation code.
fn code_check(text: &str) -> Result<char, (usize, char)> {
    let sum = weighted(text, &CODE_WEIGHTS, BASE_36)?;
    Ok(match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    })
}
