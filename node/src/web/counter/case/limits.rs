//! The limits of a case on its page, day by day, and with whom it is.

use maud::{Markup, html};
use tongban_protocol::case::Course;
use tongban_protocol::place::Tier;

use super::Dossier;
use crate::cases::ClockDetail;
use crate::names::name_of;
use crate::web::language::Language;

/// 上报: to whom and when, and that the decision is awaited from there.
pub(super) fn handed_up(dossier: &Dossier, language: Language) -> Markup {
    let course = &dossier.course;
    let decides = course.terms.as_deref().map(|terms| terms.decide_at);
    let (zh, en) = match decides {
        Some(Tier::City) => ("市级", "the city"),
        Some(Tier::County) => ("县级", "the county"),
        Some(Tier::Township) | None => ("上级", "the centre above"),
    };
    let name = dossier.handed_to.map(|centre| match name_of(centre) {
        Some(name) => language.say(&name.zh, &name.en).to_owned(),
        None => centre.to_string(),
    });
    html! {
        @if let Some(on) = course.handed_up_on {
            p.note {
                (language.say("已上报", "Handed up to ")) (language.say(zh, en))
                @if let Some(name) = &name { (language.say("（", " (")) (name) (language.say("）", ")")) }
                (language.say("，", " on ")) (on)
                @if course.decided.is_none() && course.closed_on.is_none() {
                    (language.say("，由其决定", ", which decides"))
                }
            }
        }
    }
}

/// Why no clock runs: what the item promises begins with acceptance, or it promises nothing.
fn no_clock(course: &Course, language: Language) -> Markup {
    let terms = course.terms.as_deref();
    let promise = terms.and_then(|terms| terms.promise.or(terms.legal));
    html! {
        @match (promise, course.accepted_on.is_some() || course.closed_on.is_some()) {
            (Some(limit), false) => {
                (language.say("时限尚未开始：事项写明 ", "No limit has begun: the item states "))
                @match language { Language::Chinese => (limit), Language::English => (limit.en()) }
                (language.say("，自受理之日起算。", ", from the day of acceptance."))
            }
            (Some(_), true) => (language.say("时限不再计算。", "No limit is counted any more.")),
            (None, _) => (language.say("没有时限：事项没有写明。", "No limits: the item states none.")),
        }
    }
}

/// The clocks, each with its days.
pub(super) fn clocks(dossier: &Dossier, language: Language) -> Markup {
    let clocks = &dossier.clocks;
    let mut kinds = clocks.clocks.iter().map(|clock| clock.kind.as_str());
    let has_begun = kinds.any(|kind| matches!(kind, "promise" | "legal"));
    html! {
        section {
            h2 { (language.say("时限", "Limits")) " " span.quiet { (clocks.today) } }
            @if !has_begun {
                p.quiet { (no_clock(&dossier.course, language)) }
            }
            @for clock in &clocks.clocks { (clock_row(clock, language)) }
        }
    }
}

fn clock_row(clock: &ClockDetail, language: Language) -> Markup {
    html! {
        details.clock {
            summary {
                b { (language.say(&clock.zh, &clock.kind)) @if let Some(step) = &clock.step { (language.say("：", ": ")) (step) } } " "
                (language.say(&clock.limit, &clock.limit_en)) " "
                span.key.incident[clock.is_late].calm[!clock.is_late] { (language.say(&clock.standing, &clock.standing_en)) } " "
                @if let Some(due) = &clock.due { (due) }
                @if clock.is_provisional { " " span.quiet { (language.say("（暂计，当年日历未公布）", "(provisional)")) } }
                " " span.why-day { (language.say("为何是这一天？", "why this day?")) }
            }
            p.quiet { (language.say("起算日 ", "from ")) (clock.began) (language.say("（当日不计）", " (not counted)")) }
            ol.days {
                @for day in &clock.days {
                    li.off[day.number.is_none()] {
                        span { (day.date) } " "
                        @if let Some(number) = day.number { b { (language.say("第 ", "day ")) (number) (language.say(" 日", "")) } " " }
                        (language.say(&day.zh, &day.en))
                    }
                }
            }
            @for (zh, en) in clock.moved.iter().zip(&clock.moved_en) { p.quiet { (language.say(zh, en)) } }
        }
    }
}
