//! What people do through the counter's own functions: joint cases, and what stands beside cases.

use rand_chacha::ChaCha12Rng;
use tongban_node::cases::{self, GreenSaid, NewCase, NewEvent, Said};
use tongban_node::orders::{self, NewOrder, OrderAct, OrderStep};
use tongban_node::posts::{self, PostWish};
use tongban_node::records::{self, NewEntry, NewService};
use tongban_node::replica::{Appended, Replica};
use tongban_node::store::FaultyStore;
use tongban_protocol::case::GreenBasis;
use tongban_protocol::case::joint::Gathering;
use tongban_protocol::document::{
    DocumentId, DocumentKind, EventKind, Outcome, Role, Satisfaction,
};
use tongban_protocol::place::{Home, Scope};
use tongban_protocol::service::ServiceKind;
use tongban_protocol::time::Timestamp;

/// Of a hundred commands so many are about joint cases.
const JOINT_BELOW: i64 = 30;
/// And up to here about what stands beside cases: ratings, cards, orders, services, posts.
const BESIDE_BELOW: i64 = 48;

/// What is recorded in joint cases and in their parts.
const JOINT: [EventKind; 9] = [
    EventKind::Accept,
    EventKind::Refer,
    EventKind::Acknowledge,
    EventKind::Decide,
    EventKind::AskSupplement,
    EventKind::Supplement,
    EventKind::Convene,
    EventKind::Minute,
    EventKind::Resolve,
];

/// Long enough for every world, in milliseconds.
const YEAR_MS: i64 = 365 * 86_400_000;

type Desk = Replica<FaultyStore>;

/// Does something as its counter would, and says what; nothing where the counter refuses.
pub(super) fn act(
    replica: &mut Desk,
    rng: &mut ChaCha12Rng,
    now: Timestamp,
    document: Option<DocumentId>,
    choice: i64,
) -> Option<(&'static str, Appended)> {
    let by = format!("{} {}", replica.member().centre(), choice % 2);
    if choice < JOINT_BELOW {
        return joint(replica, rng, now, document, (choice, by))
            .map(|done| ("commands on joint cases", done));
    }
    if choice < BESIDE_BELOW {
        return beside(replica, rng, now, document, (choice, by));
    }
    None
}

/// Goes on with a joint case as its counter would, or begins one; nothing where the counter refuses.
fn joint(
    replica: &mut Desk,
    rng: &mut ChaCha12Rng,
    now: Timestamp,
    document: Option<DocumentId>,
    (choice, by): (i64, String),
) -> Option<Appended> {
    let Some(id) = document else {
        let item = if choice % 2 == 0 { "enterprise" } else { "investment" };
        let case = NewCase {
            item: item.to_owned(),
            applicant: "某公司".to_owned(),
            materials: vec!["申请表".to_owned()],
            by,
            ..NewCase::default()
        };
        return Some(cases::take(replica, now, rng, case).ok()?.appended);
    };
    let kind = JOINT[usize::try_from(choice).unwrap() % JOINT.len()];
    let text = |text: &str| Some(text.to_owned());
    let detail = Said {
        role: (kind == EventKind::Resolve).then_some(Role::Supervisor),
        outcome: Some(if choice % 3 == 0 { Outcome::Refused } else { Outcome::Granted }),
        reason: text("经研究"),
        remedy: text("行政复议"),
        materials: vec!["申请表".to_owned()],
        gathering: Some(Gathering::Meeting),
        meets_at: Some(now),
        parts: if kind == EventKind::Refer { Vec::new() } else { vec![1] },
        ..Said::default()
    };
    let event = NewEvent { kind, note: String::new(), by, happened_at: None, detail };
    cases::record(replica, now, id, event).ok()
}

