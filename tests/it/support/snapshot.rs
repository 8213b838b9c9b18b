//! Snapshots: text output, stored in `tests/snapshots` and compared with the current output.
//!
//! `INSTA_UPDATE=always` accepts new output. `INSTA_UPDATE=no`, as in CI, fails on any difference and writes nothing.

use crate::support::project::{Project, Ran};
use crate::support::repository;
use insta::Settings;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::Command;

/// Compares `text` with `tests/snapshots/GROUP/NAME.snap`.
///
/// # Panics
/// They differ.
pub fn folder() -> PathBuf {
    repository().join("tests/snapshots")
}

/// Compares `text` with `tests/snapshots/GROUP/NAME.snap`.
///
/// # Panics
/// The texts differ.
#[track_caller]
pub fn assert_snapshot(group: &str, name: &str, text: &str) {
    settings(group).bind(|| insta::assert_snapshot!(name, text));
}

/// Like [`assert_snapshot`], with times, durations, paths and identifiers replaced by a word in brackets.
#[track_caller]
pub fn assert_masked_snapshot(group: &str, name: &str, text: &str) {
    let mut settings = settings(group);
    for (pattern, replacement) in [
        // Timestamps and times of day.
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "[time]"),
        (r"\b\d\d:\d\d:\d\d\b([+-]\d\d:\d\d)?", "[time]"),
        // Measured durations. In parentheses they appear only after slow calls.
        (r" \((\d+(\.\d+)?(ms|s|m|h))+\)", ""),
        (r"\d+h\d+m\d+s", "[duration]"),
        (r"(\d+[hms])+ left", "[duration] left"),
        (r"\b(after|in) (\d+(\.\d+)?(ms|s|m|h))+", "$1 [duration]"),
        (r#""duration":\d+(\.\d+)?"#, r#""duration":"[duration]""#),
        // Generated identifiers.
        (r"\d{8}-\d{6}-[0-9a-f]{12}", "[run]"),
        (r"process \d+", "process [pid]"),
        (r"(/[^\s/]+)+/\.tmp[A-Za-z0-9]+", "[folder]"),
    ] {
        settings.add_filter(pattern, replacement);
    }
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn settings(group: &str) -> Settings {
    let mut settings = Settings::new();
    settings.set_snapshot_path(folder().join(group));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// Checks every case, so that all differences are reported, not only the first.
///
/// # Panics
/// At the end, if a case has panicked.
#[track_caller]
pub fn for_each<C>(cases: impl IntoIterator<Item = C>, check: impl Fn(C)) {
    let failed = cases.into_iter().map(|case| catch_unwind(AssertUnwindSafe(|| check(case)))).filter(Result::is_err);
    match failed.count() {
        0 => {}
        count => panic!("{count} cases failed"),
    }
}

/// A command line and all its output, as on a terminal without colours, 100 columns wide.
pub fn transcript(project: &Project, arguments: &[&str]) -> String {
    transcript_of(project.command(arguments), arguments)
}

/// Like [`transcript`], for a prepared command.
pub fn transcript_of(mut command: Command, arguments: &[&str]) -> String {
    // Without a terminal, clap takes the width from `COLUMNS`.
    command.env_remove("COLUMNS").env_remove("NO_COLOR").env("TZ", "UTC");
    shown(arguments, &Ran::of(command.output().unwrap()))
}

/// Formats a command line and its output.
pub fn shown(arguments: &[&str], ran: &Ran) -> String {
    let words = arguments.iter().map(|word| match word.contains([' ', '"', '{', '*']) {
        true => format!(" '{word}'"),
        false => format!(" {word}"),
    });
    let mut text = format!("$ rectify{}\n", words.collect::<String>());
    text.push_str(&ran.stdout);
    if !ran.stderr.is_empty() {
        text.push_str(&format!("--- standard error\n{}", ran.stderr));
    }
    let code = ran.code.map_or("none".to_owned(), |code| code.to_string());
    text.push_str(&format!("--- exit code {code}\n"));
    text
}
