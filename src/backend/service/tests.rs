//! A real supervisord; for systemd, which needs to be the first process, a strict stand-in for `systemctl`; for Windows,
//! which does not run here, answers of PowerShell.

use super::*;
use crate::backend::testing::{Scripted, TestEnvironment, call, envelope};
use crate::transport::powershell::{Envelope, ErrorRecord, ErrorStage, Request, Target};
use crate::value::{BackendSettings, Class};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

struct Supervisor {
    world: TestEnvironment,
    daemon: Child,
    folder: tempfile::TempDir,
}

impl Supervisor {
    async fn start(programs: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "[unix_http_server]\nfile={0}/s\n[supervisord]\nlogfile={0}/log\npidfile={0}/pid\n\
             [rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n\
             [supervisorctl]\nserverurl=unix://{0}/s\n{programs}",
            folder.path().display()
        );
        std::fs::write(folder.path().join("supervisord.conf"), config).unwrap();
        let daemon = Command::new("supervisord")
            .args(["-n", "-c", "supervisord.conf"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("supervisord is installed");
        let world = world_of(folder.path(), ServiceManager::Supervisor, None);
        for _ in 0..500 {
            if folder.path().join("s").exists() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self { world, daemon, folder }
    }

    fn stop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.daemon);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.daemon.wait();
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop();
    }
}

fn world_of(folder: &Path, manager: ServiceManager, command: Option<Vec<String>>) -> TestEnvironment {
    let config = (manager == ServiceManager::Supervisor).then(|| "supervisord.conf".into());
    let service = ServiceSettings { manager, config, command };
    let mut world = TestEnvironment::with_host("h", "127.0.0.1", BackendSettings::default().with(service));
    world.folder = folder.to_owned();
    world
}

async fn perform_on(
    world: &TestEnvironment,
    action: &str,
    name: &str,
    more: Option<bool>,
) -> Result<Value, ActionError> {
    let mut given = vec![("name", Value::text(name)), ("on", Value::Host("h".into()))];
    given.extend(more.map(|stopped| ("stopped", Value::Boolean(stopped))));
    Service.perform(&call("service", action, Class::Disrupt, given), &world.context()).await
}

async fn state(world: &TestEnvironment, name: &str) -> String {
    perform_on(world, "state", name, None).await.unwrap().to_string()
}

const PROGRAMS: &str = "[program:good]\ncommand=sleep 1000\nstartsecs=0\n\
    [program:broken]\ncommand=sh -c 'exit 1'\nautostart=false\nstartsecs=1\nstartretries=1\n\
    [program:brief]\ncommand=sleep 0.2\nautostart=false\nstartsecs=0\nautorestart=false\n";

#[tokio::test]
async fn a_real_supervisor_restarts_and_stops() {
    let mut supervisor = Supervisor::start(PROGRAMS).await;
    let world = &supervisor.world;
    assert_eq!(state(world, "good").await, "Running");
    let process = |name: &str| {
        let output = Command::new("supervisorctl")
            .args(["-c", "supervisord.conf", "pid", name])
            .current_dir(supervisor.folder.path())
            .output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let before = process("good");
    assert_eq!(perform_on(world, "restart", "good", None).await, Ok(Value::Absent));
    assert_ne!(process("good"), before, "another process than before");
    let before = process("good");
    assert_eq!(perform_on(world, "start", "good", None).await, Ok(Value::Absent));
    assert_eq!(process("good"), before, "what runs is not started");

    assert_eq!(perform_on(world, "is_stopped", "good", None).await, Ok(Value::Boolean(false)));
    assert_eq!(perform_on(world, "stopped", "good", Some(true)).await, Ok(Value::Absent));
    assert_eq!(perform_on(world, "stopped", "good", Some(true)).await, Ok(Value::Absent), "it is stopped already");
    assert_eq!(state(world, "good").await, "Stopped");
    assert_eq!(perform_on(world, "is_stopped", "good", None).await, Ok(Value::Boolean(true)));
    assert_eq!(perform_on(world, "stopped", "good", Some(false)).await, Ok(Value::Absent));
    assert_eq!(state(world, "good").await, "Running");

    supervisor.stop();
    let error = perform_on(&supervisor.world, "restart", "good", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
}

#[tokio::test]
async fn a_real_supervisor_is_not_believed_that_a_service_runs() {
    let supervisor = Supervisor::start(PROGRAMS).await;
    let world = &supervisor.world;
    let error = perform_on(world, "start", "broken", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed);
    assert!(error.evidence.unwrap().to_string().contains("spawn error"));
    assert!(["Retrying", "Failed"].contains(&state(world, "broken").await.as_str()), "its status exits with 0");
    let error = perform_on(world, "restart", "brief", None).await.unwrap_err();
    assert_eq!(error.message, "brief was restarted, and is Stopped", "it started, and fell over a moment later");

    let error = perform_on(world, "state", "nobody", None).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Failed, "supervisor has no program named nobody"));
}

