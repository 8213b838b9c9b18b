//! No false alarms of `rectify check`: correct files have no finding, and incorrect ones still have theirs.

use crate::support::project::{Project, Ran};

const TWO_ROLES: &str = "hosts:\n  one:\n    address: 192.0.2.1\n    roles: [disk_host, tls_host]\n\
    contacts:\n  oncall: {terminal: true}\n";

/// A runbook for hosts of a role.
fn of_role(name: &str, role: &str) -> String {
    format!(
        "role {role} {{ }}\n\nrunbook {name}(server: {role}) {{\n  title   \"{name}\"\n  contact oncall\n  \
         ends within 1h\n\n  escalate to oncall \"Look at ${{server}}\"\n}}\n"
    )
}

fn two_roles(inventory: &str) -> Project {
    let (disks, certificates) = (of_role("Disks", "disk_host"), of_role("Certificates", "tls_host"));
    Project::new(&[("rectify.yaml", inventory), ("a.runbook", &disks), ("deep/b.runbook", &certificates)])
}

/// How often a message is reported.
fn told(ran: &Ran, what: &str) -> usize {
    ran.stdout.matches(what).count()
}

#[test]
fn a_role_that_another_file_of_the_project_declares_is_known() {
    let project = two_roles(TWO_ROLES);
    for paths in [&["."][..], &["a.runbook"], &["deep/b.runbook"], &["a.runbook", "deep/b.runbook"], &["deep"]] {
        let ran = project.run(&[&["check"], paths].concat()).ends(0);
        assert_eq!((ran.stdout.trim(), ran.stderr.trim()), ("", ""), "{paths:?}");
    }
    // Other commands that read the inventory do not report it either, and no fix changes correct code.
    let ran = project.run(&["run", "a.runbook", "Disks", "server=one", "--dry-run"]);
    assert!(!ran.stderr.contains("E0702") && !ran.stdout.contains("E0702"), "{ran:#?}");
    project.run(&["check", ".", "--fix"]).ends(0);
    assert_eq!(std::fs::read_to_string(project.path("rectify.yaml")).unwrap(), TWO_ROLES);
}

#[test]
fn a_role_that_no_file_declares_is_told_once_with_the_nearest() {
    let project = two_roles(&TWO_ROLES.replace("disk_host", "disk_hots"));
    for paths in [&["."][..], &["a.runbook"], &["a.runbook", "deep/b.runbook"]] {
        let ran = project.run(&[&["check"], paths].concat()).ends(1);
        assert_eq!((told(&ran, "E0702"), told(&ran, "the role `disk_hots`")), (1, 1), "{paths:?}: {ran:#?}");
        assert!(ran.stdout.contains("disk_host"), "{ran:#?}");
    }
    // No similar role exists in this project.
    project.run(&["check", "deep/b.runbook"]).ends(0);
}

/// A folder with its own inventory is another project, and its roles do not count here.
#[test]
fn a_role_of_another_project_is_not_known_here() {
    let inner = of_role("Inner", "disk_hots");
    let project = Project::new(&[
        ("rectify.yaml", &TWO_ROLES.replace("disk_host, tls_host", "disk_hots")),
        ("a.runbook", &of_role("Disks", "disk_host")),
        ("inner/rectify.yaml", "contacts:\n  oncall: {terminal: true}\n"),
        ("inner/b.runbook", &inner),
    ]);
    let ran = project.run(&["check", "a.runbook"]).ends(1);
    assert_eq!(told(&ran, "E0702"), 1, "{ran:#?}");
}

/// Files given on the command line belong to the project wherever they are.
#[test]
fn a_role_of_a_file_that_was_named_is_known() {
    let project = Project::new(&[
        ("site/rectify.yaml", TWO_ROLES),
        ("one/a.runbook", &of_role("Disks", "disk_host")),
        ("two/b.runbook", &of_role("Certificates", "tls_host")),
    ]);
    project.run(&["check", "--config", "site/rectify.yaml", "one/a.runbook", "two/b.runbook"]).ends(0);
}

