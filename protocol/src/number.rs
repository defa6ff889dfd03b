//! 编号: the numbers of cases, of people and of organisations, and what their checks say.
//!
//! A case's number is ours: what does not check is wrong. The numbers of applicants were given by
//! others, over decades and with errors of their own: what does not check is a [`Doubt`] that a
//! clerk confirms against the paper, never a reason to send someone away.

mod case;
mod check;
mod organisation;
mod person;
#[cfg(test)]
mod tests;

use std::fmt;

use jiff::civil::Date;

pub use case::{
    Allotment, CHARS_BEFORE_SERIAL, CaseNumber, CaseNumberError, NoNumberLeft, SERIAL_MAX,
};
pub use organisation::{OrganisationKind, OrganisationNumber};
pub use person::{PersonNumber, Sex};

/// 证件号: by which an applicant is known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ApplicantNumber {
    /// 居民身份证.
    Person(PersonNumber),
    /// A company, an association, an authority.
    Organisation(OrganisationNumber),
}

/// What a text says as an applicant's number, and what speaks against it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reading {
    /// The number.
    pub number: ApplicantNumber,
    /// What a clerk should confirm against the paper; mostly empty.
    pub doubts: Vec<Doubt>,
}

/// Why a number should be looked at again. It is taken all the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Doubt {
    /// The check character does not fit the others; real numbers that fail exist.
    Check {
        /// What the rule gives.
        expected: char,
        /// What stands there.
        found: char,
    },
    /// A character that the rule does not use in this place, counted from 1.
    Character {
        /// The place.
        place: usize,
        /// What stands there.
        found: char,
    },
    /// The digits of the birth date are no day.
    NoBirthDate(String),
    /// The birth date is still to come.
    BornLater(Date),
    /// Fifteen digits that may be an old identity number as well as a registration number.
    EitherKind,
    /// No kind of number that is known here has this shape; a passport, say.
    NoShape,
}

impl Doubt {
    /// The word for scripts.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Check { .. } => "check",
            Self::Character { .. } => "character",
            Self::NoBirthDate(_) => "no-birth-date",
            Self::BornLater(_) => "born-later",
            Self::EitherKind => "either-kind",
            Self::NoShape => "no-shape",
        }
    }

    /// The sentence in Chinese; [`fmt::Display`] gives the English one.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Check { expected, found } => {
                format!("校验码为“{found}”，按规则应为“{expected}”；请核对证件原件")
            }
            Self::Character { place, found } => {
                format!("第 {place} 位“{found}”不是此类号码所用的字符；请核对证件原件")
            }
            Self::NoBirthDate(digits) => format!("出生日期“{digits}”不是有效日期；请核对证件原件"),
            Self::BornLater(date) => format!("出生日期 {date} 尚未到来；请核对证件原件"),
            Self::EitherKind => {
                "15 位号码，可能是旧身份证号，也可能是工商注册号；请确认".to_owned()
            }
            Self::NoShape => "不是身份证号、统一社会信用代码或旧注册号；请核对证件种类".to_owned(),
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check { expected, found } => write!(
                f,
                "the check character is `{found}` where the rule gives `{expected}`; compare it with the paper"
            ),
            Self::Character { place, found } => write!(
                f,
                "`{found}` in place {place} is not used in such a number; compare it with the paper"
            ),
            Self::NoBirthDate(digits) => {
                write!(f, "the birth date `{digits}` is no day; compare it with the paper")
            }
            Self::BornLater(date) => {
                write!(f, "the birth date {date} is still to come; compare it with the paper")
            }
            Self::EitherKind => f.write_str(
                "15 digits can be an old identity number or a registration number; confirm which",
            ),
            Self::NoShape => f.write_str(
                "it is no identity number, no unified social credit code and no older registration number; confirm which paper it is of",
            ),
        }
    }
}

/// A text that has the shape of no number that is known here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{0}` is no number of an applicant: 18 or 15 characters of an identity card, 18 of a unified social credit code, 15 digits of a registration number or 9 characters of an organisation code are needed"
)]
pub struct NoShape(pub String);

impl NoShape {
    /// The sentence in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        format!(
            "“{}”不是证件号：应为 18 或 15 位身份证号、18 位统一社会信用代码、15 位工商注册号或 9 位组织机构代码",
            self.0
        )
    }
}

impl ApplicantNumber {
    /// Reads an applicant's number as it was typed on a given day.
    ///
    /// Where two kinds have the shape, the one with fewer doubts is meant; the same text reads the
    /// same on every machine.
    ///
    /// # Errors
    ///
    /// [`NoShape`], with the start of the text.
    pub fn read(typed: &str, today: Date) -> Result<Reading, NoShape> {
        let text = plain(typed);
        let person = PersonNumber::read(&text, today)
            .map(|(it, doubts)| Reading { number: Self::Person(it), doubts });
        let organisation = OrganisationNumber::read(&text)
            .map(|(it, doubts)| Reading { number: Self::Organisation(it), doubts });
        match (person, organisation) {
            (Some(person), Some(organisation)) => Ok(likelier(&text, person, organisation)),
            (Some(only), None) | (None, Some(only)) => Ok(only),
            (None, None) => Err(NoShape(typed.chars().take(40).collect())),
        }
    }

    /// The number without spaces, in capital letters and ASCII digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Person(number) => number.as_str(),
            Self::Organisation(number) => number.as_str(),
        }
    }
}

fn likelier(text: &str, mut person: Reading, mut organisation: Reading) -> Reading {
    let (is_person, is_organisation) = (person.doubts.is_empty(), organisation.doubts.is_empty());
    if text.len() == person::OLD_DIGITS && is_person == is_organisation {
        // An old identity number has no check: one registration number in thirty passes for one.
        let both = if is_person { &mut person } else { &mut organisation };
        both.doubts.push(Doubt::EitherKind);
    }
    match (is_person, is_organisation) {
        (true, _) => person,
        (false, true) => organisation,
        // Every code of the market's registrar begins with a 9, and no division does.
        (false, false) if text.len() == person::OLD_DIGITS || text.starts_with('9') => organisation,
        (false, false) => person,
    }
}

/// What was typed without spaces and dashes, in capital letters and ASCII digits.
pub(crate) fn plain(typed: &str) -> String {
    let is_dash =
        |c: char| matches!(c, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}');
    let is_blank = |c: char| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}');
    let narrow = |c: char| match c {
        // The full-width forms stand in the order of ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    };
    let narrowed = typed.chars().map(narrow).filter(|c| !is_dash(*c) && !is_blank(*c));
    narrowed.map(|c| c.to_ascii_uppercase()).collect()
}
