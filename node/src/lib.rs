//! Tongban node.

pub mod link;
pub mod tasks;
