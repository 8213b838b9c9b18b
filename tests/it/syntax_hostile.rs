//! Hostile texts: a thousand or a million nested constructs give one diagnostic, on half a MiB of stack.

use rectify::format::format;
use rectify::source::FileId;
use rectify::syntax::{Parsed, parse};
use std::time::Duration;

/// Runs a closure on a small stack.
fn on_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(512 << 10);
        thread.spawn_scoped(scope, work).expect("a thread").join().expect("no panic")
    })
}

/// Text before, between and after the innermost construct, repeated as often as needed.
struct Shape {
    name: &'static str,
    before: &'static str,
    open: &'static str,
    inside: &'static str,
    close: &'static str,
    after: &'static str,
}

const fn shape(
    name: &'static str,
    before: &'static str,
    open: &'static str,
    inside: &'static str,
    close: &'static str,
    after: &'static str,
) -> Shape {
    Shape { name, before, open, inside, close, after }
}

const RUN: &str = "runbook A() {\n";

/// Every construct that can contain itself.
const SHAPES: &[Shape] = &[
    shape("steps", RUN, "step \"a\" {\n", "resolve \"x\"\n", "}\n", "}\n"),
    shape("if", RUN, "if a {\n", "resolve \"x\"\n", "}\n", "}\n"),
    shape("else", RUN, "if a { resolve \"x\" } else {\n", "resolve \"x\"\n", "}\n", "}\n"),
    shape("match", RUN, "match a { b { ", "resolve \"x\"\n", " } }", "\n}\n"),
    shape("for", RUN, "for a in b, at most 3 {\n", "resolve \"x\"\n", "}\n", "}\n"),
    shape("repeat", RUN, "repeat 3 times every 1m {\n", "wait 1m\n", "}\n", "}\n"),
    shape("retry", RUN, "retry 3 times every 1m {\n", "wait 1m\n", "}\n", "}\n"),
    shape("try", RUN, "try {\n", "wait 1m\n", "} catch e { wait 1m }\n", "}\n"),
    shape("temporarily", RUN, "temporarily {\n", "wait 1m\n", "} undo { wait 1m }\n", "}\n"),
    shape("require else", RUN, "require a else {\n", "resolve \"x\"\n", "}\n", "}\n"),
    shape("let else", RUN, "let a = b else {\n", "resolve \"x\"\n", "}\n", "}\n"),
    shape("parentheses", RUN, "(", "a", ")", "\n}\n"),
    shape("parentheses in a condition", "runbook A() {\nrequire ", "(", "a", ")", "\n}\n"),
    shape("lists", "runbook A() {\nlet x = ", "[", "a", "]", "\n}\n"),
    shape("made lists", "runbook A() {\nlet x = ", "[a for b in ", "c", "]", "\n}\n"),
    shape("calls", "runbook A() {\n", "f(", "a", ")", "\n}\n"),
    shape("labelled calls", "runbook A() {\n", "f(x: ", "a", ")", "\n}\n"),
    shape("calls over lines", "runbook A() {\n", "f(x:\n", "a", ")", "\n}\n"),
    shape("members", "runbook A() {\nlet x = ", "f(a.b(", "c", ").d)", "\n}\n"),
    shape("types", "record A { a: ", "list<", "text", ">", " }\n"),
    shape("types of parameters", "runbook A(a: ", "list<", "text", ">", ") { resolve \"x\" }\n"),
    shape("if as a value", "runbook A() {\nlet x = ", "if a then b else ", "c", "", "\n}\n"),
    shape("if in a condition", "runbook A() {\nlet x = ", "if ", "c", " then a else b", "\n}\n"),
    shape("if in then", "runbook A() {\nlet x = ", "if a then ", "c", " else b", "\n}\n"),
    shape("not", "runbook A() {\nrequire ", "not ", "c", "", "\n}\n"),
    shape("signs", "runbook A() {\nlet x = ", "- ", "c", "", "\n}\n"),
    shape("check", "runbook A() {\nlet x = ", "check ", "c()", "", "\n}\n"),
    shape("quantifiers", "runbook A() {\nrequire ", "all a in b: (", "c", ")", "\n}\n"),
    shape("quantified lists", "runbook A() {\nrequire ", "all a in (", "c", "): a", "\n}\n"),
    shape("narrowings", "runbook A() {\nlet x = ", "(", "c", " as text)", "\n}\n"),
    shape("blocks of nothing", RUN, "{\n", "", "}\n", "}\n"),
    shape("unknown blocks", RUN, "whatever x {\n", "", "}\n", "}\n"),
    shape("misspelt blocks", RUN, "stpe \"a\" {\n", "", "}\n", "}\n"),
    shape("open blocks", RUN, "step \"a\" {\n", "", "", ""),
    shape("open parentheses", RUN, "(", "", "", ""),
    shape("open lists", "runbook A() {\nlet x = ", "[", "", "", ""),
    shape("open calls", RUN, "f(", "", "", ""),
    shape("open types", "record A { a: ", "list<", "", "", ""),
    shape("open words", RUN, "if ", "", "", ""),
    shape("closing braces", RUN, "", "", "}\n", ""),
    shape("closing parentheses", RUN, "", "", ")", ""),
    shape("braces", "", "{", "", "", ""),
    shape("full-width parentheses", "runbook A() {\nlet x = ", "（", "a", "）", "\n}\n"),
    shape("records", "", "record A { a: ", "", "}", ""),
    shape("runbooks", "", "runbook A() {\n", "", "}", ""),
    shape("action bodies", "backend b {\n", "observe a() {\n", "c", "}\n", "}\n"),
];

