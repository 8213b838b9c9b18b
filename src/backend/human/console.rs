//! A terminal, or another reader and writer, at which people answer questions.

use super::{NoAnswer, PersonAnswer, Question, account};
use crate::transport::process::sanitised;
use crate::value::{SignedDuration, display_duration};
use ecow::EcoString;
use std::io::{BufRead, IsTerminal, Read, Write};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;

/// The longest line that can be an answer, in bytes.
const LONGEST_LINE: u64 = 4096;

/// The number of lines that wait to be read; more are dropped.
const WAITING_LINES: usize = 64;

/// Asks people questions.
pub struct Console {
    /// `None` where nobody can answer. Locked for the whole of a question, so that two questions never mix.
    people: Option<Mutex<People>>,
    by: EcoString,
}

struct People {
    lines: mpsc::Receiver<String>,
    screen: Box<dyn Write>,
}

impl Console {
    /// A console at which nobody answers.
    pub fn nobody() -> Self {
        Self { people: None, by: EcoString::new() }
    }

    /// This program's terminal: questions on standard error, answers from standard input. Unattended if either is not a
    /// terminal, or if `unattended` is set.
    pub fn terminal(unattended: bool) -> Self {
        if unattended || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return Self::nobody();
        }
        Self::new(std::io::BufReader::new(std::io::stdin()), std::io::stderr(), &account())
    }

    /// A console on any reader and writer; `by` is the account of the person there. A thread reads until the reader ends:
    /// a blocking read cannot be cancelled and must not hold a run beyond its deadline.
    pub fn new(reader: impl BufRead + Send + 'static, screen: impl Write + 'static, by: &str) -> Self {
        let (sender, lines) = mpsc::channel(WAITING_LINES);
        std::thread::spawn(move || read_lines(reader, &sender));
        Self { people: Some(Mutex::new(People { lines, screen: Box::new(screen) })), by: by.into() }
    }

    /// Whether somebody can answer.
    pub fn is_attended(&self) -> bool {
        self.people.is_some()
    }

    /// Asks, and waits at most `limit` for an answer. Waiting for an earlier question counts.
    ///
    /// Ignores input from before the question was on the screen.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn ask(&self, question: &Question, limit: Duration) -> Result<PersonAnswer, NoAnswer> {
        let people = self.people.as_ref().ok_or(NoAnswer::Nobody)?;
        let deadline = Instant::now().checked_add(limit).ok_or(NoAnswer::TimedOut)?;
        let asking = async {
            let mut people = people.lock().await;
            let left = deadline.saturating_duration_since(Instant::now());
            people.forget_lines();
            people.show(&question_text(question, left));
            let mut open = OpenQuestion { people: &mut people, is_answered: false };
            let people = &mut open;
            while let Some(line) = people.lines.recv().await {
                match question.choice(&line) {
                    Some(choice) if question.may_answer(&self.by) => {
                        let choice = choice.clone();
                        people.is_answered = true;
                        return Ok(PersonAnswer { choice, by: self.by.clone() });
                    }
                    Some(_) => {
                        tracing::warn!(by = %self.by, "an answer by somebody who may not answer does not count");
                        people.show(&format!(
                            "{} may not answer this; {} may. The question stays open: ",
                            self.by,
                            question.only.join(", ")
                        ));
                        continue;
                    }
                    None => {}
                }
                people.show(&format!("Please answer with {}: ", choices_text(question)));
            }
            // The input may have ended by mistake, so the question stays open until its time is up.
            people.show("\nEnd of input: nobody can answer here any more, so every prompt will time out.\n");
            std::future::pending().await
        };
        tokio::time::timeout_at(deadline, asking).await.unwrap_or(Err(NoAnswer::TimedOut))
    }
}

/// A question on the screen. If it is withdrawn before anybody has answered, the screen says so.
struct OpenQuestion<'p> {
    people: &'p mut People,
    is_answered: bool,
}

impl std::ops::Deref for OpenQuestion<'_> {
    type Target = People;

    fn deref(&self) -> &People {
        self.people
    }
}

impl std::ops::DerefMut for OpenQuestion<'_> {
    fn deref_mut(&mut self) -> &mut People {
        self.people
    }
}

impl Drop for OpenQuestion<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.people.show("\nThis question is no longer open.\n");
        }
    }
}

impl People {
    fn forget_lines(&mut self) {
        while self.lines.try_recv().is_ok() {}
    }

    /// Write errors are ignored: the deadline still ends the question.
    fn show(&mut self, text: &str) {
        let _ = self.screen.write_all(text.as_bytes()).and_then(|()| self.screen.flush());
    }
}

fn question_text(question: &Question, left: Duration) -> String {
    let left = display_duration(SignedDuration::from_secs(i64::try_from(left.as_secs()).unwrap_or(i64::MAX)));
    let mut text = format!("\n{}\n", sanitised(question.message.as_bytes()));
    if !question.is_approval() {
        for (choice, number) in question.choices.iter().zip(1..) {
            text.push_str(&format!("  {number}) {choice}\n"));
        }
    }
    text.push_str(&format!("{} (within {left}): ", choices_text(question)));
    text
}

fn choices_text(question: &Question) -> String {
    match question.is_approval() {
        true => "approve (or yes) / deny (or no)".to_owned(),
        false => question.choices.join(" / "),
    }
}

fn read_lines(mut reader: impl BufRead, lines: &mpsc::Sender<String>) {
    loop {
        let mut line = Vec::new();
        match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            // A truncated line is never an answer.
            Ok(_) if !line.ends_with(b"\n") && line.len() as u64 == LONGEST_LINE => {
                if skip_line(&mut reader).is_err() {
                    return;
                }
            }
            Ok(_) => {
                let Ok(line) = String::from_utf8(line) else { continue };
                match lines.try_send(line) {
                    Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => {}
                    Err(mpsc::error::TrySendError::Closed(_)) => return,
                }
            }
        }
    }
}

fn skip_line(reader: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let (count, done) = match end {
            Some(end) => (end + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        reader.consume(count);
        if done {
            return Ok(());
        }
    }
}
