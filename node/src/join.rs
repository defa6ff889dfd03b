//! Joining: the one question a machine asks the hub, new or a member, and the answer.

use minicbor::{Decode, Encode};
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::{Credential, PublicKey, Signature, SigningKey};
use tongban_protocol::place::Division;

/// What a machine asks.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub enum Question {
    /// To become a member.
    #[n(0)]
    Join(#[n(0)] JoinRequest),
    /// To get a certificate that lasts, and to hear whom to dial now.
    #[n(1)]
    Renew(#[n(0)] RenewRequest),
}

/// What a new machine asks.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct JoinRequest {
    /// The secret of the token.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub secret: [u8; 16],
    /// The centre of the token.
    #[n(1)]
    pub centre: Division,
    /// The key that this machine made; its other half stays here.
    #[n(2)]
    pub key: PublicKey,
    /// Shows that it has the other half: a signature over secret and centre.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub proof: Signature,
    /// Where machines below can reach this one, `host:port`, if they can.
    #[n(4)]
    pub advertise: Option<String>,
    /// Name and version of its software.
    #[n(5)]
    pub software: String,
    /// The address under which it reached the hub, `host:port`; machines of before do not say it.
    #[n(6)]
    pub reached: Option<String>,
}

/// What a member asks from time to time.
///
/// Who overhears one and asks again gets the same papers, which say nothing that is secret.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct RenewRequest {
    /// Its credential, sealed by the root.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub credential: Vec<u8>,
    /// Shows that it has the key: a signature over credential and address.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub proof: Signature,
    /// Where machines below can reach this one now, `host:port`, if they can.
    #[n(2)]
    pub advertise: Option<String>,
    /// Name and version of its software.
    #[n(3)]
    pub software: String,
    /// The address under which it reached the hub, `host:port`. It is not proved, for it only
    /// comes back in the answer to whoever said it.
    #[n(4)]
    pub reached: Option<String>,
}

/// What the hub answers.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub enum JoinAnswer {
    /// The machine belongs to the city now.
    #[n(0)]
    Welcome(#[n(0)] Welcome),
    /// It does not.
    #[n(1)]
    Refused(#[n(0)] String),
}

/// What a machine needs to be a member.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Welcome {
    /// Its credential, sealed by the root.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub credential: Vec<u8>,
    /// Its certificate, DER.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub certificate: Vec<u8>,
    /// The root's certificate, DER.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub root_certificate: Vec<u8>,
    /// The root's key.
    #[n(3)]
    pub root: PublicKey,
    /// Whom to dial, in order of preference, `host:port`.
    #[n(4)]
    pub parents: Vec<String>,
    /// What the centre is called.
    #[n(5)]
    pub name: String,
}

impl JoinRequest {
    /// Builds the request and proves the key.
    #[must_use]
    pub fn new(
        secret: [u8; 16],
        centre: Division,
        key: &SigningKey,
        advertise: Option<String>,
    ) -> Self {
        let proof = key.sign(&proof_bytes(secret, centre));
        let software = crate::engine::SOFTWARE.to_owned();
        Self { secret, centre, key: key.public(), proof, advertise, software, reached: None }
    }

    /// The same, asked under this address of the hub.
    #[must_use]
    pub fn reached_at(self, address: &str) -> Self {
        Self { reached: Some(address.to_owned()), ..self }
    }

    /// True when the asking machine holds the other half of the key.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.key.verifies(&self.proof, &proof_bytes(self.secret, self.centre))
    }
}

impl Question {
    /// The question as it travels.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }
}

impl RenewRequest {
    /// Builds the request and proves the key.
    #[must_use]
    pub fn new(credential: Vec<u8>, key: &SigningKey, advertise: Option<String>) -> Self {
        let proof = key.sign(&renewal_bytes(&credential, advertise.as_deref()));
        let software = crate::engine::SOFTWARE.to_owned();
        Self { credential, proof, advertise, software, reached: None }
    }

    /// The same, asked under this address of the hub.
    #[must_use]
    pub fn reached_at(self, address: &str) -> Self {
        Self { reached: Some(address.to_owned()), ..self }
    }

    /// Opens the credential, if the city's root sealed it and the asking machine has its key.
    #[must_use]
    pub fn prove(&self, root: &PublicKey) -> Option<Credential> {
        let credential = Credential::open(&self.credential, root).ok()?;
        let bytes = renewal_bytes(&self.credential, self.advertise.as_deref());
        credential.key.verifies(&self.proof, &bytes).then_some(credential)
    }
}

fn renewal_bytes(credential: &[u8], advertise: Option<&str>) -> Vec<u8> {
    let mut bytes = b"tongban-renew".to_vec();
    bytes.extend_from_slice(&Sha::of(credential).0);
    bytes.extend_from_slice(advertise.unwrap_or_default().as_bytes());
    bytes
}

fn proof_bytes(secret: [u8; 16], centre: Division) -> Vec<u8> {
    let mut bytes = b"tongban-join".to_vec();
    bytes.extend_from_slice(&secret);
    bytes.extend_from_slice(centre.as_str().as_bytes());
    bytes
}
