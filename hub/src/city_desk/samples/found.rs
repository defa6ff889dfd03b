//! What a draw took at each centre, beside the centre's use, and what somebody found who looked.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use tongban_node::clock;
use tongban_node::samples::{
    CheckWish, DrawDetail, DrawnCase, SampleError, check as record, drawn,
};
use tongban_node::web::desk_sorry;
use tongban_node::web::fault::Fault;
use tongban_node::web::form::{Faults, Fields, Sheet, key};
use tongban_node::web::gate::Clerk;
use tongban_node::web::language::Language;
use tongban_node::web::places::{address, place_name};
use tongban_node::web::shell::grouped;
use tongban_protocol::place::{Division, Home};
use tongban_protocol::sampling::Checklist;

use super::{Asked, blame, draw_one};
use crate::city_desk::CityDesk;

/// The four words, by the names of their fields: yes, and the question.
const WORDS: [(&str, &str, &str); 4] = [
    ("truthful", "真实：确有其事、确是此人", "truthful: it happened, with this applicant"),
    ("timely", "实时：当时就录入", "timely: recorded when it happened"),
    ("complete", "完整：该有的都有", "complete: nothing is missing"),
    ("accurate", "准确：写的都对", "accurate: what it says is right"),
];

/// What a draw took of one centre.
async fn taken(desk: &CityDesk, id: &str, centre: Division) -> Result<Vec<DrawnCase>, Fault> {
    let id = id.to_owned();
    let asked = desk.desk.ask(move |engine| drawn(engine.replica(), &id, Home::office(centre)));
    Ok(asked.await??)
}

/// The centres of a county, each with what was drawn and found there, beside its use.
pub(super) async fn by_centre(
    desk: &CityDesk,
    draw: &DrawDetail,
    county: &str,
    language: Language,
) -> Result<Markup, Fault> {
    let centres = desk.centres();
    let counties: Vec<Division> =
        centres.iter().filter(|(centre, (_, own))| *centre == own).map(|(it, _)| *it).collect();
    let wanted = county.parse().ok().filter(|it| counties.contains(it));
    let Some(county) = wanted.or_else(|| counties.first().copied()) else { return Ok(html! {}) };
    let picture = desk.pages.picture().await;
    let mut rows = Vec::new();
    for (centre, _) in centres.iter().filter(|(_, (_, own))| *own == county) {
        // Asked one by one, so that the machine does other things in between.
        let cases = taken(desk, &draw.id, *centre).await?;
        let found: Vec<_> = cases.iter().filter_map(|case| case.found.as_ref()).collect();
        let faulty = found.iter().filter(|it| !it.faults_zh.is_empty()).count();
        let tile = picture.as_ref().ok().and_then(|picture| picture.tile(*centre));
        let use_words =
            tile.map(|it| language.say(&it.detail.use_zh, &it.detail.use_en).to_owned());
        let handled = tile.map(|it| it.detail.handled_30_days);
        rows.push((*centre, [cases.len(), found.len(), faulty], use_words, handled));
    }
    let path = format!("/office/samples/{}", draw.id);
    let at = |centre: &str, county: &str| address(&path, &[("county", county), ("centre", centre)]);
    let heads = match language {
        Language::Chinese => ["中心", "抽中", "已查", "有问题", "近30天办理", "使用结论"],
        Language::English => {
            ["centre", "drawn", "looked at", "with faults", "handled in 30 days", "verdict on use"]
        }
    };
    Ok(html! {
        section {
            h2 { (language.say("各中心", "By centre")) }
            nav.tabs aria-label=(language.say("区县", "counties")) {
                @for it in &counties {
                    a href=(at("", it.as_str())) aria-current=[(*it == county).then_some("page")] { (place_name(&centres, it.as_str(), language)) }
                }
            }
            div.scroll { table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for (centre, counts, use_words, handled) in &rows { tr {
                    td { a href=(at(centre.as_str(), county.as_str())) { (place_name(&centres, centre.as_str(), language)) } }
                    @for count in counts { td { (count) } }
                    td { @match handled { Some(count) => (grouped(*count)), None => "—" } }
                    td { (use_words.as_deref().unwrap_or("—")) }
                } } }
            } }
        }
    })
}

