//! Server components: their holders and states. A component without a holder is active.

use super::ledger::{Actor, Effect};
use super::services::Control;
use super::state::{FRONT_END, ServerId, Site};
use crate::simulation::exchange::settings::ComponentState;
use crate::simulation::exchange::settings::duration::Moment;
use crate::simulation::exchange::settings::faults::Requester;
use std::collections::BTreeMap;

/// The component that proxies IMAP to mailbox servers.
pub(in crate::simulation::exchange) const IMAP_PROXY: &str = "ImapProxy";
/// The component that stands for all of them.
pub(in crate::simulation::exchange) const SERVER_WIDE: &str = "ServerWideOffline";

/// The components of Exchange 2013.
pub(in crate::simulation::exchange) const NAMES: [&str; 22] = [
    SERVER_WIDE,
    "HubTransport",
    "FrontendTransport",
    "Monitoring",
    "RecoveryActionsEnabled",
    "AutoDiscoverProxy",
    "ActiveSyncProxy",
    "EcpProxy",
    "EwsProxy",
    IMAP_PROXY,
    "OabProxy",
    "OwaProxy",
    "PopProxy",
    "PushNotificationsProxy",
    "RpsProxy",
    "RwsProxy",
    "RpcProxy",
    "UMCallRouter",
    "XropProxy",
    "HttpProxyAvailabilityGroup",
    "EdgeTransport",
    "HighAvailability",
];

/// A component by name, in any case.
pub(in crate::simulation::exchange) fn component_named(name: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name))
}

/// The words for states.
pub(in crate::simulation::exchange) const STATES: [(ComponentState, &str); 3] = [
    (ComponentState::Active, "Active"),
    (ComponentState::Inactive, "Inactive"),
    (ComponentState::Draining, "Draining"),
];

/// The word for a state.
pub(in crate::simulation::exchange) fn state_word(state: ComponentState) -> &'static str {
    STATES.iter().find(|(known, _)| *known == state).map_or("", |(_, word)| word)
}

/// The state that a requester set for a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulation::exchange) struct Hold {
    pub state: ComponentState,
    pub since: Moment,
    pub by: Actor,
}

/// The states that all requesters set for the components of a server.
#[derive(Debug, Clone, Default)]
pub(in crate::simulation::exchange) struct Components {
    holds: BTreeMap<(&'static str, Requester), Hold>,
}

impl Components {
    /// The entries of a component.
    pub fn holds(&self, component: &str) -> impl Iterator<Item = (Requester, Hold)> {
        self.holds.iter().filter(move |((name, _), _)| *name == component).map(|((_, who), hold)| (*who, *hold))
    }

    /// The state that a requester set; Active without an entry.
    pub fn held(&self, component: &'static str, requester: Requester) -> ComponentState {
        self.holds.get(&(component, requester)).map_or(ComponentState::Active, |hold| hold.state)
    }

    /// All entries.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, Requester, ComponentState)> {
        self.holds.iter().map(|((component, who), hold)| (*component, *who, hold.state))
    }

    /// Sets the state of a requester.
    pub fn set_hold(&mut self, component: &'static str, requester: Requester, hold: Hold) {
        self.holds.insert((component, requester), hold);
    }

    /// The effective state.
    pub fn state(&self, component: &str) -> ComponentState {
        let mut state = ComponentState::Active;
        for ((name, _), hold) in &self.holds {
            if *name == component || *name == SERVER_WIDE {
                match hold.state {
                    ComponentState::Inactive => return ComponentState::Inactive,
                    ComponentState::Draining => state = ComponentState::Draining,
                    ComponentState::Active => {}
                }
            }
        }
        state
    }
}

impl Site {
    /// Whether a hold on ImapProxy, or on the whole server, stops the front-end service.
    pub fn front_end_must_stop(&self, server: ServerId) -> bool {
        self[server].components.all().any(|(component, who, state)| {
            matches!(component, IMAP_PROXY | SERVER_WIDE)
                && state == ComponentState::Inactive
                && (who != Requester::HealthAPI || self.rules.components.health_api_stops_service)
        })
    }

    /// Holds or releases a component.
    pub fn hold(
        &mut self,
        server: ServerId,
        component: &'static str,
        requester: Requester,
        state: ComponentState,
        by: Actor,
    ) {
        let had_to_stop = self.front_end_must_stop(server);
        let since = self.now;
        self[server].components.set_hold(component, requester, Hold { state, since, by });
        let word = state_word(state).to_owned();
        self.record(server, Effect::ComponentHeld { component: component.to_owned(), requester, state: word }, by);
        if state == ComponentState::Active {
            self.cured_by_release(server, component, requester);
        }
        self.stop_held_front_end(server);
        let starts = self.rules.components.active_starts_service;
        if had_to_stop && !self.front_end_must_stop(server) && starts && !self[server].runs(FRONT_END) {
            // The start is asynchronous, and a service that cannot start stays stopped.
            let _ = self.control(server, FRONT_END, Control::Start, Actor::Site);
        }
    }
}
