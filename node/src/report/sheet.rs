//! A report on paper: lines for a terminal, CSV for spreadsheets.

use std::fmt::Write;

use tongban_protocol::metrics::{Definition, Measured, Named, RATINGS_TOLD_MIN, Row, Unit};
use tongban_protocol::time::Timestamp;

use super::{Form, Report};
use crate::cases::parse_instant;
use crate::names::name_of;
use crate::web::language::Language;

/// A figure and its definition, with the one that stands on the same line.
pub type Line<'a> = Vec<(&'a Definition, &'a Measured)>;

impl Report {
    /// The report in a form.
    #[must_use]
    pub fn to_form(&self, form: Form, language: Language) -> String {
        match form {
            Form::Json => serde_json::to_string_pretty(self).unwrap_or_default(),
            Form::Csv => self.to_csv(),
            Form::Text => self.to_text(language),
        }
    }

    /// Lines for a terminal.
    fn to_text(&self, language: Language) -> String {
        let mut text = format!(
            "{}\n{}\n{}\n",
            self.headline(language),
            self.parameters_line(language),
            self.freshness_line(language)
        );
        for row in &self.metrics.rows {
            let code = if row.key == row.name.zh { "" } else { row.key.as_str() };
            let _ = writeln!(text, "\n{} {code}", pick(&row.name, language));
            for line in self.lines(row) {
                let told: Vec<String> =
                    line.iter().map(|(what, it)| tell(what, it, language)).collect();
                let _ = writeln!(text, "  {}", told.join("  |  "));
            }
        }
        text
    }

    /// CSV after RFC 4180, with a head: one line for each figure, with all that it needs.
    fn to_csv(&self) -> String {
        let head = "as_of,centre,from,to,early,satisfied_from,entries,newest,complete,centres,key,name_zh,name_en,metric,metric_zh,\
                    metric_en,numerator,denominator,left_out,value,unit,beside,formula_zh,formula_en,\
                    filter_zh,filter_en";
        let mut text = format!("{head}\r\n");
        let shown = |value: Option<String>| value.unwrap_or_default();
        for row in &self.metrics.rows {
            for (what, it) in self.metrics.defined(row) {
                let fields = [
                    self.as_of.clone(),
                    self.centre.to_string(),
                    shown(self.from.map(|it| it.to_string())),
                    shown(self.to.map(|it| it.to_string())),
                    self.early.en().to_owned(),
                    self.satisfied_from.to_string(),
                    self.freshness.entries.to_string(),
                    shown(self.freshness.newest.clone()),
                    shown(self.freshness.complete.map(|it| it.to_string())),
                    shown(self.freshness.centres.map(|it| it.to_string())),
                    row.key.clone(),
                    row.name.zh.clone(),
                    row.name.en.clone(),
                    what.code.clone(),
                    what.name.zh.clone(),
                    what.name.en.clone(),
                    shown((!it.is_withheld).then(|| it.numerator.to_string())),
                    it.denominator.to_string(),
                    it.left_out.to_string(),
                    shown(it.value.map(|value| valued(what.unit, value))),
                    unit(what.unit).to_owned(),
                    shown(what.beside.clone()),
                    what.formula.zh.clone(),
                    what.formula.en.clone(),
                    what.filter.zh.clone(),
                    what.filter.en.clone(),
                ];
                text.push_str(&fields.map(|field| escaped(&field)).join(","));
                text.push_str("\r\n");
            }
        }
        text
    }

    /// The figures of a row, those that belong beside each other together.
    pub fn lines<'a>(&'a self, row: &'a Row) -> Vec<Line<'a>> {
        let mut lines: Vec<Line<'a>> = Vec::new();
        for (what, it) in self.metrics.defined(row) {
            let partner = lines.last_mut().filter(|line| {
                line.len() == 1 && line.iter().any(|(it, _)| what.beside.as_ref() == Some(&it.code))
            });
            match partner {
                Some(line) => line.push((what, it)),
                None => lines.push(vec![(what, it)]),
            }
        }
        lines
    }

