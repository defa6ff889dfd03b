//! 一个事项: everything that its guide says, and who really takes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use tongban_node::clock;
use tongban_node::replica::{Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_node::web::fault::Fault;
use tongban_node::web::language::Language;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::case::CaseType;
use tongban_protocol::catalogue::guide::{Fee, Practical, Requirement, StatedLimit};
use tongban_protocol::catalogue::{Item, ItemId};
use tongban_protocol::place::{Division, Tier};

use super::Public;
use super::centre::named;
use super::offer::{Accepted, accepted};

/// 办件类型 in words.
pub(super) fn case_type(sort: CaseType, language: Language) -> &'static str {
    match sort {
        CaseType::Immediate => language.say("即办件", "done on the spot"),
        CaseType::Promised => language.say("承诺件", "within a promised limit"),
        CaseType::HandedUp => language.say("上报件", "decided above"),
    }
}

/// A limit in words. Its note, as that of an item, is for those who keep the catalogue.
pub(super) fn limit(stated: &StatedLimit, language: Language) -> String {
    match language {
        Language::Chinese => stated.limit.to_string(),
        Language::English => stated.limit.en(),
    }
}

/// What stands where the guide does not say.
pub(super) fn not_stated(language: Language) -> &'static str {
    language.say("未载明", "not stated")
}

pub(super) async fn show(
    State(public): State<Arc<Public>>,
    Path(id): Path<String>,
    language: Language,
) -> Response {
    let asked = public.desk.ask(move |engine| read(engine.replica(), &id)).await;
    match asked {
        Ok(Ok(Some((item, offered)))) => {
            let main = html! {
                (facts(&item, language))
                (handled_by(&public, &offered, language))
                (conditions(&item, language))
                (materials(&item.materials, language))
                (steps(&item, language))
                (fees(item.fee.as_ref(), language))
                (result(&item, language))
                @if let Some(practical) = &item.practical { (practicalities(practical, language)) }
                (sources(&item, language))
            };
            public.page(language, &item.name, &main)
        }
        Ok(Ok(None)) => {
            let fault = Fault {
                zh: "目前没有这个事项，请从“办事指南”查找".to_owned(),
                en: "there is no such item today; look for it among the guides".to_owned(),
                ..Fault::not_found("id", "")
            };
            public.sorry(language, &fault)
        }
        Ok(Err(error)) => public.sorry(language, &error.into()),
        Err(closed) => public.sorry(language, &closed.into()),
    }
}

/// Which centres accepted an item of late.
type Offered = BTreeMap<Division, Accepted>;

fn read<S: Store>(replica: &Replica<S>, id: &str) -> Result<Option<(Item, Offered)>, ReplicaError> {
    let today = civil_day(clock::now());
    let Ok(id) = id.parse::<ItemId>() else { return Ok(None) };
    let catalogue = replica.catalogue()?;
    let Some(published) = catalogue.version_on(&id, today) else { return Ok(None) };
    let offered = accepted(replica, today, |_, item| item == id.as_str());
    let offered = offered.into_iter().map(|((centre, _), it)| (centre, it)).collect();
    Ok(Some((published.item.clone(), offered)))
}

/// A table of what is known: names and words; what nobody stated has no line.
fn table(caption: &str, rows: Vec<(&str, Option<String>)>) -> Markup {
    let known: Vec<(&str, String)> =
        rows.into_iter().filter_map(|(name, it)| Some((name, it?))).collect();
    html! {
        @if !known.is_empty() {
            table.guide {
                caption { (caption) }
                tbody { @for (name, words) in known { tr { th scope="row" { (name) } td { (words) } } } }
            }
        }
    }
}

fn tier(at: Tier, language: Language) -> &'static str {
    match at {
        Tier::Township => language.say("乡镇（街道）", "township"),
        Tier::County => language.say("县（区）", "county"),
        Tier::City => language.say("市", "city"),
    }
}

fn yes(is_so: bool, language: Language) -> String {
    if is_so { language.say("是", "yes") } else { language.say("否", "no") }.to_owned()
}

pub(super) fn facts(item: &Item, language: Language) -> Markup {
    let say = |zh, en| language.say(zh, en);
    let at = |it: Option<Tier>| it.map(|it| tier(it, language).to_owned());
    let audience = item.audience.as_ref().map(|all| {
        let words: Vec<&str> = all.iter().map(|it| say(it.zh(), it.en())).collect();
        words.join("、")
    });
    let excluded = item.excluded.iter().map(|it| {
        let length = it.limit.as_ref().map(|it| limit(it, language));
        let said = [length, it.basis.clone(), it.fee.clone()].into_iter().flatten();
        format!("{} {}", it.name, said.collect::<Vec<_>>().join("; "))
    });
    let excluded: Vec<String> = excluded.collect();
    let rows = vec![
        (say("编码", "code"), Some(item.id.to_string())),
        (say("事项类型", "kind"), item.kind.map(|it| say(it.zh(), it.en()).to_owned())),
        (say("办件类型", "sort"), item.case_type.map(|it| case_type(it, language).to_owned())),
        (say("实施主体", "authority"), item.authority.clone()),
        (say("委托部门", "acts for"), item.delegated_by.clone()),
        (say("服务对象", "for whom"), audience),
        (say("在哪一级收件", "taken at"), at(item.accept_at)),
        (say("在哪一级决定", "decided at"), at(item.decide_at)),
        (say("法定时限", "legal limit"), item.legal.as_ref().map(|it| limit(it, language))),
        (say("承诺时限", "promised"), item.promise.as_ref().map(|it| limit(it, language))),
        (
            say("不计入时限的环节", "not counted"),
            (!excluded.is_empty()).then(|| excluded.join("\n")),
        ),
    ];
    table(say("基本信息", "At a glance"), rows)
}

