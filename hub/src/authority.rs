//! The city's certificate authority: one root, and a certificate for each node.
//!
//! The root signs nodes directly and nothing else. Everything is a function of what is passed in:
//! the same seed, names, serial numbers and times give the same bytes. Not here: who may have a
//! certificate, the tokens, the roster, where the seed is kept. Nothing is revoked here either: a
//! link is refused by the roster, not by a list of certificates.

use std::{fmt, time::Duration};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ED25519, PublicKeyData, SerialNumber, SignatureAlgorithm, date_time_ymd,
};
use tongban_node::link::{CertificateDer, private_key_der, root_fingerprint};

/// The city's authority, with the private key of the root.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
    fingerprint: [u8; 32],
}

/// What a certificate is about, and from when to when.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CertificateTerms<'name> {
    /// The common name, for people to read; nothing is decided by it.
    pub subject: &'name str,
    /// A number that the authority has not given before.
    pub serial: u64,
    /// First second of validity, counted from 1970 in UTC.
    pub not_before: u64,
    /// Last second of validity, counted from 1970 in UTC.
    pub not_after: u64,
}

impl<'name> CertificateTerms<'name> {
    /// Returns terms of 30 years, for the root.
    ///
    /// Like those of nodes they begin a day before `now`, in seconds since 1970, as clocks differ.
    #[must_use]
    pub const fn root(subject: &'name str, serial: u64, now: u64) -> Self {
        Self::lasting(subject, serial, now, 30 * YEAR_SECONDS)
    }

    /// Returns terms of 5 years, for a node.
    #[must_use]
    pub const fn node(subject: &'name str, serial: u64, now: u64) -> Self {
        Self::lasting(subject, serial, now, 5 * YEAR_SECONDS)
    }

    const fn lasting(subject: &'name str, serial: u64, now: u64, seconds: u64) -> Self {
        let not_before = now.saturating_sub(DAY_SECONDS);
        Self { subject, serial, not_before, not_after: now.saturating_add(seconds) }
    }
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The terms end before they begin, or lie beyond the year 9999.
    #[error("certificate from {not_before} to {not_after} (seconds since 1970) is never valid")]
    NeverValid {
        /// First second asked for.
        not_before: u64,
        /// Last second asked for.
        not_after: u64,
    },
    /// The certificate could not be written; a bug, as all that comes from outside was checked.
    #[error("certificate could not be made: {0}; report this")]
    NotMade(#[from] rcgen::Error),
    /// The root that was made cannot be read back; a bug.
    #[error("root certificate could not be read back; report this")]
    NotReadBack,
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes the authority whose key is this Ed25519 seed; the same terms give the same root.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::NeverValid`] if the terms are empty.
    pub fn create(seed: &[u8; 32], terms: CertificateTerms<'_>) -> Result<Self, AuthorityError> {
        let mut params = params(terms)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::try_from(private_key_der(seed))?;
        let root = CertificateDer::from(params.self_signed(&key)?);
        let fingerprint = root_fingerprint(&root).ok_or(AuthorityError::NotReadBack)?;
        Ok(Self { issuer: Issuer::new(params, key), root, fingerprint })
    }

    /// Returns the root certificate, which every node of the city trusts.
    #[must_use]
    pub fn root_certificate(&self) -> CertificateDer<'static> {
        self.root.clone()
    }

    /// Returns the SHA-256 of the root's public key, which goes into tokens.
    #[must_use]
    pub const fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// Certifies an Ed25519 public key whose private half is elsewhere.
    ///
    /// Whether the node holds that half is for the caller to check, and shows on every link.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::NeverValid`] if the terms are empty.
    pub fn issue(
        &self,
        public_key: &[u8; 32],
        terms: CertificateTerms<'_>,
    ) -> Result<CertificateDer<'static>, AuthorityError> {
        let certificate = params(terms)?.signed_by(&PublicKey(public_key), &self.issuer)?;
        Ok(certificate.into())
    }
}

/// Keeps certificates small: no extensions that nobody here reads.
fn params(terms: CertificateTerms<'_>) -> Result<CertificateParams, AuthorityError> {
    let CertificateTerms { subject, serial, not_before, not_after } = terms;
    if not_before >= not_after || not_after > LAST_SECOND {
        return Err(AuthorityError::NeverValid { not_before, not_after });
    }
    let start = date_time_ymd(1970, 1, 1);
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, subject);
    params.serial_number = Some(SerialNumber::from(serial));
    params.not_before = start + Duration::from_secs(not_before);
    params.not_after = start + Duration::from_secs(not_after);
    Ok(params)
}

