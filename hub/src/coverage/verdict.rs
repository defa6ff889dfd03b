//! The rules: which evidence makes which verdict.

use std::collections::{BTreeMap, BTreeSet};

use tongban_config::tree::Centre;
use tongban_node::engine::Heard;
use tongban_node::replica::{Incident, IncidentKind};
use tongban_protocol::identity::NodeId;
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::{Division, Home, Scope};
use tongban_protocol::time::Timestamp;

use super::{Coverage, EnrolledNode, Facts, HeldEntry, Trouble, Verdict, Via};
use crate::words::instant;

/// Time after an entry at which a machine must announce it, in milliseconds: what is durable is
/// announced within seconds.
const ANNOUNCE_MS_MAX: i64 = 60_000;

/// Draws the verdict on every centre of the tree, in the order of the tree.
///
/// `entry_at` gives an entry that the city holds.
///
/// # Errors
///
/// Those of `entry_at`.
pub fn assess<E>(
    facts: &Facts<'_>,
    entry_at: impl Fn(JournalId, u64) -> Result<Option<HeldEntry>, E>,
) -> Result<Vec<Coverage>, E> {
    let assessor = Assessor { facts, index: Index::of(facts), entry_at };
    facts.question.tree.iter().map(|centre| assessor.centre(centre)).collect()
}

/// The facts by centre.
#[derive(Default)]
struct Index<'a> {
    heard: BTreeMap<Division, Vec<&'a Heard>>,
    roster: BTreeMap<Division, Vec<&'a EnrolledNode>>,
    revoked: BTreeMap<NodeId, Timestamp>,
    incidents: BTreeMap<Division, Vec<&'a Incident>>,
    held: BTreeMap<Division, u64>,
}

struct Assessor<'a, F> {
    facts: &'a Facts<'a>,
    index: Index<'a>,
    entry_at: F,
}

/// Something wrong, in both languages.
struct Finding {
    trouble: Trouble,
    zh: String,
    en: String,
}

/// What the machines of a centre said, against what is held.
#[derive(Default)]
struct Said<'a> {
    announced: BTreeMap<JournalId, u64>,
    missing: u64,
    finding: Option<Finding>,
    /// The newest statement of a machine that was not revoked, and for when it holds.
    last: Option<(Timestamp, &'a Heard)>,
}

impl<'a> Index<'a> {
    fn of(facts: &Facts<'a>) -> Self {
        let mut index = Self::default();
        for node in facts.question.roster {
            index.roster.entry(node.centre).or_default().push(node);
            if let Some(at) = node.revoked_at {
                index.revoked.insert(node.node, at);
            }
        }
        for heard in facts.heard {
            index.heard.entry(heard.credential.path.centre()).or_default().push(heard);
        }
        for incident in facts.incidents {
            index.incidents.entry(incident.journal.home.division).or_default().push(incident);
        }
        for (journal, end) in facts.frontier {
            if journal.home == Home::office(journal.home.division) {
                *index.held.entry(journal.home.division).or_default() += end.number;
            }
        }
        index
    }

    fn of_centre<T: Copy>(map: &BTreeMap<Division, Vec<T>>, centre: Division) -> Vec<T> {
        map.get(&centre).cloned().unwrap_or_default()
    }
}

impl<'a, E, F: Fn(JournalId, u64) -> Result<Option<HeldEntry>, E>> Assessor<'a, F> {
    fn centre(&self, centre: &Centre) -> Result<Coverage, E> {
        let division = centre.division;
        let said = self.said(division)?;
        let (verdict, reason_zh, reason_en) = if division == self.facts.own {
            let held = self.held(division);
            let zh = format!("市中心自己的库即为准：{held} 条记录。");
            let en = format!("The city's own store is the measure: {}.", entries(held));
            (Verdict::Complete, zh, en)
        } else {
            self.verdict(division, &said)
        };
        let is_own = division == self.facts.own;
        let last = said.last.map(|(_, heard)| &heard.statement);
        let own_software = is_own.then_some(self.facts.software);
        Ok(Coverage {
            centre: division,
            name_zh: centre.name_zh.clone(),
            name_en: centre.name_en.clone(),
            tier: centre.tier,
            verdict,
            as_of: if is_own { Some(self.facts.question.now) } else { said.last.map(|(at, _)| at) },
            reason_zh,
            reason_en,
            held: self.held(division),
            announced: total(&said.announced),
            missing: said.missing,
            activity: self.facts.question.activity.get(&division).copied().unwrap_or_default(),
            via: self.via(division),
            waiting: last.map(|statement| statement.waiting),
            software: own_software
                .or_else(|| last.map(|it| it.software.as_str()))
                .map(str::to_owned),
        })
    }

    fn held(&self, centre: Division) -> u64 {
        self.index.held.get(&centre).copied().unwrap_or(0)
    }

