//! Responses of a server, one line at a time, read as far as anybody here wants to know.

use super::shown::shown;
use ecow::EcoString;

/// The word that a status response begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    No,
    Bad,
    PreAuth,
    Bye,
}

/// What a server says for people, with the code for programs before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// The response code in capitals: `UNAVAILABLE`.
    pub code: Option<EcoString>,
    /// What stands behind the code in its brackets: `7 42` in `[APPENDUID 7 42]`.
    pub detail: String,
    /// The rest, fit to be shown.
    pub text: EcoString,
}

/// The first line of a response.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// The server waits for the rest of a command.
    Continue,
    /// The end of the command with this tag.
    Tagged { tag: &'a [u8], status: Status, said: Said },
    /// A status that belongs to no command.
    Status { status: Status, said: Said },
    /// Data; literals may follow.
    Data(&'a [u8]),
    /// Nothing that IMAP knows.
    Nonsense,
}

impl<'a> Line<'a> {
    /// Reads a line.
    pub fn read(line: &'a [u8]) -> Self {
        if line == b"+" || line.starts_with(b"+ ") {
            return Self::Continue;
        }
        let Some((tag, rest)) = word(line) else { return Self::Nonsense };
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

/// A word and what stands behind its blank.
fn word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = line.iter().position(|byte| *byte == b' ')?;
    let (word, rest) = line.split_at(end);
    (!word.is_empty()).then(|| (word, rest.get(1..).unwrap_or_default()))
}

fn status(line: &[u8]) -> Option<(Status, Said)> {
    let (name, rest) = word(line).unwrap_or((line, b""));
    let status = match name.to_ascii_uppercase().as_slice() {
        b"OK" => Status::Ok,
        b"NO" => Status::No,
        b"BAD" => Status::Bad,
        b"PREAUTH" => Status::PreAuth,
        b"BYE" => Status::Bye,
        _ => return None,
    };
    Some((status, said(rest)))
}

fn said(text: &[u8]) -> Said {
    let coded = text.strip_prefix(b"[").and_then(|rest| {
        let end = rest.iter().position(|byte| *byte == b']')?;
        let (code, rest) = rest.split_at(end);
        Some((code, rest.get(1..).unwrap_or_default().trim_ascii_start()))
    });
    let Some((inside, rest)) = coded else {
        return Said { text: shown(text), ..Said::default() };
    };
    let (code, detail) = word(inside).unwrap_or((inside, b""));
    Said {
        code: Some(shown(&code.to_ascii_uppercase())),
        detail: String::from_utf8_lossy(detail).into_owned(),
        text: shown(rest),
    }
}

/// The number of bytes that a line of data announces at its end, `{42}`. `Err`: an announcement that is none.
pub(super) fn announced(line: &[u8]) -> Result<Option<usize>, ()> {
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
        assert_eq!(Line::read(b"* OK"), Line::Status { status: Status::Ok, said: Said::default() });
        let Line::Status { said, .. } = Line::read(b"* OK [not closed") else { panic!("it is a status") };
        assert_eq!((said.code, said.text.as_str()), (None, "[not closed"));
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
        assert_eq!(announced(b"1 FETCH (BODY[] {12}"), Ok(Some(12)));
        assert_eq!(announced(b"1 FETCH (BODY[] NIL)"), Ok(None));
        for bad in [&b"x {-1}"[..], b"x {}", b"x {99999999999999999999}", b"x {1 }", b"x {+1}", b"}"] {
            assert_eq!(announced(bad), Err(()), "{bad:?}");
        }
    }
}
