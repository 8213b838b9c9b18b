//! The files that are documented together, and the references between them.

use super::anchors::Anchors;
use super::comments::Comments;
use super::source_text::Source;
use super::{Format, Page, chart, html, page};
use crate::program::numbering::Numbering;
use crate::program::visit::Visitor;
use crate::program::{Block, Probe, ProbeCall, Procedure, Program, Runbook, StatementKind};
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::ast;
use std::collections::{BTreeMap, BTreeSet};

pub struct Document<'a> {
    /// Path of its page among the pages, without extension: `imap/ctp`. Unique in the library.
    pub page: String,
    pub file: FileId,
    /// The AST of the file.
    pub tree: &'a ast::File,
    /// The program of the file and its imports.
    pub program: &'a Program,
}

/// Identifies a declaration across programs: its file and its position there.
pub type DeclarationId = (FileId, u32);

pub fn declaration_id(span: Span) -> DeclarationId {
    (span.file, span.start)
}

pub struct Library<'a> {
    pub(super) source: Source<'a>,
    pub(super) documents: Vec<Document<'a>>,
    pub(super) comments: Comments<'a>,
    pub(super) anchors: Anchors,
    /// The runbooks whose goal contains a probe.
    goals: BTreeMap<DeclarationId, Vec<&'a Runbook>>,
    /// The runbooks that run a runbook.
    callers: BTreeMap<DeclarationId, Vec<&'a Runbook>>,
}

impl<'a> Library<'a> {
    /// All spans must refer to `sources`: one session has checked all documents.
    pub fn new(sources: &'a SourceMap, documents: Vec<Document<'a>>) -> Self {
        let source = Source(sources);
        let (mut goals, mut callers) =
            (BTreeMap::<DeclarationId, Vec<_>>::new(), BTreeMap::<DeclarationId, Vec<_>>::new());
        for document in &documents {
            for runbook in document.runbooks() {
                let mut asked = GoalProbes { program: document.program, probes: BTreeSet::new() };
                runbook.goal.iter().for_each(|goal| asked.goal(goal));
                asked.probes.into_iter().for_each(|probe| goals.entry(probe).or_default().push(runbook));
                let run = Reachable::from_blocks(document.program, [&runbook.block]).runbooks;
                let run: BTreeSet<DeclarationId> = run
                    .into_iter()
                    .filter_map(|index| document.program.runbooks.get(index).map(|it| declaration_id(it.span)))
                    .collect();
                run.into_iter().for_each(|target| callers.entry(target).or_default().push(runbook));
            }
        }
        let comments = Comments::new(source, documents.iter().map(|document| document.tree));
        let anchors = Anchors::new(&documents, source);
        Self { source, documents, comments, anchors, goals, callers }
    }

    /// The pages, in the order of the documents.
    pub fn pages(&self, format: Format) -> Vec<Page> {
        let one = |document: &Document<'a>| match format {
            Format::Markdown => {
                vec![Page { path: document.path(format), text: page::markdown(self, document, format) }]
            }
            Format::Html => {
                let markdown = page::markdown(self, document, format);
                let title = document.file_name(self.source);
                vec![Page { path: document.path(format), text: html::page(&title, &markdown) }]
            }
            Format::Mermaid => {
                let numbering = Numbering::new(document.program);
                let chart = |runbook: &Runbook| Page {
                    path: format!("{}.{}{}", document.page, runbook.name, format.extension()),
                    text: chart::flow_chart(document.program, runbook, &numbering, self.source),
                };
                document.runbooks().map(chart).collect()
            }
        };
        self.documents.iter().flat_map(one).collect()
    }

    /// The runbooks whose goal contains a probe.
    pub(super) fn with_goal(&self, probe: &Probe) -> &[&'a Runbook] {
        self.goals.get(&declaration_id(probe.span)).map_or(&[], Vec::as_slice)
    }

    /// The runbooks that run a runbook.
    pub(super) fn callers_of(&self, runbook: &Runbook) -> &[&'a Runbook] {
        self.callers.get(&declaration_id(runbook.span)).map_or(&[], Vec::as_slice)
    }

    /// A link from a page to a declaration. `words` is Markdown, and stays as it is where the declaration has no page.
    pub(super) fn link(&self, from: &Document<'_>, format: Format, to: Span, words: &str) -> String {
        match self.anchors.target(&from.page, to, format) {
            Some(target) => format!("[{words}]({target})"),
            None => words.to_owned(),
        }
    }
}

impl<'a> Document<'a> {
    fn path(&self, format: Format) -> String {
        format!("{}{}", self.page, format.extension())
    }

    /// The file's name without its folder.
    pub(super) fn file_name(&self, source: Source<'_>) -> String {
        let name = source.0.file(self.file).map(|file| &*file.name).unwrap_or_default();
        name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
    }

    /// The runbooks that the file declares, in the order of the text.
    pub(super) fn runbooks(&self) -> impl Iterator<Item = &'a Runbook> + use<'a> {
        in_file(&self.program.runbooks, |it| it.span, self.file)
    }

    /// The probes that the file declares, in the order of the text.
    pub(super) fn probes(&self) -> impl Iterator<Item = &'a Probe> + use<'a> {
        in_file(&self.program.probes, |it| it.span, self.file)
    }

    /// The procedures on the page: the file's own, and those that they and its runbooks call from files without a page.
    pub(super) fn procedures(&self, documented: &BTreeSet<FileId>) -> Vec<&'a Procedure> {
        let mut shown: Vec<&Procedure> = in_file(&self.program.procedures, |it| it.span, self.file).collect();
        let blocks = self.runbooks().map(|it| &it.block).chain(shown.iter().map(|it| &it.block));
        let done = Reachable::from_blocks(self.program, blocks).procedures;
        let done = done.into_iter().filter_map(|index| self.program.procedures.get(index));
        shown.extend(done.filter(|it| !documented.contains(&it.span.file)));
        shown
    }
}

fn in_file<'a, T>(all: &'a [T], span: fn(&T) -> Span, file: FileId) -> impl Iterator<Item = &'a T> + use<'a, T> {
    let mut own: Vec<&T> = all.iter().filter(|it| span(it).file == file).collect();
    own.sort_by_key(|it| span(it).start);
    own.into_iter()
}

/// Collects the probes of a goal.
struct GoalProbes<'p> {
    program: &'p Program,
    probes: BTreeSet<DeclarationId>,
}

impl<'p> Visitor<'p> for GoalProbes<'p> {
    fn probe_call(&mut self, call: &'p ProbeCall) {
        self.probes.extend(self.program.probes.get(call.probe).map(|probe| declaration_id(probe.span)));
    }
}

/// The procedures and runbooks that blocks reach, also through procedures: indices into the program.
#[derive(Default)]
struct Reachable {
    procedures: BTreeSet<usize>,
    runbooks: BTreeSet<usize>,
}

impl Reachable {
    fn from_blocks<'p>(program: &'p Program, blocks: impl IntoIterator<Item = &'p Block>) -> Self {
        let mut reachable = Self::default();
        let mut open: Vec<&Block> = blocks.into_iter().collect();
        while let Some(block) = open.pop() {
            for statement in &block.statements {
                if let StatementKind::Do { procedure, .. } = &statement.kind
                    && reachable.procedures.insert(*procedure)
                {
                    let found = program.procedures.get(*procedure);
                    open.extend(found.into_iter().flat_map(|it| it.undo.iter().chain([&it.block])));
                }
                reachable.runbooks.extend(statement.kind.started_runbook());
                open.extend(statement.kind.blocks());
            }
        }
        reachable
    }
}
