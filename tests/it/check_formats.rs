//! Output of `check --format` for CI servers: well formed, valid in each format, and safe for any file content.

use crate::support::project::{Project, runbook};
use serde_json::Value;

/// A warning and an error, with names and lines that need escaping.
fn project() -> Project {
    let careless = runbook(
        "A",
        "server: host",
        "  let 探针 = \"😀\"  # x\n  escalate to oncall \"重启 <b>&\\\" step 2: ${server}\"",
    );
    let broken = runbook("B", "", "  resolve \"${nobody}\"");
    Project::new(&[("site/ä b,c:d%.runbook", &careless), ("site/b.runbook", &broken)])
}

fn written(format: &str) -> String {
    project().run(&["check", "site", "--format", format]).ends(1).stdout
}

#[test]
fn json_names_rule_and_place() {
    let document: Value = serde_json::from_str(&written("json")).unwrap();
    let findings = document["findings"].as_array().unwrap();
    let rules: Vec<&Value> = findings.iter().map(|finding| &finding["rule"]).collect();
    assert_eq!(rules, [&Value::Null, &"unused-value".into(), &"step-reference-by-number".into()]);
    for finding in findings {
        for name in ["code", "severity", "message", "file"] {
            assert!(finding[name].is_string(), "{finding}");
        }
        for name in ["line", "column", "end_line", "end_column"] {
            assert!(finding[name].is_u64(), "{finding}");
        }
        assert!(finding["path"].is_array() && finding.get("help").is_some(), "{finding}");
    }
}

/// The schema published by OASIS; `tests/fixtures/sarif/README.md` documents its origin.
fn schema_of_sarif() -> Value {
    let schema = include_str!("../fixtures/sarif/sarif-schema-2.1.0.json");
    let mut schema: Value = serde_json::from_str(schema).unwrap();
    // Remove the patterns of a property that is never written: with an unbalanced bracket, not every engine accepts
    // them.
    for part in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][part]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern").expect("the pattern");
    }
    schema
}

#[test]
fn sarif_is_valid_by_its_schema() {
    let schema = schema_of_sarif();
    assert!(schema["title"].as_str().unwrap().contains("(SARIF) Version 2.1.0"));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let text = runbook(
        "A",
        "server: host",
        "  service.restart(\"x\", on: server)\n  require host.reachable(server)\n  \
        resolve \"x\"  # allow: unused-valu — x",
    );
    let with_fixes = Project::new(&[("a.runbook", &text)]).run(&["check", ".", "--format", "sarif"]).ends(1).stdout;
    let nothing = Project::new(&[("a.runbook", &runbook("A", "", "  resolve \"x\""))]);
    let nothing = nothing.run(&["check", ".", "--format", "sarif"]).ends(0).stdout;
    assert!(with_fixes.contains("\"fixes\"") && with_fixes.contains("\"relatedLocations\""), "{with_fixes}");
    for text in [written("sarif"), with_fixes, nothing] {
        let mut document: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0]);
        // The validator does reject invalid documents.
        document["runs"][0]["columnKind"] = "bytes".into();
        assert!(!validator.is_valid(&document));
    }
}

#[test]
fn sarif_counts_in_utf16_and_encodes_paths() {
    let document: Value = serde_json::from_str(&written("sarif")).unwrap();
    let run = &document["runs"][0];
    assert_eq!(document["version"], "2.1.0");
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
    }
    let step = &run["results"][2];
    let place = &step["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "site/%C3%A4%20b%2Cc%3Ad%25.runbook");
    let line = "  escalate to oncall \"重启 <b>&\\\" step 2: ${server}\"";
    let before = line.split("step 2").next().unwrap().encode_utf16().count() as u64;
    assert_eq!(place["region"]["startColumn"], before + 1);
    assert_eq!(place["region"]["endColumn"], before + 7);
    assert_eq!(step["level"], "warning");
}

#[test]
fn github_gets_one_command_per_finding() {
    let text = written("github");
    let commands: Vec<&str> = text.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(commands.len(), 3, "{text}");
    assert!(commands[0].starts_with("::error file=site/b.runbook,line=6,endLine=6,col="), "{text}");
    assert!(commands[1].starts_with("::warning file=site/ä b%2Cc%3Ad%25.runbook,line=6,"), "{text}");
    assert_eq!(text.lines().last(), Some("1 error and 2 warnings"));
}

/// Elements in order, by name, with their attributes. Panics if the document is not well formed.
fn elements(xml: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("a declaration");
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a stray >");
        let end = rest.find('>').expect("an end");
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut pairs = Vec::new();
        while let Some((name, after)) = attributes.split_once("=\"") {
            let (value, after) = after.split_once('"').expect("a closing quote");
            assert!(!value.contains('<') && value.split('&').skip(1).all(|it| it.contains(';')), "{value}");
            pairs.push((name.trim().to_owned(), value.to_owned()));
            attributes = after;
        }
        if !closed {
            open.push(name.to_owned());
        }
        found.push((name.to_owned(), pairs));
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?}");
    found
}

#[test]
fn junit_has_a_suite_per_file_and_a_case_per_finding() {
    let found = elements(&written("junit"));
    let count = |wanted: &str| found.iter().filter(|(name, _)| name == wanted).count();
    assert_eq!((count("testsuite"), count("testcase"), count("failure")), (2, 3, 3));
    assert!(found[0].1.contains(&("failures".to_owned(), "3".to_owned())), "{:?}", found[0]);
    let passed = Project::new(&[("a.runbook", &runbook("A", "", "  resolve \"x\""))]);
    let found = elements(&passed.run(&["check", ".", "--format", "junit"]).ends(0).stdout);
    assert_eq!(found.iter().filter(|(name, _)| name == "testcase").count(), 1);
}

#[test]
fn gitlab_fingerprints_survive_a_move() {
    let fingerprints = |text: &str| {
        let issues: Vec<Value> = serde_json::from_str(text).unwrap();
        for issue in &issues {
            assert!(issue["description"].is_string() && issue["check_name"].is_string(), "{issue}");
            assert!(["major", "minor"].contains(&issue["severity"].as_str().unwrap()), "{issue}");
            assert!(issue["location"]["lines"]["begin"].is_u64(), "{issue}");
        }
        issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let project = Project::new(&[("a.runbook", &runbook("A", "", "  let x = 1\n  let y = 1\n  resolve \"z\""))]);
    let before = fingerprints(&project.run(&["check", ".", "--format", "gitlab"]).ends(1).stdout);
    let text = std::fs::read_to_string(project.path("a.runbook")).unwrap();
    std::fs::write(project.path("a.runbook"), format!("# above\n{text}")).unwrap();
    let after = fingerprints(&project.run(&["check", ".", "--format", "gitlab"]).ends(1).stdout);
    assert_eq!(before, after);
    assert_ne!(before[0], before[1]);
}
