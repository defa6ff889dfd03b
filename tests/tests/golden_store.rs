//! A township's data directory as format 2 was written, kept for ever: what rests on a machine's
//! disk is read by every later version, or the error says how its entries are taken over.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use minicbor::bytes::ByteVec;
use tempfile::TempDir;
use tongban_node::cases;
use tongban_node::membership::Membership;
use tongban_node::replica::Replica;
use tongban_node::service::open_replica;
use tongban_node::store::{Cursor, SledStore, Store, StoreError};
use tongban_protocol::document::{DocumentKind, Header};
use tongban_protocol::hash::Sha;
use tongban_protocol::journal::proof::audit_journal;
use tongban_protocol::journal::{Frontier, JournalId};
use tongban_protocol::place::Home;
use tongban_tests::town::{self, STORE, Town};

const TOWNSHIP: &str = "510921103";

/// The files of a directory by their names in it: a CBOR map, compressed.
type Packed = BTreeMap<String, ByteVec>;

fn kept() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/store-2.cbor.zst")
}

fn pack(root: &Path, dir: &Path, into: &mut Packed) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pack(root, &path, into);
        } else if !path.ends_with("store/ballast") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            into.insert(name, fs::read(&path).unwrap().into());
        }
    }
}

fn unpack(file: &Path) -> TempDir {
    let packed = zstd::decode_all(fs::File::open(file).unwrap()).unwrap();
    let files: Packed = minicbor::decode(&packed).unwrap();
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &*bytes).unwrap();
    }
    dir
}

/// Writes such a directory anew: five cases that the city has confirmed, and two that only the
/// machine has.
async fn make(file: &Path) {
    let town = Town::start();
    let dir = town.enrol(TOWNSHIP).await;
    town::file_cases(&dir, TOWNSHIP, 5, 3);
    let node = town::node(&dir, vec![town.hub.service.link_address().unwrap().to_string()]);
    let all = |replica: &Replica<SledStore>| {
        let ends = replica.frontier().iter();
        let mut own = ends.filter(|(journal, _)| journal.author == replica.member().author());
        own.all(|(journal, end)| {
            replica.receipted(*journal).is_some_and(|receipt| receipt.number == end.number)
        })
    };
    while !node.desk().ask(move |engine| all(engine.replica())).await.unwrap() {
        tokio::task::yield_now().await;
    }
    node.stop().await;
    town::file_cases(&dir, TOWNSHIP, 2, 2);
    town.hub.service.stop().await;
    let mut files = Packed::new();
    pack(&dir, &dir, &mut files);
    let bytes = minicbor::to_vec(files).unwrap();
    fs::write(file, zstd::encode_all(&*bytes, 19).unwrap()).unwrap();
}

fn journals(replica: &Replica<SledStore>) -> BTreeMap<JournalId, Vec<Vec<u8>>> {
    let read = |journal, number| replica.entry_bytes(journal, number).unwrap().unwrap();
    let ends = replica.frontier().iter();
    ends.map(|(journal, end)| (*journal, (1..=end.number).map(|n| read(*journal, n)).collect()))
        .collect()
}

fn own(frontier: &Frontier, membership: &Membership) -> Frontier {
    let node = membership.member().unwrap().credential.node();
    frontier.iter().filter(|(id, _)| id.author.node == node).map(|(id, end)| (*id, *end)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_of_each_format_that_was_written_is_kept() {
    if !kept().exists() {
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("store.cbor.zst");
        make(&new).await;
        panic!("{} is missing; {} would be it", kept().display(), new.display());
    }
}

#[test]
fn a_store_of_then_opens_verifies_and_says_what_it_said() {
    let dir = unpack(&kept());
    let (membership, replica) = open_replica(dir.path(), STORE).unwrap();
    assert_eq!(membership.incarnation, 0, "nothing was set aside");
    let mut cursor = Some(Cursor::start());
    while let Some(from) = cursor {
        let checked = replica.store().check(&from, 1_000).unwrap();
        assert!(checked.damage.is_empty(), "{checked:?}");
        cursor = checked.next;
    }
    for (journal, entries) in journals(&replica) {
        let tail = audit_journal(entries.iter().map(Vec::as_slice), &membership.welcome.root);
        assert_eq!(tail.unwrap().unwrap().end, replica.frontier()[&journal]);
    }
    let home = Home::office(TOWNSHIP.parse().unwrap());
    let documents = replica.documents(home, DocumentKind::Case, None, 100).unwrap();
    let said: Vec<String> = documents
        .into_iter()
        .map(|id| {
            let case = replica.case(id).unwrap().unwrap();
            let header = case.view.header.unwrap();
            let document = replica.paper(id).unwrap().unwrap().canonical().unwrap();
            let stage = cases::why(&replica, &[], id).unwrap().stage.unwrap();
            let (state, events) = (case.folded.course.state, case.view.events.len());
            let Header { number, item_name, applicant, .. } = header;
            let sha = &Sha::of(&document).to_string()[..8];
            format!("{number} {item_name} {applicant} {state:?} {events} {stage:?} {sha}")
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"), @"
    510921103-20131213-000000 动物及动物产品检疫合格证核发(产地检疫) 刘秀勇 Received 3 City dfc47c10
    510921103-20131213-000001 生育登记(生育服务登记) 蒲成超 Received 3 City 6b868159
    510921103-20131213-000002 城乡居民基本养老保险参保信息变更(姓名/出生日期/证件号) 唐秀桂 Received 3 City 9607818b
    510921103-20131213-000003 城乡居民基本养老保险参保登记 杨强丽 Received 3 City 8c444bac
    510921103-20131213-000004 社会保障卡注销 朱霞义 Received 3 City 7d92a823
    510921103-20131213-000000 动物及动物产品检疫合格证核发(产地检疫) 刘秀勇 Received 2 Here c6c6cb62
    510921103-20131213-000001 生育登记(生育服务登记) 蒲成超 Received 2 Here 8976e20d
    ");
}

#[test]
fn outbox_of_then_gives_what_its_database_lacks() {
    let whole = unpack(&kept());
    let (membership, replica) = open_replica(whole.path(), STORE).unwrap();
    let (before, entries) = (own(replica.frontier(), &membership), journals(&replica));
    assert!(replica.waiting() > 0 && !before.is_empty());

    let lost = unpack(&kept());
    fs::remove_dir_all(lost.path().join("store/sled")).unwrap();
    let (_, replica) = open_replica(lost.path(), STORE).unwrap();
    assert_eq!(own(replica.frontier(), &membership), before);
    for (journal, found) in journals(&replica) {
        assert_eq!(found, entries[&journal]);
    }
}

#[test]
fn a_store_of_a_format_that_is_not_known_is_refused_and_left_as_it_is() {
    let dir = unpack(&kept());
    let (store, format) = (dir.path().join("store"), dir.path().join("store/format"));
    assert_eq!(fs::read_to_string(&format).unwrap(), "tongban-store 2\n");
    fs::write(&format, "tongban-store 3\n").unwrap();
    let (mut before, mut after) = (Packed::new(), Packed::new());
    pack(&store, &store, &mut before);
    let error = SledStore::open(&store, STORE).unwrap_err();
    assert!(matches!(error, StoreError::NewerFormat { found: 3, supported: 2, .. }), "{error}");
    assert!(error.to_string().contains("install the newer program"), "{error}");
    pack(&store, &store, &mut after);
    assert_eq!(before, after);
}