#[tokio::test]
async fn names_that_a_manager_could_misread_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of(folder.path(), ServiceManager::Supervisor, Some(vec!["/no/such/program".into()]));
    for name in ["", "-v", "--config=x", "all", "group:*", "a b", "a;b", "a\nb", "a/b", "a\0b", "na?me", "[x]"] {
        let error = perform_on(&world, "restart", name, None).await.unwrap_err();
        assert!(
            error.kind == ErrorKind::Refused && error.message.contains("is not a valid service name"),
            "{name:?}: {error}"
        );
    }
    for name in ["imap", "group:imap", "user@1.service", "MSExchangeIMAP4BE", "邮件"] {
        let error = perform_on(&world, "restart", name, None).await.unwrap_err();
        assert!(error.message.contains("was not found"), "{name:?}: {error}");
    }
}

#[tokio::test]
async fn a_host_without_a_manager_is_refused() {
    let world = TestEnvironment::with_host("h", "127.0.0.1", BackendSettings::default());
    let error = perform_on(&world, "state", "imap", None).await.unwrap_err();
    assert!(error.kind == ErrorKind::Refused && error.message.contains("`service:`"));
}

/// Takes exactly the arguments that systemctl is documented to take, keeps its state in files, and ends with 99 for
/// anything else, so that a test with a wrong command line cannot pass.
const SYSTEMCTL: &str = r#"#!/bin/sh
[ "$1" = --no-ask-password ] || exit 99
shift
case "$1" in
--no-pager)
  [ "$2 $3 $4" = "show --property=LoadState,ActiveState,SubState,MainPID --" ] && [ $# = 5 ] || exit 99
  [ -e "$5" ] && { cat "$5"; exit 0; }
  printf 'MainPID=0\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n' ;;
restart|start)
  [ "$2" = -- ] && [ $# = 3 ] || exit 99
  [ -e "$3.fails" ] && { echo "Job for $3 failed" >&2; exit 1; }
  printf 'MainPID=%s\nLoadState=loaded\nActiveState=active\nSubState=running\n' $$ > "$3" ;;
stop)
  [ "$2" = -- ] && [ $# = 3 ] || exit 99
  printf 'MainPID=0\nLoadState=loaded\nActiveState=inactive\nSubState=dead\n' > "$3" ;;
*) exit 99 ;;
esac
"#;

#[tokio::test]
async fn systemctl_is_asked_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("systemctl");
    std::fs::write(&program, SYSTEMCTL).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let world = world_of(folder.path(), ServiceManager::Systemd, Some(vec!["./systemctl".into()]));
    let found = |unit: &str, active: &str, sub: &str| {
        let text = format!("MainPID=0\nLoadState=loaded\nActiveState={active}\nSubState={sub}\n");
        std::fs::write(folder.path().join(unit), text).unwrap();
    };
    for (active, sub, expected) in [
        ("active", "running", "Running"),
        ("activating", "start-pre", "Starting"),
        ("activating", "auto-restart", "Retrying"),
        ("reloading", "reload", "Reloading"),
        ("deactivating", "stop-sigterm", "Stopping"),
        ("inactive", "dead", "Stopped"),
        ("failed", "failed", "Failed"),
        ("maintenance", "", "Maintenance"),
    ] {
        found("imap", active, sub);
        assert_eq!(state(&world, "imap").await, expected);
    }
    found("imap", "failed", "failed");
    assert_eq!(perform_on(&world, "is_stopped", "imap", None).await, Ok(Value::Boolean(true)));
    assert_eq!(perform_on(&world, "restart", "imap", None).await, Ok(Value::Absent));
    assert_eq!(perform_on(&world, "stopped", "imap", Some(true)).await, Ok(Value::Absent));
    assert_eq!(state(&world, "imap").await, "Stopped");
    assert_eq!(perform_on(&world, "stopped", "imap", Some(false)).await, Ok(Value::Absent));
    std::fs::write(folder.path().join("imap.fails"), "").unwrap();
    let error = perform_on(&world, "restart", "imap", None).await.unwrap_err();
    assert_eq!(error.message, "./systemctl restart imap ended with exit code 1");
    let error = perform_on(&world, "restart", "nobody", None).await.unwrap_err();
    assert_eq!(error.message, "systemd has no unit named nobody");
}

