//! Files with syntax mistakes: comments list the code and location of every diagnostic, and there are no others.

use crate::support::repository;
use rectify::source::{FileId, SourceFile};
use rectify::syntax::parse;

/// The expectations in a file's comments: `expect E0101 3:1`.
fn expected(text: &str) -> Vec<String> {
    let mut expected: Vec<String> = text
        .split("expect E")
        .skip(1)
        .map(|after| format!("E{}", after.split_whitespace().take(2).collect::<Vec<_>>().join(" ")))
        .collect();
    expected.sort();
    expected
}

fn found(text: &str) -> Vec<String> {
    let source = SourceFile::new("mistakes", text);
    let mut found: Vec<String> = parse(FileId(0), text)
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let place = source.position(diagnostic.span().start);
            format!("{} {}:{}", diagnostic.code, place.line, place.column)
        })
        .collect();
    found.sort();
    found
}

#[test]
fn each_mistake_is_found_and_nothing_else() {
    let folder = repository().join("tests/fixtures/syntax/mistakes");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of fixtures") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a fixture");
        assert!(!expected(&text).is_empty(), "{path:?} expects nothing");
        assert_eq!(found(&text), expected(&text), "{path:?}");
        files += 1;
    }
    assert!(files >= 8, "{files} files");
}

#[test]
fn no_message_speaks_of_the_grammar() {
    let folder = repository().join("tests/fixtures/syntax/mistakes");
    let grammar = include_str!("../../grammar/runbook.pest");
    let rules: Vec<&str> = grammar
        .lines()
        .filter_map(|line| line.split_once(" = ").or_else(|| line.split_once("= ")))
        .map(|(name, _)| name.trim())
        .filter(|name| name.contains('_') && !matches!(*name, "depends_on"))
        .collect();
    assert!(rules.len() > 40, "{rules:?}");
    for entry in std::fs::read_dir(folder).expect("the folder of fixtures") {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("a fixture");
        for diagnostic in parse(FileId(0), &text).diagnostics {
            let words =
                format!("{} {} {:?}", diagnostic.message, diagnostic.help.unwrap_or_default(), diagnostic.labels);
            for rule in &rules {
                assert!(
                    !words.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == *rule),
                    "{rule}: {words}"
                );
            }
        }
    }
}

/// Applies every fix, last first, and returns what is still wrong.
fn after_fixes(text: &str) -> Vec<String> {
    let mut fixed = text.to_owned();
    let mut fixes: Vec<_> = parse(FileId(0), text).diagnostics.into_iter().filter_map(|it| it.fix).collect();
    fixes.sort_by_key(|fix| fix.span.start);
    for fix in fixes.iter().rev() {
        fixed.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.replacement);
    }
    parse(FileId(0), &fixed).diagnostics.iter().map(|it| it.message.clone()).collect()
}

#[test]
fn fixes_remove_their_finding() {
    let wrong = [
        "wiat 5m",
        "wait 5m wait 6m",
        "wait 5min",
        "x = 3",
        "require a && b",
        "require a || b",
        "require a = b",
        "foo();",
        "if(a) { wait 5m }",
        "step \"a\"\n  {\n    wait 5m\n  }",
        "service.restart（“imap”，on：server）",
        "resolve “done”",
        "let x = [a，b]",
        "wait\t5m",
        "resolve if fixed witin 5m",
        "wait\u{A0}5m",
        "wait 5m \u{202E}",
        "notify oncall \"a\u{200B}b\"",
        "notify oncall \"a”",
    ];
    for line in wrong {
        let text = format!("runbook A(server: host) {{\n  contact oncall\n  {line}\n}}\n");
        assert!(!parse(FileId(0), &text).diagnostics.is_empty(), "{line}");
        assert_eq!(after_fixes(&text), Vec::<String>::new(), "{line}");
    }
}

#[test]
fn deceptive_characters_are_refused_everywhere() {
    for character in ['\u{202E}', '\u{2066}', '\u{200F}', '\u{0}', '\u{1B}', '\u{2028}', '\u{FEFF}', '\r'] {
        for (before, after) in [("resolve \"a", "b\""), ("wait 5m # a", "b"), ("wait", "5m"), ("wait 5m", "")] {
            if character == '\r' && after.is_empty() {
                continue;
            }
            let text = format!("runbook A() {{\n  contact oncall\n  {before}{character}{after}\n}}\n");
            let diagnostics = parse(FileId(0), &text).diagnostics;
            let at = text.find(character).unwrap_or(0) as u32;
            let [first, ..] = diagnostics.as_slice() else { panic!("{character:?} in {text:?} is accepted") };
            assert_eq!((first.code.0, first.span().start), ("E0110", at), "{character:?} in {text:?}: {first:?}");
        }
    }
}
