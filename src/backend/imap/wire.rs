//! Commands out, responses in: one at a time, with a cap on everything that a server may make us hold.

use super::argument;
use super::response::{Line, Said, Status, announced};
use super::stop::{Finding, Stop};
use crate::transport::lines::{Lines, ReadError};
use std::io::Read as _;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

/// The longest line, in bytes.
const LINE: usize = 16 << 10;
/// The longest literal, in bytes. The longest that is asked for is a probe message of less than 2 KiB.
const LITERAL: usize = 64 << 10;
/// What one command may be answered with, in bytes and in responses.
const ANSWER: usize = 256 << 10;
const RESPONSES: usize = 1000;
/// Opening brackets in one response. Nothing here recurses, and nothing that is asked for has more than three.
const BRACKETS: usize = 100;

/// A command in the making. It may hold a password: it is wiped after use and cannot be shown.
pub(super) struct Command {
    name: &'static str,
    /// Texts, between which literals stand.
    text: Zeroizing<String>,
    literals: Vec<(Zeroizing<String>, Zeroizing<Vec<u8>>)>,
}

impl Command {
    pub fn new(name: &'static str) -> Self {
        // Never outgrown by two arguments of the greatest length, so that no copy of a password stays behind.
        let mut text = Zeroizing::new(String::with_capacity(8 << 10));
        text.push_str(name);
        Self { name, text, literals: Vec::new() }
    }

    /// Adds words of the protocol; never something that came from elsewhere.
    pub fn words(mut self, words: &str) -> Self {
        self.text.push(' ');
        self.text.push_str(words);
        self
    }

    /// Adds a string, quoted if it can be, else as a literal.
    pub fn string(mut self, text: &str) -> Self {
        match argument::quoted(text).map(Zeroizing::new) {
            Some(quoted) => {
                self.text.push(' ');
                self.text.push_str(&quoted);
                self
            }
            None => self.literal(text.as_bytes()),
        }
    }

    /// Adds bytes of any kind.
    pub fn literal(mut self, bytes: &[u8]) -> Self {
        self.text.push_str(&format!(" {{{}}}", bytes.len()));
        let before = std::mem::replace(&mut self.text, Zeroizing::new(String::with_capacity(4 << 10)));
        self.literals.push((before, Zeroizing::new(bytes.to_vec())));
        self
    }
}

/// Data of a server with the literals in it.
#[derive(Debug)]
pub(super) struct Data {
    /// The lines, joined where the literals stood.
    pub text: String,
    pub literals: Vec<Vec<u8>>,
}

/// How a command ended, and what came with it.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: Status,
    pub said: Said,
    pub data: Vec<Data>,
    /// The `OK` lines before its end, which carry the codes of SELECT.
    pub notes: Vec<Said>,
}

impl Answer {
    /// The answer, if it is OK; else what its refusal means.
    pub fn granted(self) -> Result<Self, Stop> {
        match self.status {
            Status::Ok => Ok(self),
            _ => Err(Stop::said(Finding::of_refusal(&self.said), &self.said)),
        }
    }
}

/// What came of an answer so far.
#[derive(Default)]
struct Read {
    data: Vec<Data>,
    notes: Vec<Said>,
    held: usize,
}

/// A connection on which IMAP is spoken.
pub(super) struct Wire<S> {
    lines: Lines<S>,
    /// What our tags begin with: not to be guessed, so that no answer can be sent before its question.
    tags: String,
    sent: u32,
    /// Whether every command was answered, so that another can be sent.
    sound: bool,
    /// What a BYE said, for when the connection ends.
    farewell: Option<Said>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub fn new(stream: S) -> Result<Self, Stop> {
        Ok(Self {
            lines: Lines::new(stream),
            tags: format!("r{}-", random_word(8)?),
            sent: 0,
            sound: true,
            farewell: None,
        })
    }

    /// The stream, and what arrived on it after the last answer.
    pub fn into_parts(self) -> (S, Vec<u8>) {
        self.lines.into_parts()
    }

