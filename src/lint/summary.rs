//! What is kept of a file when its AST is gone: findings, allows, and what rules over a whole project need.

use super::allow;
use super::allow::Allow;
use super::index::FileIndex;
use crate::check::{ReadFile, Session};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceFile, Span};
use crate::syntax::ast;
use ecow::EcoString;

#[derive(Debug, Clone, Default)]
pub struct FileSummary {
    pub file: FileId,
    /// Whether the file was named and has no errors, so that all rules ran.
    pub linted: bool,
    /// Whether the file was named and has errors, so that only [`Draft`](super::RuleScope::Draft) rules ran.
    pub draft: bool,
    pub findings: Vec<Diagnostic>,
    pub allows: Vec<Allow>,
    /// The declarations that others can use by name.
    pub declared: Vec<DeclaredName>,
    /// The other names that the file provides: backends, their types and words of enums. Sorted.
    pub provided: Vec<EcoString>,
    /// The first words of all paths in the file, sorted.
    pub words: Vec<EcoString>,
    pub runbooks: Vec<AlertHandler>,
    /// The imported files, each with the span of its path.
    pub imports: Vec<(Span, FileId)>,
    /// Whether the file limits actions, which applies to every file that imports it.
    pub limits: bool,
    /// Whether the file contains runbooks or tests, so that it is more than a library.
    pub runs: bool,
}

#[derive(Debug, Clone)]
pub struct DeclaredName {
    pub keyword: &'static str,
    pub name: EcoString,
    pub span: Span,
    /// The words of an enum, each of which is a use of the enum.
    pub words: Vec<EcoString>,
}

/// A runbook and the alerts that start it.
#[derive(Debug, Clone)]
pub struct AlertHandler {
    pub name: EcoString,
    /// Names and spans: those of the `alert` header, else the runbook's own name.
    pub alerts: Vec<(EcoString, Span)>,
    /// The group that the alerts must belong to.
    pub group: Option<EcoString>,
}

impl FileSummary {
    /// The summary of a file on which no rule ran.
    pub fn new(session: &Session<'_>, file: ReadFile<'_>) -> Self {
        Self::from_index(session, file, &FileIndex::new(file.tree))
    }

    pub(super) fn from_index(session: &Session<'_>, file: ReadFile<'_>, index: &FileIndex<'_>) -> Self {
        let mut summary = Self { file: file.id, ..Self::default() };
        for declaration in &file.tree.declarations {
            summary.add_declaration(session, declaration);
        }
        summary.words =
            sorted(index.declarations.iter().flat_map(|part| part.words.iter().map(|word| EcoString::from(*word))));
        summary.provided = sorted(std::mem::take(&mut summary.provided).into_iter());
        summary
    }

    pub(super) fn read_allows(&mut self, source: &SourceFile, comments: &[ast::Comment]) {
        self.allows = comments.iter().filter_map(|comment| allow::read(source, comment)).collect();
    }

    fn add_declaration(&mut self, session: &Session<'_>, declaration: &ast::Declaration) {
        use ast::Declaration as D;
        let mut declare = |keyword, name: &ast::Name| {
            self.declared.push(DeclaredName { keyword, name: name.text.clone(), span: name.span, words: Vec::new() });
        };
        match declaration {
            D::Import(import) => {
                let span = import.path.span;
                self.imports.extend(session.imported(span).map(|file| (span, file)));
            }
            D::Role(shape) => declare("role", &shape.name),
            D::Record(shape) => declare("record", &shape.name),
            D::Enumeration(enumeration) => {
                let words = enumeration.words.iter().map(|word| word.text.clone()).collect();
                let (name, span) = (enumeration.name.text.clone(), enumeration.name.span);
                self.declared.push(DeclaredName { keyword: "enum", name, span, words });
                self.provided.extend(enumeration.words.iter().map(|word| word.text.clone()));
            }
            D::Limit(_) => self.limits = true,
            D::Probe(probe) => declare("probe", &probe.name),
            D::Procedure(procedure) => declare("procedure", &procedure.name),
            D::Runbook(runbook) => {
                self.runs = true;
                self.provided.push(runbook.name.text.clone());
                self.runbooks.push(alert_handlers(runbook));
            }
            D::Backend(backend) => {
                self.provided.push(backend.name.text.clone());
                self.provided.extend(backend.records.iter().map(|record| record.name.text.clone()));
                for enumeration in &backend.enumerations {
                    self.provided.push(enumeration.name.text.clone());
                    self.provided.extend(enumeration.words.iter().map(|word| word.text.clone()));
                }
            }
            D::Test(_) => self.runs = true,
        }
    }

    pub fn uses(&self, word: &str) -> bool {
        self.words.binary_search_by(|known| known.as_str().cmp(word)).is_ok()
    }

    /// Whether the file uses a name that the other provides.
    pub fn uses_something_of(&self, other: &FileSummary) -> bool {
        other.provided.iter().chain(other.declared.iter().map(|declared| &declared.name)).any(|name| self.uses(name))
    }

    /// The summary with other file numbers: each number is an index into `numbers`.
    pub fn renumbered(mut self, numbers: &[FileId]) -> Self {
        let renumber = |file: &mut FileId| *file = numbers.get(file.0 as usize).copied().unwrap_or(*file);
        renumber(&mut self.file);
        self.findings = self.findings.into_iter().map(|finding| finding.renumbered(numbers)).collect();
        self.allows.iter_mut().for_each(|allow| allow.each_span(&mut |span| renumber(&mut span.file)));
        self.declared.iter_mut().for_each(|declared| renumber(&mut declared.span.file));
        let alerts = self.runbooks.iter_mut().flat_map(|runbook| &mut runbook.alerts);
        alerts.for_each(|(_, span)| renumber(&mut span.file));
        for (span, file) in &mut self.imports {
            renumber(&mut span.file);
            renumber(file);
        }
        self
    }
}

fn sorted(words: impl Iterator<Item = EcoString>) -> Vec<EcoString> {
    let mut words: Vec<EcoString> = words.collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn alert_handlers(runbook: &ast::Runbook) -> AlertHandler {
    let alerts = match &runbook.alert {
        Some(alert) => alert.names.iter().filter_map(|name| Some((name.literal()?, name.span))).collect(),
        None => vec![(runbook.name.text.clone(), runbook.name.span)],
    };
    let group = runbook.alert.as_ref().and_then(|alert| alert.group.as_ref()).and_then(ast::Text::literal);
    AlertHandler { name: runbook.name.text.clone(), alerts, group }
}
