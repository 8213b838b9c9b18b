//! Hostile files are checked in bounded time, on a small stack, without a panic.

use crate::support::files::{InMemory, check, roots, tests_folder};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The codes found in a text, on a thread with a stack of half a MiB.
fn codes(text: String) -> BTreeSet<String> {
    let work = move || {
        let files = InMemory([(PathBuf::from("a.runbook"), text)].into());
        check(&files, Path::new("a.runbook")).1.into_iter().map(|finding| finding.code).collect()
    };
    std::thread::Builder::new().stack_size(512 << 10).spawn(work).unwrap().join().unwrap()
}

fn repeated(count: usize, mut line: impl FnMut(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        writeln!(text, "{}", line(number)).unwrap();
        text
    })
}

fn runbook(body: &str) -> String {
    format!("runbook R(n: number, t: text) {{\n  contact c\n{body}\n  resolve \"done\"\n}}\n")
}

#[test]
fn long_chains_and_circles() {
    let chain = |next: fn(usize) -> usize| repeated(4_000, |n| format!("procedure P{n}() {{\n  do P{}()\n}}", next(n)));
    assert_eq!(codes(chain(|n| n + 1) + "procedure P4000() {\n}\n"), ["E0108".to_owned()].into());
    assert!(codes(chain(|n| (n + 1) % 4_000)).contains("E0505"));
    let runs = repeated(3_000, |n| {
        format!("runbook R{n}() {{\n  contact c\n  run R{}()\n  resolve \"\"\n}}", (n + 1) % 3_000)
    });
    assert!(codes(runs).contains("E0505"));
    let actions = |next: fn(usize) -> usize| {
        let lines = repeated(4_000, |n| format!("observe a{n}() -> text {{ a{}() }}", next(n)));
        format!("backend b \"b\" {{\n{lines}observe a4000() -> text\n}}\n")
    };
    assert_eq!(codes(actions(|n| n + 1)), ["E0108".to_owned()].into());
    assert!(codes(actions(|n| (n + 1) % 4_000)).contains("E0505"));
    let records = repeated(4_000, |n| format!("record R{n} {{ a: R{} }}", n + 1));
    assert!(codes(records + "record R4000 { a: text }\n").contains("E0108"));
    let defaults = repeated(3_000, |n| format!("observe a{n}(x: text = a{}()) -> text", n + 1));
    assert!(codes(format!("backend b \"b\" {{\n{defaults}}}\n")).contains("E0310"));
}

#[test]
fn many_ways_through_few_declarations() {
    let records = repeated(31, |n| format!("record R{n} {{ {} }}", repeated(9, |f| format!("f{f}: R{}", n + 1))));
    let records =
        format!("{records}record R31 {{ a: text }}\n{}", runbook("  let x = t.json as R0\n  notify c \"${x}\""));
    assert_eq!(codes(records), BTreeSet::new());
    let procedures = repeated(30, |n| format!("procedure P{n}() {{\n  do P{m}()\n  do P{m}()\n}}", m = n + 1));
    assert_eq!(codes(procedures + "procedure P30() {\n  run R(1, t: \"\")\n}\n" + &runbook("")), BTreeSet::new());
    let actions = repeated(25, |n| format!("observe a{n}(x: text) -> text {{ a{m}(a{m}(x)) }}", m = n + 1));
    assert_eq!(codes(format!("backend b \"b\" {{\n{actions}observe a25(x: text) -> text\n}}\n")), BTreeSet::new());
}

