//! The oracle: a correct run has no violation, and each rule reports its own violation.

use crate::support::exchange::Driver;
use rectify::simulation::exchange::Account;
use serde_json::json;

const FRONT: &str = "MSExchangeImap4";
const BACK: &str = "MSExchangeIMAP4BE";

fn resolved(monitor: &str, server: &str, disruptions: &[&str]) -> Account {
    Account {
        resolved: true,
        alerts: vec![(monitor.to_owned(), server.to_owned())],
        disruptions: disruptions.iter().map(|text| (*text).to_owned()).collect(),
        ..Account::default()
    }
}

/// A run without an alert: whoever starts it has a reason of their own.
fn escalated(disruptions: &[&str]) -> Account {
    Account { resolved: false, alerts: Vec::new(), ..resolved("", "cas1", disruptions) }
}

fn restarted(service: &str, host: &str) -> String {
    format!("service.restart(name: \"{service}\", on: {host})")
}

#[test]
fn a_run_that_drains_reboots_and_escalates_breaks_no_rule() {
    let mut site = Driver::with(&["{kind: host_fault, server: mbx1}"], 1);
    site.restart("mbx1", BACK);
    site.block("mbx1", true);
    site.wait(5);
    site.reboot_and_wait("mbx1");
    site.block("mbx1", false);
    let account = resolved("ImapDeepTestMonitor", "mbx1", &[&restarted(BACK, "mbx1"), "host.reboot(host: mbx1)"]);
    assert_eq!(site.model.violations(&account), []);
}

#[test]
fn a_reboot_with_active_copies_is_reported() {
    let mut site = Driver::new("", 2);
    site.reboot("mbx1");
    assert_eq!(site.rules(&escalated(&["host.reboot(host: mbx1)"])), ["reboot_with_active_copies"]);
    let mut site = Driver::new("", 2);
    site.reboot("cas1");
    assert_eq!(site.rules(&escalated(&["host.reboot(host: cas1)"])), Vec::<&str>::new());
}

#[test]
fn a_dismounted_database_is_active_as_well() {
    let mut site = Driver::with(&["{kind: database_dismounted, database: db1}"], 3);
    site.reboot("mbx1");
    assert_eq!(site.rules(&escalated(&["host.reboot(host: mbx1)"])), ["reboot_with_active_copies"]);
}

#[test]
fn two_members_of_a_dag_at_once_are_reported() {
    let mut site = Driver::new("", 4);
    let told = Account {
        left_in_place: vec!["exchange.activation_blocked(server: mbx1)".into(), "activation on mbx2 is blocked".into()],
        ..escalated(&[])
    };
    site.block("mbx1", true);
    assert_eq!(site.rules(&told), Vec::<&str>::new());
    site.block("mbx2", true);
    assert_eq!(site.rules(&told), ["two_members_out"]);
    let mut site = Driver::new("", 4);
    site.block("mbx1", true);
    site.wait(5);
    site.reboot("mbx1");
    site.block("mr1", true);
    site.block("mr1", false);
    assert_eq!(site.rules(&Account { disruptions: vec!["host.reboot(host: mbx1)".into()], ..told.clone() }), [""; 0]);
    site.block("mbx2", true);
    assert_eq!(
        site.rules(&Account { disruptions: vec!["host.reboot(host: mbx1)".into()], ..told }),
        ["two_members_out"]
    );
}

#[test]
fn one_member_after_the_other_is_fine() {
    let mut site = Driver::new("", 5);
    for server in ["mbx1", "mbx2"] {
        site.block(server, true);
        site.wait(5);
        site.block(server, false);
    }
    assert_eq!(site.rules(&escalated(&[])), Vec::<&str>::new());
}

#[test]
fn a_block_that_stays_without_a_word_is_reported() {
    let mut site = Driver::new("", 6);
    site.block("mbx1", true);
    site.wait(5);
    assert_eq!(site.rules(&escalated(&[])), ["block_left"]);
    let about_another = Account { messages: vec!["Activation is still blocked on mbx10".into()], ..escalated(&[]) };
    assert_eq!(site.rules(&about_another), ["block_left"]);
    let told = Account { messages: vec!["Activation is still blocked on mbx1".into()], ..escalated(&[]) };
    assert_eq!(site.rules(&told), Vec::<&str>::new());
    let listed = "exchange.activation_blocked(server: mbx1, blocked: false)";
    let listed = Account { left_in_place: vec![listed.into()], ..escalated(&[]) };
    assert_eq!(site.rules(&listed), Vec::<&str>::new());
}

#[test]
fn a_block_that_was_there_before_is_not_the_runs() {
    let site = Driver::new("servers: {mbx1: {activation_blocked: true}}", 7);
    assert_eq!(site.rules(&escalated(&[])), Vec::<&str>::new());
    let mut site = Driver::new("servers: {mbx1: {activation_blocked: true}}", 7);
    site.block("mbx1", false);
    assert_eq!(site.rules(&escalated(&[])), ["block_left"], "lifting what others have set is a change as well");
}

