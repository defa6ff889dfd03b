//! Why a command failed.

use tongban_config::load::LoadError;
use tongban_protocol::catalogue::ItemId;
use tongban_protocol::identity::CredentialError;

use super::{ApiError, JoinError};
use crate::accounts::AccountsError;
use crate::backup::RestoreError;
use crate::carry::CarryError;
use crate::cases::CaseError;
use crate::entropy::EntropyError;
use crate::import::ImportError;
use crate::link::LinkError;
use crate::membership::{MembershipError, remedy};
use crate::orders::OrderError;
use crate::posts::PostError;
use crate::publication::{DraftError, PublishError};
use crate::records::RecordError;
use crate::replica::ReplicaError;
use crate::samples::SampleError;
use crate::service::StartError;
use crate::store::StoreError;

/// Why a command failed, for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error(transparent)]
    Settings(#[from] LoadError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Membership(#[from] MembershipError),
    #[error(transparent)]
    Credential(#[from] CredentialError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Order(#[from] OrderError),
    #[error(transparent)]
    Sample(#[from] SampleError),
    #[error(transparent)]
    Draft(#[from] DraftError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(
        "there is no draft {0}; `item import` makes drafts (没有草稿 {0}，请先用 item import 读入)"
    )]
    NoDraft(ItemId),
    #[error(
        "no case here has the name or number `{0}`; see `case list` (本机没有名称或编号为“{0}”的办件，请用 case list 查看)"
    )]
    NoSuchCase(String),
    #[error(
        "several cases here have that number: {0}; name one (此编号在本机对应多个办件：{0}，请写明是哪一件)"
    )]
    SeveralCases(String),
    #[error("{path}: {source}")]
    Carry { path: String, source: CarryError },
    #[error("{path}: {source}")]
    Restore { path: String, source: Box<RestoreError> },
    #[error(transparent)]
    Join(#[from] JoinError),
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("{path}: {source}; {remedy}", remedy = remedy(source))]
    File { path: String, source: std::io::Error },
    #[error("TCP address {address} cannot be opened: {source}; choose a free one as http.listen")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    #[error("the service cannot run: {0}")]
    Runtime(std::io::Error),
    #[error("the service runs and has the store; stop it first: `{0}` reads the disk itself")]
    Runs(&'static str),
    #[error("{0} exists already; nothing is ever written over, give another name")]
    Exists(String),
    #[error("{0} holds no key; it is 64 hexadecimal digits, as in `node.key`")]
    NoKey(String),
    #[error(
        "the service runs, and the key never leaves over its HTTP service; stop it first, or \
         make the backup without --with-key and copy {0} to a safe place yourself"
    )]
    KeyWhileRunning(String),
    #[error("the terminal or pipe is closed: {0}")]
    Output(std::io::Error),
}
