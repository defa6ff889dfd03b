//! Which item a case is about; and what there is to do while no catalogue has arrived.

use axum::response::Html;
use maud::html;

use super::offer::Pick;
use crate::web::counter::page;
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::machine::Machine;
use crate::web::shell::clock;

/// The items among which somebody chooses.
pub(super) fn picker(
    clerk: &Clerk,
    language: Language,
    (sought, ticket): (&str, &str),
    found: &[&Pick],
) -> Html<String> {
    let link = |item: &str| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("item", item);
        if !ticket.is_empty() {
            query.append_pair("ticket", ticket);
        }
        format!("/take?{}", query.finish())
    };
    let main = html! {
        form.seek method="get" action="/take" role="search" {
            @if !ticket.is_empty() { input type="hidden" name="ticket" value=(ticket); }
            label for="item" { (language.say("办什么事", "What for")) }
            input id="item" name="item" value=(sought) list="items" autofocus autocomplete="off"
                placeholder=(language.say("事项名称、拼音首字母或编号，如 yljz、T10", "name, code, or first letters of the reading"));
            datalist id="items" {
                @for pick in found { option value={ (pick.id) " " (pick.name) } { (pick.initials) } }
            }
            button.main type="submit" { (language.say("选定", "Choose")) }
        }
        @if found.is_empty() && sought.is_empty() {
            p role="status" { (language.say(
                "目录中没有由本级收件的事项；其他层级的，可在上面按名称或编号查找。",
                "No item of the catalogue is taken at this tier; those of the others are found above by name or code.",
            )) }
        } @else if found.is_empty() {
            p role="status" {
                (language.say("没有这样的事项：", "There is no such item: ")) b { (sought) } " "
                a href=(link("")) { (language.say("看全部", "show all")) }
            }
        }
        p { a href="/import" { (language.say("从表格导入一批", "Import a list")) } }
        ul.picks {
            @for pick in found {
                li { a href=(link(&pick.id)) { (pick.name) } " " span.quiet { (pick.id) " " (pick.department) } }
            }
        }
    };
    page(clerk, language, language.say("收件：选事项", "Take a case: the item"), &main)
}

/// What stands there before any item has arrived: where they come from, and what is done meanwhile.
pub(super) fn nothing_yet(clerk: &Clerk, language: Language, machine: &Machine) -> Html<String> {
    let is_city = machine.own_entries.at_parent.is_none();
    let main = html! {
        p.note role="status" { b { (language.say(
            "本机还没有收到事项目录，暂时不能收件。",
            "No catalogue of items has arrived at this machine yet, so no case can be taken.",
        )) } }
        @if is_city {
            p { (language.say(
                "事项由市中心发布：请用 tongban-hub item publish 发布事项文件，各中心随后自动收到。",
                "The city publishes the items: tongban-hub item publish takes a file of them, and every centre gets it by itself.",
            )) }
        } @else {
            p { (language.say(
                "目录由市中心发布，经链路自动下发；本机第一次连上上级后几分钟内即到，之后断网也能收件。",
                "The city publishes it and it comes down the link by itself, within minutes of the first connection; from then on cases are taken without a link too.",
            )) }
            (link_state(machine, language))
            h2 { (language.say("在此之前", "Until then")) }
            ul {
                li { (language.say("连不上的，请管理员从上级机器带一个U盘来：在上级（市中心用 tongban-hub）运行 ", "Where there is no line, bring it on a stick: run (at the city as tongban-hub) ")) code { "tongban-node carry out --all FILE" }
                    (language.say("，在本机运行 ", " at the centre above, and here ")) code { "tongban-node carry in FILE" } }
                li { (language.say("为来人提供的服务和首问照常登记：", "Services and questions are recorded as usual: "))
                    a href="/services" { (language.say("服务记录", "services")) } }
                li { (language.say("在上级系统里代办的照常登记：", "What is entered into an upper system, too: "))
                    a href="/relay" { (language.say("代办卡", "upper systems")) } }
                li { (language.say(
                    "材料先收下的，请给手写收据；目录到后补录，在“补录”中填实际收件时间。",
                    "For papers that are handed in now give a receipt by hand; once the catalogue is here enter the case, and say when it really happened.",
                )) }
            }
        }
    };
    page(
        clerk,
        language,
        language.say("收件：还没有事项目录", "Take a case: no catalogue yet"),
        &main,
    )
}

/// Whether there is a link, and why not.
fn link_state(machine: &Machine, language: Language) -> maud::Markup {
    html! {
        p {
            @if machine.parent().is_some() {
                (language.say("现在已连上上级，目录正在路上，请稍后刷新本页。", "The centre above is linked and the catalogue is on its way; reload this page in a while."))
            } @else {
                span.key.silent { (language.say("离线", "offline")) } " "
                (language.say("现在与上级没有连接。", "There is no link to the centre above now."))
                @if let Some(tried) = &machine.no_parent {
                    " " span.quiet { (clock(tried.at)) " " (language.say("尝试连接", "tried")) " "
                        code { (tried.address) } (language.say("：", ": ")) (tried.why) }
                }
            }
            " " a href="/link" { (language.say("链路页", "the page of the link")) }
        }
    }
}
