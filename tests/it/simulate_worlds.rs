//! The worlds of `tests/worlds/exchange`, by theme. The first line of each says what a careful administrator would want, and
//! the next ones how the run has to end.

use crate::support::repository;
use crate::support::simulation::Simulation;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn worlds() -> Vec<PathBuf> {
    let folder = repository().join("tests/worlds/exchange");
    let themes = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut worlds: Vec<PathBuf> =
        themes.flat_map(|theme| std::fs::read_dir(theme).unwrap().map(|entry| entry.unwrap().path())).collect();
    worlds.sort();
    worlds
}

/// What differs from the expectations of a world.
fn differences(path: &PathBuf) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let argument = text.lines().next().unwrap_or_default();
    assert!(argument.starts_with("# ") && argument.ends_with('.') && !argument.contains("expect:"), "{argument}");
    let expected: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# expect: ")).collect();
    let [outcome, reboots, left] = expected.as_slice() else { return vec!["it has three expectations".to_owned()] };
    let simulation = Simulation::of("runbooks/exchange", path.to_str().unwrap(), &[]);
    let ended = simulation.ended();
    let (word, reason) = outcome.split_once(" \"").unwrap_or((outcome, ""));
    let mut different = Vec::new();
    if ended["outcome"] != word || !ended["reason"].as_str().unwrap().contains(reason.trim_end_matches('"')) {
        different.push(format!("it ended {}: {}", ended["outcome"], ended["reason"]));
    }
    let rebooted: Vec<String> = simulation
        .reboots()
        .iter()
        .map(|call| call.trim_start_matches("host.reboot(host: ").split([')', ' ']).next().unwrap().to_owned())
        .collect();
    let rebooted =
        if rebooted.is_empty() { "nothing rebooted".to_owned() } else { format!("rebooted {}", rebooted.join(", ")) };
    if rebooted != *reboots {
        different.push(rebooted);
    }
    let kept: Vec<&str> = simulation.left().iter().map(|(change, _)| *change).collect();
    let kept =
        if kept.is_empty() { "nothing left in place".to_owned() } else { format!("left in place {}", kept.join(", ")) };
    if kept != *left {
        different.push(kept);
    }
    different.extend(simulation.violations().iter().map(|rule| format!("violation of {rule}")));
    different
}

#[test]
fn each_world_ends_as_a_careful_administrator_would_want() {
    let worlds = worlds();
    assert!(worlds.len() >= 50, "{}", worlds.len());
    let themes: BTreeSet<_> =
        worlds.iter().map(|path| path.parent().unwrap().file_name().unwrap().to_owned()).collect();
    assert_eq!(themes.len(), 7, "{themes:?}");
    let wrong: Vec<String> = worlds
        .iter()
        .map(|path| (path, differences(path)))
        .filter(|(_, different)| !different.is_empty())
        .map(|(path, different)| format!("{}: {different:?}", path.display()))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
