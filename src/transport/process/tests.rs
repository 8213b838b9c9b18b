//! Real processes that end well, badly, late, or not at all.

use super::*;
use std::time::Instant;

fn shell(script: &str) -> Vec<String> {
    ["sh", "-c", script].map(str::to_owned).to_vec()
}

async fn run_script(script: &str, limit: Duration) -> Result<ProcessOutput, ActionError> {
    run(Invocation { arguments: &shell(script), ..Invocation::default() }, limit).await
}

const AMPLE: Duration = Duration::from_secs(20);

fn alive(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !status.is_empty() && !status.contains(") Z")
}

async fn until(mut holds: impl FnMut() -> bool) -> bool {
    for _ in 0..500 {
        if holds() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn endings_are_told_apart() {
    for (script, ending) in [
        ("exit 0", ExitReason::Code(0)),
        ("exit 3", ExitReason::Code(3)),
        ("exit 255", ExitReason::Code(255)),
        ("no-such-program-anywhere", ExitReason::Code(127)),
        ("/", ExitReason::Code(126)),
        ("kill -9 $$", ExitReason::Signal(9)),
        ("kill -TERM $$", ExitReason::Signal(15)),
    ] {
        assert_eq!(run_script(script, AMPLE).await.unwrap().ending, ending, "{script}");
    }
    let kinds: std::collections::BTreeSet<String> =
        [ExitReason::Code(1), ExitReason::Code(126), ExitReason::Code(127), ExitReason::Signal(9)]
            .iter()
            .map(ExitReason::to_string)
            .collect();
    assert_eq!(kinds.len(), 4);
}

#[tokio::test]
async fn what_cannot_be_started_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    std::fs::write(&plain, "x").unwrap();
    for (arguments, expected) in [
        (vec![], "no command"),
        (vec![String::new()], "no command"),
        (vec!["echo".to_owned(), "a\0b".to_owned()], "NUL"),
        (vec!["no-such-program-anywhere".to_owned()], "was not found"),
        (vec![plain.display().to_string()], "may not be run"),
    ] {
        let error = run(Invocation { arguments: &arguments, ..Invocation::default() }, AMPLE).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused);
        assert!(error.message.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn arguments_are_never_read_by_a_shell() {
    let arguments = ["printf", "%s|", "$(id)", "; id", "a b", "*", "`id`"].map(str::to_owned);
    let finished = run(Invocation { arguments: &arguments, ..Invocation::default() }, AMPLE).await.unwrap();
    assert_eq!(finished.stdout.text(), "$(id)|; id|a b|*|`id`|");
}

#[tokio::test]
async fn input_is_given_or_closed() {
    let arguments = ["cat".to_owned()];
    let none = run(Invocation { arguments: &arguments, ..Invocation::default() }, AMPLE).await.unwrap();
    assert!(none.stdout.is_empty());
    let long = vec![b'x'; 1 << 20];
    let invocation = Invocation { arguments: &arguments, input: Some(&long), ..Invocation::default() };
    assert_eq!(run(invocation, AMPLE).await.unwrap().stdout.total(), 1 << 20);
    let unread = ["true".to_owned()];
    let invocation = Invocation { arguments: &unread, input: Some(&long), ..Invocation::default() };
    assert!(run(invocation, AMPLE).await.unwrap().ending.is_success());
}

#[tokio::test]
async fn the_environment_is_not_inherited() {
    // Cargo sets CARGO_PKG_NAME for this test; it stands for every variable that may hold a secret.
    assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
    let arguments = ["env".to_owned()];
    let environment = [("GIVEN".to_owned(), "yes".to_owned())];
    let invocation = Invocation { arguments: &arguments, environment: &environment, ..Invocation::default() };
    let text = run(invocation, AMPLE).await.unwrap().stdout.text();
    for line in text.lines() {
        let name = line.split('=').next().unwrap_or_default();
        assert!(INHERITED.contains(&name) || ["TERM", "GIVEN"].contains(&name), "{line}");
    }
    assert!(text.contains("GIVEN=yes") && text.contains("PATH="));
}

#[tokio::test]
async fn long_output_keeps_its_two_ends() {
    let finished =
        run_script("echo first; head -c 5000000 /dev/zero | tr '\\0' x; echo; echo last >&1", AMPLE).await.unwrap();
    assert_eq!(finished.stdout.total(), 5_000_012);
    assert_eq!(finished.stdout.bytes().len(), capture::HEAD + capture::TAIL);
    let text = finished.stdout.text();
    assert!(text.starts_with("first\n") && text.ends_with("\nlast\n"));
    assert!(text.contains(&format!("[{} bytes left out]", finished.stdout.left_out())));
    let last = finished.stdout.last_lines().to_string();
    assert!(last.ends_with("last") && last.len() <= 2048);
}

#[tokio::test]
async fn a_grandchild_that_holds_the_pipe_does_not_hold_us() {
    let begun = Instant::now();
    let finished = run_script("sleep 60 & echo $!", AMPLE).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    let pid = finished.stdout.text();
    assert!(finished.ending.is_success() && alive(&pid), "a command may start something that stays");
    let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn dropping_the_future_lets_the_group_clean_up() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join("left");
    let script = format!(
        "trap 'echo bye; echo clean > {0}; exit' TERM; echo > {0}.ready; while :; do sleep 0.01; done",
        left.display()
    );
    {
        let running = run_script(&script, AMPLE);
        tokio::pin!(running);
        let started = until(|| left.with_extension("ready").exists());
        tokio::select! {
            _ = &mut running => panic!("it ended by itself"),
            started = started => assert!(started),
        }
    }
    assert!(until(|| std::fs::read_to_string(&left).is_ok_and(|text| text == "clean\n")).await);
}

/// D-03: the leader ignores SIGTERM, a grandchild in the group as well, and one in a session of its own holds the pipe.
#[tokio::test]
async fn at_the_deadline_the_whole_group_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let script = format!(
        "trap '' TERM; (trap '' TERM; sleep 61) & echo $! >> {0}; setsid sleep 6 & echo $$ >> {0}; echo seen >&2; sleep 62",
        pids.display()
    );
    let begun = Instant::now();
    let limit = Duration::from_millis(300);
    let error = run_script(&script, limit).await.unwrap_err();
    assert!(begun.elapsed() < limit + GRACE + Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(error.kind, ErrorKind::TimedOut);
    let seen = crate::value::Value::text("seen").with_loss(crate::value::Loss::LeftOut);
    assert_eq!(error.evidence, Some(seen), "what was stopped may have had more to say");
    let written = std::fs::read_to_string(pids).unwrap();
    assert_eq!(written.lines().count(), 2);
    for pid in written.lines() {
        assert!(until(|| !alive(pid)).await, "{pid} lives");
    }
}

#[tokio::test]
async fn whoever_ends_when_asked_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join("left");
    let script = format!("trap 'echo clean > {}; exit' TERM; echo ready; while :; do sleep 0.01; done", left.display());
    let begun = Instant::now();
    let error = run_script(&script, Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(begun.elapsed() < GRACE, "{:?}", begun.elapsed());
    assert_eq!(std::fs::read_to_string(left).ok().as_deref(), Some("clean\n"), "{:?} {error:?}", begun.elapsed());
}

#[tokio::test]
async fn a_stopped_process_is_ended_too() {
    let begun = Instant::now();
    run_script("kill -STOP $$", Duration::from_millis(100)).await.unwrap_err();
    assert!(begun.elapsed() < GRACE, "SIGCONT lets it see SIGTERM: {:?}", begun.elapsed());
}

#[tokio::test]
async fn dropping_the_future_ends_the_group() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let script = format!("trap '' TERM; sleep 63 & echo $! $$ > {}; sleep 64", pids.display());
    {
        let running = run_script(&script, AMPLE);
        tokio::pin!(running);
        let path = pids.clone();
        let started = until(|| std::fs::read_to_string(&path).is_ok_and(|text| text.ends_with('\n')));
        tokio::select! {
            _ = &mut running => panic!("it ended by itself"),
            started = started => assert!(started),
        }
    }
    let written = std::fs::read_to_string(pids).unwrap();
    for pid in written.split_whitespace() {
        assert!(until(|| !alive(pid)).await, "{pid} lives");
    }
}

#[test]
fn bytes_from_outside_are_made_harmless() {
    for (bytes, expected) in [
        (&b"plain\n\ttext"[..], "plain\n\ttext"),
        (b"\x1b[31mred\x1b[0m", "red"),
        (b"a\x1b]52;c;aGVsbG8=\x07b", "ab"),
        (b"a\x1b]0;title\x1b\\b", "ab"),
        (b"a\x1bPdevice\x1b\\b", "ab"),
        (b"a\x1b(Bb\x1bcd", "abd"),
        (b"a\x1b]never ends", "anever ends"),
        (b"a\x1b", "a"),
        (b"a\x1b[", "a"),
        (b"a\xc2\x9b31mb", "ab"),
        (b"nul\0bell\x07back\x08", "nul\\u{0}bell\\u{7}back\\u{8}"),
        (b"\xff\xfe", "\u{fffd}\u{fffd}"),
        (b"one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\u{202e}b\u{2066}c\u{200b}".as_bytes(), "a\\u{202e}b\\u{2066}c\\u{200b}"),
        ("重启 ok".as_bytes(), "重启 ok"),
    ] {
        assert_eq!(sanitised(bytes), expected, "{bytes:?}");
    }
    let text = sanitised(&(0..=255).cycle().take(100_000).collect::<Vec<u8>>());
    assert!(text.chars().all(|letter| letter == '\n' || letter == '\t' || !letter.is_control()));
}
