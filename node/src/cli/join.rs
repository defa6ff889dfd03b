//! `join` and `renew`: from a token to a membership on disk, and fresh papers for one.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use tongban_config::settings::NodeSettings;
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::{Credential, CredentialError, SigningKey, Token, TokenError};
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

use super::{CliError, out};
use crate::join::{JoinAnswer, JoinRequest, Question, RenewRequest, Welcome};
use crate::link::{LinkEndpoint, LinkError, LinkSettings};
use crate::membership::{Membership, MembershipError, read_key, refuse_joined, write_key};
use crate::{clock, entropy};

/// Why a machine did not join. Nothing but its key was written.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The token is of no use.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The machine is a member already, or its directory cannot be written.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// The address in the token is not known here.
    #[error("the hub's address {address} is not known here: {why}; see to name service or network")]
    UnknownAddress {
        /// The address.
        address: String,
        /// What the system said.
        why: String,
    },
    /// The hub does not answer, or is not the token's.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The hub said no.
    #[error("the city does not let this machine in: {0}")]
    Refused(String),
    /// The answer is no answer.
    #[error("the hub's answer cannot be understood: {0}; update this machine or the hub")]
    Malformed(String),
    /// Nobody is known who could be asked.
    #[error("this machine knows no hub to ask; join again with a token from the city")]
    NobodyToAsk,
    /// The root in the answer is not the one that is known.
    #[error("the hub shows another root than the one that is known here; ask the city")]
    OtherRoot,
    /// The credential is not sealed by the root.
    #[error("the hub's answer is worth nothing: {0}")]
    Credential(#[from] CredentialError),
    /// The credential is that of another key.
    #[error("the hub's answer is for another machine's key; try again")]
    OtherKey,
    /// The credential is for another centre.
    #[error("the hub's answer is for centre {found}, and this machine is for {expected}")]
    OtherCentre {
        /// The centre of token or credential.
        expected: Division,
        /// The credential's.
        found: Division,
    },
}

pub(super) fn run(settings: &NodeSettings, token: &Token) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    let data_dir = settings.data_dir.as_path();
    refuse_joined(data_dir)?;
    let key = match read_key(data_dir)? {
        Some(key) => key, // An earlier try; the hub knows it if only its answer was lost.
        None => SigningKey::from_seed(entropy::seed()?),
    };
    let advertise = settings.link.advertise.as_ref().map(ToString::to_string);
    let joining = join_city(data_dir, token, key, advertise, clock::now());
    let membership = runtime.block_on(joining)?;
    out::line(format!(
        "joined as {} ({}); start the service with `tongban-node run`",
        membership.welcome.name, token.centre
    ))
}

pub(super) fn renew(settings: &NodeSettings) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    let advertise = settings.link.advertise.as_ref().map(ToString::to_string);
    let membership = runtime.block_on(renew_papers(&settings.data_dir, advertise))?;
    out::line(format!(
        "the papers of {} are renewed; from the next start on it dials {}",
        membership.welcome.name,
        membership.welcome.parents.join(", ")
    ))
}

/// Joins the city of a token with `key`, and writes the membership.
///
/// The key is written first, so that a second try after a lost answer is the same machine. Must
/// be called within a tokio runtime.
///
/// # Errors
///
/// [`JoinError`] says what to do.
pub async fn join_city(
    data_dir: &Path,
    token: &Token,
    key: SigningKey,
    advertise: Option<String>,
    now: Timestamp,
) -> Result<Membership, JoinError> {
    refuse_joined(data_dir)?;
    token.check_time(now)?;
    write_key(data_dir, &key)?;
    let request = JoinRequest::new(token.secret, token.centre, &key, advertise);
    let answer = ask(&token.address, token.root, &Question::Join(request)).await?;
    let welcome = read_answer(&answer, (token.root, token.centre), &key)?;
    let membership = Membership { key, welcome, incarnation: 0 };
    membership.save(data_dir)?;
    Ok(membership)
}

/// Asks the hub for fresh papers: a certificate that lasts, and whom to dial now. They are written
/// down and taken at the next start.
///
/// The hub is the last of those whom this machine dials. Must be called within a tokio runtime.
///
/// # Errors
///
/// [`JoinError`] says what to do; the papers are as they were.
pub async fn renew_papers(
    data_dir: &Path,
    advertise: Option<String>,
) -> Result<Membership, JoinError> {
    let Membership { key, welcome: old, incarnation } = Membership::load(data_dir)?;
    let centre = Credential::open(&old.credential, &old.root)?.path.centre();
    let question = Question::Renew(RenewRequest::new(old.credential.clone(), &key, advertise));
    let hub = old.parents.last().ok_or(JoinError::NobodyToAsk)?;
    let root = old.root.fingerprint();
    let answer = ask(hub, root, &question).await?;
    let welcome = read_answer(&answer, (root, centre), &key)?;
    let membership = Membership { key, welcome, incarnation };
    membership.save(data_dir)?;
    Ok(membership)
}

/// Asks a hub of which the root's fingerprint is known.
async fn ask(address: &str, root: Sha, question: &Question) -> Result<Vec<u8>, JoinError> {
    let remote = look_up(address).await?;
    let local: SocketAddr = match remote {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let endpoint = LinkEndpoint::bind(local, None, LinkSettings::default())?;
    let answer = endpoint.join(remote, root.0, &question.encode()).await;
    endpoint.shutdown(0, "answered").await;
    Ok(answer?)
}

/// Reads the hub's answer and believes nothing of it that the root, the centre and the key that
/// are known do not vouch for.
///
/// # Errors
///
/// [`JoinError`] says what does not fit.
pub fn read_answer(
    bytes: &[u8],
    (root, expected): (Sha, Division),
    key: &SigningKey,
) -> Result<Welcome, JoinError> {
    let answer = minicbor::decode(bytes).map_err(|e| JoinError::Malformed(e.to_string()))?;
    let welcome = match answer {
        JoinAnswer::Welcome(welcome) => welcome,
        JoinAnswer::Refused(why) => return Err(JoinError::Refused(why)),
    };
    if welcome.root.fingerprint() != root {
        return Err(JoinError::OtherRoot);
    }
    let credential = Credential::open(&welcome.credential, &welcome.root)?;
    if credential.key != key.public() {
        return Err(JoinError::OtherKey);
    }
    let found = credential.path.centre();
    if expected != found {
        return Err(JoinError::OtherCentre { expected, found });
    }
    Ok(welcome)
}

async fn look_up(address: &str) -> Result<SocketAddr, JoinError> {
    let unknown = |why: String| JoinError::UnknownAddress { address: address.to_owned(), why };
    let mut found =
        tokio::net::lookup_host(address).await.map_err(|error| unknown(error.to_string()))?;
    found.next().ok_or_else(|| unknown("no address".to_owned()))
}
