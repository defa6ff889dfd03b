//! 进度查询: how a case stands, for whoever has its number and its code.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use tongban_node::cases::{CaseProgress, progress};
use tongban_node::clock;
use tongban_node::replica::{Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_node::web::form::{Faults, Fields, Sheet};
use tongban_node::web::language::Language;

use super::{Public, Slip, Visitor, held_back, slip_fields, too_often};

/// The empty form; a link may bring the number along, never the code.
pub(super) async fn ask(
    State(public): State<Arc<Public>>,
    RawQuery(query): RawQuery,
    language: Language,
) -> Response {
    let number = Fields::parse(query.unwrap_or_default().as_bytes()).line("number");
    form(&public, language, &Fields::default().with("number", number), &Faults::default())
}

/// Tells the progress, or what is wrong.
pub(super) async fn tell(
    State(public): State<Arc<Public>>,
    visitor: Visitor,
    language: Language,
    typed: Fields,
) -> Response {
    let slip = match Slip::read(&typed) {
        Ok(slip) => slip,
        Err(faults) => return wrong(&public, language, &typed, &faults),
    };
    if let Err(wait) = public.pass(visitor) {
        return held_back(wait, form(&public, language, &typed, &too_often(wait)));
    }
    match public.desk.ask(move |engine| read(engine.replica(), &slip)).await {
        Ok(Ok(Some(told))) => {
            let title = language.say("办件进度", "progress of a case");
            public.page(language, title, &main(&told, &typed, language))
        }
        Ok(Ok(None)) => wrong(&public, language, &typed, &Slip::no_match()),
        Ok(Err(error)) => public.sorry(language, &error.into()),
        Err(closed) => public.sorry(language, &closed.into()),
    }
}

/// A case's progress, and whether it may be rated.
struct Told {
    progress: CaseProgress,
    may_be_rated: bool,
}

fn read<S: Store>(replica: &Replica<S>, slip: &Slip) -> Result<Option<Told>, ReplicaError> {
    let Some(id) = slip.open(replica)? else { return Ok(None) };
    let file = replica.case(id)?;
    let is_decided = file.is_some_and(|file| file.folded.course.decided.is_some());
    let is_rated = replica.ratings(id)?.iter().any(|(_, it)| it.detail().case == Some(id));
    let progress = progress(replica, id, clock::now())?;
    Ok(progress.map(|progress| Told { progress, may_be_rated: is_decided && !is_rated }))
}

fn wrong(public: &Public, language: Language, typed: &Fields, faults: &Faults) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, form(public, language, typed, faults)).into_response()
}

fn form(public: &Public, language: Language, typed: &Fields, faults: &Faults) -> Response {
    let sheet = Sheet { language, typed, faults };
    let main = html! {
        form.sheet.narrow method="post" action="/public/progress" {
            (sheet.summary_of_question())
            (slip_fields(sheet))
            div.buttons { button.main { (language.say("查询", "Show the progress")) } }
        }
    };
    public.page(language, language.say("进度查询", "progress"), &main)
}

fn main(told: &Told, typed: &Fields, language: Language) -> Markup {
    let say = |zh, en| language.say(zh, en);
    let it = &told.progress;
    let none = say("未载明，或现在不计时", "not stated, or time does not count now");
    let due = |day: &Option<String>| day.clone().unwrap_or_else(|| none.to_owned());
    html! {
        dl.facts {
            div { dt { (say("办件编号", "number")) } dd { (it.number) } }
            div { dt { (say("事项", "item")) } dd { (it.item_name) } }
            div { dt { (say("现在的状态", "where it stands")) } dd { b { (say(&it.state.zh, &it.state.en)) } } }
            div { dt { (say("下一步", "what comes next")) } dd { (say(&it.next.zh, &it.next.en)) } }
            div { dt { (say("承诺最迟", "promised by")) } dd.time { (due(&it.promise_due)) } }
            div { dt { (say("法定最迟", "by law by")) } dd.time { (due(&it.legal_due)) } }
        }
        @if it.is_provisional {
            p.quiet { (say("次年放假安排尚未公布，最迟日期可能顺延。", "Next year's holidays are not published yet, so that the last days may move.")) }
        }
        section {
            h2 { (say("已办环节", "What was done")) }
            ol.steps { @for step in &it.steps { li { (step.on) " " (say(&step.what.zh, &step.what.en)) } } }
        }
        p.quiet { (say("截至 ", "As of ")) (it.today) (say("，以市中心收到的记录为准。", ", as far as the city holds it.")) }
        @if told.may_be_rated {
            form method="post" action="/public/rate" {
                input type="hidden" name="number" value=(typed.text("number"));
                input type="hidden" name="code" value=(typed.text("code"));
                div.buttons { button.main name="step" value="open" { (say("评价本次服务", "Rate the service")) } }
            }
        }
    }
}
