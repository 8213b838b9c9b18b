//! The dispatcher: performs calls with the backends, within a deadline, and masks secrets in what comes back.

use crate::backend::{Backend, CallContext};
use crate::engine::world::Request;
use crate::secret::Secrets;
use crate::transport::system::System;
use crate::value::{
    ActionError, BackendSettings, Call, Class, EffectOutcome, ErrorKind, Host, Loss, SignedDuration, Timestamp, Value,
    display_duration,
};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::time::Duration;

/// A backend that does not return is dropped this long after the deadline, so that it can report itself in which phase
/// the time ran out.
const GRACE: Duration = Duration::from_millis(250);

/// The backends, and what a call may use.
pub struct Dispatcher<'a> {
    /// The backends, one for each family of actions.
    pub backends: Vec<Box<dyn Backend>>,
    /// The hosts of the inventory.
    pub hosts: &'a [Host],
    /// The secrets of the inventory.
    pub secrets: &'a Secrets,
    /// The folder of the inventory, to which its paths are relative.
    pub folder: PathBuf,
    /// The sections of the inventory that backends read.
    pub settings: BackendSettings,
}

impl Dispatcher<'_> {
    /// Carries out a call over `system` until its deadline, and for `GRACE` after it. `now` is the world's clock.
    ///
    /// This is the one place where a deadline becomes the time that is left. Backends get it on the clock of the system.
    ///
    /// # Errors
    /// Those of the backend, and `timed_out` if it gives no answer in time. They contain no secret.
    pub async fn perform(&self, request: &Request, now: Timestamp, system: &dyn System) -> Result<Value, ActionError> {
        let started = system.elapsed();
        let time_left = Duration::try_from(request.deadline.duration_since(now)).unwrap_or_default();
        let result = self.unmasked(&request.call, time_left, system).await.map_err(|error| self.masked(error));
        let known = result.as_ref().map_or_else(ActionError::outcome, |_| EffectOutcome::Done);
        tracing::debug!(
            address = %request.address,
            call = %format_args!("{}.{}", request.call.backend, request.call.action),
            outcome = ?known,
            milliseconds = system.elapsed().saturating_sub(started).as_millis() as u64,
            "call"
        );
        result.map(|value| self.secrets.redact_value(&value).into_inner())
    }

    async fn unmasked(&self, call: &Call, time_left: Duration, system: &dyn System) -> Result<Value, ActionError> {
        let Some(backend) = self.backends.iter().find(|backend| backend.name() == call.backend) else {
            let message = format!("{}.{} cannot be carried out here", call.backend, call.action);
            return Err(ActionError::new(ErrorKind::Refused, message));
        };
        if time_left.is_zero() {
            // Nothing was sent, so an effect is `Refused`: it was certainly not carried out.
            let kind = if call.class == Class::Observe { ErrorKind::TimedOut } else { ErrorKind::Refused };
            return Err(ActionError::new(kind, "its time was up before it started"));
        }
        let context = CallContext {
            hosts: self.hosts,
            secrets: self.secrets,
            deadline: system.elapsed().saturating_add(time_left),
            folder: &self.folder,
            settings: &self.settings,
            system,
        };
        // A fault of one backend ends one call: the run goes on, undoes its changes and tells somebody.
        let call_name = format_args!("{}.{}", call.backend, call.action);
        let performed = AssertUnwindSafe(async { backend.perform(call, &context).await }).catch_unwind();
        tokio::select! {
            biased;
            result = performed => result.unwrap_or_else(|_| {
                let message = format!("an internal error of rectify ended {call_name}");
                Err(ActionError::new(ErrorKind::Unknown, message))
            }),
            () = system.sleep(time_left.saturating_add(GRACE)) => {
                let time = SignedDuration::try_from(time_left).map(display_duration).unwrap_or_default();
                let message = format!("{call_name} gave no answer within {time}");
                Err(ActionError::new(ErrorKind::TimedOut, message))
            }
        }
    }

    /// Masks secrets in an error.
    pub fn masked(&self, error: ActionError) -> ActionError {
        let message = self.secrets.redact_text(&error.message).into_inner();
        let loss = (message != error.message).then_some(Loss::Masked);
        let evidence = error.evidence.as_ref().map(|seen| self.secrets.redact_value(seen).into_inner());
        ActionError { evidence, ..error.with_message(message).with_loss(loss) }
    }
}
