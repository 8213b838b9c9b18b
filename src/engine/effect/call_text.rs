//! Texts of runs and calls for people: on one line, and bounded.

use crate::engine::run::tree::Run;
use crate::value::{SourceText, Value, hosts_in, is_invisible};
use ecow::EcoString;
use std::fmt::Write;

/// The longest value of an argument, in characters.
const LONGEST_VALUE: usize = 60;

/// The longest list of arguments, and the longest call.
const LONGEST: usize = 160;

/// The largest number of hosts that a sentence names.
const MOST_HOSTS: usize = 5;

/// A text on one line. Line ends and invisible characters are escaped, and a longer text is truncated.
pub(crate) fn one_line(text: &str, longest: usize) -> String {
    let mut line = String::new();
    for (position, character) in text.chars().enumerate() {
        if position == longest {
            line.push('…');
            break;
        }
        push_visible(&mut line, character);
    }
    line
}

/// A text inside a message. Every line but the first is indented, so none looks like a line of the message. Invisible
/// characters are escaped.
pub(crate) fn indented(text: &str) -> String {
    let mut page = String::new();
    let mut characters = text.trim_end().chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' => page.push_str("\n    "),
            '\t' => page.push('\t'),
            character => push_visible(&mut page, character),
        }
    }
    page
}

fn push_visible(text: &mut String, character: char) {
    match character {
        '\n' => text.push_str("\\n"),
        '\t' => text.push_str("\\t"),
        character if character.is_control() || is_invisible(character) => text.extend(character.escape_unicode()),
        character => text.push(character),
    }
}

/// An error message with the call that the runbook made: `exec.change(arguments: ["gzip", "-t"], target: web1): gzip
/// ended with exit code 1`.
pub(crate) fn of_call(call: Option<&str>, message: &str) -> String {
    match call {
        Some(call) if !message.starts_with(call) => format!("{}: {message}", one_line(call, LONGEST)),
        _ => message.to_owned(),
    }
}

/// A runbook with its arguments: `WebDown(server: web1)`. Longer texts are truncated.
pub(crate) fn called(runbook: &str, arguments: &[(ecow::EcoString, Value)]) -> String {
    let mut given = String::new();
    for (position, (name, value)) in arguments.iter().filter(|(_, value)| *value != Value::Absent).enumerate() {
        let comma = if position > 0 { ", " } else { "" };
        let _ = write!(given, "{comma}{name}: {}", one_line(&SourceText(value).to_string(), LONGEST_VALUE));
    }
    format!("{runbook}({})", one_line(&given, LONGEST))
}

impl Run {
    /// The runbook with its arguments.
    pub fn called(&self) -> String {
        called(&self.runbook, &self.arguments)
    }

    /// What its messages are about: the outermost runbook.
    pub fn topic(&self) -> EcoString {
        self.parent.as_ref().map_or_else(|| self.runbook.clone(), |parent| parent.topic())
    }

    /// The hosts among its arguments; without any, those of the run that started it.
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts = Vec::new();
        self.arguments.iter().for_each(|(_, value)| hosts_in(value, &mut hosts));
        match &self.parent {
            Some(parent) if hosts.is_empty() => parent.hosts(),
            _ => hosts,
        }
    }

    /// A sentence of the engine with the hosts of the run, unless it names them already.
    pub fn naming_hosts(&self, sentence: String) -> String {
        let hosts = self.hosts();
        let (shown, more) = hosts.split_at(hosts.len().min(MOST_HOSTS));
        if shown.iter().all(|host| names(&sentence, host)) {
            return sentence;
        }
        let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        format!("{}{more}: {sentence}", shown.join(", "))
    }
}

/// Whether a sentence contains a name as a whole word.
fn names(sentence: &str, name: &str) -> bool {
    let inside = |character: char| character.is_alphanumeric() || "-_.".contains(character);
    sentence.match_indices(name).any(|(at, _)| {
        let before = sentence.get(..at).and_then(|text| text.chars().next_back());
        let after = sentence.get(at + name.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}
