//! Servers with their defaults, and the changes of a world file.

use super::unknown;
use crate::simulation::exchange::dynamics::random::Random;
use crate::simulation::exchange::model::components::{Components, Hold, NAMES, component_named};
use crate::simulation::exchange::model::ledger::Actor;
use crate::simulation::exchange::model::monitors::{Monitor, MonitorKind};
use crate::simulation::exchange::model::protocol_log::ProtocolLog;
use crate::simulation::exchange::model::state::{
    BACK_END, DatabaseId, FRONT_END, HEALTH_MANAGER, HealthManager, Power, STORE, Server, ServerId, Service, Site, WEB,
};
use crate::simulation::exchange::settings::duration::{ModelDuration, Moment};
use crate::simulation::exchange::settings::{ServerSettings, ServiceStatus, StartType};
use crate::value::{Host, Value};

/// Where a service exists: on front ends, on back ends, or everywhere.
const SERVICES: [(&str, &str, bool, bool, StartType); 11] = [
    (FRONT_END, "Microsoft Exchange IMAP4", true, false, StartType::Automatic),
    (BACK_END, "Microsoft Exchange IMAP4 Backend", false, true, StartType::Automatic),
    ("MSExchangePop3", "Microsoft Exchange POP3", true, false, StartType::Manual),
    ("MSExchangePOP3BE", "Microsoft Exchange POP3 Backend", false, true, StartType::Manual),
    (STORE, "Microsoft Exchange Information Store", false, true, StartType::Automatic),
    ("MSExchangeRepl", "Microsoft Exchange Replication", false, true, StartType::Automatic),
    ("MSExchangeADTopology", "Microsoft Exchange Active Directory Topology", true, true, StartType::Automatic),
    ("MSExchangeServiceHost", "Microsoft Exchange Service Host", true, true, StartType::Automatic),
    ("MSExchangeFrontEndTransport", "Microsoft Exchange Frontend Transport", true, false, StartType::Automatic),
    (HEALTH_MANAGER, "Microsoft Exchange Health Manager", true, true, StartType::Automatic),
    (WEB, "World Wide Web Publishing Service", true, true, StartType::Automatic),
];

/// The hosts that are Exchange servers.
pub(super) fn all(hosts: &[Host], start: Moment, random: &mut Random) -> Vec<Server> {
    let mut servers = Vec::new();
    for host in hosts {
        let has = |role: &str| host.roles.iter().any(|own| own == role);
        let (front_end, back_end) = (has("client_access"), has("mailbox"));
        if !front_end && !back_end {
            continue;
        }
        let mut services = Vec::new();
        for (name, display_name, front, back, start_type) in SERVICES {
            if (front && front_end) || (back && back_end) {
                let runs = start_type == StartType::Automatic;
                let process_id = u32::try_from(random.below(10_000)).unwrap_or(0) * 4 + 1000;
                services.push(Service {
                    name: name.to_owned(),
                    display_name,
                    status: if runs { ServiceStatus::Running } else { ServiceStatus::Stopped },
                    start_type,
                    process_id: if runs { process_id } else { 0 },
                    generation: 0,
                    loaded_log: false,
                    started_by: Actor::Site,
                });
            }
        }
        let name = host.address.split('.').next().filter(|_| host.address.parse::<std::net::IpAddr>().is_err());
        let dag = host.fact("dag").and_then(Value::as_text).map(str::to_owned);
        let up_for = ModelDuration::minutes(60 * 24 + i64::try_from(random.below(20 * 24 * 60)).unwrap_or(0));
        servers.push(Server {
            name: name.unwrap_or(&host.name).to_owned(),
            front_end,
            back_end,
            dag,
            power: Power::Up,
            booted: start.before(up_for),
            booting: false,
            services,
            components: Components::default(),
            activation_blocked: false,
            blocked_by: None,
            disabled_monitors: Vec::new(),
            down_by_others: None,
            block_generation: 0,
            activation_policy: Default::default(),
            protocol_log_enabled: false,
            log: ProtocolLog::default(),
            health: HealthManager::default(),
            monitors: MonitorKind::ALL.into_iter().map(Monitor::new).collect(),
            touch_points: Vec::new(),
            turns: 0,
            host: host.clone(),
        });
    }
    servers
}

/// Applies the settings of a world file to a server.
pub(super) fn adjust(site: &mut Site, id: ServerId, name: &str, settings: &ServerSettings, wrong: &mut Vec<String>) {
    let mut misfits = Vec::new();
    let touch_points = settings.customer_touch_point.as_ref().map(|names| touch_points(site, names, &mut misfits));
    let since = site.now;
    let server = &mut site[id];
    if let Some(dag) = &settings.dag {
        server.dag = Some(dag.clone());
    }
    if let Some(touch_points) = touch_points {
        server.touch_points = touch_points;
    }
    server.activation_blocked = settings.activation_blocked;
    server.blocked_by = settings.activation_blocked.then_some((Actor::Administrator, since));
    server.activation_policy = settings.auto_activation_policy;
    server.protocol_log_enabled = settings.protocol_log_enabled;
    for (component, holds) in &settings.components {
        match component_named(component) {
            Some(known) => {
                for (requester, state) in holds {
                    server.components.set_hold(
                        known,
                        *requester,
                        Hold { state: *state, since, by: Actor::Administrator },
                    );
                }
            }
            None => misfits.push(unknown("component", component, NAMES)),
        }
    }
    adjust_services(server, settings, &mut misfits);
    wrong.extend(misfits.into_iter().map(|misfit| format!("Server {name}: {misfit}")));
    if site.front_end_must_stop(id)
        && let Some(service) = site[id].service_mut(FRONT_END)
    {
        (service.status, service.process_id) = (ServiceStatus::Stopped, 0);
    }
}

fn touch_points(site: &Site, names: &[String], misfits: &mut Vec<String>) -> Vec<DatabaseId> {
    let mut found = Vec::new();
    for written in names {
        match site.database_named(written) {
            Some(database) => found.push(database),
            None => {
                let names = site.databases.iter().map(|database| database.name.as_str());
                misfits.push(unknown("database", written, names));
            }
        }
    }
    found
}

fn adjust_services(server: &mut Server, settings: &ServerSettings, misfits: &mut Vec<String>) {
    for (written, settings) in &settings.services {
        let Some(service) = server.service_mut(written) else {
            let names = server.services.iter().map(|service| service.name.as_str());
            misfits.push(unknown("service", written, names));
            continue;
        };
        service.start_type = settings.start_type.unwrap_or(service.start_type);
        let usual = match service.start_type {
            StartType::Automatic => ServiceStatus::Running,
            StartType::Manual | StartType::Disabled => ServiceStatus::Stopped,
        };
        service.status = settings.status.unwrap_or(usual);
        if service.status != ServiceStatus::Running {
            service.process_id = 0;
        }
    }
    // A setting of the start has been loaded.
    for service in &mut server.services {
        service.loaded_log = settings.protocol_log_enabled && service.status == ServiceStatus::Running;
    }
}
