//! Tongban node.

pub mod backup;
pub mod carry;
pub mod cases;
pub mod cli;
pub mod clock;
pub mod engine;
pub mod entropy;
pub mod join;
pub mod link;
pub mod membership;
pub mod replica;
pub mod service;
pub mod store;
pub mod tasks;
pub mod web;
