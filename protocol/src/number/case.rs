//! 办件编号: `AAAAAAAAA-YYYYMMDD-NNNN-SSSSS-C`, unique without asking anyone.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use super::check::{mod_37_2, value};
use super::person::date;
use super::plain;
use crate::hash::Sha;
use crate::identity::Author;
use crate::place::Division;

/// Characters of the accepting centre.
const CENTRE_CHARS: usize = 9;

/// Characters of a number without its dashes.
const CHARS: usize = CHARS_BEFORE_SERIAL + 5 + 1;

const ALLOTMENT_CHARS: usize = 4;

/// Characters before the serial in [`CaseNumber::compact`].
pub const CHARS_BEFORE_SERIAL: usize = CENTRE_CHARS + 8 + ALLOTMENT_CHARS;

/// Allotments that there are: 36⁴.
const ALLOTMENTS: u64 = 36_u64.pow(4);

/// Highest serial of one machine on one day: about 97,000 numbers, as [`CaseNumber::next`] passes
/// over some, which is one case a second round the clock at a single machine.
pub const SERIAL_MAX: u32 = 99_999;

/// Which machine gave a number, in which of its lives: four characters of base 36.
///
/// It follows from the author, so nobody hands it out: a hash of the node, plus its incarnation.
/// So lives of one machine that are less than 1,679,616 apart all differ (counted in minutes of
/// restoration, three years), and a restored one never gives a number of its old life. Of two
/// machines each pair of lives has the same allotment with a chance of
/// 1 in 1,679,616, and a number repeats only if both take cases for one centre on one day: twenty
/// machines of one centre (190 pairs) have such a pair with a chance of 1 in 8,840.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Allotment([char; ALLOTMENT_CHARS]);

impl Allotment {
    /// The allotment of an author.
    #[must_use]
    pub fn of(author: Author) -> Self {
        let hash = Sha::of(&[b"tongban-allotment\0".as_slice(), &author.node.0].concat());
        let start = hash.0.iter().take(8).fold(0, |all, byte| all << 8 | u64::from(*byte));
        let mut rest = (start % ALLOTMENTS + u64::from(author.incarnation)) % ALLOTMENTS;
        let mut characters = std::array::from_fn(|_| {
            let digit = u32::try_from(rest % 36).unwrap_or_default();
            rest /= 36;
            char::from_digit(digit, 36).unwrap_or('0').to_ascii_uppercase()
        });
        characters.reverse();
        Self(characters)
    }
}

impl fmt::Display for Allotment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|character| write!(f, "{character}"))
    }
}

/// The number of a case: accepting centre, acceptance day in Asia/Shanghai, [`Allotment`], serial
/// of that allotment and day, check character.
///
/// The centre is the first nine characters of its division, filled with zeros at the right. A
/// code of ten to twelve characters (a village, 12 digits of the statistics bureau) shows its first
/// nine, which are its township; the number then names the machine by its allotment, and
/// the case's header names the centre in full. Nothing reads a division out of a number.
///
/// The check character is ISO 7064 MOD 37,2 over the other 26. It catches each wrong character and
/// each two neighbours that changed places. MOD 37,36 misses 36 of the 22,680 ways in which two
/// neighbours can change places: 3 numbers in 100 would have such a pair, and where it lies in the
/// date it would name another case of the same machine. Serials whose check character would be
/// `*` are passed over, so a number has only digits and capital letters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct CaseNumber {
    centre: [char; CENTRE_CHARS],
    day: Date,
    allotment: Allotment,
    serial: u32,
}

/// Why a machine can give no number.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoNumberLeft {
    /// All serials of the day are given.
    #[error(
        "this machine has given all its numbers of {0}; take the case at another machine, or with tomorrow's date"
    )]
    Spent(Date),
    /// The day cannot be written in eight digits.
    #[error("{0} is no day on which a case can be taken")]
    Day(Date),
}

impl NoNumberLeft {
    /// The sentence in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Spent(day) => {
                format!("本机 {day} 的办件编号已用完；请在另一台机器收件，或按次日收件")
            }
            Self::Day(day) => format!("{day} 不能作为收件日期"),
        }
    }
}

impl CaseNumber {
    /// The next number of an allotment on a day, after the serial `last`; 0 before the first.
    ///
    /// One serial in 37 has no check character and is passed over.
    ///
    /// # Errors
    ///
    /// [`NoNumberLeft`] above [`SERIAL_MAX`], and outside the years 1 to 9999.
    pub fn next(
        centre: Division,
        day: Date,
        allotment: Allotment,
        last: u32,
    ) -> Result<Self, NoNumberLeft> {
        if day.year() < 1 {
            return Err(NoNumberLeft::Day(day));
        }
        let mut code = centre.as_str().chars();
        let centre = std::array::from_fn(|_| code.next().unwrap_or('0'));
        (last.saturating_add(1)..=SERIAL_MAX)
            .map(|serial| Self { centre, day, allotment, serial })
            .find(|number| number.check().is_some_and(|check| check != '*'))
            .ok_or(NoNumberLeft::Spent(day))
    }

