//! What a file proves, for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tongban_protocol::case::{Anomaly, State};
use tongban_protocol::document::{DocumentId, EventKind, Header};
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::{Author, NodeId};
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;
use tongban_protocol::value::Value;

use super::Subject;
use super::inspect::Sound;
use crate::words::{Language, event_word, instant, table};

/// What a file proves.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// What it is about.
    pub subject: Subject,
    /// The fingerprint of the city's root.
    pub root: Sha,
    /// When it was made, by its maker's clock.
    pub made_at: Timestamp,
    /// The centre whose machine made it.
    pub made_by: Division,
    /// The journals of the home, all sound.
    pub journals: Vec<JournalFinding>,
    /// The case, or every case of the centre.
    pub cases: Vec<CaseFinding>,
    /// Entries that have no effect.
    pub refused: Vec<RefusedEntry>,
    /// Journals that forked, and at which entry; proven.
    pub forks: Vec<(JournalId, u64)>,
    /// What the centre's machines said of themselves.
    pub sayings: Vec<Saying>,
}

/// A journal whose chain and signatures hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JournalFinding {
    /// Which.
    pub journal: JournalId,
    /// The centre of its author.
    pub centre: Division,
    /// Entries in the file.
    pub entries: u64,
    /// Up to which entry the city gave its receipt; none for the city's own journals.
    pub receipted: Option<u64>,
}

/// A case as the entries in the file make it.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseFinding {
    /// Its name.
    pub id: DocumentId,
    /// Its header.
    pub header: Option<Header>,
    /// Its form.
    pub form: BTreeMap<String, Value>,
    /// Where it stands.
    pub state: State,
    /// What happened, in the order of the fold.
    pub events: Vec<EventFinding>,
}

/// Something that happened to a case, with its three times.
#[derive(Clone, Debug, PartialEq)]
pub struct EventFinding {
    /// What sort of thing.
    pub kind: EventKind,
    /// When it happened, as the clerk says.
    pub happened_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// When the city held it, by its receipt.
    pub witnessed_at: Option<Timestamp>,
    /// True when the city itself recorded it; then it needs no receipt.
    pub is_of_city: bool,
    /// Who did it.
    pub by: String,
    /// What else was said.
    pub note: String,
    /// The centre whose machine recorded it.
    pub centre: Option<Division>,
    /// That machine.
    pub author: Author,
    /// Why it has no effect, if so.
    pub anomaly: Option<Anomaly>,
}

/// An entry without effect.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefusedEntry {
    /// Its journal.
    pub journal: JournalId,
    /// Its number.
    pub number: u64,
    /// Why, in words.
    pub why: String,
}

/// What a machine of the centre said of itself last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Saying {
    /// Which machine.
    pub node: NodeId,
    /// When, by its own clock.
    pub said_at: Timestamp,
    /// When it came, by the clock of whoever made the file.
    pub received_at: Timestamp,
    /// Entries that it announced.
    pub announced: u64,
    /// Of these, how many the file lacks; not counted in the file of a case.
    pub missing: Option<u64>,
}

impl JournalFinding {
    pub(super) fn of(sound: &Sound) -> Self {
        let path = &sound.credential.path;
        let is_of_city = path.centre() == path.city();
        Self {
            journal: sound.journal,
            centre: path.centre(),
            entries: sound.entries.len() as u64,
            receipted: (!is_of_city).then(|| sound.receipted()),
        }
    }
}

impl Findings {
    /// Events that the city has not witnessed.
    #[must_use]
    pub fn unwitnessed(&self) -> usize {
        let open = |it: &&EventFinding| it.witnessed_at.is_none() && !it.is_of_city;
        self.cases.iter().flat_map(|case| &case.events).filter(open).count()
    }

    /// Says it all, line by line.
    #[must_use]
    pub fn to_text(&self, language: Language) -> String {
        let mut text = String::new();
        self.write_head(&mut text, language);
        for case in &self.cases {
            text.push('\n');
            match self.subject {
                Subject::Case(_) => write_case(&mut text, case, language),
                Subject::Centre(_) => write_line(&mut text, case, language),
            }
        }
        self.write_rest(&mut text, language);
        text
    }

    fn write_head(&self, text: &mut String, language: Language) {
        let (root, at, by) = (self.root, instant(self.made_at), self.made_by);
        let entries: u64 = self.journals.iter().map(|it| it.entries).sum();
        let journals = self.journals.len();
        // Writing into a string cannot fail.
        let _ = match language {
            Language::Zh => write!(
                text,
                "证据有效：全部签名、编号与链均相符。\n根指纹：{root}\n由 {by} 于 {at} 制作；{journals} 本日志，{entries} 条记录。\n"
            ),
            Language::En => write!(
                text,
                "The evidence holds: all signatures, numbers and chains agree.\nRoot: {root}\nMade by {by} at {at}; {journals} journals, {entries} entries.\n"
            ),
        };
        for it in &self.journals {
            let (journal, held) = (it.journal, it.entries);
            let _ = match (language, it.receipted) {
                (Language::Zh, Some(upto)) => {
                    writeln!(text, "  {journal}：{held} 条，市回执至第 {upto} 条")
                }
                (Language::En, Some(upto)) => writeln!(
                    text,
                    "  {journal}: {held} entries, receipted by the city up to {upto}"
                ),
                (Language::Zh, None) => writeln!(text, "  {journal}：{held} 条，市自己的日志"),
                (Language::En, None) => {
                    writeln!(text, "  {journal}: {held} entries, the city's own")
                }
            };
        }
    }

