//! Text from outside never becomes code, locally or behind `ssh`. `rectify check` finds text that a program would read
//! as code, and `rectify run` refuses to start it.

use crate::support::project::Project;

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
    // ssh joins its arguments, and a remote shell reads the line.
    r#"["ssh", server.address, "systemctl", "restart", note]"#,
    r#"["/usr/bin/ssh", "-o", "BatchMode=yes", server.address, "touch", "/tmp/${note}"]"#,
    r#"["ssh", server.address, "--", note]"#,
    r#"["ssh", "-l", "${note}", server.address, "uptime"]"#,
    r#"["ssh", server.address, "logger '${note}'"]"#,
    r#"["ssh", server.address, "echo", "${loose}"]"#,
    r#"["autossh", server.address, "echo", "x${note}"]"#,
    // Behind programs that start other programs.
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
    // Spellings of an option with a script.
    r#"["sh", "-ce", "echo ${note}"]"#,
    r#"["bash", "-cx", "echo ${note}"]"#,
    r#"["bash", "-c", "--", "echo ${note}"]"#,
    r#"["bash", "-c", "-e", "echo ${note}"]"#,
    r#"["bash", "-o", "pipefail", "-c", "echo ${note}"]"#,
    r#"["bash", "-euo", "pipefail", "-c", "echo ${note}"]"#,
    r#"["rbash", "-c", "echo ${note}"]"#,
    r#"["tcsh", "-c", "echo ${note}"]"#,
    r#"["nu", "-c", "echo ${note}"]"#,
    r#"["python3.11", "-c", "print(${note})"]"#,
    r#"["php8.1", "-r", "echo ${note};"]"#,
    r#"["lua5.3", "-e", "print(${note})"]"#,
    r#"["perl5.36", "-e", "print ${note}"]"#,
    r#"["ssh.exe", server.address, "x${note}"]"#,
    r#"["plink.exe", server.address, "x${note}"]"#,
    r#"["powershell.exe", "Restart-Service ${note}"]"#,
    r#"["pwsh", "-enc", "${note}"]"#,
    // Behind more programs that start other programs.
    r#"["docker", "compose", "exec", "mail", "sh", "-c", "echo ${note}"]"#,
    r#"["docker-compose", "exec", "mail", "sh", "-c", "echo ${note}"]"#,
    r#"["crictl", "exec", "-it", "abc", "sh", "-c", "echo ${note}"]"#,
    r#"["incus", "exec", "mail", "--", "sh", "-c", "echo ${note}"]"#,
    r#"["nomad", "alloc", "exec", "abc", "sh", "-c", "echo ${note}"]"#,
    r#"["pct", "exec", "101", "--", "sh", "-c", "echo ${note}"]"#,
    r#"["machinectl", "shell", "mail", "/bin/sh", "-c", "echo ${note}"]"#,
    r#"["systemd-nspawn", "-D", "/srv/x", "sh", "-c", "echo ${note}"]"#,
    r#"["gosu", "mail", "ssh", "other", "x${note}"]"#,
    r#"["pkexec", "ssh", "other", "x${note}"]"#,
    r#"["run0", "ssh", "other", "x${note}"]"#,
    r#"["dzdo", "ssh", "other", "x${note}"]"#,
    r#"["chronic", "ssh", "other", "x${note}"]"#,
    r#"["cgexec", "-g", "cpu:x", "ssh", "other", "x${note}"]"#,
    r#"["sg", "mail", "-c", "echo ${note}"]"#,
    r#"["docker", "exec", "-e", "LD_PRELOAD=${note}", "mail", "ls"]"#,
    r#"["docker", "run", "--env=LD_PRELOAD=${note}", "mail", "ls"]"#,
    // Remote paths, shells and consoles.
    r#"["scp", "/srv/x", "${server.address}:/srv/${note}"]"#,
    r#"["scp", "/srv/x", "root@${server.address}:/srv/${note}"]"#,
    r#"["slogin", server.address, "x${note}"]"#,
    r#"["dbclient", server.address, "x${note}"]"#,
    r#"["tsh", "ssh", "web1", "x${note}"]"#,
    r#"["gcloud", "compute", "ssh", "web1", "--command=echo ${note}"]"#,
    r#"["vagrant", "ssh", "-c", "echo ${note}"]"#,
    r#"["aws", "ssm", "send-command", "--parameters", "commands=${note}"]"#,
    r#"["winrs", "-r:web1", "x${note}"]"#,
    r#"["make", "NAME=${note}"]"#,
    r#"["git", "-c", "core.pager=${note}", "log"]"#,
    r#"["rabbitmqctl", "eval", "x(${note})."]"#,
    r#"["vtysh", "-c", "show ${note}"]"#,
    r#"["asterisk", "-rx", "core ${note}"]"#,
    r#"["lftp", "-e", "get ${note}", "other"]"#,
    r#"["socat", "-", "EXEC:${note}"]"#,
    r#"["ncat", "--sh-exec", "echo ${note}", "-l"]"#,
    r#"["gdb", "-ex", "call ${note}"]"#,
    r#"["certbot", "renew", "--deploy-hook", "x ${note}"]"#,
    r#"["ansible-playbook", "-e", "x=${note}", "x.yml"]"#,
    r#"["rails", "runner", "x(${note})"]"#,
    r#"["wp", "eval", "x(${note});"]"#,
    r#"["vim", "-c", "e ${note}"]"#,
    r#"["mysqlsh", "-e", "kill ${note}"]"#,
    r#"["mysql", "--init-command=set @x = ${note}"]"#,
    r#"["cqlsh", "-e", "drop ${note}"]"#,
    r#"["cockroach", "sql", "-e", "drop ${note}"]"#,
    r#"["clickhouse", "client", "--query", "drop ${note}"]"#,
    r#"["yq", "e", ".${note}", "/etc/x.yml"]"#,
    r#"["yq", "eval", ".${note}", "/etc/x.yml"]"#,
    r#"["gawk", "-i", "inplace", "/${note}/ {print}", "/etc/x"]"#,
    r#"["tmux", "new-session", "-d", "x${note}"]"#,
    r#"["salt", "web1", "cmd.run", "x${note}"]"#,
    // A shell inside a literal script.
    r#"["bash", "-c", "ssh web1 systemctl restart \"$1\"", "sh", note]"#,
    r#"["bash", "-c", "sudo ssh web1 restart \"$1\"", "sh", note]"#,
    r#"["sh", "-c", "eval \"$1\"", "sh", note]"#,
    r#"["sh", "-c", "true && sh -c \"echo $1\"", "sh", note]"#,
    // Variables that name a program or file to load.
    r#"["env", "TAR_OPTIONS=${note}", "tar"]"#,
    r#"["env", "RSYNC_RSH=${note}", "rsync"]"#,
    r#"["env", "MAKEFLAGS=${note}", "make"]"#,
    r#"["env", "_JAVA_OPTIONS=${note}", "java"]"#,
    r#"["env", "LESSOPEN=${note}", "less"]"#,
    r#"["env", "GIT_SSH_COMMAND=${note}", "git"]"#,
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
    // An argument before the program's name is not a program; nor is the value of an option.
    r#"["docker", "exec", "node", "tool", "-p", "x${note}"]"#,
    r#"["docker", "run", "--rm", "python", "tool", "-c", "x${note}"]"#,
    r#"["kubectl", "logs", "deploy/python", "-c", "x${note}"]"#,
    r#"["sudo", "-u", "salt", "tool", "--", note]"#,
    r#"["timeout", "-k", "5", "30", "tool", "--", note]"#,
    r#"["nice", "-n", "5", "tool", "--", note]"#,
    r#"["env", "-u", "watch", "tool", "--", note]"#,
    r#"["runuser", "-u", "salt", "--", "tool", "x${note}"]"#,
    // Options after a script belong to the script.
    r#"["python3", "/srv/tool.py", "-c", "x${note}"]"#,
    r#"["bash", "/srv/x.sh", "-c", "x${note}"]"#,
    r#"["perl", "x.pl", "-e", "x${note}"]"#,
    r#"["ruby", "x.rb", "-e", "x${note}"]"#,
    r#"["node", "x.js", "-p", "x${note}"]"#,
    r#"["php", "artisan", "x", "-r", "x${note}"]"#,
    r#"["python3", "-c", "print(1)", "-c", "x${note}"]"#,
    // Arguments that these programs use literally.
    r#"["sqlite3", "/srv/${note}.db", "vacuum"]"#,
    r#"["tmux", "kill-session", "-t", "x${note}"]"#,
    r#"["salt", "web1", "service.restart", "x${note}"]"#,
    r#"["env", "LESSON=${note}", "tool"]"#,
    r#"["env", "GIT_AUTHOR_NAME=${note}", "git", "commit"]"#,
    r#"["sh", "-c", "logger \"$1\" >> /etc/ssh/x", "sh", note]"#,
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
    let act = "exec.disrupt([\"su\", \"mail\", \"-c\", \"x${word}\"])";
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
        "  let word = if maybe is present then \"a\" else \"b\"",
        "  let word = if note matches \"^x\" then \"a\" else \"b\"",
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
        (r#"["ssh", "-p", "22", server.address, "bash -s"]"#, true),
        (r#"["ssh", "-i", "/srv/key", server.address]"#, true),
        (r#"["ssh", server.address, "sudo bash"]"#, true),
        (r#"["ssh", server.address, "psql -d mail"]"#, true),
        (r#"["bash", "/dev/stdin"]"#, true),
        (r#"["python3", "/dev/stdin"]"#, true),
        (r#"["awk", "-f", "-", "/etc/x"]"#, true),
        (r#"["sed", "-f", "/dev/stdin", "/etc/x"]"#, true),
        (r#"["jq", "-f", "/dev/stdin", "/etc/x"]"#, true),
        (r#"["make", "-f", "-"]"#, true),
        (r#"["sudo", "-i"]"#, true),
        (r#"["sudo", "-s"]"#, true),
        (r#"["chroot", "/srv/x"]"#, true),
        (r#"["xargs", "ssh", "web1"]"#, true),
        (r#"["xargs", "sh", "-c"]"#, true),
        (r#"["xargs", "-I{}", "sh", "-c", "echo {}"]"#, true),
        (r#"["sftp", "-b", "-", "web1"]"#, true),
        (r#"["sqlplus", "x"]"#, true),
        (r#"["cqlsh"]"#, true),
        (r#"["vtysh"]"#, true),
        (r#"["lftp", "other"]"#, true),
        (r#"["gdb"]"#, true),
        (r#"["nft", "-f", "-"]"#, true),
        (r#"["ssh", server.address, "logger"]"#, false),
        (r#"["ssh", "-p", "22", server.address, "tee -a /etc/motd"]"#, false),
        (r#"["sudo", "-u", "sh", "tee", "/etc/motd"]"#, false),
        (r#"["sudo", "-i", "tee", "/etc/motd"]"#, false),
        (r#"["xargs", "rm", "--"]"#, false),
        (r#"["xargs", "sh", "-c", "echo \"$1\"", "sh"]"#, false),
        (r#"["awk", "{print}"]"#, false),
        (r#"["jq", "."]"#, false),
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

#[test]
fn plain_characters_are_safe_in_a_shell_alone() {
    let mut wrong = Vec::new();
    for (command, is_code) in [
        (r#"["awk", "/${word}/ {print}", "/etc/x"]"#, true),
        (r#"["env", "LD_PRELOAD=/tmp/${word}", "ls"]"#, true),
        (r#"["jq", ".${word}", "/etc/x"]"#, true),
        (r#"["make", "NAME=${word}"]"#, true),
        (r#"["powershell", "-Command", "Stop-Service x", word]"#, true),
        (r#"["psql", "-c", "delete from x where id = ${word}"]"#, true),
        (r#"["sed", "/${word}/d", "/etc/x"]"#, true),
        (r#"["sudo", "--", word]"#, true),
        (r#"["psql", "-v", "id=${word}", "-f", "/srv/x.sql"]"#, false),
        // `remote` takes any text.
        (r#"["ssh", server.address, "systemctl", "restart", "x${word}"]"#, true),
        (r#"["sudo", "ssh", server.address, "x${word}"]"#, true),
        (r#"["pdsh", "-w", "web1", "restart", "x${word}"]"#, false),
        (r#"["su", "mail", "-c", "restart ${word}"]"#, false),
        (r#"["watch", "ls ${word}"]"#, false),
    ] {
        let found =
            check(&format!("  let word = note.capture(r\"^[a-z0-9_.-]+$\") else \"none\"\n  exec.disrupt({command})"));
        let is_found = matches!(found.as_slice(), [(code, _)] if code == "E0314");
        if is_found != is_code || !is_code && !found.is_empty() {
            wrong.push(format!("{command}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn programs_inside_programs_are_followed_within_bounds() {
    let nested =
        |start: &str, times: usize| format!("  exec.disrupt([{} \"ls\", \"x${{note}}\"])", start.repeat(times));
    assert_eq!(check(&nested("\"sudo\", ", 20)), []);
    for start in ["\"sudo\", ", "\"find\", \"-exec\", ", "\"xargs\", ", "\"ssh\", \"web1\", "] {
        let found = check(&nested(start, 2_000));
        assert!(matches!(found.as_slice(), [(code, _)] if code == "E0314"), "{start}: {found:?}");
    }
}

/// A stand-in for `ssh` that joins its arguments and passes the line to a shell, as the real one does.
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
    // The fix that the help suggests: `remote` sends it as data.
    project.run(&["check", ".", "--fix"]);
    let fixed = std::fs::read_to_string(project.path("a.runbook")).unwrap();
    assert!(fixed.contains("  remote.disrupt([\"echo\", unit], on: server)\n"), "{fixed}");
    project.write("rectify.yaml", &INVENTORY.replace("{roles:", "{local: true, roles:"));
    let ran = project.command(&["run", "a.runbook", "--alert", "alert.json"]).env("PATH", &path).output().unwrap();
    assert!(!project.path("acted").exists(), "{ran:#?}");
    assert_eq!(ran.status.code(), Some(0), "{ran:#?}");
}
