//! The keyboard: stories that touch no mouse.

use serde_json::{Value, json};

use super::Browser;

/// What WebDriver calls the keys that are no characters (W3C WebDriver, 17.4.2).
const KEYS: [(&str, char); 16] = [
    ("Backspace", '\u{E003}'),
    ("Tab", '\u{E004}'),
    ("Enter", '\u{E007}'),
    ("Shift", '\u{E008}'),
    ("Control", '\u{E009}'),
    ("Alt", '\u{E00A}'),
    ("Escape", '\u{E00C}'),
    ("Space", ' '),
    ("PageUp", '\u{E00E}'),
    ("PageDown", '\u{E00F}'),
    ("End", '\u{E010}'),
    ("Home", '\u{E011}'),
    ("Left", '\u{E012}'),
    ("Up", '\u{E013}'),
    ("Right", '\u{E014}'),
    ("Down", '\u{E015}'),
];

/// Most stops of Tab before a story gives up: more than any page has.
const TABS_MAX: usize = 200;

impl Browser {
    /// Presses keys together, such as `Tab`, `Shift+Tab` or `Alt+n`, and lets them go again.
    #[track_caller]
    pub fn press(&self, keys: &str) {
        let keys: Vec<char> = keys.split('+').map(key).collect();
        let down = keys.iter().map(|key| ("keyDown", *key));
        self.strike(down.chain(keys.iter().rev().map(|key| ("keyUp", *key))));
    }

    /// Types a text into what has the focus.
    #[track_caller]
    pub fn type_text(&self, text: &str) {
        self.strike(text.chars().flat_map(|key| [("keyDown", key), ("keyUp", key)]));
    }

    #[track_caller]
    fn strike(&self, strokes: impl Iterator<Item = (&'static str, char)>) {
        let strokes: Vec<Value> =
            strokes.map(|(kind, key)| json!({ "type": kind, "value": key })).collect();
        let hands = json!([{ "type": "key", "id": "keyboard", "actions": strokes }]);
        self.driver.post("actions", &json!({ "actions": hands })).unwrap();
    }

    /// The name under which a screen reader tells what has the focus; empty where it has none.
    #[track_caller]
    pub fn focused(&self) -> String {
        let active = self.driver.get("element/active").unwrap();
        let id = active.as_object().and_then(|it| it.values().next()?.as_str()).unwrap_or_default();
        let label = self.driver.get(&format!("element/{id}/computedlabel")).unwrap();
        label.as_str().unwrap_or_default().to_owned()
    }

    /// Presses Tab until what has the focus is called so.
    #[track_caller]
    pub fn tab_to(&self, name: &str) {
        let mut passed = Vec::new();
        for _ in 0..TABS_MAX {
            self.press("Tab");
            let focused = self.focused();
            if focused.contains(name) {
                return;
            }
            passed.push(focused);
        }
        unreachable!("Tab does not come to `{name}` at {}, only to {passed:?}", self.url());
    }
}

fn key(name: &str) -> char {
    let known = KEYS.iter().find(|(known, _)| *known == name).map(|(_, key)| *key);
    let only = || name.chars().next().filter(|_| name.chars().count() == 1);
    let key = known.or_else(only);
    assert!(key.is_some(), "no key is called `{name}`");
    key.unwrap()
}
