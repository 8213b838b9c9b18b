//! `rectify actions [BACKEND]`: prints the catalog, and generates its documentation page.

use super::output::report;
use super::{Exit, Output};
use crate::backend::registry;
use crate::catalog::Catalog;
use crate::diagnostic::{did_you_mean, name_list, nearest};
use crate::source::Span;
use crate::syntax::ast::{Backend, Signature};
use crate::value::Class;
use clap::Args;
use std::fmt::Write;

/// List all actions with their parameters, class and undo
#[derive(Debug, Args)]
pub struct ActionsArguments {
    /// List only the actions of this backend
    backend: Option<String>,
}

pub fn run(arguments: &ActionsArguments, output: &Output) -> Exit {
    let catalog = registry::catalog();
    let mut text = String::new();
    match &arguments.backend {
        None => catalog.backends().for_each(|backend| write_backend(&mut text, catalog, backend)),
        Some(name) => match catalog.backend(name) {
            Some(backend) => write_backend(&mut text, catalog, backend),
            None => {
                let names: Vec<&str> = catalog.backends().map(|backend| backend.name.text.as_str()).collect();
                let help = match nearest(name, names.iter().copied()) {
                    Some(nearest) => did_you_mean(nearest),
                    None => format!("Available: {}", name_list(names)),
                };
                report(&format!("Unknown backend `{name}`. {help}"));
                return Exit::Usage;
            }
        },
    }
    output.print(&text);
    Exit::Success
}

fn write_backend(text: &mut String, catalog: &Catalog, backend: &Backend) {
    let title = backend.title.as_ref().and_then(|title| title.literal()).unwrap_or_default();
    let _ = writeln!(text, "{}{}  {title}", if text.is_empty() { "" } else { "\n" }, backend.name.text);
    for signature in &backend.signatures {
        let entry = Entry::new(catalog, backend, signature);
        let _ = writeln!(text, "  {:<8} {}", entry.class.as_str(), entry.call);
        for clause in &entry.clauses {
            let _ = writeln!(text, "           {clause}");
        }
    }
}

/// Generates `docs/actions.md`.
pub fn page() -> String {
    let catalog = registry::catalog();
    let mut text = String::from(
        "# Actions\n\n\
         All actions, from the signature files of the backends. An `observe` only reads. A `change` is not noticed by users, a\n\
         `disrupt` may be, and a `destroy` cannot be undone. `rectify actions` prints the same list.\n",
    );
    for backend in catalog.backends() {
        let title = backend.title.as_ref().and_then(|title| title.literal()).unwrap_or_default();
        let _ = write!(text, "\n## {}\n\n{title}.\n\n", backend.name.text);
        text.push_str("| class | action | |\n|---|---|---|\n");
        for signature in &backend.signatures {
            let entry = Entry::new(catalog, backend, signature);
            let clauses: Vec<String> = entry.clauses.iter().map(|clause| format!("`{}`", cell(clause))).collect();
            let _ = writeln!(text, "| {} | `{}` | {} |", entry.class.as_str(), cell(&entry.call), clauses.join("<br>"));
        }
        let types =
            backend.records.iter().map(|record| record.span).chain(backend.enumerations.iter().map(|it| it.span));
        let mut types: Vec<Span> = types.collect();
        types.sort();
        if !types.is_empty() {
            text.push_str("\n```runbook\n");
            for span in types {
                let _ = writeln!(text, "{}", dedent(catalog.sources().text(span)));
            }
            text.push_str("```\n");
        }
    }
    text
}

/// Escapes bars, which would end a table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Removes an indentation of two spaces.
fn dedent(text: &str) -> String {
    text.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// What the list shows of an action.
struct Entry {
    class: Class,
    /// `imap.login(on: host, …) -> ImapSession`.
    call: String,
    /// The other clauses, one per entry: `undo …`, `timeout 30s`.
    clauses: Vec<String>,
}

impl Entry {
    fn new(catalog: &Catalog, backend: &Backend, signature: &Signature) -> Self {
        let written = |span: Span| one_line(catalog.sources().text(span));
        let parameters: Vec<String> = signature.parameters.iter().map(|parameter| written(parameter.span)).collect();
        let returns = signature.returns.as_ref().map(|returns| format!(" -> {}", written(returns.span)));
        let clause = |word: &str, span: Span| format!("{word} {}", written(span));
        let clauses = [
            signature.undo.as_ref().map(|undo| clause("undo", undo.span)),
            signature.saves.as_ref().map(|saves| {
                let text = written(saves.span);
                if text.starts_with("saves") { text } else { format!("saves {text}") }
            }),
            signature.confirm.as_ref().map(|confirm| written(confirm.span)),
            signature.idempotent.map(|_| "idempotent".to_owned()),
            signature.once.map(|_| "once".to_owned()),
            signature.timeout.as_ref().map(|timeout| clause("timeout", timeout.span)),
            signature.fresh.as_ref().map(|fresh| clause("fresh", fresh.span)),
        ];
        Self {
            class: signature.class,
            call: format!(
                "{}.{}({}){}",
                backend.name.text,
                signature.name.text,
                parameters.join(", "),
                returns.unwrap_or_default()
            ),
            clauses: clauses.into_iter().flatten().collect(),
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
