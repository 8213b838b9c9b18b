//! The numbers of enums of Exchange, which PowerShell returns where the types of Exchange are not loaded.
//!
//! Only numbers with a known source are listed; any other is a mismatch. Words are always accepted.

use crate::transport::powershell::Numbers;

/// `AlertValue` of a monitor. The numbers are assumptions.
pub(super) const ALERT_VALUES: Numbers =
    &[(0, "Unknown"), (1, "Healthy"), (2, "Degraded"), (3, "Unhealthy"), (4, "Repairing"), (5, "Disabled")];

/// `ResultType` of a probe result. 1, 3 and 4 are documented as values in events; 2 is known from practice.
pub(super) const RESULT_TYPES: Numbers = &[(1, "TimedOut"), (2, "Poisoned"), (3, "Succeeded"), (4, "Failed")];

/// `Status` of a database copy: no number is known.
pub(super) const COPY_STATUSES: Numbers = &[];

/// `DatabaseCopyAutoActivationPolicy`. 0 occurs in real output; the others follow the order of the documentation.
pub(super) const ACTIVATION_POLICIES: Numbers = &[(0, "Unrestricted"), (1, "IntrasiteOnly"), (2, "Blocked")];

/// `State` of a component. 0 and 1 occur in real output.
pub(super) const COMPONENT_STATES: Numbers = &[(0, "Inactive"), (1, "Active"), (2, "Draining")];

/// `Requester` of a component's state: no number is known.
pub(super) const REQUESTERS: Numbers = &[];

/// `LoginType` of the IMAP settings, as documented.
pub(super) const LOGIN_TYPES: Numbers = &[(1, "PlainTextLogin"), (2, "PlainTextAuthentication"), (3, "SecureLogin")];

/// `ItemType` of a monitoring item, in the order of the documentation.
pub(super) const ITEM_TYPES: Numbers =
    &[(0, "Unknown"), (1, "Probe"), (2, "Monitor"), (3, "Responder"), (4, "Maintenance")];
