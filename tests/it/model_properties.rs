//! Invariants of the modelled Exchange: it never panics, its answers are well formed, and the same seed and requests
//! give the same run.

use crate::support::exchange::{Driver, exchange, hosts, on, request, settings, start};
use proptest::prelude::*;
use rectify::simulation::exchange::{Account, Assumptions, FaultKind, Model, Settings, random_faults};
use rectify::source::{FileId, Span};
use rectify::transport::powershell::{Filter, Request, SCHEMA, Target};
use rectify::value::SignedDuration;
use rectify::yaml;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Instant;

const SERVERS: [&str; 9] = ["cas1", "cas2", "mbx1", "MBX2.contoso.com", "mr1", "mr2", "mbx9", "nowhere", ""];

/// Valid, invalid and unusual requests.
fn any_request(pick: u32, server: usize, flag: bool, text: &str) -> Request {
    let server = SERVERS[server % SERVERS.len()];
    let services = ["MSExchangeImap4", "MSExchangeIMAP4BE", "MSExchangeHM", "MSExchangeIS", "W3SVC", text];
    let service = services[pick as usize % services.len()];
    let select = ["Name", "ResultType", "Status", text];
    let probes = [r"IMAP\ImapCTPProbe", r"IMAP.Protocol\ImapDeepTestProbe", r"IMAP.Proxy\ImapProxyTestProbe", text];
    let states = ["Active", "Inactive", "Draining", text];
    let mut request = match pick % 17 {
        0 => exchange("Get-ServerHealth", json!({"Identity": server}), &select),
        1 => exchange(
            "Invoke-MonitoringProbe",
            json!({"Identity": probes[(pick / 17) as usize % 4], "Server": server}),
            &select,
        ),
        2 => exchange("Get-MonitoringItemIdentity", json!({"Identity": "IMAP", "Server": server}), &select),
        3 => exchange("Get-MailboxDatabaseCopyStatus", json!({"Server": server}), &select),
        4 => exchange("Get-ImapSettings", json!({"Server": server}), &select),
        5 => exchange("Set-ImapSettings", json!({"Server": server, "ProtocolLogEnabled": flag}), &[]),
        6 => exchange("Get-MailboxServer", json!({"Identity": server}), &select),
        7 | 8 => exchange(
            "Set-MailboxServer",
            json!({"Identity": server, "DatabaseCopyActivationDisabledAndMoveNow": flag}),
            &[],
        ),
        9 => exchange("Get-ServerComponentState", json!({"Identity": server, "Component": text}), &select),
        10 => exchange(
            "Set-ServerComponentState",
            json!({"Identity": server, "Component": "ImapProxy", "State": states[(pick / 17) as usize % 4],
                   "Requester": if flag { "Maintenance" } else { "HealthAPI" }}),
            &[],
        ),
        11 => exchange(
            "Move-ActiveMailboxDatabase",
            json!({"Identity": "db1", "ActivateOnServer": server, "Confirm": !flag}),
            &[],
        ),
        12 => on(server, "Restart-Service", json!({"Name": service, "Force": true}), &[]),
        13 => on(server, if flag { "Start-Service" } else { "Stop-Service" }, json!({"Name": service}), &[]),
        14 => on(server, "Get-Content", json!({"Path": format!("C:\\*{text}*"), "Tail": pick}), &["Line"]),
        15 => request(Target::Here, "Restart-Computer", json!({"ComputerName": server, "Force": true}), &[]),
        _ => on(server, text, json!({text: flag, "Name": text}), &select),
    };
    request.filter = flag.then(|| Filter { property: "Name".to_owned(), like: format!("*{text}") });
    request
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_request_causes_a_panic(
        seed in any::<u64>(),
        asked in prop::collection::vec((any::<u32>(), 0usize..9, any::<bool>(), r"[a-zA-Z*?\[\]`'|\\-]{0,8}", 0i64..900), 0..60),
    ) {
        let mut settings = settings("managed_availability: true");
        settings.faults = random_faults(seed, &hosts(), &settings, Some("cas1"));
        let mut model = Model::new(&settings, &hosts(), start(), seed).unwrap();
        let mut now = start();
        let mut open = Vec::new();
        for (pick, server, flag, text, seconds) in asked {
            let request = any_request(pick, server, flag, &text);
            let (ready, ticket) = model.begin(now, &request);
            prop_assert!(ready >= now && ready - now < SignedDuration::from_mins(10));
            // Wait for some, abandon some, and collect some too early.
            match pick % 3 {
                0 => {
                    now = ready;
                    let answer = model.finish(now, ticket);
                    prop_assert_eq!(answer.schema, SCHEMA);
                    prop_assert_eq!(answer.ok, answer.errors.is_empty());
                    for object in &answer.data {
                        let names: Vec<_> = object.keys().collect();
                        let distinct: BTreeSet<_> = request.select.iter().collect();
                        prop_assert_eq!(names.len(), distinct.len());
                    }
                }
                1 => open.push(ticket),
                _ => drop(model.finish(now, ticket)),
            }
            now += SignedDuration::from_secs(seconds);
        }
        for ticket in open {
            model.finish(now, ticket);
        }
        model.advance(start());
        let account = Account { resolved: true, alerts: vec![("IMAP".into(), "cas1".into())], ..Account::default() };
        model.violations(&account);
        let ledger = model.ledger();
        prop_assert!(ledger.windows(2).all(|pair| pair[0].at <= pair[1].at));
    }
}

