//! Declarations, except backends and tests.

use super::{Inner, Lowering, children};
use crate::source::Span;
use crate::syntax::ast::{
    Alert, Block, Declaration, Ends, Enumeration, Expression, Goal, Import, Limit, LimitPart, Lock, Probe, Procedure,
    Retries, Runbook, Shape, Text, Timings,
};
use crate::syntax::grammar::{Node, Rule};
use crate::syntax::recovery::Context;

impl<'a> Lowering<'a> {
    pub(super) fn declaration(&mut self, node: Node<'a>) -> Option<Declaration> {
        let span = self.span(&node);
        Some(match node.as_rule() {
            Rule::import => Declaration::Import(Import { path: self.text(children(node).next()), span }),
            Rule::role => Declaration::Role(self.shape(node)),
            Rule::record => Declaration::Record(self.shape(node)),
            Rule::enumeration => Declaration::Enumeration(self.enumeration(node)),
            Rule::limit => Declaration::Limit(self.limit(node)),
            Rule::probe => Declaration::Probe(self.probe(node)),
            Rule::procedure => {
                let mut inner = Inner::new(node);
                let name = self.name(inner.next());
                let parameters = self.parameters(inner.next());
                let block = self.block(inner.next());
                Declaration::Procedure(Procedure { name, parameters, block, undo: self.undo(&mut inner), span })
            }
            Rule::runbook => Declaration::Runbook(self.runbook(node)),
            Rule::backend => Declaration::Backend(self.backend(node)),
            Rule::test => Declaration::Test(self.test(node)),
            Rule::EOI => return None,
            _ => {
                self.report_error_node(node);
                return None;
            }
        })
    }

    pub(super) fn shape(&mut self, node: Node<'a>) -> Shape {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let name = self.name(inner.next());
        let mut fields = Vec::new();
        if let Some(body) = inner.next() {
            let place = self.span(&body);
            self.body(place, Context::Fields, |lowering| {
                for child in children(body) {
                    match child.as_rule() {
                        Rule::field => fields.push(lowering.field(child)),
                        Rule::unclosed => lowering.leave_open(place, &child),
                        _ => lowering.report_error_node(child),
                    }
                }
            });
        }
        Shape { name, fields, span }
    }

    pub(super) fn enumeration(&mut self, node: Node<'a>) -> Enumeration {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let open = inner.take(Rule::open).is_some();
        let name = self.name(inner.next());
        let mut words = Vec::new();
        if let Some(body) = inner.next() {
            let place = self.span(&body);
            self.body(place, Context::Words, |lowering| {
                for child in children(body) {
                    match child.as_rule() {
                        Rule::name => words.push(lowering.name(Some(child))),
                        Rule::unclosed => lowering.leave_open(place, &child),
                        _ => lowering.report_error_node(child),
                    }
                }
            });
        }
        Enumeration { open, name, words, span }
    }

    fn limit(&mut self, node: Node<'a>) -> Limit {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let action = inner.take(Rule::path).map(|node| self.path(Some(node)));
        let mut parts = Vec::new();
        while let Some(node) = inner.next() {
            let span = self.span(&node);
            match node.as_rule() {
                Rule::rate => {
                    let mut part = Inner::new(node);
                    let (count, window) = (self.amount(part.next()), self.amount(part.next()));
                    let key = part.next().map(|per| self.path(children(per).next()));
                    parts.push(LimitPart::Rate { count, window, key, span });
                }
                Rule::spacing => parts.push(LimitPart::Apart { gap: self.amount(children(node).next()), span }),
                Rule::per => parts.push(LimitPart::Key { key: self.path(children(node).next()), span }),
                _ => self.report_error_node(node),
            }
        }
        Limit { action, parts, span }
    }

    fn runbook(&mut self, node: Node<'a>) -> Runbook {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let name = self.name(inner.next());
        let parameters = self.parameters(inner.next());
        let mut runbook = Runbook {
            name,
            parameters,
            title: None,
            alert: None,
            goal: None,
            contact: None,
            lock: None,
            limit: None,
            ends: None,
            block: Block::default(),
            span,
        };
        if let Some(body) = inner.next() {
            let place = self.span(&body);
            runbook.block.span = place;
            self.body(place, Context::Runbook, |lowering| {
                for child in children(body) {
                    if !lowering.header(&child, &mut runbook) {
                        lowering.line(child, place, &mut runbook.block.statements);
                    }
                }
            });
        }
        runbook
    }

