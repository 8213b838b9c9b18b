//! Every action over answers in the forms that remoting gives, and over answers that are none.

use super::*;
use crate::backend::testing::{Scripted, World, call, envelope};
use crate::transport::powershell::{Envelope, ErrorRecord, ErrorStage, Request, SCHEMA, Target};
use crate::value::{BackendSettings, Class, Decimal, SignedDuration};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::time::Duration;

fn world(answer: impl FnMut(&Request) -> Envelope + 'static) -> (World, Scripted) {
    let mut answer = answer;
    Scripted::world(BackendSettings::default(), move |request, _| Ok(answer(request)))
}

async fn perform_on(world: &World, action: &str, more: Vec<(&str, Value)>) -> Result<Value, ActionError> {
    let mut arguments = vec![("server", Value::Host("h".into()))];
    arguments.extend(more);
    Exchange.perform(&call("exchange", action, Class::Observe, arguments), &world.context()).await
}

async fn answered(action: &str, more: Vec<(&str, Value)>, data: Json) -> Result<Value, ActionError> {
    perform_on(&world(move |_| envelope(data.clone())).0, action, more).await
}

fn warned(warning: &str) -> Envelope {
    Envelope { warnings: vec![warning.to_owned()], ..envelope(json!([])) }
}

fn field(value: &Value, name: &str) -> Value {
    match value {
        Value::Record(record) => record.field(name).cloned().unwrap_or_else(|| panic!("{name} of {value}")),
        other => panic!("{other} is no record"),
    }
}

fn first(value: Value) -> Value {
    match value {
        Value::List(items) => items.first().cloned().expect("an item"),
        other => panic!("{other} is no list"),
    }
}

/// Every action with arguments that fit.
fn actions() -> Vec<(&'static str, Vec<(&'static str, Value)>)> {
    let name = || ("name", Value::text("ImapProxy"));
    let requester = || ("requester", Value::word("Maintenance"));
    vec![
        ("invoke_probe", vec![("identity", Value::text("IMAP\\ImapCTPProbe"))]),
        ("server_health", vec![("health_set", Value::text("IMAP*"))]),
        ("monitor", vec![("name", Value::text("ImapCTPMonitor")), ("health_set", Value::text("*"))]),
        ("monitoring_items", vec![("health_set", Value::text("IMAP"))]),
        ("database_copies", vec![]),
        ("databases_moved_back", vec![]),
        ("imap_settings", vec![]),
        ("is_protocol_logged", vec![]),
        ("protocol_logging", vec![("enabled", Value::Boolean(true))]),
        ("is_activation_blocked", vec![]),
        ("activation_policy", vec![]),
        ("activation_blocked", vec![("blocked", Value::Boolean(true))]),
        ("component", vec![name()]),
        ("component_hold", vec![name(), requester()]),
        ("component_held", vec![name(), requester(), ("state", Value::word("Inactive"))]),
        ("proxied_to", vec![("since", Value::Time("2026-11-24T08:00:00Z".parse().unwrap()))]),
        ("is_ready", vec![]),
    ]
}

#[test]
fn every_action_of_the_signatures_is_here() {
    let text = include_str!("exchange.runbook");
    let mut signed: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("observe ").or_else(|| line.trim().strip_prefix("change ")))
        .map(|line| line.trim().split('(').next().unwrap())
        .collect();
    let mut known: Vec<&str> = actions().into_iter().map(|(action, _)| action).collect();
    signed.sort_unstable();
    known.sort_unstable();
    assert_eq!(known, signed);
}

#[tokio::test]
async fn no_object_and_a_warning_is_no_answer_of_any_action() {
    for (action, arguments) in actions() {
        let (world, _) = world(|_| warned("The server could not be reached."));
        let error = perform_on(&world, action, arguments).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unknown, "{action}: {error}");
        assert!(error.message.contains("The server could not be reached"), "{action}: {error}");
    }
}

