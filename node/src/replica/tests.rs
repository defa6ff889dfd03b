//! A replica over a memory store.
