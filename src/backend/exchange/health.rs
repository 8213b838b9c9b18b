//! Monitors and the other items of a health set.

use super::server::Server;
use super::words::{ALERT_VALUES, ITEM_TYPES};
use crate::transport::powershell::{Object, has_wildcard, is_like};
use crate::value::{ActionError, ErrorKind, Value};

const PROPERTIES: &str = "Server Name TargetResource HealthSetName AlertValue CurrentHealthSetState ServerComponentName \
     IsStale LastTransitionTime FirstAlertObservedTime LastExecutionTime";

/// The monitors whose health set matches a wildcard.
pub(super) async fn monitors(server: &Server<'_>, health_set: &str) -> Result<Value, ActionError> {
    let request = server.exchange("Get-ServerHealth").with("Identity", server.address);
    let answer = server.send(request.only("HealthSetName", health_set).select(PROPERTIES)).await?;
    let monitors = answer.objects_or_none()?;
    if monitors.is_empty() {
        let message = format!("{} has no monitor whose health set is like {health_set:?}", server.host.name);
        return Err(ActionError::new(ErrorKind::Unknown, message));
    }
    monitors.iter().map(|monitor| decode(server, monitor)).collect::<Result<Vec<_>, _>>().map(Value::list)
}

/// The monitor with this exact name; the worst of several.
pub(super) async fn monitor(server: &Server<'_>, name: &str, health_set: &str) -> Result<Value, ActionError> {
    if has_wildcard(name) {
        let message = format!("{name:?} is not the name of a monitor: it contains a wildcard");
        return Err(ActionError::new(ErrorKind::Refused, message));
    }
    let request = server.exchange("Get-ServerHealth").with("Identity", server.address);
    let answer = server.send(request.only("Name", name).select(PROPERTIES)).await?;
    let mut worst: Option<(u8, Value)> = None;
    for monitor in answer.objects_or_none()? {
        server.check_server(&monitor, "Server")?;
        if !monitor.text("Name")?.eq_ignore_ascii_case(name) {
            return Err(monitor.mismatch("Name", "is not the one that was queried"));
        }
        if !is_like(&monitor.text("HealthSetName")?, health_set) {
            continue;
        }
        let value = decode(server, &monitor)?;
        let badness = severity(&monitor.enum_word("AlertValue", ALERT_VALUES)?);
        if worst.as_ref().is_none_or(|(worst, _)| badness > *worst) {
            worst = Some((badness, value));
        }
    }
    worst.map(|(_, value)| value).ok_or_else(|| {
        let message = format!("{} has no monitor {name} in a health set like {health_set:?}", server.host.name);
        ActionError::new(ErrorKind::Unknown, message)
    })
}

/// Known to be unhealthy is worse than unknown, and unknown is worse than healthy.
fn severity(alert_value: &str) -> u8 {
    match alert_value {
        "Unhealthy" => 6,
        "Degraded" => 5,
        "Repairing" => 4,
        "Disabled" => 2,
        "Healthy" => 1,
        _ => 3,
    }
}

fn decode(server: &Server<'_>, object: &Object<'_>) -> Result<Value, ActionError> {
    server.check_server(object, "Server")?;
    let time = |property: &str| Ok(object.optional_time(property)?.map_or(Value::Absent, Value::Time));
    Ok(Value::record(
        "MonitorHealth",
        [
            ("name", Value::Text(object.text("Name")?)),
            ("target", Value::Text(object.optional_text("TargetResource")?.unwrap_or_default())),
            ("health_set", Value::Text(object.text("HealthSetName")?)),
            ("alert_value", Value::Word(object.enum_word("AlertValue", ALERT_VALUES)?)),
            ("server_component", Value::Text(object.text("ServerComponentName")?)),
            ("stale", Value::Boolean(object.boolean("IsStale")?)),
            ("last_transition", time("LastTransitionTime")?),
            ("first_alert", time("FirstAlertObservedTime")?),
        ],
    ))
}

/// The probes, monitors and responders of a health set.
pub(super) async fn items(server: &Server<'_>, health_set: &str) -> Result<Value, ActionError> {
    let request = server.exchange("Get-MonitoringItemIdentity").with("Identity", health_set);
    let request = request.with("Server", server.address);
    let answer = server.send(request.select("Server HealthSetName Name TargetResource ItemType Identity")).await?;
    let decode = |item: &Object<'_>| {
        server.check_server(item, "Server")?;
        Ok(Value::record(
            "MonitoringItem",
            [
                ("name", Value::Text(item.text("Name")?)),
                ("kind", Value::Text(item.enum_word("ItemType", ITEM_TYPES)?)),
                ("health_set", Value::Text(item.text("HealthSetName")?)),
                ("target", Value::Text(item.optional_text("TargetResource")?.unwrap_or_default())),
                ("identity", Value::Text(item.text("Identity")?)),
            ],
        ))
    };
    answer.objects()?.iter().map(decode).collect::<Result<Vec<_>, _>>().map(Value::list)
}
