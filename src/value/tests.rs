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

#[test]
fn what_has_lost_a_part_is_written_down_with_it_and_shown_without() {
    let value = Value::record("Seen", [("text", Value::text("a***").with_loss(Loss::Masked)), ("n", Value::number(1))]);
    let kept: Value = serde_json::from_str(&serde_json::to_string(&value).expect("JSON")).expect("a value");
    assert_eq!((kept.loss(), &kept), (Some(Loss::Masked), &value));
    assert_eq!(value.to_string(), "Seen(text: a***, n: 1)");
    assert_eq!(SourceText(&value).to_string(), "Seen(text: \"a***\", n: 1)");
    assert_eq!(value.outline(), ["text: a***", "n: 1"]);
    assert_eq!(serde_json::to_string(&plain::Plain(&value)).expect("JSON"), r#"{"text":"a***","n":1}"#);
    assert!(value.whole("it").is_err_and(|error| error.kind == ErrorKind::Mismatch));
    assert_eq!(Value::list([Value::text("***")]).loss(), None);
}

#[test]
fn what_is_shared_counts_as_often_as_it_is_there() {
    let mut value = Value::text("0123456789");
    for _ in 0..40 {
        value = Value::list([value.clone(), value]);
    }
    assert!(value.size(1 << 20).bytes > 1 << 20);
    assert_eq!(Value::list([Value::text("ab"), Value::Absent]).size(1 << 20), Size { bytes: 98, parts: 3 });
}
