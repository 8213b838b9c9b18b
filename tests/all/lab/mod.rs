//! A real laboratory on this machine: two Dovecots, one the front end of the other, and an authority for certificates.
//!
//! Everything lives in a temporary folder and on loopback ports of its own, and ends when the lab is dropped.

#![allow(dead_code, unused_imports)] // Each test uses a part of it.

mod authority;
mod calls;
mod dovecot;
pub mod mail;
mod mail_front;
mod process;
mod scripted;

pub use authority::{Authority, Issue, Issued};
pub use calls::{Caller, field, host, word};
pub use dovecot::{Dovecot, Lab, PASSWORD, USER};
pub use process::{Child, free_port, must_be_installed, wait_until};
pub use scripted::{Peer, Scripted, acceptor};