    fn via(&self, centre: Division) -> Via {
        if centre == self.facts.own {
            return Via::Own;
        }
        if self.facts.linked.contains(&centre) {
            return Via::Direct;
        }
        let path = self.facts.question.tree.path(centre);
        let above = path.iter().flat_map(|path| path.ancestors());
        above
            .copied()
            .find(|above| self.facts.linked.contains(above))
            .map_or(Via::Nothing, |centre| Via::Through { centre })
    }

    /// Compares everything that the machines of a centre said with what is held.
    fn said(&self, centre: Division) -> Result<Said<'a>, E> {
        let mut said = Said::default();
        for heard in Index::of_centre(&self.index.heard, centre) {
            let node = heard.credential.node();
            let revoked = self.index.revoked.get(&node);
            if revoked.is_some_and(|from| heard.statement.at >= *from) {
                continue; // A stolen machine must not make anybody look behind.
            }
            if revoked.is_none() {
                // A statement may have waited on its way, and a clock may be ahead of ours.
                let at = heard.statement.at.min(heard.received_at);
                if said.last.is_none_or(|(newest, _)| newest < at) {
                    said.last = Some((at, heard));
                }
            }
            self.compare(centre, heard, &mut said)?;
        }
        let held = |journal| self.facts.frontier.get(journal).map_or(0, |end| end.number);
        said.missing = said
            .announced
            .iter()
            .map(|(journal, number)| number.saturating_sub(held(journal)))
            .fold(0, u64::saturating_add);
        if let Some(incident) = self.incident(centre) {
            said.finding = Some(incident);
        }
        Ok(said)
    }

    fn compare(&self, centre: Division, heard: &Heard, said: &mut Said<'_>) -> Result<(), E> {
        let home = Home::office(centre);
        let node = heard.credential.node();
        let mut spoken_of = BTreeMap::new();
        for (journal, end) in &heard.statement.ends {
            let is_own = journal.author.node == node && journal.home.scope == Scope::Office;
            if journal.home != home && !is_own {
                continue; // A centre speaks for its own home and for what its machine signed.
            }
            spoken_of.insert(*journal, end.number);
            let announced = said.announced.entry(*journal).or_default();
            *announced = end.number.max(*announced);
            let held = self.facts.frontier.get(journal).map_or(0, |held| held.number);
            if end.number == 0 || end.number > held {
                continue;
            }
            let (number, hash) = (end.number, (self.entry_at)(*journal, end.number)?);
            if hash.is_none_or(|entry| entry.hash != end.hash) {
                said.finding = Some(disagreement(*journal, number, hash.is_some()));
            }
        }
        // Of its own newest life a machine knows at least what it once sent.
        let lives = self
            .facts
            .frontier
            .iter()
            .filter(|(journal, _)| journal.home == home && journal.author.node == node);
        let Some((journal, held)) = lives.max_by_key(|(journal, _)| journal.author.incarnation)
        else {
            return Ok(());
        };
        let told = spoken_of.get(journal).copied().unwrap_or(0);
        if told < held.number
            && let Some(last) = (self.entry_at)(*journal, held.number)?
            && heard.statement.at.ms_since(last.time.instant()) > ANNOUNCE_MS_MAX
        {
            said.finding.get_or_insert_with(|| rollback(*journal, told, held.number));
        }
        Ok(())
    }

    /// The worst incident of a centre's homes that nothing has settled since.
    fn incident(&self, centre: Division) -> Option<Finding> {
        let open = Index::of_centre(&self.index.incidents, centre).into_iter().filter(|it| {
            let held = self.facts.frontier.get(&it.journal).map_or(0, |end| end.number);
            let is_healed = it.kind == IncidentKind::Broken && held >= it.number;
            !is_healed && !self.index.revoked.contains_key(&it.journal.author.node)
        });
        let found = open.filter_map(|it| {
            let trouble = match it.kind {
                IncidentKind::Fork => Trouble::Fork,
                IncidentKind::Refused => Trouble::Refused,
                IncidentKind::Broken => Trouble::Broken,
                IncidentKind::Revoked => return None, // Settled by the revocation itself.
            };
            let (at, journal, why) = (instant(it.found_at), it.journal, &it.why);
            let zh =
                format!("{at} 在日志 {journal} 第 {} 条发现{}：{why}", it.number, trouble.zh());
            let en = format!("At {at}, entry {} of {journal}: {why}", it.number);
            Some(Finding { trouble, zh, en })
        });
        found.min_by_key(|finding| finding.trouble)
    }

    fn verdict(&self, centre: Division, said: &Said<'_>) -> (Verdict, String, String) {
        let roster = Index::of_centre(&self.index.roster, centre);
        let in_force: BTreeSet<Timestamp> = roster
            .iter()
            .filter(|node| node.revoked_at.is_none())
            .map(|node| node.enrolled_at)
            .collect();
        let out_zh = outstanding_zh(said.missing);
        let out_en = outstanding_en(said.missing);
        if in_force.is_empty() && said.last.is_none() {
            let revoked = roster.iter().filter_map(|node| node.revoked_at).max();
            let (zh, en) = revoked.map_or_else(
                || ("没有机器为该中心入网".to_owned(), "No machine has joined".to_owned()),
                |at| {
                    let at = instant(at);
                    (
                        format!("最后一台机器已于 {at} 吊销"),
                        format!("Its last machine was revoked from {at} on"),
                    )
                },
            );
            return (Verdict::NotEnrolled, format!("{zh}{out_zh}。"), format!("{en}{out_en}."));
        }
        if let Some(finding) = &said.finding {
            let verdict = Verdict::Incident { trouble: finding.trouble };
            return (
                verdict,
                format!("{}{out_zh}。", finding.zh),
                format!("{}{out_en}.", finding.en),
            );
        }
        let Some((at, heard)) = said.last else {
            let since = in_force.first().copied().unwrap_or_default();
            let at = instant(since);
            let zh = format!("{at} 入网，此后没有任何声明{out_zh}。");
            let en = format!("It was enrolled at {at} and never heard of since{out_en}.");
            return (Verdict::Silent { since }, zh, en);
        };
        self.spoken(centre, said, (at, heard))
    }

    /// The verdict on a centre that has spoken and where nothing is wrong.
    fn spoken(
        &self,
        centre: Division,
        said: &Said<'_>,
        (at, heard): (Timestamp, &Heard),
    ) -> (Verdict, String, String) {
        let question = &self.facts.question;
        let announced = total(&said.announced);
        let held = announced - said.missing.min(announced);
        let when = instant(at);
        if question.now.ms_since(at) > question.silent_after_ms {
            let minutes = question.now.ms_since(at) / 60_000;
            let late = heard.received_at.ms_since(at) > question.silent_after_ms;
            let (late_zh, late_en) = if late {
                let got = instant(heard.received_at);
                (
                    format!("，该声明 {got} 才转到（途中延误或该机时钟不准）"),
                    format!(", a word that came only at {got} (delayed, or its clock is wrong)"),
                )
            } else {
                (String::new(), String::new())
            };
            let (rest_zh, rest_en) = if said.missing > 0 {
                (outstanding_zh(said.missing), outstanding_en(said.missing))
            } else {
                let zh = format!("；当时声明的 {announced} 条记录已全部到市");
                (zh, format!("; the city holds all {} announced then", entries(announced)))
            };
            let zh = format!("自 {when} 起没有声明，已 {minutes} 分钟{late_zh}{rest_zh}。");
            let en = format!("No word since {when}, {minutes} minutes ago{late_en}{rest_en}.");
            return (Verdict::Silent { since: at }, zh, en);
        }
        if said.missing > 0 {
            let missing = said.missing;
            let since = question.behind_since.get(&centre).copied().unwrap_or(at).min(at);
            let from = instant(since);
            let zh = format!(
                "截至 {when}，声明 {announced} 条，市中心持有其中 {held} 条，还有 {missing} 条未到（至少自 {from} 起）。"
            );
            let en = format!(
                "As of {when} the city holds {held} of {} announced; {missing} still out there, at least since {from}.",
                entries(announced)
            );
            return (Verdict::Behind { missing, since }, zh, en);
        }
        let zh =
            format!("截至 {when}，市中心持有该中心声明的全部 {announced} 条记录，逐条链到一致。");
        let en = format!(
            "As of {when} the city holds all {} announced, and the chains agree.",
            entries(announced)
        );
        (Verdict::Complete, zh, en)
    }
}

