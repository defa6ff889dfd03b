//! 规则集: the rules that a city published, as a whole.
//!
//! Rules grow with the versions of this program. A set that names what only a later version knows
//! is taken all the same: what is known works, and the rest is kept as it came.

use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode, Encoder};

use super::refusal::RulesError;
use super::rules::{Level, Rule, Trigger};

/// The rules in force.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RuleSet {
    rules: Vec<Rule>,
    /// Those that only a later version knows, by their places.
    unknown: Vec<UnknownRule>,
}

/// A rule that says a word of a later version: it is kept as it came and has no effect here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnknownRule {
    /// Its name in the set; empty where even that cannot be read.
    pub id: String,
    /// What its cards say; empty where that cannot be read.
    pub title: String,
    /// Where it stands among all rules of the set.
    place: u64,
    /// The rule as it was published.
    bytes: Vec<u8>,
}

impl RuleSet {
    /// Takes rules that somebody is about to publish.
    ///
    /// # Errors
    ///
    /// The first [`RulesError`].
    pub fn new(rules: Vec<Rule>) -> Result<Self, RulesError> {
        if rules.is_empty() {
            return Err(RulesError::Empty);
        }
        for rule in &rules {
            rule.check()?;
        }
        for (rule, other) in rules.iter().flat_map(|it| rules.iter().map(move |other| (it, other)))
        {
            if rule.level > other.level && rule.trigger == other.trigger {
                let (graver, lighter) = (rule.id.clone(), other.id.clone());
                return Err(RulesError::SameMoment { graver, lighter });
            }
            if rule.level > other.level && rule.points < other.points {
                return Err(RulesError::FewerPoints {
                    graver: (rule.id.clone(), rule.points),
                    lighter: (other.id.clone(), other.points),
                });
            }
        }
        Self::published(rules)
    }

    /// Takes rules that were published. What an earlier version took stays taken: every store must
    /// come to the same.
    fn published(rules: Vec<Rule>) -> Result<Self, RulesError> {
        for (at, rule) in rules.iter().enumerate() {
            if rules[..at].iter().any(|earlier| earlier.id == rule.id) {
                return Err(RulesError::Twice(rule.id.clone()));
            }
            match rule.trigger {
                Trigger::Used(_, percent) if !(1..=100).contains(&percent) => {
                    return Err(RulesError::Percent { id: rule.id.clone(), percent });
                }
                Trigger::Used(..) | Trigger::Left(..) if rule.level == Level::Red => {
                    return Err(RulesError::TooGrave(rule.id.clone()));
                }
                _ => {}
            }
            for other in &rules {
                if rule.level > other.level && rule.trigger.comes_before(other.trigger) {
                    return Err(RulesError::Contradiction {
                        graver: rule.id.clone(),
                        sooner: rule.trigger,
                        lighter: other.id.clone(),
                        later: other.trigger,
                    });
                }
            }
        }
        Ok(Self { rules, unknown: Vec::new() })
    }

    /// The rules, in their order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of a name.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The rules of a later version, which have no effect here, in their order.
    #[must_use]
    pub fn unknown(&self) -> &[UnknownRule] {
        &self.unknown
    }
}

impl UnknownRule {
    /// What the machine does with it, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        format!("本版本不认识的规则：{}（{}），此处不生效，请升级", self.id, self.title)
    }

    /// The same in English.
    #[must_use]
    pub fn en(&self) -> String {
        let Self { id, title, .. } = self;
        format!(
            "a rule this version does not know: {id} ({title}); it has no effect here, update this machine"
        )
    }
}

/// Known rules and unknown ones in the order in which they were published, so that what was read is
/// written as it was.
impl<C> Encode<C> for RuleSet {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let count = self.rules.len() + self.unknown.len();
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        encoder.array(count)?;
        let (mut rules, mut unknown) = (self.rules.iter(), self.unknown.iter().peekable());
        for place in 0..count {
            match unknown.next_if(|it| it.place == place) {
                Some(rule) => {
                    let write = encoder.writer_mut().write_all(&rule.bytes);
                    write.map_err(minicbor::encode::Error::write)?;
                }
                None => rules.next().encode(encoder, context)?,
            }
        }
        Ok(())
    }
}

