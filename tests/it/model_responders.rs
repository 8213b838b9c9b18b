//! Monitors that count failures and expire (R3), and automatic actions of Managed Availability (R8).

use crate::support::exchange::{Driver, start};
use rectify::simulation::exchange::{Actor, Applied, Effect, Requester};
use rectify::value::{SignedDuration, Timestamp};
use serde_json::json;

const HANG: &str = "faults: [{kind: service_hang, server: cas1, after: 10m}]";
const ACTING: &str = "managed_availability: true\n";

fn minutes(applied: &Applied) -> f64 {
    applied.at.duration_since(start()).as_secs_f64() / 60.0
}

fn by_availability(site: &Driver) -> Vec<(f64, Effect)> {
    let own = site.model.ledger().iter().filter(|applied| applied.by == Actor::ManagedAvailability);
    own.map(|applied| (minutes(applied), applied.what.clone())).collect()
}

fn restarts(site: &Driver) -> Vec<f64> {
    let own = by_availability(site).into_iter();
    own.filter(|(_, what)| matches!(what, Effect::ServiceRestarted(_))).map(|(at, _)| at).collect()
}

/// When a monitor first reports this value, in seconds from the start; polled every ten seconds.
fn first(site: &mut Driver, server: &str, monitor: &str, value: &str) -> i64 {
    for _ in 0..600 {
        let at = site.now;
        if site.alert(server, monitor) == value {
            return at.duration_since(start()).as_secs();
        }
        site.now = at;
        site.wait_seconds(10);
    }
    panic!("{monitor} never says {value}");
}

#[test]
fn r3_light_probes_need_four_failures_and_a_minute_of_age() {
    for seed in 0..20 {
        let mut site = Driver::new(HANG, seed);
        assert_eq!(site.alert("cas1", "ImapProxyTestMonitor"), "Healthy");
        let degraded = first(&mut site, "cas1", "ImapProxyTestMonitor", "Degraded") - 600;
        let unhealthy = first(&mut site, "cas1", "ImapProxyTestMonitor", "Unhealthy") - 600;
        assert!((180..=260).contains(&degraded), "seed {seed}: {degraded}");
        assert!((50..=75).contains(&(unhealthy - degraded)), "seed {seed}: {unhealthy} after {degraded}");
    }
}

#[test]
fn r3_full_probes_need_five_failures() {
    for seed in 0..10 {
        let mut site = Driver::new("faults: [{kind: host_fault, server: mbx1, after: 10m}]", seed);
        let touch_point = first(&mut site, "cas1", "ImapCTPMonitor", "Degraded") - 600;
        assert!((960..=1220).contains(&touch_point), "seed {seed}: {touch_point}");
        let mut site = Driver::new("faults: [{kind: host_fault, server: mbx1, after: 10m}]", seed);
        let deep = first(&mut site, "mbx1", "ImapDeepTestMonitor", "Degraded") - 600;
        assert!((720..=920).contains(&deep), "seed {seed}: {deep}");
    }
}

#[test]
fn r3_one_success_resets() {
    for seed in 0..10 {
        let mut site = Driver::new("faults: [{kind: service_hang, server: cas1}]", seed);
        assert_eq!(site.alert("cas1", "ImapProxyTestMonitor"), "Unhealthy");
        assert_eq!(site.alert("cas2", "ImapProxyTestMonitor"), "Healthy");
        site.restart("cas1", "MSExchangeImap4");
        site.wait_seconds(61);
        assert_eq!(site.alert("cas1", "ImapProxyTestMonitor"), "Healthy", "seed {seed}");
    }
}

#[test]
fn r3_failures_too_far_apart_are_no_alert() {
    let section = format!("{HANG}\nassumptions: {{monitors: {{proxy_test: {{failures: 4, within: 2m}}}}}}");
    let mut site = Driver::new(&section, 1);
    site.wait(60);
    assert_eq!(site.alert("cas1", "ImapProxyTestMonitor"), "Healthy");
}

#[test]
fn r8_nothing_acts_unless_it_is_enabled() {
    let mut site = Driver::new(HANG, 1);
    site.wait(120);
    assert_eq!(by_availability(&site), []);
}

#[test]
fn r8_the_service_is_restarted_two_minutes_after_the_alert() {
    let mut site = Driver::new(&format!("{ACTING}{HANG}"), 2);
    let alert = first(&mut site, "cas1", "ImapProxyTestMonitor", "Degraded") as f64 / 60.0;
    site.wait(60);
    let restarts = restarts(&site);
    assert_eq!(restarts.len(), 1, "{restarts:?}");
    assert!((1.7..=2.1).contains(&(restarts[0] - alert)), "{restarts:?} after {alert}");
    assert_eq!(site.probe(r"IMAP.Proxy\ImapProxyTestProbe", "cas1"), "Succeeded");
}

