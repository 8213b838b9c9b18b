//! The help of the program and of each command.

use crate::support::project::Project;
use crate::support::snapshot::{assert_snapshot, for_each, transcript};

#[test]
fn help_of_each_command() {
    let project = Project::new(&[]);
    let cases: [(&str, &[&str]); 13] = [
        ("rectify-short", &["-h"]),
        ("rectify", &["--help"]),
        ("nothing", &[]),
        ("run", &["run", "--help"]),
        ("simulate", &["simulate", "--help"]),
        ("check", &["check", "--help"]),
        ("test", &["test", "--help"]),
        ("fmt", &["fmt", "--help"]),
        ("doc", &["doc", "--help"]),
        ("actions", &["actions", "--help"]),
        ("explain", &["explain", "--help"]),
        ("completions", &["completions", "--help"]),
        ("man", &["man", "--help"]),
    ];
    for_each(cases, |(name, arguments)| assert_snapshot("help", name, &transcript(&project, arguments)));
}
