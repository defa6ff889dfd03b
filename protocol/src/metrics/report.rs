//! A report: every metric, over all and group by group.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::facts::day_number;
use super::ledger::{Cell, Ledger};
use super::metric::{Against, Filter, Offer, Unit, figure};
use super::month::Month;
use super::table::METRICS;
use crate::catalogue::Item;
use crate::document::words::words;
use crate::place::Division;

/// By what a report is divided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum By {
    /// 中心.
    Centre,
    /// 区县.
    County,
    /// 部门: the authority that the catalogue names for the item.
    Department,
    /// 事项.
    Item,
    /// 月份.
    Month,
}

words! { By, "way to divide a report":
    Centre "centre" "中心",
    County "county" "区县",
    Department "department" "部门",
    Item "item" "事项",
    Month "month" "月份",
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The day of the report: what is open and overdue is so on this day.
    pub today: Date,
    /// The first month; all before `to` where it is left out.
    pub from: Option<Month>,
    /// The last month; all after `from` where it is left out.
    pub to: Option<Month>,
    /// By what it is divided; into one row where it is left out.
    pub by: Option<By>,
    /// What early is held against.
    pub against: Against,
    /// From which level on a rating is a satisfied one: 3 with 基本满意, 4 without.
    pub satisfied_from: u8,
    /// The centres that have a row of their own even where nothing happened, with their names and
    /// the county to which they belong; a county and the city's own centre belong to themselves.
    pub centres: &'a BTreeMap<Division, (Named, Division)>,
    /// The items that are offered on that day.
    pub items: &'a [&'a Item],
    /// Items of any day, for the names and departments of those that cases are of; of two with one
    /// id the first counts.
    pub known: &'a [&'a Item],
}

/// A name in both languages.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Named {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// The figures of a report.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Metrics {
    /// The metrics, in the order of the figures of each row.
    pub metrics: Vec<Definition>,
    /// All first, then group by group in their order.
    pub rows: Vec<Row>,
}

impl Metrics {
    /// The figures of a row, each with what it is.
    pub fn defined<'a>(
        &'a self,
        row: &'a Row,
    ) -> impl Iterator<Item = (&'a Definition, &'a Measured)> {
        row.figures
            .iter()
            .filter_map(|it| Some((self.metrics.iter().find(|what| what.code == it.metric)?, it)))
    }
}

/// What a metric is, for whoever reads its figures.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Definition {
    /// Its name for scripts.
    pub code: String,
    /// Its name.
    pub name: Named,
    /// What is divided by what.
    pub formula: Named,
    /// Which cases or items are looked at.
    pub filter: Named,
    /// What the figure is.
    pub unit: Unit,
    /// The metric that stands on the same line.
    pub beside: Option<String>,
}

/// The figures of one group.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Row {
    /// The group; empty for all.
    pub key: String,
    /// Its name.
    pub name: Named,
    /// In the order of the metrics. Those of items are left out where the row is no part of the
    /// catalogue: a centre, county or month offers nothing that is its own alone.
    pub figures: Vec<Measured>,
}

/// One figure.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Measured {
    /// Its metric.
    pub metric: String,
    /// What is counted.
    pub numerator: f64,
    /// Out of what; 0 where there is nothing, or the metric is a plain count.
    pub denominator: f64,
    /// Cases or items of the filter that are in neither, because what is counted is not known of
    /// them or not promised to them.
    pub left_out: usize,
    /// Percent with one decimal, a count or a mean with two; none where there is nothing to divide by.
    pub value: Option<f64>,
    /// 不足 10 件: true where so few people are behind the figure that it would tell of each.
    #[serde(default, skip_serializing_if = "is_told")]
    pub is_withheld: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_told(is_withheld: &bool) -> bool {
    !*is_withheld
}

/// Ratings below which nobody but the city is told what they come to: whoever handled the cases
/// would know which was whose.
pub const RATINGS_TOLD_MIN: u32 = 10;

impl Metrics {
    /// The same for whoever is not to know single ratings: what fewer than [`RATINGS_TOLD_MIN`]
    /// come to is withheld.
    #[must_use]
    pub fn for_everybody(mut self) -> Self {
        let figures = self.rows.iter_mut().flat_map(|row| &mut row.figures);
        for figure in figures.filter(|it| it.metric == "satisfaction") {
            let rated = figure.denominator;
            figure.is_withheld = rated > 0.0 && rated < f64::from(RATINGS_TOLD_MIN);
            if figure.is_withheld {
                (figure.numerator, figure.value) = (0.0, None);
            }
        }
        self
    }
}

/// What belongs to one row.
#[derive(Default)]
struct Group<'a> {
    cell: Cell,
    clerks: BTreeSet<(Division, &'a str)>,
}

