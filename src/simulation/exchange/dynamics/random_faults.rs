//! Random faults of every kind, and random actions of administrators.

use super::random::Random;
use crate::simulation::exchange::model::state::{BACK_END, FRONT_END};
use crate::simulation::exchange::settings::Settings;
use crate::simulation::exchange::settings::administrators::{AdministratorAction, AdministratorActionKind};
use crate::simulation::exchange::settings::duration::{ModelDuration, Range};
use crate::simulation::exchange::settings::faults::{Cure, DatabasePart, Fault, FaultKind, Requester};
use crate::value::Host;

/// The targets of faults.
struct Targets<'a> {
    front_ends: Vec<&'a Host>,
    back_ends: Vec<&'a Host>,
    databases: Vec<&'a str>,
    /// The server of the alert, and the databases that its probes log in to or that it holds.
    own: Option<(&'a Host, Vec<&'a str>)>,
}

/// Draws up to six faults that fit the site. With the server of an alert, about half of them concern it. Some begin
/// later, some end without an action, some cannot be cleared, some come back.
///
/// The same seed gives the same faults, independently of the other random numbers of
/// [`crate::simulation::exchange::Model`].
pub fn random_faults(seed: u64, hosts: &[Host], settings: &Settings, alert_server: Option<&str>) -> Vec<Fault> {
    let mut random = Random::new(seed ^ 0x6D65_6E75);
    let targets = targets(hosts, settings, alert_server);
    let count = match random.below(100) {
        0..8 => 0,
        8..50 => 1,
        50..72 => 2,
        72..86 => 3,
        86..94 => 4,
        94..98 => 5,
        _ => 6,
    };
    // A kind that fits nothing is drawn again, a limited number of times.
    let mut faults = Vec::new();
    for _ in 0..count * 8 {
        if faults.len() < count {
            faults.extend(draw(&mut random, &targets));
        }
    }
    faults
}

/// Draws at most one action of an administrator, in a quarter of the seeds; half of them concern the server of the alert.
pub fn random_actions(
    seed: u64,
    hosts: &[Host],
    settings: &Settings,
    alert_server: Option<&str>,
) -> Vec<AdministratorAction> {
    let mut random = Random::new(seed ^ 0x6164_6D69);
    let targets = targets(hosts, settings, alert_server);
    if !random.percent(25) {
        return Vec::new();
    }
    let own = targets.own.as_ref().filter(|_| random.percent(50)).map(|(host, _)| *host);
    let anywhere = [targets.front_ends.as_slice(), &targets.back_ends].concat();
    let Some(host) = own.or_else(|| random.pick(&anywhere).copied()) else { return Vec::new() };
    let kinds = [
        AdministratorActionKind::Maintenance,
        AdministratorActionKind::Block,
        AdministratorActionKind::Move,
        AdministratorActionKind::Restart,
        AdministratorActionKind::Reboot,
    ];
    let Some(kind) = random.pick(&kinds).copied() else { return Vec::new() };
    let after = random.length(Range { least: ModelDuration::minutes(1), most: ModelDuration::minutes(60) });
    let lasts = random.length(Range { least: ModelDuration::minutes(10), most: ModelDuration::minutes(120) });
    let until = (kind.lasts() && random.percent(60)).then_some(after + lasts);
    let database = match kind {
        AdministratorActionKind::Move => match random.pick(&targets.databases) {
            Some(database) => Some((*database).to_owned()),
            None => return Vec::new(),
        },
        _ => None,
    };
    vec![AdministratorAction { action: kind, server: host.name.to_string(), database, after, until }]
}

fn targets<'a>(hosts: &'a [Host], settings: &'a Settings, alert_server: Option<&str>) -> Targets<'a> {
    let with = |role: &str| hosts.iter().filter(|host| host.roles.iter().any(|own| own == role)).collect::<Vec<_>>();
    let own = alert_server.and_then(|name| hosts.iter().find(|host| host.has_name(name))).map(|host| {
        let mut databases: Vec<&str> = Vec::new();
        for (name, server) in &settings.servers {
            if host.has_name(name) {
                databases.extend(server.customer_touch_point.iter().flatten().map(String::as_str));
            }
        }
        let held = settings
            .databases
            .iter()
            .filter(|(_, database)| database.copies.keys().any(|server| host.has_name(server)));
        databases.extend(held.map(|(name, _)| name.as_str()));
        (host, databases)
    });
    let databases = settings.databases.keys().map(String::as_str).collect();
    Targets { front_ends: with("client_access"), back_ends: with("mailbox"), databases, own }
}