#[tokio::test]
async fn no_object_alone_is_an_answer_only_where_the_signature_says_so() {
    for (action, arguments) in actions() {
        let result = answered(action, arguments, json!([])).await;
        match action {
            "database_copies" => assert_eq!(result, Ok(Value::list([]))),
            "databases_moved_back" => assert_eq!(result, Ok(Value::Absent)),
            _ => assert_eq!(result.unwrap_err().kind, ErrorKind::Unknown, "{action}"),
        }
    }
}

#[tokio::test]
async fn error_records_become_kinds() {
    for (action, arguments) in actions() {
        for (stage, id, kind) in [
            (ErrorStage::Connect, "AccessDenied,PSSessionOpenFailed", ErrorKind::Unreachable),
            (ErrorStage::Bind, "NamedParameterNotFound,X", ErrorKind::Refused),
            (ErrorStage::Command, "X", ErrorKind::Failed),
        ] {
            let record =
                ErrorRecord { stage, id: id.into(), category: String::new(), message: "LOGIN user c4nary".into() };
            let (world, _) =
                world(move |_| Envelope { ok: false, errors: vec![record.clone()], ..envelope(json!([])) });
            let error = perform_on(&world, action, arguments.clone()).await.unwrap_err();
            assert_eq!(error.kind, kind, "{action}");
            assert!(error.message.ends_with("LOGIN user ***"), "{action}: {error}");
        }
    }
}

fn health(more: Json) -> Json {
    let mut monitor = json!({
        "Server": "MBX1", "Name": "ImapCTPMonitor", "TargetResource": "MSExchangeImap4", "HealthSetName": "IMAP",
        "AlertValue": "Healthy", "CurrentHealthSetState": 1, "ServerComponentName": "None", "IsStale": false,
        "LastTransitionTime": "2026-11-24T08:00:00.0000000Z", "FirstAlertObservedTime": null, "LastExecutionTime": null
    });
    monitor.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    monitor
}

#[tokio::test]
async fn enums_and_truth_values_come_in_two_forms() {
    for (alert, stale, word) in [
        (json!("Unhealthy"), json!(true), "Unhealthy"),
        (json!(3), json!("True"), "Unhealthy"),
        (json!("2"), json!("true"), "Degraded"),
    ] {
        let data = json!([health(json!({"AlertValue": alert, "IsStale": stale}))]);
        let monitor = first(answered("server_health", vec![("health_set", Value::text("*"))], data).await.unwrap());
        assert_eq!(field(&monitor, "alert_value"), Value::word(word));
        assert_eq!(field(&monitor, "stale"), Value::Boolean(true));
        assert_eq!(field(&monitor, "last_transition").to_string(), "2026-11-24T08:00:00Z");
        assert_eq!(field(&monitor, "first_alert"), Value::Absent);
    }
    for (property, value, words) in [
        ("AlertValue", json!(17), "AlertValue of Get-ServerHealth has a value that means nothing here: 17"),
        ("AlertValue", json!(true), "AlertValue of Get-ServerHealth has a value that means nothing here: true"),
        (
            "AlertValue",
            json!("not a word"),
            "AlertValue of Get-ServerHealth has a value that means nothing here: not a word",
        ),
        ("AlertValue", json!(null), "AlertValue of Get-ServerHealth is missing"),
        ("IsStale", json!("maybe"), "IsStale of Get-ServerHealth is neither true nor false"),
        ("LastTransitionTime", json!("yesterday"), "LastTransitionTime of Get-ServerHealth is no time"),
        ("Name", json!(["a"]), "Name of Get-ServerHealth is no text"),
    ] {
        let data = json!([health(json!({property: value}))]);
        let error = answered("server_health", vec![("health_set", Value::text("*"))], data).await.unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Mismatch, words));
    }
}

