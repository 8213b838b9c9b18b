//! A diagnostic as plain data: the problem, its position, and how to fix it.

mod codes;
pub mod findings;
mod suggest;

pub use codes::{CODES, Code, CodePage, code, current_rule_name, rule_of, rule_page};
pub use suggest::{did_you_mean, name_list, nearest, suggestion};

use crate::source::{FileId, Span};

/// No more than this many diagnostics are shown for one file; the rest are counted.
pub const MAX_PER_FILE: usize = 100;

/// The severity of a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The runbook will not be run.
    Error,
    /// The runbook can be run; a person should look at it.
    Warning,
}

/// The level of a rule: the severity of its findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// No findings: the rule is off.
    Off,
    /// A warning.
    Warning,
    /// An error.
    Error,
}

impl Level {
    /// The severity of findings; none for `Off`.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }

    /// How it is written in rectify.yaml.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A position, with a text about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words; may be empty.
    pub text: String,
}

/// A replacement that fixes the problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What is replaced.
    pub span: Span,
    /// What it is replaced by.
    pub replacement: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code, with a page of its own.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence about the reader's file, without a full stop.
    pub message: String,
    /// The positions; the first is the main position.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// The fix, where it is certain.
    pub fix: Option<Fix>,
    /// Whether the file may hold a secret near the place: then no report shows its text.
    pub hides_source: bool,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: vec![Label { span, text: String::new() }],
            help: None,
            fix: None,
            hides_source: false,
        }
    }

    /// A warning at a place.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// Words for the main place.
    pub fn here(mut self, text: impl Into<String>) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// A further place.
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// What to do about it.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// A replacement that certainly fixes it.
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// The same diagnostic with other file numbers: each number is an index into `numbers`; one beyond its end stays.
    pub fn renumbered(mut self, numbers: &[FileId]) -> Self {
        let renumber = |span: &mut Span| {
            span.file = numbers.get(span.file.0 as usize).copied().unwrap_or(span.file);
        };
        self.labels.iter_mut().for_each(|label| renumber(&mut label.span));
        self.fix.iter_mut().for_each(|fix| renumber(&mut fix.span));
        self
    }

    /// The main place.
    pub fn span(&self) -> Span {
        self.labels.first().map(|label| label.span).unwrap_or_default()
    }
}

/// A reported diagnostic to which help and labels can be added.
#[derive(Debug)]
pub struct DiagnosticBuilder<'r>(&'r mut Diagnostic);

impl<'r> DiagnosticBuilder<'r> {
    /// For a diagnostic that is in its list already.
    pub fn new(reported: &'r mut Diagnostic) -> Self {
        Self(reported)
    }

    /// Adds help.
    pub fn help(self, text: impl Into<String>) {
        self.0.help = Some(text.into());
    }

    /// Adds a label.
    pub fn also(self, span: Span, text: &str) -> Self {
        self.0.labels.push(Label { span, text: text.to_owned() });
        self
    }
}
