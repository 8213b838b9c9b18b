//! What a check knows while it goes on, and the order in which it goes.

use super::declarations::Declarations;
use super::program::{NodeId, Parameter, Program};
use super::runs::ProcedureState;
use super::types::Type;
use crate::catalog::Catalog;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::inventory::Inventory;
use crate::source::{SourceMap, Span};
use crate::syntax::ast;
use ecow::EcoString;
use std::collections::BTreeMap;

/// One check of one file with its imports.
pub(super) struct Context<'a> {
    pub inventory: Option<&'a Inventory>,
    pub sources: &'a SourceMap,
    pub declared: Declarations<'a>,
    pub program: Program,
    pub diagnostics: Vec<Diagnostic>,
    /// Types by qualified name; `None` while one is being resolved.
    pub types: BTreeMap<EcoString, Option<Type>>,
    /// Actions that were lowered, by `backend.action`.
    pub actions: BTreeMap<EcoString, usize>,
    /// The actions whose bodies are being lowered, outermost first.
    pub open_bodies: Vec<usize>,
    /// The parameters of each declared probe and runbook.
    pub probe_parameters: Vec<Vec<Parameter>>,
    pub runbook_parameters: Vec<Vec<Parameter>>,
    /// What is known of each procedure that was looked at, by its place among the declared ones.
    pub procedures: BTreeMap<usize, ProcedureState>,
    /// Which runbook runs which.
    pub runs: Vec<(usize, usize)>,
    nodes: u32,
}

impl<'a> Context<'a> {
    /// Checks the trees of a file and its imports, the file itself first.
    pub fn check(
        catalog: &'a Catalog,
        inventory: Option<&'a Inventory>,
        sources: &'a SourceMap,
        trees: &[&'a ast::File],
    ) -> (Program, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let declared = Declarations::collect(trees, catalog, &mut diagnostics);
        let mut context = Self {
            inventory,
            sources,
            declared,
            program: Program::default(),
            diagnostics,
            types: BTreeMap::new(),
            actions: BTreeMap::new(),
            open_bodies: Vec::new(),
            probe_parameters: Vec::new(),
            runbook_parameters: Vec::new(),
            procedures: BTreeMap::new(),
            runs: Vec::new(),
            nodes: 0,
        };
        context.resolve_declared_types();
        context.take_hosts();
        context.take_parameters();
        context.lower_probes();
        context.lower_own_backends();
        context.lower_procedures();
        context.lower_runbooks();
        context.lower_limits();
        context.program.nodes = context.nodes;
        (context.program, context.diagnostics)
    }

    /// A node that no other has.
    pub fn node(&mut self) -> NodeId {
        self.nodes += 1;
        NodeId(self.nodes)
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message));
    }

    /// The author's own text.
    pub fn written(&self, span: Span) -> &'a str {
        self.sources.text(span)
    }
}

/// An error about a name that nothing has, with the nearest that something has.
pub(super) fn unknown<'n>(
    code: Code,
    span: Span,
    message: impl Into<String>,
    written: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    let diagnostic = Diagnostic::error(code, span, message);
    match nearest(written, known.iter().copied()) {
        Some(name) => diagnostic.help(format!("did you mean {name}?")).fix(span, name),
        None if known.is_empty() || known.len() > 12 => diagnostic,
        None => diagnostic.help(format!("there is {}", known.join(", "))),
    }
}