/// A fixed run with everything that a procedure can do.
fn run_of(seed: u64) -> (String, Vec<String>) {
    let mut site = Driver::new(
        "managed_availability: true\nfaults:\n  - {kind: host_fault, server: mbx1}\n\
           \n  - {kind: service_hang, server: cas2, after: 7m}\n",
        seed,
    );
    let mut answers = Vec::new();
    for pick in 0..17 {
        for server in 0..9 {
            let request = any_request(pick * 5, server, pick % 2 == 0, "x");
            answers.push(format!("{:?} {:?}", site.send(&request), site.now));
        }
    }
    (format!("{:?}", site.model.ledger()), answers)
}

#[test]
fn a_seed_determines_the_run() {
    assert_eq!(run_of(5), run_of(5));
    assert_ne!(run_of(5).0, run_of(6).0);
}

#[test]
fn random_faults_are_of_every_kind_and_always_fit() {
    let (hosts, site) = (hosts(), settings(""));
    let (mut kinds, mut counts, mut own, mut later, mut healing) = (BTreeSet::<FaultKind>::new(), [0; 7], 0, 0, 0);
    for seed in 0..1000 {
        let faults = random_faults(seed, &hosts, &site, Some("mbx1.contoso.com"));
        assert_eq!(faults, random_faults(seed, &hosts, &site, Some("mbx1.contoso.com")));
        counts[faults.len()] += 1;
        for fault in &faults {
            kinds.insert(fault.kind);
            own += u32::from(
                fault.server.as_deref() == Some("mbx1") || matches!(fault.database.as_deref(), Some("db1" | "db2")),
            );
            later += u32::from(fault.after != Default::default());
            healing += u32::from(fault.until.is_some());
        }
        let mut world = site.clone();
        world.faults = faults;
        if let Err(wrong) = Model::new(&world, &hosts, start(), seed) {
            panic!("seed {seed}: {wrong:?}");
        }
    }
    assert_eq!(kinds.len(), FaultKind::ALL.len(), "{kinds:?}");
    assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
    let all: u32 = (0..7).map(|count| count * counts[count as usize]).sum();
    assert!((all * 2 / 5..all * 7 / 10).contains(&own), "{own} of {all}");
    assert!(later > all / 5 && healing > all / 5, "{later} and {healing} of {all}");
}

#[test]
fn an_invalid_setting_is_reported_with_a_suggestion() {
    let cases = [
        ("faults: [{kind: service_hang, server: mbx11}]", "Did you mean `mbx1`?"),
        ("faults: [{kind: service_hang, server: cas1, service: MSExchangeImap}]", "Did you mean `MSExchangeImap4`?"),
        ("faults: [{kind: service_hang}]", "Fault 1 (service_hang): `server` is missing"),
        ("faults: [{kind: wrong_password, database: db11}]", "Did you mean `db1`?"),
        ("faults: [{kind: wrong_password, server: cas1, database: db1}]", "this kind of fault has no `server`"),
        (
            "faults: [{kind: host_fault, server: cas1, relapses_after: 1m}]",
            "this kind of fault has no `relapses_after`",
        ),
        ("faults: [{kind: expired_certificate, server: cas1, cleared_by: reboot}]", "a reboot does not clear it"),
        ("faults: [{kind: service_hang, server: cas1, after: 5m, until: 4m}]", "`until` is before `after`"),
        ("servers: {cas3: {}}", "unknown Exchange server `cas3`"),
        ("servers: {cas1: {services: {MSExchangeHN: {}}}}", "Did you mean `MSExchangeHM`?"),
        ("servers: {cas1: {components: {ImapProxi: {}}}}", "Did you mean `ImapProxy`?"),
        ("servers: {cas1: {customer_touch_point: [db0]}}", "unknown database `db0`"),
        ("databases: {db1: {active: mbx9}}", "active on a server that has no copy of it"),
        ("databases: {dbx: {copies: {cas1: {preference: 1}}}}", "does not have the role mailbox"),
    ];
    for (section, expected) in cases {
        let wrong = Model::new(&settings(section), &hosts(), start(), 1).unwrap_err();
        assert!(wrong.iter().any(|sentence| sentence.contains(expected)), "{section}: {wrong:?}");
    }
}

