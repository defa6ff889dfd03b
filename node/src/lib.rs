//! Tongban node.
