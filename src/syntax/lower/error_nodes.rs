//! Error nodes of the grammar: each becomes one diagnostic, and its content is searched for further ones.

use super::{Lowering, children};
use crate::diagnostic::{Diagnostic, MAX_PER_FILE, code};
use crate::source::Span;
use crate::syntax::ast::{Statement, StatementKind};
use crate::syntax::grammar::{Node, Rule};
use crate::syntax::recovery;
use crate::syntax::recovery::{Context, brace_positions};

/// At most this many errors of a file are explained. Further ones are only counted.
const MOST_EXPLAINED: usize = 5 * MAX_PER_FILE;

impl<'a> Lowering<'a> {
    /// Reports an error node and those inside it.
    pub(super) fn report_error_node(&mut self, node: Node<'a>) {
        if node.as_rule() == Rule::extra {
            self.extra(node, None);
            return;
        }
        self.report_single_error(&node);
        self.report_inside(node);
    }

    /// Reports what follows a statement on its line. A complete statement is also returned.
    pub(super) fn extra(&mut self, node: Node<'a>, after: Option<&Statement>) -> Option<Statement> {
        let child = children(node).next()?;
        if matches!(child.as_rule(), Rule::bad_line | Rule::bad_block) {
            if !self.is_reported(&child) {
                let diagnostic = self.after_statement(&child, after);
                self.report(diagnostic);
            }
            self.report_inside(child);
            return None;
        }
        if !self.is_reported(&child) {
            let diagnostic = self.second_statement(&child);
            self.report(diagnostic);
        }
        self.statement(child)
    }

    /// Searches a node that is not part of the AST.
    fn report_inside(&mut self, node: Node<'a>) {
        let start = node.as_span().start();
        let mut extra = None;
        for node in node.into_inner().flatten() {
            let at = node.as_span().start();
            match node.as_rule() {
                Rule::extra => {
                    extra = Some(at);
                    if let Some(child) = children(node).next().filter(|child| !self.is_reported(child)) {
                        let diagnostic = match child.as_rule() {
                            Rule::bad_line | Rule::bad_block => self.after_statement(&child, None),
                            _ => self.second_statement(&child),
                        };
                        self.report(diagnostic);
                    }
                }
                Rule::bad_line | Rule::bad_block if extra == Some(at) => {}
                Rule::unclosed => self.unclosed.push((start, at)),
                _ => {
                    let around = std::mem::replace(&mut self.context, Context::Unparsed);
                    self.report_single_error(&node);
                    self.context = around;
                }
            }
        }
    }

    fn is_reported(&self, node: &Node<'a>) -> bool {
        let start = node.as_span().start();
        let after = self.reported.partition_point(|range| range.end <= start);
        self.reported.get(after).is_some_and(|range| range.start <= start)
    }

    /// Notes a body without `}`.
    pub(super) fn leave_open(&mut self, body: Span, unclosed: &Node<'a>) {
        self.unclosed.push((body.start as usize, unclosed.as_span().start()));
    }

    fn report_single_error(&mut self, node: &Node<'a>) {
        if self.is_reported(node) {
            return;
        }
        let span = self.span(node);
        let diagnostic = match node.as_rule() {
            Rule::bad_line if self.diagnostics.len() >= MOST_EXPLAINED => {
                Diagnostic::error(code::NOT_UNDERSTOOD, span, "Unrecognized line")
            }
            Rule::bad_line => recovery::line(self.file, span.start as usize, node.as_str(), self.context, false),
            Rule::bad_block => {
                let header = children(node.clone()).next().filter(|child| child.as_rule() == Rule::bad_text);
                match header {
                    Some(header) => recovery::line(self.file, span.start as usize, header.as_str(), self.context, true),
                    None => Diagnostic::error(
                        code::BRACES,
                        Span { end: span.start + 1, ..span },
                        "These braces belong to no statement",
                    )
                    .help("Write `step \"title\" {`, or remove the braces"),
                }
            }
            Rule::bad_part => return self.bad_part(node),
            Rule::misplaced => return self.misplaced(node),
            Rule::stray_brace => return self.stray_brace(span),
            Rule::late_brace => {
                let brace = Span { start: span.end.saturating_sub(1), ..span };
                let diagnostic = Diagnostic::error(code::BRACES, brace, "The opening brace is on a line of its own")
                    .help("Move `{` to the end of the line before");
                match node.as_str().contains('#') {
                    true => diagnostic,
                    false => diagnostic.fix(span, " {"),
                }
            }
            Rule::missing_brace => Diagnostic::error(code::BRACES, self.end_before(span), "Expected a block")
                .here("expected `{`")
                .help("Write `{` at the end of the line, and `}` on a line of its own after the block"),
            Rule::missing => Diagnostic::error(code::MISSING_PART, span, "This expression is incomplete"),
            _ => return,
        };
        self.report(diagnostic);
    }