#[test]
fn lengths_are_read_strictly() {
    let read = |text: &str| serde_yaml::from_str::<rectify::simulation::exchange::Range>(text);
    for text in ["90s", "1h30m", "[5s, 30s]", "[0s, 0s]", "250ms"] {
        assert!(read(text).is_ok(), "{text}");
    }
    for text in
        ["90", "s", "1 h", "-5s", "[30s, 5s]", "[5s]", "[1s, 2s, 3s]", "4000d", "1y", "''", "99999999999999999999s"]
    {
        assert!(read(text).is_err(), "{text}");
    }
}

/// The simulator's documentation, and its YAML blocks.
fn page() -> (String, Vec<String>) {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/simulator.md")).unwrap();
    let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect();
    (page, blocks)
}

#[test]
fn the_page_shows_every_assumption_with_its_default() {
    let (_, blocks) = page();
    let block = blocks.iter().find(|block| block.starts_with("times:")).expect("the block of assumptions");
    let written: Assumptions = serde_yaml::from_str(block).unwrap();
    assert_eq!(written, Assumptions::default());
    for line in format!("{written:#?}").lines() {
        let Some((name, _)) = line.trim().split_once(": ") else { continue };
        let inner = ["least", "most"].contains(&name);
        assert!(inner || block.contains(&format!("{name}:")), "docs/simulator.md does not show `{name}`");
    }
}

/// Reads a section as in a world file: scalars are text at first, and errors have a location.
fn read(text: &str) -> Result<Settings, String> {
    let mut reader = yaml::Reader::new();
    let node = yaml::parse(FileId(0), text, &mut reader.diagnostics).unwrap();
    let settings = reader.decode(Span::new(FileId(0), 0, 0), &node);
    settings.ok_or_else(|| {
        let found = &reader.diagnostics[0];
        format!("{}: {}", &text[found.span().start as usize..found.span().end as usize], found.message)
    })
}

#[test]
fn a_section_is_read_as_the_rest_of_a_world_file_is() {
    let (_, blocks) = page();
    let indented: String = blocks[1].lines().map(|line| format!("  {line}\n")).collect();
    let text = format!(
        "servers:\n  cas1:\n    components: {{ImapProxy: {{Maintenance: Draining}}}}\n    services: {{MSExchangePop3: \
         {{status: Running, start_type: Automatic}}}}\n    protocol_log_enabled: true\nmanaged_availability: true\n\
         databases:\n  db1: {{copies: {{mbx1: {{preference: 1, copy_queue: 7}}}}}}\n\
         faults:\n  - {{kind: copy_queue, database: db1, length: 12, after: 1h30m}}\nassumptions:\n{indented}"
    );
    let settings = read(&text).unwrap();
    assert_eq!(settings.assumptions, Assumptions::default());
    assert_eq!((settings.managed_availability, settings.faults[0].length), (true, Some(12)));
    let mut site = Driver { model: Model::new(&settings, &hosts(), start(), 1).unwrap(), now: start() };
    assert_eq!(site.service("cas1", "MSExchangePop3"), ("Running".into(), "Automatic".into()));
    let parameters = json!({"Identity": "cas1", "Component": "ImapProxy"});
    let state = site.exchange("Get-ServerComponentState", parameters, &["State"]);
    assert_eq!(state.data[0]["State"], "Draining");
    for (text, place) in [
        ("faults: [{kind: host_fualt, server: mbx1}]", "host_fualt"),
        ("faults: [{kind: host_fault, server: mbx1, after: 5 minutes}]", "5 minutes"),
        ("assumptions: {times: {reboot: [5m, 1m]}}", "[5m, 1m]"),
        ("assumptions: {times: {rebot: 1m}}", "rebot"),
        ("servers: {cas1: {services: {MSExchangeImap4: {status: Paused}}}}", "Paused"),
    ] {
        let wrong = read(text).unwrap_err();
        assert!(wrong.starts_with(&format!("{place}: ")), "{wrong}");
    }
}

#[test]
fn the_page_shows_every_fault() {
    let (page, blocks) = page();
    for kind in FaultKind::ALL {
        assert!(
            page.contains(&format!("| `{}` |", kind.as_str())),
            "docs/simulator.md does not show {}",
            kind.as_str()
        );
    }
    let world: serde_yaml::Value = serde_yaml::from_str(&blocks[0]).unwrap();
    let settings: Settings = serde_yaml::from_value(world["exchange"].clone()).unwrap();
    assert!(Model::new(&settings, &hosts(), start(), 1).is_ok());
}

#[test]
fn a_day_of_the_whole_site_with_managed_availability_takes_no_time() {
    let section = "managed_availability: true\nfaults: [{kind: host_fault, server: mbx1}]";
    let settings = settings(section);
    let mut best = f64::MAX;
    for seed in 0..5 {
        let mut model = Model::new(&settings, &hosts(), start(), seed).unwrap();
        let began = Instant::now();
        model.advance(start() + SignedDuration::from_hours(24));
        best = best.min(began.elapsed().as_secs_f64());
    }
    println!("24 hours of the whole site: {:.1} ms", best * 1000.0);
    // An upper bound for unoptimised builds on a busy machine; docs/simulator.md has measured times.
    assert!(best < 2.0, "{best} s");
}
