//! People at counters, and officers above them.

use tongban_node::engine::Ticket;
use tongban_node::replica::Replica;
use tongban_node::store::FaultyStore;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::case::Terms;
use tongban_protocol::document::{
    Detail, DocumentId, DocumentKind, DocumentName, Edit, Event as CaseEvent, EventKind, Header,
    Material, MaterialState,
};
use tongban_protocol::place::{Home, Scope};
use tongban_protocol::time::Timestamp;
use tongban_protocol::value::Value;

use super::counter;
use super::{Event, Place, World};

/// What is applied for: promised within three working days.
const ITEM: &str = "T02";

/// Documents among which a person looks for something to do.
const DESK_MAX: usize = 40;

/// What those above a centre may record in its cases.
const ABOVE: [EventKind; 4] =
    [EventKind::Accept, EventKind::FinishStep, EventKind::Decide, EventKind::Supervise];

/// What a centre records in its own.
const OWN: [EventKind; 6] = [
    EventKind::NoticeSupplement,
    EventKind::Receive,
    EventKind::Accept,
    EventKind::FinishStep,
    EventKind::Deliver,
    EventKind::Withdraw,
];

impl World {
    /// Somebody at an office does something, if its machine runs.
    pub(super) fn work(&mut self, place: Place) {
        if !self.is_storm {
            return;
        }
        let pause_ms = 1 + self.below(self.plan.work_pause_ms * 2);
        self.after(pause_ms, Event::Work(place));
        let Some(engine) = &self.offices[place].engine else { return };
        let replica = engine.replica();
        let own = Home::office(replica.member().centre());
        let homes: Vec<Home> =
            replica.homes().into_iter().filter(|home| home.scope == Scope::Office).collect();
        let is_counter = place != 0;
        if is_counter && self.one_in(3) {
            return self.command(place, own, None);
        }
        if !is_counter && self.one_in(4) {
            return self.command(place, Home::public(own.division), None);
        }
        let at = self.below(i64::try_from(homes.len()).unwrap());
        let Some(home) = homes.get(usize::try_from(at).unwrap()).copied() else { return };
        let Some(engine) = &self.offices[place].engine else { return };
        let desk = engine.replica().documents(home, DocumentKind::Case, None, DESK_MAX).unwrap();
        let at = self.below(i64::try_from(desk.len()).unwrap());
        if let Some(case) = desk.get(usize::try_from(at).unwrap()) {
            self.command(place, home, Some(*case));
        }
    }

    /// Writes to a document, or begins a new one.
    pub(super) fn command(&mut self, place: Place, home: Home, document: Option<DocumentId>) {
        let choice = self.below(100);
        let ticket = self.ticket();
        self.count("commands");
        let mut through = None;
        self.with_engine(place, |engine, now| {
            engine.handle_command(ticket, |replica, rng| {
                if let Some((what, appended)) = counter::act(replica, rng, now, document, choice) {
                    through = Some(what);
                    return Ok(appended);
                }
                let kind = match home.scope {
                    Scope::Office => DocumentKind::Case,
                    Scope::Public => DocumentKind::Item,
                };
                let name = match document {
                    Some(id) => id.name,
                    None => replica.name_document(now, kind, rng),
                };
                let edits = edits(replica, home, document.is_none().then_some(name), now, choice);
                replica.append(now, home, vec![(name, edits)])
            });
        });
        if let Some(what) = through {
            self.count(what);
        }
    }

    pub(super) fn ticket(&mut self) -> Ticket {
        self.next += 1;
        Ticket(self.next)
    }
}

/// The number that the counter would give; none on the days of a clock that cannot be written.
fn numbered(replica: &Replica<FaultyStore>, now: Timestamp) -> Option<String> {
    let next = replica.next_number(civil_day(now)).unwrap();
    next.map(|number| number.to_string()).ok()
}

/// What is owed for a case of today, as far as the catalogue has come here.
fn terms(replica: &Replica<FaultyStore>, now: Timestamp) -> Option<Box<Terms>> {
    let catalogue = replica.catalogue().unwrap();
    let version = catalogue.version_on(&ITEM.parse().unwrap(), civil_day(now))?;
    version.item.terms().map(Box::new)
}

fn edits(
    replica: &Replica<FaultyStore>,
    home: Home,
    new: Option<DocumentName>,
    now: Timestamp,
    choice: i64,
) -> Vec<Edit> {
    let pick = usize::try_from(choice).unwrap();
    let event = |kind| {
        let terms = (kind == EventKind::Receive).then(|| terms(replica, now)).flatten();
        let materials = (kind == EventKind::NoticeSupplement).then(|| vec!["申请表".to_owned()]);
        let detail = Detail { materials, terms, ..Detail::default() };
        Edit::Event(CaseEvent::new(kind, now, "李", "经办").with(detail))
    };
    let address = Edit::Field("address".to_owned(), Value::Text(format!("{choice} 号")));
    let is_own = home.division == replica.member().centre();
    match (new, is_own) {
        (Some(_), _) if home.scope == Scope::Public => vec![address],
        (Some(name), _) => {
            let header = Header {
                number: numbered(replica, now).unwrap_or_else(|| name.ulid.to_string()),
                item: ITEM.to_owned(),
                item_name: "城乡居民基本养老保险参保登记".to_owned(),
                applicant: "张三".to_owned(),
                channel: "窗口".to_owned(),
                taken_by: home.division,
                taken_at: now,
                part_of: None,
            };
            let material = Material { state: MaterialState::Handed, content: None };
            let material = Edit::Material("身份证".to_owned(), material);
            vec![Edit::Header(header), address, material, event(EventKind::Receive)]
        }
        (None, true) if choice < 30 => vec![address],
        (None, true) => vec![event(OWN[pick % OWN.len()])],
        (None, false) => vec![event(ABOVE[pick % ABOVE.len()])],
    }
}
