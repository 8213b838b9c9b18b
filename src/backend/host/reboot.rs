//! Reboots, by the commands that the host's entry declares.

use crate::backend::{Surroundings, working_folder};
use crate::transport::process::{Captured, Finished, Invocation};
use crate::value::{ActionError, ErrorKind, Host, RebootSettings, Value};
use std::time::Duration;

/// How often a host that is booting is asked for its boot id.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// One question for the boot id may hang for so long while the host is down.
const ONE_QUESTION: Duration = Duration::from_secs(20);

/// What the command for the boot id writes.
pub(super) async fn boot_id(
    host: &Host,
    surroundings: &Surroundings<'_>,
    limit: Duration,
) -> Result<String, ActionError> {
    let arguments = settings(host)?.boot_id.as_deref().ok_or_else(|| {
        let message =
            format!("the entry of {} does not say how to tell one boot from the next (`reboot.boot_id:`)", host.name);
        ActionError::new(ErrorKind::Refused, message)
    })?;
    let finished = command(arguments, surroundings, limit).await?;
    let written = finished.stdout.text().trim().to_owned();
    match finished.ending.is_success() {
        true if !written.is_empty() => Ok(written),
        true => Err(ActionError::new(ErrorKind::Protocol, format!("the boot id of {} is empty", host.name))),
        false => {
            let message = format!("the command for the boot id of {} {}", host.name, finished.ending);
            Err(with_output(ActionError::new(ErrorKind::Failed, message), &finished.stderr))
        }
    }
}

/// The command that reboots may take so long before the boot id is asked for.
const ONE_ORDER: Duration = Duration::from_secs(120);

/// Reboots, and waits until the boot id has changed where the entry says how to read it.
///
/// How the command ends says little: its connection may well die with the host. So it fails only where there is no
/// boot id to ask, or where the id stays the same until the time is up.
pub(super) async fn reboot(host: &Host, surroundings: &Surroundings<'_>) -> Result<(), ActionError> {
    let settings = settings(host)?;
    let outside = surroundings.outside;
    let begun = outside.elapsed();
    let left = || surroundings.time_left.saturating_sub(outside.elapsed().saturating_sub(begun));
    // A host that is too sick to answer is rebooted all the same; any id it has afterwards is then a new one.
    let before = match &settings.boot_id {
        Some(_) => boot_id(host, surroundings, ONE_QUESTION.min(left())).await.ok(),
        None => None,
    };
    let how = order(host, settings, surroundings, left()).await?;
    if settings.boot_id.is_none() {
        return how.map_or(Ok(()), Err);
    }
    // Without an id from before, the host must have been seen down.
    let mut was_down = before.is_some();
    loop {
        match boot_id(host, surroundings, ONE_QUESTION.min(left())).await {
            Ok(now) if was_down && before.as_ref() != Some(&now) => return Ok(()),
            Ok(_) => {}
            Err(_) => was_down = true,
        }
        if left() <= LOOK_AGAIN {
            let mut message = format!("{} had not booted again in time", host.name);
            let evidence = how.and_then(|how| {
                message = format!("{message}; {how}");
                how.evidence
            });
            return Err(ActionError { evidence, ..ActionError::new(ErrorKind::TimedOut, message) });
        }
        outside.sleep(LOOK_AGAIN).await;
    }
}

/// Gives the order to reboot, and what was wrong with it in case nothing else tells how it went. An order that was
/// certainly not given is an error.
async fn order(
    host: &Host,
    settings: &RebootSettings,
    surroundings: &Surroundings<'_>,
    left: Duration,
) -> Result<Option<ActionError>, ActionError> {
    // A command that hangs may have died with the host that it talks to.
    let limit = if settings.boot_id.is_some() { ONE_ORDER.min(left) } else { left };
    match command(&settings.command, surroundings, limit).await {
        Ok(finished) if finished.ending.is_success() => Ok(None),
        Ok(finished) => {
            let message = format!("the command that reboots {} {}", host.name, finished.ending);
            Ok(Some(with_output(ActionError::new(ErrorKind::Unknown, message), &finished.stderr)))
        }
        Err(error) if error.kind == ErrorKind::TimedOut => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

fn settings(host: &Host) -> Result<&RebootSettings, ActionError> {
    host.settings.reboot.as_ref().ok_or_else(|| {
        let message = format!("the entry of {} does not say how it is rebooted (`reboot:`)", host.name);
        ActionError::new(ErrorKind::Refused, message)
    })
}

async fn command(
    arguments: &[String],
    surroundings: &Surroundings<'_>,
    limit: Duration,
) -> Result<Finished, ActionError> {
    let folder = Some(working_folder(surroundings));
    surroundings.outside.run(Invocation { arguments, folder, ..Invocation::default() }, limit).await
}

fn with_output(error: ActionError, output: &Captured) -> ActionError {
    if output.is_empty() { error } else { error.with(Value::text(output.last_lines())) }
}
