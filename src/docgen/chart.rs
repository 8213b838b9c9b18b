//! A flow chart as data: nodes, groups of nodes, and edges between them.

use super::source_text::Source;
use super::{flow, mermaid};
use crate::program::numbering::Numbering;
use crate::program::{Program, Runbook};
use ecow::EcoString;

/// The chart of a runbook, in Mermaid.
pub fn flow_chart(program: &Program, runbook: &Runbook, numbering: &Numbering, source: Source<'_>) -> String {
    mermaid::text(&flow::runbook_chart(program, runbook, numbering, source))
}

/// What a node or group is called in the chart's text; nobody sees it.
pub type Id = EcoString;

/// A chart.
#[derive(Debug, Default)]
pub struct Chart {
    pub items: Vec<Item>,
    pub edges: Vec<Edge>,
}

/// What stands in a chart or group.
#[derive(Debug)]
pub enum Item {
    /// A node; its label has a line for each text.
    Node { id: Id, shape: Shape, label: Vec<String> },
    /// Nodes in a frame.
    Group { id: Id, label: String, items: Vec<Item> },
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Where a run starts or ends.
    End,
    /// A step, or things that are done.
    Doing,
    /// Something that decides how it goes on.
    Question,
    /// A procedure or another runbook.
    Part,
}

/// From one node or group to another.
#[derive(Debug)]
pub struct Edge {
    pub from: Id,
    pub to: Id,
    pub label: Option<String>,
}
