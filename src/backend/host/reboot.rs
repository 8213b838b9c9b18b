//! Reboots, and how one knows that they happened.

use super::commands::Commands;
use super::windows::{Windows, are_two_boots};
use crate::backend::Surroundings;
use crate::value::{ActionError, ErrorKind, Host, RebootManager};
use std::time::Duration;

/// How often a host that is booting is asked for its boot id.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// One question for the boot id may hang for so long while the host is down.
const ONE_QUESTION: Duration = Duration::from_secs(30);

/// An order may take so long before the boot id is asked for.
const ONE_ORDER: Duration = Duration::from_secs(120);

/// What reboots a host.
enum Means<'a> {
    Commands(Commands<'a>),
    Windows(Windows<'a>),
}

impl<'a> Means<'a> {
    fn of(host: &'a Host, surroundings: &'a Surroundings<'a>) -> Result<Self, ActionError> {
        let settings = host.settings.reboot.as_ref().ok_or_else(|| {
            let message = format!("the entry of {} does not say how it is rebooted (`reboot:`)", host.name);
            ActionError::new(ErrorKind::Refused, message)
        })?;
        Ok(match settings.manager {
            RebootManager::Commands => Self::Commands(Commands { host, settings, surroundings }),
            RebootManager::Windows => Self::Windows(Windows::of(host, surroundings)?),
        })
    }

    /// Whether one boot can be told from the next.
    fn has_boot_id(&self) -> bool {
        match self {
            Self::Commands(commands) => commands.settings.boot_id.is_some(),
            Self::Windows(_) => true,
        }
    }

    async fn boot_id(&self, limit: Duration) -> Result<String, ActionError> {
        match self {
            Self::Commands(commands) => commands.boot_id(limit).await,
            Self::Windows(windows) => windows.boot_id(limit).await,
        }
    }

    fn are_two_boots(&self, before: &str, now: &str) -> bool {
        match self {
            Self::Commands(_) => before != now,
            Self::Windows(_) => are_two_boots(before, now),
        }
    }

    async fn order(&self, limit: Duration) -> Result<(), ActionError> {
        match self {
            Self::Commands(commands) => commands.order(limit).await,
            Self::Windows(windows) => windows.order(limit).await,
        }
    }
}

/// A text that differs after every boot.
pub(super) async fn boot_id(
    host: &Host,
    surroundings: &Surroundings<'_>,
    limit: Duration,
) -> Result<String, ActionError> {
    Means::of(host, surroundings)?.boot_id(limit).await
}

/// Reboots, and waits until the boot id has changed where there is one.
///
/// How the order ends says little: its connection may well die with the host. So it fails only where nothing was
/// ordered, where there is no boot id to ask, or where the id stays the same until the time is up.
pub(super) async fn reboot(host: &Host, surroundings: &Surroundings<'_>) -> Result<(), ActionError> {
    let means = Means::of(host, surroundings)?;
    let outside = surroundings.outside;
    let begun = outside.elapsed();
    let left = || surroundings.time_left.saturating_sub(outside.elapsed().saturating_sub(begun));
    if !means.has_boot_id() {
        return means.order(left()).await;
    }
    // A host that is too sick to answer is rebooted all the same; any id it has afterwards is then a new one.
    let before = means.boot_id(ONE_QUESTION.min(left())).await.ok();
    let how = match means.order(ONE_ORDER.min(left())).await {
        Err(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::Unreachable) => return Err(error),
        how => how.err(),
    };
    // Without an id from before, the host must have been seen down.
    let mut was_down = false;
    loop {
        match (means.boot_id(ONE_QUESTION.min(left())).await, &before) {
            (Ok(now), Some(before)) if means.are_two_boots(before, &now) => return Ok(()),
            (Ok(_), None) if was_down => return Ok(()),
            (Ok(_), _) => {}
            (Err(_), _) => was_down = true,
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
