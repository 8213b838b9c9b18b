//! Components of a server, and the requesters that hold them inactive.

use super::server::Server;
use super::words::{COMPONENT_STATES, REQUESTERS};
use crate::backend::powershell::CmdletReply;
use crate::transport::powershell::{Object, enum_name, time};
use crate::value::{ActionError, Timestamp, Value};
use ecow::EcoString;

const ACTIVE: &str = "Active";

/// The state that a requester sets for a component.
struct Hold {
    requester: EcoString,
    state: EcoString,
    since: Option<Timestamp>,
}

async fn read(server: &Server<'_>, name: &str) -> Result<CmdletReply, ActionError> {
    let request = server.exchange("Get-ServerComponentState").with("Identity", server.address);
    let request = request.with("Component", name).select("ServerFqdn Component State LocalStates RemoteStates");
    let answer = server.send(request).await?;
    let object = answer.object()?;
    if object.optional_text("ServerFqdn")?.is_some() {
        server.check_server(&object, "ServerFqdn")?;
    }
    if !object.text("Component")?.eq_ignore_ascii_case(name) {
        return Err(object.mismatch("Component", "is not the one that was queried"));
    }
    Ok(answer)
}

/// The requesters and their states, each once. The list of the server and that of the directory can differ; the state
/// that holds the component counts.
fn holds(object: &Object<'_>) -> Result<Vec<Hold>, ActionError> {
    let mut holds: Vec<Hold> = Vec::new();
    for property in ["LocalStates", "RemoteStates"] {
        for entry in object.list(property)? {
            let wrong = || object.mismatch(property, "has an entry that is not requester, state and time");
            let mut parts = entry.split('|');
            let (Some(requester), Some(state), Some(since), None) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                return Err(wrong());
            };
            let requester = enum_name(requester, REQUESTERS).ok_or_else(wrong)?;
            let state = enum_name(state, COMPONENT_STATES).ok_or_else(wrong)?;
            let since = time(since).map_err(|_| wrong())?;
            match holds.iter_mut().find(|hold| hold.requester == requester) {
                Some(known) if known.state == ACTIVE => *known = Hold { requester, state, since },
                Some(_) => {}
                None => holds.push(Hold { requester, state, since }),
            }
        }
    }
    Ok(holds)
}

/// A component and its holders.
pub(super) async fn component(server: &Server<'_>, name: &str) -> Result<Value, ActionError> {
    let answer = read(server, name).await?;
    let object = answer.object()?;
    let holds = holds(&object)?.into_iter().filter(|hold| hold.state != ACTIVE).map(|hold| {
        Value::record(
            "ComponentHold",
            [
                ("requester", Value::Word(hold.requester)),
                ("state", Value::Word(hold.state)),
                ("since", hold.since.map_or(Value::Absent, Value::Time)),
            ],
        )
    });
    Ok(Value::record(
        "Component",
        [
            ("name", Value::Text(object.text("Component")?)),
            ("state", Value::Word(object.enum_word("State", COMPONENT_STATES)?)),
            ("holds", Value::list(holds)),
        ],
    ))
}

/// The state that a requester sets; one without an entry holds nothing.
pub(super) async fn hold(server: &Server<'_>, name: &str, requester: &str) -> Result<EcoString, ActionError> {
    let answer = read(server, name).await?;
    let own = holds(&answer.object()?)?.into_iter().find(|hold| hold.requester.eq_ignore_ascii_case(requester));
    Ok(own.map_or_else(|| ACTIVE.into(), |hold| hold.state))
}

/// Sets the state of a requester.
pub(super) async fn set(server: &Server<'_>, name: &str, requester: &str, state: &str) -> Result<Value, ActionError> {
    let request = server.exchange("Set-ServerComponentState").with("Identity", server.address);
    server.send(request.with("Component", name).with("State", state).with("Requester", requester)).await?;
    let what = format!("the state of {name} by {requester}");
    let read = async || {
        let now = hold(server, name, requester).await?;
        // A draining component becomes inactive without a further request.
        Ok(if state == "Draining" && now == "Inactive" { state.into() } else { now })
    };
    server.confirm_setting(&what, EcoString::from(state), read).await?;
    Ok(Value::Absent)
}
