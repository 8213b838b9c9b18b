//! The tests of the Exchange runbooks: their worlds, as the table of `tests/it/simulate_exchange.rs` has them, and
//! variations of the site in which the runbooks as shipped break no rule.

use super::Mutant;
use super::folder::{Checks, Folder};
use super::trial::Tests;
use rectify::backend::registry;
use rectify::cli::Exit;
use rectify::engine::Start;
use rectify::engine::event::{Event, EventKind};
use rectify::program::Program;
use rectify::secret::Secrets;
use rectify::simulation::{Simulated, SimulationConfig, Variation, WorldFile, alerts_of_run};
use rectify::source::{FileError, SourceMap};
use rectify::value::{EffectOutcome, Value};
use rectify::world::Dispatcher;
use rectify::{engine, simulation};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

/// A run that does more statements than this is going round in circles: the longest as shipped does some thousands.
const STEP_LIMIT: u64 = 50_000;

/// What chance begins with in the worlds, beside their own seed.
const OTHER_CHANCES: std::ops::RangeInclusive<u64> = 2..=5;

/// Where worlds are: those that are shipped, and those in which a careless procedure does harm.
const PLACES: [&str; 2] = ["runbooks/exchange/worlds", "tests/worlds"];

/// What a run leaves in place.
enum Left {
    Nothing,
    /// The block on activation of a server, handed over with the call that lifts it.
    Block(&'static str),
}

/// A world that shows something, and how a run of it has to end.
struct Expected {
    world: &'static str,
    exit: u8,
    reboots: &'static [&'static str],
    left: Left,
    more: fn(&Story) -> bool,
}

const EXPECTED: [Expected; 17] = [
    Expected {
        world: "transient",
        exit: 0,
        reboots: &[],
        left: Left::Nothing,
        more: |it| it.disruptions.is_empty() && it.done.is_empty(),
    },
    Expected {
        world: "service-fault",
        exit: 0,
        reboots: &[],
        left: Left::Nothing,
        more: |it| it.disruptions == [FRONT],
    },
    Expected { world: "host-fault", exit: 0, reboots: &["mbx1"], left: Left::Nothing, more: drained_first },
    Expected {
        world: "undrainable",
        exit: 3,
        reboots: &[],
        left: Left::Block("mbx1"),
        more: |it| it.escalations.len() == 1,
    },
    Expected {
        world: "still-bad-after-reboot",
        exit: 3,
        reboots: &["mbx1"],
        left: Left::Block("mbx1"),
        more: |it| it.escalations.len() == 1,
    },
    Expected { world: "sick-back-end", exit: 0, reboots: &["mbx1"], left: Left::Nothing, more: sick_back_end },
    Expected {
        world: "healthy-back-end",
        exit: 0,
        reboots: &["cas1"],
        left: Left::Nothing,
        more: |it| logged_and_back(it) && it.runs == ["ImapCTPMonitor"],
    },
    Expected {
        world: "latency-relapse",
        exit: 0,
        reboots: &["cas1"],
        left: Left::Nothing,
        more: |it| {
            it.verdicts_after.first().is_some_and(|verdict| verdict == "passed")
                && it.verdicts_after.iter().any(|verdict| verdict == "failed")
        },
    },
    Expected {
        world: "probe-says-nothing",
        exit: 3,
        reboots: &[],
        left: Left::Nothing,
        more: |it| it.disruptions.is_empty() && it.verdicts.iter().all(|verdict| verdict == "unknown"),
    },
    Expected { world: "alias-name", exit: 0, reboots: &[], left: Left::Nothing, more: |it| it.disruptions == [BACK] },
    Expected {
        world: "multi-role",
        exit: 0,
        reboots: &["mr1"],
        left: Left::Nothing,
        more: |it| it.before("exchange.activation_blocked(server: mr1", "host.reboot"),
    },
    Expected { world: "standalone", exit: 3, reboots: &[], left: Left::Nothing, more: |_| true },
    Expected {
        world: "expired-certificate",
        exit: 3,
        reboots: &[],
        left: Left::Nothing,
        more: |it| it.restarts().count() <= 1,
    },
    Expected { world: "nobody-home", exit: 7, reboots: &[], left: Left::Nothing, more: |it| it.escalations == [false] },
    Expected {
        world: "directory-down",
        exit: 3,
        reboots: &[],
        left: Left::Nothing,
        more: |it| it.disruptions.is_empty(),
    },
    Expected { world: "maintenance", exit: 3, reboots: &[], left: Left::Nothing, more: |it| it.disruptions.is_empty() },
    Expected {
        world: "imbalance",
        exit: 3,
        reboots: &["mbx1"],
        left: Left::Nothing,
        // There to see whether the server is cured, and away again.
        more: |it| it.done.iter().filter(|call| call.starts_with("exchange.databases_moved_back")).count() == 2,
    },
];