/// Long texts that must parse in linear time.
const LONG: &[Shape] = &[
    shape("else if", "runbook A() {\nif a { wait 1m }", " else if a { wait 1m }", "", "", "\n}\n"),
    shape("interpolations", "runbook A() {\nresolve \"", "${a}", "", "", "\"\n}\n"),
    shape("open interpolations", "runbook A() {\nresolve \"", "${", "", "", "\"\n}\n"),
    shape("comments", "", "# a\n", "", "", ""),
    shape("signs of comments", "", "#", "", "", ""),
    shape("sums", "runbook A() {\nlet x = a", " + b", "", "", "\n}\n"),
    shape("conditions", "runbook A() {\nrequire a", " and b", "", "", "\n}\n"),
    shape("members", "runbook A() {\nlet x = f()", ".b", "", "", "\n}\n"),
    shape("calls of members", "runbook A() {\nlet x = f()", ".b()", "", "", "\n}\n"),
    shape("narrowings", "runbook A() {\nlet x = f()", " as text", "", "", "\n}\n"),
    shape("path", "runbook A() {\nlet x = a", ".b", "", "", "\n}\n"),
    shape("items", "runbook A() {\nlet x = [", "a, ", "", "", "]\n}\n"),
    shape("quotes", "runbook A() {\n", "\"", "", "", "\n}\n"),
    shape("escaped quotes", "runbook A() {\n", "\\\"", "", "", "\n}\n"),
    shape("raw quotes", "runbook A() {\n", "r#\"", "", "", "\n}\n"),
    shape("bad lines", "runbook A() {\n", "what is this\n", "", "", "}\n"),
    shape("extras", "runbook A() {\n", "wait 1m ", "", "", "\n}\n"),
    shape("headers", "runbook A() {\n", "title \"a\"\n", "", "", "}\n"),
    shape("stray braces", "", "}\n", "", "", ""),
    shape("stray braces on one line", "runbook A() {\n}\n", "}", "", "", ""),
    shape("tabs that indent", "", "\t", "", "", ""),
    shape("misplaced", "", "wait 1m\n", "", "", ""),
    shape("digits", "runbook A() {\nwait ", "9", "", "", "\n}\n"),
    shape("durations", "runbook A() {\nwait ", "9m", "", "", "\n}\n"),
    shape("blanks", "runbook A() {\nwait ", " ", "", "", "\n}\n"),
    shape("tabs", "runbook A() {\nwait", "\t", "", "", "5m\n}\n"),
    shape("carriage returns", "runbook A() {\n", "\r", "", "", "\n}\n"),
    shape("wide commas", "runbook A() {\nlet x = [", "a，", "", "", "]\n}\n"),
    shape("wide quotes", "runbook A() {\nresolve ", "“", "", "", "\n}\n"),
];

fn text(shape: &Shape, times: usize) -> String {
    let Shape { before, open, inside, close, after, .. } = shape;
    format!("{before}{}{inside}{}{after}", open.repeat(times), close.repeat(times))
}

/// Parses a text on a small stack; returns the processor time.
fn read(text: &str) -> (Parsed, Duration) {
    on_small_stack(|| {
        let before = processor_time();
        let parsed = parse(FileId(0), text);
        (parsed, processor_time() - before)
    })
}

/// Processor time of this thread; unlike the clock, independent of other processes.
fn processor_time() -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux keeps statistics");
    let nanoseconds = statistics.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.expect("the first is a time"))
}

