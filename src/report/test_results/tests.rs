use super::*;
use crate::diagnostic::code;
use crate::source::{FileId, SourceFile, Span};

/// Titles and messages that break attributes, elements or XML itself unless they are escaped.
const HOSTILE: &str = "a \"b\" <c> & 'd' ]]> \u{0} \u{1b}[31m \u{ffff} \t x\ny \u{4e2d}\u{1f600}";

fn sent_messages() -> TestReport {
    let mut sources = SourceMap::new();
    sources.add(SourceFile::new("a.runbook", "test \"x\" {\n  expect resolved\n}\n"));
    let failure = Diagnostic::error(code::NOT_AS_EXPECTED, Span::new(FileId(0), 13, 28), HOSTILE);
    let test = |title: &str, failures| TestResult {
        file: "a.runbook".into(),
        line: 1,
        title: title.into(),
        runbook: "R".into(),
        took: SignedDuration::from_millis(1500),
        failures,
        sources: 0,
        transcript: format!("03:00:00  {HOSTILE}\n"),
    };
    let missed = vec![MissedLine { what: "ending", line: 7, text: "resolve \"x\"".into() }];
    let coverage = vec![CoverageResult { file: "a.runbook".into(), name: "R".into(), steps: 2, endings: 3, missed }];
    let tests = vec![test("passes", Vec::new()), test(HOSTILE, vec![failure])];
    TestReport { sources: vec![sources], tests, coverage: Some(coverage) }
}

/// A tag with unescaped attributes, or text.
#[derive(Debug, PartialEq)]
enum Piece {
    Open(String, Vec<(String, String)>),
    Close(String),
    Text(String),
}

/// Parses the subset of XML that the report uses, and panics on anything else.
fn read(xml: &str) -> Vec<Piece> {
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(allowed), "a character that XML cannot hold");
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a declaration");
    let mut pieces = Vec::new();
    let mut open: Vec<String> = Vec::new();
    while !rest.is_empty() {
        let Some(tag) = rest.strip_prefix('<') else {
            let end = rest.find('<').unwrap_or(rest.len());
            assert!(!rest[..end].contains("]]>"));
            pieces.push(Piece::Text(unescape(&rest[..end])));
            rest = &rest[end..];
            continue;
        };
        let end = tag.find('>').expect("a tag ends");
        let inside = &tag[..end];
        rest = &tag[end + 1..];
        assert!(!inside.contains('<'));
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "tags nest");
            pieces.push(Piece::Close(name.to_owned()));
            continue;
        }
        let (inside, alone) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
        let (name, mut attributes) = inside.split_once(' ').unwrap_or((inside, ""));
        let mut found = Vec::new();
        while !attributes.is_empty() {
            let (key, value) = attributes.split_once("=\"").expect("an attribute");
            let (value, more) = value.split_once('"').expect("its end");
            assert!(!value.contains('\n') && !value.contains('\t'), "line ends in attributes are lost");
            found.push((key.trim().to_owned(), unescape(value)));
            attributes = more.trim_start();
        }
        pieces.push(Piece::Open(name.to_owned(), found));
        if alone {
            pieces.push(Piece::Close(name.to_owned()));
        } else {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?} is not closed");
    pieces
}

fn unescape(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').expect("a reference ends");
        plain.push_str(match name {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "#9" => "\t",
            "#10" => "\n",
            "#13" => "\r",
            other => panic!("a reference that is not known: {other}"),
        });
        plain.push_str(rest);
    }
    plain
}

#[test]
fn junit_is_well_formed_whatever_it_holds() {
    let pieces = read(&tests_as_junit(&sent_messages()));
    let as_shown = HOSTILE.replace(['\u{0}', '\u{1b}', '\u{ffff}'], "\u{fffd}");
    let attribute = |wanted: &str, key: &str| {
        let mut tags = pieces.iter().filter_map(|piece| match piece {
            Piece::Open(name, attributes) if name == wanted => Some(attributes),
            _ => None,
        });
        let value =
            |attributes: &Vec<(String, String)>| attributes.iter().find(|(name, _)| name == key).unwrap().1.clone();
        tags.by_ref().map(value).collect::<Vec<_>>()
    };
    assert_eq!(attribute("testcase", "name"), ["passes".to_owned(), as_shown.clone()]);
    assert_eq!(attribute("testsuite", "failures"), ["1"]);
    assert_eq!(attribute("testsuite", "time"), ["3.000"]);
    assert_eq!(attribute("failure", "message"), [as_shown]);
    assert_eq!(attribute("failure", "type"), ["E0801"]);
    let texts = pieces.iter().filter(|piece| matches!(piece, Piece::Text(text) if text.contains("03:00:00")));
    assert_eq!(texts.count(), 1, "the story of the one that failed, and no other");
}

#[test]
fn json_is_one_object_a_line() {
    let page = tests_as_json(&sent_messages());
    let lines: Vec<serde_json::Value> = page.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["test_ended", "test_ended", "coverage", "tests_ended"]);
    assert!(lines.iter().all(|line| line["schema"] == 1));
    assert_eq!((&lines[1]["result"], &lines[1]["duration"]), (&"failed".into(), &1.5.into()));
    assert_eq!((&lines[1]["failures"][0]["code"], &lines[1]["failures"][0]["line"]), (&"E0801".into(), &2.into()));
    assert_eq!(lines[2]["missed"][0]["line"], 7);
    assert_eq!((&lines[3]["passed"], &lines[3]["failed"]), (&1.into(), &1.into()));
}

#[test]
fn text_shows_the_location_the_run_and_the_missing_coverage() {
    let page = tests_as_text(&sent_messages(), crate::report::Style { colour: false, width: 100 });
    for wanted in [
        "  ok      passes\n",
        "  FAILED  a \"b\"",
        "a.runbook:2:3",
        "    03:00:00  a",
        "1 test failed, 1 passed\n",
        "2 of 2 steps and 2 of 3 endings reached\n",
        "  no test reaches a.runbook:7: resolve \"x\"\n",
    ] {
        assert!(page.contains(wanted), "{wanted:?} is not in\n{page}");
    }
    let title = page.lines().find(|line| line.contains("FAILED")).unwrap();
    assert!(!title.contains('\u{1b}'), "titles do nothing to a terminal");
}
