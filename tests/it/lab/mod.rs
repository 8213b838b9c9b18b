//! A lab of real servers on this machine: two Dovecot servers, one the front end of the other, a certificate authority,
//! supervisord and a mail server.
//!
//! All files are in a temporary folder, all ports are on loopback, and everything ends when the lab is dropped.

#![allow(dead_code, unused_imports)] // Each test uses only some of it.

mod authority;
mod calls;
mod dovecot;
pub mod mail;
mod mail_front;
mod postbox;
mod process;
mod run;
mod scripted;
mod secrecy;
mod site;
mod supervisor;

pub use authority::{Authority, Issue, Issued};
pub use calls::{Caller, field, host, word};
pub use dovecot::{Dovecot, Lab, PASSWORD, Ports, USER};
pub use postbox::{Mail, Postbox};
pub use process::{Child, free_port, must_be_installed, wait_until};
pub use run::{Ended, Run};
pub use scripted::{Peer, Scripted, acceptor};
pub use secrecy::{Watch, assert_secret};
pub use site::Site;
pub use supervisor::{Program, Supervisor};
