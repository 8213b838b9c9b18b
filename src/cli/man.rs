//! `rectify man`.

use super::atomic_write::write;
use super::exit::MEANINGS;
use super::output::report;
use super::{Cli, Exit, Output};
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::path::PathBuf;

/// Print the manual page, or write the manual pages of all commands
#[derive(Debug, Args)]
pub struct ManArguments {
    /// Write `rectify.1` and one page per command to this folder instead of printing `rectify.1`
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

pub fn run(arguments: &ManArguments, output: &Output) -> Exit {
    let Some(folder) = &arguments.output else {
        output.print(&page(&command(), true));
        return Exit::Success;
    };
    for (name, text) in pages() {
        let path = folder.join(name);
        if let Err(error) = write(&path, &text) {
            report(&format!("{} cannot be written: {error}", path.display()));
            return Exit::Usage;
        }
        output.print(&format!("{} written\n", path.display()));
    }
    Exit::Success
}

/// Every page, with its file name.
fn pages() -> Vec<(String, String)> {
    let command = command();
    let verbs = command.get_subcommands().map(|verb| (file_name(verb), page(verb, false)));
    std::iter::once((file_name(&command), page(&command, true))).chain(verbs).collect()
}

/// The program, with its commands named as their pages: `rectify-run`.
fn command() -> Command {
    let mut command = Cli::command().disable_help_subcommand(true).color(clap::ColorChoice::Never);
    command.build();
    command
}

fn file_name(command: &Command) -> String {
    format!("{}.1", command.get_display_name().unwrap_or(command.get_name()))
}

/// Renders one page. Only the program's page describes the exit codes.
fn page(command: &Command, with_exits: bool) -> String {
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _ = Man::new(command.clone()).render(&mut text);
    if with_exits {
        let _ = exits().to_writer(&mut text);
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn exits() -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", ["EXIT STATUS"]);
    for (code, of_runs, of_others) in MEANINGS {
        roff.control("TP", []);
        roff.text([bold(code)]);
        roff.text([roman(meaning(of_runs, of_others).replace('`', ""))]);
    }
    roff
}

/// One line for an exit code.
fn meaning(of_runs: &str, of_others: &str) -> String {
    match (of_runs, of_others) {
        (all, "the same") => all.to_owned(),
        (of_runs, "") => format!("run, simulate: {of_runs}"),
        ("", of_others) => format!("other commands: {of_others}"),
        (of_runs, of_others) => format!("run, simulate: {of_runs}; other commands: {of_others}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_page() {
        let pages = pages();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.first(), Some(&"rectify.1"));
        for verb in Cli::command().get_subcommands() {
            assert!(names.contains(&format!("rectify-{}.1", verb.get_name()).as_str()), "{names:?}");
        }
        let main = &pages[0].1;
        for (name, text) in &pages {
            let title = name.trim_end_matches(".1");
            assert!(text.contains(&format!(".TH {title} 1")) && text.contains(".SH SYNOPSIS"), "{text}");
            assert!(main.contains(&title.replace('-', "\\-")), "the page of the program names {name}");
        }
        assert!(main.contains(".SH \"EXIT STATUS\""), "{main}");
    }
}
