//! Tongban tests.
