//! Phrases for values, windows, questions and runs.

use super::escape::{TITLE, code, inline};
use super::header_table::RunbookRef;
use crate::program::{Evidence, Expression, ExpressionKind, Hold, Subject, Window};
use crate::value::{SourceText, Value};

/// The outcome where nothing else is written.
pub const ENDS_ESCALATED: &str = "the run ends **escalated**";

impl RunbookRef<'_, '_> {
    /// An expression as written.
    pub fn code(&self, expression: &Expression) -> String {
        self.library.source.expression(expression)
    }

    /// A duration or number: as code only where it is a name.
    pub fn amount(&self, amount: &Expression) -> String {
        if let ExpressionKind::Constant(_) = amount.kind {
            inline(&self.library.source.line(amount.span), TITLE)
        } else {
            self.code(amount)
        }
    }

    /// `, 30s apart`, or nothing.
    pub fn apart(&self, every: Option<&Expression>) -> String {
        every.map(|every| format!(", {} apart", self.amount(every))).unwrap_or_default()
    }

    /// A message in quotes.
    pub fn message(&self, message: &Expression) -> String {
        self.library.source.message(message)
    }

    /// `, with goal.answer, session`, or nothing.
    pub fn evidence(&self, evidence: &[Evidence]) -> String {
        if evidence.is_empty() {
            return String::new();
        }
        let labels: Vec<String> = evidence.iter().map(|it| code(&it.label)).collect();
        format!(", with {}", labels.join(", "))
    }

    /// `, for up to 5m, every 30s`.
    pub fn window(&self, window: &Window) -> String {
        format!(", for up to {}, every {}", self.amount(&window.within), self.amount(&window.every))
    }

    /// `resolve if fixed …`.
    pub fn resolve_if_fixed(&self, after: Option<&Expression>, window: Option<&Window>, hold: Option<&Hold>) -> String {
        let ask = match after {
            Some(after) => format!("After {}, check whether it is fixed", self.amount(after)),
            None => "Check whether it is fixed".to_owned(),
        };
        let window = window.map(|window| self.window(window)).unwrap_or_default();
        let held = hold.map(|hold| {
            let every = hold.every.as_ref().map(|every| format!(", polled every {}", self.amount(every)));
            format!(" and stays so for {}{}", self.amount(&hold.duration), every.unwrap_or_default())
        });
        let held = held.unwrap_or_default();
        format!("{ask}{window}; if it is{held}, the run ends **resolved**; if that is unknown, **escalated**.")
    }

    /// A question, or a child run whose outcome is used.
    pub fn subject(&self, subject: &Subject) -> String {
        match subject {
            Subject::Value(value) => self.code(value),
            Subject::Ask(question) => {
                let choices: Vec<String> = question.choices.iter().map(|it| code(it)).collect();
                format!(
                    "Ask people, for up to {}: {} {}? Silence means {}.",
                    self.amount(&question.within),
                    self.message(&question.message),
                    choices.join(" or "),
                    code(&question.default)
                )
            }
            Subject::Run { runbook, arguments, .. } => {
                format!("{}, and look at how that ends.", self.run(*runbook, arguments))
            }
        }
    }

    /// A child run, without the full stop.
    pub fn run(&self, runbook: usize, arguments: &[Expression]) -> String {
        let Some(runbook) = self.program().runbooks.get(runbook) else { return String::new() };
        let call = code(&self.library.source.call(&runbook.name, &runbook.parameters, arguments));
        format!("Run {}: {call}, as a run of its own", self.runbook(runbook))
    }
}

/// `**2.1. Restart it**`.
pub fn numbered_title(number: &str, words: &str) -> String {
    format!("**{}**", format!("{number}. {words}").trim_end())
}

/// The pattern of an arm.
pub fn case(value: &Value) -> String {
    if let Value::Word(word) = value {
        format!("**{}**", inline(word, TITLE))
    } else {
        code(&SourceText(value).to_string())
    }
}

pub fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