    /// What is reported, and as of when.
    pub fn headline(&self, language: Language) -> String {
        let month = |month: Option<_>, none: &str| {
            month.map_or_else(
                || none.to_owned(),
                |it: tongban_protocol::metrics::Month| it.to_string(),
            )
        };
        let name = name_of(self.centre).map(|name| format!("{} ", pick(name, language)));
        let centre = format!("{}{}", name.unwrap_or_default(), self.centre);
        let as_of = for_people(&self.as_of);
        match language {
            Language::Chinese => format!(
                "{centre} 统计，截至 {as_of}，月份 {} 至 {}",
                month(self.from, "最早"),
                month(self.to, "今")
            ),
            Language::English => format!(
                "{centre}: figures as of {as_of}, months {} to {}",
                month(self.from, "the first"),
                month(self.to, "now")
            ),
        }
    }

    /// By what some of its figures are counted.
    pub fn parameters_line(&self, language: Language) -> String {
        let with_basic = self.satisfied_from <= 3;
        match language {
            Language::Chinese => format!(
                "提前按{}计，满意{}基本满意",
                self.early.zh(),
                if with_basic { "含" } else { "不含" }
            ),
            Language::English => format!(
                "early against the {} limit; basically satisfied counts as {}",
                self.early.en(),
                if with_basic { "satisfied" } else { "not satisfied" }
            ),
        }
    }

    /// How fresh what lies under it is.
    pub fn freshness_line(&self, language: Language) -> String {
        let it = &self.freshness;
        let newest = it.newest.as_deref().map_or_else(|| "–".to_owned(), for_people);
        let held = match language {
            Language::Chinese => format!("本机持有 {} 条记录，最新一条录于 {newest}", it.entries),
            Language::English => {
                format!("{} entries held here, the newest recorded at {newest}", it.entries)
            }
        };
        let centres = it.complete.zip(it.centres).map(|(complete, centres)| match language {
            Language::Chinese => format!("；{complete}/{centres} 个中心数据到齐"),
            Language::English => format!("; complete from {complete}/{centres} centres"),
        });
        held + centres.as_deref().unwrap_or_default()
    }
}

/// An instant of the report as people read it.
fn for_people(instant: &str) -> String {
    parse_instant(instant).map_or_else(|_| instant.to_owned(), Timestamp::to_minute)
}

/// The name in a language.
#[must_use]
pub fn pick(name: &Named, language: Language) -> &str {
    language.say(&name.zh, &name.en)
}

/// A figure with what it divides, such as `3/5 = 60.0 %（未计 1）`.
#[must_use]
pub fn amount(what: &Definition, it: &Measured, language: Language) -> String {
    if it.is_withheld {
        let told = format!("不足 {RATINGS_TOLD_MIN} 件");
        return language.say(&told, &format!("fewer than {RATINGS_TOLD_MIN}")).to_owned();
    }
    let short = |value: f64| (value * 10.0).round() / 10.0;
    let mut text = short(it.numerator).to_string();
    if it.denominator > 0.0 || what.unit != Unit::Count {
        let _ = write!(text, "/{}", short(it.denominator));
    }
    match (what.unit, it.value) {
        (Unit::Count, _) => {}
        (Unit::Percent, Some(value)) => {
            let _ = write!(text, " = {} %", valued(what.unit, value));
        }
        (Unit::Mean, Some(value)) => {
            let _ = write!(text, " = {}", valued(what.unit, value));
        }
        (Unit::Percent | Unit::Mean, None) => text.push_str(" = –"),
    }
    if it.left_out > 0 {
        text.push_str(&not_counted(it.left_out, language));
    }
    text
}

/// What stands behind a figure of which something was left out.
#[must_use]
pub fn not_counted(left_out: usize, language: Language) -> String {
    match language {
        Language::Chinese => format!("（未计 {left_out}）"),
        Language::English => format!(" ({left_out} left out)"),
    }
}

/// A value as it is printed: percent with one decimal.
fn valued(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Percent => format!("{value:.1}"),
        Unit::Count | Unit::Mean => value.to_string(),
    }
}

fn tell(what: &Definition, it: &Measured, language: Language) -> String {
    format!("{} {}", pick(&what.name, language), amount(what, it, language))
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Percent => "percent",
        Unit::Count => "count",
        Unit::Mean => "mean",
    }
}

/// A field of CSV; one that a spreadsheet would compute begins with a quote.
fn escaped(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@']);
    let field = if is_formula { format!("'{field}") } else { field.to_owned() };
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}