/// The cases that were drawn at one centre.
pub(super) async fn cases(
    desk: &CityDesk,
    draw: &DrawDetail,
    centre: Division,
    (clerk, sheet): (&Clerk, &Sheet<'_>),
) -> Result<Markup, Fault> {
    let language = sheet.language;
    let cases = taken(desk, &draw.id, centre).await?;
    Ok(html! {
        section {
            h2 { (language.say("抽中的办件：", "Cases drawn at ")) (place_name(&desk.centres(), centre.as_str(), language)) }
            @if cases.is_empty() { p { (language.say("此期间没有办结件，无可抽。", "No case was closed in the period; there is nothing to draw.")) } }
            @for case in &cases {
                div.card-proof {
                    p { a href={ "/cases/" (case.case) } { code { (case.number) } } " " (case.item_name) " "
                        span.quiet { (language.say("办结 ", "closed ")) (case.closed_on) } }
                    (finding(case, draw, (clerk, sheet)))
                }
            }
        }
    })
}

fn finding(case: &DrawnCase, draw: &DrawDetail, (clerk, sheet): (&Clerk, &Sheet<'_>)) -> Markup {
    let language = sheet.language;
    let Some(found) = &case.found else {
        return match clerk.check_supervisor() {
            Ok(()) => form(case, draw, clerk, sheet),
            Err(_) => {
                html! { p.quiet { (language.say("还没有人查过。", "Nobody has looked yet.")) } }
            }
        };
    };
    let faults = match language {
        Language::Chinese => &found.faults_zh,
        Language::English => &found.faults_en,
    };
    html! {
        p { span.quiet { (found.on) " " (found.by) } " "
            @if faults.is_empty() { (language.say("四项都符合", "all four hold")) }
            @for fault in faults { span.key.behind { (fault) } " " } }
    }
}

/// 真实、实时、完整、准确: nothing is answered beforehand.
fn form(case: &DrawnCase, draw: &DrawDetail, clerk: &Clerk, sheet: &Sheet<'_>) -> Markup {
    let language = sheet.language;
    let blank = Fields::default();
    // What was typed about one case stands with that case only.
    let is_mine = sheet.typed.text("case") == case.case;
    let typed = if is_mine { sheet.typed } else { &blank };
    html! {
        form.sheet method="post" action={ "/office/samples/" (draw.id) "/check" } {
            (key(clerk))
            input type="hidden" name="case" value=(case.case);
            @for (name, zh, en) in WORDS {
                @let why = format!("{name}-why");
                fieldset {
                    legend { (language.say(zh, en)) }
                    @for (value, zh, en) in [("yes", "是", "yes"), ("no", "否", "no")] {
                        label { input type="radio" name=(name) value=(value) required checked[typed.text(name) == value]; " " (language.say(zh, en)) " " }
                    }
                    label { (language.say("“否”的理由", "why not")) " "
                        input name=(why) value=(typed.text(&why)) maxlength="400" autocomplete="off"; }
                    @if is_mine { (sheet.notes(name, "")) }
                }
            }
            button.main type="submit" { (language.say("记下抽查结果", "Record what was found")) }
        }
    }
}

/// Records what somebody found in a case that was drawn.
pub(in crate::city_desk) async fn check(
    State(desk): State<Arc<CityDesk>>,
    Path(id): Path<String>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    if let Err(fault) = clerk.check_supervisor() {
        return desk_sorry(&clerk, language, fault);
    }
    let case = typed.line("case");
    let centre = case.split('-').next().unwrap_or_default().to_owned();
    let county = centre.parse().ok().and_then(|it: Division| Some(desk.centres().get(&it)?.1));
    let county = county.map(|it| it.to_string()).unwrap_or_default();
    let recorded = match checklist(&typed) {
        Ok(checklist) => {
            let wish = CheckWish { case, checklist, by: clerk.name.clone() };
            let (now, draw) = (clock::now(), id.clone());
            let staged = desk.desk.stage(move |replica, _| record(replica, now, &draw, wish));
            staged.await.map_err(|error: SampleError| blame("truthful", error.into()))
        }
        Err(faults) => Err(faults),
    };
    match recorded {
        Ok(_) => {
            let pairs = [("saved", "finding"), ("county", &county), ("centre", &centre)];
            Redirect::to(&address(&format!("/office/samples/{id}"), &pairs)).into_response()
        }
        Err(faults) => {
            let sheet = Sheet { language, typed: &typed, faults: &faults };
            let asked = Asked { county, centre, ..Asked::default() };
            draw_one(&desk, &clerk, &id, (&sheet, &asked)).await
        }
    }
}

/// The four answers; each no needs its reason.
fn checklist(typed: &Fields) -> Result<Checklist, Faults> {
    let mut faults = Faults::default();
    let [not_truthful, not_timely, not_complete, not_accurate] = WORDS.map(|(name, ..)| {
        let why = typed.wish(&format!("{name}-why"));
        match (typed.text(name), &why) {
            ("yes", None) => None,
            ("yes", Some(_)) => {
                faults.note(name, "选了“是”就不填理由", "a yes has no reason");
                None
            }
            ("no", Some(_)) => why,
            ("no", None) => {
                faults.note(name, "选“否”须写理由", "a no needs its reason");
                None
            }
            _ => {
                faults.note(name, "请选“是”或“否”", "choose yes or no");
                None
            }
        }
    });
    let checklist = Checklist { not_truthful, not_timely, not_complete, not_accurate };
    if faults.is_empty() { Ok(checklist) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_answered_and_each_no_has_its_reason() {
        let read = |text: &str| checklist(&Fields::parse(text.as_bytes()));
        let all = "truthful=yes&timely=no&timely-why=late&complete=yes&accurate=yes";
        let found = read(all).unwrap();
        assert_eq!((found.not_timely.as_deref(), found.not_truthful), (Some("late"), None));
        let faults = read("truthful=yes&timely=no&complete=yes&complete-why=x").unwrap_err();
        let fields: Vec<_> = faults.iter(Language::English).collect();
        assert_eq!(
            fields,
            [
                ("accurate", "choose yes or no"),
                ("complete", "a yes has no reason"),
                ("timely", "a no needs its reason"),
            ]
        );
    }
}
