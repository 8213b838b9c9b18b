//! The page of `rectify simulate --report`, opened in Chromium.

use crate::support::project::{Project, rectify};
use crate::support::repository;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The names under which the browser is installed.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Opens a page without a network and returns the document that the browser made of it. `width` is in pixels.
fn document(page: &Path, folder: &Path, width: u32) -> String {
    let found = |name: &&str| Command::new(name).arg("--version").stdout(Stdio::null()).status().is_ok();
    let browser = BROWSERS.iter().find(|name| found(name)).expect("chromium is installed: see scripts/setup");
    let out = folder.join("document.html");
    let mut chromium = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("--window-size={width},900"))
        .arg(format!("file://{}", page.display()))
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    loop {
        if let Some(status) = chromium.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return std::fs::read_to_string(out).unwrap();
        }
        if began.elapsed() > Duration::from_secs(120) {
            let _ = chromium.kill();
            let _ = chromium.wait();
            panic!("the browser did not end");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The page about the Exchange runbooks with these arguments, in this folder, and its text.
#[track_caller]
fn report(folder: &Path, arguments: &[&str]) -> (PathBuf, String) {
    let page = folder.join("report.html");
    let command = [&["simulate", "runbooks/exchange"], arguments, &["--report", page.to_str().unwrap()]].concat();
    rectify(&command).ends(0);
    let text = std::fs::read_to_string(&page).unwrap();
    (page, text)
}

/// The number of times that a text is in another.
fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[test]
fn a_page_about_many_runs_opens_without_a_network() {
    let folder = tempfile::tempdir().unwrap();
    let world = "runbooks/exchange/worlds/site.yaml";
    let (page, text) = report(folder.path(), &["--world", world, "--seeds", "1..6"]);
    for forbidden in ["http:", "https:", "<script", "src=", "@import", "url("] {
        assert!(!text.contains(forbidden), "the page has {forbidden}");
    }
    // A rule of the page itself: measured in the document, so that the style sheet has been applied.
    let probe = "<script>addEventListener('load', () => { const out = document.createElement('output'); \
        out.id = 'measured'; out.textContent = [document.documentElement.scrollWidth <= innerWidth, \
        document.querySelectorAll('details').length, document.querySelectorAll('svg').length, \
        getComputedStyle(document.querySelector('td')).textAlign].join(' '); document.body.append(out); })</script>";
    let measured = folder.path().join("measured.html");
    // The page forbids scripts, so the copy that measures itself leaves the rule out.
    let open = text
        .replace(
            "default-src 'none'; style-src 'unsafe-inline'",
            "script-src 'unsafe-inline'; style-src 'unsafe-inline'",
        )
        .replace("</body>", &format!("{probe}</body>"));
    std::fs::write(&measured, open).unwrap();
    let runs = count(&text, "<details class=\"run\"");
    assert_eq!(runs, 48, "eight runbooks and six seeds");
    for width in [1200, 500] {
        let document = document(&measured, folder.path(), width);
        let expected = format!("<output id=\"measured\">true {runs} {} right</output>", count(&text, "<svg "));
        assert!(document.contains(&expected), "{width} pixels: {:?}", document.split("id=\"measured\"").nth(1));
    }
    let shown = document(&page, folder.path(), 1200);
    assert!(shown.contains("48 runs: ") && shown.contains("<th scope=\"row\">service_stopped</th>"), "{shown:.2000}");
}

#[test]
fn a_script_that_gets_into_a_page_does_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let world = "runbooks/exchange/worlds/sick-back-end.yaml";
    let (_, text) = report(folder.path(), &["--world", world]);
    let hostile = folder.path().join("hostile.html");
    std::fs::write(&hostile, text.replace("</body>", "<script>document.title = 'ran'</script></body>")).unwrap();
    let document = document(&hostile, folder.path(), 1200);
    assert!(!document.contains("<title>ran</title>") && document.contains("<title>"), "{document:.500}");
}

#[test]
fn one_run_is_open_with_what_happened_where() {
    let folder = tempfile::tempdir().unwrap();
    let world = "runbooks/exchange/worlds/sick-back-end.yaml";
    let (_, text) = report(folder.path(), &["--world", world]);
    assert!(text.contains("1 run: 1 resolved; <strong>no violation</strong>"), "{text:.2000}");
    assert!(text.contains("<details class=\"run\" open>") && !text.contains("seed "), "{text:.2000}");
    let steps: Vec<&str> = text.lines().filter(|line| line.starts_with("<li>")).collect();
    let place =
        |part: &str| steps.iter().position(|step| step.contains(part)).unwrap_or_else(|| panic!("{part}: {steps:#?}"));
    assert!(place("mbx1: host_fault until") < place("mbx1: MSExchangeIMAP4BE restarted (the runbook)"));
    assert!(place("mbx1: activation blocked (the runbook)") < place("moved from mbx1 to mbx2 (the system itself)"));
    assert!(place("mbx1: rebooted (the runbook)") < place("mbx1: activation allowed (the runbook)"));
}

#[test]
fn violations_are_shown_first_with_the_rule_and_the_story() {
    let site = repository().join("runbooks/exchange/worlds/site.yaml");
    let world = format!(
        "extends: {}\nexchange:\n  faults: [{{kind: service_hang, server: cas1}}]\n  \
         administrators: [{{action: maintenance, server: cas1, after: 5m}}]\n",
        site.display()
    );
    let runbook = "role client_access { site: text }\nrunbook Rash(server: client_access) {\n  title \"Rash\"\n  \
         alert \"ImapProxyTestMonitor\"\n  contact exchange_oncall\n\n  wait 8m\n  \
         service.restart(\"MSExchangeImap4\", on: server)\n  escalate to exchange_oncall \"Nobody can tell\"\n}\n";
    let project = Project::new(&[("rash.runbook", runbook), ("world.yaml", &world)]);
    let command = ["simulate", "rash.runbook", "server=cas1", "--world", "world.yaml", "--report", "out.html"];
    project.run(&command).ends(1);
    let text = std::fs::read_to_string(project.path("out.html")).unwrap();
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
    assert!(place("<strong>1 violation</strong>") < place("<h2>Violations</h2>"));
    assert!(place("<h2>Violations</h2>") < place("<strong>acted_on_held</strong>: "));
    assert!(place("<strong>acted_on_held</strong>: ") < place("cas1: MSExchangeImap4 restarted (the runbook)"));
    assert!(place("cas1: MSExchangeImap4 restarted (the runbook)") < place("<h2>Endings by fault</h2>"));
}

#[test]
fn a_page_that_cannot_be_written_is_told() {
    let world = "runbooks/exchange/worlds/site.yaml";
    let command =
        ["simulate", "runbooks/exchange", "--world", world, "--seeds", "1..1", "--report", "Cargo.toml/out.html"];
    let ran = rectify(&command).ends(2);
    assert!(ran.stderr.contains("Cannot write Cargo.toml/out.html"), "{ran:#?}");
}
