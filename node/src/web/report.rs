//! The report: over the JSON service, and as a page to be printed.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use tongban_protocol::metrics::{Against, By, Month, Named};

use super::Rooms;
use super::counter;
use super::fault::{Fault, FaultBody};
use super::form::{Fields, one_line};
use super::gate::{Anybody, Asker, Clerk};
use super::language::Language;
use super::shell::Shell;
use crate::report::{Form, Report, Wish, amount, pick, report_at};

/// Where the page's stylesheet is served.
pub(super) const STYLE_PATH: &str = "/assets/report.css";

/// Gives every metric with numerator, denominator, filter, the instant as of which it is, and how
/// fresh what lies under it is.
#[utoipa::path(
    get, path = "/api/v1/metrics",
    params(
        ("by" = Option<String>, Query, description = "`centre`, `county`, `department`, `item` or `month`; one row for all where it is left out"),
        ("from" = Option<String>, Query, description = "the first month, such as 2026-01"),
        ("to" = Option<String>, Query, description = "the last month"),
        ("early" = Option<String>, Query, description = "what 提前 is held against: `promise`, which it is where it is left out, or `legal`"),
        ("satisfied_from" = Option<u8>, Query, description = "the level from which on a rating is a satisfied one: 3, which it is where it is left out, or 4"),
        ("form" = Option<String>, Query, description = "`json`, `csv` or `text`; `json` where it is left out"),
        ("lang" = Option<String>, Query, description = "`zh` or `en`; `zh` where it is left out"),
    ),
    responses(
        (status = 200, body = serde_json::Value), (status = 400, body = FaultBody),
        (status = 503, body = FaultBody),
    )
)]
pub(super) async fn metrics(
    State(rooms): State<Arc<Rooms>>,
    asker: Asker,
    query: Result<Query<Wish>, QueryRejection>,
) -> Result<Response, Fault> {
    let wish = sent(query)?;
    let form = wish.form.unwrap_or(Form::Json);
    let report = make(&rooms, wish, asker).await?;
    let kind = match form {
        Form::Json => "application/json",
        Form::Csv => "text/csv; charset=utf-8",
        Form::Text => "text/plain; charset=utf-8",
    };
    Ok(([(CONTENT_TYPE, kind)], report.to_form(form, wish.language())).into_response())
}

/// The page, to be printed.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    Anybody(clerk): Anybody,
    asker: Asker,
    language: Language,
    uri: Uri,
) -> Response {
    let asked = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let months = months(asked.text("from"), asked.text("to"));
    match months.and_then(|_| sent(Query::try_from_uri(&uri))) {
        Ok(wish) => match make(&rooms, wish, asker).await {
            Ok(report) => page(&rooms, &report, language, clerk.as_ref()),
            Err(fault) => fault.into_response(),
        },
        Err(fault) => fault.into_response(),
    }
}

/// The months that a page asks for; none where nothing was typed.
///
/// # Errors
///
/// What is said to whoever typed them: that one is none, or that they are the wrong way round.
pub fn months(from: &str, to: &str) -> Result<(Option<Month>, Option<Month>), Fault> {
    let month = |text: &str| {
        let text = one_line(text);
        let month = (!text.is_empty()).then(|| text.parse::<Month>()).transpose();
        month.map_err(|_| {
            let shown: String = text.chars().take(40).collect();
            let zh = format!("“{shown}”不是月份，请写成 2026-01 这样的形式");
            Fault::asked("from", zh, format!("`{shown}` is no month; write it like 2026-01"))
        })
    };
    let (from, to) = (month(from)?, month(to)?);
    check_order(from, to).map(|()| (from, to))
}

fn check_order(from: Option<Month>, to: Option<Month>) -> Result<(), Fault> {
    match from.zip(to) {
        Some((from, to)) if from > to => Err(Fault::asked(
            "from",
            format!("起月 {from} 在止月 {to} 之后，请对调后再统计"),
            format!("the first month, {from}, is after the last, {to}; exchange them"),
        )),
        Some(_) | None => Ok(()),
    }
}

fn sent(query: Result<Query<Wish>, QueryRejection>) -> Result<Wish, Fault> {
    let Query(wish) = query.map_err(|error| Fault::malformed("query", error.body_text()))?;
    check_order(wish.from, wish.to)?;
    match wish.satisfied_from {
        Some(level) if !(3..=4).contains(&level) => {
            Err(Fault::malformed("satisfied_from", format!("{level} is neither 3 nor 4")))
        }
        Some(_) | None => Ok(wish),
    }
}

/// Makes the report; strangers are not told what few ratings come to.
async fn make(rooms: &Rooms, wish: Wish, asker: Asker) -> Result<Report, Fault> {
    let report = report_at(&rooms.face.desk, wish, rooms.face.lookout.clone()).await?;
    Ok(match asker {
        Asker::Known => report,
        Asker::Stranger => Report { metrics: report.metrics.for_everybody(), ..report },
    })
}

