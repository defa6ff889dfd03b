//! The rules: which evidence makes which verdict.

use std::collections::BTreeMap;

use tongban_config::tree::Centre;
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

use super::said::{Account, Index, Machine};
use super::{Coverage, Facts, HeldEntry, Verdict, Via};
use crate::words::instant;

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
    let assessor = Assessor { facts, index: Index::of(facts) };
    let centres = facts.question.tree.iter();
    centres
        .map(|centre| {
            let account = assessor.index.account(facts, centre.division, &entry_at)?;
            Ok(assessor.centre(centre, &account))
        })
        .collect()
}

struct Assessor<'a> {
    facts: &'a Facts<'a>,
    index: Index<'a>,
}

impl Assessor<'_> {
    fn centre(&self, centre: &Centre, account: &Account<'_>) -> Coverage {
        let division = centre.division;
        let is_own = division == self.facts.own;
        let held = self.index.held(division);
        let (verdict, reason_zh, reason_en) = if is_own {
            let zh = format!("市中心自己的库即为准：{held} 条记录。");
            let en = format!("The city's own store is the measure: {}.", entries(held));
            (Verdict::Complete, zh, en)
        } else {
            self.verdict(division, account)
        };
        let words = || account.machines.iter().filter_map(|machine| machine.last);
        let newest = words().max_by_key(|said| said.as_of());
        let software = newest.map(|said| said.statement.software.as_str());
        Coverage {
            centre: division,
            name_zh: centre.name_zh.clone(),
            name_en: centre.name_en.clone(),
            tier: centre.tier,
            verdict,
            as_of: if is_own { Some(self.facts.question.now) } else { as_of(account) },
            reason_zh,
            reason_en,
            held,
            announced: total(&account.announced),
            missing: account.missing,
            given_up: account.given_up,
            activity: self.facts.question.activity.get(&division).copied().unwrap_or_default(),
            via: self.via(division),
            waiting: words().map(|said| said.statement.waiting).reduce(u64::saturating_add),
            software: is_own.then_some(self.facts.software).or(software).map(str::to_owned),
        }
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

    fn verdict(&self, centre: Division, account: &Account<'_>) -> (Verdict, String, String) {
        let out_zh = outstanding_zh(account.missing);
        let out_en = outstanding_en(account.missing);
        let Some(quietest) = account.machines.first() else {
            let revoked = self.index.enrolled(centre).iter().filter_map(|node| node.revoked_at);
            let (zh, en) = revoked.max().map_or_else(
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
        };
        if let Some(finding) = &account.finding {
            let verdict = Verdict::Incident { trouble: finding.trouble };
            return (
                verdict,
                format!("{}{out_zh}。", finding.zh),
                format!("{}{out_en}.", finding.en),
            );
        }
        let (settled_zh, settled_en) = self.settled(centre);
        let is_silent = self.facts.question.now.ms_since(quietest.spoke_at)
            > self.facts.question.silent_after_ms;
        let (verdict, zh, en) = match (is_silent, quietest.last, as_of(account)) {
            (true, Some(_), _) => self.silent(account, quietest),
            (true, None, _) | (false, _, None) => {
                let (since, at) = (quietest.spoke_at, instant(quietest.spoke_at));
                let (which_zh, which_en) = which(account, quietest);
                let zh = format!("{which_zh}{at} 入网，此后没有任何声明{out_zh}");
                let en =
                    format!("{which_en} was enrolled at {at} and never heard of since{out_en}");
                (Verdict::Silent { since }, zh, en)
            }
            (false, _, Some(at)) => self.spoken(centre, account, at),
        };
        (verdict, format!("{zh}{settled_zh}。"), format!("{en}{settled_en}."))
    }

    /// The verdict on a centre with a machine that was not heard of for too long.
    fn silent(&self, account: &Account<'_>, machine: &Machine<'_>) -> (Verdict, String, String) {
        let question = &self.facts.question;
        let since = machine.spoke_at;
        let (when, minutes) = (instant(since), question.now.ms_since(since) / 60_000);
        let received_at = machine.last.map_or(since, |said| said.received_at);
        let (late_zh, late_en) = if received_at.ms_since(since) > question.silent_after_ms {
            let got = instant(received_at);
            (
                format!("，该声明 {got} 才转到（途中延误或该机时钟不准）"),
                format!(", a word that came only at {got} (delayed, or its clock is wrong)"),
            )
        } else {
            (String::new(), String::new())
        };
        let (rest_zh, rest_en) = if account.missing > 0 {
            (outstanding_zh(account.missing), outstanding_en(account.missing))
        } else {
            let announced = total(&account.announced).saturating_sub(account.given_up);
            let zh = format!("；当时声明的 {announced} 条记录已全部到市");
            (zh, format!("; the city holds all {} announced then", entries(announced)))
        };
        let (zh, en) = if account.machines.len() > 1 {
            which(account, machine)
        } else {
            (String::new(), "No word".to_owned())
        };
        let en = if account.machines.len() > 1 { format!("No word of {en}") } else { en };
        let zh = format!("{zh}自 {when} 起没有声明，已 {minutes} 分钟{late_zh}{rest_zh}");
        let en = format!("{en} since {when}, {minutes} minutes ago{late_en}{rest_en}");
        (Verdict::Silent { since }, zh, en)
    }

    /// The verdict on a centre whose machines have spoken and where nothing is wrong.
    fn spoken(
        &self,
        centre: Division,
        account: &Account<'_>,
        at: Timestamp,
    ) -> (Verdict, String, String) {
        let announced = total(&account.announced);
        let (missing, when) = (account.missing, instant(at));
        if missing > 0 {
            let held = announced.saturating_sub(missing).saturating_sub(account.given_up);
            let since = self.facts.question.behind_since.get(&centre).copied();
            let since = since.unwrap_or(at).min(at);
            let from = instant(since);
            let zh = format!(
                "截至 {when}，声明 {announced} 条，市中心持有其中 {held} 条，还有 {missing} 条未到（至少自 {from} 起）"
            );
            let en = format!(
                "As of {when} the city holds {held} of {} announced; {missing} still out there, at least since {from}",
                entries(announced)
            );
            return (Verdict::Behind { missing, since }, zh, en);
        }
        let held = announced.saturating_sub(account.given_up);
        let zh = format!("截至 {when}，市中心持有该中心声明的全部 {held} 条记录，逐条链到一致");
        let en = format!(
            "As of {when} the city holds all {} announced, and the chains agree",
            entries(held)
        );
        (Verdict::Complete, zh, en)
    }

    /// What the office settled of a centre's journals, with the names and the notes.
    fn settled(&self, centre: Division) -> (String, String) {
        let settled = self.facts.question.settled.iter();
        let last = settled
            .filter(|(journal, _)| journal.home.division == centre)
            .max_by_key(|(_, it)| it.at);
        let Some((journal, it)) = last else { return Default::default() };
        let (at, through, by, note) = (instant(it.at), it.through, &it.by, &it.note);
        (
            format!("；{by} 于 {at} 了结日志 {journal} 至第 {through} 条：{note}"),
            format!("; {by} settled {journal} up to entry {through} at {at}: {note}"),
        )
    }
}

/// For when all words together hold: the oldest last word of a machine counts.
fn as_of(account: &Account<'_>) -> Option<Timestamp> {
    account.machines.iter().filter_map(|machine| machine.last).map(|said| said.as_of()).min()
}

/// Which of a centre's machines is meant; the only one needs no name.
fn which(account: &Account<'_>, machine: &Machine<'_>) -> (String, String) {
    match account.machines.len() {
        1 => (String::new(), "It".to_owned()),
        count => {
            let node = machine.node;
            (format!("{count} 台机器中的 {node} "), format!("machine {node}, one of {count},"))
        }
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
