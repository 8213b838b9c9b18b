//! Programs on a host, through a real sshd on loopback.

use crate::support::project::Project;
use crate::support::ssh_server::SshServer;
use rectify::transport::process::{ExitReason, ProcessOutput};
use rectify::transport::ssh::{FarCommand, SshSettings, run};
use rectify::value::{ActionError, ErrorKind};
use std::path::Path;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(20);

fn settings(server: &SshServer) -> SshSettings {
    serde_yaml::from_str(&server.section()).unwrap()
}

async fn on(server: &SshServer, words: &[&str], input: &str, limit: Duration) -> Result<ProcessOutput, ActionError> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let (settings, folder) = (settings(server), Path::new("/"));
    let ssh = Some(("127.0.0.1", &settings));
    run(&FarCommand { host: "web1", ssh, words: &words, input, become_user: None, folder }, limit).await
}

/// Words that some shell, on some way, could read as something else.
fn hostile_words() -> Vec<String> {
    let mut words: Vec<String> = [
        "",
        " ",
        "  a  ",
        "a b",
        "\t",
        "\r",
        "a\r\nb",
        "\n",
        "\n\n",
        "a\n",
        "\na",
        "a\nb\n\nc\n",
        "'",
        "''",
        "\"",
        "`",
        "\\",
        "\\n",
        "\\\\",
        "a\\",
        "$",
        "$HOME",
        "${HOME}",
        "$(id)",
        "`id`",
        "$((1+1))",
        "$'a'",
        "!",
        "!!",
        "!1",
        "^a^b",
        "*",
        "?",
        "[a-z]",
        "{a,b}",
        "~",
        "~root",
        "#",
        "# a",
        ";",
        "; id",
        "&",
        "&&",
        "|",
        "||",
        "<",
        ">",
        ">>",
        "<(id)",
        "(",
        ")",
        "{",
        "}",
        "%s",
        "%",
        "%1",
        "-",
        "--",
        "-n",
        "-e",
        "-c",
        "=",
        "=ls",
        "a=b",
        ":",
        "@",
        ",",
        "é",
        "Ё",
        "日本語",
        "😀",
        "\u{81}\u{88}",
        "\u{feff}",
        "\u{202e}",
        "\u{1}\u{7f}",
    ]
    .map(str::to_owned)
    .to_vec();
    words.push((1..=0x2ff_u32).filter_map(char::from_u32).collect());
    words.push("x".repeat(100_000));
    words.push("#rectify 0 end 0 \n".repeat(3));
    words
}

/// Each login shell reads the same constant command line; the words never pass through it.
#[tokio::test]
async fn every_text_arrives_as_it_was_whatever_the_login_shell() {
    let words = hostile_words();
    assert!(words.len() > 60);
    for shell in ["sh", "bash", "dash", "zsh", "fish", "csh", "tcsh"] {
        let path = ["/bin/", "/usr/bin/"].map(|folder| format!("{folder}{shell}")).into_iter();
        let path = path.into_iter().find(|path| Path::new(path).exists()).expect("scripts/setup installs the shells");
        let server = SshServer::start(&format!("ForceCommand exec {path} -c \"$SSH_ORIGINAL_COMMAND\""));
        // The program of that name, and not what a shell has built in.
        let all: Vec<&str> = ["env", "printf", "%s\\0"].into_iter().chain(words.iter().map(String::as_str)).collect();
        let output = on(&server, &all, "", LIMIT).await.unwrap_or_else(|error| panic!("{shell}: {error:?}"));
        assert_eq!(output.ending, ExitReason::Code(0), "{shell}: {}", output.stderr.text());
        let bytes = output.stdout.bytes();
        let mut arrived: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
        assert_eq!(arrived.pop(), Some(&b""[..]), "{shell}");
        assert_eq!(arrived.len(), words.len(), "{shell}");
        for (word, arrived) in words.iter().zip(arrived) {
            assert_eq!(word.as_bytes(), arrived, "{shell}: {word:?}");
        }
        let input = words.concat();
        let echoed = on(&server, &["cat"], &input, LIMIT).await.unwrap();
        assert_eq!(echoed.stdout.bytes(), input.as_bytes(), "{shell}");
    }
}

