//! Posts at a counter, over a store in memory.

use tongban_protocol::document::DocumentId;

use super::*;
use crate::cases::fixture::{Counter, NINE, county, event, new_case, rng, send, town};
use crate::cases::{self, CaseError, record, show, take};

const DAY_MS: i64 = 86_400_000;

fn wish(kind: EventKind, name: &str) -> PostWish {
    PostWish {
        kind,
        name: name.to_owned(),
        partner: None,
        role: None,
        until: None,
        to: None,
        by: "周主任".to_owned(),
        happened_at: None,
    }
}

fn changed(counter: &mut Counter, at: Timestamp, wish: PostWish) -> Vec<String> {
    let (_, cases) = change(counter, at, wish).unwrap();
    counter.commit().unwrap();
    cases
}

/// Li, who takes cases in the fixture, and Wang, for each other, for thirty days.
fn paired(counter: &mut Counter) {
    for (name, partner) in [("李芳", "王强"), ("王强", "李芳")] {
        let (partner, until) = (Some(partner.to_owned()), Some(NINE.plus_ms(30 * DAY_MS)));
        changed(counter, NINE, PostWish { partner, until, ..wish(EventKind::Appoint, name) });
    }
}

fn taken(counter: &mut Counter, at: Timestamp, seed: u8) -> Result<DocumentId, CaseError> {
    let taken = take(counter, at, &mut rng(seed), new_case("王老汉"))?;
    counter.commit().unwrap();
    Ok(taken.id)
}

#[test]
fn a_centre_without_posts_accepts_as_before_and_one_with_posts_asks_for_a_partner() {
    let mut town = town();
    assert!(in_words(&town).unwrap().contains("anybody may accept"));
    let before = taken(&mut town, NINE, 1).unwrap();
    paired(&mut town);
    assert_eq!(in_words(&town).unwrap(), "2");
    taken(&mut town, NINE, 2).unwrap();

    let strange = record(&mut town, NINE, before, event("accept")).unwrap_err();
    assert!(matches!(strange, CaseError::Vacant(Vacancy::Own { .. })), "{strange}");
    assert!(strange.to_string().contains("同岗替代"), "{strange}");
    let mut by_li = event("accept");
    by_li.by = "李芳".to_owned();
    record(&mut town, NINE, before, by_li.clone()).unwrap();
    // Whatever is no acceptance is not asked for a post.
    record(&mut town, NINE, before, event("finish-step")).unwrap();

    changed(&mut town, NINE, wish(EventKind::EndPost, "王强"));
    let lone = taken(&mut town, NINE, 3).unwrap_err();
    assert!(matches!(lone, CaseError::Vacant(Vacancy::Partner { .. })), "{lone}");
    let late = taken(&mut town, NINE.plus_ms(31 * DAY_MS), 4).unwrap_err();
    assert!(matches!(late, CaseError::Vacant(Vacancy::Own { .. })), "{late}");
}

#[test]
fn a_case_shows_that_whoever_accepted_it_had_no_partner_and_no_tier_refuses_it() {
    let (mut town, mut county) = (town(), county());
    let fine = taken(&mut town, NINE, 1).unwrap();
    paired(&mut town);
    // Another machine of the same centre had not heard of the posts yet: here it is let through.
    let mut accept = event("accept");
    accept.by = "张伟".to_owned();
    let author = Event::new(EventKind::Accept, NINE, &accept.by, "");
    town.append(NINE, fine.home, vec![(fine.name, vec![Edit::Event(author)])]).unwrap();
    town.commit().unwrap();
    send(&mut town, &mut county, NINE);
    for counter in [&town, &county] {
        let shown = show(counter, fine).unwrap().unwrap();
        let [receive, accept] = &shown.events[..] else { unreachable!() };
        assert!(receive.breaches.is_empty(), "there were no posts yet: {:?}", receive.breaches);
        assert!(accept.anomaly.is_none());
        assert!(accept.breaches.iter().any(|it| it.en.contains("张伟 has no post")));
    }
}

