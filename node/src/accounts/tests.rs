//! Accounts, without a browser.

use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use tempfile::TempDir;

use super::*;

const NOW: Timestamp = Timestamp(1_795_000_000_000);
const PASSWORD: &str = "晴天与长江 42";

struct House {
    folder: TempDir,
    accounts: Accounts,
    rng: ChaCha12Rng,
}

/// A machine with the administrator 周敏.
fn house() -> House {
    let folder = TempDir::new().unwrap();
    let mut rng = ChaCha12Rng::from_seed([7; 32]);
    let accounts = Accounts::open(folder.path(), &mut rng).unwrap();
    let code = accounts.first_code().unwrap();
    accounts.set_up(NOW, &mut rng, &code, ("周敏", PASSWORD)).unwrap();
    House { folder, accounts, rng }
}

fn later(ms: i64) -> Timestamp {
    Timestamp(NOW.0 + ms)
}

impl House {
    fn sign_in(&mut self, now: Timestamp, name: &str, password: &str) -> Result<String, String> {
        let signed = self.accounts.sign_in(now, &mut self.rng, name, password);
        signed.map_err(|error| error.to_string())
    }
}

#[test]
fn the_first_link_makes_one_administrator_and_is_worth_nothing_afterwards() {
    let folder = TempDir::new().unwrap();
    let mut rng = ChaCha12Rng::from_seed([7; 32]);
    let accounts = Accounts::open(folder.path(), &mut rng).unwrap();
    let code = accounts.first_code().unwrap();
    let wrong = accounts.set_up(NOW, &mut rng, "AAAA", ("周敏", PASSWORD));
    assert!(matches!(wrong, Err(AccountsError::NoSuchLink)));
    accounts.set_up(NOW, &mut rng, &code, (" 周敏 ", PASSWORD)).unwrap();
    assert_eq!(accounts.first_code(), None);
    let again = accounts.set_up(NOW, &mut rng, &code, ("王强", PASSWORD));
    assert!(matches!(again, Err(AccountsError::NoSuchLink)));
    let names: Vec<_> =
        accounts.list(NOW).into_iter().map(|it| (it.name, it.administers)).collect();
    assert_eq!(names, [("周敏".to_owned(), true)]);
}

#[test]
fn a_sign_in_survives_a_restart_and_ends_with_the_shift() {
    let mut house = house();
    let token = house.sign_in(NOW, "周敏", PASSWORD).unwrap();
    let before = house.accounts.session(NOW, &token).unwrap();
    house.accounts = Accounts::open(house.folder.path(), &mut house.rng).unwrap();
    assert_eq!(house.accounts.session(later(SESSION_MS - 1), &token), Some(before));
    assert_eq!(house.accounts.session(later(SESSION_MS), &token), None);
    assert_eq!(house.accounts.session(later(-1), &token), None);
}

#[test]
fn whoever_signs_out_is_out_and_others_stay() {
    let mut house = house();
    let [one, two] = [0, 1].map(|_| house.sign_in(NOW, "周敏", PASSWORD).unwrap());
    house.accounts.sign_out(NOW, &one).unwrap();
    assert_eq!(house.accounts.session(NOW, &one), None);
    assert!(house.accounts.session(NOW, &two).is_some());
}

#[test]
fn five_wrong_passwords_lock_an_account_for_a_while() {
    let mut house = house();
    for _ in 0..FAILURES_MAX {
        assert!(house.sign_in(NOW, "周敏", "不是这个密码").unwrap_err().contains("wrong"));
    }
    assert!(house.sign_in(later(LOCK_MS - 1), "周敏", PASSWORD).unwrap_err().contains("locked"));
    house.sign_in(later(LOCK_MS), "周敏", PASSWORD).unwrap();
    let acts: Vec<Act> = house.accounts.newest(3).unwrap().into_iter().map(|it| it.act).collect();
    assert_eq!(acts, [Act::SignIn, Act::Lock, Act::Refuse]);
}

#[test]
fn an_unknown_name_is_refused_in_the_words_of_a_wrong_password() {
    let mut house = house();
    let unknown = house.sign_in(NOW, "没有这个人", PASSWORD).unwrap_err();
    assert_eq!(house.sign_in(NOW, "周敏", "不是这个密码").unwrap_err(), unknown);
}

