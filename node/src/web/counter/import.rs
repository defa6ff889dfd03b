//! 导入办件: a list is uploaded or pasted, its columns are told, and its rows become cases.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use tongban_protocol::supervision::Level;

use super::{page, sorry};
use crate::clock;
use crate::import::{
    Field, Finished, How, ImportError, Imported, Imports, Mapping, Name, Preview, ROWS_MAX,
    RowNote, Sheet, bad_rows, check_at, guess, import_at,
};
use crate::web::Rooms;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields, Sheet as Form, key};
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::shell::grouped;
use crate::web::upload::Upload;

/// Rows that are shown beside their columns.
const ROWS_SHOWN: usize = 3;

/// Longest field that is shown of them, in characters.
const SHOWN_CHARS_MAX: usize = 40;

/// The page on which a list is brought.
pub(super) async fn show(clerk: Clerk, language: Language) -> Response {
    bring(&clerk, (language, &Fields::default(), &Faults::default()))
}

fn bring(clerk: &Clerk, (language, typed, faults): (Language, &Fields, &Faults)) -> Response {
    let form = Form { language, typed, faults };
    let main = html! {
        form.sheet method="post" action="/import" enctype="multipart/form-data" {
            (form.summary())
            (key(clerk))
            div.field {
                label for="file" { (language.say("CSV 文件", "CSV file")) }
                input id="file" name="file" type="file" accept=".csv,.txt,text/csv" aria-describedby="file-hint";
                (form.notes("file", language.say(
                    "第一行是列名，其余每行一件；UTF-8 或 GB18030，逗号、分号或制表符分隔",
                    "the first row names the columns, each other row is a case; UTF-8 or GB18030, commas, semicolons or tabs",
                )))
            }
            div.field {
                label for="text" { (language.say("或粘贴内容", "Or paste it")) }
                textarea id="text" name="text" rows="6" { (typed.text("text")) }
            }
            button.main type="submit" { (language.say("下一步：对应各列", "Next: the columns")) }
        }
        p.quiet { @match language {
            Language::Chinese => { "一次最多 " (grouped(ROWS_MAX as u64)) " 行。同一内容重复导入不会产生第二件。" }
            Language::English => { "At most " (grouped(ROWS_MAX as u64)) " rows at a time. What is imported twice makes one case." }
        } }
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, page(clerk, language, language.say("导入办件", "Import cases"), &main)).into_response()
}

/// Keeps what was brought.
pub(super) async fn upload(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    file: Option<Extension<Upload>>,
    typed: Fields,
) -> Response {
    let file = file.map(|Extension(file)| file.bytes).filter(|bytes| !bytes.is_empty());
    let bytes = file.map_or_else(|| typed.text("text").as_bytes().to_vec(), |it| it.to_vec());
    let imports = Imports::of(&rooms.face.data_dir);
    // The list may have megabytes, and other pages are waited for.
    let kept = tokio::task::spawn_blocking(move || imports.keep(&bytes)).await;
    match kept {
        Ok(Ok(name)) => Redirect::to(&format!("/import/{}", name.as_str())).into_response(),
        Ok(Err(error)) => {
            let fault = Fault::from(error);
            let faults = Faults::one("file", fault.zh, fault.en);
            bring(&clerk, (language, &typed, &faults))
        }
        Err(error) => sorry(&clerk, language, Fault::broken(error.to_string())),
    }
}

/// A list that is worked on.
struct Work {
    name: Name,
    imports: Imports,
    sheet: Sheet,
    mapping: Mapping,
    finished: Finished,
}

impl Work {
    fn open(rooms: &Rooms, name: &str) -> Result<Self, ImportError> {
        let imports = Imports::of(&rooms.face.data_dir);
        let name: Name = name.parse()?;
        let sheet = imports.sheet(&name)?;
        let mapping = imports.remembered(&sheet.head).unwrap_or_else(|| guess(&sheet.head));
        Ok(Self { name, imports, sheet, mapping, finished: Finished::default() })
    }
}

/// The page on which the columns are told.
pub(super) async fn columns(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    Path(name): Path<String>,
) -> Response {
    match Work::open(&rooms, &name) {
        Ok(work) => {
            let outcome = work.imports.outcome(&work.name);
            draw(&clerk, language, &work, &Told { outcome, ..Told::default() })
        }
        Err(error) => sorry(&clerk, language, error.into()),
    }
}

/// What is said above the columns.
#[derive(Default)]
struct Told {
    faults: Faults,
    preview: Option<Preview>,
    outcome: Option<Imported>,
}

