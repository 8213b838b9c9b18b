//! What is kept of a file when its tree is gone: findings, allows, and what rules over a whole project ask for.

use super::allow;
use super::allow::Allow;
use super::index::FileIndex;
use crate::check::{ReadFile, Session};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceFile, Span};
use crate::syntax::ast;
use ecow::EcoString;

/// What is kept of a file.
#[derive(Debug, Clone, Default)]
pub struct FileSummary {
    /// The file.
    pub file: FileId,
    /// Whether it was named and has no errors, so that rules looked at it.
    pub linted: bool,
    /// Whether it was named and has errors, so that only those rules looked at it that see those files as well.
    pub draft: bool,
    /// What the rules for one file found.
    pub findings: Vec<Diagnostic>,
    /// What its comments allow.
    pub allows: Vec<Allow>,
    /// What it declares and others may use by name.
    pub declared: Vec<DeclaredName>,
    /// Every other name that comes with it: backends, words of enums, types of backends. Sorted.
    pub provided: Vec<EcoString>,
    /// The words that it uses, sorted.
    pub words: Vec<EcoString>,
    /// Its runbooks.
    pub runbooks: Vec<AlertHandler>,
    /// The files that it imports, each with the place of the path that names it.
    pub imports: Vec<(Span, FileId)>,
    /// Whether it says how often an action may be done: whoever imports it needs that.
    pub limits: bool,
    /// Whether it holds runbooks or tests, and is more than a library.
    pub runs: bool,
}

/// A declaration that is used by its name.
#[derive(Debug, Clone)]
pub struct DeclaredName {
    /// The word it begins with.
    pub keyword: &'static str,
    /// Its name.
    pub name: EcoString,
    /// Where the name stands.
    pub span: Span,
    /// For an enum: its words, by which it may be used without its name.
    pub words: Vec<EcoString>,
}

/// A runbook, and what starts it.
#[derive(Debug, Clone)]
pub struct AlertHandler {
    /// Its name.
    pub name: EcoString,
    /// The alerts that start it, each with its place: those of its header, else its own name.
    pub alerts: Vec<(EcoString, Span)>,
    /// The group that they must be of.
    pub group: Option<EcoString>,
}

impl FileSummary {
    /// What is known of a file without looking at it by rules.
    pub fn new(session: &Session<'_>, file: ReadFile<'_>) -> Self {
        Self::with(session, file, &FileIndex::new(file.tree))
    }

    /// The same of one that was laid flat already.
    pub(super) fn with(session: &Session<'_>, file: ReadFile<'_>, flat: &FileIndex<'_>) -> Self {
        let mut facts = Self { file: file.id, ..Self::default() };
        for declaration in &file.tree.declarations {
            facts.take(session, declaration);
        }
        facts.words =
            sorted(flat.declarations.iter().flat_map(|part| part.words.iter().map(|word| EcoString::from(*word))));
        facts.provided = sorted(std::mem::take(&mut facts.provided).into_iter());
        facts
    }

    /// Reads what the comments allow.
    pub(super) fn read_allows(&mut self, source: &SourceFile, comments: &[ast::Comment]) {
        self.allows = comments.iter().filter_map(|comment| allow::read(source, comment)).collect();
    }

    fn take(&mut self, session: &Session<'_>, declaration: &ast::Declaration) {
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

    /// Whether the file uses a word.
    pub fn uses(&self, word: &str) -> bool {
        self.words.binary_search_by(|known| known.as_str().cmp(word)).is_ok()
    }

    /// Whether anything in the file goes by a name of the other's.
    pub fn uses_something_of(&self, other: &FileSummary) -> bool {
        other.provided.iter().chain(other.declared.iter().map(|declared| &declared.name)).any(|name| self.uses(name))
    }

    /// The same after its files were given other numbers.
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
