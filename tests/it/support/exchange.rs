//! Drives the modelled Exchange: sends requests as the backends do, and advances virtual time.

use crate::support::repository;
use rectify::backend::registry;
use rectify::inventory;
use rectify::simulation::exchange::{Account, Model, Settings, Violation};
use rectify::source::FileId;
use rectify::transport::powershell::{Envelope, Filter, Request, SCHEMA, Target};
use rectify::value::{Host, SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::PathBuf;

/// The folder of the Exchange runbooks.
pub fn folder() -> PathBuf {
    repository().join("runbooks/exchange")
}

/// The hosts of the example inventory.
pub fn hosts() -> Vec<Host> {
    let text = fs::read_to_string(folder().join("rectify.yaml")).unwrap();
    let (inventory, found) = inventory::parse(FileId(0), &text, &registry::sections());
    assert!(found.is_empty(), "{found:?}");
    inventory.hosts.into_iter().map(|entry| entry.host).collect()
}

/// The start of virtual time in these tests.
pub fn start() -> Timestamp {
    "2026-01-15T03:00:00Z".parse().unwrap()
}

/// The `exchange:` section of a world file next to the example inventory.
pub fn section(world: &str) -> serde_yaml::Value {
    let text = fs::read_to_string(folder().join("worlds").join(format!("{world}.yaml"))).unwrap();
    let world: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    world.get("exchange").unwrap().clone()
}

/// Settings of the example site, overridden by a section: maps are merged, other values replaced.
pub fn settings(section: &str) -> Settings {
    let mut site = self::section("site");
    if !section.is_empty() {
        merge(&mut site, serde_yaml::from_str(section).unwrap());
    }
    serde_yaml::from_value(site).unwrap()
}

fn merge(base: &mut serde_yaml::Value, over: serde_yaml::Value) {
    match (base, over) {
        (serde_yaml::Value::Mapping(base), serde_yaml::Value::Mapping(over)) => {
            for (key, value) in over {
                match base.get_mut(&key) {
                    Some(known) => merge(known, value),
                    None => drop(base.insert(key, value)),
                }
            }
        }
        (base, over) => *base = over,
    }
}

/// A modelled site with a clock.
pub struct Driver {
    pub model: Model,
    pub now: Timestamp,
}

impl Driver {
    /// The example site, overridden by a section.
    pub fn new(section: &str, seed: u64) -> Self {
        Self { model: Model::new(&settings(section), &hosts(), start(), seed).unwrap(), now: start() }
    }

    /// An example world.
    pub fn world(name: &str, seed: u64) -> Self {
        let mut site = section("site");
        merge(&mut site, section(name));
        let settings = serde_yaml::from_value(site).unwrap();
        Self { model: Model::new(&settings, &hosts(), start(), seed).unwrap(), now: start() }
    }

    /// The example site with these faults, each in YAML.
    pub fn with(faults: &[&str], seed: u64) -> Self {
        let list: String = faults.iter().map(|fault| format!("  - {fault}\n")).collect();
        Self::new(&format!("faults:\n{list}"), seed)
    }

    /// Advances time by minutes.
    pub fn wait(&mut self, minutes: i64) {
        self.wait_seconds(minutes * 60);
    }

    /// Advances time by seconds.
    pub fn wait_seconds(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
        self.model.advance(self.now);
    }

    /// Sends a request and waits for the answer.
    pub fn send(&mut self, request: &Request) -> Envelope {
        let (ready, ticket) = self.model.begin(self.now, request);
        assert!(ready >= self.now, "an answer from the past");
        self.now = ready;
        self.model.finish(ready, ticket)
    }

    /// Runs a cmdlet in an Exchange session.
    pub fn exchange(&mut self, cmdlet: &str, parameters: Value, select: &[&str]) -> Envelope {
        self.send(&exchange(cmdlet, parameters, select))
    }

    /// Runs a cmdlet on a computer.
    pub fn on(&mut self, computer: &str, cmdlet: &str, parameters: Value, select: &[&str]) -> Envelope {
        self.send(&on(computer, cmdlet, parameters, select))
    }

    /// The result of a probe on demand; `nothing` if there is no object.
    pub fn probe(&mut self, identity: &str, server: &str) -> String {
        let answer = self.probe_result(identity, server, &["ResultType"]);
        answer.first().map_or("nothing", |object| object["ResultType"].as_str().unwrap()).to_owned()
    }

    /// Properties of the result of a probe on demand.
    pub fn probe_result(&mut self, identity: &str, server: &str, select: &[&str]) -> Vec<Map<String, Value>> {
        self.exchange("Invoke-MonitoringProbe", json!({"Identity": identity, "Server": server}), select).data
    }

    /// The alert value of a monitor; `nothing` if there is no object.
    pub fn alert(&mut self, server: &str, monitor: &str) -> String {
        let mut request =
            exchange("Get-ServerHealth", json!({"Identity": server}), &["HealthSetName", "Name", "AlertValue"]);
        request.filter = Some(Filter { property: "Name".to_owned(), like: monitor.to_owned() });
        let answer = self.send(&request);
        let own = answer.data.iter().find(|object| object["HealthSetName"].as_str().unwrap().starts_with("IMAP"));
        own.map_or("nothing", |object| object["AlertValue"].as_str().unwrap()).to_owned()
    }

    /// Restarts a service.
    pub fn restart(&mut self, server: &str, service: &str) -> Envelope {
        self.on(server, "Restart-Service", json!({"Name": service, "Force": true}), &[])
    }

    /// Status and start type of a service.
    pub fn service(&mut self, server: &str, service: &str) -> (String, String) {
        let answer = self.on(server, "Get-Service", json!({"Name": service}), &["Status", "StartType"]);
        let text = |name: &str| answer.data[0][name].as_str().unwrap().to_owned();
        (text("Status"), text("StartType"))
    }

    /// Reboots a computer without waiting for it.
    pub fn reboot(&mut self, server: &str) -> Envelope {
        let parameters = json!({"ComputerName": server, "Force": true});
        self.send(&request(Target::Here, "Restart-Computer", parameters, &[]))
    }

    /// Reboots a computer and waits long enough for its Health Manager to be ready.
    pub fn reboot_and_wait(&mut self, server: &str) {
        assert!(self.reboot(server).ok);
        self.wait(20);
    }

    /// Blocks or allows the activation of databases on a server.
    pub fn block(&mut self, server: &str, blocked: bool) -> Envelope {
        let parameters = json!({"Identity": server, "DatabaseCopyActivationDisabledAndMoveNow": blocked});
        self.exchange("Set-MailboxServer", parameters, &[])
    }

    /// Turns protocol logging on or off.
    pub fn logging(&mut self, server: &str, enabled: bool) -> Envelope {
        self.exchange("Set-ImapSettings", json!({"Server": server, "ProtocolLogEnabled": enabled}), &[])
    }

    /// The names of the databases that are active on a server.
    pub fn active(&mut self, server: &str) -> Vec<String> {
        let select = ["DatabaseName", "ActiveCopy"];
        let answer = self.exchange("Get-MailboxDatabaseCopyStatus", json!({"Server": server}), &select);
        let active = answer.data.iter().filter(|object| object["ActiveCopy"] == json!(true));
        active.map(|object| object["DatabaseName"].as_str().unwrap().to_owned()).collect()
    }

    /// The lines of the protocol log.
    pub fn log(&mut self, server: &str) -> Vec<String> {
        let location = r"C:\Program Files\Microsoft\Exchange Server\V15\Logging\Imap4";
        let parameters = json!({"Path": format!(r"{location}\IMAP4*.LOG"), "Tail": 2000});
        let answer = self.on(server, "Get-Content", parameters, &["Line"]);
        answer.data.iter().map(|object| object["Line"].as_str().unwrap().to_owned()).collect()
    }

    /// The oracle's rules that a run's account violates.
    pub fn rules(&self, account: &Account) -> Vec<&'static str> {
        self.model.violations(account).iter().map(|violation: &Violation| violation.rule).collect()
    }
}

/// Builds a request; `parameters` is a JSON object.
pub fn request(place: Target, cmdlet: &str, parameters: Value, select: &[&str]) -> Request {
    let Value::Object(parameters) = parameters else { panic!("parameters are an object") };
    let select = select.iter().map(|name| (*name).to_owned()).collect();
    Request { schema: SCHEMA, place, cmdlet: cmdlet.to_owned(), parameters, filter: None, select }
}

/// A request to Exchange, through the sessions of the example inventory.
pub fn exchange(cmdlet: &str, parameters: Value, select: &[&str]) -> Request {
    let sessions = ["mbx2", "mr1", "mbx1"].map(|name| format!("http://{name}.contoso.com/PowerShell/")).to_vec();
    request(Target::Exchange { sessions }, cmdlet, parameters, select)
}

/// A request to a computer.
pub fn on(computer: &str, cmdlet: &str, parameters: Value, select: &[&str]) -> Request {
    request(Target::Computer { name: computer.to_owned() }, cmdlet, parameters, select)
}
