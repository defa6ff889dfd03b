//! Coverage on paper: JSON and CSV for scripts, a table for people.

use serde::Serialize;
use tongban_protocol::time::Timestamp;

use super::{Coverage, Verdict, Via};
use crate::words::{Language, instant, table};

/// How many centres there are of each verdict; the denominators are with them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Summary {
    /// All centres.
    pub centres: u64,
    /// Those of which the city holds everything announced.
    pub complete: u64,
    /// Those that announced entries which the city does not hold.
    pub behind: u64,
    /// Those without a word for too long.
    pub silent: u64,
    /// Those at which a person must look.
    pub incident: u64,
    /// Those for which no machine has joined.
    pub not_enrolled: u64,
    /// Announced entries that the city does not hold, over all centres.
    pub missing: u64,
    /// Entries that the city holds, over all centres.
    pub held: u64,
    /// Cases that the city holds, over all centres.
    pub cases: u64,
    /// Centres in which something was recorded in the last 30 days.
    pub in_use_30_days: u64,
    /// Of these, centres of whose drawn cases some were not truthful.
    pub in_doubt: u64,
}

/// A survey of all centres at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// The hub's clock when it was made.
    pub made_at: Timestamp,
    /// The counts.
    pub summary: Summary,
    /// The centres, in the order of the tree.
    pub centres: Vec<Coverage>,
}

impl Summary {
    /// Counts.
    #[must_use]
    pub fn of(centres: &[Coverage]) -> Self {
        let mut summary = Self { centres: centres.len() as u64, ..Self::default() };
        for centre in centres {
            let count = match centre.verdict {
                Verdict::NotEnrolled => &mut summary.not_enrolled,
                Verdict::Silent { .. } => &mut summary.silent,
                Verdict::Behind { .. } => &mut summary.behind,
                Verdict::Incident { .. } => &mut summary.incident,
                Verdict::Complete => &mut summary.complete,
            };
            *count += 1;
            summary.missing = summary.missing.saturating_add(centre.missing);
            summary.held += centre.held;
            summary.cases += centre.activity.cases;
            summary.in_use_30_days += u64::from(centre.activity.is_in_use());
            summary.in_doubt += u64::from(centre.activity.is_in_doubt());
        }
        summary
    }

    /// One line for people.
    #[must_use]
    pub fn line(&self, language: Language) -> String {
        let Self { centres, complete, behind, silent, incident, not_enrolled, missing, .. } = self;
        let (in_use, in_doubt) = (self.in_use_30_days, self.in_doubt);
        match language {
            Language::Zh => format!(
                "{centres} 个中心：到齐 {complete}，未到齐 {behind}，失联 {silent}，异常 {incident}，未入网 {not_enrolled}；已声明未到市 {missing} 条；近30天在用 {in_use}/{centres}，其中存疑 {in_doubt}/{in_use}"
            ),
            Language::En => format!(
                "{centres} centres: {complete} complete, {behind} behind, {silent} silent, {incident} with an incident, {not_enrolled} not enrolled; {missing} announced entries missing; in use within 30 days {in_use}/{centres}, with doubt {in_doubt}/{in_use}"
            ),
        }
    }
}

impl Audit {
    /// Puts a survey together.
    #[must_use]
    pub fn of(made_at: Timestamp, centres: Vec<Coverage>) -> Self {
        Self { made_at, summary: Summary::of(&centres), centres }
    }

    /// JSON, indented; instants are milliseconds since 1970.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// CSV after RFC 4180, with a head; instants are RFC 3339 in the city's time.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let head = "centre,tier,name_zh,name_en,verdict,trouble,as_of,since,held,announced,missing,\
                    given_up,cases,opened_30_days,handled_30_days,via,waiting,software,reason_zh,reason_en,sampled,sample_faults,\
                    untruthful,events,late_events,use_zh,use_en,tickets_30_days";
        let mut text = format!("{head}\r\n");
        for it in &self.centres {
            let (since, trouble) = match it.verdict {
                Verdict::Silent { since } | Verdict::Behind { since, .. } => (Some(since), ""),
                Verdict::Incident { trouble } => (None, trouble.en()),
                Verdict::NotEnrolled | Verdict::Complete => (None, ""),
            };
            let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
            let activity = &it.activity;
            let fields = [
                it.centre.to_string(),
                format!("{:?}", it.tier).to_lowercase(),
                it.name_zh.clone(),
                it.name_en.clone(),
                it.verdict.en().to_owned(),
                trouble.to_owned(),
                time(it.as_of),
                time(since),
                it.held.to_string(),
                it.announced.to_string(),
                it.missing.to_string(),
                it.given_up.to_string(),
                activity.cases.to_string(),
                activity.opened_30_days.to_string(),
                activity.handled_30_days.to_string(),
                via(it.via, Language::En),
                it.waiting.map(|count| count.to_string()).unwrap_or_default(),
                it.software.clone().unwrap_or_default(),
                it.reason_zh.clone(),
                it.reason_en.clone(),
                activity.sampled.to_string(),
                activity.sample_faults.to_string(),
                activity.untruthful.to_string(),
                activity.events.to_string(),
                activity.late_events.to_string(),
                activity.use_words(Language::Zh),
                activity.use_words(Language::En),
                activity.tickets_30_days.to_string(),
            ];
            text.push_str(&fields.map(|field| quoted(&field)).join(","));
            text.push_str("\r\n");
        }
        text
    }

    /// A table for people, the counts below it.
    #[must_use]
    pub fn to_text(&self, language: Language) -> String {
        let head = match language {
            Language::Zh => [
                "区划",
                "中心",
                "结论",
                "截至",
                "已持有",
                "未到",
                "办件",
                "30天",
                "使用",
                "抽查",
                "补录",
                "链路",
                "原因",
            ],
            Language::En => [
                "code", "centre", "verdict", "as of", "held", "missing", "cases", "30 d", "use",
                "sample", "late", "link", "reason",
            ],
        };
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for it in &self.centres {
            rows.push(vec![
                it.centre.to_string(),
                language.pick(&it.name_zh, &it.name_en).to_owned(),
                language.pick(it.verdict.zh(), it.verdict.en()).to_owned(),
                it.as_of.map_or_else(|| "—".to_owned(), instant),
                it.held.to_string(),
                it.missing.to_string(),
                it.activity.cases.to_string(),
                it.activity.handled_30_days.to_string(),
                it.activity.use_words(language),
                it.activity.sample_words(),
                it.activity.late_words(),
                via(it.via, language),
                language.pick(&it.reason_zh, &it.reason_en).to_owned(),
            ]);
        }
        format!("{}\n{}\n", table(&rows), self.summary.line(language))
    }
}

fn via(via: Via, language: Language) -> String {
    match via {
        Via::Own => language.pick("本中心", "own").to_owned(),
        Via::Direct => language.pick("直连", "direct").to_owned(),
        Via::Through { centre } => {
            format!("{} {centre}", language.pick("经", "through"))
        }
        Via::Nothing => language.pick("无", "none").to_owned(),
    }
}

/// A field that could be taken for a formula or that has a comma, quote or line break is quoted.
fn quoted(field: &str) -> String {
    // A spreadsheet would run a text of the peer's that begins like a formula.
    let risky = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let field = if risky { format!("'{field}") } else { field.to_owned() };
    if field.contains(['"', ',', '\n', '\r']) {
        return format!("\"{}\"", field.replace('"', "\"\""));
    }
    field
}
