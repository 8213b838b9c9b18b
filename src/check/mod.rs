//! Names, imports, types and flow: from trees to a [`Program`](program::Program), gathering every error.

pub mod program;
pub mod types;
