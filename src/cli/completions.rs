//! `rectify completions SHELL`.

use super::{Cli, Exit, Output};
use clap::{Args, CommandFactory};

/// Print a completion script for a shell
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    shell: clap_complete::Shell,
}

pub fn run(arguments: &CompletionsArguments, output: &Output) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "rectify", &mut script);
    output.print(&String::from_utf8_lossy(&script));
    Exit::Success
}
