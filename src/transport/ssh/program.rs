//! The program on the host, and what it reads: frames of lines, so that every text without NUL arrives as it was.

use std::sync::LazyLock;

/// What the login shell of the host reads, whichever it is: sh, bash, dash, zsh, fish and csh read it alike. Everything
/// else comes on standard input.
pub(super) const COMMAND_LINE: &str = r#"exec sh -c 'IFS= read -r program && eval "$program"'"#;

/// The lines that come first: each part of the program on one line.
static PARTS: LazyLock<String> = LazyLock::new(|| {
    let parts = [include_str!("begin.sh"), include_str!("lead.sh"), include_str!("command.sh")];
    parts.map(|part| format!("{}\n", one_line(part))).concat()
});

/// A part of the program without comments and indentation, on one line. Each line of it ends where a `;` may stand, or
/// with one.
fn one_line(part: &str) -> String {
    let lines = part.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.collect::<Vec<_>>().join(" ")
}

/// What the program reads before it says that it is ready.
pub(super) fn request(nonce: &str, user: &str, seconds: u64, words: &[String], input: &str) -> String {
    let chunks = chunks(input);
    let mut text = PARTS.clone();
    text.push_str(&format!("{user}\n{nonce}\n{seconds}\n{}\n{}\n", chunks.len(), words.len()));
    chunks.iter().copied().chain(words.iter().map(String::as_str)).for_each(|word| frame(word, &mut text));
    text
}

/// A text as the number of its lines, and the lines.
fn frame(word: &str, text: &mut String) {
    text.push_str(&format!("{}\n{word}\n", word.split('\n').count()));
}

/// An input in parts, because a shell takes long to build one long text.
fn chunks(mut input: &str) -> Vec<&str> {
    const LONGEST: usize = 4096;
    let mut chunks = Vec::new();
    while !input.is_empty() {
        let end = (0..=input.len().min(LONGEST)).rev().find(|end| input.is_char_boundary(*end)).unwrap_or(input.len());
        let (chunk, rest) = input.split_at(end);
        chunks.push(chunk);
        input = rest;
    }
    chunks
}

/// What the program writes before it waits for [`GO`].
pub(super) fn ready(nonce: &str) -> String {
    format!("\n#rectify {nonce} ready\n")
}

/// The answer that starts the command.
pub(super) const GO: &[u8] = b"go\n";

/// How the line begins that the program writes when the command has ended. Its exit code follows, and whether it was
/// stopped.
pub(super) fn end(nonce: &str) -> String {
    format!("\n#rectify {nonce} end ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_lines_and_the_command_line_has_nothing_that_a_shell_could_misread() {
        assert_eq!(PARTS.lines().count(), 3);
        assert!(PARTS.is_ascii() && !PARTS.contains(['\t', '\r']));
        // csh expands `!` and takes no line end in quotes; fish reads backslashes in single quotes.
        assert!(!COMMAND_LINE.contains(['!', '\\', '\n']) && COMMAND_LINE.matches('\'').count() == 2);
    }

    #[test]
    fn a_word_is_framed_by_its_lines() {
        let framed = |word: &str| {
            let mut text = String::new();
            frame(word, &mut text);
            text
        };
        assert_eq!((framed("").as_str(), framed("a").as_str()), ("1\n\n", "1\na\n"));
        assert_eq!((framed("a\n").as_str(), framed("\n\nb").as_str()), ("2\na\n\n", "3\n\n\nb\n"));
    }

    #[test]
    fn an_input_is_split_between_characters() {
        let input = format!("{}ä{}", "x".repeat(4095), "y".repeat(5000));
        let chunks = chunks(&input);
        assert_eq!(chunks.iter().map(|chunk| chunk.len()).collect::<Vec<_>>(), [4095, 4096, 906]);
        assert_eq!(chunks.concat(), input);
    }
}