#[tokio::test]
async fn what_has_not_begun_is_refused_or_unreachable() {
    let server = SshServer::start("");
    let kind =
        async |server: &SshServer| on(server, &["true"], "", LIMIT).await.map(|_| ()).map_err(|error| error.kind);
    std::fs::write(server.path("known_hosts"), "").unwrap();
    let unknown = on(&server, &["true"], "", LIMIT).await.unwrap_err();
    assert_eq!(unknown.kind, ErrorKind::Refused);
    assert!(unknown.message.starts_with("the host key of web1 is not known, so nothing was run"), "{unknown:?}");
    server.know_another_key();
    let changed = on(&server, &["true"], "", LIMIT).await.unwrap_err();
    assert_eq!(changed.kind, ErrorKind::Refused);
    assert!(changed.message.starts_with("the host key of web1 has changed"), "{changed:?}");

    let server = SshServer::start("");
    std::fs::write(server.path("authorized_keys"), "").unwrap();
    let login = on(&server, &["true"], "", LIMIT).await.unwrap_err();
    assert!(login.kind == ErrorKind::Refused && login.message.contains("refuses the login"), "{login:?}");

    let server = SshServer::start("ForceCommand exit 3");
    let shell = on(&server, &["true"], "", LIMIT).await.unwrap_err();
    assert!(shell.kind == ErrorKind::Refused && shell.message.contains("exit code 3"), "{shell:?}");

    let server = SshServer::start("ForceCommand head -c 1000000 /dev/zero; sleep 60");
    assert_eq!(kind(&server).await, Err(ErrorKind::Refused));

    let server = SshServer::start("ForceCommand echo hello; echo noise >&2; exec sh -c \"$SSH_ORIGINAL_COMMAND\"");
    let noisy = on(&server, &["echo", "x"], "", LIMIT).await.unwrap();
    assert_eq!((noisy.stdout.text().as_str(), noisy.stderr.text().as_str()), ("x\n", ""), "what the login shell says");

    let mut gone = settings(&server);
    gone.port = Some(1);
    let (words, folder) = (["true".to_owned()], Path::new("/"));
    let far = FarCommand {
        host: "web1",
        ssh: Some(("127.0.0.1", &gone)),
        words: &words,
        input: "",
        become_user: None,
        folder,
    };
    let error = run(&far, LIMIT).await.unwrap_err();
    assert!(error.kind == ErrorKind::Unreachable && error.message.contains("Connection refused"), "{error:?}");
}

/// ssh would take such an address, or such a user, for an option or for a command.
#[tokio::test]
async fn nothing_of_the_inventory_becomes_a_local_command() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let proxy = format!("-oProxyCommand=touch {}", trace.display());
    let words = ["true".to_owned()];
    let run_on = async |address: &str, settings: &SshSettings| {
        let ssh = Some((address, settings));
        let far = FarCommand { host: "web1", ssh, words: &words, input: "", become_user: None, folder: folder.path() };
        run(&far, LIMIT).await.unwrap_err()
    };
    for address in [proxy.as_str(), "-4", "a b", "a;b", "$(id)", "a@b", "ssh://a", "", "a\nb"] {
        assert_eq!(run_on(address, &SshSettings::default()).await.kind, ErrorKind::Refused, "{address:?}");
    }
    for (what, section) in [
        ("user", format!("{{user: '{proxy}'}}")),
        ("user", "{user: 'a;b'}".to_owned()),
        ("jump", format!("{{jump: '{proxy}'}}")),
        ("jump", "{jump: 'a b'}".to_owned()),
        ("become", "{become: '-s'}".to_owned()),
        ("ProxyCommand", "{options: {ProxyCommand: 'touch x'}}".to_owned()),
        ("StrictHostKeyChecking", "{options: {StrictHostKeyChecking: 'no'}}".to_owned()),
        ("IdentityFile", "{options: {IdentityFile: \"a\\nProxyCommand x\"}}".to_owned()),
        ("Port 0", "{port: 0}".to_owned()),
    ] {
        let inventory = format!("hosts:\n  web1: {{ssh: {section}}}\n");
        let project = Project::new(&[("rectify.yaml", &inventory), ("a.runbook", "role web {}\n")]);
        let checked = project.run(&["check", "."]).ends(1);
        assert!(checked.stdout.contains("E0701") && checked.stdout.contains(what), "{section}: {checked:#?}");
    }
    assert!(!trace.exists());
}