fn total(announced: &BTreeMap<JournalId, u64>) -> u64 {
    announced.values().copied().fold(0, u64::saturating_add)
}

fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

fn outstanding_zh(missing: u64) -> String {
    if missing == 0 {
        String::new()
    } else {
        format!("；至少还有 {missing} 条记录未到市")
    }
}

fn outstanding_en(missing: u64) -> String {
    match missing {
        0 => String::new(),
        1 => "; at least 1 entry is still out there".to_owned(),
        more => format!("; at least {more} entries are still out there"),
    }
}

fn disagreement(journal: JournalId, number: u64, is_read: bool) -> Finding {
    if is_read {
        let zh = format!("该中心声明的日志 {journal} 第 {number} 条与市中心所持不同");
        let en = format!("It announces another entry {number} of {journal} than the city holds");
        Finding { trouble: Trouble::Fork, zh, en }
    } else {
        let zh = format!("市中心的库读不出日志 {journal} 第 {number} 条");
        let en = format!("The city's own store lacks entry {number} of {journal}");
        Finding { trouble: Trouble::Unreadable, zh, en }
    }
}

fn rollback(journal: JournalId, told: u64, held: u64) -> Finding {
    let zh = format!(
        "该机只声明到日志 {journal} 第 {told} 条，而市中心已持有到第 {held} 条：疑似旧盘恢复"
    );
    let en = format!(
        "It announces {journal} only up to entry {told} while the city holds {held}: an old disk seems to be back"
    );
    Finding { trouble: Trouble::Rollback, zh, en }
}
