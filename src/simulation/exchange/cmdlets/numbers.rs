//! Enums as numbers, as PowerShell returns them where the types of Exchange and Windows are loaded.

use serde_json::Value;

/// The words of the enum of a property, each with its number.
const ENUMS: [(&str, &[(&str, u32)]); 7] = [
    (
        "AlertValue",
        &[("Unknown", 0), ("Healthy", 1), ("Degraded", 2), ("Unhealthy", 3), ("Repairing", 4), ("Disabled", 5)],
    ),
    (
        "CurrentHealthSetState",
        &[("NotApplicable", 1), ("Online", 2), ("PartiallyOnline", 3), ("Offline", 4), ("Functional", 5)],
    ),
    ("ResultType", &[("TimedOut", 1), ("Succeeded", 3), ("Failed", 4)]),
    ("State", &[("Inactive", 0), ("Active", 1), ("Draining", 2)]),
    ("LoginType", &[("PlainTextLogin", 1), ("PlainTextAuthentication", 2), ("SecureLogin", 3)]),
    ("Status", &[("Stopped", 1), ("StartPending", 2), ("StopPending", 3), ("Running", 4)]),
    ("StartType", &[("Automatic", 2), ("Manual", 3), ("Disabled", 4)]),
];

/// The number of a value, if the property is an enum with known numbers and the value one of its words.
pub(super) fn number(property: &str, value: &Value) -> Option<Value> {
    let word = value.as_str()?;
    let (_, words) = ENUMS.iter().find(|(name, _)| name.eq_ignore_ascii_case(property))?;
    words.iter().find(|(known, _)| *known == word).map(|(_, number)| Value::from(*number))
}
