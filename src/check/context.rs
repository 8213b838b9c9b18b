//! What a check knows while it goes on, and the order in which it goes.

use super::OtherFiles;
use super::declarations::bodies::ProcedureState;
use super::declarations::{Declarations, EnumWords};
use super::scope::BodyScope;
use super::test_blocks::TestContext;
use super::test_blocks::defaults::TestDefaults;
use super::unknown_taint::ConditionProbes;
use crate::catalog::Catalog;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::inventory::Inventory;
use crate::program::types::Type;
use crate::program::{NodeId, Parameter, Program};
use crate::source::{SourceMap, Span};
use crate::syntax::ast;
use crate::value::jq::FilterError;
use ecow::EcoString;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Compiled patterns and their errors, by source text. Compiling one takes longer than checking a file, and the files of
/// a team contain the same ones.
#[derive(Default)]
pub(super) struct Patterns {
    pub filters: HashMap<EcoString, Result<(), FilterError>>,
    pub regexes: HashMap<EcoString, Result<regex::Regex, regex::Error>>,
}

/// One check of one file with its imports.
pub(super) struct Context<'a> {
    pub inventory: Option<&'a Inventory>,
    /// What the project's other files declare.
    pub other_files: Option<&'a dyn OtherFiles>,
    pub sources: &'a SourceMap,
    pub declared: Declarations<'a>,
    pub program: Program,
    pub diagnostics: Vec<Diagnostic>,
    /// Types by qualified name; `None` while one is being resolved.
    pub types: BTreeMap<EcoString, Option<Type>>,
    /// How many records are being resolved, each because of the one before it.
    pub open_records: usize,
    /// Actions that were lowered, by `backend.action`.
    pub actions: BTreeMap<EcoString, usize>,
    /// The signature of each action of the program.
    pub signatures: Vec<&'a ast::Signature>,
    /// The signatures of the larger backends by name, by the backend's name.
    pub large_backends: HashMap<EcoString, HashMap<&'a str, &'a ast::Signature>>,
    /// Signatures whose clauses are still to be lowered, with the frames of their parameters.
    pub open_signatures: Vec<(usize, BodyScope<'a>, &'a ast::Signature)>,
    /// Which action does which in its own body, and where.
    pub calls_of_actions: Vec<(usize, usize, Span)>,
    /// The parameters of each declared probe and runbook.
    pub probe_parameters: Vec<Vec<Parameter>>,
    pub runbook_parameters: Vec<Vec<Parameter>>,
    /// What is known of each procedure that was looked at, by its place among the declared ones.
    pub procedures: BTreeMap<usize, ProcedureState>,
    /// Which runbook runs which, and where.
    pub runs: Vec<(usize, usize, Span)>,
    /// Patterns that were looked at already.
    pub patterns: &'a mut Patterns,
    /// Enums by word, for words without a context; made when the first is met.
    pub words: Option<Rc<EnumWords>>,
    /// The questions of each condition that an unknown answer may decide, by where it stands.
    pub questions: HashMap<Span, ConditionProbes<'a>>,
    /// The words that questions offer.
    pub choices: Vec<EcoString>,
    /// What tests leave out of records.
    pub blanks: TestDefaults,
    /// The test that is looked at.
    pub test: Option<TestContext>,
    nodes: u32,
    /// How many names may still be compared for suggestions: a file with thousands of slips must not take minutes.
    comparisons: Cell<usize>,
}

/// Longer names, in bytes, are not compared: comparing takes time with the square of the length.
const LONGEST_SUGGESTION: usize = 100;

/// How many names are compared for suggestions in one check.
const MOST_COMPARISONS: usize = 50_000;

impl<'a> Context<'a> {
    /// Checks the trees of a file and its imports, the file itself first.
    pub fn check(
        catalog: &'a Catalog,
        (inventory, other_files): (Option<&'a Inventory>, Option<&'a dyn OtherFiles>),
        sources: &'a SourceMap,
        trees: &[&'a ast::File],
        patterns: &'a mut Patterns,
    ) -> (Program, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let declared = Declarations::collect(trees, catalog, &mut diagnostics);
        let mut context = Self {
            inventory,
            other_files,
            sources,
            declared,
            program: Program::default(),
            diagnostics,
            types: BTreeMap::new(),
            open_records: 0,
            actions: BTreeMap::new(),
            signatures: Vec::new(),
            large_backends: HashMap::new(),
            open_signatures: Vec::new(),
            calls_of_actions: Vec::new(),
            probe_parameters: Vec::new(),
            runbook_parameters: Vec::new(),
            procedures: BTreeMap::new(),
            runs: Vec::new(),
            patterns,
            words: None,
            choices: Vec::new(),
            questions: HashMap::new(),
            blanks: TestDefaults::default(),
            test: None,
            nodes: 0,
            comparisons: Cell::new(MOST_COMPARISONS),
        };
        context.resolve_declared_types();
        context.take_hosts();
        context.take_parameters();
        context.lower_procedures();
        context.lower_probes();
        context.lower_own_backends();
        context.lower_runbooks();
        context.lower_limits();
        context.lower_signatures();
        // Tests come last, so that they change nothing of what is run.
        if let Some(file) = trees.first() {
            context.lower_tests(file);
            context.lower_signatures();
        }
        let refused: Vec<Span> = context.diagnostics.iter().map(Diagnostic::span).collect();
        // Of a change that holds another mistake nothing is said: what it was meant to be is not known.
        let meant = |change: &Diagnostic| {
            let whole = change.span();
            let inside = |it: &Span| it.file == whole.file && it.start >= whole.start && it.end <= whole.end;
            !refused.iter().any(inside)
        };
        context.diagnostics.extend(super::unused_changes::unused_changes(&context.program).into_iter().filter(meant));
        context.program.nodes = context.nodes;
        (context.program, context.diagnostics)
    }

    /// A node that no other has.
    pub fn node(&mut self) -> NodeId {
        self.nodes += 1;
        NodeId(self.nodes)
    }

    pub fn report(&mut self, mut diagnostic: Diagnostic) {
        // A sentence may begin with a description that stands in the middle of others.
        let first = diagnostic.message.split(' ').next().unwrap_or_default();
        if ["a", "an", "the", "how", "what", "when", "text", "manual", "undecoded"].contains(&first) {
            diagnostic.message[..1].make_ascii_uppercase();
        }
        self.diagnostics.push(diagnostic);
    }

    pub fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message));
    }

    /// The author's own text.
    pub fn source_text(&self, span: Span) -> &'a str {
        self.sources.text(span)
    }

    /// An error about a name that nothing has, with the nearest that something has.
    pub fn unknown<'n>(
        &self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        written: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Diagnostic {
        let diagnostic = Diagnostic::error(code, span, message);
        let mut left = self.comparisons.get();
        let within_budget = known.into_iter().take_while(|_| {
            left = left.saturating_sub(1);
            left > 0
        });
        let known: Vec<&str> = within_budget.filter(|name| name.len() <= LONGEST_SUGGESTION).collect();
        self.comparisons.set(left);
        if written.len() > LONGEST_SUGGESTION {
            return diagnostic;
        }
        match nearest(written, known.iter().copied()) {
            Some(name) => diagnostic.help(format!("Did you mean {name}?")).fix(span, name),
            None if known.is_empty() || known.len() > 12 => diagnostic,
            None => diagnostic.help(format!("There is {}", known.join(", "))),
        }
    }
}