const FRONT: &str = r#"service.restart(name: "MSExchangeImap4", on: cas1)"#;
const BACK: &str = r#"service.restart(name: "MSExchangeIMAP4BE", on: mbx1)"#;

fn drained_first(story: &Story) -> bool {
    story.before("exchange.activation_blocked(server: mbx1, blocked: true", "host.reboot")
        && story.before("host.reboot", "exchange.databases_moved_back(server: mbx1")
        && story.undone.iter().any(|change| change.starts_with("exchange.activation_blocked"))
}

fn sick_back_end(story: &Story) -> bool {
    story.restarts().all(|call| call == FRONT || call == BACK)
        && logged_and_back(story)
        && story.runs == ["ImapCTPMonitor", "ImapBackEnd", "DrainedReboot"]
}

/// Logging was switched on and off again, each time with the restart that makes it count.
fn logged_and_back(story: &Story) -> bool {
    let at = |on: bool| {
        let call = format!("exchange.protocol_logging(server: cas1, enabled: {on})");
        let at = story.done.iter().position(|done| *done == call)?;
        (story.done.get(at + 1)? == FRONT).then_some(at)
    };
    matches!((at(true), at(false)), (Some(on), Some(off)) if on < off)
}

/// What is recorded of a run.
#[derive(Debug, Default)]
struct Story {
    exit: u8,
    disruptions: Vec<String>,
    left: Vec<(String, String)>,
    violations: Vec<String>,
    /// The calls that were made, in order.
    done: Vec<String>,
    undone: Vec<String>,
    verdicts: Vec<String>,
    /// Those after the first effect.
    verdicts_after: Vec<String>,
    /// Whether each escalation reached somebody.
    escalations: Vec<bool>,
    /// The runbooks that were run, children included, in order.
    runs: Vec<String>,
}

impl Story {
    fn hear(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunStarted { runbook, .. } => self.runs.push(runbook.to_string()),
            EventKind::EffectDone { text, result: EffectOutcome::Done, .. } => self.done.push(text.clone()),
            EventKind::ChangeUndone { change, .. } => self.undone.push(change.clone()),
            EventKind::EscalationSent { delivered, .. } => self.escalations.push(*delivered),
            EventKind::ProbeAnswered { verdict, .. } => {
                self.verdicts.push(verdict.to_string());
                if !self.done.is_empty() {
                    self.verdicts_after.push(verdict.to_string());
                }
            }
            _ => {}
        }
    }

    fn reboots(&self) -> Vec<&str> {
        let hosts = self.disruptions.iter().filter_map(|call| call.strip_prefix("host.reboot(host: "));
        hosts.map(|host| host.trim_end_matches(')')).collect()
    }

    fn restarts(&self) -> impl Iterator<Item = &String> {
        self.disruptions.iter().filter(|call| call.starts_with("service.restart"))
    }

    fn before(&self, first: &str, second: &str) -> bool {
        let at = |call: &str| self.done.iter().position(|done| done.starts_with(call));
        matches!((at(first), at(second)), (Some(first), Some(second)) if first < second)
    }
}

