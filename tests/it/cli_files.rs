//! Hostile files and paths: a clear error, quickly, and bounded reads.

use crate::support::project::rectify;
use crate::support::project::{Project, Ran, runbook};
use std::time::{Duration, Instant};

fn codes(ran: &Ran) -> Vec<String> {
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:#?}"));
    document["findings"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn unreadable(project: &Project, path: &str, says: &str) {
    let since = Instant::now();
    let ran = project.run(&["check", path, "--format", "json"]).ends(1);
    assert!(since.elapsed() < Duration::from_secs(2), "{path} took {:?}", since.elapsed());
    assert_eq!(codes(&ran), ["E0604"], "{ran:#?}");
    assert!(ran.stdout.contains(says), "{ran:#?}");
    let run = project.run(&["run", path]).ends(2);
    assert!(run.stderr.contains(says), "{run:#?}");
}

#[test]
fn special_files_are_refused_without_blocking() {
    let project = Project::new(&[("none", "")]);
    let pipe = project.path("pipe.runbook");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    unreadable(&project, "pipe.runbook", "a pipe");
    unreadable(&project, "/dev/zero", "a device");
    let _listener = std::os::unix::net::UnixListener::bind(project.path("socket.runbook")).unwrap();
    unreadable(&project, "socket.runbook", "a socket");
}

#[test]
fn files_that_are_too_long_or_no_text() {
    let project = Project::new(&[("none", "")]);
    let sparse = std::fs::File::create(project.path("long.runbook")).unwrap();
    sparse.set_len(100 * 1024 * 1024).unwrap();
    unreadable(&project, "long.runbook", "longer than 1 MiB");
    std::fs::write(project.path("latin.runbook"), b"# caf\xe9\n").unwrap();
    unreadable(&project, "latin.runbook", "byte 5");
}

#[test]
fn a_nul_is_an_error_with_a_place() {
    let project = Project::new(&[("a.runbook", &(runbook("Nul", "", "  resolve \"done\"") + "\0"))]);
    let ran = project.run(&["check", "a.runbook", "--format", "json"]).ends(1);
    assert!(ran.stdout.contains("\"line\":8"), "{ran:#?}");
    let text = project.run(&["check", "a.runbook"]).ends(1);
    assert!(!text.stdout.contains('\0'));
}

/// Checks against an unreadable inventory would only repeat its error.
#[test]
fn an_unreadable_inventory_is_reported_alone() {
    let text = "runbook A(server: host) {\n  title   \"A\"\n  contact nobody\n  ends within 1h\n\n  \
                escalate to nobody \"for ${server}\"\n}\n";
    let project = Project::new(&[("a.runbook", text), ("rectify.yaml", "contacts:\n  oncall: [terminal\n")]);
    let ran = project.run(&["check", "a.runbook", "--format", "json"]).ends(1);
    assert_eq!(codes(&ran), ["E0701"], "{ran:#?}");
    let run = project.run(&["run", "a.runbook", "server=be1"]).ends(2);
    assert!(run.stderr.contains("E0701") && !run.stderr.contains("E0208"), "{run:#?}");
    std::fs::write(project.path("rectify.yaml"), "contacts:\n  oncall: {terminal: true}\n").unwrap();
    let read = project.run(&["check", "a.runbook", "--format", "json"]).ends(1);
    assert_eq!(codes(&read), ["E0208", "E0208"], "{read:#?}");
}

#[test]
fn imports_stay_in_the_project_and_terminate() {
    let good = runbook("Good", "", "  resolve \"done\"");
    let project = Project::new(&[
        ("in/self.runbook", &format!("import \"self.runbook\"\n{good}")),
        ("in/up.runbook", &format!("import \"../out.runbook\"\n{good}")),
        ("in/absolute.runbook", &format!("import \"/etc/passwd\"\n{good}")),
        ("in/link.runbook", &format!("import \"linked.runbook\"\n{good}")),
        ("in/zero.runbook", &format!("import \"zero\"\n{good}")),
        ("out.runbook", "role outside { x: text }\n"),
    ]);
    std::os::unix::fs::symlink("../out.runbook", project.path("in/linked.runbook")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", project.path("in/zero")).unwrap();
    for (file, code) in
        [("self", "E0602"), ("up", "E0601"), ("absolute", "E0601"), ("link", "E0601"), ("zero", "E0601")]
    {
        let ran = project.run(&["check", &format!("in/{file}.runbook"), "--format", "json"]).ends(1);
        assert_eq!(codes(&ran), [code], "{file}: {ran:#?}");
    }
}

#[test]
fn a_folder_is_checked_in_order_without_duplicate_findings() {
    let lib = "role broken { x: no_such_type }\n";
    let user = |name: &str| format!("import \"lib.runbook\"\n{}", runbook(name, "", "  resolve \"done\""));
    let project = Project::new(&[("b.runbook", &user("B")), ("a.runbook", &user("A")), ("lib.runbook", lib)]);
    let ran = project.run(&["check", ".", "--format", "json"]).ends(1);
    assert_eq!(codes(&ran), ["E0207"], "{ran:#?}");
    assert_eq!(project.run(&["check", "none"]).ends(2).stderr, "none does not exist\n");
}

#[test]
fn no_more_than_a_hundred_findings_a_file() {
    let many: String = (0..150).map(|number| format!("  wiat {number}\n")).collect();
    let project = Project::new(&[("a.runbook", &runbook("Bad", "", &many))]);
    let ran = project.run(&["check", "a.runbook"]).ends(1);
    assert!(ran.stdout.contains(" more in a.runbook"), "{ran:#?}");
    let json = project.run(&["check", "a.runbook", "--format", "json"]).ends(1);
    assert_eq!(codes(&json).len(), 100);
}

#[test]
fn findings_have_the_contracts_fields() {
    let project = Project::new(&[("a.runbook", &runbook("Bad", "", "  等 5m\n  wiat 5m\n  resolve \"done\""))]);
    let ran = project.run(&["check", "a.runbook", "--format", "json"]).ends(1);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let finding = &document["findings"][1];
    for field in
        ["code", "rule", "severity", "message", "help", "file", "line", "column", "end_line", "end_column", "path"]
    {
        assert!(finding.get(field).is_some(), "{field} is missing: {finding}");
    }
    assert_eq!(
        (finding["file"].as_str(), finding["line"].as_u64(), finding["column"].as_u64()),
        (Some("a.runbook"), Some(7), Some(3))
    );
}

#[test]
fn colour_is_for_terminals_or_on_request() {
    let project = Project::new(&[("a.runbook", &runbook("Bad", "", "  wiat 5m\n  resolve \"done\""))]);
    let coloured = |arguments: &[&str], no_color: &str| {
        let output = project.command(arguments).env("NO_COLOR", no_color).output().unwrap();
        Ran::of(output).ends(1).stdout.contains('\u{1b}')
    };
    assert!(!coloured(&["check", "a.runbook"], ""));
    assert!(coloured(&["check", "a.runbook", "--color", "always"], "1"));
    assert!(!coloured(&["check", "a.runbook", "--color", "never"], ""));
}

#[test]
fn many_files_are_checked_as_few_are() {
    let wrong = runbook("Wrong", "server: mail", "  resolve \"${sever.name}\"");
    let right = runbook("Right", "server: mail", "  resolve \"done\"");
    let shared = "role mail { site: texd }\n";
    let mut files = vec![("shared.runbook".to_owned(), shared.to_owned())];
    for number in 0..200 {
        let body = if number % 50 == 7 { &wrong } else { &right };
        files.push((format!("r{number:03}.runbook"), format!("import \"shared.runbook\"\n\n{body}")));
    }
    let project = Project::new(&files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>());
    let ran = project.run(&["check", ".", "--format", "json"]).ends(1);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let found: Vec<String> = document["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| format!("{} {}", finding["file"].as_str().unwrap_or_default(), finding["code"]))
        .collect();
    let expected: Vec<String> = [7, 57, 107, 157]
        .iter()
        .map(|number| format!("r{number:03}.runbook \"E0201\""))
        .chain(["shared.runbook \"E0207\"".to_owned()])
        .collect();
    assert_eq!(found, expected, "each once, in the order of the files");
}

/// Runbooks of two roles with a common fact, and a host with both roles.
fn two_roles(second: &str, roles: &str) -> Project {
    let text = format!(
        "role web {{\n  key: secret\n  pause: duration\n}}\nrole mail {{\n  key: secret\n  pause: {second}\n}}\n\n{}",
        crate::support::project::runbook("Look", "server: web", "  resolve \"${server} was looked at\"")
    );
    let inventory = format!(
        "hosts:\n  one:\n    roles: {roles}\n    facts: {{key: k, pause: 90s}}\ncontacts:\n  oncall: {{terminal: true}}\n\
         secrets:\n  k: {{environment: K}}\n"
    );
    Project::new(&[("a.runbook", &text), ("rectify.yaml", &inventory)])
}

#[test]
fn roles_of_a_host_share_facts_of_one_type() {
    two_roles("duration", "[web, mail]").run(&["check", "a.runbook"]).ends(0);
    let ran = two_roles("text", "[web, mail]").run(&["check", "a.runbook"]).ends(1);
    assert!(
        ran.stdout.contains("E0702") && ran.stdout.contains("require the fact `pause` with different types"),
        "{ran:#?}"
    );
}

#[test]
fn a_role_that_is_nearly_declared_is_warned_of() {
    let ran = two_roles("duration", "[wep, database]").run(&["check", "a.runbook"]).ends(1);
    assert!(ran.stdout.contains("E0702") && ran.stdout.contains("Did you mean `web`?"), "{ran:#?}");
    assert!(ran.stdout.contains("1 warning") && !ran.stdout.contains("the role `database`"), "{ran:#?}");
    two_roles("duration", "[database]").run(&["check", "a.runbook"]).ends(0);
}

#[test]
fn the_runbooks_of_the_project_are_formatted_and_right() {
    rectify(&["fmt", "--check", "runbooks"]).ends(0);
    rectify(&["check", "runbooks"]).ends(0);
}

#[test]
fn no_line_of_an_inventory_with_a_misplaced_secret_is_shown() {
    for text in [
        "secrets:\n  db: hunter22\n",
        "secrets:\n  db: [hunter22]\n",
        "secrets: hunter22\n",
        "hosts:\n  a: {adress: 192.0.2.1}\nsecrets:\n  db: hunter22\npolicy: {destroy: never}\n",
        "mail: {server: m, from: a@example.org, user: u, password: hunter22}\n",
        "mail:\n  server: m\n  from: a@example.org\n  user: u\n  pasword: hunter22\n",
    ] {
        let project = Project::new(&[("rectify.yaml", text)]);
        for format in ["text", "json", "sarif", "github", "junit", "gitlab"] {
            let ran = project.run(&["check", "rectify.yaml", "--format", format]).ends(1);
            assert!(!ran.stdout.contains("hunter22") && !ran.stderr.contains("hunter22"), "{ran:#?}");
        }
    }
}
