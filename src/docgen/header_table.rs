//! The headers of a runbook as a table: what starts it, what it needs, what "fixed" means, and who is told.

use super::Format;
use super::escape::{TITLE, cell, code, inline};
use super::library::{Document, Library};
use crate::program::types::Type;
use crate::program::{Goal, LimitPart, Parameter, ProbeCall, Program, Runbook};
use crate::value::{SourceText, Value, display_duration};
use std::fmt::Write;

/// The page that is being written, and its library.
#[derive(Clone, Copy)]
pub struct RunbookRef<'l, 'a> {
    pub library: &'l Library<'a>,
    pub document: &'l Document<'a>,
    pub format: Format,
}

impl<'a> RunbookRef<'_, 'a> {
    pub fn program(&self) -> &'a Program {
        self.document.program
    }

    /// The title of a runbook, as a link.
    pub fn runbook(&self, runbook: &Runbook) -> String {
        self.library.link(self.document, self.format, runbook.span, &inline(&runbook.title, TITLE))
    }

    /// The title of a probe, as a link, and the call.
    pub fn probe(&self, call: &ProbeCall) -> String {
        let written = self.library.source.code(call.span);
        let Some(probe) = self.program().probes.get(call.probe) else { return written };
        let title = self.library.link(self.document, self.format, probe.span, &inline(&probe.title, TITLE));
        format!("{title} ({written})")
    }

    /// A goal as a sentence.
    pub fn goal(&self, goal: &Goal) -> String {
        let side = |side: &Goal| match side {
            Goal::And(..) | Goal::Or(..) => format!("({})", self.goal(side)),
            Goal::Probe(_) | Goal::Not(_) => self.goal(side),
        };
        match goal {
            Goal::Probe(call) => self.probe(call),
            Goal::And(left, right) => format!("{} **and** {}", side(left), side(right)),
            Goal::Or(left, right) => format!("{} **or** {}", side(left), side(right)),
            Goal::Not(goal) => format!("**not** {}", side(goal)),
        }
    }

    /// The header table of a runbook.
    pub fn facts(&self, runbook: &Runbook) -> String {
        let mut rows: Vec<(&str, String)> = vec![("Started by", self.starts(runbook))];
        rows.push(("By hand", code(&self.command(runbook))));
        let callers: Vec<String> = self.library.callers_of(runbook).iter().map(|it| self.runbook(it)).collect();
        if !callers.is_empty() {
            rows.push(("Run by", callers.join(", ")));
        }
        for (place, parameter) in runbook.parameters.iter().enumerate() {
            let word = if place == 0 { "Takes" } else { "" };
            rows.push((word, format!("{}: {}", code(&parameter.name), described(parameter))));
        }
        if let Some(goal) = &runbook.goal {
            rows.push(("Fixed when", self.goal(goal)));
        }
        if let Some(contact) = &runbook.contact {
            rows.push(("Contact", format!("{}, when nothing else is said", code(contact))));
        }
        if !runbook.locks.is_empty() {
            let locks: Vec<String> = runbook.locks.iter().map(|it| self.library.source.expression(it)).collect();
            rows.push(("Locks", format!("{}, from start to end: one run at a time", locks.join(", "))));
        }
        if !runbook.limit.is_empty() {
            rows.push(("Runs at most", limits(&runbook.limit)));
        }
        if let Some(ends) = runbook.ends_within {
            rows.push(("Must end within", display_duration(ends)));
        }
        let mut table = String::from("| | |\n|---|---|\n");
        for (word, what) in rows {
            let _ = writeln!(table, "| {word} | {} |", cell(&what));
        }
        table
    }

    fn starts(&self, runbook: &Runbook) -> String {
        let names: Vec<String> = runbook.alerts.iter().map(|it| format!("“{}”", inline(it, TITLE))).collect();
        let group = runbook.alert_group.as_ref();
        let group = group.map(|group| format!(" of the group “{}”", inline(group, TITLE))).unwrap_or_default();
        match names.as_slice() {
            [] => format!("an alert of its own name, “{}”", runbook.name),
            names => format!("the alert {}{group}", names.join(" or ")),
        }
    }

    /// The command line that starts the runbook.
    fn command(&self, runbook: &Runbook) -> String {
        let mut command = format!("rectify run {}", self.document.file_name(self.library.source));
        if self.document.runbooks().nth(1).is_some() {
            let _ = write!(command, " {}", runbook.name);
        }
        for parameter in runbook.parameters.iter().filter(|it| it.default.is_none() && !is_optional(&it.type_of)) {
            let _ = write!(command, " {}=…", parameter.name);
        }
        command
    }
}

fn is_optional(type_of: &Type) -> bool {
    matches!(type_of, Type::Optional(_))
}

/// What a parameter accepts, and its default.
fn described(parameter: &Parameter) -> String {
    let what = type_in_words(&parameter.type_of);
    match &parameter.default {
        Some(Value::Absent) => what,
        Some(default) => format!("{what}; {} when left out", code(&SourceText(default).to_string())),
        None => what,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "every other type is its name")]
fn type_in_words(type_of: &Type) -> String {
    match type_of {
        Type::Host(roles) if roles.is_empty() => "any host of the inventory".to_owned(),
        Type::Host(roles) => {
            let roles: Vec<String> = roles.iter().map(|role| code(role)).collect();
            format!("a host of the role {}", roles.join(" or "))
        }
        Type::Enum(words) => {
            let listed: Vec<String> = words.words.iter().map(|word| code(word)).collect();
            let more = if words.open { ", or another word" } else { "" };
            format!("one of {}{more}", listed.join(", "))
        }
        Type::Optional(inner) => format!("{}; may be left out", type_in_words(inner)),
        Type::List(item) => format!("a list, each item {}", type_in_words(item)),
        other => code(&other.to_string()),
    }
}

/// A limit as a sentence.
pub fn limits(parts: &[LimitPart]) -> String {
    let words = parts.iter().map(|part| {
        let (words, key) = match part {
            LimitPart::Rate { count: 1, window, key } => (format!("once in {}", display_duration(*window)), key),
            LimitPart::Rate { count, window, key } => (format!("{count} times in {}", display_duration(*window)), key),
            LimitPart::Apart { gap, key } => (format!("{} apart", display_duration(*gap)), key),
        };
        let key = key.as_ref().map(|key| format!(" for each {}", code(&key.name))).unwrap_or_default();
        words + &key
    });
    words.collect::<Vec<_>>().join("; ")
}
