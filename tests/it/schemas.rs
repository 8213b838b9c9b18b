//! The JSON schemas of the YAML files: every file that the tool accepts is valid by its schema.

use crate::support::repository;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn schema(name: &str) -> Value {
    let schema = std::fs::read_to_string(repository().join("schemas").join(name)).unwrap();
    serde_json::from_str(&schema).unwrap()
}

/// YAML files below some folders whose path is wanted.
fn files(folders: &[&str], is_wanted: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| repository().join(folder)).collect();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") && is_wanted(&path) {
                files.push(path);
            }
        }
    }
    files
}

fn hold(files: &[PathBuf], schema: &Value) {
    assert!(jsonschema::meta::is_valid(schema), "it is a schema itself");
    let validator = jsonschema::validator_for(schema).unwrap();
    for path in files {
        let text = std::fs::read_to_string(path).unwrap();
        let mut document: Value =
            serde_json::to_value(serde_yaml::from_str::<serde_yaml::Value>(&text).unwrap()).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, [""; 0], "{}", path.display());
        // The validator does reject invalid documents.
        document["no such entry"] = true.into();
        assert!(!validator.is_valid(&document), "{}", path.display());
    }
}

#[test]
fn every_inventory_is_valid_by_its_schema() {
    let inventories = files(&["runbooks", "tests"], &|path| path.ends_with("rectify.yaml"));
    assert!(inventories.len() >= 12, "{inventories:?}");
    hold(&inventories, &schema("rectify.schema.json"));
}

#[test]
fn every_world_is_valid_by_its_schema() {
    let worlds = files(&["runbooks/exchange/worlds", "tests/oracle", "tests/worlds"], &|_| true);
    assert!(worlds.len() >= 20, "{worlds:?}");
    hold(&worlds, &schema("world.schema.json"));
}
