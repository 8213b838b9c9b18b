//! Get-Service, Restart-Service, Start-Service and Stop-Service on a computer.

use super::bind::{Kind, Parameters};
use super::reply::{Object, Reply};
use super::{Cmdlet, Run, Where, nearby};
use crate::simulation::exchange::model::ledger::Actor;
use crate::simulation::exchange::model::services::{Control, ServiceControlError};
use crate::simulation::exchange::model::state::{Service, Site};
use crate::simulation::exchange::settings::duration::{ModelDuration, Moment};
use crate::simulation::exchange::settings::{ServiceStatus, StartType};

const NAME_AND_FORCE: &[(&str, Kind, bool)] = &[("Name", Kind::Text, true), ("Force", Kind::Boolean, false)];

pub(super) const CMDLETS: [Cmdlet; 4] = [
    Cmdlet {
        name: "Get-Service",
        place: Where::Computer,
        parameters: &[("Name", Kind::Text, true)],
        run: Run::Query(nearby, get),
    },
    Cmdlet {
        name: "Restart-Service",
        place: Where::Computer,
        parameters: NAME_AND_FORCE,
        run: Run::Control(|site, parameters| control(site, parameters, Control::Restart)),
    },
    Cmdlet {
        name: "Start-Service",
        place: Where::Computer,
        parameters: &[("Name", Kind::Text, true)],
        run: Run::Control(|site, parameters| control(site, parameters, Control::Start)),
    },
    Cmdlet {
        name: "Stop-Service",
        place: Where::Computer,
        parameters: NAME_AND_FORCE,
        run: Run::Control(|site, parameters| control(site, parameters, Control::Stop)),
    },
];

/// The word for a status.
pub(super) const fn status_word(status: ServiceStatus) -> &'static str {
    match status {
        ServiceStatus::Stopped => "Stopped",
        ServiceStatus::StartPending => "StartPending",
        ServiceStatus::StopPending => "StopPending",
        ServiceStatus::Running => "Running",
    }
}

/// The word for a start type.
pub(super) const fn start_word(start_type: StartType) -> &'static str {
    match start_type {
        StartType::Automatic => "Automatic",
        StartType::Manual => "Manual",
        StartType::Disabled => "Disabled",
    }
}

fn not_found(parameters: &Parameters) -> Reply {
    let message = format!("Cannot find any service with service name '{}'.", parameters.text("Name"));
    parameters.failed("NoServiceFoundForGivenName", "ObjectNotFound", message)
}

fn get(site: &mut Site, parameters: &Parameters) -> Reply {
    let service = parameters.computer.and_then(|id| site[id].service(parameters.text("Name")).cloned());
    service.map_or_else(|| not_found(parameters), |service| Reply::objects(vec![object(&service)]))
}

fn object(service: &Service) -> Object {
    vec![
        ("Name", service.name.clone().into()),
        ("ServiceName", service.name.clone().into()),
        ("DisplayName", service.display_name.into()),
        ("Status", status_word(service.status).into()),
        ("StartType", start_word(service.start_type).into()),
    ]
}

fn control(site: &mut Site, parameters: &Parameters, control: Control) -> (Moment, Reply) {
    let soon = site.now + nearby(site, parameters);
    let Some(server) = parameters.computer else { return (soon, not_found(parameters)) };
    let name = parameters.text("Name");
    match site.control(server, name, control, Actor::Run) {
        // The cmdlet returns when the service has reached the state.
        Ok(done) => ((done + ModelDuration::seconds(1)).max(soon), Reply::nothing()),
        Err(ServiceControlError::Unknown) => (soon, not_found(parameters)),
        Err(why) => {
            let because = match why {
                ServiceControlError::Disabled => "it is disabled",
                _ => "a system shutdown is in progress",
            };
            let message = format!("Service '{name}' cannot be started or stopped: {because}");
            (soon, parameters.failed("CouldNotStartService", "OpenError", message))
        }
    }
}
