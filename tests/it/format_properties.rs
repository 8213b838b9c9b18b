//! Formatting is idempotent, keeps every comment, and never changes the program.

use crate::generate::program;
use proptest::prelude::*;
use rectify::format::format;
use rectify::source::FileId;
use rectify::syntax::{Parsed, parse};

/// The tree without spans and comments.
pub fn without_places(parsed: &Parsed) -> String {
    let whole = format!("{:?}", parsed.file.declarations);
    let mut rest = whole.as_str();
    let mut kept = String::with_capacity(whole.len());
    while let Some((before, after)) = rest.split_once("Span {") {
        kept.push_str(before);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    kept + rest
}

/// The texts of all comments in order.
pub fn comments(parsed: &Parsed) -> Vec<String> {
    parsed.file.comments.iter().map(|comment| comment.text.to_string()).collect()
}

/// Checks all three properties for a text without errors; returns what is wrong.
pub fn laid_out_well(text: &str) -> Result<(), String> {
    let parsed = parse(FileId(0), text);
    let once = format(text, &parsed.file);
    let again = parse(FileId(0), &once);
    if let Some(diagnostic) = again.diagnostics.first() {
        return Err(format!("laid out, it is no longer understood: {diagnostic:?}\n{once}"));
    }
    if without_places(&parsed) != without_places(&again) {
        return Err(format!("laid out, it says something else:\n{once}"));
    }
    let (mut before, mut after) = (comments(&parsed), comments(&again));
    before.sort();
    after.sort();
    if before != after {
        return Err(format!("comments were lost:\n{once}"));
    }
    let twice = format(&once, &again.file);
    if once != twice {
        return Err(format!("laid out again, it is different:\n{once}\n---- again\n{twice}"));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn generated_programs_are_read(choices in proptest::collection::vec(any::<u8>(), 0..600)) {
        let text = program(&choices);
        let parsed = parse(FileId(0), &text);
        prop_assert!(parsed.diagnostics.is_empty(), "{:?}\n{}", parsed.diagnostics.first(), text);
    }

    #[test]
    fn generated_programs_are_laid_out_well(choices in proptest::collection::vec(any::<u8>(), 0..600)) {
        let text = program(&choices);
        if let Err(wrong) = laid_out_well(&text) {
            prop_assert!(false, "{text}\n---- {wrong}");
        }
    }
}
