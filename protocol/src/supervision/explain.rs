//! What recorded outages say of cards.

use jiff::civil::Date;

use super::card::{Card, Subject};
use super::rules::{Mark, Trigger};
use crate::calendar::{Almanac, Calendar, civil_day};
use crate::case::law::LATE_DAYS;
use crate::case::{Folded, clocks};
use crate::document::{Event, EventId};
use crate::outage::{Evidence, OutageCause};

/// How many working days before its last day an outage is told with the card of a clock: whoever
/// rules on an appeal sees what kept the centre from finishing.
pub const LAST_DAYS: u32 = 2;

/// Notes with each card which outages of its home concern it, and whether they explain it.
///
/// An outage concerns the card of a clock when it falls on the clock's last days; that is for a
/// person to judge. A late entry is explained, and its card not due, when the machine that recorded
/// it did not run from at most a working day after the event to at most a working day before the
/// record: a counter without a link records in time, so a broken link explains nothing here.
pub fn explain(
    cards: &mut [Card],
    events: &[(EventId, Event)],
    folded: &Folded,
    when: (&Almanac, Date),
    outages: &[Evidence],
) {
    let explained = |card: &mut Card| {
        let is_late_entry = card.trigger == Trigger::Marked(Mark::LateEntry);
        card.is_explained = is_late_entry && !card.outages.is_empty();
    };
    note(cards, events, folded, when, (outages, explained));
}

/// Tells with each card which outages concern it that machines of other centres recorded, which
/// had a hand in the case.
///
/// They explain nothing by themselves: not every tier holds them, and every tier must say alike
/// which cards are due. They are told to whoever issues and rules.
pub fn also_tell(
    cards: &mut [Card],
    events: &[(EventId, Event)],
    folded: &Folded,
    when: (&Almanac, Date),
    outages: &[Evidence],
) {
    note(cards, events, folded, when, (outages, |_: &mut Card| {}));
}

fn note(
    cards: &mut [Card],
    events: &[(EventId, Event)],
    folded: &Folded,
    (almanac, today): (&Almanac, Date),
    (outages, mut then): (&[Evidence], impl FnMut(&mut Card)),
) {
    if cards.is_empty() || outages.is_empty() {
        return;
    }
    let clocks = clocks(&folded.course, almanac, today);
    let calendar = almanac.latest();
    for card in cards {
        match (card.subject, card.trigger) {
            (Subject::Clock(kind), _) => {
                let due = clocks.iter().find(|clock| clock.kind == kind).and_then(|it| it.due);
                let Some(due) = due else { continue };
                let (first, last) = (days_before(due.date, calendar), due.date);
                let falls =
                    |it: &&Evidence| civil_day(it.from) <= last && first <= civil_day(it.to);
                card.outages.extend(outages.iter().filter(falls));
            }
            (Subject::Event(id), Trigger::Marked(Mark::LateEntry)) => {
                let Some((_, event)) = events.iter().find(|(other, _)| *other == id) else {
                    continue;
                };
                let excuses = |it: &&Evidence| excuses(it, id, event, calendar);
                card.outages.extend(outages.iter().filter(excuses));
            }
            (Subject::Event(_) | Subject::Procedure(_), _) => {}
        }
        then(card);
    }
}

/// The working day that lies [`LAST_DAYS`] before a last day.
fn days_before(last: Date, calendar: &Calendar) -> Date {
    let mut day = last;
    while (calendar.working_days(day, last) < LAST_DAYS || !calendar.is_working(day))
        && let Ok(earlier) = day.yesterday()
    {
        day = earlier;
    }
    day
}

fn excuses(outage: &Evidence, id: EventId, event: &Event, calendar: &Calendar) -> bool {
    let (happened, recorded) = (civil_day(event.happened_at), civil_day(id.recorded.instant()));
    let (began, ended) = (civil_day(outage.from), civil_day(outage.to));
    outage.cause == OutageCause::Machine
        && outage.event.author.node == id.author.node
        && outage.to.0 > event.happened_at.0
        && ended <= recorded
        && calendar.working_days(happened, began) <= LATE_DAYS
        && calendar.working_days(ended, recorded) <= LATE_DAYS
}
