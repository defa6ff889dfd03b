//! Who gets a link, and who does not.

use super::*;

#[tokio::test]
async fn a_child_of_another_city_is_refused_with_a_clear_error() {
    let pair = Pair::of(settings(), &City::new(9).material(1), &City::new(8).material(2));
    let (parent, child) = pair.meet(&[]).await;
    let child = fate(child).await;
    assert!(matches!(child, LinkError::OtherCity { .. }), "{child}");
    assert_eq!(child.blame(), Blame::Operator);
    let parent = parent.unwrap_err();
    assert!(matches!(parent, LinkError::OtherCity { .. }), "{parent}");
}

#[tokio::test]
async fn each_end_refuses_the_other_citys_certificate_by_itself() {
    // Each trusts the root of city 9 and only one of them has a certificate under it.
    let (city, other) = (City::new(9), City::new(8));
    let stranger = LinkMaterial { root: city.root(), ..other.material(2) };
    let (parent, child) = Pair::of(settings(), &city.material(1), &stranger).meet(&[]).await;
    let (parent, child) = (parent.unwrap_err().to_string(), fate(child).await.to_string());
    assert!(
        parent.contains("refused here") && child.contains("refused there"),
        "{parent}\n{child}"
    );

    let (parent, child) = Pair::of(settings(), &stranger, &city.material(1)).meet(&[]).await;
    let (parent, child) = (parent.unwrap_err().to_string(), fate(child).await.to_string());
    assert!(
        parent.contains("refused there") && child.contains("refused here"),
        "{parent}\n{child}"
    );
}

#[tokio::test]
async fn an_expired_certificate_is_refused_with_a_word_about_clocks() {
    let city = City::new(9);
    let (parent, child) = Pair::of(settings(), &city.material(1), &city.expired(2)).meet(&[]).await;
    assert!(matches!(parent.unwrap_err(), LinkError::NotValidNow { .. }));
    let child = fate(child).await;
    assert!(child.to_string().contains("check both clocks"), "{child}");
}

#[tokio::test]
async fn a_key_that_does_not_fit_its_certificate_is_refused_at_once() {
    let material = LinkMaterial { key: [3; 32], ..City::new(9).material(1) };
    let bound = LinkEndpoint::bind(any_port(), Some(&material), settings());
    assert!(matches!(bound.unwrap_err(), LinkError::Material { .. }));
}

#[tokio::test]
async fn an_endpoint_without_material_neither_dials_nor_accepts() {
    let (newcomer, child) = (endpoint(None), endpoint(Some(&City::new(9).material(2))));
    let address = newcomer.local_address().unwrap();
    assert!(matches!(newcomer.dial(address, &[]).await.unwrap_err(), LinkError::NotJoined));
    let impatient = LinkSettings { handshake_timeout: Duration::from_millis(300), ..settings() };
    drop(child);
    let child = LinkEndpoint::bind(any_port(), Some(&City::new(9).material(2)), impatient).unwrap();
    let refused = child.dial(address, &[]).await.unwrap_err();
    assert_eq!(refused.blame(), Blame::Environment, "{refused}");
}

#[tokio::test]
async fn a_newcomer_joins_the_city_of_its_token_and_links() {
    let city = City::new(9);
    let (hub, newcomer) = (endpoint(Some(&city.material(1))), endpoint(None));
    let address = hub.local_address().unwrap();
    let serve = async {
        match hub.accept().await.unwrap().open().await.unwrap() {
            Accepted::Join(call) => {
                assert_eq!(call.request(), b"token");
                call.respond(&[5; JOIN_BYTES_MAX]).await.unwrap();
            }
            Accepted::Link(link) => panic!("has not joined: {link:?}"),
        }
    };
    let ((), answer) = tokio::join!(serve, newcomer.join(address, city.fingerprint(), b"token"));
    assert_eq!(answer.unwrap(), [5; JOIN_BYTES_MAX]);

    newcomer.set_material(&city.material(2)).unwrap();
    let (parent, child) = tokio::join!(accept_link(&hub), newcomer.dial(address, &[]));
    assert_eq!(parent.unwrap().handle.peer_key(), public(2));
    child.unwrap();
}

#[tokio::test]
async fn a_newcomer_does_not_talk_to_a_city_of_another_fingerprint() {
    let hub = endpoint(Some(&City::new(9).material(1)));
    let address = hub.local_address().unwrap();
    let serve = async { hub.accept().await.unwrap().open().await.unwrap_err() };
    let newcomer = endpoint(None);
    let (_, refused) =
        tokio::join!(serve, newcomer.join(address, City::new(8).fingerprint(), b"t"));
    let refused = refused.unwrap_err();
    assert!(matches!(refused, LinkError::OtherFingerprint { .. }), "{refused}");
}

#[tokio::test]
async fn a_root_of_the_right_fingerprint_does_not_vouch_for_a_leaf_it_did_not_sign() {
    let (city, thief) = (City::new(9), City::new(8));
    let hub = endpoint(Some(&LinkMaterial { root: city.root(), ..thief.material(1) }));
    let address = hub.local_address().unwrap();
    let serve = async { hub.accept().await.unwrap().open().await.unwrap_err() };
    let newcomer = endpoint(None);
    let (_, refused) = tokio::join!(serve, newcomer.join(address, city.fingerprint(), b"token"));
    let refused = refused.unwrap_err();
    assert!(matches!(refused, LinkError::OtherCity { .. }), "{refused}");
}

