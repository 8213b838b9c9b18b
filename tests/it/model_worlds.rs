//! The example worlds: for every seed, each has the faults that its row of the matrix needs.

use crate::support::exchange::{Driver, folder};
use std::fs;

const PROXY: &str = r"IMAP.Proxy\ImapProxyTestProbe";
const CTP: &str = r"IMAP\ImapCTPProbe";
const DEEP: &str = r"IMAP.Protocol\ImapDeepTestProbe";
const SELF_TEST: &str = r"IMAP.Protocol\ImapSelfTestProbe";
const LATENCY: &str = "AverageCommandProcessingTimeGt60sMonitor";
const FRONT: &str = "MSExchangeImap4";
const BACK: &str = "MSExchangeIMAP4BE";
const SEEDS: std::ops::Range<u64> = 0..40;

/// Calls `look` for a world under every seed.
fn each(world: &str, mut look: impl FnMut(&mut Driver, &str)) {
    for seed in SEEDS {
        look(&mut Driver::world(world, seed), &format!("{world}, seed {seed}"));
    }
}

#[test]
fn every_world_says_what_it_is() {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder().join("worlds")).unwrap() {
        let path = entry.unwrap().path();
        let world: serde_yaml::Value = serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert!(world.get("title").is_some() && world.get("exchange").is_some(), "{path:?}");
        names.push(path.file_stem().unwrap().to_string_lossy().into_owned());
    }
    assert_eq!(names.len(), 15, "{names:?}");
}

#[test]
fn transient() {
    let mut unhealthy = 0;
    each("transient", |site, which| {
        // The server's own probe may run at any moment and report healthy.
        unhealthy += u32::from(site.alert("cas1", "ImapCTPMonitor") == "Unhealthy");
        assert_eq!(site.probe(CTP, "cas1"), "Succeeded", "{which}");
    });
    assert!(unhealthy >= 35, "{unhealthy}");
}

#[test]
fn service_fault() {
    each("service-fault", |site, which| {
        assert_eq!(site.alert("cas1", "ImapProxyTestMonitor"), "Unhealthy", "{which}");
        assert_eq!(site.probe(PROXY, "cas1"), "TimedOut", "{which}");
        site.restart("cas1", FRONT);
        assert_eq!(site.probe(PROXY, "cas1"), "Succeeded", "{which}");
    });
}

/// Restarts, drains and reboots: which of them helps, and whether the databases move within twenty minutes.
fn drain_and_reboot(site: &mut Driver, server: &str, which: &str) {
    site.restart(server, BACK);
    site.wait(5);
    assert_ne!(site.probe(DEEP, server), "Succeeded", "{which}: a restart does not help");
    site.block(server, true);
    site.wait(15);
    assert_eq!(site.active(server), Vec::<String>::new(), "{which}: the databases leave");
    site.reboot_and_wait(server);
}

#[test]
fn host_fault() {
    each("host-fault", |site, which| {
        assert_eq!(site.alert("mbx1", "ImapDeepTestMonitor"), "Unhealthy", "{which}");
        drain_and_reboot(site, "mbx1", which);
        assert_eq!((site.probe(DEEP, "mbx1"), site.probe(SELF_TEST, "mbx1")), ("Succeeded".into(), "Succeeded".into()));
        site.wait(5);
        assert_eq!(site.alert("mbx1", "ImapSelfTestMonitor"), "Healthy", "{which}");
    });
}

#[test]
fn undrainable_and_standalone() {
    for (world, server, database) in [("undrainable", "mbx1", "db1"), ("standalone", "mbx9", "db9")] {
        each(world, |site, which| {
            assert_eq!(site.alert(server, "ImapSelfTestMonitor"), "Unhealthy", "{which}");
            site.restart(server, BACK);
            site.wait(5);
            assert_eq!(site.probe(SELF_TEST, server), "TimedOut", "{which}");
            site.block(server, true);
            site.wait(25);
            assert_eq!(site.active(server), [database], "{which}");
        });
    }
}

#[test]
fn still_bad_after_reboot() {
    each("still-bad-after-reboot", |site, which| {
        assert_eq!(site.alert("mbx1", "ImapDeepTestMonitor"), "Unhealthy", "{which}");
        drain_and_reboot(site, "mbx1", which);
        assert_eq!(site.probe(SELF_TEST, "mbx1"), "TimedOut", "{which}");
    });
}

