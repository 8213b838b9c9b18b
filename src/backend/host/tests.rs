//! Real ports, reboots of a "host" that is a file with a boot id in it, and answers of PowerShell for Windows.

use super::*;
use crate::backend::testing::{Scripted, TestEnvironment, call, envelope};
use crate::transport::powershell::{Envelope, ErrorRecord, ErrorStage, Request, Target};
use crate::value::{BackendSettings, Class, ErrorKind};
use serde_json::json;
use std::time::Duration;

async fn perform_on(world: &TestEnvironment, action: &str) -> Result<Value, ActionError> {
    let host = vec![("host", Value::Host("h".into()))];
    HostBackend.perform(&call("host", action, Class::Observe, host), &world.context()).await
}

#[tokio::test]
async fn a_port_that_accepts_is_reachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let settings = BackendSettings::default().with(ReachablePort(port));
    let world = TestEnvironment::with_host("h", "127.0.0.1", settings.clone());
    assert_eq!(perform_on(&world, "reachable").await, Ok(Value::Boolean(true)));
    drop(listener);
    assert_eq!(perform_on(&world, "reachable").await, Ok(Value::Boolean(false)), "refused");
    let nowhere = TestEnvironment::with_host("h", "no-such-name.invalid", settings);
    assert_eq!(perform_on(&nowhere, "reachable").await.unwrap_err().kind, ErrorKind::Unreachable);
    let unsaid = TestEnvironment::with_host("h", "127.0.0.1", BackendSettings::default());
    for action in ["reachable", "boot_id", "reboot"] {
        assert_eq!(perform_on(&unsaid, action).await.unwrap_err().kind, ErrorKind::Refused, "{action}");
    }
}

#[tokio::test]
async fn silence_is_an_answer_within_the_time_of_the_call() {
    // A listener whose queue is full drops every further SYN.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    let connect = || tokio::time::timeout(Duration::from_millis(100), tokio::net::TcpStream::connect(address));
    while let Ok(stream) = connect().await {
        queued.push(stream.unwrap());
    }
    let settings = BackendSettings::default().with(ReachablePort(address.port()));
    let mut world = TestEnvironment::with_host("h", "127.0.0.1", settings);
    world.time_left = Duration::from_millis(300);
    assert_eq!(perform_on(&world, "reachable").await, Ok(Value::Boolean(false)));
}

/// A host whose boot id is in the file `id`, and whose reboot runs a script.
fn host_with(script: &str, id: Option<&str>) -> (TestEnvironment, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    if let Some(id) = id {
        std::fs::write(folder.path().join("id"), id).unwrap();
    }
    let command = ["sh", "-c", script].map(str::to_owned).to_vec();
    let boot_id = Some(["cat", "id"].map(str::to_owned).to_vec());
    let settings = RebootSettings { command, boot_id, ..RebootSettings::default() };
    let settings = BackendSettings::default().with(settings);
    let mut world = TestEnvironment::with_host("h", "127.0.0.1", settings);
    world.folder = folder.path().to_owned();
    world.time_left = Duration::from_secs(5);
    (world, folder)
}

#[tokio::test]
async fn a_reboot_is_done_when_the_boot_id_has_changed() {
    let (world, _folder) = host_with("(sleep 0.3; echo two > id) >/dev/null 2>&1 & exit 255", Some("one\n"));
    assert_eq!(perform_on(&world, "boot_id").await, Ok(Value::text("one")));
    assert_eq!(perform_on(&world, "reboot").await, Ok(Value::Absent), "a lost connection says nothing");
    assert_eq!(perform_on(&world, "boot_id").await, Ok(Value::text("two")));
}

#[tokio::test]
async fn a_host_that_did_not_boot_again_is_not_called_rebooted() {
    let (mut world, _folder) = host_with("echo 'not today' >&2; exit 1", Some("one\n"));
    world.time_left = Duration::from_secs(1);
    let error = perform_on(&world, "reboot").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert_eq!(
        error.message,
        "h did not boot again in time; it answers, with the boot from before; the command that reboots h ended with exit code 1"
    );
    assert_eq!(error.evidence, Some(Value::text("not today")));
}

#[tokio::test]
async fn a_host_that_says_nothing_before_must_show_two_boots() {
    let two = "(sleep 0.2; echo one > id; sleep 2.5; echo two > id) >/dev/null 2>&1 & exit 255";
    let (world, _folder) = host_with(two, None);
    assert_eq!(perform_on(&world, "reboot").await, Ok(Value::Absent));
    // These may never have gone down: a failed request for the boot id proves nothing.
    for order in ["echo one > id", "(sleep 0.3; echo two > id) >/dev/null 2>&1 &", "exit 255"] {
        let (mut world, _folder) = host_with(order, None);
        world.time_left = Duration::from_secs(3);
        let error = perform_on(&world, "reboot").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unknown, "{order}");
        assert!(error.message.starts_with("h gave no boot id before its reboot"), "{error}");
    }
}

