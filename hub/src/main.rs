//! The hub's binary: settings in, one sentence out when something fails.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use tongban_hub::cli::{self, Cli};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let language = cli.language();
    match cli::run(cli) {
        Ok(code) => code,
        Err(failure) => {
            let failure = language.first(&failure.to_string());
            let _ = writeln!(std::io::stderr(), "tongban-hub: {failure}"); // Nobody may listen.
            ExitCode::FAILURE
        }
    }
}
