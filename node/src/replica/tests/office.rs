//! Centres, clerks and cases for tests of replicas and engines.

use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use tongban_protocol::document::{DocumentId, DocumentKind, Edit, Event, EventKind, Header};
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::{Credential, SigningKey};
use tongban_protocol::place::{Division, Home, Path, Tier};
use tongban_protocol::time::Timestamp;
use tongban_protocol::value::Value;

use super::super::{Appended, Member, Replica, ReplicaError};
use crate::store::FaultyStore;

pub(crate) const CITY: &[&str] = &["510900"];
pub(crate) const COUNTY: &[&str] = &["510921", "510900"];
pub(crate) const TOWN: &[&str] = &["510921103", "510921", "510900"];
pub(crate) const OTHER_TOWN: &[&str] = &["510921104", "510921", "510900"];

/// 2026-03-02, 09:00 in Suining.
pub(crate) const NOW: Timestamp = Timestamp(1_772_413_200_000);

pub(crate) fn root() -> SigningKey {
    SigningKey::from_seed([1; 32])
}

pub(crate) fn division(code: &str) -> Division {
    code.parse().unwrap()
}

pub(crate) fn office(path: &[&str]) -> Home {
    Home::office(division(path[0]))
}

/// The member of a centre, by its path, itself first.
pub(crate) fn member(path: &[&str], incarnation: u32) -> Member {
    let key = SigningKey::from_seed(Sha::of(path[0].as_bytes()).0);
    let above: Vec<Division> = path[1..].iter().map(|code| division(code)).collect();
    let tier = [Tier::City, Tier::County, Tier::Township][above.len()];
    let path = Path::new(division(path[0]), &above);
    let credential = Credential { key: key.public(), path, issued_at: NOW, tier };
    Member { sealed: credential.seal(&root()), key, credential, incarnation, root: root().public() }
}

pub(crate) fn open(store: &FaultyStore, path: &[&str], incarnation: u32) -> Replica<FaultyStore> {
    Replica::open(store.clone(), member(path, incarnation), 8).unwrap()
}

pub(crate) fn rng(seed: u64) -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(seed)
}

pub(crate) fn event(kind: EventKind, at: Timestamp) -> Edit {
    Edit::Event(Event::new(kind, at, "李", ""))
}

pub(crate) fn field(value: &str) -> Edit {
    Edit::Field("address".to_owned(), Value::Text(value.to_owned()))
}

/// What a clerk enters when a case is handed in at a counter.
pub(crate) fn application(number: &str, taken_by: Division, at: Timestamp) -> Vec<Edit> {
    let header = Header {
        number: number.to_owned(),
        item: "T01".to_owned(),
        item_name: "城乡居民基本医疗保险参保登记".to_owned(),
        applicant: "𠮷田".to_owned(),
        channel: "窗口".to_owned(),
        taken_by,
        taken_at: at,
        part_of: None,
    };
    vec![Edit::Header(header), field("遂宁"), event(EventKind::Receive, at)]
}

/// Stages a new case of the replica's own centre.
pub(crate) fn file(
    replica: &mut Replica<FaultyStore>,
    now: Timestamp,
    rng: &mut ChaCha12Rng,
) -> Result<(DocumentId, Appended), ReplicaError> {
    let name = replica.name_document(now, DocumentKind::Case, rng);
    let (centre, home) = (replica.member().centre(), Home::office(replica.member().centre()));
    let appended = replica.append(now, home, vec![(name, application("1", centre, now))])?;
    Ok((DocumentId { home, name }, appended))
}
