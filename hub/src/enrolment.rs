//! Enrolment: the city's root, one-time tokens, and the roster.
//!
//! A token is a file below `enrolment/`, so that `enrol` works while the hub runs. Its secret is
//! kept as a hash. A token that was used answers the same machine again, in case the answer was
//! lost on its way, and refuses every other.

mod issued;
pub(crate) mod page;
mod roster;
#[cfg(test)]
mod tests;
mod token_file;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rand_core::CryptoRng;
use tongban_config::city::City;
use tongban_node::join::{JoinRequest, RenewRequest, Welcome};
use tongban_node::membership::{self, Membership, MembershipError};
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::{Credential, PublicKey, SigningKey, Token};
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

use crate::authority::{Authority, AuthorityError, CertificateTerms};

pub use roster::{Enrolled, Roster, enrol_event, read as read_roster, revoke_event, roster_name};
use token_file::TokenFile;
pub use token_file::TokenLine;

/// Who issues a token, and when; nobody where the command line does.
pub type Issuer<'a> = Option<(&'a str, Timestamp)>;

/// Why the city cannot be set up or a machine not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// The directory holds a city already.
    #[error("{0} holds a city already; give another data_dir, or run it")]
    AlreadyThere(PathBuf),
    /// There is no city in the directory.
    #[error("{0} is not there: this directory holds no city; run `init` first")]
    NoCity(PathBuf),
    /// A file cannot be read or written.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// A file is not what was written.
    #[error("{path} cannot be understood: {why}; restore it from a backup")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A certificate cannot be made.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The tree has no such centre.
    #[error("the city has no centre {0}; `audit` lists those it has")]
    NoSuchCentre(Division),
    /// The token was never issued here, or its secret is wrong.
    #[error("this token was not issued by this city; ask the city for a new one")]
    UnknownToken,
    /// The token was issued for another centre.
    #[error("the token is for centre {token}, and the machine claims {claimed}")]
    OtherCentre {
        /// The token's centre.
        token: Division,
        /// The machine's.
        claimed: Division,
    },
    /// The token was used by another machine.
    #[error(
        "the token for centre {centre} was used at {used_at} by another machine; ask the city for a new one"
    )]
    Used {
        /// The centre.
        centre: Division,
        /// When it was used.
        used_at: Timestamp,
    },
    /// The token is past its time.
    #[error("the token for centre {centre} expired at {expired_at}; ask the city for a new one")]
    Expired {
        /// The centre.
        centre: Division,
        /// When it ended.
        expired_at: Timestamp,
    },
    /// The office took the token back.
    #[error("the token for centre {centre} was taken back at {at}; ask the city for a new one")]
    TakenBack {
        /// The centre.
        centre: Division,
        /// When.
        at: Timestamp,
    },
    /// The office has no token of this name.
    #[error("no token {0} was issued here; the list names those that were")]
    NoSuchToken(String),
    /// The machine cannot show that it holds its key.
    #[error("the machine does not hold the key that it asks to enrol")]
    NotProved,
}

impl EnrolmentError {
    /// What is wrong and what to do, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::AlreadyThere(path) => {
                format!("{} 已建有城市，请另选 data_dir，或直接运行", path.display())
            }
            Self::NoCity(path) => format!("没有 {}：此目录未建城市，请先 init", path.display()),
            Self::Membership(error) => format!("文件不能读写：{error}"),
            Self::Malformed { path, why } => {
                format!("{} 无法读取（{why}），请从备份恢复", path.display())
            }
            Self::Authority(error) => format!("不能签发证书：{error}"),
            Self::NoSuchCentre(centre) => format!("本市没有中心 {centre}"),
            Self::UnknownToken => "此令牌不是本市发放的，请向市中心索取新的".to_owned(),
            Self::OtherCentre { token, claimed } => {
                format!("令牌属于中心 {token}，而机器自称 {claimed}")
            }
            Self::Used { centre, used_at } => {
                format!("中心 {centre} 的令牌已于 {used_at} 被一台机器使用")
            }
            Self::Expired { centre, expired_at } => {
                format!("中心 {centre} 的令牌已于 {expired_at} 过期，请发新的")
            }
            Self::TakenBack { centre, at } => {
                format!("中心 {centre} 的令牌已于 {at} 收回，请发新的")
            }
            Self::NoSuchToken(name) => format!("没有发放过令牌 {name}，请从列表操作"),
            Self::NotProved => "该机器不持有它所申请的密钥".to_owned(),
        }
    }
}

