//! A case as a line of a list, and a last day as a word.

use maud::{Markup, html};
use tongban_protocol::supervision::Level;

use crate::cases::{CaseSummary, DeskLine, Due, Mood, Stage};
use crate::web::language::Language;

/// What stands above the columns.
pub(super) fn heads(language: Language) -> [&'static str; 7] {
    match language {
        Language::Chinese => ["承诺", "法定", "申请人", "事项", "编号", "状态", "到达"],
        Language::English => {
            ["promise", "legal limit", "applicant", "item", "number", "state", "arrival"]
        }
    }
}

pub(super) fn case_line(line: &DeskLine, language: Language) -> Markup {
    let case = &line.case;
    html! {
        tr {
            td {
                @if let Some(notice) = &line.notice {
                    (due(notice, language)) " " span.quiet { (language.say("须受理或告知", "to accept or to notice")) }
                } @else { (due_or_dash(line.promise.as_ref(), language)) }
            }
            td { (due_or_dash(line.legal.as_ref(), language)) }
            td.name { (case.applicant) }
            td { (case.item_name) }
            td { a href={ "/cases/" (case.id) } { code { (case.number) } } }
            td {
                (language.say(&case.state.zh, &case.state.en))
                @if case.green.is_some() { " " span.key.green { (language.say("绿色通道", "green")) } }
                (to_settle(case, language))
                @if let Some(note) = &case.attention { br; span.quiet { (language.say(&note.zh, &note.en)) } }
            }
            td { (tick(case.stage, language)) }
        }
    }
}

/// What somebody must still settle on the page of the case; and what had no effect, which nobody
/// can, in another word.
fn to_settle(case: &CaseSummary, language: Language) -> Markup {
    let open = case.conflicts + case.contradictions;
    let void = case.anomalies.saturating_sub(case.contradictions);
    html! {
        @if open > 0 { " " span.key.behind { (language.say("需处理", "to settle")) " " (open) } }
        @if void > 0 { " " span.quiet { (language.say("另有无效环节 ", "without effect: ")) (void) } }
    }
}

/// The colour of a card, wherever one is shown.
pub(super) const fn card_class(level: Level) -> &'static str {
    match level {
        Level::Warning => "key calm",
        Level::Yellow => "key behind",
        Level::Red => "key incident",
    }
}

/// Saved here, at the centre above, confirmed by the city: only the last is green.
pub(super) fn tick(stage: Stage, language: Language) -> Markup {
    let (class, sign) = match stage {
        Stage::Here => ("key silent", "○"),
        Stage::Parent => ("key silent", "✓"),
        Stage::City => ("key complete", "✓✓"),
    };
    let words = language.say(stage.zh(), stage.en());
    html! { span class=(class) title=(words) { span aria-hidden="true" { (sign) } span.spoken { (words) } } }
}

/// A last day, or a dash where there is none.
pub(super) fn due_or_dash(it: Option<&Due>, language: Language) -> Markup {
    html! { @match it { Some(it) => (due(it, language)), None => "—" } }
}

/// A last day, with its words.
pub(super) fn due(due: &Due, language: Language) -> Markup {
    let class = match due.mood {
        Mood::Calm => "key calm",
        Mood::Near => "key behind",
        Mood::Over => "key incident",
        Mood::Still => "key silent",
    };
    html! {
        span class=(class) { (language.say(&due.words.0, &due.words.1)) }
        @if let Some(on) = due.on { " " span.quiet { (on) } }
    }
}
