//! Every integration test, in one binary.

mod documents;
mod format_properties;
mod fuzz;
mod generate;
mod imap_dovecot;
mod imap_hostile;
mod lab;
mod syntax_accepts;
mod syntax_hostile;
