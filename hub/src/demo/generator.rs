//! Invented cases that look like those of a real counter.
//!
//! The same seed gives the same cases. The people do not exist; their identity numbers are
//! well-formed after GB 11643, so that checks on them can be shown. Not here: sending anything.

mod items;
mod people;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use tongban_protocol::place::{Division, Tier};
use tongban_protocol::time::{SHANGHAI_OFFSET_MS, Timestamp};
use tongban_protocol::value::Value;

pub use items::{Item, items_of};
pub use people::id_check_digit;

use people::Person;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Offices are open from 9 to 17 hours.
const OFFICE_MS: std::ops::Range<i64> = 9 * HOUR_MS..17 * HOUR_MS;
/// Days taken for an item that promises none.
const PROMISE_DAYS_ELSE: i64 = 10;
/// Offset of Asia/Shanghai in minutes, as values carry it.
const SHANGHAI_OFFSET_MINUTES: i16 = 480;

/// Where a case is taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place<'a> {
    /// The county's division; the place itself if it is one.
    pub county: Division,
    /// The county's name, such as `蓬溪县`.
    pub county_name: &'a str,
    /// The centre's division.
    pub division: Division,
    /// The centre's name, such as `文井镇`.
    pub name: &'a str,
    /// The centre's tier; a city takes the items of a county.
    pub tier: Tier,
}

/// A case that somebody might have brought to a counter.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratedCase {
    /// Where the applicant lives, in the division's county.
    pub address: String,
    /// The applicant's name.
    pub applicant: String,
    /// What happens to the case, in order; the first is always `accept` at zero.
    pub events: Vec<PlannedEvent>,
    /// The filled form.
    pub form: BTreeMap<String, Value>,
    /// Identity number after GB 11643, 18 characters.
    pub id_number: String,
    /// What is applied for.
    pub item: &'static Item,
    /// Mobile number of 11 digits.
    pub phone: String,
}

/// Something that will happen to a case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlannedEvent {
    /// Milliseconds after the case was taken.
    pub after_ms: i64,
    /// Name of the clerk.
    pub by: String,
    /// The tier whose centre does it.
    pub by_tier: Tier,
    /// `accept`, `supplement`, `step`, `decide`, `deliver` or `withdraw`.
    pub kind: &'static str,
    /// What the clerk writes; may be empty.
    pub note: String,
}

/// Invents cases.
#[derive(Clone, Debug)]
pub struct Generator {
    dice: Dice,
    seed: u64,
}

impl Generator {
    /// Starts from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), seed }
    }

    /// Invents the next case, taken at `place` at `at`.
    pub fn next_case(&mut self, place: &Place<'_>, at: Timestamp) -> GeneratedCase {
        let item = self.dice.pick(items_of(place.tier));
        let person = Person::invent(&mut self.dice, place.county, at);
        let address = people::address(&mut self.dice, place);
        let form = self.form(&person, &address, item);
        let events = self.plan(place, at, item);
        let Person { name: applicant, id_number, phone, .. } = person;
        GeneratedCase { address, applicant, events, form, id_number, item, phone }
    }

    fn form(&mut self, person: &Person, address: &str, item: &Item) -> BTreeMap<String, Value> {
        let dice = &mut self.dice;
        let text = |text: &str| Value::Text(text.to_owned());
        let contact = people::name(dice);
        let income = Value::Number(dice.between(3_000, 80_000) as f64 + 0.5);
        let fields = [
            ("姓名", text(&person.name)),
            ("性别", text(if person.is_male { "男" } else { "女" })),
            ("民族", text(if dice.chance(97) { "汉族" } else { "藏族" })),
            ("出生日期", Value::Instant(person.born, SHANGHAI_OFFSET_MINUTES)),
            ("身份证号", Value::Id(person.id_number.clone())),
            ("联系电话", text(&person.phone)),
            ("户籍地址", text(address)),
            ("现居住地址", text(if dice.chance(80) { "同户籍地址" } else { address })),
            ("家庭人口", Value::Integer(dice.between(1, 8))),
            ("家庭年收入", income),
            ("开户银行", text("四川农村商业联合银行股份有限公司遂宁分行")),
            ("银行账号", Value::Id(dice.digits("6214", 19))),
            ("紧急联系人", Value::Text(contact)),
            ("紧急联系电话", Value::Text(people::phone(dice))),
            ("申请事由", Value::Text(people::reason(dice, item.name))),
            ("告知承诺", Value::Flag(dice.chance(98))),
        ];
        fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    fn plan(&mut self, place: &Place<'_>, at: Timestamp, item: &Item) -> Vec<PlannedEvent> {
        let dice = &mut self.dice;
        let mut plan = Plan { at, dice, events: Vec::new(), place, seed: self.seed };
        plan.add(0, place.tier, "accept", "材料齐全,当场受理");
        let mut begin_ms = 0;
        if plan.dice.chance(12) {
            let told_ms = plan.dice.between(5, 60) * MINUTE_MS;
            plan.add(told_ms, place.tier, "supplement", "一次性告知补正");
            begin_ms = plan.dice.between(1, 5) * DAY_MS;
            plan.add(begin_ms, place.tier, "step", "材料已补齐");
        }
        if plan.dice.chance(3) {
            let after_ms = begin_ms + plan.dice.between(10, 2_000) * MINUTE_MS;
            plan.add(after_ms, place.tier, "withdraw", "申请人撤回申请");
            return plan.events;
        }
        let takes_ms = turnaround_ms(plan.dice, item);
        let mut step_ms = begin_ms;
        for (nth, (tier, note)) in item.steps.iter().enumerate() {
            // Each step takes its share of what is left; the decision takes the last.
            let left = i64::try_from(item.steps.len() - nth).unwrap_or(1) + 1;
            step_ms += (begin_ms + takes_ms - step_ms) / left;
            plan.add(step_ms, place.tier.max(*tier), "step", note);
        }
        let word = if plan.dice.chance(95) { "准予" } else { "不予:不符合条件" };
        plan.add(begin_ms + takes_ms, place.tier.max(item.decide_at), "decide", word);
        let wait_minutes_max = if takes_ms < DAY_MS { 30 } else { 2_880 };
        let wait_ms = plan.dice.between(5, wait_minutes_max) * MINUTE_MS;
        plan.add(begin_ms + takes_ms + wait_ms, place.tier, "deliver", "");
        if plan.dice.chance(8) {
            plan.leave_open();
        }
        plan.events
    }
}

