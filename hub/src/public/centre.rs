//! 服务中心: what each of them accepted of late, and how satisfied people were.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use tongban_config::tree::Centre;
use tongban_node::clock;
use tongban_node::replica::{Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_node::web::fault::Fault;
use tongban_node::web::language::Language;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::metrics::RATINGS_TOLD_MIN;
use tongban_protocol::place::Division;

use super::Public;
use super::offer::{Accepted, Satisfaction, accepted};

/// A centre's name in the language of the page.
pub(super) fn named(centre: &Centre, language: Language) -> &str {
    language.say(&centre.name_zh, &centre.name_en)
}

/// All centres, county by county, with how many items each accepted of late.
pub(super) async fn list(State(public): State<Arc<Public>>, language: Language) -> Response {
    let asked = public.desk.ask(|engine| {
        let today = civil_day(clock::now());
        let mut items = BTreeMap::<Division, usize>::new();
        for ((centre, _), it) in accepted(engine.replica(), today, |_, _| true) {
            *items.entry(centre).or_default() += usize::from(it.month > 0);
        }
        items
    });
    let items = match asked.await {
        Ok(items) => items,
        Err(closed) => return public.sorry(language, &closed.into()),
    };
    let tree = &public.city.tree;
    let line = |centre: &Centre| {
        let count = items.get(&centre.division).copied().unwrap_or_default();
        html! {
            a href={ "/public/centres/" (centre.division) } { (named(centre, language)) }
            " " span.quiet { (match language {
                Language::Chinese => format!("近 30 天办过 {count} 个事项"),
                Language::English => format!("{count} items in the last 30 days"),
            }) }
        }
    };
    let root = tree.root();
    let main = html! {
        p.note { (language.say("以下数字来自各中心实际受理的办件，不是自报。", "These figures come from cases that were accepted, not from what centres declare.")) }
        p { (line(root)) }
        @for county in tree.children(root.division) {
            section {
                h2 { (line(county)) }
                ul.picks { @for centre in tree.children(county.division) { li { (line(centre)) } } }
            }
        }
    };
    public.page(language, language.say("服务中心", "centres"), &main)
}

/// What a centre's page shows.
struct Shown {
    /// Items by code: their names, and what was accepted.
    items: Vec<(String, String, Accepted)>,
    satisfaction: Satisfaction,
}

pub(super) async fn show(
    State(public): State<Arc<Public>>,
    Path(division): Path<String>,
    language: Language,
) -> Response {
    let division = division.parse::<Division>().ok();
    let Some(centre) = division.and_then(|it| public.city.tree.centre(it)).cloned() else {
        let fault = Fault {
            zh: "本市没有这个中心，请从“服务中心”进入".to_owned(),
            en: "this city has no such centre; choose one from the list of centres".to_owned(),
            ..Fault::not_found("division", "")
        };
        return public.sorry(language, &fault);
    };
    let at = centre.division;
    match public.desk.ask(move |engine| read(engine.replica(), at)).await {
        Ok(Ok(shown)) => {
            let title = named(&centre, language).to_owned();
            public.page(language, &title, &main(&shown, language))
        }
        Ok(Err(error)) => public.sorry(language, &error.into()),
        Err(closed) => public.sorry(language, &closed.into()),
    }
}

fn read<S: Store>(replica: &Replica<S>, centre: Division) -> Result<Shown, ReplicaError> {
    let today = civil_day(clock::now());
    let catalogue = replica.catalogue()?;
    let names: BTreeMap<&str, &str> =
        catalogue.versions().map(|it| (it.item.id.as_str(), it.item.name.as_str())).collect();
    let counted = accepted(replica, today, |at, _| at == centre);
    let items = counted.into_iter().map(|((_, item), it)| {
        let name = names.get(item.as_str()).copied().unwrap_or(&item).to_owned();
        (item, name, it)
    });
    Ok(Shown { items: items.collect(), satisfaction: Satisfaction::of(replica, centre, today) })
}

fn main(shown: &Shown, language: Language) -> Markup {
    let say = |zh, en| language.say(zh, en);
    html! {
        section {
            h2 { (say("实际办过的事项", "What it really handled")) }
            @if shown.items.is_empty() {
                p { (say("近 365 天没有受理过办件。", "No case was accepted in the last 365 days.")) }
            } @else {
                div.scroll { table {
                    thead { tr {
                        th scope="col" { (say("事项", "item")) }
                        th scope="col" { (say("近 30 天受理", "accepted in 30 days")) }
                        th scope="col" { (say("近 365 天受理", "in 365 days")) }
                    } }
                    tbody { @for (id, name, it) in &shown.items {
                        tr {
                            td { a href={ "/public/items/" (id) } { (name) } }
                            td { (it.month) }
                            td { (it.year) }
                        }
                    } }
                } }
            }
        }
        section {
            h2 { (say("满意度（近 12 个月）", "Satisfaction (last 12 months)")) }
            @match shown.satisfaction.told() {
                Some((satisfied, rated)) => p { (match language {
                    Language::Chinese => format!("{rated} 件评价中 {satisfied} 件满意（含基本满意）"),
                    Language::English => format!("satisfied in {satisfied} of {rated} ratings"),
                }) },
                None => p { (match language {
                    Language::Chinese => format!("评价不足 {RATINGS_TOLD_MIN} 件，不公布"),
                    Language::English => format!("fewer than {RATINGS_TOLD_MIN} ratings, not told"),
                }) },
            }
        }
    }
}
