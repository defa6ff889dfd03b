//! The command line: what it reads, and what it refuses.

use clap::CommandFactory;
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::SigningKey;
use tongban_protocol::place::{Home, Tier};

use super::*;
use crate::backup::{KeyChoice, Source, restore, write_backup};
use crate::cases::fixture::{CITY, COUNTY, NINE, TOWN, member, new_case, rng};
use crate::cases::take;
use crate::join::{JoinAnswer, Welcome};
use crate::membership::{Membership, MembershipError};
use crate::replica::Replica;
use crate::service::open_replica;
use crate::store::{Area, Batch, FaultyStore, MemoryStore, Store, StoreSettings};

fn read(args: &str) -> Result<Cli, String> {
    let args = std::iter::once("tongban-node").chain(args.split_whitespace());
    Cli::try_parse_from(args).map_err(|e| e.to_string())
}

fn token(root: &SigningKey) -> Token {
    Token {
        address: "203.0.113.7:7443".to_owned(),
        root: Sha::of(&root.public().0),
        centre: TOWN.parse().unwrap(),
        expires_at: NINE,
        secret: [9; 16],
    }
}

fn root() -> SigningKey {
    SigningKey::from_seed([1; 32])
}

fn welcome(seed: u8, path: &[&str], root: u8) -> Vec<u8> {
    let member = member(seed, path, Tier::Township, root);
    let welcome = Welcome {
        credential: member.sealed,
        certificate: vec![1],
        root_certificate: vec![2],
        root: member.root,
        parents: Vec::new(),
        name: "文井镇".to_owned(),
    };
    minicbor::to_vec(JoinAnswer::Welcome(welcome)).unwrap()
}

#[test]
fn the_command_line_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn commands_are_read_with_settings_before_or_after_them() {
    let id = "510921103-01M6CWACM0T6PP738GNWX1HPWF";
    for good in [
        "run --config node.toml --set link.retry_max=5s --set log.level=debug",
        "--data-dir /tmp/x status --json --lang en",
        "check --set-aside",
        "backup out.tbb --with-key",
        "restore in.tbb --key node.key",
        "carry out stick.tbc --all",
        "carry out stick.tbc --answer theirs.tbc",
        "carry in stick.tbc",
        "case new --item T01 --applicant 王小明 --by 李芳 --field a=b=c --material 身份证",
        &format!("case event {id} finish-step --by 李芳 --at 2013-12-13T09:30"),
        &format!("case why {id} --lang en"),
        &format!("case list --after {id} --limit 5"),
        &format!("join {}", token(&root())),
    ] {
        read(good).unwrap();
    }
    let Command::Case(CaseCommand::New(args)) =
        read("case new --item T --applicant A --by B --field a=b=c").unwrap().command
    else {
        unreachable!("it is `case new`")
    };
    assert_eq!(args.fields, [("a".to_owned(), "b=c".to_owned())]);
}

#[test]
fn what_cannot_be_is_refused_with_a_reason() {
    let mistyped = token(&root()).to_string().replace("TB1-", "TB1-Z");
    for (bad, why) in [
        ("join TB2-ABCDE", "must begin with `TB1-`"),
        (&format!("join {mistyped}"), "mistyped or cut short"),
        ("case list --after 510921103-x", "names no case"),
        (
            "case event 510921103-01M6CWACM0T6PP738GNWX1HPWF acept --by a",
            "`acept` is no event of a case; there are receive, notice-supplement, accept",
        ),
        ("case new --item T --applicant A", "--by"),
        ("case list --limit 201", "is not in 1..=200"),
        ("case new --item T --applicant A --by B --field =x", "write NAME=VALUE"),
        ("case new --item T --applicant A --by B --at soon", "`soon` is no instant"),
        ("carry out f --all --answer g", "cannot be used with"),
        ("", "Usage"),
    ] {
        let said = read(bad).unwrap_err();
        assert!(said.contains(why), "`{bad}` says {said}");
    }
}

