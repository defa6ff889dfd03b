//! Why one record is not in the city yet: the sentence, from where its journal and the link stand.

use tongban_protocol::time::Timestamp;

use super::{Queue, parent};
use crate::engine::{Engine, NoParent};
use crate::records::Words;
use crate::replica::ReplicaError;
use crate::store::Store;

/// How the link to a centre above stands.
#[derive(Clone, Debug)]
pub(super) enum Link {
    /// Up, to a centre, since a time; true if that is the city.
    Up(String, Timestamp, bool),
    /// Being dialled, and has not answered yet; since when there was none, where it is known.
    Dialling(Option<Timestamp>),
    /// None, since a time where it is known, and what was tried last.
    Down(Option<Timestamp>, Option<NoParent>),
}

impl Link {
    pub(super) fn of<S: Store>(engine: &Engine<S>) -> Result<Self, ReplicaError> {
        let (linked, is_dialling) = parent(engine);
        if let Some((centre, since, is_city)) = linked {
            return Ok(Self::Up(centre, since, is_city));
        }
        let since = engine.replica().alive_mark()?.and_then(|mark| mark.down_since);
        let tried = engine.no_parent().cloned();
        Ok(if is_dialling { Self::Dialling(since) } else { Self::Down(since, tried) })
    }

    /// Since when there is none; none while there is one, or where it is not known.
    pub(super) const fn down_since(&self) -> Option<Timestamp> {
        match self {
            Self::Up(..) => None,
            Self::Dialling(since) | Self::Down(since, _) => *since,
        }
    }

    /// Why record `number` of a journal is not in the city yet.
    pub(super) fn says(&self, queue: &Queue, number: u64) -> Words {
        if number <= queue.above {
            return self.above();
        }
        if let Some(stop) = queue.stop.as_ref().filter(|stop| stop.number <= number) {
            let (at, why, from) = (stop.at, &stop.why, stop.number);
            return if from == number {
                Words::new(
                    format!("上级未接收此条（{}）：{why}；其他日志照常上传", at.to_minute()),
                    format!("the centre above did not take it ({at}): {why}; other journals go on"),
                )
            } else {
                Words::new(
                    format!("同一日志第 {from} 条上级未接收，其后各条暂缓；其他日志照常上传"),
                    format!(
                        "the centre above did not take entry {from} of the same journal, and what \
                         follows waits for that; other journals go on"
                    ),
                )
            };
        }
        self.here()
    }

    /// Of a record that the centre above holds.
    fn above(&self) -> Words {
        match self {
            Self::Up(_, _, true) => {
                Words::new("市中心已收到，等待其签发回执", "the city holds it; its receipt follows")
            }
            Self::Up(centre, _, false) => Words::new(
                format!("上级中心 {centre} 已保存，市中心尚未确认，等待其转送和回执"),
                format!("centre {centre} above holds it, and the city has not confirmed it yet"),
            ),
            Self::Dialling(_) | Self::Down(..) => Words::new(
                "上级中心已保存，市中心尚未确认；本机与上级的连接断开，回执待连接恢复后取回",
                "the centre above holds it and the city has not confirmed it; its receipt comes once \
                 the link is back",
            ),
        }
    }

    /// Of a record that is on this machine only, as far as it knows.
    fn here(&self) -> Words {
        match self {
            Self::Up(centre, since, _) => Words::new(
                format!("与 {centre} 的连接自 {} 起正常，正在上传", since.to_minute()),
                format!("the link to centre {centre} is up since {since}, and it is being sent"),
            ),
            Self::Dialling(_) => Words::new(
                "正在与上级中心建立连接，接通后自动上传",
                "the centre above is being dialled; it is sent once it answers",
            ),
            Self::Down(since, tried) => {
                let (zh_since, en_since) = since.map_or_else(Default::default, |since| {
                    (
                        format!("自 {} 起", since.to_minute()),
                        format!(" since {}", since.to_minute()),
                    )
                });
                let (zh_why, en_why) = tried.as_ref().map_or_else(Default::default, |tried| {
                    let NoParent { why, zh, .. } = tried;
                    (format!("（最近一次尝试：{zh}）"), format!(" (last tried: {why})"))
                });
                Words::new(
                    format!("{zh_since}与上级没有连接{zh_why}，接通后自动上传"),
                    format!(
                        "no link to the centre above{en_since}{en_why}; it is sent once there is one"
                    ),
                )
            }
        }
    }
}
