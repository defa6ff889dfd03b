//! The counter, over a store in memory.
