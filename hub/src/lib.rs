//! Tongban hub.

pub mod authority;
