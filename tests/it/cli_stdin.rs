//! A runbook file on standard input, as an editor has it: `check -` and `fmt -`.

use crate::support::project::{Project, Ran};
use std::io::Write;

const GOOD: &str = "import \"lib.runbook\"\n\nrunbook A() {\n  title   \"A\"\n  contact desk\n  ends within 1h\n\n  do Tell()\n  resolve \"done\"\n}\n";

fn project() -> Project {
    Project::new(&[
        ("rectify.yaml", "contacts: {desk: {terminal: true}}\n"),
        ("books/lib.runbook", "procedure Tell() {\n  notify desk \"hello\"\n}\n"),
        ("books/a.runbook", "nothing that could be read"),
    ])
}

fn with_stdin(project: &Project, arguments: &[&str], text: &[u8]) -> Ran {
    let mut command = project.command(arguments);
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
    // A command that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(text);
    Ran::of(child.wait_with_output().unwrap())
}

/// The text of the buffer, with the inventory and the imports of where it belongs; the file on disk is not read.
#[test]
fn a_buffer_is_checked_where_its_file_is() {
    let project = project();
    for path in ["books/a.runbook", "./books/../books/a.runbook", "books/new.runbook"] {
        let ran = with_stdin(&project, &["check", "-", "--stdin-path", path], GOOD.as_bytes()).ends(0);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""), "{path}");
    }
    let bad = GOOD.replace("contact desk", "contact dask");
    let ran = with_stdin(&project, &["check", "-", "--stdin-path", "books/new.runbook"], bad.as_bytes()).ends(1);
    assert!(ran.stdout.contains("books/new.runbook:5") && ran.stdout.contains("`desk`"), "{ran:#?}");
    // Without a path it is a file of the current folder.
    let ran = with_stdin(&project, &["check", "-"], GOOD.as_bytes()).ends(1);
    assert!(ran.stdout.contains("standard-input.runbook:1"), "{ran:#?}");
    assert!(!project.path("books/new.runbook").exists());
}

/// An editor applies the fixes itself.
#[test]
fn fixes_are_edits_in_json() {
    let project = project();
    let text = "runbook A(server: host) {\n  title   \"A\"\n  contact desk\n  ends within 1h\n\n  \
                exec.disrupt([\"ssh\", server.address, \"reload\"])\n  resolve \"done\"\n}\n";
    let arguments = ["check", "-", "--stdin-path", "books/a.runbook", "--format", "json"];
    let ran = with_stdin(&project, &arguments, text.as_bytes()).ends(1);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let edit = &document["findings"][0]["edits"][0];
    let place = ["line", "column", "end_line", "end_column"].map(|key| edit[key].as_u64().unwrap());
    assert_eq!(place, [6, 3, 6, 50], "{edit}");
    assert_eq!(edit["replacement"], "remote.disrupt([\"reload\"], on: server)");
    let ran = with_stdin(&project, &[&arguments[..], &["--fix"]].concat(), text.as_bytes()).ends(2);
    assert!(ran.stderr.contains("`--format json` has the fixes"), "{ran:#?}");
}

#[test]
fn a_buffer_is_formatted_to_standard_output() {
    let project = project();
    let crooked = GOOD.replace("  contact desk", " contact    desk");
    let ran = with_stdin(&project, &["fmt", "-"], crooked.as_bytes()).ends(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (GOOD, ""));
    let ran = with_stdin(&project, &["fmt", "-", "--check", "--stdin-path", "x.runbook"], crooked.as_bytes()).ends(1);
    assert_eq!(ran.stdout, "x.runbook would be formatted\n");
    with_stdin(&project, &["fmt", "-", "--check"], GOOD.as_bytes()).ends(0);
    // With errors nothing is written that an editor could take for the text.
    let ran = with_stdin(&project, &["fmt", "-", "--stdin-path", "x.runbook"], b"runbook {").ends(1);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("x.runbook:1"), "{ran:#?}");
}

#[test]
fn what_cannot_be_a_file_is_refused() {
    let project = project();
    for (arguments, text, says) in [
        (&["check", "-", "books"][..], &b""[..], "beside other paths"),
        (&["fmt", "books", "-"], b"", "beside other paths"),
        (&["check", "books", "--stdin-path", "a.runbook"], b"", "give `-` as the only path"),
        (&["check", "-"], b"ok \xff", "not valid UTF-8 from byte 3 on"),
        (&["fmt", "-"], &[b' '; (1 << 20) + 1], "longer than 1048576 bytes"),
    ] {
        let ran = with_stdin(&project, arguments, text).ends(2);
        assert!(ran.stderr.contains(says) && ran.stdout.is_empty(), "{arguments:?}: {ran:#?}");
    }
}