/// The city's root: its key, its certificates, and what it is called.
#[derive(Debug)]
pub struct Office {
    data_dir: PathBuf,
    city: Arc<City>,
    root: SigningKey,
    authority: Authority,
}

impl Office {
    /// Sets a new city up: root key, root certificate, and the hub's own membership.
    ///
    /// # Errors
    ///
    /// [`EnrolmentError::AlreadyThere`] if the directory holds one; nothing has changed then.
    pub fn init(
        data_dir: &Path,
        city: Arc<City>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, EnrolmentError> {
        let root_path = data_dir.join("root");
        if membership::read_key(&root_path)?.is_some() {
            return Err(EnrolmentError::AlreadyThere(data_dir.to_owned()));
        }
        membership::refuse_joined(data_dir)?;
        let root = new_key(rng);
        let created = seconds(now).to_string();
        membership::write_whole(&root_path.join("created"), created.as_bytes(), 0o644)?;
        membership::write_key(&root_path, &root)?;
        let office = Self::load(data_dir, city)?;
        let key = new_key(rng);
        membership::write_key(data_dir, &key)?;
        let centre = office.city.tree.root().division;
        let welcome = office.welcome(centre, key.public(), now, Vec::new())?;
        Membership { key, welcome, incarnation: 0 }.save(data_dir)?;
        Ok(office)
    }

    /// Opens the city of a directory.
    ///
    /// # Errors
    ///
    /// [`EnrolmentError::NoCity`] if there is none.
    pub fn load(data_dir: &Path, city: Arc<City>) -> Result<Self, EnrolmentError> {
        let path = data_dir.join("root");
        let root = membership::read_key(&path)?
            .ok_or_else(|| EnrolmentError::NoCity(path.join("node.key")))?;
        let path = path.join("created");
        let text = std::fs::read_to_string(&path)
            .map_err(|e| EnrolmentError::Malformed { path: path.clone(), why: e.to_string() })?;
        let malformed = |e: std::num::ParseIntError| EnrolmentError::Malformed {
            path: path.clone(),
            why: e.to_string(),
        };
        let created: u64 = text.trim().parse().map_err(malformed)?;
        let terms = CertificateTerms::root("tongban root", 1, created);
        let authority = Authority::create(&root.to_seed(), terms)?;
        Ok(Self { data_dir: data_dir.to_owned(), city, root, authority })
    }

    /// The city's centres.
    #[must_use]
    pub const fn city(&self) -> &Arc<City> {
        &self.city
    }

    /// The fingerprint by which a person compares this city's root.
    #[must_use]
    pub fn fingerprint(&self) -> Sha {
        self.root.public().fingerprint()
    }

    /// Issues a one-time token for a centre, good until an instant, by whom the page knows.
    ///
    /// # Errors
    ///
    /// [`EnrolmentError::NoSuchCentre`], or the disk's.
    pub fn issue_token(
        &self,
        centre: Division,
        address: &str,
        (until, by): (Timestamp, Issuer<'_>),
        rng: &mut impl CryptoRng,
    ) -> Result<Token, EnrolmentError> {
        if self.city.tree.centre(centre).is_none() {
            return Err(EnrolmentError::NoSuchCentre(centre));
        }
        let mut secret = [0; 16];
        rng.fill_bytes(&mut secret);
        let root = self.fingerprint();
        let address = address.to_owned();
        let token = Token { address, root, centre, expires_at: until, secret };
        TokenFile::new(&token, by).save(&self.data_dir)?;
        Ok(token)
    }

    /// Lists the tokens that were issued, those that end last first; and the files that cannot be
    /// understood.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn tokens(&self) -> Result<(Vec<TokenLine>, Vec<EnrolmentError>), EnrolmentError> {
        TokenFile::list(&self.data_dir)
    }

    /// Makes a token worthless that no machine has used yet.
    ///
    /// # Errors
    ///
    /// [`EnrolmentError::NoSuchToken`], [`EnrolmentError::Used`], or the disk's.
    pub fn cancel_token(&self, name: &str, now: Timestamp, by: &str) -> Result<(), EnrolmentError> {
        let mut file = TokenFile::named(&self.data_dir, name)?;
        file.cancel(now, by)?;
        file.save(&self.data_dir)
    }

    /// Answers a machine that wants to join; writes down that its token is used.
    ///
    /// `parents` are the addresses that the machine is to dial, in order of preference. Whoever
    /// calls this writes the machine into the roster before the answer leaves.
    ///
    /// # Errors
    ///
    /// [`EnrolmentError`] says why the machine is not let in.
    pub fn admit(
        &self,
        request: &JoinRequest,
        now: Timestamp,
        parents: Vec<String>,
    ) -> Result<Welcome, EnrolmentError> {
        if !request.is_proved() {
            return Err(EnrolmentError::NotProved);
        }
        let mut file = TokenFile::find(&self.data_dir, &request.secret)?;
        file.check(request, now)?;
        let key = request.key;
        let welcome = self.welcome(file.centre(), key, now, parents)?;
        file.use_up(&key, now);
        file.save(&self.data_dir)?;
        Ok(welcome)
    }

    /// Gives a member a fresh certificate for the credential that it has, and new addresses.
    ///
    /// # Errors
    ///
    /// [`EnrolmentError::NotProved`], or that its centre is there no longer.
    pub fn renew(
        &self,
        request: &RenewRequest,
        now: Timestamp,
        parents: Vec<String>,
    ) -> Result<Welcome, EnrolmentError> {
        let credential = request.prove(&self.root.public()).ok_or(EnrolmentError::NotProved)?;
        let fresh = self.welcome(credential.path.centre(), credential.key, now, parents)?;
        Ok(Welcome { credential: request.credential.clone(), ..fresh })
    }

    /// Gives the hub itself a fresh certificate; it asks nobody else.
    ///
    /// # Errors
    ///
    /// The disk's, or that the hub's membership is damaged.
    pub fn renew_hub(&self, now: Timestamp) -> Result<(), EnrolmentError> {
        let Membership { key, welcome, incarnation } = Membership::load(&self.data_dir)?;
        let request = RenewRequest::new(welcome.credential, &key, None);
        let welcome = self.renew(&request, now, welcome.parents)?;
        Ok(Membership { key, welcome, incarnation }.save(&self.data_dir)?)
    }

    /// The root's key, by which credentials are checked.
    #[must_use]
    pub fn root(&self) -> PublicKey {
        self.root.public()
    }

    fn welcome(
        &self,
        division: Division,
        key: PublicKey,
        now: Timestamp,
        parents: Vec<String>,
    ) -> Result<Welcome, EnrolmentError> {
        let no_centre = || EnrolmentError::NoSuchCentre(division);
        let centre = self.city.tree.centre(division).ok_or_else(no_centre)?;
        let path = self.city.tree.path(division).ok_or_else(no_centre)?;
        let credential = Credential { key, path, issued_at: now, tier: centre.tier };
        let mut serial = [0; 8];
        serial.copy_from_slice(&key.fingerprint().0[..8]);
        let serial = u64::from_be_bytes(serial) >> 1; // Positive, as X.509 wants it.
        let terms = CertificateTerms::node(division.as_str(), serial, seconds(now));
        Ok(Welcome {
            credential: credential.seal(&self.root),
            certificate: self.authority.issue(&key.0, terms)?.to_vec(),
            root_certificate: self.authority.root_certificate().to_vec(),
            root: self.root.public(),
            parents,
            name: centre.name_zh.clone(),
        })
    }
}

/// How long a token is good unless the operator says otherwise.
pub const TOKEN_LIFE: Duration = Duration::from_hours(7 * 24);

fn new_key(rng: &mut impl CryptoRng) -> SigningKey {
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    SigningKey::from_seed(seed)
}

fn seconds(now: Timestamp) -> u64 {
    u64::try_from(now.0 / 1_000).unwrap_or(0)
}
