//! Links over real UDP on the loopback interface.

use std::{net::SocketAddr, time::Duration};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::*;

mod frames;
mod trust;

/// A city's root, able to certify nodes.
struct City {
    params: CertificateParams,
    key: KeyPair,
}

impl City {
    fn new(seed: u8) -> Self {
        let mut params = named("city");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        Self { params, key: key_pair(seed) }
    }

    fn root(&self) -> CertificateDer<'static> {
        self.params.self_signed(&self.key).unwrap().into()
    }

    fn fingerprint(&self) -> [u8; 32] {
        root_fingerprint(&self.root()).unwrap()
    }

    fn material(&self, seed: u8) -> LinkMaterial {
        let issuer = Issuer::from_params(&self.params, &self.key);
        self.certify(named("node").signed_by(&key_pair(seed), &issuer).unwrap(), seed)
    }

    fn expired(&self, seed: u8) -> LinkMaterial {
        let mut params = named("node");
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
        let issuer = Issuer::from_params(&self.params, &self.key);
        self.certify(params.signed_by(&key_pair(seed), &issuer).unwrap(), seed)
    }

    fn certify(&self, certificate: rcgen::Certificate, seed: u8) -> LinkMaterial {
        LinkMaterial { chain: vec![certificate.into()], key: [seed; 32], root: self.root() }
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn key_pair(seed: u8) -> KeyPair {
    KeyPair::try_from(private_key_der(&[seed; 32])).unwrap()
}

fn public(seed: u8) -> [u8; 32] {
    key_pair(seed).public_key_raw().try_into().unwrap()
}

fn settings() -> LinkSettings {
    LinkSettings { handshake_timeout: Duration::from_secs(5), ..LinkSettings::default() }
}

fn endpoint(material: Option<&LinkMaterial>) -> LinkEndpoint {
    LinkEndpoint::bind(any_port(), material, settings()).unwrap()
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A parent with key 1 and a child with key 2, both of city 9.
struct Pair {
    parent: LinkEndpoint,
    child: LinkEndpoint,
    address: SocketAddr,
}

impl Pair {
    fn new() -> Self {
        let city = City::new(9);
        Self::of(settings(), &city.material(1), &city.material(2))
    }

    fn of(settings: LinkSettings, parent: &LinkMaterial, child: &LinkMaterial) -> Self {
        let bind = |material| LinkEndpoint::bind(any_port(), Some(material), settings.clone());
        let (parent, child) = (bind(parent).unwrap(), bind(child).unwrap());
        let address = parent.local_address().unwrap();
        Self { parent, child, address }
    }

    /// Links the two; returns the parent's end and the child's.
    async fn link(&self, first: &[(Lane, Vec<u8>)]) -> (Link, Link) {
        let (parent, child) = self.meet(first).await;
        (parent.unwrap(), child.unwrap())
    }

    async fn meet(
        &self,
        first: &[(Lane, Vec<u8>)],
    ) -> (Result<Link, LinkError>, Result<Link, LinkError>) {
        tokio::join!(accept_link(&self.parent), self.child.dial(self.address, first))
    }
}

async fn accept_link(endpoint: &LinkEndpoint) -> Result<Link, LinkError> {
    match endpoint.accept().await.unwrap().open().await? {
        Accepted::Link(link) => Ok(link),
        Accepted::Join(call) => panic!("wants to join: {call:?}"),
    }
}

async fn check_frame(receiver: &mut LinkReceiver, lane: Lane, frame: &[u8]) {
    assert_eq!(receiver.next().await.unwrap(), (lane, frame.to_vec()));
}

/// How the child's link ended, whether within the dial or, TLS 1.3 allowing it, after.
async fn fate(dialled: Result<Link, LinkError>) -> LinkError {
    match dialled {
        Ok(mut link) => link.receiver.next().await.unwrap_err(),
        Err(error) => error,
    }
}