/// 能力清单: who accepted it of late.
fn handled_by(public: &Public, offered: &Offered, language: Language) -> Markup {
    let say = |zh, en| language.say(zh, en);
    let tree = &public.city.tree;
    let lines = tree.iter().filter_map(|it| Some((it, offered.get(&it.division)?)));
    html! {
        section {
            h2 { (say("哪些中心真正在办", "Which centres really take it")) }
            p.quiet { (say("按实际受理的办件统计，不是自报；没有列出的中心近 365 天没有受理过。", "Counted from cases that were accepted, not declared; a centre that is not listed accepted none in the last 365 days.")) }
            @if offered.is_empty() {
                p { (say("近 365 天还没有中心受理过。", "No centre accepted any in the last 365 days.")) }
            } @else {
                div.scroll { table {
                    thead { tr {
                        th scope="col" { (say("中心", "centre")) }
                        th scope="col" { (say("近 30 天受理", "accepted in 30 days")) }
                        th scope="col" { (say("近 365 天受理", "in 365 days")) }
                    } }
                    tbody { @for (centre, it) in lines {
                        tr {
                            td { a href={ "/public/centres/" (centre.division) } { (named(centre, language)) } }
                            td { (it.month) }
                            td { (it.year) }
                        }
                    } }
                } }
            }
        }
    }
}

fn conditions(item: &Item, language: Language) -> Markup {
    html! {
        @if !item.conditions.is_empty() {
            section {
                h2 { (language.say("受理条件", "Conditions")) }
                ol.steps { @for it in &item.conditions {
                    li { (it.text) @if let Some(whom) = &it.applies_to { " (" (whom) ")" } }
                } }
            }
        }
    }
}

fn materials(all: &[Requirement], language: Language) -> Markup {
    let say = |zh, en| language.say(zh, en);
    let unsaid = not_stated(language);
    let count = |it: Option<u16>| it.map_or_else(|| unsaid.to_owned(), |it| it.to_string());
    let told = |it: &Requirement| {
        let short = [
            (it.may_be_electronic, "可用电子件", "electronic will do"),
            (it.may_be_reused, "曾交过的可沿用", "one handed in before will do"),
            (it.may_be_promised, "可告知承诺", "a written promise will do"),
        ];
        let short = short.into_iter().filter(|(is_so, _, _)| *is_so == Some(true));
        let mut words: Vec<String> = short.map(|(_, zh, en)| say(zh, en).to_owned()).collect();
        let more = [&it.format, &it.review_points, &it.sample, &it.blank_form, &it.issued_by];
        words.extend(more.into_iter().flatten().cloned());
        words.join("; ")
    };
    html! {
        section {
            h2 { (say("申请材料", "What to bring")) }
            @if all.is_empty() { p { (say("指南未列材料。", "The guide lists none.")) } } @else {
                div.scroll { table {
                    thead { tr {
                        th scope="col" { (say("材料", "material")) }
                        th scope="col" { (say("必要性", "needed")) }
                        th scope="col" { (say("来源", "from")) }
                        th scope="col" { (say("原件", "originals")) }
                        th scope="col" { (say("复印件", "copies")) }
                        th scope="col" { (say("说明", "note")) }
                    } }
                    tbody { @for it in all {
                        tr {
                            td { (it.name) }
                            td { (it.necessity.map_or(unsaid, |it| say(it.zh(), it.en()))) }
                            td { (it.origin.map_or(unsaid, |it| say(it.zh(), it.en()))) }
                            td { (count(it.originals)) }
                            td { (count(it.copies)) }
                            td { (told(it)) }
                        }
                    } }
                } }
            }
        }
    }
}

fn steps(item: &Item, language: Language) -> Markup {
    html! {
        @if !item.steps.is_empty() {
            section {
                h2 { (language.say("办理流程", "Steps")) }
                ol.steps { @for it in &item.steps {
                    li {
                        b { (it.name) }
                        @if let Some(length) = &it.limit { " " (limit(length, language)) }
                        @if let Some(actor) = it.actor { " " span.quiet { (language.say(actor.zh(), actor.en())) } }
                        @if let Some(standard) = &it.standard { br; (standard) }
                        @if let Some(result) = &it.result { br; (result) }
                    }
                } }
            }
        }
        @for it in &item.intermediaries {
            (table(language.say("中介服务", "What a firm does first"), vec![
                (language.say("名称", "name"), Some(it.name.clone())),
                (language.say("依据", "basis"), it.basis.clone()),
                (language.say("时限", "limit"), it.limit.as_ref().map(|it| limit(it, language))),
                (language.say("收费依据", "basis of the price"), it.fee_basis.clone()),
            ]))
        }
    }
}