#[test]
fn sick_back_end() {
    each("sick-back-end", |site, which| {
        assert_eq!(site.alert("cas1", "ImapCTPMonitor"), "Unhealthy", "{which}");
        let result = site.probe_result(CTP, "cas1", &["ResultType", "StateAttribute4"]);
        assert_eq!(
            (&result[0]["ResultType"], &result[0]["StateAttribute4"]),
            (&"Failed".into(), &"mbx1".into()),
            "{which}"
        );
        site.logging("cas1", true);
        site.restart("cas1", FRONT);
        site.probe(CTP, "cas1");
        assert!(site.log("cas1").iter().any(|line| line.contains("Proxy:mbx1.contoso.com:1993:SSL")), "{which}");
        assert_eq!(site.alert("mbx1", "ImapSelfTestMonitor"), "Unhealthy", "{which}");
        assert_eq!(site.alert("mbx1", "ImapDeepTestMonitor"), "Unhealthy", "{which}");
        drain_and_reboot(site, "mbx1", which);
        assert_eq!(site.probe(CTP, "cas1"), "Succeeded", "{which}");
    });
}

#[test]
fn healthy_back_end() {
    each("healthy-back-end", |site, which| {
        assert_eq!(site.alert("cas1", "ImapCTPMonitor"), "Unhealthy", "{which}");
        assert_eq!(site.alert("cas1", "ImapProxyTestMonitor"), "Healthy", "{which}");
        let result = site.probe_result(CTP, "cas1", &["StateAttribute4"]);
        assert_eq!(result[0]["StateAttribute4"], "mbx1", "{which}");
        site.restart("mbx1", BACK);
        site.restart("cas1", FRONT);
        site.wait(5);
        assert_eq!(site.probe(CTP, "cas1"), "Failed", "{which}");
        for monitor in ["ImapSelfTestMonitor", "ImapDeepTestMonitor"] {
            assert_eq!(site.alert("mbx1", monitor), "Healthy", "{which}");
        }
        site.reboot_and_wait("cas1");
        assert_eq!(site.probe(CTP, "cas1"), "Succeeded", "{which}");
    });
}

#[test]
fn latency_relapse() {
    each("latency-relapse", |site, which| {
        assert_eq!(site.alert("cas1", LATENCY), "Unhealthy", "{which}");
        site.restart("cas1", FRONT);
        site.wait(10);
        assert_eq!(site.alert("cas1", LATENCY), "Healthy", "{which}");
        site.wait(10);
        assert_eq!(site.alert("cas1", LATENCY), "Unhealthy", "{which}");
        site.reboot_and_wait("cas1");
        site.wait(10);
        assert_eq!(site.alert("cas1", LATENCY), "Healthy", "{which}");
    });
}

#[test]
fn probe_says_nothing() {
    each("probe-says-nothing", |site, which| {
        assert_eq!(site.probe(CTP, "cas1"), "nothing", "{which}");
        site.wait(60);
        assert_eq!(site.probe(CTP, "cas1"), "nothing", "{which}");
    });
}

#[test]
fn alias_name() {
    each("alias-name", |site, which| {
        assert_eq!(site.alert("mbx1", "ImapDeepTestMonitor"), "Unhealthy", "{which}");
        assert_eq!(site.alert("mbx1", "ImapTestDeepMonitor"), "nothing", "{which}");
        site.restart("mbx1", BACK);
        assert_eq!(site.probe(DEEP, "mbx1"), "Succeeded", "{which}");
    });
}

#[test]
fn multi_role() {
    each("multi-role", |site, which| {
        assert_eq!(site.alert("mr1", "ImapProxyTestMonitor"), "Unhealthy", "{which}");
        assert_eq!(site.active("mr1"), ["db3"], "{which}");
        site.restart("mr1", FRONT);
        site.wait(5);
        assert_eq!(site.probe(PROXY, "mr1"), "TimedOut", "{which}");
        site.block("mr1", true);
        site.wait(15);
        assert_eq!(site.active("mr1"), Vec::<String>::new(), "{which}");
        site.reboot_and_wait("mr1");
        assert_eq!(site.probe(PROXY, "mr1"), "Succeeded", "{which}");
    });
}

#[test]
fn expired_certificate_and_nobody_home() {
    for (world, monitor, probe) in
        [("expired-certificate", "ImapProxyTestMonitor", PROXY), ("nobody-home", "ImapCTPMonitor", CTP)]
    {
        each(world, |site, which| {
            assert_eq!(site.alert("cas1", monitor), "Unhealthy", "{which}");
            let result = site.probe_result(probe, "cas1", &["StateAttribute4"]);
            assert_eq!(result[0]["StateAttribute4"], "", "{which}: no back end is named");
            site.restart("cas1", FRONT);
            site.reboot_and_wait("cas1");
            assert_eq!(site.probe(probe, "cas1"), "Failed", "{which}");
        });
    }
}
