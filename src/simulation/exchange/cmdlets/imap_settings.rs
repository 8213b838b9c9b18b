//! Get-ImapSettings and Set-ImapSettings. The settings are in the directory: they can be read for a server that is
//! down, and take effect with the next start of the service (R4).

use super::bind::{Kind, Parameters};
use super::reply::Reply;
use super::{Cmdlet, Run, Where, plain};
use crate::simulation::exchange::model::ledger::{Actor, Effect};
use crate::simulation::exchange::model::protocol_log::LOCATION;
use crate::simulation::exchange::model::state::Site;
use crate::simulation::exchange::settings::duration::Moment;
use serde_json::Value;

pub(super) const CMDLETS: [Cmdlet; 2] = [
    Cmdlet {
        name: "Get-ImapSettings",
        place: Where::Exchange,
        parameters: &[("Server", Kind::Text, true)],
        run: Run::Query(plain, get),
    },
    Cmdlet {
        name: "Set-ImapSettings",
        place: Where::Exchange,
        parameters: &[("Server", Kind::Text, true), ("ProtocolLogEnabled", Kind::Boolean, false)],
        run: Run::Control(set),
    },
];

fn get(site: &mut Site, parameters: &Parameters) -> Reply {
    let server = match parameters.server(site, "Server") {
        Ok(server) => &site[server],
        Err(reply) => return reply,
    };
    let list = |items: [&str; 2]| Value::from(items.map(Value::from).to_vec());
    Reply::objects(vec![vec![
        ("Identity", format!(r"{}\1", server.name).into()),
        ("Name", "1".into()),
        ("ProtocolName", "IMAP4".into()),
        ("Server", server.name.clone().into()),
        ("ProtocolLogEnabled", server.protocol_log_enabled.into()),
        ("LogFileLocation", LOCATION.into()),
        ("LogFileRollOverSettings", "Hourly".into()),
        ("UnencryptedOrTLSBindings", list(["[::]:143", "0.0.0.0:143"])),
        ("SSLBindings", list(["[::]:993", "0.0.0.0:993"])),
        ("X509CertificateName", server.name.clone().into()),
        ("LoginType", "SecureLogin".into()),
        ("ProxyTargetPort", 1993.into()),
    ]])
}

fn set(site: &mut Site, parameters: &Parameters) -> (Moment, Reply) {
    let ready = site.now + plain(site, parameters);
    let server = match parameters.server(site, "Server") {
        Ok(server) => server,
        Err(reply) => return (ready, reply),
    };
    match parameters.boolean("ProtocolLogEnabled") {
        Some(enabled) if enabled != site[server].protocol_log_enabled => {
            site[server].protocol_log_enabled = enabled;
            site.record(server, Effect::ProtocolLogging(enabled), Actor::Run);
            (ready, Reply::warning("The change takes effect when the IMAP4 service is restarted"))
        }
        _ => {
            let name = &site[server].name;
            (ready, Reply::warning(format!("The command completed, but no settings of '{name}\\1' have been modified")))
        }
    }
}
