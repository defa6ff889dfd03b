//! Tongban node.

pub mod engine;
pub mod replica;
pub mod store;
