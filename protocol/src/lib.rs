//! Tongban protocol.
