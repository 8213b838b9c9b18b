//! `rectify pause` and `rectify unpause`: the global stop.

use super::output::report;
use super::{Exit, Output, store};
use crate::backend::human::account;
use crate::value::Timestamp;
use crate::world::live::{Pause, Store, pause, unpause};
use clap::Args;

/// Stop new effects of every run on this machine
#[derive(Debug, Args)]
pub struct PauseArguments {
    /// Why; everybody whose run waits is told
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Allow effects again
#[derive(Debug, Args)]
pub struct UnpauseArguments {}

pub fn run(arguments: &PauseArguments, output: &Output) -> Exit {
    let made =
        Pause { by: Some(account().into()), since: Some(Timestamp::now()), reason: arguments.reason.trim().to_owned() };
    print(output, |store| {
        Ok(match pause(store, &made).map_err(|error| error.to_string())? {
            None => format!("Paused: no run that uses {} begins a new effect\n", store.path().display()),
            Some(there) => format!("Nothing changed: {there}\n"),
        })
    })
}

pub fn run_unpause(_: &UnpauseArguments, output: &Output) -> Exit {
    print(output, |store| {
        Ok(match unpause(store).map_err(|error| error.to_string())? {
            Some(was) => format!("Effects may begin again; {}\n", was.to_string().replacen("are", "were", 1)),
            None => "Nothing changed: effects are not paused\n".to_owned(),
        })
    })
}

fn print(output: &Output, change: impl FnOnce(&Store) -> Result<String, String>) -> Exit {
    match store::open().map_err(|error| error.to_string()).and_then(|store| change(&store)) {
        Ok(text) => {
            output.print(&text);
            Exit::Success
        }
        Err(why) => {
            report(&why);
            Exit::Usage
        }
    }
}
