//! The wire: versioned frames in lanes, and blocks of entries.
//!
//! A frame is one byte of kind and a CBOR record whose fields are numbered: a newer minor
//! version may add kinds and fields, and this one passes over them.

pub mod block;
pub mod frame;
#[cfg(test)]
mod tests;

pub use block::{BlockError, Run};
pub use frame::{
    Ack, Block, Frame, FrameError, FrontierPart, Goodbye, Heartbeats, Hello, HomeDetail,
    HomeDigest, Lane, RefusedJournal,
};

/// The protocol's major version: another one is refused.
pub const MAJOR: u8 = 1;

/// The protocol's minor version: a newer one is understood as far as this one goes.
pub const MINOR: u8 = 0;
