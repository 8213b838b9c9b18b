//! A change that stays, with no word why: in half a year nobody dares to take it back.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{File, Look, Rule};
use crate::source::Span;
use crate::syntax::ast::StatementKind;

pub const RULE: Rule = Rule {
    code: code::UNEXPLAINED_CHANGE,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    look: Look::File(look),
};

fn look(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    // One comment may stand over several that follow each other.
    let mut before: Option<(Option<usize>, Span, bool)> = None;
    for placed in &file.flat.statements {
        let StatementKind::Permanently { .. } = placed.statement.kind else { continue };
        let span = placed.statement.span;
        let outside = file.flat.around(*placed).map(|around| around.span).chain([placed.declaration]);
        let follows = before.is_some_and(|(parent, last, explained)| {
            explained && parent == placed.parent && only_comments(between(file, last, span))
        });
        let explained = follows || is_explained(file, span) || outside.into_iter().any(|span| is_explained(file, span));
        before = Some((placed.parent, span, explained));
        if !explained {
            found.push(
                Diagnostic::warning(code::UNEXPLAINED_CHANGE, span, "This change stays, and no word says why")
                    .help("Say why in a comment before it or at its line's end, or write `temporarily`"),
            );
        }
    }
}

/// Whether a comment stands directly before, or at the end of the first or last line.
fn is_explained(file: &File<'_>, span: Span) -> bool {
    file.tree.comments.iter().any(|comment| {
        if comment.text.trim_start().starts_with("allow:") || !comment.text.contains(char::is_alphanumeric) {
            return false;
        }
        let (start, end) = (comment.span.start, comment.span.end);
        if comment.trailing {
            let on_line_of = |place: u32| place <= start && !slice(file, place, start).contains('\n');
            on_line_of(span.start) || on_line_of(span.end)
        } else {
            end <= span.start && only_comments(slice(file, end, span.start))
        }
    })
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
