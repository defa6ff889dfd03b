//! The root node: a node with the city's duties.
//!
//! It enrols the machines of a city under its own root, witnesses what arrives with signed
//! receipts, says for every centre what is held and what is still out there, and hands out
//! evidence that verifies without it. [`demo`] runs a whole city in one process.
//!
//! What is **not** here: store, links and the exchange (those are the node's), and any rule on
//! which two machines could come to different results (those are the protocol's).

pub mod authority;
pub mod city_desk;
pub mod cli;
pub mod coverage;
pub mod demo;
pub mod desk;
pub mod enrolment;
pub mod evidence;
pub mod export;
pub mod faces;
pub mod figures;
pub mod import;
pub mod joining;
pub mod page;
pub mod proposals;
pub mod public;
pub mod publication;
pub mod report;
pub mod samples;
pub mod service;
pub mod settlement;
pub mod survey;
pub mod witness;
pub mod words;
pub mod xes;

#[cfg(test)]
mod fixture;
