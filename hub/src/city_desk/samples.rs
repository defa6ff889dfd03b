//! 抽查: announcing a draw, showing its seed once that is due, and saying what was found.

mod found;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use tongban_node::clock;
use tongban_node::samples::{AnnounceWish, DrawDetail, SampleError, list};
use tongban_node::web::fault::Fault;
use tongban_node::web::form::{Faults, Fields, Line, Sheet, key};
use tongban_node::web::gate::Clerk;
use tongban_node::web::language::Language;
use tongban_node::web::{desk_page, desk_sorry};
use tongban_protocol::calendar::civil_day;
use tongban_protocol::place::Division;
use tongban_protocol::sampling::{DrawFault, PER_CENTRE_MAX};

use self::found::{by_centre, cases};
use super::CityDesk;
use crate::samples::{self, RevealWish, SeedError};

pub(super) use found::check;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// What was just saved.
    saved: String,
    /// Whose centres are shown.
    county: String,
    /// Whose drawn cases are shown.
    centre: String,
}

/// The page: the draws, and the form of a new one.
pub(super) async fn show(
    State(desk): State<Arc<CityDesk>>,
    clerk: Clerk,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let typed = Fields::default().with("per_centre", "3");
    draw(&desk, &clerk, (language, &typed, &Faults::default()), &asked.saved).await
}

async fn draw(
    desk: &CityDesk,
    clerk: &Clerk,
    (language, typed, faults): (Language, &Fields, &Faults),
    saved: &str,
) -> Response {
    let draws = match desk.desk.ask(|engine| list(engine.replica())).await {
        Ok(Ok(draws)) => draws,
        Ok(Err(error)) => return desk_sorry(clerk, language, error.into()),
        Err(closed) => return desk_sorry(clerk, language, closed.into()),
    };
    let sheet = Sheet { language, typed, faults };
    let main = html! {
        (just_saved(saved, language))
        (sheet.summary())
        p.quiet { (language.say(
            "先公布种子的散列值，期满后才揭示种子；抽中哪些办件由种子算出，谁也选不了，任何一级都能自己验算。",
            "The hash of a seed is published first, and the seed once the period is over; which cases are drawn follows from it, so that nobody can choose, and everybody can check.",
        )) }
        (table(&draws, language))
        @if clerk.check_supervisor().is_ok() { (announcing(&sheet, clerk)) } @else {
            p.quiet { (language.say("抽查由监察岗办理。", "Draws are made by whoever has the post of a supervisor.")) }
        }
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, desk_page(clerk, language, language.say("抽查", "Samples"), &main)).into_response()
}

fn just_saved(saved: &str, language: Language) -> Markup {
    let words = match saved {
        "draw" => language.say("抽查公告", "the announcement"),
        "seed" => language.say("种子已揭示", "the seed"),
        "finding" => language.say("抽查结果", "what was found"),
        _ => return html! {},
    };
    html! { p.saved role="status" { "○ " (language.say("已保存在本机：", "Saved on this machine: ")) (words) } }
}

fn table(draws: &[DrawDetail], language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => ["办结期间", "每中心", "揭示日", "种子的 SHA-256", "种子"],
        Language::English => {
            ["period", "of each centre", "seed due", "SHA-256 of the seed", "seed"]
        }
    };
    html! {
        @if draws.is_empty() { p { (language.say("还没有抽查。", "No draw yet.")) } } @else {
            div.scroll { table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for draw in draws { tr {
                    td.time { a href={ "/office/samples/" (draw.id) } { (draw.from) " – " (draw.to) } }
                    td { (draw.per_centre) }
                    td.time { (draw.drawn_on) }
                    td { code { (draw.seed_hash) } }
                    td { @match &draw.seed { Some(_) => (language.say("已揭示", "shown")), None => (language.say("未揭示", "not shown")) } }
                } } }
            } }
        }
    }
}

