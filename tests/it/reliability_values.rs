//! A value with a masked or truncated part is shown to people, and never used as data. Secrets are masked before text
//! is truncated.

use crate::support::project::{Project, Ran, runbook};
use std::process::Command;

/// A unique secret with characters that encodings change.
const CANARY: &str = "Canary/Qx7+w0Zk&2v=9";

const INVENTORY: &str = "contacts: {oncall: {terminal: true}}\nsecrets:\n  word: {environment: CANARY}\n";

/// Prints the secret, so that the answer is masked.
const MASKED: &str = "let seen = exec.read([\"cat\"], secret_input: secret(\"word\"))";

/// Prints more than is kept.
const CUT: &str = "let seen = exec.read([\"seq\", \"100000\"])";

/// The effect that must not happen.
const ACT: &str = "exec.disrupt([\"touch\", \"acted\"])";

fn project(file: &str) -> Project {
    Project::new(&[("rectify.yaml", INVENTORY), ("a.runbook", file)])
}

fn command(project: &Project, arguments: &[&str]) -> Command {
    let mut command = project.command(arguments);
    command.env("CANARY", CANARY);
    command
}

fn run(project: &Project) -> Ran {
    Ran::of(command(project, &["run", "a.runbook", "--format", "json", "--unattended"]).output().unwrap())
}

