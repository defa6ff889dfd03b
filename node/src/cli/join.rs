//! `join` and `renew`: from a token to a membership on disk, and fresh papers for one.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use tongban_config::address::HostPort;
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
    #[error(
        "the papers of this machine name no address of the hub that can be dialled; give it: `renew --address HOST:PORT`"
    )]
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

/// Where the hub is asked for fresh papers.
#[derive(Clone, Copy, Debug)]
pub enum HubAddress<'a> {
    /// Here, whatever the papers say.
    Given(&'a HostPort),
    /// Where the papers say; here, where they say nothing that can be dialled.
    OfPapers(Option<&'a HostPort>),
}

impl HubAddress<'_> {
    /// The address; of the papers the last, for the centre above comes before the hub.
    fn among(self, papers: &[String]) -> Option<String> {
        let known = || papers.last().filter(|it| can_be_dialled(it)).cloned();
        match self {
            Self::Given(address) => Some(address.to_string()),
            Self::OfPapers(other) => known().or_else(|| other.map(ToString::to_string)),
        }
    }
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

pub(super) fn renew(settings: &NodeSettings, address: Option<HostPort>) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    let advertise = settings.link.advertise.as_ref().map(ToString::to_string);
    let hub = match &address {
        Some(address) => HubAddress::Given(address),
        None => HubAddress::OfPapers(settings.link.parents.last()),
    };
    let membership = runtime.block_on(renew_papers(&settings.data_dir, advertise, hub))?;
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
    let request = request.reached_at(&token.address);
    let answer = ask(&token.address, token.root, &Question::Join(request)).await?;
    let mut welcome = read_answer(&answer, (token.root, token.centre), &key)?;
    welcome.parents = to_dial(welcome.parents, &token.address);
    let membership = Membership { key, welcome, incarnation: 0 };
    membership.save(data_dir)?;
    Ok(membership)
}

/// Asks the hub for fresh papers: a certificate that lasts, and whom to dial now. They are written
/// down and taken at the next start.
///
/// Must be called within a tokio runtime.
///
/// # Errors
///
/// [`JoinError`] says what to do; the papers are as they were.
pub async fn renew_papers(
    data_dir: &Path,
    advertise: Option<String>,
    hub: HubAddress<'_>,
) -> Result<Membership, JoinError> {
    let Membership { key, welcome: old, incarnation } = Membership::load(data_dir)?;
    let centre = Credential::open(&old.credential, &old.root)?.path.centre();
    let hub = hub.among(&old.parents).ok_or(JoinError::NobodyToAsk)?;
    let request = RenewRequest::new(old.credential.clone(), &key, advertise).reached_at(&hub);
    let root = old.root.fingerprint();
    let answer = ask(&hub, root, &Question::Renew(request)).await?;
    let mut welcome = read_answer(&answer, (root, centre), &key)?;
    welcome.parents = to_dial(welcome.parents, &hub);
    let membership = Membership { key, welcome, incarnation };
    membership.save(data_dir)?;
    Ok(membership)
}

/// What papers name, with the address that answered in the place of each that nobody can dial.
fn to_dial(parents: Vec<String>, answered: &str) -> Vec<String> {
    let known = |it: String| if can_be_dialled(&it) { it } else { answered.to_owned() };
    let mut parents: Vec<String> = parents.into_iter().map(known).collect();
    if parents.is_empty() {
        parents.push(answered.to_owned());
    }
    parents.dedup();
    parents
}

fn can_be_dialled(address: &str) -> bool {
    address.parse::<HostPort>().is_ok_and(|it| it.can_be_dialled())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn list(addresses: &[&str]) -> Vec<String> {
        addresses.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn papers_never_name_what_nobody_can_dial() {
        let answered = "127.0.0.1:7443";
        for (said, kept) in [
            (&["0.0.0.0:7443"][..], &[answered][..]),
            (&["county:1", "[::]:7443"], &["county:1", answered]),
            (&["county:1", "hub:2"], &["county:1", "hub:2"]),
            (&[], &[answered]),
        ] {
            assert_eq!(to_dial(list(said), answered), list(kept), "{said:?}");
        }
    }

    #[test]
    fn a_hub_that_the_papers_do_not_name_is_asked_where_somebody_says() {
        let said: HostPort = "said:1".parse().unwrap();
        let (known, none) = (list(&["county:1", "hub:2"]), list(&["0.0.0.0:7443"]));
        let among = |hub: HubAddress<'_>, papers: &[String]| hub.among(papers).unwrap_or_default();
        assert_eq!(among(HubAddress::OfPapers(Some(&said)), &known), "hub:2");
        assert_eq!(among(HubAddress::OfPapers(Some(&said)), &none), "said:1");
        assert_eq!(among(HubAddress::OfPapers(None), &none), "");
        assert_eq!(among(HubAddress::Given(&said), &known), "said:1");
    }
}
