//! Tongban hub.

pub mod figures;
pub mod xes;
