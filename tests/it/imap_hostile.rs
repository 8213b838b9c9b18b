//! The `imap` backend against servers that break the protocol, hang, flood, or present the wrong certificate.

use crate::lab::{Authority, Caller, Issue, Issued, Peer, Scripted, host, must_be_installed, wait_until, word};
use crate::support::project::{Project, Ran, runbook};
use rectify::backend::imap::ImapSettings;
use rectify::value::{ActionError, BackendSettings, ErrorKind, Security, Value};
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// A password that is easy to find in output.
const PASSWORD: &str = "canary-5ecret-w0rd";
const HELLO: &str = "* OK [CAPABILITY IMAP4rev1 UIDPLUS] hello\r\n";
const LISTED: &str = "* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK done\r\n";
const INBOX: &[(&str, &str)] = &[("mailbox", "INBOX")];

struct Ground {
    folder: tempfile::TempDir,
    authority: Authority,
    issued: Issued,
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::new(folder.path());
        let issued = authority.issue(&Issue::default());
        Self { folder, authority, issued }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A server over TLS that sends a greeting and then follows the script.
    fn greeted(&self, script: impl Fn(&mut Peer) -> io::Result<()> + Send + Sync + 'static) -> Scripted {
        Scripted::serve(Some(&self.issued), move |peer| {
            peer.send(HELLO)?;
            script(peer)
        })
    }

    /// A caller that knows the server as `server`.
    fn caller(&self, server: &Scripted, security: Security) -> Caller {
        let settings = ImapSettings {
            port: Some(server.port),
            security,
            ca: Some(self.authority.certificate.clone()),
            server_name: None,
            from_address: None,
        };
        Caller::new(self.path(), PASSWORD, vec![host("server", settings)])
    }

    fn log_in(&self, server: &Scripted, security: Security) -> Result<Value, ActionError> {
        self.caller(server, security).call("login", "server", "alice", &[])
    }
}

fn assert_no_credential(server: &Scripted, what: &str) {
    let told = server.told();
    assert!(!told.contains("canary") && !told.contains("LOGIN") && !told.contains("alice"), "{what}: {told}");
}

#[test]
fn nothing_before_tls_is_believed() {
    let ground = Ground::new();
    type Script = fn(&mut Peer) -> io::Result<()>;
    let scripts: [(&str, &str, Script); 11] = [
        ("bytes after STARTTLS OK", "after the answer to STARTTLS", |peer| {
            peer.send("* OK hello\r\n")?;
            peer.answer("CAPABILITY", LISTED)?;
            peer.answer("STARTTLS", "{tag} OK begin\r\n* CAPABILITY IMAP4rev1\r\n")?;
            peer.hang()
        }),
        ("one byte after STARTTLS OK", "after the answer to STARTTLS", |peer| {
            peer.send("* OK hello\r\n")?;
            peer.answer("CAPABILITY", LISTED)?;
            peer.answer("STARTTLS", "{tag} OK begin\r\nx")?;
            peer.hang()
        }),
        ("PREAUTH", "PREAUTH", |peer| {
            peer.send("* PREAUTH welcome back\r\n")?;
            peer.hang()
        }),
        ("no STARTTLS", "offers no STARTTLS", |peer| {
            peer.send("* OK hello\r\n")?;
            peer.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 LOGIN\r\n{tag} OK done\r\n")?;
            peer.hang()
        }),
        ("NO", "refused STARTTLS", |peer| {
            peer.send("* OK hello\r\n")?;
            peer.answer("CAPABILITY", LISTED)?;
            peer.answer("STARTTLS", "{tag} NO not now\r\n")?;
            peer.hang()
        }),
        ("BAD", "refused STARTTLS", |peer| {
            peer.send("* OK hello\r\n")?;
            peer.answer("CAPABILITY", LISTED)?;
            peer.answer("STARTTLS", "{tag} BAD what\r\n")?;
            peer.hang()
        }),
        ("early tagged OK", "was not sent", |peer| {
            peer.send("* OK hello\r\nA0001 OK done\r\nA0002 OK begin\r\n")?;
            peer.hang()
        }),
        ("tagged OK instead of a greeting", "IMAP greeting", |peer| {
            peer.send("A0001 OK done\r\n")?;
            peer.hang()
        }),
        ("another tag", "was not sent", |peer| {
            peer.send("* OK hello\r\n")?;
            peer.answer("CAPABILITY", LISTED)?;
            peer.answer("STARTTLS", "x{tag} OK begin\r\n")?;
            peer.hang()
        }),
        ("a continuation", "asked for more", |peer| {
            peer.send("* OK hello\r\n")?;
            peer.answer("CAPABILITY", LISTED)?;
            peer.answer("STARTTLS", "+ go on\r\n")?;
            peer.hang()
        }),
        ("another protocol", "IMAP greeting", |peer| {
            peer.send("220 smtp ready\r\n")?;
            peer.hang()
        }),
    ];
    for (what, problem, script) in scripts {
        let server = Scripted::serve(None, script);
        let error = ground.log_in(&server, Security::Starttls).expect_err(what);
        assert_eq!(error.kind, ErrorKind::Protocol, "{what}: {error}");
        assert!(error.message.contains(problem), "{what}: {error}");
        assert_no_credential(&server, what);
    }
}

