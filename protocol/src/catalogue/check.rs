//! What may not stand in the catalogue: faults, each with its place, its figures and its rule.
//!
//! Limits of one kind compare by their figures; 24 hours are a working day, as guides add them
//! up. Working days against calendar days compare by ordinary weeks: a limit is the longer one
//! only if it is so from whatever day of the week it runs; holidays are left aside. A day of the
//! year has no length and compares with nothing.

use std::collections::BTreeSet;

use serde::Serialize;

use super::guide::Excluded;
use super::item::Item;
use super::kind::Status;
use crate::case::{CaseType, MATERIALS_MAX, STEPS_MAX};
use crate::deadline::{LIMIT_MAX, Limit};
use crate::limits::{CHANGE_BYTES_MAX, TEXT_BYTES_MAX};

/// Bytes of an item as it is published: the change around it is smaller than the other half.
pub const ITEM_BYTES_MAX: usize = CHANGE_BYTES_MAX / 2;

/// Something that may not stand in the catalogue.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Fault {
    /// The field, such as `promise` or `steps`.
    pub field: &'static str,
    /// What is wrong there.
    #[serde(serialize_with = "in_words")]
    pub problem: Problem,
}

/// What is wrong with a field of an item.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Problem {
    /// Nothing stands there.
    Empty,
    /// Versions are numbered from 1.
    VersionNone,
    /// The item ends before it begins.
    EndsBeforeItBegins,
    /// It is history, and nobody says since when.
    HistoricWithoutEnd,
    /// The promise is longer than the law allows.
    PromiseOverLegal {
        /// What is promised.
        promise: Limit,
        /// What the law allows.
        legal: Limit,
    },
    /// The steps together are longer than what is promised.
    StepsOverPromise {
        /// The steps, added up by kind, in Chinese and in English.
        steps: [String; 2],
        /// What is promised.
        promise: Limit,
    },
    /// An item done on the spot is promised for later.
    ImmediateLater(Limit),
    /// An item done on the spot is decided elsewhere.
    ImmediateElsewhere,
    /// A tier decides or reviews that stands below the one that accepts.
    Downwards,
    /// A limit above the bound, or a day that no year has.
    NoLimit(Limit),
    /// It is kept out of the limit and is none of the eight.
    NotExcludable(String),
    /// It is charged without a basis.
    FeeWithoutBasis,
    /// A name stands there twice.
    Twice(String),
    /// A text or the whole is too long, in bytes.
    TooLong(usize),
    /// A list has more entries than a case may carry.
    TooMany {
        /// How many.
        count: usize,
        /// How many may be.
        most: usize,
    },
}

impl Fault {
    /// What is wrong, what rule says so and what to do, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match &self.problem {
            Problem::Empty => "未填写，请补上".to_owned(),
            Problem::VersionNone => "版本号从 1 起".to_owned(),
            Problem::EndsBeforeItBegins => "失效日期早于生效日期".to_owned(),
            Problem::HistoricWithoutEnd => "历史事项须写明失效日期 valid_to".to_owned(),
            Problem::PromiseOverLegal { promise, legal } => {
                format!(
                    "承诺时限 {promise} 长于法定时限 {legal}，承诺只能等于或短于法定（行政许可法第四十二条）"
                )
            }
            Problem::StepsOverPromise { steps: [steps, _], promise } => {
                format!("各环节合计 {steps}，长于承诺时限 {promise}；请缩短环节或改承诺")
            }
            Problem::ImmediateLater(promise) => {
                format!("即办件承诺 {promise}；即办件应当场或当日办结，否则请改为承诺件")
            }
            Problem::ImmediateElsewhere => {
                "即办件的受理层级与决定层级不同；不能当场决定的请改为承诺件或上报件".to_owned()
            }
            Problem::Downwards => "决定或初审层级低于受理层级".to_owned(),
            Problem::NoLimit(limit) => format!("{limit} 不是有效时限，最长 {LIMIT_MAX}"),
            Problem::NotExcludable(name) => format!(
                "“{name}”不在可不计入时限的八种之内：听证、招标、拍卖、检验、检测、检疫、鉴定、专家评审（行政许可法第四十五条）"
            ),
            Problem::FeeWithoutBasis => {
                "收费而无依据；没有法律、行政法规依据不得收费（行政许可法第五十八条）".to_owned()
            }
            Problem::Twice(name) => format!("“{name}”出现两次"),
            Problem::TooLong(bytes) => format!("{bytes} 字节，过长"),
            Problem::TooMany { count, most } => format!("{count} 项，最多 {most} 项"),
        }
    }

    /// The same in English.
    #[must_use]
    pub fn en(&self) -> String {
        match &self.problem {
            Problem::Empty => "nothing stands there; fill it in".to_owned(),
            Problem::VersionNone => "versions are numbered from 1".to_owned(),
            Problem::EndsBeforeItBegins => "valid_to is before valid_from".to_owned(),
            Problem::HistoricWithoutEnd => {
                "an item that is history needs its last day, valid_to".to_owned()
            }
            Problem::PromiseOverLegal { promise, legal } => format!(
                "the promise of {} is longer than the legal limit of {}; it may only be as long or shorter (行政许可法 42)",
                promise.en(),
                legal.en()
            ),
            Problem::StepsOverPromise { steps: [_, steps], promise } => format!(
                "the steps add up to {steps}, longer than the promise of {}; shorten steps or promise more",
                promise.en()
            ),
            Problem::ImmediateLater(promise) => format!(
                "an item done on the spot (即办件) promises {}; make it 0 or one working day, or the item a 承诺件",
                promise.en()
            ),
            Problem::ImmediateElsewhere => "an item done on the spot (即办件) is accepted at one tier and decided at another; make it a 承诺件 or 上报件".to_owned(),
            Problem::Downwards => {
                "the tier that reviews or decides is below the one that accepts".to_owned()
            }
            Problem::NoLimit(limit) => format!("{} is no limit; the longest is {LIMIT_MAX}", limit.en()),
            Problem::NotExcludable(name) => format!(
                "`{name}` is none of the eight procedures that may be kept out of the limit: 听证, 招标, 拍卖, 检验, 检测, 检疫, 鉴定, 专家评审 (行政许可法 45)"
            ),
            Problem::FeeWithoutBasis => {
                "something is charged without a basis; without a law or administrative regulation nothing may be (行政许可法 58)".to_owned()
            }
            Problem::Twice(name) => format!("`{name}` stands there twice"),
            Problem::TooLong(bytes) => format!("{bytes} bytes are too long"),
            Problem::TooMany { count, most } => format!("{count} are above the {most} there may be"),
        }
    }
}

