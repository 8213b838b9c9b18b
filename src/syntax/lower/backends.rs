//! Backends and the signatures of their actions.

use super::{Inner, Lowering, children};
use crate::source::Span;
use crate::syntax::ast::{ActionBody, Amount, Backend, Confirm, Saves, Signature, Statement};
use crate::syntax::grammar::{Node, Rule};
use crate::syntax::recovery::Context;
use crate::value::Class;

impl<'a> Lowering<'a> {
    pub(super) fn backend(&mut self, node: Node<'a>) -> Backend {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let name = self.name(inner.next());
        let title = self.take_text(&mut inner);
        let mut backend =
            Backend { name, title, records: Vec::new(), enumerations: Vec::new(), signatures: Vec::new(), span };
        if let Some(body) = inner.next() {
            let place = self.span(&body);
            self.body(place, Context::Backend, |lowering| {
                for child in children(body) {
                    match child.as_rule() {
                        Rule::signature => backend.signatures.push(lowering.signature(child)),
                        Rule::record => backend.records.push(lowering.shape(child)),
                        Rule::enumeration => backend.enumerations.push(lowering.enumeration(child)),
                        Rule::unclosed => lowering.leave_open(place, &child),
                        _ => lowering.report_error_node(child),
                    }
                }
            });
        }
        backend
    }

    fn signature(&mut self, node: Node<'a>) -> Signature {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let class = inner.next();
        let class_span = class.as_ref().map_or(span, |node| self.span(node));
        let mut signature = Signature {
            class: class.map_or(Class::Observe, |node| class_of(node.as_str())),
            class_span,
            name: self.name(inner.next()),
            parameters: self.parameters(inner.next()),
            returns: inner.take(Rule::returns).map(|node| self.type_of(children(node).next())),
            timeout: None,
            fresh: None,
            idempotent: None,
            once: None,
            confirm: None,
            saves: None,
            undo: None,
            body: None,
            span,
        };
        while let Some(node) = inner.next() {
            self.property(node, &mut signature);
        }
        signature
    }

    fn property(&mut self, node: Node<'a>, signature: &mut Signature) {
        let span = self.span(&node);
        let of_amount = |first: &Amount| first.span;
        let of_word = |first: &Span| *first;
        match node.as_rule() {
            Rule::timeout => {
                let amount = self.amount(children(node).next());
                self.once(&mut signature.timeout, of_amount, amount, span, "timeout");
            }
            Rule::fresh => {
                let amount = self.amount(children(node).next());
                self.once(&mut signature.fresh, of_amount, amount, span, "fresh");
            }
            Rule::idempotent => self.once(&mut signature.idempotent, of_word, span, span, "idempotent"),
            Rule::once => self.once(&mut signature.once, of_word, span, span, "once"),
            Rule::confirm => {
                let mut inner = Inner::new(node);
                let confirm = Confirm { call: self.call(inner.next()), timings: self.timings(&mut inner), span };
                self.once(&mut signature.confirm, |first| first.span, confirm, span, "confirm");
            }
            Rule::undo_call => {
                let call = self.call(children(node).next());
                self.once(&mut signature.undo, |first| first.span, call, span, "undo");
            }
            Rule::saves => {
                let mut inner = Inner::new(node);
                let saves = Saves { name: self.name(inner.next()), call: self.call(inner.next()), span };
                self.once(&mut signature.saves, |first| first.span, saves, span, "saves");
            }
            Rule::action_body => {
                signature.body = self.body(span, Context::Action, |lowering| lowering.action_body(node))
            }
            _ => self.report_error_node(node),
        }
    }

    fn action_body(&mut self, node: Node<'a>) -> ActionBody {
        let span = self.span(&node);
        let mut body = ActionBody { lets: Vec::new(), result: None, span };
        for child in children(node) {
            let place = self.span(&child);
            match child.as_rule() {
                Rule::let_value => {
                    let statement = Statement { kind: self.let_value(child), span: place };
                    match &body.result {
                        Some(result) => self.after_result(place, result.span),
                        None => body.lets.push(statement),
                    }
                }
                Rule::operation | Rule::conditional | Rule::quantifier | Rule::question => {
                    let result = self.expression(Some(child));
                    match &body.result {
                        Some(first) => self.after_result(place, first.span),
                        None => body.result = Some(result),
                    }
                }
                Rule::unclosed => self.leave_open(span, &child),
                _ => self.report_error_node(child),
            }
        }
        body
    }
}

pub(super) fn class_of(word: &str) -> Class {
    match word {
        "observe" => Class::Observe,
        "change" => Class::Change,
        "disrupt" => Class::Disrupt,
        _ => Class::Destroy,
    }
}