#[test]
fn bytes_that_come_a_little_after_the_answer_to_starttls_do_not_get_through_either() {
    let ground = Ground::new();
    let acceptor = crate::lab::acceptor(&ground.issued);
    let server = Scripted::serve(None, move |peer| {
        peer.send("* OK hello\r\n")?;
        peer.answer("CAPABILITY", LISTED)?;
        peer.answer("STARTTLS", "{tag} OK begin\r\n")?;
        std::thread::sleep(Duration::from_millis(30));
        peer.send("* CAPABILITY IMAP4rev1\r\n")?;
        peer.secure(&acceptor)?;
        peer.hang()
    });
    match ground.log_in(&server, Security::Starttls) {
        Ok(answer) => assert_eq!(word(&answer, "result"), "tls_failed", "{answer}"),
        Err(error) => assert_eq!(error.kind, ErrorKind::Protocol, "{error}"),
    }
    assert_no_credential(&server, "late bytes");
}

#[test]
fn a_password_is_never_sent_without_tls_or_where_it_is_not_taken() {
    let ground = Ground::new();
    let server = ground.greeted(Peer::hang);
    let error = ground.log_in(&server, Security::None).expect_err("no TLS");
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.contains("never used without TLS"), "{error}");

    let server = Scripted::serve(Some(&ground.issued), |peer| {
        peer.send("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hello\r\n")?;
        peer.answer("LOGOUT", "{tag} OK bye\r\n")
    });
    let answer = ground.log_in(&server, Security::Tls).expect("an answer");
    assert_eq!((word(&answer, "result"), word(&answer, "code")), ("refused".into(), "LOGINDISABLED".into()));
    assert_no_credential(&server, "LOGINDISABLED");

    let server = Scripted::serve(Some(&ground.issued), |peer| {
        peer.send("* PREAUTH welcome back\r\n")?;
        peer.hang()
    });
    assert_eq!(ground.log_in(&server, Security::Tls).expect_err("PREAUTH").kind, ErrorKind::Protocol);
    assert_no_credential(&server, "PREAUTH");

    // The user's name needs a literal, and the server replies OK before it receives the literal.
    let server = ground.greeted(|peer| {
        peer.answer("LOGIN {", "{tag} OK logged in\r\n")?;
        peer.hang()
    });
    let error = ground.caller(&server, Security::Tls).call("login", "server", "爱丽丝", &[]).expect_err("early OK");
    assert_eq!(error.kind, ErrorKind::Protocol, "{error}");
    assert!(!server.told().contains("canary"));
}

#[test]
fn a_refused_password_is_sent_once() {
    let ground = Ground::new();
    for (code, result) in [
        ("[AUTHENTICATIONFAILED] ", "authentication_failed"),
        ("[AUTHORIZATIONFAILED] ", "authentication_failed"),
        ("[UNAVAILABLE] ", "unavailable"),
        ("[LIMIT] ", "refused"),
        ("", "refused"),
    ] {
        let server = ground.greeted(move |peer| {
            loop {
                let (tag, command) = peer.hear()?;
                let answer = if command.starts_with("LOGIN") { "NO" } else { "OK" };
                peer.send(format!("{tag} {answer} {code}done\r\n"))?;
            }
        });
        let answer = ground.log_in(&server, Security::Tls).expect("an answer");
        assert_eq!((word(&answer, "result"), word(&answer, "text")), (result.to_owned(), "done".to_owned()));
        assert_eq!(server.told().matches("LOGIN").count(), 1);
        wait_until("the goodbye", || server.told().contains("LOGOUT"));
    }
}