fn announcing(sheet: &Sheet<'_>, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    let day = |line: Line<'_>| sheet.line(line.kind("date", "off"));
    html! {
        details.step open[!sheet.faults.is_empty()] {
            summary { (language.say("公告一次抽查", "Announce a draw")) }
            form.sheet method="post" action="/office/samples" {
                (key(clerk))
                (day(Line::new("from", language.say("办结期间首日", "First day of the period"))
                    .hint(language.say("今天或以后", "today or later"))))
                (day(Line::new("to", language.say("末日", "Last day"))))
                (day(Line::new("drawn_on", language.say("何时起可以揭示", "The seed may be shown from"))
                    .hint(language.say("末日之后至少十天", "at least ten days after the last day"))))
                (sheet.line(Line::new("per_centre", language.say("每个中心抽几件", "Cases of each centre")).kind("number", "off")))
                button.main type="submit" { (language.say("公告", "Announce")) }
            }
        }
    }
}

/// Announces a draw.
pub(super) async fn announce(
    State(desk): State<Arc<CityDesk>>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    if let Err(fault) = clerk.check_supervisor() {
        return desk_sorry(&clerk, language, fault);
    }
    let announced = match wish(&typed, &clerk) {
        Ok(wish) => {
            let (now, dir) = (clock::now(), desk.data_dir.clone());
            let staged = desk.desk.stage(move |replica, rng| {
                // A second press of the button announces nothing new.
                let is_same = |it: &DrawDetail| {
                    (it.from, it.to, it.drawn_on) == (wish.from, wish.to, wish.drawn_on)
                };
                if list(replica)?.iter().any(is_same) {
                    let fault = DrawFault::Twice;
                    return Err(SeedError::Sample(SampleError::NotAllowed { fault }));
                }
                samples::announce(replica, now, rng, (&dir, wish))
            });
            staged.await.map_err(|error| blame("from", error.into()))
        }
        Err(faults) => Err(faults),
    };
    match announced {
        Ok(_) => Redirect::to("/office/samples?saved=draw").into_response(),
        Err(faults) => draw(&desk, &clerk, (language, &typed, &faults), "").await,
    }
}

fn wish(typed: &Fields, clerk: &Clerk) -> Result<AnnounceWish, Faults> {
    let mut faults = Faults::default();
    let mut day = |name: &'static str| {
        let day = typed.line(name).parse::<Date>();
        if day.is_err() {
            faults.note(name, "请填日期，如 2026-12-02", "give a day, such as 2026-12-02");
        }
        day.unwrap_or_default()
    };
    let (from, to, drawn_on) = (day("from"), day("to"), day("drawn_on"));
    let per_centre = typed.line("per_centre").parse::<u16>().ok();
    let per_centre = per_centre.filter(|count| (1..=PER_CENTRE_MAX).contains(count));
    if per_centre.is_none() {
        let zh = format!("请填 1 至 {PER_CENTRE_MAX} 的整数");
        faults.note("per_centre", zh, format!("give a whole number from 1 to {PER_CENTRE_MAX}"));
    }
    match (faults.is_empty(), per_centre) {
        (true, Some(per_centre)) => {
            Ok(AnnounceWish { from, to, per_centre, drawn_on, by: clerk.name.clone() })
        }
        _ => Err(faults),
    }
}

fn blame(field: &'static str, fault: Fault) -> Faults {
    Faults::one(field, fault.zh, fault.en)
}

/// One draw: its seed, and what it took at the centres of a county.
pub(super) async fn open(
    State(desk): State<Arc<CityDesk>>,
    Path(id): Path<String>,
    clerk: Clerk,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let (typed, faults) = (Fields::default(), Faults::default());
    let sheet = Sheet { language, typed: &typed, faults: &faults };
    draw_one(&desk, &clerk, &id, (&sheet, &asked)).await
}

