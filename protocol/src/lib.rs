//! What all tiers of Tongban agree on.
//!
//! This crate is sans-IO: it holds no clock, no socket, no file, no async and no source of
//! randomness. What it needs of them is passed in; what it wants done is handed out as values.
//! The same inputs give the same bytes.

pub mod calendar;
pub mod case;
pub mod catalogue;
pub mod cose;
pub mod deadline;
pub mod document;
pub mod exchange;
pub mod hash;
pub mod heartbeat;
pub mod identity;
pub mod journal;
pub mod limits;
pub mod metrics;
pub mod number;
pub mod order;
pub mod outage;
pub mod place;
pub mod post;
pub mod queue;
pub mod sampling;
pub mod service;
pub mod supervision;
pub mod time;
pub mod value;
pub mod wire;
