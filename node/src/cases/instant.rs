//! Instants as people and scripts write them.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};
use tongban_protocol::time::Timestamp;

/// A text is no instant.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{0}` is no instant; write 2013-12-13T09:30:00+08:00, or 2013-12-13T09:30 in the city's time (“{0}”不是时间，请写成 2013-12-13T09:30 的样子)"
)]
pub struct InstantError(String);

/// Reads RFC 3339, or a date with or without a time of day in Asia/Shanghai.
///
/// # Errors
///
/// [`InstantError`] for anything else.
pub fn parse_instant(text: &str) -> Result<Timestamp, InstantError> {
    let text = text.trim();
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        Offset::constant(8).to_timestamp(civil).ok()
    });
    let ms = instant.map(jiff::Timestamp::as_millisecond);
    ms.map(Timestamp).ok_or_else(|| InstantError(text.chars().take(40).collect()))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Ms(i64),
    Text(String),
}

impl Written {
    fn read(self) -> Result<Timestamp, InstantError> {
        match self {
            Self::Ms(ms) => Ok(Timestamp(ms)),
            Self::Text(text) => parse_instant(&text),
        }
    }
}

pub(crate) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    Written::deserialize(from)?.read().map_err(D::Error::custom)
}

/// The same, where there may be none.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, Serializer, Timestamp, Written};
    use serde::de::Error as _;

    pub(crate) fn serialize<S: Serializer>(
        at: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => serializer.collect_str(at),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let written = Option::<Written>::deserialize(from)?;
        written.map(Written::read).transpose().map_err(D::Error::custom)
    }
}