fn in_words<S: serde::Serializer>(problem: &Problem, serializer: S) -> Result<S::Ok, S::Error> {
    let fault = Fault { field: "", problem: problem.clone() };
    [("zh", fault.zh()), ("en", fault.en())]
        .into_iter()
        .collect::<std::collections::BTreeMap<_, _>>()
        .serialize(serializer)
}

/// Returns every fault of an item; none where it may stand in the catalogue.
///
/// What nobody stated is no fault.
#[must_use]
pub fn check(item: &Item) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut found = |field, problem| faults.push(Fault { field, problem });
    names(item, &mut found);
    if item.version == 0 {
        found("version", Problem::VersionNone);
    }
    if let (Some(from), Some(to)) = (item.valid_from, item.valid_to)
        && to < from
    {
        found("valid_to", Problem::EndsBeforeItBegins);
    }
    if item.status == Status::Historic && item.valid_to.is_none() {
        found("valid_to", Problem::HistoricWithoutEnd);
    }
    tiers(item, &mut found);
    limits(item, &mut found);
    for excluded in item.excluded.iter().filter(|it| Excluded::procedure(it).is_none()) {
        found("excluded", Problem::NotExcludable(excluded.name.clone()));
    }
    let blank = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
    if item.fee.as_ref().is_some_and(|fee| fee.is_charged && blank(&fee.basis)) {
        found("fee", Problem::FeeWithoutBasis);
    }
    let bytes = encoded_bytes(item);
    if bytes > ITEM_BYTES_MAX {
        found("item", Problem::TooLong(bytes));
    }
    faults
}

/// How many bytes an item takes where it is published.
#[must_use]
pub fn encoded_bytes(item: &Item) -> usize {
    minicbor::to_vec(item).map_or(usize::MAX, |bytes| bytes.len())
}

