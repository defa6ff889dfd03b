//! The numbers of tickets, and the documents in which they stand.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use ulid::Ulid;

use crate::document::{DocumentKind, DocumentName};
use crate::identity::NodeId;

/// Highest serial of a letter and day: three digits are what a hall screen and a voice can tell.
pub const SERIAL_MAX: u16 = 999;

/// 排号: the letter of a business group and a serial of the day, such as `A001`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct TicketNumber {
    letter: u8,
    serial: u16,
}

impl TicketNumber {
    /// The number with a letter from A to Z and a serial from 1 to [`SERIAL_MAX`].
    #[must_use]
    pub fn new(letter: char, serial: u16) -> Option<Self> {
        let letter = u8::try_from(letter).ok().filter(u8::is_ascii_uppercase)?;
        (1..=SERIAL_MAX).contains(&serial).then_some(Self { letter, serial })
    }

    /// The letter.
    #[must_use]
    pub const fn letter(self) -> char {
        self.letter as char
    }

    /// The serial.
    #[must_use]
    pub const fn serial(self) -> u16 {
        self.serial
    }
}

/// A text that is no ticket.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{0}` is no ticket; it looks like A001, or 20261130-A001 with its day (“{0}”不是排号，应如 A001 或 20261130-A001)"
)]
pub struct NoTicket(String);

impl NoTicket {
    fn of(text: &str) -> Self {
        Self(text.chars().take(60).collect())
    }
}

impl FromStr for TicketNumber {
    type Err = NoTicket;

    fn from_str(text: &str) -> Result<Self, NoTicket> {
        let parse = || match text.trim().as_bytes() {
            [letter, digits @ ..] if digits.len() == 3 && digits.iter().all(u8::is_ascii_digit) => {
                let serial = digits.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
                Self::new(char::from(letter.to_ascii_uppercase()), serial)
            }
            _ => None,
        };
        parse().ok_or_else(|| NoTicket::of(text))
    }
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:03}", self.letter(), self.serial)
    }
}

/// A ticket of a machine: its day and number, such as `20261130-A001`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct TicketId {
    /// The day on which it was given.
    pub day: Date,
    /// Its number.
    pub number: TicketNumber,
}

impl FromStr for TicketId {
    type Err = NoTicket;

    fn from_str(text: &str) -> Result<Self, NoTicket> {
        let parse = || {
            let (day, number) = text.trim().split_once('-')?;
            let day = Date::strptime("%Y%m%d", day).ok()?;
            Some(Self { day, number: number.parse().ok()? })
        };
        parse().ok_or_else(|| NoTicket::of(text))
    }
}

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.day.strftime("%Y%m%d"), self.number)
    }
}

/// 号段: up to a hundred tickets that one machine gave on one day under one letter. Each is a
/// document, which stays small however many come in a day.
///
/// It is a service record by its kind, so that a machine of an earlier version takes it in, and
/// tells itself by its name: the day, a mark, the letter, the hundred, and the start of the
/// machine's name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Strip {
    /// The day.
    pub day: Date,
    /// The letter.
    pub letter: char,
    /// Which hundred of serials, from 0 to [`STRIPS_MAX`] less one.
    pub hundred: u8,
    machine: u32,
}

/// Strips of one machine, day and letter.
pub const STRIPS_MAX: u8 = 10;

/// The mark: four bytes of the random part of a name, which has ten.
const MARK: u128 = u32::from_be_bytes(*b"tick") as u128;

impl Strip {
    /// A strip of a machine, by its letter and hundred.
    #[must_use]
    pub fn new(day: Date, (letter, hundred): (char, u8), machine: NodeId) -> Self {
        let start = machine.0.iter().take(4).fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        Self { day, letter, hundred, machine: start }
    }

    /// The strip in which a ticket of a machine stands.
    #[must_use]
    pub fn with(TicketId { day, number }: TicketId, machine: NodeId) -> Self {
        let hundred = u8::try_from(number.serial() / 100).unwrap_or(STRIPS_MAX);
        Self::new(day, (number.letter(), hundred), machine)
    }

    /// True where the machine gave these tickets.
    #[must_use]
    pub fn is_of(self, machine: NodeId) -> bool {
        self == Self::new(self.day, (self.letter, self.hundred), machine)
    }

    /// The name of the document.
    #[must_use]
    pub fn name(self) -> DocumentName {
        let letter = u128::from(u32::from(self.letter) & 0xff);
        let hundred = u128::from(self.hundred);
        let random = MARK << 48 | letter << 40 | hundred << 32 | u128::from(self.machine);
        let ulid = Ulid::from_parts(first_ms(self.day), random);
        DocumentName { kind: DocumentKind::ServiceRecord, ulid }
    }

    /// The strip that a document holds; none where it is a service record or something else.
    #[must_use]
    pub fn of(name: DocumentName) -> Option<Self> {
        let random = name.ulid.random();
        let byte = |at: u32| u8::try_from(random >> at & 0xff).ok();
        let (letter, hundred) = (byte(40)?, byte(32)?);
        let is_marked = random >> 48 == MARK && letter.is_ascii_uppercase() && hundred < STRIPS_MAX;
        if name.kind != DocumentKind::ServiceRecord || !is_marked {
            return None;
        }
        let ms = i64::try_from(name.ulid.timestamp_ms()).ok()?;
        let at = jiff::Timestamp::from_millisecond(ms).ok()?;
        let day = jiff::tz::Offset::UTC.to_datetime(at).date();
        let machine = u32::try_from(random & 0xffff_ffff).ok()?;
        let letter = char::from(letter);
        (first_ms(day) == name.ulid.timestamp_ms()).then_some(Self {
            day,
            letter,
            hundred,
            machine,
        })
    }

    /// Before which name, and up to which, the documents of the days from one to another lie.
    #[must_use]
    pub fn span((from, to): (Date, Date)) -> (Ulid, Ulid) {
        let before = first_ms(from).saturating_sub(1);
        let random_max = (1 << 80) - 1;
        (Ulid::from_parts(before, random_max), Ulid::from_parts(first_ms(to), random_max))
    }
}

/// The milliseconds that stand for a day in a name.
fn first_ms(day: Date) -> u64 {
    let since = day.duration_since(jiff::civil::date(1970, 1, 1)).as_millis();
    u64::try_from(since).unwrap_or_default()
}
