//! A complete inventory, every mistake at its position, and malicious files.

use super::*;
use crate::backend::host::{ReachablePort, RebootSettings};
use crate::backend::imap::ImapSettings;
use crate::backend::registry;
use crate::backend::service::{ServiceManager, ServiceSettings};
use crate::source::{SourceFile, SourceMap};
use crate::value::{Decimal, MailSettings, Security, Value};
use proptest::prelude::*;

fn parse(file: FileId, text: &str) -> (Inventory, Vec<Diagnostic>) {
    super::parse(file, text, &registry::sections())
}

const GOOD: &str = r#"
# The lab.
hosts:
  fe1:
    address: 127.0.0.2
    aliases: [fe1.example.org, FE-ONE]
    roles: front_end
    reachable_port: 993
    imap: { port: 10993, ca: ca.pem, server_name: fe1.example.org, from_address: 127.0.0.9 }
    service: {manager: supervisor, config: supervisord.conf}
  be1:
    roles: [back_end, mailbox]
    facts:
      site: 北京
      rank: 2
      quoted: "2"
      version: 1.10
      build: 007
      spare: true
      dag:
      ports: [143, 993]
      grace: 90s
    service: {manager: systemd, command: [ssh, be1, systemctl]}
    reboot: {command: [ssh, be1, reboot], boot_id: [ssh, be1, cat, /proc/sys/kernel/random/boot_id]}
contacts:
  oncall: oncall@example.org
  lead:
    mail: [lead@example.org, "lead@example.net"]
    also: [oncall]
  here: {terminal: true, also: [lead]}
mail:
  server: mail.example.org
  from: rectify@example.org
  security: starttls
  user: rectify
  password: mail_password
secrets:
  mail_password: {environment: MAIL_PASSWORD}
  probe: {file: secrets/probe}
policy:
  destroy: allow
  approvers: [ada, grace]
"#;

fn show(text: &str) -> Vec<String> {
    let mut sources = SourceMap::new();
    let file = sources.add(SourceFile::new("rectify.yaml", text));
    let (_, diagnostics) = parse(file, text);
    diagnostics
        .iter()
        .map(|diagnostic| {
            assert_eq!(diagnostic.code.0, "E0701");
            let place = sources.file(file).unwrap().position(diagnostic.span().start);
            let help = diagnostic.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}:{} {}{help}", place.line, place.column, diagnostic.message)
        })
        .collect()
}

#[test]
fn a_whole_inventory_is_read() {
    let (inventory, diagnostics) = parse(FileId(3), GOOD);
    assert_eq!(diagnostics, []);
    let front = inventory.host("fe-one.").unwrap();
    assert_eq!((front.name.as_str(), front.address.as_str()), ("fe1", "127.0.0.2"));
    assert_eq!(front.settings.get(), Some(&ReachablePort(993)));
    let imap = front.settings.get::<ImapSettings>().unwrap();
    assert_eq!((imap.port, imap.security, imap.from_address), (Some(10993), Security::Tls, "127.0.0.9".parse().ok()));
    let back = &inventory.hosts[1];
    assert_eq!(back.host.address, "be1", "the address is the name when nothing is said");
    assert_eq!(back.host.settings.get::<ServiceSettings>().unwrap().manager, ServiceManager::Systemd);
    assert_eq!(back.host.settings.get::<RebootSettings>().unwrap().command, ["ssh", "be1", "reboot"]);
    let fact = |name: &str| back.host.fact(name).unwrap().clone();
    assert_eq!(fact("site"), Value::text("北京"));
    assert_eq!(fact("rank"), Value::number(2));
    assert_eq!(fact("quoted"), Value::text("2"));
    assert_eq!(fact("version"), Value::Number(Decimal::new(110, 2)));
    assert_eq!(fact("build"), Value::text("007"));
    assert_eq!(fact("spare"), Value::Boolean(true));
    assert_eq!(fact("dag"), Value::Absent);
    assert_eq!(fact("ports"), Value::list([Value::number(143), Value::number(993)]));
    assert_eq!(fact("grace"), Value::text("90s"));
    let text = |span: Span| &GOOD[span.start as usize..span.end as usize];
    assert_eq!(text(back.name_span), "be1");
    assert_eq!(back.roles_spans.iter().map(|span| text(*span)).collect::<Vec<_>>(), ["back_end", "mailbox"]);
    assert_eq!((text(back.facts_spans[0].name), text(back.facts_spans[0].value)), ("site", "北京"));
    assert_eq!((text(back.facts_spans[2].value), back.facts_spans[2].written.as_deref()), ("\"2\"", Some("2")));
    assert_eq!(back.facts_spans[3].written.as_deref(), Some("1.10"));
    assert_eq!(back.name_span.file, FileId(3));
    let told: Vec<&str> =
        Contact::recipients(&inventory.contacts, "here").into_iter().map(|contact| contact.name.as_str()).collect();
    assert_eq!(told, ["here", "lead", "oncall"]);
    assert_eq!(inventory.secrets["probe"], SecretSource::File("secrets/probe".into()));
    assert_eq!(inventory.settings.get::<MailSettings>().unwrap().security, Security::Starttls);
    assert_eq!(inventory.policy.destroy, DestroyPolicy::Allow);
    assert_eq!(inventory.policy.approvers, ["ada", "grace"]);
}

