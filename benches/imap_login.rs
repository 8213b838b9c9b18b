//! A login through the lab's front end, by the `imap` backend and by `check_imap` (Debian package
//! `monitoring-plugins-standard`).
//!
//! `cargo bench --bench imap_login`

#[path = "../tests/it/lab/mod.rs"]
mod lab;

use lab::{Caller, Lab, PASSWORD, USER, host, must_be_installed, word};
use rectify::value::Security;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const TIMES: usize = 50;
const CHECK_IMAP: &str = "/usr/lib/nagios/plugins/check_imap";

fn main() {
    must_be_installed("dovecot", "dovecot-imapd");
    assert!(Path::new(CHECK_IMAP).is_file(), "install the Debian package monitoring-plugins-standard for {CHECK_IMAP}");
    let lab = Lab::start();
    let caller = || Caller::new(lab.folder(), PASSWORD, vec![host("front", lab.settings(&lab.front, Security::Tls))]);
    let log_in = |caller: &Caller| {
        let answer = caller.call("login", "front", USER, &[]).expect("an answer");
        assert_eq!(word(&answer, "result"), "accepted", "{answer}");
    };
    let warm = caller();
    let check_imap = || {
        let command = format!("a LOGIN {USER} \"{PASSWORD}\"\\r\\n");
        let port = lab.front.tls_port.to_string();
        let mut check = Command::new(CHECK_IMAP);
        check.args(["-H", "127.0.0.1", "-p", &port, "-S", "-E", "-s", &command, "-e", "a OK", "-q", "b LOGOUT"]);
        let output = check.output().expect("check_imap starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    };
    log_in(&warm);
    check_imap();
    let (mut ours, mut first, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TIMES {
        ours.push(timed(|| log_in(&warm)));
        theirs.push(timed(check_imap));
        let cold = caller();
        first.push(timed(|| log_in(&cold)));
    }
    let (ours, first, theirs) = (median(ours), median(first), median(theirs));
    println!("imap.login                             {ours:?}");
    println!("imap.login, the system's roots unread  {first:?}");
    println!("check_imap, a process each             {theirs:?}");
    println!("ratio imap.login : check_imap          {:.2}", ours.as_secs_f64() / theirs.as_secs_f64());
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