/// Shows the seed.
pub(super) async fn reveal(
    State(desk): State<Arc<CityDesk>>,
    Path(id): Path<String>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    if let Err(fault) = clerk.check_supervisor() {
        return desk_sorry(&clerk, language, fault);
    }
    let wish = RevealWish { seed: typed.wish("seed"), by: clerk.name.clone() };
    let (now, dir, draw) = (clock::now(), desk.data_dir.clone(), id.clone());
    let staged =
        desk.desk.stage(move |replica, _| samples::reveal(replica, now, (&dir, &draw), wish));
    match staged.await {
        Ok((draw, _)) => {
            Redirect::to(&format!("/office/samples/{}?saved=seed", draw.id)).into_response()
        }
        Err(error) => {
            let faults = blame("seed", error.into());
            let sheet = Sheet { language, typed: &typed, faults: &faults };
            draw_one(&desk, &clerk, &id, (&sheet, &Asked::default())).await
        }
    }
}

async fn draw_one(
    desk: &CityDesk,
    clerk: &Clerk,
    id: &str,
    (sheet, asked): (&Sheet<'_>, &Asked),
) -> Response {
    let language = sheet.language;
    let shown = async {
        let draw = find(desk, id).await?;
        let main = html! {
            (just_saved(&asked.saved, language))
            (sheet.summary())
            (facts(&draw, language))
            (seed(&draw, clerk, sheet))
            @if draw.seed.is_some() {
                (by_centre(desk, &draw, &asked.county, language).await?)
                @if let Ok(centre) = asked.centre.parse::<Division>() {
                    (cases(desk, &draw, centre, (clerk, sheet)).await?)
                }
            }
            p { a href="/office/samples" { (language.say("回抽查", "Back to samples")) } }
        };
        let title = format!("{} {} – {}", language.say("抽查", "Sample"), draw.from, draw.to);
        let is_bad = !sheet.faults.is_empty();
        let status = if is_bad { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        Ok::<_, Fault>((status, desk_page(clerk, language, &title, &main)).into_response())
    };
    shown.await.unwrap_or_else(|fault| desk_sorry(clerk, language, fault))
}

async fn find(desk: &CityDesk, id: &str) -> Result<DrawDetail, Fault> {
    let draws = desk.desk.ask(|engine| list(engine.replica())).await?;
    let draws: BTreeMap<String, DrawDetail> =
        draws?.into_iter().map(|draw| (draw.id.clone(), draw)).collect();
    let found = draws.get(id.trim()).cloned();
    Ok(found.ok_or_else(|| SampleError::NotFound(id.chars().take(60).collect()))?)
}

fn facts(draw: &DrawDetail, language: Language) -> Markup {
    html! {
        dl.facts {
            div { dt { (language.say("每个中心", "of each centre")) } dd { (draw.per_centre) } }
            div { dt { (language.say("揭示日", "seed due")) } dd { (draw.drawn_on) } }
            div { dt { (language.say("种子的 SHA-256", "SHA-256 of the seed")) } dd { code { (draw.seed_hash) } } }
            @if let Some(seed) = &draw.seed {
                div { dt { (language.say("种子", "seed")) } dd { code { (seed) } } }
            }
            @for anomaly in &draw.anomalies {
                div { dt { (language.say("无效的记录", "without effect")) } dd { (language.say(&anomaly.zh, &anomaly.en)) } }
            }
        }
    }
}

/// The form that shows the seed, or from when on it may be shown.
fn seed(draw: &DrawDetail, clerk: &Clerk, sheet: &Sheet<'_>) -> Markup {
    let language = sheet.language;
    let is_due = civil_day(clock::now()) >= draw.drawn_on;
    html! {
        @if draw.seed.is_some() {
        } @else if !is_due {
            p.note { (language.say("种子封存中，可以揭示的日子：", "The seed is shut; it may be shown from ")) (draw.drawn_on) }
        } @else if clerk.check_supervisor().is_err() {
            p.quiet { (language.say("种子由监察岗揭示。", "The seed is shown by whoever has the post of a supervisor.")) }
        } @else {
            form.sheet method="post" action={ "/office/samples/" (draw.id) } {
                (key(clerk))
                (sheet.line(Line::new("seed", language.say("种子", "The seed"))
                    .hint(language.say("不填即用本机保存的", "the one that is kept on this machine where it is left out")).optional()))
                button.main type="submit" { (language.say("揭示种子", "Show the seed")) }
            }
        }
    }
}