#[test]
fn an_empty_file_is_an_empty_inventory() {
    for text in ["", "\n", "# nothing\n", "---\n", "hosts:\ncontacts:\n"] {
        assert_eq!(parse(FileId(0), text), (Inventory::default(), vec![]), "{text:?}");
    }
}

/// Files with one mistake, and its diagnostic.
const MISTAKES: &[(&str, &str)] = &[
    ("host:\n  a: {}\n", "1:1 `rectify.yaml` has no entry `host` (Did you mean `hosts`?)"),
    ("hosts:\n  a:\n    adress: b\n", "3:5 The host `a` has no entry `adress` (Did you mean `address`?)"),
    ("hosts: [a, b]\n", "1:8 `hosts:` must have entries (`name: …`), found a list"),
    ("hosts:\n  a: 1.2.3.4\n", "2:6 The host `a` must have entries (`name: …`), found a single value"),
    ("hosts:\n  a: {}\n  a: {}\n", "3:3 Duplicate key `a`"),
    ("hosts:\n  a: {}\n  A: {}\n", "3:3 Duplicate host `A` (names are compared without case)"),
    ("hosts:\n  a: {aliases: [B.]}\n  b: {}\n", "2:17 The alias `B.` of `a` already belongs to `b`"),
    ("hosts:\n  a: {aliases: [x]}\n  b: {aliases: [y, X]}\n", "3:20 The alias `X` of `b` already belongs to `a`"),
    ("hosts:\n  -x: {}\n", "2:3 `-x` is not a valid host name: it starts with a hyphen, like an option"),
    (
        "hosts:\n  a: {address: -oProxyCommand=x}\n",
        "2:16 `-oProxyCommand=x` is not a valid address: it starts with a hyphen, like an option",
    ),
    ("hosts:\n  a: {address: [x]}\n", "2:16 `address:` must be a text, found a list"),
    (
        "hosts:\n  a: {facts: {x: {y: 1}}}\n",
        "2:18 A fact must be a text, a number, `true`, `false`, or a list of these",
    ),
    ("hosts:\n  a: {reachable_port: 70000}\n", "2:23 Expected a whole number from 0 to 65535"),
    ("hosts:\n  a: {reachable_port: 0}\n", "2:23 Port 0 is not a valid port"),
    ("hosts:\n  a: {imap: {prot: 1}}\n", "2:14 Unknown entry `prot` (Did you mean `port`?)"),
    ("hosts:\n  a: {imap: {security: startls}}\n", "2:24 Unknown word `startls` (Did you mean `starttls`?)"),
    ("hosts:\n  a: {imap: {from_address: here}}\n", "2:28 Invalid value: invalid IP address syntax"),
    ("hosts:\n  a: {service: {config: x}}\n", "2:7 `manager:` is missing"),
    ("hosts:\n  a: {reboot: {command: reboot}}\n", "2:25 Expected a list, found a single value"),
    ("hosts:\n  a: {imap: [993]}\n", "2:13 Expected entries (`name: …`), found a list"),
    ("hosts:\n  a: {imap: tls}\n", "2:13 Expected entries (`name: …`), found a single value"),
    ("hosts:\n  a: {imap: {security: [tls]}}\n", "2:24 Expected a word, found a list"),
    ("hosts:\n  a: {imap: {port: [993]}}\n", "2:20 Expected a whole number from 0 to 65535, found a list"),
    ("hosts:\n  a: {imap: {port: \"x, expected y\"}}\n", "2:20 Expected a whole number from 0 to 65535"),
    ("hosts:\n  a: {imap: {port: 9.93}}\n", "2:20 Expected a whole number from 0 to 65535"),
    ("hosts:\n  a: {reboot: {command: [ssh, {be1: reboot}]}}\n", "2:31 Expected a text, found entries"),
    ("hosts:\n  a: {service: {manager: systemd, command: [ssh, ~]}}\n", "2:50 Expected a text, found nothing"),
    (
        "hosts:\n  a: {reboot: {command: []}}\n",
        "2:7 A command must be a list of arguments that starts with a program (Write, for example, `command: [ssh, be1, reboot]`)",
    ),
    (
        "contacts:\n  a: {}\n",
        "2:3 The contact `a` cannot be reached (Add `mail: ADDRESS`, `terminal: true` or `also: [CONTACT]`)",
    ),
    ("contacts:\n  a: {terminal: perhaps}\n", "2:17 Expected `true` or `false`"),
    (
        "contacts:\n  first: {terminal: true}\n  b: {also: [frist]}\n",
        "3:14 Unknown contact `frist` (Did you mean `first`?)",
    ),
    (
        "contacts:\n  a: {mail: nobody}\n",
        "2:13 `nobody` is not a mail address (Write `name@example.org`, without a display name)",
    ),
    (
        "contacts:\n  a: x@example.org\n",
        "1:1 The contact `a` is reached by mail, but there is no section `mail:` (Add `mail:` with `server:` and `from:`)",
    ),
    ("mail: {server: m.example.org}\n", "1:1 `from:` is missing"),
    (
        "mail: {server: m.example.org, from: a@example.org, security: none}\n",
        "1:1 Mail without TLS is only allowed to a loopback address (Remove `security: none`, or name a relay on this machine)",
    ),
    (
        "mail: {server: m, from: a@example.org, user: x}\n",
        "1:1 `mail.user:` and `mail.password:` must be given together",
    ),
    ("policy: {destroy: never}\n", "1:19 `destroy:` must be `approval` or `allow`"),
    ("hosts:\n\ta: {}\n", "2:1 This line is indented with a tab (Indent with spaces: YAML is indented with spaces)"),
    (
        "hosts: {a: &x {}}\n",
        "1:12 Anchors and aliases are not supported (Repeat the value here, where a reader looks for it)",
    ),
    ("hosts: {a: !ruby/object {}}\n", "1:12 YAML tags are not supported (Remove the part that starts with `!`)"),
    ("hosts: {}\n---\nhosts: {}\n", "2:1 Unexpected second document (Write a single document in the file)"),
    ("hosts:\n  ? [a]\n  : {}\n", "2:5 This key must be a single word (Write `key: value`)"),
    ("[1]\n", "1:1 `rectify.yaml` must have entries (`name: …`), found a list"),
];

