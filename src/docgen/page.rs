//! A page as Markdown: runbooks with headers, chart and steps; procedures; probes; limits and roles.

use super::anchors::AnchorKind;
use super::escape::{SENTENCE, TITLE, code, inline, paragraphs};
use super::header_table::{RunbookRef, limits};
use super::library::{Document, Library};
use super::sentences::SentenceWriter;
use super::{Format, anchors, chart};
use crate::program::numbering::Numbering;
use crate::program::{ActionLimit, Procedure, Runbook};
use crate::syntax::ast::{Declaration, Shape};
use std::fmt::Write;

/// The Markdown of a document's page, also the source of the HTML page.
pub fn markdown(library: &Library<'_>, document: &Document<'_>, format: Format) -> String {
    let writer =
        Writer { at: RunbookRef { library, document, format }, numbering: &Numbering::new(document.program), format };
    writer.page()
}

struct Writer<'l, 'a> {
    at: RunbookRef<'l, 'a>,
    numbering: &'l Numbering,
    format: Format,
}

impl Writer<'_, '_> {
    fn page(&self) -> String {
        let RunbookRef { library, document, .. } = self.at;
        let file = document.file_name(library.source);
        let mut text = format!("# {}\n\n", inline(&file, TITLE));
        let _ = writeln!(text, "*Written by* `rectify doc` *from* {}*: change that, not this.*", code(&file));
        push(&mut text, &paragraphs(library.comments.at_head(document.tree)));
        for (heading, part) in anchors::headings(document, &library.anchors.documented) {
            push(&mut text, &format!("## {heading}"));
            match part {
                AnchorKind::Declaration(span) => {
                    let program = document.program;
                    if let Some(runbook) = program.runbooks.iter().find(|it| it.span == span) {
                        self.runbook(&mut text, runbook);
                    } else if let Some(procedure) = program.procedures.iter().find(|it| it.span == span) {
                        self.procedure(&mut text, procedure);
                    }
                }
                AnchorKind::Probes => push(&mut text, &self.at.probes()),
            }
        }
        self.limits(&mut text);
        self.roles(&mut text);
        text
    }

    fn runbook(&self, text: &mut String, runbook: &Runbook) {
        let RunbookRef { library, .. } = self.at;
        push(text, &code(&library.source.signature(&runbook.name, &runbook.parameters)));
        push(text, &paragraphs(library.comments.above(runbook.span)));
        push(text, &self.at.facts(runbook));
        let chart = chart::flow_chart(self.at.program(), runbook, self.numbering, library.source);
        push(text, &format!("```mermaid\n{chart}```"));
        let drawn = match self.format {
            Format::Html => "The chart is Mermaid text, which a page that loads Mermaid draws. ",
            Format::Markdown | Format::Mermaid => "",
        };
        push(
            text,
            &format!(
                "{drawn}Not drawn, as it may happen anywhere: an error that nothing catches, a goal of which nobody can tell \
                 whether it holds, a limit that is spent and the end of the run's time escalate."
            ),
        );
        let mut telling = SentenceWriter::of_runbook(self.at, self.numbering, &runbook.locals);
        telling.block(&runbook.block, "the run");
        push(text, &telling.finish());
    }

    fn procedure(&self, text: &mut String, procedure: &Procedure) {
        let RunbookRef { library, .. } = self.at;
        push(text, &code(&library.source.signature(&procedure.name, &procedure.parameters)));
        push(text, &paragraphs(library.comments.above(procedure.span)));
        let mut telling = SentenceWriter::of_procedure(self.at, self.numbering, &procedure.locals);
        telling.block(&procedure.block, "the procedure");
        if let Some(undo) = &procedure.undo {
            telling.arm("What takes it back:", undo, "it");
        }
        push(text, &telling.finish());
    }

    /// The `limit` declarations of the file.
    fn limits(&self, text: &mut String) {
        let RunbookRef { library, document, .. } = self.at;
        let mut lines = String::new();
        for declaration in &document.tree.declarations {
            let Declaration::Limit(limit) = declaration else { continue };
            let Some(action) = &limit.action else { continue };
            let is_it = |known: &&ActionLimit| {
                let known = document.program.actions.get(known.action);
                known.is_some_and(|known| format!("{}.{}", known.backend, known.name) == action.text)
            };
            let words = match document.program.limits.iter().find(is_it) {
                Some(known) => limits(&known.parts),
                None => library.source.code(limit.span),
            };
            let _ = writeln!(lines, "- {}: {words}{}", code(&action.text), self.note(limit.span));
        }
        if !lines.is_empty() {
            push(text, "## Limits of actions");
            push(text, &lines);
        }
    }

    /// The roles of the file and their facts.
    fn roles(&self, text: &mut String) {
        let shapes = self.at.document.tree.declarations.iter();
        let roles: Vec<&Shape> =
            shapes.filter_map(|it| if let Declaration::Role(shape) = it { Some(shape) } else { None }).collect();
        if roles.is_empty() {
            return;
        }
        push(text, "## Roles of hosts");
        let mut lines = String::new();
        for role in roles {
            let _ = writeln!(lines, "- {}{}", code(&role.name.text), self.note(role.span));
            for field in &role.fields {
                let written = code(&self.at.library.source.line(field.span));
                let note = self.at.library.comments.behind(field.span);
                let note = note.map(|note| format!(": {}", inline(note, SENTENCE))).unwrap_or_default();
                let _ = writeln!(lines, "  - {written}{note}");
            }
        }
        push(text, &lines);
    }

    /// The comment above a declaration, after a dash.
    fn note(&self, span: crate::source::Span) -> String {
        let comment = self.at.library.comments.above(span).join(" ");
        if comment.trim().is_empty() { String::new() } else { format!(" — {}", inline(&comment, SENTENCE)) }
    }
}

/// Appends a paragraph.
fn push(text: &mut String, part: &str) {
    let part = part.trim_end_matches('\n');
    if !part.is_empty() {
        let gap = if text.is_empty() || text.ends_with("\n\n") { "" } else { "\n" };
        let _ = writeln!(text, "{gap}{part}");
    }
}
