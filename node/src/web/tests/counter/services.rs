//! The page of services.
