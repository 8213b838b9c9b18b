//! Every integration test, in one binary.

mod cli_pages;
mod format_properties;
mod fuzz;
mod generate;
mod imap_dovecot;
mod imap_hostile;
mod lab;
mod lab_site;
mod syntax_accepts;
mod syntax_hostile;
