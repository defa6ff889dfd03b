//! Centres on pages: by name, and as a choice.

use std::collections::BTreeMap;

use maud::{Markup, html};
use tongban_protocol::metrics::Named;
use tongban_protocol::place::Division;

use super::language::Language;
use crate::names::name_of;
use crate::report::{Centres, pick};

/// The name of a centre; its code where nobody here knows it.
#[must_use]
pub fn place_name(centres: &Centres, centre: &str, language: Language) -> String {
    let division: Option<Division> = centre.parse().ok();
    let known =
        division.and_then(|it| centres.get(&it).map(|(name, _)| name).or_else(|| name_of(it)));
    known.map_or_else(|| centre.to_owned(), |name| pick(name, language).to_owned())
}

/// The options of a choice among centres, county by county; a county stands before its townships.
#[must_use]
pub fn place_options(centres: &Centres, chosen: &str, language: Language) -> Markup {
    let mut counties: BTreeMap<Division, Vec<(Division, &Named)>> = BTreeMap::new();
    for (centre, (name, county)) in centres {
        counties.entry(*county).or_default().push((*centre, name));
    }
    html! {
        @for (county, below) in &counties {
            optgroup label=(place_name(centres, county.as_str(), language)) {
                @for (centre, name) in below {
                    option value=(centre) selected[centre.as_str() == chosen] { (pick(name, language)) }
                }
            }
        }
    }
}

/// An address on this machine with the pairs that say something.
#[must_use]
pub fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let said = pairs.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centre_that_is_not_held_here_has_its_name_all_the_same() {
        let name = |code| place_name(&Centres::new(), code, Language::Chinese);
        assert_eq!([name("510921"), name("110101")], ["蓬溪县", "110101"]);
    }

    #[test]
    fn an_address_says_only_what_is_said_and_harms_nothing() {
        assert_eq!(address("/watch", &[("sight", ""), ("rule", "")]), "/watch");
        let hostile = address("/watch", &[("rule", "a&b=\"<x>"), ("skip", "50")]);
        assert_eq!(hostile, "/watch?rule=a%26b%3D%22%3Cx%3E&skip=50");
    }
}