#[tokio::test]
async fn of_several_monitors_of_one_name_the_worst_counts() {
    let ask = |health_set: &str| vec![("name", Value::text("ImapCTPMonitor")), ("health_set", Value::text(health_set))];
    let data = json!([
        health(json!({})),
        health(json!({"AlertValue": "Unhealthy", "HealthSetName": "IMAP.Protocol"})),
        health(json!({"AlertValue": "Repairing"})),
    ]);
    for (health_set, word) in [("*", "Unhealthy"), ("imap", "Repairing"), ("IMAP.*", "Unhealthy")] {
        let monitor = answered("monitor", ask(health_set), data.clone()).await.unwrap();
        assert_eq!(field(&monitor, "alert_value"), Value::word(word), "{health_set}");
    }
    assert_eq!(answered("monitor", ask("POP"), data.clone()).await.unwrap_err().kind, ErrorKind::Unknown);
    let wild = vec![("name", Value::text("Imap*")), ("health_set", Value::text("*"))];
    assert_eq!(answered("monitor", wild, data).await.unwrap_err().kind, ErrorKind::Refused);
}

fn result(more: Json) -> Json {
    let mut result = json!({
        "Server": "mbx1.contoso.com", "MonitorIdentity": "IMAP\\ImapCTPProbe", "ResultType": "Failed",
        "Error": null, "Exception": null, "SampleValue": 412.7,
        "ExecutionStartTime": "2026-11-24T08:00:00.0000000Z", "ExecutionEndTime": "2026-11-24T08:00:05.0000000Z",
        "StateAttribute1": "", "StateAttribute2": null, "StateAttribute3": "CAS1", "StateAttribute4": null,
        "StateAttribute12": null, "StateAttribute13": "R1:C:L:FAIL"
    });
    result.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    result
}

async fn probed(more: Json) -> Result<Value, ActionError> {
    answered("invoke_probe", vec![("identity", Value::text("IMAP\\ImapCTPProbe"))], json!([result(more)])).await
}

#[tokio::test]
async fn a_probes_result_is_read() {
    for (kind, word) in [
        (json!("Succeeded"), "Succeeded"),
        (json!(3), "Succeeded"),
        (json!(4), "Failed"),
        (json!(1), "TimedOut"),
        (json!("Rejected"), "Rejected"),
    ] {
        let result = probed(json!({"ResultType": kind})).await.unwrap();
        assert_eq!(field(&result, "result_type"), Value::word(word));
        assert_eq!(field(&result, "latency"), Value::Duration(SignedDuration::from_millis(412)));
        assert_eq!(field(&result, "failing_component"), Value::Absent);
        assert_eq!(field(&result, "front_end"), Value::text("CAS1"));
    }
    for (latency, read) in [
        (json!(null), Value::Absent),
        (json!(-1), Value::Absent),
        (json!("7"), Value::Duration(SignedDuration::from_millis(7))),
    ] {
        assert_eq!(field(&probed(json!({"SampleValue": latency})).await.unwrap(), "latency"), read);
    }
    assert_eq!(probed(json!({"ExecutionEndTime": null})).await.unwrap_err().kind, ErrorKind::Mismatch);
}

#[tokio::test]
async fn the_back_end_is_found_wherever_it_is_named() {
    let line = "z NO [Error=MailboxOfflineException Proxy=mbx7.contoso.com] LOGIN failed.";
    for (more, name) in [
        (json!({"StateAttribute4": "MBX7", "Error": "[Proxy=other.contoso.com]"}), "MBX7"),
        (json!({"Error": line}), "mbx7.contoso.com"),
        (json!({"StateAttribute4": "no name", "Error": "[Error=\"a b\" Proxy=mbx7.contoso.com]"}), "mbx7.contoso.com"),
        (json!({"StateAttribute12": "z OK [Proxy=mbx7.contoso.com] done"}), "mbx7.contoso.com"),
        (json!({"Error": "As:BlockedP_Mbx:EXCH01.contoso.test_Db:1"}), "EXCH01.contoso.test"),
    ] {
        assert_eq!(field(&probed(more.clone()).await.unwrap(), "back_end"), Value::text(name), "{more}");
    }
    for more in [json!({}), json!({"Error": "Proxy=unbracketed.contoso.com"}), json!({"Error": "_Mbx:"})] {
        assert_eq!(field(&probed(more.clone()).await.unwrap(), "back_end"), Value::Absent, "{more}");
    }
}