/// Checks the list, or takes it.
pub(super) async fn go_on(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    Path(name): Path<String>,
    typed: Fields,
) -> Response {
    let mut work = match Work::open(&rooms, &name) {
        Ok(work) => work,
        Err(error) => return sorry(&clerk, language, error.into()),
    };
    let chosen = (0..work.sheet.head.len()).map(|at| Field::of_code(typed.text(&format!("c{at}"))));
    if let Some(mapping) = chosen.collect::<Option<Mapping>>() {
        work.mapping = mapping;
    }
    work.finished = Finished::of_code(typed.text("finished")).unwrap_or_default();
    let told = match typed.text("act") {
        "import" => take(&rooms, &clerk, &work).await.map(Some),
        _ => check(&rooms, &clerk, &work)
            .await
            .map(|preview| Some(Told { preview: Some(preview), ..Told::default() })),
    };
    match told {
        Ok(told) => draw(&clerk, language, &work, &told.unwrap_or_default()),
        Err(error) => {
            let fault = Fault::from(error);
            let faults =
                Faults::one("c0", fault.zh.clone(), format!("{} {}", fault.en, fault.what));
            draw(&clerk, language, &work, &Told { faults, ..Told::default() })
        }
    }
}

fn how(clerk: &Clerk, work: &Work) -> How {
    How { by: clerk.name.clone(), role: clerk.role, finished: work.finished }
}

async fn check(rooms: &Rooms, clerk: &Clerk, work: &Work) -> Result<Preview, ImportError> {
    let list = (work.sheet.clone(), work.mapping.clone());
    let found = check_at(&rooms.face.desk, clock::now(), list, how(clerk, work)).await?;
    work.imports.remember(&work.sheet.head, &work.mapping)?;
    Ok(found)
}

async fn take(rooms: &Rooms, clerk: &Clerk, work: &Work) -> Result<Told, ImportError> {
    let list = (work.sheet.clone(), work.mapping.clone());
    let outcome = import_at(&rooms.face.desk, clock::now(), list, how(clerk, work)).await?;
    work.imports.remember(&work.sheet.head, &work.mapping)?;
    work.imports.keep_outcome(&work.name, &outcome)?;
    Ok(Told { outcome: Some(outcome), ..Told::default() })
}

fn draw(clerk: &Clerk, language: Language, work: &Work, told: &Told) -> Response {
    let typed = Fields::default();
    let form = Form { language, typed: &typed, faults: &told.faults };
    let action = format!("/import/{}", work.name.as_str());
    let main = html! {
        @if let Some(outcome) = &told.outcome { (outcome_note(outcome, &action, language)) }
        @if let Some(found) = &told.preview { (preview_note(found, language)) }
        form method="post" action=(action) {
            (form.summary())
            (key(clerk))
            (column_table(work, language))
            (finished_choice(work, language))
            div.buttons {
                button name="act" value="check" { (language.say("先检查", "Check first")) }
                button.main name="act" value="import" { (language.say("导入", "Import")) " " (grouped(work.sheet.rows.len() as u64)) " " (language.say("行", "rows")) }
                a href="/import" { (language.say("换一份清单", "another list")) }
            }
        }
    };
    let is_sound = told.faults.is_empty();
    let status = if is_sound { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = language.say("导入办件：对应各列", "Import cases: the columns");
    (status, page(clerk, language, title, &main)).into_response()
}

/// What becomes of rows that are over.
fn finished_choice(work: &Work, language: Language) -> Markup {
    let said = |finished| {
        match finished {
        Finished::Kept => language.say(
            "其他系统的历史：照原样保存，可以查询；不计时限、不发牌、不进统计",
            "history of another system: kept as it came and found again; no limits, cards or figures",
        ),
        Finished::Handled => language.say(
            "本中心的办件：录入受理、决定、送达；按规则计时、发牌、统计，迟录有标记",
            "cases of this centre: accepted, decided and delivered, with limits, cards and figures; late entries are marked",
        ),
    }
    };
    html! {
        fieldset {
            legend { (language.say("已办结的行（有决定或送达时间）作为", "Rows that are over (decided or delivered) are")) }
            @for finished in Finished::ALL {
                div { label {
                    input type="radio" name="finished" value=(finished.code()) checked[finished == work.finished];
                    " " (said(finished))
                } }
            }
        }
    }
}

fn column_table(work: &Work, language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => ["列名", "前几行", "是"],
        Language::English => ["column", "first rows", "is the"],
    };
    html! {
        div.scroll { table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { @for (at, (name, chosen)) in work.sheet.head.iter().zip(&work.mapping).enumerate() {
                tr {
                    td { label for={ "c" (at) } { @if name.is_empty() { (language.say("第", "column ")) (at + 1) (language.say("列", "")) } @else { (name) } } }
                    td { @for row in work.sheet.rows.iter().take(ROWS_SHOWN) {
                        div { (row.fields.get(at).map_or("", String::as_str).chars().take(SHOWN_CHARS_MAX).collect::<String>()) }
                    } }
                    td { select id={ "c" (at) } name={ "c" (at) } {
                        @for field in Field::ALL {
                            option value=(field.code()) selected[field == *chosen] { (language.say(field.zh(), field.en())) }
                        }
                    } }
                }
            } }
        } }
    }
}

