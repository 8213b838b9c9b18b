//! Checked runbooks as pages for people: Markdown, Mermaid charts, HTML.
//!
//! A [`Library`] is a set of files that are documented together, so that their pages can link to each other. Pages
//! depend on nothing but the files: not on line numbers, hosts or dates.

#![warn(clippy::wildcard_enum_match_arm)]
#![allow(missing_docs, reason = "a field or variant is documented where its name does not say what it is")]

mod actions;
mod anchors;
mod chart;
mod chart_builder;
mod comments;
mod escape;
mod flow;
mod header_table;
mod html;
mod library;
mod mermaid;
mod outcomes;
mod page;
mod phrases;
mod probes;
mod sentences;
mod source_text;

pub use library::{Document, Library};

/// The format of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One page for each file.
    Markdown,
    /// One chart for each runbook.
    Mermaid,
    /// One self-contained page for each file.
    Html,
}

impl Format {
    /// The extension of the files, with its dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Markdown => ".md",
            Self::Mermaid => ".mmd",
            Self::Html => ".html",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Path within the folder of pages: `imap/ctp.md`.
    pub path: String,
    /// The content, with a line feed at the end.
    pub text: String,
}
