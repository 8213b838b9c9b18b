//! Simulated runs, parsed from the JSON of `rectify simulate`.

use super::project::{Ran, rectify};
use serde_json::Value;

/// The last event: the end of a run, or the totals of many.
#[track_caller]
pub fn ended(ran: &Ran) -> Value {
    let last = ran.events().pop().unwrap_or_else(|| panic!("{ran:#?}"));
    assert!(["run_ended", "simulated"].contains(&last["event"].as_str().unwrap()), "{ran:#?}");
    last
}

/// The rules that the oracle reports as violated, in its order.
#[track_caller]
pub fn violations(ran: &Ran) -> Vec<String> {
    let ended = ended(ran);
    let list = ended["violations"].as_array().unwrap_or_else(|| panic!("{ended}"));
    list.iter().map(|it| it["rule"].as_str().unwrap().to_owned()).collect()
}

/// One simulated run.
pub struct Simulation {
    pub code: i32,
    pub events: Vec<Value>,
}

impl Simulation {
    /// Simulates the runbooks of `path`, relative to the repository, in a world, with more arguments.
    pub fn of(path: &str, world: &str, more: &[&str]) -> Self {
        let ran = rectify(&[&["simulate", path], more, &["--world", world, "--format", "json"]].concat());
        let simulation = Self { code: ran.code.unwrap(), events: ran.events() };
        assert!(!simulation.events.is_empty(), "{}", ran.stderr);
        simulation
    }

    /// Simulates the Exchange runbooks in one of their worlds. Asserts that there is no violation.
    pub fn in_world(name: &str) -> Self {
        let simulation = Self::of("runbooks/exchange", &format!("runbooks/exchange/worlds/{name}.yaml"), &[]);
        assert_eq!(simulation.violations(), [] as [&str; 0], "{name}");
        simulation
    }

    /// The last event, with the outcome.
    pub fn ended(&self) -> &Value {
        let last = self.events.last().unwrap();
        assert_eq!(last["event"], "run_ended", "{last}");
        last
    }

    /// The rules that the oracle reports as violated.
    pub fn violations(&self) -> Vec<&str> {
        let list = self.ended()["violations"].as_array().expect("a list of violations");
        list.iter().map(|violation| violation["rule"].as_str().unwrap()).collect()
    }

    /// The disruptions that the run reports.
    pub fn disruptions(&self) -> Vec<&str> {
        self.ended()["disruptions"].as_array().unwrap().iter().map(|call| call.as_str().unwrap()).collect()
    }

    /// The disruptions that reboot a host.
    pub fn reboots(&self) -> Vec<&str> {
        self.disruptions().into_iter().filter(|call| call.starts_with("host.reboot")).collect()
    }

    /// The disruptions that restart a service.
    pub fn restarts(&self) -> Vec<&str> {
        self.disruptions().into_iter().filter(|call| call.starts_with("service.restart")).collect()
    }

    /// Changes left in place, each with the call that undoes it.
    pub fn left(&self) -> Vec<(&str, &str)> {
        let left = self.ended()["left_in_place"].as_array().unwrap();
        left.iter().map(|it| (it["change"].as_str().unwrap(), it["undo"].as_str().unwrap_or_default())).collect()
    }

    /// The events of one kind.
    pub fn named(&self, event: &str) -> Vec<&Value> {
        self.events.iter().filter(|it| it["event"] == event).collect()
    }

    /// The runbooks that were started, in order.
    pub fn started(&self) -> Vec<&str> {
        self.named("run_started").into_iter().map(|it| it["runbook"].as_str().unwrap()).collect()
    }

    /// The calls that succeeded, in order.
    pub fn done(&self) -> Vec<&str> {
        let done = self.named("effect_done").into_iter().filter(|it| it["result"] == "done");
        done.map(|it| it["text"].as_str().unwrap()).collect()
    }
}
