//! Canaries: a known value in every encoding.

use super::*;
use crate::value::Value;
use proptest::prelude::*;
use std::os::unix::fs::PermissionsExt;

const CANARY: &str = "K4n'ari \"Vögel\" & <Fi$ch>/\\2";

fn knowing(values: &[&str]) -> Secrets {
    let secrets = Secrets::default();
    values.iter().for_each(|value| secrets.register(value));
    secrets
}

/// What other programs make of the canary, worked out by hand or by those programs, not by the code under test.
fn disguises() -> Vec<(&'static str, String)> {
    let bytes = |one: fn(u8) -> String, between: &str| CANARY.bytes().map(one).collect::<Vec<_>>().join(between);
    let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![
        ("raw", CANARY.into()),
        ("case reversed", "k4N'ARI \"vÖGEL\" & <fI$CH>/\\2".into()),
        ("hex", hex.clone()),
        ("HEX", hex.to_uppercase()),
        ("component", "K4n%27ari%20%22V%C3%B6gel%22%20%26%20%3CFi%24ch%3E%2F%5C2".into()),
        ("component, lower", "k4n%27ari%20%22v%c3%b6gel%22%20%26%20%3cfi%24ch%3e%2f%5c2".into()),
        ("form", "K4n%27ari+%22V%C3%B6gel%22+%26+%3CFi%24ch%3E%2F%5C2".into()),
        ("json", r#"K4n'ari \"Vögel\" & <Fi$ch>/\\2"#.into()),
        ("json, ascii", r#"K4n'ari \"V\u00f6gel\" & <Fi$ch>/\\2"#.into()),
        ("json in json", r#"K4n'ari \\\"Vögel\\\" & <Fi$ch>/\\\\2"#.into()),
        ("json, slashes", r#"K4n'ari \"Vögel\" & <Fi$ch>\/\\2"#.into()),
        ("json, html safe", r#"K4n'ari \"Vögel\" \u0026 \u003cFi$ch\u003e/\\2"#.into()),
        ("xml text", r#"K4n'ari "Vögel" &amp; &lt;Fi$ch&gt;/\2"#.into()),
        ("xml attribute", r#"K4n&apos;ari &quot;Vögel&quot; &amp; &lt;Fi$ch&gt;/\2"#.into()),
        ("html", r#"K4n&#39;ari &#34;Vögel&#34; &amp; &lt;Fi$ch&gt;/\2"#.into()),
        ("shell, single", r#"K4n'\''ari "Vögel" & <Fi$ch>/\2"#.into()),
        ("shell, shlex", r#"K4n'"'"'ari "Vögel" & <Fi$ch>/\2"#.into()),
        ("shell, double", r#"K4n'ari \"Vögel\" & <Fi\$ch>/\\2"#.into()),
        ("shell, printf %q", r#"K4n\'ari\ \"Vögel\"\ \&\ \<Fi\$ch\>/\\2"#.into()),
        ("python quote", "K4n%27ari%20%22V%C3%B6gel%22%20%26%20%3CFi%24ch%3E/%5C2".into()),
        ("encodeURI", "K4n'ari%20%22V%C3%B6gel%22%20&%20%3CFi$ch%3E/%5C2".into()),
        ("encodeURIComponent", "K4n'ari%20%22V%C3%B6gel%22%20%26%20%3CFi%24ch%3E%2F%5C2".into()),
        ("ConvertTo-Json", r#"K4n\u0027ari \"Vögel\" \u0026 \u003cFi$ch\u003e/\\2"#.into()),
        ("System.Text.Json", r#"K4n\u0027ari \u0022V\u00F6gel\u0022 \u0026 \u003CFi$ch\u003E/\\2"#.into()),
        ("xml attribute, least", r#"K4n'ari &quot;Vögel&quot; &amp; &lt;Fi$ch>/\2"#.into()),
        ("xml, ascii", r#"K4n'ari "V&#246;gel" &amp; &lt;Fi$ch&gt;/\2"#.into()),
        ("php", r#"K4n&#039;ari &quot;Vögel&quot; &amp; &lt;Fi$ch&gt;/\2"#.into()),
        (
            "entities, decimal",
            "K4n&#39;ari&#32;&#34;V&#246;gel&#34;&#32;&#38;&#32;&#60;Fi&#36;ch&#62;&#47;&#92;2".into(),
        ),
        (
            "entities, hex",
            "K4n&#x27;ari&#x20;&#x22;V&#xF6;gel&#x22;&#x20;&#x26;&#x20;&#x3C;Fi&#x24;ch&#x3E;&#x2F;&#x5C;2".into(),
        ),
        ("0x", bytes(|byte| format!("0x{byte:02x}"), " ")),
        ("0X,", bytes(|byte| format!("0x{byte:02X}"), ", ")),
        ("hex,", bytes(|byte| format!("{byte:02x}"), ", ")),
        ("\\x", bytes(|byte| format!("\\x{byte:02x}"), "")),
        ("hex-", bytes(|byte| format!("{byte:02X}"), "-")),
        ("debug", format!("{CANARY:?}")),
    ]
}

#[test]
fn every_disguise_is_masked_whole() {
    let secrets = knowing(&[CANARY]);
    for (name, disguise) in disguises() {
        let shown = secrets.redact_text(&format!("before {disguise} after")).into_inner();
        let quoted = if name == "debug" { "before \"***\" after" } else { "before *** after" };
        assert_eq!(shown, quoted, "{name}");
    }
}

#[test]
fn base64_is_masked_at_every_alignment_and_over_line_ends() {
    use base64::Engine;
    let secrets = knowing(&["correct horse battery staple"]);
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    for before in ["", "u", "us", "use"] {
        let whole = encode(&format!("{before}correct horse battery staple!"));
        let shown = secrets.redact_text(&whole).into_inner();
        let left = shown.replace(MASK, "");
        assert!(shown.contains(MASK) && left.len() <= before.len() * 8 / 6 + 6, "{before:?}: {shown}");
        let wrapped: Vec<String> =
            whole.as_bytes().chunks(10).map(|line| String::from_utf8_lossy(line).into()).collect();
        for end in ["\n", "\r\n"] {
            let shown = secrets.redact_text(&wrapped.join(end)).into_inner();
            assert_eq!(shown.replace(['\r', '\n'], ""), secrets.redact_text(&whole).into_inner());
        }
    }
}

#[test]
fn secrets_that_overlap_leave_no_end_behind() {
    let secrets = knowing(&["abcdef", "defghi", "abcd"]);
    assert_eq!(*secrets.redact_text("xabcdefghiy"), "x***y");
}

#[test]
fn the_lines_of_a_key_are_masked_one_by_one() {
    let secrets = knowing(&["-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA7\nxxxx\n-----END KEY-----\n"]);
    assert_eq!(*secrets.redact_text("line 2 is MIIEpAIBAAKCAQEA7."), "line 2 is ***.");
    assert_eq!(*secrets.redact_text("xxxx is ordinary"), "xxxx is ordinary");
}

#[test]
fn values_are_masked_however_deep_and_whatever_their_kind() {
    let secrets = knowing(&["hunter22", "4711471"]);
    let json = serde_json::json!({"hunter22": ["a hunter22", 4711471, {"x": "HUNTER22"}]});
    let value = Value::list([
        Value::record("R", [("a", Value::text("my hunter22")), ("b", Value::number(4_711_471))]),
        Value::Json(Arc::new(json)),
        Value::Secret("hunter".into()),
    ]);
    let shown = secrets.redact_value(&value);
    assert_eq!(shown.to_string(), r#"[R(a: my ***, b: ***), {"***":["a ***","***",{"x":"***"}]}, secret hunter]"#);
}

#[test]
fn short_values_are_refused_and_masked_alone_only() {
    let folder = tempfile::tempdir().unwrap();
    write_secret(folder.path(), "pin", b"123\n", 0o600);
    let secrets = of_file(folder.path(), "pin");
    let error = secrets.reveal("it").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.contains("shorter than 4") && !error.message.contains("123"));
    let secrets = knowing(&["ab"]);
    assert_eq!(*secrets.redact_text("ab"), MASK);
    assert_eq!(*secrets.redact_text("about"), "about");
}

fn write_secret(folder: &std::path::Path, name: &str, bytes: &[u8], mode: u32) {
    std::fs::write(folder.join(name), bytes).unwrap();
    std::fs::set_permissions(folder.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
}

fn of_file(folder: &std::path::Path, name: &str) -> Secrets {
    Secrets::new(BTreeMap::from([("it".to_owned(), SecretSource::File(name.into()))]), folder)
}

#[test]
fn a_file_gives_its_text_without_the_last_line_end() {
    let folder = tempfile::tempdir().unwrap();
    write_secret(folder.path(), "s", b" tr\nicky \r\n", 0o600);
    let secrets = of_file(folder.path(), "s");
    let revealed = secrets.reveal("it").unwrap();
    assert_eq!(&*revealed, " tr\nicky ");
    assert_eq!(format!("{revealed:?} {secrets:?}"), "Revealed(***) Secrets { names: [\"it\"], .. }");
    assert_eq!(*secrets.redact_text("it is tricky!"), "it is ***!", "revealed is registered, line ends do not count");
}

#[test]
fn files_that_are_not_private_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for mode in [0o640, 0o604, 0o620, 0o601] {
        write_secret(path, "open", b"hunter22", mode);
        let message = of_file(path, "open").reveal("it").unwrap_err().message;
        assert!(message.contains("chmod 600"), "{mode:o}: {message}");
    }
    write_secret(path, "real", b"hunter22", 0o600);
    std::os::unix::fs::symlink("real", path.join("link")).unwrap();
    std::fs::create_dir(path.join("folder")).unwrap();
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, path.join("pipe"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
    write_secret(path, "long", &[b'x'; source::LONGEST + 1], 0o600);
    write_secret(path, "binary", &[0xff; 9], 0o600);
    for (name, expected) in [
        ("link", "symbolic link"),
        ("folder", "not a regular file"),
        ("pipe", "not a regular file"),
        ("long", "longer than 64 KiB"),
        ("binary", "not UTF-8"),
        ("missing", "does not exist"),
    ] {
        let error = of_file(path, name).reveal("it").unwrap_err();
        assert!(error.message.contains(expected), "{name}: {error}");
        assert_eq!(error.kind, ErrorKind::Refused);
    }
}

#[test]
fn a_variable_gives_its_value_and_a_missing_one_an_error() {
    let named =
        |name: &str| Secrets::new(BTreeMap::from([("it".to_owned(), SecretSource::Environment(name.to_owned()))]), ".");
    assert_eq!(*named("CARGO_PKG_NAME").reveal("it").unwrap(), *"rectify");
    assert!(named("RECTIFY_NO_SUCH_VARIABLE").reveal("it").unwrap_err().message.contains("is not set"));
    assert!(named("X").reveal("other").unwrap_err().message.contains("no secret named \"other\""));
}

#[test]
fn the_longest_secret_is_masked_in_reasonable_time() {
    let long: String = (0..source::LONGEST).map(|n| char::from(b'!' + (n * 7919 % 89) as u8)).collect();
    let secrets = knowing(&[&long]);
    assert_eq!(*secrets.redact_text(&format!("<{long}>")), "<***>");
}

proptest! {
    #[test]
    fn nothing_else_is_changed(text in "[ -~]{0,80}") {
        let secrets = knowing(&["Zq0~never~in~it"]);
        prop_assert_eq!(secrets.redact_text(&text).into_inner(), text);
    }
}

/// After a cut, at most three characters of a secret are shown, also where the cut is within a character.
#[test]
fn a_cut_within_a_character_hides_no_rest() {
    let secret = "äöKx9Zq€W7vJ";
    let secrets = knowing(&[secret]);
    for cut in 0..=secret.len() {
        let (head, tail) = secret.as_bytes().split_at(cut);
        for text in
            [[b"xx ", head, "…\n[9 bytes left out]\n…".as_bytes()].concat(), ["…".as_bytes(), tail, b" yy"].concat()]
        {
            let shown = secrets.redact_text(&String::from_utf8_lossy(&text)).into_inner();
            let letters: Vec<char> = secret.chars().collect();
            for part in letters.windows(4) {
                let part: String = part.iter().collect();
                assert!(!shown.contains(&part), "cut at {cut}: {shown}");
            }
        }
    }
}

/// The number of forms of a secret is bounded.
#[test]
fn the_forms_of_a_secret_are_bounded() {
    let worst: String = "ä'\"<>&/\\+ ".chars().cycle().take(900).collect();
    let forms = super::encodings::forms_of(&worst);
    let bytes: usize = forms.iter().map(Vec::len).sum();
    assert!(forms.len() < 300 && bytes < 2_000_000, "{} forms, {bytes} bytes", forms.len());
    let key: String =
        std::iter::repeat_n("MIIEpAIBAAKCAQEA7/xY+zMIIEpAIBAAKCAQEA7/xY+zMIIEpAIBAAKCAQEA7/x\n", 900).collect();
    let bytes: usize = super::encodings::forms_of(&key).iter().map(Vec::len).sum();
    assert!(bytes < 2_000_000, "{bytes} bytes");
}
