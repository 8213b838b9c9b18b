//! From what a world file says to a site that has been running for a good while.

use super::build_faults::troubles;
use super::components::{Components, Hold, component_named};
use super::events::{Event, Queue};
use super::ledger::Actor;
use super::length::{Length, Moment};
use super::monitors::{Monitor, MonitorKind};
use super::protocol_log::ProtocolLog;
use super::random::Random;
use super::settings::{DatabaseSettings, ServerSettings, ServiceStatus, Settings, StartType};
use super::state::{
    BACK_END, Copy, Database, DatabaseId, FRONT_END, HEALTH_MANAGER, HealthManager, Power, STORE, Server, ServerId,
    Service, Site, WEB,
};
use crate::diagnostic::nearest;
use crate::value::{Host, Timestamp, Value};

/// Where a service is: on a front end, a back end, or everywhere.
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

/// What does not fit, with the nearest name where one is near.
pub(super) fn unknown<'a>(what: &str, written: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(written, names) {
        Some(near) => format!("There is no {what} named `{written}`; did you mean `{near}`?"),
        None => format!("There is no {what} named `{written}`"),
    }
}

/// Builds the site as it is at `start`, with everything before that which is wrong already.
pub(super) fn site(settings: &Settings, hosts: &[Host], start: Timestamp, seed: u64) -> Result<Site, Vec<String>> {
    let mut wrong = Vec::new();
    let start = Moment::from(start);
    let mut random = Random::new(seed);
    let servers = servers(hosts, start, &mut random);
    let mut site = Site {
        now: start.before(settings.sick_for),
        start,
        rules: settings.assumptions.clone(),
        responders_act: settings.managed_availability,
        servers,
        databases: Vec::new(),
        troubles: Vec::new(),
        recoveries: Vec::new(),
        queue: Queue::default(),
        random,
        ledger: Vec::new(),
    };
    for (name, database) in &settings.databases {
        add_database(&mut site, name, database, &mut wrong);
    }
    for id in site.server_ids() {
        site[id].touch_points = site.database_ids().collect();
    }
    for (name, server) in &settings.servers {
        match site.server_named(name) {
            Some(id) => adjust(&mut site, id, name, server, &mut wrong),
            None => wrong.push(unknown("Exchange server", name, server_names(&site))),
        }
    }
    site.troubles = troubles(&site, settings, &mut wrong);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    for id in site.server_ids() {
        let generation = site[id].health.generation;
        site.health_manager_ready(id, generation);
    }
    for (at, fault) in settings.faults.iter().enumerate() {
        // What is wrong from the start on has been wrong for a while.
        let begins = if fault.after == Length::ZERO { site.now } else { start + fault.after };
        site.plan_at(begins, Event::TroubleBegins { trouble: at });
        if let Some(until) = fault.until {
            site.plan_at(start + until, Event::TroubleEnds { trouble: at });
        }
    }
    site.advance(start);
    Ok(site)
}

/// The names of the servers, for suggestions.
pub(super) fn server_names(site: &Site) -> impl Iterator<Item = &str> {
    site.servers.iter().map(|server| server.host.name.as_str())
}

fn servers(hosts: &[Host], start: Moment, random: &mut Random) -> Vec<Server> {
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
        let up_for = Length::minutes(60 * 24 + i64::try_from(random.below(20 * 24 * 60)).unwrap_or(0));
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

fn add_database(site: &mut Site, name: &str, settings: &DatabaseSettings, wrong: &mut Vec<String>) {
    let mut copies = Vec::new();
    let mut mailbox_server = |written: &str| {
        let found = site.server_named(written);
        match found {
            None => wrong.push(format!("Database {name}: {}", unknown("Exchange server", written, server_names(site)))),
            Some(id) if !site[id].back_end => {
                wrong.push(format!("Database {name}: {written} has not the role mailbox, and can hold no copy"));
                return None;
            }
            Some(_) => {}
        }
        found
    };
    for (server, copy) in &settings.copies {
        if let Some(server) = mailbox_server(server) {
            copies.push(Copy {
                server,
                preference: copy.preference,
                status: copy.status.clone().unwrap_or_else(|| "Healthy".to_owned()),
                initializing: false,
                copy_queue: copy.copy_queue,
                replay_queue: copy.replay_queue,
            });
        }
    }
    let preferred = copies.iter().min_by_key(|copy| (copy.preference, copy.server)).map(|copy| copy.server);
    let active = match &settings.active {
        Some(written) => mailbox_server(written),
        None => preferred,
    };
    match active {
        Some(active) if copies.iter().any(|copy| copy.server == active) => {
            let mailboxes =
                (0..site.rules.probes.health_mailboxes.min(100)).map(|at| health_mailbox(name, at)).collect();
            site.databases.push(Database {
                name: name.to_owned(),
                copies,
                active,
                dismounted: false,
                moving: None,
                generation: 0,
                mailboxes,
            });
        }
        Some(_) => wrong.push(format!("Database {name} is active on a server that has no copy of it")),
        None if settings.copies.is_empty() => wrong.push(format!("Database {name} has no copy")),
        None => {}
    }
}

/// The account of a health mailbox; always the same one for a database and a number.
fn health_mailbox(database: &str, number: u32) -> String {
    let mut random = Random::new(u64::from(number));
    for byte in database.bytes() {
        random = Random::new(random.next() ^ u64::from(byte));
    }
    format!("HealthMailbox{:016x}{:016x}@contoso.com", random.next(), random.next())
}

fn adjust(site: &mut Site, id: ServerId, name: &str, settings: &ServerSettings, wrong: &mut Vec<String>) {
    let since = site.now;
    let touch_points = settings.customer_touch_point.as_ref().map(|names| {
        let mut found: Vec<DatabaseId> = Vec::new();
        for written in names {
            match site.database_named(written) {
                Some(database) => found.push(database),
                None => {
                    let names = site.databases.iter().map(|database| database.name.as_str());
                    wrong.push(format!("Server {name}: {}", unknown("database", written, names)));
                }
            }
        }
        found
    });
    let server = &mut site[id];
    if let Some(dag) = &settings.dag {
        server.dag = Some(dag.clone());
    }
    if let Some(touch_points) = touch_points {
        server.touch_points = touch_points;
    }
    server.activation_blocked = settings.activation_blocked;
    server.activation_policy = settings.auto_activation_policy;
    server.protocol_log_enabled = settings.protocol_log_enabled;
    for service in &mut server.services {
        service.loaded_log = settings.protocol_log_enabled && service.status == ServiceStatus::Running;
    }
    for (component, holds) in &settings.components {
        let Some(known) = component_named(component) else {
            wrong.push(format!("Server {name}: {}", unknown("component", component, super::components::NAMES)));
            continue;
        };
        for (requester, state) in holds {
            server.components.say(known, *requester, Hold { state: *state, since });
        }
    }
    for (written, settings) in &settings.services {
        let Some(service) = server.service_mut(written) else {
            let names = server.services.iter().map(|service| service.name.as_str());
            wrong.push(format!("Server {name}: {}", unknown("service", written, names)));
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
    if site.front_end_must_stop(id)
        && let Some(service) = site[id].service_mut(FRONT_END)
    {
        (service.status, service.process_id) = (ServiceStatus::Stopped, 0);
    }
}
