//! Tokens that are over, used, cut short, mistyped, or another's.

use std::net::Ipv4Addr;

use tongban_config::city::City;
use tongban_hub::enrolment::Office as Root;
use tongban_node::join::{JoinAnswer, JoinRequest, Question};
use tongban_node::link::{LinkEndpoint, LinkSettings};
use tongban_node::membership::Membership;
use tongban_node::{clock, entropy};
use tongban_protocol::identity::{SigningKey, Token};
use tongban_protocol::time::Timestamp;

use super::*;

const TOWN: &str = "510921103";

#[test]
fn a_token_that_is_over_used_cut_short_or_mistyped_lets_nobody_in_and_the_next_one_does() {
    let office = Office::running();
    let machine = office.machine("镇 一");
    let good = office.token(TOWN);

    check_refused(&machine.run(&["join", &good[..60]]), &["cut short", "copy it again"]);
    let last = if good.ends_with('0') { "1" } else { "0" };
    let mistyped = format!("{}{last}", &good[..good.len() - 1]);
    check_refused(&machine.run(&["join", &mistyped]), &["mistyped", "copy it again"]);
    check_refused(&machine.run(&["join", "TB1-!!!!"]), &["`!`", "character 4", "type it again"]);
    check_refused(&machine.run(&["join", "hello"]), &["TB1-", "`enrol` printed"]);
    let over = issue(&office, TOWN, Timestamp(1_386_864_000_000)).to_string();
    let said = ["expired at 2013-12-13", "ask the city for a new one"];
    check_refused(&machine.run(&["join", &over]), &said);
    check_refused(&office.hub.run(&["enrol", TOWN, "--valid", "0s"]), &["0s", "1min to 365d"]);
    check_refused(
        &office.hub.run(&["enrol", TOWN, "--address", "hub"]),
        &["`hub`", "city.example:7443"],
    );
    check_refused(&office.hub.run(&["enrol", "510999"]), &["510999", "`audit` lists"]);

    let first = office.machine("镇 二");
    first.ok(&["join", &good]);
    let said = [TOWN, "was used at", "another machine", "ask the city for a new one"];
    check_refused(&machine.run(&["join", &good]), &said);
    check_refused(&first.run(&["join", &good]), &["member already", "give another data_dir"]);
    check_refused(&machine.run(&["status"]), &["has not joined", "run `join`"]);
    assert_eq!(office.enrolled(), 1, "only the good token let a machine in");

    machine.ok(&["join", &office.token(TOWN)]);
    assert_eq!(office.enrolled(), 2);
}

#[test]
fn the_hub_itself_refuses_a_token_that_is_over_and_a_machine_that_claims_another_centre() {
    let office = Office::running();
    let over = issue(&office, TOWN, Timestamp(1));
    // A machine whose clock is wrong would try it all the same.
    let refused = ask(&over, TOWN).unwrap_err();
    assert!(refused.contains("expired at") && refused.contains("new one"), "{refused}");
    let good = issue(&office, TOWN, clock::now().plus_ms(600_000));
    let refused = ask(&good, "510904101").unwrap_err();
    assert!(refused.contains(TOWN) && refused.contains("claims 510904101"), "{refused}");
    let other = Token { secret: [7; 16], ..good.clone() };
    let refused = ask(&other, TOWN).unwrap_err();
    assert!(refused.contains("not issued by this city"), "{refused}");
    assert_eq!(office.enrolled(), 0);
    ask(&good, TOWN).unwrap(); // Refusals did not use it up.
    assert_eq!(office.enrolled(), 1);
}

#[test]
fn a_machine_does_not_join_a_hub_that_is_not_its_tokens() {
    let (office, other) = (Office::running(), Office::new());
    let machine = office.machine("镇");
    let foreign = other.hub.ok(&["enrol", TOWN, "--address", &office.hub.link]);
    let said = ["fingerprint", office.hub.link.as_str(), "ask the city for a new token"];
    check_refused(&machine.run(&["join", &foreign]), &said);
    assert!(Membership::load(&machine.dir).is_err());
    machine.ok(&["join", &office.token(TOWN)]);
}

/// Issues a token as the hub's office does, for any instant.
fn issue(office: &Office, centre: &str, until: Timestamp) -> Token {
    let root = Root::load(&office.hub.dir, City::suining().into()).unwrap();
    let mut rng = entropy::generator().unwrap();
    root.issue_token(centre.parse().unwrap(), &office.hub.link, (until, None), &mut rng).unwrap()
}

/// Asks the hub to let a machine of a centre in, whatever the token says.
fn ask(token: &Token, centre: &str) -> Result<(), String> {
    let key = SigningKey::from_seed(entropy::seed().unwrap());
    let request =
        Question::Join(JoinRequest::new(token.secret, centre.parse().unwrap(), &key, None));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(async {
        let any = (Ipv4Addr::LOCALHOST, 0).into();
        let endpoint = LinkEndpoint::bind(any, None, LinkSettings::default()).unwrap();
        let request = minicbor::to_vec(&request).unwrap();
        endpoint.join(token.address.parse().unwrap(), token.root.0, &request).await.unwrap()
    });
    match minicbor::decode(&answer).unwrap() {
        JoinAnswer::Welcome(_) => Ok(()),
        JoinAnswer::Refused(why) => Err(why),
    }
}
