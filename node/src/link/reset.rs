//! How a node that was restarted tells its peers that it no longer knows their links.
//!
//! Without it they would wait for the idle timeout. QUIC's stateless reset carries a token that the
//! peer was given when the link was up; to know it again after a crash, it is derived from the key
//! of the node.

use std::sync::Arc;

use quinn::{
    ConnectionId, ConnectionIdGenerator, EndpointConfig,
    crypto::{CryptoError, HmacKey},
};
use rustls::crypto::{ring, tls13::OkmBlock};

use super::{LinkMaterial, tls::hkdf};

/// Returns the configuration of an endpoint; before the node has joined its tokens are fleeting.
pub(crate) fn endpoint_config(material: Option<&LinkMaterial>) -> EndpointConfig {
    let mut config = match material {
        Some(material) => EndpointConfig::new(Arc::new(ResetKey::derive(&material.key))),
        None => EndpointConfig::default(),
    };
    config.cid_generator(|| Box::new(RandomIds));
    config
}

struct ResetKey(OkmBlock);

impl ResetKey {
    fn derive(seed: &[u8; 32]) -> Self {
        let derived = hkdf().hmac_sign(&OkmBlock::new(seed), b"tongban/1 stateless reset");
        Self(OkmBlock::new(derived.as_ref()))
    }
}

impl HmacKey for ResetKey {
    fn sign(&self, data: &[u8], signature_out: &mut [u8]) {
        signature_out.copy_from_slice(hkdf().hmac_sign(&self.0, data).as_ref());
    }

    fn signature_len(&self) -> usize {
        SHA256_BYTES
    }

    fn verify(&self, data: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        // Not in constant time: QUIC signs with this key and never verifies.
        let expected = hkdf().hmac_sign(&self.0, data);
        if expected.as_ref() == signature { Ok(()) } else { Err(CryptoError) }
    }
}

/// Connection ids that any run of a node takes for its own, unlike quinn's, which are of one run.
#[derive(Debug)]
struct RandomIds;

impl ConnectionIdGenerator for RandomIds {
    fn generate_cid(&mut self) -> ConnectionId {
        let mut id = [0; ID_BYTES];
        ring::default_provider()
            .secure_random
            .fill(&mut id)
            .expect("the system gave randomness for the keys of this very connection");
        ConnectionId::new(&id)
    }

    fn cid_len(&self) -> usize {
        ID_BYTES
    }

    fn cid_lifetime(&self) -> Option<std::time::Duration> {
        None
    }
}

/// Too many to guess or to repeat, and two less than usual in every datagram.
const ID_BYTES: usize = 6;

const SHA256_BYTES: usize = 32;
