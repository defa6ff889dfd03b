//! Tongban hub.

pub mod authority;
pub mod demo;
pub mod enrolment;
pub mod figures;
pub mod joining;
pub mod xes;
