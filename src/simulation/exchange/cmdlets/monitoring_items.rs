//! Get-MonitoringItemIdentity: the probes, monitors and responders of a health set.

use super::bind::{Kind, Parameters};
use super::reply::Reply;
use super::{Cmdlet, Run, Where, plain};
use crate::simulation::exchange::model::state::Site;

pub(super) const CMDLETS: [Cmdlet; 1] = [Cmdlet {
    name: "Get-MonitoringItemIdentity",
    place: Where::Exchange,
    parameters: &[("Identity", Kind::Text, true), ("Server", Kind::Text, true)],
    run: Run::Query(plain, get),
}];

fn get(site: &mut Site, parameters: &Parameters) -> Reply {
    let server = match parameters.server(site, "Server") {
        Ok(server) => server,
        Err(reply) => return reply,
    };
    let name = site[server].name.clone();
    if site.health_manager_is_silent(server) {
        return Reply::warning(format!(
            "Could not get monitoring items of server {name}: its Health Manager does not answer"
        ));
    }
    let set = parameters.text("Identity");
    let items = site.items(server, set);
    if items.is_empty() {
        return Reply::warning(format!("There is no health set {set} on server {name}"));
    }
    let objects = items.into_iter().map(|(item, kind, target)| {
        vec![
            ("Server", name.clone().into()),
            ("HealthSetName", set.into()),
            ("Identity", format!(r"{set}\{item}\{target}").into()),
            ("Name", item.into()),
            ("TargetResource", target.into()),
            ("ItemType", kind.into()),
        ]
    });
    Reply::objects(objects.collect())
}
