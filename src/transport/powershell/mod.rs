//! PowerShell as a program that is called: a constant script, a request on its standard input, an envelope on its
//! standard output.
//!
//! `contract` is what goes in and out, `script` the fixed command line, `call` one whole call with all that can go wrong
//! on the way, `answering` the other side of it for whoever stands in for PowerShell, `failure` what an error record
//! means, `object` how the properties of an object are read, `like` PowerShell's wildcards.

mod ascii;
mod call;
mod contract;
mod failure;
mod like;
mod object;
mod responder;
mod script;
mod settings;

#[cfg(test)]
mod tests;

pub use call::{Shell, call};
pub use contract::{Envelope, ErrorRecord, ErrorStage, Filter, Request, SCHEMA, Target};
pub use failure::{failure, sentence};
pub use like::{has_wildcard, is_like};
pub use object::{Numbers, Object, enum_name, is_cut, time};
pub use responder::{request_of, turned_down, written};
pub use script::arguments;
pub use settings::PowerShellSettings;
