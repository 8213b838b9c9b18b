//! The program on the host, and what it reads: frames of lines, so that every text without NUL arrives as it was.

use std::sync::LazyLock;

/// The program, on one line.
pub(super) static PROGRAM: LazyLock<String> = LazyLock::new(|| {
    let lines = include_str!("command.sh").lines().map(str::trim);
    // Each line of it ends where a `;` may stand, or with one.
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect::<Vec<_>>().join(" ")
});

/// What the login shell of the host reads, whichever it is: sh, bash, dash, zsh, fish and csh read it alike. All that differs
/// between two commands comes on standard input.
pub(super) static COMMAND_LINE: LazyLock<String> = LazyLock::new(|| format!("exec sh -c '{}'", *PROGRAM));

/// What the program reads before it says that it is ready: nothing of the command. `user` is the one to become, if any.
pub(super) fn opening(nonce: &str, user: Option<&str>) -> String {
    match user {
        None => format!("\n{nonce}\n"),
        // The program of the other user has no user to become.
        Some(user) => format!("{user}\n{}\n\n{nonce}\n", *PROGRAM),
    }
}

/// What starts the command: its time, its input and words, and a line without which nothing begins.
pub(super) fn request(nonce: &str, seconds: u64, words: &[String], input: &str) -> String {
    let chunks = chunks(input);
    let mut text = format!("{seconds}\n{}\n{}\n", chunks.len(), words.len());
    chunks.iter().copied().chain(words.iter().map(String::as_str)).for_each(|word| frame(word, &mut text));
    text.push_str(&format!("go {nonce}\n"));
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

/// What the program writes before it reads the command.
pub(super) fn ready(nonce: &str) -> String {
    format!("\n#rectify {nonce} ready\n")
}

/// How the line begins that the program writes when the command has ended. Its exit code follows, and whether it was
/// stopped.
pub(super) fn end(nonce: &str) -> String {
    format!("\n#rectify {nonce} end ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_login_shell_misreads_the_command_line() {
        assert!(COMMAND_LINE.is_ascii() && !COMMAND_LINE.contains(|letter: char| letter.is_control()));
        // fish reads a backslash before a quote or a backslash, even within single quotes; csh expands `!`, but not before a
        // blank.
        assert!(![r"\\", r"\'"].iter().any(|text| PROGRAM.contains(text)));
        assert_eq!(PROGRAM.matches('!').count(), PROGRAM.matches("! ").count());
        assert_eq!(COMMAND_LINE.matches('\'').count(), 2);
        assert!(COMMAND_LINE.len() < 4000);
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
