//! Each rule finds what its fixtures expect, and no rule reports correct code.
//!
//! `tests/lint/RULE/bad.runbook` lists its expected findings like files of `tests/invalid`; `good.runbook` has none. If
//! a fixture needs several files, it is a folder with a `main.runbook`.

use crate::support::files::{self, Finding, InMemory, parse_expectation, tests_folder};
use rectify::backend::registry;
use rectify::check::Session;
use rectify::diagnostic::{CODES, Diagnostic, code, rule_page};
use rectify::inventory::Inventory;
use rectify::lint::{FileSummary, LintOptions, RULES, RuleScope};
use rectify::program::Program;
use rectify::source::{SourceFile, SourceMap};
use rectify::{inventory, lint};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A project in memory, with its inventory in `rectify.yaml`.
#[derive(Clone, Default)]
pub struct LintProject(pub InMemory);

impl LintProject {
    /// A single file, or every file of a folder.
    fn read_from(path: &Path) -> Self {
        let mut project = Self::default();
        if path.is_dir() {
            for entry in std::fs::read_dir(path).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() && path.extension().is_some_and(|it| it == "runbook" || it == "yaml") {
                    let name = path.file_name().unwrap().into();
                    project.0.0.insert(name, std::fs::read_to_string(&path).unwrap());
                }
            }
        } else {
            project.0.0.insert("main.runbook".into(), std::fs::read_to_string(path).unwrap());
        }
        project
    }

    fn runbooks(&self) -> Vec<PathBuf> {
        self.0.0.keys().filter(|name| name.extension().is_some_and(|it| it == "runbook")).cloned().collect()
    }

    /// The findings of the lint rules in the given files, which must have no errors.
    fn lint(&self, named: &[PathBuf]) -> Linted {
        let mut sources: SourceMap = registry::catalog().sources().clone();
        let inventory: Option<Inventory> = self.0.0.get(Path::new("rectify.yaml")).map(|text| {
            let file = sources.add(SourceFile::new("rectify.yaml", text.as_str()));
            let (inventory, found) = inventory::parse(file, text, &registry::sections());
            assert_eq!(found, []);
            inventory
        });
        let mut session = Session::new(&self.0, registry::catalog(), inventory.as_ref(), sources);
        let mut summaries = Vec::new();
        let mut programs = Vec::new();
        let mut linted = BTreeSet::new();
        for name in named {
            let checked = session.check(name);
            assert_eq!(checked.diagnostics, [], "{}", name.display());
            let (file, program) = (session.read_file(name).unwrap(), checked.program.unwrap());
            summaries.push(lint::check_file(&session, file, &program, inventory.as_ref()));
            linted.insert(file.id);
            programs.push(program);
        }
        summaries.extend(
            session.read_files().filter(|it| !linted.contains(&it.id)).map(|it| FileSummary::new(&session, it)),
        );
        let today = jiff::civil::date(2026, 6, 1);
        let found = lint::finish(&summaries, LintOptions { inventory: inventory.as_ref(), whole: true, today });
        Linted { found, programs, sources: session.into_sources() }
    }

    pub fn lint_all(&self) -> Linted {
        self.lint(&self.runbooks())
    }
}

pub struct Linted {
    found: Vec<Diagnostic>,
    programs: Vec<Program>,
    sources: SourceMap,
}

impl Linted {
    /// The output of `rectify check`.
    pub fn screen(self) -> String {
        files::screen_of(self.found, &self.sources)
    }

    fn findings(&self) -> Vec<Finding> {
        self.found.iter().map(|diagnostic| Finding::of(diagnostic, &self.sources)).collect()
    }
}

/// The fixture of a rule, `bad` or `good`.
pub fn fixture(rule: &str, which: &str) -> LintProject {
    LintProject::read_from(&fixture_path(rule, which))
}

fn fixture_path(rule: &str, which: &str) -> PathBuf {
    let path = tests_folder().join("lint").join(rule).join(which);
    if path.is_dir() { path } else { path.with_extension("runbook") }
}

/// Rules with a fixture. `check_baseline` tests the rule about the baseline.
fn names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name()).filter(|name| *name != "stale-baseline")
}

