//! The requests of a run, by which its report is verified.

use crate::simulation::exchange::model::state::{ServerId, Site};
use crate::transport::powershell::{Request as Sent, Target};
use serde_json::Value;

/// A request that was sent.
#[derive(Debug, Clone)]
pub(in crate::simulation::exchange) struct Request {
    /// Its target.
    pub server: Option<ServerId>,
    /// The service, if it concerned one.
    pub service: Option<String>,
    /// Whether it would have disrupted something.
    pub disturbs: bool,
    /// Whether it succeeded.
    pub answered: bool,
}

impl Request {
    /// Reads a request.
    pub fn parse(site: &Site, request: &Sent) -> Self {
        let text = |name: &str| request.parameters.get(name).and_then(Value::as_str);
        let computer = match &request.place {
            Target::Computer { name } => Some(name.as_str()),
            Target::Here => text("ComputerName"),
            Target::Exchange { .. } => None,
        };
        let service = text("Name").or_else(|| text("Filter").and_then(|filter| filter.split('\'').nth(1)));
        let disturbing = ["Restart-Service", "Start-Service", "Stop-Service", "Restart-Computer"];
        Self {
            server: computer.and_then(|name| site.server_named(name)),
            service: service.map(str::to_lowercase),
            disturbs: disturbing.iter().any(|name| name.eq_ignore_ascii_case(&request.cmdlet)),
            answered: false,
        }
    }
}
