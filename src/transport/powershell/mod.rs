//! Runs PowerShell as a program: a constant script, a request on standard input, an envelope on standard output.
//!
//! `contract` defines request and envelope, `script` the command line, `call` one call, `responder` the other side of
//! it for stand-ins, `failure` the meaning of error records, `object` how properties are read, `like` wildcards.

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
pub use responder::{refusal_record, request_of, written};
pub use script::arguments;
pub use settings::PowerShellSettings;