#[test]
fn every_mistake_has_its_place() {
    for (text, expected) in MISTAKES {
        assert_eq!(show(text), [*expected], "{text}");
    }
    let unclosed = show("hosts: {a: {\n");
    assert!(unclosed.len() == 1 && unclosed[0].contains("Malformed YAML: "), "{unclosed:?}");
}

/// Mistakes that concern more than the form of one entry, so that the JSON Schema does not find them.
#[cfg(feature = "schema")]
const BEYOND_SHAPE: &[&str] = &[
    "Duplicate host",
    "The alias",
    "starts with a program",
    "Unknown contact",
    "no section `mail:`",
    "Mail without TLS",
    "Anchors and aliases",
];

#[cfg(feature = "schema")]
#[test]
fn the_schema_refuses_every_mistake_of_shape() {
    let schema = schema(&registry::sections());
    let taken = MISTAKES.iter().filter(|(text, _)| crate::yaml::schema::accepts(&schema, text));
    let is_told = |said: &&str| BEYOND_SHAPE.iter().any(|beyond| said.contains(beyond));
    let overlooked: Vec<&str> = taken.map(|(_, said)| *said).filter(|said| !is_told(said)).collect();
    assert_eq!(overlooked, [""; 0]);
    assert!(crate::yaml::schema::accepts(&schema, GOOD) && crate::yaml::schema::accepts(&schema, OF_MANY_FORMS));
}

