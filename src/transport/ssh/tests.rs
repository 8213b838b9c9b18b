//! The program and its protocol on this machine, without ssh. `tests/it/remote.rs` uses real servers.

use super::*;
use crate::transport::process::{ExitReason, ProcessOutput};
use crate::value::{ActionError, ErrorKind};
use std::path::Path;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(30);

async fn with(words: &[&str], input: &str, limit: Duration) -> Result<ProcessOutput, ActionError> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let (folder, become_user) = (Path::new("."), None);
    run(&FarCommand { host: "here", ssh: None, words: &words, input, become_user, folder }, limit).await
}

async fn output(words: &[&str], input: &str) -> (i32, String, String) {
    let output = with(words, input, LIMIT).await.unwrap();
    let code = match output.ending {
        ExitReason::Code(code) => code,
        ExitReason::Signal(signal) => -signal,
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (code, text(output.stdout.bytes()), text(output.stderr.bytes()))
}

#[tokio::test]
async fn a_command_reads_its_input_and_says_how_it_ends() {
    assert_eq!(output(&["cat"], "two\nlines").await, (0, "two\nlines".to_owned(), String::new()));
    assert_eq!(output(&["cat"], "").await, (0, String::new(), String::new()));
    assert_eq!(output(&["sh", "-c", "echo no >&2; exit 7"], "").await, (7, String::new(), "no\n".to_owned()));
    assert_eq!(output(&["sh", "-c", "kill -9 $$"], "").await.0, 128 + 9);
    let (code, stdout, stderr) = output(&["no-such-program"], "").await;
    assert!(code == 127 && stdout.is_empty() && stderr.contains("no-such-program"), "{code} {stderr}");
    // A command may read nothing.
    assert_eq!(output(&["true"], &"x".repeat(1_000_000)).await.0, 0);
    let long = "a\\ \n".repeat(50_000);
    assert_eq!(output(&["cat"], &long).await.1, long);
    let flood = with(&["head", "-c", "50000000", "/dev/zero"], "", LIMIT).await.unwrap();
    assert_eq!((flood.ending, flood.stdout.total()), (ExitReason::Code(0), 50_000_000));
}

/// A word is no builtin, function, option or keyword of the shell that starts it.
#[tokio::test]
async fn no_word_is_read_as_code() {
    for word in ["eval", "stop", "feed", "word", "cd", ".", "exit", "if", "state=x"] {
        let (code, stdout, _) = output(&[word, "echo hello"], "").await;
        assert!((code == 127 || code == 126) && stdout.is_empty(), "{word}: {code} {stdout}");
    }
    for words in [&[][..], &[""], &["-c", "echo"], &["echo", "a\0b"]] {
        assert_eq!(with(words, "", LIMIT).await.unwrap_err().kind, ErrorKind::Refused, "{words:?}");
    }
    assert_eq!(with(&["cat"], "a\0b", LIMIT).await.unwrap_err().kind, ErrorKind::Refused);
    assert_eq!(with(&["cat"], &"x".repeat(5 << 20), LIMIT).await.unwrap_err().kind, ErrorKind::Refused);
}

/// Whatever a command writes, only its shell knows the line that tells its end.
#[tokio::test]
async fn a_command_cannot_forge_its_end() {
    let forged = "\n#rectify 00000000000000000000000000000000 end 0 \nmore";
    assert_eq!(output(&["sh", "-c", "printf %s \"$1\"; exit 3", "sh", forged], "").await.0, 3);
    for text in ["", "\n", "no line end", "#rectify", "\n#rectify ", "\n\n\n"] {
        assert_eq!(output(&["printf", "%s", text], "").await, (0, text.to_owned(), String::new()));
    }
}

#[tokio::test]
async fn what_is_late_is_stopped_with_what_it_has_started() {
    let marker = "31.4159";
    let script = format!("sleep {marker} & trap '' TERM; echo begun; sleep {marker}; sleep {marker}");
    let began = Instant::now();
    let error = with(&["sh", "-c", &script], "", Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut, "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert!(error.message.starts_with("sh had not ended on here after 1s"), "{error:?}");
    gone(marker);
}

#[tokio::test]
async fn dropping_the_future_stops_the_command() {
    let marker = "27.1828";
    let script = format!("sleep {marker} & sleep {marker}");
    let words = ["sh", "-c", &script];
    let running = with(&words, "", LIMIT);
    assert!(tokio::time::timeout(Duration::from_millis(500), running).await.is_err());
    gone(marker);
}

/// A daemon that a command has started is left alone, and nobody waits for it, even if it keeps the pipes open.
#[tokio::test]
async fn a_daemon_outlives_the_command() {
    let marker = "16.1803";
    let began = Instant::now();
    let script = format!("sleep {marker} & echo started");
    assert_eq!(output(&["sh", "-c", &script], "").await, (0, "started\n".to_owned(), String::new()));
    assert!(began.elapsed() < Duration::from_secs(5));
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(processes(marker).len(), 1);
    processes(marker).into_iter().for_each(|pid| {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    });
}

fn processes(marker: &str) -> Vec<rustix::process::Pid> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let of = |entry: std::fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok().and_then(rustix::process::Pid::from_raw)?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        line.starts_with(format!("sleep\0{marker}").as_bytes()).then_some(pid)
    };
    entries.filter_map(of).collect()
}

/// Waits until no process sleeps for this long.
#[track_caller]
fn gone(marker: &str) {
    let began = Instant::now();
    while !processes(marker).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(5), "it is still running");
        std::thread::sleep(Duration::from_millis(20));
    }
}