#[test]
fn each_rule_has_exactly_the_findings_of_its_fixtures() {
    let mut wrong = Vec::new();
    for name in names() {
        let bad = fixture(name, "bad");
        let text = &bad.0.0[Path::new("main.runbook")];
        let demands = text.lines().filter_map(|line| line.strip_prefix("# expect: "));
        let expected: Vec<Finding> = demands
            .map(|line| parse_expectation(Path::new("main.runbook"), line).unwrap_or_else(|| panic!("{line}")))
            .collect();
        assert!(!expected.is_empty(), "{name} does not say what it expects");
        let found = bad.lint_all().findings();
        let same = found.len() == expected.len() && found.iter().zip(&expected).all(|(one, other)| one.fits(other));
        if !same {
            wrong.push(format!("{name}: found {found:#?}"));
        }
        // `cli_pages` tests the corrected example of the rule's page; this is for what the page does not show.
        if fixture_path(name, "good").exists() {
            let found = fixture(name, "good").lint_all().findings();
            if !found.is_empty() {
                wrong.push(format!("{name}, good: found {found:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A restart of the host that mail leaves by, as `@`, in every statement that can hold one.
const DISRUPTIONS: &[&str] = &[
    "@",
    "step \"One\" { @ }",
    "require server.site == \"north\" else { @\n escalate to oncall \"No\" }",
    "require approval \"Restart?\" by 1 within 1h else { @\n escalate to oncall \"No\" }",
    "wait until service.state(\"dovecot\", on: server) == Running within 2m every 10s else { @ }",
    "manual \"Look at it\" within 1h else { @ }",
    "let site = [server.site].first else { @\n escalate to oncall \"No\" }",
    "temporarily { exec.change([\"a\"])\n @ } undo { wait 1s }\n manual \"Look at it\" within 1h",
    "temporarily { exec.change([\"a\"]) } undo { @ }\n manual \"Look at it\" within 1h",
    "if server.site == \"north\" { @ } else { wait 1s }",
    "if server.site == \"north\" { wait 1s } else { @ }",
    "match server.site { \"north\" { @ } else { wait 1s } }",
    "match server.site { \"north\" { wait 1s } else { @ } }",
    "for one in [server], at most 3 { @ }",
    "repeat 3 times every 1m until server.site == \"south\" { @ } else { wait 1s }",
    "repeat 3 times every 1m until server.site == \"south\" { wait 1s } else { @ }",
    "retry 3 times every 1m { @ }",
    "try { @ } catch failure { wait 1s }",
    "try { permanently exec.change([\"a\"]) } catch failure { @ }",
    "do Restart(server)",
    "temporarily do Replace(server)\n manual \"Look at it\" within 1h",
    "run Other(server)",
    "let outcome = run Other(server)\n notify oncall \"${outcome}\"",
    "match run Other(server) { resolved, escalated, cancelled { wait 1s } }",
];

#[test]
fn a_disruption_counts_wherever_it_stands() {
    let site = fixture("escalation-via-target", "bad");
    let restart = "service.restart(\"dovecot\", on: server)";
    let main = &site.0.0[Path::new("main.runbook")];
    assert!(main.contains(restart));
    let mut missed = Vec::new();
    for disruption in DISRUPTIONS {
        let mut site = site.clone();
        let text = main.replace(restart, &disruption.replace('@', restart));
        let others = format!(
            "procedure Restart(server: mail_server) {{ {restart} }}\n\
             procedure Replace(server: mail_server) {{ exec.change([\"a\"]) }} undo {{ {restart} }}\n\
             runbook Other(server: mail_server) {{ contact oncall\n ends within 1h\n escalate to oncall \"Of itself\" }}\n",
        );
        site.0.0.insert("main.runbook".into(), text + &others);
        let found = site.lint_all().found;
        if !found.iter().any(|it| it.code == code::ESCALATION_VIA_TARGET) {
            missed.push(*disruption);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

/// A file that the `bad` fixture of a rule becomes when a piece of it is replaced, and what the rule finds there.
#[track_caller]
fn finds(rule: &str, piece: &str, replacement: &str, marked: &str) {
    let mut site = fixture(rule, "bad");
    let text = site.0.0.get_mut(Path::new("main.runbook")).unwrap();
    assert!(text.contains(piece), "{text}");
    *text = text.replace(piece, replacement);
    let linted = site.lint_all();
    let code = rule_page(rule).unwrap().code;
    let found: Vec<&str> =
        linted.found.iter().filter(|it| it.code == code).map(|it| linted.sources.text(it.span())).collect();
    assert!(found.contains(&marked), "{found:?}");
}

#[test]
fn a_secret_in_a_test_is_found_in_every_text() {
    let runbook = "runbook Recover(server: host) {";
    for (line, marked) in [
        ("given ask \"https://ada:hunter2@example.org\" answers approve", "://ada:hunter2@"),
        ("given exec.read errors \"https://ada:hunter2@example.org\"", "://ada:hunter2@"),
        ("expect escalated \"https://ada:hunter2@example.org\"", "://ada:hunter2@"),
    ] {
        let test =
            format!("test \"t\" for Recover(server: \"a.example.org\") {{\n{line}\nexpect within 1h\n}}\n\n{runbook}");
        finds("literal-secret", runbook, &test, marked);
    }
}

#[test]
fn names_of_choices_and_saved_values_can_be_confused_as_well() {
    let choice = "let answer = ask \"Which?\" choices [оne, two] within 1h default two\n  let sеssion";
    finds("confusable-name", "let sеssion", choice, "оne");
    let backend = "backend own \"Own\" {\n  change set(on: host, to: boolean = true)\n    saves bеfore = service.is_stopped(\"a\", on: on)\n    undo set(on: on, to: before)\n}\nrunbook Recover";
    finds("confusable-name", "runbook Recover", &backend.replace("to: before", "to: bеfore"), "bеfore");
}

#[test]
fn a_contact_of_the_same_name_does_not_use_a_parameter() {
    let escalation = "escalate to oncall \"Not restarted\"";
    finds("unused-parameter", "reason: text) {", "oncall: text) {", "oncall");
    finds("unused-parameter", "resolve \"Restarted\"", escalation, "reason");
}

#[test]
fn every_rule_has_a_code_a_name_and_a_place_in_the_registry() {
    let of_codes: Vec<_> = CODES.iter().filter(|page| page.code.0.starts_with('L')).collect();
    assert_eq!(
        of_codes.iter().map(|page| page.code).collect::<Vec<_>>(),
        RULES.iter().map(|it| it.code).collect::<Vec<_>>()
    );
    for page in CODES {
        assert_eq!(page.rule.is_some(), page.code.0.starts_with('L'), "{}", page.code);
    }
    let names: BTreeSet<&str> = names().collect();
    assert_eq!(names.len(), RULES.len() - 1, "a name is there twice");
    let reads_well = |name: &str| name.contains('-') && name.chars().all(|it| it.is_ascii_lowercase() || it == '-');
    assert!(names.iter().all(|name| reads_well(name)), "{names:?}");
    for entry in std::fs::read_dir(tests_folder().join("lint")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(names.contains(name.as_str()), "tests/lint/{name} belongs to no rule");
    }
}

#[test]
fn what_a_rule_finds_can_be_allowed_where_it_stands() {
    for rule in RULES.iter().filter(|rule| !matches!(rule.scope, RuleScope::Findings)) {
        let mut project = fixture(rule.name(), "bad");
        let linted = project.lint_all();
        let [finding] = linted.found.as_slice() else { panic!("{}: {:?}", rule.name(), linted.found) };
        let file = linted.sources.file(finding.span().file).unwrap();
        if !file.name.ends_with(".runbook") {
            continue;
        }
        let line = file.position(finding.span().start).line as usize;
        let mut lines: Vec<&str> = file.text.lines().collect();
        let allow = format!("# allow: {} — because this test says so", rule.name());
        lines.insert(line - 1, &allow);
        project.0.0.insert(PathBuf::from(&*file.name), lines.join("\n") + "\n");
        assert_eq!(project.lint_all().findings(), [], "{}", rule.name());
    }
}

/// A program without its spans.
fn meaning(program: &Program) -> String {
    let spans = regex::Regex::new(r"Span \{[^{}]*\}").unwrap();
    spans.replace_all(&format!("{program:?}"), "").into_owned()
}

#[test]
fn a_fix_takes_the_finding_away_and_keeps_the_program() {
    let mut looked_at = 0;
    for rule in RULES.iter().filter(|rule| rule.fixable) {
        let mut project = fixture(rule.name(), "bad");
        let before = project.lint_all();
        let finding = before.found.iter().find(|it| it.code == rule.code).expect("the finding");
        let fix = finding.fix.as_ref().unwrap_or_else(|| panic!("{} has no fix", rule.name()));
        let file = before.sources.file(fix.span.file).unwrap();
        let mut text = file.text.to_string();
        text.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.replacement);
        project.0.0.insert(PathBuf::from(&*file.name), text);
        let after = project.lint_all();
        assert!(after.found.iter().all(|it| it.code != rule.code), "{}: {:?}", rule.name(), after.findings());
        let meanings = |linted: &Linted| linted.programs.iter().map(meaning).collect::<Vec<_>>();
        // Its fix is another call that does the same.
        let calls_another = rule.name() == "ssh-command";
        assert!(
            calls_another != (meanings(&before) == meanings(&after)),
            "the fix of {} changes the program",
            rule.name()
        );
        assert!(meanings(&before)[0].len() > 100);
        looked_at += 1;
    }
    assert!(looked_at >= 2);
    for rule in RULES.iter().filter(|rule| !rule.fixable && rule.name() != "stale-baseline") {
        let found = fixture(rule.name(), "bad").lint_all().found;
        assert!(found.iter().all(|it| it.fix.is_none()), "{} has a fix and does not say so", rule.name());
    }
}

#[test]
fn no_rule_reports_the_shipped_runbooks() {
    let root = tests_folder().join("../runbooks");
    let mut looked_at = 0;
    for entry in std::fs::read_dir(&root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let project = LintProject::read_from(&path);
            looked_at += project.runbooks().len();
            assert_eq!(project.lint_all().findings(), [], "{}", path.display());
        }
    }
    assert!(looked_at >= 10, "only {looked_at} runbooks were found");
}

/// Each file is a separate project: several files handle the same alerts.
#[test]
fn no_rule_reports_valid_files() {
    let mut project = LintProject::default();
    for entry in std::fs::read_dir(tests_folder().join("valid")).unwrap() {
        let entry = entry.unwrap();
        let name = Path::new("valid").join(entry.file_name());
        project.0.0.insert(name, std::fs::read_to_string(entry.path()).unwrap());
    }
    // On its own, `farm.runbook` has unused declarations: the other files import them.
    let roots: Vec<PathBuf> = project.runbooks().into_iter().filter(|root| !root.ends_with("farm.runbook")).collect();
    assert!(roots.len() >= 8);
    for root in roots {
        assert_eq!(project.lint(std::slice::from_ref(&root)).findings(), [], "{}", root.display());
    }
}