/// Goes on with what stands beside a case, or beside all of them.
fn beside(
    replica: &mut Desk,
    rng: &mut ChaCha12Rng,
    now: Timestamp,
    case: Option<DocumentId>,
    (choice, by): (i64, String),
) -> Option<(&'static str, Appended)> {
    let Some(id) = case else { return at_the_centre(replica, rng, now, (choice, by)) };
    if id.home.division != replica.member().centre() && choice % 3 == 0 {
        return order(replica, rng, now, id, by).map(|done| ("orders", done));
    }
    let said = |detail: Said, kind| NewEvent {
        kind,
        note: String::new(),
        by: by.clone(),
        happened_at: None,
        detail,
    };
    let event = match choice % 3 {
        0 => {
            let green = GreenSaid {
                basis: Some(GreenBasis::Signed),
                agent: "陈平".to_owned(),
                mandate: "代〔2026〕3号".to_owned(),
                ..GreenSaid::default()
            };
            let kind = if choice % 2 == 0 { EventKind::OpenGreen } else { EventKind::CloseGreen };
            let reason = Some("办结".to_owned());
            said(Said { green: Some(green), reason, ..Said::default() }, kind)
        }
        1 => {
            let rating = Some(Satisfaction::Satisfied);
            said(Said { rating, ..Said::default() }, EventKind::Rate)
        }
        _ => {
            let due = cases::cards(replica, id, now).ok()??.cards;
            let card = due.into_iter().find(|card| card.issued.is_none())?.name;
            let (card, reason) = (Some(card), Some("核实".to_owned()));
            let role = Some(Role::Supervisor);
            said(Said { card, reason, role, ..Said::default() }, EventKind::IssueCard)
        }
    };
    let what = match event.kind {
        EventKind::Rate => "ratings",
        EventKind::IssueCard => "cards issued",
        _ => "green channels opened or closed",
    };
    cases::record(replica, now, id, event).ok().map(|done| (what, done))
}

/// A centre above orders another to answer, or goes on with an order that it gave.
fn order(
    replica: &mut Desk,
    rng: &mut ChaCha12Rng,
    now: Timestamp,
    case: DocumentId,
    by: String,
) -> Option<Appended> {
    let known = replica.documents(case.home, DocumentKind::Order, None, 1).ok()?.pop();
    let Some(id) = known else {
        let wish = NewOrder {
            centre: case.home.division,
            document: "督〔2026〕1号".to_owned(),
            reason: "超时".to_owned(),
            days: 3,
            case: Some(case.to_string()),
            card: None,
            by,
            happened_at: None,
        };
        return orders::issue(replica, now, rng, wish).ok().map(|(_, done)| done);
    };
    let step = |act| OrderStep {
        act,
        text: "再查".to_owned(),
        days: Some(2),
        role: None,
        by: by.clone(),
        happened_at: None,
    };
    let again = orders::record(replica, now, id, step(OrderAct::Return));
    again
        .or_else(|_| orders::record(replica, now, id, step(OrderAct::Close)))
        .ok()
        .map(|(_, done)| done)
}

/// Services, posts and answers to orders of the own centre.
fn at_the_centre(
    replica: &mut Desk,
    rng: &mut ChaCha12Rng,
    now: Timestamp,
    (choice, by): (i64, String),
) -> Option<(&'static str, Appended)> {
    let home = Home { division: replica.member().centre(), scope: Scope::Office };
    match choice % 3 {
        0 => {
            let order = replica.documents(home, DocumentKind::Order, None, 1).ok()?.pop()?;
            let step = OrderStep {
                act: OrderAct::Reply,
                text: "已整改".to_owned(),
                days: None,
                role: None,
                by,
                happened_at: None,
            };
            let done = orders::record(replica, now, order, step).ok()?.1;
            Some(("orders", done))
        }
        1 => {
            let service = NewService {
                kind: ServiceKind::Visit,
                staff: vec![by.clone()],
                start: now.plus_ms(-3_600_000),
                end: now,
                place: "3组".to_owned(),
            };
            let entry = NewEntry {
                service: Some(service),
                reason: Some("行动不便".to_owned()),
                ..NewEntry::new(EventKind::Serve, by)
            };
            let done = records::enter(replica, now, rng, None, entry).ok()?.0;
            Some(("services", done))
        }
        _ => {
            // The two at a counter stand in for each other.
            let partner = format!("{} {}", home.division, 1 - choice % 2);
            let kind = match choice % 4 {
                0 => EventKind::Leave,
                1 => EventKind::Return,
                _ => EventKind::Appoint,
            };
            let wish = PostWish {
                kind,
                name: by,
                partner: Some(partner),
                role: None,
                until: Some(now.plus_ms(YEAR_MS)),
                to: None,
                by: "主任".to_owned(),
                happened_at: None,
            };
            let done = posts::change(replica, now, wish).ok()?.0;
            Some(("changes of posts", done))
        }
    }
}
