//! 办事指南: the items that may be applied for today, found by name, code or reading.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use maud::{Markup, html};
use tongban_node::clock;
use tongban_node::replica::{Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_node::web::form::Fields;
use tongban_node::web::initials::initials;
use tongban_node::web::language::Language;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::catalogue::Item;

use super::Public;
use super::item::{case_type, limit, not_stated};

/// Items on the page; a city has some hundred.
const ITEMS_SHOWN_MAX: usize = 200;

pub(super) async fn show(
    State(public): State<Arc<Public>>,
    RawQuery(query): RawQuery,
    language: Language,
) -> Response {
    let sought = Fields::parse(query.unwrap_or_default().as_bytes()).line("q");
    let wanted = sought.clone();
    let asked = public.desk.ask(move |engine| found(engine.replica(), &wanted)).await;
    let items = match asked {
        Ok(Ok(items)) => items,
        Ok(Err(error)) => return public.sorry(language, &error.into()),
        Err(closed) => return public.sorry(language, &closed.into()),
    };
    public.page(language, language.say("办事指南", "guides"), &main(&items, &sought, language))
}

/// The items of today that match.
fn found<S: Store>(replica: &Replica<S>, sought: &str) -> Result<Vec<Item>, ReplicaError> {
    let catalogue = replica.catalogue()?;
    let sought = sought.to_lowercase();
    let matches = |item: &Item| {
        let department = item.authority.as_deref().unwrap_or_default();
        sought.is_empty()
            || item.name.to_lowercase().contains(&sought)
            || item.id.as_str().eq_ignore_ascii_case(&sought)
            || department.to_lowercase().contains(&sought)
            || initials(&item.name).contains(&sought)
    };
    let today = catalogue.on(civil_day(clock::now())).map(|published| &published.item);
    Ok(today.filter(|item| matches(item)).take(ITEMS_SHOWN_MAX).cloned().collect())
}

fn main(items: &[Item], sought: &str, language: Language) -> Markup {
    let say = |zh, en| language.say(zh, en);
    let unsaid = not_stated(language);
    html! {
        form.seek method="get" action="/public/" role="search" {
            label for="q" { (say("找事项", "Find an item")) }
            input id="q" name="q" type="search" value=(sought) maxlength="100" autocomplete="off"
                aria-describedby="q-hint";
            button.main { (say("查找", "Find")) }
            span.quiet id="q-hint" { (say("名称、拼音首字母、编码或部门", "name, first letters of the reading, code or department")) }
        }
        @if items.is_empty() {
            p role="status" { (say("没有找到。换个说法，或到就近的服务中心询问。", "Nothing found. Try other words, or ask at a centre nearby.")) }
        } @else {
            div.scroll { table {
                caption { (say("可办事项", "What may be applied for")) " " span.quiet { (items.len()) } }
                thead { tr {
                    th scope="col" { (say("事项", "item")) }
                    th scope="col" { (say("实施部门", "authority")) }
                    th scope="col" { (say("办件类型", "sort")) }
                    th scope="col" { (say("承诺时限", "promised")) }
                } }
                tbody { @for item in items {
                    tr {
                        td { a href={ "/public/items/" (item.id) } { (item.name) } }
                        td { (item.authority.as_deref().unwrap_or(unsaid)) }
                        td { (item.case_type.map_or(unsaid, |it| case_type(it, language))) }
                        td { (item.promise.as_ref().map_or_else(|| unsaid.to_owned(), |it| limit(it, language))) }
                    }
                } }
            } }
        }
    }
}
