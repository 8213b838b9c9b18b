//! A temporary change must last until it is used: one that is undone before anything acts is refused.

use crate::support::project::Project;

const DECLARATIONS: &str = r#"
backend pool {
  observe is_out() -> boolean { exec.read(["ls", "out"], accepts: [0, 2]).exit_code == 0 }
  change out() undo back() idempotent { exec.change(["touch", "out"]) }
  change back() idempotent { exec.change(["rm", "-f", "out"]) }
  disrupt work() idempotent { exec.disrupt(["cp", "--no-clobber", "-r", "out", "worked-while-out"]) }
}
procedure Out() { pool.out() } undo { pool.back() }
"#;

fn project(statements: &str) -> Project {
    let runbook = format!(
        "{DECLARATIONS}\nrunbook Maintain(big: boolean = true) {{\n  contact oncall\n  ends within 1m\n\n{statements}\n  resolve \"Done\"\n}}\n"
    );
    Project::new(&[("a.runbook", &runbook)])
}

const TOO_SHORT: &[&str] = &[
    "step \"Out\" { temporarily pool.out() }\n  step \"Work\" { pool.work() }",
    "step \"Out\" { temporarily pool.out() }\n  pool.work()",
    "step \"Out\" { temporarily do Out() }\n  step \"Work\" { pool.work() }",
    "step \"Out\" {\n    temporarily { pool.out() } undo { pool.back() }\n  }\n  pool.work()",
    "if big { temporarily pool.out() }\n  pool.work()",
    "if big { temporarily pool.out() } else { notify oncall \"Small\" }\n  pool.work()",
    "match big { true { temporarily pool.out() } false { notify oncall \"Small\" } }\n  pool.work()",
    "for one in [\"a\"] { temporarily pool.out() }\n  pool.work()",
    "repeat 1 times { temporarily pool.out() }\n  pool.work()",
    "retry 2 times { temporarily pool.out() }\n  pool.work()",
    "try { temporarily pool.out() } catch error { notify oncall \"${error.message}\" }\n  pool.work()",
    "step \"Out\" {\n    temporarily pool.out()\n    wait until pool.is_out() within 5s every 1s\n  }\n  pool.work()",
    "step \"Out\" {\n    temporarily pool.out()\n    wait 10ms\n  }\n  pool.work()",
    "step \"Out\" {\n    temporarily pool.out()\n    require pool.is_out()\n  }\n  pool.work()",
    "step \"Out\" {\n    temporarily pool.out()\n    notify oncall \"It is out\"\n  }\n  pool.work()",
    "step \"Out\" {\n    temporarily pool.out()\n    require pool.is_out() else {\n      pool.work()\n      escalate to oncall \"No\"\n    }\n  }\n  pool.work()",
    "step \"Out\" { temporarily pool.out() if big }\n  pool.work()",
    "step \"Out\" { temporarily do Out() if big }\n  pool.work()",
    "if big { temporarily pool.out() if pool.is_out() }\n  pool.work()",
    "pool.work()\n  temporarily pool.out() if big",
    "step \"A\" { step \"B\" { temporarily pool.out() } }\n  pool.work()",
    "pool.work()\n  temporarily pool.out()",
];

const LONG_ENOUGH: &[&str] = &[
    "temporarily pool.out()\n  pool.work()",
    "temporarily pool.out()\n  step \"Work\" { pool.work() }",
    "temporarily do Out()\n  if big { pool.work() } else { notify oncall \"Small\" }",
    "if big {\n    temporarily pool.out()\n    pool.work()\n  }",
    "temporarily { pool.out() } undo { pool.back() }\n  wait until pool.is_out() within 5s every 1s\n  pool.work()",
    "temporarily pool.out() if big\n  pool.work()",
    "temporarily do Out() if not pool.is_out(), keep on failure\n  pool.work()",
];

#[test]
fn a_change_that_is_taken_back_before_it_was_of_use_is_refused() {
    for statements in TOO_SHORT {
        let project = project(&format!("  {statements}"));
        let ran = project.run(&["check", "a.runbook"]).ends(1);
        assert!(ran.stdout.contains("E0411") && ran.stdout.contains("help:"), "{statements}: {ran:#?}");
        let ran = project.run(&["run", "a.runbook", "--unattended"]).ends(2);
        assert!(!project.path("out").exists(), "{statements}: {ran:#?}");
    }
}