#[test]
fn r8_a_restart_that_does_not_help_is_not_repeated_within_its_throttle() {
    let fault = "faults: [{kind: host_fault, server: cas1, after: 10m}]";
    let mut site = Driver::new(&format!("{ACTING}{fault}"), 3);
    site.wait(24 * 60);
    assert_eq!(restarts(&site).len(), 1, "the late one comes within an hour, and there is one a day");
    let throttle = "local_minimum: 1m, local_per_day: 4, group_minimum: 1m";
    let loose = format!("{ACTING}{fault}\nassumptions: {{responders: {{restart_throttle: {{{throttle}}}}}}}");
    let mut site = Driver::new(&loose, 3);
    site.wait(24 * 60);
    let late = restarts(&site);
    // CTP and the proxy test watch the same service, each with its own timeline.
    assert_eq!(late.len(), 4, "{late:?}");
    let after_first = |at: &f64| (17.9..=18.1).contains(&(at - late[0]));
    assert!(late.iter().any(after_first), "the late one of the proxy test: {late:?}");
}

#[test]
fn r8_servers_of_a_group_are_throttled_together() {
    let faults = "faults: [{kind: host_fault, server: mbx1, after: 10m}, {kind: host_fault, server: mbx2, after: 10m}, \
                  {kind: host_fault, server: mbx9, after: 10m}]";
    let mut site = Driver::new(&format!("{ACTING}{faults}"), 4);
    site.wait(60);
    let own = site.model.ledger().iter().filter(|applied| applied.by == Actor::ManagedAvailability);
    // By then the front ends have alerts of their own.
    let mut hosts: Vec<_> = own.map(|applied| applied.on.clone()).filter(|host| host.starts_with("mbx")).collect();
    hosts.sort();
    assert_eq!(hosts.len(), 2, "{hosts:?}");
    assert!(hosts.contains(&"mbx9".to_owned()), "one of the DAG, and the one that is in none: {hosts:?}");
}

#[test]
fn r8_the_component_is_taken_offline_and_let_go_when_the_monitor_is_healthy() {
    let mut site = Driver::new(&format!("{ACTING}{HANG}"), 5);
    site.wait(120);
    let held = by_availability(&site).into_iter().filter_map(|(at, what)| match what {
        Effect::ComponentHeld { component, requester: Requester::HealthAPI, state } => Some((at, component, state)),
        _ => None,
    });
    let held: Vec<_> = held.collect();
    assert_eq!(held.len(), 2, "{held:?}");
    assert_eq!((held[0].1.as_str(), held[0].2.as_str(), held[1].2.as_str()), ("ImapProxy", "Inactive", "Active"));
    let restart = restarts(&site)[0];
    assert!(held[0].0 < restart && restart < held[1].0, "{held:?}, {restart}");
}

#[test]
fn r8_it_can_be_kept_from_acting() {
    let mut site = Driver::new(&format!("{ACTING}{HANG}"), 6);
    let hold = json!({
        "Identity": "cas1", "Component": "RecoveryActionsEnabled", "State": "Inactive", "Requester": "Maintenance"
    });
    assert!(site.exchange("Set-ServerComponentState", hold, &[]).ok);
    site.wait(180);
    assert_eq!(by_availability(&site), []);
}

#[test]
fn r8_what_was_due_before_the_start_is_passed_over_unless_it_is_assumed() {
    let fault = "faults: [{kind: service_hang, server: cas1}]";
    let mut site = Driver::new(&format!("{ACTING}{fault}"), 7);
    assert_eq!(site.alert("cas1", "ImapProxyTestMonitor"), "Unhealthy");
    assert!(by_availability(&site).is_empty());
    let before = format!("{ACTING}{fault}\nassumptions: {{responders: {{before_start: true}}}}");
    let mut site = Driver::new(&before, 7);
    assert_eq!(site.alert("cas1", "ImapProxyTestMonitor"), "Healthy", "it has cured it before anybody came");
    let began: Timestamp = start() - SignedDuration::from_mins(30);
    assert!(site.model.ledger().iter().all(|applied| applied.at >= began));
}

#[test]
fn r8_it_may_act_while_the_run_does() {
    // The proxy test alerts 3 to 4 minutes after 10m, so that Managed Availability restarts at about 15m.
    let mut site = Driver::new(&format!("{ACTING}{HANG}"), 8);
    site.wait(15);
    site.restart("cas1", "MSExchangeImap4");
    site.wait(10);
    assert_eq!(site.service("cas1", "MSExchangeImap4").0, "Running");
    let actors = site.model.ledger().iter().filter_map(|applied| match applied.what {
        Effect::ServiceRestarted(_) => Some(applied.by),
        _ => None,
    });
    assert!(actors.collect::<Vec<_>>().contains(&Actor::Run));
}
