//! axe-core in the page: what it finds that keeps people from using it.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{AXE_VARIABLE, Browser, pass_over};

const RUN: &str = "
    const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] })
        .then(found => done(found.violations), error => done([{ id: String(error), nodes: [] }]));
";

impl Browser {
    /// True where there is an axe-core, so that violations are found.
    #[must_use]
    pub fn has_axe(&self) -> bool {
        axe().is_some()
    }

    /// The rules of axe-core that the page breaks, each with the places; best practices too.
    #[track_caller]
    pub fn violations(&self) -> Vec<String> {
        let Some(axe) = axe() else {
            pass_over(&format!("no axe-core: set {AXE_VARIABLE} to its axe.min.js"));
            return Vec::new();
        };
        let script = std::fs::read_to_string(axe).unwrap();
        self.run(&script, &json!([]));
        let found = self.driver.post("execute/async", &json!({ "script": RUN, "args": [] }));
        found.unwrap().as_array().unwrap().iter().map(in_words).collect()
    }
}

#[expect(clippy::disallowed_methods, reason = "where axe-core is is a fact of the machine")]
fn axe() -> Option<PathBuf> {
    std::env::var(AXE_VARIABLE).ok().map(PathBuf::from)
}

/// `color-contrast (serious): …`, and a line for each place.
fn in_words(violation: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (id, impact) = (text(&violation["id"]), text(&violation["impact"]));
    let mut lines = vec![format!("{id} ({impact}): {}", text(&violation["help"]))];
    for node in violation["nodes"].as_array().into_iter().flatten() {
        let what = text(&node["failureSummary"]).replace('\n', " ");
        lines.push(format!("  {} {}\n    {what}", node["target"], text(&node["html"])));
    }
    lines.join("\n")
}