const OF_MANY_FORMS: &str = "hosts:\n  a:\n    reboot: {command: [ssh, -p, 2222, 3.10, 007, 1e5, yes, true, 0x1F, \"~\"]}\n    \
                imap: {port: \"993\", server_name: 12.50}\n    facts: {on: on, yes: yes, big: 1e5, hex: 0x1F}\n\
                contacts:\n  12: {terminal: true}\n";

#[test]
fn the_type_decides_what_a_scalar_is() {
    let (inventory, diagnostics) = parse(FileId(0), OF_MANY_FORMS);
    assert_eq!(diagnostics, []);
    let host = inventory.host("a").unwrap();
    let command = &host.settings.get::<RebootSettings>().unwrap().command;
    assert_eq!(command, &["ssh", "-p", "2222", "3.10", "007", "1e5", "yes", "true", "0x1F", "~"]);
    let imap = host.settings.get::<ImapSettings>().unwrap();
    assert_eq!((imap.port, imap.server_name.as_deref()), (Some(993), Some("12.50")));
    let facts: Vec<_> = host.facts.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let text = |name, written: &str| (name, Value::text(written));
    assert_eq!(facts, [text("on", "on"), text("yes", "yes"), text("big", "1e5"), text("hex", "0x1F")]);
    assert!(inventory.contact("12").is_some());
}

#[test]
fn what_is_not_yaml_is_told_in_place() {
    for (text, expected) in [
        ("hosts: {a: {\n", "2:1 Malformed YAML: did not find expected"),
        ("contacts:\n  oncall: [terminal\n", "3:1 Malformed YAML: did not find expected ',' or ']'"),
        ("# 清单\nhosts: {北京: @}\n", "2:13 Malformed YAML: found character that cannot start any token"),
        ("hosts: *a\n", "1:8 Malformed YAML: while parsing node, found unknown anchor"),
        ("@\n", "1:1 Malformed YAML: found character that cannot start any token"),
    ] {
        let shown = show(text);
        assert!(shown.len() == 1 && shown[0].starts_with(expected), "{text}: {shown:?}");
    }
}

/// Aliases are not followed and nesting is bounded; if that failed, the limits of serde_yaml would still apply.
#[test]
fn the_library_has_limits_of_its_own() {
    let refused = |text: &str| serde_yaml::from_str::<serde_yaml::Value>(text).unwrap_err().to_string();
    let bomb = format!(
        "{}]",
        (0..9).fold(String::from("[&a0 [x]"), |all, n| {
            format!("{all}, &a{} [{}]", n + 1, vec![format!("*a{n}"); 9].join(","))
        })
    );
    assert!(refused(&bomb).contains("repetition limit exceeded"), "{}", refused(&bomb));
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert!(refused(&deep).contains("recursion limit exceeded"), "{}", refused(&deep));
    assert_eq!(show(&deep), ["1:18 Too much nesting (limit 16)"]);
}

