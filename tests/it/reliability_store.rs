//! The store that runs share: which folder it is, what is refused, and that users of one group share it.

use crate::support::project::{Project, Ran, runbook};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

fn project() -> Project {
    Project::new(&[("a.runbook", &runbook("A", "", "  exec.disrupt([\"true\"])\n  resolve \"done\""))])
}

/// A folder beside the project, with these permissions.
fn folder(project: &Project, name: &str, mode: u32) -> PathBuf {
    let folder = project.path("..").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
    folder
}

fn with_store(project: &Project, store: &PathBuf, arguments: &[&str]) -> Ran {
    Ran::of(project.command(arguments).env("STATE_DIRECTORY", store).output().unwrap())
}

#[test]
fn a_run_names_its_store() {
    let project = project();
    let ran = project.run(&["run", "a.runbook", "--format", "json"]).ends(0);
    let store = ran.events()[0]["store"].as_str().unwrap().to_owned();
    assert!(store.ends_with("/state/rectify"), "{store}");
    let service = folder(&project, "service", 0o2770);
    let ran = with_store(&project, &service, &["run", "a.runbook", "--format", "json"]).ends(0);
    assert_eq!(ran.events()[0]["store"].as_str(), service.to_str());
    // A rehearsal stores nothing.
    let ran = project.run(&["run", "a.runbook", "--dry-run", "--format", "json"]).ends(0);
    assert!(ran.events()[0]["store"].is_null());
}

#[test]
fn a_second_store_is_warned_of() {
    let project = project();
    project.run(&["run", "a.runbook"]).ends(0);
    folder(&project, "state/rectify", 0o700);
    let service = folder(&project, "service", 0o700);
    for arguments in [&["run", "a.runbook"][..], &["check", "a.runbook"]] {
        let ran = with_store(&project, &service, arguments).ends(0);
        let warning = format!("Warning: there is a store at {}", project.path("../state/rectify").display());
        let shown = ran.stderr.replace("/work/..", "");
        assert!(shown.contains(&warning.replace("/work/..", "")), "{arguments:?}: {ran:#?}");
        let ran = project.run(arguments).ends(0);
        assert!(!ran.stderr.contains("Warning"), "{ran:#?}");
    }
}

#[test]
fn a_store_that_everybody_may_write_to_is_refused_before_anything_is_done() {
    let project = project();
    for mode in [0o777, 0o2772] {
        let store = folder(&project, "open", mode);
        let ran = with_store(&project, &store, &["run", "a.runbook", "--format", "json"]).ends(2);
        assert!(ran.stderr.contains("Everybody may write to the store") && ran.stdout.is_empty(), "{ran:#?}");
    }
}
