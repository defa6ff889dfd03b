//! 指标: every metric county beside county, and each by centre and month, as tables and bars.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;
use tongban_node::report::{Report, Wish, amount, pick, report_at};
use tongban_node::web::fault::Fault;
use tongban_node::web::gate::Clerk;
use tongban_node::web::language::Language;
use tongban_node::web::places::{address, place_name, place_options};
use tongban_node::web::report::months as months_asked;
use tongban_node::web::{desk_page, desk_sorry};
use tongban_protocol::metrics::{By, Definition, Measured, Row, Unit};
use tongban_protocol::place::Division;

use super::CityDesk;
use super::chart::{Bar, bars};

/// Months that are shown, the last ones.
const MONTHS_SHOWN: usize = 24;

/// What is asked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    from: String,
    to: String,
    /// The centres of this county, one by one.
    county: String,
}

impl Asked {
    fn wish(&self, by: By) -> Result<Wish, Fault> {
        let (from, to) = months_asked(&self.from, &self.to)?;
        Ok(Wish { by: Some(by), from, to, ..Wish::default() })
    }

    fn at(&self, path: &str, county: &str) -> String {
        address(path, &[("from", &self.from), ("to", &self.to), ("county", county)])
    }
}

type Sent = Result<Query<Asked>, QueryRejection>;

fn sent(query: Sent) -> Result<Asked, Fault> {
    let Query(asked) = query.map_err(|error| Fault::malformed("query", error.body_text()))?;
    Ok(asked)
}

async fn report(desk: &CityDesk, asked: &Asked, by: By) -> Result<Report, Fault> {
    report_at(&desk.desk, asked.wish(by)?, desk.lookout.clone()).await
}

/// Every metric, county beside county.
pub(super) async fn show(
    State(desk): State<Arc<CityDesk>>,
    clerk: Clerk,
    language: Language,
    query: Sent,
) -> Response {
    let drawn = async {
        let asked = sent(query)?;
        let report = report(&desk, &asked, By::County).await?;
        let main = html! {
            (months(&asked, "/office/indicators", language))
            (freshness(&report, language))
            (matrix(&report, &asked, language))
        };
        Ok(desk_page(&clerk, language, language.say("指标", "Indicators"), &main).into_response())
    };
    drawn.await.unwrap_or_else(|fault| desk_sorry(&clerk, language, fault))
}

fn months(asked: &Asked, path: &str, language: Language) -> Markup {
    let fields = [("from", ("起月", "from"), &asked.from), ("to", ("止月", "to"), &asked.to)];
    html! {
        form.ask method="get" action=(path) {
            @for (name, (zh, en), value) in fields {
                label { (language.say(zh, en)) " "
                    input name=(name) size="8" placeholder="2026-01" pattern="[0-9]{4}-[0-9]{2}" value=(value); }
            }
            @if !asked.county.is_empty() { input type="hidden" name="county" value=(asked.county); }
            button type="submit" { (language.say("统计", "count")) }
        }
    }
}

fn freshness(report: &Report, language: Language) -> Markup {
    html! {
        p.quiet { (report.headline(language)) }
        p.quiet { (report.parameters_line(language)) (language.say("；", "; ")) (report.freshness_line(language)) }
    }
}

/// A line for each metric, offer and use together; a column for all and for each county.
fn matrix(report: &Report, asked: &Asked, language: Language) -> Markup {
    let Some(whole) = report.metrics.rows.first() else { return html! {} };
    html! {
        @let wide = language.say("全部指标，各区县并列", "every metric, county beside county");
        p.quiet { (language.say("屏幕放不下时，表格可在框内左右滚动，指标名不动。", "Where the screen is too narrow, the table scrolls sideways in its frame; the names stay.")) }
        div.scroll tabindex="0" role="region" aria-label=(wide) { table.matrix {
            thead { tr {
                th scope="col" { (language.say("指标", "metric")) }
                @for row in &report.metrics.rows { th scope="col" { (pick(&row.name, language)) } }
            } }
            tbody { @for line in report.lines(whole) {
                tr {
                    th scope="row" { @for (what, _) in &line {
                        div { a href=(asked.at(&format!("/office/indicators/{}", what.code), "")) title=(pick(&what.formula, language)) {
                            (pick(&what.name, language)) } }
                    } }
                    @for row in &report.metrics.rows { td {
                        @for (what, _) in &line { div { (cell(what, figure(row, &what.code), language)) } }
                    } }
                }
            } }
        } }
        p.quiet { (language.say(
            "“开通”类指标按事项目录统计，目录全市统一，区县栏为“—”；“使用”与它同行。群众自愿的行为不设目标。",
            "What is offered is counted by the catalogue, which is the city's; county columns have a dash there, and what is used stands on the same line. What people do of their own will has no target.",
        )) }
    }
}

fn figure<'a>(row: &'a Row, code: &str) -> Option<&'a Measured> {
    row.figures.iter().find(|figure| figure.metric == code)
}

fn cell(what: &Definition, it: Option<&Measured>, language: Language) -> String {
    it.map_or_else(|| "—".to_owned(), |it| amount(what, it, language))
}

