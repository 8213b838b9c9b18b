//! All integration tests, in one binary.

mod engine_effects;
mod engine_endings;
mod engine_replay;
mod engine_rules;
mod engine_statements;
mod engine_support;
