//! Tokens, tried as people try them.

use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use tempfile::TempDir;

use super::*;

const NOW: Timestamp = Timestamp(1_790_000_000_000);

struct Town {
    dir: TempDir,
    office: Office,
    rng: ChaCha12Rng,
}

impl Town {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let city = Arc::new(City::suining());
        let mut rng = ChaCha12Rng::from_seed([5; 32]);
        let office = Office::init(dir.path(), city, NOW, &mut rng).unwrap();
        Self { dir, office, rng }
    }

    fn token(&mut self, centre: &str) -> Token {
        let until = NOW.plus_ms(1_000);
        let centre = centre.parse().unwrap();
        self.office.issue_token(centre, "127.0.0.1:1", (until, None), &mut self.rng).unwrap()
    }

    fn request(&mut self, token: &Token, seed: u8) -> JoinRequest {
        JoinRequest::new(token.secret, token.centre, &SigningKey::from_seed([seed; 32]), None)
    }

    fn admit(&self, request: &JoinRequest, now: Timestamp) -> Result<Welcome, EnrolmentError> {
        self.office.admit(request, now, Vec::new())
    }
}

#[test]
fn a_token_lets_one_machine_in_and_answers_it_again() {
    let mut town = Town::new();
    let token = town.token("510921103");
    let request = town.request(&token, 1);
    let welcome = town.admit(&request, NOW).unwrap();
    let credential = Credential::open(&welcome.credential, &welcome.root).unwrap();
    assert_eq!(credential.key, request.key);
    assert_eq!(credential.path, town.office.city().tree.path(token.centre).unwrap());
    assert_eq!(welcome.root.fingerprint(), token.root);
    assert!(town.admit(&request, NOW.plus_ms(5_000)).is_ok(), "its answer may have been lost");
    let other = town.request(&token, 2);
    let refused = town.admit(&other, NOW).unwrap_err().to_string();
    assert!(refused.contains("was used at") && refused.contains("ask the city"), "{refused}");
}

#[test]
fn a_token_that_is_late_unknown_or_anothers_lets_nobody_in() {
    let mut town = Town::new();
    let token = town.token("510921103");
    let request = town.request(&token, 1);
    let late = town.admit(&request, token.expires_at).unwrap_err();
    assert!(matches!(late, EnrolmentError::Expired { .. }), "{late}");
    let mut elsewhere = token.clone();
    elsewhere.centre = "510921104".parse().unwrap();
    let request = town.request(&elsewhere, 1);
    let refused = town.admit(&request, NOW).unwrap_err();
    assert!(matches!(refused, EnrolmentError::OtherCentre { .. }), "{refused}");
    let mut guessed = token.clone();
    guessed.secret = [0; 16];
    let request = town.request(&guessed, 1);
    assert!(matches!(town.admit(&request, NOW), Err(EnrolmentError::UnknownToken)));
    let mut stolen = town.request(&token, 1);
    stolen.key = SigningKey::from_seed([7; 32]).public();
    assert!(matches!(town.admit(&stolen, NOW), Err(EnrolmentError::NotProved)));
    let request = town.request(&token, 1);
    assert!(town.admit(&request, NOW).is_ok(), "none of this has used it up");
}

#[test]
fn a_city_is_set_up_once_and_opens_with_the_same_root() {
    let town = Town::new();
    let again = Office::load(town.dir.path(), town.office.city().clone()).unwrap();
    assert_eq!(again.fingerprint(), town.office.fingerprint());
    let mut rng = ChaCha12Rng::from_seed([6; 32]);
    let twice =
        Office::init(town.dir.path(), town.office.city().clone(), NOW, &mut rng).unwrap_err();
    assert!(matches!(twice, EnrolmentError::AlreadyThere(_)), "{twice}");
    let empty = tempfile::tempdir().unwrap();
    let refused = Office::load(empty.path(), town.office.city().clone()).unwrap_err().to_string();
    assert!(refused.contains("run `init` first"), "{refused}");
}

#[test]
fn no_token_is_issued_for_a_centre_that_the_tree_does_not_have() {
    let mut town = Town::new();
    let centre: Division = "510999".parse().unwrap();
    let refused = town.office.issue_token(centre, "h:1", (NOW, None), &mut town.rng).unwrap_err();
    assert!(matches!(refused, EnrolmentError::NoSuchCentre(_)), "{refused}");
}