    /// The first thing that a server says.
    pub async fn greeting(&mut self) -> Result<Said, Stop> {
        let line = self.line().await?;
        match Line::read(&line) {
            Line::Status { status: Status::Ok, said } => Ok(said),
            Line::Status { status: Status::Bye, said } => Err(Stop::said(Finding::Closed, &said)),
            Line::Status { status: Status::PreAuth, .. } => Err(Stop::protocol(
                "the server says that somebody is logged in already (PREAUTH): no login can be tested",
                &line,
            )),
            _ => Err(Stop::protocol("the server did not begin with an IMAP greeting", &line)),
        }
    }

    /// Whether nothing is left over of the last command: not so after an error, or when it was dropped half-way.
    pub fn is_sound(&self) -> bool {
        self.sound && self.farewell.is_none()
    }

    /// Sends a command and reads until it is answered.
    pub async fn run(&mut self, command: Command) -> Result<Answer, Stop> {
        self.sound = false;
        let answer = self.exchange(command).await?;
        self.sound = true;
        Ok(answer)
    }

    async fn exchange(&mut self, mut command: Command) -> Result<Answer, Stop> {
        self.sent += 1;
        let tag = format!("{}{}", self.tags, self.sent);
        let mut read = Read::default();
        let mut start = Zeroizing::new(Vec::with_capacity(16 << 10));
        start.extend_from_slice(tag.as_bytes());
        start.push(b' ');
        for (before, literal) in std::mem::take(&mut command.literals) {
            start.extend_from_slice(before.as_bytes());
            self.send(&start).await?;
            if let Some(refusal) = self.answered(&tag, &mut read, command.name, true).await? {
                return Ok(refusal);
            }
            start.clear();
            start.extend_from_slice(&literal);
        }
        start.extend_from_slice(command.text.as_bytes());
        self.send(&start).await?;
        match self.answered(&tag, &mut read, command.name, false).await? {
            Some(answer) => Ok(answer),
            None => Err(Stop::protocol(
                format!("the server asked for more after {} had been sent whole", command.name),
                b"+",
            )),
        }
    }

    async fn send(&mut self, line: &[u8]) -> Result<(), Stop> {
        let stream = self.lines.stream();
        let sent = async {
            stream.write_all(line).await?;
            stream.write_all(b"\r\n").await?;
            stream.flush().await
        };
        sent.await.map_err(|_| ReadError::Closed.into())
    }

    /// Reads until the command is answered, or until the server asks for the rest of it (`None`).
    async fn answered(&mut self, tag: &str, read: &mut Read, name: &str, more: bool) -> Result<Option<Answer>, Stop> {
        for _ in 0..RESPONSES {
            let line = self.line().await?;
            match Line::read(&line) {
                Line::Continue => return Ok(None),
                Line::Tagged { tag: own, status, said } => {
                    if own != tag.as_bytes() {
                        return Err(Stop::protocol("the server answered a command that was not sent", &line));
                    }
                    if more && status == Status::Ok {
                        return Err(Stop::protocol(
                            format!("the server answered OK before {name} was sent whole"),
                            &line,
                        ));
                    }
                    let Read { data, notes, .. } = std::mem::take(read);
                    return Ok(Some(Answer { status, said, data, notes }));
                }
                Line::Status { status: Status::Bye, said } => self.farewell = Some(said),
                Line::Status { said, .. } => {
                    read.held += said.detail.len() + said.text.len();
                    read.notes.push(said);
                }
                Line::Data(text) => {
                    let found = self.data(text).await?;
                    read.held += found.size();
                    read.data.push(found);
                }
                Line::Nonsense => return Err(Stop::protocol("the server sent a line that is no IMAP response", &line)),
            }
            if read.held > ANSWER {
                return Err(Stop::protocol(format!("the answer to {name} is longer than {ANSWER} bytes"), b""));
            }
        }
        Err(Stop::protocol(format!("the answer to {name} has more than {RESPONSES} responses"), b""))
    }

