//! The world that tries to break the other crates.
//!
//! What is **not** here: anything that a node or a hub needs to run. No other crate uses this one.

pub mod town;
//! [`world`] is a city on virtual time: every node runs the real engine over a disk that fails,
//! every link loses, delays and breaks, every clock is wrong, and one seed decides all of it. The
//! same seed is the same run, to the byte; `simulate --seed N` repeats it.
//!
//! What is **not** here: sockets, threads within a world, and the machine's clock.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on should stop")]

pub mod world;