#[tokio::test]
async fn a_join_that_is_refused_or_too_long_says_so() {
    let city = City::new(9);
    let (hub, newcomer) = (endpoint(Some(&city.material(1))), endpoint(None));
    let address = hub.local_address().unwrap();
    let serve = async {
        match hub.accept().await.unwrap().open().await.unwrap() {
            Accepted::Join(call) => call.refuse("token was used on 3 May"),
            Accepted::Link(link) => panic!("has not joined: {link:?}"),
        }
    };
    let ((), refused) = tokio::join!(serve, newcomer.join(address, city.fingerprint(), b"token"));
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("token was used on 3 May"), "{refused}");

    let long = newcomer.join(address, city.fingerprint(), &[0; JOIN_BYTES_MAX + 1]).await;
    assert!(matches!(long.unwrap_err(), LinkError::JoinTooLong { .. }));
}

/// A QUIC client that does what the endpoint never would.
mod rogue {
    use std::sync::Arc;

    use quinn::crypto::rustls::QuicClientConfig;

    use super::*;
    use crate::link::tls;

    pub(super) async fn dial(config: QuicClientConfig, address: SocketAddr) -> quinn::Connection {
        try_dial(config, address).await.unwrap()
    }

    pub(super) async fn try_dial(
        config: QuicClientConfig,
        address: SocketAddr,
    ) -> Result<quinn::Connection, quinn::ConnectionError> {
        let endpoint = quinn::Endpoint::client(any_port()).unwrap();
        let config = quinn::ClientConfig::new(Arc::new(config));
        endpoint.connect_with(config, address, "rogue").unwrap().await
    }

    /// Dials for a protocol without a certificate.
    pub(super) fn nameless(protocol: &[u8]) -> QuicClientConfig {
        let roots = City::new(9).material(1).roots().unwrap();
        tls::nameless_client(tls::Trust::Root(roots), protocol).unwrap()
    }
}

#[tokio::test]
async fn a_link_without_a_client_certificate_is_refused() {
    let hub = endpoint(Some(&City::new(9).material(1)));
    let address = hub.local_address().unwrap();
    let (accepted, rogue) =
        tokio::join!(accept_link(&hub), rogue::dial(rogue::nameless(b"tongban/1"), address));
    assert!(matches!(accepted.unwrap_err(), LinkError::NoCertificate { .. }));
    let told = rogue.closed().await.to_string();
    assert!(told.contains("certificate is missing"), "{told}");
}

#[tokio::test]
async fn a_peer_of_another_major_version_is_told_to_update() {
    let hub = endpoint(Some(&City::new(9).material(1)));
    let address = hub.local_address().unwrap();
    let (accepted, rogue) =
        tokio::join!(accept_link(&hub), rogue::try_dial(rogue::nameless(b"tongban/2"), address));
    let accepted = accepted.unwrap_err();
    assert!(matches!(accepted, LinkError::OtherVersion { .. }), "{accepted}");
    let told = LinkError::explain(rogue.unwrap_err(), address, Duration::ZERO);
    assert!(matches!(told, LinkError::OtherVersion { .. }), "{told}");
}

#[tokio::test]
async fn dialling_where_nobody_listens_times_out_and_blames_the_network() {
    let impatient = LinkSettings { handshake_timeout: Duration::from_millis(200), ..settings() };
    let silent = std::net::UdpSocket::bind(any_port()).unwrap();
    let material = City::new(9).material(2);
    let child = LinkEndpoint::bind(any_port(), Some(&material), impatient).unwrap();
    let late = child.dial(silent.local_addr().unwrap(), &[]).await.unwrap_err();
    assert!(matches!(late, LinkError::TimedOut { .. }), "{late}");
    assert_eq!(late.blame(), Blame::Environment);
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let taken = endpoint(None);
    let address = taken.local_address().unwrap();
    let refused = LinkEndpoint::bind(address, None, settings()).unwrap_err().to_string();
    assert!(refused.contains(&address.to_string()), "{refused}");
}

#[tokio::test]
async fn shutdown_tells_the_peers_and_ends_accepting() {
    let pair = Pair::new();
    let (_parent, child) = pair.link(&[]).await;
    pair.parent.shutdown(CLOSE_CODE_MIN, "maintenance until noon").await;
    assert!(pair.parent.accept().await.is_none());
    let told = child.handle.closed().await.to_string();
    assert!(told.contains("maintenance until noon"), "{told}");
}

#[test]
fn a_parent_that_crashed_and_is_back_says_that_it_has_forgotten_the_link() {
    let (city, crashing) = (City::new(9), runtime());
    let parent = crashing.block_on(async { endpoint(Some(&city.material(1))) });
    let address = parent.local_address().unwrap();
    let here = runtime();
    let child = here.block_on(async { endpoint(Some(&city.material(2))) });
    let serving = crashing.spawn({
        let parent = parent.clone();
        async move { accept_link(&parent).await.unwrap() }
    });
    let mut link = here.block_on(child.dial(address, &[])).unwrap();
    let parent_link = here.block_on(serving).unwrap();
    drop(crashing); // Takes the socket's driver away, so that not even a goodbye gets out.
    drop((parent, parent_link));

    let forgotten = here.block_on(async {
        let _back = LinkEndpoint::bind(address, Some(&city.material(1)), settings()).unwrap();
        // What the child still had to confirm may have drawn the answer before this.
        match link.sender.send(Lane::Control, &[1; 100]).await {
            Ok(()) => link.handle.closed().await,
            Err(error) => error,
        }
    });
    assert!(matches!(forgotten, LinkError::Forgotten { .. }), "{forgotten}");
    assert_eq!(forgotten.blame(), Blame::Environment);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}
