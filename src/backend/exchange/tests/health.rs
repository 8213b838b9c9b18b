//! Monitors, and whether a server is ready.

use super::*;

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
        ("AlertValue", json!(17), "AlertValue of Get-ServerHealth has an unexpected value: 17"),
        ("AlertValue", json!(true), "AlertValue of Get-ServerHealth has an unexpected value: true"),
        ("AlertValue", json!("not a word"), "AlertValue of Get-ServerHealth has an unexpected value: not a word"),
        ("AlertValue", json!(null), "AlertValue of Get-ServerHealth is missing"),
        ("IsStale", json!("maybe"), "IsStale of Get-ServerHealth is neither true nor false"),
        ("LastTransitionTime", json!("yesterday"), "LastTransitionTime of Get-ServerHealth is not a time"),
        ("Name", json!(["a"]), "Name of Get-ServerHealth is not a text"),
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
