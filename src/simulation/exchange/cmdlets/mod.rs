//! The modelled cmdlets: their parameters, durations, effects and results.

mod bind;
mod component_state;
mod computers;
mod database_copies;
mod imap_connectivity;
mod imap_settings;
mod log_files;
mod mailbox_server;
mod monitoring_items;
mod monitoring_probe;
mod numbers;
mod probe_texts;
mod reply;
mod server_health;
mod services;
mod session;
mod shape;

pub(super) use bind::{Kind, Parameters};
pub(super) use reply::Reply;

use super::model::state::Site;
use super::settings::duration::{ModelDuration, Moment};
use crate::transport::powershell::{Envelope, ErrorStage, Request, Target};

/// Where a cmdlet can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    Exchange,
    Computer,
    Here,
}

/// A cmdlet.
struct Cmdlet {
    name: &'static str,
    place: Where,
    /// Parameters: name, kind, and whether it is mandatory.
    parameters: &'static [(&'static str, Kind, bool)],
    run: Run,
}

/// How it runs.
#[derive(Clone, Copy)]
enum Run {
    /// It reads at its end, after a while.
    Query(fn(&mut Site, &Parameters) -> ModelDuration, QueryCmdlet),
    /// It acts at its start, when its result is known.
    Control(ControlCmdlet),
    /// It acts at its start; if it could, it reads the result at its end.
    ControlThenQuery(ControlCmdlet, QueryCmdlet),
}

type ControlCmdlet = fn(&mut Site, &Parameters) -> (Moment, Reply);

type QueryCmdlet = fn(&mut Site, &Parameters) -> Reply;

/// Every modelled cmdlet.
const CMDLETS: [&[Cmdlet]; 10] = [
    &server_health::CMDLETS,
    &monitoring_probe::CMDLETS,
    &imap_connectivity::CMDLETS,
    &monitoring_items::CMDLETS,
    &database_copies::CMDLETS,
    &imap_settings::CMDLETS,
    &mailbox_server::CMDLETS,
    &component_state::CMDLETS,
    &services::CMDLETS,
    &computers::CMDLETS,
];

/// A started request.
#[derive(Debug)]
pub(super) struct StartedCmdlet {
    /// When its answer is ready.
    pub ready: Moment,
    rest: Rest,
}

#[derive(Debug)]
enum Rest {
    Known(Reply),
    Query(QueryCmdlet, Parameters),
}

/// Starts a request.
pub(super) fn begin(site: &mut Site, request: &Request) -> StartedCmdlet {
    let place = match request.place {
        Target::Exchange { .. } => Where::Exchange,
        Target::Computer { .. } => Where::Computer,
        Target::Here => Where::Here,
    };
    let mut known = CMDLETS.iter().flat_map(|group| group.iter());
    let fitting = known.find(|cmdlet| cmdlet.name.eq_ignore_ascii_case(&request.cmdlet) && cmdlet.place == place);
    let known_at = |site: &Site, after: ModelDuration, reply: Reply| StartedCmdlet {
        ready: site.now + after,
        rest: Rest::Known(reply),
    };
    let Some(cmdlet) = fitting else {
        return known_at(site, ModelDuration::ZERO, Reply::unknown_command(&request.cmdlet));
    };
    let mut parameters = match bind::bind(cmdlet.name, cmdlet.parameters, &request.parameters) {
        Ok(parameters) => parameters,
        Err(reply) => return known_at(site, ModelDuration::ZERO, reply),
    };
    let connected = match &request.place {
        Target::Exchange { sessions } => session::with_exchange(site, sessions),
        Target::Computer { name } => session::with_computer(site, name).map(|id| {
            parameters.computer = Some(id);
            ModelDuration::ZERO
        }),
        Target::Here => Ok(ModelDuration::ZERO),
    };
    let lost = match connected {
        Ok(lost) => lost,
        Err((after, reply)) => return known_at(site, after, reply),
    };
    match cmdlet.run {
        Run::Query(takes, look) => {
            let takes = takes(site, &parameters) + lost;
            StartedCmdlet { ready: site.now + takes, rest: Rest::Query(look, parameters) }
        }
        Run::Control(act) => {
            let (ready, reply) = act(site, &parameters);
            StartedCmdlet { ready: ready + lost, rest: Rest::Known(reply) }
        }
        Run::ControlThenQuery(act, look) => {
            let (ready, reply) = act(site, &parameters);
            let begun = reply.errors.is_empty() && reply.warnings.is_empty();
            let rest = if begun { Rest::Query(look, parameters) } else { Rest::Known(reply) };
            StartedCmdlet { ready: ready + lost, rest }
        }
    }
}

/// Finishes a request with the current state.
pub(super) fn finish(site: &mut Site, begun: StartedCmdlet, request: &Request) -> Envelope {
    let reply = match begun.rest {
        Rest::Known(reply) => reply,
        Rest::Query(_, parameters) if parameters.computer.is_some_and(|id| !site[id].is_up()) => {
            let message = "The connection to the computer was lost";
            Reply::error(ErrorStage::Connect, "PSSessionStateBroken", "OpenError", message)
        }
        Rest::Query(look, parameters) => look(site, &parameters),
    };
    shape::envelope(reply, request, site.rules.enums_as_numbers)
}

/// The duration of a simple cmdlet in a session.
fn plain(site: &mut Site, _: &Parameters) -> ModelDuration {
    let range = site.rules.times.cmdlet;
    site.draw(range)
}

/// The duration of a simple cmdlet on a computer.
fn nearby(site: &mut Site, _: &Parameters) -> ModelDuration {
    let range = site.rules.times.computer;
    site.draw(range)
}
