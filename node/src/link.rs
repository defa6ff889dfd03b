//! Links between tiers: QUIC connections that carry framed bytes between two known keys.
//!
//! A [`LinkEndpoint`] owns one UDP socket and both dials and accepts. A [`Link`] has one ordered
//! stream a [`Lane`] and direction; control pre-empts journal, journal pre-empts attachments. Both
//! ends prove an Ed25519 key under the city's root, TLS 1.3 only; [`LinkHandle::peer_key`] is that
//! key, and whether it may speak here is for the caller to say, on **every** link: a resumed session
//! skips the certificate, and so does not see that it has expired or that its node was revoked.
//!
//! A node that has not joined yet knows only the fingerprint of the root: [`LinkEndpoint::join`].
//!
//! Not here: what the bytes mean, whom to dial when ([`Parents`] is a pure value for the caller to
//! drive), the roster, retries. Nothing here writes to disk; session tickets are kept in memory.

mod backoff;
mod endpoint;
mod error;
mod join;
mod lane;
mod parents;
mod receive;
mod reset;
mod send;
mod session;
mod settings;
#[cfg(test)]
mod tests;
mod tls;

pub use rustls::pki_types::CertificateDer;
pub use tongban_protocol::wire::Lane;

pub use self::{
    backoff::Backoff,
    endpoint::{Accepted, Knock, LinkEndpoint},
    error::{Blame, CLOSE_CODE_MIN, LinkError},
    join::{JOIN_BYTES_MAX, JoinCall},
    parents::{NextDial, ParentSettings, Parents},
    receive::LinkReceiver,
    send::{FIRST_BYTES_MAX, LaneSender, LinkSender},
    session::{Link, LinkHandle, LinkStatistics},
    settings::{Congestion, FrameLimits, LinkSettings},
    tls::{LinkMaterial, private_key_der, root_fingerprint},
};
