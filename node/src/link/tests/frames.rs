//! What a link carries, and how it ends.

use super::*;

#[tokio::test]
async fn frames_pass_in_order_on_every_lane_both_ways() {
    let (mut parent, mut child) = Pair::new().link(&[]).await;
    for lane in Lane::ALL {
        for frame in [&b"first"[..], b"", &[7; 60_000]] {
            child.sender.send(lane, frame).await.unwrap();
            check_frame(&mut parent.receiver, lane, frame).await;
            parent.sender.send(lane, frame).await.unwrap();
            check_frame(&mut child.receiver, lane, frame).await;
        }
    }
    assert_eq!(parent.handle.peer_key(), public(2));
    assert_eq!(child.handle.peer_key(), public(1));
    assert!(child.handle.statistics().bytes_in > 180_000);
}

#[tokio::test]
async fn control_passes_a_journal_that_waits_for_its_window() {
    let narrow = LinkSettings { lane_window_bytes: 64 << 10, ..settings() };
    let city = City::new(9);
    let pair = Pair::of(narrow, &city.material(1), &city.material(2));
    let (mut parent, child) = pair.link(&[]).await;
    let [mut control, mut journal, _] = child.sender.into_lanes();
    let flood = async {
        loop {
            journal.send(&[1; 10_000]).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_millis(300), flood).await.unwrap_err();
    let received_before = parent.handle.statistics().bytes_in;
    control.send(b"urgent").await.unwrap();
    while parent.handle.statistics().bytes_in == received_before {
        tokio::task::yield_now().await;
    }
    check_frame(&mut parent.receiver, Lane::Control, b"urgent").await;
    check_frame(&mut parent.receiver, Lane::Journal, &[1; 10_000]).await;
}

#[tokio::test]
async fn next_loses_nothing_when_it_is_dropped_half_way() {
    let (mut parent, child) = Pair::new().link(&[]).await;
    let frames: Vec<Vec<u8>> = (0..40_u8).map(|byte| vec![byte; 30_000]).collect();
    let [_, mut journal, _] = child.sender.into_lanes();
    let send = async {
        for frame in &frames {
            journal.send(frame).await.unwrap();
        }
    };
    let receive = async {
        let mut received = Vec::new();
        while received.len() < frames.len() {
            let next = tokio::time::timeout(Duration::from_micros(50), parent.receiver.next());
            if let Ok(frame) = next.await {
                received.push(frame.unwrap().1);
            }
        }
        received
    };
    let ((), received) = tokio::join!(send, receive);
    assert!(received == frames);
}

/// Lets a member of the city write raw bytes to fresh streams and returns what the parent says.
async fn check_refused(streams: &[&[u8]], expected: fn(&LinkError) -> bool) {
    let pair = Pair::new();
    let (mut parent, child) = pair.link(&[]).await;
    let mut open = Vec::new();
    for bytes in streams {
        let mut stream = child.handle.connection.open_uni().await.unwrap();
        stream.write_all(bytes).await.unwrap();
        open.push(stream);
    }
    let refused = parent.receiver.next().await.unwrap_err();
    assert!(expected(&refused), "{refused}");
    let told = child.handle.closed().await;
    assert!(matches!(told, LinkError::ClosedByPeer { .. }), "{told}");
}

#[tokio::test]
async fn a_frame_over_its_bound_closes_the_link_with_length_and_limit() {
    let pair = Pair::new();
    let (mut parent, child) = pair.link(&[]).await;
    let mut stream = child.handle.connection.open_uni().await.unwrap();
    stream.write_all(&[1, 0, 1, 0, 1]).await.unwrap();
    let refused = parent.receiver.next().await.unwrap_err();
    assert!(matches!(refused, LinkError::FrameTooLong { length: 65_537, limit: 65_536, .. }));
    assert_eq!(refused.blame(), Blame::Peer);
    let told = child.handle.closed().await.to_string();
    assert!(told.contains("control frame of 65537 bytes is over the limit of 65536"), "{told}");
    let own = parent.handle.closed().await;
    assert!(matches!(own, LinkError::ClosedHere { .. }), "{own}");
}

#[tokio::test]
async fn unknown_and_doubled_lanes_close_the_link() {
    check_refused(&[&[9]], |error| matches!(error, LinkError::WrongLane { tag: 9, .. })).await;
    check_refused(&[&[2], &[2]], |error| matches!(error, LinkError::WrongLane { tag: 2, .. }))
        .await;
}

#[tokio::test]
async fn a_lane_that_ends_within_a_frame_closes_the_link() {
    for torn in [&[2, 0, 0][..], &[2, 0, 0, 0, 9, 1, 2]] {
        let (mut parent, child) = Pair::new().link(&[]).await;
        let mut stream = child.handle.connection.open_uni().await.unwrap();
        stream.write_all(torn).await.unwrap();
        stream.finish().unwrap();
        let refused = parent.receiver.next().await.unwrap_err();
        assert!(matches!(refused, LinkError::LaneBroken { lane: Lane::Journal, .. }), "{refused}");
    }
}

#[tokio::test]
async fn a_frame_too_long_to_send_leaves_the_link_alone() {
    let (mut parent, mut child) = Pair::new().link(&[]).await;
    let refused = child.sender.send(Lane::Control, &[0; 65_537]).await.unwrap_err();
    assert!(matches!(refused, LinkError::SendTooLong { length: 65_537, limit: 65_536, .. }));
    assert_eq!(refused.blame(), Blame::Bug);
    child.sender.send(Lane::Control, b"fits").await.unwrap();
    check_frame(&mut parent.receiver, Lane::Control, b"fits").await;
}

#[tokio::test]
async fn frames_before_a_goodbye_arrive_and_the_goodbye_says_who_and_why() {
    let (mut parent, mut child) = Pair::new().link(&[]).await;
    child.sender.send(Lane::Control, b"last").await.unwrap();
    check_frame(&mut parent.receiver, Lane::Control, b"last").await;
    child.handle.close(CLOSE_CODE_MIN, "moved to the county");
    match parent.receiver.next().await.unwrap_err() {
        LinkError::ClosedByPeer { code: 16, reason, .. } => {
            assert_eq!(reason, "moved to the county");
        }
        other => panic!("{other}"),
    }
    let own = child.sender.send(Lane::Control, b"too late").await.unwrap_err().to_string();
    assert!(own.contains("this node closed") && own.contains("moved to the county"), "{own}");
}

#[tokio::test]
async fn a_second_dial_sends_its_first_frames_early_and_still_proves_both_keys() {
    let pair = Pair::new();
    let first = [(Lane::Control, b"hello".to_vec()), (Lane::Journal, vec![3; 2_000])];
    let mut early = Vec::new();
    for _ in 0..3 {
        let (mut parent, mut child) = pair.link(&first).await;
        check_frame(&mut parent.receiver, Lane::Control, &first[0].1).await;
        check_frame(&mut parent.receiver, Lane::Journal, &first[1].1).await;
        assert_eq!(parent.handle.peer_key(), public(2));
        assert_eq!(child.handle.peer_key(), public(1));
        child.sender.send(Lane::Control, b"later").await.unwrap();
        check_frame(&mut parent.receiver, Lane::Control, b"later").await;
        parent.sender.send(Lane::Control, b"answer").await.unwrap();
        check_frame(&mut child.receiver, Lane::Control, b"answer").await;
        early.push(child.handle.is_resumed_early());
    }
    assert_eq!(early, [false, true, true]);
}

#[tokio::test]
async fn first_frames_come_once_when_the_parent_has_forgotten_the_session() {
    let pair = Pair::new();
    let first = [(Lane::Control, b"hello".to_vec()), (Lane::Journal, vec![3; 40_000])];
    let (mut parent, mut child) = pair.link(&[]).await;
    parent.sender.send(Lane::Control, b"x").await.unwrap();
    check_frame(&mut child.receiver, Lane::Control, b"x").await; // The tickets came before.
    pair.parent.set_material(&City::new(9).material(1)).unwrap();

    cov_mark::check!(early_data_refused);
    let (mut parent, mut child) = pair.link(&first).await;
    assert!(!child.handle.is_resumed_early());
    check_frame(&mut parent.receiver, Lane::Control, &first[0].1).await;
    check_frame(&mut parent.receiver, Lane::Journal, &first[1].1).await;
    child.sender.send(Lane::Journal, b"next").await.unwrap();
    check_frame(&mut parent.receiver, Lane::Journal, b"next").await;
}

#[tokio::test]
async fn first_frames_over_their_bound_are_not_dialled() {
    let pair = Pair::new();
    let long = [(Lane::Journal, vec![0; FIRST_BYTES_MAX])];
    let refused = pair.child.dial(pair.address, &long).await.unwrap_err();
    assert!(matches!(refused, LinkError::FirstTooLong { length: 65_540 }), "{refused}");
}
