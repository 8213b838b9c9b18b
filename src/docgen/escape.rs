//! Escapes text from files for Markdown, so that all of it is shown and none of it is markup.

use crate::syntax::is_forbidden;
use std::fmt::Write;

/// Maximum length of titles, in characters.
pub const TITLE: usize = 200;

/// Maximum length of other texts, comments and expressions, in characters.
pub const SENTENCE: usize = 600;

/// Cuts a text to a number of characters, with `…` at the cut.
pub fn bounded(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    }
}

/// Shows invisible and bidirectional characters as escapes (`\u{202e}`), line ends as ` ⏎ ` and tabs as blanks, so that
/// a text stays on one line.
pub fn visible(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => clean.push_str(" ⏎ "),
            '\t' => clean.push(' '),
            '\r' => {}
            hidden if is_forbidden(hidden) => clean.extend(hidden.escape_unicode()),
            seen => clean.push(seen),
        }
    }
    clean
}

/// Escapes a text on a line of its own or within one. Bars stay: [`cell`] escapes them in tables.
pub fn inline(text: &str, most: usize) -> String {
    inline_part(text.trim(), most)
}

/// Like [`inline`], but keeps blanks at the ends.
pub fn inline_part(text: &str, most: usize) -> String {
    let text = bounded(&visible(text), most);
    let characters: Vec<char> = text.chars().collect();
    let is_word = |at: Option<usize>| at.and_then(|at| characters.get(at)).is_some_and(|it| it.is_alphanumeric());
    let mut escaped = String::with_capacity(text.len() + 8);
    for (at, character) in characters.iter().enumerate() {
        let is_markup = match character {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '&' | '~' | '#' | '$' => true,
            // Within a word it is an ordinary character.
            '_' => !(is_word(at.checked_sub(1)) && is_word(Some(at + 1))),
            // At the start of a line it would begin a list or underline a heading.
            '-' | '+' | '=' => at == 0,
            '.' | ')' => at > 0 && characters.iter().take(at).all(char::is_ascii_digit),
            _ => false,
        };
        if is_markup {
            escaped.push('\\');
        }
        escaped.push(*character);
    }
    escaped
}

/// A code span with as many backticks as the text needs.
pub fn code(text: &str) -> String {
    let text = bounded(&visible(text.trim()), SENTENCE);
    if text.is_empty() {
        return "(nothing)".to_owned();
    }
    let (mut longest, mut run) = (0, 0);
    for character in text.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Markdown as a cell of a table, where a bar would end the cell even in a code span.
pub fn cell(markdown: &str) -> String {
    markdown.replace('|', "\\|")
}

/// Lines of a comment as paragraphs, separated at empty lines.
pub fn paragraphs<'t>(lines: impl IntoIterator<Item = &'t str>) -> String {
    let mut text = String::new();
    let mut is_open = false;
    for line in lines {
        let line = inline(line, SENTENCE).replace('|', "\\|");
        if line.is_empty() {
            is_open = false;
            continue;
        }
        let gap = match (text.is_empty(), is_open) {
            (true, _) => "",
            (false, true) => "\n",
            (false, false) => "\n\n",
        };
        let _ = write!(text, "{gap}{line}");
        is_open = true;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_shown() {
        for (text, shown) in [
            ("重启 IMAP4（前端）", "重启 IMAP4（前端）"),
            ("a_b _c_ d_", "a_b \\_c\\_ d\\_"),
            ("[x](javascript:y) **b** `c`", "\\[x\\](javascript:y) \\*\\*b\\*\\* \\`c\\`"),
            ("<script>alert(1)</script> &lt;", "\\<script\\>alert(1)\\</script\\> \\&lt;"),
            ("1. one", "1\\. one"),
            ("1.5 GiB", "1\\.5 GiB"),
            ("- item", "\\- item"),
            ("a - b", "a - b"),
            ("## x ##", "\\#\\# x \\#\\#"),
            ("back\\slash", "back\\\\slash"),
            ("user\u{202e}txt\u{7}", "user\\\\u{202e}txt\\\\u{7}"),
            ("one\ntwo\tthree ", "one ⏎ two three"),
        ] {
            assert_eq!(inline(text, TITLE), shown, "{text:?}");
        }
    }

    #[test]
    fn code_is_fenced_by_more_than_it_holds() {
        for (text, shown) in [
            ("a == b", "`a == b`"),
            ("a`b", "``a`b``"),
            ("``", "``` `` ```"),
            ("`x", "`` `x ``"),
            ("a\nb", "`a ⏎ b`"),
            ("", "(nothing)"),
        ] {
            assert_eq!(code(text), shown, "{text:?}");
        }
    }

    #[test]
    fn a_bar_stays_in_its_cell() {
        assert_eq!(cell(&code("a | b")), "`a \\| b`");
        assert_eq!(cell(&inline("a | b", TITLE)), "a \\| b");
    }

    #[test]
    fn comments_become_paragraphs() {
        assert_eq!(paragraphs(["one", " two", "", "", "---", "a|b"]), "one\ntwo\n\n\\---\na\\|b");
        assert_eq!(paragraphs([""]), "");
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(bounded("四个字的", 3), "四个字…");
        assert_eq!(bounded("abc", 3), "abc");
        assert!(inline(&"*".repeat(5000), TITLE).len() <= 2 * TITLE + 4);
    }
}
