use super::*;

fn run(seed: u64, end: RunEnd, minutes: f64) -> RunReport {
    RunReport {
        seed: Some(seed),
        runbook: "WebDown".to_owned(),
        call: "WebDown(server: web1)".to_owned(),
        faults: vec!["<b>hang</b> on \"web1\"".to_owned()],
        fault_kinds: vec!["hang".to_owned()],
        end,
        reason: "fixed".to_owned(),
        minutes,
        disruptions: vec![("web1".to_owned(), "service.restart".to_owned())],
        violations: Vec::new(),
        timeline: Timeline::default(),
    }
}

#[test]
fn text_from_a_world_is_no_markup() {
    let mut one = run(1, RunEnd::Escalated, 3.0);
    one.violations = vec![("rule".to_owned(), "</li><script>alert(1)</script>".to_owned())];
    one.timeline = Timeline {
        minutes: 3.0,
        lanes: vec![Lane {
            name: "web1\"><script>".to_owned(),
            spans: vec![LaneSpan { kind: SpanKind::Fault, from: -5.0, to: 99.0, text: "a & b".to_owned() }],
            marks: vec![LaneMark { by: MarkBy::Runbook, at: 1.0, text: "'restarted'".to_owned() }],
        }],
    };
    let page = simulation_page(&SimulationPage { title: "<i>".to_owned(), command: String::new(), runs: vec![one] });
    assert!(!page.contains("<script") && !page.contains("<b>hang") && !page.contains("<i>"), "{page}");
    assert!(page.contains("a &amp; b") && page.contains("&#39;restarted&#39;"), "{page}");
}

#[test]
fn the_figures_count_what_they_say() {
    let runs = vec![
        run(1, RunEnd::Resolved, 0.5),
        run(2, RunEnd::Resolved, 7.0),
        run(3, RunEnd::Escalated, 200.0),
        run(4, RunEnd::Cancelled, 9.0),
    ];
    let page = simulation_page(&SimulationPage { title: "T".to_owned(), command: String::new(), runs });
    assert!(page.contains("4 runs: 2 resolved, 1 escalated, 1 cancelled; <strong>no violation</strong>"), "{page}");
    assert!(page.contains("<td>66 % <small>2 of 3</small></td>"), "a cancelled run is not counted: {page}");
    assert!(page.contains("Until resolved: half within 1 min, nine of ten within 7 min, the longest 7 min"), "{page}");
    assert!(page.contains("120 min and more") && page.contains("<th scope=\"row\">web1</th><td>4</td>"), "{page}");
}

#[test]
fn violations_come_first_and_are_open() {
    let mut bad = run(9, RunEnd::Resolved, 5.0);
    bad.violations = vec![("block_left".to_owned(), "It is still blocked".to_owned())];
    let runs = vec![run(1, RunEnd::Resolved, 5.0), bad];
    let page = simulation_page(&SimulationPage { title: "T".to_owned(), command: String::new(), runs });
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
    assert!(at("<h2>Violations</h2>") < at("<h2>Endings by fault</h2>"));
    assert!(at("<details class=\"run\" open>") < at("seed 9") && at("seed 9") < at("seed 1 "));
}
