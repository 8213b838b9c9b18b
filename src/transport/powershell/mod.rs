//! PowerShell as a program that is called: a constant script, a request on its standard input, an envelope on its
//! standard output.

mod contract;

pub use contract::{Envelope, ErrorRecord, Filter, Place, Request, SCHEMA, Stage};
