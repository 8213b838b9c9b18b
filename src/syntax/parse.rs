//! From a text to its AST and diagnostics.

use super::grammar::Rule;
use super::lower::Lowering;
use super::prescan::prescan;
use super::recovery::nesting;
use super::{ast, grammar};
use crate::diagnostic::{Diagnostic, code};
use crate::source::{FileId, Span};

/// The result of parsing.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The AST of everything that could be read.
    pub file: ast::File,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a file. Every text has an AST, and every mistake a diagnostic. Does not panic, and needs little of the
/// caller's stack.
pub fn parse(file: FileId, text: &str) -> Parsed {
    let span = Span::new(file, 0, text.len() as u32);
    let empty = || ast::File { declarations: Vec::new(), comments: Vec::new(), span };
    if text.len() > u32::MAX as usize {
        let diagnostic = Diagnostic::error(code::UNREADABLE_FILE, Span::new(file, 0, 0), "This file is too long");
        return Parsed { file: empty(), diagnostics: vec![diagnostic] };
    }
    let plain = prescan(file, text);
    if let Some(span) = plain.too_deep {
        return Parsed { file: empty(), diagnostics: vec![nesting::diagnostic(span)] };
    }
    let (mut tree, mut diagnostics) = grammar::with_stack(|| build(file, text, &plain));
    tree.comments = plain.comments;
    diagnostics.extend(plain.diagnostics);
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span().start, diagnostic.span().end));
    Parsed { file: tree, diagnostics }
}

fn build(file: FileId, text: &str, plain: &super::prescan::Normalized<'_>) -> (ast::File, Vec<Diagnostic>) {
    let mut lowering = Lowering::new(file, text, &plain.text, &plain.reported);
    match grammar::read(Rule::file, &plain.text) {
        Ok(pairs) => {
            let tree = lowering.file(pairs);
            (tree, lowering.finish())
        }
        Err(_) => {
            let tree = ast::File { span: Span::new(file, 0, text.len() as u32), ..ast::File::default() };
            (tree, vec![nesting::unreadable(file, &plain.text)])
        }
    }
}
