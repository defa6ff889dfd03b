//! Tongban node.

pub mod tasks;
