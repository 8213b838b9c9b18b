//! How people are reached: every channel of a contact, and when all fail, a file and standard error.

use super::Live;
use super::state::{failed, open};
use crate::engine::world::{Answered, Asking, Telling};
use crate::secret::Redacted;
use crate::value::{ActionError, Contact, ErrorKind};
use std::io::Write;

/// Where messages go that nobody could be given.
const UNDELIVERED: &str = "undelivered.txt";

/// The contacts of the inventory, and what carries messages to them.
pub struct Channels {
    /// The contacts.
    pub contacts: Vec<Contact>,
}
pub async fn ask(_live: &Live<'_>, _asking: &Asking) -> Result<Answered, ActionError> { todo!() }
pub async fn tell(_live: &Live<'_>, _telling: &Telling) -> Result<(), ActionError> { todo!() }