#[test]
fn only_a_certificate_that_proves_the_name_is_trusted() {
    let ground = Ground::new();
    let issue = |name, issue: Issue<'_>| ground.authority.issue(&Issue { name, ..issue });
    let stranger = Authority::new(&ground.path().join("stranger")).issue(&Issue::default());
    let cases = [
        ("good", issue("good", Issue::default()), None),
        (
            "expired",
            issue("expired", Issue { life: ("20200101000000Z", "20200201000000Z"), ..Issue::default() }),
            Some("expired"),
        ),
        (
            "from tomorrow",
            issue("future", Issue { life: ("20980101000000Z", "20990101000000Z"), ..Issue::default() }),
            Some("not yet valid"),
        ),
        (
            "another host",
            issue("other", Issue { names: "DNS:other.test,IP:127.0.0.2", ..Issue::default() }),
            Some("mismatch"),
        ),
        (
            "a name that begins so",
            issue("prefix", Issue { names: "DNS:127.0.0.1.evil.test", ..Issue::default() }),
            Some("mismatch"),
        ),
        ("no names", issue("nameless", Issue { names: "", ..Issue::default() }), Some("")),
        ("self-signed", ground.authority.self_signed(), Some("self-signed")),
        ("an unknown authority", stranger, Some("unable to get local issuer")),
    ];
    for (what, issued, problem) in cases {
        let acceptor = crate::lab::acceptor(&issued);
        let talk = |peer: &mut Peer| {
            peer.send(HELLO)?;
            loop {
                let (tag, _) = peer.hear()?;
                peer.send(LISTED.replace("{tag}", &tag))?;
            }
        };
        let in_tls = Scripted::serve(Some(&issued), talk);
        let by_starttls = Scripted::serve(None, move |peer| {
            peer.send("* OK hello\r\n")?;
            peer.answer("CAPABILITY", LISTED)?;
            peer.answer("STARTTLS", "{tag} OK begin\r\n")?;
            peer.secure(&acceptor)?;
            loop {
                let (tag, _) = peer.hear()?;
                peer.send(LISTED.replace("{tag}", &tag))?;
            }
        });
        for (server, security) in [(in_tls, Security::Tls), (by_starttls, Security::Starttls)] {
            let answer = ground.log_in(&server, security).expect("an answer");
            let certificate = ground.caller(&server, security).call("certificate", "server", "", &[]).expect("one");
            assert_eq!(word(&certificate, "trusted"), problem.is_none().to_string(), "{what}: {certificate}");
            match problem {
                None => assert_eq!(word(&answer, "result"), "accepted", "{what}: {answer}"),
                Some(problem) => {
                    assert_eq!(word(&answer, "result"), "tls_untrusted", "{what}: {answer}");
                    assert!(word(&answer, "text").contains(problem), "{what}: {answer}");
                    assert!(word(&certificate, "problem").contains(problem), "{what}: {certificate}");
                    assert_no_credential(&server, what);
                }
            }
        }
    }
}

#[test]
fn a_name_is_checked_in_place_of_the_address_where_one_is_set() {
    let ground = Ground::new();
    let issue =
        |name, names| ground.authority.issue(&Issue { name, names, common_name: "mail.test", ..Issue::default() });
    let serve = |issued: Issued| {
        Scripted::serve(Some(&issued), |peer| {
            peer.send(HELLO)?;
            peer.answer("LOGOUT", "{tag} OK bye\r\n")
        })
    };
    let wild = serve(issue("wild", "DNS:*.mail.test"));
    // A common name proves nothing, although OpenSSL accepts it if there are no alternative names.
    let (nameless, numbered) = (serve(issue("nameless", "")), serve(issue("numbered", "IP:127.0.0.1")));
    for (server, name, result) in [
        (&wild, "imap.mail.test", "accepted"),
        (&wild, "mail.test", "tls_untrusted"),
        (&wild, "a.b.mail.test", "tls_untrusted"),
        (&nameless, "mail.test", "tls_untrusted"),
        (&numbered, "mail.test", "tls_untrusted"),
        (&numbered, "127.0.0.1", "accepted"),
    ] {
        let mut caller = ground.caller(server, Security::Tls);
        caller.change_imap(|imap| imap.server_name = Some(name.to_owned()));
        let answer = caller.call("greeting", "server", "", &[]).expect("an answer");
        assert_eq!(word(&answer, "result"), result, "{name}: {answer}");
    }
}

#[test]
fn old_tls_weak_signatures_and_no_tls_are_refused() {
    must_be_installed("openssl", "openssl");
    let ground = Ground::new();
    let plain = Scripted::serve(None, |peer| peer.send(HELLO).and_then(|()| peer.hang()));
    let answer = ground.log_in(&plain, Security::Tls).expect("an answer");
    assert_eq!((word(&answer, "result"), word(&answer, "phase")), ("tls_failed".into(), "tls".into()), "{answer}");

    // Our own TLS server would refuse these settings; only the openssl program accepts them.
    let sha1 = ground.authority.issue(&Issue { name: "sha1", digest: "sha1", ..Issue::default() });
    for (version, issued, result, problem) in [
        ("-tls1_1", &ground.issued, "tls_failed", "protocol version"),
        ("-tls1_2", &sha1, "tls_untrusted", "too weak"),
        ("-tls1_3", &sha1, "tls_untrusted", "too weak"),
    ] {
        let port = crate::lab::free_port();
        let mut command = Command::new("openssl");
        command.args(["s_server", version, "-cipher", "ALL:@SECLEVEL=0", "-quiet", "-accept", &port.to_string()]);
        command.arg("-cert").arg(&issued.certificate).arg("-key").arg(&issued.key);
        let _server = crate::lab::Child::start(&mut command);
        wait_until("openssl to listen", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        let mut caller = ground.caller(&plain, Security::Tls);
        caller.change_imap(|imap| imap.port = Some(port));
        let answer = caller.call("login", "server", "alice", &[]).expect("an answer");
        assert_eq!(word(&answer, "result"), result, "{version}: {answer}");
        assert!(word(&answer, "text").contains(problem), "{version}: {answer}");
    }
}

/// Peak memory of this process in KiB, without file mappings: code that runs for the first time must not count.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let of = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("an entry");
        line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
    };
    of("VmHWM:").saturating_sub(of("RssFile:"))
}