    fn write_rest(&self, text: &mut String, language: Language) {
        text.push('\n');
        let open = self.unwitnessed();
        let _ = match (language, open) {
            (Language::Zh, 0) => writeln!(text, "全部环节均有市回执。"),
            (Language::En, 0) => writeln!(text, "The city has witnessed every event."),
            (Language::Zh, open) => writeln!(text, "有 {open} 个环节没有市回执。"),
            (Language::En, open) => writeln!(text, "Events without the city's receipt: {open}."),
        };
        for it in &self.refused {
            let (journal, number, why) = (it.journal, it.number, &it.why);
            let _ = match language {
                Language::Zh => writeln!(text, "无效：{journal} 第 {number} 条：{why}"),
                Language::En => {
                    writeln!(text, "Without effect: entry {number} of {journal}: {why}")
                }
            };
        }
        for (journal, number) in &self.forks {
            let _ = match language {
                Language::Zh => writeln!(text, "已证实分叉：{journal} 第 {number} 条"),
                Language::En => writeln!(text, "A fork is proven: entry {number} of {journal}"),
            };
        }
        for it in &self.sayings {
            let (node, at, announced) = (it.node, instant(it.said_at), it.announced);
            let missing = it.missing.map(|missing| match language {
                Language::Zh => format!("，其中 {missing} 条不在本文件"),
                Language::En => format!(", of which the file lacks {missing}"),
            });
            let missing = missing.unwrap_or_default();
            let _ = match language {
                Language::Zh => writeln!(text, "机器 {node} 于 {at} 声明 {announced} 条{missing}"),
                Language::En => {
                    writeln!(text, "Machine {node} announced {announced} entries at {at}{missing}")
                }
            };
        }
    }
}

fn write_line(text: &mut String, case: &CaseFinding, language: Language) {
    let number = case.header.as_ref().map_or("—", |header| &header.number);
    let state = language.pick(case.state.zh(), case.state.en());
    let _ = write!(text, "{}  {number}  {state}  {}", case.id, case.events.len());
}

fn write_case(text: &mut String, case: &CaseFinding, language: Language) {
    let state = language.pick(case.state.zh(), case.state.en());
    let _ = writeln!(text, "{} {}  {state}", language.pick("办件", "Case"), case.id);
    if let Some(header) = &case.header {
        let _ = writeln!(text, "{}  {}  {}", header.number, header.item_name, header.applicant);
    }
    let head = match language {
        Language::Zh => ["环节", "发生", "记录", "市见证", "中心", "经办", "说明"],
        Language::En => ["event", "happened", "recorded", "witnessed", "centre", "by", "note"],
    };
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for event in &case.events {
        let witnessed = match (event.witnessed_at, event.is_of_city) {
            (Some(at), _) => instant(at),
            (None, true) => language.pick("市记录", "the city's own").to_owned(),
            (None, false) => language.pick("无回执", "no receipt").to_owned(),
        };
        let mut note = event.note.clone();
        if let Some(anomaly) = &event.anomaly {
            note.push_str(&anomaly_text(anomaly, language));
        }
        rows.push(vec![
            event_word(event.kind, language).to_owned(),
            instant(event.happened_at),
            instant(event.recorded_at),
            witnessed,
            event.centre.map(|it| it.to_string()).unwrap_or_default(),
            event.by.clone(),
            note,
        ]);
    }
    text.push_str(&table(&rows));
}

fn anomaly_text(anomaly: &Anomaly, language: Language) -> String {
    match (anomaly, language) {
        (Anomaly::Unlawful(fault), Language::Zh) => format!(" [无效：{}]", fault.zh()),
        (Anomaly::Unlawful(fault), Language::En) => format!(" [no effect: {fault}]"),
        (Anomaly::NotUnderstood { code }, Language::Zh) => {
            format!(" [本版本不识别环节种类 {code}]")
        }
        (Anomaly::NotUnderstood { code }, Language::En) => {
            format!(" [kind {code} needs a later version]")
        }
        (Anomaly::Contradiction { stands, .. }, Language::Zh) => {
            format!(" [与在先决定「{stands}」相抵触]")
        }
        (Anomaly::Contradiction { stands, .. }, Language::En) => {
            format!(" [contradicts the earlier decision `{stands}`]")
        }
    }
}
