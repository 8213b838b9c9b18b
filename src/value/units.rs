//! Durations and sizes as people write them.

use jiff::SignedDuration;

const UNITS: [(&str, i128); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// `1h30m`, `90s` as `1m30s`, `0s`; below a millisecond nothing is shown.
pub fn display_duration(duration: SignedDuration) -> String {
    let mut rest = duration.as_millis();
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    if rest < 0 {
        text.push('-');
        rest = -rest;
    }
    for (unit, length) in UNITS {
        if rest >= length {
            text.push_str(&format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    text
}

/// `512B`, `4KiB`, `1.5GiB`: binary units, at most one decimal.
pub fn display_size(bytes: u64) -> String {
    let mut unit = "B";
    let mut length = 1u64;
    for (name, size) in [("KiB", 1u64 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)] {
        if bytes >= size {
            (unit, length) = (name, size);
        }
    }
    let tenths = (u128::from(bytes) * 10 + u128::from(length) / 2) / u128::from(length);
    if tenths.is_multiple_of(10) {
        format!("{}{unit}", tenths / 10)
    } else {
        format!("{}.{}{unit}", tenths / 10, tenths % 10)
    }
}
