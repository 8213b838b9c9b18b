//! All integration tests, in one binary.

mod imap_dovecot;
mod imap_hostile;
mod lab;
