//! Every integration test, in one binary.

mod imap_dovecot;
mod imap_hostile;
mod lab;
mod cli_pages;
mod syntax_accepts;
