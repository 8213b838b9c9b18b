//! `rectify fmt`: replaces files atomically, or not at all.

use crate::support::project::{Project, runbook};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

const UGLY: &str = "runbook  A( ) {\n title \"A\"\n contact oncall\n ends within 1h\n resolve   \"done\" # so\n}\n";

#[test]
fn formats_once_and_keeps_permissions() {
    let project = Project::new(&[("a.runbook", UGLY)]);
    let path = project.path("a.runbook");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
    let check = project.run(&["fmt", "--check", "a.runbook"]).ends(1);
    assert_eq!(check.stdout, "a.runbook would be formatted\n");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), UGLY, "--check changes nothing");
    project.run(&["fmt", "a.runbook"]).ends(0);
    let formatted = std::fs::read_to_string(&path).unwrap();
    assert!(formatted != UGLY && formatted.contains("# so"), "{formatted}");
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
    assert_eq!(project.run(&["fmt", "--check", "."]).ends(0).stdout, "");
    assert_eq!(std::fs::read_dir(project.path("")).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_file_with_errors_is_left_as_it_is() {
    let bad = runbook("Bad", "", "   wiat    5m");
    let project = Project::new(&[("bad.runbook", &bad), ("good.runbook", UGLY)]);
    let ran = project.run(&["fmt", "."]).ends(1);
    assert!(ran.stderr.contains("E0101"), "{ran:#?}");
    assert_eq!(std::fs::read_to_string(project.path("bad.runbook")).unwrap(), bad);
    assert_ne!(std::fs::read_to_string(project.path("good.runbook")).unwrap(), UGLY, "the others are formatted");
}

#[test]
fn a_link_stays_a_link() {
    let project = Project::new(&[("real/a.runbook", UGLY)]);
    std::os::unix::fs::symlink("real/a.runbook", project.path("link.runbook")).unwrap();
    project.run(&["fmt", "link.runbook"]).ends(0);
    assert!(project.path("link.runbook").is_symlink());
    assert_ne!(std::fs::read_to_string(project.path("real/a.runbook")).unwrap(), UGLY);
}
