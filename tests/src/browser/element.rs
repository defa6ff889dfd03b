//! Something on a page, named by how it is found.
//!
//! Open pages are drawn anew as things change, so what was found may be gone a moment later: an
//! [`Element`] is looked for at each use, until the browser can do with it what is wished.

use serde_json::{Value, json};

use super::{Browser, PACE};
use crate::machine::seek;

/// The key under which WebDriver names an element (W3C WebDriver, 12).
const REFERENCE: &str = "element-6066-11e4-a52e-4f735466cecf";

const BY_CSS: &str = "return document.querySelector(arguments[0])";

/// What the words of a field, button or link are: those of its label, or its own.
const BY_WORDS: &str = "
    const plain = text => (text || '').replace(/\\s+/g, ' ').trim();
    const named = id => document.getElementById(id);
    const words = it => {
        const by = (it.getAttribute('aria-labelledby') || '').split(' ').map(named).filter(Boolean);
        if (by.length) return by.map(one => one.innerText).join(' ');
        if (it.getAttribute('aria-label')) return it.getAttribute('aria-label');
        if (it.labels && it.labels.length) return [...it.labels].map(label => {
            // A label around its field is not called by the choices in it.
            const own = label.cloneNode(true);
            own.querySelectorAll('select,textarea,input').forEach(field => field.remove());
            return own.textContent;
        }).join(' ');
        if (it.tagName === 'INPUT') return /submit|button|reset/.test(it.type) ? it.value : it.title;
        return it.innerText || it.title;
    };
    const kinds = 'a[href],button,input:not([type=hidden]),select,textarea,summary,[role],[tabindex]';
    const seen = [...document.querySelectorAll(kinds)].filter(it => it.checkVisibility());
    const wish = plain(arguments[0]);
    return seen.find(it => plain(words(it)) === wish)
        || seen.find(it => plain(words(it)).includes(wish));
";

const OPTION: &str = "
    const wish = arguments[1];
    return [...arguments[0].options].find(option => option.text.trim() === wish);
";

/// Something on a page; it is looked for when it is used.
#[derive(Clone, Debug)]
pub struct Element<'a> {
    browser: &'a Browser,
    script: &'static str,
    wish: String,
}

impl<'a> Element<'a> {
    pub(super) fn by_css(browser: &'a Browser, css: &str) -> Self {
        Self { browser, script: BY_CSS, wish: css.to_owned() }
    }

    pub(super) fn by_words(browser: &'a Browser, words: &str) -> Self {
        Self { browser, script: BY_WORDS, wish: words.to_owned() }
    }

    /// Clicks in its middle, as a mouse does.
    #[track_caller]
    pub fn click(&self) {
        self.act(|it, id| it.post(id, "click", &json!({})));
    }

    /// Empties it and types a text into it.
    #[track_caller]
    pub fn fill(&self, text: &str) {
        self.act(|it, id| {
            it.post(id, "clear", &json!({}))?;
            it.post(id, "value", &json!({ "text": text }))
        });
    }

    /// Chooses the option with this text.
    #[track_caller]
    pub fn choose(&self, option: &str) {
        self.act(|it, id| {
            let found = it.browser.driver.run(OPTION, &json!([reference(id), option]))?;
            let option =
                found[REFERENCE].as_str().ok_or_else(|| format!("no option `{option}`"))?;
            it.post(option, "click", &json!({}))
        });
    }

    /// Sends the form in which it is, after the checks that the browser makes.
    #[track_caller]
    pub fn submit(&self) {
        let script = "arguments[0].closest('form').requestSubmit()";
        self.act(|it, id| it.browser.driver.run(script, &json!([reference(id)])));
    }

    /// The text that people see in it.
    #[track_caller]
    pub fn text(&self) -> String {
        let text = self.act(|it, id| it.browser.driver.get(&format!("element/{id}/text")));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// What is typed or chosen in it.
    #[track_caller]
    pub fn value(&self) -> String {
        let value =
            self.act(|it, id| it.browser.driver.get(&format!("element/{id}/property/value")));
        value.as_str().unwrap_or_default().to_owned()
    }

    /// One of its attributes, if it has it.
    #[track_caller]
    pub fn attribute(&self, name: &str) -> Option<String> {
        let path = |id: &str| format!("element/{id}/attribute/{name}");
        self.act(|it, id| it.browser.driver.get(&path(id))).as_str().map(str::to_owned)
    }

    fn post(&self, id: &str, what: &str, body: &Value) -> Result<Value, String> {
        self.browser.driver.post(&format!("element/{id}/{what}"), body)
    }

    /// Looks for it and does something with it, again and again until that succeeds.
    #[track_caller]
    fn act(&self, action: impl Fn(&Self, &str) -> Result<Value, String>) -> Value {
        let mut last = String::new();
        let done = seek(PACE, || {
            let outcome = self.id().and_then(|id| action(self, &id));
            outcome.map_err(|error| last = error).ok()
        });
        if let Some(done) = done {
            return done;
        }
        unreachable!("`{}`: {last}, at {}", self.wish, self.browser.place());
    }

    fn id(&self) -> Result<String, String> {
        let found = self.browser.driver.run(self.script, &json!([self.wish]))?;
        found[REFERENCE].as_str().map(str::to_owned).ok_or_else(|| "is not there".to_owned())
    }
}

fn reference(id: &str) -> Value {
    json!({ REFERENCE: id })
}
