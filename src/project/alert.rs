//! Alerts: parses the formats that senders use, matches an alert to its runbook, and fills parameters from labels.

use super::arguments::NamedValue;
use crate::program::types::Type;
use crate::program::{Parameter, Runbook};
use crate::value::Host;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use thiserror::Error;

/// The label that names the host if no label has the name of the runbook's parameter.
const INSTANCE: &str = "instance";

/// The label that the group in `alert "…" in "GROUP"` is compared with.
const GROUP: &str = "group";

/// An alert that fires or has resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// `name`, or the label `alertname` of Alertmanager.
    pub name: String,
    /// Label values by name.
    pub labels: BTreeMap<String, String>,
    /// Whether the sender reports it as resolved.
    pub resolved: bool,
}

/// The accepted formats, as part of an error message.
const FORMATS: &str = r#"expected {"name": "…", "labels": {…}} or an Alertmanager notification"#;

/// Why an alert cannot be read. Displays as one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AlertError {
    /// The message is not JSON.
    #[error("The alert is not JSON: {0}")]
    NotJson(String),
    /// An alert is not a JSON object.
    #[error("{alert} is {found}: {FORMATS}")]
    NotAnObject {
        /// Which alert.
        alert: AlertName,
        /// The type of the JSON value.
        found: &'static str,
    },
    /// A notification has no alerts.
    #[error("The notification has no alerts: {FORMATS}")]
    Empty,
    /// `alerts` is not a list; carries the type that was found.
    #[error("The alerts of the notification are {0}, not a list: {FORMATS}")]
    NotAList(&'static str),
    /// The field of the name is missing.
    #[error("{alert} has no {field}: {FORMATS}")]
    MissingName {
        /// Which alert.
        alert: AlertName,
        /// `name` or `alertname`.
        field: &'static str,
    },
    /// The name is an empty string.
    #[error("The {field} of {alert:#} is empty")]
    EmptyName {
        /// Which alert.
        alert: AlertName,
        /// `name` or `alertname`.
        field: &'static str,
    },
    /// The name is not a string.
    #[error("The {field} of {alert:#} is {found}, not a text")]
    NameNotText {
        /// Which alert.
        alert: AlertName,
        /// `name` or `alertname`.
        field: &'static str,
        /// The type of the JSON value.
        found: &'static str,
    },
    /// The labels are not an object.
    #[error("The labels of {alert:#} are {found}: {FORMATS}")]
    LabelsNotAnObject {
        /// Which alert.
        alert: AlertName,
        /// The type of the JSON value.
        found: &'static str,
    },
}

/// Which alert of a message: the only one, or the nth of a notification, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertName(Option<usize>);

/// Displays the start of a sentence; with `#`, the middle of one.
impl std::fmt::Display for AlertName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.0, f.alternate()) {
            (None, false) => f.write_str("The alert"),
            (None, true) => f.write_str("the alert"),
            (Some(number), false) => write!(f, "Alert {number} of the notification"),
            (Some(number), true) => write!(f, "alert {number} of the notification"),
        }
    }
}

/// Parses one alert, or the alerts of an Alertmanager notification. Each alert may fail separately.
///
/// # Errors
/// The message as a whole cannot be read.
pub fn parse(text: &str) -> Result<Vec<Result<Alert, AlertError>>, AlertError> {
    let value: Value = serde_json::from_str(text).map_err(|error| AlertError::NotJson(error.to_string()))?;
    let whole = AlertName(None);
    let Value::Object(fields) = &value else {
        return Err(AlertError::NotAnObject { alert: whole, found: kind(&value) });
    };
    match fields.get("alerts") {
        None => alert(whole, fields, fields.get("name"), "name").map(|alert| vec![Ok(alert)]),
        Some(Value::Array(alerts)) if alerts.is_empty() => Err(AlertError::Empty),
        Some(Value::Array(alerts)) => Ok(alerts
            .iter()
            .zip(1..)
            .map(|(value, number)| {
                let which = AlertName(Some(number));
                let Value::Object(fields) = value else {
                    return Err(AlertError::NotAnObject { alert: which, found: kind(value) });
                };
                let name = fields.get("labels").and_then(|labels| labels.get("alertname"));
                alert(which, fields, name, "label alertname")
            })
            .collect()),
        Some(other) => Err(AlertError::NotAList(kind(other))),
    }
}

