//! Valid text parses without a diagnostic.

use rectify::source::FileId;
use rectify::syntax::parse;

const EVERY_FORM: &str = include_str!("../fixtures/syntax/every-form.runbook");

#[test]
fn every_form_is_read() {
    let parsed = parse(FileId(0), EVERY_FORM);
    assert_eq!(parsed.diagnostics, []);
    assert_eq!(parsed.file.declarations.len(), 13);
}

#[test]
fn line_ends_tabs_and_a_byte_order_mark_make_no_difference() {
    let text = format!("\u{FEFF}{}", EVERY_FORM.replace("\n  ", "\n\t").replace('\n', "\t\r\n"));
    let parsed = parse(FileId(0), &text);
    assert_eq!(parsed.diagnostics, []);
    assert_eq!(parsed.file.declarations.len(), 13);
}
