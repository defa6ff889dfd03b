//! The service of a township or county centre, and what the hub shares with it.
//!
//! Around the pure protocol stand the effects: the [`store`], the [`link`], the [`clock`] and the
//! source of [`entropy`]. The [`replica`] keeps journals and documents over a store, the
//! [`engine`] runs sessions over a replica without thread or socket, and the [`service`] gives
//! the engine a thread and real links. Pages and commands call plain functions over these.
//!
//! What is **not** here: enrolment, receipts, coverage and evidence, which are the city's.

pub mod accounts;
pub mod backup;
pub mod carry;
pub mod cases;
pub mod cli;
pub mod clock;
pub mod engine;
pub mod entropy;
pub mod import;
pub mod join;
pub mod link;
pub mod membership;
pub mod names;
pub mod orders;
pub mod outages;
pub mod posts;
pub mod publication;
pub mod queue;
pub mod records;
pub mod relay;
pub mod replica;
pub mod report;
pub mod samples;
pub mod service;
pub mod store;
pub mod tasks;
pub mod waiting;
pub mod web;
