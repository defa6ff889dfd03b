//! What centres are called, by the facts of a city that the program brings with it.
//!
//! The city's hub knows its centres by its own facts; a machine below it has none, and would show
//! codes. What is **not** here: which centres there are, which the entries tell.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use tongban_config::city::City;
use tongban_protocol::metrics::Named;
use tongban_protocol::place::Division;

/// What a centre is called; none where the facts do not know it.
#[must_use]
pub fn name_of(centre: Division) -> Option<&'static Named> {
    static NAMES: LazyLock<BTreeMap<Division, Named>> = LazyLock::new(|| {
        let city = City::suining();
        let named = city.tree.iter().map(|centre| {
            let (zh, en) = (centre.name_zh.clone(), centre.name_en.clone());
            (centre.division, Named { zh, en })
        });
        named.collect()
    });
    NAMES.get(&centre)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centres_of_the_facts_have_names_and_others_none() {
        let name = |code: &str| name_of(code.parse().unwrap()).map(|name| name.zh.clone());
        assert_eq!(name("510921").as_deref(), Some("蓬溪县"));
        assert_eq!(name("510921103").as_deref(), Some("明月镇"));
        assert_eq!(name("110101"), None);
    }
}