#[tokio::test]
async fn no_password_comes_out_of_a_probe() {
    const CANARY: &str = "c4n%A}ry+Pass:9";
    let echo =
        format!("z login HealthMailbox0@contoso.com {CANARY} z NO [Error=X Proxy=mbx7.contoso.com] LOGIN failed.");
    let more = json!({
        "Error": echo, "Exception": format!("{CANARY} is wrong"), "StateAttribute2": CANARY, "StateAttribute1": echo,
        "StateAttribute12": echo, "ExecutionContext": format!("user;{CANARY};target")
    });
    let (world, scripted) = world({
        let more = more.clone();
        move |_| envelope(json!([result(more.clone())]))
    });
    let seen = perform_on(&world, "invoke_probe", actions().remove(0).1).await.unwrap();
    assert!(!format!("{seen:?}").contains("c4n"), "{seen}");
    assert_eq!(field(&seen, "back_end"), Value::text("mbx7.contoso.com"));
    assert_eq!(field(&seen, "error_token"), Value::text("***").losing(crate::value::Loss::Masked));
    assert!(!scripted.requests.borrow()[0].select.iter().any(|property| property == "ExecutionContext"));
    let odd = probed(json!({"StateAttribute2": [[CANARY]]})).await.unwrap_err();
    assert!(odd.kind == ErrorKind::Mismatch && !format!("{odd:?}").contains("c4n"), "{odd:?}");
    let clean = probed(json!({"StateAttribute2": "WrongServerException"})).await.unwrap();
    assert_eq!(field(&clean, "error_token"), Value::text("WrongServerException"));
}

#[tokio::test]
async fn an_answer_about_another_server_is_no_answer() {
    for (action, arguments) in actions() {
        let (world, _) = world(|request| {
            let row = request.select.iter().map(|property| {
                let value = match property.as_str() {
                    "Server" | "MailboxServer" | "ServerFqdn" => json!("mbx2.contoso.com"),
                    "Name" if request.cmdlet == "Get-MailboxServer" => json!("MBX2"),
                    "Name" => request.parameters.get("Name").cloned().unwrap_or(json!("x")),
                    "Status" => json!("Running"),
                    _ => json!("x"),
                };
                (property.clone(), value)
            });
            envelope(json!([row.collect::<serde_json::Map<_, _>>()]))
        });
        let error = perform_on(&world, action, arguments).await.unwrap_err();
        let changed = ["protocol_logging", "activation_blocked", "component_held"].contains(&action);
        assert_eq!(error.kind, if changed { ErrorKind::Unknown } else { ErrorKind::Protocol }, "{action}: {error}");
        assert!(error.message.contains("the answer is about"), "{action}: {error}");
    }
}

