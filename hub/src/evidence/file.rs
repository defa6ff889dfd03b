//! The file's bytes: a CBOR array of a name, a version, a credential, a payload, a signature.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use tongban_node::replica::{Incident, Member};
use tongban_protocol::document::DocumentName;
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::{Credential, PublicKey};
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;

use super::EvidenceError;

/// The first text of every file.
const NAME: &str = "tongban evidence";
/// What is signed begins so, lest the signature be taken for one of another kind.
const DOMAIN: &[u8] = b"tongban evidence file v1\0";

/// Everything in the file.
#[derive(Decode, Encode)]
pub(super) struct PayloadV1 {
    /// The city's root; checked against the fingerprint.
    #[n(0)]
    pub(super) root: PublicKey,
    #[n(1)]
    pub(super) home: Home,
    /// The case; none when the file is about the whole home.
    #[n(2)]
    pub(super) case: Option<DocumentName>,
    #[n(3)]
    pub(super) made_at: Timestamp,
    /// The journals, each from its opening.
    #[n(4)]
    pub(super) journals: Vec<JournalV1>,
    #[n(5)]
    pub(super) incidents: Vec<Incident>,
    /// The statements heard last, as they were signed, and when they came.
    #[n(6)]
    pub(super) statements: Vec<StatementV1>,
}

#[derive(Decode, Encode)]
pub(super) struct JournalV1 {
    #[n(0)]
    pub(super) journal: JournalId,
    #[n(1)]
    pub(super) entries: Vec<ByteVec>,
}

#[derive(Decode, Encode)]
pub(super) struct StatementV1 {
    #[n(0)]
    pub(super) received_at: Timestamp,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) sealed: Vec<u8>,
}

#[derive(Decode, Encode)]
#[cbor(array)]
struct FileV1 {
    #[n(0)]
    name: String,
    #[n(1)]
    version: u8,
    /// Of the machine that made the file.
    #[cbor(n(2), with = "minicbor::bytes")]
    credential: Vec<u8>,
    #[cbor(n(3), with = "minicbor::bytes")]
    payload: Vec<u8>,
    #[cbor(n(4), with = "minicbor::bytes")]
    signature: Vec<u8>,
}

/// A file that was taken apart; its seal is to be checked last, so that a wrong entry is named
/// before the whole is.
pub(super) struct Opened {
    pub(super) payload: PayloadV1,
    file: FileV1,
}

const VERSION: u8 = 1;

/// Signs the payload and gives the bytes of the file.
pub(super) fn seal(payload: &PayloadV1, member: &Member) -> Vec<u8> {
    let payload = minicbor::to_vec(payload).unwrap_or_default();
    let signature = member.key.sign(&signed(&payload)).to_vec();
    let credential = member.sealed.clone();
    let file = FileV1 { name: NAME.to_owned(), version: VERSION, credential, payload, signature };
    minicbor::to_vec(&file).unwrap_or_default()
}

/// Takes the bytes apart.
pub(super) fn open(bytes: &[u8]) -> Result<Opened, EvidenceError> {
    let broken = |e: minicbor::decode::Error| EvidenceError::NotEvidence(e.to_string());
    let mut decoder = minicbor::Decoder::new(bytes);
    decoder.array().map_err(broken)?;
    if decoder.str().map_err(broken)? != NAME {
        return Err(EvidenceError::NotEvidence("it does not begin like one".to_owned()));
    }
    let found = decoder.u8().map_err(broken)?;
    if found > VERSION {
        return Err(EvidenceError::NewerVersion { found, known: VERSION });
    }
    let file: FileV1 = minicbor::decode(bytes).map_err(broken)?;
    let payload: PayloadV1 = minicbor::decode(&file.payload).map_err(broken)?;
    // Bytes that a decoder passes over could carry what nobody signed.
    if minicbor::to_vec(&file).unwrap_or_default() != bytes {
        return Err(EvidenceError::NotEvidence("its bytes are not as they are written".to_owned()));
    }
    Ok(Opened { payload, file })
}

impl Opened {
    /// Checks who made the file and that it is as it was made.
    pub(super) fn check_seal(&self) -> Result<Credential, EvidenceError> {
        let refuse = EvidenceError::Seal;
        let credential = Credential::open(&self.file.credential, &self.payload.root)
            .map_err(|e| refuse(format!("its maker's {e}")))?;
        let signature: [u8; 64] = self
            .file
            .signature
            .as_slice()
            .try_into()
            .map_err(|_| refuse("its signature has not 64 bytes".to_owned()))?;
        if !credential.key.verifies(&signature, &signed(&self.file.payload)) {
            return Err(refuse("its signature does not belong to it".to_owned()));
        }
        Ok(credential)
    }
}

fn signed(payload: &[u8]) -> Vec<u8> {
    [DOMAIN, &Sha::of(payload).0].concat()
}
