//! Types and parameters.

use super::{Inner, Lowering, children};
use crate::syntax::ast::{Field, Parameter, Path, Type, TypeName};
use crate::syntax::grammar::{Node, Rule};

impl<'a> Lowering<'a> {
    pub(super) fn parameters(&mut self, node: Option<Node<'a>>) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        for child in node.into_iter().flat_map(|node| children(node)) {
            match child.as_rule() {
                Rule::parameter => parameters.push(self.parameter(child)),
                _ => self.report_error_node(child),
            }
        }
        parameters
    }

    fn parameter(&mut self, node: Node<'a>) -> Parameter {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let name = self.name(inner.next());
        let type_of = self.type_of(inner.next());
        let default = inner.next().map(|node| self.expression(Some(node)));
        Parameter { name, type_of, default, span }
    }

    pub(super) fn field(&mut self, node: Node<'a>) -> Field {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        Field { name: self.name(inner.next()), type_of: self.type_of(inner.next()), span }
    }

    pub(super) fn type_of(&mut self, node: Option<Node<'a>>) -> Type {
        let Some(node) = node else { return Type { alternatives: Vec::new(), span: Default::default() } };
        let span = self.span(&node);
        let alternatives = children(node).map(|node| self.type_name(Some(node))).collect();
        Type { alternatives, span }
    }

    pub(super) fn type_name(&mut self, node: Option<Node<'a>>) -> TypeName {
        let Some(node) = node else {
            let path = Path { text: "".into(), span: Default::default() };
            return TypeName { path, inner: None, optional: false, span: Default::default() };
        };
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let path = self.path(inner.next());
        let within = inner.take(Rule::type_of);
        let within = within.and_then(|node| self.nested(span, |lowering| Box::new(lowering.type_of(Some(node)))));
        TypeName { path, inner: within, optional: inner.take(Rule::optional).is_some(), span }
    }
}
