//! What a publication would do, before it is published.

use std::collections::BTreeMap;

use tongban_config::settings::NodeSettings;

use super::access::Access;
use super::{CliError, Language, out};
use crate::clock;
use crate::publication::{Facts, Foreseen, Preview};

/// Says what a publication would do to the open cases held here.
pub(super) fn foresee(
    settings: &NodeSettings,
    language: Language,
    facts: Facts,
) -> Result<(), CliError> {
    let foreseen: Foreseen = match Access::open(settings)? {
        Access::Service(api) => api.send("facts/preview", &facts)?,
        Access::Store(_, replica) => {
            let (mut preview, cases) = Preview::begin(&replica, clock::now(), facts)?;
            preview.look(&replica, &cases)?;
            preview.finish()
        }
    };
    told(&foreseen, language).iter().try_for_each(out::line)
}

fn told(foreseen: &Foreseen, language: Language) -> Vec<String> {
    let Foreseen { open, days_moved, .. } = foreseen;
    let mut lines = vec![match language {
        Language::Zh => format!("预演，未发布：在办 {open} 件，截止日变动 {days_moved} 处"),
        Language::En => {
            format!(
                "a preview, nothing is published: {open} open cases, {days_moved} last days move"
            )
        }
    }];
    let moved = foreseen.moved.iter();
    lines.extend(moved.map(|it| format!("  {} {} {} → {}", it.number, it.clock, it.from, it.to)));
    let more = days_moved.saturating_sub(foreseen.moved.len() as u64);
    if more > 0 {
        lines.push(match language {
            Language::Zh => format!("  另有 {more} 处"),
            Language::En => format!("  and {more} more"),
        });
    }
    let cards = |counts: &BTreeMap<String, u64>, word: &str| {
        let counts: Vec<String> =
            counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
        (!counts.is_empty()).then(|| format!("{word}: {}", counts.join(", ")))
    };
    lines.extend(cards(&foreseen.gained, language.pick("新增牌", "cards that appear")));
    lines.extend(cards(&foreseen.lost, language.pick("减少牌", "cards that vanish")));
    lines.extend(foreseen.items.iter().map(|item| {
        let (id, open, other) = (&item.id, item.open, item.other_terms);
        match language {
            Language::Zh => format!(
                "{id}：在办 {open} 件，各按收件当日的版本；其中 {other} 件收于新版生效之日以后而承诺不同"
            ),
            Language::En => format!(
                "{id}: {open} open cases, each by the version of its day; {other} of them were taken on days of the new version, by other terms"
            ),
        }
    }));
    lines
}
