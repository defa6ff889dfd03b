//! What a service was for: a case or a ticket.

use std::fmt;
use std::str::FromStr;

use crate::document::DocumentId;
use crate::number::CaseNumber;

/// What a service was for.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Link {
    /// 办件编号, without its dashes.
    Number(String),
    /// A case by its name.
    Case(DocumentId),
    /// 排号: a letter and three digits, of the day of the service.
    Ticket(String),
}

/// Neither the number of a case, nor its name, nor a ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NoLink;

impl FromStr for Link {
    type Err = NoLink;

    fn from_str(text: &str) -> Result<Self, NoLink> {
        let text = text.trim();
        if let Ok(number) = text.parse::<CaseNumber>() {
            return Ok(Self::Number(number.compact()));
        }
        if let Ok(id) = text.parse::<DocumentId>() {
            return Ok(Self::Case(id));
        }
        match text.as_bytes() {
            [letter, digits @ ..]
                if letter.is_ascii_alphabetic()
                    && digits.len() == 3
                    && digits.iter().all(u8::is_ascii_digit) =>
            {
                Ok(Self::Ticket(text.to_ascii_uppercase()))
            }
            _ => Err(NoLink),
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(text) | Self::Ticket(text) => f.write_str(text),
            Self::Case(id) => id.fmt(f),
        }
    }
}
