//! The state of a check, and its phases.

use super::OtherFiles;
use super::child_runs::{EffectAfterRuns, ResolvedEndings};
use super::declarations::bodies::ProcedureState;
use super::declarations::{Declarations, EnumWords};
use super::scope::BodyScope;
use super::test_blocks::TestContext;
use super::test_blocks::defaults::TestDefaults;
use super::unknown_taint::ConditionProbes;
use crate::catalog::Catalog;
use crate::diagnostic::{Code, Diagnostic, DiagnosticBuilder, did_you_mean, name_list, nearest};
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

/// The check of one file with its imports.
pub(super) struct Context<'a> {
    pub inventory: Option<&'a Inventory>,
    /// The declarations of the project's other files.
    pub other_files: Option<&'a dyn OtherFiles>,
    pub sources: &'a SourceMap,
    pub declared: Declarations<'a>,
    pub program: Program,
    pub diagnostics: Vec<Diagnostic>,
    /// By qualified name; `None` while a type is being resolved.
    pub types: BTreeMap<EcoString, Option<Type>>,
    /// Nesting of the records that are being resolved.
    pub open_records: usize,
    /// Indices of lowered actions, by `backend.action`.
    pub actions: BTreeMap<EcoString, usize>,
    /// The signatures of the program's actions, by index.
    pub signatures: Vec<&'a ast::Signature>,
    /// Signatures by name, for each backend that has many.
    pub large_backends: HashMap<EcoString, HashMap<&'a str, &'a ast::Signature>>,
    /// Signatures whose clauses are not lowered yet, with the scopes of their parameters.
    pub open_signatures: Vec<(usize, BodyScope<'a>, &'a ast::Signature)>,
    /// Which action calls which in its body, and where.
    pub calls_of_actions: Vec<(usize, usize, Span)>,
    /// How many actions have been compared with the time that their bodies may take.
    pub bounded_actions: usize,
    /// By index of the declaration.
    pub probe_parameters: Vec<Vec<Parameter>>,
    pub runbook_parameters: Vec<Vec<Parameter>>,
    /// Lowered procedures, by their index among the declarations.
    pub procedures: BTreeMap<usize, ProcedureState>,
    /// Which runbook runs which, and where.
    pub runs: Vec<(usize, usize, Span)>,
    /// How each runbook may end resolved, in the order of the runbooks.
    pub resolved_endings: Vec<ResolvedEndings>,
    pub effects_after_runs: Vec<EffectAfterRuns>,
    pub patterns: &'a mut Patterns,
    /// Enums by word, for words without context. Built on first use.
    pub words: Option<Rc<EnumWords>>,
    /// The probes of each condition that an unknown verdict may decide, by the condition's span.
    pub questions: HashMap<Span, ConditionProbes<'a>>,
    /// The choices of all questions so far.
    pub choices: Vec<EcoString>,
    /// The values of fields that tests leave out.
    pub blanks: TestDefaults,
    /// The test that is being checked.
    pub test: Option<TestContext>,
    nodes: u32,
    /// How many more names may be compared for suggestions. A file with thousands of misspellings must not take
    /// minutes.
    comparisons: Cell<usize>,
}

/// Longer names, in bytes, get no suggestion: the time for a comparison grows with the square of the length.
const LONGEST_SUGGESTION: usize = 100;

/// The number of comparisons for suggestions in one check.
const MOST_COMPARISONS: usize = 50_000;

impl<'a> Context<'a> {
    /// Checks the ASTs of a file and its imports, beginning with the file.
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
            bounded_actions: 0,
            probe_parameters: Vec::new(),
            runbook_parameters: Vec::new(),
            procedures: BTreeMap::new(),
            runs: Vec::new(),
            resolved_endings: Vec::new(),
            effects_after_runs: Vec::new(),
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
        // Tests come last, so that they do not renumber the nodes of what runs.
        if let Some(file) = trees.first() {
            context.lower_tests(file);
            context.lower_signatures();
        }
        let refused: Vec<Span> = context.diagnostics.iter().map(Diagnostic::span).collect();
        // A change that contains another mistake is skipped: its meaning is not known.
        let meant = |change: &Diagnostic| {
            let whole = change.span();
            let inside = |it: &Span| it.file == whole.file && it.start >= whole.start && it.end <= whole.end;
            !refused.iter().any(inside)
        };
        let source_text = |span: Span| context.source_text(span);
        let unused = super::unused_changes::unused_changes(&context.program, &source_text);
        context.diagnostics.extend(unused.into_iter().filter(meant));
        context.program.nodes = context.nodes;
        (context.program, context.diagnostics)
    }

    /// A new node.
    pub fn node(&mut self) -> NodeId {
        self.nodes += 1;
        NodeId(self.nodes)
    }

    pub fn report(&mut self, mut diagnostic: Diagnostic) -> DiagnosticBuilder<'_> {
        // A sentence may begin with a phrase that other sentences use in the middle.
        let first = diagnostic.message.split(' ').next().unwrap_or_default();
        if ["a", "an", "the", "how", "what", "when", "text", "manual", "undecoded"].contains(&first) {
            diagnostic.message[..1].make_ascii_uppercase();
        }
        DiagnosticBuilder::new(self.diagnostics.push_mut(diagnostic))
    }

    /// Reports an error, to which the caller may add help and labels.
    pub fn error(&mut self, code: Code, span: Span, message: impl Into<String>) -> DiagnosticBuilder<'_> {
        self.report(Diagnostic::error(code, span, message))
    }

    /// The source under a span.
    pub fn source_text(&self, span: Span) -> &'a str {
        self.sources.text(span)
    }

    /// An error about an unknown name, with the most similar known one.
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
            Some(name) => diagnostic.help(did_you_mean(name)).fix(span, name),
            None if known.is_empty() || known.len() > 12 => diagnostic,
            None => diagnostic.help(format!("Available: {}", name_list(known))),
        }
    }
}