fn page(rooms: &Rooms, report: &Report, language: Language, clerk: Option<&Clerk>) -> Response {
    let title = match language {
        Language::Chinese => format!("{} 通办 · 统计报表", rooms.face.name),
        Language::English => format!("{} Tongban · figures", rooms.face.name),
    };
    let links = [("/", language.say("首页", "home")), ("/api/v1/metrics", "JSON")];
    let shell = Shell {
        language,
        title: &title,
        styles: &[counter::STYLE_PATH, STYLE_PATH], // The menu is the counter's.
        script: None,
        is_live: false,
        links: &links,
        clerk,
    };
    shell.page(&main(report, language)).into_response()
}

/// What the page says of a report.
pub(crate) fn main(report: &Report, language: Language) -> Markup {
    html! {
        (form(report, language))
        p { (report.headline(language)) }
        p.quiet { (report.parameters_line(language)) }
        p.quiet { (report.freshness_line(language)) }
        @for row in &report.metrics.rows {
            section.group {
                h2 { (pick(&row.name, language)) @if row.key != row.name.zh { " " span.quiet { (row.key) } } }
                table.figures {
                    tbody {
                        @for line in report.lines(row) {
                            tr {
                                @for (what, it) in &line {
                                    th scope="row" { (pick(&what.name, language)) }
                                    td { (amount(what, it, language)) }
                                }
                                @if line.len() == 1 { td colspan="2" {} }
                            }
                        }
                    }
                }
            }
        }
        (definitions(report, language))
    }
}

/// What is asked, to be asked again.
fn form(report: &Report, language: Language) -> Markup {
    let choices =
        |name: &str, choices: Vec<(&'static str, &'static str, &'static str)>, chosen: &str| {
            html! {
                select name=(name) {
                    @for (code, zh, en) in choices {
                        option value=(code) selected[code == chosen] { (language.say(zh, en)) }
                    }
                }
            }
        };
    let months = [("from", "起", "from", report.from), ("to", "止", "to", report.to)];
    let by = By::ALL.iter().map(|by| (by.en(), by.zh(), by.en())).collect();
    let early = Against::ALL.iter().map(|it| (it.en(), it.zh(), it.en())).collect();
    let satisfied =
        vec![("3", "含基本满意", "basically too"), ("4", "不含基本满意", "not basically")];
    let from = report.satisfied_from.to_string();
    html! {
        form.ask method="get" action="/report" {
            label { (language.say("分组", "by")) " " (choices("by", by, report.by.map_or("centre", By::en))) }
            @for (name, zh, en, month) in months {
                label { (language.say(zh, en)) " "
                    input name=(name) size="8" placeholder="2026-01" pattern="[0-9]{4}-[0-9]{2}"
                        value=(month.map(|it| it.to_string()).unwrap_or_default());
                }
            }
            label { (language.say("提前按", "early against")) " " (choices("early", early, report.early.en())) }
            label { (language.say("满意", "satisfied")) " " (choices("satisfied_from", satisfied, &from)) }
            button { (language.say("统计", "count")) }
        }
    }
}

/// What each metric divides, and which cases it looks at.
fn definitions(report: &Report, language: Language) -> Markup {
    let heads: [Named; 3] = [("指标", "metric"), ("算法", "formula"), ("范围", "filter")]
        .map(|(zh, en)| Named { zh: zh.to_owned(), en: en.to_owned() });
    html! {
        section.definitions {
            h2 { (language.say("指标说明", "What is counted")) }
            table {
                thead { tr { @for head in &heads { th scope="col" { (pick(head, language)) } } } }
                tbody {
                    @for it in &report.metrics.metrics {
                        tr {
                            td { (pick(&it.name, language)) }
                            td { (pick(&it.formula, language)) }
                            td { (pick(&it.filter, language)) }
                        }
                    }
                }
            }
            p.quiet { (language.say(
                "群众自愿的行为（评价、网上申请）不设 100% 目标；没有评价即为空，不作默认。未计：所计算的内容未载明或未承诺的办件或事项。",
                "What people do of their own will has no target of 100 %; no rating is none, never a default. Left out: cases or items of which what is counted is not known, or was not promised.",
            )) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_that_cannot_be_are_said_to_whoever_typed_them() {
        let told = |from: &str, to: &str| months(from, to).unwrap_err().zh;
        insta::assert_snapshot!(told("2026-99", ""), @"“2026-99”不是月份，请写成 2026-01 这样的形式");
        insta::assert_snapshot!(told("2026-11", "2026-10"), @"起月 2026-11 在止月 2026-10 之后，请对调后再统计");
        assert!(months("２０２６-10", " 2026-10 ").is_ok() && months("", "").is_ok());
        assert!(check_order("2026-10".parse().ok(), None).is_ok());
    }
}
