//! The alerts by which a run is judged.

use crate::program::Program;
use crate::value::Value;

/// Every alert of a runbook, each with the server of the run: a run is judged by all of them, not only by the one that
/// started it. A runbook without alerts is judged by the alert of its own name, and by `started_by`.
pub fn alerts_of_run(
    program: &Program,
    runbook: usize,
    arguments: &[Value],
    started_by: Option<&str>,
) -> Vec<(String, String)> {
    let Some(runbook) = program.runbooks.get(runbook) else { return Vec::new() };
    let Some(server) = arguments.iter().find_map(Value::as_host) else { return Vec::new() };
    let mut alerts: Vec<&str> = runbook.alerts.iter().map(|alert| alert.as_str()).collect();
    if alerts.is_empty() {
        alerts.push(&runbook.name);
        alerts.extend(started_by);
    }
    alerts.into_iter().map(|alert| (alert.to_owned(), server.to_owned())).collect()
}