/// How long the office takes: mostly well within its promise, now and then beyond.
fn turnaround_ms(dice: &mut Dice, item: &Item) -> i64 {
    let promise_ms = match item.promise_days {
        Some(0) => return dice.between(10, 40) * MINUTE_MS,
        Some(days) => i64::from(days) * DAY_MS,
        None => PROMISE_DAYS_ELSE * DAY_MS,
    };
    let percent = if dice.chance(94) { dice.between(30, 95) } else { dice.between(105, 150) };
    promise_ms * percent / 100
}

/// The events of one case as they are laid out.
struct Plan<'a> {
    at: Timestamp,
    dice: &'a mut Dice,
    events: Vec<PlannedEvent>,
    place: &'a Place<'a>,
    seed: u64,
}

impl Plan<'_> {
    /// Adds an event after the last one, in office hours unless it is the first.
    fn add(&mut self, after_ms: i64, by_tier: Tier, kind: &'static str, note: &str) {
        let moved = match self.events.last() {
            None => self.at,
            Some(last) => {
                let wanted_ms = after_ms.max(last.after_ms + MINUTE_MS);
                in_office_hours(self.dice, self.at.plus_ms(wanted_ms))
            }
        };
        let is_here = by_tier == self.place.tier;
        let centre = if is_here { self.place.division } else { self.place.county };
        self.events.push(PlannedEvent {
            after_ms: moved.ms_since(self.at),
            by: people::clerk(self.dice, self.seed, centre, by_tier),
            by_tier,
            kind,
            note: note.to_owned(),
        });
    }

    /// Cuts the plan off somewhere after acceptance, as if the rest were still to come.
    fn leave_open(&mut self) {
        let last = i64::try_from(self.events.len()).unwrap_or(i64::MAX) - 1;
        let done = self.dice.between(1, last);
        self.events.truncate(usize::try_from(done).unwrap_or(1));
    }
}

/// Moves an instant into the next office hours, Monday to Friday, if it is outside.
fn in_office_hours(dice: &mut Dice, at: Timestamp) -> Timestamp {
    let mut day = at.shanghai_day();
    let midnight = |day: i64| Timestamp(day * DAY_MS - SHANGHAI_OFFSET_MS);
    let hour_ms = at.ms_since(midnight(day));
    // 1970-01-01 was a Thursday: Monday is 0.
    let weekday = |day: i64| (day + 3).rem_euclid(7);
    if OFFICE_MS.contains(&hour_ms) && weekday(day) < 5 {
        return at;
    }
    if hour_ms >= OFFICE_MS.end {
        day += 1;
    }
    day += (7 - weekday(day)) * i64::from(weekday(day) > 4);
    midnight(day).plus_ms(OFFICE_MS.start + dice.between(0, 120) * MINUTE_MS)
}

/// Chance, always the same for the same seed.
#[derive(Clone, Debug)]
struct Dice(ChaCha8Rng);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number from `low` to `high`, both included.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(0).unsigned_abs() + 1;
        low.saturating_add_unsigned(self.0.next_u64() % span)
    }

    /// True in `percent` of 100 throws.
    fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of `choices`, which is not empty.
    fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let last = i64::try_from(choices.len()).unwrap_or(i64::MAX) - 1;
        &choices[usize::try_from(self.between(0, last)).unwrap_or(0)]
    }

    /// Digits after `start`, up to `chars` in all.
    fn digits(&mut self, start: &str, chars: usize) -> String {
        let mut text = start.to_owned();
        while text.len() < chars {
            text.push(char::from(*self.pick(b"0123456789")));
        }
        text
    }
}
