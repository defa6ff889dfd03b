//! Frames that are too long, of no known kind, cut short or random, over a real link to a hub
//! that goes on serving the others.
#![cfg(test)]

use std::net::Ipv4Addr;
use std::time::Duration;

use tongban_node::clock;
use tongban_node::link::{FrameLimits, Lane, LinkEndpoint, LinkSettings};
use tongban_node::membership::Membership;
use tongban_protocol::exchange::{Effect, Introduction, Session};
use tongban_protocol::identity::NodeId;
use tongban_protocol::journal::{End, JournalId};
use tongban_protocol::limits::CONTROL_FRAME_BYTES_MAX;
use tongban_tests::town::{Town, file_cases, node};

const BAD: &str = "510921103";
const GOOD: &str = "510921104";

/// After this a test that waits has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The hello that a machine with these papers says.
fn hello(membership: &Membership) -> Vec<u8> {
    let introduction = Introduction {
        credential: membership.welcome.credential.clone(),
        software: "a test".to_owned(),
        root: membership.welcome.root,
    };
    match Session::new(clock::now(), introduction).poll_effect() {
        Some(Effect::Send(_, bytes)) => bytes,
        other => panic!("{other:?}"),
    }
}

/// Dials the hub as a member, says this, and returns with which words the hub closes.
async fn say(town: &Town, membership: &Membership, lane: Lane, frames: &[Vec<u8>]) -> String {
    let limits = FrameLimits { control: 1 << 24, journal: 1 << 24, attachment: 1 << 24 };
    let settings = LinkSettings { frame_bytes_max: limits, ..LinkSettings::default() };
    let any = (Ipv4Addr::LOCALHOST, 0).into();
    let endpoint = LinkEndpoint::bind(any, Some(&membership.material()), settings).unwrap();
    let address = town.hub.service.link_address().unwrap();
    let mut link = endpoint.dial(address, &[]).await.unwrap();
    for frame in frames {
        let _ = link.sender.send(lane, frame).await; // The hub may have closed before.
    }
    link.handle.closed().await.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_frames_end_their_own_link_with_a_reason_and_the_hub_serves_the_others() {
    let town = Town::start();
    let (bad, good) = (town.enrol(BAD).await, town.enrol(GOOD).await);
    let papers = Membership::load(&bad).unwrap();
    let others = Membership::load(&good).unwrap();
    let own = hello(&papers);
    let impostor = Membership { welcome: others.welcome.clone(), ..papers.clone() };
    let mut seed = 9_u32;
    let mut random = |length: usize| -> Vec<u8> {
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed.to_be_bytes()[0]
        };
        (0..length).map(|_| next()).collect()
    };
    let long = vec![0; CONTROL_FRAME_BYTES_MAX + 1];
    let unknown = vec![own.clone(), vec![250, 0x80]];
    let stories: [(&str, Vec<Vec<u8>>, &str); 6] = [
        ("over its bound", vec![long], "control frame of 131073 bytes is over the limit of 131072"),
        ("of unknown kind", unknown, "frame of unknown kind 250"),
        ("cut short", vec![own[..own.len() / 2].to_vec()], "malformed"),
        ("empty", vec![Vec::new()], "empty"),
        ("random", vec![random(1_000)], "frame"),
        ("in another's name", vec![hello(&impostor)], "claims centre 510921104"),
    ];
    for (name, frames, words) in stories {
        let told = say(&town, &papers, Lane::Control, &frames).await;
        assert!(told.contains(words), "{name}: no `{words}` in: {told}");
    }
    for _ in 0..20 {
        let frames = [own.clone(), random(300), random(70_000)];
        let told = say(&town, &papers, Lane::Journal, &frames).await;
        assert!(told.contains("closed the link with code"), "{told}");
    }
    assert!(town.frontier().await.keys().all(|it| it.author.node != node_of(&papers)));

    file_cases(&good, GOOD, 20, 2);
    let address = town.hub.service.link_address().unwrap().to_string();
    let served = node(&good, vec![address.clone()]);
    let author = node_of(&others);
    let arrived = async {
        let is_all = |(it, end): (&JournalId, &End)| it.author.node == author && end.number > 40;
        while !town.frontier().await.iter().any(is_all) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, arrived).await.unwrap();
    // And the machine in whose name all that was said is let in when it behaves.
    file_cases(&bad, BAD, 1, 1);
    let behaves = node(&bad, vec![address]);
    let arrived = async {
        while !town.frontier().await.keys().any(|it| it.author.node == node_of(&papers)) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, arrived).await.unwrap();
    served.stop().await;
    behaves.stop().await;
    town.hub.service.stop().await;
}

fn node_of(membership: &Membership) -> NodeId {
    NodeId::of(&membership.key.public())
}
