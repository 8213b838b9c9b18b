//! Processes and connections: bounded, with deadlines, ended when they are dropped.

pub mod lines;
pub mod powershell;
pub mod process;
pub mod ssh;
pub mod system;
pub mod tcp;
pub mod tls;
pub mod trust;