/// Asserts that a flood causes this protocol error within this time and within 8 MiB.
fn assert_cheap(ground: &Ground, what: &str, server: &Scripted, security: Security, problem: &str, limit: Duration) {
    let caller = ground.caller(server, security);
    // Load the system's certificates before measuring.
    let _ = caller.call("nothing", "server", "alice", &[]);
    let (before, started) = (peak(), Instant::now());
    let error = caller.call("login", "server", "alice", &[]).expect_err(what);
    let (took, grown) = (started.elapsed(), peak().saturating_sub(before));
    println!("{what}: {took:?}, {grown} KiB");
    assert_eq!(error.kind, ErrorKind::Protocol, "{what}: {error}");
    assert!(error.message.contains(problem), "{what}: {error}");
    assert!(took < limit, "{what}: {took:?}");
    assert!(grown < 8 << 10, "{what}: {grown} KiB");
}

#[test]
fn literals_without_a_sane_length_are_refused_at_once() {
    let ground = Ground::new();
    for length in ["{4294967295}", "{-1}", "{}", "{99999999999999999999}", "{65537}", "{1 }"] {
        let server = ground.greeted(move |peer| {
            peer.answer("LOGIN", &format!("* 1 FETCH (BODY[] {length}\r\n"))?;
            peer.hang()
        });
        assert_cheap(&ground, length, &server, Security::Tls, "literal", Duration::from_millis(100));
        let server = Scripted::serve(None, move |peer| {
            peer.send("* OK hello\r\n")?;
            peer.answer("CAPABILITY", &format!("* LIST () {length}\r\n"))?;
            peer.hang()
        });
        assert_cheap(&ground, length, &server, Security::Starttls, "literal", Duration::from_millis(100));
    }
}

#[test]
fn floods_are_cut_off() {
    let ground = Ground::new();
    let limit = Duration::from_secs(2);
    let gigabyte = |peer: &mut Peer| -> io::Result<()> {
        for _ in 0..1 << 14 {
            peer.send([b'x'; 1 << 16])?;
        }
        peer.hang()
    };
    let server = Scripted::serve(None, gigabyte);
    assert_cheap(&ground, "1 GiB without a line end, in the clear", &server, Security::Starttls, "16384 bytes", limit);
    let server = Scripted::serve(Some(&ground.issued), gigabyte);
    assert_cheap(&ground, "1 GiB without a line end, in TLS", &server, Security::Tls, "16384 bytes", limit);
    let server = ground.greeted(|peer| {
        peer.expect("LOGIN")?;
        for _ in 0..1000 {
            peer.send("* 1 EXISTS\r\n".repeat(1000))?;
        }
        peer.hang()
    });
    assert_cheap(&ground, "1,000,000 responses", &server, Security::Tls, "more than 1000 responses", limit);
    let server = ground.greeted(|peer| {
        peer.expect("LOGIN")?;
        let line = format!("* LIST () \"/\" {}\r\n", "a".repeat(16_000));
        for _ in 0..900 {
            peer.send(&line)?;
        }
        peer.hang()
    });
    assert_cheap(&ground, "900 long responses", &server, Security::Tls, "longer than 262144 bytes", limit);
    let server = ground.greeted(|peer| {
        peer.answer("LOGIN", &format!("* 1 FETCH (BODYSTRUCTURE {}\r\n", "(".repeat(10_000)))?;
        peer.hang()
    });
    assert_cheap(&ground, "10,000 brackets", &server, Security::Tls, "nested too deeply", limit);
    let server = ground.greeted(|peer| {
        let tag = peer.expect("LOGIN")?;
        loop {
            peer.send(format!("* 1 FETCH (BODY[] {{60000}}\r\n{}", "(".repeat(60_000)))?;
            peer.send(format!(" {tag}"))?;
        }
    });
    assert_cheap(&ground, "literals without end", &server, Security::Tls, "", limit);
    let server = ground.greeted(|peer| peer.answer("LOGIN", "{tag} OK a\0b\r\n").and_then(|()| peer.hang()));
    assert_cheap(&ground, "a NUL", &server, Security::Tls, "NUL", limit);
    let server = ground.greeted(|peer| peer.answer("LOGIN", "{tag} OK a\n").and_then(|()| peer.hang()));
    assert_cheap(&ground, "a line feed alone", &server, Security::Tls, "CR LF", limit);
}

