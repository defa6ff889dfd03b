//! Links through bad weather.

use tongban_node::link::{
    Accepted, Blame, CertificateDer, Lane, Link, LinkEndpoint, LinkError, LinkMaterial,
    LinkSettings, private_key_der,
};

use super::*;
use crate::authority::{Authority, CertificateTerms};

/// A parent and a child with a relay between them.
struct Line {
    parent: LinkEndpoint,
    child: LinkEndpoint,
    relay: Relay,
    weather: watch::Sender<Weather>,
}

impl Line {
    async fn new(weather: Weather, settings: LinkSettings) -> Self {
        let authority = Authority::create(&[9; 32], terms(0)).unwrap();
        let bind = |seed| {
            let material = material(&authority, seed);
            let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            LinkEndpoint::bind(any_port, Some(&material), settings.clone()).unwrap()
        };
        let (parent, child) = (bind(1), bind(2));
        let (weather, watched) = watch::channel(weather);
        let relay = Relay::start(parent.local_address().unwrap(), watched, 7).await.unwrap();
        Self { parent, child, relay, weather }
    }

    async fn link(&self, first: &[(Lane, Vec<u8>)]) -> (Link, Link) {
        let accept = async {
            match self.parent.accept().await.unwrap().open().await.unwrap() {
                Accepted::Link(link) => link,
                Accepted::Join(call) => panic!("wants to join: {call:?}"),
            }
        };
        let (parent, child) = tokio::join!(accept, self.child.dial(self.relay.address(), first));
        (parent, child.unwrap())
    }
}

fn terms(serial: u64) -> CertificateTerms<'static> {
    CertificateTerms::node("510921103", serial, 1_750_000_000)
}

fn material(authority: &Authority, seed: u8) -> LinkMaterial {
    let key = rcgen::KeyPair::try_from(private_key_der(&[seed; 32])).unwrap();
    let public_key = key.public_key_raw().try_into().unwrap();
    let certificate: CertificateDer<'_> = authority.issue(&public_key, terms(1)).unwrap();
    LinkMaterial { chain: vec![certificate], key: [seed; 32], root: authority.root_certificate() }
}

#[tokio::test]
async fn a_megabyte_arrives_through_a_tenth_of_loss_and_a_long_way() {
    let weather = Weather {
        loss_percent: 10.0,
        one_way_delay: Duration::from_millis(150),
        ..Weather::default()
    };
    let line = Line::new(weather, LinkSettings::default()).await;
    let (mut parent, mut child) = line.link(&[]).await;
    let blocks: Vec<Vec<u8>> = (0..10_u8).map(|byte| vec![byte; 100_000]).collect();
    let send = async {
        for block in &blocks {
            child.sender.send(Lane::Journal, block).await.unwrap();
        }
    };
    let receive = async {
        for block in &blocks {
            assert!(parent.receiver.next().await.unwrap() == (Lane::Journal, block.clone()));
        }
    };
    tokio::join!(send, receive);
    assert!(line.relay.counters().up.dropped() > 20);
    assert!(child.handle.statistics().packets_lost > 20);
    assert!(child.handle.statistics().round_trip >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_cut_line_is_reported_as_silence_at_both_ends() {
    let settings = LinkSettings {
        idle_timeout: Duration::from_millis(600),
        keep_alive: Duration::from_millis(100),
        ..LinkSettings::default()
    };
    let line = Line::new(Weather::default(), settings).await;
    let (mut parent, mut child) = line.link(&[]).await;
    child.sender.send(Lane::Control, b"before").await.unwrap();
    parent.receiver.next().await.unwrap();
    line.weather.send_replace(Weather { cut: true, ..Weather::default() });
    for error in [parent.receiver.next().await.unwrap_err(), child.handle.closed().await] {
        assert!(matches!(error, LinkError::TimedOut { .. }), "{error}");
        assert_eq!(error.blame(), Blame::Environment);
    }
    assert!(line.relay.counters().up.dropped() > 0);

    line.weather.send_replace(Weather::default());
    let (mut parent, _child) = line.link(&[(Lane::Control, b"after".to_vec())]).await;
    assert_eq!(parent.receiver.next().await.unwrap().1, b"after");
}

#[tokio::test]
async fn keep_alive_holds_a_silent_line_beyond_the_idle_timeout() {
    let settings = LinkSettings {
        idle_timeout: Duration::from_millis(400),
        keep_alive: Duration::from_millis(100),
        ..LinkSettings::default()
    };
    let line = Line::new(Weather::default(), settings).await;
    let (parent, child) = line.link(&[]).await;
    let both = async { tokio::join!(parent.handle.closed(), child.handle.closed()) };
    tokio::time::timeout(Duration::from_millis(1_200), both).await.unwrap_err();
}

#[tokio::test]
async fn fair_weather_passes_everything_and_counts_it() {
    let line = Line::new(Weather::default(), LinkSettings::default()).await;
    let (mut parent, mut child) = line.link(&[]).await;
    for number in 0..50_u8 {
        child.sender.send(Lane::Control, &[number; 200]).await.unwrap();
        parent.sender.send(Lane::Control, &[number; 200]).await.unwrap();
        assert_eq!(parent.receiver.next().await.unwrap().1, [number; 200]);
        assert_eq!(child.receiver.next().await.unwrap().1, [number; 200]);
    }
    let counters = line.relay.counters();
    assert_eq!((counters.up.dropped(), counters.down.dropped()), (0, 0));
    assert!(counters.up.datagrams() > 50 && counters.down.datagrams() > 50);
    assert!(counters.up.bytes() > 10_000 && counters.down.bytes() > 10_000);
}

#[tokio::test]
async fn more_clients_than_sockets_are_served_and_the_longest_silent_gives_way() {
    let target = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (_weather, watched) = watch::channel(Weather::default());
    let relay = Relay::start(target.local_addr().unwrap(), watched, 7).await.unwrap();
    let mut buffer = [0; 16];
    for number in 0..20_u8 {
        let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        client.send_to(&[number], relay.address()).await.unwrap();
        let (length, from) = target.recv_from(&mut buffer).await.unwrap();
        assert_eq!(buffer[..length], [number]);
        target.send_to(&[number, number], from).await.unwrap();
        let (length, from) = client.recv_from(&mut buffer).await.unwrap();
        assert_eq!((&buffer[..length], from), (&[number, number][..], relay.address()));
    }
}