struct PublicKey<'key>(&'key [u8; 32]);

impl PublicKeyData for PublicKey<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ED25519
    }
}

const DAY_SECONDS: u64 = 86_400;
const YEAR_SECONDS: u64 = 31_556_952;

/// 9999-12-31T23:59:59Z, the last time that a certificate can state.
const LAST_SECOND: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tongban_node::link::{Accepted, LinkEndpoint, LinkMaterial, LinkSettings};

    use super::*;

    const NOW: u64 = 1_750_000_000;

    fn authority() -> Authority {
        Authority::create(&[9; 32], CertificateTerms::root("遂宁市", 1, NOW)).unwrap()
    }

    fn public(seed: u8) -> [u8; 32] {
        let key = KeyPair::try_from(private_key_der(&[seed; 32])).unwrap();
        key.public_key_raw().try_into().unwrap()
    }

    fn endpoint(seed: u8) -> LinkEndpoint {
        let terms = CertificateTerms::node("510921103", u64::from(seed), NOW);
        let material = LinkMaterial {
            chain: vec![authority().issue(&public(seed), terms).unwrap()],
            key: [seed; 32],
            root: authority().root_certificate(),
        };
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        LinkEndpoint::bind(any_port, Some(&material), LinkSettings::default()).unwrap()
    }

    #[test]
    fn the_same_seed_and_terms_give_the_same_bytes() {
        let (one, two) = (authority(), authority());
        assert_eq!(one.root_certificate(), two.root_certificate());
        let terms = CertificateTerms::node("510921103", 7, NOW);
        assert_eq!(one.issue(&[1; 32], terms).unwrap(), two.issue(&[1; 32], terms).unwrap());
        let other = CertificateTerms { serial: 8, ..terms };
        assert_ne!(one.issue(&[1; 32], terms).unwrap(), two.issue(&[1; 32], other).unwrap());
    }

    #[test]
    fn the_root_key_is_the_key_of_the_seed() {
        let fingerprint = authority().fingerprint();
        assert_eq!(root_fingerprint(&authority().root_certificate()), Some(fingerprint));
        let renewed = CertificateTerms::root("renamed", 2, NOW + YEAR_SECONDS);
        let renewed = Authority::create(&[9; 32], renewed).unwrap();
        assert_eq!(renewed.fingerprint(), fingerprint);
        assert!(authority().root_certificate().windows(32).any(|bytes| bytes == public(9)));
    }

    #[test]
    fn certificates_stay_small_enough_for_a_cheap_reconnect() {
        let terms = CertificateTerms::node("510921103", u64::MAX, NOW);
        let bytes = authority().issue(&[1; 32], terms).unwrap().len();
        assert!(bytes <= 280, "node certificate has {bytes} bytes");
        assert!(authority().root_certificate().len() <= 340);
    }

    #[test]
    fn terms_that_are_never_valid_are_refused() {
        let terms = CertificateTerms::node("510921103", 7, NOW);
        for wrong in [
            CertificateTerms { not_after: terms.not_before, ..terms },
            CertificateTerms { not_after: LAST_SECOND + 1, ..terms },
            CertificateTerms { not_before: u64::MAX, not_after: u64::MAX, ..terms },
        ] {
            let refused = authority().issue(&[1; 32], wrong).unwrap_err();
            assert!(matches!(refused, AuthorityError::NeverValid { .. }), "{refused}");
        }
        let latest = CertificateTerms { not_after: LAST_SECOND, ..terms };
        authority().issue(&[1; 32], latest).unwrap();
    }

    #[tokio::test]
    async fn nodes_of_one_authority_link_and_know_each_others_keys() {
        let (county, township) = (endpoint(1), endpoint(2));
        let address = county.local_address().unwrap();
        let accept = async { county.accept().await.unwrap().open().await.unwrap() };
        let (accepted, dialled) = tokio::join!(accept, township.dial(address, &[]));
        assert_eq!(dialled.unwrap().handle.peer_key(), public(1));
        match accepted {
            Accepted::Link(link) => assert_eq!(link.handle.peer_key(), public(2)),
            Accepted::Join(call) => panic!("wants to join: {call:?}"),
        }
    }
}
