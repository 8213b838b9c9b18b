//! One command and its responses: what the library sees of them, and what is kept.

use super::incoming::{ANSWER, Response};
use super::outgoing::{Outgoing, Verb};
use super::response::{Line, ServerText, Shape, Status, capabilities};
use super::session_end::SessionEnd;
use ecow::EcoString;
use zeroize::Zeroizing;

/// The most responses to one command.
const RESPONSES: usize = 1000;

/// The result of a command.
#[derive(Debug, Default)]
pub(super) struct CommandResult {
    /// The text and the code of the final response.
    pub server_text: ServerText,
    /// The server's capabilities, if it sent them.
    pub capabilities: Vec<EcoString>,
    /// Whether it sent the number of messages.
    pub counted: bool,
}

/// What to do with a response.
pub(super) enum ResponseAction {
    /// Hide it from the library.
    Drop,
    /// Pass this to the library.
    Pass(Vec<u8>),
    /// Send this next part of the command to the server.
    Send(Zeroizing<Vec<u8>>),
    /// The server will close the connection; its reason.
    Farewell(ServerText),
    /// The command has ended; pass this final response to the library.
    End(Status, CommandResult, Vec<u8>),
}

/// A command without its final response.
pub(super) struct CommandCycle {
    pub command: Outgoing,
    /// Our tag on the wire.
    tag: String,
    /// Whether the library was asked to send its literal.
    asked: bool,
    responses: usize,
    held: usize,
    answer: CommandResult,
}

impl CommandCycle {
    pub fn new(command: Outgoing, tag: String) -> Self {
        Self { command, tag, asked: false, responses: 0, held: 0, answer: CommandResult::default() }
    }

    /// Takes the literal of the library, once it may be sent.
    pub fn take_literal(&mut self, draft: &[u8]) -> bool {
        let fits = self.asked && draft.ends_with(b"\r\n") && Some(draft.len()) == self.command.literal.map(|n| n + 2);
        if fits {
            self.command.literal = None;
        }
        fits
    }

    /// Handles a response.
    pub fn judge(&mut self, response: Response) -> Result<ResponseAction, SessionEnd> {
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
            Line::Continue => self.continue_command(&response.text),
            Line::Tagged { tag, .. } if tag != self.tag.as_bytes() => {
                Err(SessionEnd::protocol("the server answered a command that was not sent", &response.text))
            }
            Line::Tagged { status: Status::Ok, .. } if !self.command.is_whole() => Err(SessionEnd::protocol(
                format!("the server answered OK before {name} was sent completely"),
                &response.text,
            )),
            Line::Tagged { status, said, .. } => Ok(self.end(status, said)),
            Line::Status { status: Status::Bye, said } => Ok(ResponseAction::Farewell(said)),
            Line::Status { status, said } => Ok(self.note(status, &said)),
            Line::Data(data) => Ok(self.data(data, &response.raw)),
            Line::Nonsense => {
                Err(SessionEnd::protocol("the server sent a line that is not an IMAP response", &response.text))
            }
        }
    }

    /// Handles a request of the server for the rest of the command.
    fn continue_command(&mut self, seen: &[u8]) -> Result<ResponseAction, SessionEnd> {
        if let Some(part) = self.command.parts.pop_front() {
            return Ok(ResponseAction::Send(part));
        }
        if self.command.literal.is_some() && !self.asked {
            self.asked = true;
            return Ok(ResponseAction::Pass(b"+ go on\r\n".to_vec()));
        }
        let name = self.command.verb.name();
        Err(SessionEnd::protocol(format!("the server asked for more after {name} was sent completely"), seen))
    }

    fn end(&mut self, status: Status, said: ServerText) -> ResponseAction {
        let mut answer = std::mem::take(&mut self.answer);
        if let Some(capabilities) = said.capabilities() {
            answer.capabilities = capabilities;
        }
        answer.server_text = said;
        let word: &[u8] = match status {
            Status::Ok => b" OK done\r\n",
            Status::No => b" NO refused\r\n",
            _ => b" BAD refused\r\n",
        };
        ResponseAction::End(status, answer, [self.command.tag.as_slice(), word].concat())
    }

    /// Handles a status before the final one. The library would take a warning for a refusal, and its parser panics on
    /// some codes.
    fn note(&self, status: Status, said: &ServerText) -> ResponseAction {
        let opens = matches!(self.command.verb, Verb::Select | Verb::Examine);
        let validity = (said.code.as_deref() == Some("UIDVALIDITY")).then(|| said.detail.parse::<u32>().ok());
        match (opens, status, validity.flatten()) {
            (true, Status::Ok, Some(validity)) => {
                ResponseAction::Pass(format!("* OK [UIDVALIDITY {validity}] noted\r\n").into_bytes())
            }
            _ => ResponseAction::Drop,
        }
    }

    fn data(&mut self, data: &[u8], raw: &[u8]) -> ResponseAction {
        // The library discards these before the login, and loses their order after it.
        if let Some((name, list)) = data.split_at_checked(b"CAPABILITY ".len())
            && name.eq_ignore_ascii_case(b"CAPABILITY ")
        {
            self.answer.capabilities = capabilities(list);
            return ResponseAction::Drop;
        }
        match self.command.verb.asks_for().filter(|shape| shape.fits(data)) {
            Some(shape) => {
                self.answer.counted |= shape == Shape::Exists;
                ResponseAction::Pass([raw, b"\r\n"].concat())
            }
            None => ResponseAction::Drop,
        }
    }
}
