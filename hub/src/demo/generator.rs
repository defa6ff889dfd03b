//! Invented cases of real items, that look like those of a real counter.
//!
//! The same seed gives the same cases. The people do not exist; their identity numbers are
//! well-formed after GB 11643, so that checks on them can be shown. Not here: sending anything.

mod people;
mod plan;
mod story;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use tongban_config::city::City;
use tongban_protocol::case::joint::Template;
use tongban_protocol::catalogue::Item;
use tongban_protocol::place::{Division, Tier};
use tongban_protocol::time::Timestamp;
use tongban_protocol::value::Value;

pub use people::{clerks, id_check_digit};
pub use plan::PlannedEvent;
pub use story::Story;

use people::Person;
use plan::Plan;

const DAY_MS: i64 = 24 * 3_600_000;
/// Offset of Asia/Shanghai in minutes, as values carry it.
const SHANGHAI_OFFSET_MINUTES: i16 = 480;

/// Where a case is taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place<'a> {
    /// The county's division; the place itself if it is one, or the city.
    pub county: Division,
    /// The county's name, such as `蓬溪县`.
    pub county_name: &'a str,
    /// The centre's division.
    pub division: Division,
    /// The centre's name, such as `文井镇`.
    pub name: &'a str,
    /// The centre's tier.
    pub tier: Tier,
}

/// A case that somebody might have brought to a counter.
#[derive(Clone, Debug)]
pub struct GeneratedCase {
    /// Where the applicant lives, in the division's county.
    pub address: String,
    /// The applicant's name.
    pub applicant: String,
    /// The clerk who takes it.
    pub by: String,
    /// What happens to the case once it is taken, in order.
    pub events: Vec<PlannedEvent>,
    /// 渠道: at the counter, or online.
    pub channel: &'static str,
    /// The filled form.
    pub form: BTreeMap<String, Value>,
    /// The materials that were handed in.
    pub handed: Vec<String>,
    /// Identity number after GB 11643, 18 characters.
    pub id_number: String,
    /// What is applied for.
    pub item: Arc<Item>,
    /// Mobile number of 11 digits.
    pub phone: String,
    /// The way that it goes.
    pub story: Story,
    /// When it was handed in, where that was on paper and long before it is entered.
    pub taken_at: Option<Timestamp>,
}

/// What may be applied for.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// The items that a catalogue takes.
    pub items: Vec<Arc<Item>>,
    /// What several authorities decide together.
    pub templates: Vec<Template>,
}

impl Offer {
    /// What a city's facts offer.
    #[must_use]
    pub fn of(city: &City) -> Self {
        let items = city.items.sound().cloned().map(Arc::new).collect();
        Self { items, templates: city.joint.clone() }
    }
}

/// Invents cases.
#[derive(Clone, Debug)]
pub struct Generator {
    dice: Dice,
    offer: Arc<Offer>,
    /// By what the names of those who work at each centre come about.
    staff: u64,
}

impl Generator {
    /// Starts from a seed and what may be applied for.
    #[must_use]
    pub fn new(seed: u64, offer: Arc<Offer>) -> Self {
        Self { dice: Dice::new(seed), offer, staff: seed }
    }

    /// The same with the staff of another generator: a county has one, whosever cases it decides.
    #[must_use]
    pub fn with_staff(self, staff: u64) -> Self {
        Self { staff, ..self }
    }

    /// Invents the next case, brought to `place` at `at`; `None` where no item is accepted there.
    pub fn next_case(&mut self, place: &Place<'_>, at: Timestamp) -> Option<GeneratedCase> {
        let accepted = |item: &&Arc<Item>| item.accept_at == Some(place.tier);
        let offer = self.offer.clone();
        let items: Vec<&Arc<Item>> = offer.items.iter().filter(accepted).collect();
        let mut item = Arc::clone(items.get(self.dice.below(items.len())?)?);
        let mut story = Story::pick(&mut self.dice, &item);
        let mut joint = None;
        if story == Story::Joint {
            let template = plan::template(&mut self.dice, &offer.templates, at);
            match template.and_then(|it| Some((it, plan::as_item(it, place.tier)?))) {
                Some((template, as_item)) => (joint, item) = (Some(template), Arc::new(as_item)),
                None => story = Story::Plain,
            }
        }
        let person = Person::invent(&mut self.dice, place.county, at);
        let address = people::address(&mut self.dice, place);
        let form = self.form(&person, &address, &item);
        let by = people::clerk(&mut self.dice, self.staff, place.division, place.tier);
        let mut plan = Plan::new((&mut self.dice, self.staff), place, &item, at);
        match joint {
            Some(template) => plan.tell_joint(&template.plan),
            None => plan.tell(story),
        }
        let Plan { channel, events, handed, taken_at, .. } = plan;
        let Person { name: applicant, id_number, phone, .. } = person;
        let (form, item) = (form, item.clone());
        Some(GeneratedCase {
            address,
            applicant,
            by,
            channel,
            events,
            form,
            handed,
            id_number,
            item,
            phone,
            story,
            taken_at,
        })
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
            ("申请事由", Value::Text(people::reason(dice, &item.name))),
            ("告知承诺", Value::Flag(dice.chance(98))),
        ];
        fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
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

    /// A place among `count`; `None` where there is none.
    fn below(&mut self, count: usize) -> Option<usize> {
        let last = i64::try_from(count.checked_sub(1)?).ok()?;
        usize::try_from(self.between(0, last)).ok()
    }

    /// One of `choices`, which is not empty.
    fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len()).unwrap_or(0)]
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
