//! The page of one machine, as HTML; what waits on it is [`super::link`]'s.

use maud::{Markup, html};

use super::language::Language;
use super::link::{length, part_of_page};
use super::machine::{CaseLine, IncidentLine, LinkLine, Machine};
use super::places::place_name;
use super::shell::{clock, grouped};
use super::watch::Picture;
use crate::cases::Stage;
use crate::report::Centres;
use tongban_protocol::time::Timestamp;

/// What stands below the title: what somebody can do, and what is kept fresh; `events` is the path
/// under which changes are told.
pub(super) fn main(picture: &Picture, fixed: &Markup, events: &str, language: Language) -> Markup {
    html! {
        (fixed)
        div id="live" data-events=(events) { (live(picture, language)) }
    }
}

/// What is kept fresh.
pub(super) fn live(picture: &Picture, language: Language) -> Markup {
    let Picture { machine, cases, waiting, outages } = picture;
    html! {
        p.stale-note role="status" {
            (language.say(
                "与本机服务的连接已断开：以下是断开前的情况。请确认服务在运行，然后刷新。",
                "The connection to this machine's service is broken: this is how it was. See whether it runs, then reload.",
            ))
        }
        (figures(machine, language))
        (links(machine, waiting.no_link_since, language))
        @if machine.own_entries.at_parent.is_some() { (part_of_page(waiting, outages, language)) }
        (case_table(cases, language))
        (incidents(&machine.newest_incidents, machine.incidents, language))
        (disk(machine, language))
    }
}

/// Saved here, at the centre above, confirmed: only the last may be green, and only when whole.
fn figures(machine: &Machine, language: Language) -> Markup {
    let own = machine.own_entries;
    let is_whole = own.confirmed == Some(own.saved) && own.saved > 0;
    let share = |count: Option<u64>| {
        html! {
            @match count {
                Some(count) => { b { (grouped(count)) } span.of { "/" (grouped(own.saved)) } }
                None => { span.quiet { (language.say("本机即市中心", "this is the city")) } }
            }
        }
    };
    html! {
        section.arrival aria-label=(language.say("本机记录到哪里了", "where this machine's entries are")) {
            div.step {
                h2 { "○ " (language.say("已保存本机", "saved here")) }
                p { b { (grouped(own.saved)) } }
                p.quiet { (language.say("条记录，断电不丢", "entries, safe from power cuts")) }
            }
            div.step {
                h2 { "✓ " (language.say("已到上级中心", "at the centre above")) }
                p { (share(own.at_parent)) }
                p.quiet { (language.say("其余等待链路", "the rest waits for the link")) }
            }
            div.step.complete[is_whole] {
                h2 { "✓✓ " (language.say("市中心已确认", "confirmed by the city")) }
                p { (share(own.confirmed)) }
                p.quiet { (language.say("凭市中心签名的回执", "by the city's signed receipt")) }
            }
        }
    }
}

fn links(machine: &Machine, no_link_since: Option<Timestamp>, language: Language) -> Markup {
    let is_city = machine.own_entries.at_parent.is_none();
    // What is remembered across a restart is since when there was no link.
    let contact = match machine.last_contact.or(no_link_since) {
        Some(at) => match ago(machine.now.ms_since(at), language) {
            Some(ago) => format!("{}{ago}", clock(at)),
            None => clock(at),
        },
        None => language.say("本次启动以来还没有", "none since the start").to_owned(),
    };
    let heads = match language {
        Language::Chinese => ["方向", "对方", "建立于", "对方时钟", "进度", "软件"],
        Language::English => ["side", "peer", "up since", "its clock", "progress", "software"],
    };
    html! {
        section {
            h2 { (language.say("链路", "Links")) }
            @if !is_city && machine.parent().is_none() {
                p {
                    @if machine.is_dialling() {
                        span.key.silent { (language.say("连接中", "dialling")) } " "
                        (language.say(
                            "正在连接上级，对方还没有应答；照常收件，连上后自动补传。",
                            "The centre above is being dialled and has not answered yet; go on as usual.",
                        ))
                    } @else {
                        span.key.silent { (language.say("离线", "offline")) } " "
                        (language.say(
                            "与上级没有连接，照常收件；连上后自动补传。",
                            "No link to the centre above; go on as usual, everything follows once it is back.",
                        ))
                    }
                    " " (language.say("最近联系：", "Last contact: ")) (contact)
                }
                @if let Some(tried) = &machine.no_parent {
                    p.quiet {
                        (clock(tried.at)) " " (language.say("尝试连接", "tried")) " "
                        code { (tried.address) } (language.say("：", ": "))
                        @match language {
                            Language::Chinese => { (tried.zh) br; small lang="en" { (tried.why) } }
                            Language::English => { (tried.why) }
                        }
                    }
                }
            }
            @if introduced(machine).next().is_some() {
                div.scroll { table {
                    thead { tr { @for head in heads { th scope="col" { (head) } } } }
                    tbody { @for link in introduced(machine) { (link_row(link, language)) } }
                } }
            }
        }
    }
}

