//! `rectify limits`: what the limits of this machine have counted.

use super::output::report;
use super::{Exit, Format, Output, store};
use crate::backend::human::account;
use crate::value::{ActionError, Timestamp};
use crate::world::live::{Clock, CounterState, Ledger};
use clap::Args;
use serde_json::json;

/// Show what limits have counted on this machine, or reset a counter
#[derive(Debug, Args)]
pub struct LimitsArguments {
    /// Reset this counter: what it has counted so far no longer counts. The reset is recorded with who and why
    #[arg(long, value_name = "COUNTER", requires = "reason")]
    reset: Option<String>,
    /// Why the counter is reset
    #[arg(long, value_name = "TEXT", requires = "reset")]
    reason: Option<String>,
    /// Output format
    #[arg(long, default_value = "text")]
    format: Format,
}

pub fn run(arguments: &LimitsArguments, output: &Output) -> Exit {
    match list_or_reset(arguments) {
        Ok(Some(counters)) => {
            output.print(&match arguments.format {
                Format::Text => text(&counters),
                Format::Json => json(&counters),
            });
            Exit::Success
        }
        Ok(None) => Exit::Success,
        Err(why) => {
            report(&why);
            Exit::Usage
        }
    }
}

/// The counters, unless one was reset.
fn list_or_reset(arguments: &LimitsArguments) -> Result<Option<Vec<CounterState>>, String> {
    let store = store::open().map_err(|error| error.to_string())?;
    let (ledger, clock) = (Ledger::new(store), Clock::start());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| format!("Cannot read the limits: {error}"))?;
    let why = |error: ActionError| error.to_string();
    let counters = runtime.block_on(ledger.counters(&clock)).map_err(why)?;
    let (Some(counter), Some(reason)) = (&arguments.reset, &arguments.reason) else { return Ok(Some(counters)) };
    if !counters.iter().any(|state| state.counter == *counter) {
        let known: Vec<&str> = counters.iter().map(|state| state.counter.as_str()).collect();
        let known = if known.is_empty() { "nothing".to_owned() } else { known.join("; ") };
        return Err(format!("Unknown counter `{counter}`. Counted so far: {known}"));
    }
    runtime.block_on(ledger.reset(counter, &account(), reason, &clock)).map_err(why)?;
    report(&format!("Reset {counter}. What it has counted no longer counts"));
    Ok(None)
}

fn text(counters: &[CounterState]) -> String {
    if counters.is_empty() {
        return "No limit has counted anything\n".to_owned();
    }
    let mut text = String::new();
    for CounterState { counter, charges, last_run, rules, reset } in counters {
        let times = match charges.as_slice() {
            [] => "nothing".to_owned(),
            [once] => format!("once, at {once:.0}"),
            [.., last] => format!("{} times, last at {last:.0}", charges.len()),
        };
        let run = if charges.is_empty() { String::new() } else { format!(" by run {last_run}") };
        text.push_str(&format!("{counter}: {times}{run}\n"));
        rules.iter().filter(|_| !charges.is_empty()).for_each(|rule| text.push_str(&format!("  limit {rule}\n")));
        if let Some(reset) = reset {
            text.push_str(&format!("  reset at {:.0} by {}: {}\n", reset.at, reset.by, reset.reason));
        }
    }
    text
}

fn json(counters: &[CounterState]) -> String {
    let time = |at: &Timestamp| at.to_string();
    let entry = |state: &CounterState| {
        json!({
            "counter": state.counter,
            "charges": state.charges.iter().map(time).collect::<Vec<_>>(),
            "last_run": (!state.charges.is_empty()).then_some(&state.last_run),
            "rules": state.rules,
            "reset": state.reset,
        })
    };
    json!({ "schema": 1, "counters": counters.iter().map(entry).collect::<Vec<_>>() }).to_string() + "\n"
}