#[test]
fn many_of_everything() {
    assert_eq!(codes(runbook(&repeated(8_000, |n| format!("let v{n} = {n}")))), BTreeSet::new());
    assert!(codes(runbook(&repeated(3_000, |n| format!("let v = w{n}")))).contains("E0201"));
    assert!(codes(runbook(&repeated(3_000, |n| format!("do procedure_{n}(w)")))).contains("E0201"));
    let words = repeated(20_000, |n| format!("w{n},"));
    let arms = repeated(3_000, |n| format!("w{n} {{ }}"));
    let body = format!("match e {{\n{arms}}}");
    assert!(codes(format!("enum E {{\n{words}}}\n{}", runbook(&body).replace("t: text", "e: E"))).contains("E0306"));
    let enums = repeated(3_000, |n| format!("enum E{n} {{ w, x{n} }}"));
    assert!(codes(enums + &runbook(&repeated(3_000, |n| format!("let v{n} = x{n}")))).len() <= 1);
    let cases = repeated(8_000, |n| format!("\"{n}\" {{ }}"));
    assert_eq!(codes(runbook(&format!("match t {{\n{cases}else {{ }}\n}}"))), BTreeSet::new());
    let long = "n".repeat(200_000);
    assert!(codes(runbook(&format!("let {long}m = 1\nnotify c \"${{{long}}}\""))).contains("E0201"));
    let narrowed = repeated(3_000, |n| format!("require x.f{n} is present"));
    let fields = repeated(3_000, |n| format!("f{n}: text?"));
    let body = format!("let x = t.json as X\n{narrowed}{}", repeated(1_500, |n| format!("wait x.f{n}")));
    assert!(codes(format!("record X {{\n{fields}}}\n{}", runbook(&body))).contains("E0301"));
}

#[test]
fn deep_blocks_with_deep_expressions() {
    let sum = vec!["n"; 250].join(" + ");
    let value = format!("(if {sum} > 1 then {sum} else {sum})");
    for open in ["if n > 1 {", "for x_ in [1] {", "try {", "step \"s\" {", "temporarily {", "repeat 2 times every 1m {"]
    {
        let depth = 60;
        let head: String = (0..depth).map(|n| open.replace("x_", &format!("x{n}")) + "\n").collect();
        let tail = match open {
            "try {" => "} catch e { }\n",
            "temporarily {" => "} undo { }\n",
            _ => "}\n",
        };
        let text = runbook(&format!("{head}let deep = {value}\n{}", tail.repeat(depth)));
        let found = codes(text);
        assert!(found.is_subset(&["E0202".to_owned()].into()), "{open}: {found:?}");
    }
}

#[test]
fn deep_patterns() {
    for (open, close) in [("(", ")"), ("{a:", "}"), ("-", "1"), ("if ", " then . else . end")] {
        let filter = open.repeat(3_000) + "." + &close.repeat(3_000);
        codes(runbook(&format!("let x = t.json.jq(\"{filter}\")")));
        codes(runbook(&format!("require t matches \"{}\"", filter.replace('{', "(").replace('}', ")"))));
    }
}

/// Rough tokens: words, numbers, texts, spaces, line ends, single characters.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let end = match first {
            '"' => rest[1..].find(['"', '\n']).map_or(rest.len(), |end| end + 2),
            c if word(c) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            ' ' => rest.find(|c| c != ' ').unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(end.min(rest.len()));
        tokens.push(token);
        rest = after;
    }
    tokens
}

#[derive(Debug, Clone)]
enum Slip {
    Delete(usize),
    Double(usize),
    Swap(usize, usize),
}

fn slips() -> impl Strategy<Value = Vec<Slip>> {
    let slip = prop_oneof![
        any::<usize>().prop_map(Slip::Delete),
        any::<usize>().prop_map(Slip::Double),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Slip::Swap(a, b)),
    ];
    prop::collection::vec(slip, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_with_mistakes_never_panics(which in any::<prop::sample::Index>(), slips in slips()) {
        let valid: Vec<PathBuf> = roots("valid").into_iter().filter(|root| !root.ends_with("farm.runbook")).collect();
        let root = which.get(&valid);
        let text = std::fs::read_to_string(tests_folder().join(root)).unwrap();
        let mut tokens = tokens(&text);
        for slip in slips {
            let length = tokens.len();
            if length == 0 { break; }
            match slip {
                Slip::Delete(at) => drop(tokens.remove(at % length)),
                Slip::Double(at) => tokens.insert(at % length, tokens[at % length]),
                Slip::Swap(a, b) => tokens.swap(a % length, b % length),
            }
        }
        let farm = std::fs::read_to_string(tests_folder().join("valid/farm.runbook")).unwrap();
        let files = InMemory([(root.clone(), tokens.concat()), ("valid/farm.runbook".into(), farm)].into());
        let begun = Instant::now();
        let (checked, found) = check(&files, root);
        prop_assert!(checked.program.is_some() == found.is_empty());
        prop_assert!(begun.elapsed() < Duration::from_secs(5));
    }
}
