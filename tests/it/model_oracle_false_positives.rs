//! No false positives: careful procedures under random faults and with Managed Availability have no violation. They
//! reimplement the published procedures as plain requests, so that the oracle is tested without the engine.

use crate::support::exchange::{Driver, hosts, section, settings, start};
use rectify::simulation::exchange::{Account, Model, Violation, random_faults};
use rectify::value::Timestamp;
use serde_json::json;

const PROXY: &str = r"IMAP.Proxy\ImapProxyTestProbe";
const CTP: &str = r"IMAP\ImapCTPProbe";
const DEEP: &str = r"IMAP.Protocol\ImapDeepTestProbe";
const LATENCY: &str = "AverageCommandProcessingTimeGt60sMonitor";
const FRONT: &str = "MSExchangeImap4";
const BACK: &str = "MSExchangeIMAP4BE";

/// How a run ends.
enum End {
    Resolved,
    Escalated,
}

/// A run and its account for the oracle.
struct Run {
    site: Driver,
    account: Account,
}

impl Run {
    fn restart(&mut self, server: &str, service: &str) {
        if self.site.restart(server, service).errors.iter().all(|error| error.id.starts_with("CouldNot")) {
            self.account.disruptions.push(format!("service.restart(name: \"{service}\", on: {server})"));
        }
    }

    /// Polls the goal for some minutes; returns whether it passed.
    fn passes(&mut self, goal: (&str, &str), minutes: i64) -> bool {
        let until = self.later(minutes);
        loop {
            let well = match goal.0 {
                LATENCY => self.site.alert(goal.1, LATENCY) == "Healthy",
                probe => self.site.probe(probe, goal.1) == "Succeeded",
            };
            if well || self.site.now >= until {
                return well;
            }
            self.site.wait_seconds(30);
        }
    }

    fn later(&self, minutes: i64) -> Timestamp {
        self.site.now + rectify::value::SignedDuration::from_mins(minutes)
    }

    /// Reboots a server, after draining it if it holds databases. Returns false if it must not reboot or does not come
    /// back.
    fn reboot(&mut self, server: &str, holds: bool) -> bool {
        if holds {
            self.site.block(server, true);
            let until = self.later(20);
            while !self.site.active(server).is_empty() {
                if self.site.now >= until {
                    self.account.left_in_place.push(format!("exchange.activation_blocked(server: {server})"));
                    return false;
                }
                self.site.wait_seconds(30);
            }
        }
        if self.site.reboot(server).ok {
            self.account.disruptions.push(format!("host.reboot(host: {server})"));
        }
        let until = self.later(30);
        self.site.wait(4);
        while self.site.alert(server, "*") == "nothing" && self.site.now < until {
            self.site.wait_seconds(30);
        }
        if holds {
            self.site.block(server, false);
        }
        self.site.now < until
    }

    fn move_back(&mut self, server: &str) {
        for database in ["db1", "db2", "db3", "db4"] {
            let parameters = json!({"Identity": database, "ActivateOnServer": server, "Confirm": false});
            self.site.exchange("Move-ActiveMailboxDatabase", parameters, &[]);
        }
    }

    /// Restarts the service; then drains and reboots the server; then checks again with the databases back.
    fn cure(&mut self, goal: (&str, &str), service: &str, holds: bool) -> End {
        let server = goal.1;
        self.restart(server, service);
        if self.passes(goal, 5) {
            return End::Resolved;
        }
        if !self.reboot(server, holds) {
            return End::Escalated;
        }
        if holds {
            self.move_back(server);
        }
        if self.passes(goal, 15) { End::Resolved } else { End::Escalated }
    }