/// One metric: by county, or the centres of a county, and by month.
pub(super) async fn show_one(
    State(desk): State<Arc<CityDesk>>,
    Path(metric): Path<String>,
    clerk: Clerk,
    language: Language,
    query: Sent,
) -> Response {
    let drawn = async {
        let asked = sent(query)?;
        let by = if asked.county.is_empty() { By::County } else { By::Centre };
        let mut places = report(&desk, &asked, by).await?;
        let months = report(&desk, &asked, By::Month).await?;
        let named = places.metrics.metrics.iter().find(|it| it.code == metric).cloned();
        let what = named.ok_or_else(|| Fault::not_found("metric", metric.clone()))?;
        if let Ok(county) = asked.county.parse::<Division>() {
            let centres = desk.centres();
            let is_of = |row: &Row| {
                let centre = row.key.parse::<Division>().ok();
                centre.and_then(|it| centres.get(&it)).is_some_and(|(_, it)| *it == county)
            };
            places.metrics.rows.retain(is_of); // What all come to is the city's, and not theirs.
        }
        let view = View { what: &what, asked: &asked, desk: &desk, language };
        let title =
            format!("{} · {}", language.say("指标", "Indicator"), pick(&what.name, language));
        Ok(desk_page(&clerk, language, &title, &view.main(&places, &months)).into_response())
    };
    drawn.await.unwrap_or_else(|fault| desk_sorry(&clerk, language, fault))
}

/// One metric as it is shown.
struct View<'a> {
    what: &'a Definition,
    asked: &'a Asked,
    desk: &'a CityDesk,
    language: Language,
}

impl View<'_> {
    fn main(&self, places: &Report, by_month: &Report) -> Markup {
        let language = self.language;
        let path = format!("/office/indicators/{}", self.what.code);
        let months = by_month.metrics.rows.get(1..).unwrap_or_default();
        let newest = months.len().saturating_sub(MONTHS_SHOWN);
        let whole: Vec<&Row> = places.metrics.rows.iter().collect();
        let recent: Vec<&Row> = months.iter().skip(newest).collect();
        let place = match self.asked.county.as_str() {
            "" => language.say("各区县", "by county").to_owned(),
            county => place_name(&self.desk.centres(), county, language),
        };
        html! {
            (months_form(self.asked, &path, self.desk, language))
            (freshness(places, language))
            p { (pick(&self.what.formula, language)) " " span.quiet { (pick(&self.what.filter, language)) } }
            (self.section(&place, places, &whole))
            (self.section(language.say("各月（全市）", "by month (the whole city)"), by_month, &recent))
            p { a href=(self.asked.at("/office/indicators", "")) { (language.say("回全部指标", "Back to all metrics")) } }
        }
    }

    /// Bars, and the table that says the same, with the metric that stands on the same line.
    fn section(&self, title: &str, report: &Report, rows: &[&Row]) -> Markup {
        let (language, what) = (self.language, self.what);
        let beside =
            report.metrics.metrics.iter().find(|it| what.beside.as_ref() == Some(&it.code));
        let drawn = rows.iter().filter_map(|row| self.bar(row)).collect::<Vec<_>>();
        let name = pick(&what.name, language);
        let chart = bars(&format!("{name}：{title}"), pick(&what.formula, language), &drawn);
        html! {
            section {
                h2 { (title) }
                @if rows.is_empty() { p.quiet { (language.say("没有数据。", "No figures.")) } } @else {
                    @if let Some(chart) = chart { figure.chart-frame { (PreEscaped(chart)) } }
                    @else { p.quiet { (language.say("此指标按目录统计，不分区县。", "Counted by the catalogue, not by county.")) } }
                    div.scroll { table {
                        thead { tr {
                            th scope="col" { (language.say("范围", "of")) }
                            th scope="col" { (name) }
                            @if let Some(beside) = beside { th scope="col" { (pick(&beside.name, language)) } }
                        } }
                        tbody { @for row in rows { tr {
                            td { (self.row_name(row)) }
                            td { (cell(what, figure(row, &what.code), language)) }
                            @if let Some(beside) = beside { td { (cell(beside, figure(row, &beside.code), language)) } }
                        } } }
                    } }
                }
            }
        }
    }

    /// The bar of a row; of counts none for all together, beside which the others were not seen.
    fn bar(&self, row: &Row) -> Option<Bar> {
        let it = figure(row, &self.what.code)?;
        let is_count = self.what.unit == Unit::Count;
        if is_count && row.key.is_empty() {
            return None;
        }
        let value = if is_count { Some(it.numerator) } else { it.value };
        let value = value.map(|value| value.max(0.0));
        let text = amount(self.what, it, self.language);
        Some(Bar { label: pick(&row.name, self.language).to_owned(), value, text })
    }

    /// The name of a row: of a county the way to its centres, of a centre that to its page.
    fn row_name(&self, row: &Row) -> Markup {
        let name = pick(&row.name, self.language);
        let is_place = row.key.parse::<Division>().is_ok();
        let path = format!("/office/indicators/{}", self.what.code);
        html! {
            @if !is_place { (name) }
            @else if self.asked.county.is_empty() { a href=(self.asked.at(&path, &row.key)) { (name) } }
            @else { a href={ "/centres/" (row.key) } { (name) } }
        }
    }
}

/// Months and county of one metric.
fn months_form(asked: &Asked, path: &str, desk: &CityDesk, language: Language) -> Markup {
    let centres = desk.centres();
    let counties: BTreeMap<_, _> =
        centres.into_iter().filter(|(centre, (_, county))| centre == county).collect();
    html! {
        (months(asked, path, language))
        form.ask method="get" action=(path) {
            input type="hidden" name="from" value=(asked.from);
            input type="hidden" name="to" value=(asked.to);
            label { (language.say("逐个中心看", "centres of")) " "
                select name="county" {
                    option value="" { (language.say("各区县", "by county")) }
                    (place_options(&counties, &asked.county, language))
                } }
            button type="submit" { (language.say("看", "show")) }
        }
    }
}
