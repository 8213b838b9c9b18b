//! Get-ServerComponentState and Set-ServerComponentState: the holders and states of components.

use super::bind::{Kind, Parameters};
use super::reply::Reply;
use super::{Cmdlet, Run, Where, plain};
use crate::simulation::exchange::model::components::{NAMES, STATES, component_named, state_word};
use crate::simulation::exchange::model::ledger::Actor;
use crate::simulation::exchange::model::state::{ServerId, Site};
use crate::simulation::exchange::settings::ComponentState;
use crate::simulation::exchange::settings::duration::Moment;
use crate::simulation::exchange::settings::faults::Requester;
use serde_json::Value;

pub(super) const CMDLETS: [Cmdlet; 2] = [
    Cmdlet {
        name: "Get-ServerComponentState",
        place: Where::Exchange,
        parameters: &[("Identity", Kind::Text, true), ("Component", Kind::Text, false)],
        run: Run::Query(plain, get),
    },
    Cmdlet {
        name: "Set-ServerComponentState",
        place: Where::Exchange,
        parameters: &[
            ("Identity", Kind::Text, true),
            ("Component", Kind::Text, true),
            ("State", Kind::Text, true),
            ("Requester", Kind::Text, true),
        ],
        run: Run::Control(set),
    },
];

fn unknown_component(parameters: &Parameters) -> Reply {
    let message = format!("There is no server component named '{}'", parameters.text("Component"));
    parameters.failed("ServerComponentNotFound", "InvalidArgument", message)
}

fn get(site: &mut Site, parameters: &Parameters) -> Reply {
    let server = match parameters.server(site, "Identity") {
        Ok(server) => server,
        Err(reply) => return reply,
    };
    match parameters.given("Component").map(component_named) {
        None => Reply::objects(NAMES.iter().map(|name| object(site, server, name)).collect()),
        Some(Some(component)) => Reply::objects(vec![object(site, server, component)]),
        Some(None) => unknown_component(parameters),
    }
}

fn object(site: &Site, server: ServerId, component: &'static str) -> super::reply::Object {
    let known = &site[server];
    let holds = known.components.holds(component);
    let lines = holds.map(|(who, hold)| {
        Value::from(format!("{}|{}|{}", who.as_str(), state_word(hold.state), hold.since.timestamp()))
    });
    let remote: Vec<Value> = lines.collect();
    // Local states are in the registry of the server.
    let local = if known.is_up() { remote.clone() } else { Vec::new() };
    let offline = known.components.state("ServerWideOffline") == ComponentState::Inactive;
    vec![
        ("Identity", known.name.clone().into()),
        ("ServerFqdn", known.address().into()),
        ("Component", component.into()),
        ("State", state_word(known.components.state(component)).into()),
        ("ServerWideOfflineIsOffline", offline.into()),
        ("LocalStates", local.into()),
        ("RemoteStates", remote.into()),
    ]
}

fn set(site: &mut Site, parameters: &Parameters) -> (Moment, Reply) {
    let ready = site.now + plain(site, parameters);
    let server = match parameters.server(site, "Identity") {
        Ok(server) => server,
        Err(reply) => return (ready, reply),
    };
    let Some(component) = component_named(parameters.text("Component")) else {
        return (ready, unknown_component(parameters));
    };
    let written = parameters.text("State");
    let state = STATES.iter().find(|(_, word)| word.eq_ignore_ascii_case(written)).map(|(state, _)| *state);
    let requester = Requester::named(parameters.text("Requester"));
    let (Some(state), Some(requester)) = (state, requester) else {
        let message = "The state or the requester is not one that there is";
        return (ready, parameters.failed("ParameterBindingFailed", "InvalidArgument", message));
    };
    if site[server].components.held(component, requester) != state {
        site.hold(server, component, requester, state, Actor::Run);
    }
    (ready, Reply::nothing())
}