/// A caller with a short timeout that has already loaded the system's certificates.
fn hurried(ground: &Ground, server: &Scripted, security: Security) -> Caller {
    let mut caller = ground.caller(server, security);
    let _ = caller.call("nothing", "server", "alice", &[]);
    caller.time_left = Duration::from_millis(1500);
    caller
}

/// Asserts that the answer comes before the world's timeout and names the phase that timed out.
fn assert_timed_out(caller: &Caller, phase: &str) {
    let started = Instant::now();
    let answer = caller.call("mailbox", "server", "alice", INBOX).expect("an answer");
    let took = started.elapsed();
    assert_eq!((word(&answer, "result"), word(&answer, "phase")), ("timed_out".into(), phase.into()), "{answer}");
    assert!(took < caller.time_left, "{phase}: {took:?}");
}

#[test]
fn a_timeout_names_its_phase() {
    let ground = Ground::new();
    let logged_in = "{tag} OK [CAPABILITY IMAP4rev1] done\r\n";
    type Script = Box<dyn Fn(&mut Peer) -> io::Result<()> + Send + Sync>;
    let cases: [(&str, bool, Script); 7] = [
        ("tls", false, Box::new(Peer::hang)),
        ("greeting", true, Box::new(Peer::hang)),
        (
            "greeting",
            true,
            Box::new(|peer| {
                // One more byte each time, and never a line end.
                loop {
                    peer.send("*")?;
                    std::thread::sleep(Duration::from_millis(20));
                }
            }),
        ),
        ("capability", true, Box::new(|peer| peer.send("* OK hello\r\n").and_then(|()| peer.hang()))),
        ("login", true, Box::new(|peer| peer.send(HELLO).and_then(|()| peer.hang()))),
        (
            "login",
            true,
            Box::new(|peer| {
                peer.send(HELLO)?;
                loop {
                    peer.send("* OK still looking\r\n")?;
                    std::thread::sleep(Duration::from_millis(20));
                }
            }),
        ),
        (
            "select",
            true,
            Box::new(move |peer| {
                peer.send(HELLO)?;
                peer.answer("LOGIN", logged_in)?;
                peer.hang()
            }),
        ),
    ];
    // Create all callers first: each writes the secret's file, which the calls read.
    let callers: Vec<_> = cases
        .into_iter()
        .map(|(phase, tls, script)| {
            let server = Scripted::serve(tls.then_some(&ground.issued), script);
            (hurried(&ground, &server, Security::Tls), phase)
        })
        .collect();
    std::thread::scope(|scope| {
        for (caller, phase) in &callers {
            scope.spawn(move || assert_timed_out(caller, phase));
        }
    });
    let server = Scripted::serve(None, |peer| {
        peer.send("* OK hello\r\n")?;
        peer.answer("CAPABILITY", LISTED)?;
        peer.hang()
    });
    assert_timed_out(&hurried(&ground, &server, Security::Starttls), "starttls");
    assert_no_credential(&server, "a hanging STARTTLS");
}

#[test]
fn a_host_that_drops_every_packet_times_out_in_connect() {
    use rustix::net::{AddressFamily, SocketType, bind, listen, socket};
    let ground = Ground::new();
    // The kernel drops packets when the queue of connections is full.
    let full = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    bind(&full, &std::net::SocketAddrV4::new([127, 0, 0, 1].into(), 0)).expect("a port");
    listen(&full, 0).expect("a queue");
    let full = std::net::TcpListener::from(full);
    let address = full.local_addr().expect("its address");
    let _waiting = std::net::TcpStream::connect(address).expect("the one that fits");
    let server = ground.greeted(Peer::hang);
    let mut caller = hurried(&ground, &server, Security::Tls);
    caller.change_imap(|imap| imap.port = Some(address.port()));
    assert_timed_out(&caller, "connect");
}

#[test]
fn an_end_in_the_middle_is_an_answer() {
    let ground = Ground::new();
    let server = Scripted::serve(Some(&ground.issued), |peer| peer.send("* BYE [UNAVAILABLE] too many\r\n"));
    let answer = ground.log_in(&server, Security::Tls).expect("an answer");
    assert_eq!((word(&answer, "result"), word(&answer, "phase")), ("closed".into(), "greeting".into()));
    assert_eq!((word(&answer, "code"), word(&answer, "text")), ("UNAVAILABLE".into(), "too many".into()));
    let server = ground.greeted(|peer| peer.answer("LOGIN", "* BYE shutting down\r\n"));
    let answer = ground.log_in(&server, Security::Tls).expect("an answer");
    assert_eq!((word(&answer, "result"), word(&answer, "phase")), ("closed".into(), "login".into()));
    assert_eq!(word(&answer, "text"), "shutting down");
    let server = ground.greeted(|peer| peer.expect("LOGIN").map(|_| ()));
    let answer = ground.log_in(&server, Security::Tls).expect("an answer");
    assert_eq!((word(&answer, "result"), word(&answer, "text")), ("closed".into(), "the connection was closed".into()));
}

