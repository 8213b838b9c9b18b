//! Real servers for the tests, each private to the test that starts it and gone with it.

pub mod mail;
mod mail_front;