/// The links to show: one to a centre above that has not answered is no link yet.
fn introduced(machine: &Machine) -> impl Iterator<Item = &LinkLine> {
    machine.links.iter().filter(|link| link.peer.is_some() || link.side != "parent")
}

fn link_row(link: &LinkLine, language: Language) -> Markup {
    let side = match link.side {
        "parent" => language.say("上级", "above"),
        _ => language.say("下级", "below"),
    };
    let stranger = language.say("正在握手", "not introduced yet");
    let ahead = link.clock_ahead_ms.map(|ms| clock_words(ms, language));
    html! {
        tr {
            td { (side) }
            td { @match link.peer.as_deref() {
                Some(peer) => {
                    @let name = place_name(&Centres::new(), peer, language);
                    (name) @if name != peer { " " span.quiet { (peer) } }
                }
                None => (stranger),
            } }
            td.time { (clock(link.since)) }
            td {
                (ahead.unwrap_or_default())
                @if link.is_clock_apart {
                    " " span.key.behind { (language.say("时钟相差过大", "clocks apart")) }
                    br; span.quiet { (language.say(
                        "请核对两台机器的时间；差到 10 分钟，记录的时间会被对方视为未到。",
                        "Have both clocks checked: ten minutes apart, what is recorded here counts as not yet there.",
                    )) }
                }
            }
            td { (if link.peer.is_none() { "" } else if link.is_in_step { language.say("已对齐", "in step") } else { language.say("传输中", "sending") }) }
            td { (link.software.as_deref().unwrap_or("")) }
        }
    }
}

/// How long ago something was, from a minute on.
fn ago(ms: i64, language: Language) -> Option<String> {
    (ms >= 60_000).then(|| {
        let length = length(ms.unsigned_abs(), language);
        match language {
            Language::Chinese => format!("（{length}前）"),
            Language::English => format!(" ({length} ago)"),
        }
    })
}

fn clock_words(ahead_ms: i64, language: Language) -> String {
    let seconds = ahead_ms.unsigned_abs().div_ceil(1_000);
    match (ahead_ms.abs() < 2_000, ahead_ms > 0) {
        (true, _) => language.say("一致（差不到 2 秒）", "agrees within 2 s").to_owned(),
        (false, true) => match language {
            Language::Chinese => format!("快 {seconds} 秒"),
            Language::English => format!("{seconds} s ahead"),
        },
        (false, false) => match language {
            Language::Chinese => format!("慢 {seconds} 秒"),
            Language::English => format!("{seconds} s behind"),
        },
    }
}

fn case_table(cases: &[CaseLine], language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => {
            ["到达", "编号", "事项", "申请人", "状态", "收件时间", "为何还没到市中心"]
        }
        Language::English => [
            "arrival",
            "number",
            "item",
            "applicant",
            "state",
            "taken at",
            "why not in the city yet",
        ],
    };
    let at = |stage: Stage| cases.iter().filter(|line| line.case.stage >= stage).count();
    html! {
        section {
            h2 {
                (language.say("最近办件", "Newest cases")) " "
                span.quiet {
                    (cases.len()) " · ✓ " (at(Stage::Parent)) "/" (cases.len())
                    " · ✓✓ " (at(Stage::City)) "/" (cases.len())
                }
            }
            @if cases.is_empty() {
                p.quiet { (language.say("还没有办件。", "None yet.")) }
            } @else {
                div.scroll { table {
                    thead { tr { @for head in heads { th scope="col" { (head) } } } }
                    tbody { @for line in cases { (case_row(line, language)) } }
                } }
            }
        }
    }
}

