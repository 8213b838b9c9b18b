//! Every integration test, in one binary.

mod acceptance;
mod cli_files;
mod cli_fmt;
mod cli_pages;
mod cli_run;
mod cli_signals;
mod cli_support;
mod engine_effects;
mod engine_endings;
mod engine_replay;
mod engine_rules;
mod engine_statements;
mod engine_support;
mod format_properties;
mod fuzz;
mod generate;
mod imap_dovecot;
mod imap_hostile;
mod lab;
mod lab_site;
mod layers;
mod mail;
mod syntax_accepts;
mod syntax_hostile;
mod syntax_planted;
