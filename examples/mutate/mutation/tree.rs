//! A file's tree as one list of nodes, each with the names that are in scope there.

use ecow::EcoString;
use rectify::source::Span;
use rectify::syntax::ast::{
    Amount, Arm, Block, Call, Declaration, Expression, ExpressionKind, File, LetElse, LimitPart, Parameter, Path,
    Pattern, Statement, StatementKind, Subject, Text, TextPart, Timings, Type,
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
    Field(&'a rectify::syntax::ast::Field),
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

/// A node with what is in scope.
pub struct Seen<'a> {
    pub node: Node<'a>,
    pub scope: Vec<Local>,
}

/// The nodes of a file, in the order of the text.
#[derive(Default)]
pub struct Flat<'a> {
    pub nodes: Vec<Seen<'a>>,
    scope: Vec<Local>,
}

impl<'a> Flat<'a> {
    /// Lays a file flat.
    pub fn of(file: &'a File) -> Self {
        let mut flat = Self::default();
        file.declarations.iter().for_each(|declaration| flat.declaration(declaration));
        flat
    }

    fn add(&mut self, node: Node<'a>) {
        self.nodes.push(Seen { node, scope: self.scope.clone() });
    }

    fn declaration(&mut self, declaration: &'a Declaration) {
        match declaration {
            Declaration::Role(it) | Declaration::Record(it) => {
                it.fields.iter().for_each(|field| self.add(Node::Field(field)));
            }
            Declaration::Limit(it) => {
                self.add(Node::Bound(it.span));
                self.limit(&it.parts);
            }
            Declaration::Probe(it) => {
                self.parameters(&it.parameters);
                self.scope.push(Local { name: "answer".into(), host: false });
                for span in &it.order {
                    self.add(Node::Clause(*span));
                }
                it.timeout.iter().for_each(|amount| self.add(Node::Amount(amount)));
                if let Some(retries) = &it.retries {
                    self.add(Node::Count(&retries.count));
                    self.timings(&retries.timings);
                }
                self.statements(&it.statements);
                it.ask.iter().for_each(|call| self.call(call));
                for condition in it.unknown_if.iter().chain(&it.passed_if) {
                    self.condition(condition);
                }
            }
            Declaration::Procedure(it) => {
                self.parameters(&it.parameters);
                self.block(&it.block, Cleanup::No);
                it.undo.iter().for_each(|block| self.block(block, Cleanup::Yes));
            }
            Declaration::Runbook(it) => {
                self.parameters(&it.parameters);
                it.goal.iter().for_each(|goal| self.goal(&goal.condition));
                it.contact.iter().for_each(|contact| self.add(Node::Contact(contact)));
                if let Some(lock) = &it.lock {
                    self.add(Node::Bound(lock.span));
                    lock.names.iter().for_each(|name| self.expression(name));
                }
                if let Some(limit) = &it.limit {
                    self.add(Node::Bound(limit.span));
                    self.limit(&limit.parts);
                }
                if let Some(ends) = &it.ends {
                    self.add(Node::Bound(ends.span));
                    self.timings(&ends.timings);
                }
                self.block(&it.block, Cleanup::No);
            }
            _ => {}
        }
        self.scope.clear();
    }

    fn parameters(&mut self, parameters: &'a [Parameter]) {
        for parameter in parameters {
            self.add(Node::Parameter(parameter));
            self.scope.push(Local { name: parameter.name.text.clone(), host: is_role(&parameter.type_of) });
        }
    }

    fn limit(&mut self, parts: &'a [LimitPart]) {
        for part in parts {
            match part {
                LimitPart::Rate { count, window, .. } => {
                    self.add(Node::Count(count));
                    self.add(Node::Amount(window));
                }
                LimitPart::Apart { gap, .. } => self.add(Node::Amount(gap)),
                LimitPart::Key { .. } => {}
            }
        }
    }

    fn goal(&mut self, condition: &'a Expression) {
        match &condition.kind {
            ExpressionKind::Call(call) => {
                self.add(Node::ProbeCall(call));
                self.call(call);
            }
            ExpressionKind::Binary { left, right, .. } => {
                self.add(Node::Expression(condition));
                self.goal(left);
                self.goal(right);
            }
            ExpressionKind::Group(inner) | ExpressionKind::Not(inner) => self.goal(inner),
            _ => {}
        }
    }

    fn timings(&mut self, timings: &'a Timings) {
        self.add(Node::Timings(timings));
        let all = [&timings.after, &timings.within, &timings.hold, &timings.every];
        all.into_iter().flatten().for_each(|amount| self.add(Node::Amount(amount)));
    }

    fn block(&mut self, block: &'a Block, cleanup: Cleanup) {
        self.add(Node::Block(block, cleanup));
        let known = self.scope.len();
        self.statements(&block.statements);
        self.scope.truncate(known);
    }

    fn optional(&mut self, block: &'a Option<Block>) {
        block.iter().for_each(|block| self.block(block, Cleanup::No));
    }

    fn statements(&mut self, statements: &'a [Statement]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn subject(&mut self, what: &'a Subject) {
        match what {
            Subject::Call(call) | Subject::Do(call) => self.call(call),
            Subject::Block(block) => self.block(block, Cleanup::No),
        }
    }

