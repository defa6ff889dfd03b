//! `tongban-node`: the service of a township or county centre, and its commands.

use std::process::ExitCode;

use clap::Parser;
use tongban_node::cli::{self, Cli};

fn main() -> ExitCode {
    cli::run(Cli::parse())
}