#[test]
fn an_invitation_is_used_once_and_in_time() {
    let House { accounts, mut rng, .. } = house();
    let code = accounts.invite(NOW, &mut rng, ("李秀英", "周敏"), None).unwrap();
    assert_eq!(accounts.invited(later(INVITATION_MS), &code), None);
    assert_eq!(accounts.invited(NOW, &code).as_deref(), Some("李秀英"));
    let short = accounts.accept(NOW, &mut rng, &code, "1234567");
    assert!(matches!(short, Err(AccountsError::Password(PasswordFault::Length(7)))));
    assert_eq!(accounts.accept(NOW, &mut rng, &code, PASSWORD).unwrap(), "李秀英");
    let again = accounts.accept(NOW, &mut rng, &code, PASSWORD);
    assert!(matches!(again, Err(AccountsError::NoSuchLink)));
    assert!(!accounts.list(NOW)[1].administers, "李秀英 comes second");
}

#[test]
fn a_new_password_ends_what_was_signed_in_with_the_old_one() {
    let mut house = house();
    let token = house.sign_in(NOW, "周敏", PASSWORD).unwrap();
    let code = house.accounts.invite(NOW, &mut house.rng, ("周敏", "周敏"), None).unwrap();
    house.accounts.accept(NOW, &mut house.rng, &code, "另一个好密码 7").unwrap();
    assert_eq!(house.accounts.session(NOW, &token), None);
    assert!(house.sign_in(NOW, "周敏", PASSWORD).is_err());
    assert!(house.accounts.list(NOW)[0].administers, "it stays what it was");
}

#[test]
fn a_closed_account_is_out_at_once_but_the_last_administrator_stays() {
    let mut house = house();
    let last = house.accounts.close(NOW, "周敏", "周敏");
    assert!(matches!(last, Err(AccountsError::LastAdministrator)));
    let code = house.accounts.invite(NOW, &mut house.rng, ("李秀英", "周敏"), None).unwrap();
    house.accounts.accept(NOW, &mut house.rng, &code, PASSWORD).unwrap();
    let token = house.sign_in(NOW, "李秀英", PASSWORD).unwrap();
    house.accounts.close(NOW, "李秀英", "周敏").unwrap();
    assert_eq!(house.accounts.session(NOW, &token), None);
    assert!(house.sign_in(NOW, "李秀英", PASSWORD).is_err());
}

#[test]
fn a_token_is_worth_its_scope_until_it_ends_or_is_taken_back() {
    let House { accounts, mut rng, folder, .. } = house();
    let given = (Scope::Cases, later(1_000));
    let token = accounts.issue_token(NOW, &mut rng, ("医保系统", "周敏"), given).unwrap();
    assert_eq!(accounts.scope(NOW, &token), Some(Scope::Cases));
    assert_eq!(accounts.scope(later(1_000), &token), None);
    accounts.close_token(NOW, "医保系统", "周敏").unwrap();
    assert_eq!(accounts.scope(NOW, &token), None);
    let operator = operator_token(folder.path()).unwrap();
    assert_eq!(accounts.scope(NOW, &operator), Some(Scope::Office));
}

#[test]
fn each_handler_needs_no_more_scope_than_it_is_worth() {
    let cases = [
        (true, "/api/v1/cases", Scope::Read),
        (false, "/api/v1/cases", Scope::Cases),
        (false, "/api/v1/cases/x/events", Scope::Cases),
        (false, "/api/v1/posts", Scope::Office),
        (false, "/api/v1/casesque", Scope::Office),
        (true, "/api/v1/backup", Scope::Office),
        (true, "/api/v1/carry/out", Scope::Office),
    ];
    for (is_read, path, scope) in cases {
        assert_eq!(needed(is_read, path), scope, "{path}");
    }
}