const INVENTORY: &str = "hosts:\n  one:\n    address: 192.0.2.1\n    roles: [web]\n    facts: {kind: large}\n\
    contacts:\n  oncall: {terminal: true}\n";

/// A project of one file that uses each declaration in a different way.
fn used(declarations: &str, statements: &str, tests: &str) -> Ran {
    let main = format!(
        "{declarations}\nrunbook Main(server: host) {{\n  title   \"Main\"\n  contact oncall\n  ends within 1h\n\n\
         {statements}\n  escalate to oncall \"Look at ${{server}}\"\n}}\n"
    );
    let mut files = vec![("rectify.yaml", INVENTORY), ("main.runbook", main.as_str())];
    let tests = format!("import \"main.runbook\"\n{tests}");
    if tests.contains("test ") {
        files.push(("main.test.runbook", &tests));
    }
    Project::new(&files).run(&["check", "."])
}

#[test]
fn an_enum_that_is_used_by_its_words_alone_is_used() {
    let by_words = [
        "  let mode = drill\n  if mode == drill { notify oncall \"A drill\" }",
        "  let mode = if run.started < now then drill else real\n  match mode {\n    drill { notify oncall \"A drill\" }\n    \
         real { notify oncall \"No drill\" }\n  }",
        "  let modes = [drill, real]\n  for mode in modes, at most 2 { notify oncall \"${mode}\" }",
    ];
    for statements in by_words {
        let ran = used("enum Mode { drill, real }\n", statements, "");
        assert_eq!(told(&ran, "L0403"), 0, "{statements}: {ran:#?}");
        ran.ends(0);
        let without = used("", statements, "");
        assert!(without.stdout.contains("error"), "it is needed: {statements}: {without:#?}");
    }
    let ran = used("enum Mode { drill, real }\n", "", "").ends(1);
    assert_eq!(told(&ran, "L0403"), 1, "{ran:#?}");
}

#[test]
fn what_is_used_by_one_way_alone_is_used() {
    let cases: [(&str, &str, &str); 9] = [
        (
            "enum Kind { small, large }\nrole web { kind: Kind }\n",
            "  let count = hosts(web).count\n  notify oncall \"${count}\"",
            "",
        ),
        ("role web { kind: text }\n", "  if server is web { notify oncall \"It is\" }", ""),
        (
            "role web { kind: text }\n",
            "  let other = \"one\" as web else { escalate to oncall \"No\" }\n  notify oncall \"${other}\"",
            "",
        ),
        ("record Site { name: text }\n", "  let site = Site(name: \"a\")\n  notify oncall \"${site.name}\"", ""),
        (
            "record Site { name: text }\n",
            "  let sites = \"[]\".json as list<Site>\n  notify oncall \"${sites.count}\"",
            "",
        ),
        (
            "enum Kind { small, large }\nrecord Site { kind: Kind }\n",
            "  let site = \"{}\".json as Site\n  notify oncall \"${site.kind}\"",
            "",
        ),
        (
            "procedure Back(server: host) { service.restart(\"a\", on: server) }\n",
            "  temporarily { service.restart(\"b\", on: server) } undo { do Back(server) }\n  wait 1m",
            "",
        ),
        (
            "backend own \"Own\" {\n  observe kind(on: host) -> Kind timeout 1m { if on.name == \"one\" then small else large }\n}\n\
             enum Kind { small, large }\n",
            "  let kind = own.kind(server)\n  notify oncall \"${kind}\"",
            "",
        ),
        (
            "role web { kind: text }\n",
            "",
            "test \"given\" for Main(server: \"two\") {\n  given host \"two\" is web(kind: \"large\")\n  expect escalated\n}\n",
        ),
    ];
    for (declarations, statements, tests) in cases {
        let ran = used(declarations, statements, tests);
        assert_eq!(told(&ran, "L0403"), 0, "{declarations}: {ran:#?}");
        assert_eq!(told(&ran, "L0404"), 0, "{declarations}: {ran:#?}");
        assert!(!ran.stdout.contains("error"), "the case itself is right: {ran:#?}");
    }
}
