//! The demo city: invented cases on a real tree of centres.

pub mod generator;
