//! Reboots, confirmed by a changed boot id.

use super::commands::Commands;
use super::windows::{Windows, are_two_boots};
use super::{RebootManager, RebootSettings};
use crate::backend::CallContext;
use crate::value::{ActionError, ErrorKind, Host, SignedDuration, display_duration};
use std::time::Duration;

/// How often a booting host is asked for its boot id.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// The longest that one request for the boot id may take: it can hang while the host is down.
const ONE_QUESTION: Duration = Duration::from_secs(30);

/// The longest that the order to reboot may take before the boot id is polled.
const ONE_ORDER: Duration = Duration::from_secs(120);

/// What reboots a host.
enum RebootMethod<'a> {
    Commands(Commands<'a>),
    Windows(Windows<'a>),
}

impl<'a> RebootMethod<'a> {
    fn for_host(host: &'a Host, context: &'a CallContext<'a>) -> Result<Self, ActionError> {
        let settings = host.settings.get::<RebootSettings>().ok_or_else(|| {
            let message = format!("the entry of {} has no `reboot:`, which says how to reboot it", host.name);
            ActionError::new(ErrorKind::Refused, message)
        })?;
        Ok(match settings.manager {
            RebootManager::Commands | RebootManager::Systemd => Self::Commands(Commands::new(host, settings, context)),
            RebootManager::Windows => Self::Windows(Windows::new(host, context)?),
        })
    }

    /// Whether there is a boot id.
    fn has_boot_id(&self) -> bool {
        match self {
            Self::Commands(commands) => commands.has_boot_id(),
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

/// The boot id: a text that changes with every boot.
pub(super) async fn boot_id(host: &Host, context: &CallContext<'_>, limit: Duration) -> Result<String, ActionError> {
    RebootMethod::for_host(host, context)?.boot_id(limit).await
}

/// Reboots, and waits for another boot id.
///
/// The result of the order proves little: its connection may be lost with the host, and a host that does not answer may
/// be busy. Only a changed boot id confirms the reboot.
///
/// # Errors
/// `refused` and `unreachable` if nothing was ordered. `timed_out` if the boot id did not change in time. `unknown` if
/// there was no boot id to compare with.
pub(super) async fn reboot(host: &Host, context: &CallContext<'_>) -> Result<(), ActionError> {
    let means = RebootMethod::for_host(host, context)?;
    let system = context.system;
    let left = || context.time_left();
    // A host whose boot id cannot be read is rebooted all the same.
    let mut known = match means.has_boot_id() {
        true => means.boot_id(ONE_QUESTION.min(left())).await.ok(),
        false => None,
    };
    let in_vain = match known {
        Some(_) => (ErrorKind::TimedOut, format!("{} did not boot again in time", host.name)),
        None if means.has_boot_id() => {
            let message =
                format!("{} gave no boot id before its reboot, so it is unknown whether it rebooted", host.name);
            (ErrorKind::Unknown, message)
        }
        None => {
            let message = format!(
                "the entry of {} has no `reboot.boot_id:`, which tells one boot from the next, so it is unknown whether it \
                 rebooted",
                host.name
            );
            (ErrorKind::Unknown, message)
        }
    };
    // Without a boot id there is nothing to poll afterwards.
    let limit = if means.has_boot_id() { ONE_ORDER.min(left()) } else { left() };
    let how = match means.order(limit).await {
        Err(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::Unreachable) => return Err(error),
        how => how.err(),
    };
    // When it last answered, and what has come instead since then.
    let (mut answered, mut silence) = (system.elapsed(), None);
    while means.has_boot_id() {
        match means.boot_id(ONE_QUESTION.min(left())).await {
            Ok(now) => {
                match &known {
                    Some(known) if means.are_two_boots(known, &now) => return Ok(()),
                    Some(_) => {}
                    // It may be from before or after the reboot; only the next change confirms it.
                    None => known = Some(now),
                }
                (answered, silence) = (system.elapsed(), None);
            }
            Err(error) => silence = Some(error.message),
        }
        if left() <= POLL_INTERVAL {
            break;
        }
        system.sleep(POLL_INTERVAL).await;
    }
    let (kind, mut message) = in_vain;
    if means.has_boot_id() {
        message.push_str(&match silence {
            None => "; it answers, with the boot from before".to_owned(),
            Some(error) => {
                let silent = SignedDuration::try_from(system.elapsed().saturating_sub(answered));
                let silent = display_duration(SignedDuration::from_secs(silent.unwrap_or_default().as_secs()));
                format!("; it has given no answer for {silent}: {error}")
            }
        });
    }
    let evidence = how.and_then(|how| {
        message = format!("{message}; {how}");
        how.evidence
    });
    Err(ActionError { evidence, ..ActionError::new(kind, message) })
}