fn preview_note(found: &Preview, language: Language) -> Markup {
    let [rows, sound, doubtful, bad, repeated] =
        [found.rows, found.sound, found.doubtful, found.bad, found.repeated]
            .map(|count| grouped(count as u64));
    html! {
        div.saved role="status" {
            p { @match language {
                Language::Chinese => { "共 " (rows) " 行：可导入 " (sound) "，可导入但请核对 " (doubtful) "，不能导入 " (bad) "；其中内容重复 " (repeated) "。还没有导入。" }
                Language::English => { (rows) " rows: " (sound) " sound, " (doubtful) " doubtful, " (bad) " bad; " (repeated) " say the same as one before. Nothing was imported yet." }
            } }
            (what_follows(found, language))
            (notes(language.say("不能导入", "Bad"), &found.faults, found.bad, language))
            (notes(language.say("请核对", "Doubtful"), &found.doubts, found.doubtful, language))
        }
    }
}

/// What becomes of the rows that can be taken, and which cards the rules would give them.
fn what_follows(found: &Preview, language: Language) -> Markup {
    let [kept, open, waiting, looked] =
        [found.kept, found.open, found.waiting, found.looked].map(|count| grouped(count as u64));
    let [over, cards] = [
        found.finished - found.kept - found.waiting,
        found.cards.iter().map(|count| count.cards).sum(),
    ]
    .map(|count: usize| grouped(count as u64));
    html! {
        p { @match language {
            Language::Chinese => { "可导入的行中：作为历史保存 " (kept) "，已送达 " (over) "，已决定、将在工作台等待送达 " (waiting) "，在办 " (open) "。" }
            Language::English => { "Of those that can be imported: " (kept) " kept as history, " (over) " delivered, " (waiting) " decided and then waiting on the desk to be delivered, " (open) " open." }
        } }
        @if found.cards.is_empty() {
            p { @match language {
                Language::Chinese => { "按现行规则试算 " (looked) " 行，导入后没有应发的牌。" }
                Language::English => { "Of " (looked) " rows held against the rules in force, none would have a card." }
            } }
        } @else {
            p { @match language {
                Language::Chinese => { "按现行规则试算 " (looked) " 行，导入后应发的牌有 " (cards) " 张：" }
                Language::English => { "Held against the rules in force, " (looked) " rows would have " (cards) " cards:" }
            } }
            ul { @for count in &found.cards {
                @let class = match count.level {
                    Level::Warning => "key calm",
                    Level::Yellow => "key behind",
                    Level::Red => "key incident",
                };
                li { span class=(class) { (language.say(count.level.zh(), count.level.en())) } " "
                    (language.say(&count.title.zh, &count.title.en)) " " b { (grouped(count.cards as u64)) } }
            } }
        }
    }
}

fn outcome_note(outcome: &Imported, action: &str, language: Language) -> Markup {
    let [rows, taken, before, bad] =
        [outcome.rows, outcome.taken, outcome.before, outcome.bad.len()]
            .map(|count| grouped(count as u64));
    let shown = &outcome.bad[..outcome.bad.len().min(crate::import::NOTES_SHOWN_MAX)];
    html! {
        div.saved role="status" {
            p { @match language {
                Language::Chinese => { "共 " (rows) " 行：已导入 " (taken) "，以前已导入 " (before) "，未导入 " (bad) "。" }
                Language::English => { (rows) " rows: " (taken) " imported, " (before) " were there before, " (bad) " not imported." }
            } }
            @if !outcome.bad.is_empty() {
                p { a href={ (action) "/bad.csv" } { (language.say("下载未导入的行和原因，改好后再上传", "Fetch the rows that were not imported, with why; mend and upload them again")) } }
                (notes(language.say("未导入", "Not imported"), shown, outcome.bad.len(), language))
            }
            (notes(language.say("已收件，办结未录入", "Taken, but the decision did not go in"), &outcome.unfinished, outcome.unfinished.len(), language))
            p { a href="/desk" { (language.say("到工作台", "To the desk")) } }
        }
    }
}

fn notes(title: &str, notes: &[RowNote], count: usize, language: Language) -> Markup {
    html! {
        @if !notes.is_empty() {
            p { b { (title) } " " span.quiet { (notes.len()) "/" (count) } }
            ul { @for note in notes {
                li { (language.say("第 ", "line ")) (note.line) (language.say(" 行：", ": "))
                    @for (at, why) in note.why.iter().enumerate() {
                        @if at > 0 { (language.say("；", "; ")) }
                        (language.say(&why.zh, &why.en))
                    } }
            } }
        }
    }
}

/// The rows that were not taken, as a file.
pub(super) async fn bad(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    Path(name): Path<String>,
) -> Response {
    let found = Work::open(&rooms, &name).and_then(|work| {
        let outcome = work.imports.outcome(&work.name).ok_or(ImportError::Gone)?;
        Ok(bad_rows(&work.sheet, &outcome.bad, language == Language::English))
    });
    match found {
        Ok(bytes) => {
            let headers = [
                (CONTENT_TYPE, "text/csv; charset=utf-8"),
                (CONTENT_DISPOSITION, "attachment; filename=\"bad-rows.csv\""),
            ];
            (headers, bytes).into_response()
        }
        Err(error) => sorry(&clerk, language, error.into()),
    }
}
