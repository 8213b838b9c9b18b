//! A diagnostic as plain data: what is wrong, where, and what to do.

mod codes;
pub mod findings;
mod suggest;

pub use codes::{CODES, Code, CodePage, code, current_rule_name, rule_of, rule_page};
pub use suggest::{name_list, nearest};

use crate::source::{FileId, Span};

/// No more than this many diagnostics are shown for one file; the rest are counted.
pub const MAX_PER_FILE: usize = 100;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The runbook will not be run.
    Error,
    /// It can be run; somebody should look.
    Warning,
}

/// What a finding of a rule counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Nothing: the rule is not asked.
    Off,
    /// A warning.
    Warning,
    /// An error.
    Error,
}

impl Level {
    /// How bad a finding is; nothing where there is none.
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

/// A place, and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words, or none.
    pub text: String,
}

/// A replacement that cures the fault.
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
    /// One sentence in the reader's words, without a full stop.
    pub message: String,
    /// Where; the first is the main place.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// What would cure it, where that is certain.
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

    /// What would cure it.
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// The same finding after its files were given other numbers; one that got none keeps its own.
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
