//! The case: its states, and the fold that tells in which it is.

pub mod fold;

pub use fold::{Anomaly, Folded, State, fold};

#[cfg(test)]
mod tests;
