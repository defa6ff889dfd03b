//! Tongban hub.

pub mod authority;
pub mod coverage;
pub mod demo;
pub mod enrolment;
pub mod evidence;
pub mod export;
pub mod figures;
pub mod import;
pub mod joining;
pub mod report;
pub mod service;
pub mod survey;
pub mod witness;
pub mod words;
pub mod xes;

#[cfg(test)]
mod fixture;