#[tokio::test]
async fn what_could_stand_for_everything_is_never_sent() {
    let (world, scripted) = world(|_| envelope(json!([])));
    for (action, arguments) in actions() {
        for position in 0..arguments.len() {
            for bad in ["", "  ", "a\nb", "a\0b"] {
                let mut arguments = arguments.clone();
                if matches!(arguments[position].1, Value::Text(_)) {
                    arguments[position].1 = Value::text(bad);
                    let error = perform_on(&world, action, arguments).await.unwrap_err();
                    assert_eq!(error.kind, ErrorKind::Refused, "{action} {bad:?}");
                }
            }
        }
    }
    assert!(scripted.requests.borrow().is_empty());
    let (mut world, scripted) = (world, scripted);
    world.hosts[0].address = "mbx1; Stop-Computer".to_owned();
    let error = perform_on(&world, "imap_settings", vec![]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    world.hosts[0].address = "mbx1".to_owned();
    world.settings = BackendSettings::default();
    let error = perform_on(&world, "imap_settings", vec![]).await.unwrap_err();
    assert!(error.kind == ErrorKind::Refused && error.message.contains("`powershell:`"));
    assert!(scripted.requests.borrow().is_empty());
}

#[tokio::test]
async fn settings_are_read_and_changed_and_read_back() {
    let mut logged = false;
    let (world, scripted) = world(move |request| {
        if request.cmdlet == "Set-ImapSettings" {
            logged = request.parameters["ProtocolLogEnabled"] == json!(true);
            return warned("A change takes effect after the service was restarted.");
        }
        envelope(json!([{
            "Server": "MBX1", "ProtocolLogEnabled": logged, "LogFileLocation": "C:\\Logs", "ProxyTargetPort": 1993,
            "SSLBindings": ["[::]:993", "0.0.0.0:993"], "LoginType": 3, "X509CertificateName": null
        }]))
    });
    let settings = perform_on(&world, "imap_settings", vec![]).await.unwrap();
    assert_eq!(field(&settings, "ssl_bindings"), Value::list([Value::text("[::]:993"), Value::text("0.0.0.0:993")]));
    assert_eq!(field(&settings, "login_type"), Value::text("SecureLogin"));
    assert_eq!(field(&settings, "proxy_target_port"), Value::number(1993));
    let enabled = |enabled| vec![("enabled", Value::Boolean(enabled))];
    for wanted in [true, true, false] {
        assert_eq!(perform_on(&world, "protocol_logging", enabled(wanted)).await, Ok(Value::Absent));
        assert_eq!(perform_on(&world, "is_protocol_logged", vec![]).await, Ok(Value::Boolean(wanted)));
    }
    let asked = scripted.requests.borrow();
    let set = asked.iter().find(|request| request.cmdlet == "Set-ImapSettings").unwrap();
    assert_eq!(json!(set.parameters), json!({"Server": "mbx1.contoso.com", "ProtocolLogEnabled": true}));
}

#[tokio::test]
async fn a_change_that_cannot_be_seen_afterwards_failed() {
    let stubborn = |request: &Request| {
        envelope(match request.cmdlet.as_str() {
            "Get-ImapSettings" => json!([{"Server": "MBX1", "ProtocolLogEnabled": false}]),
            "Get-MailboxServer" => json!([{"Name": "MBX1", "DatabaseCopyActivationDisabledAndMoveNow": "False"}]),
            "Get-ServerComponentState" => {
                json!([{"Component": "ImapProxy", "State": "Active", "LocalStates": [], "RemoteStates": null}])
            }
            _ => json!([]),
        })
    };
    for (action, arguments) in actions() {
        if !["protocol_logging", "activation_blocked", "component_held"].contains(&action) {
            continue;
        }
        let (world, scripted) = world(stubborn);
        let error = perform_on(&world, action, arguments).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Failed, "{action}: {error}");
        assert!(error.message.contains("was set to"), "{error}");
        assert_eq!(scripted.cmdlets().len(), 5, "set, and read four times: another domain controller may be late");
    }
}

#[tokio::test]
async fn a_component_is_held_by_whoever_says_so_last_and_worst() {
    let data = json!([{
        "ServerFqdn": "mbx1.contoso.com", "Component": "ImapProxy", "State": 0,
        "LocalStates": ["HealthAPI|Inactive|2026-11-24T08:00:00.0000000Z", "Maintenance|Active|", "Functional|1|"],
        "RemoteStates": ["Maintenance|Draining|2026-11-24T07:00:00Z"]
    }]);
    let name = || ("name", Value::text("imapproxy"));
    let component = answered("component", vec![name()], data.clone()).await.unwrap();
    assert_eq!(field(&component, "state"), Value::word("Inactive"));
    assert_eq!(
        field(&component, "holds").to_string(),
        "[ComponentHold(requester: HealthAPI, state: Inactive, since: 2026-11-24T08:00:00Z), \
         ComponentHold(requester: Maintenance, state: Draining, since: 2026-11-24T07:00:00Z)]"
    );
    for (requester, state) in
        [("HealthAPI", "Inactive"), ("Maintenance", "Draining"), ("Functional", "Active"), ("Sidelined", "Active")]
    {
        let asked = vec![name(), ("requester", Value::word(requester))];
        assert_eq!(answered("component_hold", asked, data.clone()).await, Ok(Value::word(state)), "{requester}");
    }
    for wrong in ["HealthAPI", "HealthAPI|Inactive", "|Active|", "a|b|c|d", "HealthAPI|Active|yesterday", "1|Active|"] {
        let data = json!([{"Component": "ImapProxy", "State": "Active", "LocalStates": [wrong]}]);
        assert_eq!(answered("component", vec![name()], data).await.unwrap_err().kind, ErrorKind::Mismatch, "{wrong}");
    }
}