fn case_row(line: &CaseLine, language: Language) -> Markup {
    let case = &line.case;
    let (class, tick) = match case.stage {
        Stage::Here => ("key silent", "○"),
        Stage::Parent => ("key silent", "✓"),
        Stage::City => ("key complete", "✓✓"),
    };
    let why = line.why.as_ref().map_or("", |(zh, en)| language.say(zh, en));
    html! {
        tr {
            td { span class=(class) title=(language.say(case.stage.zh(), case.stage.en())) { (tick) } }
            td { code { (case.number) } }
            td { (case.item_name) }
            td { (case.applicant) }
            td { (language.say(&case.state.zh, &case.state.en)) }
            td.time { (clock(case.taken_at)) }
            td.why { (why) }
        }
    }
}

fn incidents(incidents: &[IncidentLine], count: u64, language: Language) -> Markup {
    html! {
        section {
            h2 {
                (language.say("异常", "Incidents")) " "
                @if count > 0 { span.quiet { (incidents.len()) "/" (grouped(count)) } }
            }
            @if incidents.is_empty() {
                p.quiet { (language.say("没有异常。", "None.")) }
            } @else {
                div.scroll { table { tbody {
                    @for incident in incidents {
                        tr {
                            td.time {
                                (clock(incident.found_at))
                                @if incident.times > 1 {
                                    " – " (clock(incident.last_seen_at)) " ×" (grouped(incident.times))
                                }
                            }
                            td { span.key.incident { (language.say(&incident.kind_zh, &incident.kind_en)) } }
                            td { code { (incident.place) } }
                            td { (incident.why) }
                        }
                    }
                } } }
            }
        }
    }
}

fn disk(machine: &Machine, language: Language) -> Markup {
    let size = |bytes: Option<u64>| {
        bytes.map_or_else(|| language.say("不详", "not known").to_owned(), megabytes)
    };
    let rows = [
        ("区划", "division", machine.centre.clone()),
        ("软件", "software", machine.software.clone()),
        ("存储占用", "store", size(machine.bytes_on_disk)),
        ("磁盘剩余", "free on disk", size(machine.free_bytes)),
        ("持有记录（各方）", "entries held, of all authors", grouped(machine.entries)),
        ("本页截至", "this page as of", clock(machine.now)),
    ];
    html! {
        section {
            h2 { (language.say("本机", "This machine")) }
            dl.facts {
                @for (zh, en, value) in rows { div { dt { (language.say(zh, en)) } dd { (value) } } }
            }
            @for trouble in &machine.troubles { p.trouble { (trouble) } }
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", grouped(bytes.div_ceil(1_000_000)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::fixture::{NINE, county, rng, town};
    use crate::engine::{Engine, NoParent, SessionId, Side};

    #[test]
    fn a_centre_that_is_dialled_is_neither_offline_nor_a_link_yet() {
        let parent = county().member().key.public();
        let mut town = Engine::new(town(), rng(7)).unwrap();
        let shown = |town: &Engine<_>, language| {
            links(&Machine::read(town, NINE).unwrap(), None, language).into_string()
        };
        let (address, why) = ("10.0.0.1:7171".to_owned(), "was silent for 10s".to_owned());
        let zh = "对方没有应答（超时）";
        town.note_no_parent(NoParent { address, at: NINE, why, zh });
        let offline = shown(&town, Language::Chinese);
        assert!(offline.contains("离线") && !offline.contains("连接中"), "{offline}");
        let both = format!("{zh}<br><small lang=\"en\">was silent for 10s</small>");
        assert!(offline.contains(&both), "{offline}");
        assert!(!shown(&town, Language::English).contains(zh));
        town.handle_connected(NINE, SessionId(1), Side::Parent, parent);
        let dialled = shown(&town, Language::Chinese);
        assert!(dialled.contains("连接中") && !dialled.contains("离线"), "{dialled}");
        assert!(!dialled.contains("正在握手") && !dialled.contains("传输中"), "{dialled}");
    }
}