fn alert(
    alert: AlertName,
    fields: &Map<String, Value>,
    name: Option<&Value>,
    field: &'static str,
) -> Result<Alert, AlertError> {
    let name = match name {
        Some(Value::String(name)) if !name.is_empty() => name.clone(),
        Some(Value::String(_)) => return Err(AlertError::EmptyName { alert, field }),
        Some(other) => return Err(AlertError::NameNotText { alert, field, found: kind(other) }),
        None => return Err(AlertError::MissingName { alert, field }),
    };
    let labels = match fields.get("labels") {
        // A null label counts as absent.
        Some(Value::Object(labels)) => {
            let labels = labels.iter().filter(|(_, value)| !value.is_null());
            labels.map(|(name, value)| (name.clone(), text_of(value))).collect()
        }
        Some(other) => return Err(AlertError::LabelsNotAnObject { alert, found: kind(other) }),
        None => BTreeMap::new(),
    };
    let resolved = fields.get("status").and_then(Value::as_str) == Some("resolved");
    Ok(Alert { name, labels, resolved })
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The type of a JSON value, in words.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty (null)",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Whether a runbook's `alert` header names the alert, and its group if the header has one.
pub fn starts(runbook: &Runbook, alert: &Alert) -> bool {
    runbook.alerts.iter().any(|name| *name == alert.name)
        && runbook.alert_group.as_ref().is_none_or(|group| alert.labels.get(GROUP).is_some_and(|label| label == group))
}

/// The arguments that an alert's labels give to a runbook.
///
/// A label fills the parameter of its name. The label `instance` fills the only host parameter if no label has its
/// name. A label that fills a host may be more than a name: see `host_label`.
pub fn arguments(parameters: &[Parameter], alert: &Alert, hosts: &[Host]) -> Vec<NamedValue> {
    let only_host =
        match parameters.iter().filter(|parameter| host_roles(&parameter.type_of).is_some()).collect::<Vec<_>>()[..] {
            [only] => Some(&only.name),
            _ => None,
        };
    let label_of = |parameter: &Parameter| {
        let same_name = alert.labels.get(parameter.name.as_str());
        same_name.or_else(|| alert.labels.get(INSTANCE).filter(|_| only_host == Some(&parameter.name)))
    };
    parameters
        .iter()
        .filter_map(|parameter| {
            let label = label_of(parameter)?;
            let text = match host_roles(&parameter.type_of) {
                Some(roles) => host_label(label, roles, hosts),
                None => label.clone(),
            };
            Some((parameter.name.to_string(), text))
        })
        .collect()
}

fn host_roles(type_of: &Type) -> Option<&[ecow::EcoString]> {
    match type_of {
        Type::Host(roles) => Some(roles),
        Type::Optional(inner) => host_roles(inner),
        _ => None,
    }
}

/// Finds the host of a label such as `127.0.0.1:21993`, `[::1]:993` or `https://fe1.example:9100/metrics`. The whole
/// label is tried first, then the label without scheme, path and port. If several hosts share an address, the port
/// decides. A label that matches no single host is returned unchanged, so that the error shows it.
fn host_label(label: &str, roles: &[ecow::EcoString], hosts: &[Host]) -> String {
    let fits = |host: &&Host| roles.is_empty() || host.roles.iter().any(|role| roles.contains(role));
    let going_by =
        |name: &str| -> Vec<&Host> { hosts.iter().filter(fits).filter(|host| host.has_name(name)).collect() };
    if let [only] = going_by(label)[..] {
        return only.name.to_string();
    }
    let after_scheme = label.split_once("://").map_or(label, |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?']).next().unwrap_or(after_scheme);
    let (name, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address, rest.strip_prefix(':')),
        // An IPv6 address without brackets has no port.
        None if authority.matches(':').count() > 1 => (authority, None),
        None => authority.split_once(':').map_or((authority, None), |(name, port)| (name, Some(port))),
    };
    let port: Option<u16> = port.and_then(|port| port.parse().ok());
    let found = going_by(name);
    let with_port = found.iter().filter(|host| port.is_some_and(|port| has_port(host, port)));
    match (found.as_slice(), with_port.collect::<Vec<_>>().as_slice()) {
        ([only], _) => only.name.to_string(),
        (_, [only]) => only.name.to_string(),
        _ => label.to_owned(),
    }
}

fn has_port(host: &Host, port: u16) -> bool {
    host.settings.ports().any(|own| own == port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::imap::ImapSettings;
    use crate::value::BackendSettings;

    /// A shortened notification of Alertmanager 0.25.
    const PAYLOAD: &str = r#"{"receiver":"hook","status":"firing","alerts":[
        {"status":"firing","labels":{"alertname":"ImapDown","instance":"127.0.0.1:21993","job":"imap"},"annotations":{}},
        {"status":"resolved","labels":{"alertname":"ImapDown","instance":"127.0.0.1:22993"}}],"version":"4"}"#;

    fn host(name: &str, role: &str, port: u16) -> Host {
        let imap = ImapSettings {
            port: Some(port),
            security: Default::default(),
            ca: None,
            server_name: None,
            from_address: None,
        };
        Host {
            name: name.into(),
            address: "127.0.0.1".into(),
            aliases: Vec::new(),
            roles: vec![role.into()],
            facts: Vec::new(),
            settings: BackendSettings::default().with(imap),
            same_machine_as: None,
        }
    }

    #[test]
    fn reads_both_forms() {
        let parse = |text: &str| parse(text).and_then(|alerts| alerts.into_iter().collect::<Result<Vec<_>, _>>());
        let alerts = parse(PAYLOAD).unwrap();
        let told: Vec<_> = alerts.iter().map(|alert| (alert.name.as_str(), alert.resolved)).collect();
        assert_eq!(told, [("ImapDown", false), ("ImapDown", true)]);
        let plain = parse(r#"{"name":"ImapDown","labels":{"server":"fe1","count":3,"site":null}}"#).unwrap();
        assert!(!plain[0].labels.contains_key("site"));
        assert_eq!(plain[0].labels["count"], "3");
        for (wrong, says) in [
            ("", "The alert is not JSON"),
            ("[]", "The alert is a list: expected"),
            ("null", "The alert is empty (null): expected"),
            ("{}", "The alert has no name: expected"),
            (r#"{"name":1}"#, "The name of the alert is a number, not a text"),
            (r#"{"name":"X","labels":[]}"#, "The labels of the alert are a list"),
            (r#"{"alerts":{}}"#, "The alerts of the notification are an object, not a list"),
            (r#"{"alerts":[]}"#, "The notification has no alerts"),
            (r#"{"alerts":[7]}"#, "Alert 1 of the notification is a number"),
            (r#"{"alerts":[{"labels":{}}]}"#, "Alert 1 of the notification has no label alertname"),
        ] {
            let told = parse(wrong).unwrap_err().to_string();
            assert!(told.starts_with(says) && !told.contains("struct"), "{wrong}: {told}");
        }
    }

    #[test]
    fn an_instance_is_a_host_without_its_port() {
        let hosts = [host("fe1", "front_end", 21993), host("be1", "back_end", 22993), host("be2", "back_end", 23993)];
        let label = |label: &str, roles: &[&str]| {
            let roles: Vec<ecow::EcoString> = roles.iter().map(|role| (*role).into()).collect();
            host_label(label, &roles, &hosts)
        };
        assert_eq!(label("127.0.0.1:21993", &[]), "fe1");
        assert_eq!(label("127.0.0.1:9100", &["front_end"]), "fe1");
        assert_eq!(label("https://127.0.0.1:22993/metrics", &["back_end"]), "be1");
        assert_eq!(label("fe1:99", &[]), "fe1");
        assert_eq!(label("127.0.0.1:9100", &["back_end"]), "127.0.0.1:9100");
        assert_eq!(label("[::1]:993", &[]), "[::1]:993");
    }

    #[test]
    fn labels_fill_parameters() {
        let hosts = [host("fe1", "front_end", 21993)];
        let parameter = |name: &str, type_of| Parameter { name: name.into(), type_of, default: None };
        let parameters =
            [parameter("server", Type::Host(vec![])), parameter("job", Type::Text), parameter("site", Type::Text)];
        let alert = parse(PAYLOAD).unwrap().remove(0).unwrap();
        let filled = arguments(&parameters, &alert, &hosts);
        assert_eq!(filled, [("server".to_owned(), "fe1".to_owned()), ("job".to_owned(), "imap".to_owned())]);
        let two = [parameter("one", Type::Host(vec![])), parameter("other", Type::Host(vec![]))];
        assert_eq!(arguments(&two, &alert, &hosts), []);
    }
}
