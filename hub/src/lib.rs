//! Tongban hub.
