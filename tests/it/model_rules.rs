//! Rules R1 to R9 of the modelled Exchange, each tested by its answers to requests.

use crate::support::exchange::Driver;
use rectify::simulation::exchange::{Accepts, Effect};
use serde_json::json;

const PROXY: &str = r"IMAP.Proxy\ImapProxyTestProbe";
const CTP: &str = r"IMAP\ImapCTPProbe";
const DEEP: &str = r"IMAP.Protocol\ImapDeepTestProbe";
const SELF_TEST: &str = r"IMAP.Protocol\ImapSelfTestProbe";

const FRONT: &str = "MSExchangeImap4";
const BACK: &str = "MSExchangeIMAP4BE";

#[test]
fn on_a_good_day_everything_passes() {
    let mut site = Driver::new("", 1);
    for server in ["cas1", "cas2", "mr1", "mr2"] {
        assert_eq!((site.probe(CTP, server), site.probe(PROXY, server)), ("Succeeded".into(), "Succeeded".into()));
    }
    for server in ["mbx1", "mbx2", "mr1", "mr2", "mbx9"] {
        assert_eq!((site.probe(DEEP, server), site.probe(SELF_TEST, server)), ("Succeeded".into(), "Succeeded".into()));
    }
    assert!(site.model.ledger().is_empty(), "{:?}", site.model.ledger());
}

#[test]
fn r1_a_restart_clears_what_is_of_the_service_alone() {
    let mut site = Driver::with(&["{kind: service_hang, server: cas1}", "{kind: host_fault, server: mbx1}"], 2);
    assert_eq!(site.probe(PROXY, "cas1"), "TimedOut");
    assert!(site.restart("cas1.contoso.com", "msexchangeimap4").ok);
    assert_eq!(site.probe(PROXY, "cas1"), "Succeeded");
    assert_eq!(site.probe(SELF_TEST, "mbx1"), "TimedOut");
    site.restart("mbx1", BACK);
    assert_eq!(site.probe(SELF_TEST, "mbx1"), "TimedOut");
}

#[test]
fn r1_a_reboot_clears_what_is_of_the_host_as_well_and_a_drain_clears_nothing() {
    let faults = ["{kind: host_fault, server: mbx1}", "{kind: service_hang, server: mbx1}"];
    let mut site = Driver::with(&faults, 3);
    site.block("mbx1", true);
    site.wait(5);
    assert_eq!(site.active("mbx1"), Vec::<String>::new());
    assert_eq!(site.probe(SELF_TEST, "mbx1"), "TimedOut");
    site.reboot_and_wait("mbx1");
    assert_eq!(site.probe(SELF_TEST, "mbx1"), "Succeeded");
}

#[test]
fn r1_what_nothing_clears_stays() {
    let mut site = Driver::with(&["{kind: host_fault, server: mbx1, cleared_by: nothing}"], 4);
    site.restart("mbx1", BACK);
    site.reboot_and_wait("mbx1");
    assert_eq!(site.probe(SELF_TEST, "mbx1"), "TimedOut");
}

#[test]
fn r2_each_probe_sees_its_own_part() {
    // Fault; results of CTP and ProxyTest on cas1, and of DeepTest and SelfTest on mbx1.
    let cases = [
        ("{kind: service_hang, server: cas1}", ["TimedOut", "TimedOut", "Succeeded", "Succeeded"]),
        ("{kind: service_stopped, server: cas1}", ["Failed", "Failed", "Succeeded", "Succeeded"]),
        ("{kind: expired_certificate, server: cas1}", ["Failed", "Failed", "Succeeded", "Succeeded"]),
        ("{kind: directory_down}", ["Failed", "Succeeded", "Failed", "Succeeded"]),
        ("{kind: wrong_password, database: db1}", ["Failed", "Succeeded", "Failed", "Succeeded"]),
        ("{kind: database_dismounted, database: db1}", ["Failed", "Succeeded", "Failed", "Succeeded"]),
        ("{kind: store_slow, server: mbx1}", ["TimedOut", "Succeeded", "TimedOut", "Succeeded"]),
        ("{kind: service_hang, server: mbx1}", ["Failed", "Succeeded", "TimedOut", "TimedOut"]),
        ("{kind: host_fault, server: mbx1}", ["Failed", "Succeeded", "TimedOut", "TimedOut"]),
        ("{kind: proxy_path, server: cas1}", ["Failed", "Succeeded", "Succeeded", "Succeeded"]),
        ("{kind: service_hang, server: mbx2}", ["Succeeded", "Succeeded", "Succeeded", "Succeeded"]),
    ];
    for (fault, expected) in cases {
        let mut site = Driver::with(&[fault], 5);
        let seen = [
            site.probe(CTP, "cas1"),
            site.probe(PROXY, "cas1"),
            site.probe(DEEP, "mbx1"),
            site.probe(SELF_TEST, "mbx1"),
        ];
        assert_eq!(seen, expected, "{fault}");
    }
}

