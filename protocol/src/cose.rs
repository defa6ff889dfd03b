//! `COSE_Sign1` envelopes (RFC 9052): Ed25519, the purpose as content type, no external data.

use coset::{
    ContentType, CoseSign1, CoseSign1Builder, HeaderBuilder, RegisteredLabelWithPrivate,
    TaggedCborSerializable, iana,
};

use crate::identity::{PublicKey, Signature, SigningKey};

/// What an envelope is for; a signature for one purpose is worth nothing for another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// An entry of a journal.
    Entry,
    /// The city's word that a key belongs to a centre.
    Credential,
    /// A node's word about the end of its journals.
    Heartbeat,
}

impl Purpose {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Entry => "application/tongban-entry",
            Self::Credential => "application/tongban-credential",
            Self::Heartbeat => "application/tongban-heartbeat",
        }
    }
}

/// Why bytes are not the envelope they should be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EnvelopeError {
    /// The bytes are not a tagged `COSE_Sign1` structure.
    #[error("not a COSE_Sign1 envelope: {0}")]
    NotCose(String),
    /// The algorithm named in the envelope is not one that this version can check.
    #[error("the envelope is signed with another algorithm than EdDSA; a newer version is needed")]
    OtherAlgorithm,
    /// The envelope was made for something else.
    #[error("the envelope was made for another purpose than {0:?}")]
    OtherPurpose(Purpose),
    /// The same content in other bytes than [`seal`] gives it. Whoever passes an envelope on could
    /// otherwise alter what the signature does not cover, and make an honest author look as if it
    /// had signed two entries with one number.
    #[error("the envelope is not in its one plain form: something was added or encoded otherwise")]
    NotPlain,
    /// There is no payload, or the signature has not 64 bytes.
    #[error("the envelope lacks its payload or a signature of 64 bytes")]
    Incomplete,
    /// The signature does not belong to these bytes and this key.
    #[error("the signature is wrong")]
    WrongSignature,
}

/// Signs `payload` and returns the tagged envelope.
#[must_use]
pub fn seal(purpose: Purpose, payload: Vec<u8>, key: &SigningKey) -> Vec<u8> {
    let protected = HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .content_type(purpose.content_type().to_owned())
        .build();
    CoseSign1Builder::new()
        .protected(protected)
        .payload(payload)
        .create_signature(b"", |bytes| key.sign(bytes).to_vec())
        .build()
        .to_tagged_vec()
        .unwrap_or_default()
}

/// An envelope whose form is right and whose signature is still to be checked.
#[derive(Clone, Debug)]
pub struct Unverified {
    /// The payload.
    pub payload: Vec<u8>,
    /// The signature as it came.
    pub signature: Signature,
    /// The bytes that were signed (`Sig_structure`, RFC 9052, 4.4).
    pub signed: Vec<u8>,
}

impl Unverified {
    /// Returns the payload if `key` made the signature.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::WrongSignature`].
    pub fn verify(self, key: &PublicKey) -> Result<Vec<u8>, EnvelopeError> {
        if key.verifies(&self.signature, &self.signed) {
            Ok(self.payload)
        } else {
            Err(EnvelopeError::WrongSignature)
        }
    }
}

/// Takes an envelope apart without judging its signature.
///
/// # Errors
///
/// Every [`EnvelopeError`] but [`EnvelopeError::WrongSignature`].
pub fn open(purpose: Purpose, bytes: &[u8]) -> Result<Unverified, EnvelopeError> {
    let envelope =
        CoseSign1::from_tagged_slice(bytes).map_err(|e| EnvelopeError::NotCose(e.to_string()))?;
    let header = &envelope.protected.header;
    if header.alg != Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::EdDSA)) {
        return Err(EnvelopeError::OtherAlgorithm);
    }
    if header.content_type != Some(ContentType::Text(purpose.content_type().to_owned())) {
        return Err(EnvelopeError::OtherPurpose(purpose));
    }
    if envelope.clone().to_tagged_vec().ok().as_deref() != Some(bytes)
        || !envelope.unprotected.is_empty()
    {
        return Err(EnvelopeError::NotPlain);
    }
    let signed = envelope.tbs_data(b"");
    let signature =
        envelope.signature.as_slice().try_into().map_err(|_| EnvelopeError::Incomplete)?;
    let payload = envelope.payload.ok_or(EnvelopeError::Incomplete)?;
    Ok(Unverified { payload, signature, signed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_seed([7; 32])
    }

    #[test]
    fn an_envelope_opens_for_its_purpose_and_key_only() {
        let sealed = seal(Purpose::Entry, b"paper".to_vec(), &key());
        let opened = open(Purpose::Entry, &sealed).unwrap();
        assert_eq!(opened.clone().verify(&key().public()).unwrap(), b"paper");
        let other = SigningKey::from_seed([8; 32]).public();
        assert_eq!(opened.verify(&other), Err(EnvelopeError::WrongSignature));
        let wrong = open(Purpose::Heartbeat, &sealed).unwrap_err();
        assert_eq!(wrong, EnvelopeError::OtherPurpose(Purpose::Heartbeat));
    }

    /// The parts of a plain envelope: tag and array, protected header, unprotected header, the rest.
    fn parts(sealed: &[u8]) -> (&[u8], &[u8], &[u8], &[u8]) {
        assert_eq!(sealed[2], 0x58, "a byte string with one byte of length");
        let at = 4 + usize::from(sealed[3]);
        (&sealed[..2], &sealed[2..at], &sealed[at..=at], &sealed[at + 1..])
    }

    #[test]
    fn an_envelope_altered_outside_its_signature_is_refused() {
        let sealed = seal(Purpose::Entry, b"paper".to_vec(), &key());
        let (head, protected, empty, rest) = parts(&sealed);
        assert_eq!(empty, [0xa0]);
        assert_eq!(rest[0], 0x45, "five bytes of payload");
        let note: &[u8] = &[0xa1, 0x18, 0x63, 0x01]; // {99: 1}
        let longer: &[u8] = &[&[0x58, 0x05], &rest[1..]].concat();
        for (what, bent) in [
            ("an unprotected header", [head, protected, note, rest].concat()),
            ("an empty header of unknown length", [head, protected, &[0xbf, 0xff], rest].concat()),
            ("a longer length of the payload", [head, protected, empty, longer].concat()),
            (
                "an array of unknown length",
                [&[0xd2, 0x9f], protected, empty, rest, &[0xff]].concat(),
            ),
            ("a byte at the end", [&sealed[..], &[0]].concat()),
        ] {
            assert!(open(Purpose::Entry, &bent).is_err(), "{what}");
        }
    }

    #[test]
    fn no_flipped_byte_survives() {
        let sealed = seal(Purpose::Entry, b"paper".to_vec(), &key());
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            let ok = open(Purpose::Entry, &bent).and_then(|it| it.verify(&key().public()));
            assert!(ok.is_err(), "byte {at}");
        }
    }
}
