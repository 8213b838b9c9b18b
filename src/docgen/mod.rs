//! Checked runbooks as pages for people who read them at night or review them: Markdown, Mermaid charts, HTML.
//!
//! A [`Library`] is a set of files that are documented together, so that their pages can point at each other. Its pages
//! depend on what the files say and on nothing else: not on lines, hosts, or the day.

#![warn(clippy::wildcard_enum_match_arm)]

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

/// What pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One page a file.
    Markdown,
    /// One chart a runbook, by itself.
    Mermaid,
    /// One page a file that needs nothing from anywhere else.
    Html,
}

impl Format {
    /// How names of such files end, with the point.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Markdown => ".md",
            Self::Mermaid => ".mmd",
            Self::Html => ".html",
        }
    }
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its path from the folder of all pages: `imap/ctp.md`.
    pub path: String,
    /// All of it, ending with a line end.
    pub text: String,
}