#[test]
fn one_mistake_does_not_hide_the_next() {
    let text = "hosts:\n  a: {adress: x, reachable_port: many}\n  b:\n    imap: {port: x}\n    service: {manager: upstart}\n\
                contacts:\n  c: {}\npolicy: {destroy: x}\nwrong: 1\n";
    let places: Vec<String> = show(text).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(places, ["2:7", "2:34", "4:18", "5:24", "7:3", "8:19", "9:1"]);
    let twice = "hosts:\n  a: &x {roles: *x}\n  a: {}\n  b: {imap: {port: y}}\n";
    let places: Vec<String> = show(twice).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(places, ["2:6", "2:17", "3:3", "4:20"]);
}

#[test]
fn places_are_right_after_wide_characters_line_ends_and_a_mark() {
    let text = "\u{feff}# 清单\r\nhosts:\r\n  a: {facts: {所在: 北京}, rolls: x}\r\n";
    let (_, diagnostics) = parse(FileId(0), text);
    let span = diagnostics[0].span();
    assert_eq!(&text[span.start as usize..span.end as usize], "rolls");
}

#[test]
fn a_secret_in_the_file_is_refused_and_never_repeated() {
    for text in [
        "secrets:\n  db: hunter22\n",
        "secrets:\n  db: {value: hunter22}\n",
        "secrets:\n  db: {environment: A, file: hunter22}\n",
        "secrets:\n  db: [hunter22]\n",
        "mail: {server: m, from: a@example.org, user: u, password: hunter22}\n",
        "mail:\n  server: m\n  from: a@example.org\n  user: u\n  password: [hunter22]\n",
    ] {
        let shown = show(text);
        assert_eq!(shown.len(), 1, "{shown:?}");
        assert!(!shown[0].contains("hunter22") && shown[0].starts_with("1:1 "), "{shown:?}");
    }
}

#[test]
fn files_that_mean_harm_end_soon() {
    let bomb = format!(
        "a0: &a0 [x,x,x,x,x,x,x,x,x]\n{}",
        (1..60).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(","))).collect::<String>()
    );
    assert!(show(&bomb).iter().any(|line| line.contains("Anchors and aliases")));
    for opening in ["[", "{a: ", "- ", "? ", "{[", "? - "] {
        let shown = show(&format!("hosts: {}", opening.repeat(100_000)));
        assert!(!shown.is_empty() && shown.len() < 10, "{opening}: {shown:?}");
    }
    assert_eq!(show(&"a".repeat(1024 * 1024 + 1)), ["1:1 This file is longer than 1 MiB"]);
    for text in [
        "\0",
        "hosts: \u{1}",
        "%YAML 9.9\n---\n",
        "a: |\n",
        "- - - -",
        "!!binary x",
        "\"",
        "'",
        "? ? ?",
        "*a",
        "&a",
        "{",
        "]",
    ] {
        show(text);
    }
}

#[test]
fn a_large_inventory_is_read() {
    let hosts: String =
        (0..8000).map(|n| format!("  h{n}: {{address: 10.0.0.1, roles: [r], facts: {{a: 1}}}}\n")).collect();
    let (inventory, diagnostics) = parse(FileId(0), &format!("hosts:\n{hosts}"));
    assert_eq!((inventory.hosts.len(), diagnostics.len()), (8000, 0));
}

proptest! {
    #[test]
    fn nothing_written_makes_it_panic(text in "([a-z]{1,3}|hosts|contacts|mail|facts|[:,&*!|>'\"{}#%-]|\\[|\\]|\n|\n  | |\t|é){0,60}") {
        for diagnostic in parse(FileId(0), &text).1 {
            let span = diagnostic.span();
            prop_assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
        }
    }
}
