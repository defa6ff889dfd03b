//! Tongban node.

pub mod store;
