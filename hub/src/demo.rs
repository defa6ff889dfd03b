//! The demo city: a whole city in one process, with its bad weather.

pub mod generator;
pub mod relay;