/// All nesting counts together: 64 levels are accepted, 65 are not.
#[test]
fn the_limit_is_sixty_four() {
    let deep = |shape: &Shape, times| read(&text(shape, times)).0.diagnostics;
    for (name, around) in [
        ("steps", 1),
        ("parentheses in a condition", 1),
        ("lists", 1),
        ("not", 1),
        ("signs", 1),
        ("types", 1),
        ("calls", 1),
    ] {
        let shape = SHAPES.iter().find(|shape| shape.name == name).expect("a shape of that name");
        assert_eq!(deep(shape, 64 - around), [], "{name}");
        let over = deep(shape, 65 - around);
        assert!(matches!(over.as_slice(), [only] if only.code.0 == "E0108"), "{name}: {over:?}");
        assert!(over.iter().all(|it| it.span().end > it.span().start), "{name}: {over:?}");
    }
}

#[test]
fn operators_in_one_expression_are_limited() {
    let sum = |operators: usize| format!("runbook A() {{\n  let x = a{}\n}}\n", " + b".repeat(operators));
    assert_eq!(read(&sum(256)).0.diagnostics, []);
    assert_eq!(read(&sum(257)).0.diagnostics.iter().map(|it| it.code.0).collect::<Vec<_>>(), ["E0108"]);
    let path = |dots: usize| format!("runbook A() {{\n  let x = f(){}\n}}\n", ".b".repeat(dots));
    assert_eq!(read(&path(256)).0.diagnostics, []);
    assert_eq!(read(&path(257)).0.diagnostics.iter().map(|it| it.code.0).collect::<Vec<_>>(), ["E0108"]);
}

#[test]
fn many_levels_are_read_and_laid_out() {
    for shape in SHAPES {
        let text = text(shape, 25);
        let (parsed, _) = read(&text);
        assert!(parsed.diagnostics.iter().all(|it| it.code.0 != "E0108"), "{}: {:?}", shape.name, parsed.diagnostics);
        if parsed.diagnostics.is_empty() {
            on_small_stack(|| {
                let copy = parsed.file.clone();
                assert!(!format(&text, &copy).is_empty());
                drop(copy);
            });
        }
    }
}

#[test]
fn ten_thousand_levels_are_one_diagnostic() {
    for shape in SHAPES.iter().filter(|shape| !shape.open.is_empty()) {
        let text = text(shape, 10_000);
        let (parsed, time) = read(&text);
        let [only] = parsed.diagnostics.as_slice() else {
            panic!("{}: {} diagnostics, first {:?}", shape.name, parsed.diagnostics.len(), parsed.diagnostics.first());
        };
        assert_eq!(only.code.0, "E0108", "{}: {only:?}", shape.name);
        let levels = shape.before.len()..=shape.before.len() + 70 * shape.open.len();
        assert!(levels.contains(&(only.span().start as usize)), "{}: {only:?}", shape.name);
        assert!(time < Duration::from_secs(2), "{}: {time:?}", shape.name);
    }
}

#[test]
fn a_million_levels_are_refused() {
    for shape in SHAPES.iter().filter(|shape| !shape.open.is_empty()) {
        let text = text(shape, 1_000_000);
        let (parsed, time) = read(&text);
        assert!(parsed.diagnostics.iter().any(|it| it.code.0 == "E0108"), "{}", shape.name);
        assert!(time < Duration::from_secs(10), "{}: {time:?}", shape.name);
    }
}

#[test]
fn long_texts_are_read_in_time_that_grows_with_their_length() {
    for shape in LONG {
        // In quadratic time, an eighth of a MiB would take minutes.
        let times = (128 << 10) / shape.open.len();
        let (_, time) = read(&text(shape, times));
        assert!(time < Duration::from_secs(20), "{}: {time:?}", shape.name);
    }
}

#[test]
fn the_longest_and_deepest_tree_can_be_copied_laid_out_and_dropped() {
    // Sixty levels, each with four operators to the right of the next: recursion descends on the left side.
    let expression = (0..60).fold("a".to_owned(), |inside, _| format!("({inside}{})", " + b".repeat(4)));
    let text = format!("runbook A() {{\n  let x = {expression}\n}}\n");
    let (parsed, _) = read(&text);
    assert_eq!(parsed.diagnostics, []);
    on_small_stack(|| {
        let copy = parsed.file.clone();
        assert!(copy == parsed.file);
        assert!(!format!("{copy:?}").is_empty());
        assert!(!format(&text, &copy).is_empty());
    });
}
