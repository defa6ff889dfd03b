//! Receiving: blocks in, acknowledgements out, nothing acknowledged that is not durable.

use std::collections::BTreeSet;

use crate::limits::BLOCKS_IN_FLIGHT_MAX;

/// Which blocks wait for the disk.
#[derive(Debug, Default)]
pub(super) struct Receiver {
    last_block: u64,
    storing: BTreeSet<u64>,
}

/// Why a block cannot come now. The peer is to blame.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum OutOfTurn {
    #[error("block {found} came where block {expected} is next")]
    Number { expected: u64, found: u64 },
    #[error("more than {BLOCKS_IN_FLIGHT_MAX} blocks came before the first was acknowledged")]
    TooMany,
}

impl Receiver {
    /// Takes note of a block that is to be stored.
    pub(super) fn accept(&mut self, block: u64) -> Result<(), OutOfTurn> {
        let expected = self.last_block + 1;
        if block != expected {
            return Err(OutOfTurn::Number { expected, found: block });
        }
        if self.storing.len() >= BLOCKS_IN_FLIGHT_MAX {
            return Err(OutOfTurn::TooMany);
        }
        self.last_block = block;
        self.storing.insert(block);
        Ok(())
    }

    /// True when this block was waiting for the disk.
    pub(super) fn stored(&mut self, block: u64) -> bool {
        self.storing.remove(&block)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.storing.is_empty()
    }
}