#[test]
fn control_characters_of_a_server_are_escaped() {
    let ground = Ground::new();
    let server = ground.greeted(|peer| {
        let text = format!("{{tag}} NO [\x1b[31mX] \x1b]52;c;aGk=\x07{}\r\n", "long ".repeat(1000));
        peer.answer("LOGIN", &text)
    });
    let mut caller = ground.caller(&server, Security::Tls);
    caller.time_left = Duration::from_secs(5);
    let answer = caller.call("login", "server", "alice", &[]).expect("an answer");
    let shown = answer.to_string();
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
    assert!(word(&answer, "text").chars().count() <= 501);
}

#[test]
fn an_unknowable_result_is_an_error() {
    let ground = Ground::new();
    let server = ground.greeted(Peer::hang);
    let mut caller = ground.caller(&server, Security::Tls);
    let known = caller.hosts.clone();
    let error = |caller: &Caller| caller.call("login", "server", "alice", &[]).expect_err("nothing is known");

    caller.hosts[0].address = "no-such-host.invalid".to_owned();
    assert_eq!(error(&caller).kind, ErrorKind::Unreachable);
    caller.hosts = known.clone();
    caller.change_imap(|imap| imap.from_address = Some([192, 0, 2, 1].into()));
    assert_eq!(error(&caller).kind, ErrorKind::Unreachable, "an address that is not ours");
    caller.hosts = known.clone();
    caller.change_imap(|imap| imap.ca = Some("missing.pem".into()));
    assert_eq!(error(&caller).kind, ErrorKind::Refused);
    caller.hosts[0].settings = BackendSettings::default();
    assert!(error(&caller).message.contains("does not say how to reach IMAP"));
    caller.hosts.clear();
    assert_eq!(error(&caller).kind, ErrorKind::Refused);
}

/// Reads a whole command with its literals. Returns its tag, and its name and arguments as the server decodes them.
fn hear_command(peer: &mut Peer) -> io::Result<(String, Vec<Vec<u8>>)> {
    let (tag, mut rest) = peer.hear()?;
    let mut words = Vec::new();
    loop {
        let mut literal = None;
        let mut bytes = rest.bytes().peekable();
        while let Some(byte) = bytes.next() {
            let mut word = Vec::new();
            match byte {
                b' ' => continue,
                b'"' => {
                    loop {
                        match bytes.next() {
                            Some(b'"') => break,
                            Some(b'\\') => word.extend(bytes.next()),
                            Some(byte) => word.push(byte),
                            None => return Err(io::ErrorKind::InvalidData.into()),
                        }
                    }
                    assert!(matches!(bytes.peek(), None | Some(b' ')), "a string ends where its quote does: {rest}");
                }
                b'{' => {
                    let digits: String = bytes.by_ref().take_while(|byte| *byte != b'}').map(char::from).collect();
                    assert!(bytes.peek().is_none(), "a literal ends its line");
                    literal = Some(digits.parse().expect("a length"));
                    break;
                }
                byte => {
                    word.push(byte);
                    while let Some(byte) = bytes.next_if(|byte| *byte != b' ') {
                        word.push(byte);
                    }
                }
            }
            words.push(word);
        }
        let Some(length) = literal else { return Ok((tag, words)) };
        peer.send("+ go on\r\n")?;
        words.push(peer.hear_bytes(length)?);
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.extend(peer.hear_bytes(1)?);
        }
        rest = String::from_utf8(line).map_err(io::Error::other)?.trim_end_matches("\r\n").to_owned();
    }
}

