//! `status`.

use serde::Serialize;
use serde_json::Value;
use tongban_config::settings::NodeSettings;

use super::access::Access;
use super::{CliError, Language, out};
use crate::engine::SOFTWARE;
use crate::membership::Membership;
use crate::names::name_of;
use crate::posts;
use crate::replica::Replica;
use crate::store::{SledStore, Store};

/// Where a machine stands whose service does not run.
#[derive(Debug, Serialize)]
struct Standing {
    software: &'static str,
    is_running: bool,
    centre: String,
    name: String,
    node: String,
    incarnation: u32,
    root: String,
    parents: Vec<String>,
    /// Journals held.
    journals: usize,
    /// Entries held.
    entries: u64,
    /// Own entries that no machine above has acknowledged.
    waiting: u64,
    incidents: usize,
    /// How many posts there are, or that there are none.
    posts: String,
    bytes_on_disk: u64,
    /// What a person must see to.
    troubles: Vec<String>,
}

/// Incidents that are counted.
const INCIDENTS_COUNTED_MAX: usize = 10_000;

pub(super) fn run(settings: &NodeSettings, language: Language, json: bool) -> Result<(), CliError> {
    let value = match Access::open(settings)? {
        Access::Service(api) => api.read("status")?,
        Access::Store(membership, replica) => {
            serde_json::to_value(standing(&membership, &replica)?).unwrap_or_default()
        }
    };
    if json {
        return out::json(&value);
    }
    let running = value.get("is_running").and_then(Value::as_bool).unwrap_or(true);
    out::line(match (language, running) {
        (Language::Zh, true) => "服务正在运行",
        (Language::Zh, false) => "服务未运行；以下为本机存储的情况",
        (Language::En, true) => "the service runs",
        (Language::En, false) => "the service does not run; this is what its store says",
    })?;
    let mut lines = flat(language, &value);
    lines.sort_by_key(|(key, _)| place(key));
    for (key, text) in lines {
        let is_other = language == Language::En && key == "no_parent.zh";
        if key != "is_running" && !is_other {
            out::line(format!("{key}: {text}", key = label(language, &key)))?;
        }
    }
    Ok(())
}

/// The fields of an object, one a line; those of objects within it as `outer.inner`.
fn flat(language: Language, value: &Value) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::Object(_) => {
                let inner = flat(language, value).into_iter();
                lines.extend(inner.map(|(name, text)| (format!("{key}.{name}"), text)));
            }
            Value::Array(all) if key == "links" => {
                lines.extend(all.iter().map(|one| (key.clone(), link(language, one))));
            }
            Value::Array(all) => {
                lines.extend(all.iter().map(|one| (key.clone(), inline(language, one))));
            }
            Value::Null if key == "no_parent" => {} // There is one.
            Value::Null => lines.push((key.clone(), "—".to_owned())),
            other => lines.push((key.clone(), inline(language, other))),
        }
    }
    lines
}

/// A link in words: to whom, how far it is, and the other end's clock.
fn link(language: Language, link: &Value) -> String {
    let text = |key: &str| link.get(key).and_then(Value::as_str).unwrap_or_default();
    let is = |key: &str| link.get(key).and_then(Value::as_bool).unwrap_or_default();
    let pick = |zh: &'static str, en: &'static str| match language {
        Language::Zh => zh,
        Language::En => en,
    };
    let side =
        if text("side") == "parent" { pick("上级", "above") } else { pick("下级", "below") };
    let mut words = vec![side.to_owned()];
    match link.get("peer").and_then(Value::as_str) {
        None => words.push(pick("正在握手", "not introduced yet").to_owned()),
        Some(peer) => {
            let name = peer.parse().ok().and_then(name_of).map(|name| match language {
                Language::Zh => name.zh.clone(),
                Language::En => name.en.clone(),
            });
            words.extend(name);
            words.push(peer.to_owned());
            let step = if is("is_in_step") {
                pick("已对齐", "in step")
            } else {
                pick("传输中", "sending")
            };
            words.push(step.to_owned());
        }
    }
    if is("is_clock_apart") {
        let seconds =
            link.get("clock_ahead_ms").and_then(Value::as_i64).unwrap_or_default() / 1_000;
        words.push(match language {
            Language::Zh => format!("时钟相差 {seconds} 秒，请核对"),
            Language::En => format!("clocks {seconds} s apart, have both checked"),
        });
    }
    words.push(format!("{} {}", pick("建立于", "up since"), text("since")));
    words.push(text("software").to_owned());
    words.retain(|word| !word.is_empty());
    words.join(pick("，", ", "))
}