fn copy(database: &str, more: Json) -> Json {
    let mut copy = json!({
        "Name": format!("{database}\\MBX1"), "DatabaseName": database, "MailboxServer": "MBX1", "Status": "Healthy",
        "ActiveCopy": false, "ActiveDatabaseCopy": "mbx2", "ActivationPreference": 1, "CopyQueueLength": 0,
        "ReplayQueueLength": 9_223_372_036_854_775_766_i64
    });
    copy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    copy
}

#[tokio::test]
async fn copies_are_read_as_they_are() {
    let data = json!([copy("db1", json!({})), copy("db2", json!({"Status": "Dismounted", "ActiveCopy": "True"}))]);
    let Ok(Value::List(copies)) = answered("database_copies", vec![], data).await else { panic!("no list") };
    assert_eq!(field(&copies[0], "replay_queue"), Value::Number(Decimal::from(9_223_372_036_854_775_766_i64)));
    assert_eq!(field(&copies[0], "active"), Value::Boolean(false));
    assert_eq!(field(&copies[1], "active"), Value::Boolean(true), "a dismounted active copy is one");
    let error = answered("database_copies", vec![], json!([copy("db1", json!({"Status": 7}))])).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Mismatch, "no number of this enum is known");
}

#[tokio::test]
async fn databases_are_moved_back_one_after_the_other_and_waited_for() {
    let mut asked = 0;
    let mut moved: Vec<(String, u32)> = Vec::new();
    let (world, scripted) = world(move |request| {
        asked += 1;
        if request.cmdlet == "Move-ActiveMailboxDatabase" {
            assert_eq!(request.parameters["ActivateOnServer"], json!("mbx1.contoso.com"));
            assert_eq!(request.parameters["Confirm"], json!(false));
            moved.push((request.parameters["Identity"].as_str().unwrap().to_owned(), asked));
            return envelope(json!([]));
        }
        let state = |database: &str, ready_at: u32| match moved.iter().find(|(moved, _)| moved == database) {
            Some((_, at)) if asked > at + 2 => json!({"Status": "Mounted", "ActiveCopy": true}),
            Some(_) => json!({"Status": "Mounting", "ActiveCopy": true}),
            None if asked < ready_at => json!({"Status": "Initializing"}),
            None => json!({}),
        };
        envelope(json!([
            copy("db1", state("db1", 3)),
            copy("other", json!({"ActivationPreference": 2})),
            copy("sick", json!({"Status": "FailedAndSuspended"})),
            copy("here", json!({"Status": "Mounted", "ActiveCopy": true})),
            copy("db2", state("db2", 0)),
        ]))
    });
    let error = perform_on(&world, "databases_moved_back", vec![]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed, "not all of them are back");
    let said = "left where they are, because their copies on h are not healthy: sick (FailedAndSuspended)";
    assert_eq!(error.message, said);
    let moves: Vec<String> = scripted
        .requests
        .borrow()
        .iter()
        .filter(|request| request.cmdlet.starts_with("Move"))
        .map(|request| request.parameters["Identity"].to_string())
        .collect();
    assert_eq!(moves, ["\"db1\"", "\"db2\""]);
}

