//! Regular expressions that match no text, so that the branch they guard is never taken.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{File, Rule, RuleScope};
use crate::syntax::ast::{Expression, ExpressionKind, Operator, Text};
use regex_syntax::hir::{Class, Hir, HirKind, Look as Assertion};

pub const RULE: Rule = Rule {
    code: code::IMPOSSIBLE_PATTERN,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::File(check),
};

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    for pattern in file.index.expressions.iter().filter_map(|expression| pattern(expression)) {
        let Some(written) = pattern.literal() else { continue };
        let Ok(meaning) = regex_syntax::parse(&written) else { continue };
        if !is_possible(&meaning) {
            let message = "This pattern can never match";
            found.push(
                Diagnostic::warning(code::IMPOSSIBLE_PATTERN, pattern.span, message)
                    .help("Write `^` only at the start and `$` only at the end of the whole text; `(?m)` makes them match at lines"),
            );
        }
    }
}

/// The pattern of `… matches r"…"` or `.capture(r"…")`.
fn pattern(expression: &Expression) -> Option<&Text> {
    let pattern: &Expression =
        if let ExpressionKind::Binary { operator: Operator::Matches, right, .. } = &expression.kind {
            right
        } else if let ExpressionKind::Member { name, arguments: Some(arguments), .. } = &expression.kind
            && name.text == "capture"
        {
            &arguments.first()?.value
        } else if let ExpressionKind::Call(call) = &expression.kind
            && call.path.text.ends_with(".capture")
        {
            &call.arguments.first()?.value
        } else {
            return None;
        };
    if let ExpressionKind::Text(text) = &pattern.kind { Some(text) } else { None }
}

/// Whether some text matches. True where that is not easily decided.
fn is_possible(pattern: &Hir) -> bool {
    match pattern.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => true,
        HirKind::Class(Class::Unicode(class)) => !class.ranges().is_empty(),
        HirKind::Class(Class::Bytes(class)) => !class.ranges().is_empty(),
        HirKind::Repetition(repetition) => repetition.min == 0 || is_possible(&repetition.sub),
        HirKind::Capture(capture) => is_possible(&capture.sub),
        HirKind::Alternation(arms) => arms.iter().any(is_possible),
        HirKind::Concat(parts) => parts.iter().all(is_possible) && !contradicts(parts),
    }
}

/// Whether something must come before the start of the text, or after its end.
fn contradicts(parts: &[Hir]) -> bool {
    let takes = |part: &Hir| part.properties().minimum_len().is_some_and(|length| length > 0);
    (0..parts.len()).any(|at| {
        let Some((before, [part, after @ ..])) = parts.split_at_checked(at) else { return false };
        let properties = part.properties();
        properties.look_set_prefix().contains(Assertion::Start) && before.iter().any(takes)
            || properties.look_set_suffix().contains(Assertion::End) && after.iter().any(takes)
    })
}

#[cfg(test)]
mod tests {
    use super::is_possible;

    #[test]
    fn contradictions_are_seen() {
        for pattern in [r"a^b", r"end$\s+of", r"[^\s\S]", r"x([^\s\S]+)", r"(a$)b", r"\d+(^\d)"] {
            assert!(!is_possible(&regex_syntax::parse(pattern).unwrap()), "{pattern}");
        }
        for pattern in [r"^a$", r"(?m)a$\n^b", r"(^|\s)a", r"a(b$|c)d?", r"", r"a?^b", r"[^\s\S]*"] {
            assert!(is_possible(&regex_syntax::parse(pattern).unwrap()), "{pattern}");
        }
    }
}