/// Measures everything.
#[must_use]
pub fn measure(ledger: &Ledger, question: &Question<'_>) -> Metrics {
    let departments = departments(question.known);
    let department = |item: &str| departments.get(item).copied().unwrap_or(UNKNOWN).to_owned();
    let county = |centre: &Division| {
        question.centres.get(centre).map_or(*centre, |(_, county)| *county).to_string()
    };
    let within = |month: Month| {
        question.from.is_none_or(|from| from <= month) && question.to.is_none_or(|to| month <= to)
    };
    let key = |centre: &Division, item: &str, month: Month| match question.by? {
        By::Centre => Some(centre.to_string()),
        By::County => Some(county(centre)),
        By::Department => Some(department(item)),
        By::Item => Some(item.to_owned()),
        By::Month => Some(month.to_string()),
    };
    let (mut all, mut groups) = (Group::default(), empty(question));
    for (centre, item, month, cell) in ledger.cells().filter(|(_, _, month, _)| within(*month)) {
        all.cell.merge(cell);
        if let Some(key) = key(centre, item, month) {
            groups.entry(key).or_default().cell.merge(cell);
        }
    }
    for (centre, item, month, clerk) in ledger.clerks().filter(|(_, _, month, _)| within(*month)) {
        all.clerks.insert((*centre, clerk));
        if let Some(key) = key(centre, item, month) {
            groups.entry(key).or_default().clerks.insert((*centre, clerk));
        }
    }
    let whole = Named { zh: "合计".to_owned(), en: "all".to_owned() };
    let mut rows = vec![row(String::new(), whole, &all, question)];
    rows.extend(groups.into_iter().map(|(key, group)| {
        let name = name(&key, question);
        row(key, name, &group, question)
    }));
    Metrics { metrics: definitions(), rows }
}

/// The department of an item that the catalogue does not know.
const UNKNOWN: &str = "?";

fn departments<'a>(items: &[&'a Item]) -> BTreeMap<&'a str, &'a str> {
    let known = items.iter().filter_map(|it| Some((it.id.as_str(), it.authority.as_deref()?)));
    known.rev().collect()
}

fn authority(item: &Item) -> String {
    item.authority.as_deref().unwrap_or(UNKNOWN).to_owned()
}

/// The groups that have a row even where nothing happened.
fn empty<'a>(question: &Question<'_>) -> BTreeMap<String, Group<'a>> {
    let keys: Vec<String> = match question.by {
        Some(By::Centre) => question.centres.keys().map(ToString::to_string).collect(),
        Some(By::County) => {
            question.centres.values().map(|(_, county)| county.to_string()).collect()
        }
        // What is offered has a row though nobody ever applied for it.
        Some(By::Department) => question.items.iter().map(|item| authority(item)).collect(),
        Some(By::Item) => question.items.iter().map(|item| item.id.to_string()).collect(),
        Some(By::Month) | None => Vec::new(),
    };
    keys.into_iter().map(|key| (key, Group::default())).collect()
}

fn name(key: &str, question: &Question<'_>) -> Named {
    let same = Named { zh: key.to_owned(), en: key.to_owned() };
    match question.by {
        Some(By::Centre | By::County) => {
            let known = key.parse().ok().and_then(|centre: Division| question.centres.get(&centre));
            known.map_or(same, |(name, _)| name.clone())
        }
        Some(By::Item) => {
            let known = question.known.iter().find(|item| item.id.as_str() == key);
            known.map_or(same, |item| Named { zh: item.name.clone(), en: item.name.clone() })
        }
        Some(By::Department) if key == UNKNOWN => Named {
            zh: "目录未载明部门".to_owned(),
            en: "not named by the catalogue".to_owned(),
        },
        Some(By::Department | By::Month) | None => same,
    }
}

fn row(key: String, name: Named, group: &Group<'_>, question: &Question<'_>) -> Row {
    let is_of_row = |item: &&Item| match question.by {
        _ if key.is_empty() => true,
        Some(By::Item) => item.id.as_str() == key,
        Some(By::Department) => authority(item) == key,
        Some(By::Centre | By::County | By::Month) | None => true,
    };
    let items: Vec<&Item> = question.items.iter().copied().filter(is_of_row).collect();
    let offer = Offer {
        cell: &group.cell,
        items: &items,
        today: day_number(question.today).unwrap_or(i32::MAX),
        clerks: group.clerks.len(),
        against: question.against,
        satisfied_from: question.satisfied_from,
    };
    let is_of_catalogue = key.is_empty() || matches!(question.by, Some(By::Department | By::Item));
    let shown = METRICS.iter().filter(|it| is_of_catalogue || it.filter != Filter::Items);
    let figures = shown.map(|metric| {
        let figure = figure(metric, &offer);
        Measured {
            metric: metric.code.to_owned(),
            value: metric.value(&figure),
            numerator: figure.numerator,
            denominator: figure.denominator,
            left_out: figure.left_out,
            is_withheld: false,
        }
    });
    Row { figures: figures.collect(), key, name }
}

fn definitions() -> Vec<Definition> {
    let named = |zh: &str, en: &str| Named { zh: zh.to_owned(), en: en.to_owned() };
    let definition = |it: &super::Metric| Definition {
        code: it.code.to_owned(),
        name: named(it.zh, it.en),
        formula: named(it.formula_zh, it.formula_en),
        filter: named(it.filter.zh(), it.filter.en()),
        unit: it.unit,
        beside: it.beside.map(str::to_owned),
    };
    METRICS.iter().map(definition).collect()
}
