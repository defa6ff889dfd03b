//! 联办方案: who takes part in a joint case, and by which template.

use jiff::civil::Date;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::case::terms::{CaseType, MATERIALS_MAX, Terms};
use crate::catalogue::item::day;
use crate::deadline::Limit;
use crate::document::DocumentId;
use crate::hash::Sha;
use crate::place::{Division, Tier};

/// Parts of a joint case, at most.
pub const PARTS_MAX: usize = 32;

/// 联办方案: who takes part, as it was on the day of receipt.
#[derive(Clone, Debug, Decode, Default, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The template's own id, such as `enterprise`.
    #[n(0)]
    pub template: String,
    /// Its version.
    #[n(1)]
    pub version: u32,
    /// Its name on that day.
    #[n(2)]
    pub title: String,
    /// 牵头部门.
    #[n(3)]
    pub lead: String,
    /// The parts, in order.
    #[n(4)]
    pub parts: Vec<Part>,
}

/// 并联事项: what one authority decides.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What is decided.
    #[n(0)]
    pub name: String,
    /// 并联审批部门.
    #[n(1)]
    pub department: String,
    /// The tier of the authority.
    #[n(2)]
    pub tier: Tier,
    /// Its centre; the one of its tier above the lead's where it is left out.
    #[n(3)]
    #[serde(default)]
    pub centre: Option<Division>,
    /// The item of the catalogue, where it has one.
    #[n(4)]
    #[serde(default)]
    pub item: Option<String>,
    /// How long the authority may take from its signed receipt.
    #[n(5)]
    pub limit: Limit,
    /// The materials that it needs.
    #[n(6)]
    #[cbor(default)]
    #[serde(default)]
    pub materials: Vec<String>,
    /// The parts that must have answered before, by their places from 0.
    #[n(7)]
    #[cbor(default)]
    #[serde(default)]
    pub after: Vec<u16>,
    /// 超时默许: silence past the limit unblocks the others.
    #[n(8)]
    #[cbor(default)]
    #[serde(default)]
    pub silence_consents: bool,
    /// 法定时限: of the item, as the catalogue told it on the day of receipt.
    #[n(9)]
    #[serde(default)]
    pub legal: Option<Limit>,
}

/// 并联审批模板: a plan, and from when to when it is taken.
#[derive(Clone, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
pub struct Template {
    /// The plan.
    #[n(0)]
    #[serde(flatten)]
    pub plan: Plan,
    /// 法定时限 of the whole: 45 working days where the law says no other (42-2).
    #[n(1)]
    pub legal: Limit,
    /// 承诺时限 of the whole.
    #[n(2)]
    pub promise: Limit,
    /// The first day on which it is taken; always so far where it is left out.
    #[n(3)]
    #[cbor(with = "day", has_nil)]
    #[serde(default)]
    pub valid_from: Option<Date>,
    /// The last such day.
    #[n(4)]
    #[cbor(with = "day", has_nil)]
    #[serde(default)]
    pub valid_to: Option<Date>,
}

impl Template {
    /// True on the days on which an application is taken by it.
    #[must_use]
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }

    /// True where both say the same of a version; only on which day it ends may be said later.
    #[must_use]
    pub fn is_same_version(&self, other: &Self) -> bool {
        let same = Self { valid_to: other.valid_to, ..self.clone() };
        same == *other
    }

    /// What is owed to whoever hands an application in by it, at a centre of a tier.
    #[must_use]
    pub fn terms(&self, tier: Tier) -> Terms {
        let mut materials: Vec<String> = Vec::new();
        for material in self.plan.parts.iter().flat_map(|part| &part.materials) {
            if !materials.contains(material) {
                materials.push(material.clone()); // 一套材料: handed in once for all.
            }
        }
        materials.truncate(MATERIALS_MAX);
        Terms {
            item: self.plan.template.clone(),
            version: self.plan.version,
            case_type: CaseType::Promised,
            legal: Some(self.legal),
            promise: Some(self.promise),
            steps: Vec::new(),
            materials,
            procedures: Vec::new(),
            decide_at: tier, // Whoever leads closes it.
            is_joint: true,
            publisher: None,
            is_permit: None, // Several permits, or none.
        }
    }
}

impl Part {
    /// True when it is no longer than a form that a person can read.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        let limits = [Some(self.limit), self.legal];
        self.materials.len() <= MATERIALS_MAX && limits.into_iter().flatten().all(Limit::is_bounded)
    }

    /// What its authority owes, counted from its signed receipt.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            item: self.item.clone().unwrap_or_default(),
            version: 0,
            case_type: CaseType::Promised,
            legal: self.legal,
            promise: Some(self.limit),
            steps: Vec::new(),
            materials: self.materials.clone(),
            procedures: Vec::new(),
            decide_at: self.tier,
            is_joint: false,
            publisher: None,
            is_permit: None,
        }
    }
}

impl Plan {
    /// True when it is no longer than a form that a person can read, and no part waits for a
    /// later one or for itself.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let waits = |(place, part): (usize, &Part)| {
            part.after.iter().all(|before| usize::from(*before) < place) && part.is_bounded()
        };
        (1..=PARTS_MAX).contains(&self.parts.len()) && self.parts.iter().enumerate().all(waits)
    }

    /// The part at a place.
    #[must_use]
    pub fn part(&self, place: u16) -> Option<&Part> {
        self.parts.get(usize::from(place))
    }

    /// Every place, in order.
    pub fn places(&self) -> impl Iterator<Item = u16> + use<> {
        0..u16::try_from(self.parts.len()).unwrap_or(u16::MAX)
    }
}

/// Which part of which joint case.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
pub struct PartOf {
    /// The lead case.
    #[n(0)]
    pub lead: DocumentId,
    /// The part's place in the lead's plan, from 0.
    #[n(1)]
    pub place: u16,
}

impl PartOf {
    /// The name of the part's case in a home: the same whoever refers it, so that it is referred
    /// once.
    #[must_use]
    pub fn document(self, home: Division) -> DocumentId {
        let mut bytes = self.lead.home.division.to_string().into_bytes();
        bytes.extend(self.lead.name.ulid.to_bytes());
        bytes.extend(self.place.to_be_bytes());
        let hash = Sha::of(&bytes);
        let mut random = [0; 16];
        random.copy_from_slice(&hash.0[..16]);
        let taken_at = self.lead.name.ulid.timestamp_ms();
        DocumentId::case(home, Ulid::from_parts(taken_at, u128::from_be_bytes(random)))
    }
}