    /// Takes a header; false where the node is none.
    fn header(&mut self, node: &Node<'a>, runbook: &mut Runbook) -> bool {
        let span = self.span(node);
        let node = node.clone();
        let word = node.as_str().split(' ').next().unwrap_or("");
        let reported = self.diagnostics.len();
        match node.as_rule() {
            Rule::title => {
                let text = self.text(children(node).next());
                self.once(&mut runbook.title, |first| first.span, text, span, word);
            }
            Rule::alert => {
                let alert = self.alert(node, span);
                self.once(&mut runbook.alert, |first| first.span, alert, span, word);
            }
            Rule::goal => {
                let condition = self.expression(children(node).next());
                self.once(&mut runbook.goal, |first| first.span, Goal { condition, span }, span, word);
            }
            Rule::contact => {
                let contact = self.path(children(node).next());
                self.once(&mut runbook.contact, |first| first.span, contact, span, word);
            }
            Rule::lock => {
                let names = children(node).map(|node| self.expression(Some(node))).collect();
                self.once(&mut runbook.lock, |first| first.span, Lock { names, span }, span, word);
            }
            Rule::limit => {
                let limit = self.limit(node);
                self.once(&mut runbook.limit, |first| first.span, limit, span, word);
            }
            Rule::ends => {
                let mut timings = Timings::default();
                children(node).for_each(|node| self.timing(node, &mut timings));
                self.once(&mut runbook.ends, |first| first.span, Ends { timings, span }, span, word);
            }
            _ => return false,
        }
        if let Some(first) = runbook.block.statements.first().filter(|_| self.diagnostics.len() == reported) {
            let place = first.span;
            self.late_header(span, word, place);
        }
        true
    }

    fn alert(&mut self, node: Node<'a>, span: Span) -> Alert {
        let mut inner = Inner::new(node);
        let mut names = Vec::new();
        while let Some(text) = self.take_text(&mut inner) {
            names.push(text);
        }
        Alert { names, group: inner.next().map(|group| self.text(children(group).next())), span }
    }

    fn probe(&mut self, node: Node<'a>) -> Probe {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let name = self.name(inner.next());
        let parameters = self.parameters(inner.next());
        let mut probe = Probe {
            name,
            parameters,
            title: None,
            group: None,
            depends_on: Vec::new(),
            timeout: None,
            retries: None,
            ask: None,
            unknown_if: None,
            passed_if: None,
            statements: Vec::new(),
            order: Vec::new(),
            body: span.after(),
            span,
        };
        if let Some(body) = inner.next() {
            probe.body = self.span(&body);
            let place = probe.body;
            self.body(place, Context::Probe, |lowering| {
                for child in children(body) {
                    if !lowering.probe_clause(&child, &mut probe) {
                        lowering.line(child, place, &mut probe.statements);
                    }
                }
            });
        }
        probe
    }

    /// Takes a clause; false where the node is none.
    fn probe_clause(&mut self, node: &Node<'a>, probe: &mut Probe) -> bool {
        let span = self.span(node);
        let node = node.clone();
        let text_span = |first: &Text| first.span;
        let value_span = |first: &Expression| first.span;
        match node.as_rule() {
            Rule::title => {
                let text = self.text(children(node).next());
                self.once(&mut probe.title, text_span, text, span, "title");
            }
            Rule::group => {
                let text = self.text(children(node).next());
                self.once(&mut probe.group, text_span, text, span, "group");
            }
            Rule::depends_on => {
                let names: Vec<Text> = children(node).map(|node| self.text(Some(node))).collect();
                match probe.depends_on.first() {
                    Some(first) => self.report_duplicate(span, first.span, "depends_on"),
                    None => probe.depends_on = names,
                }
            }
            Rule::timeout => {
                let amount = self.amount(children(node).next());
                self.once(&mut probe.timeout, |first| first.span, amount, span, "timeout");
            }
            Rule::retries => {
                let mut inner = Inner::new(node);
                let retries = Retries { count: self.amount(inner.next()), timings: self.timings(&mut inner), span };
                self.once(&mut probe.retries, |first| first.span, retries, span, "retries");
            }
            Rule::asks => {
                let call = self.call(children(node).next());
                self.once(&mut probe.ask, |first| first.span, call, span, "ask");
            }
            Rule::unknown_if => {
                let condition = self.expression(children(node).next());
                self.once(&mut probe.unknown_if, value_span, condition, span, "unknown if");
            }
            Rule::passed_if => {
                let condition = self.expression(children(node).next());
                self.once(&mut probe.passed_if, value_span, condition, span, "passed if");
            }
            _ => return false,
        }
        probe.order.push(span);
        true
    }
}
