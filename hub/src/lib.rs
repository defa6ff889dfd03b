//! Tongban hub.

pub mod xes;
