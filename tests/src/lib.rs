//! The world that tries to break the other crates.
//!
//! What is **not** here: anything that a node or a hub needs to run. No other crate uses this one.

pub mod town;