    /// The acceptance day.
    #[must_use]
    pub const fn day(&self) -> Date {
        self.day
    }

    /// Which machine gave it.
    #[must_use]
    pub const fn allotment(&self) -> Allotment {
        self.allotment
    }

    /// The serial of that allotment on that day, from 1.
    #[must_use]
    pub const fn serial(&self) -> u32 {
        self.serial
    }

    /// The number without dashes, by which it is found; up to the serial the same for all numbers
    /// of its centre, day and allotment, and ascending with it.
    #[must_use]
    pub fn compact(&self) -> String {
        plain(&self.to_string())
    }

    fn check(&self) -> Option<char> {
        mod_37_2(&plain(&self.parts().concat()))
    }

    /// Centre, day, allotment and serial, as they are written.
    fn parts(&self) -> [String; 4] {
        let (date, centre) = (self.day, self.centre.iter().collect());
        let day = format!("{:04}{:02}{:02}", date.year(), date.month(), date.day());
        [centre, day, self.allotment.to_string(), format!("{:05}", self.serial)]
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.parts().join("-"), self.check().unwrap_or('*')))
    }
}

/// Which part of a case number is wrong.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CaseNumberError {
    /// There are more or fewer characters.
    #[error("a case number has {CHARS} characters besides its dashes, this one has {0}")]
    Length(usize),
    /// Something that is neither digit nor letter, in a place counted from 1 without dashes.
    #[error("`{found}` in place {place} is neither a digit nor a letter")]
    Character {
        /// The place.
        place: usize,
        /// What stands there.
        found: char,
    },
    /// The second part is no day.
    #[error("the second part, `{0}`, is no day; year, month and day are needed, as in 20261102")]
    Day(String),
    /// The fourth part is no serial.
    #[error("the fourth part, `{0}`, is no serial; 00001 to 99999 are needed")]
    Serial(String),
    /// One character is wrong, or two changed places.
    #[error(
        "the check character `{found}` at the end does not fit: one character is wrong, or two have changed places; compare it with the receipt"
    )]
    Check {
        /// What stands there.
        found: char,
    },
}

impl CaseNumberError {
    /// The sentence in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Length(found) => format!("办件编号除短横外应为 {CHARS} 位，现为 {found} 位"),
            Self::Character { place, found } => {
                format!("第 {place} 位“{found}”既不是数字也不是字母")
            }
            Self::Day(text) => format!("第二段“{text}”不是日期，应为年月日，如 20261102"),
            Self::Serial(text) => format!("第四段“{text}”不是流水号，应为 00001 至 99999"),
            Self::Check { found } => {
                format!("末位校验码“{found}”不符：有一位写错或相邻两位写反；请核对收件凭证")
            }
        }
    }
}

impl FromStr for CaseNumber {
    type Err = CaseNumberError;

    /// Reads a number as people type it: lower case, full-width digits, spaces and missing dashes
    /// are forgiven.
    fn from_str(typed: &str) -> Result<Self, CaseNumberError> {
        let text = plain(typed);
        let all: Vec<char> = text.chars().collect();
        let Ok::<[char; CHARS], _>(characters) = all.try_into() else {
            return Err(CaseNumberError::Length(text.chars().count()));
        };
        if let Some((place, found)) = (1..).zip(characters).find(|(_, it)| value(*it).is_none()) {
            return Err(CaseNumberError::Character { place, found });
        }
        let part = |from: usize, chars: usize| characters.into_iter().skip(from).take(chars);
        let eight: String = part(9, 8).collect();
        let day = date(&eight).filter(|day| day.year() > 0).ok_or(CaseNumberError::Day(eight))?;
        let five: String = part(21, 5).collect();
        let serial = five.parse().ok().filter(|serial| *serial > 0);
        let mut centre = part(0, CENTRE_CHARS);
        let mut allotment = part(17, ALLOTMENT_CHARS);
        let number = Self {
            centre: std::array::from_fn(|_| centre.next().unwrap_or('0')),
            day,
            allotment: Allotment(std::array::from_fn(|_| allotment.next().unwrap_or('0'))),
            serial: serial.ok_or(CaseNumberError::Serial(five))?,
        };
        let found = characters[CHARS - 1];
        if number.check() == Some(found) {
            Ok(number)
        } else {
            Err(CaseNumberError::Check { found })
        }
    }
}
