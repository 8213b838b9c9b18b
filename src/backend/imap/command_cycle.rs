//! One command and what comes in answer to it: what of it the library may see, and what is kept.

use super::incoming::{ANSWER, Response};
use super::outgoing::{Outgoing, Verb};
use super::response::{Line, ServerText, Shape, Status, capabilities};
use super::session_end::SessionEnd;
use ecow::EcoString;
use zeroize::Zeroizing;

/// How many responses one command may be answered with.
const RESPONSES: usize = 1000;

/// What came with the end of a command.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The words and the code of the answer.
    pub said: ServerText,
    /// The server's capabilities, where it told them.
    pub capabilities: Vec<EcoString>,
    /// Whether it told how many messages there are.
    pub counted: bool,
}

/// What becomes of a response.
pub(super) enum Verdict {
    /// The library does not get to see it.
    Drop,
    /// The library gets to see this.
    Pass(Vec<u8>),
    /// The server is sent this, the next part of the command.
    Send(Zeroizing<Vec<u8>>),
    /// The server is about to close the connection, and why.
    Farewell(ServerText),
    /// The command has ended; the library gets to see the last.
    End(Status, Answer, Vec<u8>),
}

/// A command that was not answered yet.
pub(super) struct CommandCycle {
    pub command: Outgoing,
    /// Our tag on the wire.
    tag: String,
    /// Whether the library was told to go on with its literal.
    asked: bool,
    responses: usize,
    held: usize,
    answer: Answer,
}

impl CommandCycle {
    pub fn new(command: Outgoing, tag: String) -> Self {
        Self { command, tag, asked: false, responses: 0, held: 0, answer: Answer::default() }
    }

    /// Takes the literal of the library, when it may be sent.
    pub fn take_literal(&mut self, draft: &[u8]) -> bool {
        let fits = self.asked && draft.ends_with(b"\r\n") && Some(draft.len()) == self.command.literal.map(|n| n + 2);
        if fits {
            self.command.literal = None;
        }
        fits
    }

    /// Looks at a response.
    pub fn judge(&mut self, response: Response) -> Result<Verdict, SessionEnd> {
        let name = self.command.verb.name();
        self.responses += 1;
        self.held += response.raw.len();
        if self.responses > RESPONSES {
            return Err(SessionEnd::protocol(format!("the answer to {name} has more than {RESPONSES} responses"), b""));
        }
        if self.held > ANSWER {
            return Err(SessionEnd::protocol(format!("the answer to {name} is longer than {ANSWER} bytes"), b""));
        }
        match Line::read(&response.text) {
            Line::Continue => self.go_on(&response.text),
            Line::Tagged { tag, .. } if tag != self.tag.as_bytes() => {
                Err(SessionEnd::protocol("the server answered a command that was not sent", &response.text))
            }
            Line::Tagged { status: Status::Ok, .. } if !self.command.is_whole() => Err(SessionEnd::protocol(
                format!("the server answered OK before {name} was sent whole"),
                &response.text,
            )),
            Line::Tagged { status, said, .. } => Ok(self.end(status, said)),
            Line::Status { status: Status::Bye, said } => Ok(Verdict::Farewell(said)),
            Line::Status { status, said } => Ok(self.note(status, &said)),
            Line::Data(data) => Ok(self.data(data, &response.raw)),
            Line::Nonsense => {
                Err(SessionEnd::protocol("the server sent a line that is no IMAP response", &response.text))
            }
        }
    }

    /// The server asks for the rest of the command.
    fn go_on(&mut self, seen: &[u8]) -> Result<Verdict, SessionEnd> {
        if let Some(part) = self.command.parts.pop_front() {
            return Ok(Verdict::Send(part));
        }
        if self.command.literal.is_some() && !self.asked {
            self.asked = true;
            return Ok(Verdict::Pass(b"+ go on\r\n".to_vec()));
        }
        let name = self.command.verb.name();
        Err(SessionEnd::protocol(format!("the server asked for more after {name} had been sent whole"), seen))
    }

    fn end(&mut self, status: Status, said: ServerText) -> Verdict {
        let mut answer = std::mem::take(&mut self.answer);
        if let Some(capabilities) = said.capabilities() {
            answer.capabilities = capabilities;
        }
        answer.said = said;
        let word: &[u8] = match status {
            Status::Ok => b" OK done\r\n",
            Status::No => b" NO refused\r\n",
            _ => b" BAD refused\r\n",
        };
        Verdict::End(status, answer, [self.command.tag.as_slice(), word].concat())
    }

    /// A status on the way. The library would take a warning for a refusal, and its parser panics on some codes.
    fn note(&self, status: Status, said: &ServerText) -> Verdict {
        let opens = matches!(self.command.verb, Verb::Select | Verb::Examine);
        let validity = (said.code.as_deref() == Some("UIDVALIDITY")).then(|| said.detail.parse::<u32>().ok());
        match (opens, status, validity.flatten()) {
            (true, Status::Ok, Some(validity)) => {
                Verdict::Pass(format!("* OK [UIDVALIDITY {validity}] noted\r\n").into_bytes())
            }
            _ => Verdict::Drop,
        }
    }

    fn data(&mut self, data: &[u8], raw: &[u8]) -> Verdict {
        // The library drops these before the login, and forgets their order after it.
        if let Some((name, list)) = data.split_at_checked(b"CAPABILITY ".len())
            && name.eq_ignore_ascii_case(b"CAPABILITY ")
        {
            self.answer.capabilities = capabilities(list);
            return Verdict::Drop;
        }
        match self.command.verb.asks_for().filter(|shape| shape.fits(data)) {
            Some(shape) => {
                self.answer.counted |= shape == Shape::Exists;
                Verdict::Pass([raw, b"\r\n"].concat())
            }
            None => Verdict::Drop,
        }
    }
}
