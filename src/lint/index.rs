//! An index of a file: its texts, expressions, statements and names as lists, so that rules need no visitor.

use crate::source::Span;
use crate::syntax::ast::{Block, Call, Declaration, Expression, File, Name, Path, Statement, StatementKind, Text};
use crate::syntax::visit::{
    Visitor, walk_block, walk_call, walk_declaration, walk_expression, walk_statement, walk_text,
};

/// The nodes of a file, in the order of the text unless a field says otherwise.
#[derive(Debug, Default)]
pub struct FileIndex<'a> {
    /// Every title, message and text in an expression.
    pub texts: Vec<&'a Text>,
    /// The texts of tests that are compared with a text of a runbook, and the names of hosts and world files there.
    pub test_texts: Vec<&'a Text>,
    /// Every expression, sorted by where it begins, outer ones before those inside.
    pub expressions: Vec<&'a Expression>,
    /// Every call, of an action, a procedure or a method, outer ones before those inside.
    pub calls: Vec<&'a Call>,
    /// Every statement, outer ones before those inside.
    pub statements: Vec<StatementRef<'a>>,
    /// Every block.
    pub blocks: Vec<&'a Block>,
    /// Every name that the file declares or binds.
    pub binding_names: Vec<&'a Name>,
    /// Every declaration.
    pub declarations: Vec<DeclarationIndex<'a>>,
}

/// A statement, the statement around it, and its declaration.
#[derive(Debug, Clone, Copy)]
pub struct StatementRef<'a> {
    /// The statement itself.
    pub statement: &'a Statement,
    /// The statement around it, as a position in [`FileIndex::statements`].
    pub parent: Option<usize>,
    /// The declaration around it.
    pub declaration: Span,
}

/// A declaration and the words in it.
#[derive(Debug)]
pub struct DeclarationIndex<'a> {
    /// The declaration itself.
    pub declaration: &'a Declaration,
    /// The first word of every path in it, sorted, without duplicates. Whatever it uses appears here.
    pub words: Vec<&'a str>,
    /// The names that its `let` statements bind.
    pub lets: Vec<&'a Name>,
}

impl DeclarationIndex<'_> {
    /// Whether a path in the declaration begins with this word.
    pub fn uses(&self, word: &str) -> bool {
        self.words.binary_search(&word).is_ok()
    }
}

impl<'a> FileIndex<'a> {
    /// Indexes a file.
    pub fn new(file: &'a File) -> Self {
        let mut builder = IndexBuilder::default();
        for declaration in &file.declarations {
            builder.declaration(declaration);
        }
        let mut index = builder.index;
        index.expressions.sort_by_key(|expression| (expression.span.start, std::cmp::Reverse(expression.span.end)));
        index
    }

    /// The statements around a statement, innermost first.
    pub fn ancestors(&self, placed: StatementRef<'a>) -> impl Iterator<Item = &'a Statement> + '_ {
        let step = |placed: &StatementRef<'a>| placed.parent.and_then(|parent| self.statements.get(parent).copied());
        std::iter::successors(step(&placed), step).map(|placed| placed.statement)
    }
}

/// The first word of a path.
pub fn first_word(path: &Path) -> &str {
    path.text.split('.').next().unwrap_or_default()
}

#[derive(Default)]
struct IndexBuilder<'a> {
    index: FileIndex<'a>,
    words: Vec<&'a str>,
    lets: Vec<&'a Name>,
    parent: Option<usize>,
    declaration: Span,
}

impl<'a> Visitor<'a> for IndexBuilder<'a> {
    fn declaration(&mut self, declaration: &'a Declaration) {
        self.declaration = declaration.span();
        walk_declaration(self, declaration);
        let mut words = std::mem::take(&mut self.words);
        words.sort_unstable();
        words.dedup();
        let lets = std::mem::take(&mut self.lets);
        self.index.declarations.push(DeclarationIndex { declaration, words, lets });
    }

    fn block(&mut self, block: &'a Block) {
        self.index.blocks.push(block);
        walk_block(self, block);
    }

    fn statement(&mut self, statement: &'a Statement) {
        let parent = self.parent;
        let position = self.index.statements.len();
        self.index.statements.push(StatementRef { statement, parent, declaration: self.declaration });
        if let StatementKind::Let { name, .. } = &statement.kind {
            self.lets.push(name);
        }
        self.parent = Some(position);
        walk_statement(self, statement);
        self.parent = parent;
    }

    fn expression(&mut self, expression: &'a Expression) {
        self.index.expressions.push(expression);
        walk_expression(self, expression);
    }

    fn call(&mut self, call: &'a Call) {
        self.index.calls.push(call);
        walk_call(self, call);
    }

    fn text(&mut self, text: &'a Text) {
        self.index.texts.push(text);
        walk_text(self, text);
    }

    fn test_text(&mut self, text: &'a Text) {
        self.index.test_texts.push(text);
    }

    /// Contacts belong to the inventory: their names are no uses of declarations or parameters.
    fn contact(&mut self, _: &'a Path) {}

    fn path(&mut self, path: &'a Path) {
        self.words.push(first_word(path));
    }

    fn name(&mut self, name: &'a Name) {
        self.index.binding_names.push(name);
    }
}