/// The user's own settings of ssh cannot loosen it, and do not hang it.
#[tokio::test]
async fn the_configuration_of_ssh_changes_no_promise() {
    let server = SshServer::start("");
    std::fs::write(server.path("known_hosts"), "").unwrap();
    let config = "Host *\n  StrictHostKeyChecking no\n  BatchMode no\n  RemoteCommand id\n  RequestTTY force\n  \
                  NoHostAuthenticationForLocalhost yes\n  StdinNull yes\n  SessionType none\n  \
                  ForkAfterAuthentication yes\n  KnownHostsCommand /bin/cat /dev/null\n  VerifyHostKeyDNS yes\n  \
                  LocalCommand touch /tmp/never\n  PermitLocalCommand yes\n  ForwardAgent yes\n";
    std::fs::write(server.path("config"), config).unwrap();
    let section =
        server.section().replace("/dev/null, options", &format!("{}, options", server.path("config").display()));
    let settings: SshSettings = serde_yaml::from_str(&section).unwrap();
    let words = ["echo".to_owned(), "x".to_owned()];
    let far = FarCommand {
        host: "web1",
        ssh: Some(("127.0.0.1", &settings)),
        words: &words,
        input: "",
        become_user: None,
        folder: Path::new("/"),
    };
    assert_eq!(run(&far, LIMIT).await.unwrap_err().kind, ErrorKind::Refused, "the key is not known");
    server.know_key();
    assert_eq!(run(&far, LIMIT).await.unwrap().stdout.text(), "x\n");
}

#[tokio::test]
async fn a_connection_is_shared_and_a_flood_is_bounded() {
    let server = SshServer::start("");
    for number in 0..5 {
        let output = on(&server, &["echo", &number.to_string()], "", LIMIT).await.unwrap();
        assert_eq!(output.stdout.text(), format!("{number}\n"));
    }
    let accepted = server.sessions().len();
    assert!(accepted <= 2, "{accepted} processes for one connection");
    let flood = on(&server, &["head", "-c", "100000000", "/dev/zero"], "", LIMIT).await.unwrap();
    assert_eq!((flood.ending, flood.stdout.total()), (ExitReason::Code(0), 100_000_000));
    assert!(flood.stdout.bytes().len() < 400_000);
}

