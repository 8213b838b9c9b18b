//! A keyboard that tests type on, and a screen that they read.

use super::*;
use crate::secret::Secrets;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Screen {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    async fn shows(&self, text: &str, times: usize) {
        while self.text().matches(text).count() < times {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

fn desk() -> (Console, UnixStream, Screen) {
    let (keyboard, reader) = UnixStream::pair().unwrap();
    let screen = Screen::default();
    (Console::new(std::io::BufReader::new(reader), screen.clone(), "ada"), keyboard, screen)
}

fn question(text: &str) -> Question {
    let message = Secrets::default().redact_text(text);
    Question { message, choices: vec!["restart".into(), "wait".into()], only: Vec::new() }
}

const AMPLE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_word_or_a_number_answers() {
    for (typed, expected) in
        [("restart\n", "restart"), ("WAIT \r\n", "wait"), ("2\n", "wait"), ("no\n0\n3\n\nwait\n", "wait")]
    {
        let (console, mut keyboard, screen) = desk();
        let question = question("Which?");
        let (answer, ()) = tokio::join!(console.ask(&question, AMPLE), async {
            screen.shows("(within ", 1).await;
            keyboard.write_all(typed.as_bytes()).unwrap();
        });
        assert_eq!(answer, Ok(PersonAnswer { choice: expected.into(), by: "ada".into() }), "{typed:?}");
        assert!(screen.text().starts_with("\nWhich?\n  1) restart\n  2) wait\nrestart / wait (within "));
    }
}

#[tokio::test]
async fn what_was_typed_before_is_no_answer() {
    let (console, mut keyboard, screen) = desk();
    keyboard.write_all(b"restart\n").unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let answer = console.ask(&question("Now?"), Duration::from_millis(50)).await;
    assert_eq!(answer, Err(NoAnswer::TimedOut));
    assert_eq!(screen.text().matches("Please").count(), 0);
}

#[tokio::test]
async fn silence_is_told_apart_and_on_time() {
    assert_eq!(Console::nobody().ask(&question("?"), AMPLE).await, Err(NoAnswer::Nobody));
    assert!(!Console::terminal(true).is_attended());
    let (console, keyboard, screen) = desk();
    let begun = std::time::Instant::now();
    assert_eq!(console.ask(&question("?"), Duration::from_millis(50)).await, Err(NoAnswer::TimedOut));
    assert!(begun.elapsed() < Duration::from_secs(5));
    drop(keyboard);
    let begun = std::time::Instant::now();
    assert_eq!(console.ask(&question("?"), Duration::from_millis(200)).await, Err(NoAnswer::TimedOut));
    assert!(begun.elapsed() >= Duration::from_millis(200), "the end of input does not end the time");
    assert_eq!(screen.text().matches("nobody can answer").count(), 1);
}

#[tokio::test]
async fn questions_wait_for_one_another() {
    let (console, mut keyboard, screen) = desk();
    let (first, second) = (question("First?"), question("Second?"));
    let (first, second, ()) = tokio::join!(console.ask(&first, AMPLE), console.ask(&second, AMPLE), async {
        screen.shows("(within ", 1).await;
        assert!(!screen.text().contains("Second?"));
        keyboard.write_all(b"restart\n").unwrap();
        screen.shows("(within ", 2).await;
        keyboard.write_all(b"wait\n").unwrap();
    });
    assert_eq!(first.unwrap().choice, "restart");
    assert_eq!(second.unwrap().choice, "wait");
}

#[tokio::test]
async fn endless_and_odd_lines_are_no_answers_and_the_screen_stays_clean() {
    let (console, mut keyboard, screen) = desk();
    let question = question("Evil \x1b]52;c;eA==\x07\u{202e}?");
    let (answer, ()) = tokio::join!(console.ask(&question, AMPLE), async {
        screen.shows("(within ", 1).await;
        let mut typed = vec![b'x'; 10_000];
        typed.extend_from_slice(b"restart\n\xff\xfe\nwait\n");
        keyboard.write_all(&typed).unwrap();
    });
    assert_eq!(answer.unwrap().choice, "wait");
    assert!(screen.text().starts_with("\nEvil \\u{202e}?\n"));
}

#[tokio::test]
async fn only_a_whole_word_approves() {
    let message = Secrets::default().redact_text("Reboot?");
    let question = Question { message, choices: vec!["approve".into(), "deny".into()], only: Vec::new() };
    for (typed, expected) in [("Approve", "approve"), ("YES", "approve"), (" deny ", "deny"), ("no", "deny")] {
        assert_eq!(question.choice(typed).map(|choice| choice.as_str()), Some(expected), "{typed:?}");
    }
    for typed in ["1", "2", "0", "a", "y", "d", "n", "ja", "yess", ""] {
        assert_eq!(question.choice(typed), None, "{typed:?}");
    }
    let (console, mut keyboard, screen) = desk();
    let (answer, ()) = tokio::join!(console.ask(&question, AMPLE), async {
        screen.shows("(within ", 1).await;
        keyboard.write_all(b"1\n").unwrap();
        screen.shows("Please answer with approve (or yes) / deny (or no)", 1).await;
        keyboard.write_all(b"no\n").unwrap();
    });
    assert_eq!(answer.unwrap().choice, "deny");
    assert!(!screen.text().contains("1)"), "{}", screen.text());
}

#[tokio::test]
async fn whoever_may_not_answer_is_told_and_the_question_stays_open() {
    let (console, mut keyboard, screen) = desk();
    let only = vec!["grace".into()];
    let approval = Question { choices: vec!["approve".into(), "deny".into()], only, ..question("Wipe it?") };
    let (answer, ()) = tokio::join!(console.ask(&approval, Duration::from_millis(700)), async {
        screen.shows("(within ", 1).await;
        keyboard.write_all(b"approve\n").unwrap();
        screen.shows("ada may not answer this; grace may. The question stays open", 1).await;
        keyboard.write_all(b"deny\n").unwrap();
        screen.shows("may not answer", 2).await;
    });
    assert_eq!(answer, Err(NoAnswer::TimedOut), "nobody who may answer did");
    screen.shows("This question is no longer open", 1).await;
    let mine = Question { only: vec!["grace".into(), "ada".into()], ..approval };
    let (answer, ()) = tokio::join!(console.ask(&mine, AMPLE), async {
        screen.shows("(within ", 2).await;
        keyboard.write_all(b"yes\n").unwrap();
    });
    assert_eq!(answer, Ok(PersonAnswer { choice: "approve".into(), by: "ada".into() }));
    assert_eq!(screen.text().matches("no longer open").count(), 1);
}