#[test]
fn no_secret_rests_readable_on_the_disk() {
    let mut house = house();
    let token = house.sign_in(NOW, "周敏", PASSWORD).unwrap();
    let code = house.accounts.invite(NOW, &mut house.rng, ("李秀英", "周敏"), None).unwrap();
    let path = house.folder.path().join("accounts.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for secret in [PASSWORD, token.as_str(), code.as_str()] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(text.contains("$argon2id$"));
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_disk_that_takes_no_more_keeps_nobody_from_signing_in() {
    let mut house = house();
    // A folder in the way of each file: nothing can be written in its place.
    for name in ["accounts.new", "operator.new"] {
        std::fs::create_dir(house.folder.path().join(name)).unwrap();
    }
    let token = house.sign_in(NOW, "周敏", PASSWORD).unwrap();
    assert!(house.accounts.session(NOW, &token).is_some());
    let invited = house.accounts.invite(NOW, &mut house.rng, ("李秀英", "周敏"), None);
    assert!(matches!(invited, Err(AccountsError::Write(_))));
    assert_eq!(house.accounts.list(NOW).len(), 1, "what is not kept is not there");
    std::fs::remove_file(house.folder.path().join("operator.token")).unwrap();
    let again = Accounts::open(house.folder.path(), &mut house.rng).unwrap();
    assert_eq!(again.scope(NOW, "TBO-"), None);
}

#[test]
fn a_file_of_accounts_that_cannot_be_read_is_said_and_left_alone() {
    let House { folder, .. } = house();
    let path = folder.path().join("accounts.json");
    std::fs::write(&path, "{").unwrap();
    let error = Accounts::open(folder.path(), &mut ChaCha12Rng::from_seed([7; 32])).unwrap_err();
    assert!(error.to_string().contains("accounts.json"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{");
}

#[test]
fn a_browser_of_the_hall_takes_the_place_of_a_sign_in_and_outlives_a_shift_and_a_restart() {
    let mut house = house();
    let clerk = house.sign_in(NOW, "周敏", PASSWORD).unwrap();
    let token = house.accounts.open_device(NOW, &mut house.rng, &clerk, Device::Kiosk).unwrap();
    assert_eq!(house.accounts.session(NOW, &clerk), None, "nothing of the clerk's is left there");
    assert_eq!(house.accounts.session(NOW, &token), None, "it is nobody's sign-in");
    let again = house.accounts.open_device(NOW, &mut house.rng, &token, Device::Screen);
    assert!(again.is_err(), "nor does it open others");
    house.accounts = Accounts::open(house.folder.path(), &mut house.rng).unwrap();
    let kept = house.accounts.device(later(DEVICE_MS - 1), &token).unwrap();
    assert_eq!((kept.device, kept.by.as_str()), (Device::Kiosk, "周敏"));
    assert_eq!(house.accounts.device(later(DEVICE_MS), &token), None);
    assert_eq!(house.accounts.devices(NOW).len(), 1);
    house.accounts.close_device(NOW, &kept.id, "王强").unwrap();
    assert_eq!(house.accounts.device(NOW, &token), None);
    let noted = house.accounts.newest(2).unwrap();
    assert_eq!(noted[0].act, Act::CloseDevice);
    assert_eq!((noted[1].act, noted[1].name.as_str()), (Act::OpenDevice, "取号机"));
}

#[test]
fn a_browser_of_the_hall_reaches_its_own_page_alone() {
    for (device, is_read, path) in [
        (Device::Screen, true, "/queue/hall"),
        (Device::Screen, true, "/queue/hall/now"),
        (Device::Kiosk, true, "/queue/kiosk"),
        (Device::Kiosk, false, "/queue/kiosk"),
        (Device::Kiosk, true, "/queue/kiosk/slip"),
    ] {
        assert!(device.reaches(is_read, path), "{path}");
    }
    for device in [Device::Screen, Device::Kiosk] {
        for path in ["/", "/queue", "/queue/", "/queue/hallway", "/api/v1/queue", "/desk", ""] {
            assert!(!device.reaches(true, path) && !device.reaches(false, path), "{path}");
        }
        assert!(
            !device.reaches(false, "/queue/hall") && !device.reaches(false, "/queue/kiosk/slip")
        );
    }
    assert!(!Device::Screen.reaches(true, "/queue/kiosk"));
    assert!(!Device::Kiosk.reaches(true, "/queue/hall"));
}