#[test]
fn an_answer_is_believed_as_far_as_the_token_vouches_for_it() {
    let (root, key) = (root(), SigningKey::from_seed([12; 32]));
    let token = token(&root);
    let path = [TOWN, COUNTY, CITY];
    let known = (token.root, token.centre);
    assert_eq!(read_answer(&welcome(12, &path, 1), known, &key).unwrap().name, "文井镇");
    let refused = minicbor::to_vec(JoinAnswer::Refused("the token was used".to_owned())).unwrap();
    let refuse = |bytes: &[u8]| read_answer(bytes, known, &key).unwrap_err();
    assert!(matches!(refuse(&refused), JoinError::Refused(why) if why == "the token was used"));
    assert!(matches!(refuse(&welcome(12, &path, 2)), JoinError::OtherRoot));
    assert!(matches!(refuse(&welcome(13, &path, 1)), JoinError::OtherKey));
    let elsewhere = welcome(12, &["510921104", COUNTY, CITY], 1);
    assert!(matches!(refuse(&elsewhere), JoinError::OtherCentre { .. }));
    assert!(matches!(refuse(b"\x00"), JoinError::Malformed(_)));
    let mut bent: Welcome = match minicbor::decode(&welcome(12, &path, 1)).unwrap() {
        JoinAnswer::Welcome(welcome) => welcome,
        JoinAnswer::Refused(_) => unreachable!("it is a welcome"),
    };
    let end = bent.credential.len() - 1;
    bent.credential[end] ^= 1;
    let bent = minicbor::to_vec(JoinAnswer::Welcome(bent)).unwrap();
    assert!(matches!(refuse(&bent), JoinError::Credential(_)));
}

#[tokio::test]
async fn a_machine_that_is_a_member_or_late_does_not_join() {
    let dir = tempfile::tempdir().unwrap();
    let key = || SigningKey::from_seed([12; 32]);
    let late = join_city(dir.path(), &token(&root()), key(), None, NINE).await.unwrap_err();
    assert!(matches!(late, JoinError::Token(TokenError::Expired { .. })), "{late}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was written");
    std::fs::write(dir.path().join("membership.json"), "{}").unwrap();
    let again = join_city(dir.path(), &token(&root()), key(), None, NINE).await.unwrap_err();
    assert!(matches!(again, JoinError::Membership(MembershipError::AlreadyJoined(_))), "{again}");
}

fn counter<S: Store>(store: S) -> Replica<S> {
    let member = member(12, &[TOWN, COUNTY, CITY], Tier::Township, 1);
    let mut town = Replica::open(store, member, 4).unwrap();
    take(&mut town, NINE, &mut rng(1), new_case("王小明")).unwrap();
    town.commit().unwrap();
    town
}

/// The key and value of the last entry.
fn last_entry(store: &impl Store) -> (Vec<u8>, Vec<u8>) {
    let record = store.last(Area::Entry, &[], &[u8::MAX; 16]).unwrap().unwrap();
    (record.key, record.value)
}

#[test]
fn a_check_follows_every_journal_from_its_opening() {
    let audit = audit(&counter(MemoryStore::default())).unwrap();
    assert_eq!((audit.journals, audit.entries, audit.faults.len()), (1, 2, 0));
    assert!(audit.records > 2);
}

#[test]
fn a_check_names_the_record_that_cannot_be_read_and_what_to_do() {
    let town = counter(FaultyStore::default());
    town.store().damage(Area::Entry, &last_entry(town.store()).0);
    let audit = audit(&town).unwrap();
    assert_eq!(audit.entries, 0, "the block that holds it cannot be read");
    assert!(audit.faults[0].contains("is damaged; set the store aside"), "{:?}", audit.faults);
    assert!(audit.faults[1].starts_with("510921103 by"), "{:?}", audit.faults);
}

#[test]
fn a_check_finds_an_entry_that_was_changed_together_with_its_checksum() {
    let town = counter(MemoryStore::default());
    let (key, mut value) = last_entry(town.store());
    let middle = value.len() / 2; // Within hashes and signature, which nothing compresses.
    value[middle] ^= 1;
    let mut batch = Batch::default();
    batch.put(Area::Entry, key, value);
    town.store().commit(&batch).unwrap();
    let audit = audit(&town).unwrap();
    assert_eq!(audit.entries, 1);
    assert!(audit.faults[0].contains("entry 2"), "{:?}", audit.faults);
}

/// A data directory as `restore` leaves it, of a town with one case.
fn data_dir(within: &std::path::Path) -> PathBuf {
    let town = counter(MemoryStore::default());
    let member = town.member();
    let welcome = Welcome {
        credential: member.sealed.clone(),
        certificate: vec![1],
        root_certificate: vec![2],
        root: member.root,
        parents: vec!["203.0.113.7:7443".to_owned()],
        name: "文井镇".to_owned(),
    };
    let membership = Membership { key: member.key.clone(), welcome, incarnation: 0 };
    let mut file = std::io::Cursor::new(Vec::new());
    write_backup(&town, &membership, KeyChoice::Include, NINE, &mut file).unwrap();
    let settings = StoreSettings { cache_bytes: 1 << 20, reserve_bytes: 0 };
    let dir = within.join("data");
    restore(&dir, settings, Source { file, key: None }, NINE, &mut rng(2)).unwrap();
    dir
}