#[test]
fn logging_that_stays_is_reported_as_it_is_set_and_as_it_is_loaded() {
    let mut site = Driver::new("", 8);
    site.logging("cas1", true);
    let mut calls = vec![];
    let evidence = Account { messages: vec!["ImapCTPProbe fails on cas1: z NO LOGIN failed".into()], ..escalated(&[]) };
    assert_eq!(site.rules(&evidence), ["logging_left"], "a login is not logging");
    let told = Account { messages: vec!["Protocol logging is still on, on cas1".into()], ..escalated(&[]) };
    assert_eq!(site.rules(&told), Vec::<&str>::new());
    site.restart("cas1", FRONT);
    calls.push(restarted(FRONT, "cas1"));
    site.logging("cas1", false);
    let account = |calls: &[String]| Account { disruptions: calls.to_vec(), ..escalated(&[]) };
    assert_eq!(site.rules(&account(&calls)), ["logging_left"], "the service still has it loaded");
    site.restart("cas1", FRONT);
    calls.push(restarted(FRONT, "cas1"));
    assert_eq!(site.rules(&account(&calls)), Vec::<&str>::new());
}

#[test]
fn a_hold_that_stays_is_reported() {
    let mut site = Driver::new("", 9);
    let hold =
        |state: &str| json!({"Identity": "cas1", "Component": "ImapProxy", "State": state, "Requester": "Maintenance"});
    site.exchange("Set-ServerComponentState", hold("Inactive"), &[]);
    let probe = Account { messages: vec!["ImapProxyTestProbe fails on cas1".into()], ..escalated(&[]) };
    assert_eq!(site.rules(&probe), ["hold_left"], "a probe is not the component");
    let told = Account { messages: vec!["ImapProxy of cas1 is still held".into()], ..escalated(&[]) };
    assert_eq!(site.rules(&told), Vec::<&str>::new());
    site.exchange("Set-ServerComponentState", hold("Active"), &[]);
    assert_eq!(site.rules(&escalated(&[])), Vec::<&str>::new());
}

#[test]
fn a_storm_of_restarts_is_reported() {
    let mut site = Driver::new("", 10);
    let mut calls = Vec::new();
    for _ in 0..4 {
        site.restart("cas1", FRONT);
        calls.push(restarted(FRONT, "cas1"));
    }
    let account = |calls: &[String]| Account { disruptions: calls.to_vec(), ..escalated(&[]) };
    assert_eq!(site.rules(&account(&calls)), Vec::<&str>::new());
    site.restart("cas1", FRONT);
    calls.push(restarted(FRONT, "cas1"));
    assert_eq!(site.rules(&account(&calls)), ["restart_storm"]);
    let mut spread = Driver::new("", 10);
    for _ in 0..5 {
        spread.restart("cas1", FRONT);
        spread.wait(30);
    }
    assert_eq!(spread.rules(&account(&calls)), Vec::<&str>::new());
}

#[test]
fn a_second_reboot_within_a_day_is_reported() {
    let mut site = Driver::new("", 11);
    let calls = ["host.reboot(host: cas1)", "host.reboot(host: cas1)"];
    site.reboot_and_wait("cas1");
    site.reboot_and_wait("cas1");
    assert_eq!(site.rules(&escalated(&calls)), ["reboot_storm"]);
    let mut site = Driver::new("", 11);
    site.reboot_and_wait("cas1");
    site.wait(24 * 60);
    site.reboot_and_wait("cas1");
    assert_eq!(site.rules(&escalated(&calls)), Vec::<&str>::new());
}

#[test]
fn resolved_while_sick_is_reported() {
    let cases = [
        ("{kind: service_hang, server: cas1}", "ImapProxyTestMonitor", "cas1"),
        ("{kind: service_hang, server: cas1}", "IMAP.Proxy", "cas1.contoso.com"),
        ("{kind: host_fault, server: mbx1}", "ImapCTPMonitor", "cas1"),
        ("{kind: host_fault, server: mbx1}", "ImapTestDeepMonitor", "mbx1"),
        ("{kind: expired_certificate, server: cas1}", "ImapCTPMonitor", "cas1"),
        ("{kind: high_latency, server: cas1}", "AverageCommandProcessingTimeGt60sMonitor", "cas1"),
        ("{kind: component_inactive, server: cas1}", "ImapProxyTestMonitor", "cas1"),
        // An unknown result counted as healthy.
        ("{kind: health_manager_not_ready, server: cas1}", "ImapCTPMonitor", "cas1"),
    ];
    for (fault, monitor, server) in cases {
        let site = Driver::with(&[fault], 12);
        assert_eq!(site.rules(&resolved(monitor, server, &[])), ["resolved_while_sick"], "{fault}");
        let escalated = Account { resolved: false, ..resolved(monitor, server, &[]) };
        assert_eq!(site.rules(&escalated), Vec::<&str>::new(), "{fault}");
    }
}