    fn statement(&mut self, statement: &'a Statement) {
        self.add(Node::Statement(statement));
        match &statement.kind {
            StatementKind::Step { title, block } => {
                self.text(title);
                self.block(block, Cleanup::No);
            }
            StatementKind::ResolveIfFixed { timings } => self.timings(timings),
            StatementKind::Resolve { message } => self.text(message),
            StatementKind::Escalate { contact, message, evidence }
            | StatementKind::Notify { contact, message, evidence } => {
                self.add(Node::Contact(contact));
                self.text(message);
                self.add(Node::Evidence(evidence));
                evidence.iter().for_each(|item| self.expression(item));
            }
            StatementKind::Require { condition, otherwise } => {
                self.condition(condition);
                self.optional(otherwise);
            }
            StatementKind::RequireApproval { message, timings, otherwise, .. }
            | StatementKind::Manual { message, timings, otherwise } => {
                self.text(message);
                self.timings(timings);
                self.optional(otherwise);
            }
            StatementKind::Wait { duration } => self.add(Node::Amount(duration)),
            StatementKind::WaitUntil { condition, timings, otherwise } => {
                self.condition(condition);
                self.timings(timings);
                self.optional(otherwise);
            }
            StatementKind::Call(call) | StatementKind::Do(call) | StatementKind::Run(call) => self.call(call),
            StatementKind::Temporarily { what, undo, .. } => {
                self.subject(what);
                undo.iter().for_each(|block| self.block(block, Cleanup::Yes));
            }
            StatementKind::Permanently { what, .. } => self.subject(what),
            StatementKind::Let { name, value, otherwise } => {
                self.expression(value);
                match otherwise {
                    Some(LetElse::Block(block)) => self.block(block, Cleanup::No),
                    Some(LetElse::Value(value)) => self.expression(value),
                    None => {}
                }
                let host = matches!(&value.kind, ExpressionKind::As { .. });
                self.scope.push(Local { name: name.text.clone(), host });
            }
            StatementKind::If { branches, otherwise } => {
                for (condition, block) in branches {
                    self.condition(condition);
                    self.block(block, Cleanup::No);
                }
                self.optional(otherwise);
            }
            StatementKind::Match { value, arms } => {
                self.expression(value);
                for arm in arms {
                    self.add(Node::Arm(arm));
                    self.block(&arm.block, Cleanup::No);
                }
            }
            StatementKind::For { variable, list, at_most, block, .. } => {
                self.expression(list);
                at_most.iter().for_each(|count| self.add(Node::Count(count)));
                self.scope.push(Local { name: variable.text.clone(), host: false });
                self.block(block, Cleanup::No);
                self.scope.pop();
            }
            StatementKind::Repeat { count, timings, until, block, otherwise } => {
                self.add(Node::Count(count));
                self.timings(timings);
                until.iter().for_each(|condition| self.condition(condition));
                self.block(block, Cleanup::No);
                self.optional(otherwise);
            }
            StatementKind::Retry { count, timings, block } => {
                self.add(Node::Count(count));
                self.timings(timings);
                self.block(block, Cleanup::No);
            }
            StatementKind::Try { block, catch } => {
                self.block(block, Cleanup::No);
                if let Some((name, block)) = catch {
                    self.scope.push(Local { name: name.text.clone(), host: false });
                    self.block(block, Cleanup::No);
                    self.scope.pop();
                }
            }
        }
    }

    fn text(&mut self, text: &'a Text) {
        for part in &text.parts {
            if let TextPart::Interpolation(path) = part {
                self.add(Node::Interpolation(path));
            }
        }
    }

    fn condition(&mut self, condition: &'a Expression) {
        self.add(Node::Condition(condition));
        self.expression(condition);
    }

    fn call(&mut self, call: &'a Call) {
        self.add(Node::Call(call));
        call.arguments.iter().for_each(|argument| self.expression(&argument.value));
    }

    fn expression(&mut self, expression: &'a Expression) {
        self.add(Node::Expression(expression));
        match &expression.kind {
            ExpressionKind::Text(text) => self.text(text),
            ExpressionKind::Call(call) | ExpressionKind::Run(call) => self.call(call),
            ExpressionKind::Check(call) => {
                self.add(Node::ProbeCall(call));
                self.call(call);
            }
            ExpressionKind::Member { of, arguments, .. } => {
                self.expression(of);
                arguments.iter().flatten().for_each(|argument| self.expression(&argument.value));
            }
            ExpressionKind::List(items) => items.iter().for_each(|item| self.expression(item)),
            ExpressionKind::Comprehension(it) => {
                self.expression(&it.list);
                self.scope.push(Local { name: it.variable.text.clone(), host: false });
                it.condition.iter().for_each(|condition| self.condition(condition));
                it.element.iter().chain(&it.key).for_each(|part| self.expression(part));
                self.scope.pop();
            }
            ExpressionKind::Group(inner) | ExpressionKind::Not(inner) | ExpressionKind::Negate(inner) => {
                self.expression(inner);
            }
            ExpressionKind::Binary { left, right, .. } => {
                self.expression(left);
                self.expression(right);
            }
            ExpressionKind::As { value, .. } | ExpressionKind::Is { value, .. } => self.expression(value),
            ExpressionKind::Conditional { condition, then, otherwise } => {
                self.condition(condition);
                self.expression(then);
                self.expression(otherwise);
            }
            ExpressionKind::Quantifier { variable, list, body, .. } => {
                self.expression(list);
                self.scope.push(Local { name: variable.text.clone(), host: false });
                self.condition(body);
                self.scope.pop();
            }
            _ => {}
        }
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
