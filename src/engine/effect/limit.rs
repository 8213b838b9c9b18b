//! Limits: checked when a run begins, charged before each effect.

use crate::engine::address::Address;
use crate::engine::run::context::StatementContext;
use crate::engine::run::exit::{Exit, Flow};
use crate::engine::run::scheduler::{reply, wait_until};
use crate::engine::run::scope::Scope;
use crate::engine::world::{Charge, World};
use crate::program::{LimitKey, LimitPart, Program};
use crate::value::{Value, display_duration, lock_name};
use std::rc::Rc;

/// Checks, before the run has any effect, that the limit of the run is not spent and that the charges made so far can
/// be read.
pub(crate) async fn check(scope: &Scope<'_>, charges: &[Charge]) -> Flow {
    let Some(world) = scope.tree.effect_world else { return Ok(()) };
    // The limits of actions are checked at each call. That they can be read is checked before the first.
    let program = scope.tree.program;
    let is_limited = !program.limits.is_empty() || program.most_disruptions.is_some();
    let limits_calls = scope.run.parent.is_none() && is_limited;
    if charges.is_empty() && !limits_calls {
        return Ok(());
    }
    let pending = world.check_limits(scope.address.clone(), charges.to_vec());
    Ok(reply(scope.tree, pending, false).await.map_err(|_| Exit::Cancelled)?.result?)
}

/// Charges a call before it is made: the limits of its action, and the limits of the runs whose first effect it is. An
/// effect of a probe, which is undone with it, does not count as an effect of the run.
pub(crate) async fn charge<'t>(scope: &Scope<'t>, world: &dyn World, mut charges: Vec<Charge>, at: &Address) -> Flow {
    let mut runs = Vec::new();
    let mut next = (!scope.in_probe).then(|| Rc::clone(&scope.run));
    while let Some(run) = next {
        next = run.parent.clone();
        runs.push(run);
    }
    wait_until(|| !runs.iter().any(|run| run.charging.get())).await;
    // Another branch may have been refused meanwhile.
    scope.check_stop()?;
    runs.retain(|run| !run.due_charges.borrow().is_empty());
    for run in &runs {
        charges.extend(run.due_charges.borrow().iter().cloned());
    }
    if charges.is_empty() {
        return Ok(());
    }
    runs.iter().for_each(|run| run.charging.set(true));
    let charged = reply(scope.tree, world.charge(at.clone(), charges), false).await;
    runs.iter().for_each(|run| run.charging.set(false));
    scope.tree.wake();
    charged.map_err(|_| Exit::Cancelled)?.result?;
    runs.iter().for_each(|run| run.due_charges.borrow_mut().clear());
    Ok(())
}

/// The charge of a disruption against what the team allows all runbooks together.
pub(crate) fn disruption(program: &Program) -> Option<Charge> {
    let (count, window) = program.most_disruptions?;
    Some(Charge {
        name: format!("policy.disruptions {count} per {}", display_duration(window)),
        counter: "policy.disruptions".to_owned(),
        rate: Some((count, window)),
        apart: None,
    })
}

/// The charges of one call for the limits of its action. The frame is that of its signature.
pub(crate) async fn charges(context: &mut StatementContext<'_, '_>, action: usize) -> Result<Vec<Charge>, Exit> {
    let scope = context.scope;
    let mut charges = Vec::new();
    for limit in scope.tree.program.limits.iter().filter(|limit| limit.action == action) {
        let limited = scope.action(action)?;
        let name = format!("{}.{}", limited.backend, limited.name);
        charges.extend(parts(context, &name, &limit.parts).await?);
    }
    Ok(charges)
}

/// The charges for the parts of a limit on `name`.
pub(crate) async fn parts<'t>(
    context: &mut StatementContext<'_, 't>,
    name: &str,
    parts: &'t [LimitPart],
) -> Result<Vec<Charge>, Exit> {
    let mut charges = Vec::new();
    for part in parts {
        let (what, key, rate, apart) = match part {
            LimitPart::Rate { count, window, key } => {
                (format!("{count} per {}", display_duration(*window)), key, Some((*count, *window)), None)
            }
            LimitPart::Apart { gap, key } => (format!("{} apart", display_duration(*gap)), key, None, Some(*gap)),
        };
        let Some(key) = counted_by(context, key.as_ref()).await? else { continue };
        charges.push(Charge { name: format!("{name} {what}{key}"), counter: format!("{name}{key}"), rate, apart });
    }
    Ok(charges)
}

/// The key of a charge, ` per dag=dag1`; nothing if its value is absent, so that nothing is counted.
async fn counted_by<'t>(
    context: &mut StatementContext<'_, 't>,
    key: Option<&'t LimitKey>,
) -> Result<Option<String>, Exit> {
    let Some(key) = key else { return Ok(Some(String::new())) };
    let value = context.value(&key.value).await?;
    value.whole("the key of a limit")?;
    let hosts = &context.scope.tree.program.hosts;
    let shown = value.as_host().map_or_else(|| value.to_string(), |host| lock_name(hosts, host).into());
    Ok((value != Value::Absent).then(|| format!(" per {}={shown}", key.name)))
}