/// A command that is late is stopped on the host, with what it has started, and so is one whose server hangs.
#[tokio::test]
async fn a_deadline_holds_on_both_sides() {
    let server = SshServer::start("");
    let ledger = server.path("ledger");
    let script = format!("(sleep 3; echo survived >> {0}) & sleep 3; echo late >> {0}", ledger.display());
    let began = Instant::now();
    let late = on(&server, &["sh", "-c", &script], "", Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(late.kind, ErrorKind::TimedOut);
    assert!(late.message.contains("on web1 after 1s, and was stopped"), "{late:?}");
    assert!(began.elapsed() < Duration::from_secs(4));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(std::fs::read_to_string(&ledger).unwrap_or_default(), "");

    on(&server, &["true"], "", LIMIT).await.unwrap();
    let stopped: Vec<_> = server.sessions();
    for pid in &stopped {
        rustix::process::kill_process(*pid, rustix::process::Signal::STOP).unwrap();
    }
    let began = Instant::now();
    let hang = on(&server, &["true"], "", Duration::from_secs(2)).await.unwrap_err();
    assert!(matches!(hang.kind, ErrorKind::Unreachable | ErrorKind::TimedOut), "{hang:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    for pid in &stopped {
        rustix::process::kill_process(*pid, rustix::process::Signal::CONT).unwrap();
    }
}

/// Cut at random moments before, during and after the command. `RECTIFY_ROUNDS` sets how many.
#[tokio::test]
async fn an_outcome_is_never_wrong_when_the_connection_is_cut() {
    let rounds: u32 = std::env::var("RECTIFY_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let (mut done, mut not_begun, mut unknown) = (0, 0, 0);
    let server = SshServer::start("");
    for round in 0..rounds {
        let ledger = server.path(&format!("ledger{round}"));
        let script = format!("echo begun >> {0}; sleep 0.15; echo done >> {0}", ledger.display());
        // One round is cut when the command has certainly begun, and one long after its end.
        let cut_after = match round {
            0 => Duration::MAX,
            1 => Duration::from_secs(3),
            _ => Duration::from_millis(u64::from(getrandom::u32().unwrap() % 900)),
        };
        let cut = async {
            let began = Instant::now();
            while began.elapsed() < cut_after && !(round == 0 && ledger.exists()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            server.cut_connections();
        };
        let words = ["sh", "-c", &script];
        let (outcome, ()) = tokio::join!(on(&server, &words, "", LIMIT), cut);
        // Whatever still runs there has ended by then.
        tokio::time::sleep(Duration::from_millis(250)).await;
        let ledger = std::fs::read_to_string(&ledger).unwrap_or_default();
        let cut_after = format!("round {round}, {cut_after:?}");
        match outcome {
            Ok(output) if output.ending == ExitReason::Code(0) => {
                assert_eq!(ledger, "begun\ndone\n", "after {cut_after:?}");
                done += 1;
            }
            Err(error) if error.kind == ErrorKind::Unreachable => {
                println!("{cut_after:?} {}", error.message);
                assert_eq!(ledger, "", "after {cut_after:?}: {error:?}");
                not_begun += 1;
            }
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Unknown, "after {cut_after:?}: {error:?}");
                unknown += 1;
            }
            Ok(output) => panic!("after {cut_after:?}: {output:?}, {ledger:?}"),
        }
    }
    println!("{done} done, {not_begun} not begun, {unknown} unknown");
    assert!(done > 0 && unknown > 0, "{done} done, {not_begun} not begun, {unknown} unknown");
}

/// A project whose host `web1` is this server. `statements` are those of its runbook.
fn project(server: &SshServer, statements: &str) -> Project {
    let book = format!(
        "role web {{}}\n\nrunbook Restart(server: web) {{\n  title \"Restart\"\n  contact desk\n  ends within 10m\n\n{statements}\n}}\n"
    );
    let inventory = format!(
        "ssh: {}\nhosts:\n  web1: {{address: 127.0.0.1, roles: [web]}}\n  here: {{local: true, roles: [web]}}\n\
         contacts: {{desk: {{terminal: true}}}}\nsecrets: {{token: {{environment: TOKEN}}}}\n",
        server.section()
    );
    Project::new(&[("a.runbook", &book), ("rectify.yaml", &inventory)])
}

#[test]
fn a_runbook_acts_on_a_host_and_on_this_machine() {
    let server = SshServer::start("");
    let statements = "  let name = remote.read([\"printf\", \"%s\", \"it's ${server}\"], on: server).stdout\n  \
                      remote.disrupt([\"cp\", \"/dev/null\", \"made-by-a-call\"], on: server)\n  \
                      let sum = remote.read([\"sha256sum\"], on: server, secret_input: secret(\"token\")).stdout\n  \
                      resolve \"${name}, ${sum}\"";
    let statements = statements.replace("made-by-a-call", server.path("made").to_str().unwrap());
    let project = project(&server, &statements);
    for host in ["web1", "here"] {
        let argument = format!("server={host}");
        let mut command = project.command(&["run", "a.runbook", "Restart", &argument, "--format", "json"]);
        let ran = crate::support::project::Ran::of(command.env("TOKEN", "hunter22-hunter22").output().unwrap()).ends(0);
        let ended = ran.events().pop().unwrap();
        let reason = ended["reason"].as_str().unwrap();
        // sha256sum of the secret.
        assert!(reason.starts_with(&format!("it's {host}, a5ed650b")), "{ended}");
        assert!(std::fs::remove_file(server.path("made")).is_ok());
        assert!(!ran.stdout.contains("hunter22") && !ran.stderr.contains("hunter22"), "{ran:#?}");
        assert!(ended["disruptions"].to_string().contains(&format!("on: {host}")), "{ended}");
    }
}

/// The run ends unknown, not failed, and nothing is repeated.
#[test]
fn a_connection_that_is_cut_leaves_an_effect_unknown() {
    let server = SshServer::start("");
    let ledger = server.path("ledger");
    let statements = format!(
        "  remote.disrupt([\"sh\", \"-c\", \"echo begun >> {}; sleep 30\"], on: server)\n  resolve \"done\"",
        ledger.display()
    );
    let project = project(&server, &statements);
    let running = project.command(&["run", "a.runbook", "Restart", "server=web1", "--format", "json"]).spawn().unwrap();
    let began = Instant::now();
    while !ledger.exists() {
        assert!(began.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(20));
    }
    server.cut_connections();
    let ran = crate::support::project::Ran::of(running.wait_with_output().unwrap());
    let done =
        ran.events().into_iter().find(|event| event["event"] == "effect_done").unwrap_or_else(|| panic!("{ran:#?}"));
    assert_eq!(done["result"], "unknown", "{done}");
    assert!(
        done["detail"].as_str().unwrap().contains("the connection to web1 was lost after sh may have begun"),
        "{done}"
    );
    assert_eq!(std::fs::read_to_string(&ledger).unwrap(), "begun\n");
}

/// `sudo` without a password, or not at all.
#[test]
fn a_command_becomes_another_user_by_sudo() {
    let server = SshServer::start("");
    let statements = "  let user = remote.read([\"id\", \"-un\"], on: server, become: \"nobody\").stdout\n  resolve \"it is ${user}\"";
    let project = project(&server, statements);
    let ran = project.run(&["run", "a.runbook", "Restart", "server=web1", "--format", "json"]).ends(0);
    assert!(ran.events().pop().unwrap()["reason"].as_str().unwrap().contains("it is nobody"), "{ran:#?}");
    let text = std::fs::read_to_string(project.path("a.runbook")).unwrap();
    project.write("a.runbook", &text.replace("\"nobody\"", "\"no-such-user\""));
    let ran = project.run(&["run", "a.runbook", "Restart", "server=web1", "--format", "json"]).ends(7);
    let reason = ran.events().pop().unwrap()["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("before the command began, so nothing was run") && reason.contains("sudo: "), "{reason}");
}

/// The managers of services and reboots take the same road. supervisord is a real one.
#[test]
fn services_and_reboots_are_on_the_host() {
    let server = SshServer::start("");
    let folder = server.path("");
    let at = folder.display();
    let config = format!(
        "[unix_http_server]\nfile={at}/s\n[supervisord]\nlogfile={at}/log\npidfile={at}/pid\n[rpcinterface:supervisor]\n\
         supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n[supervisorctl]\n\
         serverurl=unix://{at}/s\n[program:web]\ncommand=sleep 1000\nstartsecs=0\n"
    );
    std::fs::write(server.path("supervisord.conf"), config).unwrap();
    let mut daemon = std::process::Command::new("supervisord")
        .args(["-n", "-c"])
        .arg(server.path("supervisord.conf"))
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("supervisord is installed");
    let began = Instant::now();
    while !server.path("s").exists() {
        assert!(began.elapsed() < Duration::from_secs(20), "supervisord does not answer");
        std::thread::sleep(Duration::from_millis(50));
    }
    // Only sshd sets this variable.
    std::fs::write(server.path("id"), "first").unwrap();
    let reboot = format!("printf %s \"$SSH_CONNECTION\" > {at}/id");
    let statements = "  service.restart(\"web\", on: server)\n  host.reboot(server)\n  \
                      let state = service.state(\"web\", on: server)\n  let id = host.boot_id(server)\n  \
                      resolve \"${state}: ${id}\"";
    let project = project(&server, statements);
    let section = format!(
        "  web1: {{address: 127.0.0.1, roles: [web], service: {{manager: supervisor, config: {at}/supervisord.conf}}, \
         reboot: {{command: [sh, -c, '{reboot}'], boot_id: [cat, {at}/id]}}}}\n"
    );
    let inventory = std::fs::read_to_string(project.path("rectify.yaml")).unwrap();
    let inventory = inventory.replace("  web1: {address: 127.0.0.1, roles: [web]}\n", &section);
    project.write("rectify.yaml", &inventory);
    let ran = project.run(&["run", "a.runbook", "Restart", "server=web1", "--format", "json"]);
    let _ = rustix::process::kill_process(rustix::process::Pid::from_child(&daemon), rustix::process::Signal::TERM);
    daemon.wait().unwrap();
    let ended = ran.ends(0).events().pop().unwrap();
    let reason = ended["reason"].as_str().unwrap();
    assert!(reason.starts_with("Running: 127.0.0.1 "), "{ended}");
}

/// The procedures of `examples/remote`: the page has the lines that the files have, and `ssh` is all that is wrong with
/// those of before.
#[test]
fn the_examples_are_shorter_by_as_much_as_their_page_says() {
    let folder = crate::support::repository().join("examples/remote");
    let page = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for (name, title) in
        [("web", "a web server answers 502"), ("disk", "a disk is full"), ("replica", "a replica of PostgreSQL lags")]
    {
        let lines = |when: &str| {
            let text = std::fs::read_to_string(folder.join(format!("{when}/{name}.runbook"))).unwrap();
            text.lines().count()
        };
        assert!(page.contains(&format!("| {title} | {} | {} |", lines("before"), lines("after"))), "{name}");
    }
    let rectify = crate::support::project::rectify;
    rectify(&["check", "examples/remote/after"]).ends(0);
    let before = rectify(&["check", "examples/remote/before", "--format", "json"]).ends(1);
    let document: serde_json::Value = serde_json::from_str(&before.stdout).unwrap();
    let findings = document["findings"].as_array().unwrap();
    assert!(findings.len() >= 10 && findings.iter().all(|finding| finding["code"] == "L0309"), "{findings:#?}");
}

/// Two projects with one relative configuration, which leads to two hosts.
#[tokio::test]
async fn a_shared_connection_belongs_to_one_project() {
    let servers = [SshServer::start("SetEnv WHICH=first"), SshServer::start("SetEnv WHICH=second")];
    let words = ["printenv", "WHICH"].map(str::to_owned);
    let work = tempfile::tempdir().unwrap();
    for (server, which) in servers.iter().zip(["first", "second"]) {
        let folder = work.path().join(which);
        std::fs::create_dir(&folder).unwrap();
        let options = "IdentitiesOnly yes\n  GlobalKnownHostsFile /dev/null\n";
        let config = format!(
            "Host db1\n  HostName 127.0.0.1\n  Port {}\n  IdentityFile {}\n  UserKnownHostsFile {}\n  {options}",
            server.port(),
            server.path("user_key").display(),
            server.path("known_hosts").display()
        );
        std::fs::write(folder.join("config"), config).unwrap();
        let settings: SshSettings = serde_yaml::from_str("{config: config}").unwrap();
        let ssh = Some(("db1", &settings));
        let far = FarCommand { host: "db1", ssh, words: &words, input: "", become_user: None, folder: &folder };
        assert_eq!(run(&far, LIMIT).await.unwrap().stdout.text().trim(), which);
    }
}

/// The host to go through has to be known as well, and stopping one command does not cut another one behind it.
#[tokio::test]
async fn a_jump_host_keeps_the_same_promises() {
    let (bastion, server) = (SshServer::start(""), SshServer::start(""));
    let mut behind = settings(&server);
    behind.jump = Some(format!("127.0.0.1:{}", bastion.port()));
    // Both are known by one file, and the user's key is that of both.
    let known = |servers: &[&SshServer]| {
        let lines = servers.iter().map(|server| std::fs::read_to_string(server.path("bastions")).unwrap());
        std::fs::write(server.path("known_hosts"), lines.collect::<String>()).unwrap();
    };
    for each in [&bastion, &server] {
        std::fs::copy(each.path("known_hosts"), each.path("bastions")).unwrap();
    }
    std::fs::copy(server.path("user_key.pub"), bastion.path("authorized_keys")).unwrap();
    let on_host = |words: &'static [&str], limit: Duration| {
        let behind = &behind;
        async move {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            let ssh = Some(("127.0.0.1", behind));
            let far =
                FarCommand { host: "web1", ssh, words: &words, input: "", become_user: None, folder: Path::new("/") };
            run(&far, limit).await
        }
    };
    known(&[&server]);
    let error = on_host(&["true"], LIMIT).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Refused | ErrorKind::Unreachable), "{error:?}");
    known(&[&server, &bastion]);
    let (late, whole) =
        tokio::join!(on_host(&["sleep", "30"], Duration::from_secs(2)), on_host(&["sleep", "5"], LIMIT));
    let late = late.unwrap_err();
    assert_eq!(late.kind, ErrorKind::TimedOut, "{late:?}");
    assert_eq!(whole.unwrap().ending, ExitReason::Code(0));
}

