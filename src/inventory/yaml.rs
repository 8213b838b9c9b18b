//! YAML as a tree with places: nothing is interpreted, nothing is expanded, everything is bounded.

use crate::diagnostic::{Diagnostic, code};
use crate::source::{FileId, MAX_FILE_BYTES, Span};
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

/// No inventory needs to be nested deeper.
const MAX_DEPTH: usize = 16;

/// A part of the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub span: Span,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// `plain` when it stands without quotes, so that it may mean a number, a truth value or nothing.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    /// Keys are scalars, and none is there twice.
    Map(Vec<(Node, Node)>),
    /// Something that has been complained about already.
    Invalid,
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether nothing is written there.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    pub fn is_invalid(&self) -> bool {
        self.kind == Kind::Invalid
    }

    /// What it is, for a sentence.
    pub fn what(&self) -> &'static str {
        match &self.kind {
            _ if self.is_null() => "nothing",
            Kind::Scalar { .. } => "a single value",
            Kind::List(_) => "a list",
            Kind::Map(_) | Kind::Invalid => "a group of entries",
        }
    }
}

/// The file's one document; an empty file is an empty group of entries. None when it is not YAML.
pub(super) fn parse(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    let whole = Span::new(file, 0, 0);
    if text.len() > MAX_FILE_BYTES {
        diagnostics.push(Diagnostic::error(code::BAD_INVENTORY, whole, "the inventory is longer than 1 MiB"));
        return None;
    }
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let places = Places::new(file, body, text.len() - body.len());
    let mut builder = Builder { parser: Parser::new_from_str(body), places, diagnostics, root: None };
    match builder.document() {
        Ok(()) => Some(builder.root.unwrap_or(Node { span: whole, kind: Kind::Map(Vec::new()) })),
        Err(diagnostic) => {
            builder.diagnostics.push(*diagnostic);
            None
        }
    }
}

struct Builder<'a> {
    parser: Parser<'a, StrInput<'a>>,
    places: Places<'a>,
    diagnostics: &'a mut Vec<Diagnostic>,
    root: Option<Node>,
}

type Stop = Box<Diagnostic>;

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Stop> {
        match self.parser.next_event() {
            Some(Ok((event, place))) => Ok((event, self.places.span(place))),
            Some(Err(error)) => Err(self.not_yaml(self.places.at(error.marker().index()), error.info())),
            None => Ok((Event::StreamEnd, self.places.at(usize::MAX))),
        }
    }

    fn not_yaml(&self, span: Span, reason: &str) -> Stop {
        let before = self.places.text.get(..span.start as usize - self.places.before).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.places.text.get(line_start..).unwrap_or_default();
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if line.get(..indent).is_some_and(|blanks| blanks.contains('\t')) {
            let start = (line_start + self.places.before) as u32;
            let span = Span::new(span.file, start, start + indent as u32);
            return Box::new(
                Diagnostic::error(code::BAD_INVENTORY, span, "this line is indented by a tab")
                    .help("YAML is indented by blanks"),
            );
        }
        Box::new(Diagnostic::error(code::BAD_INVENTORY, span, format!("this is not well-formed YAML: {reason}")))
    }

    fn complain(&mut self, span: Span, message: &str, help: &str) {
        self.diagnostics.push(Diagnostic::error(code::BAD_INVENTORY, span, message).help(help));
    }

    fn document(&mut self) -> Result<(), Stop> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(()),
                Event::DocumentStart(_) if self.root.is_some() => {
                    self.complain(span, "a second document begins here", "an inventory is one document");
                    return Ok(());
                }
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                other => {
                    let node = self.node(other, span, 0)?;
                    self.root = Some(if node.is_null() { Node { kind: Kind::Map(Vec::new()), ..node } } else { node });
                }
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Stop> {
        if depth > MAX_DEPTH {
            let message = format!("this is nested more than {MAX_DEPTH} deep");
            return Err(Box::new(Diagnostic::error(code::BAD_INVENTORY, span, message)));
        }
        let (anchored, tagged) = match &event {
            Event::Scalar(_, _, anchor, tag) => (*anchor != 0, tag.is_some()),
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => (*anchor != 0, tag.is_some()),
            Event::Alias(_) => (true, false),
            _ => (false, false),
        };
        if anchored {
            self.complain(
                span,
                "anchors and aliases are not read here",
                "write it out: whoever reads this at night should find it where it is used",
            );
        }
        if tagged {
            self.complain(span, "YAML tags are not read here", "leave out the part that begins with `!`");
        }
        match event {
            Event::Scalar(text, style, ..) => {
                let plain = style == ScalarStyle::Plain;
                Ok(Node { span, kind: Kind::Scalar { text: text.into_owned(), plain } })
            }
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, end) => return Ok(Node { span: span.to(end), kind: Kind::List(items) }),
                        (event, span) => items.push(self.node(event, span, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(..) => self.map(span, depth),
            _ => Ok(Node { span, kind: Kind::Invalid }),
        }
    }

    fn map(&mut self, start: Span, depth: usize) -> Result<Node, Stop> {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        let mut seen = std::collections::HashMap::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, end) => return Ok(Node { span: start.to(end), kind: Kind::Map(entries) }),
                (event, span) => self.node(event, span, depth + 1)?,
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            match key.text().map(str::to_owned) {
                None if !key.is_invalid() => {
                    self.complain(key.span, "this key is not a single word", "write `key: value`")
                }
                None => {}
                Some(name) => match seen.get(&name) {
                    Some(first) => self.diagnostics.push(
                        Diagnostic::error(code::BAD_INVENTORY, key.span, format!("{name:?} is here twice"))
                            .also(*first, "the first"),
                    ),
                    None => {
                        seen.insert(name, key.span);
                        entries.push((key, value));
                    }
                },
            }
        }
    }
}

/// Turns the parser's character counts into byte offsets of the whole file.
struct Places<'a> {
    file: FileId,
    text: &'a str,
    /// Where each character begins; none when every character is one byte.
    starts: Option<Vec<u32>>,
    /// Bytes before `text`: a byte order mark.
    before: usize,
}

impl<'a> Places<'a> {
    fn new(file: FileId, text: &'a str, before: usize) -> Self {
        let starts = (!text.is_ascii()).then(|| text.char_indices().map(|(start, _)| start as u32).collect());
        Self { file, text, starts, before }
    }

    fn offset(&self, index: usize) -> u32 {
        let byte = match &self.starts {
            Some(starts) => starts.get(index).map_or(self.text.len(), |start| *start as usize),
            None => index.min(self.text.len()),
        };
        (byte + self.before) as u32
    }

    fn at(&self, index: usize) -> Span {
        let offset = self.offset(index);
        Span::new(self.file, offset, offset)
    }

    fn span(&self, place: saphyr_parser::Span) -> Span {
        Span::new(self.file, self.offset(place.start.index()), self.offset(place.end.index()))
    }
}
