//! Tongban hub.

pub mod coverage;
pub mod demo;
pub mod evidence;
pub mod export;
pub mod figures;
pub mod import;
pub mod report;
pub mod witness;
pub mod words;
pub mod xes;

#[cfg(test)]
mod fixture;