/// The worlds of a folder.
pub struct Worlds {
    worlds: BTreeMap<String, WorldFile>,
    /// Seeds of the varied site.
    seeds: std::ops::Range<u64>,
}

impl Worlds {
    /// Reads them; those and the seeds are what a mutant has to pass.
    pub fn read(root: &Path, seeds: std::ops::Range<u64>) -> Self {
        let names = EXPECTED.iter().map(|it| it.world).chain(["site"]);
        let read = |path: &Path| std::fs::read_to_string(path).map_err(|why| FileError::Other(why.to_string()));
        let load = |name: &str| {
            let places = PLACES.map(|place| root.join(place).join(format!("{name}.yaml")));
            let [shipped, other] = &places;
            let path = if shipped.exists() { shipped } else { other };
            let world = simulation::load(path, &read, &mut SourceMap::new());
            (name.to_owned(), world.unwrap_or_else(|found| panic!("{}: {found:?}", path.display())))
        };
        Self { worlds: names.map(load).collect(), seeds }
    }

    /// How many runs a mutant has to pass, the variations aside.
    pub fn runs(&self) -> usize {
        EXPECTED.len() * (1 + OTHER_CHANCES.count())
    }

    /// A run of a runbook that is chosen by the world's alert.
    fn alerted(&self, folder: &Folder, checks: &Checks, world: &WorldFile) -> Result<Story, String> {
        let alert = world.alert.as_ref().ok_or("no alert")?;
        let fits = |runbook: &rectify::program::Runbook| {
            let group = |group: &ecow::EcoString| alert.labels.get("group").is_some_and(|label| label == group);
            runbook.alerts.iter().any(|name| *name == alert.name) && runbook.alert_group.as_ref().is_none_or(group)
        };
        let mut fitting = own_runbooks(checks).filter(|(program, runbook)| fits(&program.runbooks[*runbook]));
        let (Some((program, runbook)), None) = (fitting.next(), fitting.next()) else {
            return Err("the alert starts no runbook, or several".to_owned());
        };
        let server = alert.labels.get("server").ok_or("no server")?;
        let argument = argument(program, runbook, server).ok_or("the alert does not fit its runbook")?;
        play(folder, program, runbook, argument, world, Variation::none(world))
    }

    fn expected(&self, folder: &Folder, checks: &Checks, it: &Expected, chance: Option<u64>) -> Option<String> {
        let world = &self.worlds[it.world];
        let seed = chance.unwrap_or(world.seed);
        let varied = WorldFile { seed, ..world.clone() };
        match self.alerted(folder, checks, &varied) {
            Ok(story) => wrong(it, &story, chance.is_none()).map(|why| format!("{}, chance {seed}: {why}", it.world)),
            Err(why) => Some(format!("{}: {why}", it.world)),
        }
    }

    fn varied(&self, folder: &Folder, checks: &Checks, seed: u64) -> Option<String> {
        let world = &self.worlds["site"];
        for (program, runbook) in own_runbooks(checks) {
            let hosts = program.hosts.iter().filter_map(|host| argument(program, runbook, &host.name));
            let fitting: Vec<Value> = hosts.collect();
            let Some(argument) = fitting.get(seed as usize % fitting.len().max(1)).cloned() else { continue };
            let alerts = alerts_of_run(program, runbook, std::slice::from_ref(&argument), None);
            let variation = Variation::random(world, &program.hosts, seed, &alerts);
            let name = &program.runbooks[runbook].name;
            match play(folder, program, runbook, argument, world, variation) {
                Ok(story) if story.violations.is_empty() => {}
                Ok(story) => return Some(format!("variation {seed} of {name}: {}", story.violations[0])),
                Err(why) => return Some(format!("variation {seed} of {name}: {why}")),
            }
        }
        None
    }
}

impl Tests for Worlds {
    fn fail(&self, folder: &Folder, _: &Mutant, checks: &Checks) -> Option<String> {
        let chances = [None].into_iter().chain(OTHER_CHANCES.map(Some));
        let in_worlds = chances
            .flat_map(|chance| EXPECTED.iter().map(move |it| (it, chance)))
            .find_map(|(it, chance)| self.expected(folder, checks, it, chance));
        in_worlds.or_else(|| self.seeds.clone().find_map(|seed| self.varied(folder, checks, seed)))
    }
}

