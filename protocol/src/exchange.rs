//! The exchange: what one link's two ends tell each other, as a value.
//!
//! A [`Session`] is driven from outside: bytes and readings of the clock go in through
//! `handle_*`, what is to be done comes out of [`Session::poll_effect`]. It never reads a clock,
//! a store or a socket. An [`Effect`] that needs an answer is answered with another `handle_*`;
//! an acknowledgement leaves only after [`Session::handle_stored`], which the driver calls once
//! the block is durable.
//!
//! Both ends run the same machine. It has three children, each with its own state: `compare`
//! finds out what differs, `sender` sends what the peer lacks, `receiver` takes what comes.

mod compare;
mod error;
mod receiver;
mod sender;
mod session;
#[cfg(test)]
mod tests;

pub use error::ExchangeError;
pub use sender::Want;
pub use session::{Effect, Introduction, Peer, Session};
