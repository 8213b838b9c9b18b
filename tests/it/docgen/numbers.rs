//! A page and a run number the same steps alike.

use super::mermaid::Chart;
use super::render::{page, pages};
use crate::support::files::{InMemory, check};
use crate::support::program::{start, starting};
use rectify::docgen::Format;
use rectify::engine::event::EventKind;
use rectify::engine::{Start, run};
use rectify::value::Value;
use rectify::world::scripted::Scripted;
use std::path::Path;

/// Steps nested in steps, branches and loops, and in procedures that are called more than once.
const TEXT: &str = "
procedure Twice() {
  step \"in Twice\" { step \"inside it\" { wait 1s } }
  do Once()
}
procedure Once() { step \"in Once\" { wait 1s } }
procedure Nothing() { wait 1s }

runbook Main(server: host, mode: text = \"a\") {
  contact oncall
  ends within 1h

  do Twice()
  step \"first\" {
    do Nothing()
    if mode == \"a\" { step \"a\" { wait 1s } } else { step \"b\" { wait 1s } }
    do Twice()
    step \"last in first\" { step \"deep\" { do Once() } }
  }
  match mode {
    \"a\" { step \"match a\" { wait 1s } }
    else { step \"match b\" { wait 1s } }
  }
  try { step \"tried\" { wait 1s } } catch error { step \"caught\" { wait 1s } }
  do Twice()
  repeat 2 times { step \"again\" { wait 1s } }
  step \"the end\" { resolve \"done\" }
}
";

/// Number and title of each step that a run starts.
fn steps_of_run(mode: &str) -> Vec<String> {
    let files = InMemory([("main.runbook".into(), TEXT.to_owned())].into());
    let program = check(&files, Path::new("main.runbook")).0.program.expect("a program");
    let arguments = vec![Value::Host("fe1".into()), Value::text(mode)];
    let world = Scripted::new(start());
    world.drive(run(&program, &world, Start { arguments, ..starting() })).expect("an end");
    let started = world.events().into_iter().filter_map(|event| match event.kind {
        EventKind::StepStarted { number, title } => Some(format!("{number}. {title}")),
        _ => None,
    });
    started.collect()
}

/// Number and title of each step on the page.
fn steps_of_page() -> Vec<String> {
    let page = page(TEXT, Format::Markdown);
    let bold = page.lines().filter_map(|line| line.trim_start().strip_prefix("- **")?.strip_suffix("**"));
    bold.filter(|step| step.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned).collect()
}

#[test]
fn steps_have_the_numbers_of_a_run() {
    let page = steps_of_page();
    let (one, other) = (steps_of_run("a"), steps_of_run("b"));
    assert!(one.len() > 15 && one != other, "{one:?}");
    for step in one.iter().chain(&other) {
        assert!(page.contains(step), "{step} is not among {page:#?}");
    }
    // No run reaches the step in `catch`.
    let missed: Vec<&String> = page.iter().filter(|step| !one.contains(step) && !other.contains(step)).collect();
    assert_eq!(missed, ["7. caught"]);
}

#[test]
fn charts_have_the_same_numbers() {
    let files = InMemory([("main.runbook".into(), TEXT.to_owned())].into());
    let chart = Chart::read(&pages(&files, &[("main", "main.runbook")], Format::Mermaid)[0].text).expect("a chart");
    let labels: Vec<&str> = chart.nodes.values().chain(chart.frames.values()).map(String::as_str).collect();
    for step in steps_of_run("a").iter().chain(&steps_of_run("b")) {
        let label = step.replacen(". ", " ", 1);
        assert!(labels.contains(&label.as_str()), "{label} is not among {labels:#?}");
    }
}

#[test]
fn exponential_procedure_calls_are_truncated() {
    let mut text = String::from("procedure P0() { step \"s\" { wait 1s } }\n");
    for level in 1..30 {
        let inner = level - 1;
        text += &format!("procedure P{level}() {{\n  do P{inner}()\n  do P{inner}()\n  do P{inner}()\n}}\n");
    }
    text += "runbook Main() {\n  contact oncall\n  ends within 1h\n  do P29()\n  resolve \"x\"\n}\n";
    let markdown = page(&text, Format::Markdown);
    assert!(markdown.contains("- **50. s**\n") && markdown.contains("- and more steps\n"), "{markdown}");
    let chart = page(&text, Format::Mermaid);
    assert!(chart.contains("more, which is not drawn") && chart.len() < 50_000, "{chart}");
}