/// What is not as the table has it. `more` is about the world's own chance alone.
fn wrong(it: &Expected, story: &Story, own_chance: bool) -> Option<String> {
    if let Some(rule) = story.violations.first() {
        return Some(format!("breaks {rule}"));
    }
    if story.exit != it.exit {
        return Some(format!("exit {}", story.exit));
    }
    if story.reboots() != it.reboots {
        return Some(format!("reboots {:?}", story.reboots()));
    }
    if !own_chance {
        return None;
    }
    let block = |server: &str, on: bool| format!("exchange.activation_blocked(server: {server}, blocked: {on})");
    let left = match it.left {
        Left::Nothing => vec![],
        Left::Block(server) => vec![(block(server, true), block(server, false))],
    };
    if story.left != left {
        return Some(format!("leaves {:?}", story.left));
    }
    (!(it.more)(story)).then(|| "another story".to_owned())
}

/// The runbooks that stand in the file that was checked, not in one that it imports.
fn own_runbooks(checks: &Checks) -> impl Iterator<Item = (&Program, usize)> {
    checks.programs.iter().flat_map(|(_, file, program)| {
        let numbered = program.runbooks.iter().enumerate();
        numbered.filter(move |(_, runbook)| Some(runbook.span.file) == *file).map(move |(at, _)| (program, at))
    })
}

/// A host as the one argument of a runbook, where it fits.
fn argument(program: &Program, runbook: usize, name: &str) -> Option<Value> {
    let [parameter] = program.runbooks[runbook].parameters.as_slice() else { return None };
    let rectify::program::types::Type::Host(roles) = &parameter.type_of else { return None };
    let host = program.hosts.iter().find(|host| host.has_name(name))?;
    let fits = roles.is_empty() || host.roles.iter().any(|role| roles.contains(role));
    fits.then(|| Value::Host(host.name.clone()))
}

fn play(
    folder: &Folder,
    program: &Program,
    runbook: usize,
    argument: Value,
    world: &WorldFile,
    variation: Variation,
) -> Result<Story, String> {
    let secrets = Secrets::new(folder.inventory.secrets.clone(), &folder.path);
    let story = RefCell::new(Story::default());
    let run = format!("simulated-{}", variation.seed);
    let simulated = Simulated::new(SimulationConfig {
        file: world,
        variation,
        contacts: &folder.inventory.contacts,
        calls: Dispatcher {
            backends: registry::simulated(),
            hosts: &program.hosts,
            secrets: &secrets,
            folder: folder.path.clone(),
            settings: folder.inventory.settings.clone(),
        },
        listener: Box::new(|event| story.borrow_mut().hear(event)),
    })
    .map_err(|mistakes| mistakes.join(", "))?;
    let started_by = world.alert.as_ref().map(|alert| alert.name.as_str());
    let alerts = alerts_of_run(program, runbook, std::slice::from_ref(&argument), started_by);
    let start = Start {
        runbook,
        arguments: vec![argument],
        run: run.into(),
        at: simulated.now(),
        step_limit: STEP_LIMIT,
        by_alert: world.alert.is_some(),
        store: None,
        found: Vec::new(),
    };
    let ending = simulated.drive(engine::run(program, &simulated, start)).map_err(|stuck| stuck.to_string())?;
    let mut violations = simulated.judge_end(&ending, alerts.clone());
    violations.extend(simulated.judge(&[&ending], alerts));
    drop(simulated);
    let left = ending.left_in_place.iter();
    Ok(Story {
        exit: Exit::for_ending(&ending) as u8,
        left: left.map(|left| (left.change.clone(), left.undo.clone().unwrap_or_default())).collect(),
        violations: violations.iter().map(|it| it.rule.to_string()).collect(),
        disruptions: ending.disruptions,
        ..story.into_inner()
    })
}
