//! Tongban config.