fn inline(language: Language, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) => {
            let fields =
                flat(language, value).into_iter().map(|(name, text)| format!("{name} {text}"));
            fields.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn standing(membership: &Membership, replica: &Replica<SledStore>) -> Result<Standing, CliError> {
    let member = replica.member();
    Ok(Standing {
        software: SOFTWARE,
        is_running: false,
        centre: member.centre().to_string(),
        name: membership.welcome.name.clone(),
        node: member.credential.node().to_string(),
        incarnation: member.incarnation,
        root: member.root.fingerprint().to_hex(),
        parents: membership.welcome.parents.clone(),
        journals: replica.frontier().len(),
        entries: replica.frontier().values().map(|end| end.number).sum(),
        waiting: replica.waiting(),
        incidents: replica.incidents(INCIDENTS_COUNTED_MAX)?.len(),
        posts: posts::in_words(replica)?,
        bytes_on_disk: replica.store().bytes_on_disk()?,
        troubles: replica.store().troubles(),
    })
}

/// The lines in the order in which a person asks, with their words in Chinese; others follow.
const LINES: [(&str, &str); 26] = [
    ("centre", "中心"),
    ("name", "名称"),
    ("troubles", "须处理"),
    ("links", "链路"),
    ("no_parent.zh", "未连上级的原因"),
    ("no_parent.why", "系统原话"),
    ("no_parent.address", "所试上级地址"),
    ("no_parent.at", "尝试时间"),
    ("last_contact", "最近联系"),
    ("own_entries.saved", "本机已保存"),
    ("own_entries.at_parent", "上级已收"),
    ("own_entries.confirmed", "市中心已确认"),
    ("waiting", "待上传"),
    ("incidents", "异常"),
    ("newest_incidents", "最近异常"),
    ("posts", "AB 岗"),
    ("entries", "记录数"),
    ("journals", "日志数"),
    ("bytes_on_disk", "占用字节"),
    ("free_bytes", "剩余字节"),
    ("now", "本机时钟"),
    ("node", "节点"),
    ("incarnation", "代次"),
    ("parents", "上级地址"),
    ("root", "市根指纹"),
    ("software", "软件"),
];

fn place(key: &str) -> usize {
    LINES.iter().position(|(known, _)| *known == key).unwrap_or(LINES.len())
}

fn label(language: Language, key: &str) -> &str {
    match (language, LINES.get(place(key))) {
        (Language::Zh, Some((_, word))) => word,
        _ => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_the_service_is_shown_line_by_line() {
        let value = serde_json::json!({
            "centre": "510921103", "own_entries": {"saved": 3, "confirmed": null},
            "links": [{"side": "parent", "peer": "510921", "is_in_step": true, "since": "today"}],
            "incidents": 0,
        });
        let lines: Vec<String> = flat(Language::En, &value)
            .into_iter()
            .map(|(key, text)| format!("{key}: {text}"))
            .collect();
        let shown = "centre: 510921103\nincidents: 0\nlinks: above, Pengxi County, 510921, in step, up since today\n\
                     own_entries.confirmed: —\nown_entries.saved: 3";
        assert_eq!(lines.join("\n"), shown);
    }
}
