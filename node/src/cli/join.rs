//! `join`: from a token to a membership on disk.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use tongban_config::settings::NodeSettings;
use tongban_protocol::identity::{Credential, CredentialError, SigningKey, Token, TokenError};
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

use super::{CliError, out};
use crate::join::{JoinAnswer, JoinRequest, Welcome};
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
    /// The root in the answer is not the token's.
    #[error("the hub shows a root that is not the token's; ask the city for a new token")]
    OtherRoot,
    /// The credential is not sealed by the root.
    #[error("the hub's answer is worth nothing: {0}")]
    Credential(#[from] CredentialError),
    /// The credential is that of another key.
    #[error("the hub's answer is for another machine's key; try again with the same token")]
    OtherKey,
    /// The credential is for another centre.
    #[error("the hub's answer is for centre {found}, and the token is for {expected}")]
    OtherCentre {
        /// The token's centre.
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
    let remote = look_up(&token.address).await?;
    let local: SocketAddr = match remote {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let endpoint = LinkEndpoint::bind(local, None, LinkSettings::default())?;
    let request = JoinRequest::new(token.secret, token.centre, &key, advertise);
    let request = minicbor::to_vec(request).unwrap_or_default();
    let answer = endpoint.join(remote, token.root.0, &request).await;
    endpoint.shutdown(0, "joined").await;
    let welcome = read_answer(&answer?, token, &key)?;
    let membership = Membership { key, welcome, incarnation: 0 };
    membership.save(data_dir)?;
    Ok(membership)
}

/// Reads the hub's answer and believes nothing of it that the token does not vouch for.
///
/// # Errors
///
/// [`JoinError`] says what does not fit.
pub fn read_answer(bytes: &[u8], token: &Token, key: &SigningKey) -> Result<Welcome, JoinError> {
    let answer = minicbor::decode(bytes).map_err(|e| JoinError::Malformed(e.to_string()))?;
    let welcome = match answer {
        JoinAnswer::Welcome(welcome) => welcome,
        JoinAnswer::Refused(why) => return Err(JoinError::Refused(why)),
    };
    if welcome.root.fingerprint() != token.root {
        return Err(JoinError::OtherRoot);
    }
    let credential = Credential::open(&welcome.credential, &welcome.root)?;
    if credential.key != key.public() {
        return Err(JoinError::OtherKey);
    }
    let (expected, found) = (token.centre, credential.path.centre());
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