    fn customer_touch_point(&mut self, server: &str) -> End {
        let goal = (CTP, server);
        let result = self.site.probe_result(CTP, server, &["StateAttribute4"]);
        let back = result.first().and_then(|object| object["StateAttribute4"].as_str()).unwrap_or_default().to_owned();
        if back.is_empty() {
            return End::Escalated;
        }
        self.restart(&back, BACK);
        if self.passes(goal, 5) {
            return End::Resolved;
        }
        self.site.logging(server, true);
        self.restart(server, FRONT);
        let mut end = if self.passes(goal, 5) {
            End::Resolved
        } else if self.site.probe(DEEP, &back) == "Succeeded" {
            if self.reboot(server, false) && self.passes(goal, 15) { End::Resolved } else { End::Escalated }
        } else {
            self.cure((DEEP, &back), BACK, true)
        };
        self.site.logging(server, false);
        self.restart(server, FRONT);
        if self.site.service_or_nothing(server, FRONT) != "Running" {
            self.account.left_in_place.push(format!("exchange.protocol_logging(server: {server})"));
        }
        if !self.passes(goal, 5) {
            end = End::Escalated;
        }
        end
    }

    fn latency(&mut self, server: &str) -> End {
        self.restart(server, FRONT);
        self.site.wait(10);
        if self.passes((LATENCY, server), 0) {
            self.site.wait(10);
            if self.passes((LATENCY, server), 0) {
                return End::Resolved;
            }
        }
        if !self.reboot(server, false) {
            return End::Escalated;
        }
        self.site.wait(10);
        if self.passes((LATENCY, server), 0) { End::Resolved } else { End::Escalated }
    }
}

impl Driver {
    fn service_or_nothing(&mut self, server: &str, service: &str) -> String {
        let answer = self.on(server, "Get-Service", json!({"Name": service}), &["Status"]);
        answer.data.first().map_or("nothing", |object| object["Status"].as_str().unwrap()).to_owned()
    }
}

const ALERTS: [(&str, &str); 5] = [
    ("ImapCTPMonitor", "cas1"),
    ("ImapProxyTestMonitor", "cas1"),
    ("ImapDeepTestMonitor", "mbx1"),
    ("ImapDeepTestMonitor", "mbx9"),
    (LATENCY, "cas1"),
];

fn judged(seed: u64) -> (bool, Vec<Violation>) {
    let (monitor, server) = ALERTS[usize::try_from(seed % 5).unwrap()];
    let mut world = settings("managed_availability: true");
    world.faults = random_faults(seed, &hosts(), &world, Some(server));
    let site = Driver { model: Model::new(&world, &hosts(), start(), seed).unwrap(), now: start() };
    let account = Account { alerts: vec![(monitor.to_owned(), server.to_owned())], ..Account::default() };
    let mut run = Run { site, account };
    let goal = match monitor {
        "ImapCTPMonitor" => CTP,
        "ImapProxyTestMonitor" => PROXY,
        "ImapDeepTestMonitor" => DEEP,
        latency => latency,
    };
    let end = if run.passes((goal, server), 1) {
        End::Resolved
    } else {
        match goal {
            CTP => run.customer_touch_point(server),
            PROXY => run.cure((PROXY, server), FRONT, false),
            DEEP => run.cure((DEEP, server), BACK, true),
            _ => run.latency(server),
        }
    };
    // Whoever looks at a front end also looks whether customers can log in through it.
    let customers = server != "cas1" || !matches!(end, End::Resolved) || run.passes((CTP, server), 1);
    run.account.resolved = matches!(end, End::Resolved) && customers;
    (run.account.resolved, run.site.model.violations(&run.account))
}

#[test]
fn careful_runs_break_no_rule() {
    assert!(section("site").get("faults").is_none());
    let (mut resolved, mut reported) = (0, Vec::new());
    let seeds = std::env::var("MODEL_SEEDS").ok().and_then(|number| number.parse().ok()).unwrap_or(200);
    for seed in 0..seeds {
        let (well, violations) = judged(seed);
        resolved += u64::from(well);
        if !violations.is_empty() {
            reported.push((seed, violations));
        }
    }
    assert!(reported.is_empty(), "{} of {seeds}: {reported:#?}", reported.len());
    assert!((seeds / 3..seeds).contains(&resolved), "{resolved} of {seeds} resolved: not all worlds are alike");
}
