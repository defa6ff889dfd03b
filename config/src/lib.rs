//! The facts of a city and the settings of its machines, as typed values that cannot be wrong.
//!
//! There are two kinds of input, and they are kept apart:
//!
//! - **Facts** are what everybody in a city agrees on: which centres there are
//!   ([`tree::Tree`]), what became of each division when townships were merged
//!   ([`succession::Succession`]), which days are worked ([`calendar::parse`]), and what may be
//!   applied for ([`items::Items`]). They are files named by a `city.toml`; [`city::City`] holds
//!   them together. The folder
//!   `suining/` is the shipped example and is compiled in: [`city::City::suining`]. Any other
//!   region is a folder of the same shape; nothing is read out of the digits of a code.
//! - **Settings** are what one machine is told: [`settings::NodeSettings`] and
//!   [`settings::HubSettings`], from a TOML file, then the environment, then flags, the later
//!   over the earlier. Quantities carry their unit ([`quantity`]), unknown keys are refused by
//!   name, and every fault is reported at once with its place and with what to write instead.
//!
//! What is **not** here: no socket, no clock, no store, no randomness, no thread, and no secret
//! (keys and tokens are never settings). Reading files and the environment happens in [`load`]
//! alone; everything else takes text and gives values.

pub mod address;
pub mod calendar;
pub mod city;
pub mod facts;
pub mod fault;
pub mod groups;
pub mod items;
pub mod joint;
pub mod load;
pub mod quantity;
pub mod settings;
pub mod succession;
pub mod supervision;
pub mod text;
pub mod tree;

mod layers;
mod table;
