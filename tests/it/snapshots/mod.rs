//! Everything that the program prints for people, compared with `tests/snapshots`.

mod commands;
mod diagnostics;
mod help;
mod reports;
mod runs;
mod usage;

use crate::support::repository;
use crate::support::snapshot::folder;
use std::collections::BTreeSet;
use std::path::Path;

/// The names of a folder's entries, without extension.
fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

/// Without this test, a snapshot would outlive its case.
#[test]
fn every_snapshot_belongs_to_a_case() {
    let tests = repository().join("tests");
    let sources: String = names_in(&tests.join("it/snapshots"))
        .iter()
        .map(|name| std::fs::read_to_string(tests.join("it/snapshots").join(name).with_extension("rs")).unwrap())
        .collect();
    let fixtures: BTreeSet<String> = ["invalid", "lint", "fixtures/inventory", "fixtures/world"]
        .iter()
        .flat_map(|it| names_in(&tests.join(it)))
        .collect();
    let mut looked_at = 0;
    for group in names_in(&folder()) {
        for name in names_in(&folder().join(&group)) {
            let is_named = fixtures.contains(&name) || sources.contains(&format!("\"{name}\""));
            assert!(is_named, "tests/snapshots/{group}/{name}.snap belongs to no case: delete it");
            looked_at += 1;
        }
    }
    assert!(looked_at > 550, "{looked_at} snapshots");
}