    /// The rest of a response whose first line is at hand.
    async fn data(&mut self, first: &[u8]) -> Result<Data, Stop> {
        let mut data = Data { text: String::new(), literals: Vec::new() };
        let mut line = first.to_vec();
        let mut brackets = 0;
        loop {
            brackets += line.iter().filter(|byte| **byte == b'(').count();
            if brackets > BRACKETS {
                return Err(Stop::protocol("the server sent a response that is nested too deeply", &line));
            }
            data.text.push_str(&String::from_utf8_lossy(&line));
            let Some(length) = announced(&line)
                .map_err(|()| Stop::protocol("the server announced a literal without a length", &line))?
            else {
                return Ok(data);
            };
            if length > LITERAL || data.size() + length > ANSWER {
                return Err(Stop::protocol(
                    format!("the server announced a literal of {length} bytes, more than is taken"),
                    &line,
                ));
            }
            let literal = self.lines.bytes(length).await.map_err(|error| self.ended(error))?;
            data.literals.push(literal);
            line = self.line().await?;
        }
    }

    async fn line(&mut self) -> Result<Vec<u8>, Stop> {
        self.lines.line(LINE).await.map_err(|error| self.ended(error))
    }

    /// A connection that ends after BYE ends for the reason that it gave.
    fn ended(&self, error: ReadError) -> Stop {
        match (&error, &self.farewell) {
            (ReadError::Closed | ReadError::Broken(_), Some(said)) => Stop::said(Finding::Closed, said),
            _ => error.into(),
        }
    }
}

impl Data {
    fn size(&self) -> usize {
        self.text.len() + self.literals.iter().map(Vec::len).sum::<usize>()
    }
}

/// Letters and digits that nobody can guess: two for each byte from the kernel.
pub(super) fn random_word(bytes: usize) -> Result<String, Stop> {
    let mut random = vec![0; bytes];
    std::fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut random)).map_err(|error| {
        let problem = format!("the kernel gave no random bytes: {error}");
        Stop::Error(crate::value::ActionError::new(crate::value::ErrorKind::Refused, problem))
    })?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a server might send, made of pieces that mean something and of some that do not.
    fn flood() -> impl Strategy<Value = Vec<u8>> {
        let pieces = prop::sample::select(vec![
            "* ",
            "+ ",
            "OK",
            "NO ",
            "BYE ",
            "PREAUTH ",
            "[",
            "]",
            "(",
            ")",
            "\"",
            "\\",
            "\r\n",
            "\n",
            "\r",
            "\0",
            " ",
            "{",
            "}",
            "{3}\r\n",
            "{3+}\r\n",
            "{-1}\r\n",
            "{70000}\r\n",
            "FETCH (UID 1 BODY[HEADER] ",
            "CAPABILITY IMAP4rev1",
            "UIDVALIDITY 7",
            "* OK hello\r\n",
            "* 1 EXISTS\r\n",
            "r-1 OK\r\n",
            "\u{202E}",
            "密",
        ]);
        let piece = prop_oneof![8 => pieces.prop_map(|piece| piece.as_bytes().to_vec()), 1 => any::<Vec<u8>>()];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_server_can_make_us_panic(sent in flood()) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async {
                let stream = tokio::io::join(sent.as_slice(), tokio::io::sink());
                let mut wire = Wire::new(stream).map_err(|_| TestCaseError::fail("no random bytes"))?;
                let _ = wire.greeting().await;
                // Nobody guesses our tags, so no command is ever answered.
                for _ in 0..3 {
                    let command = Command::new("APPEND").string("INBOX").literal(b"a message");
                    prop_assert!(wire.run(command).await.is_err());
                    prop_assert!(!wire.is_sound());
                }
                Ok(())
            })?;
        }
    }

    #[test]
    fn tags_are_not_to_be_guessed() {
        let tags = |_| Wire::new(tokio::io::empty()).map(|wire| wire.tags).expect("random bytes");
        let seen: std::collections::BTreeSet<String> = (0..100).map(tags).collect();
        assert_eq!(seen.len(), 100);
        assert!(seen.iter().all(|tag| tag.len() == 18), "{seen:?}");
    }
}
