//! Small helpers over texts: where a keyword stands, and how a slip is told.

use super::Edit;
use std::ops::Range;

/// So much of a text is shown.
const SHOWN: usize = 64;

/// From the last `word` before a place on to its end, the blanks before it included.
pub fn from_word(text: &str, word: &str, place: Range<usize>) -> Option<Range<usize>> {
    let start = text[..place.start].rfind(word)?;
    let start = text[..start].trim_end().len();
    Some(start..place.end)
}

/// What was replaced, and by what, on one line.
pub fn slip(text: &str, edit: &Edit) -> String {
    let (was, now) = (&text[edit.range.clone()], edit.with.as_str());
    // What both begin and end with is no part of the slip; whole words are.
    let (was, now) = (one_line(was), one_line(now));
    match (was.is_empty(), now.is_empty()) {
        (_, true) => format!("without `{was}`"),
        (true, _) => format!("with `{now}`"),
        _ => format!("`{was}` → `{now}`"),
    }
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SHOWN {
        return line.replace('`', "'");
    }
    let shown: String = line.chars().take(SHOWN).collect();
    format!("{}…", shown.trim_end()).replace('`', "'")
}

/// A name with its first two different neighbours exchanged: what a hurried hand makes of it.
pub fn misspelt(name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let at = (1..letters.len().saturating_sub(1)).find(|at| letters[*at] != letters[at + 1]);
    match at {
        Some(at) => letters.swap(at, at + 1),
        None => letters.push('x'),
    }
    letters.into_iter().collect()
}
