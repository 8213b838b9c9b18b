//! `test` blocks.

use super::{Inner, Lowering, children};
use crate::syntax::ast::{Call, Expectation, GivenAnswer, GivenSubject, Name, Test, TestLine, Times, Timings};
use crate::syntax::grammar::{Node, Rule};
use crate::syntax::recovery::Context;

impl<'a> Lowering<'a> {
    pub(super) fn test(&mut self, node: Node<'a>) -> Test {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let title = self.text(inner.next());
        let subject = inner.take(Rule::call).map(|node| self.call(Some(node)));
        let mut lines = Vec::new();
        if let Some(body) = inner.next() {
            let place = self.span(&body);
            self.body(place, Context::Test, |lowering| {
                for child in children(body) {
                    match child.as_rule() {
                        Rule::given => lines.push(lowering.given(child)),
                        Rule::expect => lines.push(lowering.expect(child)),
                        Rule::unclosed => lowering.leave_open(place, &child),
                        _ => lowering.report_error_node(child),
                    }
                }
            });
        }
        Test { title, subject, lines, span }
    }

    fn given(&mut self, node: Node<'a>) -> TestLine {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let subject = match inner.next() {
            Some(node) if node.as_rule() == Rule::nobody => GivenSubject::Nobody,
            Some(node) if node.as_rule() == Rule::world => GivenSubject::World(self.text(children(node).next())),
            Some(node) if node.as_rule() == Rule::stopped => GivenSubject::Cancelled,
            Some(node) if node.as_rule() == Rule::placed => self.placed(node),
            Some(node) if node.as_rule() == Rule::asked => GivenSubject::Ask(self.text(children(node).next())),
            Some(node) if node.as_rule() == Rule::call => GivenSubject::Call(self.call(Some(node))),
            other => GivenSubject::Name(self.path(other)),
        };
        let mut answers = Vec::new();
        while let Some(Rule::answers | Rule::times_out | Rule::error | Rule::verdict) = inner.peek() {
            if let Some(node) = inner.next() {
                self.comes_to(node, &mut answers);
            }
        }
        TestLine::Given { subject, answers, timings: self.timings(&mut inner), span }
    }

    fn comes_to(&mut self, node: Node<'a>, answers: &mut Vec<GivenAnswer>) {
        match node.as_rule() {
            Rule::answers => answers.extend(children(node).map(|node| GivenAnswer::Value(self.expression(Some(node))))),
            Rule::error => {
                let mut inner = Inner::new(node);
                let kind = inner.take(Rule::error_kind).map(|node| self.name(children(node).next()));
                answers.push(GivenAnswer::Error { kind, message: self.take_text(&mut inner) });
            }
            Rule::verdict => answers.push(GivenAnswer::Verdict(self.name(Some(node)))),
            _ => answers.push(GivenAnswer::TimesOut),
        }
    }

    fn placed(&mut self, node: Node<'a>) -> GivenSubject {
        let mut inner = Inner::new(node);
        let name = self.text(inner.next());
        let mut roles = Vec::new();
        while let Some(node) = inner.next() {
            let span = self.span(&node);
            roles.push(match node.as_rule() {
                Rule::call => self.call(Some(node)),
                _ => Call { path: self.path(Some(node)), arguments: Vec::new(), span },
            });
        }
        GivenSubject::Host { name, roles }
    }

    fn expect(&mut self, node: Node<'a>) -> TestLine {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let expectation = match inner.next() {
            Some(node) if node.as_rule() == Rule::timing => {
                let mut timings = Timings::default();
                self.timing(node, &mut timings);
                return TestLine::Expect { expectation: Expectation::Within, timings, span };
            }
            Some(node) if node.as_rule() == Rule::left => Expectation::LeftInPlace(
                children(node).filter(|node| node.as_rule() == Rule::call).map(|node| self.call(Some(node))).collect(),
            ),
            Some(node) if node.as_rule() == Rule::none_of => Expectation::NoneOfClass(self.name(children(node).next())),
            Some(node) if node.as_rule() == Rule::outcome => self.outcome(node),
            Some(node) => self.expected(node),
            None => Expectation::Within,
        };
        TestLine::Expect { expectation, timings: self.timings(&mut inner), span }
    }

    fn outcome(&mut self, node: Node<'a>) -> Expectation {
        let mut inner = Inner::new(node);
        let word: Name = self.name(inner.next());
        let contact = inner.take(Rule::path).map(|node| self.path(Some(node)));
        Expectation::Outcome { word, contact, text: self.take_text(&mut inner) }
    }

    fn expected(&mut self, node: Node<'a>) -> Expectation {
        let mut inner = Inner::new(node);
        let negated = inner.take(Rule::negated).is_some();
        let call = self.call(inner.next());
        let times = inner.take(Rule::times).map(|node| {
            let written = node.as_str();
            match children(node).next() {
                Some(amount) => Times::Exactly(self.amount(Some(amount))),
                None if written == "once" => Times::Once,
                None => Times::Never,
            }
        });
        Expectation::Call { negated, call, times }
    }
}