#[test]
fn what_lies_with_somebody_who_is_away_is_the_partners_and_then_the_countys() {
    let (mut town, mut county) = (town(), county());
    paired(&mut town);
    let id = taken(&mut town, NINE, 1).unwrap();
    changed(&mut town, NINE, wish(EventKind::Leave, "李芳"));
    send(&mut town, &mut county, NINE);
    let home = [id.home];
    let held = |counter: &Counter, hours: i64| {
        let now = NINE.plus_ms(hours * 3_600_000);
        let mut listed = cases::list(counter, &home, None, 10).unwrap();
        attend(counter, &mut listed.cases, now).unwrap();
        let found = unattended(counter, &home, now).unwrap();
        assert!(found.is_whole);
        let one = found.cases.into_iter().next().and_then(|case| case.attention);
        assert_eq!(listed.cases[0].attention, one);
        one.map(|note| note.holder)
    };
    for counter in [&town, &county] {
        assert_eq!(held(counter, 3), None);
        assert_eq!(held(counter, 4), Some(Some("王强".to_owned())));
        assert_eq!(held(counter, 24), Some(None), "the centre above");
    }
    let mut by_wang = event("accept");
    by_wang.by = "王强".to_owned();
    record(&mut town, NINE.plus_ms(5 * 3_600_000), id, by_wang).unwrap();
    town.commit().unwrap();
    assert_eq!(held(&town, 24), None, "Wang works on it");
}

#[test]
fn ending_a_post_names_its_open_cases_and_they_are_the_partners_at_once() {
    let mut town = town();
    paired(&mut town);
    let open = taken(&mut town, NINE, 1).unwrap();
    let closed = taken(&mut town, NINE.plus_ms(1), 2).unwrap();
    let mut withdrawn = event("withdraw");
    withdrawn.by = "李芳".to_owned();
    record(&mut town, NINE.plus_ms(2), closed, withdrawn).unwrap();
    town.commit().unwrap();

    let now = NINE.plus_ms(3_600_000);
    let nobody = PostWish { to: Some("赵敏".to_owned()), ..wish(EventKind::EndPost, "李芳") };
    let refused = change(&mut town, now, nobody).unwrap_err();
    assert!(matches!(refused, PostError::Successor(_)), "{refused}");
    assert_eq!(changed(&mut town, now, wish(EventKind::EndPost, "李芳")), [open.to_string()]);
    let mut listed = cases::list(&town, &[open.home], None, 10).unwrap();
    attend(&town, &mut listed.cases, now).unwrap();
    let note = listed.cases.iter().find(|it| it.id == open.to_string()).unwrap();
    let note = note.attention.clone().unwrap();
    assert_eq!((note.holder.as_deref(), note.is_unattended), (Some("王强"), false));
    let posts = list(&town, &[open.home], now).unwrap();
    let li = posts.iter().find(|it| it.name == "李芳").unwrap();
    assert!(li.is_ended && !li.may_accept);
}

#[test]
fn a_pair_is_made_anew_without_saying_role_and_lease_again() {
    let mut town = town();
    paired(&mut town);
    let no_lease = change(&mut town, NINE, wish(EventKind::Appoint, "赵敏")).unwrap_err();
    assert!(matches!(no_lease, PostError::NoLease), "{no_lease}");
    let chief = PostWish { role: Some(Role::Chief), ..wish(EventKind::Appoint, "李芳") };
    changed(&mut town, NINE, chief);
    let pair =
        PostWish { partner: Some("赵敏".to_owned()), ..wish(EventKind::Appoint, "李芳") };
    changed(&mut town, NINE, pair);
    let home = Home::office(town.member().centre());
    let posts = list(&town, &[home], NINE).unwrap();
    let li = posts.iter().find(|it| it.name == "李芳").unwrap();
    assert_eq!(
        (&*li.role, li.partner.as_deref(), &*li.until),
        ("chief", Some("赵敏"), "2026-12-02")
    );
    assert!(li.why_en.as_ref().unwrap().contains("赵敏, who stands in for 李芳, has no post"));
}
