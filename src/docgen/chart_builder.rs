//! Builds a chart: nodes, frames, and open edges that lead to whatever node comes next.

use super::chart::{Chart, Edge, Id, Item, Shape};
use super::escape;
use super::outcomes::{Outcomes, in_short};
use ecow::{EcoString, eco_format};

/// A chart with this many nodes gets no further ones; the rest becomes one node.
const MOST_NODES: u32 = 60;

/// At most this many lines of effects in one node.
const MOST_LINES: usize = 5;

/// At most this many contacts get an end node of their own.
const MOST_CONTACTS: usize = 8;

/// Maximum length of an edge's label, in characters.
const LABEL: usize = 100;

/// Edges whose target is not known yet: their source and label.
pub type Open = Vec<(Id, Option<String>)>;

pub struct ChartBuilder {
    nodes: u32,
    groups: u32,
    /// The items of the open frames, innermost last. The first list is the chart's own.
    frames: Vec<Vec<Item>>,
    edges: Vec<Edge>,
    /// The node to which a further effect is added as a line.
    doing: Option<Id>,
    resolves: bool,
    /// Whether something was left out.
    is_cut: bool,
    /// The contacts that have an end node.
    contacts: Vec<EcoString>,
}

impl ChartBuilder {
    /// A chart with its start node.
    pub fn new(title: &str) -> (Self, Open) {
        let mut drawing = Self {
            nodes: 0,
            groups: 0,
            frames: vec![Vec::new()],
            edges: Vec::new(),
            doing: None,
            resolves: false,
            is_cut: false,
            contacts: Vec::new(),
        };
        let start = Id::from("start");
        drawing.add_node(start.clone(), Shape::End, vec![title.to_owned()]);
        (drawing, vec![(start, None)])
    }

    /// The finished chart, with the end nodes that an edge leads to.
    pub fn finish(mut self) -> Chart {
        if self.resolves {
            self.add_node(Id::from("resolved"), Shape::End, vec!["resolved".to_owned()]);
        }
        for (place, contact) in std::mem::take(&mut self.contacts).into_iter().enumerate() {
            self.add_node(escalated(place), Shape::End, vec![format!("escalated to {contact}")]);
        }
        Chart { items: self.frames.into_iter().next().unwrap_or_default(), edges: self.edges }
    }

    /// Whether the chart has as many nodes as it may have.
    pub fn is_full(&self) -> bool {
        self.nodes >= MOST_NODES
    }

    fn add_node(&mut self, id: Id, shape: Shape, label: Vec<String>) {
        if let Some(items) = self.frames.last_mut() {
            items.push(Item::Node { id, shape, label });
        }
    }

    /// Adds a node that the open edges lead to.
    pub fn node(&mut self, shape: Shape, label: Vec<String>, open: Open) -> Id {
        self.nodes += 1;
        let id = eco_format!("n{}", self.nodes);
        self.add_node(id.clone(), shape, label);
        self.lead(open, &id, None);
        id
    }

    /// Adds an effect: as a line of the previous node if that contains only effects, else as a node.
    pub fn doing(&mut self, line: String, open: Open) -> Open {
        let last = self.frames.last_mut().and_then(|items| items.last_mut());
        if let ([(from, None)], Some(Item::Node { id, label, .. })) = (open.as_slice(), last)
            && from == id
            && self.doing.as_ref() == Some(id)
        {
            match label.len() {
                few if few < MOST_LINES => label.push(line),
                MOST_LINES => label.push("…".to_owned()),
                _ => {}
            }
            return open;
        }
        let id = self.node(Shape::Doing, vec![line], open);
        self.doing = Some(id.clone());
        vec![(id, None)]
    }

    pub fn open_frame(&mut self) {
        self.frames.push(Vec::new());
    }

    /// Closes the innermost frame. An empty one is left out.
    pub fn close_frame(&mut self, label: String) -> Option<Id> {
        let items = self.frames.pop().filter(|items| !items.is_empty())?;
        self.groups += 1;
        let id = eco_format!("g{}", self.groups);
        self.frames.last_mut()?.push(Item::Group { id: id.clone(), label, items });
        Some(id)
    }

    /// Leads open edges to a node. Edges without a label get this one.
    fn lead(&mut self, open: Open, to: &Id, words: Option<&str>) {
        for (from, label) in open.into_iter().filter(|(from, _)| from != to) {
            let label = label.or_else(|| words.map(str::to_owned));
            match self.edges.iter_mut().find(|edge| edge.from == from && edge.to == *to) {
                Some(edge) => {
                    edge.label = match (edge.label.take(), label) {
                        (Some(one), Some(other)) if one != other => {
                            Some(escape::bounded(&format!("{one}, {other}"), LABEL))
                        }
                        (one, other) => one.and(other),
                    };
                }
                None => self.edges.push(Edge { from, to: to.clone(), label }),
            }
        }
    }

    /// Leads open edges to the resolved end.
    pub fn resolve(&mut self, open: Open, why: &str) {
        self.resolves = true;
        self.lead(open, &Id::from("resolved"), Some(why));
    }

    /// Leads open edges to the end of a run that is escalated to a contact.
    pub fn escalate(&mut self, open: Open, contact: &str, why: &str) {
        let known = self.contacts.iter().position(|known| known == contact);
        let place = known.unwrap_or_else(|| {
            match self.contacts.len() {
                few if few < MOST_CONTACTS => self.contacts.push(contact.into()),
                MOST_CONTACTS => self.contacts.push("others".into()),
                _ => {}
            }
            self.contacts.len() - 1
        });
        self.lead(open, &escalated(place), Some(why));
    }

    /// Leads from a node to each end that its statements may reach.
    pub fn ends(&mut self, from: &Id, reasons: &Outcomes) {
        if !reasons.resolved.is_empty() {
            self.resolve(vec![(from.clone(), None)], &in_short(&reasons.resolved));
        }
        for (contact, why) in &reasons.escalated {
            self.escalate(vec![(from.clone(), None)], contact, &in_short(why));
        }
    }

    /// Leads open edges to the one node for everything that is left out.
    pub fn more(&mut self, reasons: &Outcomes, leaves: bool, open: Open) -> Open {
        if reasons.is_empty() {
            return open;
        }
        let id = Id::from("more");
        if !std::mem::replace(&mut self.is_cut, true)
            && let Some(items) = self.frames.first_mut()
        {
            let label = vec!["more, which is not drawn".to_owned()];
            items.push(Item::Node { id: id.clone(), shape: Shape::Part, label });
        }
        self.lead(open, &id, None);
        self.ends(&id, reasons);
        if leaves { Vec::new() } else { vec![(id, None)] }
    }
}

fn escalated(place: usize) -> Id {
    if place == 0 { Id::from("escalated") } else { eco_format!("escalated{}", place + 1) }
}

/// A label followed by its effects.
pub fn with_effects(mut label: Vec<String>, reasons: &Outcomes) -> Vec<String> {
    label.extend(reasons.effects.iter().take(MOST_LINES).cloned());
    if reasons.effects.len() > MOST_LINES {
        label.push("…".to_owned());
    }
    label
}