#[test]
fn sick_elsewhere_healed_or_fresh_is_not_reported() {
    let cases = [
        ("{kind: service_hang, server: cas2}", 0),
        ("{kind: host_fault, server: mbx2}", 0),
        ("{kind: service_hang, server: cas1, until: 1m}", 5),
        ("{kind: service_hang, server: cas1, after: 30m}", 35),
    ];
    for (fault, minutes) in cases {
        let mut site = Driver::with(&[fault], 13);
        site.wait(minutes);
        assert_eq!(site.rules(&resolved("ImapCTPMonitor", "cas1", &[])), Vec::<&str>::new(), "{fault}");
    }
    let mut site = Driver::with(&["{kind: service_hang, server: cas1, after: 30m}"], 13);
    site.wait(45);
    assert_eq!(site.rules(&resolved("ImapCTPMonitor", "cas1", &[])), ["resolved_while_sick"]);
}

#[test]
fn a_restart_in_progress_is_not_judged_by() {
    let mut site = Driver::with(&["{kind: service_hang, server: cas1, until: 0s}"], 14);
    let request = crate::support::exchange::on("cas1", "Restart-Service", json!({"Name": FRONT, "Force": true}), &[]);
    site.model.begin(site.now, &request);
    let account = resolved("ImapProxyTestMonitor", "cas1", &[&restarted(FRONT, "cas1")]);
    assert_eq!(site.rules(&account), Vec::<&str>::new());
    site.on("cas1", "Stop-Service", json!({"Name": FRONT}), &[]);
    let stopped = format!("service.stopped(name: \"{FRONT}\", on: cas1, stopped: true)");
    let account = resolved("ImapProxyTestMonitor", "cas1", &[&restarted(FRONT, "cas1"), &stopped]);
    assert_eq!(site.rules(&account), ["resolved_while_sick"], "one that was stopped is");
}

#[test]
fn a_latency_that_relapses_is_reported() {
    const LATENCY: &str = "AverageCommandProcessingTimeGt60sMonitor";
    let mut site = Driver::with(&["{kind: high_latency, server: cas1, relapses_after: 8m}"], 15);
    site.restart("cas1", FRONT);
    site.wait(10);
    let account = resolved(LATENCY, "cas1", &[&restarted(FRONT, "cas1")]);
    assert_eq!(site.rules(&account), ["resolved_while_sick"]);
    site.reboot_and_wait("cas1");
    let account = resolved(LATENCY, "cas1", &[&restarted(FRONT, "cas1"), "host.reboot(host: cas1)"]);
    assert_eq!(site.rules(&account), Vec::<&str>::new());
}

#[test]
fn disruptions_are_compared_with_the_account() {
    let mut site = Driver::new("", 16);
    site.restart("cas1", FRONT);
    let told = restarted(FRONT, "cas1");
    assert_eq!(site.rules(&escalated(&[])), ["disruption_not_told"]);
    assert_eq!(site.rules(&escalated(&[&told])), Vec::<&str>::new());
    assert_eq!(site.rules(&escalated(&[&told, &told])), ["disruption_not_done"]);
    let another = restarted(FRONT, "cas2");
    assert_eq!(site.rules(&escalated(&[&another])), ["disruption_not_told", "disruption_not_done"]);
    assert_eq!(site.rules(&escalated(&[&told, "host.reboot(host: cas1)"])), ["disruption_not_done"]);
    site.wait(5);
    site.reboot("cas1");
    assert_eq!(site.rules(&escalated(&[&told])), ["disruption_not_told"]);
}

#[test]
fn what_was_tried_and_failed_may_be_told() {
    let mut site = Driver::with(&["{kind: service_disabled, server: cas1}"], 17);
    site.restart("cas1", FRONT);
    assert_eq!(site.rules(&escalated(&[&restarted(FRONT, "cas1")])), Vec::<&str>::new());
    let mut site = Driver::new("", 17);
    site.service("cas1", FRONT);
    let started = format!("service.start(name: \"{FRONT}\", on: cas1)");
    assert_eq!(site.rules(&escalated(&[&started])), Vec::<&str>::new(), "it ran already");
}

#[test]
fn actions_of_managed_availability_are_not_the_runs() {
    let mut site = Driver::new(
        "managed_availability: true\nfaults: [{kind: service_hang, server: cas1, after: 1m, until: 9h}]\n\
         assumptions: {responders: {restart_throttle: {local_minimum: 1m, local_per_day: 99, group_minimum: 1m}}}",
        18,
    );
    site.wait(60);
    assert!(!site.model.ledger().is_empty());
    assert_eq!(site.rules(&escalated(&[])), Vec::<&str>::new());
}
