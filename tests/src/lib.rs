//! The world that tries to break the other crates.
//!
//! [`world`] is a city on virtual time: every node runs the real engine over a disk that fails,
//! every link loses, delays and breaks, every clock is wrong, and one seed decides all of it. The
//! same seed is the same run, to the byte; `simulate --seed N` repeats it. [`town`] is a hub and
//! nodes over real links, for end-to-end tests and for measuring; [`machine`] is a real binary, and
//! [`browser`] a real browser before its pages.
//!
//! What is **not** here: anything that a node or a hub needs to run. No other crate uses this one.

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a story that cannot go on should stop"
)]

pub mod browser;
pub mod machine;
pub mod town;
pub mod world;