/// Runs what comes after the host; the connection is lost at the order, or after it.
const SSH: &str = r#"#!/bin/sh
shift
[ -e lost ] && exit 255
case "$*" in
*show*) ;;
*) touch lost; "$@"; [ -e at-the-order ] && exit 255 ;;
esac
"$@"
"#;

#[tokio::test]
async fn an_order_after_which_nobody_answers_counts_as_given() {
    for lost in ["at-the-order", "after-the-order"] {
        for action in ["restart", "stopped"] {
            let folder = tempfile::tempdir().unwrap();
            let found = "MainPID=1\nLoadState=loaded\nActiveState=active\nSubState=running\n";
            for (name, text) in [("systemctl", SYSTEMCTL), ("ssh", SSH), ("imap", found), (lost, "")] {
                std::fs::write(folder.path().join(name), text).unwrap();
                let mode = std::fs::Permissions::from_mode(0o755);
                std::fs::set_permissions(folder.path().join(name), mode).unwrap();
            }
            let command = ["./ssh", "be1", "./systemctl"].map(str::to_owned).to_vec();
            let world = world_of(folder.path(), ServiceManager::Systemd, Some(command));
            let error = perform_on(&world, action, "imap", None).await.unwrap_err();
            assert_eq!(error.outcome(), crate::value::EffectOutcome::Unknown, "{action} {lost}: {error}");
        }
    }
}

/// A Windows with one service, as far as the four cmdlets show it.
struct WindowsService {
    status: &'static str,
    start_type: &'static str,
    process: u32,
    /// How many more requests report a state of transition.
    on_its_way: u32,
}

impl WindowsService {
    fn answer(&mut self, request: &Request) -> Envelope {
        assert_eq!(request.place, Target::Computer { name: "mbx1.contoso.com".to_owned() });
        match request.cmdlet.as_str() {
            "Get-Service" => {
                let status = match self.on_its_way {
                    0 => self.status,
                    _ => "StartPending",
                };
                self.on_its_way = self.on_its_way.saturating_sub(1);
                envelope(json!([{"Name": "MSExchangeImap4", "Status": status, "StartType": self.start_type}]))
            }
            "Get-CimInstance" => {
                assert_eq!(request.parameters["Filter"], json!("Name='msexchangeimap4'"));
                envelope(json!([{"Name": "MSExchangeImap4", "ProcessId": self.process, "State": "Running"}]))
            }
            verb => {
                if self.start_type == "Disabled" && verb != "Stop-Service" {
                    assert_eq!(self.status, "Stopped");
                    let (id, category) = ("ServiceCommandException".to_owned(), "NotSpecified".to_owned());
                    let record = ErrorRecord {
                        stage: ErrorStage::Command,
                        id,
                        category,
                        message: "It cannot be started.".to_owned(),
                    };
                    return Envelope { ok: false, errors: vec![record], ..envelope(json!([])) };
                }
                let forced = request.parameters.get("Force") == Some(&json!(true));
                assert_eq!(forced, verb != "Start-Service");
                self.process += 1;
                self.on_its_way = if verb == "Stop-Service" { 0 } else { 2 };
                self.status = if verb == "Stop-Service" { "Stopped" } else { "Running" };
                envelope(json!([]))
            }
        }
    }
}

fn windows(status: &'static str, start_type: &'static str) -> (TestEnvironment, Scripted) {
    let service = ServiceSettings { manager: ServiceManager::Windows, config: None, command: None };
    let mut windows = WindowsService { status, start_type, process: 4, on_its_way: 0 };
    Scripted::world(BackendSettings::default().with(service), move |request, _| Ok(windows.answer(request)))
}

const IMAP: &str = "msexchangeimap4";