#[test]
fn arguments_stay_one_argument_of_one_command() {
    use std::sync::mpsc;
    let ground = Ground::new();
    let (heard, commands) = mpsc::channel();
    let heard = std::sync::Mutex::new(heard);
    let server = ground.greeted(move |peer| {
        loop {
            let (tag, words) = hear_command(peer)?;
            heard.lock().expect("a channel").send(words).map_err(io::Error::other)?;
            peer.send(format!("{tag} OK [CAPABILITY IMAP4rev1] done\r\n"))?;
        }
    });
    let caller = ground.caller(&server, Security::Tls);
    let mut nasty: Vec<String> = [
        "\"",
        "\\",
        "\\\"",
        "a\" \"b",
        "}",
        "{3}",
        "{3+}",
        "\" LOGOUT",
        "(",
        "*",
        "%",
        "]",
        "\t",
        "\x7f",
        "\x1b[0m",
        " ",
        "ü",
        "密码",
        "NIL",
        "~{2}",
        "a b",
        "\u{2028}",
        "😀",
        "\\\\\\",
        "\"\"",
    ]
    .map(str::to_owned)
    .to_vec();
    nasty.push((' '..='~').collect());
    nasty.push(('\x01'..='\u{17F}').filter(|c| !matches!(c, '\r' | '\n')).collect());
    for text in &nasty {
        std::fs::write(ground.path().join("password"), format!("{text}pass")).expect("the secret");
        let answer = caller.call("mailbox", "server", text, &[("mailbox", text)]).expect("an answer");
        assert_eq!(word(&answer, "result"), "accepted", "{text:?}: {answer}");
        let sent: Vec<Vec<Vec<u8>>> = (0..3).map(|_| commands.recv().expect("a command")).collect();
        assert_eq!(sent[0], [b"LOGIN".to_vec(), text.clone().into_bytes(), format!("{text}pass").into_bytes()]);
        assert_eq!((sent[1][0].as_slice(), sent[1].len()), (&b"EXAMINE"[..], 2), "{text:?}");
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'&') {
            assert_eq!(sent[1][1], text.as_bytes());
        }
        assert!(sent[1][1].is_ascii());
        assert_eq!(sent[2], [b"LOGOUT".to_vec()]);
        assert!(commands.try_recv().is_err(), "{text:?}: nothing else was sent");
    }
    let told = server.told().len();
    for bad in ["a\rb", "a\nb", "a\r\nx LOGOUT", "a\0b", ""] {
        let error = caller.call("login", "server", bad, &[]).expect_err("a bad user");
        assert_eq!(error.kind, ErrorKind::Refused, "{bad:?}");
        let error = caller.call("mailbox", "server", "alice", &[("mailbox", bad)]).expect_err("a bad mailbox");
        assert_eq!(error.kind, ErrorKind::Refused, "{bad:?}");
        std::fs::write(ground.path().join("password"), format!("pass{bad}\nx")).expect("the secret");
        let error = caller.call("login", "server", "alice", &[]).expect_err("a bad password");
        assert_eq!(error.kind, ErrorKind::Refused, "{bad:?}");
        assert!(!error.message.contains("pass\n"));
    }
    assert_eq!(server.told().len(), told, "nothing was sent for them");
}

/// A server with a mailbox that serves this message in place of the probe's message.
fn post_office(
    ground: &Ground,
    give: impl Fn(&str, &str) -> String + Send + Sync + 'static,
    capabilities: &'static str,
) -> Scripted {
    Scripted::serve(Some(&ground.issued), move |peer| {
        peer.send(format!("* OK [CAPABILITY {capabilities}] hello\r\n"))?;
        let mut left = String::new();
        loop {
            let (tag, words) = hear_command(peer)?;
            let words: Vec<String> = words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
            let answer = match (words[0].as_str(), words.get(1).map(String::as_str)) {
                ("LOGIN", _) => format!("{tag} OK [CAPABILITY {capabilities}] done\r\n"),
                ("APPEND", _) => {
                    left = words.last().cloned().unwrap_or_default();
                    format!("{tag} OK [APPENDUID 7 42] done\r\n")
                }
                ("SELECT", _) => format!("* 1 EXISTS\r\n* OK [UIDVALIDITY 7] done\r\n{tag} OK done\r\n"),
                ("UID", Some("FETCH")) => format!("{}{tag} OK done\r\n", give(&words[2], &left)),
                ("UID", Some("SEARCH")) => format!("* SEARCH 41 42\r\n{tag} OK done\r\n"),
                _ => format!("{tag} OK done\r\n"),
            };
            peer.send(answer)?;
        }
    })
}

fn fetched(uid: &str, message: &str) -> String {
    format!("* 1 FETCH (UID {uid} BODY[HEADER] {{{}}}\r\n{message})\r\n", message.len())
}

