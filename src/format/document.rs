//! Text with undecided line ends, and the printer that decides them.

use super::WIDTH;

#[derive(Debug)]
pub(super) enum Document {
    Text(String),
    /// A blank, or a line end where the enclosing group is broken.
    Line,
    /// Nothing, or a line end where the enclosing group is broken.
    Soft,
    /// A line end, which breaks every enclosing group.
    Hard,
    /// An empty line before a line end.
    Empty,
    /// Text that is printed only where the enclosing group is broken.
    Broken(&'static str),
    /// Text that is printed only where the enclosing group is on one line.
    Flat(&'static str),
    /// A comment, which must be the last on its line.
    Comment {
        text: String,
        trailing: bool,
    },
    Sequence(Vec<Document>),
    /// Broken at all of its line ends or at none.
    Group(Vec<Document>),
    /// Indents the lines inside by two more blanks.
    Indent(Vec<Document>),
}

impl Document {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The width on one line; `None` where one line is not enough.
    pub(super) fn flat_width(&self) -> Option<usize> {
        match self {
            Self::Text(text) => (!text.contains('\n')).then(|| width(text)),
            Self::Line => Some(1),
            Self::Soft | Self::Broken(_) => Some(0),
            Self::Flat(text) => Some(text.len()),
            Self::Hard | Self::Empty | Self::Comment { .. } => None,
            Self::Sequence(parts) | Self::Group(parts) | Self::Indent(parts) => {
                parts.iter().try_fold(0, |sum, part| Some(sum + part.flat_width()?))
            }
        }
    }

    pub(super) fn empty() -> Self {
        Self::Sequence(Vec::new())
    }
}

#[derive(Clone, Copy)]
struct Item<'a> {
    document: &'a Document,
    indent: usize,
    broken: bool,
}

/// Prints a document with its line ends decided.
pub(super) fn print(document: &Document) -> String {
    let mut printer = Printer { out: String::new(), column: 0, after_comment: false };
    let mut stack = vec![Item { document, indent: 0, broken: true }];
    while let Some(item) = stack.pop() {
        let inner = |indent, broken| move |document| Item { document, indent, broken };
        match item.document {
            Document::Text(text) => printer.text(text, item.indent),
            Document::Line if !item.broken => printer.text(" ", item.indent),
            Document::Soft if !item.broken => {}
            Document::Line | Document::Soft | Document::Hard => printer.end_line(item.indent),
            Document::Empty => printer.empty_line(),
            Document::Broken(text) if item.broken => printer.text(text, item.indent),
            Document::Flat(text) if !item.broken => printer.text(text, item.indent),
            Document::Broken(_) | Document::Flat(_) => {}
            Document::Comment { text, trailing } => printer.comment(text, *trailing, item.indent),
            Document::Sequence(parts) => stack.extend(parts.iter().rev().map(inner(item.indent, item.broken))),
            Document::Indent(parts) => stack.extend(parts.iter().rev().map(inner(item.indent + 2, item.broken))),
            Document::Group(parts) => {
                let broken = item.broken && !fits(parts, WIDTH.saturating_sub(printer.column), &stack);
                stack.extend(parts.iter().rev().map(inner(item.indent, broken)));
            }
        }
    }
    printer.finish()
}

/// Whether a group fits in the rest of the line, together with the text that must follow it there.
fn fits(group: &[Document], room: usize, after: &[Item<'_>]) -> bool {
    let mut room = room;
    let mut stack: Vec<(&Document, bool)> = group.iter().rev().map(|part| (part, false)).collect();
    let mut rest = after.iter().rev();
    loop {
        let (document, broken) = match stack.pop() {
            Some(next) => next,
            None => match rest.next() {
                Some(item) => (item.document, item.broken),
                None => return true,
            },
        };
        let width = match document {
            Document::Text(text) => match text.split_once('\n') {
                Some((first, _)) => return width(first) <= room,
                None => width(text),
            },
            Document::Line | Document::Soft | Document::Hard | Document::Empty if broken => return true,
            Document::Hard | Document::Empty => return false,
            Document::Comment { .. } => return broken,
            Document::Line => 1,
            Document::Soft => 0,
            Document::Broken(text) => {
                if broken {
                    text.len()
                } else {
                    0
                }
            }
            Document::Flat(text) => {
                if broken {
                    0
                } else {
                    text.len()
                }
            }
            Document::Group(parts) | Document::Sequence(parts) | Document::Indent(parts) => {
                let broken = broken && !matches!(document, Document::Group(_));
                stack.extend(parts.iter().rev().map(|part| (part, broken)));
                0
            }
        };
        match room.checked_sub(width) {
            Some(left) => room = left,
            None => return false,
        }
    }
}

pub(super) fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

struct Printer {
    out: String,
    column: usize,
    after_comment: bool,
}

impl Printer {
    fn text(&mut self, text: &str, indent: usize) {
        if text.is_empty() {
            return;
        }
        if self.after_comment {
            if text == " " {
                return;
            }
            self.end_line(indent);
        }
        self.out.push_str(text);
        self.column = match text.rsplit_once('\n') {
            Some((_, last)) => width(last),
            None => self.column + width(text),
        };
    }

    fn comment(&mut self, text: &str, trailing: bool, indent: usize) {
        if trailing && !self.after_comment && self.column > 0 {
            self.cut_blanks();
            self.out.push_str("  ");
        } else if self.after_comment || !self.at_line_start() {
            self.end_line(indent);
        }
        self.out.push('#');
        self.out.push_str(text);
        self.after_comment = true;
    }

    fn at_line_start(&self) -> bool {
        self.out.trim_end_matches(' ').ends_with('\n') || self.out.is_empty()
    }

    fn end_line(&mut self, indent: usize) {
        self.cut_blanks();
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
        self.after_comment = false;
    }

    fn empty_line(&mut self) {
        self.cut_blanks();
        self.out.push('\n');
        self.column = 0;
        self.after_comment = false;
    }

    fn cut_blanks(&mut self) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
    }

    fn finish(mut self) -> String {
        self.out.truncate(self.out.trim_end_matches([' ', '\n']).len());
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out
    }
}
