//! A terminal, or anything that is read and written like one.

use super::{Answer, Question, Silence};
use crate::transport::process::sanitised;
use crate::value::{SignedDuration, display_duration};
use ecow::EcoString;
use std::io::{BufRead, IsTerminal, Read, Write};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;

/// A longer line is no answer.
const LONGEST_LINE: u64 = 4096;

/// Lines that nobody has taken yet; more are thrown away.
const WAITING_LINES: usize = 64;

/// Where people are asked.
pub struct Console {
    /// None where nobody is. Held for the whole of a question, so that two questions never mix.
    people: Option<Mutex<People>>,
    by: EcoString,
}

struct People {
    lines: mpsc::Receiver<String>,
    screen: Box<dyn Write>,
}

impl Console {
    /// A console where nobody answers.
    pub fn nobody() -> Self {
        Self { people: None, by: EcoString::new() }
    }

    /// This program's terminal: questions on standard error, answers from standard input. Nobody is there when either
    /// is no terminal, or when the run is unattended.
    pub fn terminal(unattended: bool) -> Self {
        if unattended || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return Self::nobody();
        }
        let by = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
        let by = by.unwrap_or_else(|_| format!("uid {}", rustix::process::getuid().as_raw()));
        Self::new(std::io::BufReader::new(std::io::stdin()), std::io::stderr(), &by)
    }

    /// A console on any reader and writer; `by` is who sits there. The reader is read on a thread of its own, which
    /// ends with the reader: a read cannot be called off, and must not hold a run past its deadline.
    pub fn new(reader: impl BufRead + Send + 'static, screen: impl Write + 'static, by: &str) -> Self {
        let (sender, lines) = mpsc::channel(WAITING_LINES);
        std::thread::spawn(move || read_lines(reader, &sender));
        Self { people: Some(Mutex::new(People { lines, screen: Box::new(screen) })), by: by.into() }
    }

    /// Whether somebody may answer.
    pub fn is_attended(&self) -> bool {
        self.people.is_some()
    }

    /// Asks, and waits for an answer for at most `limit`, in which waiting for an earlier question counts.
    ///
    /// What was typed before the question stood on the screen is no answer to it.
    ///
    /// # Errors
    /// Silence, and of which kind.
    pub async fn ask(&self, question: &Question, limit: Duration) -> Result<Answer, Silence> {
        let people = self.people.as_ref().ok_or(Silence::Nobody)?;
        let deadline = Instant::now().checked_add(limit).ok_or(Silence::TimedOut)?;
        let asking = async {
            let mut people = people.lock().await;
            let left = deadline.saturating_duration_since(Instant::now());
            people.forget_lines();
            people.show(&asked(question, left));
            while let Some(line) = people.lines.recv().await {
                if let Some(choice) = question.choice(&line) {
                    return Ok(Answer { choice: choice.clone(), by: self.by.clone() });
                }
                people.show(&format!("Please answer with {}: ", words(question)));
            }
            // The end of input may be a slip of the hand, too: who asked gets the time that the runbook gives.
            people
                .show("\nThe input has ended: nobody can answer here any more. Silence decides when the time is up.\n");
            std::future::pending().await
        };
        tokio::time::timeout_at(deadline, asking).await.unwrap_or(Err(Silence::TimedOut))
    }
}

impl People {
    fn forget_lines(&mut self) {
        while self.lines.try_recv().is_ok() {}
    }

    /// A terminal that cannot be written to shows nothing; the deadline then decides.
    fn show(&mut self, text: &str) {
        let _ = self.screen.write_all(text.as_bytes()).and_then(|()| self.screen.flush());
    }
}

fn asked(question: &Question, left: Duration) -> String {
    let left = display_duration(SignedDuration::from_secs(i64::try_from(left.as_secs()).unwrap_or(i64::MAX)));
    let mut text = format!("\n{}\n", sanitised(question.message.as_bytes()));
    if !question.is_approval() {
        for (choice, number) in question.choices.iter().zip(1..) {
            text.push_str(&format!("  {number}) {choice}\n"));
        }
    }
    text.push_str(&format!("{} (within {left}): ", words(question)));
    text
}

fn words(question: &Question) -> String {
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
            // Cut off, or not text: it cannot be an answer, and must not become one by being cut.
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
