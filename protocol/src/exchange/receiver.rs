//! Receiving: blocks in, acknowledgements out, nothing acknowledged that is not durable.

use std::collections::BTreeSet;

use crate::limits::BLOCKS_IN_FLIGHT_MAX;
use crate::wire::Block;

/// Which blocks wait for the disk.
#[derive(Debug, Default)]
pub(super) struct Receiver {
    last_block: u64,
    storing: BTreeSet<u64>,
    /// Blocks that overtook the peer's hello: lanes are not ordered among each other.
    early: Vec<Block>,
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

    /// Keeps a block until the hello is there.
    pub(super) fn put_by(&mut self, block: Block) -> Result<(), OutOfTurn> {
        if self.early.len() >= BLOCKS_IN_FLIGHT_MAX {
            return Err(OutOfTurn::TooMany);
        }
        self.early.push(block);
        Ok(())
    }

    pub(super) fn take_early(&mut self) -> Vec<Block> {
        std::mem::take(&mut self.early)
    }

    /// True when this block was waiting for the disk.
    pub(super) fn stored(&mut self, block: u64) -> bool {
        self.storing.remove(&block)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.storing.is_empty()
    }
}
