//! The case: its states, and the fold that tells in which it is.

pub mod fold;
mod terms;

pub use fold::{Anomaly, Folded, State, fold};
pub use terms::{CaseType, StepTerms, Terms};

#[cfg(test)]
mod tests;