#[test]
fn a_procedure_that_ends_with_its_change_is_refused() {
    for inside in [
        "temporarily pool.out()",
        "temporarily pool.out()\n  wait 10ms",
        "temporarily do Out()",
        "temporarily pool.out()\n  if not pool.is_out() { escalate to oncall \"It is in\" }",
        "temporarily pool.out()\n  notify oncall \"Out\" with pool.is_out()",
    ] {
        let text = format!(
            "{DECLARATIONS}\nprocedure Prepare() {{\n  {inside}\n}}\nrunbook Maintain() {{\n  contact oncall\n  do Prepare()\n  pool.work()\n  resolve \"Done\"\n}}\n"
        );
        let ran = Project::new(&[("a.runbook", &text)]).run(&["check", "a.runbook"]).ends(1);
        assert!(ran.stdout.contains("E0411") && ran.stdout.contains("Give the procedure an"), "{inside}: {ran:#?}");
    }
}

#[test]
fn a_run_that_ends_with_its_change_is_refused() {
    for (inside, start) in [
        ("wait until pool.is_out() within 2s every 1s", "run Out1()"),
        ("require pool.is_out()", "run Out1()"),
        ("wait 10ms", "match run Out1() { resolved { pool.work() } escalated, cancelled { notify oncall \"No\" } }"),
    ] {
        let text = format!(
            "{DECLARATIONS}\nrunbook Out1() {{\n  contact oncall\n  temporarily pool.out()\n  {inside}\n  resolve \"Out\"\n}}\nrunbook Maintain() {{\n  contact oncall\n  {start}\n  pool.work()\n  resolve \"Done\"\n}}\n"
        );
        let ran = Project::new(&[("a.runbook", &text)]).run(&["check", "a.runbook"]).ends(1);
        assert!(
            ran.stdout.contains("E0411") && ran.stdout.contains("Turn the runbook into a procedure"),
            "{inside}: {ran:#?}"
        );
    }
}

/// The condition is looked at once, before the change. Where it does not hold, nothing is changed and nothing undone.
#[test]
fn a_change_with_a_condition_is_made_and_undone_once() {
    for (big, commands) in [("true", vec!["touch", "true", "rm"]), ("false", vec!["true"])] {
        let statements = "  temporarily pool.out() if big and not pool.is_out()\n  exec.disrupt([\"true\"])";
        let project = project(statements);
        let ran = project.run(&["run", "a.runbook", &format!("big={big}"), "--format", "json"]).ends(0);
        let begun: Vec<&str> = ran.stdout.lines().filter(|line| line.contains("effect_intended")).collect();
        assert_eq!(begun.len(), commands.len(), "{begun:#?}");
        let ran = project.run(&["run", "a.runbook", &format!("big={big}"), "--dry-run"]).ends(0);
        assert_eq!(ran.stdout.contains("temporarily pool.out()"), big == "true", "{ran:#?}");
        let ran = project.run(&["fmt", "--check", "a.runbook"]);
        assert!(!ran.stdout.contains("error"), "{ran:#?}");
    }
}

/// A condition that cannot be observed leaves the change unmade and escalates.
#[test]
fn a_change_whose_condition_fails_is_not_made() {
    let broken = "  temporarily pool.out() if exec.read([\"false\"]).stdout == \"\"\n  pool.work()";
    let project = project(broken);
    let ran = project.run(&["run", "a.runbook", "--format", "json"]);
    let escalated = ran.stdout.contains("\"outcome\":\"escalated\"");
    assert!(escalated && !ran.stdout.contains("effect_intended"), "{ran:#?}");
}

/// Two branches make the same change: it lasts until the second one is done with it.
#[test]
fn two_branches_hold_one_change_until_the_last_is_done() {
    for change in ["temporarily pool.out()", "temporarily do Out()"] {
        let statements = format!(
            "  for pause in [100ms, 900ms], 2 at a time {{\n    {change}\n    wait pause\n    \
             exec.disrupt([\"cp\", \"-r\", \"out\", \"worked-while-out\"])\n  }}"
        );
        let project = project(&statements);
        let ran = project.run(&["run", "a.runbook", "--format", "json"]).ends(0);
        assert!(!project.path("out").exists(), "{ran:#?}");
        let named = |name: &str| ran.events().iter().filter(|event| event["event"] == name).count();
        assert_eq!((named("change_opened"), named("change_undone")), (1, 1), "{change}: {ran:#?}");
    }
}

#[test]
fn the_help_shows_the_change_with_its_condition() {
    let ran = project("  if big { temporarily do Out() }\n  pool.work()").run(&["check", "a.runbook"]).ends(1);
    assert!(ran.stdout.contains("Write `temporarily do Out() if big` instead of the `if`"), "{ran:#?}");
}

#[test]
fn a_change_lasts_until_the_work_is_done() {
    for statements in LONG_ENOUGH {
        let project = project(&format!("  {statements}"));
        let ran = project.run(&["check", "a.runbook", "--format", "json"]);
        assert!(!ran.stdout.contains("\"E0"), "{statements}: {ran:#?}");
        project.run(&["run", "a.runbook", "--unattended"]).ends(0);
        assert!(project.path("worked-while-out").exists() && !project.path("out").exists(), "{statements}");
    }
}