fn draw(random: &mut Random, targets: &Targets<'_>) -> Option<Fault> {
    let kind = *random.pick(&FaultKind::ALL)?;
    let mut fault = Fault::with_kind(kind);
    // Half of them concern the alert, where possible.
    let own = targets.own.as_ref().filter(|_| random.percent(50));
    if kind.wants_database() {
        let databases = own.map(|(_, databases)| databases).filter(|own| !own.is_empty());
        fault.database = Some((*random.pick(databases.unwrap_or(&targets.databases))?).to_owned());
    }
    let host =
        if kind.wants_server() { Some(server(random, targets, own.map(|(host, _)| *host), kind)?) } else { None };
    if let Some(host) = host {
        fault.server = Some(host.name.to_string());
        detail(random, &mut fault, host, targets);
    }
    if random.percent(30) {
        fault.after = random.length(Range { least: ModelDuration::minutes(1), most: ModelDuration::minutes(60) });
    }
    if random.percent(30) {
        fault.until =
            Some(fault.after + random.length(Range { least: ModelDuration::ZERO, most: ModelDuration::minutes(90) }));
    }
    if random.percent(10) {
        fault.returns_after =
            Some(random.length(Range { least: ModelDuration::minutes(2), most: ModelDuration::minutes(40) }));
    }
    if kind.cure() != Cure::Nothing && fault.cleared_by.is_none() && random.percent(15) {
        fault.cleared_by = Some(Cure::Nothing);
        fault.relapses_after = None;
    }
    Some(fault)
}

fn server<'a>(random: &mut Random, targets: &Targets<'a>, own: Option<&'a Host>, kind: FaultKind) -> Option<&'a Host> {
    let fitting = match kind {
        FaultKind::ComponentInactive | FaultKind::ExpiredCertificate | FaultKind::ProxyPath => {
            targets.front_ends.clone()
        }
        FaultKind::StoreSlow | FaultKind::MoveBlocked => targets.back_ends.clone(),
        _ => [targets.front_ends.as_slice(), &targets.back_ends].concat(),
    };
    let fits = |host: &Host| fitting.iter().any(|other| other.name == host.name);
    // Policies concern another server: one on the server of the alert would not prevent a move away from it.
    match own {
        Some(own) if fits(own) && kind != FaultKind::MoveBlocked => Some(own),
        _ => random.pick(&fitting).copied(),
    }
}

fn detail(random: &mut Random, fault: &mut Fault, host: &Host, targets: &Targets<'_>) {
    let is_in = |hosts: &[&Host]| hosts.iter().any(|other| other.name == host.name);
    let (front, back) = (is_in(&targets.front_ends), is_in(&targets.back_ends));
    let on_front = front && (!back || random.percent(50));
    match fault.kind {
        FaultKind::ServiceHang | FaultKind::ServiceStopped | FaultKind::ServiceDisabled => {
            fault.service = Some(if on_front { FRONT_END } else { BACK_END }.to_owned());
        }
        FaultKind::ComponentInactive => {
            fault.requester = Some(if random.percent(50) { Requester::Maintenance } else { Requester::HealthAPI });
        }
        FaultKind::HostFault if front && back => {
            let parts = [None, Some(DatabasePart::FrontEnd), Some(DatabasePart::BackEnd)];
            fault.part = random.pick(&parts).copied().flatten();
        }
        FaultKind::HighLatency => match random.below(4) {
            0 => fault.cleared_by = Some(Cure::Restart),
            1 => fault.cleared_by = Some(Cure::Reboot),
            _ => {
                fault.relapses_after =
                    Some(random.length(Range { least: ModelDuration::minutes(6), most: ModelDuration::minutes(9) }))
            }
        },
        _ => {}
    }
}
