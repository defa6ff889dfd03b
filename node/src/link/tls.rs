//! Who a node is to TLS, and whom it trusts.

use std::{fmt, sync::Arc};

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore,
    ServerConfig, SignatureScheme, Tls13CipherSuite,
    client::{
        Resumption, WantsClientCert,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor,
    },
    crypto::{
        CryptoProvider, WebPkiSupportedAlgorithms, ring, tls13::Hkdf, verify_tls13_signature,
    },
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime},
    server::{
        ClientHello, ParsedCertificate, ResolvesServerCert, ServerSessionMemoryCache,
        WebPkiClientVerifier,
    },
    sign::CertifiedKey,
    version::TLS13,
};

use super::LinkError;

/// What a node presents and trusts on every link.
#[derive(Clone)]
pub struct LinkMaterial {
    /// The certificate of this node, then those between it and the root, without the root.
    pub chain: Vec<CertificateDer<'static>>,
    /// The Ed25519 seed of this node, the same that signs its journal.
    pub key: [u8; 32],
    /// The root of the city; no other is trusted.
    pub root: CertificateDer<'static>,
}

impl fmt::Debug for LinkMaterial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LinkMaterial").finish_non_exhaustive()
    }
}

impl LinkMaterial {
    pub(crate) fn client(&self) -> Result<QuicClientConfig, LinkError> {
        let mut config = client(Trust::Root(self.roots()?))?
            .with_client_auth_cert(self.chain.clone(), private_key(&self.key))
            .map_err(unusable)?;
        config.alpn_protocols = vec![ALPN_SYNC.to_vec()];
        config.enable_early_data = true;
        config.resumption = Resumption::in_memory_sessions(PARENTS_REMEMBERED_MAX);
        quic_client(config)
    }

    pub(crate) fn server(&self, sessions_max: usize) -> Result<QuicServerConfig, LinkError> {
        let verifier = WebPkiClientVerifier::builder_with_provider(self.roots()?, provider())
            .allow_unauthenticated() // A node that wants to join has none; a sync link is refused.
            .clear_root_hint_subjects()
            .build()
            .map_err(unusable)?;
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .map_err(unusable)?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(self.presented()?));
        config.alpn_protocols = vec![ALPN_SYNC.to_vec(), ALPN_JOIN.to_vec()];
        // Tickets stay stateful: each works once, so that early data cannot be replayed.
        config.max_early_data_size = u32::MAX; // The only value but 0 that QUIC allows.
        // One a link: a dial that takes it and fails costs 300 bytes more the next time.
        config.send_tls13_tickets = 1;
        config.session_storage = ServerSessionMemoryCache::new(sessions_max);
        QuicServerConfig::try_from(config).map_err(unusable)
    }

    pub(crate) fn roots(&self) -> Result<Arc<RootCertStore>, LinkError> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).map_err(unusable)?;
        Ok(Arc::new(roots))
    }

    fn presented(&self) -> Result<Presented, LinkError> {
        let certified = |chain| {
            CertifiedKey::from_der(chain, private_key(&self.key), &provider()).map_err(unusable)
        };
        let mut rooted = self.chain.clone();
        rooted.push(self.root.clone());
        let (sync, join) = (certified(self.chain.clone())?, certified(rooted)?);
        Ok(Presented { sync: Arc::new(sync), join: Arc::new(join) })
    }
}

/// Returns the client side of a join, which trusts the root with this fingerprint.
pub(crate) fn join_client(fingerprint: [u8; 32]) -> Result<QuicClientConfig, LinkError> {
    nameless_client(Trust::Fingerprint(fingerprint), ALPN_JOIN)
}

/// Returns a client that has no certificate to show.
pub(crate) fn nameless_client(
    trust: Trust,
    protocol: &[u8],
) -> Result<QuicClientConfig, LinkError> {
    let mut config = client(trust)?.with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    config.resumption = Resumption::disabled();
    quic_client(config)
}

/// Returns the fingerprint of a root: the SHA-256 of its 32-byte Ed25519 public key.
///
/// `None` if it is no certificate, or not of an Ed25519 key.
#[must_use]
pub fn root_fingerprint(root: &CertificateDer<'_>) -> Option<[u8; 32]> {
    suite().common.hash_provider.hash(&public_key(root)?).as_ref().try_into().ok()
}

