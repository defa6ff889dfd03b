//! Statements: what this node says of itself and of what it holds for those below.

use tongban_protocol::heartbeat::Statement;
use tongban_protocol::limits::{
    ENDS_PER_STATEMENT_MAX, HEARTBEAT_MS, HEARTBEAT_MS_MIN, STATEMENTS_AT_ONCE_MAX,
};
use tongban_protocol::time::{HybridTime, Timestamp};

use super::{Engine, SOFTWARE, Side};
use crate::store::Store;

/// How far ahead the order of statements is reserved on the disk, in milliseconds: one small
/// write in five minutes, and a restart may put the order this far ahead of the clock.
const ORDER_RESERVED_MS: i64 = 600_000;

impl<S: Store> Engine<S> {
    pub(super) fn statement_due(&self) -> Option<Timestamp> {
        if !self.links.values().any(|link| link.side == Side::Parent && link.peer.is_some()) {
            return None;
        }
        let pause = if self.has_news { HEARTBEAT_MS_MIN } else { HEARTBEAT_MS };
        Some(self.stated_at.map_or(Timestamp(0), |at| at.plus_ms(pause)))
    }

    /// Says where journals end, to every parent.
    ///
    /// What is held for those below is said on a new link and at every regular heartbeat, but not
    /// with every piece of news: it is on its way up anyway.
    pub(super) fn state(&mut self, now: Timestamp) {
        let with_below = self.stated_at.is_none() || !self.has_news;
        self.stated_at = Some(now);
        self.has_news = false;
        let ends = self.replica.ends_to_announce(with_below);
        let mut parts: Vec<_> = ends.chunks(ENDS_PER_STATEMENT_MAX).collect();
        parts.truncate(STATEMENTS_AT_ONCE_MAX);
        if parts.is_empty() {
            parts.push(&[]);
        }
        // The one about its own home comes last, so that it is the one heard last.
        let orders: Vec<HybridTime> = parts.iter().map(|_| self.order_next(now)).collect();
        let member = self.replica.member();
        let sealed = parts.iter().rev().zip(orders).map(|(ends, order)| {
            let statement = Statement {
                credential: member.sealed.clone(),
                at: now,
                ends: ends.to_vec(),
                waiting: self.replica.waiting(),
                software: SOFTWARE.to_owned(),
                free_bytes: self.free_bytes,
                order: Some(order),
                incarnation: Some(member.incarnation),
            };
            statement.seal(&member.key)
        });
        let sealed: Vec<Vec<u8>> = sealed.collect();
        self.tell_parents(&sealed);
    }

    /// The order of the next statement. It runs on where the clock is set back, across a restart
    /// too: the disk knows up to where it may have come.
    fn order_next(&mut self, now: Timestamp) -> HybridTime {
        let order = self.statement_clock.tick(now);
        if order.instant().plus_ms(ORDER_RESERVED_MS / 2) > self.order_reserved.instant() {
            self.order_reserved =
                HybridTime::first_of(order.instant().plus_ms(ORDER_RESERVED_MS)).max(order);
            self.replica.store_statement_order(self.order_reserved);
        }
        order
    }

    pub(super) fn tell_parents(&mut self, statements: &[Vec<u8>]) {
        if statements.is_empty() {
            return;
        }
        for link in self.links.values_mut().filter(|link| link.side == Side::Parent) {
            link.session.announce(statements);
        }
    }
}
