//! Real ports, and reboots of a "host" that is a file with a boot id in it.

use super::*;
use crate::backend::testing::{World, call};
use crate::value::{Class, ErrorKind, HostSettings, RebootSettings};
use std::time::Duration;

async fn perform_on(world: &World, action: &str) -> Result<Value, ActionError> {
    let host = vec![("host", Value::Host("h".into()))];
    HostBackend.perform(&call("host", action, Class::Observe, host), &world.surroundings()).await
}

#[tokio::test]
async fn a_port_that_accepts_is_reachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let settings = HostSettings { reachable_port: Some(port), ..HostSettings::default() };
    let world = World::with_host("h", "127.0.0.1", settings.clone());
    assert_eq!(perform_on(&world, "reachable").await, Ok(Value::Boolean(true)));
    drop(listener);
    assert_eq!(perform_on(&world, "reachable").await, Ok(Value::Boolean(false)), "refused");
    let nowhere = World::with_host("h", "no-such-name.invalid", settings);
    assert_eq!(perform_on(&nowhere, "reachable").await.unwrap_err().kind, ErrorKind::Unreachable);
    let unsaid = World::with_host("h", "127.0.0.1", HostSettings::default());
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
    let settings = HostSettings { reachable_port: Some(address.port()), ..HostSettings::default() };
    let mut world = World::with_host("h", "127.0.0.1", settings);
    world.time_left = Duration::from_millis(300);
    assert_eq!(perform_on(&world, "reachable").await, Ok(Value::Boolean(false)));
}

/// A host whose boot id is in the file `id`, and whose reboot runs a script.
fn host_with(script: &str, id: Option<&str>) -> (World, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    if let Some(id) = id {
        std::fs::write(folder.path().join("id"), id).unwrap();
    }
    let command = ["sh", "-c", script].map(str::to_owned).to_vec();
    let boot_id = Some(["cat", "id"].map(str::to_owned).to_vec());
    let settings = HostSettings {
        reboot: Some(RebootSettings { command, boot_id, ..RebootSettings::default() }),
        ..HostSettings::default()
    };
    let mut world = World::with_host("h", "127.0.0.1", settings);
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
    assert_eq!(error.message, "h had not booted again in time; the command that reboots h ended with exit code 1");
    assert_eq!(error.evidence, Some(Value::text("not today")));
}

#[tokio::test]
async fn a_host_that_says_nothing_before_must_have_been_seen_down() {
    let (world, _folder) = host_with("(sleep 0.3; echo two > id) >/dev/null 2>&1 &", None);
    assert_eq!(perform_on(&world, "reboot").await, Ok(Value::Absent));
    // This one answers from the moment of the order on: it may never have gone down.
    let (mut world, _folder) = host_with("echo one > id", None);
    world.time_left = Duration::from_secs(1);
    assert_eq!(perform_on(&world, "reboot").await.unwrap_err().kind, ErrorKind::TimedOut);
}
