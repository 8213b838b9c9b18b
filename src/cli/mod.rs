//! The command line: parses arguments, calls the command, and turns its result into an exit code.

mod actions;
mod atomic_write;
mod check;
mod completions;
mod doc;
mod exit;
mod explain;
mod fmt;
mod limits;
mod logging;
mod man;
mod output;
pub mod pages;
mod pause;
mod run;
mod signals;
mod simulate;
mod stdin_file;
mod store;
mod test;
mod usage_error;

pub use crate::project::files::ProjectFiles;
pub use exit::Exit;
use usage_error::UsageError;

use clap::{Args, Parser, Subcommand, ValueEnum};
use output::Output;
use std::process::ExitCode;

/// Stack size of the main thread. Parsing, checking and interpreting are recursive; their depth limits fit this size.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Check, test, simulate and run recovery procedures
#[derive(Debug, Parser)]
#[command(name = "rectify", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Options that every command accepts.
#[derive(Debug, Args)]
struct Common {
    /// When to color output; the environment variable NO_COLOR turns colors off unless this is given
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
    /// Log more to standard error (-vv for debug); the environment variable RECTIFY_LOG filters in detail
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// When output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ColorChoice {
    /// If the output is a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// For whom output is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people
    Text,
    /// JSON for programs
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArguments),
    Simulate(simulate::SimulateArguments),
    Check(check::CheckArguments),
    Test(test::TestArguments),
    Fmt(fmt::FmtArguments),
    Doc(doc::DocArguments),
    Actions(actions::ActionsArguments),
    Explain(explain::ExplainArguments),
    Limits(limits::LimitsArguments),
    Pause(pause::PauseArguments),
    Unpause(pause::UnpauseArguments),
    Completions(completions::CompletionsArguments),
    Man(man::ManArguments),
}

/// Runs the program.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(report_panic));
    let thread = std::thread::Builder::new().name("rectify".into()).stack_size(STACK_BYTES).spawn(start);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(exit)) => exit,
        Ok(Err(_)) => {
            crate::transport::process::end_every_group();
            Exit::Internal.into()
        }
        Err(error) => {
            output::report(&format!("Cannot start a thread: {error}"));
            Exit::Internal.into()
        }
    }
}

fn start() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage as u8));
        }
    };
    logging::start(cli.common.verbose);
    let output = Output::new(cli.common.color);
    let result = match cli.command {
        Command::Run(arguments) => Ok(run::run(&arguments, &output)),
        Command::Simulate(arguments) => simulate::run(&arguments, &output),
        Command::Check(arguments) => check::run(&arguments, &output),
        Command::Test(arguments) => test::run(&arguments, &output),
        Command::Fmt(arguments) => fmt::run(&arguments, &output),
        Command::Doc(arguments) => doc::run(&arguments, &output),
        Command::Actions(arguments) => Ok(actions::run(&arguments, &output)),
        Command::Explain(arguments) => Ok(explain::run(&arguments, &output)),
        Command::Limits(arguments) => Ok(limits::run(&arguments, &output)),
        Command::Pause(arguments) => Ok(pause::run(&arguments, &output)),
        Command::Unpause(arguments) => Ok(pause::run_unpause(&arguments, &output)),
        Command::Completions(arguments) => Ok(completions::run(&arguments, &output)),
        Command::Man(arguments) => Ok(man::run(&arguments, &output)),
    };
    result.unwrap_or_else(UsageError::report).into()
}

/// Panic hook: reports a bug in rectify and its location.
fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
    let why = panic.payload_as_str().map(|why| format!(": {}", logging::masked(why))).unwrap_or_default();
    output::report(&format!("Internal error{place}{why}. Please report this, and how to reproduce it"));
}