#[tokio::test]
async fn services_of_windows_restart_and_stop() {
    let (world, scripted) = windows("Running", "Automatic");
    assert_eq!(state(&world, IMAP).await, "Running");
    assert_eq!(scripted.cmdlets(), ["Get-Service"], "a state needs no process");
    assert_eq!(perform_on(&world, "restart", IMAP, None).await, Ok(Value::Absent));
    assert_eq!(perform_on(&world, "stopped", IMAP, Some(true)).await, Ok(Value::Absent));
    assert_eq!(state(&world, IMAP).await, "Stopped");
    assert_eq!(perform_on(&world, "is_stopped", IMAP, None).await, Ok(Value::Boolean(true)));
    assert_eq!(perform_on(&world, "start", IMAP, None).await, Ok(Value::Absent));
    let before = scripted.cmdlets().len();
    assert_eq!(perform_on(&world, "start", IMAP, None).await, Ok(Value::Absent));
    assert!(!scripted.cmdlets()[before..].contains(&"Start-Service".to_owned()), "what runs is not started");
}

#[tokio::test]
async fn words_of_windows_become_words_of_the_language() {
    for (status, word) in [
        (json!(1), "Stopped"),
        (json!("StartPending"), "Starting"),
        (json!(3), "Stopping"),
        (json!("running"), "Running"),
        (json!(7), "Paused"),
        (json!("ContinuePending"), "ContinuePending"),
    ] {
        let service = ServiceSettings { manager: ServiceManager::Windows, config: None, command: None };
        let settings = BackendSettings::default().with(service);
        // `StartType` is newer than the oldest PowerShell, and absent there.
        let (world, _) = Scripted::world(settings, move |_, _| {
            Ok(envelope(json!([{"Name": IMAP, "Status": status, "StartType": null}])))
        });
        assert_eq!(state(&world, IMAP).await, word);
    }
}

#[tokio::test]
async fn a_disabled_service_that_runs_is_never_restarted() {
    let (world, scripted) = windows("Running", "Disabled");
    let error = perform_on(&world, "restart", IMAP, None).await.unwrap_err();
    assert_eq!((error.kind, error.message.contains("is disabled")), (ErrorKind::Refused, true), "{error}");
    assert!(scripted.cmdlets().iter().all(|cmdlet| cmdlet.starts_with("Get-")), "it would only stop");
    assert_eq!(perform_on(&world, "stopped", IMAP, Some(true)).await, Ok(Value::Absent));
}

#[tokio::test]
async fn a_disabled_service_that_is_stopped_says_why_it_does_not_start() {
    for (action, cmdlet) in [("restart", "Restart-Service"), ("start", "Start-Service")] {
        let (world, scripted) = windows("Stopped", "Disabled");
        let error = perform_on(&world, action, IMAP, None).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Failed);
        assert_eq!(error.message, format!("msexchangeimap4 is disabled: {cmdlet}: It cannot be started"));
        assert_eq!(scripted.cmdlets().last().unwrap(), cmdlet);
    }
}

#[tokio::test]
async fn a_restart_of_windows_that_changes_nothing_is_not_believed() {
    let service = ServiceSettings { manager: ServiceManager::Windows, config: None, command: None };
    let settings = BackendSettings::default().with(service);
    let (world, _) = Scripted::world(settings, |request, _| {
        Ok(match request.cmdlet.as_str() {
            "Get-Service" => envelope(json!([{"Name": IMAP, "Status": 4, "StartType": 2}])),
            "Get-CimInstance" => envelope(json!([{"ProcessId": 4711}])),
            _ => envelope(json!([])),
        })
    });
    let error = perform_on(&world, "restart", IMAP, None).await.unwrap_err();
    assert_eq!(error.message, "msexchangeimap4 was restarted, and still runs as the same process");
}

#[tokio::test]
async fn names_that_could_leave_a_query_are_refused() {
    let (world, scripted) = windows("Running", "Automatic");
    for name in ["", "x' OR Name LIKE '%", "x\\", "x\"", "Imap*", "x%", "a[b]", "-Force", "a;b", "a\nb"] {
        let error = perform_on(&world, "restart", name, None).await.unwrap_err();
        assert!(
            error.kind == ErrorKind::Refused && error.message.contains("is not a valid service name"),
            "{name:?}: {error}"
        );
    }
    assert!(scripted.requests.borrow().is_empty());
    // `MSSQL$NAME` and names with blanks are usual on Windows; the service that answers has another name.
    let error = perform_on(&world, "state", "MSSQL$Two Words", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Mismatch, "{error}");
}
