//! What several tests share.

pub mod mail_sink;
pub mod snapshot;
