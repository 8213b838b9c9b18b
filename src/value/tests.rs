use super::*;

#[test]
fn durations_read_as_they_are_written() {
    let shown = |ms| display_duration(SignedDuration::from_millis(ms));
    assert_eq!(shown(5_400_000), "1h30m");
    assert_eq!(shown(-1500), "-1s500ms");
    assert_eq!(shown(0), "0s");
}

#[test]
fn sizes_round_to_one_decimal() {
    assert_eq!(display_size(1536), "1.5KiB");
    assert_eq!(display_size(2 << 30), "2GiB");
    assert_eq!(display_size(u64::MAX), "16777216TiB");
}

#[test]
fn versions_compare_by_number() {
    let version = |text| Version::parse(text).expect("a version");
    assert!(version("26.10") > version("26.9"));
    assert_eq!(version("26.0"), version("26"));
    assert!(Version::parse("26.x").is_none());
}
