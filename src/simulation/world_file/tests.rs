//! World files: parsing, inheritance and diagnostics.

use super::*;

/// Reads a world from files in memory. Diagnostics have the form `FILE:LINE:COLUMN MESSAGE`.
fn read(files: &[(&str, &str)], path: &str) -> Result<WorldFile, Vec<String>> {
    let mut sources = SourceMap::new();
    let from = |path: &Path| {
        let found = files.iter().find(|(name, _)| Path::new(name) == path);
        found.map(|(_, text)| (*text).to_owned()).ok_or(FileError::NotFound)
    };
    load(Path::new(path), &from, &mut sources).map_err(|diagnostics| {
        let shown = |diagnostic: &Diagnostic| {
            let span = diagnostic.span();
            let file = sources.file(span.file).unwrap();
            let place = file.position(span.start);
            format!("{}:{}:{} {}", file.name, place.line, place.column, diagnostic.message)
        };
        diagnostics.iter().map(shown).collect()
    })
}

#[test]
fn a_world_is_laid_over_the_one_that_it_extends() {
    let site = "inventory: ../rectify.yaml\nseed: 7\nalert: {name: Old, labels: {server: a, site: north}}\n\
                contacts: {unreachable: [desk]}\n";
    let world =
        "extends: site.yaml\ntitle: Two\nalert: {labels: {server: b}}\npeople: [{answer: approve, after: 90s}]\n";
    let read = read(&[("w/site.yaml", site), ("w/two.yaml", world)], "w/two.yaml").unwrap();
    assert_eq!(read.inventory, Some(PathBuf::from("rectify.yaml")));
    assert_eq!((read.seed, read.title.as_deref()), (7, Some("Two")));
    let alert = read.alert.unwrap();
    assert_eq!(
        (alert.name.as_str(), alert.labels["server"].as_str(), alert.labels["site"].as_str()),
        ("Old", "b", "north")
    );
    assert_eq!(read.contacts.unreachable, Unreachable::Named(vec!["desk".to_owned()]));
    assert_eq!(read.people[0].after, ModelDuration::seconds(90));
}

#[test]
fn everybody_can_be_out_of_reach() {
    let world = read(&[("w.yaml", "contacts: {unreachable: all}")], "w.yaml").unwrap();
    assert_eq!(world.contacts.unreachable, Unreachable::All);
}

#[test]
fn mistakes_have_their_places() {
    let wrong = |text: &str| read(&[("w.yaml", text)], "w.yaml").unwrap_err();
    assert_eq!(wrong("tilte: x"), ["w.yaml:1:1 Unknown entry `tilte`"]);
    assert_eq!(wrong("title: x\nalert:\n  nam: y"), ["w.yaml:3:3 Unknown entry `nam`"]);
    assert_eq!(wrong("cancelled_after: soon").len(), 1);
    assert!(wrong("cancelled_after: soon")[0].starts_with("w.yaml:1:18 "));
    assert_eq!(wrong("extends: w.yaml"), ["w.yaml:1:10 `w.yaml` extends itself"]);
    assert_eq!(wrong("extends: gone.yaml"), ["w.yaml:1:10 `gone.yaml` does not exist"]);
    assert!(wrong("- a")[0].starts_with("w.yaml:1:1 "));
    assert!(wrong("a: [")[0].starts_with("w.yaml:"));
}

#[test]
fn a_mistake_in_what_is_extended_is_shown_there() {
    let files = [("s.yaml", "title: x\nseed: many\n"), ("w.yaml", "extends: s.yaml\n")];
    let found = read(&files, "w.yaml").unwrap_err();
    assert!(found.len() == 1 && found[0].starts_with("s.yaml:2:7 "), "{found:?}");
}

#[test]
fn a_long_chain_is_refused() {
    let files: Vec<(String, String)> =
        (0..20).map(|n| (format!("{n}.yaml"), format!("extends: {}.yaml", n + 1))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let found = read(&files, "0.yaml").unwrap_err();
    assert_eq!(found, ["7.yaml:1:10 Too many extended world files (limit 8)"]);
}

#[cfg(feature = "schema")]
#[test]
fn the_schema_refuses_mistakes_of_shape() {
    let schema = crate::simulation::schema();
    let takes = |text: &str| crate::yaml::schema::accepts(&schema, text);
    for text in [
        "tilte: x",
        "title: x\nalert:\n  nam: y",
        "cancelled_after: soon",
        "- a",
        "a: [",
        "seed: many",
        "people: [{question: x}]",
        "contacts: {unreachable: {a: b}}",
        "exchange: {faults: [{kind: host_falt}]}",
        "exchange: {faults: [{server: mbx1}]}",
        "exchange: {servers: {a: {components: {ImapProxy: {Maintenence: Inactive}}}}}",
        "exchange: {assumptions: {times: {reboot: [5s]}}}",
        "exchange: {assumptions: {oracle: {watch: 5 minutes}}}",
        "exchange: {databases: {db1: {copies: {a: {preference: first}}}}}",
    ] {
        assert!(!takes(text), "{text}");
        assert!(read(&[("w.yaml", text)], "w.yaml").is_err(), "{text}");
    }
    for text in [
        "seed: \"7\"\nexchange: {assumptions: {times: {reboot: [5s, 1m30s], probe: 9s}}}",
        "exchange: {servers: {a: {components: {ImapProxy: {Maintenance: Inactive}}}}}",
        "exchange: {managed_availability: true, faults: [{kind: copy_queue, database: db1, length: 9}]}",
    ] {
        assert!(takes(text), "{text}");
        assert!(read(&[("w.yaml", text)], "w.yaml").is_ok(), "{text}");
    }
}
