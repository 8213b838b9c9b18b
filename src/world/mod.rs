//! Worlds that a runbook can be run in.

pub mod live;
