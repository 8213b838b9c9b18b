//! Blocks and statements.

use super::{Inner, Lowering, children};
use crate::source::Span;
use crate::syntax::ast::{Arm, Block, LetElse, Pattern, Statement, StatementKind, Subject, Text};
use crate::syntax::grammar::{Node, Rule};
use crate::syntax::recovery::Context;

impl<'a> Lowering<'a> {
    pub(super) fn block(&mut self, node: Option<Node<'a>>) -> Block {
        let Some(node) = node else { return Block::default() };
        let span = self.span(&node);
        let mut statements = Vec::new();
        self.body(span, Context::Block, |lowering| {
            for child in children(node) {
                lowering.line(child, span, &mut statements);
            }
        });
        Block { statements, span }
    }

    /// A child of a body: a statement, a second one on its line, or an error node.
    pub(super) fn line(&mut self, node: Node<'a>, body: Span, statements: &mut Vec<Statement>) {
        match node.as_rule() {
            Rule::extra => {
                let after = statements.last();
                if let Some(statement) = self.extra(node, after) {
                    statements.push(statement);
                }
            }
            Rule::unclosed => self.leave_open(body, &node),
            _ => statements.extend(self.statement(node)),
        }
    }

    /// A statement; `None` where the node is an error node, which is reported.
    pub(super) fn statement(&mut self, node: Node<'a>) -> Option<Statement> {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::call => StatementKind::Call(self.call(Some(node))),
            Rule::resolve => self.resolve(node),
            Rule::let_value => self.let_value(node),
            Rule::step => {
                let mut inner = Inner::new(node);
                StatementKind::Step { title: self.text(inner.next()), block: self.block(inner.next()) }
            }
            Rule::escalate | Rule::notify => self.escalate_or_notify(node),
            Rule::wait => self.wait(node),
            Rule::branch => self.branch(node),
            Rule::require => self.require(node),
            Rule::for_each => self.for_each(node),
            Rule::temporarily | Rule::permanently => self.retention(node),
            Rule::match_value => self.match_value(node),
            Rule::run => StatementKind::Run(self.call(children(node).next())),
            Rule::do_procedure => StatementKind::Do(self.call(children(node).next())),
            Rule::manual => {
                let mut inner = Inner::new(node);
                let (message, timings) = (self.text(inner.next()), self.timings(&mut inner));
                StatementKind::Manual { message, timings, otherwise: self.otherwise(&mut inner) }
            }
            Rule::repeat => self.repeat(node),
            Rule::retry => {
                let mut inner = Inner::new(node);
                let (count, timings) = (self.amount(inner.next()), self.timings(&mut inner));
                StatementKind::Retry { count, timings, block: self.block(inner.next()) }
            }
            Rule::locked => {
                let mut inner = Inner::new(node);
                let mut names = Vec::new();
                while let Some(name) = inner.take_expression() {
                    names.push(self.expression(Some(name)));
                }
                let timings = self.timings(&mut inner);
                StatementKind::Lock { names, timings, block: self.block(inner.next()) }
            }
            Rule::attempt => self.attempt(node),
            _ => {
                self.report_error_node(node);
                return None;
            }
        };
        Some(Statement { kind, span })
    }

    fn resolve(&mut self, node: Node<'a>) -> StatementKind {
        let mut inner = Inner::new(node);
        match inner.take(Rule::if_fixed) {
            Some(_) => StatementKind::ResolveIfFixed { timings: self.timings(&mut inner) },
            None => {
                let message = self.text(inner.next());
                let without_goal = inner.take(Rule::without_goal).map(|node| self.span(&node));
                StatementKind::Resolve { message, without_goal }
            }
        }
    }

    fn escalate_or_notify(&mut self, node: Node<'a>) -> StatementKind {
        let escalates = node.as_rule() == Rule::escalate;
        let mut inner = Inner::new(node);
        let contact = self.path(inner.next());
        let message = self.text(inner.next());
        let evidence = inner.take(Rule::evidence).into_iter().flat_map(|node| children(node));
        let evidence = evidence.map(|node| self.expression(Some(node))).collect();
        match escalates {
            true => StatementKind::Escalate { contact, message, evidence },
            false => StatementKind::Notify { contact, message, evidence },
        }
    }

    pub(super) fn let_value(&mut self, node: Node<'a>) -> StatementKind {
        let mut inner = Inner::new(node);
        let name = self.name(inner.next());
        let value = self.expression(inner.next());
        let otherwise = match inner.take(Rule::else_value) {
            Some(node) => Some(LetElse::Value(self.expression(children(node).next()))),
            None => self.otherwise(&mut inner).map(LetElse::Block),
        };
        StatementKind::Let { name, value, otherwise }
    }

    fn otherwise(&mut self, inner: &mut Inner<'a>) -> Option<Block> {
        inner.take(Rule::otherwise).map(|node| self.block(children(node).next()))
    }

    fn wait(&mut self, node: Node<'a>) -> StatementKind {
        let mut inner = Inner::new(node);
        match inner.take(Rule::wait_until) {
            Some(until) => StatementKind::WaitUntil {
                condition: self.expression(children(until).next()),
                timings: self.timings(&mut inner),
                otherwise: self.otherwise(&mut inner),
            },
            None => StatementKind::Wait { duration: self.amount(inner.next()) },
        }
    }

    fn branch(&mut self, node: Node<'a>) -> StatementKind {
        let mut inner = Inner::new(node);
        let mut branches = Vec::new();
        while inner.peek().is_some_and(|rule| rule != Rule::otherwise) {
            branches.push((self.expression(inner.next()), self.block(inner.next())));
        }
        StatementKind::If { branches, otherwise: self.otherwise(&mut inner) }
    }

    fn require(&mut self, node: Node<'a>) -> StatementKind {
        let mut inner = Inner::new(node);
        match inner.take(Rule::approval) {
            Some(approval) => {
                let mut parts = Inner::new(approval);
                StatementKind::RequireApproval {
                    message: self.text(parts.next()),
                    by: self.amount(parts.next()),
                    timings: self.timings(&mut parts),
                    otherwise: self.otherwise(&mut inner),
                }
            }
            None => StatementKind::Require {
                condition: self.expression(inner.next()),
                otherwise: self.otherwise(&mut inner),
            },
        }
    }

    fn for_each(&mut self, node: Node<'a>) -> StatementKind {
        let mut inner = Inner::new(node);
        let variable = self.name(inner.next());
        let list = self.expression(inner.next());
        let (mut at_most, mut at_a_time) = (None, None);
        while let Some(node) = inner.take(Rule::at_most).or_else(|| inner.take(Rule::at_a_time)) {
            let span = self.span(&node);
            let most = node.as_rule() == Rule::at_most;
            let amount = self.amount(children(node).next());
            let (slot, what) = if most { (&mut at_most, "at most") } else { (&mut at_a_time, "at a time") };
            self.once(slot, |first: &crate::syntax::ast::Amount| first.span, amount, span, what);
        }
        StatementKind::For { variable, list, at_most, at_a_time, block: self.block(inner.next()) }
    }

    fn retention(&mut self, node: Node<'a>) -> StatementKind {
        let temporary = node.as_rule() == Rule::temporarily;
        let mut inner = Inner::new(node);
        let what = match inner.next() {
            Some(node) if node.as_rule() == Rule::block => Subject::Block(self.block(Some(node))),
            Some(node) if node.as_rule() == Rule::do_procedure => Subject::Do(self.call(children(node).next())),
            other => Subject::Call(self.call(other)),
        };
        let undo = self.undo(&mut inner);
        let mut condition = inner.take(Rule::only_if);
        if let Some(node) = condition.take_if(|_| !temporary || matches!(what, Subject::Block(_))) {
            self.misplaced_condition(&node, temporary);
        }
        let mut condition = condition.map(|node| self.expression(children(node).next()));
        let suffix = inner.take(Rule::on_failure);
        if let Some(node) = inner.take(Rule::only_if) {
            // The formatter puts it before the suffix.
            let span = self.span(&node);
            let later = self.expression(children(node).next());
            self.once(&mut condition, |first: &crate::syntax::ast::Expression| first.span, later, span, "if");
        }
        let span = suffix.as_ref().map(|node| self.span(node));
        let (word, expected) = if temporary { ("temporarily", "keep") } else { ("permanently", "undo") };
        if let Some(node) = suffix
            && !node.as_str().starts_with(expected)
        {
            self.wrong_suffix(&node, word, expected);
        }
        match temporary {
            true => StatementKind::Temporarily { what, undo, condition, keep_on_failure: span },
            false => StatementKind::Permanently { what, undo_on_failure: span },
        }
    }

    pub(super) fn undo(&mut self, inner: &mut Inner<'a>) -> Option<Block> {
        inner.take(Rule::undo).map(|node| self.block(children(node).next()))
    }

    fn match_value(&mut self, node: Node<'a>) -> StatementKind {
        let mut inner = Inner::new(node);
        let value = self.expression(inner.next());
        let mut arms = Vec::new();
        if let Some(node) = inner.next() {
            let span = self.span(&node);
            self.body(span, Context::Arms, |lowering| {
                for child in children(node) {
                    match child.as_rule() {
                        Rule::arm => arms.push(lowering.arm(child)),
                        Rule::unclosed => lowering.leave_open(span, &child),
                        _ => lowering.report_error_node(child),
                    }
                }
            });
        }
        StatementKind::Match { value, arms }
    }

    fn arm(&mut self, node: Node<'a>) -> Arm {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let mut patterns = Vec::new();
        while inner.peek().is_some_and(|rule| rule != Rule::block) {
            let Some(node) = inner.next() else { break };
            match node.as_rule() {
                Rule::otherwise_arm => {}
                Rule::path => patterns.push(Pattern::Word(self.path(Some(node)))),
                Rule::string | Rule::raw_string => patterns.push(Pattern::Text(self.text(Some(node)))),
                _ => patterns.push(Pattern::Amount(self.amount(Some(node)))),
            }
        }
        Arm { patterns, block: self.block(inner.next()), span }
    }

    fn repeat(&mut self, node: Node<'a>) -> StatementKind {
        let mut inner = Inner::new(node);
        StatementKind::Repeat {
            count: self.amount(inner.next()),
            timings: self.timings(&mut inner),
            until: inner.take(Rule::until).map(|node| self.expression(children(node).next())),
            block: self.block(inner.next()),
            otherwise: self.otherwise(&mut inner),
        }
    }

    fn attempt(&mut self, node: Node<'a>) -> StatementKind {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let block = self.block(inner.next());
        let catch = inner.take(Rule::catch).map(|node| {
            let mut parts = Inner::new(node);
            (self.name(parts.next()), self.block(parts.next()))
        });
        if catch.is_none() {
            self.missing_catch(span, block.span);
        }
        StatementKind::Try { block, catch }
    }

    /// The text at the beginning of a declaration.
    pub(super) fn take_text(&mut self, inner: &mut Inner<'a>) -> Option<Text> {
        match inner.peek() {
            Some(Rule::string | Rule::raw_string) => inner.next().map(|node| self.text(Some(node))),
            _ => None,
        }
    }
}
