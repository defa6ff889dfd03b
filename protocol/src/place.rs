//! Where things are: divisions, tiers, and the homes to which documents belong.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Longest division code, in characters: the twelve digits of the statistics bureau.
pub const DIVISION_CHARS_MAX: usize = 12;

/// A code in the administrative tree, such as `510900` or `510921103`.
///
/// The tree is data: nothing may be read out of the digits but their order.
#[derive(Clone, Copy, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Division([u8; DIVISION_CHARS_MAX]);

/// Why a text is no division code.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{0}` is no division code: 2 to {DIVISION_CHARS_MAX} digits or capital letters are needed"
)]
pub struct DivisionError(pub String);

impl Division {
    /// Returns the code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(DIVISION_CHARS_MAX);
        std::str::from_utf8(&self.0[..end]).unwrap_or_default()
    }
}

impl FromStr for Division {
    type Err = DivisionError;

    fn from_str(text: &str) -> Result<Self, DivisionError> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        if !plain || !(2..=DIVISION_CHARS_MAX).contains(&text.len()) {
            return Err(DivisionError(text.chars().take(40).collect()));
        }
        let mut code = [0; DIVISION_CHARS_MAX];
        code[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self(code))
    }
}

impl TryFrom<String> for Division {
    type Error = DivisionError;

    fn try_from(text: String) -> Result<Self, DivisionError> {
        text.parse()
    }
}

impl From<Division> for String {
    fn from(division: Division) -> Self {
        division.as_str().to_owned()
    }
}

impl fmt::Display for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Division({self})")
    }
}

impl<C> Encode<C> for Division {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(self.as_str())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Division {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.str()?.parse().map_err(|e: DivisionError| minicbor::decode::Error::message(e.to_string()))
    }
}

/// How far up the tree a centre stands.
#[derive(
    Clone, Copy, Debug, Decode, Deserialize, Encode, Eq, Ord, PartialEq, PartialOrd, Serialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// 乡镇、街道便民服务中心.
    #[n(0)]
    Township,
    /// 县(区、市)政务服务中心.
    #[n(1)]
    County,
    /// 市政务服务中心, where the hub runs.
    #[n(2)]
    City,
}

/// Which of a centre's two homes is meant.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Scope {
    /// Its cases: shared with the centres above it.
    #[n(0)]
    Office,
    /// What it publishes (roster, calendar, catalogue): shared with the centres below it, which
    /// count by it, and with those above it, which judge by it.
    #[n(1)]
    Public,
}

/// The centre to which a document belongs; decides who holds it and who may write it.
#[derive(Clone, Copy, Decode, Encode, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Home {
    /// The centre's division.
    #[n(0)]
    pub division: Division,
    /// Its office or its public home.
    #[n(1)]
    pub scope: Scope,
}

impl Home {
    /// The home of a centre's cases.
    #[must_use]
    pub const fn office(division: Division) -> Self {
        Self { division, scope: Scope::Office }
    }

    /// The home of what a centre publishes.
    #[must_use]
    pub const fn public(division: Division) -> Self {
        Self { division, scope: Scope::Public }
    }
}

impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scope {
            Scope::Office => write!(f, "{}", self.division),
            Scope::Public => write!(f, "{}/public", self.division),
        }
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Home({self})")
    }
}

/// A centre's place in the tree: itself first, then its parent, up to the city. Never empty.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Path(#[n(0)] Vec<Division>);

impl Path {
    /// Builds the path of `centre` under `ancestors`, nearest first.
    #[must_use]
    pub fn new(centre: Division, ancestors: &[Division]) -> Self {
        let mut steps = vec![centre];
        steps.extend_from_slice(ancestors);
        Self(steps)
    }

    /// The centre itself.
    ///
    /// # Panics
    ///
    /// Never for a path that was built or that passed [`Self::is_sound`].
    #[must_use]
    pub fn centre(&self) -> Division {
        self.0[0]
    }

    /// The centres above, nearest first.
    #[must_use]
    pub fn ancestors(&self) -> &[Division] {
        self.0.get(1..).unwrap_or_default()
    }

    /// The root of the tree.
    #[must_use]
    pub fn city(&self) -> Division {
        self.0[self.0.len() - 1]
    }

    /// True for the centre itself and every centre above it.
    #[must_use]
    pub fn contains(&self, division: Division) -> bool {
        self.0.contains(&division)
    }

    /// True when a decoded path has 1 to 4 steps and none twice.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let twice = self.0.iter().enumerate().any(|(at, step)| self.0[..at].contains(step));
        (1..=4).contains(&self.0.len()) && !twice
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_division_keeps_its_digits_and_refuses_anything_else() {
        let code: Division = "510921103".parse().unwrap();
        assert_eq!(code.to_string(), "510921103");
        for bad in ["", "5", "51092110300000", "51 09", "五一零九", "51092u"] {
            assert!(bad.parse::<Division>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_home_round_trips_through_cbor() {
        let home = Home::public("510900".parse().unwrap());
        let bytes = minicbor::to_vec(home).unwrap();
        assert_eq!(minicbor::decode::<Home>(&bytes).unwrap(), home);
    }
}
