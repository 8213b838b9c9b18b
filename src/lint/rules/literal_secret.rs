//! Texts that look like secrets: every clone of the repository contains them, and nothing masks them.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{File, Rule, RuleScope};
use crate::source::Span;
use crate::syntax::ast::{Argument, Expression, ExpressionKind, Text};
use regex::Regex;
use std::sync::LazyLock;

pub const RULE: Rule = Rule {
    code: code::LITERAL_SECRET,
    level: Level::Error,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Draft(check),
};

/// Secrets that are recognised by their form: access keys, tokens with a prefix, private keys, URLs with a password.
const FORMS: &[&str] = &[
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{36}",
    r"\bgithub_pat_[A-Za-z0-9_]{22}",
    r"\bglpat-[A-Za-z0-9_-]{20}",
    r"\bxox[abprs]-[A-Za-z0-9-]{10}",
    r"\b[rs]k_live_[A-Za-z0-9]{16}",
    r"\bAIza[0-9A-Za-z_-]{35}",
    r"-----BEGIN [A-Z ]*PRIVATE KEY",
    r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.",
    r#"://[^/\s:@"$]+:[^/\s:@"$]+@"#,
];

/// A value that follows the name of a secret.
const NAMED: &str = r#"(?i)\b(?:password|passwd|passphrase|secret|token|api[_-]?key)["']?\s*[=:]\s*([^\s"'${},;]{6,})"#;

static SHAPES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&FORMS.join("|")).ok());
static AFTER_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(NAMED).ok());

/// Shorter texts are skipped without running the patterns.
const SHORTEST: usize = 12;

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    let mut report = |span: Span| {
        found.push(
            Diagnostic::error(code::LITERAL_SECRET, span, "This text looks like a secret")
                .help("Remove it, replace it wherever it is in use, and refer to the new one by `secret(\"…\")` and in `rectify.yaml`"),
        );
    };
    for text in file.index.texts.iter().chain(&file.index.test_texts) {
        if let Some(span) = secret_span(file, text) {
            report(span);
        }
    }
    for expression in &file.index.expressions {
        if let ExpressionKind::List(items) = &expression.kind {
            items.windows(2).filter_map(after_option).for_each(&mut report);
        } else if let ExpressionKind::Call(call) = &expression.kind {
            call.arguments.iter().filter_map(labelled).for_each(&mut report);
        }
    }
}

fn secret_span(file: &File<'_>, text: &Text) -> Option<Span> {
    let written = file.source_text(text.span);
    if written.len() < SHORTEST || !written.contains(['-', '_', ':', '=']) && !written.contains("AKIA") {
        return None;
    }
    let place = |start: usize, length: usize| {
        let start = text.span.start + start as u32;
        Span::new(text.span.file, start, start + length as u32)
    };
    if let Some(shape) = SHAPES.as_ref()?.find(written) {
        return Some(place(shape.start(), shape.len()));
    }
    let value = AFTER_NAME.as_ref()?.captures(written)?.get(1)?;
    let is_mixed = value.as_str().contains(|letter: char| letter.is_ascii_digit())
        && value.as_str().contains(|letter: char| letter.is_ascii_alphabetic());
    is_mixed.then(|| place(value.start(), value.len()))
}

/// The value after an option that takes a secret.
fn after_option(pair: &[Expression]) -> Option<Span> {
    let [option, value] = pair else { return None };
    let option = option.literal_text()?;
    let takes_secret = ["--password", "--passwd", "--passphrase", "--secret", "--token", "--api-key"];
    let value_text = value.literal_text()?;
    let is_value = value_text.len() >= 6 && !value_text.starts_with(['-', '/', '@', '.']);
    (takes_secret.contains(&option.as_str()) && is_value).then_some(value.span)
}

/// The value of an argument whose name marks it as secret.
fn labelled(argument: &Argument) -> Option<Span> {
    let label = argument.label.as_ref()?.text.as_str();
    let is_secret = ["password", "passphrase", "token", "api_key"].contains(&label);
    let value = argument.value.literal_text()?;
    (is_secret && value.len() >= 6).then_some(argument.value.span)
}

#[cfg(test)]
mod tests {
    use super::{AFTER_NAME, SHAPES};

    #[test]
    fn knows_forms_from_ordinary_words() {
        let shapes = SHAPES.as_ref().unwrap();
        let key = format!("AK{}", "IA1234567890ABCDEF");
        for text in [key.as_str(), "https://ada:hunter2@example.org", "-----BEGIN RSA PRIVATE KEY-----"] {
            assert!(shapes.is_match(text), "{text}");
        }
        for text in ["https://example.org:8080/a@b", "a step-by-step list", "http://mbx2.contoso.com/PowerShell/"] {
            assert!(!shapes.is_match(text), "{text}");
        }
        let named = AFTER_NAME.as_ref().unwrap();
        assert!(named.is_match("password=hunter22") && named.is_match("API-Key: abcdef123"));
        assert!(!named.is_match("the password: ${x}") && !named.is_match("a token was sent"));
    }
}
