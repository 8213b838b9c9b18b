//! Parses responses as far as the guard needs; the library parses the rest.
//!
//! Only status responses are parsed completely: the library returns their codes as text or not at all, and knows few of
//! them (not `UNAVAILABLE`).

use super::display_text::display_text;
use ecow::EcoString;
use regex::bytes::Regex;
use std::sync::LazyLock;

/// The most capabilities that are kept.
pub(super) const CAPABILITIES: usize = 100;

/// The first word of a status response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    No,
    Bad,
    PreAuth,
    Bye,
}

/// The human-readable text of a response, and the code before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ServerText {
    /// The response code in capitals: `UNAVAILABLE`.
    pub code: Option<EcoString>,
    /// What follows the code in the brackets: `7 42` in `[APPENDUID 7 42]`.
    pub detail: String,
    /// The rest, safe to show.
    pub text: EcoString,
}

impl ServerText {
    /// The capabilities, if the code lists them.
    pub fn capabilities(&self) -> Option<Vec<EcoString>> {
        (self.code.as_deref() == Some("CAPABILITY")).then(|| capabilities(self.detail.as_bytes()))
    }
}

/// Capabilities in capitals, in the server's order.
pub(super) fn capabilities(list: &[u8]) -> Vec<EcoString> {
    let names = list.split(u8::is_ascii_whitespace).filter(|name| !name.is_empty());
    names.take(CAPABILITIES).map(|name| display_text(&name.to_ascii_uppercase())).collect()
}

/// The shapes of requested data. Nothing else reaches the library, which panics on some of what a server may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Exists,
    Search,
    Fetch,
}

impl Shape {
    /// Whether data has this shape. Literals have been removed.
    pub fn fits(self, data: &[u8]) -> bool {
        static EXISTS: LazyLock<Option<Regex>> = LazyLock::new(|| whole(r"[0-9]{1,10} EXISTS"));
        static SEARCH: LazyLock<Option<Regex>> = LazyLock::new(|| whole(r"SEARCH(?: [0-9]{1,10})* ?"));
        static FETCH: LazyLock<Option<Regex>> = LazyLock::new(|| {
            let asked = r"UID [0-9]{1,10}|BODY\[HEADER\] \{[0-9]{1,10}\}";
            // What a server may send unasked in the same response.
            let unasked = r"FLAGS \([!#-'+-z|~ ]*\)|MODSEQ \([0-9]{1,19}\)";
            whole(&format!(r"[0-9]{{1,10}} FETCH \((?:{asked}|{unasked})(?: (?:{asked}|{unasked}))*\)"))
        });
        let shape = match self {
            Self::Exists => &EXISTS,
            Self::Search => &SEARCH,
            Self::Fetch => &FETCH,
        };
        shape.as_ref().is_some_and(|shape| shape.is_match(data))
    }
}

/// A pattern that matches whole data, in any case.
fn whole(pattern: &str) -> Option<Regex> {
    Regex::new(&format!("^(?i-u:{pattern})$")).ok()
}

/// The first line of a response.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// The server waits for the rest of a command.
    Continue,
    /// The final response to the command with this tag.
    Tagged { tag: &'a [u8], status: Status, said: ServerText },
    /// A status without a command.
    Status { status: Status, said: ServerText },
    /// Data; literals may follow.
    Data(&'a [u8]),
    /// No valid response.
    Nonsense,
}

impl<'a> Line<'a> {
    /// Parses a line.
    pub fn read(line: &'a [u8]) -> Self {
        if line == b"+" || line.starts_with(b"+ ") {
            return Self::Continue;
        }
        let Some((tag, rest)) = split_word(line) else { return Self::Nonsense };
        match (tag, status(rest)) {
            (b"*", Some((status, said))) => Self::Status { status, said },
            (b"*", None) if !rest.is_empty() => Self::Data(rest),
            (tag, Some((status @ (Status::Ok | Status::No | Status::Bad), said))) if tag.is_ascii() => {
                Self::Tagged { tag, status, said }
            }
            _ => Self::Nonsense,
        }
    }
}

/// Splits a line at its first space.
fn split_word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = line.iter().position(|byte| *byte == b' ')?;
    let (word, rest) = line.split_at(end);
    (!word.is_empty()).then(|| (word, rest.get(1..).unwrap_or_default()))
}

fn status(line: &[u8]) -> Option<(Status, ServerText)> {
    let (name, rest) = split_word(line).unwrap_or((line, b""));
    let status = match name.to_ascii_uppercase().as_slice() {
        b"OK" => Status::Ok,
        b"NO" => Status::No,
        b"BAD" => Status::Bad,
        b"PREAUTH" => Status::PreAuth,
        b"BYE" => Status::Bye,
        _ => return None,
    };
    Some((status, server_text(rest)))
}

fn server_text(text: &[u8]) -> ServerText {
    let coded = text.strip_prefix(b"[").and_then(|rest| {
        let end = rest.iter().position(|byte| *byte == b']')?;
        let (code, rest) = rest.split_at(end);
        Some((code, rest.get(1..).unwrap_or_default().trim_ascii_start()))
    });
    let Some((inside, rest)) = coded else {
        return ServerText { text: display_text(text), ..ServerText::default() };
    };
    let (code, detail) = split_word(inside).unwrap_or((inside, b""));
    ServerText {
        code: Some(display_text(&code.to_ascii_uppercase())),
        detail: String::from_utf8_lossy(detail).into_owned(),
        text: display_text(rest),
    }
}

