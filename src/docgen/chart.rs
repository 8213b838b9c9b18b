//! A flow chart as data: nodes, groups of nodes, and edges.

use super::source_text::Source;
use super::{flow, mermaid};
use crate::program::numbering::Numbering;
use crate::program::{Program, Runbook};
use ecow::EcoString;

/// The chart of a runbook as Mermaid text.
pub fn flow_chart(program: &Program, runbook: &Runbook, numbering: &Numbering, source: Source<'_>) -> String {
    mermaid::text(&flow::runbook_chart(program, runbook, numbering, source))
}

/// The identifier of a node or group, which readers do not see.
pub type Id = EcoString;

#[derive(Debug, Default)]
pub struct Chart {
    pub items: Vec<Item>,
    pub edges: Vec<Edge>,
}

#[derive(Debug)]
pub enum Item {
    /// A node. Its label has one line for each text.
    Node { id: Id, shape: Shape, label: Vec<String> },
    /// A group of nodes in a frame.
    Group { id: Id, label: String, items: Vec<Item> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Where a run starts or ends.
    End,
    /// A step, or other statements.
    Doing,
    Question,
    /// A procedure or another runbook.
    Part,
}

/// An edge from one node or group to another.
#[derive(Debug)]
pub struct Edge {
    pub from: Id,
    pub to: Id,
    pub label: Option<String>,
}