/// Returns HMAC and HKDF over SHA-256.
pub(crate) fn hkdf() -> &'static dyn Hkdf {
    suite().hkdf_provider
}

fn suite() -> &'static Tls13CipherSuite {
    let suite = ring::cipher_suite::TLS13_AES_128_GCM_SHA256.tls13();
    suite.expect("the suite has TLS13 in its name")
}

/// Returns the Ed25519 public key in a certificate that was verified before.
pub(crate) fn public_key(certificate: &CertificateDer<'_>) -> Option<[u8; 32]> {
    let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
    certificate.subject_public_key_info().strip_prefix(&SPKI_ED25519)?.try_into().ok()
}

/// Returns an Ed25519 seed as PKCS #8 (RFC 8410), the form in which TLS libraries take keys.
#[must_use]
pub fn private_key_der(seed: &[u8; 32]) -> Vec<u8> {
    [&PKCS8_ED25519[..], seed].concat()
}

/// Which servers a client trusts; their name or address never matters.
#[derive(Debug)]
pub(crate) enum Trust {
    /// Those with a certificate under this root.
    Root(Arc<RootCertStore>),
    /// Those with a chain that ends in the root with this fingerprint.
    Fingerprint([u8; 32]),
}

impl Trust {
    fn roots(&self, chain: &[CertificateDer<'_>]) -> Result<Arc<RootCertStore>, rustls::Error> {
        match self {
            Self::Root(roots) => Ok(Arc::clone(roots)),
            Self::Fingerprint(fingerprint) => {
                // The root comes from the wire, but nobody can make another of this fingerprint.
                let matches =
                    |root: &&CertificateDer<'_>| root_fingerprint(root) == Some(*fingerprint);
                let root = chain.last().filter(matches);
                let root = root.ok_or(CertificateError::ApplicationVerificationFailure)?;
                let mut roots = RootCertStore::empty();
                roots.add(root.clone().into_owned())?;
                Ok(Arc::new(roots))
            }
        }
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let roots = self.roots(intermediates)?;
        let all = ALGORITHMS.all;
        verify_server_cert_signed_by_trust_anchor(&certificate, &roots, intermediates, now, all)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &ALGORITHMS)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ALGORITHMS.supported_schemes()
    }
}

/// Presents the root only to those who join: all others have it.
#[derive(Debug)]
struct Presented {
    sync: Arc<CertifiedKey>,
    join: Arc<CertifiedKey>,
}

impl ResolvesServerCert for Presented {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let joins = hello.alpn()?.any(|protocol| protocol == ALPN_JOIN);
        Some(Arc::clone(if joins { &self.join } else { &self.sync }))
    }
}

fn client(trust: Trust) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, LinkError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(unusable)?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(trust)))
}

fn quic_client(mut config: ClientConfig) -> Result<QuicClientConfig, LinkError> {
    config.enable_sni = false; // The name is made up, see `endpoint`.
    QuicClientConfig::try_from(config).map_err(unusable)
}

/// One signature algorithm and one key exchange, so that hellos are short and certain.
fn provider() -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    provider.kx_groups = vec![ring::kx_group::X25519];
    provider.signature_verification_algorithms = ALGORITHMS;
    Arc::new(provider)
}

fn private_key(seed: &[u8; 32]) -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(private_key_der(seed)).into()
}

fn unusable(error: impl fmt::Display) -> LinkError {
    LinkError::Material { detail: error.to_string() }
}

/// The protocol of a link, with its major version.
pub(crate) const ALPN_SYNC: &[u8] = b"tongban/1";

/// The protocol of a join, with its major version.
pub(crate) const ALPN_JOIN: &[u8] = b"tongban-join/1";

const ALGORITHMS: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[webpki::ring::ED25519],
    mapping: &[(SignatureScheme::ED25519, &[webpki::ring::ED25519])],
};

/// Addresses whose session tickets a dialling node keeps; it has a handful of parents.
const PARENTS_REMEMBERED_MAX: usize = 16;

/// `SEQUENCE { INTEGER 0, SEQUENCE { OID 1.3.101.112 }, OCTET STRING { OCTET STRING (32) } }`
const PKCS8_ED25519: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// `SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING (256) }`
const SPKI_ED25519: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