/// A rule with a word of a later version is kept aside; the others work.
impl<'b, C> Decode<'b, C> for RuleSet {
    fn decode(decoder: &mut Decoder<'b>, context: &mut C) -> Result<Self, minicbor::decode::Error> {
        use minicbor::decode::Error;
        let (mut rules, mut unknown) = (Vec::new(), Vec::new());
        let count = decoder.array()?;
        for place in 0.. {
            let is_over = match count {
                Some(count) => place == count,
                None => decoder.datatype()? == Type::Break,
            };
            if is_over {
                break;
            }
            let start = decoder.position();
            match Rule::decode(decoder, context) {
                Ok(rule) => rules.push(rule),
                Err(error) if error.is_unknown_variant() => {
                    decoder.set_position(start);
                    let (id, title) = named(&mut decoder.probe()).unwrap_or_default();
                    decoder.skip()?;
                    let bytes = decoder.input().get(start..decoder.position()).unwrap_or_default();
                    unknown.push(UnknownRule { id, title, place, bytes: bytes.to_vec() });
                }
                Err(error) => return Err(error),
            }
        }
        if count.is_none() {
            decoder.skip()?; // The break.
        }
        let known = Self::published(rules).map_err(|error| Error::message(error.to_string()))?;
        Ok(Self { unknown, ..known })
    }
}

/// The name and title with which a rule of any version begins.
fn named(decoder: &mut Decoder<'_>) -> Option<(String, String)> {
    decoder.array().ok()?;
    let mut text = || decoder.str().ok().map(str::to_owned);
    Some((text()?, text()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervision::{Mark, Watched};

    /// `[id, title, trigger, level, points, answer days]`, with any words for trigger and level.
    type Raw<T> = (&'static str, &'static str, T, u8, u16, Option<u16>);

    fn joined(rules: &[Vec<u8>]) -> Vec<u8> {
        let first = 0x80 | u8::try_from(rules.len()).unwrap();
        [vec![first], rules.concat()].concat()
    }

    fn raw<T: Encode<()>>(rule: Raw<T>) -> Vec<u8> {
        minicbor::to_vec(rule).unwrap()
    }

    fn known() -> [Vec<u8>; 2] {
        // 承诺时限 over by more than 0 days, and 补录.
        [
            raw(("over", "超", (2, (2, 0)), 1, 5, Some(1))),
            // Where nothing comes after it, what is not there is not written.
            minicbor::to_vec(("late", "补", (4, [6]), 0, 0)).unwrap(),
        ]
    }

    #[test]
    fn a_rule_with_a_word_of_a_later_version_is_kept_aside_and_the_others_work() {
        let [over, late] = known();
        let unknown = [
            raw(("new-trigger", "新情形", (99, ("更多", 7)), 1, 5, None::<u16>)),
            raw(("new-mark", "新违规", (4, [91]), 1, 5, None::<u16>)),
            raw(("new-clock", "新时限", (2, (40, 0)), 1, 5, None::<u16>)),
            raw(("new-level", "新等次", (3, [0_u8; 0]), 9, 5, None::<u16>)),
        ];
        let [trigger, mark, clock, level] = unknown;
        let bytes = joined(&[trigger, over, mark, clock, late, level]);
        let set: RuleSet = minicbor::decode(&bytes).unwrap();
        let ids: Vec<&str> = set.rules().iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(ids, ["over", "late"]);
        assert_eq!(set.rules()[0].trigger, Trigger::Over(Watched::Promise, 0));
        assert_eq!(set.rules()[1].trigger, Trigger::Marked(Mark::LateEntry));
        let told: Vec<String> = set.unknown().iter().map(UnknownRule::en).collect();
        assert_eq!(told.len(), 4);
        assert_eq!(
            told[0],
            "a rule this version does not know: new-trigger (新情形); it has no effect here, update this machine"
        );
        assert_eq!(minicbor::to_vec(&set).unwrap(), bytes, "it is written as it was read");
    }

    #[test]
    fn the_bytes_of_known_rules_are_those_of_the_first_version() {
        let bytes = joined(&known());
        let set: RuleSet = minicbor::decode(&bytes).unwrap();
        assert_eq!(set.unknown(), []);
        let again = minicbor::to_vec(RuleSet::new(set.rules().to_vec()).unwrap()).unwrap();
        assert_eq!(again, bytes);
        assert_eq!(
            data_encoding::HEXLOWER.encode(&bytes),
            "8286646f76657263e8b685820282020001050185646c61746563e8a1a5820481060000"
        );
    }

    #[test]
    fn a_broken_set_is_refused_as_before() {
        let [over, late] = known();
        let twice = joined(&[over.clone(), over.clone()]);
        assert!(minicbor::decode::<RuleSet>(&twice).is_err());
        let cut = joined(&[over.clone(), late]);
        assert!(minicbor::decode::<RuleSet>(&cut[..cut.len() - 1]).is_err());
        let mistyped = joined(&[over, raw(("x", "x", "no trigger", 1, 5, None::<u16>))]);
        assert!(minicbor::decode::<RuleSet>(&mistyped).is_err());
    }
}