/// Whatever reads standard input before the program, no text of a command is taken for its lines.
#[tokio::test]
async fn an_input_that_something_has_eaten_a_part_of_is_no_program() {
    for eaten in [1, 20, 64, 65536] {
        let server =
            SshServer::start(&format!("ForceCommand head -c {eaten} >/dev/null; eval \"$SSH_ORIGINAL_COMMAND\""));
        let made = server.path("made");
        let forged = format!("\n0\n5\n0\n2\n1\ntouch\n1\n{}\ngo 0\ngo\n", made.display());
        let input = format!("{}{}", "x".repeat(60_000), forged.repeat(20));
        let error = on(&server, &["cat"], &input, Duration::from_secs(3)).await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Refused | ErrorKind::Unreachable), "{eaten}: {error:?}");
        assert!(!made.exists(), "{eaten}");
    }
}

#[tokio::test]
async fn a_command_in_a_group_of_its_own_is_stopped_as_well() {
    let server = SshServer::start("");
    let error = on(&server, &["timeout", "60", "sleep", "58.333"], "", Duration::from_secs(1)).await.unwrap_err();
    assert!(error.kind == ErrorKind::TimedOut && error.message.ends_with("and was stopped"), "{error:?}");
    let began = Instant::now();
    let is_running = || {
        let lines = std::fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        lines.into_iter().any(|line| line.starts_with(b"sleep\x0058.333"))
    };
    while is_running() {
        assert!(began.elapsed() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test]
async fn nobody_becomes_a_user_without_a_name() {
    let server = SshServer::start("");
    let (words, settings) = (["id".to_owned()], settings(&server));
    for user in ["", "-s", "a b", "a\nb", "$(id)"] {
        let ssh = Some(("127.0.0.1", &settings));
        let far =
            FarCommand { host: "web1", ssh, words: &words, input: "", become_user: Some(user), folder: Path::new("/") };
        assert_eq!(run(&far, LIMIT).await.unwrap_err().kind, ErrorKind::Refused, "{user:?}");
    }
    let long = "x".repeat(128 * 1024);
    assert_eq!(on(&server, &["true", &long], "", LIMIT).await.unwrap_err().kind, ErrorKind::Refused);
}

/// Standard error is that of the command, whole.
#[tokio::test]
async fn no_standard_error_is_lost() {
    let server = SshServer::start("");
    for _ in 0..20 {
        let output = on(&server, &["sh", "-c", "echo said >&2; exit 3"], "", LIMIT).await.unwrap();
        assert_eq!((output.ending, output.stderr.text().as_str()), (ExitReason::Code(3), "said\n"));
    }
}
