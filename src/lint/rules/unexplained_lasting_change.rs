//! Permanent changes without a comment that says why.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{File, Rule, RuleScope};
use crate::source::Span;
use crate::syntax::ast::{Comment, StatementKind};

pub const RULE: Rule = Rule {
    code: code::UNEXPLAINED_LASTING_CHANGE,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::File(check),
};

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    // One comment may explain several changes in a row.
    let mut before: Option<(Option<usize>, Span, bool)> = None;
    for placed in &file.index.statements {
        let StatementKind::Permanently { .. } = placed.statement.kind else { continue };
        let span = placed.statement.span;
        let outside = file.index.ancestors(*placed).map(|around| around.span).chain([placed.declaration]);
        let follows = before.is_some_and(|(parent, last, explained)| {
            explained && parent == placed.parent && only_comments(between(file, last, span))
        });
        let explained = follows || is_explained(file, span) || outside.into_iter().any(|span| is_explained(file, span));
        before = Some((placed.parent, span, explained));
        if !explained {
            found.push(
                Diagnostic::warning(
                    code::UNEXPLAINED_LASTING_CHANGE,
                    span,
                    "This permanent change has no comment saying why",
                )
                .help("Write the reason into a comment before it or at the end of its line, or write `temporarily`"),
            );
        }
    }
}

/// Whether a comment is directly before the statement, or at the end of its first or last line.
fn is_explained(file: &File<'_>, span: Span) -> bool {
    let comments = &file.tree.comments;
    let after = |place: u32| comments.partition_point(|comment| comment.span.start < place);
    let before = after(span.start).checked_sub(1).and_then(|last| comments.get(last));
    let stands_before =
        |comment: &&Comment| !comment.trailing && slice(file, comment.span.end, span.start).trim().is_empty();
    let on_line_of = |place: u32| {
        let next = comments.get(after(place)).filter(|comment| comment.trailing);
        next.filter(|comment| !slice(file, place, comment.span.start).contains('\n'))
    };
    let found = [before.filter(stands_before), on_line_of(span.start), on_line_of(span.end)];
    found
        .into_iter()
        .flatten()
        .any(|comment| !comment.text.trim_start().starts_with("allow:") && comment.text.contains(char::is_alphanumeric))
}

fn only_comments(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
}

fn between<'a>(file: &File<'a>, one: Span, other: Span) -> &'a str {
    slice(file, one.end, other.start)
}

fn slice<'a>(file: &File<'a>, start: u32, end: u32) -> &'a str {
    file.source.text.get(start as usize..end as usize).unwrap_or_default()
}
