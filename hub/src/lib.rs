//! Tongban hub.

pub mod demo;
pub mod figures;
pub mod xes;
