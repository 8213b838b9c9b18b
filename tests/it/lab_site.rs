//! The lab itself: its faults look like those of a real site, and it leaves nothing behind.

use crate::lab::{Caller, Dovecot, PASSWORD, Site, USER, host, word};
use rectify::value::Security;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

/// What a client observes at the front end and at the back end.
fn seen(site: &Site, password: &str) -> [String; 2] {
    let settings = |dovecot: &Dovecot| site.lab.settings(dovecot, Security::Tls);
    let hosts = vec![host("front", settings(&site.lab.front)), host("back", settings(&site.lab.back))];
    let mut caller = Caller::new(site.lab.folder(), password, hosts);
    caller.time_left = std::time::Duration::from_secs(4);
    ["front", "back"].map(|on| word(&caller.call("login", on, USER, &[]).expect("an answer"), "result"))
}

#[test]
fn faults_have_their_symptoms_and_nothing_is_left_behind() {
    let site = Site::start();
    let folder = site.lab.folder().to_owned();
    assert_eq!(seen(&site, PASSWORD), ["accepted", "accepted"]);
    assert_eq!(seen(&site, "not it"), ["authentication_failed", "authentication_failed"]);
    let before = [site.lab.front.process(), site.lab.back.process()];
    assert_eq!(before, [site.supervisor.process("front"), site.supervisor.process("back")], "both views of a process");

    site.stop("back");
    assert_eq!(site.lab.back.process(), None);
    assert_eq!(seen(&site, PASSWORD), ["unavailable", "connection_refused"]);
    site.supervisor.order(&["start", "back"]);

    site.hang_back_end();
    assert_eq!(seen(&site, PASSWORD), ["unavailable", "timed_out"]);
    site.distrust_back_end();
    assert_eq!(seen(&site, PASSWORD), ["unavailable", "tls_untrusted"]);
    let after = [site.lab.front.process(), site.lab.back.process()];
    assert!(after[0] == before[0] && after[1].is_some() && after[1] != before[1], "{before:?} {after:?}");

    drop(site);
    let left = std::fs::read_dir("/proc").expect("/proc").flatten().filter(|entry| {
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&command).contains(&*folder.to_string_lossy())
    });
    assert_eq!(left.map(|entry| entry.file_name()).collect::<Vec<_>>(), Vec::<std::ffi::OsString>::new());
    assert!(!Path::new(&folder).exists());
}

#[test]
fn mail_arrives_and_can_be_stopped() {
    let site = Site::start();
    let mut stream = TcpStream::connect(("127.0.0.1", site.postbox.port)).expect("the mail server listens");
    let mut answer = Vec::new();
    for line in [
        "",
        "EHLO lab.test",
        "MAIL FROM:<a@lab.test>",
        "RCPT TO:<b@lab.test>",
        "DATA",
        "Subject: s\r\n\r\nh=i\r\n.",
        "QUIT",
    ] {
        // Wait for each reply: a server may refuse a client that sends ahead.
        if !line.is_empty() {
            stream.write_all(format!("{line}\r\n").as_bytes()).expect("it listens");
        }
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).expect("it answers");
        answer.extend_from_slice(&buffer[..count]);
    }
    crate::lab::wait_until("the mail to be delivered", || !site.postbox.mails().is_empty());
    let mails = site.postbox.mails();
    assert_eq!((mails.len(), mails[0].to.as_str(), mails[0].body.as_str()), (1, "b@lab.test", "h=i\n"));
    assert!(mails[0].header.contains("Subject: s"), "{mails:?}");
    site.stop("smtp");
    assert!(TcpStream::connect(("127.0.0.1", site.postbox.port)).is_err());
}
