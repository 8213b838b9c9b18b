//! Restart-Computer, Get-CimInstance and Get-Content: computers, and files on them.

use super::bind::{Kind, Parameters};
use super::reply::{Object, Reply, time};
use super::services::{start_word, status_word};
use super::{Cmdlet, Run, Where, log_files, nearby};
use crate::simulation::exchange::model::ledger::Actor;
use crate::simulation::exchange::model::state::Site;
use crate::simulation::exchange::settings::ServiceStatus;
use crate::simulation::exchange::settings::duration::Moment;

pub(super) const CMDLETS: [Cmdlet; 3] = [
    Cmdlet {
        name: "Restart-Computer",
        place: Where::Here,
        parameters: &[("ComputerName", Kind::Text, true), ("Force", Kind::Boolean, false)],
        run: Run::Control(restart),
    },
    Cmdlet {
        name: "Get-CimInstance",
        place: Where::Computer,
        parameters: &[("ClassName", Kind::Text, true), ("Filter", Kind::Text, false)],
        run: Run::Query(nearby, instance),
    },
    Cmdlet {
        name: "Get-Content",
        place: Where::Computer,
        parameters: &[("Path", Kind::Text, true), ("Tail", Kind::Number, false), ("TotalCount", Kind::Number, false)],
        run: Run::Query(nearby, log_files::get),
    },
];

fn restart(site: &mut Site, parameters: &Parameters) -> (Moment, Reply) {
    let name = parameters.text("ComputerName");
    let found = site.server_named(name);
    let down = !found.is_some_and(|id| site[id].is_up());
    let range = if down { site.rules.times.no_connection } else { site.rules.times.computer };
    let ready = site.now + site.draw(range);
    let Some(server) = found.filter(|_| !down) else {
        let message = format!("Failed to restart the computer {name}: the RPC server is unavailable");
        return (ready, parameters.failed("RestartcomputerFailed", "ConnectionError", message));
    };
    if site.reboot(server, Actor::Run) {
        (ready, Reply::nothing())
    } else {
        let message = format!("Failed to restart the computer {name}: a system shutdown is in progress");
        (ready, parameters.failed("RestartcomputerFailed", "OperationStopped", message))
    }
}

fn instance(site: &mut Site, parameters: &Parameters) -> Reply {
    let Some(server) = parameters.computer.map(|id| &site[id]) else { return Reply::nothing() };
    let class = parameters.text("ClassName");
    let mut objects: Vec<Object> = Vec::new();
    if class.eq_ignore_ascii_case("Win32_OperatingSystem") {
        objects.push(vec![("CSName", server.name.to_uppercase().into()), ("LastBootUpTime", time(server.booted))]);
    } else if class.eq_ignore_ascii_case("Win32_Service") {
        let filter = parameters.given("Filter");
        let wanted = filter.and_then(named);
        if filter.is_some() && wanted.is_none() {
            return parameters.failed("HRESULT 0x80041017", "InvalidArgument", "Invalid query");
        }
        for service in &server.services {
            if wanted.is_none_or(|name| service.name.eq_ignore_ascii_case(name)) {
                let state = match service.status {
                    ServiceStatus::StartPending => "Start Pending",
                    ServiceStatus::StopPending => "Stop Pending",
                    other => status_word(other),
                };
                objects.push(vec![
                    ("Name", service.name.clone().into()),
                    ("ProcessId", service.process_id.into()),
                    ("State", state.into()),
                    ("StartMode", start_word(service.start_type).trim_end_matches("matic").into()),
                ]);
            }
        }
    } else {
        return parameters.failed("HRESULT 0x80041010", "MetadataError", "Invalid class");
    }
    Reply::objects(objects)
}

/// The name in `Name='…'`, the only filter that is supported.
fn named(filter: &str) -> Option<&str> {
    let (property, value) = filter.split_once('=')?;
    let name = value.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    (property.trim().eq_ignore_ascii_case("Name") && !name.contains('\'')).then_some(name)
}
