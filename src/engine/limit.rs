//! What a limit counts.

use super::address::Address;
use super::exit::Exit;
use super::frame::Frame;
use super::scope::Scope;
use super::world::Charge;
use crate::check::program::{LimitKey, LimitPart};
use crate::value::{Value, display_duration};

/// What an action's limits are charged for one call, by the frame of its signature.
pub(super) async fn charges<'t>(
    scope: &Scope<'t>,
    action: usize,
    frame: &mut Frame,
    at: &Address,
) -> Result<Vec<Charge>, Exit> {
    let mut charges = Vec::new();
    for limit in scope.tree.program.limits.iter().filter(|limit| limit.action == action) {
        let limited = scope.action(action)?;
        let name = format!("{}.{}", limited.backend, limited.name);
        charges.extend(parts(scope, &name, &limit.parts, frame, at).await?);
    }
    Ok(charges)
}

/// What the parts of a limit on `name` are charged.
pub(super) async fn parts<'t>(
    scope: &Scope<'t>,
    name: &str,
    parts: &'t [LimitPart],
    frame: &mut Frame,
    at: &Address,
) -> Result<Vec<Charge>, Exit> {
    let mut charges = Vec::new();
    for part in parts {
        let (what, key, rate, apart) = match part {
            LimitPart::Rate { count, window, key } => {
                (format!("{count} per {}", display_duration(*window)), key, Some((*count, *window)), None)
            }
            LimitPart::Apart { gap, key } => (format!("{} apart", display_duration(*gap)), key, None, Some(*gap)),
        };
        let Some(key) = counted_by(scope, key.as_ref(), frame, at).await? else { continue };
        charges.push(Charge { name: format!("{name} {what}{key}"), rate, apart });
    }
    Ok(charges)
}

/// ` per dag=dag1`; nothing where what it is counted by is absent, so that there is nothing to count.
async fn counted_by<'t>(
    scope: &Scope<'t>,
    key: Option<&'t LimitKey>,
    frame: &mut Frame,
    at: &Address,
) -> Result<Option<String>, Exit> {
    let Some(key) = key else { return Ok(Some(String::new())) };
    let value = scope.value(&key.value, frame, at).await?;
    Ok((value != Value::Absent).then(|| format!(" per {}={value}", key.name)))
}