#[test]
fn r2_a_drained_server_is_not_logged_in_to() {
    let mut site = Driver::with(&["{kind: wrong_password, database: db1}"], 6);
    assert_eq!(site.probe(DEEP, "mbx1"), "Failed");
    site.block("mbx1", true);
    site.wait(3);
    let select = ["ResultType", "StateAttribute12"];
    let result = site.probe_result(DEEP, "mbx1", &select);
    assert_eq!(result[0]["ResultType"], "Succeeded", "the database is elsewhere, which counts as a success");
    assert!(result[0]["StateAttribute12"].as_str().unwrap().contains("WrongServerException"));
    assert_eq!(site.probe(DEEP, "mbx2"), "Failed", "the fault went with the database");
}

#[test]
fn r4_logging_counts_from_the_next_start_on() {
    let mut site = Driver::new("", 7);
    let set = site.logging("cas1", true);
    assert!(set.ok && set.warnings.len() == 1, "{set:?}");
    site.probe(CTP, "cas1");
    assert_eq!(site.log("cas1"), Vec::<String>::new());
    site.restart("cas1", FRONT);
    site.probe(CTP, "cas1");
    let lines = site.log("cas1");
    assert!(lines.iter().any(|line| line.starts_with("#Fields: dateTime,sessionId")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains(r#""R=OK;Msg=""Proxy:mbx1.contoso.com:1993:SSL;ProxySuccess""""#)));
    site.logging("cas1", false);
    let before = site.log("cas1").len();
    site.probe(CTP, "cas1");
    assert!(site.log("cas1").len() > before, "it is unset, and still loaded");
    site.restart("cas1", FRONT);
    let before = site.log("cas1").len();
    site.probe(CTP, "cas1");
    site.wait(10);
    assert_eq!(site.log("cas1").len(), before);
}

#[test]
fn r6_a_server_that_is_down_is_a_warning_and_no_object() {
    let mut site = Driver::with(&["{kind: reboot_never_returns, server: mbx1}"], 8);
    site.block("mbx1", true);
    site.wait(5);
    assert!(site.reboot("mbx1").ok);
    site.wait(30);
    for (cmdlet, parameters) in [
        ("Get-ServerHealth", json!({"Identity": "mbx1"})),
        ("Invoke-MonitoringProbe", json!({"Identity": SELF_TEST, "Server": "mbx1"})),
    ] {
        let answer = site.exchange(cmdlet, parameters, &["Server"]);
        assert!(answer.ok && answer.data.is_empty() && answer.warnings.len() == 1, "{cmdlet}: {answer:?}");
    }
    let settings = site.exchange("Get-ImapSettings", json!({"Server": "mbx1"}), &["ProtocolLogEnabled"]);
    assert_eq!(settings.data[0]["ProtocolLogEnabled"], json!(false));
    let copies = site.exchange("Get-MailboxDatabaseCopyStatus", json!({"Server": "mbx1"}), &["Status"]);
    assert_eq!(copies.data.len(), 2);
    assert!(copies.data.iter().all(|copy| copy["Status"] == "ServiceDown"), "{copies:?}");
    let service = site.on("mbx1", "Get-Service", json!({"Name": BACK}), &["Status"]);
    assert_eq!(service.errors[0].stage, rectify::transport::powershell::ErrorStage::Connect);
    assert_eq!(site.model.accepts(site.now, "mbx1.contoso.com", 1993), Accepts::Silent);
}

#[test]
fn r6_a_host_that_has_booted_is_not_yet_ready() {
    let mut site = Driver::new("", 9);
    let before = site.on("cas1", "Get-CimInstance", json!({"ClassName": "Win32_OperatingSystem"}), &["LastBootUpTime"]);
    assert!(site.reboot("cas1").ok);
    let mut silent_while_up = 0;
    for _ in 0..120 {
        site.wait_seconds(10);
        let up = site.model.accepts(site.now, "cas1.contoso.com", 5985) == Accepts::Accepted;
        if up && site.alert("cas1", "ImapProxyTestMonitor") == "nothing" {
            silent_while_up += 1;
        }
    }
    assert!(silent_while_up >= 5, "{silent_while_up}");
    assert_eq!(site.probe(CTP, "cas1"), "Succeeded");
    let after = site.on("cas1", "Get-CimInstance", json!({"ClassName": "Win32_OperatingSystem"}), &["LastBootUpTime"]);
    assert!(after.data[0]["LastBootUpTime"].as_str() > before.data[0]["LastBootUpTime"].as_str());
}

#[test]
fn r9_databases_that_cannot_leave_stay() {
    let cases = [
        ("{kind: copy_queue, database: db1}", "mbx1", "db1"),
        ("{kind: no_healthy_copy, database: db1}", "mbx1", "db1"),
        ("{kind: move_blocked, server: mbx2}", "mbx1", "db1"),
        // A standalone server is no fault.
        ("{kind: directory_down, until: 0s}", "mbx9", "db9"),
    ];
    for (fault, server, database) in cases {
        let mut site = Driver::with(&[fault], 10);
        assert!(site.block(server, true).ok);
        site.wait(30);
        assert_eq!(site.active(server), [database], "{fault}");
    }
}

#[test]
fn a_database_leaves_within_minutes_and_comes_back_when_it_is_moved() {
    let mut site = Driver::new("", 11);
    site.block("mbx1", true);
    site.wait(2);
    assert_eq!(site.active("mbx2"), ["db1", "db2"]);
    let back = json!({"Identity": "db1", "ActivateOnServer": "mbx1", "Confirm": false});
    let refused = site.exchange("Move-ActiveMailboxDatabase", back.clone(), &[]);
    assert!(!refused.ok && refused.errors[0].message.contains("activation is disabled"), "{refused:?}");
    site.block("mbx1", false);
    site.wait(10);
    assert_eq!(site.active("mbx1"), Vec::<String>::new(), "lifting the block moves nothing back");
    assert!(site.exchange("Move-ActiveMailboxDatabase", back, &[]).ok);
    assert_eq!(site.active("mbx1"), ["db1"]);
}

#[test]
fn r9_a_service_that_is_disabled_does_not_start() {
    let mut site = Driver::with(&["{kind: service_disabled, server: cas1}"], 12);
    assert_eq!(site.service("cas1", FRONT), ("Stopped".into(), "Disabled".into()));
    let answer = site.restart("cas1", FRONT);
    assert!(!answer.ok && answer.errors[0].id.starts_with("CouldNotStartService"), "{answer:?}");
    assert_eq!(site.model.accepts(site.now, "cas1.contoso.com", 993), Accepts::Refused);
}

#[test]
fn r9_a_service_that_is_manual_starts_and_is_not_watched_after_a_reboot() {
    let mut site = Driver::with(&["{kind: service_stopped, server: cas1}"], 13);
    assert_eq!(site.service("cas1", FRONT), ("Stopped".into(), "Manual".into()));
    assert!(site.restart("cas1", FRONT).ok);
    assert_eq!(site.probe(PROXY, "cas1"), "Succeeded");
    site.reboot_and_wait("cas1");
    assert_eq!(site.probe(PROXY, "cas1"), "nothing");
    assert_eq!(site.alert("cas1", "ImapProxyTestMonitor"), "nothing");
}

#[test]
fn r9_a_component_held_by_maintenance_stops_the_service_again_and_again() {
    let mut site = Driver::with(&["{kind: component_inactive, server: cas1}"], 14);
    site.restart("cas1", FRONT);
    site.wait(1);
    assert_eq!(site.service("cas1", FRONT).0, "Stopped");
    let state = site.exchange(
        "Get-ServerComponentState",
        json!({"Identity": "cas1", "Component": "imapproxy"}),
        &["Component", "State", "LocalStates"],
    );
    assert_eq!((&state.data[0]["Component"], &state.data[0]["State"]), (&json!("ImapProxy"), &json!("Inactive")));
    assert!(state.data[0]["LocalStates"][0].as_str().unwrap().starts_with("Maintenance|Inactive|2026-01-15T02:30:00Z"));
    let release = |requester: &str| json!({"Identity": "cas1", "Component": "ImapProxy", "State": "Active", "Requester": requester});
    site.exchange("Set-ServerComponentState", release("HealthAPI"), &[]);
    site.restart("cas1", FRONT);
    site.wait(1);
    assert_eq!(site.service("cas1", FRONT).0, "Stopped", "another requester cannot let go for it");
    site.exchange("Set-ServerComponentState", release("Maintenance"), &[]);
    site.wait(1);
    assert_eq!(site.service("cas1", FRONT).0, "Stopped", "it needs a start by hand");
    site.restart("cas1", FRONT);
    site.wait(1);
    assert_eq!(site.probe(PROXY, "cas1"), "Succeeded");
}

#[test]
fn r9_a_component_held_by_health_api_stops_nothing_unless_it_is_assumed() {
    let fault = "faults: [{kind: component_inactive, server: cas1, requester: HealthAPI}]";
    let mut site = Driver::new(fault, 15);
    assert_eq!(site.service("cas1", FRONT).0, "Running");
    let assumed = format!("{fault}\nassumptions: {{components: {{health_api_stops_service: true}}}}");
    let mut site = Driver::new(&assumed, 15);
    assert_eq!(site.service("cas1", FRONT).0, "Stopped");
}

#[test]
fn r9_a_health_manager_that_is_not_ready_gives_no_object() {
    let mut site = Driver::with(&["{kind: health_manager_not_ready, server: cas1}"], 16);
    assert_eq!((site.probe(CTP, "cas1"), site.alert("cas1", "ImapCTPMonitor")), ("nothing".into(), "nothing".into()));
    site.restart("cas1", "MSExchangeHM");
    site.wait(6);
    assert_eq!(site.probe(CTP, "cas1"), "Succeeded");
}

#[test]
fn r9_a_stuck_health_manager_gives_old_answers() {
    let mut site = Driver::with(&["{kind: health_manager_stuck, server: cas1, after: 5m}"], 16);
    let stale = |site: &mut Driver| {
        let answer = site.exchange("Get-ServerHealth", json!({"Identity": "cas1"}), &["IsStale", "AlertValue"]).data;
        let stale = answer.iter().filter(|monitor| monitor["IsStale"] == json!(true)).count();
        assert!(answer.iter().all(|monitor| monitor["AlertValue"] == "Healthy"));
        (stale, answer.len())
    };
    assert_eq!(stale(&mut site), (0, 5));
    site.wait(15);
    assert_eq!((stale(&mut site), site.probe(CTP, "cas1")), ((5, 5), "nothing".into()));
    site.restart("cas1", "MSExchangeHM");
    site.wait(6);
    assert_eq!((stale(&mut site), site.probe(CTP, "cas1")).1, "Succeeded");
}

#[test]
fn r9_a_latency_that_relapses_is_low_at_ten_minutes_and_high_at_twenty() {
    const LATENCY: &str = "AverageCommandProcessingTimeGt60sMonitor";
    for seed in 0..50 {
        let mut site = Driver::with(&["{kind: high_latency, server: cas1, relapses_after: 8m}"], seed);
        assert_eq!(site.alert("cas1", LATENCY), "Unhealthy");
        site.restart("cas1", FRONT);
        let restarted = site.now;
        site.wait(10);
        assert_eq!(site.alert("cas1", LATENCY), "Healthy", "seed {seed}");
        site.now = restarted;
        site.wait(20);
        assert_eq!(site.alert("cas1", LATENCY), "Unhealthy", "seed {seed}");
        site.reboot_and_wait("cas1");
        site.wait(10);
        assert_eq!(site.alert("cas1", LATENCY), "Healthy", "seed {seed}");
    }
}

#[test]
fn r9_faults_begin_and_heal_when_they_say() {
    let mut site = Driver::with(&["{kind: service_hang, server: cas1, after: 10m, until: 20m}"], 17);
    assert_eq!(site.probe(PROXY, "cas1"), "Succeeded");
    site.wait(12);
    assert_eq!(site.probe(PROXY, "cas1"), "TimedOut");
    site.wait(10);
    assert_eq!(site.probe(PROXY, "cas1"), "Succeeded");
    let effects: Vec<_> = site.model.ledger().iter().map(|applied| applied.what.clone()).collect();
    assert_eq!(effects, [Effect::FaultBegan("service_hang"), Effect::FaultEnded("service_hang")]);
}

#[test]
fn a_lost_server_loses_its_databases_to_another_that_can_take_them() {
    let mut site = Driver::new("", 18);
    assert!(site.reboot("mbx1").ok);
    site.wait(2);
    assert_eq!(site.active("mbx2"), ["db1", "db2"]);
    assert_eq!(site.probe(CTP, "cas1"), "Succeeded");
}

#[test]
fn the_effect_of_a_request_does_not_need_anybody_who_waits() {
    let mut site = Driver::with(&["{kind: service_hang, server: cas1}"], 19);
    let request = crate::support::exchange::on("cas1", "Restart-Service", json!({"Name": FRONT, "Force": true}), &[]);
    site.model.begin(site.now, &request);
    site.wait(1);
    assert_eq!(site.probe(PROXY, "cas1"), "Succeeded");
}

#[test]
fn an_overtaken_request_does_nothing() {
    let mut site = Driver::new("", 20);
    let restart = crate::support::exchange::on("cas1", "Restart-Service", json!({"Name": FRONT, "Force": true}), &[]);
    site.model.begin(site.now, &restart);
    let stop = crate::support::exchange::on("cas1", "Stop-Service", json!({"Name": FRONT, "Force": true}), &[]);
    site.model.begin(site.now, &stop);
    site.wait(1);
    assert_eq!(site.service("cas1", FRONT).0, "Stopped");
}

#[test]
fn a_move_whose_target_is_lost_on_the_way_says_so() {
    let mut site = Driver::new("assumptions: {times: {database_move: 60s, shutdown: 5s}}", 21);
    let parameters = json!({"Identity": "db1", "ActivateOnServer": "mbx2", "Confirm": false});
    let request = crate::support::exchange::exchange("Move-ActiveMailboxDatabase", parameters, &[]);
    let (ready, ticket) = site.model.begin(site.now, &request);
    site.reboot("mbx2");
    assert!(!site.model.finish(ready, ticket).ok);
    site.now = ready;
    assert!(site.active("mbx1").contains(&"db1".to_owned()));
}

#[test]
fn a_component_is_active_when_nobody_holds_it_any_more() {
    let mut site = Driver::with(&["{kind: component_inactive, server: cas1}"], 22);
    let say = |site: &mut Driver, state: &str, requester: &str| {
        let parameters = json!({"Identity": "cas1", "Component": "ImapProxy", "State": state, "Requester": requester});
        site.exchange("Set-ServerComponentState", parameters, &[]);
        let parameters = json!({"Identity": "cas1", "Component": "ImapProxy"});
        let state = site.exchange("Get-ServerComponentState", parameters, &["State"]);
        state.data[0]["State"].as_str().unwrap().to_owned()
    };
    assert_eq!(say(&mut site, "Inactive", "HealthAPI"), "Inactive");
    assert_eq!(say(&mut site, "Active", "HealthAPI"), "Inactive", "Maintenance holds it still");
    assert_eq!(say(&mut site, "Active", "Maintenance"), "Active");
    assert_eq!(say(&mut site, "Draining", "Sidelined"), "Draining");
}
