//! Every integration test, in one binary.

mod format_properties;
mod fuzz;
mod generate;
mod imap_dovecot;
mod imap_hostile;
mod lab;
mod cli_pages;
mod syntax_accepts;
mod syntax_hostile;
