//! What can be found wrong with a centre, in both languages.

use tongban_node::replica::{Incident, IncidentKind};
use tongban_protocol::journal::JournalId;

use super::Trouble;
use crate::words::instant;

/// Something wrong, in both languages.
pub(super) struct Finding {
    pub(super) trouble: Trouble,
    pub(super) zh: String,
    pub(super) en: String,
}

pub(super) fn worst_incident<'i>(open: impl Iterator<Item = &'i Incident>) -> Option<Finding> {
    let found = open.filter_map(|it| {
        let trouble = match it.kind {
            IncidentKind::Fork => Trouble::Fork,
            IncidentKind::Refused => Trouble::Refused,
            IncidentKind::Broken => Trouble::Broken,
            IncidentKind::Revoked => return None, // Settled by the revocation itself.
        };
        let (at, journal, why) = (instant(it.found_at), it.journal, &it.why);
        let (again_zh, again_en) = it.seen_again.map_or_else(Default::default, |again| {
            let (times, last) = (again.times, instant(again.last_at));
            (format!("（共 {times} 次，最近 {last}）"), format!(" ({times} times, last at {last})"))
        });
        let zh = format!(
            "{at} 在日志 {journal} 第 {} 条发现{}：{why}{again_zh}",
            it.number,
            trouble.zh()
        );
        let en = format!("At {at}, entry {} of {journal}: {why}{again_en}", it.number);
        Some(Finding { trouble, zh, en })
    });
    found.min_by_key(|finding| finding.trouble)
}

pub(super) fn disagreement(journal: JournalId, number: u64, is_read: bool) -> Finding {
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

/// `told` is what the machine says now; the rest is what it once announced and what is held.
pub(super) fn rollback(journal: JournalId, told: u64, (announced, held): (u64, u64)) -> Finding {
    let (zh, en) = if announced > 0 {
        let zh = format!(
            "该机曾声明到日志 {journal} 第 {announced} 条，后来又声明得更少，现为第 {told} 条，市中心持有到第 {held} 条：疑似旧盘恢复"
        );
        let en = format!(
            "It once announced {journal} up to entry {announced} and less later, now {told}, while the city holds {held}: an old disk seems to be back"
        );
        (zh, en)
    } else {
        let zh = format!(
            "该机只声明到日志 {journal} 第 {told} 条，而市中心已持有到第 {held} 条：疑似旧盘恢复"
        );
        let en = format!(
            "It announces {journal} only up to entry {told} while the city holds {held}: an old disk seems to be back"
        );
        (zh, en)
    };
    Finding { trouble: Trouble::Rollback, zh, en }
}
