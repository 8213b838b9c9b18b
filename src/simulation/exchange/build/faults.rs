//! Faults of a world file, checked against the site.

use super::{server_names, unknown};
use crate::simulation::exchange::dynamics::active_faults::{ActiveFault, Before};
use crate::simulation::exchange::model::components::{NAMES, component_named};
use crate::simulation::exchange::model::state::{DatabaseId, ServerId, Site};
use crate::simulation::exchange::settings::Settings;
use crate::simulation::exchange::settings::faults::{Cure, Fault, FaultKind, Requester};

/// The faults of a world, none of them started. Reports each that does not fit in a sentence.
pub(super) fn active_faults(site: &Site, settings: &Settings, wrong: &mut Vec<String>) -> Vec<ActiveFault> {
    let mut faults = Vec::new();
    for (at, fault) in settings.faults.iter().enumerate() {
        let mut misfits = Vec::new();
        let fault = active_fault(site, fault, &mut misfits);
        let which = format!("Fault {} ({})", at + 1, fault.kind.as_str());
        wrong.extend(misfits.into_iter().map(|misfit| format!("{which}: {misfit}")));
        faults.push(fault);
    }
    faults
}

fn active_fault(site: &Site, fault: &Fault, wrong: &mut Vec<String>) -> ActiveFault {
    let kind = fault.kind;
    let server = server(site, fault, wrong);
    let database = database(site, fault, wrong);
    let service = match (&fault.service, site.servers.get(server.0)) {
        (Some(written), Some(known)) => match known.service(written) {
            Some(service) => service.name.clone(),
            None => {
                let names = known.services.iter().map(|service| service.name.as_str());
                let what = format!("service of {}", known.name);
                wrong.push(unknown(&what, written, names));
                String::new()
            }
        },
        (None, Some(_)) => site.usual_service(server, kind).to_owned(),
        (_, None) => String::new(),
    };
    let component = fault.component.as_deref().map_or(Some(Site::usual_component()), component_named);
    if let (None, Some(written)) = (component, &fault.component) {
        wrong.push(unknown("component", written, NAMES));
    }
    misplaced(fault, wrong);
    ActiveFault {
        kind,
        server,
        database,
        service,
        component: component.unwrap_or_default(),
        requester: fault.requester.unwrap_or(Requester::Maintenance),
        part: fault.part,
        cure: fault.cleared_by.unwrap_or(kind.cure()),
        relapses_after: fault.relapses_after,
        returns_after: fault.returns_after,
        length: fault.length,
        since: None,
        reduced_by_restart: None,
        before: Before::Nothing,
    }
}

fn server(site: &Site, fault: &Fault, wrong: &mut Vec<String>) -> ServerId {
    let wanted = fault.kind.wants_server();
    match &fault.server {
        None if wanted => wrong.push("`server` is missing".to_owned()),
        None => {}
        Some(_) if !wanted => wrong.push("this kind of fault has no `server`".to_owned()),
        Some(written) => match site.server_named(written) {
            Some(id) => return id,
            None => wrong.push(unknown("Exchange server", written, server_names(site))),
        },
    }
    ServerId(0)
}

fn database(site: &Site, fault: &Fault, wrong: &mut Vec<String>) -> DatabaseId {
    let wanted = fault.kind.wants_database();
    match &fault.database {
        None if wanted => wrong.push("`database` is missing".to_owned()),
        None => {}
        Some(_) if !wanted => wrong.push("this kind of fault has no `database`".to_owned()),
        Some(written) => match site.database_named(written) {
            Some(id) => return id,
            None => {
                let names = site.databases.iter().map(|database| database.name.as_str());
                wrong.push(unknown("database", written, names));
            }
        },
    }
    DatabaseId(0)
}

/// Reports settings without a meaning for a fault of this kind.
fn misplaced(fault: &Fault, wrong: &mut Vec<String>) {
    use FaultKind::{
        ComponentInactive, CopyQueue, HealthManagerNotReady, HealthManagerStuck, HighLatency, HostFault,
        ServiceDisabled, ServiceHang, ServiceStopped,
    };
    let kind = fault.kind;
    let of_service = matches!(kind, ServiceHang | ServiceStopped | ServiceDisabled | HighLatency);
    let of_component = kind == ComponentInactive;
    let fits = [
        ("service", fault.service.is_none() || of_service),
        ("component", fault.component.is_none() || of_component),
        ("requester", fault.requester.is_none() || of_component),
        ("part", fault.part.is_none() || kind == HostFault),
        ("relapses_after", fault.relapses_after.is_none() || kind == HighLatency),
        ("length", fault.length.is_none() || kind == CopyQueue),
    ];
    wrong.extend(fits.iter().filter(|(_, fits)| !fits).map(|(name, _)| format!("this kind of fault has no `{name}`")));
    let by_restart = matches!(kind, ServiceHang | HighLatency | HealthManagerNotReady | HealthManagerStuck);
    match fault.cleared_by {
        Some(Cure::Restart) if !by_restart => wrong.push("a restart does not clear it".to_owned()),
        Some(Cure::Reboot) if kind.cure() == Cure::Nothing => wrong.push("a reboot does not clear it".to_owned()),
        _ => {}
    }
    if fault.until.is_some_and(|until| until < fault.after) {
        wrong.push("`until` is before `after`".to_owned());
    }
}
