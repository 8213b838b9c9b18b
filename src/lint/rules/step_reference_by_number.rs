//! Texts that refer to a step by its number, which changes when a step is added.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{File, Rule, RuleScope};
use crate::source::Span;
use regex::Regex;
use std::sync::LazyLock;

pub const RULE: Rule = Rule {
    code: code::STEP_REFERENCE_BY_NUMBER,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Draft(check),
};

/// "step 2", "steps 2c", "步骤 2c" or "2.c", "第 2 步", and "2.c." on its own.
static REFERENCE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let english = r"\b(?i:steps?)\s+[0-9]{1,2}(?:[a-l]|(?:\.[0-9a-l]{1,2})+)?\b";
    let chinese = r"步骤\s*[0-9]{1,2}(?:\.?[a-l])?|第\s*[0-9一二三四五六七八九十]{1,3}\s*步";
    let letter = r"(?:^|[\s(,;，（])(?<bare>[0-9]{1,2}\.[a-l])(?:\.?[\s),;:，。）]|\.?.?$)";
    Regex::new(&format!("{english}|{chinese}|{letter}")).ok()
});

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    for text in file.index.texts.iter().filter(|text| !text.raw) {
        let written = file.source_text(text.span);
        if !written.contains(|letter: char| letter.is_ascii_digit() || letter == '第') {
            continue;
        }
        let inside = written.get(1..).unwrap_or_default();
        let Some(captures) = REFERENCE.as_ref().and_then(|reference| reference.captures(inside)) else { continue };
        let Some(place) = captures.name("bare").or(captures.get(0)) else { continue };
        let start = text.span.start + 1 + place.start() as u32;
        let span = Span::new(text.span.file, start, start + place.len() as u32);
        let message = format!("`\"{}\"` refers to a step by its number", place.as_str().trim());
        found.push(
            Diagnostic::warning(code::STEP_REFERENCE_BY_NUMBER, span, message)
                .help("Write what the step does: the number changes if a step is inserted before it"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::REFERENCE;

    #[test]
    fn knows_references_from_other_numbers() {
        let reference = REFERENCE.as_ref().unwrap();
        for text in
            ["go on with step 2", "Steps 3a and", "repeat step 2.1.", "执行步骤 2c", "回到第 3 步", "do 2.c.", "(2.c)"]
        {
            assert!(reference.is_match(text), "{text}");
        }
        for text in
            ["a step back", "within 2m", "version 2.4", "10.0.0.1", "v2.c", "2.c.example.org", "步骤很多", "step 200"]
        {
            assert!(!reference.is_match(text), "{text}");
        }
    }
}
