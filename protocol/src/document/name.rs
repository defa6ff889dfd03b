//! The names of documents.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use ulid::Ulid;

use crate::place::{Division, Home};

/// What sort of paper a document is.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum DocumentKind {
    /// 办件: one application.
    #[n(0)]
    Case,
    /// 事项: an entry of the catalogue.
    #[n(1)]
    Item,
    /// 名册: nodes enrolled and revoked.
    #[n(2)]
    Roster,
    /// 日历: working days.
    #[n(3)]
    Calendar,
    /// 规则: deadlines and supervision.
    #[n(4)]
    Rules,
    /// 服务记录: guiding, extended hours, visits, appointments; and the tickets of a day, by their
    /// name (see [`crate::queue::Strip`]).
    #[n(5)]
    ServiceRecord,
    /// 评价.
    #[n(6)]
    Rating,
    /// 督办: a supervision order.
    #[n(7)]
    Order,
    /// 岗位: who works at a centre, and who stands in for them; a document a person.
    #[n(8)]
    Post,
    /// 中断记录: when a machine had no link or did not run; a document a machine and month.
    #[n(9)]
    Outages,
}

/// A document's name within its home.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DocumentName {
    /// What sort of paper.
    pub kind: DocumentKind,
    /// Which one.
    pub ulid: Ulid,
}

impl<C> Encode<C> for DocumentName {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(2)?;
        self.kind.encode(e, ctx)?;
        e.bytes(&self.ulid.to_bytes())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for DocumentName {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        use minicbor::decode::Error;
        if d.array()? != Some(2) {
            return Err(Error::message("a document's name has two parts"));
        }
        let kind = DocumentKind::decode(d, ctx)?;
        let ulid = d.bytes()?.try_into().map_err(|_| Error::message("a ulid has 16 bytes"))?;
        Ok(Self { kind, ulid: Ulid::from_bytes(ulid) })
    }
}

impl fmt::Debug for DocumentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, self.ulid)
    }
}

/// A document: whose, of which sort, which one.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DocumentId {
    /// Where it belongs.
    #[n(0)]
    pub home: Home,
    /// Its name there.
    #[n(1)]
    pub name: DocumentName,
}

impl DocumentId {
    /// The case `ulid` of a centre.
    #[must_use]
    pub const fn case(centre: Division, ulid: Ulid) -> Self {
        Self { home: Home::office(centre), name: DocumentName { kind: DocumentKind::Case, ulid } }
    }
}

/// The name of a case as people and scripts pass it on: `510921103-01J…`.
impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.home.division, self.name.ulid)
    }
}

/// Why a text names no case.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` names no case: it looks like 510921103-01J9Z3… as `case list` prints it")]
pub struct CaseNameError(pub String);

/// Reads the name of a case.
impl FromStr for DocumentId {
    type Err = CaseNameError;

    fn from_str(text: &str) -> Result<Self, CaseNameError> {
        let parse = || {
            let (division, ulid) = text.trim().split_once('-')?;
            Some(Self::case(division.parse().ok()?, Ulid::from_string(ulid).ok()?))
        };
        parse().ok_or_else(|| CaseNameError(text.chars().take(60).collect()))
    }
}