fn run_in(dir: &std::path::Path, args: &str) -> Result<(), String> {
    let args = format!("--data-dir {} --set http.listen=127.0.0.1:1 {args}", dir.display());
    let code = dispatch(read(&args).unwrap()).map_err(|e| e.to_string())?;
    if code == ExitCode::SUCCESS { Ok(()) } else { Err("exit code".to_owned()) }
}

#[test]
fn every_command_about_the_store_works_while_no_service_runs() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = data_dir(temporary.path());
    let path = |name: &str| temporary.path().join(name).display().to_string();
    let (stick, copy) = (path("stick.tbc"), path("copy.tbb"));
    for args in [
        "status",
        "status --json --lang en",
        "case new --item T01 --applicant 陈美玲 --by 李芳 --request-id a",
        "case new --item T01 --applicant 陈美玲 --by 李芳 --request-id a",
        "case new --item T01 --applicant 某公司 --applicant-number 9135 --by 李芳 --request-id b",
        "case list",
        "case list --json --limit 1",
        "check",
        &format!("carry out {stick}"),
        &format!("carry in {stick}"),
        &format!("backup {copy} --with-key"),
    ] {
        run_in(&dir, args).unwrap();
    }
    let (_, replica) = open_replica(&dir, StoreSettings::default()).unwrap();
    let home = Home::office(TOWN.parse().unwrap());
    let cases = crate::cases::list(&replica, &[home], None, 9).unwrap().cases;
    assert_eq!(cases.len(), 3, "the same request twice is one case");
    let (id, number) = (cases[2].id.clone(), cases[2].number.to_lowercase());
    drop(replica);
    run_in(&dir, &format!("case event {id} accept --by 张伟")).unwrap();
    run_in(&dir, &format!("case show {id}")).unwrap();
    run_in(&dir, &format!("case show {number}")).unwrap();
    let unknown = run_in(&dir, "case show nothing").unwrap_err();
    assert!(unknown.contains("name or number `nothing`"), "{unknown}");
    let slip = run_in(&dir, &format!("case show {}", number.replace("1103", "1130"))).unwrap_err();
    assert!(slip.contains("two have changed places"), "{slip}");
    run_in(&dir, &format!("case why {id} --lang en")).unwrap();
    let again = run_in(&dir, &format!("case event {id} accept --by 张伟")).unwrap_err();
    assert!(again.starts_with("a case in state `accepted`"), "{again}");
    let over = run_in(&dir, &format!("carry out {stick}")).unwrap_err();
    assert!(over.contains("exists already"), "{over}");

    let other = temporary.path().join("other");
    run_in(&other, &format!("restore {copy}")).unwrap();
    run_in(&other, "check").unwrap();
    let filled = run_in(&other, &format!("restore {copy}")).unwrap_err();
    assert!(filled.contains("is not empty"), "{filled}");
    let nobody = run_in(&temporary.path().join("nobody"), "status").unwrap_err();
    assert!(nobody.contains("has not joined a city"), "{nobody}");
}

#[test]
fn a_store_that_was_set_aside_is_empty_and_begins_a_new_incarnation() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = data_dir(temporary.path());
    let before = Membership::load(&dir).unwrap().incarnation;
    run_in(&dir, "check --set-aside").unwrap();
    let (membership, replica) = open_replica(&dir, StoreSettings::default()).unwrap();
    assert_eq!(membership.incarnation, before + 1);
    assert!(replica.frontier().is_empty());
}

#[test]
fn a_service_that_has_the_store_and_does_not_answer_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = data_dir(temporary.path());
    let held = open_replica(&dir, StoreSettings::default()).unwrap();
    for args in ["status", "case list", "carry out x", "backup y"] {
        let said = run_in(&dir, args).unwrap_err();
        assert!(said.contains("the service at 127.0.0.1:1 does not answer"), "{args}: {said}");
    }
    assert!(!std::path::Path::new("x").exists(), "what failed half-way is taken away");
    let said = run_in(&dir, "check").unwrap_err();
    assert!(said.contains("the service runs and has the store; stop it first"), "{said}");
    let said = run_in(&dir, "backup y --with-key").unwrap_err();
    assert!(said.contains("the key never leaves"), "{said}");
    drop(held);
}
