//! The comment `# allow: RULE[, RULE] [until DATE] — because …`. At the end of a line it applies to that line; on its
//! own line, to the next line that is not a comment.

use crate::source::{SourceFile, Span};
use crate::syntax::ast::Comment;
use ecow::EcoString;
use jiff::civil::Date;

/// Separators between the rules and the reason.
const DASHES: [&str; 4] = ["—", "–", "--", "-"];

/// A parsed `# allow:` comment.
#[derive(Debug, Clone, PartialEq)]
pub struct Allow {
    pub comment: Span,
    /// The range to delete with the comment: its whole line, or the blanks before it.
    pub whole: Span,
    /// The line that it applies to; empty where there is none.
    pub line: Span,
    /// The rules as written, with their spans.
    pub rules: Vec<(EcoString, Span)>,
    /// What follows `until`: the date, or `None` where it cannot be read.
    pub until: Option<(Option<Date>, Span)>,
    pub has_reason: bool,
}

impl Allow {
    /// Whether the comment applies to something that begins here.
    pub fn covers(&self, span: Span) -> bool {
        self.line.file == span.file && (self.line.start..self.line.end).contains(&span.start)
    }

    pub(super) fn each_span(&mut self, change: &mut dyn FnMut(&mut Span)) {
        [&mut self.comment, &mut self.whole, &mut self.line].into_iter().for_each(&mut *change);
        self.rules.iter_mut().for_each(|(_, span)| change(span));
        self.until.iter_mut().for_each(|(_, span)| change(span));
    }
}

/// Parses a comment; `None` where it is not an allow.
pub fn read(source: &SourceFile, comment: &Comment) -> Option<Allow> {
    let written = comment.text.trim_start().strip_prefix("allow:")?;
    let blanks = comment.text.len() - comment.text.trim_start().len();
    let start = comment.span.start + 1 + (blanks + "allow:".len()) as u32;
    let span =
        |from: usize, word: &str| Span::new(comment.span.file, start + from as u32, start + (from + word.len()) as u32);
    let mut allow = Allow {
        comment: comment.span,
        whole: removal_span(&source.text, comment),
        line: line(&source.text, comment),
        rules: Vec::new(),
        until: None,
        has_reason: false,
    };
    let mut words = words_with_offsets(written).peekable();
    while let Some((at, word)) = words.next() {
        if DASHES.contains(&word) || word == "because" {
            let reason = written.get(at + word.len()..).unwrap_or_default().trim();
            let reason = reason.strip_prefix("because").unwrap_or(reason);
            allow.has_reason = reason.chars().any(char::is_alphanumeric);
            break;
        }
        if word == "until" {
            if let Some((at, date)) = words.next_if(|(_, word)| !DASHES.contains(word)) {
                allow.until = Some((date.parse().ok(), span(at, date)));
            }
            continue;
        }
        let mut from = at;
        for name in word.split(',') {
            if !name.is_empty() {
                allow.rules.push((name.into(), span(from, name)));
            }
            from += name.len() + 1;
        }
    }
    Some(allow)
}

/// The words of a text with their byte offsets.
fn words_with_offsets(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

/// The byte range of the line that a comment applies to.
fn line(text: &str, comment: &Comment) -> Span {
    let span = |start: usize, end: usize| Span::new(comment.span.file, start as u32, end as u32);
    let own = line_at(text, comment.span.start as usize);
    if comment.trailing {
        return span(own.0, own.1);
    }
    let mut end = own.1;
    while end < text.len() {
        let next = line_at(text, end + 1);
        let content = text.get(next.0..next.1).unwrap_or_default().trim();
        if content.starts_with('#') {
            end = next.1;
            continue;
        }
        return if content.is_empty() { span(next.0, next.0) } else { span(next.0, next.1) };
    }
    span(end, end)
}

/// The start of the line at a byte, and the position of its line feed.
fn line_at(text: &str, at: usize) -> (usize, usize) {
    let at = at.min(text.len());
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |line_feed| line_feed + 1);
    let end = text.get(at..).and_then(|after| after.find('\n')).map_or(text.len(), |line_feed| at + line_feed);
    (start, end)
}

/// The comment with the blanks before it, or with its line where nothing else is on it.
fn removal_span(text: &str, comment: &Comment) -> Span {
    let (start, end) = line_at(text, comment.span.start as usize);
    let before = text.get(start..comment.span.start as usize).unwrap_or_default();
    let code_ends = start + before.trim_end().len();
    match comment.trailing {
        true => Span { start: code_ends as u32, ..comment.span },
        false => Span::new(comment.span.file, start as u32, (end + 1).min(text.len()) as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::syntax;

    fn allows(text: &str) -> Vec<Allow> {
        let source = SourceFile::new("a.runbook", text);
        let comments = syntax::parse(FileId(0), text).file.comments;
        comments.iter().filter_map(|comment| read(&source, comment)).collect()
    }

    fn covered<'t>(text: &'t str, allow: &Allow) -> &'t str {
        &text[allow.line.start as usize..allow.line.end as usize]
    }

    #[test]
    fn a_comment_is_about_its_line_or_the_next() {
        let text = "# allow: one-rule, other-rule until 2027-01-31 — because it is so\n# more\nrole a { }\n\
                    role b { }  # allow: one-rule - see the wiki\n# allow: lost\n\nrole c { }\n";
        let found = allows(text);
        let names: Vec<Vec<&str>> =
            found.iter().map(|allow| allow.rules.iter().map(|(name, _)| name.as_str()).collect()).collect();
        assert_eq!(names, [vec!["one-rule", "other-rule"], vec!["one-rule"], vec!["lost"]]);
        assert_eq!(covered(text, &found[0]), "role a { }");
        assert!(covered(text, &found[1]).starts_with("role b { }  #"));
        assert_eq!(covered(text, &found[2]), "");
        assert_eq!(found.iter().map(|allow| allow.has_reason).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!(found[0].until.map(|(date, _)| date), Some(Some(jiff::civil::date(2027, 1, 31))));
    }

    #[test]
    fn a_dash_and_the_word_because_alone_are_no_reason() {
        for text in ["# allow: a-rule", "# allow: a-rule —", "# allow: a-rule — because", "# allow: a-rule because …"]
        {
            assert!(!allows(text)[0].has_reason, "{text}");
        }
        assert!(allows("# allow: a-rule because the vendor says so")[0].has_reason);
        assert!(allows("# allow: a-rule -- 供应商的要求")[0].has_reason);
    }

    #[test]
    fn places_are_those_of_the_words() {
        let text = "role a { }  #  allow: one,two — x";
        let found = allows(text);
        let words: Vec<&str> =
            found[0].rules.iter().map(|(_, span)| &text[span.start as usize..span.end as usize]).collect();
        assert_eq!(words, ["one", "two"]);
        assert_eq!(&text[found[0].whole.start as usize..found[0].whole.end as usize], "  #  allow: one,two — x");
    }
}
