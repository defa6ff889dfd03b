//! Who signs: keys, authors, credentials of centres, enrolment tokens.

pub mod credential;
pub mod key;
pub mod token;

pub use credential::{Credential, CredentialError};
pub use key::{Author, NodeId, PublicKey, Signature, SigningKey};
pub use token::{Token, TokenError};
