//! Random texts: the parser never panics, and formatting is correct for every text without errors.
//!
//! Runs a fixed number of rounds. `RECTIFY_FUZZ_SECONDS` sets a duration instead; `RECTIFY_FUZZ_SEED` starts with the
//! seed that a failure printed.

use crate::format_properties::laid_out_well;
use crate::generate::program;
use rectify::source::FileId;
use rectify::syntax::parse;
use std::time::{Duration, Instant};

const ROUNDS: u64 = 3000;

/// Tokens that mutations insert.
const PIECES: [&str; 40] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "#",
    "\n",
    " ",
    ",",
    ":",
    ".",
    "=",
    "==",
    "and ",
    "not ",
    "if ",
    "else ",
    "r\"",
    "r#\"",
    "\\",
    "${",
    "|",
    "重",
    "：",
    "“",
    "\u{202E}",
    "\u{0}",
    "\t",
    "\r",
    "resolve if fixed",
    "wait 5m",
    "step \"a\" {",
    "runbook A() {",
    "match x {",
    "all a in b: ",
    "9",
    "-",
    "\u{2028}",
];

/// A small, seeded random number generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.next() as u8).collect()
    }
}

fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Removes, duplicates, moves or inserts a piece.
fn mutate(text: &mut String, random: &mut Random) {
    let from = boundary(text, random.below(text.len() + 1));
    let to = boundary(text, (from + random.below(12)).min(text.len()));
    let piece = PIECES.get(random.below(PIECES.len())).copied().unwrap_or("");
    match random.below(4) {
        0 => text.replace_range(from..to, ""),
        1 => text.insert_str(from, &text[from..to].repeat(2)),
        2 => text.replace_range(from..to, piece),
        _ => text.insert_str(from, piece),
    }
}

fn text_of(random: &mut Random) -> String {
    match random.below(8) {
        0 => String::from_utf8_lossy(&random.bytes(400)).into_owned(),
        1 => (0..random.below(80)).map(|_| PIECES[random.below(PIECES.len())]).collect(),
        2 | 3 => program(&random.bytes(500)),
        _ => {
            let mut text = program(&random.bytes(400));
            for _ in 0..=random.below(6) {
                mutate(&mut text, random);
            }
            text
        }
    }
}

fn check(text: &str) -> Result<(), String> {
    let parsed = parse(FileId(0), text);
    for diagnostic in &parsed.diagnostics {
        let fix = diagnostic.fix.iter().map(|fix| fix.span);
        for span in diagnostic.labels.iter().map(|label| label.span).chain(fix) {
            if text.get(span.start as usize..span.end as usize).is_none() {
                return Err(format!("a place outside of the text: {diagnostic:?}"));
            }
        }
    }
    if parsed.diagnostics.is_empty() { laid_out_well(text) } else { Ok(()) }
}

#[test]
fn random_texts() {
    let number = |name| std::env::var(name).ok().and_then(|value: String| value.parse::<u64>().ok());
    let seconds = number("RECTIFY_FUZZ_SECONDS").map(Duration::from_secs);
    let first = number("RECTIFY_FUZZ_SEED").unwrap_or(1);
    let start = Instant::now();
    for seed in first.. {
        let over = match seconds {
            Some(seconds) => start.elapsed() > seconds,
            None => seed - first >= ROUNDS,
        };
        if over {
            break;
        }
        let text = text_of(&mut Random(seed));
        let outcome = std::panic::catch_unwind(|| check(&text)).unwrap_or_else(|_| Err("a panic".to_owned()));
        if let Err(wrong) = outcome {
            panic!("RECTIFY_FUZZ_SEED={seed}: {wrong}\n---- the text\n{text}");
        }
    }
}

/// Found by this fuzzer.
#[test]
fn a_name_that_goes_on_in_the_next_line_is_one_name() {
    let text = "runbook R(server: host) {\n  contact oncall\n  let up = host # whose\n    .reachable(server)\n  resolve \"${up}\"\n}\n";
    check(text).expect("laid out well");
}