#[tokio::test]
async fn a_database_that_does_not_come_is_waited_for_no_longer_than_the_call() {
    let (mut world, scripted) = world(|request| match request.cmdlet.as_str() {
        "Get-MailboxDatabaseCopyStatus" => envelope(json!([copy("db1", json!({}))])),
        _ => envelope(json!([])),
    });
    world.time_left = Duration::from_secs(95);
    let error = perform_on(&world, "databases_moved_back", vec![]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(error.message.contains("db1 was moved to h, and is not mounted there yet: Healthy"), "{error}");
    assert!((9..12).contains(&scripted.requests.borrow().len()), "{}", scripted.requests.borrow().len());
}

#[tokio::test]
async fn what_was_moved_before_a_failure_is_said() {
    let mut moved = Vec::new();
    let (world, _) = world(move |request| {
        if request.cmdlet == "Move-ActiveMailboxDatabase" {
            if !moved.is_empty() {
                let record = ErrorRecord {
                    stage: ErrorStage::Connect,
                    id: "X".into(),
                    category: "X".into(),
                    message: "Gone.".into(),
                };
                return Envelope { ok: false, errors: vec![record], ..envelope(json!([])) };
            }
            moved.push(request.parameters["Identity"].clone());
            return envelope(json!([]));
        }
        let state = |name: &str| {
            if moved.contains(&json!(name)) { json!({"Status": "Mounted", "ActiveCopy": true}) } else { json!({}) }
        };
        envelope(json!([copy("db1", state("db1")), copy("db2", state("db2"))]))
    });
    let error = perform_on(&world, "databases_moved_back", vec![]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed, "not `unreachable`, which would say that nothing was done");
    assert_eq!(error.message, "Move-ActiveMailboxDatabase: Gone; moved before it: db1");
}

#[tokio::test]
async fn a_move_after_which_nobody_answers_may_have_been_made() {
    let mut moved = false;
    let (world, _) = world(move |request| {
        if moved {
            let (id, category) = ("X".to_owned(), "X".to_owned());
            let record = ErrorRecord { stage: ErrorStage::Connect, id, category, message: "Gone.".into() };
            return Envelope { ok: false, errors: vec![record], ..envelope(json!([])) };
        }
        moved = request.cmdlet == "Move-ActiveMailboxDatabase";
        envelope(if moved { json!([]) } else { json!([copy("db1", json!({}))]) })
    });
    let error = perform_on(&world, "databases_moved_back", vec![]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unknown, "not `unreachable`, which would say that nothing was done");
}

const FIELDS: &str =
    "#Fields: dateTime,sessionId,seqNumber,sIp,cIp,user,duration,rqsize,rpsize,command,parameters,context,puid";

fn log(tail: Vec<String>, head: Vec<&'static str>) -> impl FnMut(&Request) -> Envelope {
    move |request| match request.cmdlet.as_str() {
        "Get-ImapSettings" => envelope(json!([{"Server": "MBX1", "LogFileLocation": "D:\\Logs\\Imap4\\"}])),
        _ => {
            assert_eq!(request.place, Target::Computer { name: "mbx1.contoso.com".to_owned() });
            assert_eq!(request.parameters["Path"], json!("D:\\Logs\\Imap4\\IMAP4*.LOG"));
            let like = &request.filter.as_ref().unwrap().like;
            let lines: Vec<String> = if request.parameters.contains_key("Tail") {
                tail.clone()
            } else {
                head.iter().map(|line| (*line).to_owned()).collect()
            };
            let lines = lines.into_iter().filter(|line| crate::transport::powershell::is_like(line, like));
            envelope(json!(lines.map(|line| json!({"Line": line})).collect::<Vec<_>>()))
        }
    }
}

#[tokio::test]
async fn a_front_end_says_where_it_proxied_to() {
    let line = |time: &str, server: &str| {
        format!(
            "{time},0a,3,1:993,2:5,u,12,43,20,login,u *****,\"R=OK;Msg=\"\"Proxy:{server}:1993:SSL;ProxySuccess\"\"\","
        )
    };
    let tail = vec![
        line("2026-11-24T07:59:59.999Z", "early.contoso.com"),
        line("2026-11-24T08:00:00.000Z", "MBX1.contoso.com"),
        line("2026-11-24T08:10:00.000Z", "MBX2.contoso.com"),
        line("2026-11-24T08:05:00.000Z", "mbx1.contoso.com"),
        "2026-11-24T08:20:00Z,0a,4,1:993,2:5,u,1,1,1,select,Proxy:evil:1,R=OK,".to_owned(),
    ];
    let since = actions().into_iter().find(|(action, _)| *action == "proxied_to").unwrap().1;
    let seen = perform_on(&world(log(tail.clone(), vec![FIELDS])).0, "proxied_to", since.clone()).await;
    assert_eq!(seen, Ok(Value::list([Value::text("MBX2.contoso.com"), Value::text("mbx1.contoso.com")])));
    let error = perform_on(&world(log(tail, vec![])).0, "proxied_to", since.clone()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol, "columns are never guessed");
    assert_eq!(perform_on(&world(log(vec![], vec![FIELDS])).0, "proxied_to", since).await, Ok(Value::list([])));
}

#[tokio::test]
async fn a_server_is_ready_when_its_health_manager_runs_and_its_monitors_are_fresh() {
    for (status, monitors, ready) in [
        (json!(4), json!([health(json!({}))]), Ok(true)),
        (json!("Running"), json!([health(json!({})), health(json!({"IsStale": true}))]), Ok(false)),
        (json!("Running"), json!([]), Ok(false)),
        (json!("Stopped"), json!([health(json!({}))]), Ok(false)),
        (json!(2), json!([]), Ok(false)),
        (json!("Running"), json!(null), Err(ErrorKind::Unknown)),
    ] {
        let (world, _) = world(move |request| match request.cmdlet.as_str() {
            "Get-Service" => envelope(json!([{"Name": "MSExchangeHM", "Status": status, "StartType": 2}])),
            _ if monitors.is_null() => warned("not yet"),
            _ => envelope(monitors.clone()),
        });
        let seen = perform_on(&world, "is_ready", vec![]).await;
        assert_eq!(seen.map_err(|error| error.kind), ready.map(Value::Boolean));
    }
}

/// JSON of every shape, from the values that properties have to those that they never should.
fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,20}".prop_map(Json::from),
        prop::sample::select(vec![
            "mbx1.contoso.com",
            "True",
            "Running",
            "Healthy",
            "Initializing",
            "ImapProxy",
            "ImapCTPMonitor",
            "MSExchangeHM",
            "2026-11-24T08:00:00Z",
            "0001-01-01T00:00:00Z",
            "Maintenance|Active|",
            "||",
            "1",
            FIELDS,
            "[Proxy=x] _Mbx:y",
            "2026-11-24T08:00:00Z,\"\"\",Proxy:",
            "login a b",
        ])
        .prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::hash_map("[A-Za-z]{1,4}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_envelope_makes_an_action_panic_or_go_on_for_ever(
        values in prop::collection::vec(prop::collection::vec(any_json(), 1..16), 0..4),
        warnings in prop::collection::vec(".{0,20}", 0..2),
        errors in prop::collection::vec((".{0,20}", ".{0,20}", ".{0,20}"), 0..2),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (action, arguments) in actions() {
            let (values, warnings, errors) = (values.clone(), warnings.clone(), errors.clone());
            let (world, scripted) = world(move |request| {
                let data = values.iter().map(|row| request.select.iter().cloned().zip(row.iter().cycle().cloned()).collect());
                let errors = errors.iter().map(|(id, category, message)| ErrorRecord {
                    stage: ErrorStage::Command, id: id.clone(), category: category.clone(), message: message.clone(),
                });
                let errors: Vec<_> = errors.collect();
                Envelope { schema: SCHEMA, ok: errors.is_empty(), data: data.collect(), warnings: warnings.clone(), errors }
            });
            let _ = runtime.block_on(perform_on(&world, action, arguments));
            prop_assert!(scripted.requests.borrow().len() < 1000, "{action}");
        }
    }
}