/// The length of the literal that a line of data announces at its end, `{42}`. `Err` for an invalid one.
pub(super) fn announced_literal_length(line: &[u8]) -> Result<Option<usize>, ()> {
    let Some(line) = line.strip_suffix(b"}") else { return Ok(None) };
    let start = line.iter().rposition(|byte| *byte == b'{').ok_or(())?;
    let digits = line.get(start + 1..).unwrap_or_default();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(());
    }
    std::str::from_utf8(digits).map_err(|_| ())?.parse().map(Some).map_err(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_told_from_the_text() {
        let Line::Tagged { tag, status, said } = Line::read(b"a1 NO [UNAVAILABLE] Connection lost.") else {
            panic!("it is tagged");
        };
        assert_eq!((tag, status), (&b"a1"[..], Status::No));
        assert_eq!(said.code.as_deref(), Some("UNAVAILABLE"));
        assert_eq!(said.text, "Connection lost.");
        let Line::Status { said, .. } = Line::read(b"* ok [appenduid 7 42]") else { panic!("it is a status") };
        assert_eq!((said.code.as_deref(), said.detail.as_str(), said.text.as_str()), (Some("APPENDUID"), "7 42", ""));
        assert_eq!(Line::read(b"* OK"), Line::Status { status: Status::Ok, said: ServerText::default() });
        let Line::Status { said, .. } = Line::read(b"* OK [not closed") else { panic!("it is a status") };
        assert_eq!((said.code, said.text.as_str()), (None, "[not closed"));
    }

    #[test]
    fn only_what_is_asked_for_is_of_a_shape() {
        for (shape, data) in [
            (Shape::Exists, &b"3 EXISTS"[..]),
            (Shape::Exists, b"0 exists"),
            (Shape::Search, b"SEARCH"),
            (Shape::Search, b"SEARCH 1 22 333 "),
            (Shape::Fetch, b"3 FETCH (UID 7 BODY[HEADER] {12})"),
            (Shape::Fetch, b"3 FETCH (BODY[HEADER] {12} UID 7)"),
            (Shape::Fetch, b"3 FETCH (FLAGS (\\Seen $x) MODSEQ (624140003) UID 7 BODY[HEADER] {12})"),
            (Shape::Fetch, b"3 FETCH (FLAGS ())"),
        ] {
            assert!(shape.fits(data), "{:?}", String::from_utf8_lossy(data));
        }
        for (shape, data) in [
            (Shape::Exists, &b"x EXISTS"[..]),
            (Shape::Exists, b"12345678901 EXISTS"),
            (Shape::Exists, b"3 EXISTS x"),
            (Shape::Search, b"SEARCH 1 x"),
            (Shape::Search, b"SEARCH 1 (MODSEQ 3)"),
            (Shape::Fetch, b"1 FETCH (INTERNALDATE NIL)"),
            (Shape::Fetch, b"1 FETCH (UID 7 INTERNALDATE NIL)"),
            (Shape::Fetch, b"1 FETCH (UID 7 INTERNALDATE \"x\")"),
            (Shape::Fetch, b"1 FETCH (BODYSTRUCTURE ((((())))))"),
            (Shape::Fetch, b"1 FETCH (UID 7"),
            (Shape::Fetch, b"1 FETCH (UID 7 )"),
            (Shape::Fetch, b"1 FETCH (UID 7 "),
            (Shape::Fetch, b"1 FETCH (UID 7) x"),
            (Shape::Fetch, b"1 FETCH (UID 7)(UID 8)"),
            (Shape::Fetch, b"1 FETCH ()"),
            (Shape::Fetch, b"1 FETCH (BODY[HEADER] \"x\")"),
            (Shape::Fetch, b"1 FETCH (FLAGS (a(b)))"),
            (Shape::Fetch, b"1 FETCH (FLAGS (\xff))"),
        ] {
            assert!(!shape.fits(data), "{:?}", String::from_utf8_lossy(data));
        }
    }

    #[test]
    fn what_is_no_imap_is_nonsense() {
        for line in
            [&b""[..], b"HTTP/1.1 400 Bad Request", b" x", b"*", b"* ", b"220 smtp ready", b"a1 BYE x", b"\xff OK"]
        {
            assert_eq!(Line::read(line), Line::Nonsense, "{line:?}");
        }
        assert_eq!(Line::read(b"* 3 EXISTS"), Line::Data(b"3 EXISTS"));
        assert_eq!(Line::read(b"+ go"), Line::Continue);
    }

    #[test]
    fn literals_are_announced_by_a_whole_number() {
        assert_eq!(announced_literal_length(b"1 FETCH (BODY[] {12}"), Ok(Some(12)));
        assert_eq!(announced_literal_length(b"1 FETCH (BODY[] NIL)"), Ok(None));
        for bad in [&b"x {-1}"[..], b"x {}", b"x {99999999999999999999}", b"x {1 }", b"x {+1}", b"}"] {
            assert_eq!(announced_literal_length(bad), Err(()), "{bad:?}");
        }
    }
}
