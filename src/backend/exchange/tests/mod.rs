//! Every action, with answers in the forms of remoting and with invalid ones.

mod answers;
mod components;
mod connectivity;
mod copies;
mod health;
mod log;
mod probe;
mod settings;

use super::*;
use crate::backend::testing::{Scripted, TestEnvironment, call, envelope};
use crate::transport::powershell::{Envelope, ErrorRecord, ErrorStage, Request, SCHEMA, Target};
use crate::value::{BackendSettings, Class};
use serde_json::{Value as Json, json};

fn world(answer: impl FnMut(&Request) -> Envelope + 'static) -> (TestEnvironment, Scripted) {
    let mut answer = answer;
    Scripted::world(BackendSettings::default(), move |request, _| Ok(answer(request)))
}

async fn perform_on(world: &TestEnvironment, action: &str, more: Vec<(&str, Value)>) -> Result<Value, ActionError> {
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
        ("imap_connectivity", vec![]),
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
    let text = include_str!("../exchange.runbook");
    let mut signed: Vec<&str> = text
        .lines()
        .filter_map(|line| ["observe ", "change ", "disrupt "].iter().find_map(|class| line.trim().strip_prefix(class)))
        .map(|line| line.trim().split('(').next().unwrap())
        .collect();
    let mut known: Vec<&str> = actions().into_iter().map(|(action, _)| action).collect();
    signed.sort_unstable();
    known.sort_unstable();
    assert_eq!(known, signed);
}