#[tokio::test]
async fn without_a_boot_id_nobody_knows() {
    for (order, says) in [("true", ""), ("exit 255", "; the command that reboots h ended with exit code 255")] {
        let (mut world, _folder) = host_with(order, None);
        let settings = world.hosts[0].settings.get::<RebootSettings>().unwrap();
        let settings = RebootSettings { boot_id: None, ..settings.clone() };
        world.hosts[0].settings.insert(settings);
        let error = perform_on(&world, "reboot").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unknown, "{order}");
        assert!(error.message.ends_with(&format!("so it is unknown whether it rebooted{says}")), "{error}");
    }
}

fn windows(
    answering: impl FnMut(&Request, Duration) -> Result<Envelope, ActionError> + 'static,
) -> (TestEnvironment, Scripted) {
    let reboot = RebootSettings { manager: RebootManager::Windows, ..RebootSettings::default() };
    Scripted::world(BackendSettings::default().with(reboot), answering)
}

fn booted(time: &str) -> Result<Envelope, ActionError> {
    Ok(envelope(json!([{"LastBootUpTime": time}])))
}

fn refused_by(stage: ErrorStage, message: &str) -> Result<Envelope, ActionError> {
    let record = ErrorRecord { stage, id: "X".into(), category: "X".into(), message: message.into() };
    Ok(Envelope { ok: false, errors: vec![record], ..envelope(json!([])) })
}

#[tokio::test]
async fn windows_is_rebooted_when_its_last_boot_is_another() {
    let mut ordered = None;
    let (world, scripted) = windows(move |request, now| {
        if request.cmdlet == "Restart-Computer" {
            assert_eq!((&request.place, &request.parameters["Force"]), (&Target::Here, &json!(true)));
            assert_eq!(request.parameters["ComputerName"], json!("mbx1.contoso.com"));
            ordered = Some(now);
            return Ok(envelope(json!([])));
        }
        assert_eq!(request.place, Target::Computer { name: "mbx1.contoso.com".to_owned() });
        match ordered.map(|ordered| (now - ordered).as_secs()) {
            None => booted("2026-11-20T03:00:00.1234567Z"),
            // It takes a while to go down, and its clock is set meanwhile.
            Some(..10) => booted("2026-11-20T03:00:02.9000000Z"),
            Some(10..40) => refused_by(ErrorStage::Connect, "no answer"),
            Some(40..300) => Err(ActionError::new(ErrorKind::TimedOut, "nothing came")),
            Some(_) => booted("2026-11-24T08:05:00.0000000Z"),
        }
    });
    assert_eq!(perform_on(&world, "boot_id").await, Ok(Value::text("2026-11-20T03:00:00Z")));
    assert_eq!(perform_on(&world, "reboot").await, Ok(Value::Absent));
    assert_eq!(perform_on(&world, "boot_id").await, Ok(Value::text("2026-11-24T08:05:00Z")));
    assert_eq!(scripted.cmdlets().iter().filter(|cmdlet| *cmdlet == "Restart-Computer").count(), 1);
}

#[tokio::test]
async fn a_reboot_that_was_not_ordered_is_not_waited_for() {
    for (stage, kind) in [(ErrorStage::Bind, ErrorKind::Refused), (ErrorStage::Connect, ErrorKind::Unreachable)] {
        let (world, scripted) = windows(move |request, _| match request.cmdlet.as_str() {
            "Restart-Computer" => refused_by(stage, "no"),
            _ => booted("2026-11-20T03:00:00Z"),
        });
        assert_eq!(perform_on(&world, "reboot").await.unwrap_err().kind, kind);
        assert_eq!(scripted.cmdlets(), ["Get-CimInstance", "Restart-Computer"]);
    }
}

#[tokio::test]
async fn a_windows_that_stays_up_is_not_called_rebooted() {
    let (mut world, _) = windows(|request, _| match request.cmdlet.as_str() {
        "Restart-Computer" => refused_by(ErrorStage::Command, "Access is denied."),
        _ => booted("2026-11-20T03:00:00Z"),
    });
    world.time_left = Duration::from_secs(60);
    let error = perform_on(&world, "reboot").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert_eq!(
        error.message,
        "h did not boot again in time; it answers, with the boot from before; Restart-Computer: Access is denied"
    );
    world.settings = BackendSettings::default();
    assert_eq!(perform_on(&world, "reboot").await.unwrap_err().kind, ErrorKind::Refused);
}
