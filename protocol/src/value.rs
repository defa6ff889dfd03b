//! Typed values of forms and of imported attributes.

use std::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A value that a form field or an event attribute can have.
///
/// The kinds are those of XES (IEEE 1849-2016, 5.3), so that an imported log loses nothing.
#[derive(Clone, Debug, Decode, Deserialize, Encode, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    /// Plain text.
    #[n(0)]
    Text(#[n(0)] String),
    /// An instant and the offset in which it was written, in minutes east of UTC.
    #[n(1)]
    Instant(#[n(0)] Timestamp, #[n(1)] i16),
    /// A whole number.
    #[n(2)]
    Integer(#[n(0)] i64),
    /// A number with a fraction.
    #[n(3)]
    Number(#[n(0)] f64),
    /// True or false.
    #[n(4)]
    Flag(#[n(0)] bool),
    /// An identifier, commonly a UUID.
    #[n(5)]
    Id(#[n(0)] String),
    /// Named values in order; XES lists and containers.
    #[n(6)]
    List(#[n(0)] Vec<Attribute>),
}

/// A value with its name, and the attributes of that attribute itself.
#[derive(Clone, Debug, Decode, Deserialize, Encode, PartialEq, Serialize)]
pub struct Attribute {
    /// The name, such as `org:resource`.
    #[n(0)]
    pub key: String,
    /// What it is.
    #[n(1)]
    pub value: Value,
    /// Nested attributes; mostly none.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nested: Vec<Self>,
}

impl Attribute {
    /// An attribute without nested ones.
    #[must_use]
    pub fn new(key: impl Into<String>, value: Value) -> Self {
        Self { key: key.into(), value, nested: Vec::new() }
    }
}

impl fmt::Display for Value {
    /// The value in one line; named values as `key: value`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Id(text) => formatter.write_str(text),
            Self::Instant(at, _) => at.fmt(formatter),
            Self::Integer(number) => number.fmt(formatter),
            Self::Number(number) => number.fmt(formatter),
            Self::Flag(flag) => flag.fmt(formatter),
            Self::List(all) => {
                for (at, Attribute { key, value, .. }) in all.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(formatter, "{comma}{key}: {value}")?;
                }
                Ok(())
            }
        }
    }
}

impl Value {
    /// The text, where the value is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Id(text) => Some(text),
            Self::Instant(..)
            | Self::Integer(_)
            | Self::Number(_)
            | Self::Flag(_)
            | Self::List(_) => None,
        }
    }

    /// The instant, where the value is one.
    #[must_use]
    pub const fn as_instant(&self) -> Option<Timestamp> {
        match self {
            Self::Instant(instant, _) => Some(*instant),
            Self::Text(_)
            | Self::Integer(_)
            | Self::Number(_)
            | Self::Flag(_)
            | Self::Id(_)
            | Self::List(_) => None,
        }
    }
}
