//! Tongban hub.

pub mod authority;
pub mod demo;
