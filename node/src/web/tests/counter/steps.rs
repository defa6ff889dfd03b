//! The forms of a case: what they ask for again before it is on the record, and its papers.

use tongban_protocol::case::CaseType;
use tongban_protocol::catalogue::guide::ItemStep;
use tongban_protocol::catalogue::kind::Kind;
use tongban_protocol::catalogue::{Item, document_name};
use tongban_protocol::deadline::Limit;
use tongban_protocol::document::{Detail, Edit, Event};
use tongban_protocol::place::Home;

use super::*;
use crate::cases::CaseError;

impl Town {
    /// Publishes the item T01 of this township: two steps, three days.
    async fn offer(&self, kind: Kind, decide_at: Tier) {
        let step = |name: &str| ItemStep {
            name: name.to_owned(),
            actor: None,
            limit: None,
            standard: None,
            result: None,
            may_return_to: None,
        };
        let mut item = Item::named("T01".parse().unwrap(), "参保登记");
        (item.kind, item.case_type) = (Some(kind), Some(CaseType::Promised));
        (item.decide_at, item.tier) = (Some(decide_at), Some(decide_at));
        item.promise = Some(Limit::WorkingDays(3).into());
        item.steps = vec![step("初审"), step("复核")];
        let name = document_name(&item.id);
        let detail = Detail { item: Some(Box::new(item)), ..Detail::default() };
        let at = crate::clock::now().plus_ms(-86_400_000);
        let event = Event::new(EventKind::Publish, at, "周敏", "").with(detail);
        let written = self.service.desk().stage(move |replica, _| {
            let home = Home::public(replica.member().centre());
            let sheets = vec![(name, vec![Edit::Event(event)])];
            let appended = replica.append(crate::clock::now(), home, sheets)?;
            Ok::<_, CaseError>(((), appended))
        });
        written.await.unwrap();
    }
}