fn names(item: &Item, found: &mut impl FnMut(&'static str, Problem)) {
    let materials: Vec<&str> = item.materials.iter().map(|it| it.name.as_str()).collect();
    let steps: Vec<&str> = item.steps.iter().map(|it| it.name.as_str()).collect();
    let lists = [
        ("name", vec![item.name.as_str()], 1),
        ("materials", materials, MATERIALS_MAX),
        ("steps", steps, STEPS_MAX),
    ];
    for (field, names, most) in lists {
        if names.len() > most {
            found(field, Problem::TooMany { count: names.len(), most });
        }
        let mut seen = BTreeSet::new();
        for name in names {
            match name.trim() {
                "" => found(field, Problem::Empty),
                _ if name.len() > TEXT_BYTES_MAX => found(field, Problem::TooLong(name.len())),
                name if !seen.insert(name) => found(field, Problem::Twice(name.to_owned())),
                _ => {}
            }
        }
    }
}

fn tiers(item: &Item, found: &mut impl FnMut(&'static str, Problem)) {
    let Some(accept_at) = item.accept_at else { return };
    for (field, tier) in [("decide_at", item.decide_at), ("review_at", item.review_at)] {
        if tier.is_some_and(|tier| tier < accept_at) {
            found(field, Problem::Downwards);
        }
    }
    if item.case_type == Some(CaseType::Immediate)
        && item.decide_at.is_some_and(|tier| tier > accept_at)
    {
        found("decide_at", Problem::ImmediateElsewhere);
    }
}

fn limits(item: &Item, found: &mut impl FnMut(&'static str, Problem)) {
    let legal = item.legal.as_ref().map(|it| it.limit);
    let promise = item.promise.as_ref().map(|it| it.limit);
    let steps: Vec<Limit> =
        item.steps.iter().filter_map(|it| it.limit.as_ref()).map(|it| it.limit).collect();
    let stated = [("legal", legal), ("promise", promise)].into_iter();
    let stated = stated.filter_map(|(field, limit)| Some((field, limit?)));
    for (field, limit) in stated.chain(steps.iter().map(|limit| ("steps", *limit))) {
        if !is_limit(limit) {
            found(field, Problem::NoLimit(limit));
        }
    }
    let Some(promise) = promise else { return };
    if let Some(legal) = legal.filter(|legal| Span::of(&[promise]).exceeds(*legal)) {
        found("promise", Problem::PromiseOverLegal { promise, legal });
    }
    let sum = Span::of(&steps);
    if sum.exceeds(promise) {
        found("steps", Problem::StepsOverPromise { steps: sum.words(), promise });
    }
    let is_within_a_day = match promise {
        Limit::WorkingDays(count) | Limit::Days(count) => count <= 1,
        Limit::Hours(count) => count <= 24,
        Limit::By(_) => false,
    };
    if item.case_type == Some(CaseType::Immediate) && !is_within_a_day {
        found("promise", Problem::ImmediateLater(promise));
    }
}

fn is_limit(limit: Limit) -> bool {
    match limit {
        Limit::WorkingDays(count) | Limit::Days(count) => count <= LIMIT_MAX,
        Limit::Hours(count) => count <= LIMIT_MAX.saturating_mul(24),
        Limit::By(day) => jiff::civil::Date::new(2024, day.month, day.day).is_ok(),
    }
}

/// Limits one after the other.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    /// Those in working days and hours, in hours of which 24 are a working day.
    hours: u32,
    /// Those in calendar days.
    days: u32,
    /// True where a day of the year is among them.
    has_no_length: bool,
}

impl Span {
    fn of(limits: &[Limit]) -> Self {
        limits.iter().fold(Self::default(), |sum, limit| match *limit {
            Limit::WorkingDays(count) => {
                Self { hours: sum.hours.saturating_add(u32::from(count) * 24), ..sum }
            }
            Limit::Hours(count) => {
                Self { hours: sum.hours.saturating_add(u32::from(count)), ..sum }
            }
            Limit::Days(count) => Self { days: sum.days.saturating_add(u32::from(count)), ..sum },
            Limit::By(_) => Self { has_no_length: true, ..sum },
        })
    }

    /// True where it is longer than `limit` whatever the day of the week on which both begin.
    fn exceeds(self, limit: Limit) -> bool {
        let other = Self::of(&[limit]);
        if self.has_no_length || other.has_no_length {
            return false;
        }
        if self.days == 0 && !matches!(limit, Limit::Days(_)) {
            return self.hours > other.hours;
        }
        self.least_days() > other.most_days()
    }

    /// Calendar days from the best day of the week, a Sunday.
    const fn least_days(self) -> u32 {
        let working = self.hours.div_ceil(24);
        self.days.saturating_add(working + working.saturating_sub(1) / 5 * 2)
    }

    /// Calendar days from the worst day of the week, a Friday.
    const fn most_days(self) -> u32 {
        let working = self.hours.div_ceil(24);
        self.days.saturating_add(working + working.div_ceil(5) * 2)
    }
}

impl Span {
    /// In Chinese and in English.
    fn words(self) -> [String; 2] {
        let (working, hours) = (self.hours / 24, self.hours % 24);
        let units = [
            (working, "个工作日", "working days"),
            (hours, "小时", "hours"),
            (self.days, "日", "days"),
        ];
        let said = |word: fn(&(u32, &'static str, &'static str)) -> &'static str| {
            let said =
                units.iter().filter(|it| it.0 > 0).map(|it| format!("{} {}", it.0, word(it)));
            said.collect::<Vec<_>>().join(" + ")
        };
        [said(|it| it.1), said(|it| it.2)]
    }
}
