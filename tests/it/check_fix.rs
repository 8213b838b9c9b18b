//! `rectify check --fix`: applies unambiguous fixes until none is left, and changes nothing else in the file.

use crate::support::project::{Project, runbook};
use std::os::unix::fs::PermissionsExt;

fn read(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.path(name)).unwrap()
}

#[test]
fn fixes_are_applied_until_none_is_left() {
    let good = runbook("A", "server: host", "  wait 90s\n  wait 5m\n  escalate to oncall \"${server}\"");
    let bad =
        good.replace("wait 90s\n  wait 5m", "wiat 90s\n  wait 5min;").replace("(server: host)", "（server: host）");
    let project = Project::new(&[("a.runbook", &bad)]);
    std::fs::set_permissions(project.path("a.runbook"), std::fs::Permissions::from_mode(0o640)).unwrap();
    let ran = project.run(&["check", ".", "--fix"]).ends(0);
    assert_eq!(read(&project, "a.runbook"), good, "{ran:#?}");
    // One fix makes the next one visible.
    assert_eq!(ran.stderr, "a.runbook: 3 fixes applied\na.runbook: 1 fix applied\n");
    let mode = std::fs::metadata(project.path("a.runbook")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o640);
    assert_eq!(std::fs::read_dir(project.path("")).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn suggestions_are_not_applied() {
    // No fix guesses which action is called, even if a name is similar, or where a line should end.
    let suggestions = [
        ("  service.restat(\"x\", on: server)", "Did you mean `restart`?"),
        ("  wait unitl host.reachable(server) within 1m every 5s", "on a line of its own"),
        ("  service.stopped(\"x\", on: server)", "temporarily"),
    ];
    for (line, help) in suggestions {
        let text = runbook("A", "server: host", &format!("{line}\n  resolve \"x\""));
        let project = Project::new(&[("a.runbook", &text)]);
        let ran = project.run(&["check", ".", "--fix"]).ends(1);
        assert!(ran.stdout.contains(help), "{ran:#?}");
        assert_eq!(read(&project, "a.runbook"), text);
    }
}

#[test]
fn an_unused_allow_is_removed_with_its_line_or_its_spaces() {
    let good = runbook("A", "", "  wait 1m\n  resolve \"x\"");
    let bad =
        good.replace("  wait 1m\n", "  # allow: unused-value — because of x\n  wait 1m  # allow: literal-secret — y\n");
    let project = Project::new(&[("a.runbook", &bad)]);
    project.run(&["check", ".", "--fix"]).ends(0);
    assert_eq!(read(&project, "a.runbook"), good);
}

#[test]
fn a_file_that_was_not_named_is_not_touched() {
    let slip = "# allow: unused-value — because of x\nprobe Up(server: host) {\n  ask       host.reachable(server)\n  \
                passed if answer\n}\n";
    let text = format!(
        "import \"lib.runbook\"\n\n{}",
        runbook("A", "server: host", "  resolve \"${server}\"").replace("  contact", "  goal    Up(server)\n  contact")
    );
    let project = Project::new(&[("a.runbook", &text), ("lib.runbook", slip)]);
    project.run(&["check", "a.runbook", "--fix"]).ends(0);
    assert_eq!(read(&project, "lib.runbook"), slip);
    project.run(&["check", ".", "--fix"]).ends(0);
    assert!(!read(&project, "lib.runbook").contains("allow"));
}

#[test]
fn a_link_stays_a_link() {
    let bad = runbook("A", "", "  wait 5min\n  resolve \"x\"");
    let project = Project::new(&[("real/a.runbook", &bad)]);
    std::os::unix::fs::symlink("real/a.runbook", project.path("a.runbook")).unwrap();
    project.run(&["check", "a.runbook", "--fix"]).ends(0);
    assert!(std::fs::symlink_metadata(project.path("a.runbook")).unwrap().is_symlink());
    assert!(read(&project, "real/a.runbook").contains("wait 5m"));
}

/// `ssh` becomes `remote` where that is certain to be the same.
#[test]
fn a_command_sent_by_ssh_becomes_remote() {
    let fixed = [
        (
            r#"exec.disrupt(["ssh", "-o", "BatchMode=yes", server.address, "systemctl reload nginx"], target: server)"#,
            r#"remote.disrupt(["systemctl", "reload", "nginx"], on: server)"#,
        ),
        (
            r#"exec.disrupt(["ssh", "-T", "--", "${server.address}", "reload", note])"#,
            r#"remote.disrupt(["reload", note], on: server)"#,
        ),
        (
            r#"exec.disrupt(["ssh", "${server.address}", "tee", "/etc/motd"], accepts: [0, 1], input: note)"#,
            r#"remote.disrupt(["tee", "/etc/motd"], accepts: [0, 1], input: note, on: server)"#,
        ),
    ];
    for (before, after) in fixed {
        assert_eq!(after_fix(before), after);
    }
    // An option, a destination or a word that may mean more, and a target that is another host.
    for kept in [
        r#"exec.disrupt(["ssh", "-p", "2222", server.address, "reload"])"#,
        r#"exec.disrupt(["ssh", "-o", "ProxyJump=bastion", server.address, "reload"])"#,
        r#"exec.disrupt(["ssh", "ops@${server.address}", "reload"])"#,
        r#"exec.disrupt(["ssh", "web1", "reload"])"#,
        r#"exec.disrupt(["ssh", server.address, "reload; sync"])"#,
        r#"exec.disrupt(["ssh", server.address, "ls $HOME"])"#,
        r#"exec.disrupt(["ssh", server.address, "cat '/etc/motd'"])"#,
        r#"exec.disrupt(["ssh", server.address, "reload"], target: other)"#,
        r#"exec.disrupt(["ssh", server.address])"#,
        r#"exec.disrupt(["ssh", server.address, "-p", "2222", "reload"])"#,
        r#"exec.disrupt(["ssh", "-n", server.address, "cat"], input: note)"#,
        r#"exec.disrupt(["ssh", server.address, "LC_ALL=C df -h"])"#,
        r#"exec.disrupt(["ssh", server.address, "cd /tmp"])"#,
        r#"exec.disrupt(["ssh", server.address, "command -v nginx"])"#,
        r#"exec.disrupt(["ssh", "${server}", "reload"])"#,
        r#"exec.disrupt(["ssh", server.address, "reload", "${count}"])"#,
        r#"exec.disrupt(["sudo", "ssh", server.address, "reload"])"#,
    ] {
        assert_eq!(after_fix(kept), kept);
    }
}

/// The only statement of a runbook, after `check --fix`.
fn after_fix(statement: &str) -> String {
    let text = format!(
        "runbook A(server: host, other: host, note: text, count: number) {{\n  title \"A\"\n  contact desk\n  ends within 1h\n\n  \
         {statement}\n  resolve \"${{note}} ${{other}} ${{count}}\"\n}}\n"
    );
    let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", "contacts: {desk: {terminal: true}}\n")]);
    project.run(&["check", ".", "--fix"]);
    let fixed = std::fs::read_to_string(project.path("a.runbook")).unwrap();
    fixed.lines().find(|line| line.contains(".disrupt(")).unwrap().trim().to_owned()
}
