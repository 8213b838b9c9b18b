//! Charts are well formed and reach every ending of their runbook.

use super::mermaid::Chart;
use super::render::{page, pages, runbook};
use crate::support::files::{TestFolder, roots};
use rectify::docgen::Format;

/// The chart of a runbook with these statements.
fn chart(statements: &str) -> Chart {
    let text = page(&runbook(statements), Format::Mermaid);
    Chart::read(&text).unwrap_or_else(|why| panic!("{why}\n{text}"))
}

/// The chart's edges as `from -label-> to`, with the first line of each label.
fn edges(statements: &str) -> Vec<String> {
    let chart = chart(statements);
    let name = |id: &String| match chart.nodes.get(id) {
        Some(label) => label.lines().next().unwrap_or_default().to_owned(),
        None => id.clone(),
    };
    let shown = chart
        .edges
        .iter()
        .map(|(from, to, label)| format!("{} -{}-> {}", name(from), label.as_deref().unwrap_or_default(), name(to)));
    shown.collect()
}

#[test]
fn every_node_of_a_chart_is_reachable_from_its_start() {
    let mut looked_at = 0;
    for root in roots("valid") {
        let root = root.to_string_lossy();
        for page in pages(&TestFolder, &[("main", &root)], Format::Mermaid) {
            let chart = Chart::read(&page.text).unwrap_or_else(|why| panic!("{why}\n{}", page.text));
            let reached = chart.reached();
            for node in chart.nodes.keys() {
                assert!(reached.contains(node.as_str()), "{root}: {node} is not reached in\n{}", page.text);
            }
            let ends = chart.nodes.keys().filter(|id| id.starts_with("resolved") || id.starts_with("escalated"));
            assert!(ends.count() > 0, "{root}: no end in\n{}", page.text);
            looked_at += 1;
        }
    }
    assert!(looked_at > 5, "only {looked_at} charts were found");
}

#[test]
fn a_step_is_one_node_with_its_ends() {
    let found = edges(
        "  step \"Look\" {
            require host.reachable(server)
            if server.name == \"a\" { escalate to vendor \"It is a\" }
          }
          step \"Restart\" {
            service.restart(\"x\", on: server)
            wait until host.reachable(server) within 5m every 10s
            resolve \"It runs\"
          }",
    );
    assert_eq!(
        found,
        [
            "Main --> 1 Look",
            "1 Look -not: host.reachable(server)-> escalated to oncall",
            "1 Look -It is a-> escalated to vendor",
            "1 Look --> 2 Restart",
            "2 Restart -It runs-> resolved",
            "2 Restart -not in time: host.reachable(server)-> escalated to oncall",
        ]
    );
}

#[test]
fn branches_with_steps_are_drawn_and_meet_again() {
    let found = edges(
        "  if server.name == \"a\" { step \"A\" { wait 1s } } else { notify oncall \"no a\" }
          match server.name {
            \"b\", \"c\" { step \"B\" { wait 1s } }
            else { notify oncall \"nothing is drawn of this\" }
          }
          try { step \"T\" { service.restart(\"x\", on: server) } } catch error { escalate to oncall \"failed\" }
          for name in [\"x\", \"y\"] { step \"F\" { service.restart(name, on: server) } }
          service.restart(\"a\", on: server)
          wait 5m
          resolve \"done\"",
    );
    assert_eq!(
        found,
        [
            "Main --> server.name == \"a\"?",
            "server.name == \"a\"? -yes-> 1 A",
            "1 A --> server.name?",
            "server.name == \"a\"? -no-> server.name?",
            "server.name? -b, c-> 2 B",
            "2 B --> 3 T",
            "server.name? -anything else-> 3 T",
            "g1 -an error-> escalated to oncall",
            "3 T --> 4 F",
            "4 F --> service.restart(\"a\", on: server)",
            "service.restart(\"a\", on: server) -done-> resolved",
        ]
    );
}

#[test]
fn observations_and_notifications_are_not_drawn() {
    let found = edges(
        "  let up = host.reachable(server)
          notify oncall \"up: ${up}\"
          if up { notify oncall \"it is\" }
          resolve \"done\"",
    );
    assert_eq!(found, ["Main -done-> resolved"]);
}

#[test]
fn a_long_runbook_has_a_chart_that_ends() {
    let steps: String =
        (0..500).map(|step| format!("  step \"{step}\" {{ service.restart(\"x\", on: server) }}\n")).collect();
    let chart = chart(&format!("{steps}  resolve \"done\""));
    assert!(chart.nodes.len() < 70, "{}", chart.nodes.len());
    assert!(chart.reached().contains("resolved"), "{chart:?}");
}

#[test]
fn a_procedure_is_named_with_its_arguments_and_what_it_does_without() {
    let part = "procedure Part(name: text, on: host) { service.restart(name, on: on) }\n";
    let steps = "  step \"S\" {
            do Part(\"a\", server)
            do Part(\"b\", server)
          }
          do Part(\"c\", server)
          resolve \"x\"";
    let text = page(&format!("{part}{}", runbook(steps)), Format::Mermaid);
    let chart = Chart::read(&text).expect("a chart");
    let call = |name: &str| format!("do Part(name: \"{name}\", on: server)");
    assert_eq!(chart.nodes["n1"], format!("1 S\n{}\nservice.restart\n{}", call("a"), call("b")));
    assert_eq!(chart.nodes["n2"], format!("{}\nservice.restart", call("c")));
}
