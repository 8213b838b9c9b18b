//! Positions in YAML. serde_yaml reads the values but reports no positions, so a second parser supplies the positions
//! and nothing else.

use crate::diagnostic::{Diagnostic, code};
use crate::source::{FileId, Span};
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

/// The deepest nesting.
const MAX_DEPTH: usize = 16;

/// The position of a node.
pub struct NodePosition {
    pub span: Span,
    pub shape: Shape,
}

/// The kind of node that serde_yaml finds there.
pub enum Shape {
    /// `plain` means without quotes.
    Scalar {
        plain: bool,
    },
    List(Vec<NodePosition>),
    Map(Vec<(NodePosition, NodePosition)>),
    /// An alias. It is never followed.
    Alias,
}

/// Why there are no positions.
pub enum PositionError {
    /// It is not YAML: the position, in characters, and the reason.
    Malformed { index: usize, reason: String },
    /// It is YAML that is not accepted.
    Refused(Box<Diagnostic>),
}

/// The positions of the first document; `None` for an empty file. Reports what is not accepted in such files.
pub fn find(
    body: &str,
    offsets: &Offsets<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<NodePosition>, PositionError> {
    let mut finder = Finder { parser: Parser::new_from_str(body), offsets, diagnostics };
    let mut root = None;
    loop {
        let (event, span) = finder.next()?;
        match event {
            Event::StreamEnd => return Ok(root),
            Event::DocumentStart(_) if root.is_some() => {
                finder.complain(span, "Unexpected second document", "Write a single document in the file");
                return Ok(root);
            }
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            other => root = Some(finder.place(&other, span, 0)?),
        }
    }
}

struct Finder<'a> {
    parser: Parser<'a, StrInput<'a>>,
    offsets: &'a Offsets<'a>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Finder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), PositionError> {
        match self.parser.next_event() {
            Some(Ok((event, place))) => Ok((event, self.offsets.span(place.start.index(), place.end.index()))),
            Some(Err(error)) => {
                Err(PositionError::Malformed { index: error.marker().index(), reason: error.info().to_owned() })
            }
            None => Ok((Event::StreamEnd, self.offsets.span(usize::MAX, usize::MAX))),
        }
    }

    fn complain(&mut self, span: Span, message: &str, help: &str) {
        self.diagnostics.push(Diagnostic::error(code::BAD_YAML, span, message).help(help));
    }

    fn place(&mut self, event: &Event<'a>, start: Span, depth: usize) -> Result<NodePosition, PositionError> {
        if depth > MAX_DEPTH {
            let message = format!("Too much nesting (limit {MAX_DEPTH})");
            return Err(PositionError::Refused(Box::new(Diagnostic::error(code::BAD_YAML, start, message))));
        }
        let (anchored, tagged) = match event {
            Event::Scalar(_, _, anchor, tag) => (*anchor != 0, tag.is_some()),
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => (*anchor != 0, tag.is_some()),
            _ => (true, false),
        };
        if anchored {
            self.complain(
                start,
                "Anchors and aliases are not supported",
                "Repeat the value here, where a reader looks for it",
            );
        }
        if tagged {
            self.complain(start, "YAML tags are not supported", "Remove the part that starts with `!`");
        }
        let (shape, span) = match event {
            Event::Scalar(_, style, ..) => (Shape::Scalar { plain: *style == ScalarStyle::Plain }, start),
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                let end = loop {
                    match self.next()? {
                        (Event::SequenceEnd, end) => break end,
                        (event, span) => items.push(self.place(&event, span, depth + 1)?),
                    }
                };
                (Shape::List(items), start.to(end))
            }
            Event::MappingStart(..) => {
                let mut entries = Vec::new();
                let end = loop {
                    let key = match self.next()? {
                        (Event::MappingEnd, end) => break end,
                        (event, span) => self.place(&event, span, depth + 1)?,
                    };
                    let (event, span) = self.next()?;
                    entries.push((key, self.place(&event, span, depth + 1)?));
                };
                (Shape::Map(entries), start.to(end))
            }
            _ => (Shape::Alias, start),
        };
        Ok(NodePosition { span, shape })
    }
}

/// Converts character counts of the parser to byte offsets in the file.
pub struct Offsets<'a> {
    file: FileId,
    body: &'a str,
    /// The offset of each character; `None` when all are single bytes.
    starts: Option<Vec<u32>>,
    /// The length of the byte order mark before the body.
    before: usize,
}

impl<'a> Offsets<'a> {
    pub fn new(file: FileId, body: &'a str, before: usize) -> Self {
        let starts = (!body.is_ascii()).then(|| body.char_indices().map(|(start, _)| start as u32).collect());
        Self { file, body, starts, before }
    }

    /// The byte offset in the body of a character.
    pub fn byte(&self, index: usize) -> usize {
        match &self.starts {
            Some(starts) => starts.get(index).map_or(self.body.len(), |start| *start as usize),
            None => index.min(self.body.len()),
        }
    }

    /// The span of a range of characters.
    pub fn span(&self, from: usize, to: usize) -> Span {
        self.bytes(self.byte(from), self.byte(to))
    }

    /// The span of a range of bytes of the body.
    pub fn bytes(&self, from: usize, to: usize) -> Span {
        Span::new(self.file, (from + self.before) as u32, (to + self.before) as u32)
    }
}
