//! Standard output and standard error. A closed pipe does not end the program.

use super::ColorChoice;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::findings::Findings;
use crate::project::selection::LoadReporter;
use crate::report::run::Mask;
use crate::report::{Style, findings_as_text, sanitise};
use crate::secret::Secrets;
use crate::source::SourceMap;
use std::io::{IsTerminal, Write};
use std::rc::Rc;
use std::sync::Arc;

/// Output width in columns without a terminal.
const WIDTH_OF_A_PIPE: usize = 100;

/// Standard output and standard error of a command.
#[derive(Debug)]
pub struct Output {
    colour: ColorChoice,
}

impl Output {
    pub(super) fn new(colour: ColorChoice) -> Self {
        Self { colour }
    }

    /// Text layout for standard output.
    pub fn style(&self) -> Style {
        self.style_of(std::io::stdout().is_terminal())
    }

    /// Text layout for standard error.
    pub fn error_style(&self) -> Style {
        self.style_of(std::io::stderr().is_terminal())
    }

    fn style_of(&self, terminal: bool) -> Style {
        let colour = match self.colour {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                terminal && !is_dumb() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        let width = terminal.then(terminal_size::terminal_size).flatten().map(|(width, _)| usize::from(width.0));
        Style { colour, width: width.unwrap_or(WIDTH_OF_A_PIPE) }
    }

    /// Writes to standard output. Ignores a closed pipe: a command finishes without a reader.
    pub fn print(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }

    /// Prints diagnostics to standard error; returns whether one is an error.
    pub fn show(&self, diagnostics: Vec<Diagnostic>, sources: &SourceMap) -> bool {
        let findings = Findings::new(diagnostics, sources);
        if !findings.is_empty() {
            let text = findings_as_text(&findings, sources, self.error_style());
            let _ = std::io::stderr().lock().write_all(text.as_bytes());
        }
        findings.errors > 0
    }
}

/// Whether standard output is a terminal with a movable cursor.
pub fn can_redraw() -> bool {
    std::io::stdout().is_terminal() && !is_dumb()
}

/// Whether the terminal does not support escape sequences.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Prints a sentence to standard error. Escapes control characters, because names in it come from outside.
pub fn report(sentence: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", sanitise(sentence));
}

/// A function that masks the secrets of a run.
pub fn mask_of(secrets: &Arc<Secrets>) -> Mask {
    let secrets = secrets.clone();
    Rc::new(move |line| secrets.redact_text(line))
}

impl LoadReporter for Output {
    fn diagnostics(&self, diagnostics: Vec<Diagnostic>, sources: &SourceMap) {
        self.show(diagnostics, sources);
    }

    fn skipped(&self, why: &str) {
        report(why);
    }
}
