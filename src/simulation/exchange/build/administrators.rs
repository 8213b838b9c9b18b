//! Actions of administrators and overrides of a world file, checked against the site.

use super::{server_names, unknown};
use crate::simulation::exchange::dynamics::administrators::PlannedAction;
use crate::simulation::exchange::model::monitors::MonitorKind;
use crate::simulation::exchange::model::state::{DatabaseId, ServerId, Site};
use crate::simulation::exchange::settings::Settings;
use crate::simulation::exchange::settings::administrators::{AdministratorAction, AdministratorActionKind};

/// The actions of a world. Reports each that does not fit in a sentence.
pub(super) fn planned(site: &Site, settings: &Settings, wrong: &mut Vec<String>) -> Vec<PlannedAction> {
    let mut actions = Vec::new();
    for (at, action) in settings.administrators.iter().enumerate() {
        let which = format!("Action {} of an administrator ({})", at + 1, action.action.as_str());
        let server = site.server_named(&action.server).unwrap_or_else(|| {
            let misfit = unknown("Exchange server", &action.server, server_names(site));
            wrong.push(format!("{which}: {misfit}"));
            ServerId(0)
        });
        let database = database(site, action).unwrap_or_else(|misfit| {
            wrong.push(format!("{which}: {misfit}"));
            DatabaseId(0)
        });
        match action.until {
            Some(_) if !action.action.lasts() => wrong.push(format!("{which}: this kind of action has no `until`")),
            Some(until) if until < action.after => wrong.push(format!("{which}: `until` is before `after`")),
            _ => {}
        }
        actions.push(PlannedAction { kind: action.action, server, database });
    }
    actions
}

fn database(site: &Site, action: &AdministratorAction) -> Result<DatabaseId, String> {
    let moves = action.action == AdministratorActionKind::Move;
    match &action.database {
        None if moves => Err("`database` is missing".to_owned()),
        Some(_) if !moves => Err("this kind of action has no `database`".to_owned()),
        None => Ok(DatabaseId(0)),
        Some(written) => site
            .database_named(written)
            .ok_or_else(|| unknown("database", written, site.databases.iter().map(|database| database.name.as_str()))),
    }
}

/// Disables the monitors of the overrides.
pub(super) fn disable_monitors(site: &mut Site, settings: &Settings, wrong: &mut Vec<String>) {
    for (at, given) in settings.overrides.iter().enumerate() {
        let which = format!("Override {}", at + 1);
        let found = MonitorKind::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(&given.monitor));
        let Some(kind) = found else {
            let misfit = unknown("monitor", &given.monitor, MonitorKind::ALL.iter().map(|kind| kind.name()));
            wrong.push(format!("{which}: {misfit}"));
            continue;
        };
        let servers: Vec<ServerId> = match &given.server {
            None => site.server_ids().collect(),
            Some(name) => match site.server_named(name) {
                Some(server) => vec![server],
                None => {
                    wrong.push(format!("{which}: {}", unknown("Exchange server", name, server_names(site))));
                    continue;
                }
            },
        };
        for server in servers {
            site[server].disabled_monitors.push(kind);
        }
    }
}
