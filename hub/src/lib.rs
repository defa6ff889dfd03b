//! Tongban hub.

pub mod authority;
pub mod demo;
pub mod figures;
pub mod page;
pub mod xes;
