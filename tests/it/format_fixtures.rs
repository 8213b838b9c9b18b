//! The formatter's layout: fixtures before and after.

use crate::format_properties::laid_out_well;
use rectify::format::format;
use rectify::source::FileId;
use rectify::syntax::parse;

fn laid_out(text: &str) -> String {
    let parsed = parse(FileId(0), text);
    assert_eq!(parsed.diagnostics, []);
    format(text, &parsed.file)
}

#[test]
fn a_crowded_file_is_formatted() {
    let before = include_str!("../fixtures/format/crowded.before.runbook");
    let after = include_str!("../fixtures/format/crowded.after.runbook");
    assert_eq!(laid_out(before), after);
    assert_eq!(laid_out(after), after);
}

#[test]
fn a_formatted_file_is_unchanged() {
    let ordinary = include_str!("../fixtures/syntax/ordinary.runbook");
    assert_eq!(laid_out(ordinary), ordinary);
}

#[test]
fn every_form_is_laid_out_well() {
    assert_eq!(laid_out_well(include_str!("../fixtures/syntax/every-form.runbook")), Ok(()));
}

#[test]
fn line_ends_and_marks_of_other_systems_go() {
    let text = "\u{FEFF}# one\r\nrunbook A() {\r\n\tf(\"two\r\n lines\")  \r\n}\r\n\r\n\r\n";
    assert_eq!(laid_out(text), "# one\nrunbook A() {\n  f(\"two\n lines\")\n}\n");
}

#[test]
fn an_empty_file_stays_empty_and_comments_alone_stay() {
    assert_eq!(laid_out(""), "");
    assert_eq!(laid_out("\n\n"), "");
    assert_eq!(laid_out("\n# one\n\n\n\n  # two"), "# one\n\n# two\n");
}

#[test]
fn a_line_that_just_fits_stays_and_one_that_does_not_is_broken() {
    let line = |length: usize| format!("runbook A() {{\n  f(\"{}\", b)\n}}\n", "a".repeat(length - 10));
    assert_eq!(laid_out(&line(120)), line(120));
    let broken = format!("runbook A() {{\n  f(\n    \"{}\",\n    b,\n  )\n}}\n", "a".repeat(111));
    assert_eq!(laid_out(&line(121)), broken);
}
