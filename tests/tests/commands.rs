//! Every command that a page of the project shows is one that the binaries take, word by word.

use std::fs;
use std::path::Path;

use clap::Parser;
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::Token;
use tongban_protocol::time::Timestamp;

/// The pages, and how many commands of the two binaries each shows at least.
const PAGES: [(&str, usize); 2] = [("README.md", 12), ("HANDBOOK.md", 20)];

/// What stands for something of the reader's own, and an example of it.
const STANDS_FOR: [(&str, &str); 5] = [
    ("ID", "510921103-01K7Z3N8R4T5V6W7X8Y9Z0A1B2"),
    ("NUMBER", "510921103-20261102-MB7I-00001-O"),
    ("ORDER", "510921103-01K7Z3N8R4T5V6W7X8Y9Z0A1B2"),
    ("RECORD", "510921103-01K7Z3N8R4T5V6W7X8Y9Z0A1B2"),
    ("DRAW", "01K7Z3N8R4T5V6W7X8Y9Z0A1B2"),
];

#[test]
fn every_command_on_the_pages_is_one_that_the_binaries_take() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut refused = Vec::new();
    for (page, at_least) in PAGES {
        let text = fs::read_to_string(root.join(page)).unwrap();
        let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
        let mut count = 0;
        for line in blocks.flat_map(str::lines) {
            let example = |word: &str| {
                if word == "TOKEN" {
                    return token();
                }
                let known = STANDS_FOR.iter().find(|(stands, _)| *stands == word);
                known.map_or(word, |(_, example)| *example).to_owned()
            };
            let words: Vec<String> = line.split_whitespace().map(example).collect();
            let taken = match words.first().map(String::as_str) {
                Some("tongban-node") => tongban_node::cli::Cli::try_parse_from(&words).map(drop),
                Some("tongban-hub") => tongban_hub::cli::Cli::try_parse_from(&words).map(drop),
                Some(_) | None => continue,
            };
            count += 1;
            refused.extend(taken.err().map(|error| format!("{page}: {line}\n{error}")));
        }
        assert!(count >= at_least, "{page} shows {count} commands");
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

fn token() -> String {
    let token = Token {
        address: "203.0.113.7:7443".to_owned(),
        root: Sha::of(b"root"),
        centre: "510921103".parse().expect("a division"),
        expires_at: Timestamp(0),
        secret: [9; 16],
    };
    token.to_string()
}