    /// Unexpected text in parentheses or brackets, or their missing end.
    fn bad_part(&mut self, node: &Node<'a>) {
        let span = self.span(node);
        let text = node.as_str().trim();
        if text.is_empty() {
            let place = self.end_before(span);
            self.report(
                Diagnostic::error(code::MISSING_PART, place, "Missing `)` or `]`")
                    .here("expected before this")
                    .help("Close every parenthesis and bracket; a line may end inside them"),
            );
            return;
        }
        let start = span.start + (node.as_str().len() - node.as_str().trim_start().len()) as u32;
        let place = Span { start, end: start + text.len() as u32, ..span };
        self.report(recovery::unexpected_part(place, text));
    }

    /// The end of what precedes a position.
    fn end_before(&self, span: Span) -> Span {
        let at = self.plain.get(..span.start as usize).map_or(0, |before| before.trim_end().len()) as u32;
        Span { start: at, end: at, ..span }
    }

    fn second_statement(&self, node: &Node<'a>) -> Diagnostic {
        let span = self.span(node);
        let start = span.start as usize;
        let before = self.plain.get(..start).unwrap_or("");
        // On an extremely long line indentation does not matter, and looking back repeatedly would take long.
        let near = before.get(before.floor_char_boundary(start.saturating_sub(1000))..).unwrap_or("");
        let line = near.get(near.rfind('\n').map_or(near.len(), |at| at + 1)..).unwrap_or("");
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let blanks = (near.len() - near.trim_end_matches(' ').len()) as u32;
        Diagnostic::error(code::EXTRA_TEXT, span, "Two statements on one line")
            .help("Write each statement on a line of its own")
            .fix(Span { start: span.start - blanks, end: span.start, ..span }, format!("\n{indent}"))
    }

    fn after_statement(&self, node: &Node<'a>, after: Option<&Statement>) -> Diagnostic {
        let start = node.as_span().start();
        if let Some(Statement { kind: StatementKind::Call(call), span }) = after
            && let Some(word) = recovery::keyword(&call.path.text)
        {
            let end = Span { start: call.path.span.end, end: call.path.span.end, ..*span };
            return Diagnostic::error(code::NOT_UNDERSTOOD, call.path.span, format!("Missing space after `{word}`"))
                .help(format!(
                    "Write a space before the parenthesis: `{word}(` starts a call of something named `{word}`"
                ))
                .fix(end, " ");
        }
        let text = match node.as_rule() {
            Rule::bad_block => children(node.clone()).next().map_or("{", |child| child.as_str()),
            _ => node.as_str(),
        };
        recovery::rest(self.file, start, text)
    }