/// A town in which the item is offered, and the page of a case that was taken and accepted.
async fn accepted(town: &Town, browser: &Browser<'_>) -> String {
    town.appoint(Role::Window).await;
    town.offer(Kind::Benefit, Tier::Township).await;
    let page = browser.take("王小明", "r-1").await;
    let accept = [("kind", "accept"), ("seen", "1")];
    assert_eq!(browser.post(&format!("{page}/events"), &accept).await.status(), 303);
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_without_a_basis_is_asked_for_again_and_recorded_once_that_is_ticked() {
    let town = Town::open(0).await;
    let browser = town.sign_in();
    let page = accepted(&town, &browser).await;
    let events = format!("{page}/events");
    let fee = [("kind", "charge"), ("seen", "2"), ("fee", "20")];
    let asked = browser.post(&events, &fee).await;
    asked.says(422, &["id=\"charge-basis-fault\"", "没有依据，照实记录（将记为违规）"]);
    asked.says(422, &["name=\"fee\" type=\"text\" value=\"20\"", "href=\"#charge-basis\""]);
    assert!(!browser.get(&page).await.0.contains("违规</span>"), "nothing was recorded");
    let meant = [&fee[..], &[("was_so", "yes")]].concat();
    assert_eq!(browser.post(&events, &meant).await.status(), 303);
    browser.get(&page).await.says(200, &["收费 20.00 元，没有依据"]);
    let founded = [("kind", "charge"), ("seen", "3"), ("fee", "5"), ("basis", "某法第一条")];
    assert_eq!(browser.post(&events, &founded).await.status(), 303, "with a basis, at once");
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_is_chosen_from_the_guide_and_none_without_a_name_is_taken() {
    let town = Town::open(0).await;
    let browser = town.sign_in();
    let page = accepted(&town, &browser).await;
    let events = format!("{page}/events");
    let shown = browser.get(&page).await;
    shown.says(200, &["<select id=\"finish-step-note\"", "<option value=\"复核\">复核</option>"]);
    let step = |name, seen| [("kind", "finish-step"), ("seen", seen), ("note", name)];
    browser.post(&events, &step(" ", "2")).await.says(422, &["请选或写明是哪个环节"]);
    browser.post(&events, &step("初步审查", "2")).await.says(422, &["办事指南没有环节“初步审查”"]);
    let alone = [&step("现场踏勘", "2")[..], &[("staff", "周敏")]].concat();
    browser.post(&events, &alone).await.says(422, &["id=\"finish-step-staff-fault\"", "少于两人"]);
    let both = [&step("现场踏勘", "2")[..], &[("staff", "周敏、王强")]].concat();
    assert_eq!(browser.post(&events, &both).await.status(), 303);
    assert_eq!(browser.post(&events, &step("初审", "3")).await.status(), 303);
    let shown = browser.get(&page).await;
    shown.says(200, &["<option value=\"复核\">复核</option><option value=\"初审\">初审（已办）"]);
    assert!(!shown.0.contains("违规</span>"), "{}", shown.0);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_ended_only_with_its_reason_and_a_tick() {
    let town = Town::open(0).await;
    let browser = town.sign_in();
    let page = accepted(&town, &browser).await;
    let events = format!("{page}/events");
    let shown = browser.get(&page).await;
    shown.says(200, &["id=\"withdraw-sure\"", "id=\"terminate-sure\""]);
    let bare = [("kind", "withdraw"), ("seen", "2")];
    browser.post(&events, &bare).await.says(422, &["请写明撤回的原因", "确认请勾选"]);
    let why = [&bare[..], &[("note", "本人电话要求撤回")]].concat();
    let again = browser.post(&events, &why).await;
    again.says(422, &["确认请勾选", "value=\"本人电话要求撤回\""]);
    let end = [("kind", "terminate"), ("seen", "2"), ("ground", "other"), ("reason", "材料未补")];
    browser.post(&events, &end).await.says(422, &["id=\"terminate-sure-fault\""]);
    let sure = [&why[..], &[("sure", "yes")]].concat();
    assert_eq!(browser.post(&events, &sure).await.status(), 303);
    browser.get(&page).await.says(200, &["撤回", "本人电话要求撤回"]);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_earlier_is_entered_with_its_time() {
    let town = Town::open(0).await;
    let browser = town.sign_in();
    town.appoint(Role::Window).await;
    let page = browser.take("王小明", "r-1").await;
    let events = format!("{page}/events");
    let step = [("earlier", "yes"), ("kind", "accept"), ("seen", "1")];
    browser.post(&events, &step).await.says(422, &["id=\"earlier-happened_at-fault\"", "请填实际"]);
    let future = [&step[..], &[("happened_at", "2999-01-01T09:00")]].concat();
    browser.post(&events, &future).await.says(422, &["不能晚于现在", "2999-01-01T09:00"]);
    // On the day of the receipt, before it, whatever the clock says now.
    let before = [&step[..], &[("happened_at", "2013-12-02T09:00")]].concat();
    browser.post(&events, &before).await.says(422, &["id=\"earlier-happened_at-fault\""]);
    let now = shell::clock(crate::clock::now());
    let today = [&step[..], &[("happened_at", now.as_str())]].concat();
    assert_eq!(browser.post(&events, &today).await.status(), 303);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_papers_of_what_is_no_permit_cite_no_law_of_permits() {
    for (kind, cites) in [(Kind::Service, false), (Kind::Permit, true)] {
        let town = Town::open(0).await;
        town.appoint(Role::Window).await;
        town.offer(kind, Tier::Township).await;
        let browser = town.sign_in();
        let page = browser.take("王小明", "r-1").await;
        let shown = browser.get(&page).await;
        shown.says(200, &["时限尚未开始：事项写明 3 个工作日，自受理之日起算"]);
        let receipt = browser.get(&format!("{page}/papers/receipt")).await;
        receipt
            .says(200, &["五个工作日内未一次性告知补正的", "承诺时限 3 个工作日，自受理之日起算"]);
        assert_eq!(receipt.0.contains("行政许可法"), cites, "{}", receipt.0);
        assert!(!receipt.0.contains("<li>") && !receipt.0.contains("补打"), "{}", receipt.0);
        let accept = [("kind", "accept"), ("seen", "1")];
        assert_eq!(browser.post(&format!("{page}/events"), &accept).await.status(), 303);
        let receipt = browser.get(&format!("{page}/papers/receipt")).await;
        receipt.says(200, &["本件已受理。", "承诺时限 3 个工作日，最迟 <b>"]);
        assert!(!receipt.0.contains("第三十二条"), "{}", receipt.0);
        town.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_was_handed_up_says_to_whom_and_when() {
    let town = Town::open(0).await;
    town.appoint(Role::Window).await;
    town.offer(Kind::Benefit, Tier::County).await;
    let browser = town.sign_in();
    let page = browser.take("王小明", "r-1").await;
    for (kind, seen) in [("accept", "1"), ("hand-up", "2")] {
        assert!(!browser.get(&page).await.0.contains("已上报"), "{kind}");
        let step = [("kind", kind), ("seen", seen)];
        assert_eq!(browser.post(&format!("{page}/events"), &step).await.status(), 303);
    }
    let on = shell::clock(crate::clock::now());
    let said = format!("已上报县级（蓬溪县），{}，由其决定", on.split(' ').next().unwrap());
    browser.get(&page).await.says(200, &[&said]);
    let english = browser.get(&format!("{page}?lang=en")).await;
    english.says(200, &["Handed up to the county (Pengxi County) on "]);
    town.service.stop().await;
}
