//! Commands of `exec` that ssh sends to a host, and the calls of `remote` that do the same.

use crate::source::Span;
use crate::syntax::ast::{Call, Expression, ExpressionKind, TextPart};

/// Options of ssh that change nothing where `remote` is used: it sets them, or needs none.
const FLAGS: [&str; 5] = ["-T", "-q", "-x", "-a", "--"];
const OPTIONS: [&str; 7] = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "ConnectTimeout=",
    "ServerAliveInterval=",
    "ServerAliveCountMax=",
    "LogLevel=",
    "RequestTTY=no",
];

/// Words that a shell carries out itself, or reads as its own, in place of a program.
const OF_SHELLS: [&str; 32] = [
    ".", ":", "[", "alias", "bg", "builtin", "case", "cd", "command", "declare", "eval", "exec", "exit", "export",
    "fg", "for", "if", "jobs", "local", "read", "return", "set", "shift", "source", "time", "trap", "type", "ulimit",
    "umask", "unset", "until", "while",
];

/// The class and the words of a call of `exec` whose program is ssh.
pub(crate) fn ssh_command(call: &Call) -> Option<(&str, &[Expression])> {
    let class = call.path.text.strip_prefix("exec.")?;
    let ExpressionKind::List(items) = &call.arguments.first()?.value.kind else { return None };
    (items.first()?.literal_text()? == "ssh").then_some((class, items.as_slice()))
}

/// The call of `remote` that does the same. None where that is not certain: an option that may matter, a destination that is
/// no host, a word that the shell of the host would not take as it is.
///
/// A word that is not literal is one word for `remote`, and was split by the shell of the host. So it is accepted only with
/// `whole_words`, where the command was refused in any case.
pub(crate) fn as_remote(call: &Call, text: &str, whole_words: bool) -> Option<String> {
    let (class, items) = ssh_command(call)?;
    // A comment would be lost.
    if text.get(call.span.start as usize..call.span.end as usize)?.contains('#') {
        return None;
    }
    let others = call.arguments.get(1..)?;
    let written = |span: Span| text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let mut rest = items.get(1..)?;
    loop {
        match rest {
            [flag, after @ ..] if flag.literal_text().is_some_and(|text| FLAGS.contains(&text.as_str())) => {
                rest = after
            }
            [option, value, after @ ..] if option.literal_text().as_deref() == Some("-o") => {
                let value = value.literal_text()?;
                OPTIONS.iter().find(|known| value.starts_with(*known))?;
                rest = after;
            }
            _ => break,
        }
    }
    let (destination, words) = rest.split_first()?;
    let host = host(destination)?;
    let mut arguments = Vec::new();
    for word in words {
        match word.literal_text() {
            Some(text) => {
                // A shell splits at blanks.
                let parts: Vec<&str> = text.split(' ').filter(|part| !part.is_empty()).collect();
                let is_plain = parts.iter().all(|part| part.chars().all(is_plain));
                arguments.extend(parts.iter().filter(|_| is_plain).map(|part| format!("\"{part}\"")));
                (is_plain && !parts.is_empty()).then_some(())?;
            }
            None if whole_words => arguments.push(written(word.span).to_owned()),
            None => return None,
        }
    }
    // The login shell alone, a program that is not literal, and what only a shell has.
    let program = words.first()?.literal_text()?;
    let program = program.split(' ').find(|part| !part.is_empty())?;
    if program.starts_with('-') || program.contains('=') || OF_SHELLS.contains(&program) {
        return None;
    }
    let mut call = format!("remote.{class}([{}]", arguments.join(", "));
    for other in others {
        match other.label.as_ref()?.text.as_str() {
            "target" if written(other.value.span) == host => {}
            "accepts" | "input" | "secret_input" => call.push_str(&format!(", {}", written(other.span))),
            _ => return None,
        }
    }
    Some(format!("{call}, on: {host})"))
}

/// The host of a destination such as `server.address` or `"${server.address}"`.
fn host(destination: &Expression) -> Option<String> {
    let path = if let ExpressionKind::Path(path) = &destination.kind {
        path
    } else if let ExpressionKind::Text(text) = &destination.kind
        && let [TextPart::Interpolation(path)] = text.parts.as_slice()
    {
        path
    } else {
        return None;
    };
    let path = path.text.strip_suffix(".address")?;
    (!path.contains('.')).then(|| path.to_owned())
}

/// Whether a shell takes a character as it is.
fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_@%+=:,./-".contains(letter)
}