/// 收费: never without what allows it.
fn fees(fee: Option<&Fee>, language: Language) -> Markup {
    let say = |zh, en| language.say(zh, en);
    let Some(fee) = fee else {
        return table(
            say("收费", "Fees"),
            vec![(
                say("收费", "charged"),
                Some(say("指南未载明", "the guide does not say").to_owned()),
            )],
        );
    };
    let unfounded = || say("指南未载明依据", "the guide names none").to_owned();
    let basis = fee.basis.clone().or_else(|| fee.is_charged.then(unfounded));
    let rows = vec![
        (say("收费", "charged"), Some(yes(fee.is_charged, language))),
        (say("项目和标准", "how much"), fee.standard.clone()),
        (say("收费依据", "legal basis"), basis),
        (say("减免", "reductions"), fee.reduction.clone()),
        (say("可网上支付", "payable online"), fee.is_payable_online.map(|it| yes(it, language))),
    ];
    table(say("收费", "Fees"), rows)
}

fn result(item: &Item, language: Language) -> Markup {
    let say = |zh, en| language.say(zh, en);
    let Some(it) = &item.result else { return html! {} };
    let rows = vec![
        (say("名称", "name"), Some(it.name.clone())),
        (say("种类", "sort"), it.sort.clone()),
        (say("有效期", "valid for"), it.valid_for.clone()),
        (say("送达方式", "handed over"), it.delivery.clone()),
    ];
    table(say("办理结果", "What you get"), rows)
}

fn practicalities(it: &Practical, language: Language) -> Markup {
    let say = |zh, en| language.say(zh, en);
    let words = |all: Vec<&str>| (!all.is_empty()).then(|| all.join("、"));
    let ways = it.ways.iter().flatten().map(|it| say(it.zh(), it.en())).collect();
    let online = it.online.iter().flatten().map(|it| say(it.zh(), it.en())).collect();
    let flag = |is_so: Option<bool>| is_so.map(|it| yes(it, language));
    let rows = vec![
        (say("办理地点和窗口", "where"), it.place.clone()),
        (say("办理时间", "when"), it.hours.clone()),
        (say("咨询电话", "telephone"), it.phone.clone()),
        (say("投诉电话", "complaints"), it.complaints.clone()),
        (say("办理形式", "how"), words(ways)),
        (say("网上可办", "online"), words(online)),
        (say("到现场次数", "visits"), it.visits.map(|it| it.to_string())),
        (say("必须到现场的原因", "why a visit"), it.visit_reason.clone()),
        (say("进驻大厅", "in the hall"), flag(it.is_in_hall)),
        (say("可预约", "bookable"), flag(it.is_bookable)),
        (say("可寄送", "by post"), flag(it.is_posted)),
        (say("通办范围", "anywhere in"), it.anywhere_in.map(|it| say(it.zh(), it.en()).to_owned())),
        (say("数量限制", "quota"), it.quota.clone()),
        (say("年检年报", "yearly report"), it.yearly_report.clone()),
        (say("复议和诉讼", "remedies"), it.remedies.clone()),
        (say("常见问题", "questions"), it.questions.clone()),
    ];
    table(say("怎么办", "Where, when and how"), rows)
}

pub(super) fn sources(item: &Item, language: Language) -> Markup {
    html! {
        @if !item.basis.is_empty() {
            section {
                h2 { (language.say("法律依据", "Sources of law")) }
                ul.steps { @for it in &item.basis {
                    li {
                        b { (it.law) } @if let Some(article) = &it.article { " " (article) }
                        @if let Some(text) = &it.text { br; (text) }
                    }
                } }
            }
        }
        @if let Some(sentence) = unstated(item, language) { p.quiet { (sentence) } }
    }
}

/// What an applicant may miss, as a sentence.
pub(super) fn unstated(item: &Item, language: Language) -> Option<String> {
    let words = item.unknown().into_iter().filter_map(|field| {
        Some(match field {
            "kind" => language.say("事项类型", "its kind"),
            "case_type" => language.say("办件类型", "how soon it is done"),
            "authority" => language.say("实施主体", "the authority"),
            "accept_at" => language.say("在哪一级收件", "where it is taken"),
            "decide_at" => language.say("在哪一级决定", "where it is decided"),
            "legal" => language.say("法定时限", "the limit by law"),
            "promise" => language.say("承诺时限", "the promised limit"),
            "materials" => language.say("申请材料", "what to bring"),
            "fee" => language.say("是否收费", "whether there is a fee"),
            "basis" => language.say("法律依据", "the sources of law"),
            _ => return None,
        })
    });
    let words: Vec<&str> = words.collect();
    (!words.is_empty()).then(|| match language {
        Language::Chinese => {
            format!("本指南还没有载明{}；需要了解的，请询问服务中心。", words.join("、"))
        }
        Language::English => {
            format!("This guide does not state yet: {}. Please ask a centre.", words.join(", "))
        }
    })
}