    fn misplaced(&mut self, node: &Node<'a>) {
        let first = children(node.clone()).next();
        let span = first.as_ref().map_or(self.span(node), |first| self.span(first));
        let early = match self.context {
            Context::File => self.early_close(span.start as usize),
            _ => None,
        };
        if let Some(at) = early {
            self.report_early_close(at);
            return;
        }
        let word = recovery::first_word(node.as_str());
        let end = span.start + word.len() as u32;
        let place = Span { end, ..span };
        let diagnostic = Diagnostic::error(code::MISPLACED, place, format!("`{word}` is not allowed here"));
        self.report(diagnostic.help(match self.context {
            Context::Arms => "Write arms in a `match`: a word, text or number with a block, as in `passed { … }`",
            _ => "Write headers and statements inside `runbook Name() { … }` or `procedure Name() { … }`",
        }));
    }

    fn stray_brace(&mut self, span: Span) {
        let early = self.early_close(span.end as usize);
        self.report_early_close(early.unwrap_or(span.start as usize));
    }

    /// The brace that closed the previous declaration too early. Searched for once.
    fn early_close(&mut self, to: usize) -> Option<usize> {
        self.before.take().and_then(|from| brace_positions::early_close(self.plain, from, to))
    }

    fn report_early_close(&mut self, at: usize) {
        let span = Span::new(self.file, at as u32, at as u32 + 1);
        self.report(
            Diagnostic::error(code::BRACES, span, "Unmatched `}`").help("Remove it, or add the missing `{` before it"),
        );
    }

    /// Reports the bodies without `}`, found by indentation.
    pub(super) fn report_unclosed(&mut self) {
        let mut open = std::mem::take(&mut self.unclosed);
        open.sort_by_key(|(start, end)| (*end, *start));
        for group in open.chunk_by(|(_, a), (_, b)| a == b) {
            let Some((from, to)) = group.first().copied() else { continue };
            let shown = brace_positions::left_open(self.plain, from, to);
            let known = group.iter().map(|(start, _)| *start);
            for start in shown.into_iter().chain(known).take(group.len()) {
                let span = Span::new(self.file, start as u32, start as u32 + 1);
                self.report(
                    Diagnostic::error(code::BRACES, span, "Unclosed block")
                        .help("Write `}` on a line of its own at the end of the block"),
                );
            }
        }
    }

    pub(super) fn late_header(&mut self, span: Span, word: &str, statement: Span) {
        self.report(
            Diagnostic::error(code::MISPLACED, span, format!("The header `{word}` comes after a statement"))
                .also(statement, "the first statement")
                .help("Move headers to the start of the runbook"),
        );
    }

    pub(super) fn wrong_suffix(&mut self, node: &Node<'a>, word: &str, expected: &str) {
        let span = self.span(node);
        let written = node.as_str();
        self.report(
            Diagnostic::error(code::NOT_UNDERSTOOD, span, format!("Unexpected `{written}` after `{word}`"))
                .help(format!("Write `, {expected} on failure` after the call, or nothing")),
        );
    }

    /// An `if` after `permanently …` or after the block of `temporarily`.
    pub(super) fn misplaced_condition(&mut self, node: &Node<'a>, temporary: bool) {
        let span = self.span(node);
        let (message, help) = match temporary {
            true => (
                "A `temporarily` block cannot end in `if`",
                "Make the block a procedure with an `undo { … }`, and write `temporarily do NAME() if CONDITION`",
            ),
            false => (
                "`permanently` cannot end in `if`",
                "Write `if CONDITION { permanently … }`: the change stays, so it needs no block to end with",
            ),
        };
        self.report(Diagnostic::error(code::MISPLACED, Span { end: span.start + 2, ..span }, message).help(help));
    }

    pub(super) fn missing_catch(&mut self, span: Span, block: Span) {
        self.report(
            Diagnostic::error(code::MISSING_PART, Span { end: span.start + 3, ..span }, "`try` has no `catch`")
                .also(block.after(), "expected here")
                .help("Write `try { … } catch error { … }`"),
        );
    }

    pub(super) fn after_result(&mut self, span: Span, result: Span) {
        self.report(
            Diagnostic::error(code::EXTRA_TEXT, span, "Unexpected text after the value of the action")
                .also(result, "this is the value")
                .help("Write any number of `let` lines and one expression in the body of an action"),
        );
    }
}
