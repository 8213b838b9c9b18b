//! Text from outside never becomes code, on this machine or behind `ssh`: what a program would read as code is found by
//! `rectify check`, and `rectify run` does not start it.

use super::cli_support::Project;

const INVENTORY: &str = "hosts:\n  web1: {roles: [web], address: 127.0.0.1, facts: {service: nginx, level: \"2\"}}\ncontacts:\n  oncall: {terminal: true}\n";

fn check(statements: &str) -> Vec<(String, u64)> {
    let runbook = format!(
        "role web {{ service: text  level: text }}\n\
         enum Unit {{ nginx, redis }}\n\
         open enum Loose {{ one, two }}\n\
         record Row {{ name: text  size: number  unit: Unit  loose: Loose }}\n\
         runbook Act(server: web, note: text, unit: Unit, loose: Loose, count: number, long: duration, maybe: text?, words: list<text>) {{\n  \
         contact oncall\n\n{statements}\n  resolve \"Done\"\n}}\n"
    );
    let project = Project::new(&[("a.runbook", &runbook), ("rectify.yaml", INVENTORY)]);
    let ran = project.run(&["check", "a.runbook", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:#?}"));
    let findings = document["findings"].as_array().unwrap();
    findings
        .iter()
        .filter(|finding| finding["code"].as_str().unwrap().starts_with('E'))
        .map(|finding| (finding["code"].as_str().unwrap().to_owned(), finding["line"].as_u64().unwrap()))
        .collect()
}

const CODE: &[&str] = &[
    // Joined by ssh, and read by a shell on the other host.
    r#"["ssh", server.address, "systemctl", "restart", note]"#,
    r#"["/usr/bin/ssh", "-o", "BatchMode=yes", server.address, "touch", "/tmp/${note}"]"#,
    r#"["ssh", server.address, "--", note]"#,
    r#"["ssh", "-l", "${note}", server.address, "uptime"]"#,
    r#"["ssh", server.address, "logger '${note}'"]"#,
    r#"["ssh", server.address, "echo", "${loose}"]"#,
    r#"["autossh", server.address, "echo", "x${note}"]"#,
    // Behind programs that start others.
    r#"["sudo", "ssh", server.address, "echo", "${note}"]"#,
    r#"["sudo", "-u", "deploy", "ssh", server.address, "echo", "x${note}"]"#,
    r#"["sudo", "-n", "--", "ssh", server.address, "x${note}"]"#,
    r#"["env", "LC_ALL=C", "ssh", server.address, "x${note}"]"#,
    r#"["env", "-u", "HOME", "ssh", server.address, "x${note}"]"#,
    r#"["timeout", "30", "ssh", server.address, "x${note}"]"#,
    r#"["timeout", "-k", "5", "30s", "ssh", server.address, "x${note}"]"#,
    r#"["timeout", "--kill-after=5", "30s", "sudo", "-u", "x", "ssh", server.address, "x${note}"]"#,
    r#"["nice", "-n", "5", "ssh", server.address, "x${note}"]"#,
    r#"["xargs", "-n", "1", "ssh", server.address, "x${note}"]"#,
    r#"["docker", "exec", "-u", "root", "mail", "su", "-c", "echo ${note}"]"#,
    r#"["docker", "exec", "mail", "ssh", "other", "x${note}"]"#,
    r#"["kubectl", "exec", "-n", "mail", "pod-1", "--", "ssh", "other", "x${note}"]"#,
    r#"["kubectl", "-n", "mail", "exec", "pod-1", "--", "psql", "-c", "drop table ${note}"]"#,
    r#"["nohup", "setsid", "ssh", server.address, "x${note}"]"#,
    r#"["flock", "/run/x", "ssh", server.address, "x${note}"]"#,
    r#"["find", "/srv", "-exec", "ssh", "other", "x${note}", ";"]"#,
    r#"["sudo", "--", "/bin/${note}"]"#,
    // Another language, or a shell, in the value of an option.
    r#"["su", "-", "postgres", "-c", "vacuum ${note}"]"#,
    r#"["su", "--command=vacuum ${note}", "postgres"]"#,
    r#"["runuser", "-u", "postgres", "--", "psql", "-c", "vacuum ${note}"]"#,
    r#"["psql", "-d", "mail", "-c", "select '${note}'"]"#,
    r#"["psql", "-Atc", "select '${note}'"]"#,
    r#"["psql", "--command=select '${note}'"]"#,
    r#"["mysql", "-e", "kill ${note}"]"#,
    r#"["mysql", "-Ne", "kill ${note}"]"#,
    r#"["mysql", "--execute=kill ${note}"]"#,
    r#"["sqlite3", "/srv/mail.db", "delete from x where y = '${note}'"]"#,
    r#"["fish", "-c", "echo ${note}"]"#,
    r#"["php", "-r", "echo ${note};"]"#,
    r#"["mongosh", "--eval", "db.x.drop('${note}')"]"#,
    r#"["redis-cli", "eval", "return ${note}", "0"]"#,
    r#"["awk", "/${note}/ {print}", "/var/log/mail.log"]"#,
    r#"["awk", "-F", ":", "/${note}/ {print}", "/var/log/mail.log"]"#,
    r#"["sed", "-i", "s/x/${note}/", "/etc/x"]"#,
    r#"["sed", "-e", "s/x/${note}/", "/etc/x"]"#,
    r#"["jq", ".[\"${note}\"]", "/etc/x.json"]"#,
    r#"["watch", "-n", "1", "ls ${note}"]"#,
    r#"["tar", "-cf", "/x.tar", "--to-command=${note}", "/srv"]"#,
    r#"["rsync", "-a", "--rsync-path=${note}", "/srv/", "other:/srv/"]"#,
    r#"["scp", "/srv/x", "other:/srv/${note}"]"#,
    r#"["find", "/srv", "-exec", "sed", "-i", "s/${note}/x/", "{}", ";"]"#,
    r#"["cmd.exe", "/C", "del", "x${note}"]"#,
    // What to load or run.
    r#"["env", "LD_PRELOAD=${note}", "ls"]"#,
    r#"["sudo", "PATH=/opt/${note}", "ls"]"#,
    r#"["env", "PYTHONPATH=/opt/${note}", "tool"]"#,
    r#"["env", "-S", "ls ${note}"]"#,
];

const FINE: &[&str] = &[
    r#"["ssh", server.address, "systemctl", "restart", server.service]"#,
    r#"["ssh", server.address, "systemctl", "restart", "${unit}"]"#,
    r#"["ssh", server.address, "kill", "-9", "${count}"]"#,
    r#"["ssh", server.address, "sleep", "${long}"]"#,
    r#"["ssh", server.address, "echo", if note == "x" then "a" else "b"]"#,
    r#"["ssh", "${server}", "uptime"]"#,
    r#"["grep", "-c", "--", note, "/var/log/mail.log"]"#,
    r#"["systemctl", "restart", "--", note]"#,
    r#"["sudo", "systemctl", "restart", "--", note]"#,
    r#"["sudo", "-n", "-u", "root", "systemctl", "restart", "--", note]"#,
    r#"["docker", "restart", "--", note]"#,
    r#"["docker", "exec", "mail", "doveadm", "kick", "--", note]"#,
    r#"["kubectl", "rollout", "restart", "deploy/${note}"]"#,
    r#"["psql", "-v", "name=${note}", "-f", "/srv/restart.sql"]"#,
    r#"["psql", "-d", "db_${note}", "-c", "vacuum"]"#,
    r#"["awk", "-v", "user=${note}", "$1 == user", "/etc/passwd"]"#,
    r#"["awk", "-f", "/srv/x.awk", "--", note]"#,
    r#"["sed", "-n", "1p", "--", "/srv/${note}"]"#,
    r#"["jq", "--arg", "name", "x${note}", ".[$name]", "/etc/x.json"]"#,
    r#"["env", "NAME=${note}", "tool"]"#,
    r#"["scp", "/srv/x", "other:/srv/x"]"#,
    r#"["rsync", "-a", "/srv/${note}/", "other:/srv/"]"#,
    r#"["sh", "-c", "echo \"$1\"", "sh", note]"#,
    r#"["find", "/srv", "-name", "x${note}", "-exec", "rm", "{}", ";"]"#,
];

#[test]
fn words_that_a_program_reads_as_code_are_found() {
    let mut wrong = Vec::new();
    for command in CODE {
        let found = check(&format!("  exec.disrupt({command})"));
        let [(code, line)] = found.as_slice() else {
            wrong.push(format!("{command}: {found:?}"));
            continue;
        };
        if !["E0314", "E0310"].contains(&code.as_str()) || *line != 8 {
            wrong.push(format!("{command}: {found:?}"));
        }
    }
    for command in FINE {
        let found = check(&format!("  exec.disrupt({command})"));
        if !found.is_empty() {
            wrong.push(format!("fine, {command}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn text_from_outside_is_followed_through_names_and_answers() {
    let act = "exec.disrupt([\"ssh\", server.address, \"echo\", \"x${word}\"])";
    let code = [
        "  let word = note",
        "  let word = \"<${note}>\"",
        "  let word = exec.read([\"cat\", \"/etc/hostname\"]).stdout",
        "  let seen = exec.read([\"cat\", \"/etc/hostname\"])\n  let word = seen.stdout",
        "  let word = exec.read([\"cat\", \"x\"]).stdout.lines.first else \"none\"",
        "  let word = maybe else \"none\"",
        "  let word = server.service.capture(r\"x\") else note",
        "  let word = words.first else \"none\"",
        "  let row = exec.read([\"cat\", \"x\"]).stdout.json as Row\n  let word = row.name",
        "  let row = exec.read([\"cat\", \"x\"]).stdout.json as Row\n  let word = row.loose",
        "  let row = Row(name: note, size: 1, unit: nginx, loose: one)\n  let word = row.name",
        "  let list = [\"${w}\" for w in words]\n  let word = list.last else \"none\"",
        "  let word = if note == \"x\" then note else \"none\"",
        "  let word = note.capture(r\"^(.*)$\") else \"none\"",
        "  let word = note.capture(r\"^(a)|.*$\") else \"none\"",
        "  let word = note.capture(r\"^[^;]+$\") else \"none\"",
        "  let word = note.capture(r\"^[a-z $]+$\") else \"none\"",
    ];
    let fine = [
        "  let word = server.service",
        "  let word = note.capture(r\"^[a-z0-9_.-]+$\") else \"none\"",
        "  let word = note.capture(r\"^unit=([\\w.-]+);\") else \"none\"",
        "  let word = note.number else 0",
        "  let row = exec.read([\"cat\", \"x\"]).stdout.json as Row\n  let word = row.unit",
        "  let row = exec.read([\"cat\", \"x\"]).stdout.json as Row\n  let word = row.size",
        "  let word = words.count",
        "  let word = \"literal\"",
        "  let host = note as web\n  let word = host.service",
        "  let word = ask \"Which?\" choices [nginx, redis] within 5m default nginx",
    ];
    let mut wrong = Vec::new();
    for binding in code {
        let found = check(&format!("{binding}\n  {act}"));
        if !matches!(found.as_slice(), [(code, _)] if code == "E0314") {
            wrong.push(format!("{binding}: {found:?}"));
        }
    }
    for binding in fine {
        let found = check(&format!("{binding}\n  {act}"));
        if !found.is_empty() {
            wrong.push(format!("fine, {binding}: {found:?}"));
        }
    }
    let found = check("  for word in words, at most 3 { exec.disrupt([\"ssh\", server.address, \"x${word}\"]) }");
    if !matches!(found.as_slice(), [(code, _)] if code == "E0314") {
        wrong.push(format!("a loop: {found:?}"));
    }
    let caught = "  try { exec.disrupt([\"true\"]) } catch error { exec.disrupt([\"ssh\", server.address, \"x${error.message}\"]) }";
    let found = check(caught);
    if !matches!(found.as_slice(), [(code, _)] if code == "E0314") {
        wrong.push(format!("an error: {found:?}"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_input_that_is_read_as_code_is_found() {
    let mut wrong = Vec::new();
    for (command, is_code) in [
        (r#"["ssh", server.address, "sh"]"#, true),
        (r#"["ssh", server.address]"#, true),
        (r#"["ssh", server.address, "sudo", "bash", "-s"]"#, true),
        (r#"["sh"]"#, true),
        (r#"["bash", "-s", "--", "x"]"#, true),
        (r#"["sudo", "-u", "postgres", "psql", "-d", "mail"]"#, true),
        (r#"["mysql", "mail"]"#, true),
        (r#"["python3", "-"]"#, true),
        (r#"["crontab", "-"]"#, true),
        (r#"["ssh", server.address, "logger"]"#, false),
        (r#"["ssh", server.address, "tee", "/etc/motd"]"#, false),
        (r#"["tee", "/etc/motd"]"#, false),
        (r#"["python3", "/srv/tool.py"]"#, false),
        (r#"["sh", "-c", "cat > /etc/motd"]"#, false),
    ] {
        let found = check(&format!("  exec.disrupt({command}, input: note)"));
        let is_found = matches!(found.as_slice(), [(code, _)] if code == "E0314");
        if is_found != is_code || !is_code && !found.is_empty() {
            wrong.push(format!("{command}: {found:?}"));
        }
        let written = check(&format!("  exec.disrupt({command}, input: \"select 1\")"));
        if !written.is_empty() {
            wrong.push(format!("written out, {command}: {written:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A stand-in for `ssh` that does what the real one does with its words: it joins them, and a shell reads the line.
const SSH: &str = "#!/bin/sh\nshift\nexec sh -c \"$*\"\n";

#[test]
fn a_label_of_an_alert_is_not_run_behind_ssh() {
    let runbook = "role web { service: text  level: text }\nrunbook Restart(server: web, unit: text) {\n  alert \"Down\"\n  contact oncall\n  exec.disrupt([\"ssh\", server.address, \"echo\", unit], target: server)\n  resolve \"Done\"\n}\n";
    let project = Project::new(&[("a.runbook", runbook), ("rectify.yaml", INVENTORY), ("bin/ssh", SSH)]);
    let alert = serde_json::json!({"name": "Down", "labels": {"server": "web1", "unit": "x; touch acted"}});
    std::fs::write(project.path("alert.json"), alert.to_string()).unwrap();
    std::process::Command::new("chmod").args(["+x".as_ref(), project.path("bin/ssh").as_os_str()]).status().unwrap();
    let path = format!("{}:{}", project.path("bin").display(), std::env::var("PATH").unwrap());
    let ran = project.command(&["run", "a.runbook", "--alert", "alert.json"]).env("PATH", &path).output().unwrap();
    assert!(!project.path("acted").exists(), "{ran:#?}");
    assert_eq!(ran.status.code(), Some(2), "{ran:#?}");
    // The way out of its help: what may pass is taken out first.
    let cured = runbook.replace(
        "  exec.disrupt",
        "  let name = unit.capture(r\"^[a-z0-9-]+$\") else { escalate to oncall \"No unit: ${unit}\" }\n  exec.disrupt",
    );
    std::fs::write(project.path("a.runbook"), cured.replace("\"echo\", unit", "\"echo\", name")).unwrap();
    let ran = project.command(&["run", "a.runbook", "--alert", "alert.json"]).env("PATH", &path).output().unwrap();
    assert!(!project.path("acted").exists(), "{ran:#?}");
    assert!(String::from_utf8_lossy(&ran.stdout).contains("No unit: x; touch acted"), "{ran:#?}");
    let ran = project.command(&["run", "a.runbook", "server=web1", "unit=nginx"]).env("PATH", &path).output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{ran:#?}");
}
