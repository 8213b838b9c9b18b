//! A file's tree as one list of nodes, each with the names that are in scope there.

use ecow::EcoString;
use rectify::source::Span;
use rectify::syntax::ast::{
    Amount, Arm, Block, Call, Declaration, Expression, ExpressionKind, Field, File, Goal, Limit, Name, Parameter, Path,
    Pattern, Statement, StatementKind, Text, TextPart, Timings, Type,
};
use rectify::syntax::visit::{
    Visitor, walk_arm, walk_block, walk_call, walk_declaration, walk_expression, walk_limit, walk_statement,
    walk_timings,
};
use std::ops::Range;

/// A span as a range of bytes.
pub fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

/// What an operator may look at.
#[derive(Clone, Copy)]
pub enum Node<'a> {
    /// `lock …`, `limit …`, `ends within …`: a header or declaration that bounds runs.
    Bound(Span),
    /// A clause of a probe: `retries …`, `unknown if …`.
    Clause(Span),
    /// A field of a role, as declared.
    Field(&'a Field),
    /// A parameter, as declared.
    Parameter(&'a Parameter),
    /// The call of a probe in a `goal` or after `check`.
    ProbeCall(&'a Call),
    /// Statements between braces.
    Block(&'a Block, Cleanup),
    /// A statement.
    Statement(&'a Statement),
    /// A condition that decides what is done.
    Condition(&'a Expression),
    /// An expression, conditions included.
    Expression(&'a Expression),
    /// A call.
    Call(&'a Call),
    /// An arm of a `match`.
    Arm(&'a Arm),
    /// What follows `within`, `every`, `for`, `after`, `apart`, `timeout`.
    Amount(&'a Amount),
    /// The durations of an asking or waiting.
    Timings(&'a Timings),
    /// How often at most: of a loop, a retry, a limit.
    Count(&'a Amount),
    /// A path inside a text.
    Interpolation(&'a Path),
    /// Who is told.
    Contact(&'a Path),
    /// What is shown with a message.
    Evidence(&'a [Expression]),
}

/// Whether a block is one that undoes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cleanup {
    Yes,
    No,
}

/// A name in scope.
#[derive(Clone)]
pub struct Local {
    pub name: EcoString,
    /// Whether it is known to be a host.
    pub host: bool,
}

/// A node and the names in scope there.
pub struct ScopedNode<'a> {
    pub node: Node<'a>,
    pub scope: Vec<Local>,
}

/// The nodes of a file, in the order of the text.
#[derive(Default)]
pub struct NodeIndex<'a> {
    pub nodes: Vec<ScopedNode<'a>>,
    scope: Vec<Local>,
}

impl<'a> NodeIndex<'a> {
    pub fn new(file: &'a File) -> Self {
        let mut index = Self::default();
        file.declarations.iter().for_each(|declaration| index.declaration(declaration));
        index
    }

    fn add(&mut self, node: Node<'a>) {
        self.nodes.push(ScopedNode { node, scope: self.scope.clone() });
    }

    fn bind(&mut self, name: EcoString, host: bool) {
        self.scope.push(Local { name, host });
    }

    fn scoped_block(&mut self, block: &'a Block, cleanup: Cleanup) {
        self.add(Node::Block(block, cleanup));
        let known = self.scope.len();
        walk_block(self, block);
        self.scope.truncate(known);
    }
}

impl<'a> Visitor<'a> for NodeIndex<'a> {
    fn declaration(&mut self, declaration: &'a Declaration) {
        match declaration {
            // Tests judge mutants. The others declare what mutants are made with.
            Declaration::Import(_) | Declaration::Enumeration(_) | Declaration::Backend(_) | Declaration::Test(_) => {
                return;
            }
            Declaration::Role(_) | Declaration::Record(_) | Declaration::Limit(_) | Declaration::Procedure(_) => {}
            Declaration::Probe(probe) => {
                self.bind("answer".into(), false);
                probe.order.iter().for_each(|clause| self.add(Node::Clause(*clause)));
            }
            Declaration::Runbook(runbook) => {
                runbook.lock.iter().for_each(|lock| self.add(Node::Bound(lock.span)));
                runbook.ends.iter().for_each(|ends| self.add(Node::Bound(ends.span)));
            }
        }
        walk_declaration(self, declaration);
        self.scope.clear();
    }

    fn parameter(&mut self, parameter: &'a Parameter) {
        self.add(Node::Parameter(parameter));
        parameter.default.iter().for_each(|default| self.expression(default));
        self.bind(parameter.name.text.clone(), is_role(&parameter.type_of));
    }

    fn field(&mut self, field: &'a Field) {
        self.add(Node::Field(field));
    }

    fn limit(&mut self, limit: &'a Limit) {
        self.add(Node::Bound(limit.span));
        walk_limit(self, limit);
    }

    fn goal(&mut self, goal: &'a Goal) {
        let mut open = vec![&goal.condition];
        while let Some(condition) = open.pop() {
            if let ExpressionKind::Call(call) = &condition.kind {
                self.add(Node::ProbeCall(call));
                self.call(call);
            } else if let ExpressionKind::Binary { left, right, .. } = &condition.kind {
                self.add(Node::Expression(condition));
                open.extend([&**right, &**left]);
            } else if let ExpressionKind::Group(inner) | ExpressionKind::Not(inner) = &condition.kind {
                open.push(inner);
            }
        }
    }

    fn block(&mut self, block: &'a Block) {
        self.scoped_block(block, Cleanup::No);
    }

    fn undo_block(&mut self, block: &'a Block) {
        self.scoped_block(block, Cleanup::Yes);
    }

    fn statement(&mut self, statement: &'a Statement) {
        self.add(Node::Statement(statement));
        let known = self.scope.len();
        walk_statement(self, statement);
        if let StatementKind::Let { value, .. } = &statement.kind {
            let is_host = matches!(value.kind, ExpressionKind::As { .. });
            self.scope.last_mut().into_iter().for_each(|local| local.host = is_host);
        } else {
            self.scope.truncate(known);
        }
    }

    fn arm(&mut self, arm: &'a Arm) {
        self.add(Node::Arm(arm));
        walk_arm(self, arm);
    }

    fn evidence(&mut self, evidence: &'a [Expression]) {
        self.add(Node::Evidence(evidence));
        evidence.iter().for_each(|value| self.expression(value));
    }

    fn condition(&mut self, condition: &'a Expression) {
        self.add(Node::Condition(condition));
        self.expression(condition);
    }

    fn expression(&mut self, expression: &'a Expression) {
        self.add(Node::Expression(expression));
        if let ExpressionKind::Check(call) = &expression.kind {
            self.add(Node::ProbeCall(call));
        }
        let known = self.scope.len();
        walk_expression(self, expression);
        self.scope.truncate(known);
    }

    fn call(&mut self, call: &'a Call) {
        self.add(Node::Call(call));
        walk_call(self, call);
    }

    fn text(&mut self, text: &'a Text) {
        for part in &text.parts {
            if let TextPart::Interpolation(path) = part {
                self.add(Node::Interpolation(path));
            }
        }
    }

    fn timings(&mut self, timings: &'a Timings) {
        self.add(Node::Timings(timings));
        walk_timings(self, timings);
    }

    fn amount(&mut self, amount: &'a Amount) {
        self.add(Node::Amount(amount));
    }

    fn count(&mut self, count: &'a Amount) {
        self.add(Node::Count(count));
    }

    fn contact(&mut self, contact: &'a Path) {
        self.add(Node::Contact(contact));
    }

    fn local(&mut self, name: &'a Name) {
        self.bind(name.text.clone(), false);
    }
}

/// The patterns of an arm with their places.
pub fn patterns(arm: &Arm) -> Vec<Span> {
    let place = |pattern: &Pattern| match pattern {
        Pattern::Word(path) => path.span,
        Pattern::Text(text) => text.span,
        Pattern::Amount(amount) => amount.span,
    };
    arm.patterns.iter().map(place).collect()
}

/// Whether a type is one or several roles: a name that is none of the language's own.
fn is_role(type_of: &Type) -> bool {
    let own = ["text", "number", "boolean", "duration", "size", "percent", "time", "secret", "version", "list"];
    type_of.alternatives.iter().all(|it| !own.contains(&it.path.text.as_str()))
}