/// Asserts that statements which would act on a masked or truncated value do nothing and say why.
#[track_caller]
fn refused(declarations: &str, binding: &str, statements: &str) {
    let file = format!("{declarations}\n{}", runbook("A", "", &format!("{binding}\n{statements}\nresolve \"done\"")));
    let project = project(&file);
    let ran = run(&project);
    let why = if binding == CUT { "left out" } else { "masked" };
    assert!(!project.path("acted").exists(), "{statements}: {ran:#?}");
    assert!([Some(3), Some(7)].contains(&ran.code), "{statements}: {ran:#?}");
    let ended = ran.events().pop().unwrap();
    let reason = ended["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason.contains("contains a part that was") && reason.contains(why), "{statements}: {reason}");
}

#[track_caller]
fn refused_both(declarations: &str, statements: &str) {
    refused(declarations, MASKED, statements);
    refused(declarations, CUT, statements);
}

/// Asserts that the same statements act on a whole value.
#[track_caller]
fn done(declarations: &str, binding: &str, statements: &str) {
    let file = format!("{declarations}\n{}", runbook("A", "", &format!("{binding}\n{statements}\nresolve \"done\"")));
    let project = project(&file);
    let ran = run(&project).ends(0);
    assert!(project.path("acted").exists(), "{statements}: {ran:#?}");
}

#[test]
fn a_masked_value_is_no_input_and_no_argument() {
    for statement in [
        "exec.disrupt([\"tee\", \"acted\"], input: seen.stdout)",
        "exec.disrupt([\"tee\", \"acted\"], input: \"value ${seen.stdout}\")",
        "exec.disrupt([\"touch\", \"acted\", \"--\", seen.stdout])",
        "exec.disrupt([\"touch\", \"acted\", \"x${seen.stdout}\"])",
    ] {
        refused_both("", statement);
        let whole = statement.replace("\"--\", seen.stdout", "\"--\", \"x\"");
        done("", "let seen = exec.read([\"echo\", \"whole\"])", &whole);
    }
}

#[test]
fn what_is_made_of_a_masked_value_is_masked() {
    let json = "let seen = exec.read([\"sed\", \"s/.*/{\\\"a\\\": \\\"&\\\", \\\"b\\\": [1]}/\"], secret_input: secret(\"word\"))";
    for statements in [
        format!(
            "let it = seen.stdout.json\nlet a = it.jq(\".a\") as text\nif a != \"\" {{ {ACT} }} else {{ notify oncall \"no\" }}"
        ),
        format!(
            "let it = seen.stdout.json.jq(\".a | length\") as number\nif it > 2 {{ {ACT} }} else {{ notify oncall \"no\" }}"
        ),
    ] {
        refused("", json, &statements);
    }
    let record = "record Seen { a: text  b: list<number> }";
    refused(
        record,
        json,
        &format!("let it = seen.stdout.json as Seen\nif it.a != \"\" {{ {ACT} }} else {{ notify oncall \"no\" }}"),
    );
    let record = "record Box { a: text  n: number }\n";
    let boxed = "let box = Box(a: seen.stdout, n: 1)\n";
    refused_both(record, &format!("{boxed}exec.disrupt([\"touch\", \"acted\", box.a])"));
    refused_both(record, &format!("{boxed}if box == Box(a: \"x\", n: 1) {{ notify oncall \"no\" }} else {{ {ACT} }}"));
    done(record, MASKED, &format!("{boxed}if box.n == 1 {{ {ACT} }} else {{ notify oncall \"no\" }}"));
    refused_both(
        "",
        "let all = [seen.stdout, \"b\"]\nfor each in all, at most 5 { exec.disrupt([\"touch\", \"acted\"]) }",
    );
    refused_both(
        "",
        "let all = [\"x${line}\" for line in [seen.stdout]]\nlet last = all.last else \"\"\nexec.disrupt([\"touch\", \"acted\", last])",
    );
}

#[test]
fn a_cut_text_is_no_list_of_lines() {
    for statements in [
        format!("for line in seen.stdout.lines, at most 100000 {{ {ACT} }}"),
        format!("let lines = seen.stdout.lines\nif lines.count > 2 {{ {ACT} }} else {{ notify oncall \"no\" }}"),
        format!(
            "let last = seen.stdout.lines.last else \"\"\nif last == \"100000\" {{ {ACT} }} else {{ notify oncall \"no\" }}"
        ),
        format!(
            "let odd = [line for line in seen.stdout.lines where line != \"7\"]\nif odd.count > 2 {{ {ACT} }} else {{ notify oncall \"no\" }}"
        ),
        format!("if any line in seen.stdout.lines: line == \"7\" {{ {ACT} }} else {{ notify oncall \"no\" }}"),
        format!("let n = seen.stdout.lines.distinct.count\nif n > 3 {{ {ACT} }} else {{ notify oncall \"no\" }}"),
    ] {
        refused("", CUT, &statements);
    }
}

#[test]
fn what_was_masked_or_left_out_decides_nothing() {
    for condition in [
        "seen.stdout == \"x\"",
        "seen.stdout != \"x\"",
        "seen.stdout < \"x\"",
        "seen.stdout contains \"x\"",
        "\"x\" in [seen.stdout]",
        "[seen.stdout] contains \"x\"",
        "seen.stdout matches r\"x\"",
        "not (seen.stdout matches r\"x\")",
        "seen.stdout.capture(r\"(x)\") is present",
        "seen.stdout.number is absent",
    ] {
        refused_both("", &format!("if {condition} {{ {ACT} }} else {{ {ACT} }}"));
        refused_both("", &format!("require {condition} else {{ {ACT}\nresolve \"x\" }}\n{ACT}"));
    }
    refused_both("", &format!("match seen.stdout {{ \"x\" {{ {ACT} }} else {{ {ACT} }} }}"));
    refused_both(
        "",
        "let word = if seen.stdout == \"x\" then \"a\" else \"b\"\nexec.disrupt([\"touch\", \"acted\", word])",
    );
    refused_both("", "let x = seen.stdout.capture(r\"(z)\") else \"b\"\nexec.disrupt([\"touch\", \"acted\", x])");
}

#[test]
fn whether_a_masked_or_cut_value_is_there_nobody_can_tell() {
    for how in ["present", "absent"] {
        refused_both(
            "",
            &format!(
                "let n = seen.stdout.lines.last\nif n is {how} {{ {ACT} }} else {{ notify oncall \"no\" }}\n{ACT}"
            ),
        );
    }
    let json = "let seen = exec.read([\"sed\", \"s/.*/{\\\"a\\\": \\\"&\\\", \\\"b\\\": [1]}/\"], secret_input: secret(\"word\"))";
    let record = "record Seen { a: text  n: number? }";
    for statements in [
        format!("let n = it.n\nif n is absent {{ {ACT} }} else {{ {ACT} }}"),
        format!("let n = it.n\nif n is present {{ {ACT} }} else {{ {ACT} }}"),
        format!("let n = it.n else {{ {ACT}\nresolve \"x\" }}\n{ACT}"),
        format!("let n = it.n else 5\nif n > 2 {{ {ACT} }} else {{ {ACT} }}"),
    ] {
        refused(record, json, &format!("let it = seen.stdout.json as Seen\n{statements}"));
    }
    for filter in [".n", ".b[0]", ".a"] {
        let number = format!("let n = seen.stdout.json.jq(\"{filter}\") as number?");
        refused("", json, &format!("{number}\nif n is absent {{ {ACT} }} else {{ {ACT} }}"));
        // Presence may be tested; the value keeps its mark.
        if filter == ".b[0]" {
            continue;
        }
        refused("", json, &format!("{number} else {{ {ACT}\nresolve \"x\" }}\n{ACT}"));
    }
}

#[test]
fn the_mark_goes_through_procedures_and_child_runs() {
    refused_both("procedure P(word: text) { exec.disrupt([\"touch\", \"acted\", word]) }", "do P(seen.stdout)");
    let file = |binding: &str| {
        format!(
            "{}{}",
            runbook("B", "word: text", "exec.disrupt([\"touch\", \"acted\", word])\nresolve \"done\""),
            runbook("A", "", &format!("{binding}\nrun B(seen.stdout)\nresolve \"done\""))
        )
    };
    for binding in [MASKED, CUT] {
        let project = project(&file(binding));
        let ran = Ran::of(command(&project, &["run", "a.runbook", "A", "--format", "json"]).output().unwrap());
        assert!(!project.path("acted").exists() && ran.code != Some(0), "{ran:#?}");
    }
    let locked = "runbook B(word: text) {\n  contact oncall\n  lock word\n  exec.disrupt([\"touch\", \"acted\"])\n  resolve \"done\"\n}\n";
    let project =
        project(&format!("{locked}{}", runbook("A", "", &format!("{MASKED}\nrun B(seen.stdout)\nresolve \"x\""))));
    let ran = Ran::of(command(&project, &["run", "a.runbook", "A", "--format", "json"]).output().unwrap());
    assert!(!project.path("acted").exists() && ran.code != Some(0), "{ran:#?}");
}

#[test]
fn a_caught_error_keeps_the_mark_of_its_message() {
    // The error names a missing program by the name of its secret.
    let statements = format!(
        "{MASKED}\ntry {{\n  exec.disrupt([\"{CANARY}\"])\n}} catch error {{\n  exec.disrupt([\"touch\", \"acted\", \"m${{error.message}}\"])\n}}"
    );
    refused("", "", &statements);
    done("", "", &statements.replace(CANARY, "no-such-program-here"));
}

#[test]
fn a_probe_that_rests_on_it_is_unknown() {
    for (ask, why) in [("[\"cat\"], secret_input: secret(\"word\")", "masked"), ("[\"seq\", \"100000\"]", "left out")] {
        let probe = format!(
            "probe P() {{\n  ask exec.read({ask})\n  passed if answer.stdout contains \"7\"\n}}\n{}",
            runbook(
                "A",
                "",
                "match check P() {\n  passed { resolve \"p\" }\n  failed { resolve \"f\" }\n  unknown { resolve \"u\" }\n}"
            )
        );
        let ran = run(&project(&probe)).ends(0);
        let answered = ran.events().into_iter().find(|event| event["event"] == "probe_answered").unwrap();
        assert_eq!(answered["verdict"], "unknown", "{ran:#?}");
        assert!(answered["reason"].as_str().unwrap().contains(why), "{answered}");
    }
}

#[test]
fn people_are_shown_what_was_masked_and_cut() {
    for binding in [MASKED, CUT] {
        let statements = format!(
            "{binding}\nlet first = seen.stdout.lines.first else \"none\"\nstep \"Seen ${{first}}\" {{ notify oncall \"Seen ${{first}}\" with seen }}\nescalate to oncall \"It says ${{first}}\" with seen, first"
        );
        let ran = run(&project(&runbook("A", "", &statements)));
        let sent = ran.events().into_iter().find(|event| event["event"] == "escalation_sent").unwrap();
        let first = if binding == CUT { "It says 1" } else { "It says ***" };
        assert_eq!(sent["message"], first, "{ran:#?}");
    }
}

#[test]
fn a_text_that_looks_masked_or_cut_is_data_like_any_other() {
    let says = "let seen = exec.read([\"echo\", \"a *** b [12 bytes left out] …\"])";
    done("", says, "exec.disrupt([\"touch\", \"acted\", seen.stdout])");
    done("", says, &format!("if seen.stdout contains \"***\" {{ {ACT} }} else {{ notify oncall \"no\" }}"));
    done("", says, "for line in seen.stdout.lines, at most 3 { exec.disrupt([\"touch\", \"acted\", \"--\", line]) }");
}

#[test]
fn a_temporary_change_whose_undo_needs_it_is_not_begun() {
    for (kept, why) in [("[\"cat\"], secret_input: secret(\"word\")", "masked"), ("[\"seq\", \"100000\"]", "left out")]
    {
        let backend = format!(
            "backend lab \"Of a lab\" {{\n  observe kept(name: text) -> text {{ exec.read({kept}).stdout }}\n  change set(name: text, value: text)\n          saves before = kept(name)\n          undo set(name, before)\n          idempotent {{ exec.change([\"touch\", \"acted\"]) }}\n}}\n"
        );
        let project = project(&format!(
            "{backend}{}",
            runbook("A", "", "temporarily lab.set(\"a\", \"b\")\nwait 10ms\nresolve \"done\"")
        ));
        let ran = run(&project);
        assert!(!project.path("acted").exists(), "{ran:#?}");
        let reason = ran.events().pop().unwrap()["reason"].as_str().unwrap_or_default().to_owned();
        assert!(reason.contains(why), "{ran:#?}");
    }
}

/// All output and state of the program, as one text.
fn everything(project: &Project, ran: &Ran) -> String {
    let kept = project.undelivered();
    format!("{}\n{}\n{kept}", ran.stdout, ran.stderr)
}

/// A shell filter, and the canary after it.
const FORMS: [(&str, &str); 5] = [
    ("cat", CANARY),
    ("base64 -w0", "Q2FuYXJ5L1F4Nyt3MFprJjJ2PTk"),
    ("od -An -v -tx1 | tr -d ' \\n'", "43616e6172792f5178372b77305a6b2632763d39"),
    ("sed 's,/,%2F,; s,+,%2B,; s,&,%26,; s,=,%3D,'", "Canary%2FQx7%2Bw0Zk%262v%3D9"),
    ("tr a-z A-Z", "CANARY/QX7+W0ZK&2V=9"),
];

/// Asserts that no six consecutive characters of the form appear in the text.
#[track_caller]
fn shows_nothing(text: &str, form: &str) {
    for start in 0..=form.len() - 6 {
        let part = &form[start..start + 6];
        if let Some(place) = text.find(part) {
            panic!("{part:?} of {form:?} is shown: {}", &text[place.saturating_sub(60)..text.len().min(place + 60)]);
        }
    }
}

#[test]
fn no_cut_of_output_shows_a_part_of_a_secret() {
    for (filter, form) in FORMS {
        let within = form.len() - 1;
        // The kept head ends inside the secret, or the kept tail begins inside it.
        for (before, after, stream, format) in
            [(262_144 - within, 400_000, "", "json"), (400_000, 65_536 - within, " >&2", "text")]
        {
            let fill = |count: usize, letter: &str| format!("head -c {count} /dev/zero | tr '\\\\0' {letter}");
            let script = format!(
                "{{ IFS= read -r s; {}; printf %s \\\"$s\\\" | {}; {}; }}{stream}",
                fill(before, "x"),
                filter.replace('\\', "\\\\"),
                fill(after, "y")
            );
            let statements = format!(
                "let seen = exec.read([\"sh\", \"-c\", \"{script}\"], secret_input: secret(\"word\"))\nescalate to oncall \"It is ${{seen.stdout}} ${{seen.stderr}}\" with seen"
            );
            let project = project(&runbook("A", "", &statements));
            let ran = Ran::of(command(&project, &["run", "a.runbook", "--format", format]).output().unwrap());
            let all = everything(&project, &ran);
            assert!(all.contains("bytes left out"), "{all:.500}");
            shows_nothing(&all, form);
        }
    }
}

#[test]
fn the_last_lines_of_what_ran_out_of_time_show_no_part_of_a_secret() {
    for (filter, form) in FORMS {
        // The kept tail begins inside the secret, and the command is stopped inside it.
        let cut =
            format!("printf %s \\\"$s\\\" | {filter}; head -c {} /dev/zero | tr '\\\\0' y", 2048 - (form.len() - 1));
        let stopped = format!("printf %s \\\"$s\\\" | {filter} | head -c {}", form.len() - 1);
        for script in [cut, stopped] {
            let script = script.replace(filter, &filter.replace('\\', "\\\\"));
            let probe = format!(
                "probe P() {{\n  timeout 1s\n  ask exec.read([\"sh\", \"-c\", \"IFS= read -r s; {script}; exec sleep 60\"], secret_input: secret(\"word\"))\n  passed if answer.exit_code == 0\n}}\n"
            );
            let statements = "match check P() {\n  passed { resolve \"p\" }\n  failed { escalate to oncall \"f\" }\n  unknown { escalate to oncall \"u\" with goal.answer }\n}";
            let file = runbook("A", "", statements).replace("  contact oncall\n", "  contact oncall\n  goal P()\n");
            let project = project(&format!("{probe}{file}"));
            let ran = run(&project);
            let all = everything(&project, &ran);
            assert!(all.contains("had not ended after"), "{all}");
            shows_nothing(&all, form);
        }
    }
}

/// A secret with characters of two and three bytes.
const WIDE: &str = "äöKx9Zq€W7vJ";

#[test]
fn no_cut_within_a_character_shows_a_part_of_a_secret() {
    let letters: Vec<char> = WIDE.chars().collect();
    for cut in 1..WIDE.len() {
        let fill = |count: usize, letter: &str| format!("head -c {count} /dev/zero | tr '\\\\0' {letter}");
        // The head ends, and the tail begins, at this byte of the secret.
        let script = format!(
            "IFS= read -r s; {}; printf %s \\\"$s\\\"; {}; printf %s \\\"$s\\\"; {}",
            fill(262_144 - cut, "x"),
            fill(300_000, "y"),
            fill(65_536 - (WIDE.len() - cut), "z")
        );
        let statements = format!(
            "let seen = exec.read([\"sh\", \"-c\", \"{script}\"], secret_input: secret(\"word\"))\nescalate to oncall \"It is ${{seen.stdout}}\" with seen"
        );
        let project = project(&runbook("A", "", &statements));
        let mut command = project.command(&["run", "a.runbook", "--format", "json"]);
        let ran = Ran::of(command.env("CANARY", WIDE).output().unwrap());
        let all = everything(&project, &ran);
        assert!(all.contains("bytes left out"), "{all:.500}");
        for part in letters.windows(4) {
            let part: String = part.iter().collect();
            assert!(!all.contains(&part), "cut at {cut}: {part} is shown");
        }
    }
}
