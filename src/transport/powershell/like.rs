//! PowerShell's wildcards.

/// Whether a text matches a pattern of `-like`, in any case: `*` is any text, `?` any character, `[a-c]` one of a set.
/// A backtick escapes the next character. A pattern with an unclosed `[` matches nothing; PowerShell reports an error.
pub fn is_like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let pattern: Vec<char> = pattern.chars().flat_map(char::to_lowercase).collect();
    let (mut text, mut pattern) = (text.as_slice(), pattern.as_slice());
    // Where to backtrack on a mismatch: after the last `*`, one character further.
    let mut again: Option<(&[char], &[char])> = None;
    loop {
        if let ['*', rest @ ..] = pattern {
            (pattern, again) = (rest, Some((rest, text)));
            continue;
        }
        match (text, one(pattern)) {
            ([], _) if pattern.is_empty() => return true,
            ([letter, after @ ..], Some((fits, rest))) if fits.holds(*letter) => (text, pattern) = (after, rest),
            _ => match again {
                Some((rest, [_, after @ ..])) => (text, pattern, again) = (after, rest, Some((rest, after))),
                _ => return false,
            },
        }
    }
}

/// Whether a text has a character with a special meaning in patterns.
pub fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?', '[', ']', '`'])
}

/// One element of a pattern.
#[derive(Clone, Copy)]
enum PatternMatch<'p> {
    Any,
    One(char),
    Among(&'p [char]),
}

impl PatternMatch<'_> {
    fn holds(self, letter: char) -> bool {
        match self {
            Self::Any => true,
            Self::One(own) => own == letter,
            Self::Among(mut set) => {
                while let [first, after @ ..] = set {
                    let (last, rest) = match after {
                        ['-', last, rest @ ..] => (last, rest),
                        _ => (first, after),
                    };
                    if (*first..=*last).contains(&letter) {
                        return true;
                    }
                    set = rest;
                }
                false
            }
        }
    }
}

/// The first element of a pattern, and the rest of it.
fn one(pattern: &[char]) -> Option<(PatternMatch<'_>, &[char])> {
    match pattern {
        ['?', rest @ ..] => Some((PatternMatch::Any, rest)),
        ['`', own, rest @ ..] => Some((PatternMatch::One(*own), rest)),
        ['[', rest @ ..] => {
            let end = rest.iter().skip(1).position(|letter| *letter == ']')? + 1;
            Some((PatternMatch::Among(rest.get(..end)?), rest.get(end + 1..)?))
        }
        [own, rest @ ..] => Some((PatternMatch::One(*own), rest)),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_those_of_powershell() {
        for (text, pattern) in [
            ("IMAP.Protocol", "imap*"),
            ("IMAP", "IMAP*"),
            ("IMAP", "IMAP"),
            ("", "*"),
            ("", ""),
            ("aXbXc", "*x*c"),
            ("a1", "a[0-9]"),
            ("ab", "a[xyzb]"),
            ("a]", "a[]]"),
            ("abc", "a?c"),
            ("a*c", "a`*c"),
            ("ÄRGER", "ärger"),
            ("aaaaaaaaab", "*a*a*a*b"),
        ] {
            assert!(is_like(text, pattern), "{text:?} -like {pattern:?}");
        }
        for (text, pattern) in [
            ("IMAP", "IMAP.*"),
            ("abc", "a`*c"),
            ("a", ""),
            ("", "?"),
            ("IMAP", "[I"),
            ("ab", "a"),
            ("x", "[a-c]"),
            ("x", "`"),
        ] {
            assert!(!is_like(text, pattern), "{text:?} -notlike {pattern:?}");
        }
    }

    #[test]
    fn no_pattern_takes_long() {
        let text = "a".repeat(2000);
        assert!(!is_like(&text, &("*a".repeat(500) + "b")));
    }
}
