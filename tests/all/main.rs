//! Every integration test, in one binary.

mod format_properties;
mod fuzz;
mod generate;
mod imap_dovecot;
mod imap_hostile;
mod lab;
mod cli_files;
mod cli_fmt;
mod cli_pages;
mod cli_run;
mod cli_signals;
mod cli_support;
mod syntax_accepts;
mod syntax_hostile;