#[test]
fn only_the_message_that_was_left_satisfies_a_round_trip() {
    let ground = Ground::new();
    let server = post_office(&ground, fetched, "IMAP4rev1 UIDPLUS");
    let trip = |server: &Scripted| ground.caller(server, Security::Tls).call("round_trip", "server", "alice", INBOX);
    let first = word(&trip(&server).expect("a round trip"), "token");
    let second = word(&trip(&server).expect("a round trip"), "token");
    assert_ne!(first, second);
    assert!(server.told().contains("UID EXPUNGE 42\r\n") && !server.told().contains("EXPUNGE 41"));

    // The message of an earlier round trip, with the same subject, under the number of the new one.
    let old = format!("Subject: rectify looks whether mail can be stored\r\nX-Rectify-Probe: {first}\r\n\r\n");
    let given = old.clone();
    let server = post_office(&ground, move |uid, _| fetched(uid, &given), "IMAP4rev1 UIDPLUS");
    let error = trip(&server).expect_err("an old message");
    assert_eq!(error.kind, ErrorKind::Failed);
    assert!(error.message.contains("another message"), "{error}");
    assert!(!server.told().contains("EXPUNGE"), "a message that is not known to be ours is left alone");

    // The right message under another number, and no message.
    let server = post_office(&ground, |_, left| fetched("420", left), "IMAP4rev1 UIDPLUS");
    assert!(trip(&server).expect_err("another number").message.contains("is missing"));
    let server = post_office(&ground, |_, _| String::new(), "IMAP4rev1 UIDPLUS");
    assert!(trip(&server).expect_err("no message").message.contains("is missing"));

    // The token in the body of another message is not enough.
    let server = post_office(
        &ground,
        |uid, left| {
            let token = left.lines().find_map(|line| line.strip_prefix("X-Rectify-Probe: ")).unwrap_or_default();
            fetched(uid, &format!("Subject: {token}\r\n\r\n"))
        },
        "IMAP4rev1 UIDPLUS",
    );
    assert!(trip(&server).expect_err("a subject").message.contains("another message"));
}

#[test]
fn no_message_is_left_where_it_could_not_be_taken_away() {
    let ground = Ground::new();
    let server = post_office(&ground, fetched, "IMAP4rev1");
    let error =
        ground.caller(&server, Security::Tls).call("round_trip", "server", "alice", INBOX).expect_err("no UIDPLUS");
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.contains("UIDPLUS"), "{error}");
    assert!(!server.told().contains("APPEND"));
}

#[test]
fn a_message_that_is_slow_to_read_is_removed_anyway() {
    let ground = Ground::new();
    // The first FETCH is never answered; the search of the second session finds the message.
    let first = std::sync::atomic::AtomicBool::new(true);
    let left_behind = std::sync::Mutex::new(String::new());
    let server = post_office(
        &ground,
        move |uid, left| {
            if first.swap(false, std::sync::atomic::Ordering::Relaxed) {
                *left_behind.lock().expect("a text") = left.to_owned();
                std::thread::sleep(Duration::from_secs(2));
            }
            if uid == "42" {
                fetched(uid, &left_behind.lock().expect("a text"))
            } else {
                fetched(uid, "Subject: a person's\r\n\r\n")
            }
        },
        "IMAP4rev1 UIDPLUS",
    );
    let mut caller = ground.caller(&server, Security::Tls);
    caller.time_left = Duration::from_secs(2);
    let error = caller.call("round_trip", "server", "alice", INBOX).expect_err("too slow");
    assert_eq!(error.kind, ErrorKind::TimedOut, "{error}");
    assert!(!error.message.contains("was not removed"), "{error}");
    assert!(server.told().contains("UID EXPUNGE 42\r\n"), "{}", server.told());
}

#[test]
fn the_librarys_log_reaches_no_sink() {
    let ground = Ground::new();
    let server = ground.greeted(|peer| {
        peer.answer("LOGIN", "{tag} OK [CAPABILITY IMAP4rev1] done\r\n")?;
        peer.answer("LOGOUT", "{tag} OK bye\r\n")
    });
    let inventory = format!(
        "hosts:\n  one:\n    address: 127.0.0.1\n    roles: [mail]\n    facts: {{word: word}}\n    imap: {{port: {}, ca: {}}}\n\
         mail: {{server: 127.0.0.1, port: 9, security: none, from: rectify@lab.test}}\n\
         contacts:\n  oncall: oncall@lab.test\nsecrets:\n  word: {{environment: CANARY}}\n",
        server.port,
        ground.authority.certificate.display()
    );
    let look = "  wait until imap.login(server, user: \"alice\", password: server.word).result == accepted within 20s every 1s\n  \
                resolve \"done\"";
    let project = Project::new(&[
        ("rectify.yaml", &inventory),
        ("a.runbook", &format!("role mail {{\n  word: secret\n}}\n\n{}", runbook("Look", "server: mail", look))),
    ]);
    let mut command = project.command(&["run", "a.runbook", "server=one"]);
    command.env("RECTIFY_LOG", "trace").env("CANARY", PASSWORD);
    let ran = Ran::of(command.output().expect("it starts")).ends(0);
    assert!(server.told().contains("canary"), "the password was sent");
    assert!(ran.stderr.contains("imap.login"), "something was logged: {ran:#?}");
    for sink in [&ran.stderr, &ran.stdout] {
        assert!(!["canary", "async_imap", "imap_proto", "encode"].iter().any(|word| sink.contains(word)), "{ran:#?}");
    }
}
